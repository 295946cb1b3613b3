"""`assumed`: which roles an identity assumed or tried, itself and through the sessions that it obtained.

What a service does on behalf of a caller (forward access) stays with the credentials that it used. Where an IAM user
has several long-term keys, such a call counts for the key whose direct call lies next to it (guide §12.3, rule 7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from lineage.model import grant_method, schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.facts import Event, Identity
from lineage.model.facts import Grant as GrantFact
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, Graph, Window
from lineage.model.times import iso
from lineage.questions.assumed import Assumed, AssumedRole
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.climb import account_of, climbed, owner_of, session_key_of
from lineage.questions.shared.grants import Grant
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Scope
from lineage.questions.shared.origins import PARENT_SECONDS
from lineage.questions.shared.subjects import Subject, find, of_node
from lineage.stores.reader import Reader

BY_THEMSELVES: Final = ("IAMUser", "RootUser", "SAMLIdentity", "WebIdentity", "IdentityCenterUser")
"""Kinds of origins that represent one identity; a service assumes roles for everyone."""


class Begin(NamedTuple):
    """Where the walk begins: the nodes of the subject, and the way into it where that is part of the answer."""

    subject: Subject
    ways: list[Grant]


def begin_of(reader: Reader, subject: Subject) -> Begin:
    """The subject itself; of an event the one origin of its chain, where there is one that is known."""
    if subject.event is None or len(subject.starts) != 1:
        return Begin(subject, [])
    graph = reader.ascend(subject.starts)
    chains, fitting = climbed(graph, subject.starts[0])
    tops = {chain.top for chain in chains}
    if len(tops) != 1 or fitting > len(chains):
        return Begin(subject, [])
    top = tops.pop()
    if _is_one(graph, top):
        return Begin(of_node(top, subject.ask), [])
    firsts = {chain.first_session for chain in chains} - {None}
    first = firsts.pop() if len(firsts) == 1 else None
    return Begin(of_node(first, subject.ask), grants.into(graph, first, Window())) if first else Begin(subject, [])


def _is_one(graph: Graph, top: str) -> bool:
    label, key = ref(top)
    if label == schema.PRINCIPAL:
        return graph.nodes[top].get("kind") in BY_THEMSELVES
    return label == schema.CREDENTIAL and " " not in key


class Walk:
    """The identity's own nodes and all that came from them along resolved parents, with their distance."""

    def __init__(self, reader: Reader, begin: Begin) -> None:
        starts = begin.subject.starts
        self.reader = reader
        self.graph = reader.descend(starts)
        self.ways = [(grant, 1) for grant in begin.ways]
        self.depth: dict[str, int] = {}
        own = [node for start in starts for node in (start, *self._own(start))]
        waiting = [(node, 1 if self.ways else 0) for node in dict.fromkeys(own)]
        for node, depth in waiting:
            if node not in self.depth:
                self.depth[node] = depth
                waiting += self._below(node, depth)
        self.keys = {node for node in starts if ref(node).label == schema.CREDENTIAL and " " not in ref(node).key}
        self.owners = self._owners()

    def _own(self, start: str) -> Iterator[str]:
        """The sessions and keys of a principal."""
        if ref(start).label == schema.PRINCIPAL and start in self.graph:
            for source, _, way in self.graph.in_edges(start, data=True):
                if way["type"] in (schema.SESSION_OF, schema.BELONGS_TO):
                    yield str(source)

    def _below(self, node: str, depth: int) -> list[tuple[str, int]]:
        if node not in self.graph:
            return []
        return [
            (str(target), depth + (way["type"] == schema.ASSUMED))
            for _, target, way in self.graph.out_edges(node, data=True)
            if way["type"] in (schema.ASSUMED, schema.ISSUED) and way["parent"]
        ]

    def _owners(self) -> dict[str, str]:
        """By owner: the long-term key that was asked for. Forward access of a user hangs on the user."""
        if not self.keys:
            return {}
        above = self.reader.ascend(self.keys)
        return {owner: ref(key).key for key in sorted(self.keys) if (owner := owner_of(above, key))}

    def granted(self, window: Window) -> list[tuple[Grant, int]]:
        """Every grant of a role session in a window, with its distance."""
        found = [(grant, hops) for grant, hops in self.ways if grants.in_window(grant.time, window)]
        for node, depth in self.depth.items():
            found += [(grant, depth + 1) for grant in grants.out_of(self.graph, node, window)]
        if self.owners:
            below = self.reader.descend(sorted(self.owners))
            self.graph.update(below)
            for owner, key in self.owners.items():
                some = grants.out_of(below, owner, window)
                found += [(grant, 1) for grant in some if self._is_of(key, owner, grant.time, grant.via)]
        return [(grant, hops) for grant, hops in found if self._role(grant.session)]

    def tries(self, window: Window) -> list[tuple[CallRow, int]]:
        """The refused assumptions in a window, with their distance."""
        rows = [
            row
            for row in self.reader.calls(CallFilter("node", (*self.depth, *self.owners)), window)
            if row.row.relation == schema.TRIED
            and (
                row.source in self.depth or self._is_of(self.owners[row.source], row.source, row.first, row.invoked_by)
            )
        ]
        return [(row, self.depth.get(row.source, 0) + 1) for row in grants.own(self.reader, rows)]

    def _is_of(self, key: str, owner: str, time: int, service: str | None) -> bool:
        """Is the key the only one with a direct call next to a call in its owner's name (rule 7)?"""
        if not (service or "").endswith(".amazonaws.com"):
            return False
        called = (service or "").removesuffix(".amazonaws.com")
        for seconds in PARENT_SECONDS:
            near = {k for _, at, k in self.reader.direct_calls(ref(owner).key, time, seconds) if at == called}
            if near:
                return near == {key}
        return False

    def _role(self, session: str) -> str | None:
        return self.graph.nodes[session].get("role_arn") if session in self.graph else None

    def role_of(self, node: str, hops: int) -> str | None:
        """The role whose session a caller is; None of the identity itself."""
        session = session_key_of(node)
        return self._role(f"{schema.SESSION} {session}") if hops > 1 and session else None


