"""Adding a batch to the SQLite store: ledger, rows, facts and what they make dirty."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from lineage.model.batch import JOINED, SAMPLES_PER_ROW, Batch, Row
from lineage.model.copies import Content, in_conflict
from lineage.model.facts import AnyFact, Identity, Sample
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
from lineage.stores.merging import (
    CONTENTS,
    FACT,
    IDENTITY,
    Arrivals,
    Moves,
    StoredSample,
    names_that_count,
    pack,
    smallest,
)
from lineage.stores.sqlite.db import LIVE, ROW, SAMPLES, read_in, write_node
from lineage.stores.windows import uuid_text


class Adding:
    """One batch on its way into the tables; lives for one transaction."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: set[JoinKey] = set()
        self.moves = Moves()
        self.recount: set[tuple[int, int]] = set()
        """Rows to count anew: hour and hash."""
        self.local = self._numbers()
        self.actors = dict(batch.actors)
        self.joined: dict[int, Row] = {}
        """Rows of several copies that this batch writes, by hash."""
        self.arrivals = Arrivals(batch)
        self.gained: set[int] = set()
        """Rows that represent an event which was settled, by hash."""
        self.settled: dict[tuple[int, bytes], tuple[int, tuple[AnyFact, ...]]] = {}
        """Actor and facts of the events whose content changed."""
        self.changed_files: set[int] = set()
        """Numbers of the files that gave an event, or of which an event changed."""
        self.contents: dict[int, tuple[Row, Identity]] = {}
        """Stored rows with their identities, by number."""

    def run(self, load: str, sums: Sums) -> None:
        batch = self.batch
        settled = self._write_ledger(self._files())
        self.recount |= {(time // 3600, row) for row, lost in self.moves.lost.items() for time, _ in lost}
        self._write_rows(settled)
        self._write_facts(settled)
        self._write_sightings()
        self.db.executemany("INSERT OR IGNORE INTO amended VALUES (?, ?)", batch.amended)
        self.db.executemany("INSERT OR IGNORE INTO dirty VALUES (?, ?)", sorted(self.dirty))
        self._account(load, sums)

    def _files(self) -> list[int]:
        for path in dict.fromkeys([*self.batch.paths, *(end.path for end in self.batch.ended)]):
            self.db.execute("INSERT OR IGNORE INTO file (path) VALUES (?)", (path,))
        self.db.executemany(
            "UPDATE file SET sha256 = ?, size = ? WHERE path = ?",
            [(end.sha256, end.size, end.path) for end in self.batch.ended],
        )
        return [
            self.db.execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()[0] for path in self.batch.paths
        ]

    def _numbers(self) -> dict[int, int]:
        """The number of each row of the batch, by its hash; new rows get the next ones."""
        by_hour: dict[int, list[int]] = defaultdict(list)
        for row in self.batch.rows:
            by_hour[row.hour].append(row.id)
        found: dict[int, int] = {}
        for hour, hashes in by_hour.items():
            found.update(read_in(self.db, "SELECT hash, id FROM row WHERE hour = ? AND hash IN (*)", hashes, hour))
        (last,) = self.db.execute("SELECT coalesce(max(id), 0) FROM row").fetchone()
        news = (row.id for row in self.batch.rows if row.id not in found)
        found |= {row: number for number, row in enumerate(dict.fromkeys(news), last + 1)}
        self.last = max(last, *found.values()) if found else last
        """The highest number of a row."""
        return found

    def _write_ledger(self, files: Sequence[int]) -> set[tuple[int, bytes]]:
        """Write the events that the ledger does not have, settle the others, and return the latter with those that
        came in several copies.

        Most batches hold nothing but new events: they go in as they are, and only where one was there already
        is the batch rolled back and compared.
        """
        db = self.db
        entries = sorted(
            (hour // 24, id_, hour, second, rank, fingerprint, self.local[row], files[file], place, shared)
            for hour, id_, second, rank, fingerprint, row, file, place, shared in self.batch.entries
        )
        db.executemany("INSERT OR IGNORE INTO day VALUES (?)", sorted({(entry[0],) for entry in entries}))
        several = self.arrivals.several
        plain = [entry for entry in entries if (entry[2], entry[1]) not in several] if several else entries
        insert = "INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        db.execute("SAVEPOINT entries")
        settled: set[tuple[int, bytes]] = set()
        if db.executemany(insert, plain).rowcount < len(plain):
            db.execute("ROLLBACK TO entries")
            settled = {
                (entry[2], entry[1])
                for entry in plain
                if db.execute(
                    "SELECT 1 FROM ledger WHERE day = ? AND id = ? AND hour = ?", (entry[0], entry[1], entry[2])
                ).fetchone()
            }
            db.executemany(insert, [entry for entry in plain if (entry[2], entry[1]) not in settled])
        db.execute("RELEASE entries")
        self.changed_files |= {entry[7] for entry in plain if not settled or (entry[2], entry[1]) not in settled}
        settled |= several
        if settled:
            self._settle(settled, files)
        self._settle_lost(settled)
        return settled

    def _settle(self, settled: set[tuple[int, bytes]], files: Sequence[int]) -> None:
        """Settle events that the ledger has, or that came in several copies."""
        for entry in self.batch.entries:
            event = hour, id_ = entry[0], entry[1]
            if event not in settled:
                continue
            was = self.db.execute(
                "SELECT l.rank, l.fingerprint, r.hash, l.second, l.row, l.file, l.place, l.shared "
                "FROM ledger l CROSS JOIN row r ON r.id = l.row WHERE l.day = ? AND l.id = ? AND l.hour = ?",
                (hour // 24, id_, hour),
            ).fetchone()
            shared = entry[8]
            if was is not None:
                self.duplicates += 1
                if shared > was[7]:
                    self.changed_files.add(was[5])
                    self.db.execute(
                        "UPDATE ledger SET shared = ? WHERE day = ? AND id = ? AND hour = ?",
                        (shared, hour // 24, id_, hour),
                    )
                shared = max(shared, was[7])
                if event not in self.arrivals.several and was[:4] == (entry[3], entry[4], entry[5], entry[2]):
                    continue
            arrived = self.arrivals.contents(entry, files)
            self._settle_one(hour, id_, was[:7] if was is not None else None, arrived, shared)

    def _settle_one(
        self, hour: int, id_: bytes, was: tuple[int, int, int, int, int, int, int] | None, arrived: list[Content],
        shared: int,
    ) -> None:  # fmt: skip
        db = self.db
        stored = [] if was is None else self._stored(hour, id_, was)
        found, stands, differs, changed = self.moves.join(hour, id_, stored, arrived)
        self.conflicts += differs
        if not changed:
            return
        self.changed_files.add(stands.file)
        number = self._place(stands)
        self.recount.add((hour, stands.row.id))
        if was is not None:
            self.recount.add((hour, was[2]))
            self._drop_facts(hour, id_)
        content = (stands.second, stands.rank, stands.fingerprint)
        db.execute(
            "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (hour // 24, id_, hour, *content, number, stands.file, stands.place, shared),
        )
        if len(found) > 1:
            db.execute(
                "INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?)", (hour, id_, in_conflict(found), pack(found))
            )
        elif len(stored) > 1:
            db.execute("DELETE FROM copies WHERE hour = ? AND id = ?", (hour, id_))
        self.settled[hour, id_] = (stands.row.actor, stands.facts)

    def _settle_lost(self, settled: set[tuple[int, bytes]]) -> None:
        """Note where copies lie that others of the batch cover."""
        lost = self.batch.lost
        wanted = {(one.time // 3600, one.id) for one in lost}
        stands = {(e[0], e[1]): (e[5], e[2]) for e in self.batch.entries if (e[0], e[1]) in wanted} if lost else {}
        for event in wanted & settled:
            (row, second) = self.db.execute(
                "SELECT r.hash, l.second FROM ledger l CROSS JOIN row r ON r.id = l.row "
                "WHERE l.day = ? AND l.id = ? AND l.hour = ?",
                (event[0] // 24, event[1], event[0]),
            ).fetchone() or (0, 0)  # a row that is not written yet
            stands[event] = (row, second)
        for one in lost:
            hour = one.time // 3600
            self.moves.settle(hour, one.id, [(one.row, one.time - hour * 3600)], stands[hour, one.id])

    def _stored(self, hour: int, id_: bytes, was: tuple[int, int, int, int, int, int, int]) -> list[Content]:
        rank, fingerprint, row_hash, second, number, file, place = was
        if row_hash & JOINED:
            (body,) = self.db.execute("SELECT body FROM copies WHERE hour = ? AND id = ?", (hour, id_)).fetchone()
            return CONTENTS.decode(body)
        if number not in self.contents:
            row, who = self.db.execute(
                "SELECT r.body, a.body FROM row r CROSS JOIN actor a ON a.id = r.actor WHERE r.id = ?", (number,)
            ).fetchone()
            self.contents[number] = (ROW.decode(row), IDENTITY.decode(who))
        found = self.db.execute("SELECT body FROM fact WHERE hour = ? AND id = ? ORDER BY number", (hour, id_))
        facts = tuple(FACT.decode(body) for (body,) in found)
        return [Content(rank, fingerprint, second, *self.contents[number], facts, file, place)]

    def _place(self, stands: Content) -> int:
        """The number of the row that an event counts in now."""
        row = stands.row
        self.gained.add(row.id)
        if row.id & JOINED:
            self.joined[row.id] = row
            self.actors[row.actor] = stands.who
        if row.id not in self.local:
            found = self.db.execute("SELECT id FROM row WHERE hour = ? AND hash = ?", (row.hour, row.id)).fetchone()
            self.last += not found
            self.local[row.id] = found[0] if found else self.last
        return self.local[row.id]

    def _drop_facts(self, hour: int, id_: bytes) -> None:
        """Forget the facts of a content that lost."""
        for number, body in self.db.execute(
            "SELECT number, body FROM fact WHERE hour = ? AND id = ?", (hour, id_)
        ).fetchall():
            fact = FACT.decode(body)
            self.dirty.update(touched_by_fact(fact))
            self.db.executemany(
                "DELETE FROM join_key WHERE kind = ? AND value = ? AND hour = ? AND item = ? AND number = ?",
                [(*key, hour, id_, number) for key in join_keys_of_fact(fact)],
            )
        self.db.execute("DELETE FROM fact WHERE hour = ? AND id = ?", (hour, id_))
        self.db.execute("DELETE FROM change WHERE hour = ? AND id = ?", (hour, id_))

    def _write_rows(self, settled: set[tuple[int, bytes]]) -> None:
        """Add counts and samples to rows; rows that lost an event are counted anew from the ledger."""
        db = self.db
        added: dict[int, tuple[int, int, int]] = {}
        for hour, id_, second, _, _, row_id, *_ in self.batch.entries:
            if settled and (hour, id_) in settled:
                continue
            time = hour * 3600 + second
            count, first, last = added.get(row_id, (0, time, time))
            added[row_id] = (count + 1, time if time < first else first, time if time > last else last)
        self.any_lost = bool(self.moves.lost) or bool(db.execute("SELECT 1 FROM lost LIMIT 1").fetchone())
        lived = self._lived(self.actors)
        rows_ = [*self.batch.rows, *self.joined.values()]
        wanted = [row for row in rows_ if row.id in added or (row.hour, row.id) in self.recount]
        stored = self._standing(wanted)
        new_rows = []
        other_targets = []
        changed = []
        written = []
        for row in wanted:
            count, first, last = added.get(row.id, (0, 0, 0))
            offered = [(s.time, id_, fp, s) for s, id_, fp in self.batch.samples.get(row.id, ())]
            old = stored.get(row.id)
            samples = self._kept(row.id, [*SAMPLES.decode(old[3]), *offered] if old else offered)
            if old is None and not count and row.id not in self.gained:
                continue  # nothing counts in it
            written.append(row.actor)
            if old is None:
                new_rows.append(
                    (self.local[row.id], row.id, row.actor, row.hour, row.account, row.region, row.category,
                     row.api, row.relation, row.target.key if row.target else None, address_key(row), pack(row), count,
                     first, last,
                     pack(samples))
                )  # fmt: skip
                other_targets += [(target.key, self.local[row.id]) for target in row.beside]
                continue
            if old[0] and count:
                count, first, last = count + old[0], min(first, old[1]), max(last, old[2])
            elif old[0]:
                count, first, last = old[:3]
            changed.append((count, first, last, pack(samples), self.local[row.id]))
        marks = ", ".join("?" * 16)
        db.executemany(f"INSERT INTO row VALUES ({marks})", sorted(new_rows))
        db.executemany("INSERT OR IGNORE INTO other_target VALUES (?, ?)", sorted(other_targets))
        db.executemany("UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?", changed)
        self._write_actors(written)
        for hour, row_id in sorted(self.recount):
            self._recount(hour, row_id)
        for actor in self._lived({*written} - lived):
            self.dirty.update(touched_by_actor(actor, self.actors[actor]))

    def _standing(self, wanted: Iterable[Row]) -> dict[int, tuple[int, int, int, bytes]]:
        """Count, first, last and samples of the rows that are there already, by hash."""
        statement = "SELECT hash, count, first, last, samples FROM row WHERE id IN (*)"
        numbers = [self.local[row.id] for row in wanted]
        return {row_hash: tuple(values) for row_hash, *values in read_in(self.db, statement, numbers)}

    def _lived(self, actors: Iterable[int]) -> set[int]:
        """Which of the actors have counted events already?"""
        statement = f"SELECT id FROM actor WHERE {LIVE} AND id IN (*)"
        return {actor for (actor,) in read_in(self.db, statement, list(actors))}

    def _kept(self, row: int, offered: Sequence[StoredSample]) -> list[StoredSample]:
        """The samples of a row; where events lost their places in it, that is noted."""
        if not self.any_lost:
            return smallest(offered, frozenset()).samples
        stored = {tuple(found) for found in self.db.execute("SELECT time, id FROM lost WHERE row = ?", (row,))}
        kept = smallest(offered, self.moves.of(row, stored))
        if stored != {*kept.lost}:
            self.db.execute("DELETE FROM lost WHERE row = ?", (row,))
            self.db.executemany("INSERT INTO lost VALUES (?, ?, ?)", [(row, *lost) for lost in kept.lost])
        return kept.samples

    def _recount(self, hour: int, row: int) -> None:
        """Count a row anew from the ledger; its actor may gain or lose its last event by that."""
        db = self.db
        found = db.execute("SELECT id, actor, samples FROM row WHERE hour = ? AND hash = ?", (hour, row)).fetchone()
        if found is None:
            return
        number, actor, samples = found
        count, first, last = db.execute(
            "SELECT count(*), min(hour * 3600 + second), max(hour * 3600 + second) FROM ledger WHERE row = ?", (number,)
        ).fetchone()
        kept = self._joined_samples(number) if row & JOINED else self._kept(row, SAMPLES.decode(samples))
        if count:
            db.execute(
                "UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?",
                (count, first, last, pack(kept), number),
            )
        else:
            db.execute("DELETE FROM row WHERE id = ?", (number,))
            db.execute("DELETE FROM other_target WHERE row = ?", (number,))
        body = db.execute("SELECT body FROM actor WHERE id = ?", (actor,)).fetchone()
        if body:
            self.dirty.update(touched_by_actor(actor, IDENTITY.decode(body[0])))

    def _joined_samples(self, number: int) -> list[StoredSample]:
        """The samples of a row of several copies: its earliest events."""
        found = self.db.execute(
            "SELECT hour * 3600 + second AS time, id FROM ledger WHERE row = ? ORDER BY time, id LIMIT ?",
            (number, SAMPLES_PER_ROW),
        )
        return [(time, id_, 0, Sample(time=time, event_id=uuid_text(id_))) for time, id_ in found]

    def _write_actors(self, wanted: Iterable[int]) -> None:
        for actor in dict.fromkeys(wanted):
            who = self.actors[actor]
            body = pack(who)
            done = self.db.execute(
                "INSERT OR IGNORE INTO actor (id, body, key) VALUES (?, ?, ?)", (actor, body, who.access_key_id)
            ).rowcount
            if done:
                number = actor.to_bytes(8, "big")
                self.db.executemany(
                    "INSERT OR IGNORE INTO join_key VALUES (?, ?, 0, ?, -1)",
                    [(*key, number) for key in join_keys_of_actor(actor, who)],
                )

    def _write_facts(self, settled: set[tuple[int, bytes]]) -> None:
        actors = {(entry[0], entry[1]): entry[5] for entry in self.batch.entries} if self.batch.facts else {}
        new = [
            (hour, id_, self.arrivals.rows[actors[hour, id_]].actor, found)
            for hour, id_, found in self.batch.facts
            if (hour, id_) not in settled
        ]
        changed = [(hour, id_, actor, found) for (hour, id_), (actor, found) in self.settled.items()]
        for hour, id_, actor, facts in [*new, *changed]:
            for number, fact in enumerate(facts):
                self.db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?)", (hour, id_, number, pack(fact)))
                self.db.executemany(
                    "INSERT OR IGNORE INTO join_key VALUES (?, ?, ?, ?, ?)",
                    [(*key, hour, id_, number) for key in join_keys_of_fact(fact)],
                )
                self.dirty.update(touched_by_fact(fact))
                for change in graph_elements.changes(fact):
                    write_node(self.db, change.target, None)
                    self.db.execute(
                        "INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (change.type, change.key, actor, str(change.target.ref), hour, id_, pack(change.properties)),
                    )

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
        sums.add(batch, self.duplicates, self.conflicts)
        self.db.executemany(
            "INSERT OR IGNORE INTO digest VALUES (?, ?, ?, ?)",
            [(one.account, one.region, one.start, one.end) for one in batch.digests],
        )
        self.db.executemany(
            "INSERT INTO aside VALUES (?, ?, ?, ?, ?)",
            [(load, aside.path, aside.index, aside.offset, aside.reason) for aside in batch.aside],
        )
        self.db.executemany("UPDATE file SET load = ? WHERE id = ?", [(load, one) for one in self.changed_files])
        self.db.execute("UPDATE load SET body = ? WHERE id = ?", (pack(sums), load))


def address_key(row: Row) -> str | None:
    """Key of the address node of a row."""
    node = graph_elements.address_node(row)
    return node.ref.key if node else None
