"""States of the SQLite store: a read transaction that stays open on the last state in which all was derived.

While a load runs, questions are answered from the state before it. SQLite keeps that state in the write-ahead log,
which grows as long as it is held; above `LARGEST_LOG` it is let go, and there is no answer until the load ends.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lineage.model.errors import StoreLoading, StoreUnreachable, TakesTooLong
from lineage.stores.reader import Store
from lineage.stores.sqlite.store import SQLiteStore

T = TypeVar("T")
LARGEST_LOG = 4 << 30
"""Bytes of the write-ahead log up to which an old state is held."""
PATIENCE = 2.0
"""Seconds for which a state is waited for: a load of a few objects is done by then."""
PAUSE = 0.02
STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock: well under a millisecond."""


class SQLiteSnapshots:
    """Two connections: one holds a state, the other looks for the next one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.as_of: float | None = None
        self._path = Path(path)
        self._held: SQLiteStore | None = None
        self._next: SQLiteStore | None = None
        self._file: tuple[int, int] | None = None
        """Device and inode of the open file."""

    def ask(self, question: Callable[[Store], T], seconds: float) -> T:
        self.refresh()
        patient = time.monotonic() + min(PATIENCE, seconds)
        while self._held is None and time.monotonic() < patient:
            time.sleep(PAUSE)
            self.refresh()
        if self._held is None:
            raise StoreLoading(
                f"{self._path}: a load is running, or one was ended early; ask again when it is done, or load again"
            )
        ends = time.monotonic() + seconds
        db = self._held._db
        db.set_progress_handler(lambda: time.monotonic() > ends, STEPS)
        try:
            return question(self._held)
        except sqlite3.OperationalError as error:
            if time.monotonic() > ends:
                raise TakesTooLong(f"no answer within {seconds:g} s; ask for less, or allow more time") from None
            raise StoreUnreachable(f"{self._path}: cannot be read ({error})") from None
        finally:
            db.set_progress_handler(None, 0)

    def refresh(self) -> None:
        self._notice_new_file()
        if self._next is None:
            self._next = SQLiteStore(self._path, create=False)
        try:
            self._next._db.execute("BEGIN")
            if self._next.waiting():
                _let_go(self._next)
                self._bound()
                return
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self._path}: cannot be read ({error})") from None
        self._held, self._next = self._next, self._held
        self.as_of = time.time()
        if self._next is not None:
            _let_go(self._next)

    def _notice_new_file(self) -> None:
        """Forget the connections where the file was replaced."""
        try:
            found = self._path.stat()
        except OSError:
            self.close()
            return
        if self._file != (found.st_dev, found.st_ino):
            self.close()
            self._file = (found.st_dev, found.st_ino)

    def _bound(self) -> None:
        log = self._path.with_name(f"{self._path.name}-wal")
        if self._held is not None and log.exists() and log.stat().st_size > LARGEST_LOG:
            self._held.close()
            self._held = None

    def close(self) -> None:
        for store in (self._held, self._next):
            if store is not None:
                store.close()
        self._held = self._next = None


def _let_go(store: SQLiteStore) -> None:
    if store._db.in_transaction:
        store._db.execute("ROLLBACK")
