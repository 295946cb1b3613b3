"""The picture of `trace`: the chain to the subject, and all that came from it, with what was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineage.draw.labels import command
from lineage.draw.sheet import Drawing, Known, Sheet
from lineage.model import schema
from lineage.model.operations import operation_of
from lineage.questions.shared import words
from lineage.questions.shared.identifiers import kind_of
from lineage.questions.trace import Branch, Trace
from lineage.questions.who.picture import LIT, asked_for, chain

HANGS = {"own": "its own", "issued": "key", "made": "made"}
"""What a link says of a node that was not granted by a call, by its relation."""


def refs(answer: Trace) -> Iterator[str]:
    """The nodes that the picture names."""
    return (branch.ref for branch, _ in answer.below())


def above(answer: Trace) -> list[str]:
    """The nodes whose origins the picture also needs."""
    return [start.ref for start in answer.starts()]


def events(answer: Trace) -> Iterator[str]:
    """The call that was asked about."""
    if kind_of(answer.asked) == "event":
        yield answer.asked


def draw(answer: Trace, known: Known) -> Drawing:
    """The chains down to the roots, their branches, and what was done and refused in each."""
    sheet = Sheet(known)
    starts = answer.starts()
    lit = len(starts) <= LIT
    names = [lead(sheet, start.ref, lit=lit) for start in starts]
    for branch, parent in answer.below():
        sheet.of_ref(
            branch.ref, role_arn=branch.role_arn, name=branch.session_name, account=branch.account,
            lit=parent is None and lit,
        )  # fmt: skip
        if parent is not None:
            _hang(sheet, branch, parent)
        _deeds(sheet, branch, answer.asked)
    call = sheet.known.calls.get(answer.asked)
    if call is not None and str(call.source) in sheet.nodes and not sheet.shows(answer.asked):
        asked_for(sheet, str(call.source), answer.asked)
    whose = ", ".join(dict.fromkeys(filter(None, names)))
    title = f"What came from {answer.asked}" + (f", by credentials of {whose}" if whose and len(whose) < 80 else "")
    notes = ["Not everything is drawn; --limit draws more."] if answer.truncated else []
    return Drawing(sheet, title, command("trace", answer.asked) or "lineage trace", notes)


def lead(sheet: Sheet, ref: str, *, lit: bool) -> str | None:
    """Draw the chains down to a session or key; returns whose it is, None where that is not known."""
    whose = None
    for found in sheet.known.above.get(ref, ()):
        if not ref.startswith(schema.PRINCIPAL):  # many assume a role: it has no owner
            chain(sheet, found, lit=lit)
        if found.origin.kind != "Unresolved" or not ref.startswith(schema.PRINCIPAL):
            whose = words.whose(found.origin)
    return whose


def _hang(sheet: Sheet, branch: Branch, parent: Branch) -> None:
    way = sheet.way(parent.ref, branch.ref)
    made = branch.relation == "made"
    perhaps = branch.relation == "candidate"
    label = HANGS.get(branch.relation) or operation_of(way.get("api") or branch.relation)
    sheet.link(
        parent.ref, branch.ref, link_type(branch.relation, branch.ref), label=label,
        confidence=schema.weakest([branch.confidence, "HEURISTIC"]) if perhaps else branch.confidence, beside=made,
        first=branch.time, events=branch.event_ids, one_of_several_callers_that_fit=perhaps,
        **grant_facts(way, branch.how),
    )  # fmt: skip


def link_type(relation: str, target: str) -> str:
    """The type of the relationship by which a node hangs on the one above."""
    key = target.startswith(schema.CREDENTIAL)
    match relation:
        case "own":
            return schema.BELONGS_TO if key else schema.SESSION_OF
        case "made":
            return schema.ISSUED if key else schema.CREATED
    return schema.ISSUED if relation == "issued" else schema.ASSUMED


def grant_facts(way: dict[str, Any], how: str | None) -> dict[str, Any]:  # Any: of the graph's attributes
    """What the graph says of a grant, in addition to its time and events."""
    said = how or way.get("how")
    return {
        "api": way.get("api"), "how": words.ways(said, way.get("via")) if said else None,
        "rule": way.get("rule"), "address": way.get("source_ip"), "agent": way.get("user_agent"),
        "region": way.get("region"), "key_of_the_caller": way.get("caller_key"), "expires": way.get("expires"),
    }  # fmt: skip


def _deeds(sheet: Sheet, branch: Branch, asked: str) -> None:
    for done in branch.done:
        lit = asked in done.event_ids
        action = sheet.action(branch.ref, done.action, done.error, event=next(iter(done.event_ids), None))
        if lit:
            sheet.light(action)
        sheet.link(
            branch.ref, action, schema.USED, failed=done.error is not None, lit=lit, first=done.first, last=done.last,
            count=done.count, error=done.error, sensitive=done.sensitive, events=done.event_ids,
        )  # fmt: skip
    for tried in branch.tried:
        if tried.role_arn == "unknown":
            role = sheet.action(branch.ref, "sts:AssumeRole", tried.error, event=next(iter(tried.event_ids), None))
        else:
            role = sheet.principal(tried.role_arn, "Role", None, None)
        sheet.link(
            branch.ref, role, schema.TRIED, label=tried.error or "refused", failed=True, first=tried.first,
            last=tried.last, count=tried.count, error=tried.error, events=tried.event_ids,
        )  # fmt: skip
