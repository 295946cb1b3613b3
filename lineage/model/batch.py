"""What a loader hands to a store: aggregated rows, ledger entries and facts of some tens of thousands of events.

A batch is a value: the order of batches, and how events are spread over them, changes nothing in the
store (design §4, invariants 1 and 2). It is encoded as MessagePack between processes.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from lineage.model.arn import is_masked
from lineage.model.facts import AnyFact, Identity, Sample, Target

BESIDE = 19
"""Targets of a call that are kept beside the first."""
SAMPLES_PER_ROW = 3
"""How many events of a row are kept as its examples: the smallest by (time, event ID)."""


JOINED = 1
"""Lowest bit of the ID of a row whose events are known from several copies: no copy that counts alone is in it."""


class EventKey(NamedTuple):
    """An event: UTC hour since the epoch and its 16-byte ID."""

    hour: int
    id: bytes


class Entry(NamedTuple):
    """Ledger entry of one event. `second` counts within the hour; `rank` says how much the copy states."""

    hour: int
    id: bytes
    second: int
    rank: int
    fingerprint: int
    row: int
    file: int
    """Index into `Batch.files`."""
    place: int
    """Index of the record in its file."""
    shared: int
    """As `shared_hash` gives it, the greatest of all copies of the event."""

    @property
    def content(self) -> tuple[int, int, int, int]:
        """What makes two deliveries of an event the same: equal contents are the same event again."""
        return (self.rank, self.fingerprint, self.row, self.second)


def precedence(content: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Sort key of contents under one event ID: the smallest wins (design §4, invariant 2)."""
    rank, fingerprint, row, second = content
    return (-rank, fingerprint, row, second)


RANK = 255
"""Bits of a fingerprint that hold the rank."""


def sample_choice(fingerprint: int, sample: Sample) -> tuple[int, int, bytes]:
    """Sort key of samples of one event in one row and second: the smallest is kept. Follows `precedence`."""
    return (-(fingerprint & RANK), fingerprint, msgspec.json.encode(sample))


EntryTuple = tuple[int, bytes, int, int, int, int, int, int, int]
"""The members of `Entry`, in their order."""


class Entries(msgspec.Struct, array_like=True, frozen=True):
    """Ledger entries, a column each: so they cost 48 bytes an event and pass between processes as they are.

    Iterating gives plain tuples with the members of `Entry`. The numbers are in the machine's own byte order.
    """

    hours: bytes = b""
    ids: bytes = b""
    seconds: bytes = b""
    ranks: bytes = b""
    fingerprints: bytes = b""
    rows: bytes = b""
    files: bytes = b""
    places: bytes = b""
    shared: bytes = b""

    def __len__(self) -> int:
        return len(self.ranks)

    def __iter__(self) -> Iterator[EntryTuple]:
        ids = self.ids
        return zip(
            array("i", self.hours),
            [ids[start : start + 16] for start in range(0, len(ids), 16)],
            array("H", self.seconds),
            self.ranks,
            array("q", self.fingerprints),
            array("q", self.rows),
            array("i", self.files),
            array("i", self.places),
            array("q", self.shared),
            strict=True,
        )


