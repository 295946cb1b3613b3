"""The tree of what descends from some nodes, over one neighbourhood: what is followed, and what hangs below what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import Graph
from lineage.model.times import iso
from lineage.questions.shared.asks import TOKEN_LIFE_SECONDS
from lineage.questions.shared.climb import owner_of, principal_of, session_key_of
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
    """Something made for somebody else by a node of the descent."""

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
        found = principal_of(self.up, node) if label == schema.SESSION else owner_of(self.up, node)
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
            if (time >= self.oldest or _lasts(target)) and not older:
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
        kind = way["type"]
        if kind == schema.ASSUMED:
            return "assumed" if way["parent"] else "candidate"
        if kind == schema.ISSUED:
            if not way["parent"] and not way.get("event_id"):
                return "own"  # its making was not logged: all that is known is whose it is
            if _is_making(way) and not same_user(self.owner(target), self.owner(source)):
                return "made"
            return "issued"
        return "made" if kind == schema.CREATED and way["what"] == "user" else None

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


def _lasts(node: str) -> bool:
    """Is it no session and no temporary key?"""
    return session_key_of(node) is None


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
