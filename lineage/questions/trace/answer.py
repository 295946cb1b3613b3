"""`trace`: forward, every session and key that came from an identity, with what was done and tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, Graph, grouped
from lineage.questions.shared import grants, identifiers
from lineage.questions.shared.climb import account_of, principal_behind
from lineage.questions.shared.descent import relation_of
from lineage.questions.shared.joins import granted
from lineage.questions.shared.newest import newest
from lineage.questions.shared.subjects import Subject, find
from lineage.questions.trace import Branch, Done, Trace, TriedRole, walk
from lineage.stores.reader import Reader

IDS_SHOWN = 3


def answer(reader: Reader, ask: str, *, limit: int) -> Trace:
    """Trace from a key, session, ARN or the identity behind an event ID; at most `limit` branches."""
    starts, subject = _starts(reader, ask)
    graph = reader.descend(starts)
    used = grouped(reader.calls(CallFilter("node", tuple(graph.nodes))), lambda row: row.source)
    tree = _Walk(graph, used, limit)
    found = [tree.branch(start, "asked", None) for start in starts if start in graph and start not in tree.seen]
    roots = _from_origins(reader, found)
    return Trace(
        asked=ask,
        found=bool(roots),
        subject=subject.to_model() if subject is not None else None,
        sessions=tree.count(schema.SESSION),
        credentials=tree.count(schema.CREDENTIAL),
        calls=grants.total(row for node in tree.seen for row in used.get(node, ())),
        truncated=tree.cut,
        roots=roots,
        newest=newest(reader, {branch.account or account_of(branch.ref) for branch, _ in walk(roots)}),
    )


def _starts(reader: Reader, ask: str) -> tuple[list[str], Subject | None]:
    """The nodes to begin at, and a person, or what stands for a session that is not known, as a subject."""
    subject = find(reader, ask)
    if subject is not None and (subject.person is not None or subject.whole is not None):
        return list(subject.starts), subject
    what = identifiers.meant(reader, ask)
    if what.kind == "event" and subject is not None:
        if subject.opened is None and (granted_by_it := granted(reader, what.texts[0])):
            return granted_by_it, None
        if subject.opened is not None:
            return list(subject.starts), None
    if what.kind == "key":
        return [str(found) for found in identifiers.credentials(reader, what.texts[0])], None
    return list(dict.fromkeys(asked.start for asked in identifiers.begins(reader, what, None))), None


def _from_origins(reader: Reader, found: Sequence[Branch]) -> list[Branch]:
    """The branches that were asked about, each below the chain that led to it; chains that begin alike are one tree."""
    graph = reader.ascend([branch.ref for branch in found])
    roots: list[Branch] = []
    known = {branch.ref: branch for branch, _ in walk(found)}
    for branch in found:
        current = branch.model_copy(update={"asked": True})
        for above, relation, edge in _ancestors(graph, branch.ref):
            names = ("how", "time", "confidence", "event_ids")
            by = {name: edge[name] for name in names if edge.get(name) is not None}
            current = current.model_copy(update={"relation": relation, **by})
            if above in known:
                known[above].children.append(current)
                break
            current = known[above] = _above(graph, above, current)
        else:
            roots.append(current)
    for one in known.values():
        one.children.sort(key=_when)
    return sorted(roots, key=_when)


def _when(branch: Branch) -> tuple[str, str]:
    return branch.time or "", branch.ref


def _above(graph: Graph, node: str, child: Branch) -> Branch:
    """A node of the chain that led to what was asked: what else came from it is not told."""
    label, key = ref(node)
    body = graph.nodes[node]
    return Branch(
        ref=node, label=label, key=key, relation="origin", how=None, time=body.get("created"),
        role_arn=body.get("role_arn"), session_name=body.get("name"), account=body.get("account"), confidence="EXACT",
        event_ids=[], done=[], tried=[], calls=0, first=None, last=None, children=[child],
    )  # fmt: skip


def _ancestors(graph: Graph, node: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What a node came from, nearest first, up to its origin: with how, and by which relationship."""
    seen = {node}
    issued_by: list[str] = []
    while (found := _parent(graph, node, issued_by)) is not None and found[0] not in seen:
        yield found
        node = found[0]
        issued_by = found[2]["event_ids"] if found[1] == "issued" else []
        seen.add(node)


def _parent(graph: Graph, node: str, issued_by: Sequence[str]) -> tuple[str, str, dict[str, Any]] | None:
    """The node above; of several callers that fit a session the one whose call issued its key, `issued_by`."""
    if node not in graph or ref(node).label == schema.PRINCIPAL:
        return None
    ways: list[tuple[str, str, dict[str, Any]]] = []
    for source, _, edge in graph.in_edges(node, data=True):
        if edge["type"] == schema.ISSUED and edge["parent"]:
            return str(source), "issued", edge
        if edge["type"] == schema.ASSUMED:
            ways.append((str(source), "assumed", edge))
    by_key = [way for way in ways if {*issued_by} & {*way[2]["event_ids"]}]
    chosen = by_key if len(by_key) == 1 else [way for way in ways if way[2]["parent"]]
    if chosen:
        return chosen[0]
    stated = [str(user) for _, user, edge in graph.out_edges(node, data=True) if edge.get("stated")]
    owner = principal_behind(graph, node)
    if not ways and len(stated) == 1:
        return stated[0], "own", {}
    if not ways and owner is not None and graph.nodes[owner].get("kind") in ("IAMUser", "RootUser"):
        return owner, "own", {}
    return None


