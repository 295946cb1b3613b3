"""The embedded store: one SQLite file, no server.

Writing happens in immediate transactions, one for each batch and one for each stretch of derivation, so that
a kill at any instant leaves either all of it or none (design §6, §7). SQLite lets one writer in at a time:
whoever derives sees every fact that others have committed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from lineage import rows, schema
from lineage.batch import SAMPLES_PER_ROW, Batch, Lost, Row, precedence
from lineage.errors import BadUse, StoreUnreachable
from lineage.facts import AnyFact, Identity, Sample
from lineage.resolve import (
    Actor,
    Derived,
    Item,
    Session,
    is_forwarded,
    terms_of_actor,
    terms_of_fact,
    touched_by_actor,
    touched_by_fact,
)
from lineage.rows import Edge, Node, Properties
from lineage.seen import Sums
from lineage.stores.embedded_read import EmbeddedReader
from lineage.times import iso, now

SCHEMA_VERSION = "1"
_FACT = msgspec.msgpack.Decoder(AnyFact)
_IDENTITY = msgspec.msgpack.Decoder(Identity)
_pack = msgspec.msgpack.Encoder().encode
StoredSample = tuple[int, bytes, int, Sample]
"""Time, 16-byte ID, fingerprint, sample."""
_SAMPLES = msgspec.msgpack.Decoder(list[StoredSample])


class EmbeddedStore(EmbeddedReader):
    """Lineage in one SQLite file."""

    name = "embedded"

    def __init__(self, path: str | os.PathLike[str], create: bool = True) -> None:
        self.path = Path(path)
        self._written: set[tuple[str, object]] = set()
        if not create and not self.path.exists():
            raise StoreUnreachable(f"{self.path}: no store there; make one with: lineage load PATH --store {self.path}")
        try:
            self._db = sqlite3.connect(self.path, timeout=600, isolation_level=None, cached_statements=256)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA cache_size=-65536")
            self._db.execute("PRAGMA temp_store=MEMORY")
            self._db.execute("PRAGMA wal_autocheckpoint=16000")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self.path}: cannot be opened as a store ({error})") from None

    def _migrate(self) -> None:
        version = self._version()
        if version == SCHEMA_VERSION:
            return
        if version is not None:
            raise BadUse(f"{self.path}: store of version {version}, this program writes {SCHEMA_VERSION}; load into a new file")
        with self.transaction():
            if self._version() is None:
                ddl = resources.files("lineage.stores").joinpath("tables.sql").read_text("utf-8")
                for statement in ddl.split(";\n"):
                    if statement.strip():
                        self._db.execute(statement)
                self._db.execute("INSERT INTO meta VALUES ('version', ?)", (SCHEMA_VERSION,))

    def _version(self) -> str | None:
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            return None
        found = self._db.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        return found[0] if found else None

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; SQLite lets no other writer in beside it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._written.clear()
            raise
        self._db.execute("COMMIT")

    # loads

    def begin_load(self, paths: Sequence[str]) -> str:
        """Note that a load began; returns its ID."""
        load = os.urandom(6).hex()
        started = iso(now())
        sums = Sums(id=load, started=started, paths=list(paths))
        with self.transaction():
            self._db.execute("INSERT INTO load VALUES (?, ?, NULL, ?)", (load, started, _pack(sums)))
        return load

    def finish_load(self, load: str) -> Sums:
        """Note that a load ended; returns its sums."""
        with self.transaction():
            sums = self._sums(load)
            sums.finished = iso(now())
            self._db.execute("UPDATE load SET finished = ?, body = ? WHERE id = ?", (sums.finished, _pack(sums), load))
        return sums

    def _sums(self, load: str) -> Sums:
        (body,) = self._db.execute("SELECT body FROM load WHERE id = ?", (load,)).fetchone()
        return msgspec.msgpack.decode(body, type=Sums)

    def name_accounts(self, names: Mapping[str, str]) -> None:
        """Give accounts their names."""
        with self.transaction():
            self._db.executemany(
                "INSERT INTO account VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name", sorted(names.items())
            )

    # batches

    def add(self, load: str, batch: Batch) -> None:
        """Add a batch in one transaction; what the store has already changes nothing."""
        with self.transaction():
            _Adding(self._db, batch).run(load, self._sums(load))

    # derivation

    def dirty(self, limit: int) -> list[str]:
        """Some of the terms that wait to be derived."""
        return [term for (term,) in self._db.execute("SELECT term FROM dirty LIMIT ?", (limit,))]

    def lookup(self, terms: Iterable[str]) -> dict[str, list[Item]]:
        """Facts and live actors by term."""
        wanted = sorted(set(terms))
        found: dict[str, list[Item]] = {term: [] for term in wanted}
        facts: dict[tuple[int, bytes, int], AnyFact] = {}
        for start in range(0, len(wanted), _IN):
            some = wanted[start : start + _IN]
            marks = ",".join("?" * len(some))
            for term, hour, item, number, body in self._db.execute(
                "SELECT t.term, t.hour, t.item, t.number, f.body FROM term t "
                "CROSS JOIN fact f ON f.hour = t.hour AND f.id = t.item AND f.number = t.number "
                f"WHERE t.term IN ({marks})",
                some,
            ):
                key = (hour, item, number)
                fact = facts.get(key)
                if fact is None:
                    fact = facts[key] = _FACT.decode(body)
                found[term].append(fact)
            for term, item in self._db.execute(
                f"SELECT term, item FROM term WHERE number = -1 AND term IN ({marks})", some
            ).fetchall():
                actor = self._actor(int.from_bytes(item, "big"))
                if actor is not None:
                    found[term].append(actor)
        return found

    def _actor(self, actor: int) -> Actor | None:
        """The actor, None if no event of its is counted any more. Its last second is read where it matters."""
        found = self._db.execute(
            "SELECT body FROM actor WHERE id = ? AND EXISTS (SELECT 1 FROM row WHERE actor = actor.id AND count > 0)", (actor,)
        ).fetchone()
        if found is None:
            return None
        who = _IDENTITY.decode(found[0])
        last = 0
        if is_forwarded(who):
            (last,) = self._db.execute("SELECT max(last) FROM row WHERE actor = ? AND count > 0", (actor,)).fetchone()
        return Actor(actor, who, last)

    def write_derived(self, derived: Derived, done: Sequence[str]) -> None:
        """Replace what stands in the derived scopes, and forget the dirty terms that led to them."""
        db = self._db
        scopes = [(scope,) for scope in [*derived.sessions, *derived.long_term]]
        for table in ("node", "edge", "session"):
            db.executemany(f"DELETE FROM {table} WHERE scope = ?", scopes)
        nodes: list[tuple[Node, str | None]] = []
        edges: list[tuple[Edge, str | None]] = []
        sessions = []
        for scope, found in derived.sessions.items():
            for session in found:
                made = rows.session_rows(session)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
                sessions.append(
                    (session.key, session.account, session.principal_id, session.principal.key, session.name,
                     session.created, scope)
                )  # fmt: skip
        for scope, key in derived.long_term.items():
            if key is not None:
                made = rows.long_term_rows(key)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
        for link in set(derived.links.values()):
            made = rows.principal_rows(link.principal)
            nodes += [(node, None) for node in made.nodes]
            edges += [(edge, None) for edge in made.edges]
        self._write_nodes(nodes)
        unique = {(edge.type, edge.key): (edge, scope) for edge, scope in edges}
        db.executemany(
            "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?)",
            [
                (edge.type, edge.key, str(edge.source), str(edge.target),
                 None if edge.type == schema.IN_ACCOUNT else scope, _pack(edge.properties))
                for edge, scope in unique.values()
                if edge.type != schema.IN_ACCOUNT or self._is_news(edge.type, edge.key)
            ],
        )  # fmt: skip
        db.executemany("INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", sessions)
        db.executemany(
            "UPDATE actor SET source = ?, session = ?, principal = ? WHERE id = ?",
            [(str(link.source), link.session, link.principal.key, actor) for actor, link in derived.links.items()],
        )
        db.executemany("DELETE FROM dirty WHERE term = ?", [(term,) for term in done])

    def _write_nodes(self, nodes: Iterable[tuple[Node, str | None]]) -> None:
        """Write nodes: those of a scope as they are, shared ones merged with what is known of them."""
        own = {str(node.ref): (str(node.ref), node.kind, scope, _pack(node.properties))
               for node, scope in nodes if node.ref.label == schema.SESSION or (node.ref.label == schema.CREDENTIAL and " " in node.ref.key)}  # fmt: skip
        self._db.executemany("INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?)", own.values())
        shared = {(str(node.ref), _pack(node.properties)): (node, scope) for node, scope in nodes if str(node.ref) not in own}
        for what, (node, scope) in shared.items():
            if node.ref.label == schema.CREDENTIAL:
                write_node(self._db, node, scope)
            elif self._is_news(*what):
                write_node(self._db, node, None)

    def _is_news(self, what: str, value: object) -> bool:
        """Was this not written lately? Shared nodes and the accounts of principals come again and again."""
        if len(self._written) > 100_000:
            self._written.clear()
        if (what, value) in self._written:
            return False
        self._written.add((what, value))
        return True

    def settle(self) -> None:
        """Nothing: what rows alone say is read from the rows."""


_IN = 500
"""Values of one IN list."""


def chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    """The values in pieces that fit an IN list."""
    for start in range(0, len(values), _IN):
        yield values[start : start + _IN]


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


def merge_properties(old: Properties, new: Properties) -> Properties:
    """Properties of a shared node from two sources: what is known wins over what is not, the fuller text over
    the shorter, so that the order of merging does not matter."""
    merged = dict(old)
    for name, value in new.items():
        had = merged.get(name)
        if had is None or had == "unknown":
            merged[name] = value if value is not None else had
        elif value is not None and value != had and value != "unknown":
            merged[name] = max(had, value, key=lambda text: (len(str(text)), str(text)))
    return merged


class _Adding:
    """One batch on its way into the tables; lives for one transaction."""

    def __init__(self, db: sqlite3.Connection, batch: Batch) -> None:
        self.db = db
        self.batch = batch
        self.duplicates = 0
        self.conflicts = 0
        self.dirty: set[str] = set()
        self.lost: set[Lost] = {Lost(*lost) for lost in batch.lost}
        self.recount: set[int] = set()

    def run(self, load: str, sums: Sums) -> None:
        batch = self.batch
        repeated = self._write_ledger(self._files())
        fresh = len(batch.entries) - len(repeated)
        self.recount |= {lost.row for lost in self.lost}
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
        return [self.db.execute("SELECT id FROM file WHERE path = ?", (path,)).fetchone()[0] for path in self.batch.paths]

    def _write_ledger(self, files: Sequence[int]) -> set[tuple[int, bytes]]:
        """Write the events that the ledger does not have, settle those that it has, and return the latter.

        Most batches hold nothing but new events: they go in as they are, and only where one was there already
        is the batch taken back and compared.
        """
        db = self.db
        entries = sorted(
            (hour // 24, id_, hour, second, rank, fingerprint, row, files[file], place)
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

    def _settle_repeated(self, entries: Sequence[tuple[int, bytes, int, int, int, int, int, int, int]]) -> set[tuple[int, bytes]]:
        """Settle the events that the ledger has already; returns them, whether they stay or are replaced."""
        db = self.db
        repeated: set[tuple[int, bytes]] = set()
        for day, id_, hour, second, rank, fingerprint, row, file, place in entries:
            was = db.execute(
                "SELECT rank, fingerprint, row, second FROM ledger WHERE day = ? AND id = ? AND hour = ?", (day, id_, hour)
            ).fetchone()
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
            self.recount |= {was[2], row}
            db.execute(
                "UPDATE ledger SET second = ?, rank = ?, fingerprint = ?, row = ?, file = ?, place = ? "
                "WHERE day = ? AND id = ? AND hour = ?",
                (second, rank, fingerprint, row, file, place, day, id_, hour),
            )
            self._drop_facts(hour, id_)
        return repeated

    def _drop_facts(self, hour: int, id_: bytes) -> None:
        """Forget the facts of a content that lost."""
        for number, body in self.db.execute("SELECT number, body FROM fact WHERE hour = ? AND id = ?", (hour, id_)).fetchall():
            fact = _FACT.decode(body)
            self.dirty.update(touched_by_fact(fact))
            for term in terms_of_fact(fact):
                self.db.execute("DELETE FROM term WHERE term = ? AND hour = ? AND item = ? AND number = ?", (term, hour, id_, number))
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
        for lost in self.lost:
            lost_by_row[lost.row].add((lost.time, lost.id, lost.fingerprint))
        standing = self._standing([*added, *self.recount])
        lived = self._lived(self.batch.actors)
        wanted = [row for row in self.batch.rows if row.id in added or row.id in self.recount]
        new_rows = []
        changed = []
        for row in wanted:
            count, first, last = added.get(row.id, (0, 0, 0))
            offered = [(s.time, id_, fp, s) for s, id_, fp in self.batch.samples.get(row.id, ())]
            old = standing.get(row.id)
            if old is None:
                samples = smallest(offered, self._lost_of(row.id, lost_by_row))
                new_rows.append(
                    (row.id, row.actor, row.hour, row.account, row.region, row.category, row.api, row.relation,
                     row.target.key if row.target else None, address_key(row), _pack(row), count, first, last, _pack(samples))
                )  # fmt: skip
                continue
            samples = smallest([*_SAMPLES.decode(old[3]), *offered], self._lost_of(row.id, lost_by_row))
            if old[0] and count:
                count, first, last = count + old[0], min(first, old[1]), max(last, old[2])
            elif old[0]:
                count, first, last = old[:3]
            changed.append((count, first, last, _pack(samples), row.id))
        db.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", new_rows)
        db.executemany("UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?", changed)
        self._write_actors(row.actor for row in wanted)
        for row_id in sorted(self.recount):
            self._recount(row_id, lost_by_row)
        for actor in dict.fromkeys(row.actor for row in wanted):
            who = self.batch.actors[actor]
            if (actor not in lived and self._live(actor)) or is_forwarded(who):
                self.dirty.update(touched_by_actor(actor, who))

    def _standing(self, row_ids: Sequence[int]) -> dict[int, tuple[int, int, int, bytes]]:
        """Count, first, last and samples of the rows that are there already."""
        found: dict[int, tuple[int, int, int, bytes]] = {}
        for some in chunks(row_ids):
            marks = ",".join("?" * len(some))
            for row_id, *values in self.db.execute(f"SELECT id, count, first, last, samples FROM row WHERE id IN ({marks})", some):
                found[row_id] = tuple(values)
        return found

    def _lived(self, actors: Iterable[int]) -> set[int]:
        """Which of the actors have counted events already?"""
        found: set[int] = set()
        for some in chunks(list(actors)):
            marks = ",".join("?" * len(some))
            found |= {
                actor
                for (actor,) in self.db.execute(
                    f"SELECT id FROM actor WHERE id IN ({marks}) AND EXISTS (SELECT 1 FROM row WHERE actor = actor.id AND count > 0)",
                    some,
                )
            }
        return found

    def _live(self, actor: int) -> bool:
        return bool(self.db.execute("SELECT 1 FROM row WHERE actor = ? AND count > 0 LIMIT 1", (actor,)).fetchone())

    def _lost_of(self, row: int, fresh: Mapping[int, set[tuple[int, bytes, int]]]) -> set[tuple[int, bytes, int]]:
        """All contents that were offered to a row and lost."""
        stored = self.db.execute("SELECT time, id, fingerprint FROM lost WHERE row = ?", (row,))
        return {tuple(found) for found in stored} | fresh.get(row, set())

    def _recount(self, row: int, lost_by_row: Mapping[int, set[tuple[int, bytes, int]]]) -> None:
        """Count a row anew from the ledger; its actor may gain or lose its last event by that."""
        db = self.db
        found = db.execute("SELECT actor, samples FROM row WHERE id = ?", (row,)).fetchone()
        if found is None:
            return
        actor, samples = found
        count, first, last = db.execute(
            "SELECT count(*), min(hour * 3600 + second), max(hour * 3600 + second) FROM ledger WHERE row = ?", (row,)
        ).fetchone()
        kept = smallest(_SAMPLES.decode(samples), self._lost_of(row, lost_by_row))
        if count:
            db.execute(
                "UPDATE row SET count = ?, first = ?, last = ?, samples = ? WHERE id = ?",
                (count, first, last, _pack(kept), row),
            )
        else:
            db.execute("DELETE FROM row WHERE id = ?", (row,))
        body = db.execute("SELECT body FROM actor WHERE id = ?", (actor,)).fetchone()
        if body:
            self.dirty.update(touched_by_actor(actor, _IDENTITY.decode(body[0])))

    def _write_actors(self, wanted: Iterable[int]) -> None:
        for actor in dict.fromkeys(wanted):
            who = self.batch.actors[actor]
            body = _pack(who)
            done = self.db.execute(
                "INSERT OR IGNORE INTO actor (id, body, key) VALUES (?, ?, ?)", (actor, body, who.access_key_id)
            ).rowcount
            if done:
                number = actor.to_bytes(8, "big")
                self.db.executemany(
                    "INSERT OR IGNORE INTO term VALUES (?, 0, ?, -1)", [(term, number) for term in terms_of_actor(actor, who)]
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


def smallest(offered: Sequence[StoredSample], lost: set[tuple[int, bytes, int]]) -> list[StoredSample]:
    """The samples of a row: those that won among the smallest that were ever offered to it (by time, event ID).

    Losers keep their places, so that it does not matter whether they came first or last.
    """
    best: dict[tuple[int, bytes, int], StoredSample] = {}
    for sample in offered:
        key = sample[:3]
        if key not in best or msgspec.json.encode(sample[3]) < msgspec.json.encode(best[key][3]):
            best[key] = sample
    order = sorted(set(best) | lost)[:SAMPLES_PER_ROW]
    return [best[key] for key in order if key in best and key not in lost]


def address_key(row: Row) -> str | None:
    """Key of the address node of a row."""
    node = rows.address_node(row)
    return node.ref.key if node else None
