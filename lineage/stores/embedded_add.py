"""Adding a batch to the embedded store: ledger, rows, facts and what they make dirty."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lineage import rows
from lineage.batch import Batch, Lost, Row, precedence
from lineage.facts import AnyFact, Identity
from lineage.rows import Node
from lineage.seen import Sums
from lineage.stores.merging import StoredSample, merge_properties, smallest
from lineage.terms import is_forwarded, terms_of_actor, terms_of_fact, touched_by_actor, touched_by_fact

IN_VALUES = 500
"""Values of one IN list."""
_FACT = msgspec.msgpack.Decoder(AnyFact)
_IDENTITY = msgspec.msgpack.Decoder(Identity)
_SAMPLES = msgspec.msgpack.Decoder(list[StoredSample])
_pack = msgspec.msgpack.Encoder().encode


class Adding:
    """One batch on its way into the tables; lives for one transaction."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: set[str] = set()
        self.lost: set[Lost] = {Lost(*lost) for lost in batch.lost}
        self.recount: set[tuple[int, int]] = set()
        """Rows to count anew: hour and hash."""
        self.local = self._numbers()

    def run(self, load: str, sums: Sums) -> None:
        batch = self.batch
        repeated = self._write_ledger(self._files())
        fresh = len(batch.entries) - len(repeated)
        self.recount |= {(lost.time // 3600, lost.row) for lost in self.lost}
        self._write_rows(repeated)
        self._write_facts(repeated)
        self._write_lost()
        self._write_sightings()
        self.db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(term,) for term in sorted(self.dirty)])
        self._account(load, sums, fresh)

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
            for some in chunks(hashes):
                marks = ",".join("?" * len(some))
                found.update(
                    self.db.execute(f"SELECT hash, id FROM row WHERE hour = ? AND hash IN ({marks})", (hour, *some))
                )
        (last,) = self.db.execute("SELECT coalesce(max(id), 0) FROM row").fetchone()
        news = (row.id for row in self.batch.rows if row.id not in found)
        return found | {row: number for number, row in enumerate(dict.fromkeys(news), last + 1)}

    def _write_ledger(self, files: Sequence[int]) -> set[tuple[int, bytes]]:
        """Write the events that the ledger does not have, settle those that it has, and return the latter.

        Most batches hold nothing but new events: they go in as they are, and only where one was there already
        is the batch taken back and compared.
        """
        db = self.db
        entries = sorted(
            (hour // 24, id_, hour, second, rank, fingerprint, self.local[row], files[file], place)
            for hour, id_, second, rank, fingerprint, row, file, place in self.batch.entries
        )
        db.executemany("INSERT OR IGNORE INTO day VALUES (?)", sorted({(entry[0],) for entry in entries}))
        self.replacing: set[tuple[int, bytes]] = set()
        insert = "INSERT OR IGNORE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        db.execute("SAVEPOINT entries")
        written = db.executemany(insert, entries).rowcount
        if written == len(entries):
            db.execute("RELEASE entries")
            return set()
        db.execute("ROLLBACK TO entries")
        db.execute("RELEASE entries")
        repeated = self._settle_repeated(entries)
        db.executemany(insert, [entry for entry in entries if (entry[2], entry[1]) not in repeated])
        return repeated

    def _settle_repeated(
        self, entries: Sequence[tuple[int, bytes, int, int, int, int, int, int, int]]
    ) -> set[tuple[int, bytes]]:
        """Settle the events that the ledger has already; returns them, whether they stay or are replaced."""
        db = self.db
        repeated: set[tuple[int, bytes]] = set()
        hashes = {number: row for row, number in self.local.items()}
        for day, id_, hour, second, rank, fingerprint, number, file, place in entries:
            was = db.execute(
                "SELECT l.rank, l.fingerprint, r.hash, l.second FROM ledger l CROSS JOIN row r ON r.id = l.row "
                "WHERE l.day = ? AND l.id = ? AND l.hour = ?",
                (day, id_, hour),
            ).fetchone()
            row = hashes[number]
            if was is None:
                continue
            repeated.add((hour, id_))
            self.duplicates += 1
            new = (rank, fingerprint, row, second)
            if was == new:
                continue
            if was[0] == rank:
                self.conflicts += 1
            if precedence(was) < precedence(new):
                self.lost.add(Lost(row, hour * 3600 + second, id_, fingerprint))
                continue
            self.lost.add(Lost(was[2], hour * 3600 + was[3], id_, was[1]))
            self.replacing.add((hour, id_))
            self.recount |= {(hour, was[2]), (hour, row)}
            db.execute(
                "UPDATE ledger SET second = ?, rank = ?, fingerprint = ?, row = ?, file = ?, place = ? "
                "WHERE day = ? AND id = ? AND hour = ?",
                (second, rank, fingerprint, number, file, place, day, id_, hour),
            )
            self._drop_facts(hour, id_)
        return repeated

    def _drop_facts(self, hour: int, id_: bytes) -> None:
        """Forget the facts of a content that lost."""
        for number, body in self.db.execute(
            "SELECT number, body FROM fact WHERE hour = ? AND id = ?", (hour, id_)
        ).fetchall():
            fact = _FACT.decode(body)
            self.dirty.update(touched_by_fact(fact))
            for term in terms_of_fact(fact):
                self.db.execute(
                    "DELETE FROM term WHERE term = ? AND hour = ? AND item = ? AND number = ?",
                    (term, hour, id_, number),
                )
        self.db.execute("DELETE FROM fact WHERE hour = ? AND id = ?", (hour, id_))
        self.db.execute("DELETE FROM deed WHERE hour = ? AND id = ?", (hour, id_))

    def _write_rows(self, repeated: set[tuple[int, bytes]]) -> None:
        """Add counts and samples to rows; rows that lost an event are counted anew from the ledger."""
        db = self.db
        added: dict[int, tuple[int, int, int]] = {}
        for hour, id_, second, _, _, row_id, _, _ in self.batch.entries:
            if repeated and (hour, id_) in repeated:
                continue
            time = hour * 3600 + second
            count, first, last = added.get(row_id, (0, time, time))
            added[row_id] = (count + 1, time if time < first else first, time if time > last else last)
        lost_by_row: dict[int, set[tuple[int, bytes, int]]] = defaultdict(set)
        self.any_lost = bool(self.lost) or bool(db.execute("SELECT 1 FROM lost LIMIT 1").fetchone())
        for lost in self.lost:
            lost_by_row[lost.row].add((lost.time, lost.id, lost.fingerprint))
        lived = self._lived(self.batch.actors)
        wanted = [row for row in self.batch.rows if row.id in added or (row.hour, row.id) in self.recount]
        standing = self._standing(wanted)
        new_rows = []
        beside = []
        changed = []
        for row in wanted:
            count, first, last = added.get(row.id, (0, 0, 0))
            offered = [(s.time, id_, fp, s) for s, id_, fp in self.batch.samples.get(row.id, ())]
            old = standing.get(row.id)
            if old is None:
                samples = smallest(offered, self._lost_of(row.id, lost_by_row))
                new_rows.append(
                    (self.local[row.id], row.id, row.actor, row.hour, row.account, row.region, row.category,
                     row.api, row.relation, row.target.key if row.target else None, address_key(row), _pack(row), count,
                     first, last,
                     _pack(samples))
                )  # fmt: skip
                beside += [(target.key, self.local[row.id]) for target in row.beside]
                continue
            samples = smallest([*_SAMPLES.decode(old[3]), *offered], self._lost_of(row.id, lost_by_row))
            if old[0] and count:
                count, first, last = count + old[0], min(first, old[1]), max(last, old[2])
            elif old[0]:
                count, first, last = old[:3]
            changed.append((count, first, last, _pack(samples), self.local[row.id]))
        marks = ", ".join("?" * 16)
        db.executemany(f"INSERT INTO row VALUES ({marks})", sorted(new_rows))
        db.executemany("INSERT OR IGNORE INTO beside VALUES (?, ?)", sorted(beside))
        db.executemany("UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?", changed)
        self._write_actors(row.actor for row in wanted)
        for hour, row_id in sorted(self.recount):
            self._recount(hour, row_id, lost_by_row)
        for actor in dict.fromkeys(row.actor for row in wanted):
            who = self.batch.actors[actor]
            if (actor not in lived and self._live(actor)) or is_forwarded(who):
                self.dirty.update(touched_by_actor(actor, who))

    def _standing(self, wanted: Iterable[Row]) -> dict[int, tuple[int, int, int, bytes]]:
        """Count, first, last and samples of the rows that are there already, by hash."""
        found: dict[int, tuple[int, int, int, bytes]] = {}
        for some in chunks([self.local[row.id] for row in wanted]):
            marks = ",".join("?" * len(some))
            for row_hash, *values in self.db.execute(
                f"SELECT hash, count, first, last, samples FROM row WHERE id IN ({marks})", some
            ):
                found[row_hash] = tuple(values)
        return found

    def _lived(self, actors: Iterable[int]) -> set[int]:
        """Which of the actors have counted events already?"""
        found: set[int] = set()
        for some in chunks(list(actors)):
            marks = ",".join("?" * len(some))
            found |= {
                actor
                for (actor,) in self.db.execute(
                    f"SELECT id FROM actor WHERE id IN ({marks}) "
                    "AND EXISTS (SELECT 1 FROM row WHERE actor = actor.id AND count > 0)",
                    some,
                )
            }
        return found

    def _live(self, actor: int) -> bool:
        return bool(self.db.execute("SELECT 1 FROM row WHERE actor = ? AND count > 0 LIMIT 1", (actor,)).fetchone())

    def _lost_of(self, row: int, fresh: Mapping[int, set[tuple[int, bytes, int]]]) -> set[tuple[int, bytes, int]]:
        """All contents that were offered to a row and lost."""
        if not self.any_lost:
            return set()
        stored = self.db.execute("SELECT time, id, fingerprint FROM lost WHERE row = ?", (row,))
        return {tuple(found) for found in stored} | fresh.get(row, set())

    def _recount(self, hour: int, row: int, lost_by_row: Mapping[int, set[tuple[int, bytes, int]]]) -> None:
        """Count a row anew from the ledger; its actor may gain or lose its last event by that."""
        db = self.db
        found = db.execute("SELECT id, actor, samples FROM row WHERE hour = ? AND hash = ?", (hour, row)).fetchone()
        if found is None:
            return
        number, actor, samples = found
        count, first, last = db.execute(
            "SELECT count(*), min(hour * 3600 + second), max(hour * 3600 + second) FROM ledger WHERE row = ?",
            (number,),
        ).fetchone()
        kept = smallest(_SAMPLES.decode(samples), self._lost_of(row, lost_by_row))
        if count:
            db.execute(
                "UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?",
                (count, first, last, _pack(kept), number),
            )
        else:
            db.execute("DELETE FROM row WHERE id = ?", (number,))
            db.execute("DELETE FROM beside WHERE row = ?", (number,))
        body = db.execute("SELECT body FROM actor WHERE id = ?", (actor,)).fetchone()
        if body:
            self.dirty.update(touched_by_actor(actor, _IDENTITY.decode(body[0])))

    def _write_actors(self, wanted: Iterable[int]) -> None:
        for actor in dict.fromkeys(wanted):
            who = self.batch.actors[actor]
            body = _pack(who)
            done = self.db.execute(
                "INSERT OR IGNORE INTO actor (id, body, key) VALUES (?, ?, ?)",
                (actor, body, who.access_key_id),
            ).rowcount
            if done:
                number = actor.to_bytes(8, "big")
                self.db.executemany(
                    "INSERT OR IGNORE INTO term VALUES (?, 0, ?, -1)",
                    [(term, number) for term in terms_of_actor(actor, who)],
                )

    def _write_facts(self, repeated: set[tuple[int, bytes]]) -> None:
        actors = {(entry[0], entry[1]): entry[5] for entry in self.batch.entries}
        by_row = {row.id: row.actor for row in self.batch.rows}
        for hour, id_, found in self.batch.facts:
            if (hour, id_) in repeated and (hour, id_) not in self.replacing:
                continue
            actor = by_row[actors[hour, id_]]
            for number, fact in enumerate(found):
                self.db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?, ?, ?)", (hour, id_, number, _pack(fact)))
                self.db.executemany(
                    "INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)",
                    [(term, hour, id_, number) for term in terms_of_fact(fact)],
                )
                self.dirty.update(touched_by_fact(fact))
                for deed in rows.deeds(fact):
                    write_node(self.db, deed.target, None)
                    self.db.execute(
                        "INSERT OR REPLACE INTO deed VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (deed.type, deed.key, actor, str(deed.target.ref), hour, id_, _pack(deed.properties)),
                    )

    def _write_lost(self) -> None:
        self.db.executemany("INSERT OR IGNORE INTO lost VALUES (?, ?, ?, ?)", sorted(self.lost))

    def _write_sightings(self) -> None:
        self.db.executemany(
            "INSERT INTO sighting VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first), "
            "last = max(last, excluded.last)",
            [(s.principal, s.unique_id, s.arn, s.first, s.last) for s in self.batch.sightings],
        )

    def _account(self, load: str, sums: Sums, fresh: int) -> None:
        batch = self.batch
        sums.files += len(batch.ended)
        sums.bytes += batch.bytes_read
        sums.read += batch.read
        sums.loaded += fresh
        sums.duplicate += batch.duplicates + self.duplicates
        sums.conflicting += batch.conflicts + self.conflicts
        sums.set_aside += len(batch.aside)
        for passed in batch.passed:
            sums.passed[passed.kind] = sums.passed.get(passed.kind, 0) + passed.count
            if passed.kind == "digest" and passed.start is not None and passed.end is not None:
                self.db.execute(
                    "INSERT OR IGNORE INTO digest VALUES (?, ?, ?, ?)",
                    (passed.account, passed.region, passed.start, passed.end),
                )
        self.db.executemany(
            "INSERT INTO aside VALUES (?, ?, ?, ?, ?)",
            [(load, aside.path, aside.index, aside.offset, aside.reason) for aside in batch.aside],
        )
        self.db.execute("UPDATE load SET body = ? WHERE id = ?", (_pack(sums), load))


def chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """The values in pieces that fit an IN list."""
    for start in range(0, len(values), IN_VALUES):
        yield values[start : start + IN_VALUES]


def write_node(db: sqlite3.Connection, node: Node, scope: str | None) -> None:
    """Write a shared node; it takes the fuller of two values, whichever came first."""
    ref = str(node.ref)
    old = db.execute("SELECT body FROM node WHERE ref = ?", (ref,)).fetchone()
    properties = merge_properties(msgspec.msgpack.decode(old[0]), node.properties) if old else node.properties
    db.execute(
        "INSERT INTO node VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET kind = excluded.kind, "
        "scope = coalesce(excluded.scope, scope), body = excluded.body",
        (ref, node.kind, scope, _pack(properties)),
    )


def address_key(row: Row) -> str | None:
    """Key of the address node of a row."""
    node = rows.address_node(row)
    return node.ref.key if node else None
