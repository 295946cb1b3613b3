"""The picture of `role`: whose credentials came into a role, by which sessions, and where they went on to."""

from __future__ import annotations

from collections.abc import Iterator

from lineage import schema
from lineage.answers.roles import Role, RoleSession
from lineage.draw.copies import command, paste
from lineage.draw.names import caption, role_name
from lineage.draw.shape import Box
from lineage.draw.shapes.denied import of_whose
from lineage.draw.shapes.told import Told
from lineage.draw.shapes.trace import grant_facts
from lineage.draw.shapes.who import chain, operation
from lineage.draw.sheet import Known, Sheet, facts
from lineage.render.text import clean


def refs(answer: Role) -> Iterator[str]:
    """The nodes that the picture names."""
    for one in (*answer.sessions, *answer.out):
        yield f"{schema.SESSION} {one.key}"


def above(answer: Role) -> list[str]:
    """The nodes whose origins the picture needs besides."""
    return [f"{schema.SESSION} {one.key}" for one in answer.sessions]


def draw(answer: Role, known: Known) -> Told:
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
            key = chain(sheet, found, lit=False)
            if key != session:
                sheet.into(box, [key])
    for one in answer.out:
        _obtained(sheet, one)
    for refused in answer.refused:
        sheet.link(
            of_whose(sheet, refused.whose), itself, schema.TRIED, label=refused.error or "refused", failed=True,
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
    title = f"Who came into {role_name(arn) or arn}, and where they went on to"
    return Told(sheet, title, command("role", arn) or "lineage role", notes)


def _session(sheet: Sheet, one: RoleSession) -> str:
    return sheet.of_ref(
        f"{schema.SESSION} {one.key}", *facts(last_used=one.last_used, expires=one.expires,
                                             credentials_of=one.credentials_of),
        role_arn=one.role_arn, name=one.name,
    )  # fmt: skip


def _obtained(sheet: Sheet, one: RoleSession) -> None:
    session = _session(sheet, one)
    if one.caller is None:
        return
    caller = next(
        (ref for label in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL)
         if (ref := f"{label} {one.caller}") in sheet.nodes),
        None,
    )  # fmt: skip
    if caller is None:
        caller = sheet.of_ref(_ref(one.caller))
    way = sheet.way(caller, session)
    sheet.link(
        caller, session, schema.ASSUMED, label=operation(str(way.get("api") or "assumed")),
        confidence=str(way.get("confidence") or one.confidence), first=one.begun,
        events=list(way.get("event_ids") or ()), **grant_facts(way, one.how),
    )  # fmt: skip


def _ref(key: str) -> str:
    """The reference of a caller, by the form of its key."""
    if key.startswith(("AKIA", "ASIA")) and (" " in key or "/" not in key):
        return f"{schema.CREDENTIAL} {key}"
    return f"{schema.PRINCIPAL if key.startswith('arn:') else schema.SESSION} {key}"


