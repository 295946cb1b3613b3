"""What descends from a key, session or principal: the tree that `blast`, `contain` and `path` go over.

A descent follows resolved parents. A key, user or password that was made for somebody else begins a branch of its
own: it is named, and followed only where that is wished (design §3, Chains).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import ALWAYS, ChangeEdge, Graph, Window
from lineage.model.times import iso
from lineage.questions.shared import subjects
from lineage.questions.shared.opened import granted
from lineage.questions.shared.reach.offspring import Branch, Link, Tree, Way, same_user
from lineage.stores.reader import Reader

DEEDS = (schema.CREATED, schema.CHANGED, schema.STARTED)
PASSWORDS = ("login profile", "password")
NEW_PASSWORD = ("iam:CreateLoginProfile", "iam:UpdateLoginProfile")


class Descent(NamedTuple):
    """The tree, what may belong to it, and where it goes on through others."""

    links: list[Link]
    """Each below what it came from, siblings in order of time."""
    perhaps: list[Link]
    branches: list[Branch]
    deeds: list[ChangeEdge]
    """What its nodes created, changed and started."""
    graph: Graph
    cut: bool

    @property
    def nodes(self) -> list[str]:
        """The references of its nodes, in order of the tree."""
        return [link.node for link in self.links]


def begin(reader: Reader, ask: str) -> subjects.Subject | None:
    """Where a descent begins; of an event that granted a session, there. None where the store knows nothing of it.

    Raises `BadUse` where an ask names no credentials.
    """
    subject = subjects.find(reader, ask)
    if subject is None:
        return None
    if not subject.starts:
        if subject.opened is not None:
            raise BadUse(f"{ask}: {subjects.NOT_LOADED}")
        raise BadUse(f"{ask}: {subject.kind} has no credentials; ask for a key, session, ARN or event ID")
    event_id = subject.event_id
    if event_id is not None and subject.opened is None and (sessions := granted(reader, event_id)):
        found = subjects.of_node(sessions[0], ask)
        return found._replace(starts=tuple(sorted(sessions)), event=subject.event, event_id=event_id, note=subject.note)
    return subject


def walk(reader: Reader, starts: Sequence[str], *, since: int | None = None, made: bool, limit: int) -> Descent:
    """All that came from the nodes; at most `limit` nodes, the nearest first. With `since`, sessions that were over by
    then are left out, and what was made, created, changed or started before."""
    heads: dict[str, list[tuple[str, Way]]] = {}
    begins = list(starts)
    window = ALWAYS if since is None else Window(since, None)
    while True:
        graph = reader.descend(begins)
        tree = Tree(reader, graph, starts, heads, since, made)
        links, cut = tree.links(limit)
        nodes = [link.node for link in links]
        deeds = reader.changes(DEEDS, sources=nodes, window=window)
        fresh = _passwords(reader, tree, deeds, made, set(heads))
        if not fresh:
            break
        heads |= fresh
        begins += sorted(node for ways in fresh.values() for node, _ in ways)
    branches = tree.branches(set(nodes)) + [
        Branch(str(deed.properties["what"]), ref(deed.target).key, deed.source,
               str(deed.properties["api"]), iso(deed.time), deed.event_ids)
        for deed in deeds
        if _is_new_password(deed) and not same_user(ref(deed.target).key, tree.owner(deed.source))
    ]  # fmt: skip
    branches.sort(key=lambda branch: (branch.time, branch.target, branch.source))
    return Descent(links, tree.perhaps(set(nodes)), branches, deeds, graph, cut)


def _is_new_password(deed: ChangeEdge) -> bool:
    return deed.properties.get("what") in PASSWORDS and deed.properties.get("api") in NEW_PASSWORD


def _passwords(
    reader: Reader, tree: Tree, deeds: Iterable[ChangeEdge], made: bool, known: Collection[str]
) -> dict[str, list[tuple[str, Way]]]:
    """By maker and password: the console sessions that were opened with it until somebody set another."""
    found = {}
    for deed in deeds:
        label = f"{deed.type} {deed.key}"
        own = same_user(ref(deed.target).key, tree.owner(deed.source))
        if label in known or not _is_new_password(deed) or not (made or own):
            continue
        later = reader.changes(
            (schema.CREATED, schema.CHANGED), targets=[deed.target], window=Window(deed.time + 1, None)
        )
        ends = [other.time for other in later if other.properties["what"] in PASSWORDS]
        sessions = [
            f"{schema.SESSION} {seen.key}"
            for seen in reader.sessions_of(ref(deed.target).key, None, False)
            if deed.time <= seen.created and (not ends or seen.created < min(ends))
        ]
        above = reader.ascend(sessions) if sessions else None
        way: Way = {
            "type": deed.type, "api": deed.properties["api"], "time": iso(deed.time), "event_ids": deed.event_ids,
            "maker": deed.source, "rule": "1", "confidence": "EXACT", "own": own,
        }  # fmt: skip
        ways = [
            (session, way | {"time": above.nodes[session]["created"], "how": "console"})
            for session in sessions
            if above is not None and _opened_by_password(above, session)
        ]
        if ways:
            found[label] = ways
    return found


def _opened_by_password(graph: Graph, session: str) -> bool:
    return any(
        way["type"] == schema.ASSUMED and way["how"] == "console" for _, _, way in graph.in_edges(session, data=True)
    )


def above(graph: Graph, node: str) -> list[str]:
    """The nodes that a node came from along resolved parents, nearest first; `graph` holds all that leads to it."""
    found: list[str] = []
    current: str | None = node
    while current is not None and current in graph:
        parents = sorted(
            str(source)
            for source, _, way in graph.in_edges(current, data=True)
            if way["type"] in (schema.ASSUMED, schema.ISSUED) and way["parent"]
        )
        current = parents[0] if parents and parents[0] not in (node, *found) else None
        if current is not None:
            found.append(current)
    return found


__all__ = ["Branch", "Descent", "Link", "above", "begin", "walk"]
