"""Samples of rows: which a row keeps, and how they are packed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

import msgspec

from lineage.model.batch import SAMPLES_PER_ROW, is_uuid, sample_choice, uuid_text
from lineage.model.compact import compress, decompress
from lineage.model.facts import Sample

StoredSample = tuple[int, bytes, int, Sample]
"""Time, 16-byte event ID, fingerprint, sample."""


class Kept(NamedTuple):
    """What a row keeps as its examples."""

    samples: list[StoredSample]
    lost: list[tuple[int, bytes]]
    """Time and ID of the events that hold a place among the smallest, but do not count in the row."""


def smallest(offered: Iterable[StoredSample], lost: Set[tuple[int, bytes]] = frozenset()) -> Kept:
    """Return the samples of a row: those that count among the smallest (by time, event ID) ever offered to it.

    Events that do not count keep their places, so that it does not matter whether they came first or last.
    """
    best: dict[tuple[int, bytes], StoredSample] = {}
    for sample in offered:
        key = sample[:2]
        old = best.get(key)
        if old is None or (old != sample and sample_choice(*sample[2:]) < sample_choice(*old[2:])):
            best[key] = sample
    order = sorted(best.keys() | lost)[:SAMPLES_PER_ROW]
    return Kept([best[key] for key in order if key not in lost], [key for key in order if key in lost])


Parts = tuple[int, bytes, int, str | None, tuple[str, ...], str | None]
"""Time, 16-byte event ID, fingerprint, the event ID itself where it is no UUID, resources and parameters."""


def pack(samples: Sequence[StoredSample]) -> bytes:
    """Return samples in few bytes; an event ID that is a UUID is kept once."""
    return pack_parts(
        [
            (time, id_, fingerprint, None if is_uuid(one.event_id) else one.event_id, one.resources, one.parameters)
            for time, id_, fingerprint, one in samples
        ]
    )


def pack_parts(samples: Sequence[Parts]) -> bytes:
    """Return the samples of these parts, as `pack` does."""
    return compress(_pack(samples))


def unpack(packed: bytes) -> list[StoredSample]:
    """Return the samples that `pack` packed."""
    return [
        (time, id_, fingerprint,
         Sample(time=time, event_id=text or uuid_text(id_), resources=resources, parameters=parameters))
        for time, id_, fingerprint, text, resources, parameters in _unpack(decompress(packed))
    ]  # fmt: skip


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[Parts]).decode
