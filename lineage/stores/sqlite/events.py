"""Counted events in the SQLite store: the events of a row in chunks, and a thin index from event IDs to rows.

The index holds 48 bits of an event ID with its day. The chunks hold the whole IDs, so another event with the same 48
bits is recognised; it stands in `ledger_more`.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import msgspec

from lineage.model.batch import Entries
from lineage.stores.sqlite.db import read_in

CHUNKS = 64
"""Chunks of one row; when they are used up, they become one."""
OF_ROW = f"e.id BETWEEN r.id * {CHUNKS} AND r.id * {CHUNKS} + {CHUNKS - 1}"
"""SQL condition that a chunk `e` is of a row `r`."""
DAYS = 0x7FFF
"""Days of an index key; later days share the keys of earlier ones."""
DAY_SHIFT = 48
"""Bits of an index key behind its day."""


class Counted(NamedTuple):
    """One counted event of a row."""

    id: bytes
    second: int
    """Within the hour of the row."""
    rank: int
    fingerprint: int
    file: int
    place: int
    shared: int


_SHORT = 0xFFFF
_Chunk = tuple[int, bytes, bytes, int | bytes, int | bytes, bytes, dict[int, int], dict[int, int]]
"""Number of the first file; IDs, seconds, ranks, files from the first one, places; fingerprints and shared hashes by
position."""
_decode = msgspec.msgpack.Decoder(_Chunk).decode
_encode = msgspec.msgpack.Encoder().encode


def index_key(hour: int, id_: bytes) -> int:
    """Return the key of an event in the index."""
    return (hour // 24 & DAYS) << DAY_SHIFT | int.from_bytes(id_[:6], "big")


def index_keys(entries: Entries, hours: Sequence[int]) -> list[int]:
    """Return the keys of entries, whose rows are of some hours."""
    heads = array("Q", entries.ids)[::2]
    heads.byteswap()
    days = [(hour // 24 & DAYS) << DAY_SHIFT for hour in hours]
    each = chain.from_iterable(map(repeat, days, array("I", entries.counts)))
    return [day | head >> 64 - DAY_SHIFT for day, head in zip(each, heads, strict=True)]


def chunk(events: Iterable[Counted]) -> bytes:
    """Return events as one chunk."""
    found = sorted(events, key=lambda event: (event.second, event.id))
    return _chunk(
        0,
        b"".join(event.id for event in found),
        array("H", [event.second for event in found]).tobytes(),
        bytes([event.rank for event in found]),
        array("I", [event.file for event in found]),
        array("I", [event.place for event in found]),
        {n: event.fingerprint for n, event in enumerate(found) if event.fingerprint != event.rank},
        {n: event.shared for n, event in enumerate(found) if event.shared},
    )


def chunks(entries: Entries, first_file: int) -> Iterator[bytes]:
    """Yield the entries of a batch as one chunk a row; its files have the numbers from `first_file`."""
    ids, seconds, ranks = entries.ids, entries.seconds, entries.ranks
    files, places = array("H", entries.files), array("I", entries.places)
    fingerprints, shared = entries.fingerprints, entries.shared
    special = sorted(fingerprints.keys() | shared.keys())
    start = upcoming = 0
    for count in array("I", entries.counts):
        end = start + count
        prints: dict[int, int] = {}
        hashes: dict[int, int] = {}
        while upcoming < len(special) and (n := special[upcoming]) < end:
            if n in fingerprints:
                prints[n - start] = fingerprints[n]
            if n in shared:
                hashes[n - start] = shared[n]
            upcoming += 1
        yield _chunk(
            first_file, ids[16 * start : 16 * end], seconds[2 * start : 2 * end], ranks[start:end], files[start:end],
            places[start:end], prints, hashes,
        )  # fmt: skip
        start = end


def _chunk(
    first_file: int, ids: bytes, seconds: bytes, ranks: bytes, files: array[int], places: array[int],
    fingerprints: Mapping[int, int], shared: Mapping[int, int],
) -> bytes:  # fmt: skip
    """Return columns as a chunk: a rank or file that all events have is kept once, places take 2 bytes if they fit."""
    count = len(ranks)
    return _encode(
        (
            first_file,
            ids,
            seconds,
            ranks[0] if count and ranks.count(ranks[:1]) == count else ranks,
            files[0] if count and files.count(files[0]) == count else files.tobytes(),
            (array("H", places) if count and max(places) <= _SHORT else places).tobytes(),
            fingerprints,
            shared,
        )
    )


def events_in(packed: bytes) -> list[Counted]:
    """Return the events of a chunk."""
    first_file, ids, seconds, ranks, files, places, fingerprints, shared = _decode(packed)
    count = len(ids) // 16
    each_rank = ranks if isinstance(ranks, bytes) else repeat(ranks, count)
    each_file = _numbers(files, count) if isinstance(files, bytes) else repeat(files, count)
    return [
        Counted(ids[16 * n : 16 * n + 16], second, rank, fingerprints.get(n, rank), first_file + file, place,
                shared.get(n, 0))
        for n, (second, rank, file, place) in enumerate(
            zip(array("H", seconds), each_rank, each_file, _numbers(places, count), strict=True)
        )
    ]  # fmt: skip


def _numbers(packed: bytes, count: int) -> Iterable[int]:
    """Return numbers of 2 or 4 bytes."""
    return array("H" if len(packed) == 2 * count else "I", packed)


def events_of(db: sqlite3.Connection, rows: Sequence[int]) -> Mapping[int, list[Counted]]:
    """Return the events of rows, by number of the row."""
    found: dict[int, list[Counted]] = defaultdict(list)
    for row, body in read_in(
        db,
        f"SELECT r.id, e.body FROM row r CROSS JOIN events e ON {OF_ROW} WHERE r.id IN (*)",
        rows,
    ):
        found[row] += events_in(body)
    return found


def event_in(db: sqlite3.Connection, row: int, id_: bytes) -> Counted | None:
    """Return an event of a row; None if it has none with that ID."""
    for _, body in _chunks_of(db, row):
        if id_ in body:
            for event in events_in(body):
                if event.id == id_:
                    return event
    return None


def find(db: sqlite3.Connection, hour: int, id_: bytes) -> tuple[int, Counted] | None:
    """Return the row that an event of an hour is counted in, and the event; None if it is not counted."""
    for (row,) in db.execute(
        "SELECT l.row FROM ledger l CROSS JOIN row r ON r.id = l.row AND r.hour = ?2 WHERE l.key = ?1 "
        "UNION ALL SELECT row FROM ledger_more WHERE hour = ?2 AND id = ?3",
        (index_key(hour, id_), hour, id_),
    ):
        event = event_in(db, row, id_)
        if event is not None:
            return row, event
    return None


def rows_of(db: sqlite3.Connection, ids: Sequence[bytes], days: Iterable[int]) -> Iterator[tuple[bytes, int, Counted]]:
    """Yield ID, row and event of the counted events with some IDs, of the days that are given."""
    by_key: dict[int, list[bytes]] = defaultdict(list)
    for day in days:
        for id_ in ids:
            by_key[index_key(day * 24, id_)].append(id_)
    wanted = set(ids)
    candidates: set[tuple[int, bytes]] = {
        (row, id_)
        for key, row in read_in(db, "SELECT key, row FROM ledger WHERE key IN (*)", sorted(by_key))
        for id_ in by_key[key]
    }
    if db.execute("SELECT 1 FROM ledger_more LIMIT 1").fetchone():
        candidates |= {
            (row, id_) for id_, row in read_in(db, "SELECT id, row FROM ledger_more WHERE id IN (*)", sorted(wanted))
        }
    for row, id_ in sorted(candidates):
        event = event_in(db, row, id_)
        if event is not None:
            yield id_, row, event


def append(db: sqlite3.Connection, new: Sequence[tuple[int, bytes]], stored: Iterable[int]) -> None:
    """Write chunks behind those that their rows have; `stored` are the rows that may have some."""
    used: dict[int, int] = {
        row: last - row * CHUNKS + 1
        for row, last in read_in(
            db,
            f"SELECT r.id, max(e.id) FROM row r CROSS JOIN events e ON {OF_ROW} WHERE r.id IN (*) GROUP BY r.id",
            sorted({row for row, _ in new} & {*stored}),
        )
    }
    records = []
    for row, body in new:
        number = used.get(row, 0)
        if number == CHUNKS:
            _rewrite(db, row, events_of(db, [row])[row])
            number = 1
        records.append((row * CHUNKS + number, body))
        used[row] = number + 1
    db.executemany("INSERT INTO events VALUES (?, ?)", sorted(records))


def remove(db: sqlite3.Connection, row: int, ids: Collection[bytes]) -> None:
    """Remove the events with some IDs from a row."""
    for number, body in _chunks_of(db, row).fetchall():
        found = events_in(body)
        kept = [event for event in found if event.id not in ids]
        if not kept:
            db.execute("DELETE FROM events WHERE id = ?", (number,))
        elif len(kept) < len(found):
            db.execute("UPDATE events SET body = ? WHERE id = ?", (chunk(kept), number))


def _rewrite(db: sqlite3.Connection, row: int, events: Iterable[Counted]) -> None:
    """Make one chunk of all chunks of a row."""
    db.execute("DELETE FROM events WHERE id BETWEEN ? AND ?", _numbers_of(row))
    db.execute("INSERT INTO events VALUES (?, ?)", (row * CHUNKS, chunk(events)))


def _chunks_of(db: sqlite3.Connection, row: int) -> sqlite3.Cursor:
    return db.execute("SELECT id, body FROM events WHERE id BETWEEN ? AND ?", _numbers_of(row))


def _numbers_of(row: int) -> tuple[int, int]:
    return row * CHUNKS, row * CHUNKS + CHUNKS - 1
