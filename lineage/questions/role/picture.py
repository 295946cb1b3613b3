"""The picture of `role`: whose credentials came into a role, by which sessions, and what they assumed next."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.draw.labels import caption, command, paste, ref_of, role_name
from lineage.draw.shape import Box
from lineage.draw.sheet import Drawing, Known, Sheet, facts
from lineage.model import schema
from lineage.model.operations import operation_of
from lineage.questions.denied.picture import of_whose
from lineage.questions.role import Role, RoleSession
from lineage.questions.trace.picture import grant_facts
from lineage.questions.who.picture import chain
from lineage.render.text import clean


def refs(answer: Role) -> Iterator[str]:
    """The nodes that the picture names."""
    for one in (*answer.sessions, *answer.out):
        yield f"{schema.SESSION} {one.key}"


def above(answer: Role) -> list[str]:
    """The nodes whose origins the picture also needs."""
    return [f"{schema.SESSION} {one.key}" for one in answer.sessions]


def draw(answer: Role, known: Known) -> Drawing:
    """The role as a group of its sessions, the chains that lead into them, and what was obtained out of them."""
    sheet = Sheet(known)
    arn = answer.role_arn or answer.asked
    box = Box(
        id=f"role {arn}", kind="role", label=clean(role_name(arn) or arn), caption=caption(role_name(arn) or arn),
        account=answer.account, lit=True,
        facts=facts(
            what="role", id=arn, sessions=answer.sessions_total, sessions_without_a_grant=answer.ungranted,
            unique_ids=answer.unique_ids,
        ),
        copy={"ARN": arn, "command": command("role", arn) or ""},
        cypher=paste("role", role=arn, since=None, until=None),
    )  # fmt: skip
    itself = sheet.principal(arn, "Role", None, answer.account)
    sheet.into(box, [itself])
    for one in answer.sessions:
        session = _session(sheet, one)
        sheet.into(box, [session])
        sheet.link(session, itself, schema.SESSION_OF, beside=True)
        for found in sheet.known.above.get(session, ()):
            chain(sheet, found, lit=False)
    for one in answer.out:
        _obtained(sheet, one, box)
    for refused in answer.refused:
        who = of_whose(sheet, refused.whose, apart=f"{arn} {refused.principal} {refused.first}")
        sheet.link(
            who, itself, schema.TRIED, label=refused.error or "refused", failed=True,
            confidence=refused.whose.confidence, first=refused.first, last=refused.last, count=refused.count,
            error=refused.error, through=refused.principal, events=refused.event_ids,
        )  # fmt: skip
    notes = []
    for shown, total, what in (
        (len(answer.sessions), answer.sessions_total, "sessions of the role"),
        (len(answer.out), answer.out_total, "sessions obtained out of it"),
        (len(answer.refused), answer.refused_total, "callers who were refused"),
    ):
        if total > shown:
            notes.append(f"{shown:,} of {total:,} {what} are drawn; --limit draws more.")
    title = f"Who assumed {role_name(arn) or arn}, and what they assumed next"
    return Drawing(sheet, title, command("role", arn) or "lineage role", notes)


def _session(sheet: Sheet, one: RoleSession) -> str:
    return sheet.of_ref(
        f"{schema.SESSION} {one.key}", *facts(last_used=one.last_used, expires=one.expires,
                                             credentials_of=one.credentials_of),
        role_arn=one.role_arn, name=one.name,
    )  # fmt: skip


def _obtained(sheet: Sheet, one: RoleSession, box: Box) -> None:
    session = _session(sheet, one)
    if one.caller is None:
        return
    caller = next(
        (ref for label in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL)
         if (ref := f"{label} {one.caller}") in sheet.nodes),
        None,
    )  # fmt: skip
    if caller is None:
        caller = _put_caller(sheet, one.caller, box)
    way = sheet.way(caller, session)
    sheet.link(
        caller, session, schema.ASSUMED, label=operation_of(str(way.get("api") or "assumed")),
        confidence=str(way.get("confidence") or one.confidence), first=one.begun,
        events=list(way.get("event_ids") or ()), **grant_facts(way, one.how),
    )  # fmt: skip


def _put_caller(sheet: Sheet, key: str, box: Box) -> str:
    """Put a caller down by its key; a temporary key with the session that it is of."""
    caller = sheet.of_ref(ref_of(key))
    if caller.startswith(schema.CREDENTIAL) and " " in key:
        session = sheet.of_ref(f"{schema.SESSION} {key.split(' ', 1)[1]}")
        way = sheet.way(session, caller)
        sheet.link(
            session, caller, schema.ISSUED, label="key", confidence=str(way.get("confidence") or "EXACT"),
            first=way.get("time"), events=list(way.get("event_ids") or ()), rule=way.get("rule"),
        )  # fmt: skip
        if sheet.inside.get(session) == box.id:
            sheet.into(box, [caller])
    return caller
