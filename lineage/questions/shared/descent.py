"""What descends from a key, session or principal: the tree that `blast`, `contain` and `path` walk.

A descent follows resolved parents. A key, user or password that was made for another user begins a branch of its own:
it is named, and followed only on request (design §3, Chains).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import ALWAYS, ChangeEdge, Graph, Window
from lineage.model.times import iso
from lineage.questions.shared import subjects
from lineage.questions.shared.climb import principal_behind, session_key_of
from lineage.questions.shared.identifiers import TOKEN_LIFE_SECONDS
from lineage.questions.shared.joins import granted
from lineage.stores.reader import Reader

Way = dict[str, Any]
"""Properties of a relationship."""


class Link(NamedTuple):
    """A node of the descent and how it hangs on the node above."""

    node: str
    parent: str | None
    relation: str
    """As in `answers.reach.Reached`."""
    way: Way
    time: str
    depth: int = 0
    made: bool = False


class Branch(NamedTuple):
    """Something made for another user by a node of the descent."""

    what: str
    target: str
    source: str
    api: str
    time: str
    event_ids: list[str]


class Tree:
    """The tree over one neighbourhood."""

    def __init__(
        self, reader: Reader, graph: Graph, starts: Sequence[str], heads: dict[str, list[tuple[str, Way]]],
        since: int | None, made: bool,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.starts = list(dict.fromkeys(starts))
        self.since = iso(since) if since is not None else ""
        self.oldest = iso(max(0, since - TOKEN_LIFE_SECONDS)) if since is not None else ""
        self.made = made
        self.through: dict[str, list[tuple[str, Way]]] = defaultdict(list)
        for ways in heads.values():
            for node, way in ways:
                self.through[way["maker"]].append((node, way))
        makings = {
            node
            for source, target, way in graph.edges(data=True)
            if _is_making(way)
            for node in (str(source), str(target))
        }
        self.up = reader.ascend(sorted(makings))
        self._up_reader = reader

    def owner(self, node: str) -> str | None:
        """The key of the principal that a session, key or principal is of."""
        label, key = ref(node)
        if label == schema.PRINCIPAL:
            return key
        if node not in self.up:
            self.up = self._up_reader.ascend([*self.up.nodes, node])
        found = principal_behind(self.up, node)
        return ref(found).key if found else None

    def links(self, limit: int) -> tuple[list[Link], bool]:
        """The nodes in order of the tree, and whether some were left out."""
        reach = self._reach()
        order = [Link(start, None, "asked", {}, self._time(start, {})) for start in self.starts]
        seen, cut, position = set(self.starts), False, 0
        below: dict[str, list[Link]] = defaultdict(list)
        while position < len(order):
            above = order[position]
            position += 1
            for child in self._children(above, reach):
                if child.node in seen:
                    continue
                if len(seen) >= limit:
                    cut = True
                    break
                seen.add(child.node)
                order.append(child)
                below[above.node].append(child)
        return list(_preorder([link for link in order if link.parent is None], below)), cut

    def _reach(self) -> set[str]:
        """All nodes that are followed, however they hang together."""
        seen, waiting = set(self.starts), list(self.starts)
        while waiting:
            link = Link(waiting.pop(), None, "asked", {}, "")
            for child in self._children(link, None):
                if child.node not in seen:
                    seen.add(child.node)
                    waiting.append(child.node)
        return seen

    def _children(self, above: Link, reach: Collection[str] | None) -> list[Link]:
        found = []
        for target, relation, way in self._ways(above.node, reach):
            time = self._time(target, way)
            older = above.relation == "made" and relation == "own" and time and time < above.time
            # Long-term keys and users have no end.
            if (time >= self.oldest or session_key_of(target) is None) and not older:
                through = above.made or relation == "made"
                found.append(Link(target, above.node, relation, way, time, above.depth + 1, through))
        return sorted(found, key=lambda link: (link.time, link.node))

    def _ways(self, node: str, reach: Collection[str] | None) -> Iterator[tuple[str, str, Way]]:
        """What a descent follows from a node: target, relation, properties."""
        if node not in self.graph:
            return
        for _, target, way in self.graph.out_edges(node, data=True):
            relation = self._relation(str(node), str(target), way)
            if relation in ("assumed", "issued", "own") or (relation == "made" and self.made):
                yield str(target), relation, way
        for target, way in self.through[node]:
            yield target, "issued" if way["own"] else "made", way
        if ref(node).label == schema.PRINCIPAL:
            for source, _, way in self.graph.in_edges(node, data=True):
                if way["type"] in (schema.BELONGS_TO, schema.SESSION_OF) and (
                    reach is None or not self._hangs_elsewhere(str(source), reach)
                ):
                    yield str(source), "own", way

    def _hangs_elsewhere(self, node: str, reach: Collection[str]) -> bool:
        """Does a session or key of a principal come from another node of the descent?"""
        return any(
            ref(str(source)).label != schema.PRINCIPAL
            and source in reach
            and self._relation(str(source), node, way) in ("assumed", "issued")
            for source, _, way in self.graph.in_edges(node, data=True)
        )

    def _relation(self, source: str, target: str, way: Way) -> str | None:
        relation = relation_of(way)
        if way["type"] != schema.ISSUED:
            return relation
        if relation == "made":
            return "issued" if same_user(self.owner(target), self.owner(source)) else "made"
        # Where its making was not logged, all that is known is whose it is.
        return relation if way["parent"] or way.get("event_id") else "own"

    def perhaps(self, nodes: Collection[str]) -> list[Link]:
        """Sessions that a node of the descent may have obtained, one of several callers that fit."""
        found: dict[str, Link] = {}
        for node in sorted(nodes):
            for _, target, way in self.graph.out_edges(node, data=True) if node in self.graph else ():
                if self._relation(node, str(target), way) == "candidate" and target not in nodes:
                    link = Link(str(target), node, "candidate", way, self._time(str(target), way))
                    if link.time >= self.oldest:
                        found.setdefault(link.node, link)
        return sorted(found.values(), key=lambda link: (link.time, link.node))

    def branches(self, nodes: Collection[str]) -> list[Branch]:
        """The keys and users that nodes of the descent made for others."""
        return [
            Branch("user" if way["type"] == schema.CREATED else "access key", ref(str(target)).key, str(source),
                   way["api"], way["time"], way["event_ids"])
            for source, target, way in self.graph.edges(data=True)
            if source in nodes
            and self._relation(str(source), str(target), way) == "made"
            and way["time"] >= self.since
        ]  # fmt: skip

    def _time(self, node: str, way: Way) -> str:
        created = self.graph.nodes[node].get("created") if node in self.graph else None
        return str(created or way.get("time") or "")


def relation_of(way: Way) -> str | None:
    """How what a relationship leads to hangs on the node above: `assumed`, `candidate` (one of several callers that
    fit), `issued` or `made`; None where a descent does not go on."""
    kind = way["type"]
    if kind == schema.ASSUMED:
        return "assumed" if way["parent"] else "candidate"
    if kind == schema.ISSUED:
        return "made" if _is_making(way) else "issued"
    return "made" if kind == schema.CREATED and way["what"] == "user" else None


def _is_making(way: Way) -> bool:
    """Is it the making of a long-term key, as logged?"""
    return bool(way["type"] == schema.ISSUED and way.get("event_id") and not way["parent"])


def same_user(one: str | None, other: str | None) -> bool:
    """Are they the same user?"""
    return one is not None and one == other


def _preorder(roots: Sequence[Link], below: dict[str, list[Link]]) -> Iterator[Link]:
    waiting = list(reversed(roots))
    while waiting:
        link = waiting.pop()
        yield link
        waiting += reversed(below.get(link.node, ()))


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
    """Where a descent begins: the subject of an identifier; of an event that granted sessions, those sessions.

    Parameters
    ----------
    reader : the store
    ask : as for `subjects.find`

    Returns
    -------
    A subject with at least one node, or None where the store knows nothing of it.

    Raises
    ------
    BadUse : the identifier names no credentials (an account, an address, a user agent).
    NotFound : several principals have the name.
    """
    subject = subjects.find(reader, ask)
    if subject is None:
        return None
    if not subject.starts:
        if subject.opened is not None:
            raise BadUse(f"{ask}: {subjects.NOT_LOADED}")
        raise BadUse(f"{ask}: {subject.kind} has no credentials; ask for a key, session, ARN or event ID")
    event_id = subject.event_id
    signed_in = subject.event is not None and subject.event.category == "signin"
    if event_id is not None and not signed_in and (sessions := granted(reader, event_id)):
        found = subjects.of_node(sessions[0], ask)
        return found._replace(starts=tuple(sorted(sessions)), event=subject.event, event_id=event_id, note=subject.note)
    return subject


def walk(reader: Reader, starts: Sequence[str], *, since: int | None = None, made: bool, limit: int) -> Descent:
    """All that came from some nodes along resolved parents.

    Parameters
    ----------
    reader : the store
    starts : references where the descent begins
    since : second since the epoch; leaves out sessions that were over by then, and what was made or changed before
    made : also follow keys, users and passwords that were made for other users
    limit : how many nodes to return at most, the nearest to the starts first

    Returns
    -------
    The tree in preorder, siblings in order of time; what may belong to it (one of several callers that fit); the
    branches that were made for others, in order of time; and what its nodes created, changed and started. `cut` says
    whether the limit left nodes out.

    Notes
    -----
    Cost: proportional to the neighbourhood below the starts. Each node is in the tree once, so cycles end.

    Examples
    --------
    >>> reader = incident()
    >>> session = "Session 537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"
    >>> found = walk(reader, [session], made=False, limit=100)
    >>> [(link.depth, link.relation) for link in found.links]
    [(0, 'asked'), (1, 'issued'), (1, 'assumed'), (2, 'issued')]
    >>> [(branch.what, branch.target) for branch in found.branches]
    [('access key', 'AKIA3WQUP53HKQ7V2LCK')]
    """
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
    """By maker and password: the console sessions that were opened with it until another password was set."""
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
        if not sessions:
            continue
        above = reader.ascend(sessions)
        way: Way = {
            "type": deed.type, "api": deed.properties["api"], "time": iso(deed.time), "event_ids": deed.event_ids,
            "maker": deed.source, "rule": "1", "confidence": "EXACT", "own": own,
        }  # fmt: skip
        ways = [
            (session, way | {"time": above.nodes[session]["created"], "how": "console"})
            for session in sessions
            if _opened_by_password(above, session)
        ]
        if ways:
            found[label] = ways
    return found


def _opened_by_password(graph: Graph, session: str) -> bool:
    return any(
        way["type"] == schema.ASSUMED and way["how"] == "console" for _, _, way in graph.in_edges(session, data=True)
    )


def above(graph: Graph, node: str) -> list[str]:
    """The nodes that a node came from along resolved parents, nearest first.

    Parameters
    ----------
    graph : holds all that leads to the node, as `Reader.ascend` returns it
    node : reference

    Returns
    -------
    References, without the node itself. The walk ends at a cycle.
    """
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
