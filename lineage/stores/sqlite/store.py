"""The SQLite store: one file, no server.

Writing happens in immediate transactions, one for each batch and one for each stretch of derivation, so that
a kill at any instant leaves either all of it or none (design §6, §7). SQLite lets one writer in at a time:
whoever derives sees every fact that others have committed.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path

import msgspec

from lineage.model.batch import Batch
from lineage.model.errors import BadUse, StoreUnreachable
from lineage.model.results import Sums
from lineage.model.times import iso, now
from lineage.stores.merging import load_id, pack
from lineage.stores.sqlite.add import Adding
from lineage.stores.sqlite.coverage import Loaded
from lineage.stores.sqlite.db import read_in
from lineage.stores.sqlite.derive import Derivation
from lineage.stores.sqlite.graphs import Graphs
from lineage.stores.sqlite.lookups import LookUps
from lineage.stores.sqlite.nodes import Nodes
from lineage.stores.sqlite.prune import Pruning
from lineage.stores.sqlite.rows import Rows
from lineage.stores.sqlite.texts import Texts

SCHEMA_VERSION = "6"


class SQLiteStore(LookUps, Graphs, Loaded, Derivation, Pruning):
    """Lineage in one SQLite file."""

    name = "sqlite"

    def __init__(self, path: str | os.PathLike[str], create: bool = True) -> None:
        self.path = Path(path)
        if self.path.exists():
            _ = self._db
        elif not create:
            raise StoreUnreachable(f"{self.path}: no store there; make one with: lineage load PATH --store {self.path}")
        elif not self.path.parent.is_dir():
            raise StoreUnreachable(f"{self.path}: cannot be opened as a store (no such folder)")

    @cached_property
    def _db(self) -> sqlite3.Connection:  # type: ignore[override]  # its parts only declare it
        """The open file. A new one is made when it is first needed: what fails before leaves no empty store."""
        try:
            db = sqlite3.connect(self.path, timeout=600, isolation_level=None, cached_statements=256)
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA cache_size=-16384")
            db.execute("PRAGMA temp_store=MEMORY")
            db.execute("PRAGMA wal_autocheckpoint=50000")
            self.__dict__["_db"] = db
            self._migrate()
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self.path}: cannot be opened as a store ({error})") from None
        return db

    @cached_property
    def _rows(self) -> Rows:  # type: ignore[override]  # as above
        return Rows(self._db, Texts(self._db))

    @cached_property
    def _nodes(self) -> Nodes:  # type: ignore[override]  # as above
        return Nodes(self._db, self._rows.texts)

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
        if "_db" not in self.__dict__:
            self._db = sqlite3.connect(":memory:")  # so that a question asked later fails, and makes no file
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; SQLite lets no other writer in meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._rows.forget()
            self._nodes.forget()
            raise
        finally:
            self._deriving = None
        self._db.execute("COMMIT")

    # loads

    def begin_load(self, paths: Sequence[str]) -> str:
        load = load_id()
        started = iso(now())
        sums = Sums(id=load, started=started, paths=list(paths))
        with self.transaction():
            self._db.execute("INSERT INTO load (id, started, body) VALUES (?, ?, ?)", (load, started, pack(sums)))
        return load

    def finish_load(self, load: str) -> Sums:
        with self.transaction():
            self._forget_usage()
            sums = self._sums(load)
            sums.finished = iso(now())
            self._db.execute("UPDATE load SET finished = ?, body = ? WHERE id = ?", (sums.finished, pack(sums), load))
        return sums

    def _sums(self, load: str) -> Sums:
        (body,) = self._db.execute("SELECT body FROM load WHERE id = ?", (load,)).fetchone()
        return msgspec.msgpack.decode(body, type=Sums)

    def name_accounts(self, names: Mapping[str, str]) -> None:
        with self.transaction():
            self._db.executemany(
                "INSERT INTO account VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
                sorted(names.items()),
            )

    def make_durable(self) -> None:
        self._db.execute("PRAGMA synchronous=FULL")

    def note(self, kind: str, entries: Mapping[str, bytes]) -> None:
        if entries:
            with self.transaction():
                self._db.executemany(
                    "INSERT OR REPLACE INTO note VALUES (?, ?, ?)",
                    sorted((kind, key, body) for key, body in entries.items()),
                )

    # batches

    def add(self, load: str, batch: Batch) -> None:
        with self.transaction():
            (number,) = self._db.execute("SELECT number FROM load WHERE id = ?", (load,)).fetchone()
            Adding(self._db, self._rows, self._nodes, batch, number).run(load, self._sums(load))

    def loaded_files(self, paths: Sequence[str]) -> dict[str, int]:
        if not self.path.exists():
            return {}  # to ask makes no file
        return {path: size for path, digest, size in self._files_at(paths) if digest}

    def noted(self, kind: str, keys: Sequence[str] | None = None) -> dict[str, bytes]:
        if "_db" not in self.__dict__ and not self.path.exists():
            return {}  # to ask makes no file
        if keys is None:
            return dict(self._db.execute("SELECT key, body FROM note WHERE kind = ? ORDER BY key", (kind,)))
        return dict(read_in(self._db, "SELECT key, body FROM note WHERE kind = ? AND key IN (*)", keys, kind))

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Refuses: the SQLite store runs no Cypher."""
        raise BadUse(f"query {name}: needs Neo4j; give its address with --store neo4j://HOST:7687")
