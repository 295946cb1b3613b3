"""Graphs from the SQLite store: ways up and down from nodes, the whole lineage, the whole graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lineage.model import keys, schema
from lineage.model.compact import decompress
from lineage.model.results import CHANGE_TYPES, Graph, LineageParts, Properties, Shapes, leading
from lineage.model.samples import unpack
from lineage.model.times import iso
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Node
from lineage.stores.merging import complete, merge_properties
from lineage.stores.sqlite.db import Tables, read_in, unpack_identity
from lineage.stores.sqlite.nodes import LABELS, TYPES, found_edges, unpack_edge, unpack_node
from lineage.stores.sqlite.rows import CONTENT
from lineage.stores.windows import HOUR

_PRINCIPAL = f"{schema.PRINCIPAL} "
_EDGES = "SELECT type, key, source, target, body FROM edge"
_CHANGES = "SELECT d.type, d.key, a.source, d.target, d.body FROM"
_EMPTY: dict[str, Properties] = {
    type_: dict.fromkeys(name for name in names if name != "key")
    for type_, names in schema.RELATIONSHIP_PROPERTIES.items()
}
"""The properties of each type of relationships, without values."""
Found = tuple[int, str, int | None, int, bytes | None]
"""A relationship as it is stored: type, key, source, target, properties."""
Refs = Mapping[int | None, str | None]
"""References of nodes, as text, by their number."""


_ALIKE = frozenset(
    ("api", "how", "via", "time", "expires", "rule", "confidence", "source_ip", "user_agent", "region", "account",
     "caller_account", "provider", "role", "role_arn", "type", "created", "name")
)  # fmt: skip
"""Properties that many nodes and relationships have the same text in."""


def new_graph() -> Graph:
    """Return an empty graph. A load needs none, and networkx takes longer to import than all of our own code."""
    import networkx as nx

    return nx.MultiDiGraph()


class _Shared:
    """Lets equal texts of a large graph be one: it takes a quarter less memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, properties: Properties) -> Properties:
        one = self._texts.setdefault
        return {
            name: one(value, value) if name in _ALIKE and isinstance(value, str) else value
            for name, value in properties.items()
        }