class Row(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One `USED` row: what its calls have in common. `id` is a hash of all the other fields."""

    id: int
    actor: int
    api: str
    hour: int
    account: str | None
    """recipientAccountId."""
    region: str | None
    source_ip: str | None
    endpoint: str | None
    user_agent: str | None
    error: str | None
    console: bool
    copy: bool
    category: str
    """`management-read`, `management-write`, `data:SERVICE`, `signin` or `service`."""
    sensitive: bool
    presigned: bool
    target: Target | None
    """Only of changing, sensitive and refused calls."""
    relation: str | None
    """`TOUCHED` or `TRIED` where the row also is such a relationship, to its target."""
    beside: tuple[Target, ...] = ()
    """The other targets of the same type that each call names, sorted by key; at most `BESIDE`."""
    beyond: int = 0
    """How many more targets each call names."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets that are kept."""
        return (self.target, *self.beside) if self.target is not None else ()


def relation_of(api: str, error: str | None, target: Target | None) -> str | None:
    """`Row.relation` of a call: `TRIED` of a refused assumption, `TOUCHED` of what else has a target."""
    if error is not None and api.startswith("sts:Assume"):
        return "TRIED"
    return "TOUCHED" if target is not None else None


class Lost(NamedTuple):
    """An event that was offered to a row by a copy that does not count there."""

    row: int
    time: int
    id: bytes


class Copy(msgspec.Struct, array_like=True):
    """One more copy of an event of the batch: the members of its `Entry`, and its facts."""

    entry: EntryTuple
    facts: list[AnyFact]


class Sighting(msgspec.Struct, array_like=True):
    """When a unique ID (AIDA…, AROA…) and an ARN were seen for a principal."""

    principal: str
    unique_id: str
    arn: str
    first: int
    last: int


class SetAside(msgspec.Struct, array_like=True):
    """An element that is no usable record: file, index in it, byte offset where known, reason."""

    path: str
    index: int
    offset: int | None
    reason: str


class Passed(msgspec.Struct, array_like=True):
    """Documents or records that are no API events, passed over and counted."""

    kind: str
    count: int
    start: int | None = None
    end: int | None = None
    account: str | None = None
    region: str | None = None
    trail: str | None = None


class Unread(msgspec.Struct, array_like=True):
    """A file, or a file in an archive, that gave no record: what it looks like, and what to do."""

    path: str
    looks_like: str
    do: str


class FileSeen(msgspec.Struct, array_like=True):
    """A file that was read to its end."""

    path: str
    sha256: str
    size: int


class Batch(msgspec.Struct, array_like=True):
    """Some tens of thousands of events, aggregated."""

    entries: Entries = Entries()
    rows: list[Row] = []
    samples: dict[int, list[tuple[Sample, bytes, int]]] = {}
    """By row: samples with their 16-byte ID and fingerprint."""
    actors: dict[int, Identity] = {}
    facts: list[tuple[int, bytes, list[AnyFact]]] = []
    """By event: hour, ID, facts of the content that stands in `entries`."""
    copies: list[Copy] = []
    """Further copies of events in `entries` that those do not cover."""
    lost: list[tuple[int, int, bytes]] = []
    """As `Lost`: what other copies in the batch cover."""
    amended: list[tuple[bytes, str]] = []
    """By addendum that has an ID of its own (16 bytes): the ID of the event that it amends."""
    sightings: list[Sighting] = []
    read: int = 0
    duplicates: int = 0
    conflicts: int = 0
    bytes_read: int = 0
    aside: list[SetAside] = []
    passed: list[Passed] = []
    paths: list[str] = []
    """Files that `Entry.file` points into."""
    ended: list[FileSeen] = []
    unread: list[Unread] = []


ENCODER = msgspec.msgpack.Encoder()
_pack = ENCODER.encode
DECODER = msgspec.msgpack.Decoder(Batch)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def event_id_bytes(event_id: str) -> bytes:
    """The 16 bytes under which the ledger keeps an event ID: the UUID itself, else a hash of the text."""
    if len(event_id) == 36 and _UUID.match(event_id):
        return bytes.fromhex(event_id.replace("-", ""))
    return hashlib.blake2b(event_id.encode(), digest_size=16).digest()


def event_id_text(event_id: str) -> str:
    """An event ID as CloudTrail spells it: some exports write the letters of a UUID large."""
    return event_id if event_id.islower() or not _UUID.match(event_id) else event_id.lower()


def shared_hash(shared_id: str | None) -> int:
    """What the ledger keeps of a `sharedEventID`: 47 bits, which SQLite writes in 6 bytes; 0 where there is none."""
    if not shared_id or is_masked(shared_id):
        return 0
    return xxh3_64_intdigest(event_id_text(shared_id).encode("utf-8", "surrogatepass")) >> 17


def stable_id(parts: bytes) -> int:
    """A 63-bit hash that is the same in every process; not to be forged, for callers choose some parts."""
    return int.from_bytes(hashlib.blake2b(parts, digest_size=8).digest(), "big") >> 1


def row_id(row: Row) -> int:
    """The ID of a row: a hash of all its other fields, with `JOINED` not set."""
    return stable_id(_pack(msgspec.structs.replace(row, id=0))) & ~JOINED


def actor_id(who: Identity) -> int:
    """The ID of an identity as it stands on records."""
    return stable_id(msgspec.json.encode(who))
