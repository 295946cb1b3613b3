"""`path`: every way that one identity, key, role or account came to another.

Ways lead in order of time along sessions and credentials only: never through a shared role, action or address. Each
session has one resolved parent at most, so from each end there is one way back, but where something was made for
another user.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import zip_longest
from typing import NamedTuple

from lineage.model import schema
from lineage.model.arn import account_in_id, parse_arn
from lineage.model.errors import BadUse
from lineage.model.keys import Ref, ref
from lineage.model.results import ALWAYS, CallFilter, Graph
from lineage.questions.path import Path, PathStep, Way
from lineage.questions.shared.climb import account_of, evidence_of, joined_by, session_key_of
from lineage.questions.shared.descent import Descent, Link, begin, walk
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Confidence, Sight
from lineage.questions.shared.resources import wanted
from lineage.questions.shared.subjects import find
from lineage.stores.reader import Reader

NODES = 100_000
"""Nodes that are visited from the start."""


class End(NamedTuple):
    """One end of a path: the nodes that are it, and its accounts."""

    nodes: frozenset[str]
    """Sessions, keys and principals, as references."""
    accounts: frozenset[str]
    account: str | None
    """Where the end is a whole account."""

    def holds(self, node: str, graph: Graph) -> bool:
        """Is the node this end, or one of its own?"""
        if self.account is None:
            return node in self.nodes
        return not _is_temporary_key(node) and _account(node, graph) == self.account


def answer(reader: Reader, start: str, end: str, *, limit: int) -> Path:
    """Every way from one to the other; at most `limit`. Raises `BadUse` where an end names no credentials."""
    one, other = _end(reader, start), _end(reader, end)
    for ask, found in ((start, one), (end, other)):
        if found is None and _is_resource(reader, ask):
            raise BadUse(f"{ask}: a resource is no end of a path; lineage touched shows whose credentials reached it")
    if one is None or other is None:
        return Path(
            start=start, end=end, found=False, total=0, truncated=False, ways=[], perhaps=0,
            sight=_sight(reader, one, other),
        )  # fmt: skip
    descent = walk(reader, _starts(reader, one), made=True, limit=NODES)
    ways = sorted(_ways(descent, one, other), key=lambda way: (way.made, way.hops, len(way.steps), way.first or "",
                                                               way.start, way.end))  # fmt: skip
    own = [way for way in ways if not way.steps]
    ways = own[:1] + [way for way in ways if way.steps]
    return Path(
        start=start, end=end, found=bool(ways), total=len(ways), truncated=len(ways) > limit or descent.cut,
        ways=ways[:limit], perhaps=sum(other.holds(link.node, descent.graph) for link in descent.perhaps),
        sight=_sight(reader, one, other),
    )  # fmt: skip


def _is_resource(reader: Reader, ask: str) -> bool:
    """Does an ask that names no credentials name a resource: by an ARN of another service than IAM and STS, or as the
    target of loaded calls?"""
    arn = parse_arn(ask)
    if arn is not None:
        return arn.service not in ("iam", "sts")
    named = wanted(ask)
    return bool(reader.calls(CallFilter("resource", tuple(sorted(named.keys))))) or any(
        map(reader.has, (Ref(schema.RESOURCE, key) for key in named.keys))
    )


def _end(reader: Reader, ask: str) -> End | None:
    """What an ask represents as the end of a path; None where the store knows nothing of it."""
    found = find(reader, ask)
    if found is not None and found.kind == "account" and found.key is not None:
        return End(frozenset(), frozenset({found.key}), found.key)
    subject = begin(reader, ask)
    if subject is None:
        return None
    nodes = set(subject.starts)
    for start in subject.starts:
        label, key = ref(start)
        if ":role/" in start and label == schema.PRINCIPAL:
            nodes |= {f"{schema.SESSION} {seen.key}" for seen in reader.sessions_of(key, None, False)}
        elif label == schema.PRINCIPAL:
            graph = reader.descend([start])
            nodes |= {
                str(source)
                for source, _, way in (graph.in_edges(start, data=True) if start in graph else ())
                if way["type"] in (schema.BELONGS_TO, schema.SESSION_OF)
            }
    accounts = {account for node in nodes if (account := _account(node, None))}
    return End(frozenset(nodes), frozenset(accounts), None)


def _starts(reader: Reader, end: End) -> list[str]:
    """The nodes to go on from; of an account all that is in it."""
    if end.account is None:
        return sorted(end.nodes)
    graph = reader.lineage()
    return sorted(
        str(node)
        for node in graph.nodes
        if ref(str(node)).label in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL)
        and not _is_temporary_key(str(node))
        and _account(str(node), graph) == end.account
    )


def _is_temporary_key(node: str) -> bool:
    return ref(node).label == schema.CREDENTIAL and session_key_of(node) is not None


def _account(node: str, graph: Graph | None) -> str | None:
    session = session_key_of(node)
    if session is not None:
        return session.split("/", 1)[0]
    if graph is not None and node in graph:
        if graph.nodes[node].get("account"):
            return str(graph.nodes[node]["account"])
        for _, owner, way in graph.out_edges(node, data=True):
            if way["type"] == schema.BELONGS_TO:
                return _account(str(owner), graph)
    label, key = ref(node)
    if label == schema.CREDENTIAL:
        return account_in_id(key)
    return account_of(node)


def _sight(reader: Reader, *ends: End | None) -> Sight:
    return log_coverage(reader, {account for end in ends if end is not None for account in end.accounts}, ALWAYS)


def _ways(descent: Descent, start: End, end: End) -> Iterator[Way]:
    """The ways that first come to the end, each from the last of the start's own nodes on it."""
    by_node = {link.node: link for link in descent.links}
    for link in descent.links:
        if not end.holds(link.node, descent.graph):
            continue
        if start.holds(link.node, descent.graph):
            if end.account is None or start.account is None:
                yield _way([link], own=True)
            if link.parent is None:
                continue
        links = _back(by_node, link, start, end, descent.graph)
        if links is not None:
            yield _way(links, own=False)


