"""Adding a batch to the SQLite store: ledger, rows, facts and what they make dirty."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, repeat
from operator import itemgetter
from typing import Any

from xxhash import xxh3_64_intdigest

from lineage.model.batch import SAMPLES_PER_ROW, Batch, EntryTuple, Row, uuid_text
from lineage.model.compact import compress
from lineage.model.copies import Content, in_conflict
from lineage.model.facts import AnyFact, Identity, Sample
from lineage.model.results import Sums
from lineage.model.samples import StoredSample, smallest
from lineage.model.samples import pack as pack_samples
from lineage.model.samples import unpack as unpack_samples
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Change
from lineage.resolve.join_keys import (
    JoinKey,
    KeyKind,
    join_keys_of_actor,
    join_keys_of_fact,
    touched_by_actor,
    touched_by_fact,
)
from lineage.stores.merging import CONTENTS, Arrivals, Moves, names_that_count, pack
from lineage.stores.sqlite import events
from lineage.stores.sqlite import rows as stored_rows
from lineage.stores.sqlite.db import LIVE, last_number, read_in, unpack_fact, unpack_identity
from lineage.stores.sqlite.derive import digest as join_digest
from lineage.stores.sqlite.events import Counted
from lineage.stores.sqlite.nodes import TYPES, Nodes, pack_edge
from lineage.stores.sqlite.prune import pruned_hour, settled_facts
from lineage.stores.sqlite.rows import CONTENT, Rows

_SEARCH = 200
"""Rows that are looked for in one statement."""
_Event = tuple[int, bytes]
"""Hour and ID."""


class Adding:
    """One batch on its way into the tables; lives for one transaction."""

    def __init__(self, db: sqlite3.Connection, rows: Rows, nodes: Nodes, batch: Batch, load: int) -> None:
        self.db = db
        self.rows = rows
        self.nodes = nodes
        self.batch = batch
        self.load = load
        """Number of the load."""
        self.line = pruned_hour(db) or 0
        """Usage of hours before it is forgotten when the load ends."""
        counts = array("I", batch.entries.counts)
        self.pruned = sum(n for row, n in zip(batch.rows, counts, strict=True) if row.hour < self.line)
        """New events of such hours."""
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: set[JoinKey] = set()
        self.moves = Moves()
        self.recount: set[int] = set()
        """Numbers of rows to count anew."""
        self.numbers: dict[bytes, int] = {}
        """Numbers of rows that hold settled events, by ID."""
        self.actors = dict(batch.actors)
        self.joined: dict[int, Row] = {}
        """Rows of several copies that this batch writes, by number."""
        self.gained: dict[int, list[Counted]] = defaultdict(list)
        """By number of a row: settled events that are counted in it."""
        self.left: dict[int, set[bytes]] = defaultdict(set)
        """By number of a row: IDs of settled events that are counted in it no longer."""
        self.settled: dict[_Event, tuple[bytes, tuple[AnyFact, ...]]] = {}
        """Actor and facts of the events whose content changed."""
        self.changed_files: set[int] = set()
        """Numbers of the files that gave an event, or of which an event changed."""
        self.stands: dict[_Event, tuple[bytes, int]] = {}
        """Where settled events are counted: ID of the row, and second."""
        self.written_actors: set[bytes] = set()
        self.contents: dict[int, tuple[Row, Identity]] = {}
        """Stored rows with their identities, by number."""

    def run(self, load: str, sums: Sums) -> None:
        self._number_files()
        self._number_actors()
        self._number_rows()
        self.arrivals = Arrivals(self.batch)
        settled = self._write_ledger()
        self._write_rows(settled)
        self._write_facts(settled)
        self._write_sightings()
        self.db.executemany("INSERT OR IGNORE INTO amended VALUES (?, ?)", self.batch.amended)
        self._mark()
        self._account(load, sums)

    def _mark(self) -> None:
        """Mark what is to be derived. A link to grants that are not there is left out: they mark their own units."""
        links = {join_digest(key): key for key in self.dirty if key.kind in (KeyKind.CALLER_KEY, KeyKind.UNSURE_CALLER)}
        there = {key for (key,) in read_in(self.db, "SELECT key FROM fact_join WHERE key IN (*)", list(links))}
        self.dirty -= {key for digest, key in links.items() if digest not in there}
        dirty = [(int(kind), value) for kind, value in sorted(self.dirty)]
        self.db.executemany("INSERT OR IGNORE INTO dirty VALUES (?, ?)", dirty)

    def _number_files(self) -> None:
        """Give the files of the batch consecutive numbers; one that ends here and gave no event gets one too."""
        paths = self.batch.paths
        known = set(paths)
        self.first_file = last_number(self.db, "file") + 1
        ends = {end.path: end for end in self.batch.ended}
        folders = self.rows.texts.keep(folder_of(path) for path in {*known, *ends})
        found = []
        for number, path in enumerate([*paths, *(path for path in ends if path not in known)], self.first_file):
            end = ends.get(path)
            digest, size = (bytes.fromhex(end.sha256), end.size) if end is not None else (None, None)
            found.append((number, folders[folder_of(path)], name_of(path), path_hash(path), digest, size))
        self.db.executemany("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, NULL)", found)
        self.files = range(self.first_file, self.first_file + len(paths))

    def _number_actors(self) -> None:
        """The numbers of the identities; new ones get the next ones."""
        actors = self.batch.actors
        self.actor_numbers: dict[bytes, int] = {}
        self._find_actors(actors)
        self.known_actors = set(self.actor_numbers)
        self.actor_numbers |= {
            actor: number
            for number, actor in enumerate(
                (one for one in actors if one not in self.known_actors), last_number(self.db, "actor") + 1
            )
        }

    def _find_actors(self, actors: Collection[bytes]) -> None:
        self.actor_numbers |= dict(read_in(self.db, "SELECT hash, id FROM actor WHERE hash IN (*)", [*actors]))

    def _number_rows(self) -> None:
        """The numbers of the rows of the batch; new ones get the next ones."""
        rows = self.batch.rows
        self.row_contents = self.rows.contents(rows)
        self.row_hashes = [stored_rows.hash_of(row) for row in rows]
        self.local = self._find_rows(rows, self.row_contents, self.row_hashes)
        """Numbers of the rows of the batch, in their order."""
        self.there = {number for number in self.local if number}
        """Those that were there before."""
        self.last = last_number(self.db, "row")
        for n, number in enumerate(self.local):
            if not number:
                self.last += 1
                self.local[n] = self.last

    def _find_rows(
        self, rows: Sequence[Row], contents: Sequence[tuple[object, ...]], hashes: Sequence[int]
    ) -> list[int]:
        """The numbers of rows that are stored, 0 of others. Those of new identities are not looked for."""
        found = [0] * len(rows)
        wanted = [n for n, row in enumerate(rows) if row.actor in self.known_actors]
        for start in range(0, len(wanted), _SEARCH):
            some = wanted[start : start + _SEARCH]
            statement = (
                f"WITH w (n, actor, hour, hash) AS (VALUES {', '.join(['(?, ?, ?, ?)'] * len(some))}) "
                f"SELECT w.n, r.id, {CONTENT} FROM w CROSS JOIN row r "
                "ON r.actor = w.actor AND r.hour = w.hour AND r.hash = w.hash"
            )
            values = chain.from_iterable((n, self.actor_numbers[rows[n].actor], rows[n].hour, hashes[n]) for n in some)
            for n, number, *content in self.db.execute(statement, tuple(values)):
                if tuple(content) == contents[n]:
                    found[n] = number
        return found

    def _write_ledger(self) -> set[_Event]:
        """Write the events that the ledger does not have, settle the others, and return the latter with those that
        came in several copies.

        Most batches hold nothing but new events: they go in as they are, and only where one was there already
        is the batch rolled back and compared.
        """
        db, entries, batch = self.db, self.batch.entries, self.batch
        hours = [row.hour for row in batch.rows]
        db.executemany("INSERT OR IGNORE INTO day VALUES (?)", sorted({(hour // 24,) for hour in hours}))
        places = chain.from_iterable(map(repeat, self.local, array("I", entries.counts)))
        index = list(zip(events.index_keys(entries, hours), places, strict=True))
        insert = "INSERT OR IGNORE INTO ledger VALUES (?, ?)"
        settled: set[_Event] = set(self.arrivals.several)
        db.execute("SAVEPOINT entries")
        if not settled and db.executemany(insert, sorted(index)).rowcount == len(index):
            db.execute("RELEASE entries")
            self.changed_files |= {self.first_file + file for file in set(array("H", entries.files))}
            self._settle_lost()
            return settled
        db.execute("ROLLBACK TO entries")
        db.execute("RELEASE entries")
        taken = {key for (key,) in read_in(db, "SELECT key FROM ledger WHERE key IN (*)", [key for key, _ in index])}
        plain = []
        stored: dict[_Event, tuple[int, Counted]] = {}
        for one, entry in zip(index, batch.events, strict=True):
            hour, id_ = event = entry[0], entry[1]
            if one[0] in taken and (was := events.find(db, hour, id_)) is not None:
                stored[event] = was
                settled.add(event)
            elif event in settled:
                pass
            elif one[0] in taken:  # by another event
                db.execute("INSERT INTO ledger_more VALUES (?, ?, ?)", (hour, id_, one[1]))
                self.changed_files.add(self.first_file + entry[6])
            else:
                taken.add(one[0])
                plain.append(one)
                self.changed_files.add(self.first_file + entry[6])
        db.executemany(insert, sorted(plain))
        for entry in batch.events:
            if entry[:2] in settled:
                self._settle(entry, stored.get(entry[:2]))
        self._settle_lost()
        return settled

    def _settle(self, entry: EntryTuple, stored: tuple[int, Counted] | None) -> None:
        """Settle an event that the ledger has, or that came in several copies."""
        event = hour, id_ = entry[0], entry[1]
        shared = entry[8]
        if stored is not None:
            number, was = stored
            self.duplicates += 1
            self.pruned -= hour < self.line
            if shared > was.shared:
                self.changed_files.add(was.file)
            shared = max(shared, was.shared)
            if event not in self.arrivals.several and number == self.local[entry[5]] and was[1:4] == entry[2:5]:
                self._share(stored, shared)
                self.stands[event] = (self.batch.rows[entry[5]].id, was.second)
                return
        arrived = self.arrivals.contents(entry, self.files)
        for one in arrived:
            self._number_of(one.row)
        known_contents = [] if stored is None else self._stored(hour, *stored)
        found, stands, differs, changed = self.moves.join(hour, id_, known_contents, arrived)
        self.conflicts += differs
        self.stands[event] = (stands.row.id, stands.second)
        if not changed:
            self._share(stored, shared)
            return
        self.changed_files.add(stands.file)
        number = self._place(stands)
        self.recount.add(number)
        if stored is not None:
            self.recount.add(stored[0])
            self.left[stored[0]].add(id_)
            self._drop_facts(hour, id_)
        self.gained[number].append(
            Counted(id_, stands.second, stands.rank, stands.fingerprint, stands.file, stands.place, shared)
        )
        self._point(hour, id_, stored, number)
        if len(found) > 1:
            self.db.execute(
                "INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", (hour, id_, in_conflict(found), pack(found))
            )
        elif len(known_contents) > 1:
            self.db.execute("DELETE FROM copies WHERE hour = ? AND id = ?", (hour, id_))
        self.settled[event] = (stands.row.actor, stands.facts)

    def _share(self, stored: tuple[int, Counted] | None, shared: int) -> None:
        """Note the hash that an event has in common with other accounts' copies of its call."""
        if stored is not None and shared > stored[1].shared:
            number, event = stored
            self.left[number].add(event.id)
            self.gained[number].append(event._replace(shared=shared))

    def _point(self, hour: int, id_: bytes, stored: tuple[int, Counted] | None, row: int) -> None:
        """Let the index say which row an event is in."""
        key = events.index_key(hour, id_)
        if stored is None:
            done = self.db.execute("INSERT OR IGNORE INTO ledger VALUES (?, ?)", (key, row)).rowcount
            if not done:
                self.db.execute("INSERT INTO ledger_more VALUES (?, ?, ?)", (hour, id_, row))
        elif stored[0] != row:
            more = "UPDATE ledger_more SET row = ? WHERE hour = ? AND id = ?"
            if not self.db.execute(more, (row, hour, id_)).rowcount:
                self.db.execute("UPDATE ledger SET row = ? WHERE key = ?", (row, key))

    def _settle_lost(self) -> None:
        """Note where copies lie that others of the batch cover."""
        lost, rows = self.batch.lost, self.batch.rows
        wanted = {(one.time // 3600, one.id) for one in lost}.difference(self.stands)
        if wanted:
            self.stands |= {e[:2]: (rows[e[5]].id, e[2]) for e in self.batch.events if e[:2] in wanted}
        for one in lost:
            row, hour = rows[one.row], one.time // 3600
            self._number_of(row)
            self.moves.settle(hour, one.id, [(row.id, one.time - hour * 3600)], self.stands[hour, one.id])

    def _stored(self, hour: int, number: int, was: Counted) -> list[Content]:
        row, who = self._content_of(number)
        self.numbers[row.id] = number
        self._number_actor(row.actor)
        if row.joined:
            (body,) = self.db.execute("SELECT body FROM copies WHERE hour = ? AND id = ?", (hour, was.id)).fetchone()
            contents = CONTENTS.decode(body)
            for one in contents:
                self._number_of(one.row)
            return contents
        found = self.db.execute("SELECT body FROM fact WHERE hour = ? AND event = ? ORDER BY number", (hour, was.id))
        facts = tuple(unpack_fact(body) for (body,) in found)
        return [Content(was.rank, was.fingerprint, was.second, row, who, facts, was.file, was.place)]

    def _content_of(self, number: int) -> tuple[Row, Identity]:
        """A stored row and its identity."""
        if number not in self.contents:
            *record, actor, body = self.db.execute(
                f"SELECT r.actor, r.hour, {CONTENT}, a.hash, a.body FROM row r CROSS JOIN actor a ON a.id = r.actor "
                "WHERE r.id = ?",
                (number,),
            ).fetchone()
            (row,) = self.rows.read([record], {record[0]: actor})
            self.contents[number] = (row, unpack_identity(body))
        return self.contents[number]

    def _number_of(self, row: Row) -> int:
        """The number of a row; one that is not stored gets the next one."""
        number = self.numbers.get(row.id)
        if number is None:
            self._number_actor(row.actor)
            at = self.by_row.get(row)
            if at is not None:
                number = self.local[at]
            else:
                (number,) = self._find_rows([row], self.rows.contents([row]), [stored_rows.hash_of(row)])
            if not number:
                self.last += 1
                number = self.last
            self.numbers[row.id] = number
        return number

    def _number_actor(self, actor: bytes) -> None:
        if actor not in self.actor_numbers:
            self._find_actors([actor])
            if actor in self.actor_numbers:
                self.known_actors.add(actor)
            else:
                self.actor_numbers[actor] = max(last_number(self.db, "actor"), *self.actor_numbers.values()) + 1

    @cached_property
    def by_row(self) -> dict[Row, int]:
        """The rows of the batch, by what they are."""
        return {row: n for n, row in enumerate(self.batch.rows)}

    def _place(self, stands: Content) -> int:
        """The number of the row that an event counts in now."""
        row = stands.row
        number = self._number_of(row)
        if row.joined:
            self.joined[number] = row
            self.actors[row.actor] = stands.who
        return number

    def _drop_facts(self, hour: int, id_: bytes) -> None:
        """Forget the facts of a content that lost."""
        if self._stands(hour, id_):
            return
        for number, body in self.db.execute(
            "SELECT id, body FROM fact WHERE hour = ? AND event = ?", (hour, id_)
        ).fetchall():
            fact = unpack_fact(body)
            self.dirty.update(touched_by_fact(fact))
            self.db.executemany(
                "DELETE FROM fact_join WHERE key = ? AND fact = ?",
                [(join_digest(key), number) for key in join_keys_of_fact(fact)],
            )
            self.db.execute("DELETE FROM fact WHERE id = ?", (number,))
        self.db.execute("DELETE FROM change WHERE hour = ? AND event = ?", (hour, id_))

    def _stands(self, hour: int, id_: bytes) -> bool:
        """Do the facts of an event stand for good, since its usage is forgotten?"""
        return hour < self.line and bool(
            self.db.execute(
                "SELECT 1 FROM fact WHERE hour = ? AND event = ? AND id <= ?", (hour, id_, settled_facts(self.db))
            ).fetchone()
        )

    def _write_rows(self, settled: set[_Event]) -> None:
        """Add events and samples to rows; rows that lost an event are counted anew."""
        db, batch = self.db, self.batch
        self.recount |= {self.numbers[row] for row in self.moves.lost}
        self.any_lost = bool(self.moves.lost) or bool(db.execute("SELECT 1 FROM lost LIMIT 1").fetchone())
        lived = self._lived(self.actors)
        stored = self._standing([*self.there, *self.joined])
        new_rows: list[tuple[Any, ...]] = []
        other_targets, changed, chunks = [], [], []
        written: dict[bytes, None] = {}
        packed = events.chunks(batch.entries, self.first_file)
        counts = array("I", batch.entries.counts)
        seconds = array("H", batch.entries.seconds)
        ids = batch.entries.ids
        start = 0
        for n, row in enumerate(batch.rows):
            number, count, chunk = self.local[n], counts[n], next(packed)
            first, last = (seconds[start], seconds[start + count - 1]) if count else (0, 0)
            if settled and any(
                (row.hour, ids[16 * at : 16 * at + 16]) in settled for at in range(start, start + count)
            ):
                own = [event for event in events.events_in(chunk) if (row.hour, event.id) not in settled]
                count = len(own)
                if own:
                    chunk, first, last = events.chunk(own), own[0].second, own[-1].second
            start += counts[n]
            old = stored.get(number)
            if not count and number not in self.recount and number not in self.gained:
                if old is not None:  # a repeated event may bring a smaller sample
                    samples = self._kept(row, [*unpack_samples(old[3]), *unpack_samples(batch.samples[n])])
                    if samples != old[3]:
                        changed.append((*old[:3], samples, number))
                continue
            had, old_first, old_last, old_samples = old or (0, 0, 0, None)
            if old_samples is None and not self.any_lost:
                samples = batch.samples[n]
            else:
                offered = unpack_samples(batch.samples[n])
                samples = self._kept(row, [*unpack_samples(old_samples), *offered] if old_samples else offered)
            if old is None and not count and number not in self.gained:
                continue  # nothing counts in it
            written[row.actor] = None
            if count:
                chunks.append((number, chunk))
            if old is None:
                new_rows.append(
                    (number, self.actor_numbers[row.actor], row.hour, self.row_hashes[n], *self.row_contents[n], count,
                     first, last, samples)
                )  # fmt: skip
                other_targets += self._others(number, row, self.row_contents[n])
                continue
            if had and count:
                count, first, last = count + had, min(first, old_first), max(last, old_last)
            elif had:
                count, first, last = had, old_first, old_last
            changed.append((count, first, last, samples, number))
        for number, row in self.joined.items():
            written[row.actor] = None
            if number not in stored and number not in self.local:
                (content,) = self.rows.contents([row])
                actor = self.actor_numbers[row.actor]
                new_rows.append(
                    (number, actor, row.hour, stored_rows.hash_of(row), *content, 0, 0, 0, pack_samples([]))
                )  # fmt: skip
                other_targets += self._others(number, row, content)
        marks = ", ".join("?" * 19)
        db.executemany(f"INSERT INTO row VALUES ({marks})", sorted(new_rows, key=itemgetter(0)))
        db.executemany("INSERT OR IGNORE INTO other_target VALUES (?, ?)", sorted(other_targets))
        db.executemany("UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?", changed)
        self._write_actors(written)
        for number, gone in self.left.items():
            events.remove(db, number, gone)
        chunks += [(number, events.chunk(found)) for number, found in self.gained.items()]
        events.append(db, chunks, self.there | self.gained.keys())
        for number in sorted(self.recount):
            self._recount(number)
        for one in self._lived({*written} - lived):
            self.dirty.update(touched_by_actor(one, self.actors[one]))

    def _others(self, number: int, row: Row, content: tuple[object, ...]) -> list[tuple[int, int]]:
        """The further targets of a row: numbers of target and row."""
        return [(target, number) for target in stored_rows.others(content[-1])] if row.beside else []

    def _standing(self, numbers: Sequence[int]) -> dict[int, tuple[int, int, int, bytes]]:
        """Count, first, last and samples of the rows that are there already."""
        statement = "SELECT id, count, first, last, samples FROM row WHERE id IN (*)"
        return {number: tuple(values) for number, *values in read_in(self.db, statement, numbers)}

    def _lived(self, actors: Iterable[bytes]) -> set[bytes]:
        """Which of the actors have counted events already?"""
        statement = f"SELECT hash FROM actor WHERE {LIVE} AND hash IN (*)"
        wanted = [actor for actor in actors if actor in self.known_actors or actor in self.written_actors]
        return {actor for (actor,) in read_in(self.db, statement, wanted)}

    def _kept(self, row: Row, offered: Sequence[StoredSample]) -> bytes:
        """The samples of a row; where events lost their places in it, that is noted."""
        if not self.any_lost:
            return pack_samples(smallest(offered).samples)
        row_id = row.id
        stored = {tuple(found) for found in self.db.execute("SELECT time, id FROM lost WHERE row = ?", (row_id,))}
        kept = smallest(offered, self.moves.of(row_id, stored))
        if stored != {*kept.lost}:
            self.db.execute("DELETE FROM lost WHERE row = ?", (row_id,))
            self.db.executemany("INSERT INTO lost VALUES (?, ?, ?)", [(row_id, *lost) for lost in kept.lost])
        return pack_samples(kept.samples)

    def _recount(self, number: int) -> None:
        """Count a row anew from its events; its actor may gain or lose its last event by that."""
        db = self.db
        found = db.execute("SELECT samples FROM row WHERE id = ?", (number,)).fetchone()
        if found is None:
            return
        samples = found[0]
        row, who = self._content_of(number)
        counted = events.events_of(db, [number]).get(number, [])
        packed = self._joined_samples(row.hour, counted) if row.joined else self._kept(row, unpack_samples(samples))
        if counted:
            seconds = [event.second for event in counted]
            db.execute(
                "UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?",
                (len(counted), min(seconds), max(seconds), packed, number),
            )
        else:
            db.execute("DELETE FROM row WHERE id = ?", (number,))
            db.execute("DELETE FROM other_target WHERE row = ?", (number,))
        self.dirty.update(touched_by_actor(row.actor, who))

    def _joined_samples(self, hour: int, counted: Sequence[Counted]) -> bytes:
        """The samples of a row of several copies: its earliest events."""
        first = sorted((hour * 3600 + event.second, event.id) for event in counted)[:SAMPLES_PER_ROW]
        return pack_samples([(time, id_, 0, Sample(time=time, event_id=uuid_text(id_))) for time, id_ in first])

    def _write_actors(self, wanted: Iterable[bytes]) -> None:
        new = [actor for actor in dict.fromkeys(wanted) if actor not in self.known_actors]
        self.written_actors.update(new)
        rows, joins = [], []
        for actor in new:
            who, number = self.actors[actor], self.actor_numbers[actor]
            rows.append((number, actor, compress(pack(who)), who.access_key_id))
            joins += [(join_digest(key), number) for key in join_keys_of_actor(actor, who)]
        self.db.executemany("INSERT INTO actor (id, hash, body, key) VALUES (?, ?, ?, ?)", rows)
        self.db.executemany("INSERT OR IGNORE INTO actor_join VALUES (?, ?)", sorted(joins))

    def _write_facts(self, settled: set[_Event]) -> None:
        facts: list[tuple[int, bytes, Sequence[AnyFact]]] = []
        facts += [(hour, id_, found) for hour, id_, found in self.batch.facts if (hour, id_) not in settled]
        facts += [(hour, id_, found) for (hour, id_), (_, found) in self.settled.items()]
        last = last_number(self.db, "fact")
        rows, joins = [], []
        changed: dict[_Event, list[Change]] = {}
        for hour, id_, found in facts:
            if self._stands(hour, id_):
                continue
            for number, fact in enumerate(found):
                last += 1
                rows.append((last, hour, id_, number, compress(pack(fact))))
                joins += [(join_digest(key), last) for key in join_keys_of_fact(fact)]
                self.dirty.update(touched_by_fact(fact))
                if changes := graph_elements.changes(fact):
                    changed.setdefault((hour, id_), []).extend(changes)
        self.db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?)", rows)
        self.db.executemany("INSERT OR IGNORE INTO fact_join VALUES (?, ?)", sorted(joins))
        if changed:
            self._write_changes(changed)

    def _write_changes(self, changed: Mapping[_Event, Sequence[Change]]) -> None:
        """Write the relationships that events make from their callers."""
        callers = self._callers({id_ for _, id_ in changed})
        callers |= {event: actor for event, (actor, _) in self.settled.items()}
        self.nodes.merge(change.target for changes in changed.values() for change in changes)
        nodes = self.nodes.keep(change.target.ref for changes in changed.values() for change in changes)
        self.db.executemany(
            "INSERT INTO change (type, key, actor, target, hour, event, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (TYPES[one.type], one.key, self.actor_numbers[callers[event]], nodes[one.target.ref], *event,
                 pack_edge(one.properties))
                for event, changes in changed.items()
                for one in {(change.type, change.key): change for change in changes}.values()
            ],
        )  # fmt: skip

    def _callers(self, ids: Collection[bytes]) -> dict[_Event, bytes]:
        """The identities that made the batch's events with some IDs."""
        entries, rows = self.batch.entries, self.batch.rows
        ends = list(accumulate(array("I", entries.counts)))
        found = {}
        for start in range(0, len(entries.ids), 16):
            if (id_ := entries.ids[start : start + 16]) in ids:
                row = rows[bisect_right(ends, start // 16)]
                found[row.hour, id_] = row.actor
        return found

    def _write_sightings(self) -> None:
        """Note which names go with which unique IDs; who is named by an ID is derived anew where its names change."""
        ids = sorted({s.unique_id for s in self.batch.sightings if s.unique_id})
        before = self._names(ids)
        self.db.executemany(
            "INSERT INTO sighting VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first), "
            "last = max(last, excluded.last)",
            [(s.principal, s.unique_id, s.arn, s.first, s.last) for s in self.batch.sightings],
        )
        for unique_id, names in self._names(ids).items():
            if names != before.get(unique_id):
                self.dirty.add(JoinKey(KeyKind.UNIQUE_ID, unique_id))

    def _names(self, ids: Sequence[str]) -> dict[str, Sequence[tuple[object, ...]]]:
        found: dict[str, list[tuple[object, ...]]] = defaultdict(list)
        statement = (
            "SELECT unique_id, principal, arn, first, last FROM sighting WHERE unique_id IN (*) ORDER BY 1, 2, 3"
        )
        for unique_id, *name in read_in(self.db, statement, ids):
            found[unique_id].append(tuple(name))
        return names_that_count(found)

    def _account(self, load: str, sums: Sums) -> None:
        batch = self.batch
        sums.add(batch, self.duplicates, self.conflicts, self.pruned)
        self.db.executemany(
            "INSERT OR IGNORE INTO digest VALUES (?, ?, ?, ?)",
            [(one.account, one.region, one.start, one.end) for one in batch.digests],
        )
        self.db.executemany(
            "INSERT INTO aside VALUES (?, ?, ?, ?, ?)",
            [(load, aside.path, aside.index, aside.offset, aside.reason) for aside in batch.aside],
        )
        self.db.executemany("UPDATE file SET load = ? WHERE id = ?", [(self.load, one) for one in self.changed_files])
        self._forget_files()
        self.db.execute("UPDATE load SET body = ? WHERE id = ?", (pack(sums), load))

    def _forget_files(self) -> None:
        """Forget the files of the batch that gave no event and are known with the same content."""
        self.db.executemany(
            "DELETE FROM file WHERE id = ? AND EXISTS (SELECT 1 FROM file f WHERE f.hash = file.hash "
            "AND f.id < file.id AND f.name = file.name AND f.folder IS file.folder AND f.sha256 IS file.sha256)",
            [
                (number,)
                for number in range(self.first_file, last_number(self.db, "file") + 1)
                if number not in self.changed_files
            ],
        )


def folder_of(path: str) -> str | None:
    """Return the folder of a path; None where it has none."""
    folder, slash, _ = path.rpartition("/")
    return folder if slash else None


def name_of(path: str) -> str:
    """Return the name of a file in its folder."""
    return path.rpartition("/")[2]


def path_hash(path: str) -> int:
    """Return the hash that finds a path."""
    return xxh3_64_intdigest(path.encode("utf-8", "surrogateescape")) >> 1
