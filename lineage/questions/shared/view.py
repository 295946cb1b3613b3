"""What the views of several questions have in common, as blocks."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.models import Counted, History, LoadedTo, Scope, Sight, Subject, Whose
from lineage.questions.shared.newest import loaded_to
from lineage.questions.shared.whose import by_another, call_it, named
from lineage.questions.shared.words import KINDS, reason
from lineage.render.blocks import Block, Facts, Grid, Heading, Inline, Note, Para, Some, Span
from lineage.render.columns import detail, head, number, span, times, when
from lineage.render.text import between, counted, moment

BASES = {
    "asked": "as given",
    "alert": "the time of the alert",
    "activity": "around the activity",
    "everything": "all that is loaded",
}
"""What set a scope, in words."""
AGENTS_SHOWN = 5
LONG = 200
"""Characters of a request, state or user agent that a terminal shows."""
CALL_STYLES = {"change": "name", "sensitive": "open", "sign-in": "name", "read": "quiet", "failed": "denied"}
"""The style of each kind of call."""
VERDICT_STYLES = {
    "never seen before": "denied", "new combination": "open", "seen before": "name", "too little history": "open",
    "new": "denied", "nothing new": "name", "no calls": "open",
}  # fmt: skip
CUT = Para((Span("Cut at --limit: there is more.", "open"),))


def whose(one: Whose) -> Inline:
    """Whose credentials, with their confidence where they are not certain.

    >>> whose(Whose(kind="RootUser", id="arn:aws:iam::1:root", name="root", confidence="EXACT"))
    ('credentials of ', Span(text='root', style='name', most=None), ' (root user)')
    """
    if one.key is None:
        why = f" ({(reason(one.reason) if one.reason else 'The chain is open.').rstrip('.')})"
        return (Span(one.attempt, "open"), why) if one.attempt else ("credentials of ", Span(call_it(one), "open"), why)
    resource = f" for {one.resource}" if one.resource else ""
    said = f" ({KINDS.get(one.kind, one.kind)}{_provider(one)}){resource}{by_another(one)}"
    return ("credentials of ", Span(named(one), "name"), said, *_sure(one.confidence))


def origin_cells(one: Whose | None) -> dict[str, object]:
    """Whose credentials, as cells of a flat table by column."""
    if one is None:
        return {}
    name = one.person or one.name
    return {"credentials_of": name, "origin_kind": one.kind, "origin_id": one.id, "confidence": one.confidence}


def _provider(one: Whose) -> str:
    """Where an outside identity comes from: two providers may know one and the same name.

    >>> idp = "arn:aws:iam::1:oidc-provider/idp.example"
    >>> _provider(Whose(kind="WebIdentity", id="x", provider=idp, confidence="EXACT"))
    ' of idp.example'
    """
    by = f", provider {one.provider_by}" if one.provider_by else ""
    if one.kind not in ("SAMLIdentity", "WebIdentity") or not one.provider:
        return by
    return f" of {one.provider.rpartition('-provider/')[2]}{by}"


def role_as(role_arn: str | None, name: str | None, otherwise: str) -> str:
    """A session as people know it: its role and its name.

    >>> role_as("arn:aws:iam::111122223333:role/admin", "ops", "k"), role_as(None, None, "k")
    ('admin as ops', 'k')
    """
    role = (role_arn or "").rsplit("/", 1)[-1]
    return f"{role} as {name}" if role and name else name or role or otherwise


def subject(of: Whose | None, found: Subject | None, asked: str) -> Iterator[Block]:
    """Whose credentials, and what was asked about."""
    yield from heading(found, of)
    if found is not None and found.person is not None:
        return
    if of is not None:
        yield Para(whose(of))
    if found is None:
        return
    fits = f"  {found.opened}: the session that fits this event" if found.opened not in (None, "EXACT") else ""
    if fits and found.key is None:
        fits = f"  {found.opened}: one of them fits this event" if found.sessions else "  no session is known that fits"
    many = counted(found.sessions_total, "session") if found.key is None else ""
    told = (Span(f"{found.kind} ", "quiet"), found.key or f"{asked}: {many}", Span(fits, "open"))
    yield Para(told, indent=1 if of else 0)
    yield from matched(found)


def matched(found: Subject | None) -> Iterator[Block]:
    """Which user agents have the text in them that was asked for."""
    if found is not None and found.agents:
        shown = Some([Span(agent, "place", LONG) for agent in found.agents], found.agents_total, AGENTS_SHOWN)
        yield Facts([("user agent", shown)])


def heading(found: Subject | None, of: Whose | None = None) -> Iterator[Block]:
    """What the first line says: where a session is not known, what the answer is about instead; of a person its
    sessions, what possibly is its too, and who else has the name."""
    if found is not None and found.whole is not None:
        yield Para((Span(found.whole, "open"),))
    if found is None or found.person is None:
        return
    one = found.person
    name = whose(of) if of is not None else (Span(one.name, "name"), f" ({KINDS.get(one.kind, one.kind)})")
    sessions = counted(found.sessions_total, "session")
    if one.roles:
        sessions += f" in {counted(one.roles, 'role')} of {counted(len(one.accounts), 'account')}"
    yield Para((*name, f", {sessions}", *(_sure(one.confidence) if of is None else ())))
    if one.perhaps:
        rest = one.perhaps_total - len(one.perhaps)
        cut = f" and {rest:,} more" if rest else ""
        yield Para((Span(f"possibly also {', '.join(one.perhaps)}{cut}", "open"),), indent=1)
    if one.namesakes:
        yield Para((Span(f"same name at {', '.join(one.namesakes)}", "quiet"),), indent=1)


def _sure(confidence: str) -> Inline:
    return () if confidence == "EXACT" else (" ", Span(confidence, confidence))


def mfa(used: bool | None, role_arn: str | None) -> Span | None:
    """Whether MFA was used, where that says something: of a role's session, `false` says nothing about the sign-in.

    >>> mfa(True, None), mfa(False, "arn:aws:iam::1:role/a")
    (Span(text='with MFA', style='quiet', most=None), None)
    """
    if used:
        return Span("with MFA", "quiet")
    return Span("without MFA", "open") if used is False and role_arn is None else None


def own_calls_only(found: Subject | None, asked: str) -> Iterator[Block]:
    """That the calls of one session or key are not all of its chain, and where those are."""
    if found is not None and found.kind in ("session", "key"):
        wider = f"lineage timeline {shlex.quote(asked)} --made"
        yield Note((Span(f"Only its own calls. The whole chain, with the keys that it made: {wider}", "quiet"),))


def scope(found: Scope | None) -> str:
    """The stretch of time in words.

    >>> scope(Scope(since="2026-03-11T21:00:00Z", until="2026-03-11T22:00:00Z", basis="asked"))
    '2026-03-11 21:00:00Z to 2026-03-11 22:00:00Z (as given)'
    """
    return f"{between(found.since, found.until)} ({BASES[found.basis]})" if found else "at any time"


def within(found: Scope | None) -> str:
    """The stretch of time that was asked for, at the end of a line; nothing where an answer is about all times.

    >>> within(Scope(since="2026-03-11T21:00:00Z", until="2026-03-11T22:00:00Z", basis="asked"))
    '; 2026-03-11 21:00:00Z to 2026-03-11 22:00:00Z'
    """
    return f"; {between(found.since, found.until)}" if found and found.basis == "asked" else ""


def calls(made: int, failed: int) -> Inline:
    """How many calls, and how many of them failed."""
    return (Span(counted(made, "call"), "name"), *((Span(f", {failed:,} failed", "denied"),) if failed else ()))


def places(caption: str, name: str, found: Iterable[Counted], total: int, few: int | None = None) -> Grid:
    """Addresses, agents or regions with their calls."""
    return Grid(
        caption,
        (times("calls"), head(name, "long", style="place"), number("failed", style="denied"), when(),
         detail("note", lead="")),
        [(one.calls, one.value, one.failed, span(one.first, one.last), one.note) for one in found],
        total, few,
    )  # fmt: skip


def rests_on(sight: Sight | None, truncated: bool = False, what: str = "") -> Iterator[Block]:
    """Whether something was left out, and what the logs behind an answer cover."""
    if truncated:
        yield CUT
    if sight is not None:
        yield Note((Span(f"{what}{in_words(sight)}", "quiet"),))
        yield from up_to(sight.newest, sight.loaded_at)


def up_to(found: Sequence[LoadedTo], loaded_at: str | None = None) -> Iterator[Block]:
    """How far the logs of the accounts are loaded, and since when the answer is as it is."""
    if found:
        yield Note((Span(loaded_to(found), "quiet"),))
    if loaded_at is not None:
        yield Note((Span(f"evidence loaded {moment(loaded_at)}; asked earlier, the answer could differ", "quiet"),))


def verdict(said: str | None, statement: str | None, of: Scope | None) -> Iterator[Block]:
    """The verdict of a comparison, its statement, and the scope."""
    if said is not None:
        yield Para((Span(said, VERDICT_STYLES[said]),), main=True)
    if statement:
        first, mark, rest = statement.partition("; ")
        yield Para(
            (first, Span(mark + rest, "", 0)), main=said is None
        )  # a terminal has the rest below, in the history
    if of is not None:
        yield Para((Span(f"scope {between(of.since, of.until)}", "quiet"),))


def history(told: History) -> Iterator[Block]:
    """Whose past it is, how much there is of it, and what is wrong with it."""
    yield Heading((Span("history", "name"), f" ({told.basis}): {told.note}"))
    failed = f", {told.failed:,} failed" if told.failed else ""
    sessions = f", in {counted(told.sessions, 'session')}" if told.sessions else ""
    lines: list[Inline] = [
        (between(told.since, told.until),),
        (f"{counted(told.calls, 'call')}{failed} on {counted(told.days, 'day')}{sessions}",),
        (f"logs on {told.logged_days:,} of {counted(told.asked_days, 'day')}",),
    ]
    if told.whose is not None and told.whose.key is not None:
        lines.append(whose(told.whose))
    if told.origins is not None and told.origins > 1:
        lines.append((Span(f"{told.origins:,} distinct origins made these calls", "open"),))
    if told.basis == "source IP":
        lines.append((Span("selected by the address: an equal address proves nothing", "open"),))
    if not told.enough:
        lines.append((Span("too little history: ", "open"), ", ".join(told.lacking)))
    if told.key_made is not None:
        lines.append((Span(f"no call with the key in question, which was made {moment(told.key_made)}", "open"),))
    if told.credential is not None:
        many = counted(told.credential.calls, "call")
        seen = between(told.credential.first, told.credential.last)
        lines.append((Span(f"contains {many} of the credential in question itself", "open"), f", {seen}"))
    lines.append((Span(in_words(told.sight), "quiet"),))
    yield from (Para(line, indent=1) for line in lines)
