"""The ledger as Neo4j keeps it: one entry of 59 bytes for each counted event, 77 of some, in shards.

A shard holds the events of one UTC hour whose IDs fall into one bucket. The buckets of an hour grow with it,
so that a shard stays small: a repeated or late event costs one shard, and so does a search in an hour.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator
from typing import NamedTuple

from lineage.model.batch import ContentKey

ID_BYTES = 16
SHARD_EVENTS = 128
"""More events than this in a shard, on the average of its hour, make four shards of one."""
MOST_BUCKETS = 1 << 16

Shard = dict[bytes, bytes]
"""By event ID: the packed place."""


class Place(NamedTuple):
    """What the ledger knows of an event: content, row, caller, file."""

    second: int
    rank: int
    fingerprint: int
    row: bytes
    actor: bytes
    file: int
    at: int
    """Place of the record in its file."""
    shared: int
    """As `lineage.model.batch.shared_hash` gives it."""

    @property
    def content(self) -> ContentKey:
        """What makes two deliveries of an event the same (`lineage.model.batch.precedence`)."""
        return (self.rank, self.fingerprint, self.row, self.second)


_PLACE = struct.Struct("<HB16s16sII")
"""Second, rank, row, actor, file, index."""
_MORE = struct.Struct("<QQ")
"""Fingerprint and shared, where they are not the rank and 0."""
_MORE_OF = struct.Struct("<H16s")
"""The same in a shard, with the place of the event there."""
_pack = _PLACE.pack


def pack_place(
    second: int, rank: int, fingerprint: int, row: bytes, actor: bytes, file: int, at: int, shared: int
) -> bytes:
    """A place as bytes."""
    packed = _pack(second, rank, row, actor, file, at)
    return packed if fingerprint == rank and not shared else packed + _MORE.pack(fingerprint, shared)


def place(packed: bytes) -> Place:
    """The place that was packed."""
    second, rank, row, actor, file, at = _PLACE.unpack_from(packed)
    fingerprint, shared = _MORE.unpack_from(packed, _PLACE.size) if len(packed) > _PLACE.size else (rank, 0)
    return Place(second, rank, fingerprint, row, actor, file, at, shared)


def shard_key(hour: int, bucket: int) -> int:
    """Key of a shard."""
    return hour * MOST_BUCKETS + bucket


def shard_keys(hour: int, buckets: int) -> list[int]:
    """Keys of all shards of an hour."""
    return [shard_key(hour, bucket) for bucket in range(buckets)]


def id_hash(id_: bytes) -> int:
    """The part of an event ID that chooses its bucket: bucket = hash modulo buckets."""
    return id_[14] << 8 | id_[15]


def id_text(id_: bytes) -> str:
    """The text of an ID in a shard: a character for each byte, so that Cypher can search it."""
    return id_.decode("latin-1")


def buckets_for(events: int, buckets: int) -> int:
    """How many buckets an hour of so many events has, that has `buckets` now; a power of four."""
    while events > buckets * SHARD_EVENTS and buckets < MOST_BUCKETS:
        buckets *= 4
    return buckets


def unpack(ids: str, rest: bytes) -> Shard:
    """A shard from its two properties."""
    raw, size, count = ids.encode("latin-1"), _PLACE.size, len(ids) // ID_BYTES
    packed = [rest[i * size : (i + 1) * size] for i in range(count)]
    for n, more in _MORE_OF.iter_unpack(rest[count * size :]):
        packed[n] += more
    return {raw[i * ID_BYTES : (i + 1) * ID_BYTES]: packed[i] for i in range(count)}


def pack(shard: Shard) -> tuple[str, bytes]:
    """The two properties of a shard."""
    size = _PLACE.size
    places = [packed[:size] for packed in shard.values()]
    more = [_MORE_OF.pack(n, packed[size:]) for n, packed in enumerate(shard.values()) if len(packed) > size]
    return b"".join(shard).decode("latin-1"), b"".join(places + more)


def places_of_rows(ids: str, rest: bytes, rows: Container[bytes]) -> Iterator[tuple[bytes, int, bytes]]:
    """Row, second and ID of the events of a shard that went into some rows."""
    for n, (second, _, row, *_) in enumerate(_PLACE.iter_unpack(rest[: len(ids) // ID_BYTES * _PLACE.size])):
        if row in rows:
            yield row, second, ids[n * ID_BYTES : (n + 1) * ID_BYTES].encode("latin-1")


_HOUR = struct.Struct("<IH")
KEPT = 0
"""The hour that stands for those of an identity whose usage was forgotten."""


def pack_hours(hours: dict[int, int]) -> bytes:
    """UTC hours in which an identity called, each with its last second, as bytes."""
    return b"".join(_HOUR.pack(hour, second) for hour, second in sorted(hours.items()))


def unpack_hours(packed: bytes) -> dict[int, int]:
    """What `pack_hours` packed."""
    return dict(_HOUR.iter_unpack(packed))


def last_of(packed: bytes) -> int | None:
    """The last second in packed hours, None of none."""
    if not packed:
        return None
    hour, second = _HOUR.unpack_from(packed, len(packed) - _HOUR.size)
    return int(hour) * 3600 + int(second)


def places(ids: str, rest: bytes) -> Iterator[tuple[bytes, Place]]:
    """All events of a shard."""
    for id_, packed in unpack(ids, rest).items():
        yield id_, place(packed)
