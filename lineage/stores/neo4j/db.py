"""What the parts of the Neo4j store share: running a named statement, and how rows wait in bookkeeping nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from lineage.model import schema
from lineage.model.batch import Row, Sighting, relation_of
from lineage.model.facts import Target
from lineage.model.times import parse_when
from lineage.stores.merging import StoredSample

UNWIND_ROWS = 5_000
"""Rows of one statement: half as many are slower, twice as many no faster (measured)."""

FACT_LETTERS = "skcfgnpqi"
ACTOR_LETTERS = "skngi"
"""First letters of the terms under which facts and identities are found: each is a property, and has an index;
the term of an identity itself (`a`) is its number."""

Record = list[Any]
"""One record of a result: values as the driver gives them, in the order of the statement's columns."""


class Db(Protocol):
    """An open transaction. Statements are named: the files of `cypher/store/`."""

    def read(self, name: str, /, **parameters: object) -> list[Record]:
        """Run a statement; returns its records."""

    def write(self, name: str, /, **parameters: object) -> None:
        """Run a statement without waiting for its end."""


def write_rows(db: Db, name: str, rows: Sequence[object]) -> None:
    """Run a writing statement on `$rows`, some thousands at a time."""
    for start in range(0, len(rows), UNWIND_ROWS):
        db.write(name, rows=rows[start : start + UNWIND_ROWS])


def read_many(db: Db, name: str, parameter: str, values: Sequence[object]) -> list[Record]:
    """The records of a statement on a list, some thousands of values at a time."""
    found: list[Record] = []
    for start in range(0, len(values), UNWIND_ROWS):
        found += db.read(name, **{parameter: values[start : start + UNWIND_ROWS]})
    return found


class Delta(msgspec.Struct, array_like=True):
    """What a batch adds to a row."""

    row: Row
    count: int
    first: int
    last: int
    samples: list[StoredSample]


class Pending(msgspec.Struct, array_like=True):
    """What waits to be written to the graph until all identities have their places. Merging is commutative:
    what stands in ledger and facts when it is taken decides."""

    rows: list[Delta] = []
    recount: list[tuple[int, int]] = []
    """Actor and row of rows that lost or won an event against another content: counted from the ledger."""
    events: list[str] = []
    """Events whose deeds are to be written from their facts."""
    dropped: list[tuple[str, str]] = []
    """Type and key of deeds whose facts are gone."""
    sightings: list[Sighting] = []
    moved: list[int] = []
    """Actors that hang elsewhere now."""


_TARGET = msgspec.json.Decoder(Target)
PENDING = msgspec.msgpack.Decoder(Pending)
pack = msgspec.msgpack.Encoder().encode


def row_key(actor: int, row: int) -> str:
    """Key of the relationships of a row; rows of one actor begin alike."""
    return f"{actor_prefix(actor)}{row:x}"


def actor_prefix(actor: int) -> str:
    """What the keys of all rows of an actor begin with."""
    return f"{actor:x} "


def target_key(key: str, place: int) -> str:
    """Key of the relationship from a row to one of its targets, by the target's place: to the first the row's own."""
    return f"{key} {place}" if place else key


def row_of_key(key: str) -> int:
    """The row's number in its key, or in that of one of its targets."""
    return int(key.split(" ", 2)[1], 16)


def event_key(hour: int, id_: bytes) -> str:
    """Key of an event's facts."""
    return f"{hour} {id_.hex()}"


def lost_key(row: int, time: int, id_: bytes) -> str:
    """Key of an event that holds a place in a row, but does not count there."""
    return f"{row} {time} {id_.hex()}"


def stored_row(api: str, properties: dict[str, Any]) -> Row:
    """A row from its `USED` relationship."""
    actor, number = (int(part, 16) for part in properties["key"].split(" "))
    target = None
    if (resource := properties.get("resource")) is not None:
        target = Target(
            key=resource, type=properties["resource_type"], account=properties.get("resource_account"),
            id=properties.get("resource_id"),
        )  # fmt: skip
    error = properties.get("error")
    return Row(
        id=number, actor=actor, api=api, hour=(parse_when(properties["hour"]) or 0) // 3600,
        account=properties.get("account"), region=properties.get("region"), source_ip=properties.get("source_ip"),
        endpoint=properties.get("endpoint"), user_agent=properties.get("user_agent"), error=error,
        console=properties["console"], copy=properties["copy"], category=properties["category"],
        sensitive=properties["sensitive"], presigned=properties["presigned"], target=target,
        relation=relation_of(api, error, target),
        beside=tuple(map(_TARGET.decode, properties.get("beside") or ())), beyond=properties.get("beyond") or 0,
    )  # fmt: skip


def ref_of(labels: Sequence[str], key: str) -> str:
    """The reference of a node, from all its labels."""
    return f"{next(label for label in labels if label in schema.LABELS)} {key}"


def known(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties that have a value: the database keeps no others."""
    return {name: value for name, value in properties.items() if value is not None}
