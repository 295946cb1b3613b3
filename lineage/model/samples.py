"""Samples of rows as stores keep them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lineage.model.batch import is_uuid, uuid_text
from lineage.model.compact import compress, decompress
from lineage.model.facts import Sample

StoredSample = tuple[int, bytes, int, Sample]
"""Time, 16-byte event ID, fingerprint, sample."""


def pack(samples: Sequence[StoredSample]) -> bytes:
    """Return samples in few bytes; an event ID that is a UUID is kept once."""
    return compress(
        _pack(
            [
                (time, id_, fingerprint, None if is_uuid(one.event_id) else one.event_id, one.resources,
                 one.parameters)
                for time, id_, fingerprint, one in samples
            ]
        )
    )  # fmt: skip


def unpack(packed: bytes) -> list[StoredSample]:
    """Return the samples that `pack` packed."""
    return [
        (time, id_, fingerprint,
         Sample(time=time, event_id=text or uuid_text(id_), resources=resources, parameters=parameters))
        for time, id_, fingerprint, text, resources, parameters in _unpack(decompress(packed))
    ]  # fmt: skip


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[tuple[int, bytes, int, str | None, tuple[str, ...], str | None]]).decode
