"""States of the Neo4j store. Neo4j keeps no old state for a reader, so a question is asked again where one changed.

Every write transaction writes a new value into one node, the lock. Where that value is the same before and after a
question, and nothing waited to be derived, the question saw one state with all derived. Otherwise it is asked again,
for `PATIENCE` seconds: while a load runs there is no answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lineage.model.errors import LineageError, StoreLoading, TakesTooLong
from lineage.stores.neo4j.store import Neo4jStore
from lineage.stores.reader import Store

T = TypeVar("T")
PATIENCE = 5.0
PAUSE = 0.1


class Neo4jSnapshots:
    """An open store and what its last write was."""

    def __init__(self, uri: str) -> None:
        self.as_of: float | None = None
        self._uri = uri
        self._store: Neo4jStore | None = None

    def ask(self, question: Callable[[Store], T], seconds: float) -> T:
        began = time.monotonic()
        store = self._opened()
        while (left := began + seconds - time.monotonic()) > 0:
            store.read_seconds = max(1.0, left)  # the server counts in whole seconds, and 0 is none
            try:
                before, waits = self._state(store)
                asked = time.time()
                if not waits:
                    found = question(store)
                    if self._state(store) == (before, False):
                        self.as_of = asked
                        return found
            except LineageError:
                if time.monotonic() - began >= seconds:
                    break
                raise
            if time.monotonic() - began > PATIENCE:
                raise StoreLoading(
                    f"{store.path}: a load is running, or one was ended early; ask again when it is done"
                )
            time.sleep(PAUSE)
        raise TakesTooLong(f"no answer within {seconds:g} s; ask for less, or allow more time")

    def refresh(self) -> None:
        _, waits = self._state(self._opened())
        if not waits:
            self.as_of = time.time()

    def _opened(self) -> Neo4jStore:
        if self._store is None:
            self._store = Neo4jStore(self._uri)
        return self._store

    @staticmethod
    def _state(store: Neo4jStore) -> tuple[str | None, bool]:
        """The last write, and whether anything waits. A new store has neither."""
        found = store._read("state")
        return (found[0][0], bool(found[0][1])) if found else (None, False)

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
