"""The picture of `denied`: whose credentials were refused what, and the success after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage import schema
from lineage.answers import Whose
from lineage.answers.roles import Burst, Denied, RefusedRole
from lineage.draw.copies import command
from lineage.draw.names import caption
from lineage.draw.shape import Node
from lineage.draw.shapes.told import Told
from lineage.draw.shapes.who import chain
from lineage.draw.sheet import ORIGINS, Known, Sheet, facts
from lineage.questions.common.whose import call_it
from lineage.render import words
from lineage.render.text import clean


def refs(_: Denied) -> Iterator[str]:
    """The nodes that the picture names: those of the callers are known by their calls."""
    return iter(())


def events(answer: Denied) -> Iterator[str]:
    """The calls that the picture rests on."""
    for operation in answer.operations:
        yield from operation.event_ids
    for caller in answer.assumptions:
        for role in caller.roles:
            yield from role.event_ids


def draw(answer: Denied, known: Known) -> Told:
    """The chains down to the callers, and a failed link to each operation and role."""
    sheet = Sheet(known)
    for caller in answer.assumptions:
        for role in caller.roles:
            _refused(sheet, caller.whose, role)
    assumed = {id_ for caller in answer.assumptions for role in caller.roles for id_ in role.event_ids}
    for one in answer.operations:
        if one.api.startswith("sts:Assume") and assumed.issuperset(one.event_ids):
            continue  # drawn as a refused role already
        source = _caller(sheet, one.whose, one.event_ids)
        action = sheet.action(source, one.api, one.error, event=next(iter(one.event_ids), None))
        sheet.link(
            source, action, schema.USED, label=one.error, failed=True, first=one.first, last=one.last,
            count=one.count, error=one.error, chain=" > ".join(one.whose.chain), events=one.event_ids,
        )  # fmt: skip
    notes = [_burst(one) for one in answer.bursts]
    for shown, total, what in (
        (len(answer.assumptions), answer.assumptions_total, "callers with refused assumptions"),
        (len(answer.operations), answer.operations_total, "refused operations"),
    ):
        if total > shown:
            notes.append(f"{shown:,} of {total:,} {what} are drawn; --limit draws more.")
    about = command("denied", *([answer.asked] if answer.asked else [])) or "lineage denied"
    return Told(sheet, f"{answer.calls:,} refused call{'s' if answer.calls != 1 else ''}", about, notes)


def _refused(sheet: Sheet, whose: Whose, role: RefusedRole) -> None:
    source = _caller(sheet, whose, role.event_ids)
    if role.role_arn == "unknown":
        target = sheet.action(source, "sts:AssumeRole", role.errors[0] if role.errors else None)
    else:
        target = sheet.principal(role.role_arn, "Role", None, None)
    sheet.link(
        source, target, schema.TRIED, label=" ".join(role.errors) or "refused", failed=True, first=role.first,
        last=role.last, count=role.count, error=role.errors, chain=" > ".join(whose.chain), events=role.event_ids,
    )  # fmt: skip
    if role.success is not None:
        sheet.light(source, target)
        sheet.link(
            source, target, schema.ASSUMED, label="granted later", lit=True, first=role.success.time,
            by=role.success.caller, events=role.success.event_ids,
        )  # fmt: skip


def _caller(sheet: Sheet, whose: Whose, event_ids: Iterable[str]) -> str:
    """The one node behind the examples, at the end of its chain; else the origin itself."""
    known = sheet.known
    nodes = {str(known.calls[one].source) for one in event_ids if one in known.calls}
    if len(nodes) == 1:
        (node,) = nodes
        ends = [chain(sheet, found, lit=False) for found in known.above.get(node, ())]
        if len(ends) == 1:
            if ends[0] != node and node.startswith(schema.CREDENTIAL) and node in known.graph:
                sheet.of_ref(node)
                sheet.link(ends[0], node, schema.ISSUED)
                return node
            return ends[0]
    return of_whose(sheet, whose)


def of_whose(sheet: Sheet, whose: Whose) -> str:
    """Draw an origin that is known in one line."""
    called = call_it(whose)
    same = whose.kind in ("IAMUser", "RootUser", "Role") and whose.id
    if same:
        ref = f"{schema.PRINCIPAL} {whose.id}"
    else:
        ref = " ".join(("Origin", whose.kind, whose.id or called, whose.resource or ""))
    return sheet.put(
        Node(
            id=ref, kind=ORIGINS.get(whose.kind, "person"), label=clean(called), caption=caption(called),
            account=whose.account if same else None,
            facts=facts(
                what=words.KINDS.get(whose.kind, whose.kind), id=whose.id, person=whose.person, account=whose.account,
                workload=whose.resource, why=words.reason(whose.reason) if whose.reason else None,
                candidates=whose.candidates,
            ),
        )
    )  # fmt: skip


def _burst(one: Burst) -> str:
    return (
        f"A burst of {one.count:,} refusals over {len(one.services)} services by credentials of {call_it(one.whose)}, "
        f"{one.first} to {one.last}."
    )
