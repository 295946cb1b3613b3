"""The picture of `denied`: whose credentials were refused what, and the success after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.draw.labels import command
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.questions.denied import Burst, Denied, DeniedCalls, RefusedCaller, RefusedRole
from lineage.questions.shared import words
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import call_it, credentials_of
from lineage.questions.who.picture import chain
from lineage.render.text import between


def refs(answer: Denied) -> Iterator[str]:
    """The nodes that the picture names."""
    yield from above(answer)


def above(answer: Denied) -> list[str]:
    """The nodes whose origins the picture also needs."""
    found = [caller.nodes[0] for caller in answer.assumptions if caller.nodes_total == 1]
    found += [calls.nodes[0] for calls in answer.operations if calls.nodes_total == 1]
    found += [role.success.caller for one in answer.assumptions for role in one.roles if role.success]
    return list(dict.fromkeys(found))


def draw(answer: Denied, known: Known) -> Drawing:
    """The chains down to the callers, and a failed link to each operation and role."""
    sheet = Sheet(known)
    for caller in answer.assumptions:
        for role in caller.roles:
            _refused(sheet, caller, role)
    assumed = {id_ for caller in answer.assumptions for role in caller.roles for id_ in role.event_ids}
    for one in answer.operations:
        if one.api.startswith("sts:Assume") and assumed.issuperset(one.event_ids):
            continue  # drawn as a refused role already
        source = _caller(sheet, one, one.event_ids)
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
    roles = sum(caller.roles_total for caller in answer.assumptions)
    drawn = sum(len(caller.roles) for caller in answer.assumptions)
    if roles > drawn:
        notes.append(f"{drawn:,} of {roles:,} refused roles are drawn.")
    about = command("denied", *([answer.asked] if answer.asked else [])) or "lineage denied"
    return Drawing(sheet, f"{answer.calls:,} refused call{'s' if answer.calls != 1 else ''}", about, notes)


def _refused(sheet: Sheet, caller: RefusedCaller, role: RefusedRole) -> None:
    source = _caller(sheet, caller, role.event_ids)
    if role.role_arn == "unknown":
        target = sheet.action(source, "sts:AssumeRole", role.errors[0] if role.errors else None)
    else:
        target = sheet.principal(role.role_arn, "Role", None, None)
    sheet.link(
        source, target, schema.TRIED, label=" ".join(role.errors) or "refused", failed=True, first=role.first,
        last=role.last, count=role.count, error=role.errors, chain=" > ".join(caller.whose.chain),
        events=role.event_ids,
    )  # fmt: skip
    if role.success is not None:
        granted = sheet.of_ref(role.success.caller)
        if granted != source:
            _down_to(sheet, granted)
        sheet.light(source, granted, target)
        sheet.link(
            granted, target, schema.ASSUMED, label="granted later", lit=True, first=role.success.time,
            events=role.success.event_ids,
        )  # fmt: skip


def _caller(sheet: Sheet, refused: RefusedCaller | DeniedCalls, event_ids: Sequence[str]) -> str:
    """The node that was refused, at the end of its chain; of several the origin itself."""
    if refused.nodes_total == 1:
        node = sheet.of_ref(refused.nodes[0])
        _down_to(sheet, node)
        return node
    return of_whose(sheet, refused.whose, apart=next(iter(event_ids), refused.first))


def _down_to(sheet: Sheet, node: str) -> None:
    """Draw the chains that end in a node; many assume a role: it has no owner."""
    for found in sheet.known.above.get(node, ()):
        if found.node == node and not node.startswith(schema.PRINCIPAL):
            chain(sheet, found, lit=False)


def of_whose(sheet: Sheet, whose: Whose, apart: str) -> str:
    """Draw an origin that is known in one line; `apart` distinguishes an open end from others."""
    if whose.kind == "Unresolved":
        why = words.reason(whose.reason) if whose.reason else None
        return sheet.nobody(apart, facts(why=why, candidates=whose.candidates), called=call_it(whose))
    return sheet.origin(whose, *facts(person=whose.person))


def _burst(one: Burst) -> str:
    over = f"{one.roles_total:,} roles" if one.kind == "roles" else f"{len(one.services)} services"
    return (
        f"A burst of {one.count:,} refusals over {over} by {credentials_of(one.whose)}, {between(one.first, one.last)}."
    )
