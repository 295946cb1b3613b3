"""What an identity obtained: the nodes that it stands for, and the sessions that came from them, with their distance.

Forward access of an IAM user hangs on the user: it counts for the long-term key whose direct call stands beside it
(guide §12.3, rule 7).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, Graph, Window
from lineage.questions.shared import grants
from lineage.questions.shared.climb import Climb, climbed, owner_of, session_key_of
from lineage.questions.shared.grants import Grant
from lineage.questions.shared.origins import PARENT_SECONDS
from lineage.questions.shared.subjects import Subject, of_node
from lineage.stores.reader import Reader

BY_THEMSELVES: Final = ("IAMUser", "RootUser", "SAMLIdentity", "WebIdentity", "IdentityCenterUser")
"""Kinds of origins that stand for one identity; a service assumes roles for everybody."""


class Begin(NamedTuple):
    """Where the walk begins: the nodes of the subject, and the way into it where that is part of the answer."""

    subject: Subject
    ways: list[Grant]


def begin(reader: Reader, subject: Subject) -> Begin:
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
    first = _first_session(chains)
    return Begin(of_node(first, subject.ask), grants.into(graph, first, Window())) if first else Begin(subject, [])


def _is_one(graph: Graph, top: str) -> bool:
    label, key = ref(top)
    if label == schema.PRINCIPAL:
        return graph.nodes[top].get("kind") in BY_THEMSELVES
    return label == schema.CREDENTIAL and " " not in key


def _first_session(chains: list[Climb]) -> str | None:
    firsts = {chain.first_session for chain in chains} - {None}
    return firsts.pop() if len(firsts) == 1 else None


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
        self.owners = self._owners(reader)

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

    def _owners(self, reader: Reader) -> dict[str, str]:
        """By owner: the long-term key that was asked for. Forward access of a user hangs on the user."""
        if not self.keys:
            return {}
        above = reader.ascend(self.keys)
        return {owner: ref(key).key for key in sorted(self.keys) if (owner := owner_of(above, key))}

    def granted(self, window: Window) -> list[tuple[Grant, int]]:
        """Every grant of a role session in a window, with its distance."""
        found = [(grant, hops) for grant, hops in self.ways if grants.within(grant.time, window)]
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
        ]
        rows = [
            row
            for row in rows
            if row.source in self.depth or self._is_of(self.owners[row.source], row.source, row.first, row.invoked_by)
        ]
        return [(row, self.depth.get(row.source, 0) + 1) for row in grants.own(self.reader, rows)]

    def _is_of(self, key: str, owner: str, time: int, service: str | None) -> bool:
        """Is the key the only one whose direct call stands beside a call in its owner's name (rule 7)?"""
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

    def told(self, session: str) -> dict[str, Any]:
        """What is known of a session."""
        return self.graph.nodes[session]
