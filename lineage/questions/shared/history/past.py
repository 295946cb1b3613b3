"""The past that something is compared with: whose calls it holds, and whether there is enough of it.

Two people in one role never share a past: the resolved origin decides. Only where the origin is open do session
name, then source IP stand in for it, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, Graph, Window
from lineage.model.times import iso
from lineage.questions.shared import scopes
from lineage.questions.shared.climb import climb, owner_of, principal_of, session_key_of
from lineage.questions.shared.models import Basis, Scope, Whose
from lineage.questions.shared.places import doubt, place
from lineage.questions.shared.subjects import Subject, own_calls
from lineage.questions.shared.whose import call_it, one
from lineage.stores.reader import Reader

HOUR: Final = 3600
DAY: Final = 24 * HOUR
LONGEST_SESSION_SECONDS: Final = 36 * HOUR
"""A session that makes calls now began at most so long ago (guide §6.4)."""
MOST_DAYS: Final = 3650
ASSUMED_ROOT = ":assumed-root"

_SAME_TOP = ("IAMUser", "RootUser", "IdentityCenterUser", "WebIdentity")
"""Kinds of origins that are one and the same where their node is."""


class Past(NamedTuple):
    """Whose calls count as the past of a subject."""

    basis: Basis
    note: str
    whose: Whose | None
    which: CallFilter
    places: frozenset[str]
    """Only calls from there, where not empty."""
    graph: Graph
    """What leads to the sessions."""
    sessions: tuple[str, ...]
    """The sessions that it may hold, as references; sorted. None of an account, address or agent."""
    origins: int | None
    """How many distinct origins it is of, where that is known beforehand."""


def scope_of(
    reader: Reader, subject: Subject, since: int | None, until: int | None, margin: int | None
) -> tuple[Window, Scope]:
    """The scope of a question about history: as elsewhere; the last day of an activity that goes on and on."""
    if subject.event is not None or (since is not None and until is not None):
        return scopes.scope_of(subject, (), since, until, margin)
    rows = reader.calls(subject.which, Window(None, until))
    if subject.kind == "session" or since is not None or not rows:
        return scopes.scope_of(subject, rows, since, until, margin)
    last = max(row.last for row in rows)
    found = scopes.around(max(min(row.first for row in rows), last - DAY), last, margin)
    window = found if until is None else Window(found.since, until)
    basis: Literal["asked", "activity"] = "activity" if until is None else "asked"
    return window, Scope(since=iso(window.since or 0), until=iso(window.until or 0), basis=basis)


def window_of(scope: Window, days: int, gap: int | None) -> Window:
    """The history before a scope: from some days before it to a gap before it. Raises `BadUse`."""
    begin, wait = scope.since or 0, gap or 0
    if not 0 < days <= MOST_DAYS:
        raise BadUse(f"--days {days}: must be 1 to {MOST_DAYS:,}")
    if wait >= days * DAY:
        raise BadUse(f"--gap leaves no history: it is as long as --days {days}")
    return Window(max(begin - days * DAY, 0), max(begin - wait - 1, 0))


def of(reader: Reader, subject: Subject, rows: Sequence[CallRow], span: Window) -> Past:
    """Whose calls count as the past of a subject.

    `rows` are its own calls in the scope; `span` is all the time that will be looked at.
    """
    graph = reader.ascend(subject.starts)
    if subject.kind == "session":
        roles = sorted({owner for start in subject.starts if (owner := _shared_owner(graph, start))})
        if roles:
            return _in_roles(reader, subject, rows, span, roles)
    owners = tuple(sorted({ref(owner).key for start in subject.starts if (owner := _owner(graph, start))}))
    whose = one(reader, graph, subject.starts[0]) if len(subject.starts) == 1 and subject.kind != "role" else None
    if owners:
        begun = _begun(reader, owners, span)
        names = (str(graph.nodes[f"{schema.PRINCIPAL} {key}"].get("name") or key) for key in owners)
        told = f"all calls of {', '.join(names)}, with whatever key"
        return Past("own calls", told, whose, CallFilter("principal", owners), frozenset(), graph, begun, 1)
    told = f"all calls of the {subject.kind}, whoever made them"
    return Past("own calls", told, whose, subject.which, frozenset(), graph, (), 1 if whose else None)


def _begun(reader: Reader, principals: Iterable[str], span: Window) -> tuple[str, ...]:
    """The sessions (references) of principals that may be in use in a stretch of time."""
    since = span.since - LONGEST_SESSION_SECONDS if span.since is not None else 0
    return tuple(
        sorted(
            f"{schema.SESSION} {seen.key}"
            for principal in principals
            for seen in reader.sessions_of(principal, None, False)
            if since <= seen.created and (span.until is None or seen.created <= span.until)
        )
    )


def _shared_owner(graph: Graph, session: str) -> str | None:
    """The role that a session is of, or what else many may act as: a federated user, or root through AssumeRoot."""
    owner = principal_of(graph, session) if session in graph else None
    if owner is None:
        return None
    kind = graph.nodes[owner].get("kind")
    own = kind == "IAMUser" or (kind == "RootUser" and ASSUMED_ROOT not in session)
    return None if own else owner


def _owner(graph: Graph, node: str) -> str | None:
    """The principal that a session, key or principal is of; None of a role, which many may act as."""
    label = ref(node).label
    if node not in graph or label == schema.PRINCIPAL:
        return node if graph.nodes.get(node, {}).get("kind") not in (None, "Role") else None
    return principal_of(graph, node) if label == schema.SESSION else owner_of(graph, node)


def _in_roles(reader: Reader, subject: Subject, rows: Sequence[CallRow], span: Window, roles: Sequence[str]) -> Past:
    own = [start for start in subject.starts if session_key_of(start)]
    nodes = sorted({*_begun(reader, [ref(role).key for role in roles], span), *own})
    graph = reader.ascend(nodes)
    owned = {node: principal_of(graph, node) for node in nodes}
    mine = {node: one(reader, graph, node) for node in own}
    names = ", ".join(sorted(str(graph.nodes[role].get("name") or ref(role).key) for role in roles))
    wanted = {whose.key for whose in mine.values() if whose.key}
    if wanted:
        same = [node for node in _same_origin(reader, graph, nodes, own, mine) if owned[node] in roles]
        alone = mine[own[0]] if len({whose.key for whose in mine.values()}) == 1 else None
        named = ", ".join(sorted({call_it(whose) for whose in mine.values() if whose.key}))
        told = f"calls with credentials of {named} in {names}, over all sessions"
        return Past("origin in this role", told, alone, _sessions(same), frozenset(), graph, tuple(same), len(wanted))
    alone = mine[own[0]] if len(own) == 1 else None
    called = {name for node in own if (name := graph.nodes[node].get("name"))}
    same = [node for node in nodes if owned[node] in roles and graph.nodes[node].get("name") in called]
    told = f"the origin is not known: calls in {names} under the same session name, whoever made them"
    by_name = Past("session name", told, alone, _sessions(same), frozenset(), graph, tuple(same), None)
    places = frozenset(
        where for row in rows if (where := place(row)) and doubt(row.row.source_ip, row.row.endpoint) is None
    )
    if any(node not in own for node in same) or not places:
        return by_name
    told = (
        f"the origin is not known and no other session has this name: calls in {names} from "
        f"{', '.join(sorted(places)[:3])}{' …' if len(places) > 3 else ''}, whoever made them"
    )
    keys = tuple(ref(role).key for role in roles)
    return Past("source IP", told, alone, CallFilter("principal", keys), places, graph, tuple(nodes), None)


def _same_origin(
    reader: Reader, graph: Graph, nodes: Iterable[str], own: Iterable[str], mine: Mapping[str, Whose]
) -> Iterator[str]:
    """The sessions with an origin of `own`; where chains begin at persons that is told by their nodes alone."""
    tops = _Tops(graph)
    people = {tops.of(node) for node in own if mine[node].key}
    wanted = {mine[node].key for node in own} - {None}
    for node in nodes:
        top = tops.of(node)
        if top is not None and None not in people and tops.is_person(top):
            is_one = top in people
        else:
            is_one = one(reader, graph, node).key in wanted
        if is_one:
            yield node


def _sessions(nodes: Iterable[str]) -> CallFilter:
    return CallFilter("session", tuple(ref(node).key for node in nodes))


class _Tops:
    """Where chains begin; a key's owner is looked up once, for it may have obtained thousands of sessions."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._owners: dict[str, str | None] = {}

    def of(self, node: str) -> str | None:
        """The principal where the one chain of a node begins; None of several chains, or an open one."""
        found = climb(self._graph, node)
        if len(found) != 1 or found[0].stopped:
            return None
        top = found[0].top
        if ref(top).label != schema.CREDENTIAL:
            return top if ref(top).label == schema.PRINCIPAL else None
        if top not in self._owners:
            self._owners[top] = owner_of(self._graph, top)
        return self._owners[top]

    def is_person(self, top: str) -> bool:
        """Is it of a kind that is one and the same wherever its node is?"""
        return self._graph.nodes.get(top, {}).get("kind") in _SAME_TOP


def calls(reader: Reader, past: Past, window: Window, loaded: set[str]) -> list[CallRow]:
    """The calls of a past in a window, each once."""
    rows = own_calls(reader.calls(past.which, window), loaded)
    if past.places:
        rows = [row for row in rows if place(row) in past.places]
    if past.basis == "own calls" and past.which.by == "principal":
        # Sessions through AssumeRoot are somebody else's.
        rows = [row for row in rows if ASSUMED_ROOT not in row.source]
    return rows
