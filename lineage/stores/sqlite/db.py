"""What the parts of the SQLite store share: the connection, how values are packed, and lists in statements."""

from __future__ import annotations

import contextlib
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import msgspec

from lineage.model.compact import decompress
from lineage.model.facts import AnyFact, Identity
from lineage.model.results import Properties
from lineage.stores.merging import FACT, IDENTITY

if TYPE_CHECKING:
    from lineage.stores.sqlite.nodes import Nodes
    from lineage.stores.sqlite.rows import Rows

IN_VALUES = 500
"""Values of one IN list."""
LIVE = (
    "(EXISTS (SELECT 1 FROM row WHERE row.actor = actor.id AND row.count > 0) "
    "OR EXISTS (SELECT 1 FROM kept WHERE kept.actor = actor.id))"
)
"""An identity counts only as long as an event of its does, or did when it was forgotten: of two contents of an event,
one loses."""
unpack_properties = msgspec.msgpack.Decoder(Properties).decode


class Tables(ABC):
    """An open file."""

    _db: sqlite3.Connection
    _rows: Rows
    _nodes: Nodes

    @abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """One write transaction."""

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """One state of the file for all that is read inside, whatever others write meanwhile."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")


def read_in(db: sqlite3.Connection, statement: str, values: Sequence[object], *first: object) -> Iterator[Any]:
    """The records of a statement with `IN (*)`, its last parameters; it runs for some hundred values at a time."""
    for start in range(0, len(values), IN_VALUES):
        some = values[start : start + IN_VALUES]
        marks = ",".join("?" * len(some))
        yield from db.execute(statement.replace("IN (*)", f"IN ({marks})"), (*first, *some))


def values_of(db: sqlite3.Connection, column: str) -> list[int]:
    """The values of a column of `row` that begins an index, from one to the next: there are far fewer than rows."""
    found = db.execute(
        f"WITH RECURSIVE one(value) AS (SELECT min({column}) FROM row UNION ALL "
        f"SELECT (SELECT min(r.{column}) FROM row r WHERE r.{column} > one.value) FROM one "
        "WHERE one.value IS NOT NULL) SELECT value FROM one WHERE value IS NOT NULL"
    )
    return [value for (value,) in found]


def last_number(db: sqlite3.Connection, table: str) -> int:
    """The highest `id` of a table; 0 where it is empty."""
    (last,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
    return int(last)


def unpack_identity(body: bytes) -> Identity:
    """The identity in the body of an actor."""
    return IDENTITY.decode(decompress(body))


def unpack_fact(body: bytes) -> AnyFact:
    """The fact in its body."""
    fact: AnyFact = FACT.decode(decompress(body))
    return fact
