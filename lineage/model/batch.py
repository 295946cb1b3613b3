"""Batches: aggregated rows, ledger entries and facts of about ten thousand events, from a loader to a store.

A batch is a value: the order of batches, and the distribution of events over them, change nothing in the store
(design §4, invariants 1 and 2). Between processes it is encoded as MessagePack.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from lineage.model.arn import is_masked
from lineage.model.facts import AnyFact, Identity, Sample, Target

BESIDE = 19
"""Most targets of a call that are kept in addition to the first."""
SAMPLES_PER_ROW = 3
"""Most samples of a row: its smallest events by (time, event ID)."""


ContentKey = tuple[int, int, bytes, int]
"""What makes two copies of an event the same: rank, fingerprint, ID of the row, second."""


def precedence(content: ContentKey) -> ContentKey:
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
- rank: how much the copy states (`lineage.model.copies`), and fingerprint: the rank, or of a call with facts a hash of
  what they were read from with the rank in its lowest bits;
- row: index into `Batch.rows`;
- file: index into `Batch.paths`, and place: index of the record in its file;
- shared: `shared_hash`, the greatest of all copies of the event.
"""


class Entries(msgspec.Struct, array_like=True, frozen=True):
    """Ledger entries as columns, in order of row, second and ID: 31 bytes for each event, passed between processes
    unchanged. Numbers are in the byte order of the machine."""

    counts: bytes = b""
    """Number of entries of each row, in the order of `Batch.rows` (4 bytes each)."""
    ids: bytes = b""
    """16 bytes each."""
    seconds: bytes = b""
    """2 bytes each."""
    ranks: bytes = b""
    files: bytes = b""
    """2 bytes each."""
    places: bytes = b""
    """4 bytes each."""
    fingerprints: dict[int, int] = {}
    """By position: those that are not the rank."""
    shared: dict[int, int] = {}
    """By position: those that are not 0."""

    @classmethod
    def packed(
        cls, counts: Iterable[int], ids: Iterable[bytes], seconds: Iterable[int], ranks: Iterable[int],
        files: Iterable[int], places: Iterable[int], fingerprints: dict[int, int], shared: dict[int, int],
    ) -> Entries:  # fmt: skip
        """Return the entries of these columns."""
        return cls(
            array("I", counts).tobytes(), b"".join(ids), array("H", seconds).tobytes(), bytes(ranks),
            array("H", files).tobytes(), array("I", places).tobytes(), fingerprints, shared,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.ranks)

    def of(self, hours: Sequence[int]) -> Iterator[EntryTuple]:
        """Yield the entries; `hours` are those of the rows."""
        ids, counts = self.ids, array("I", self.counts)
        fingerprint, shared = self.fingerprints.get, self.shared.get
        return (
            (hour, id_, second, rank, fingerprint(n, rank), row, file, place, shared(n, 0))
            for n, (hour, row, id_, second, rank, file, place) in enumerate(
                zip(
                    chain.from_iterable(map(repeat, hours, counts)),
                    chain.from_iterable(map(repeat, range(len(counts)), counts)),
                    [ids[start : start + 16] for start in range(0, len(ids), 16)],
                    array("H", self.seconds),
                    self.ranks,
                    array("H", self.files),
                    array("I", self.places),
                    strict=True,
                )
            )
        )


class Row(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One `USED` row: what its calls have in common."""

    actor: bytes
    """`actor_id` of the identity."""
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
    joined: bool = False
    """Its events have several copies each; single copies are never in such a row."""

    @property
    def id(self) -> bytes:
        """The 16 bytes by which stores name the row: a hash of its fields, whose lowest bit is `joined`."""
        digest = stable_id(_pack(self))
        return digest[:-1] + bytes([digest[-1] & 0xFE | self.joined])

    @property
    def targets(self) -> tuple[Target, ...]:
        """All targets that are kept."""
        return (self.target, *self.beside) if self.target is not None else ()


def relation_of(api: str, error: str | None, target: Target | None) -> str | None:
    """Return `Row.relation` of a call: `TRIED` for a denied AssumeRole, else `TOUCHED` if it has a target."""
    if error is not None and api.startswith("sts:Assume"):
        return "TRIED"
    return "TOUCHED" if target is not None else None


def is_joined(row_id: bytes) -> bool:
    """Return `Row.joined` of the row with that ID."""
    return bool(row_id[-1] & 1)


class Lost(NamedTuple):
    """An event that a covered copy would have added to a row (index into `Batch.rows`)."""

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
    samples: list[bytes] = []
    """Of each row, as `lineage.model.samples.pack` packs them."""
    actors: dict[bytes, Identity] = {}
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
    def events(self) -> Iterator[EntryTuple]:
        """The ledger entries, one for each event."""
        return self.entries.of([row.hour for row in self.rows])

    @property
    def digests(self) -> list[Passed]:
        """The digest files that state a time range."""
        return [one for one in self.passed if one.kind == "digest" and None not in (one.start, one.end)]


ENCODER = msgspec.msgpack.Encoder()
_pack = ENCODER.encode
DECODER = msgspec.msgpack.Decoder(Batch)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_LOWER_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


def is_uuid(event_id: str) -> bool:
    """Return whether an event ID is the UUID that `uuid_text` makes of its bytes."""
    return _LOWER_UUID.match(event_id) is not None


def event_id_bytes(event_id: str) -> bytes:
    """Return the 16 bytes under which the ledger keeps an event ID: the UUID itself, else a hash of the string."""
    if len(event_id) == 36 and _UUID.match(event_id):
        return bytes.fromhex(event_id.replace("-", ""))
    return hashlib.blake2b(event_id.encode(), digest_size=16).digest()


def event_id_text(event_id: str) -> str:
    """Return an event ID as CloudTrail writes it: some exports write UUIDs in upper case."""
    return event_id if event_id.islower() or not _UUID.match(event_id) else event_id.lower()


def uuid_text(id_: bytes) -> str:
    """Return the event ID of 16 bytes; of an ID that is no UUID, a text under which the event is found all the same."""
    text = id_.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shared_hash(shared_id: str | None) -> int:
    """Return what the ledger keeps of a `sharedEventID`: a 47-bit hash (6 bytes in SQLite); 0 if there is none."""
    if not shared_id or is_masked(shared_id):
        return 0
    return xxh3_64_intdigest(event_id_text(shared_id).encode("utf-8", "surrogatepass")) >> 17


def stable_id(parts: bytes) -> bytes:
    """Return a 128-bit hash that is equal in every process; cryptographic, because callers choose some parts."""
    return hashlib.blake2b(parts, digest_size=16).digest()


def actor_id(who: Identity) -> bytes:
    """Return the ID of an identity as stated by records."""
    return stable_id(msgspec.json.encode(who))