def _back(by_node: dict[str, Link], link: Link, start: End, end: End, graph: Graph) -> list[Link] | None:
    """The links from the last of the start's nodes to this one; None where another end comes between."""
    links = [link]
    while links[-1].parent is not None:
        above = by_node[links[-1].parent]
        links.append(above)
        if start.holds(above.node, graph):
            return links[::-1]
        if end.holds(above.node, graph):
            return None
    return None


def _way(links: Collection[Link], own: bool) -> Way:
    """The way over some links, the first of which is where it begins."""
    first, *rest = links
    steps = [] if own else [_step(link, below) for link, below in zip_longest(rest, rest[1:])]
    times = [step.time for step in steps if step.time]
    return Way(
        start=first.node, end=first.node if own else rest[-1].node,
        hops=sum(link.relation == "assumed" or link.way.get("how") is not None for link in rest),
        made=any(link.relation == "made" for link in rest),
        confidence=schema.weakest([step.confidence for step in steps]),  # type: ignore[arg-type]  # a class
        first=min(times, default=None), last=max(times, default=None), steps=steps,
    )  # fmt: skip


def _step(link: Link, below: Link | None) -> PathStep:
    """The step to a node; where the way goes on by a key of the session, as sure as that key is of the session."""
    rule: str | None = link.way.get("rule")
    confidence: Confidence = link.way.get("confidence") or "EXACT"
    if link.way.get("type") == schema.ASSUMED:
        by_key = below is not None and below.way.get("type") == schema.ISSUED and below.way["parent"]
        issued = evidence_of(below.way) if below is not None and by_key else None
        rule, confidence = joined_by(evidence_of(link.way), issued, last=below is None)
    return PathStep(
        source=link.parent or "", target=link.node, relation=link.relation,  # type: ignore[arg-type]  # one of the words
        time=link.way.get("time") or link.time or None, api=link.way.get("api"), how=link.way.get("how"),
        rule=rule, confidence=confidence, event_ids=list(link.way.get("event_ids") or []),
    )  # fmt: skip
