"""What the parts of the SQLite store share: the connection, how values are packed, and lists in statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from lineage.model import schema
from lineage.model.results import Properties
from lineage.resolve.graph_elements import Node
from lineage.stores.merging import merge_properties, pack

if TYPE_CHECKING:
    from lineage.stores.sqlite.rows import Rows

IN_VALUES = 500
"""Values of one IN list."""
LIVE = "EXISTS (SELECT 1 FROM row WHERE row.actor = actor.id AND row.count > 0)"
"""An identity counts only as long as an event of its does: of two contents of an event, one loses."""
unpack_properties = msgspec.msgpack.Decoder(Properties).decode


class Tables:
    """An open file."""

    _db: sqlite3.Connection
    _rows: Rows


def read_in(db: sqlite3.Connection, statement: str, values: Sequence[object], *first: object) -> Iterator[Any]:
    """The records of a statement with `IN (*)`, its last parameters; it runs for some hundred values at a time."""
    for start in range(0, len(values), IN_VALUES):
        some = values[start : start + IN_VALUES]
        marks = ",".join("?" * len(some))
        yield from db.execute(statement.replace("IN (*)", f"IN ({marks})"), (*first, *some))


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
        own = _own_id(node.kind, node.ref.key)
        db.executemany(
            "INSERT OR IGNORE INTO called VALUES (?, ?)",
            [(name, node.ref.key) for name in (node.properties.get("name"), own) if name],
        )


def _own_id(kind: str | None, key: str) -> str | None:
    """The ID that a principal may be asked for by, where no sighting has it: of a principal of an outside account that
    behind the account, of an Identity Center user that behind the identity store."""
    if kind == "ExternalAccount":
        return key.partition(":")[2]
    return key.partition("/")[2] if kind == "IdentityCenterUser" and not key.startswith("name/") else None
