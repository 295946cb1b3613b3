"""Graphs from the embedded store: ways up and down from nodes, the whole lineage, the whole graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
import networkx as nx

from lineage.model import keys, schema
from lineage.model.batch import Row
from lineage.model.facts import Identity, Sample
from lineage.model.keys import Ref
from lineage.model.results import Graph, leading
from lineage.model.times import iso
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Node, Properties
from lineage.stores.merging import complete, merge_properties
from lineage.stores.sqlite.calls import EmbeddedCalls, in_lists

_IDENTITY = msgspec.msgpack.Decoder(Identity)
_ROW = msgspec.msgpack.Decoder(Row)
_SAMPLES = msgspec.msgpack.Decoder(list[tuple[int, bytes, int, Sample]])
_properties = msgspec.msgpack.Decoder(dict[str, str | int | bool | list[str] | None]).decode
_PRINCIPAL = f"{schema.PRINCIPAL} "
Found = tuple[str, str, str, str, bytes]
"""A relationship as it is stored: type, key, source, target, properties."""


class EmbeddedGraphs(EmbeddedCalls):
    """Graphs of references, as questions walk them."""

    def neighbourhood(self, ref: Ref) -> Graph:
        """All that leads to a node: callers, keys, owners, workloads, makers, as deep as it goes."""
        return self.ascend([str(ref)])

    def ascend(self, refs: Iterable[str]) -> Graph:
        """All that leads to the nodes (references as text): the union of their neighbourhoods."""
        return self._walk(refs, self._ascending)

    def _walk(self, refs: Iterable[str], step: Callable[[Sequence[str]], Iterable[Found]]) -> Graph:
        """All that steps from the nodes lead to, level by level: there may be thousands of nodes at once."""
        graph: Graph = nx.MultiDiGraph()
        level = list(dict.fromkeys(refs))
        seen = set(level)
        while level:
            self._add_nodes(graph, level)
            reached: dict[str, None] = {}
            for type_, key, source, target, body in step(level):
                graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
                reached[source] = reached[target] = None
            level = [ref for ref in reached if ref not in seen]
            seen.update(level)
        return graph

    def _ascending(self, refs: Sequence[str]) -> Iterator[Found]:
        """The relationships at nodes that lead towards origins and makers."""
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
        for ref in refs:
            alike[leading(ref)].append(ref)
        what = "SELECT type, key, source, target, body FROM edge"
        deed = "SELECT d.type, d.key, a.source, d.target, d.body FROM deed d CROSS JOIN actor a ON a.id = d.actor"
        for (into, out), nodes in alike.items():
            for some, marks in in_lists(nodes):
                for type_ in into:
                    plain = (*some, type_)
                    yield from self._db.execute(f"{what} WHERE target IN ({marks}) AND type = ?", plain)
                    if type_ in DEEDS:
                        yield from self._db.execute(f"{deed} WHERE d.target IN ({marks}) AND d.type = ?", plain)
                for type_ in out:
                    yield from self._db.execute(f"{what} WHERE source IN ({marks}) AND type = ?", (*some, type_))

    def _add_nodes(self, graph: Graph, refs: Sequence[str]) -> None:
        bodies: dict[str, bytes] = {}
        for some, marks in in_lists(refs):
            bodies.update(self._db.execute(f"SELECT ref, body FROM node WHERE ref IN ({marks})", some))
        for ref in refs:
            label, key = ref.split(" ", 1)
            properties: Properties = _properties(bodies[ref]) if ref in bodies else {}
            graph.add_node(ref, label=label, key=key, **properties)
        self._name_principals(graph, [ref for ref in refs if ref.startswith(_PRINCIPAL)])

    def descend(self, refs: Sequence[Ref]) -> Graph:
        """All that came from the nodes: sessions and keys by the resolved parent, with keys made for others."""
        return self._walk(map(str, refs), self._descending)

    def _descending(self, refs: Sequence[str]) -> Iterator[Found]:
        """The relationships at nodes that lead to what came from them."""
        edges = "SELECT type, key, source, target, body FROM edge"
        for some, marks in in_lists(refs):
            for type_ in (schema.ASSUMED, schema.ISSUED):
                yield from self._db.execute(f"{edges} WHERE source IN ({marks}) AND type = ?", (*some, type_))
            for type_, key, source, target, body in self._db.execute(
                "SELECT d.type, d.key, a.source, d.target, d.body FROM actor a CROSS JOIN deed d ON d.actor = a.id "
                f"WHERE a.source IN ({marks}) AND d.type IN (?, ?)",
                (*some, schema.ISSUED, schema.CREATED),
            ):
                if type_ != schema.CREATED or _properties(body)["what"] == "user":
                    yield type_, key, source, target, body  # what was made for a user is not all that the user did
        # A principal's own sessions and long-term keys descend from it too.
        for some, marks in in_lists([ref for ref in refs if ref.startswith(_PRINCIPAL)]):
            for type_ in (schema.BELONGS_TO, schema.SESSION_OF):
                yield from self._db.execute(f"{edges} WHERE target IN ({marks}) AND type = ?", (*some, type_))
        # A descent comes by the sessions of a workload only where the workload is asked for.
        for some, marks in in_lists([ref for ref in refs if ref.startswith(f"{schema.RESOURCE} ")]):
            yield from self._db.execute(f"{edges} WHERE source IN ({marks}) AND type = ?", (*some, schema.RUNS_AS))

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        """Key, kind and name of the principals of some kinds that lineage is known of; sorted by key."""
        marks = ", ".join("?" * len(kinds))
        found = self._db.execute(
            f"SELECT n.ref, n.kind, n.body FROM node n WHERE n.kind IN ({marks}) AND ("
            "EXISTS (SELECT 1 FROM edge e WHERE e.source = n.ref) "
            "OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.ref) "
            "OR EXISTS (SELECT 1 FROM deed d WHERE d.target = n.ref) "
            "OR EXISTS (SELECT 1 FROM actor a JOIN deed d ON d.actor = a.id WHERE a.source = n.ref)) ORDER BY n.ref",
            tuple(kinds),
        )
        return [(keys.ref(ref).key, kind, _properties(body).get("name")) for ref, kind, body in found]  # type: ignore[misc]  # a name is a text

    def lineage(self) -> Graph:
        """Sessions, keys and principals with the relationships between them, without calls."""
        graph: Graph = nx.MultiDiGraph()
        for type_, key, source, target, body in self._db.execute("SELECT type, key, source, target, body FROM edge"):
            graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
        for type_, key, source, target, body in self._db.execute(
            "SELECT d.type, d.key, a.source, d.target, d.body FROM deed d JOIN actor a ON a.id = d.actor"
        ):
            graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
        for ref, body in self._db.execute("SELECT ref, body FROM node"):
            if ref in graph:
                label, key = keys.ref(ref)
                graph.add_node(ref, label=label, key=key, **_properties(body))
        self._name_principals(graph, None)
        return graph

    def graph(self) -> Graph:
        """The whole graph, calls included; attribute names are those of `lineage.model.schema`."""
        graph = self.lineage()
        owners: dict[str, str] = {}
        for source, principal in self._db.execute(
            "SELECT DISTINCT source, principal FROM actor WHERE source IS NOT NULL"
        ):
            owners[source] = principal
        seen_from: dict[tuple[str, str], list[int]] = {}
        for source, who_body, body, count, first, last, samples in self._db.execute(
            "SELECT a.source, a.body, r.body, r.count, r.first, r.last, r.samples "
            "FROM row r JOIN actor a ON a.id = r.actor WHERE r.count > 0 ORDER BY r.hour, r.hash"
        ):
            row, who = _ROW.decode(body), _IDENTITY.decode(who_body)
            source = source or str(keys.principal(who).ref)
            kept = [sample[3] for sample in _SAMPLES.decode(samples)]
            for edge_type, node, properties in graph_elements.row_edges(row, who, count, first, last, kept):
                self._ensure(graph, node)
                graph.add_edge(source, str(node.ref), key=f"{edge_type} {row.id}", type=edge_type, **properties)
            address = graph_elements.address_node(row)
            if address is not None and not source.startswith(_PRINCIPAL):
                self._ensure(graph, address)
                pair = (source, str(address.ref))
                had = seen_from.setdefault(pair, [0, first, last])
                had[0] += count
                had[1], had[2] = min(had[1], first), max(had[2], last)
            if source not in graph or "label" not in graph.nodes[source]:
                self._add_nodes(graph, [source])
        for (source, target), (count, first, last) in seen_from.items():
            graph.add_edge(
                source, target, key=f"{schema.SEEN_FROM} {source} {target}", type=schema.SEEN_FROM,
                count=count, first=iso(first), last=iso(last),
            )  # fmt: skip
        places = [graph_elements.in_account(keys.ref(ref), attributes) for ref, attributes in list(graph.nodes.items())]
        for account, edge in filter(None, places):
            self._ensure(graph, account)
            graph.add_edge(str(edge.source), str(account.ref), key=f"{edge.type} {edge.key}", type=edge.type)
        self._finish_graph(graph)
        return graph

    def _ensure(self, graph: Graph, node: Node) -> None:
        ref = str(node.ref)
        if ref not in graph or "label" not in graph.nodes[ref]:
            graph.add_node(ref, label=node.ref.label, key=node.ref.key, **node.properties)
        else:
            graph.nodes[ref].update(merge_properties(graph.nodes[ref], node.properties))

    def _finish_graph(self, graph: Graph) -> None:
        """Nodes that only calls brought in get their account; accounts their names; principals their unique IDs."""
        names = dict(self._db.execute("SELECT id, name FROM account"))
        for _, attributes in graph.nodes(data=True):
            if attributes.get("label") == schema.ACCOUNT and attributes.get("id") in names:
                attributes["name"] = names[attributes["id"]]
        self._name_principals(graph, None)
        complete(graph)

    def _name_principals(self, graph: Graph, refs: Sequence[str] | None) -> None:
        """Give principals, or all that are in the graph, the unique IDs that were seen for them."""
        statement = (
            "SELECT principal, unique_id, min(first), max(last) FROM sighting WHERE unique_id != '' {} "
            "GROUP BY 1, 2 ORDER BY 3, 2"
        )
        found: dict[str, list[str]] = defaultdict(list)
        for some, marks in [((), "")] if refs is None else in_lists([ref.split(" ", 1)[1] for ref in refs]):
            for principal, unique_id, first, last in self._db.execute(
                statement.format(f"AND principal IN ({marks})" if marks else ""), some
            ):
                found[f"{schema.PRINCIPAL} {principal}"].append(f"{unique_id} {iso(first)} {iso(last)}")
        for ref, ids in found.items():
            if ref in graph:
                graph.nodes[ref]["unique_ids"] = ids


DEEDS = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
"""Relationship types that one event makes from its caller."""