SESSIONS_SHOWN = 20
GRANTED = "granted"
Coarse = Literal["federated", "console", "service", "CLI/SDK"]
COARSE: Final[dict[str, Coarse]] = {
    "saml": "federated", "saml-console": "federated", "web-identity": "federated", "identity-center": "federated",
    "console": "console", "console-switch-role": "console",
    "service": "service", "service-linked": "service", "service-on-behalf": "service",
}  # fmt: skip
"""The coarse word for each `how`."""
OTHERWISE: Final = "CLI/SDK"
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
    begin = begin_of(reader, subject)
    walk = Walk(reader, begin)
    window, scope = Window(since, until), None
    if subject.event is not None:
        window, scope = subjects.scope_of(subject, (), since, until, margin)
    tries, granted = walk.tries(window), walk.granted(window)
    if scope is None:
        times = [grant.time for grant, _ in granted] + [time for row, _ in tries for time in (row.first, row.last)]
        window, scope = (
            _scope(times, window, margin)
            if times
            else subjects.scope_of(subject, reader.calls(subject.which), since, until, margin)
        )
    lines = sorted(
        [*_granted_lines(walk, granted), *_refused_lines(reader, walk, tries)],
        key=lambda one: (one.hops, one.first, one.role_arn, one.how, one.outcome, one.through or ""),
    )
    nodes = [*walk.depth, *(grant.session for grant, _ in granted)]
    return Assumed(
        asked=ask, found=True, subject=begin.subject.to_model(),
        whose=subjects.one_origin(reader, begin.subject) if len(begin.subject.starts) == 1 else None,
        scope=scope, roles=lines[:limit], total=len(lines),
        granted=sum(one.count for one in lines if one.outcome == GRANTED),
        refused=sum(one.count for one in lines if one.outcome != GRANTED),
        truncated=len(lines) > limit, sight=log_coverage(reader, map(account_of, nodes), window),
    )  # fmt: skip


def _scope(times: list[int], asked: Window, margin: int | None) -> tuple[Window, Scope]:
    """Around what was found, where a side is open: a session that was quiet itself may have obtained much."""
    found = subjects.around(min(times), max(times), margin)
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
        role = walk.graph.nodes[grant.session]
        through = walk.role_of(grant.caller, hops)
        line = _Line(role["role_arn"], role.get("account"), grant.how, grant.via, GRANTED, through)
        groups[line].append((grant, hops))
    for line, members in groups.items():
        some = sorted(grant for grant, _ in members)
        sessions = sorted({ref(one.session).key for one in some}, key=lambda key: (key.rsplit("/", 1)[-1], key))
        yield AssumedRole(
            **line._asdict(), coarse=COARSE.get(line.how, OTHERWISE), hops=min(hops for _, hops in members),
            count=len(some), first=iso(some[0].time), last=iso(some[-1].time), sessions=sessions[:SESSIONS_SHOWN],
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
            **line._asdict(), coarse=COARSE.get(line.how, OTHERWISE), hops=min(hops for _, hops in members),
            count=grants.total(rows), first=grants.first(rows), last=grants.last(rows), sessions=[],
            event_ids=grants.earliest(rows),
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