class Graphs(Tables):
    """Graphs of references, as questions walk them."""

    def ascend(self, refs: Iterable[str]) -> Graph:
        return self._walk(refs, self._ascending)

    def _walk(self, refs: Iterable[str], step: Callable[[Mapping[str, int]], Iterable[Found]]) -> Graph:
        """All that steps from the nodes lead to, level by level: there may be thousands of nodes at once."""
        graph = new_graph()
        level = list(dict.fromkeys(refs))
        seen = set(level)
        while level:
            numbers = {str(ref): number for ref, number in self._nodes.find(map(keys.ref, level)).items()}
            self._add_nodes(graph, level, numbers)
            records = list(step({ref: numbers[ref] for ref in level if ref in numbers}))
            reached: dict[str, None] = {}
            for type_, key, source, target, properties in found_edges(records, self._refs_of(records)):
                graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **(_EMPTY[type_] | properties))
                reached[source] = reached[target] = None
            level = [ref for ref in reached if ref not in seen]
            seen.update(level)
        return graph

    def _refs_of(self, records: Iterable[Found]) -> Refs:
        return self._nodes.of(number for record in records for number in record[2:4])

    def _ascending(self, nodes: Mapping[str, int]) -> Iterator[Found]:
        """The relationships at nodes that lead towards origins and makers."""
        alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[int]] = defaultdict(list)
        for ref, number in nodes.items():
            alike[leading(ref)].append(number)
        change = f"{_CHANGES} change d CROSS JOIN actor a ON a.id = d.actor"
        for (into, out), numbers in alike.items():
            for type_ in into:
                yield from read_in(self._db, f"{_EDGES} WHERE type = ? AND target IN (*)", numbers, TYPES[type_])
                if type_ in CHANGE_TYPES:
                    changes = f"{change} WHERE d.type = ? AND d.target IN (*)"
                    yield from read_in(self._db, changes, numbers, TYPES[type_])
            for type_ in out:
                yield from read_in(self._db, f"{_EDGES} WHERE type = ? AND source IN (*)", numbers, TYPES[type_])

    def _add_nodes(self, graph: Graph, refs: Sequence[str], numbers: Mapping[str, int]) -> None:
        statement = "SELECT id, kind, body FROM node WHERE body IS NOT NULL AND id IN (*)"
        wanted = [numbers[ref] for ref in refs if ref in numbers]
        bodies = {number: (kind, body) for number, kind, body in read_in(self._db, statement, wanted)}
        for ref in refs:
            label, key = ref.split(" ", 1)
            kind, body = bodies.get(numbers.get(ref, -1), (None, None))
            graph.add_node(ref, label=label, key=key, **unpack_node(ref, kind, body))
        self._name_principals(graph, [ref for ref in refs if ref.startswith(_PRINCIPAL)])

    def descend(self, refs: Iterable[str]) -> Graph:
        return self._walk(refs, self._descending)

    def _descending(self, nodes: Mapping[str, int]) -> Iterator[Found]:
        """The relationships at nodes that lead to what came from them."""
        out, into = f"{_EDGES} WHERE type = ? AND source IN (*)", f"{_EDGES} WHERE type = ? AND target IN (*)"
        numbers = list(nodes.values())
        for type_ in (schema.ASSUMED, schema.ISSUED):
            yield from read_in(self._db, out, numbers, TYPES[type_])
        created = TYPES[schema.CREATED]
        for record in read_in(
            self._db,
            f"{_CHANGES} actor a CROSS JOIN change d ON d.actor = a.id WHERE d.type IN (?, ?) AND a.source IN (*)",
            numbers, TYPES[schema.ISSUED], created,
        ):  # fmt: skip
            if record[0] != created or unpack_edge(record[4])["what"] == "user":
                yield record  # what was made for a user is not all that the user did
        # A principal's own sessions and long-term keys descend from it too.
        for type_ in (schema.BELONGS_TO, schema.SESSION_OF):
            principals = [number for ref, number in nodes.items() if ref.startswith(_PRINCIPAL)]
            yield from read_in(self._db, into, principals, TYPES[type_])
        # A descent comes by the sessions of a workload only where the workload is asked for.
        workloads = [number for ref, number in nodes.items() if ref.startswith(f"{schema.RESOURCE} ")]
        yield from read_in(self._db, out, workloads, TYPES[schema.RUNS_AS])

    def lineage_parts(self, nodes: Shapes, relationships: Shapes) -> LineageParts:
        refs = self._nodes.everything()  # what is younger than it is passed over
        return LineageParts(self._nodes_like(nodes, refs), self._relationships_like(relationships, refs))

    def _nodes_like(self, shapes: Shapes, refs: Refs) -> Iterator[tuple[str, Any]]:
        for label, shape in shapes.items():
            decode, has_kind = msgspec.msgpack.Decoder(shape).decode, "kind" in shape.__struct_fields__
            for number, kind, body in self._db.execute(
                "SELECT id, kind, body FROM node WHERE label = ? AND body IS NOT NULL", (LABELS[label],)
            ):
                ref = refs.get(number)
                found: Any = decode(decompress(body))  # an object of the class
                if has_kind and kind is not None:
                    found.kind = kind
                if ref is not None:
                    yield ref, found

    def _relationships_like(self, shapes: Shapes, refs: Refs) -> Iterator[tuple[str, str, str, Any]]:
        decoders = {TYPES[type_]: msgspec.msgpack.Decoder(shape).decode for type_, shape in shapes.items()}
        empty = {TYPES[type_]: shape() for type_, shape in shapes.items()}
        for type_, _, source, target, body in self._relationships(shapes):
            start, end = refs.get(source), refs.get(target)
            if start is not None and end is not None:
                found = decoders[type_](decompress(body)) if body is not None else empty[type_]
                yield schema.RELATIONSHIPS[type_], start, end, found

    def _relationships(self, types: Collection[str]) -> Iterator[Found]:
        marks = ", ".join("?" * len(types))
        wanted = [TYPES[type_] for type_ in types]
        return self._db.execute(
            f"{_EDGES} WHERE type IN ({marks}) UNION ALL "
            f"{_CHANGES} change d JOIN actor a ON a.id = d.actor WHERE a.source IS NOT NULL AND d.type IN ({marks})",
            (*wanted, *wanted),
        )

    def lineage(self, types: Collection[str] = schema.RELATIONSHIPS) -> Graph:
        graph = new_graph()
        refs = self._nodes.everything()
        shared = _Shared()
        for type_, key, source, target, properties in found_edges(self._relationships(types), refs):
            name = f"{type_} {key}"
            graph.add_edge(source, target, name)
            attributes = graph.get_edge_data(source, target, name)  # `add_edge(**properties)` would copy them twice
            attributes["type"] = type_
            attributes.update(_EMPTY[type_])
            attributes.update(shared(properties))
        nodes = dict(graph.nodes.items())
        for number, kind, body in self._db.execute("SELECT id, kind, body FROM node WHERE body IS NOT NULL"):
            if (ref := refs[number]) is not None and ref in nodes:
                label, key = ref.split(" ", 1)
                nodes[ref].update(shared(unpack_node(ref, kind, body)), label=label, key=key)
        self._name_principals(graph, None)
        return graph

    def graph(self) -> Graph:
        """The whole graph, calls included; attribute names are those of `lineage.model.schema`."""
        graph = self.lineage()
        refs = self._nodes.everything()
        seen_from: dict[tuple[str, str], list[int]] = {}
        records = self._db.execute(
            f"SELECT a.source, a.body, a.hash, r.count, r.first, r.last, r.samples, r.actor, r.hour, {CONTENT} "
            "FROM row r JOIN actor a ON a.id = r.actor WHERE r.count > 0"
        ).fetchall()
        rows = self._rows.read([record[7:] for record in records], {record[7]: record[2] for record in records})
        for row, record in sorted(zip(rows, records, strict=True), key=lambda one: (one[0].hour, one[0].id)):
            source_number, count, who = record[0], record[3], unpack_identity(record[1])
            source = refs[source_number]
            first, last = (row.hour * HOUR + second for second in record[4:6])
            source = source or str(keys.principal(who).ref)
            kept = [sample[3] for sample in unpack(record[6])]
            for edge_type, node, properties in graph_elements.call_edges(row, who, count, first, last, kept):
                self._ensure(graph, node)
                graph.add_edge(source, str(node.ref), key=f"{edge_type} {row.id.hex()}", type=edge_type, **properties)
            address = graph_elements.address_node(row)
            if address is not None and not source.startswith(_PRINCIPAL):
                self._ensure(graph, address)
                pair = (source, str(address.ref))
                had = seen_from.setdefault(pair, [0, first, last])
                had[0] += count
                had[1], had[2] = min(had[1], first), max(had[2], last)
            if source not in graph or "label" not in graph.nodes[source]:
                self._add_nodes(graph, [source], {source: source_number} if source_number else {})
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
        what = "SELECT principal, unique_id, min(first), max(last) FROM sighting WHERE unique_id != ''"
        order = "GROUP BY 1, 2 ORDER BY 3, 2"
        records: Iterable[tuple[str, str, int, int]]
        if refs is None:
            records = self._db.execute(f"{what} {order}")
        else:
            names = [ref.split(" ", 1)[1] for ref in refs]
            records = read_in(self._db, f"{what} AND principal IN (*) {order}", names)
        found: dict[str, list[str]] = defaultdict(list)
        for principal, unique_id, first, last in records:
            found[f"{schema.PRINCIPAL} {principal}"].append(f"{unique_id} {iso(first)} {iso(last)}")
        for ref, ids in found.items():
            if ref in graph:
                graph.nodes[ref]["unique_ids"] = ids
