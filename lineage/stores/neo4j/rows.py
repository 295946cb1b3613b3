"""Rows of calls and single changes as relationships, written once their identities have their places.

Each step takes all that waits of some hours, so that what the ledger says of an hour is what its rows say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import RANK, SAMPLES_PER_ROW, event_id_bytes, is_joined, uuid_text
from lineage.model.facts import Identity, Sample
from lineage.model.samples import StoredSample, smallest
from lineage.model.samples import unpack as unpack_samples
from lineage.model.times import iso, parse_when
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Node
from lineage.stores.merging import FACT, IDENTITY, merge_properties
from lineage.stores.neo4j.coverage import Counts, add_coverage, recount_coverage
from lineage.stores.neo4j.db import (
    PENDING,
    Db,
    Delta,
    Pending,
    actor_of_key,
    actor_prefix,
    known,
    lost_key,
    name_principals,
    read_many,
    ref_of,
    row_key,
    row_of_key,
    target_key,
    write_nodes,
    write_rows,
)
from lineage.stores.neo4j.derive import NO_HOUR
from lineage.stores.neo4j.shards import Place, id_hash, place, places, shard_key, shard_keys, unpack

STEP_BYTES = 1_000_000
"""What one transaction takes of waiting rows, in whole hours."""


def settle(db: Db) -> bool:
    """Write what waits of some hours; returns whether anything did."""
    hours: list[int] = []
    size = 0
    for hour, waiting in db.read("pending_hours"):
        hours.append(hour)
        size += waiting
        if size > STEP_BYTES:
            break
    if not hours:
        return False
    _Settling(db, hours).run()
    return True


_Made = tuple[str, str, str, dict[str, Any]]
"""A relationship to be made: type, references of its ends (of one that moves: ID of its target), properties."""


class _Standing(NamedTuple):
    """A relationship of a row as it is stored."""

    id: str
    type: str
    source_id: str
    source: str
    target_id: str
    properties: dict[str, Any]


def _part(type_: str, key: str) -> str:
    """What distinguishes the relationships of one row: their type, and of those to further targets the place."""
    return " ".join((type_, *key.split(" ")[2:]))


class _Counted(msgspec.Struct):
    """What a row counts to."""

    count: int
    first: int
    last: int
    samples: list[StoredSample]


class _Settling:
    """One step; lives for one transaction."""

    def __init__(self, db: Db, hours: list[int]) -> None:
        self.db = db
        self.deltas: dict[bytes, Delta] = {}
        self.recount: dict[bytes, tuple[bytes, int]] = {}
        """By row: actor and hour."""
        self.replaced: dict[tuple[bytes, bytes], int] = {}
        """By row and event: the fingerprint of what stood there when the graph was written."""
        self.waiting = Pending()
        for hour, body in read_many(db.read, "take_pending", "hours", hours):
            self._merge(hour, PENDING.decode(body))
        real = [hour for hour in hours if hour != NO_HOUR]
        self.buckets: dict[int, int] = {}
        self.settled: set[int] = set()
        for hour, buckets, _, settled in read_many(db.read, "hours", "hours", real):
            self.buckets[hour] = buckets
            if settled:
                self.settled.add(hour)
        self.moved = set(self.waiting.moved)
        self.created: list[_Made] = []
        self.changed: dict[str, dict[str, Any]] = {}
        """Properties by relationship."""
        self.dropped: list[str] = []
        self.loose: set[str] = set()
        self.nodes: dict[str, Node] = {}
        self.seen: dict[tuple[str, str], list[int]] = {}
        """By node and address: count, first, last to be added."""
        self.unsure: set[tuple[str, str, str, str]] = set()
        """Node, address node, address and endpoint whose calls are to be counted anew."""

    def _merge(self, hour: int, pending: Pending) -> None:
        for delta in pending.rows:
            had = self.deltas.setdefault(delta.row.id, delta)
            if had is delta:
                continue
            if delta.count:
                had.first = min(had.first, delta.first) if had.count else delta.first
                had.last = max(had.last, delta.last) if had.count else delta.last
                had.count += delta.count
            had.samples += delta.samples
        self.recount.update({row: (actor, hour) for actor, row in pending.recount})
        for row, id_, fingerprint in pending.replaced:
            # A content only gives way to one that takes precedence, so the last in that order was there first.
            old = self.replaced.setdefault((row, id_), fingerprint)
            self.replaced[row, id_] = max(old, fingerprint, key=lambda one: (-(one & RANK), one))
        waiting = self.waiting
        waiting.events += pending.events
        waiting.dropped += pending.dropped
        waiting.sightings += pending.sightings
        waiting.moved += pending.moved

    def run(self) -> None:
        self._facts()
        self._actors()
        standing = self._standing()
        counted = self._count(standing)
        for row, result in counted.items():
            self._write_row(row, result, standing.get(row, {}))
        for row, parts in standing.items():
            if row not in counted:
                self._move(parts)
        changes = self._changes()
        ends = {source for _, source, _, _ in (*self.created, *changes)}
        for owner in self.owners.values():
            if str(owner.ref) in ends:
                self._node(owner)
        ids = write_nodes(self.db, self.nodes.values(), sorted(ends))
        write_rows(self.db, "drop_relationships", self.dropped)
        write_rows(self.db, "set_relationships", [
            {"id": id_, "properties": properties} for id_, properties in self.changed.items()
        ])  # fmt: skip
        write_rows(self.db, "new_relationships", [
            (type_, ids[source], ids.get(target, target), properties)
            for type_, source, target, properties in (*self.created, *changes)
        ])  # fmt: skip
        self._seen_from(ids)
        self._coverage(standing)
        write_rows(self.db, "set_actors", [
            {"id": actor.hex(), "properties": {"hung": self.places[actor]}}
            for actor in self.places if self.hung.get(actor) != self.places[actor]
        ])  # fmt: skip
        self._sightings()
        write_rows(self.db, "drop_lone_nodes", sorted(self.loose))
        self.db.write("settled_hours", hours=sorted(set(self.buckets) - self.settled))

    def _facts(self) -> None:
        """Facts whose changes are to be written: of new events, and of identities that moved."""
        found = read_many(self.db.read, "facts_of_events", "events", sorted(set(self.waiting.events)))
        found += read_many(self.db.read, "facts_of_actors", "actors", sorted(actor.hex() for actor in self.moved))
        self.facts = [(bytes.fromhex(actor), FACT.decode(body)) for _, actor, body in found]

    def _actors(self) -> None:
        """The nodes of the rows' identities."""
        wanted = {delta.row.actor for delta in self.deltas.values()} | self.moved
        wanted |= {actor for actor, _ in self.recount.values()} | {actor for actor, _ in self.facts}
        self.places: dict[bytes, str] = {}
        self.hung: dict[bytes, str | None] = {}
        self.who: dict[bytes, Identity] = {}
        self.owners: dict[bytes, Node] = {}
        """The nodes of principals that calls are attached to directly."""
        ids = sorted(actor.hex() for actor in wanted)
        for text, body, _, source, _, _, hung in read_many(self.db.read, "actors", "ids", ids):
            actor = bytes.fromhex(text)
            who = self.who[actor] = IDENTITY.decode(body)
            owner = keys.principal(who)
            self.places[actor] = source or str(owner.ref)
            if self.places[actor] == str(owner.ref):
                self.owners[actor] = graph_elements.node_of(owner)
            self.hung[actor] = hung

    def _standing(self) -> dict[bytes, dict[str, _Standing]]:
        """By row: its relationships as they are, by type and, of further targets, place. Hours that were never
        written are not asked for."""
        wanted = [
            row_key(delta.row.actor, row) for row, delta in self.deltas.items() if delta.row.hour in self.settled
        ] + [row_key(actor, row) for row, (actor, _) in self.recount.items() if row not in self.deltas]  # fmt: skip
        records = read_many(self.db.read, "rows_by_key", "keys", wanted)
        records += read_many(
            self.db.read, "rows_of_actors", "prefixes", [actor_prefix(actor) for actor in sorted(self.moved)]
        )
        found: dict[bytes, dict[str, _Standing]] = defaultdict(dict)
        for id_, type_, source_id, labels, source_key, target_id, _, properties in records:
            one = _Standing(id_, type_, source_id, ref_of(labels, source_key), target_id, properties)
            found[row_of_key(properties["key"])][_part(type_, properties["key"])] = one
        return dict(found)

    def _count(self, standing: dict[bytes, dict[str, _Standing]]) -> dict[bytes, _Counted]:
        """What the rows that changed count to now."""
        wanted = [*self.deltas, *(row for row in self.recount if row not in self.deltas)]
        lost: dict[bytes, set[tuple[int, bytes]]] = defaultdict(set)
        if self.db.read("any_lost")[0][0]:
            for text, time, id_ in read_many(self.db.read, "lost", "rows", [row.hex() for row in wanted]):
                lost[bytes.fromhex(text)].add((time, bytes(id_)))
        stale = []
        exact = self._from_ledger()
        samples = self._stored_samples([standing[row][schema.USED] for row in wanted if row in standing])
        found = {}
        for row in wanted:
            delta = self.deltas.get(row)
            old = standing.get(row, {}).get(schema.USED)
            if delta is None and old is None:
                continue
            packed = delta.samples if delta else []
            offered = samples.get(row, []) + [sample for one in packed for sample in unpack_samples(one)]
            gone = lost.get(row)
            if gone is None and len(packed) == 1 and old is None:
                best = offered
            else:
                best, places = smallest(offered, gone or set())
                stale += [lost_key(row, *one) for one in (gone or set()) - {*places}]
            if row in exact:
                found[row] = exact[row]
                if not is_joined(row):
                    found[row].samples = best
            elif delta is not None:
                count, first, last = delta.count, delta.first, delta.last
                if old is not None:
                    window = old.properties
                    had = parse_when(window["first"]) or 0, parse_when(window["last"]) or 0
                    first, last = (min(first, had[0]), max(last, had[1])) if count else had
                    count += window["count"]
                if count:
                    found[row] = _Counted(count, first, last, best)
        write_rows(self.db, "drop_lost", stale)
        return found

    def _from_ledger(self) -> dict[bytes, _Counted]:
        """What the rows that are to be counted anew count to; rows of several copies have their samples from here."""
        counts = {row: _Counted(0, 1 << 62, -1, []) for row in self.recount}
        for hour in sorted({hour for _, hour in self.recount.values()}):
            for id_, one in self._hour(hour):
                count = counts.get(one.row)
                if count is None:
                    continue
                time = hour * 3600 + one.second
                count.count += 1
                count.first = min(count.first, time)
                count.last = max(count.last, time)
                if is_joined(one.row):
                    count.samples.append((time, id_, 0, Sample(time=time, event_id=uuid_text(id_))))
        for count in counts.values():
            count.samples = sorted(count.samples, key=lambda sample: sample[:2])[:SAMPLES_PER_ROW]
        return counts

    def _hour(self, hour: int) -> list[tuple[bytes, Place]]:
        """All events of an hour, with their IDs."""
        shards = shard_keys(hour, self.buckets[hour])
        return [
            event for _, ids, rest in read_many(self.db.read, "shards", "keys", shards) for event in places(ids, rest)
        ]

    def _stored_samples(self, standing: list[_Standing]) -> dict[bytes, list[StoredSample]]:
        """The samples of existing rows, with the time and fingerprint that the ledger has, or had, of them."""
        wanted: dict[int, set[bytes]] = defaultdict(set)
        for one in standing:
            hour = (parse_when(one.properties["hour"]) or 0) // 3600
            for event_id in one.properties["event_ids"]:
                id_ = event_id_bytes(event_id)
                wanted[shard_key(hour, id_hash(id_) % self.buckets[hour])].add(id_)
        places: dict[tuple[int, bytes], Place] = {}
        for key, ids, rest in read_many(self.db.read, "shards", "keys", list(wanted)):
            shard = unpack(ids, rest)
            places.update({(key >> 16, id_): place(shard[id_]) for id_ in wanted[key] if id_ in shard})
        found: dict[bytes, list[StoredSample]] = {}
        for one in standing:
            hour = (parse_when(one.properties["hour"]) or 0) // 3600
            row = row_of_key(one.properties["key"])
            found[row] = []
            for sample in graph_elements.listed_samples(one.properties):
                id_ = event_id_bytes(sample.event_id)
                at = places.get((hour, id_))
                if at is not None and at.row == row:
                    fingerprint = self.replaced.get((row, id_), at.fingerprint)
                    found[row].append((hour * 3600 + at.second, id_, fingerprint, sample))
        return found

    def _write_row(self, row: bytes, result: _Counted, parts: dict[str, _Standing]) -> None:
        delta = self.deltas.get(row)
        actor = delta.row.actor if delta else self.recount[row][0]
        source = self.places[actor]
        exact = row in self.recount
        if not result.count:
            self._drop(parts.values())
            return
        if delta is None:
            self._change(parts, result)
            return
        samples = [sample[3] for sample in result.samples]
        key = row_key(actor, row)
        made = []
        places: Counter[str] = Counter()
        for type_, node, properties in graph_elements.call_edges(
            delta.row, self.who[actor], result.count, result.first, result.last, samples
        ):
            self._node(node)
            made.append((type_, str(node.ref), {"key": target_key(key, places[type_]), **known(properties)}))
            places[type_] += 1
        had = {part.source for part in parts.values()}
        if had == {source} and len(parts) == len(made):
            self.changed.update({parts[_part(type_, one["key"])].id: one for type_, _, one in made})
        else:
            self._drop(parts.values())
            self.created += [(type_, source, target, properties) for type_, target, properties in made]
            exact = exact or bool(parts)
        address = graph_elements.address_node(delta.row)
        if address is None or source.startswith(f"{schema.PRINCIPAL} ") or not (delta.count or exact):
            return
        self._node(address)
        pair = (source, address.ref.key)
        if exact:
            self.unsure.add((*pair, delta.row.source_ip or "", delta.row.endpoint or ""))
            return
        seen = self.seen.get(pair)
        if seen is None:
            self.seen[pair] = [delta.count, delta.first, delta.last]
        else:
            seen[0] += delta.count
            seen[1], seen[2] = min(seen[1], delta.first), max(seen[2], delta.last)

    def _change(self, parts: dict[str, _Standing], result: _Counted) -> None:
        samples = [sample for _, _, _, sample in result.samples]
        for part in parts.values():
            properties = part.properties | graph_elements.window(result.count, result.first, result.last, samples)
            if part.type == schema.USED:
                properties |= graph_elements.sample_lists(samples, result.count)
            self.changed[part.id] = known(properties)
        self._doubt(parts[schema.USED], parts[schema.USED].source)
        self._move(parts)

    def _move(self, parts: dict[str, _Standing]) -> None:
        """Move the relationships of a row to the node of its identity."""
        if not parts:
            return
        used = parts[schema.USED]
        actor = actor_of_key(used.properties["key"])
        source = self.places[actor]
        if used.source == source:
            return
        self._drop(parts.values())
        for part in parts.values():
            properties = self.changed.pop(part.id, part.properties)
            self.created.append((part.type, source, part.target_id, properties))
        self._doubt(used, source)

    def _node(self, node: Node) -> None:
        had = self.nodes.setdefault(str(node.ref), node)
        if had is not node and had.properties != node.properties:
            self.nodes[str(node.ref)] = node._replace(properties=merge_properties(had.properties, node.properties))

    def _drop(self, parts: Iterable[_Standing]) -> None:
        for part in parts:
            self.dropped.append(part.id)
            self.loose |= {part.source_id, part.target_id}
            if part.type == schema.USED:
                self._doubt(part, part.source)

    def _doubt(self, used: _Standing, source: str) -> None:
        """Count anew what a node was seen from, for a row that left it, changed, or came to it."""
        address = used.properties.get("source_ip")
        if address and not source.startswith(f"{schema.PRINCIPAL} "):
            endpoint = used.properties.get("endpoint") or ""
            key = f"{address} {endpoint}" if endpoint else address
            node = Node(keys.Ref(schema.IP_ADDRESS, key), None, {"address": address, "endpoint": endpoint or None})
            self._node(node)
            self.unsure.add((source, key, address, endpoint))

    def _seen_from(self, ids: dict[str, str]) -> None:
        def row(source: str, address: str, count: int, first: str, last: str) -> dict[str, Any]:
            target = f"{schema.IP_ADDRESS} {address}"
            return {"source": self._source(ids, source), "target": ids[target], "key": f"{source} {target}",
                    "count": count, "first": first, "last": last}  # fmt: skip

        write_rows(self.db, "add_seen_from", [
            row(source, address, count, iso(first), iso(last))
            for (source, address), (count, first, last) in self.seen.items()
        ])  # fmt: skip
        if not self.unsure:
            return
        write_rows(
            self.db, "add_seen_from", [row(source, address, 0, "~", "") for source, address, _, _ in self.unsure]
        )
        unsure = [
            {
                "source": self._source(ids, source),
                "key": f"{source} {schema.IP_ADDRESS} {key}",
                "address": address,
                "endpoint": endpoint,
            }
            for source, key, address, endpoint in self.unsure
        ]
        self.loose |= {target for (target,) in read_many(self.db.read, "recount_seen_from", "rows", unsure)}
        self.loose |= {row["source"] for row in unsure}

    def _source(self, ids: dict[str, str], source: str) -> str:
        """Element ID of a node that rows are attached to, or were."""
        if source not in ids:
            ids.update(write_nodes(self.db, [], [source]))
        return ids[source]

    def _changes(self) -> list[_Made]:
        """Relationships that single events make: those to create; what is stored elsewhere is dropped."""
        wanted: dict[tuple[str, str], tuple[str, graph_elements.Change]] = {}
        for actor, fact in self.facts:
            for change in graph_elements.changes(fact):
                wanted[change.type, change.key] = (self.places[actor], change)
        asked: dict[str, list[str]] = {
            type_: [] for type_ in (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
        }
        for type_, key in {*wanted, *self.waiting.dropped}:
            asked[type_].append(key)
        if any(asked.values()):
            for id_, _, _, source_id, target_id in self.db.read("changes_by_key", **asked):
                self.dropped.append(id_)
                self.loose |= {source_id, target_id}
        made = []
        for source, change in wanted.values():
            target = change.target
            self._node(target)
            made.append((change.type, source, str(target.ref), {"key": change.key, **known(change.properties)}))
        return made

    def _coverage(self, standing: dict[bytes, dict[str, _Standing]]) -> None:
        counts: Counts = defaultdict(lambda: [0, 1 << 62, -1])
        recounted = {hour for _, hour in self.recount.values()}
        accounts: dict[int, set[str]] = defaultdict(set)
        for delta in self.deltas.values():
            row = delta.row
            if row.hour in recounted:
                accounts[row.hour].add(row.account or "")
            elif delta.count:
                one = counts[row.account or "", row.region, row.hour, row.category]
                one[0] += delta.count
                one[1], one[2] = min(one[1], delta.first), max(one[2], delta.last)
        for row_id, (_, hour) in self.recount.items():
            if row_id in standing:
                accounts[hour].add(standing[row_id][schema.USED].properties.get("account") or "")
        add_coverage(self.db, counts)
        for hour, found in accounts.items():
            recount_coverage(self.db, hour, found, [one for _, one in self._hour(hour)])

    def _sightings(self) -> None:
        """Principals that exist already are given the unique IDs that were seen for them."""
        principals = sorted({one.principal for one in self.waiting.sightings})
        if principals:
            name_principals(self.db, principals)
