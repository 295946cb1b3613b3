"""Graphs from the Neo4j store: ways up and down from nodes, the whole lineage, the whole graph."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
import networkx as nx

from lineage.model import keys, schema
from lineage.model.results import Graph, LineageParts, Shapes
from lineage.stores.neo4j.db import Statements, by_label, ref_of, row_of_key

_STARTS = (schema.PRINCIPAL, schema.SESSION, schema.CREDENTIAL, schema.RESOURCE)
_ROWS = (schema.USED, schema.TOUCHED, schema.TRIED)


class Graphs(Statements):
    """Graphs of references, as questions walk them."""

    def ascend(self, refs: Iterable[str]) -> Graph:
        return self._walk("up", list(dict.fromkeys(refs)))

    def descend(self, refs: Iterable[str]) -> Graph:
        return self._walk("down", list(dict.fromkeys(refs)))

    def _walk(self, name: str, starts: list[str]) -> Graph:
        graph: Graph = nx.MultiDiGraph()
        for start in starts:
            add_node(graph, keys.ref(start).label, {"key": keys.ref(start).key})
        seen: set[str] = set()
        waiting = set(starts)
        while waiting:
            wanted = by_label(sorted(waiting), _STARTS)
            seen |= waiting
            reached: set[str] = set()
            for labels, node, type_, properties, source_labels, source, target_labels, target in self._read(
                name, **wanted
            ):
                seen.add(add_node(graph, labels, node))
                if type_ is not None:
                    ends = add_node(graph, source_labels, source), add_node(graph, target_labels, target)
                    add_edge(graph, *ends, type_, properties)
                    reached.update(ends)
            waiting = {ref for ref in reached - seen if _leads(ref, name)}
        return graph

    def lineage_parts(self, nodes: Shapes, relationships: Shapes) -> LineageParts:
        return LineageParts(self._nodes_like(nodes), self._relationships_like(relationships))

    def _nodes_like(self, shapes: Shapes) -> Iterator[tuple[str, Any]]:
        for label, shape in shapes.items():
            for labels, properties in self._read("nodes_of_label", label=label):
                yield ref_of(labels, properties["key"]), msgspec.convert(properties, shape)

    def _relationships_like(self, shapes: Shapes) -> Iterator[tuple[str, str, str, Any]]:
        for type_, source_labels, source, target_labels, target, properties in self._relationships(shapes):
            found = msgspec.convert(properties, shapes[type_])
            yield type_, ref_of(source_labels, source), ref_of(target_labels, target), found

    def _relationships(self, types: Collection[str]) -> list[Any]:
        return self._read("lineage", types=list(types))

    def lineage(self, types: Collection[str] = schema.RELATIONSHIPS) -> Graph:
        graph: Graph = nx.MultiDiGraph()
        for type_, source_labels, source, target_labels, target, properties in self._relationships(types):
            add_edge(graph, ref_of(source_labels, source), ref_of(target_labels, target), type_, properties)
        return self._with_nodes(graph)

    def graph(self) -> Graph:
        """The whole graph, calls included; attribute names are those of `lineage.model.schema`."""
        graph: Graph = nx.MultiDiGraph()
        for type_, source_labels, source, target_labels, target, properties in self._read("all_relationships"):
            add_edge(graph, ref_of(source_labels, source), ref_of(target_labels, target), type_, properties)
        return self._with_nodes(graph)

    def _with_nodes(self, graph: Graph) -> Graph:
        for labels, properties in self._read("all_nodes"):
            if ref_of(labels, properties["key"]) in graph:
                add_node(graph, labels, properties)
        return graph


def _leads(ref: str, way: str) -> bool:
    """May a node have relationships that a step did not bring?"""
    return way == "down" or not ref.startswith(f"{schema.PRINCIPAL} ") or ":user/" in ref


def add_node(graph: Graph, labels: Sequence[str] | str, properties: dict[str, Any]) -> str:
    """Add a node with all properties of its label; returns its reference."""
    ref = ref_of([labels] if isinstance(labels, str) else labels, properties["key"])
    label = ref.split(" ", 1)[0]
    graph.add_node(ref, label=label, **(dict.fromkeys(schema.NODE_PROPERTIES[label]) | properties))
    return ref


def add_edge(graph: Graph, source: str, target: str, type_: str, properties: dict[str, Any]) -> None:
    """Add a relationship with all properties of its type."""
    key = properties["key"]
    name = row_of_key(key).hex() if type_ in _ROWS else key
    full = dict.fromkeys(schema.RELATIONSHIP_PROPERTIES[type_]) | properties
    del full["key"]
    graph.add_edge(source, target, key=f"{type_} {name}", type=type_, **full)
