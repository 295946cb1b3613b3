"""Reading the Neo4j store: events by ID, look-ups, neighbourhoods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import networkx as nx

from lineage.model import keys, schema
from lineage.model.batch import Sighting, event_id_bytes
from lineage.model.facts import AnyFact, Identity
from lineage.model.keys import Ref
from lineage.model.results import Graph, PrincipalSeen, SessionSeen
from lineage.model.times import parse_when
from lineage.stores.neo4j.calls import Neo4jCalls
from lineage.stores.neo4j.db import Record, event_key, ref_of, row_key, row_of_key
from lineage.stores.neo4j.ledger import last_of, place, shard_key, unpack, unpack_hours

_FACT = msgspec.msgpack.Decoder(AnyFact)
_IDENTITY = msgspec.msgpack.Decoder(Identity)
_STARTS = (schema.PRINCIPAL, schema.SESSION, schema.CREDENTIAL, schema.RESOURCE)
_ROWS = (schema.USED, schema.TOUCHED, schema.TRIED)


class Neo4jReader(Neo4jCalls):
    """The reading half of the Neo4j store."""

    # events

    def facts_of(self, event_id: str) -> list[AnyFact]:
        """The facts of an event."""
        id_ = event_id_bytes(event_id)
        events = [event_key(hour, id_) for _, hour, _ in self._places([event_id])]
        return [_FACT.decode(body) for _, _, body in self._read("facts_of_events", events=events)] if events else []

    def amended(self, event_id: str) -> list[str]:
        """IDs of the events that an addendum with that ID amends; sorted."""
        return sorted(original for (original,) in self._read("amended", id=event_id_bytes(event_id).hex()))

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        """Calls that a principal made itself with a long-term key within `seconds` of a time: second, service
        (first part of the operation), key. For rule 7 (guide §12.3)."""
        hours = sorted({(time - seconds) // 3600, (time + seconds) // 3600})
        callers: dict[int, str] = {}
        for actor, key, packed in self._read("callers_of_principal", principal=principal):
            if unpack_hours(packed).keys() & set(hours):
                callers[actor] = key
        if not callers:
            return []
        calls = []
        patterns = [actor.to_bytes(8, "little") for actor in callers]
        for hour, buckets in self._read("hour_sizes", hours=hours):
            shards = [shard_key(hour, bucket) for bucket in range(buckets)]
            for _, ids, rest in self._read("shards", keys=shards):
                if any(pattern in rest for pattern in patterns):
                    for packed in unpack(ids, rest).values():
                        at = place(packed)
                        if at.actor in callers and abs(hour * 3600 + at.second - time) <= seconds:
                            calls.append((hour * 3600 + at.second, at))
        wanted = sorted({row_key(at.actor, at.row) for _, at in calls})
        apis = {
            record[7]["key"]: record[6] for record in self._read("rows_by_key", keys=wanted) if record[1] == schema.USED
        }
        return sorted(
            (second, api.partition(":")[0], callers[at.actor])
            for second, at in calls if (api := apis.get(row_key(at.actor, at.row)))
        )  # fmt: skip

    # look-ups

    def of_key(self, access_key_id: str) -> list[Ref]:
        """The credentials of an access key, and the sessions and principals that used it without its issue
        having been logged; sorted."""
        refs = {Ref(schema.CREDENTIAL, key) for (key,) in self._read("credentials_of_key", key=access_key_id)}
        refs |= {keys.ref(source) for source, hours in self._read("sources_of_key", key=access_key_id) if hours}
        return sorted(refs)

    def has(self, ref: Ref) -> bool:
        """Is the node in the store?"""
        wanted: dict[str, object] = {label: [] for label in schema.LABELS}
        wanted[ref.label] = [ref.key]
        return bool(self._read("nodes", **wanted))

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]:
        """The sessions of a principal, of one session name if given; newest first. Without `ends`, last use and
        expiry are left out, which is quicker."""
        found = self._read("sessions_of", principal=principal, name=name)
        if not ends:
            return [SessionSeen(key, parse_when(created) or 0, None, None) for key, created, _ in found]
        return self._sessions_seen(found)

    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]:
        """The sessions with a principalId; newest first."""
        return self._sessions_seen(self._read("sessions_by_id", principal_id=principal_id))

    def _sessions_seen(self, found: list[Record]) -> list[SessionSeen]:
        last: dict[str, int] = {}
        for session, hours in self._read("hours_of_session", sessions=[key for key, _, _ in found]) if found else ():
            second = last_of(hours)
            if second is not None:
                last[session] = max(second, last.get(session, second))
        return [SessionSeen(key, parse_when(created) or 0, last.get(key), expires) for key, created, expires in found]

    def principals_of(self, identifier: str) -> list[str]:
        """Keys of principals with that key or ARN."""
        return sorted(key for (key,) in self._read("principals_of", identifier=identifier))

    def names_of(self, unique_id: str) -> list[Sighting]:
        """Under which principals and ARNs a unique ID was seen, or under which names an Identity Center user ID."""
        return [Sighting(*names) for names in self._read("names_of_ids", ids=[unique_id])]

    def keys_of(self, principal: str) -> list[str]:
        """The long-term access keys of a principal; sorted."""
        return [key for (key,) in self._read("keys_of", principal=principal)]

    def named(self, text: str) -> list[PrincipalSeen]:
        """The principals that have a name or a unique ID; sorted."""
        return sorted(PrincipalSeen(*found) for found in self._read("named", text=text))

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        """Key, kind and name of the principals of some kinds that lineage is known of; sorted by key."""
        return sorted((key, kind, name) for key, kind, name in self._read("principals", kinds=list(kinds)))

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls hang on a node."""
        return [_IDENTITY.decode(body) for _, body, hours in self._read("actors_of_source", source=str(ref)) if hours]

    # graphs

    def neighbourhood(self, ref: Ref) -> Graph:
        """All that leads to a node: callers, keys, owners, workloads, makers, as deep as it goes."""
        return self._walk("up", [str(ref)])

    def ascend(self, refs: Iterable[str]) -> Graph:
        """All that leads to the nodes (references as text): the union of their neighbourhoods."""
        return self._walk("up", list(dict.fromkeys(refs)))

    def descend(self, refs: Sequence[Ref]) -> Graph:
        """All that came from the nodes: sessions and keys by the resolved parent, with keys made for others."""
        return self._walk("down", [str(ref) for ref in refs])

    def _walk(self, name: str, starts: list[str]) -> Graph:
        graph: Graph = nx.MultiDiGraph()
        for start in starts:
            add_node(graph, keys.ref(start).label, {"key": keys.ref(start).key})
        seen: set[str] = set()
        waiting = set(starts)
        while waiting:
            wanted: dict[str, list[str]] = {label: [] for label in _STARTS}
            for text in sorted(waiting):
                label, key = keys.ref(text)
                if label in wanted:
                    wanted[label].append(key)
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

    def lineage(self) -> Graph:
        """Sessions, keys and principals with the relationships between them, without calls."""
        beside = (*_ROWS, schema.SEEN_FROM, schema.IN_ACCOUNT)
        return self._whole([type_ for type_ in schema.RELATIONSHIPS if type_ not in beside])

    def graph(self) -> Graph:
        """The whole graph, calls included; attribute names are those of `lineage.model.schema`."""
        return self._whole(schema.RELATIONSHIPS)

    def _whole(self, types: Sequence[str]) -> Graph:
        graph: Graph = nx.MultiDiGraph()
        for type_, source_labels, source, target_labels, target, properties in self._read(
            "all_relationships", types=list(types)
        ):
            add_edge(graph, ref_of(source_labels, source), ref_of(target_labels, target), type_, properties)
        for labels, properties in self._read("all_nodes"):
            if ref_of(labels, properties["key"]) in graph:
                add_node(graph, labels, properties)
        return graph


def _leads(ref: str, way: str) -> bool:
    """May more hang on a node, that a step has not brought?"""
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
    name = row_of_key(key) if type_ in _ROWS else key
    full = dict.fromkeys(schema.RELATIONSHIP_PROPERTIES[type_]) | properties
    del full["key"]
    graph.add_edge(source, target, key=f"{type_} {name}", type=type_, **full)
