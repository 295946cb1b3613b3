"""Batches: aggregated rows, ledger entries and facts of about ten thousand events, from a loader to a store.

A batch is a value: the order of batches, and the distribution of events over them, change nothing in the store
(design §4, invariants 1 and 2). Between processes it is encoded as MessagePack.
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
"""Most targets of a call that are kept in addition to the first."""
SAMPLES_PER_ROW = 3
"""Most samples of a row: its smallest events by (time, event ID)."""


JOINED = 1
"""Lowest bit of the ID of a row whose events have several copies; single copies are never in such a row."""


def precedence(content: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the sort key of contents with one event ID: the smallest takes precedence (design §4, invariant 2)."""
    rank, fingerprint, row, second = content
    return (-rank, fingerprint, row, second)


RANK = 255
"""Bits of a fingerprint that hold the rank."""


def sample_choice(fingerprint: int, sample: Sample) -> tuple[int, int, bytes]:
    """Return the sort key of samples of one event in one row and second, as in `precedence`: the smallest is kept."""
    return (-(fingerprint & RANK), fingerprint, msgspec.json.encode(sample))


EntryTuple = tuple[int, bytes, int, int, int, int, int, int, int]
"""Ledger entry of one event:

- hour: UTC hours since the epoch, and 16-byte ID of the event;
- second within the hour;
- rank: how much the copy states (`lineage.model.copies`), and fingerprint of its content;
- row: ID of its row;
- file: index into `Batch.paths`, and place: index of the record in its file;
- shared: `shared_hash`, the greatest of all copies of the event.
"""


class Entries(msgspec.Struct, array_like=True, frozen=True):
    """Ledger entries as columns: 48 bytes for each event, passed between processes unchanged.

    Iterating yields `EntryTuple`s. Numbers are in the byte order of the machine.
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
    """One `USED` row: what its calls have in common. `id` is a hash of all other fields."""

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
    """Only for changing, sensitive and denied calls."""
    relation: str | None
    """`TOUCHED` or `TRIED` if the row also is such a relationship to its target."""
    beside: tuple[Target, ...] = ()
    """Other targets of the same type that each call names, sorted by key; at most `BESIDE`."""
    beyond: int = 0
    """Number of further targets of each call."""

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets that are kept."""
        return (self.target, *self.beside) if self.target is not None else ()


def relation_of(api: str, error: str | None, target: Target | None) -> str | None:
    """Return `Row.relation` of a call: `TRIED` for a denied AssumeRole, else `TOUCHED` if it has a target."""
    if error is not None and api.startswith("sts:Assume"):
        return "TRIED"
    return "TOUCHED" if target is not None else None


class Lost(NamedTuple):
    """An event that a covered copy would have added to a row."""

    row: int
    time: int
    id: bytes


class Copy(msgspec.Struct, array_like=True):
    """A further copy of an event of the batch: its ledger entry and its facts."""

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
    """An element that is no usable record: file, index in the file, byte offset if known, reason."""

    path: str
    index: int
    offset: int | None
    reason: str


class Passed(msgspec.Struct, array_like=True):
    """`count` documents or records of one kind that are no API events: counted and passed over.

    `kind`: `digest` (with its time range in epoch seconds, account, region and trail; `events` is the number of log
    files it lists), `control` (CloudWatch Logs health check), `notification` (of S3, SNS and SQS), `result-sign`
    (CloudTrail Lake), `finding`, `empty`, `system-file` (macOS), `other`; of records `insight`, `aggregated`,
    `network-activity`.
    """

    kind: str
    count: int
    start: int | None = None
    end: int | None = None
    account: str | None = None
    region: str | None = None
    trail: str | None = None
    events: int | None = None


class Unread(msgspec.Struct, array_like=True):
    """A file, or a file in an archive, without any record: what it looks like, and what to do.

    Before it is in a batch, `path` is only its path in the archive, "" outside of archives.
    """

    path: str
    looks_like: str
    do: str


class FileEnd(msgspec.Struct, array_like=True):
    """The end of a file. `sha256` and `size` (bytes) are those of the file on disk.

    `sha256` is empty if the file could not be read to its end.
    """

    path: str
    sha256: str
    size: int


class Batch(msgspec.Struct, array_like=True):
    """About ten thousand events, aggregated."""

    entries: Entries = Entries()
    rows: list[Row] = []
    samples: dict[int, list[tuple[Sample, bytes, int]]] = {}
    """By row: samples with their 16-byte ID and fingerprint."""
    actors: dict[int, Identity] = {}
    facts: list[tuple[int, bytes, list[AnyFact]]] = []
    """By event: hour, ID, and the facts of the copy in `entries`."""
    copies: list[Copy] = []
    """Further copies of events in `entries`, which these do not cover."""
    lost: list[Lost] = []
    """Events of copies that other copies in the batch cover."""
    amended: list[tuple[bytes, str]] = []
    """16-byte ID of an addendum with its own ID, and the ID of the event that it amends."""
    sightings: list[Sighting] = []
    read: int = 0
    duplicates: int = 0
    conflicts: int = 0
    bytes_read: int = 0
    aside: list[SetAside] = []
    passed: list[Passed] = []
    paths: list[str] = []
    """Files that `file` of an entry is an index into."""
    ended: list[FileEnd] = []
    unread: list[Unread] = []

    @property
    def digests(self) -> list[Passed]:
        """The digest files that state a time range."""
        return [one for one in self.passed if one.kind == "digest" and None not in (one.start, one.end)]


ENCODER = msgspec.msgpack.Encoder()
_pack = ENCODER.encode
DECODER = msgspec.msgpack.Decoder(Batch)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def event_id_bytes(event_id: str) -> bytes:
    """Return the 16 bytes under which the ledger keeps an event ID: the UUID itself, else a hash of the string."""
    if len(event_id) == 36 and _UUID.match(event_id):
        return bytes.fromhex(event_id.replace("-", ""))
    return hashlib.blake2b(event_id.encode(), digest_size=16).digest()


def event_id_text(event_id: str) -> str:
    """Return an event ID as CloudTrail writes it: some exports write UUIDs in upper case."""
    return event_id if event_id.islower() or not _UUID.match(event_id) else event_id.lower()


def shared_hash(shared_id: str | None) -> int:
    """Return what the ledger keeps of a `sharedEventID`: a 47-bit hash (6 bytes in SQLite); 0 if there is none."""
    if not shared_id or is_masked(shared_id):
        return 0
    return xxh3_64_intdigest(event_id_text(shared_id).encode("utf-8", "surrogatepass")) >> 17


def stable_id(parts: bytes) -> int:
    """Return a 63-bit hash that is equal in every process; cryptographic, because callers choose some parts."""
    return int.from_bytes(hashlib.blake2b(parts, digest_size=8).digest(), "big") >> 1


def row_id(row: Row) -> int:
    """Return the ID of a row: a hash of all its other fields, without `JOINED`."""
    return stable_id(_pack(msgspec.structs.replace(row, id=0))) & ~JOINED


def actor_id(who: Identity) -> int:
    """Return the ID of an identity as stated by records."""
    return stable_id(msgspec.json.encode(who))