class _Walk:
    """The tree being built; each node is in it once."""

    def __init__(self, graph: Graph, used: dict[str, list[CallRow]], limit: int) -> None:
        self.graph = graph
        self.used = used
        self.limit = limit
        self.seen: set[str] = set()
        self.cut = False

    def count(self, label: str) -> int:
        """How many nodes of a label are in the tree."""
        return sum(1 for node in self.seen if ref(node).label == label)

    def branch(self, node: str, relation: str, edge: dict[str, Any] | None) -> Branch:
        """The branch of a node with all below it; built without recursion, for chains of renewals are long."""
        self.seen.add(node)
        order = [(node, relation, edge, -1)]
        position = 0
        while position < len(order):
            current, how, _, _ = order[position]
            if how != "candidate":
                for child, child_relation, child_edge in self._children(current):
                    if child in self.seen:
                        continue
                    if len(self.seen) >= self.limit:
                        self.cut = True
                        break
                    self.seen.add(child)
                    order.append((child, child_relation, child_edge, position))
            position += 1
        children: dict[int, list[Branch]] = defaultdict(list)
        for index in range(len(order) - 1, -1, -1):
            name, how, hung_by, parent = order[index]
            below = sorted(children.pop(index, []), key=_when)
            children[parent].append(self._build(name, how, hung_by, below))
        return children[-1][0]

    def _children(self, node: str) -> list[tuple[str, str, dict[str, Any]]]:
        found = []
        for _, target, edge in self.graph.out_edges(node, data=True):
            relation = relation_of(edge)
            if relation is not None:
                found.append((str(target), relation, edge))
        if ref(node).label == schema.PRINCIPAL:
            found += [
                (str(source), "issued", edge)
                for source, _, edge in self.graph.in_edges(node, data=True)
                if edge["type"] in (schema.BELONGS_TO, schema.SESSION_OF) and not self._came_from_elsewhere(source)
            ]
        return sorted(found, key=lambda child: (child[1] == "candidate", child[2].get("time") or "", child[0]))

    def _came_from_elsewhere(self, node: str) -> bool:
        """Did a session or key of a principal come from a caller or maker? Then it descends from that."""
        return any(
            edge["type"] in (schema.ASSUMED, schema.ISSUED) and ref(str(source)).label != schema.PRINCIPAL
            for source, _, edge in self.graph.in_edges(node, data=True)
        )

    def _build(self, node: str, relation: str, edge: dict[str, Any] | None, children: list[Branch]) -> Branch:
        label, key = ref(node)
        attributes = self.graph.nodes[node]
        rows = self.used.get(node, [])
        return Branch(
            ref=node,
            label=label,
            key=key,
            relation=relation,  # type: ignore[arg-type]  # one of the words of relation_of, or "asked"
            how=edge.get("how") if edge else None,
            time=edge.get("time") if edge else attributes.get("created"),
            role_arn=attributes.get("role_arn"),
            session_name=attributes.get("name"),
            account=attributes.get("account"),
            confidence=(edge or {}).get("confidence") or "EXACT",
            event_ids=(edge or {}).get("event_ids") or [],
            done=_done(row for row in rows if row.row.relation != schema.TRIED),
            tried=_tried(row for row in rows if row.row.relation == schema.TRIED),
            calls=grants.total(rows),
            first=grants.first(rows) if rows else None,
            last=grants.last(rows) if rows else None,
            children=children,
        )


def _done(rows: Iterable[CallRow]) -> list[Done]:
    groups = grouped(rows, lambda row: (row.row.api, row.row.error))
    return [
        Done(action=action, error=error, sensitive=any(row.row.sensitive for row in members), **_sums(members))
        for (action, error), members in sorted(groups.items(), key=_in_time)
    ]


def _in_time(group: tuple[tuple[str, str | None], list[CallRow]]) -> tuple[int, str, str]:
    (name, error), rows = group
    return min(row.first for row in rows), name, error or ""


def _tried(rows: Iterable[CallRow]) -> list[TriedRole]:
    groups = grouped(rows, lambda row: (row.row.target.key if row.row.target else "unknown", row.row.error))
    return [
        TriedRole(role_arn=role, error=error, **_sums(members))
        for (role, error), members in sorted(groups.items(), key=_in_time)
    ]


def _sums(rows: Sequence[CallRow]) -> dict[str, Any]:
    """How many calls they are, and when, with the earliest events as examples."""
    ids = [event_id for row in sorted(rows, key=lambda row: (row.first, row.row.id)) for event_id in row.event_ids]
    times = {"first": grants.first(rows), "last": grants.last(rows)}
    return {"count": grants.total(rows), **times, "event_ids": ids[:IDS_SHOWN]}
