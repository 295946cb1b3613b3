"""`assumed`: which roles an identity assumed or tried, itself and through the sessions that it obtained.

What a service does in somebody's name (forward access) stays with whose credentials it used. Where an IAM user has
several long-term keys, such a call counts for the key whose direct call stands beside it (guide §12.3, rule 7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from lineage.model import grant_method
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.facts import Event, Identity
from lineage.model.facts import Grant as GrantFact
from lineage.model.keys import ref
from lineage.model.results import CallRow, Window
from lineage.model.times import iso
from lineage.questions.assumed import Assumed, AssumedRole, obtained
from lineage.questions.assumed.obtained import Walk
from lineage.questions.shared import grants, scopes
from lineage.questions.shared.grants import Grant
from lineage.questions.shared.log_coverage import sight
from lineage.questions.shared.models import Scope
from lineage.questions.shared.subjects import find
from lineage.questions.shared.whose import whose
from lineage.stores.reader import Reader

SESSIONS_SHOWN = 20
GRANTED = "granted"
Coarse = Literal["federated", "console", "service", "CLI/SDK"]
COARSE: Final[dict[str, Coarse]] = {
    "saml": "federated", "saml-console": "federated", "web-identity": "federated", "identity-center": "federated",
    "console": "console", "console-switch-role": "console",
    "service": "service", "service-linked": "service", "service-on-behalf": "service",
}  # fmt: skip
"""The coarse word for each `how`; all others are calls by command line or SDK."""
KINDS: Final = {
    "sts:AssumeRole": "assume-role", "sts:AssumeRoleWithSAML": "saml",
    "sts:AssumeRoleWithWebIdentity": "web-identity", "sts:AssumeRoot": "assume-root",
}  # fmt: skip
"""The kind of grant that a refused call asked for."""


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    limit: int = 200,
) -> Assumed:  # fmt: skip
    """Tell the roles of a session, key, principal or role, or of the origin behind an event.

    Raises `BadUse` where the ask names no credentials.
    """
    subject = find(reader, ask)
    if subject is None:
        return Assumed(asked=ask, found=False)
    if not subject.starts:
        raise BadUse(f"{ask}: {subject.kind} has no credentials; ask with a key, session, ARN or event ID")
    begin = obtained.begin(reader, subject)
    walk = Walk(reader, begin)
    window, scope = Window(since, until), None
    if subject.event is not None:
        window, scope = scopes.scope_of(subject, (), since, until, margin)
    tries, granted = walk.tries(window), walk.granted(window)
    if scope is None:
        times = [grant.time for grant, _ in granted] + [time for row, _ in tries for time in (row.first, row.last)]
        window, scope = (
            _scope(times, window, margin)
            if times
            else scopes.scope_of(subject, reader.calls(subject.which), since, until, margin)
        )
    lines = sorted(
        [*_granted_lines(walk, granted), *_refused_lines(reader, walk, tries)],
        key=lambda one: (one.hops, one.first, one.role_arn, one.how, one.outcome, one.through or ""),
    )
    starts = begin.subject.starts
    nodes = [*walk.depth, *(grant.session for grant, _ in granted)]
    return Assumed(
        asked=ask, found=True, subject=begin.subject.told(),
        whose=whose(reader, starts)[starts[0]] if len(starts) == 1 and begin.subject.kind != "role" else None,
        scope=scope, roles=lines[:limit], total=len(lines),
        granted=sum(one.count for one in lines if one.outcome == GRANTED),
        refused=sum(one.count for one in lines if one.outcome != GRANTED),
        truncated=len(lines) > limit, sight=sight(reader, map(grants.account_of, nodes), window),
    )  # fmt: skip


def _scope(times: list[int], asked: Window, margin: int | None) -> tuple[Window, Scope]:
    """Around what was found, where a side is open: a session that was quiet itself may have obtained much."""
    found = scopes.around(min(times), max(times), margin)
    since = asked.since if asked.since is not None else found.since
    until = asked.until if asked.until is not None else found.until
    basis: Literal["activity", "asked"] = "activity" if asked == Window() else "asked"
    return Window(since, until), Scope(since=iso(since or 0), until=iso(until or 0), basis=basis)


class _Line(NamedTuple):
    """What assumptions of one line have in common."""

    role_arn: str
    account: str | None
    how: str
    via: str | None
    outcome: str
    through: str | None


def _granted_lines(walk: Walk, found: Iterable[tuple[Grant, int]]) -> Iterator[AssumedRole]:
    groups: dict[_Line, list[tuple[Grant, int]]] = defaultdict(list)
    for grant, hops in found:
        role = walk.told(grant.session)
        through = walk.role_of(grant.caller, hops)
        line = _Line(role["role_arn"], role.get("account"), grant.how, grant.via, GRANTED, through)
        groups[line].append((grant, hops))
    for line, members in groups.items():
        some = sorted(grant for grant, _ in members)
        sessions = sorted({ref(one.session).key for one in some}, key=lambda key: (key.rsplit("/", 1)[-1], key))
        yield AssumedRole(
            **line._asdict(), coarse=_coarse(line.how), hops=min(hops for _, hops in members), count=len(some),
            first=iso(some[0].time), last=iso(some[-1].time), sessions=sessions[:SESSIONS_SHOWN],
            event_ids=grants.ids_of(some),
        )  # fmt: skip


def _refused_lines(reader: Reader, walk: Walk, tries: list[tuple[CallRow, int]]) -> Iterator[AssumedRole]:
    callers = reader.identities(row.row.actor for row, _ in tries)
    groups: dict[_Line, list[tuple[CallRow, int]]] = defaultdict(list)
    for row, hops in tries:
        arn = row.row.target.key if row.row.target else "unknown"
        parts = role_of(arn)
        way, via = _asked_for(row, callers[row.row.actor])
        through = walk.role_of(row.source, hops)
        line = _Line(arn, parts.account if parts else None, way, via, row.row.error or "refused", through)
        groups[line].append((row, hops))
    for line, members in groups.items():
        rows = [row for row, _ in members]
        yield AssumedRole(
            **line._asdict(), coarse=_coarse(line.how), hops=min(hops for _, hops in members),
            count=sum(row.count for row in rows), first=grants.first(rows),
            last=grants.last(rows), sessions=[], event_ids=grants.earliest(rows),
        )  # fmt: skip


def _asked_for(row: CallRow, who: Identity) -> tuple[str, str | None]:
    """How a refused call would have obtained the role: the words of `who`."""
    parts = role_of(row.row.target.key) if row.row.target else None
    event = Event(id="", time=row.first, api=row.row.api, source_ip=row.row.source_ip, user_agent=row.row.user_agent)
    grant = GrantFact(
        event=event, caller=who, kind=KINDS.get(row.row.api, "assume-role"), session_type="role",
        role_arn=row.row.target.key if row.row.target else None, role_name=parts.role_name if parts else None,
        provider=who.identity_provider,
    )  # fmt: skip
    return grant_method.method_of(grant, ()), grant_method.via(grant)


def _coarse(way: str) -> Coarse:
    return COARSE.get(way, "CLI/SDK")


__all__ = ["answer"]
