"""The picture of `blast`: what came from credentials, what still works of it, and what it left behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lineage.draw.labels import caption, command, ref_of, role_name, short_name
from lineage.draw.shape import WORKS, Box
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.model.operations import operation_of
from lineage.questions.blast import Altered, Blast, Life, Reached, Workload
from lineage.questions.shared.whose import credentials_of
from lineage.questions.trace.picture import HANGS, grant_facts, lead, link_type
from lineage.questions.who.picture import LIT
from lineage.render.text import moment


def refs(answer: Blast) -> Iterator[str]:
    """The nodes that the picture names."""
    return (one.ref for one in (*answer.nodes, *answer.perhaps))


def above(answer: Blast) -> list[str]:
    """The nodes whose origins the picture also needs."""
    return [one.ref for one in answer.nodes if one.parent is None]


def draw(answer: Blast, known: Known) -> Drawing:
    """The descent as a tree, with changes, workloads and resources at its leaves."""
    sheet = Sheet(known)
    roots = above(answer)
    for root in roots:
        lead(sheet, root, lit=len(roots) <= LIT)
    for one in (*answer.nodes, *answer.perhaps):
        _reached(sheet, one, lit=one.parent is None and len(roots) <= LIT)
    for branch in answer.branches:
        ref = ref_of(branch.target)
        target = sheet.of_ref(ref, ("made", f"{branch.what}, {branch.time}"))
        if ref.startswith(schema.CREDENTIAL) and not branch.followed:
            sheet.mark(target, branch.live)
        sheet.link(
            branch.source, target, schema.ISSUED if ref.startswith(schema.CREDENTIAL) else schema.CREATED,
            label="made" if branch.followed else f"made: {branch.what}", beside=True, first=branch.time,
            events=branch.event_ids, api=branch.api,
        )  # fmt: skip
    for change in answer.altered:
        _altered(sheet, change)
    for work in answer.workloads:
        _workload(sheet, work)
    _touched(sheet, answer)
    whose = f", by {credentials_of(answer.whose)}" if answer.whose else ""
    about = command("blast", answer.asked, options=["--made"] if answer.made else []) or "lineage blast"
    return Drawing(sheet, f"What came from {answer.asked}{whose}", about, _notes(answer), evaluated=answer.at)


def _until(life: Life) -> str:
    return moment(life.until) if life.until else "unknown"


def _reached(sheet: Sheet, one: Reached, *, lit: bool) -> None:
    life = f"{WORKS[one.life.live]}, until {one.life.until or 'unknown'} ({one.life.why})" if one.life else None
    node = sheet.of_ref(
        one.ref, *facts(at_the_time_asked=life, calls=one.calls, failed_calls=one.failed or None, first=one.first,
                        last=one.last),
        role_arn=one.role_arn, name=one.name, account=one.account, lit=lit,
    )  # fmt: skip
    if one.life is not None:
        sheet.mark(node, one.life.live)
    if one.parent is None:
        return
    if one.parent not in sheet.nodes:
        sheet.of_ref(one.parent)
    way = sheet.way(one.parent, one.ref)
    perhaps, made = one.relation == "candidate", one.relation == "made"
    label = HANGS.get(one.relation) or operation_of(str(way.get("api") or "assumed"))
    sheet.link(
        one.parent, one.ref, link_type(one.relation, one.ref), label=label, beside=made,
        confidence=schema.weakest([one.confidence, "HEURISTIC"]) if perhaps else one.confidence, first=one.time,
        events=one.event_ids, one_of_several_callers_that_fit=perhaps,
        **{**grant_facts(way, one.how), "rule": one.rule},
    )  # fmt: skip


def _altered(sheet: Sheet, change: Altered) -> None:
    if change.what == "access key" and change.after and f"{schema.CREDENTIAL} {change.after}" in sheet.nodes:
        return  # it is there as made
    principal = ":role/" in change.target or ":user/" in change.target
    key = ref_of(change.target).startswith(schema.CREDENTIAL)
    target = sheet.of_ref(ref_of(change.target) if principal or key else f"{schema.RESOURCE} {change.target}")
    sheet.link(
        change.source, target, schema.CREATED if change.created else schema.CHANGED, label=operation_of(change.api),
        beside=change.created, first=change.time, events=change.event_ids, what=change.what, api=change.api,
        before=change.before, after=change.after, lets_in=change.outside, undone_by=change.undone_by,
    )  # fmt: skip


def _workload(sheet: Sheet, work: Workload) -> None:
    resource = sheet.resource(work.key, work.type, work.account)
    for source in work.sources:
        sheet.link(
            source, resource, schema.STARTED, label=operation_of(work.apis[0]) if work.apis else "started", beside=True,
            first=work.first, last=work.last, api=work.apis, entered=work.entered, events=work.event_ids,
        )  # fmt: skip
    for key in work.sessions:
        sheet.link(resource, sheet.of_ref(f"{schema.SESSION} {key}"), schema.RUNS_AS, beside=True)


def _touched(sheet: Sheet, answer: Blast) -> None:
    """Draw what was touched and is not there already, as touched by the sessions and keys that called."""
    # What is spelled in several ways is the same by account, kind and name.
    there = {(node.account, node.kind, node.label) for node in sheet.nodes.values()}
    found: dict[str | None, list[str]] = defaultdict(list)
    for one in answer.touched:
        kind = "role" if role_name(one.resource) else "person" if ":user/" in one.resource else "resource"
        if (one.account, kind, role_name(one.resource) or short_name(one.resource)) in there:
            continue
        resource = sheet.resource(
            one.resource, one.type, one.account,
            *facts(first=one.first, last=one.last, calls=one.calls, failed=one.failed or None, operations=one.actions,
                   events=one.event_ids),
        )  # fmt: skip
        found[sheet.account(resource)].append(resource)
        for source in one.sources:
            if source in sheet.nodes:
                sheet.link(
                    source, resource, schema.TOUCHED, failed=one.failed == one.calls, beside=True, first=one.first,
                    last=one.last, count=one.calls if len(one.sources) == 1 else 1, operations=one.actions,
                    calls_of_all=one.calls if len(one.sources) > 1 else None, failed_of_them=one.failed or None,
                    sensitive=one.sensitive, events=one.event_ids,
                )  # fmt: skip
    for account, resources in found.items():
        if len(resources) > 1:
            box = Box(
                id=f"touched {account or ''}", kind="resource", label=f"{len(resources)} resources that were touched",
                caption=caption("resources touched"), account=account,
                facts=facts(what="resources that were changed, or read by sensitive calls"),
            )  # fmt: skip
            sheet.into(box, resources)


def _notes(answer: Blast) -> list[str]:
    reach = answer.reach
    result = [f"{reach.live:,} of the sessions and keys still worked", f"{reach.ended:,} had ended"]
    if reach.unknown:
        result.insert(1, f"{reach.unknown:,} may have")
    notes = [f"At {moment(answer.at)} {', '.join(result)}."] if answer.at else []
    open_ = sum(not branch.followed for branch in answer.branches)
    if open_:
        notes.append(f"{open_:,} made for others; --made goes on there.")
    if answer.truncated:
        notes.append("Not everything is drawn; --limit draws more.")
    return notes
