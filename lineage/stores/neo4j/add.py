"""A batch on its way into Neo4j: ledger, identities and facts at once, rows when their places are known.

Runs behind the write lock, so that what it reads is all that others have committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lineage.model import schema
from lineage.model.batch import SAMPLES_PER_ROW, Batch, EntryTuple, Row, is_joined
from lineage.model.copies import Content, in_conflict
from lineage.model.facts import AnyFact
from lineage.model.results import Sums
from lineage.resolve import graph_elements
from lineage.resolve.join_keys import (
    JoinKey,
    KeyKind,
    join_keys_of_actor,
    join_keys_of_fact,
    touched_by_actor,
    touched_by_fact,
)
from lineage.stores.merging import CONTENTS, FACT, IDENTITY, Arrivals, Moves, names_that_count, pack
from lineage.stores.neo4j.db import (
    PENDING,
    Db,
    Delta,
    Pending,
    event_key,
    lost_key,
    read_many,
    row_key,
    stored_row,
    write_rows,
)
from lineage.stores.neo4j.prune import kept_facts, pruned_before
from lineage.stores.neo4j.shards import (
    Place,
    Shard,
    buckets_for,
    id_hash,
    pack_hours,
    pack_place,
    place,
    places,
    shard_key,
    shard_keys,
    unpack,
    unpack_hours,
)
from lineage.stores.neo4j.shards import pack as pack_shard

DIRTY_KEYS = 4_000
"""Join keys of one mark."""


def add(db: Db, load: str, batch: Batch) -> None:
    """Add a batch; what the store has already changes nothing."""
    _Adding(db, batch).run(load)


class _Hour:
    """The shards of one hour that a batch touches."""

    def __init__(self, hour: int, buckets: int, events: int, fresh: int) -> None:
        self.hour = hour
        self.had = buckets
        self.events = events
        self.buckets = buckets_for(events + fresh, buckets)
        self.shards: dict[int, Shard] = defaultdict(dict)
        self.touched: set[int] = set()

    def keys(self, hashes: Iterable[int]) -> list[int]:
        """Keys of the shards that must be read: all of them where the hour is about to grow."""
        if not self.events:
            return []
        if self.buckets != self.had:
            return shard_keys(self.hour, self.had)
        return [shard_key(self.hour, bucket) for bucket in sorted({hash_ % self.buckets for hash_ in hashes})]

    def take(self, ids: str, rest: bytes) -> None:
        """Take in a shard as it was stored."""
        for id_, packed in unpack(ids, rest).items():
            bucket = id_hash(id_) % self.buckets
            self.shards[bucket][id_] = packed
            if self.buckets != self.had:
                self.touched.add(bucket)


class _Adding:
    """One batch; lives for one transaction."""

    def __init__(self, db: Db, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.ids = [row.id for row in batch.rows]
        """IDs of the rows of the batch."""
        self.actor_of = {id_: row.actor for id_, row in zip(self.ids, batch.rows, strict=True)}
        self.arrivals = Arrivals(batch)
        self.actors = dict(batch.actors)
        self.line = (pruned_before(db) or 0) // 3600
        """Usage of hours before it is forgotten when the load ends."""
        self.pruned = 0
        """New events of such hours."""
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: dict[JoinKey, None] = {}
        self.moves = Moves()
        self.added: dict[bytes, list[int]] = {}
        """By row: count, first, last of its new events."""
        self.open: list[tuple[EntryTuple, Place | None]] = []
        """Events whose copies are to be compared, with what the ledger has of them."""
        self.repeated: set[bytes] = set()
        """Rows of repeated events, which may bring a smaller sample."""
        self.same: set[tuple[int, bytes]] = set()
        """Repeated events that are as they were."""
        self.settled: dict[tuple[int, bytes], tuple[bytes, tuple[AnyFact, ...]]] = {}
        """Actor and facts of the events whose content changed."""
        self.replaced: set[tuple[int, bytes]] = set()
        """Those of them that the ledger had."""
        self.joined: dict[bytes, Row] = {}
        """Rows of several copies that this batch writes."""
        self.recount: dict[int, set[tuple[bytes, bytes]]] = defaultdict(set)
        """By hour: actor and row."""
        self.waiting: dict[int, Pending] = defaultdict(Pending)
        self.changed_files: set[int] = set()
        """Numbers of the files that gave an event, or of which an event changed."""
        self.copies: list[dict[str, Any]] = []
        self.uncopied: list[str] = []

    def run(self, load: str) -> None:
        self.hours = self._ledger(self._files())
        self._rows()
        old = {event for event in (*self.arrivals.facts, *self.settled) if event[0] < self.line}
        self.kept = kept_facts(self.db, old)
        """Events whose facts stand for good, since their usage was forgotten."""
        self._drop_facts()
        self._actors()
        self._facts()
        self._write_lost()
        self._sightings()
        write_rows(self.db, "new_amended", [
            {"key": f"{id_.hex()} {original}", "id": id_.hex(), "original": original}
            for id_, original in self.batch.amended
        ])  # fmt: skip
        dirty = list(map(str, self.dirty))
        for start in range(0, len(dirty), DIRTY_KEYS):
            self.db.write("new_dirty", join_keys=dirty[start : start + DIRTY_KEYS])
        write_pending(self.db, self.waiting)
        self._account(load)

    def _files(self) -> list[int]:
        batch = self.batch
        paths = list(dict.fromkeys([*batch.paths, *(end.path for end in batch.ended)]))
        numbers = dict(map(tuple, read_many(self.db.read, "files", "paths", paths)))
        new = [path for path in paths if path not in numbers]
        if new:
            numbers.update(map(tuple, self.db.read("new_files", paths=new)))
        write_rows(self.db, "ended_files", [{"path": e.path, "sha256": e.sha256, "size": e.size} for e in batch.ended])
        return [numbers[path] for path in batch.paths]

    def _ledger(self, files: list[int]) -> dict[int, _Hour]:
        """Settle the events that the ledger has already; the others go in."""
        by_hour: dict[int, list[EntryTuple]] = defaultdict(list)
        for entry in self.batch.events:
            by_hour[entry[0]].append(entry)
        wanted = sorted(by_hour)
        hours = {
            hour: _Hour(hour, buckets, events, len(by_hour.get(hour, ())))
            for hour, buckets, events, _ in read_many(self.db.read, "hours", "hours", wanted)
        }
        keys = [
            key for hour, entries in by_hour.items() for key in hours[hour].keys(id_hash(entry[1]) for entry in entries)
        ]
        for key, ids, rest in read_many(self.db.read, "shards", "keys", keys):
            hours[key >> 16].take(ids, rest)
        for hour, entries in by_hour.items():
            self._enter(hours[hour], entries, files)
        if self.open:
            self._settle(hours, files)
        self._settle_lost(hours)
        shards, sizes = [], []
        for hour, found in hours.items():
            for bucket in sorted(found.touched):
                ids, rest = pack_shard(found.shards[bucket])
                shards.append({"key": shard_key(hour, bucket), "ids": ids, "rest": rest})
            if found.touched:
                sizes.append({"hour": hour, "buckets": found.buckets, "events": found.events})
        for start in range(0, len(shards), 500):
            self.db.write("set_shards", rows=shards[start : start + 500])
        write_rows(self.db, "set_hours", sizes)
        return hours

    def _enter(self, found: _Hour, entries: list[EntryTuple], files: list[int]) -> None:
        """Enter new events; those that are there in another form, or came in several, stay open."""
        hour, buckets, shards, touched = found.hour, found.buckets, found.shards, found.touched
        start = hour * 3600
        if hour < self.line:
            self.pruned += len(entries)
        ids, actor_of, added, several = self.ids, self.actor_of, self.added, self.arrivals.several
        changed_files = self.changed_files
        for entry in entries:
            _, id_, second, rank, fingerprint, number, file, index, shared = entry
            row = ids[number]
            bucket = (id_[14] << 8 | id_[15]) % buckets
            shard = shards[bucket]
            packed = shard.get(id_)
            if packed is not None:
                self.duplicates += 1
                self.pruned -= hour < self.line
                was = place(packed)
                if shared > was.shared:
                    was = was._replace(shared=shared)
                    shard[id_] = pack_place(*was)
                    touched.add(bucket)
                    changed_files.add(was.file)
                if was.content != (rank, fingerprint, row, second) or (hour, id_) in several:
                    self.open.append((entry, was))
                else:
                    self.same.add((hour, id_))
                    self.repeated.add(row)
                continue
            if several and (hour, id_) in several:
                self.open.append((entry, None))
                continue
            time = start + second
            count = added.get(row)
            if count is None:
                added[row] = [1, time, time]
            else:
                count[0] += 1
                if time < count[1]:
                    count[1] = time
                if time > count[2]:
                    count[2] = time
            found.events += 1
            touched.add(bucket)
            changed_files.add(files[file])
            shard[id_] = pack_place(second, rank, fingerprint, row, actor_of[row], files[file], index, shared)

    def _settle(self, hours: dict[int, _Hour], files: list[int]) -> None:
        stored = self._stored()
        for entry, was in self.open:
            event = hour, id_ = entry[0], entry[1]
            arrived = self.arrivals.contents(entry, files)
            known = stored.get(event, [])
            found, stands, differs, changed = self.moves.join(hour, id_, known, arrived)
            self.conflicts += differs
            if not changed:
                self.same.add(event)
                continue
            self.changed_files.add(stands.file)
            row = stands.row
            if row.joined:
                self.joined[row.id] = row
                self.actors[row.actor] = stands.who
            self.recount[hour].add((row.actor, row.id))
            if was is not None:
                self.recount[hour].add((was.actor, was.row))
                self.replaced.add(event)
                self.waiting[hour].replaced.append((was.row, id_, was.fingerprint))
            at = hours[hour]
            bucket = id_hash(id_) % at.buckets
            at.events += was is None
            at.touched.add(bucket)
            at.shards[bucket][id_] = pack_place(
                stands.second, stands.rank, stands.fingerprint, row.id, row.actor, stands.file, stands.place,
                was.shared if was is not None else entry[8],
            )  # fmt: skip
            self._write_copies(event, found, known)
            self.settled[event] = (row.actor, stands.facts)
        write_rows(self.db, "set_copies", self.copies)
        write_rows(self.db, "drop_copies", self.uncopied)

    def _write_copies(self, event: tuple[int, bytes], found: list[Content], known: list[Content]) -> None:
        key = event_key(*event)
        if len(found) > 1:
            self.copies.append(
                {"event": key, "hour": event[0], "id": event[1], "conflict": in_conflict(found), "body": pack(found)}
            )
        elif len(known) > 1:
            self.uncopied.append(key)

    def _stored(self) -> dict[tuple[int, bytes], list[Content]]:
        """The copies that the store has of the open events."""
        places = {(entry[0], entry[1]): was for entry, was in self.open if was is not None}
        by_key = {event_key(*event): event for event in places}
        found: dict[tuple[int, bytes], list[Content]] = {}
        joined = [key for key, event in by_key.items() if is_joined(places[event].row)]
        for key, body in read_many(self.db.read, "copies_of", "events", joined):
            found[by_key[key]] = CONTENTS.decode(body)
        single = [key for key, event in by_key.items() if event not in found]
        facts: dict[str, list[AnyFact]] = defaultdict(list)
        for key, _, body in read_many(self.db.read, "facts_of_events", "events", single):
            facts[key].append(FACT.decode(body))
        known = {by_key[key] for key in single}
        rows_ = self._stored_rows({(event[0], places[event].actor, places[event].row) for event in known})
        actors = sorted({places[event].actor.hex() for event in known})
        whos = {
            bytes.fromhex(record[0]): IDENTITY.decode(record[1])
            for record in read_many(self.db.read, "actors", "ids", actors)
        }
        for key in single:
            event = by_key[key]
            at = places[event]
            found[event] = [
                Content(at.rank, at.fingerprint, at.second, rows_[at.row], whos[at.actor], tuple(facts[key]), at.file,
                        at.at)
            ]  # fmt: skip
        return found

    def _stored_rows(self, wanted: set[tuple[int, bytes, bytes]]) -> dict[bytes, Row]:
        """Rows of some hours, actors and IDs: from the graph, or waiting to be written there."""
        keys = sorted({row_key(actor, row) for _, actor, row in wanted})
        found = {}
        for _, type_, _, _, _, _, api, properties in read_many(self.db.read, "rows_by_key", "keys", keys):
            if type_ == schema.USED:
                row = stored_row(api, properties)
                found[row.id] = row
        missing = sorted({hour for hour, _, row in wanted if row not in found})
        for _, body in read_many(self.db.read, "read_pending", "hours", missing):
            found.update({delta.row.id: delta.row for delta in PENDING.decode(body).rows})
        return found

    def _settle_lost(self, hours: dict[int, _Hour]) -> None:
        """Note where copies lie that others of the batch cover."""
        for one in self.batch.lost:
            hour = one.time // 3600
            at = hours[hour]
            stands = place(at.shards[id_hash(one.id) % at.buckets][one.id])
            self.moves.settle(hour, one.id, [(self.ids[one.row], one.time - hour * 3600)], (stands.row, stands.second))
        for row, lost in self.moves.lost.items():
            for hour in {time // 3600 for time, _ in lost}:
                if row in self.actor_of:
                    self.recount[hour].add((self.actor_of[row], row))

    def _write_lost(self) -> None:
        """Note the events that hold a place in a row where they do not count, three a row."""
        moves = self.moves
        write_rows(self.db, "drop_lost", [lost_key(row, *one) for row, back in moves.back.items() for one in back])
        write_rows(self.db, "new_lost", [
            {"key": lost_key(row, *one), "row": row.hex(), "time": one[0], "id": one[1]}
            for row in moves.lost for one in sorted(moves.of(row, ()))[:SAMPLES_PER_ROW]
        ])  # fmt: skip

    def _rows(self) -> None:
        """Let the rows wait; they are written once all identities have their places."""
        recount = {row for rows_ in self.recount.values() for _, row in rows_}
        samples = self.batch.samples
        for row_id, row, packed in zip(self.ids, self.batch.rows, samples, strict=True):
            count = self.added.get(row_id)
            if count is None and row_id not in recount and row_id not in self.repeated:
                continue
            number, first, last = count or (0, 0, 0)
            self.waiting[row.hour].rows.append(Delta(row, number, first, last, [packed]))
        for row in self.joined.values():
            self.waiting[row.hour].rows.append(Delta(row, 0, 0, 0, []))
        for hour, pairs in self.recount.items():
            self.waiting[hour].recount += sorted(pairs)
        if self.batch.sightings:
            self.waiting[min(self.waiting, default=0)].sightings += self.batch.sightings

    def _sightings(self) -> None:
        """Note which names go with which unique IDs; who is named by an ID is derived anew where its names change."""
        found: dict[str, dict[str, Any]] = {}
        for one in self.batch.sightings:
            key = f"{one.principal} {one.unique_id} {one.arn}"
            had = found.setdefault(key, {
                "key": key, "principal": one.principal, "unique_id": one.unique_id, "arn": one.arn,
                "first": one.first, "last": one.last,
            })  # fmt: skip
            had["first"], had["last"] = min(had["first"], one.first), max(had["last"], one.last)
        ids = sorted({one.unique_id for one in self.batch.sightings if one.unique_id})
        before = self._names(ids)
        write_rows(self.db, "set_sightings", list(found.values()))
        for unique_id, names in self._names(ids).items():
            if names != before.get(unique_id):
                self.dirty[JoinKey(KeyKind.UNIQUE_ID, unique_id)] = None

    def _names(self, ids: list[str]) -> dict[str, Sequence[tuple[object, ...]]]:
        found: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        for principal, unique_id, *rest in read_many(self.db.read, "names_of_ids", "ids", ids):
            found[unique_id].append((principal, *rest))
        return names_that_count(found)

    def _drop_facts(self) -> None:
        """Forget the facts of contents that no longer count."""
        events = {event_key(hour, id_): hour for hour, id_ in self.replaced - self.kept}
        if not events:
            return
        joins: list[dict[str, str]] = []
        for event, _, body in read_many(self.db.read, "facts_of_events", "events", list(events)):
            fact = FACT.decode(body)
            joins += [{"key": str(join_key), "event": event} for join_key in join_keys_of_fact(fact)]
            self.dirty.update(dict.fromkeys(touched_by_fact(fact)))
            self.waiting[events[event]].dropped += [
                (change.type, change.key) for change in graph_elements.changes(fact)
            ]
        self.db.write("drop_facts", events=list(events))
        write_rows(self.db, "drop_join_keys", joins)

    def _actors(self) -> None:
        """Note where identities were seen; those that are new, or forwarded, or gained or lost events by another
        content are to be derived."""
        seen: dict[bytes, dict[int, int]] = defaultdict(dict)
        for row_id, row in zip(self.ids, self.batch.rows, strict=True):
            count = self.added.get(row_id)
            if count is not None:
                hours = seen[row.actor]
                hours[row.hour] = max(hours.get(row.hour, 0), count[2] - row.hour * 3600)
        recounted = {(hour, actor) for hour, pairs in self.recount.items() for actor, _ in pairs}
        wanted = sorted({*seen, *(actor for _, actor in recounted)})
        stored = {
            bytes.fromhex(record[0]): record
            for record in read_many(self.db.read, "actors", "ids", [actor.hex() for actor in wanted])
        }
        exact = _last_seconds(self.db, self.hours, recounted)
        new, changed, joins = [], [], []
        for actor in wanted:
            record = stored.get(actor)
            who = self.actors[actor] if actor in self.actors else IDENTITY.decode(record[1])  # type: ignore[index]  # it is in one of the two
            hours = unpack_hours(record[2]) if record else {}
            before = bool(hours)
            for hour, second in seen.get(actor, {}).items():
                hours[hour] = max(hours.get(hour, 0), second)
            for hour, last in exact.get(actor, {}).items():
                if last is None:
                    hours.pop(hour, None)
                else:
                    hours[hour] = last
            if (not before and hours) or actor in exact:
                self.dirty.update(dict.fromkeys(touched_by_actor(actor, who)))
            packed = pack_hours(hours)
            if record is None:
                new.append({"id": actor.hex(), "body": pack(who), "key": who.access_key_id, "hours": packed})
                joins += [{"key": str(key), "actor": actor.hex()} for key in join_keys_of_actor(actor, who)]
            elif packed != record[2]:
                changed.append({"id": actor.hex(), "properties": {"hours": packed}})
        write_rows(self.db, "new_actors", new)
        write_rows(self.db, "new_join_keys", joins)
        write_rows(self.db, "set_actors", changed)

    def _facts(self) -> None:
        passed = self.same | self.settled.keys() | self.kept
        wanted = {event for event in self.arrivals.facts if event not in passed}
        actors = {(e[0], e[1]): self.batch.rows[e[5]].actor for e in self.batch.events if (e[0], e[1]) in wanted}
        facts = [(*event, actors[event], self.arrivals.facts[event]) for event in wanted]
        facts += [
            (*event, actor, list(found)) for event, (actor, found) in self.settled.items() if event not in self.kept
        ]
        new, joins = [], []
        for hour, id_, actor, found in sorted(facts, key=lambda one: one[:2]):
            event = event_key(hour, id_)
            changes = False
            for number, fact in enumerate(found):
                key = f"{event} {number:03d}"
                new.append({"key": key, "event": event, "actor": actor.hex(), "body": pack(fact)})
                joins += [{"key": str(join_key), "fact": key} for join_key in join_keys_of_fact(fact)]
                self.dirty.update(dict.fromkeys(touched_by_fact(fact)))
                changes = changes or bool(graph_elements.changes(fact))
            if changes:
                self.waiting[hour].events.append(event)
        write_rows(self.db, "new_facts", new)
        write_rows(self.db, "new_join_keys", joins)

    def _account(self, load: str) -> None:
        batch, db = self.batch, self.db
        sums = msgspec.msgpack.decode(db.read("load_body", id=load)[0][0], type=Sums)
        sums.add(batch, self.duplicates, self.conflicts, self.pruned)
        write_rows(db, "digests", [
            {"key": f"{one.account} {one.region} {one.start} {one.end}", "account": one.account, "region": one.region,
             "start": one.start, "end": one.end}
            for one in batch.digests
        ])  # fmt: skip
        write_rows(db, "asides", [
            {"load": load, "path": aside.path, "place": aside.index, "offset": aside.offset, "reason": aside.reason}
            for aside in batch.aside
        ])  # fmt: skip
        if self.changed_files:
            db.write("set_loads_of_files", ids=sorted(self.changed_files), load=load)
        db.write("set_load", id=load, finished=None, body=pack(sums))


def write_pending(db: Db, waiting: dict[int, Pending]) -> None:
    """Keep what waits, a node an hour."""
    nodes: list[dict[str, Any]] = []
    for hour, pending in waiting.items():
        body = pack(pending)
        nodes.append({"hour": hour, "size": len(body), "body": body})
    for start in range(0, len(nodes), 50):
        db.write("new_pending", rows=nodes[start : start + 50])


def _last_seconds(
    db: Db, hours: dict[int, _Hour], wanted: set[tuple[int, bytes]]
) -> dict[bytes, dict[int, int | None]]:
    """By actor and hour: the last second in which it was seen there, None if it was not; from the whole ledger
    of the hour, for an event may have left it."""
    found: dict[bytes, dict[int, int | None]] = defaultdict(dict)
    by_hour: dict[int, set[bytes]] = defaultdict(set)
    for hour, actor in wanted:
        by_hour[hour].add(actor)
        found[actor][hour] = None
    for hour, actors in by_hour.items():
        keys = shard_keys(hour, hours[hour].buckets)
        for _, ids, rest in read_many(db.read, "shards", "keys", keys):
            for _, one in places(ids, rest):
                if one.actor in actors:
                    had = found[one.actor][hour]
                    found[one.actor][hour] = one.second if had is None else max(had, one.second)
    return found
