"""What the parts of the SQLite store share: the connection, how values are packed, and lists in statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from lineage.model import schema
from lineage.model.batch import Row
from lineage.model.results import Properties
from lineage.resolve.graph_elements import Node
from lineage.stores.merging import StoredSample, merge_properties, pack

T = TypeVar("T")
IN_VALUES = 500
"""Values of one IN list."""
ROW = msgspec.msgpack.Decoder(Row)
SAMPLES = msgspec.msgpack.Decoder(list[StoredSample])
unpack_properties = msgspec.msgpack.Decoder(Properties).decode


class Tables:
    """An open file."""

    _db: sqlite3.Connection


def in_lists(values: Sequence[T]) -> Iterator[tuple[Sequence[T], str]]:
    """The values in pieces that fit an IN list, with a mark for each."""
    for start in range(0, len(values), IN_VALUES):
        some = values[start : start + IN_VALUES]
        yield some, ",".join("?" * len(some))


def write_node(db: sqlite3.Connection, node: Node, scope: str | None) -> None:
    """Write a shared node; it takes the fuller of two values, whichever came first."""
    ref = str(node.ref)
    old = db.execute("SELECT body FROM node WHERE ref = ?", (ref,)).fetchone()
    properties = merge_properties(unpack_properties(old[0]), node.properties) if old else node.properties
    db.execute(
        "INSERT INTO node VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET kind = excluded.kind, "
        "scope = coalesce(excluded.scope, scope), body = excluded.body",
        (ref, node.kind, scope, pack(properties)),
    )
    if old is None and node.ref.label == schema.PRINCIPAL:
        outside = node.ref.key.partition(":")[2] if node.kind == "ExternalAccount" else None
        db.executemany(
            "INSERT OR IGNORE INTO called VALUES (?, ?)",
            [(name, node.ref.key) for name in (node.properties.get("name"), outside) if name],
        )
