"""Reading the embedded store: events by ID, neighbourhoods, whole graph, coverage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import networkx as nx

from lineage import keys, rows, schema
from lineage.batch import Row, event_id_bytes
from lineage.facts import AnyFact, Identity, Sample
from lineage.keys import Ref
from lineage.rows import Node, Properties
from lineage.seen import (
    Graph,
    RowSeen,
    Seen,
    SessionSeen,
    leading,
)
from lineage.stores.embedded_whole import EmbeddedWhole
from lineage.stores.merging import complete, merge_properties
from lineage.times import iso

_IDENTITY = msgspec.msgpack.Decoder(Identity)
_FACT = msgspec.msgpack.Decoder(AnyFact)
_ROW = msgspec.msgpack.Decoder(Row)
_SAMPLES = msgspec.msgpack.Decoder(list[tuple[int, bytes, int, Sample]])
_properties = msgspec.msgpack.Decoder(dict[str, str | int | bool | list[str] | None]).decode


class EmbeddedReader(EmbeddedWhole):
    """The reading half of the embedded store."""

    _db: sqlite3.Connection

    # events

    def events(self, event_id: str) -> list[Seen]:
        """The events under an ID, in order of time (one, but for the same ID in two hours)."""
        found = self._db.execute(
            "SELECT l.hour * 3600 + l.second, r.body, a.body, a.id, a.source, a.session, f.path, l.place "
            "FROM day CROSS JOIN ledger l ON l.day = day.day AND l.id = ? "
            "CROSS JOIN row r ON r.id = l.row CROSS JOIN actor a ON a.id = r.actor LEFT JOIN file f ON f.id = l.file "
            "ORDER BY l.hour",
            (event_id_bytes(event_id),),
        )
        seen = []
        for time, row_body, who_body, actor, source, session, path, place in found:
            row, who = _ROW.decode(row_body), _IDENTITY.decode(who_body)
            ref = keys.ref(source) if source else keys.principal(who).ref
            seen.append(
                Seen(
                    time,
                    row.api,
                    row.category,
                    row.account,
                    row.region,
                    who,
                    actor,
                    ref,
                    session,
                    path,
                    place,
                    row.error,
                    row.user_agent,
                    row.copy,
                )
            )
        return seen

    def facts_of(self, event_id: str) -> list[AnyFact]:
        """The facts of an event."""
        found = self._db.execute(
            "SELECT f.body FROM day CROSS JOIN ledger l ON l.day = day.day AND l.id = ? "
            "CROSS JOIN fact f ON f.hour = l.hour AND f.id = l.id ORDER BY f.hour, f.number",
            (event_id_bytes(event_id),),
        )
        return [_FACT.decode(body) for (body,) in found]

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        """Calls that a principal made itself with a long-term key within `seconds` of a time: second, service
        (first part of the operation), key. For rule 7 (guide §12.3)."""
        found = []
        for hour in sorted({(time - seconds) // 3600, (time + seconds) // 3600}):
            low, high = time - seconds - hour * 3600, time + seconds - hour * 3600
            for second, api, key in self._db.execute(
                "SELECT l.second, r.api, a.key FROM actor a CROSS JOIN row r ON r.actor = a.id AND r.hour = ? "
                "CROSS JOIN ledger l ON l.row = r.id AND l.second BETWEEN ? AND ? "
                "WHERE a.principal = ? AND a.key IS NOT NULL AND a.key NOT LIKE 'ASIA%'",
                (hour, low, high, principal),
            ):
                found.append((hour * 3600 + second, api.partition(":")[0], key))
        return sorted(found)

    # look-ups

    def of_key(self, access_key_id: str) -> list[Ref]:
        """The credentials of an access key, and the sessions and principals that used it without its issue
        having been logged; sorted."""
        low = f"{schema.CREDENTIAL} {access_key_id}"
        refs = {
            ref
            for (ref,) in self._db.execute(
                "SELECT ref FROM node WHERE ref = ? OR (ref > ? AND ref < ?)", (low, f"{low} ", f"{low}!")
            )
        }
        refs |= {
            source
            for (source,) in self._db.execute(
                f"SELECT DISTINCT source FROM actor WHERE key = ? AND source IS NOT NULL AND {_LIVE}", (access_key_id,)
            )
        }
        return sorted(keys.ref(ref) for ref in refs)

    def has(self, ref: Ref) -> bool:
        """Is the node in the store?"""
        return bool(self._db.execute("SELECT 1 FROM node WHERE ref = ?", (str(ref),)).fetchone())

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]:
        """The sessions of a principal, of one session name if given; newest first. Without `ends`, last use and
        expiry are left out, which is quicker."""
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal = ? AND (? IS NULL OR name = ?) "
            "ORDER BY created DESC, key",
            (principal, name, name),
        ).fetchall()
        if not ends:
            return [SessionSeen(key, created, None, None) for key, created in found]
        return [self._session_seen(key, created) for key, created in found]

    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]:
        """The sessions with a principalId; newest first."""
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal_id = ? ORDER BY created DESC, key",
            (principal_id,),
        )
        return [self._session_seen(key, created) for key, created in found.fetchall()]

    def _session_seen(self, key: str, created: int) -> SessionSeen:
        (last,) = self._db.execute(
            "SELECT max(r.last) FROM actor a JOIN row r ON r.actor = a.id WHERE a.session = ? AND r.count > 0",
            (key,),
        ).fetchone()
        expires = self._db.execute(
            "SELECT body FROM edge WHERE target = ? AND type = ?", (f"{schema.SESSION} {key}", schema.ASSUMED)
        ).fetchall()
        ends = [str(text) for (body,) in expires if (text := _properties(body).get("expires"))]
        return SessionSeen(key, created, last, max(ends, default=None))

    def principals_of(self, identifier: str) -> list[str]:
        """Keys of principals with that key or ARN."""
        low = f"{schema.PRINCIPAL} {identifier}"
        found = {
            ref.split(" ", 1)[1] for (ref,) in self._db.execute("SELECT ref FROM node WHERE ref = ?", (low,))
        }
        found |= {
            p
            for (p,) in self._db.execute(
                "SELECT DISTINCT principal FROM sighting WHERE arn = ?", (identifier,)
            )
        }
        return sorted(found)

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls hang on a node."""
        return [
            _IDENTITY.decode(body)
            for (body,) in self._db.execute(
                f"SELECT body FROM actor WHERE source = ? AND {_LIVE} ORDER BY id", (str(ref),)
            )
        ]

    # neighbourhoods

    def neighbourhood(self, ref: Ref) -> Graph:
        """All that leads to a node: callers, keys, owners, workloads, makers, as deep as it goes."""
        graph: Graph = nx.MultiDiGraph()
        waiting, seen = [str(ref)], {str(ref)}
        while waiting:
            current = waiting.pop()
            self._add_node(graph, current)
            for type_, key, source, target, body in self._around(current):
                graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
                other = source if target == current else target
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return graph

    def _around(self, ref: str) -> Iterator[tuple[str, str, str, str, bytes]]:
        """The relationships at a node that lead towards origins and makers."""
        into, out = leading(ref)
        db = self._db
        for type_ in into:
            for key, source, body in db.execute(
                "SELECT key, source, body FROM edge WHERE target = ? AND type = ?", (ref, type_)
            ):
                yield type_, key, source, ref, body
            if type_ in DEEDS:
                yield from (
                    (type_, key, source, ref, body)
                    for key, source, body in db.execute(
                        "SELECT d.key, a.source, d.body FROM deed d JOIN actor a ON a.id = d.actor "
                        "WHERE d.target = ? AND d.type = ?",
                        (ref, type_),
                    )
                )
        for type_ in out:
            for key, target, body in db.execute(
                "SELECT key, target, body FROM edge WHERE source = ? AND type = ?", (ref, type_)
            ):
                yield type_, key, ref, target, body

    def _add_node(self, graph: Graph, ref: str) -> None:
        found = self._db.execute("SELECT kind, body FROM node WHERE ref = ?", (ref,)).fetchone()
        label, key = keys.ref(ref)
        properties: Properties = _properties(found[1]) if found else {}
        graph.add_node(ref, label=label, key=key, **properties)

    def descend(self, refs: Sequence[Ref]) -> Graph:
        """All that came from the nodes: sessions and keys by the resolved parent, with keys made for others."""
        graph: Graph = nx.MultiDiGraph()
        waiting, seen = [str(ref) for ref in refs], {str(ref) for ref in refs}
        db = self._db
        while waiting:
            current = waiting.pop()
            self._add_node(graph, current)
            found = [
                (type_, key, target, body)
                for type_ in (schema.ASSUMED, schema.ISSUED)
                for key, target, body in db.execute(
                    "SELECT key, target, body FROM edge WHERE source = ? AND type = ?", (current, type_)
                )
            ]
            found += db.execute(
                "SELECT d.type, d.key, d.target, d.body FROM actor a JOIN deed d ON d.actor = a.id "
                "WHERE a.source = ? AND d.type IN (?, ?)",
                (current, schema.ISSUED, schema.CREATED),
            ).fetchall()
            if current.startswith(f"{schema.PRINCIPAL} "):
                # A principal's own sessions and long-term keys descend from it too.
                found += [
                    (type_, key, source, body)
                    for type_ in (schema.BELONGS_TO, schema.SESSION_OF)
                    for key, source, body in db.execute(
                        "SELECT key, source, body FROM edge WHERE target = ? AND type = ?", (current, type_)
                    )
                ]
            for type_, key, target, body in found:
                properties = _properties(body)
                if type_ == schema.CREATED and properties["what"] != "user":
                    continue  # what was made for a user is not all that the user did
                up = type_ in (schema.BELONGS_TO, schema.SESSION_OF)
                start, end = (target, current) if up else (current, target)
                graph.add_edge(start, end, key=f"{type_} {key}", type=type_, **properties)
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return graph

    def uses(self, refs: Iterable[str]) -> Iterator[RowSeen]:
        """The rows of calls that hang on the nodes."""
        for ref in refs:
            for body, count, first, last, samples in self._db.execute(
                "SELECT r.body, r.count, r.first, r.last, r.samples FROM actor a JOIN row r ON r.actor = a.id "
                "WHERE a.source = ? AND r.count > 0 ORDER BY r.first, r.hash",
                (ref,),
            ):
                ids = [sample[3].event_id for sample in _SAMPLES.decode(samples)]
                yield RowSeen(ref, _ROW.decode(body), count, first, last, ids)

    def lineage(self) -> Graph:
        """Sessions, keys and principals with the relationships between them, without calls."""
        graph: Graph = nx.MultiDiGraph()
        for type_, key, source, target, body in self._db.execute(
            "SELECT type, key, source, target, body FROM edge"
        ):
            graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
        for type_, key, source, target, body in self._db.execute(
            "SELECT d.type, d.key, a.source, d.target, d.body FROM deed d JOIN actor a ON a.id = d.actor"
        ):
            graph.add_edge(source, target, key=f"{type_} {key}", type=type_, **_properties(body))
        for ref, body in self._db.execute("SELECT ref, body FROM node"):
            if ref in graph:
                label, key = keys.ref(ref)
                graph.add_node(ref, label=label, key=key, **_properties(body))
        return graph

    def graph(self) -> Graph:
        """The whole graph, calls included; attribute names are those of `lineage.schema`."""
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
            for edge_type, node, properties in rows.row_edges(row, who, count, first, last, kept):
                self._ensure(graph, node)
                graph.add_edge(
                    source, str(node.ref), key=f"{edge_type} {row.id}", type=edge_type, **properties
                )
            address = rows.address_node(row)
            if address is not None and not source.startswith(f"{schema.PRINCIPAL} "):
                self._ensure(graph, address)
                pair = (source, str(address.ref))
                had = seen_from.setdefault(pair, [0, first, last])
                had[0] += count
                had[1], had[2] = min(had[1], first), max(had[2], last)
            if source not in graph or "label" not in graph.nodes[source]:
                self._add_node(graph, source)
        for (source, target), (count, first, last) in seen_from.items():
            graph.add_edge(
                source, target, key=f"{schema.SEEN_FROM} {source} {target}", type=schema.SEEN_FROM,
                count=count, first=iso(first), last=iso(last),
            )  # fmt: skip
        places = [rows.in_account(keys.ref(ref), attributes) for ref, attributes in list(graph.nodes.items())]
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
        for principal, unique_id, first, last in self._db.execute(
            "SELECT principal, unique_id, min(first), max(last) FROM sighting WHERE unique_id != '' "
            "GROUP BY 1, 2 ORDER BY 3, 2"
        ):
            ref = f"{schema.PRINCIPAL} {principal}"
            if ref in graph:
                graph.nodes[ref].setdefault("unique_ids", []).append(f"{unique_id} {iso(first)} {iso(last)}")
        complete(graph)


_LIVE = "EXISTS (SELECT 1 FROM row WHERE row.actor = actor.id AND row.count > 0)"
"""An identity counts only as long as an event of its does: of two contents of an event, one loses."""


DEEDS = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
"""Relationship types that one event makes from its caller."""
