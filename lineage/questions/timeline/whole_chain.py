"""The whole chain that a subject is part of: from the first session after the origin down to all that came of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import ChangeEdge, Graph
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.reach import descent
from lineage.questions.shared.reach.descent import Link
from lineage.questions.shared.subjects import NOT_LOADED, Subject
from lineage.questions.timeline import Change
from lineage.stores.reader import Reader

Way = dict[str, Any]
"""Properties of a relationship."""
NODES = 20_000
"""At most so many sessions and keys are followed."""


class Chain(NamedTuple):
    """Sessions and keys of a chain, and what its calls led to."""

    begins: list[str]
    """References, sorted."""
    links: dict[str, Link]
    """By reference, each below what it came from."""
    graph: Graph
    """Its nodes, and those that led to what was asked for."""
    opening: list[str]
    """Event IDs of the grants and sign-ins that lead into its first sessions; sorted."""
    granted: dict[str, list[str]]
    """By event ID: the sessions and long-term keys that came of it; sorted."""
    granting: frozenset[str]
    """Operations of the events that granted something."""
    changes: dict[str, list[Change]]
    """By event ID: what it created, changed and started."""
    beyond: list[str]
    """Keys of what it made for others; sorted."""
    perhaps: list[str]
    """Keys of sessions that it may have obtained; sorted."""
    cut: bool


def chain_of(reader: Reader, subject: Subject) -> Chain:
    """The chain of a subject: of a principal or role, of all its sessions and keys, from there on.

    Raises `BadUse` where the subject has no credentials.
    """
    if not subject.starts:
        if subject.opened is not None:
            raise BadUse(f"{subject.ask}: {NOT_LOADED}")
        raise BadUse(f"{subject.ask}: {subject.kind} has no chain; ask with a key, session, ARN or event ID")
    above = reader.ascend(subject.starts)
    begins = sorted({_begin(above, start) for start in subject.starts})
    found = descent.walk(reader, begins, made=False, limit=NODES)
    links = {link.node: link for link in found.links}
    graph = found.graph.copy()
    graph.add_nodes_from((node, known) for node, known in above.nodes(data=True) if node not in graph)
    into = _into(above, begins)
    ways = [*into, *_within(found.graph, links)]
    granted: dict[str, set[str]] = defaultdict(set)
    for target, way in ways:
        for event_id in way["event_ids"]:
            granted[event_id].add(ref(target).key)
    opening = {event_id for _, way in into for event_id in (*way["event_ids"], *way["sign_in_event_ids"])}
    return Chain(
        begins=begins, links=links, graph=graph, opening=sorted(opening),
        granted={event_id: sorted(keys) for event_id, keys in granted.items()},
        granting=frozenset(way["api"] for _, way in ways),
        changes=_changes(found.deeds),
        beyond=sorted({branch.target for branch in found.branches}),
        perhaps=sorted({key for link in found.perhaps if (key := session_key_of(link.node))}), cut=found.cut,
    )  # fmt: skip


def _begin(above: Graph, start: str) -> str:
    """Where the chain of a node begins: the long-term key behind it, else the first session that is known."""
    way = [start, *descent.above(above, start)]
    chained = [node for node in way if ref(node).label != schema.PRINCIPAL]
    return as_actor(chained[-1]) if chained else start


def as_actor(node: str) -> str:
    """The node that acts: of a temporary key its session.

    >>> as_actor("Credential ASIA1 111122223333/AROA:x/2026-01-31T12:00:00Z")
    'Session 111122223333/AROA:x/2026-01-31T12:00:00Z'
    """
    session = session_key_of(node)
    return f"{schema.SESSION} {session}" if session else node


def name_of(graph: Graph, actor: str) -> str:
    """What to call an actor: `ROLE as SESSION_NAME`, a key ID, or a name."""
    known: dict[str, Any] = graph.nodes[actor] if actor in graph else {}
    label, key = ref(actor)
    if label == schema.CREDENTIAL:
        return key
    name = known.get("name")
    if label == schema.PRINCIPAL:
        return str(name or key)
    role = role_of(known.get("role_arn"))
    # principalId holds the session name too: the account and the time stand beside it.
    name = str(name or key.split("/", 1)[1].rsplit("/", 1)[0])
    return f"{role.role_name} as {name}" if role else name


def _into(graph: Graph, begins: Iterable[str]) -> list[tuple[str, Way]]:
    """The resolved ways into the first sessions."""
    return [
        (node, way)
        for node in begins
        if node in graph
        for _, _, way in graph.in_edges(node, data=True)
        if way["type"] == schema.ASSUMED and way["parent"]
    ]


def _within(graph: Graph, links: Collection[str]) -> Iterator[tuple[str, Way]]:
    """What was obtained by the chain's own nodes: sessions along resolved parents, and long-term keys."""
    for source, target, way in graph.edges(data=True):
        if source in links and (
            (way["type"] == schema.ASSUMED and way["parent"])
            or (way["type"] == schema.ISSUED and way.get("event_id") and not way["parent"])
        ):
            yield str(target), way


def _changes(deeds: Iterable[ChangeEdge]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for deed in deeds:
        for event_id in deed.event_ids:
            found[event_id].append(_change(deed))
    return found


def _change(deed: ChangeEdge) -> Change:
    known, target = deed.properties, ref(deed.target).key
    if deed.type == schema.STARTED:
        what, before, after = "entered" if known["entered"] else "started", None, known["role_arn"]
    elif deed.type == schema.CREATED:
        what, before, after = str(known["what"]), None, known["detail"]
    else:
        what, before, after = str(known["what"]), known["before"], known["after"]
    return Change(
        what=what, target=target, before=str(before) if before is not None else None,
        after=str(after) if after is not None else None,
    )  # fmt: skip
