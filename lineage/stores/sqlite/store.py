"""The embedded store: one SQLite file, no server.

Writing happens in immediate transactions, one for each batch and one for each stretch of derivation, so that
a kill at any instant leaves either all of it or none (design §6, §7). SQLite lets one writer in at a time:
whoever derives sees every fact that others have committed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import Batch, Sighting
from lineage.model.errors import BadUse, StoreUnreachable
from lineage.model.facts import AnyFact, Identity
from lineage.model.results import Sums
from lineage.model.times import iso, now
from lineage.resolve import graph_elements, resolve
from lineage.resolve.graph_elements import Edge, Node
from lineage.resolve.resolved import Actor, Derived, Item
from lineage.stores.merging import StoredSample, load_id
from lineage.stores.sqlite.add import IN_VALUES, Adding, write_node
from lineage.stores.sqlite.calls import in_lists
from lineage.stores.sqlite.read import EmbeddedReader

SCHEMA_VERSION = "4"
LINKS = 2_000
"""Terms that are followed at a time."""
_FACT = msgspec.msgpack.Decoder(AnyFact)
_IDENTITY = msgspec.msgpack.Decoder(Identity)
_pack = msgspec.msgpack.Encoder().encode
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
            self._db.execute("PRAGMA cache_size=-16384")
            self._db.execute("PRAGMA temp_store=MEMORY")
            self._db.execute("PRAGMA wal_autocheckpoint=50000")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self.path}: cannot be opened as a store ({error})") from None

    def _migrate(self) -> None:
        version = self._version()
        if version == SCHEMA_VERSION:
            return
        if version is not None:
            raise BadUse(
                f"{self.path}: store of version {version}, this program writes {SCHEMA_VERSION}; load into a new file"
            )
        with self.transaction():
            if self._version() is None:
                ddl = resources.files("lineage.stores.sqlite").joinpath("tables.sql").read_text("utf-8")
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
        load = load_id()
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
                "INSERT INTO account VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
                sorted(names.items()),
            )

    # batches

    def add(self, load: str, batch: Batch) -> None:
        """Add a batch in one transaction; what the store has already changes nothing."""
        with self.transaction():
            Adding(self._db, batch).run(load, self._sums(load))

    # derivation

    def dirty(self, limit: int) -> list[str]:
        """Some of the scopes that wait to be derived.

        Terms that only lead to scopes are followed first, all of them, so that no scope is derived twice.
        """
        db = self._db
        links = "SELECT term FROM dirty WHERE NOT (term GLOB 's *' OR term GLOB 'a *' OR term GLOB 'k *') LIMIT ?"
        while some := [term for (term,) in db.execute(links, (LINKS,))]:
            scopes = resolve.expand(some, self.lookup)
            db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(scope,) for scope in sorted(scopes)])
            db.executemany("DELETE FROM dirty WHERE term = ?", [(term,) for term in some])
        return [term for (term,) in db.execute("SELECT term FROM dirty LIMIT ?", (limit,))]

    def lookup(self, terms: Iterable[str]) -> dict[str, list[Item]]:
        """Facts and live actors by term."""
        wanted = sorted(set(terms))
        found: dict[str, list[Item]] = {term: [] for term in wanted}
        facts: dict[tuple[int, bytes, int], AnyFact] = {}
        for start in range(0, len(wanted), IN_VALUES):
            some = wanted[start : start + IN_VALUES]
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
        for ids, marks in in_lists([term[2:] for term in wanted if term[0] == "i"]):
            for names in self._db.execute(
                f"SELECT principal, unique_id, arn, first, last FROM sighting WHERE unique_id IN ({marks})", ids
            ):
                found[keys.id_term(names[1])].append(Sighting(*names))
        return found

    def _actor(self, actor: int) -> Actor | None:
        """The actor, None if no event of its is counted any more."""
        found = self._db.execute(
            "SELECT body FROM actor WHERE id = ? AND EXISTS (SELECT 1 FROM row WHERE actor = actor.id AND count > 0)",
            (actor,),
        ).fetchone()
        if found is None:
            return None
        return Actor(actor, _IDENTITY.decode(found[0]))

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
                made = graph_elements.session_rows(session)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
                sessions.append(
                    (session.key, session.account, session.principal_id, session.principal.key, session.name,
                     session.created, scope)
                )  # fmt: skip
        for scope, key in derived.long_term.items():
            if key is not None:
                made = graph_elements.long_term_rows(key)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
        for link in set(derived.links.values()):
            nodes.append((graph_elements.node_of(link.principal), None))
        self._write_nodes(nodes)
        unique = {(edge.type, edge.key): (edge, scope) for edge, scope in edges}
        db.executemany(
            "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?)",
            [
                (edge.type, edge.key, str(edge.source), str(edge.target),
                 scope, _pack(edge.properties))
                for edge, scope in unique.values()
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
               for node, scope in nodes if is_of_session(node)}  # fmt: skip
        self._db.executemany("INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?)", own.values())
        shared = {
            (str(node.ref), _pack(node.properties)): (node, scope) for node, scope in nodes if str(node.ref) not in own
        }
        for what, (node, scope) in shared.items():
            if node.ref.label == schema.CREDENTIAL:
                write_node(self._db, node, scope)
            elif self._is_news(*what):
                write_node(self._db, node, None)

    def _is_news(self, what: str, value: object) -> bool:
        """Was this not written lately? Shared nodes and the accounts of principals come again and again."""
        if len(self._written) > 20_000:
            self._written.clear()
        if (what, value) in self._written:
            return False
        self._written.add((what, value))
        return True

    def settle(self) -> None:
        """Nothing: what rows alone say is read from the rows."""


def is_of_session(node: Node) -> bool:
    """Is it a session, or a key that came with one? Such nodes belong to one scope alone."""
    label, key = node.ref
    return label == schema.SESSION or (label == schema.CREDENTIAL and " " in key)
