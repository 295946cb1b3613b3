"""A batch on its way into Neo4j: ledger, identities and facts at once, rows when their places are known.

Runs behind the write lock, so that what it reads is all that others have committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from lineage import rows
from lineage.batch import Batch, Lost, precedence
from lineage.facts import AnyFact, Identity
from lineage.seen import Sums
from lineage.stores.neo4j_db import (
    ACTOR_LETTERS,
    FACT_LETTERS,
    Db,
    Delta,
    Pending,
    event_key,
    pack,
    read_many,
    write_rows,
)
from lineage.stores.shards import (
    Shard,
    buckets_for,
    id_hash,
    last_of,
    pack_hours,
    pack_place,
    place,
    shard_key,
    unpack,
    unpack_hours,
)
from lineage.stores.shards import pack as pack_shard
from lineage.terms import is_forwarded, terms_of_actor, terms_of_fact, touched_by_actor, touched_by_fact

_FACT = msgspec.msgpack.Decoder(AnyFact)
_IDENTITY = msgspec.msgpack.Decoder(Identity)
DIRTY_TERMS = 4_000
"""Terms of one mark."""


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
            return [shard_key(self.hour, bucket) for bucket in range(self.had)]
        return [shard_key(self.hour, bucket) for bucket in sorted({hash_ % self.buckets for hash_ in hashes})]

    def take(self, ids: str, rest: bytes) -> None:
        """Take in a shard as it was stored."""
        for id_, packed in unpack(ids, rest).items():
            bucket = id_hash(id_) % self.buckets
            self.shards[bucket][id_] = packed
            if self.buckets != self.had:
                self.touched.add(bucket)


class _Replaced(NamedTuple):
    """An event whose content lost against a later one."""

    hour: int
    id: bytes
    row: int
    actor: int


class _Adding:
    """One batch; lives for one transaction."""

    def __init__(self, db: Db, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.actor_of = {row.id: row.actor for row in batch.rows}
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: dict[str, None] = {}
        self.lost: set[Lost] = {Lost(*lost) for lost in batch.lost}
        self.added: dict[int, list[int]] = {}
        """By row: count, first, last of its new events."""
        self.replaced: list[_Replaced] = []
        self.kept: set[tuple[int, bytes]] = set()
        """Repeated events whose stored content stays."""
        self.recount: dict[int, set[tuple[int, int]]] = defaultdict(set)
        """By hour: actor and row."""
        self.waiting: dict[int, Pending] = defaultdict(Pending)

    def run(self, load: str) -> None:
        for lost in self.lost:
            self.recount[lost.time // 3600].add((self.actor_of[lost.row], lost.row))
        self.hours = self._ledger(self._files())
        self._rows()
        self._drop_facts()
        self._actors()
        self._facts()
        write_rows(self.db, "new_lost", [
            {"key": f"{row} {time} {id_.hex()} {fingerprint}", "row": row, "time": time, "id": id_,
             "fingerprint": fingerprint}
            for row, time, id_, fingerprint in sorted(self.lost)
        ])  # fmt: skip
        terms = list(self.dirty)
        for start in range(0, len(terms), DIRTY_TERMS):
            self.db.write("new_dirty", terms=terms[start : start + DIRTY_TERMS])
        write_pending(self.db, self.waiting)
        self._account(load)

    def _files(self) -> list[int]:
        batch = self.batch
        paths = list(dict.fromkeys([*batch.paths, *(end.path for end in batch.ended)]))
        numbers = dict(map(tuple, read_many(self.db, "files", "paths", paths)))
        new = [path for path in paths if path not in numbers]
        if new:
            numbers.update(map(tuple, self.db.read("new_files", paths=new)))
        write_rows(self.db, "ended_files", [{"path": e.path, "sha256": e.sha256, "size": e.size} for e in batch.ended])
        return [numbers[path] for path in batch.paths]

    def _ledger(self, files: list[int]) -> dict[int, _Hour]:
        """Settle the events that the ledger has already; the others go in."""
        by_hour: dict[int, list[tuple[int, bytes, int, int, int, int, int, int]]] = defaultdict(list)
        for entry in self.batch.entries:
            by_hour[entry[0]].append(entry)
        wanted = sorted({*by_hour, *self.recount})
        hours = {
            hour: _Hour(hour, buckets, events, len(by_hour.get(hour, ())))
            for hour, buckets, events, _ in read_many(self.db, "hours", "hours", wanted)
        }
        keys = [
            key for hour, entries in by_hour.items() for key in hours[hour].keys(id_hash(entry[1]) for entry in entries)
        ]
        for key, ids, rest in read_many(self.db, "shards", "keys", keys):
            hours[key >> 16].take(ids, rest)
        for hour, entries in by_hour.items():
            self._settle(hours[hour], entries, files)
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

    def _settle(
        self, found: _Hour, entries: list[tuple[int, bytes, int, int, int, int, int, int]], files: list[int]
    ) -> None:
        hour, buckets, shards, touched = found.hour, found.buckets, found.shards, found.touched
        start = hour * 3600
        actor_of, added = self.actor_of, self.added
        for _, id_, second, rank, fingerprint, row, file, index in entries:
            bucket = (id_[14] << 8 | id_[15]) % buckets
            shard = shards[bucket]
            packed = shard.get(id_)
            if packed is None:
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
            elif self._stays(hour, id_, packed, (rank, fingerprint, row, second)):
                self.kept.add((hour, id_))
                continue
            touched.add(bucket)
            shard[id_] = pack_place(second, rank, fingerprint, row, actor_of[row], files[file], index)

    def _stays(self, hour: int, id_: bytes, packed: bytes, new: tuple[int, int, int, int]) -> bool:
        """Does the stored content of a repeated event stay?"""
        self.duplicates += 1
        was = place(packed)
        old = was.content
        if old == new:
            return True
        if old[0] == new[0]:
            self.conflicts += 1
        _, fingerprint, row, second = new
        stays = precedence(old) < precedence(new)
        if stays:
            self.lost.add(Lost(row, hour * 3600 + second, id_, fingerprint))
        else:
            self.lost.add(Lost(was.row, hour * 3600 + was.second, id_, was.fingerprint))
            self.replaced.append(_Replaced(hour, id_, was.row, was.actor))
            self.recount[hour].add((was.actor, was.row))
        self.recount[hour].add((self.actor_of[row], row))
        return stays

    def _rows(self) -> None:
        """Let the rows wait; they are written once all identities have their places."""
        recount = {row for rows_ in self.recount.values() for _, row in rows_}
        samples = self.batch.samples
        for row in self.batch.rows:
            count = self.added.get(row.id)
            if count is None and row.id not in recount:
                continue
            offered = [(sample.time, id_, fingerprint, sample) for sample, id_, fingerprint in samples.get(row.id, ())]
            number, first, last = count or (0, 0, 0)
            self.waiting[row.hour].rows.append(Delta(row, number, first, last, offered))
        for hour, pairs in self.recount.items():
            self.waiting[hour].recount += sorted(pairs)
        if self.batch.sightings:
            self.waiting[min(self.waiting, default=0)].sightings += self.batch.sightings

    def _drop_facts(self) -> None:
        """Forget the facts of contents that lost."""
        events = {event_key(one.hour, one.id): one.hour for one in self.replaced}
        if not events:
            return
        for event, _, body in read_many(self.db, "facts_of_events", "events", list(events)):
            fact = _FACT.decode(body)
            self.dirty.update(dict.fromkeys(touched_by_fact(fact)))
            self.waiting[events[event]].dropped += [(deed.type, deed.key) for deed in rows.deeds(fact)]
        self.db.write("drop_facts", events=list(events))

    def _actors(self) -> None:
        """Note where identities were seen; those that are new, or forwarded, or gained or lost events by another
        content are to be derived."""
        seen: dict[int, dict[int, int]] = defaultdict(dict)
        for row in self.batch.rows:
            count = self.added.get(row.id)
            if count is not None:
                hours = seen[row.actor]
                hours[row.hour] = max(hours.get(row.hour, 0), count[2] - row.hour * 3600)
        recounted = {(hour, actor) for hour, pairs in self.recount.items() for actor, _ in pairs}
        wanted = sorted({*seen, *(actor for _, actor in recounted)})
        stored = {record[0]: record for record in read_many(self.db, "actors", "ids", wanted)}
        exact = _last_seconds(self.db, self.hours, recounted)
        new, changed = [], []
        for actor in wanted:
            record = stored.get(actor)
            who = self.batch.actors[actor] if actor in self.batch.actors else _IDENTITY.decode(record[1])  # type: ignore[index]  # it is in one of the two
            hours = unpack_hours(record[2]) if record else {}
            before = bool(hours)
            for hour, second in seen.get(actor, {}).items():
                hours[hour] = max(hours.get(hour, 0), second)
            for hour, last in exact.get(actor, {}).items():
                if last is None:
                    hours.pop(hour, None)
                else:
                    hours[hour] = last
            if (not before and hours) or is_forwarded(who) or actor in exact:
                self.dirty.update(dict.fromkeys(touched_by_actor(actor, who)))
            packed = pack_hours(hours)
            if record is None:
                new.append(
                    {
                        "id": actor,
                        "body": pack(who),
                        "key": who.access_key_id,
                        "hours": packed,
                        **_actor_terms(actor, who),
                    }
                )
            elif packed != record[2]:
                changed.append({"id": actor, "properties": {"hours": packed}})
        write_rows(self.db, "new_actors", new)
        write_rows(self.db, "set_actors", changed)

    def _facts(self) -> None:
        replaced = {(one.hour, one.id) for one in self.replaced}
        row_of = {}
        wanted = {(hour, id_) for hour, id_, _ in self.batch.facts}
        for entry in self.batch.entries:
            if (entry[0], entry[1]) in wanted:
                row_of[entry[0], entry[1]] = entry[5]
        new = []
        for hour, id_, found in self.batch.facts:
            if (hour, id_) in self.kept and (hour, id_) not in replaced:
                continue
            event = event_key(hour, id_)
            actor = self.actor_of[row_of[hour, id_]]
            deeds = False
            for number, fact in enumerate(found):
                new.append(
                    {
                        "key": f"{event} {number:03d}",
                        "event": event,
                        "actor": actor,
                        "body": pack(fact),
                        **_fact_terms(fact),
                    }
                )
                self.dirty.update(dict.fromkeys(touched_by_fact(fact)))
                deeds = deeds or bool(rows.deeds(fact))
            if deeds:
                self.waiting[hour].events.append(event)
        write_rows(self.db, "new_facts", new)

    def _account(self, load: str) -> None:
        batch, db = self.batch, self.db
        sums = msgspec.msgpack.decode(db.read("load_body", id=load)[0][0], type=Sums)
        sums.files += len(batch.ended)
        sums.bytes += batch.bytes_read
        sums.read += batch.read
        sums.loaded += len(batch.entries) - self.duplicates
        sums.duplicate += batch.duplicates + self.duplicates
        sums.conflicting += batch.conflicts + self.conflicts
        sums.set_aside += len(batch.aside)
        digests = []
        sums.add_passed(batch)
        for passed in batch.passed:
            if passed.kind == "digest" and passed.start is not None and passed.end is not None:
                key = f"{passed.account} {passed.region} {passed.start} {passed.end}"
                digests.append(
                    {
                        "key": key,
                        "account": passed.account,
                        "region": passed.region,
                        "start": passed.start,
                        "end": passed.end,
                    }
                )
        write_rows(db, "digests", digests)
        write_rows(db, "asides", [
            {"load": load, "path": aside.path, "place": aside.index, "offset": aside.offset, "reason": aside.reason}
            for aside in batch.aside
        ])  # fmt: skip
        db.write("set_load", id=load, finished=None, body=pack(sums))


def write_pending(db: Db, waiting: dict[int, Pending]) -> None:
    """Keep what waits, a node an hour."""
    nodes: list[dict[str, Any]] = []
    for hour, pending in waiting.items():
        body = pack(pending)
        nodes.append({"hour": hour, "size": len(body), "body": body})
    for start in range(0, len(nodes), 50):
        db.write("new_pending", rows=nodes[start : start + 50])


def _last_seconds(db: Db, hours: dict[int, _Hour], wanted: set[tuple[int, int]]) -> dict[int, dict[int, int | None]]:
    """By actor and hour: the last second in which it was seen there, None if it was not; from the whole ledger
    of the hour, for an event may have left it."""
    found: dict[int, dict[int, int | None]] = defaultdict(dict)
    by_hour: dict[int, set[int]] = defaultdict(set)
    for hour, actor in wanted:
        by_hour[hour].add(actor)
        found[actor][hour] = None
    for hour, actors in by_hour.items():
        keys = [shard_key(hour, bucket) for bucket in range(hours[hour].buckets)]
        for _, ids, rest in read_many(db, "shards", "keys", keys):
            for packed in unpack(ids, rest).values():
                one = place(packed)
                if one.actor in actors:
                    had = found[one.actor][hour]
                    found[one.actor][hour] = one.second if had is None else max(had, one.second)
    return found


def _actor_terms(actor: int, who: Identity) -> dict[str, str]:
    """The terms of an identity by their first letter."""
    terms = {term[0]: term for term in terms_of_actor(actor, who) if term[0] != "a"}
    if not set(terms) <= set(ACTOR_LETTERS):
        raise RuntimeError(f"no index for the terms {sorted(terms)} of identities")
    return terms


def _fact_terms(fact: AnyFact) -> dict[str, str]:
    """The terms of a fact by their first letter; a second session term is `t`."""
    terms: dict[str, str] = {}
    for term in terms_of_fact(fact):
        letter = "t" if term[0] in terms else term[0]
        if letter not in f"{FACT_LETTERS}t" or letter in terms or (letter == "t" and term[0] != "s"):
            raise RuntimeError(f"no index for the term {term[0]} of facts")
        terms[letter] = term
    return terms


__all__ = ["add", "last_of", "write_pending"]
