"""Reads copies of log files and digest files for `lineage verify`: what each is, and the SHA-256 of its content.

Hashes are of the uncompressed content, as CloudTrail's are (guide §9.4), so a copy may be packed again, unpacked, or
in an archive. What a file is, its content decides, then its name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

from loaders.files.sources import Source, SourceFile
from loaders.files.unpack import Leaf, Packed

MOST = 256 << 20
"""Most bytes of a digest, which is kept in memory."""
UNREAD = "cannot be read"
"""How the damage of a file begins that could not be opened or read on: that says nothing about its content."""
START = 4096
"""First bytes of a content that decide what it is."""

Kind = Literal["digest", "log", "signature", "other"]


class Listed(msgspec.Struct, frozen=True):
    """A log file as a digest lists it."""

    bucket: str = msgspec.field(name="s3Bucket")
    object: str = msgspec.field(name="s3Object")
    hash: str = msgspec.field(name="hashValue")
    """SHA-256 of the uncompressed content, in hex."""


class Digest(msgspec.Struct, frozen=True):
    """What a digest file states."""

    start: str = msgspec.field(name="digestStartTime")
    end: str = msgspec.field(name="digestEndTime")
    bucket: str = msgspec.field(name="digestS3Bucket")
    object: str = msgspec.field(name="digestS3Object")
    fingerprint: str = msgspec.field(name="digestPublicKeyFingerprint")
    algorithm: str = msgspec.field(name="digestSignatureAlgorithm", default="SHA256withRSA")
    previous_bucket: str | None = msgspec.field(name="previousDigestS3Bucket", default=None)
    previous_object: str | None = msgspec.field(name="previousDigestS3Object", default=None)
    previous_hash: str | None = msgspec.field(name="previousDigestHashValue", default=None)
    previous_signature: str | None = msgspec.field(name="previousDigestSignature", default=None)
    """Of the digest before, in hex. A digest states all four, or none where a chain begins."""
    logs: list[Listed] | None = msgspec.field(name="logFiles", default=None)

    def signed_text(self, sha256: str) -> bytes:
        """The text that CloudTrail signs, for a digest whose content has that hash."""
        lines = (self.end, f"{self.bucket}/{self.object}", sha256, self.previous_signature or "null")
        return "\n".join(lines).encode("utf-8", "surrogatepass")


class Place(NamedTuple):
    """What the name of a digest says."""

    account: str
    region: str
    trail: str
    home: str
    """Region of the trail itself."""
    end: str
    """As it is in the name: 20260311T010000Z."""
    backfill: bool
    """Does it list log files that came late? Such a digest is in no chain."""


class Copy(NamedTuple):
    """A file of a copy, or a member of an archive."""

    path: str
    """Where it is; the path in an archive follows that of the archive."""
    name: str
    """Its last part up to `.json`: what stays the same when it is packed or unpacked."""
    kind: Kind
    sha256: str | None
    """Of the uncompressed content, in hex; None if it cannot be read to its end."""
    size: int
    """Bytes of the content that were read."""
    damage: str | None = None
    """Why it cannot be read, or is no valid digest or signature."""
    digest: Digest | None = None
    signature: str | None = None
    """What a side file holds, in hex."""


_DIGEST_NAME = re.compile(
    r"(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>.+)_(?P<home>[a-z0-9-]+)"
    r"_(?P<end>\d{8}T\d{6}Z)(?P<backfill>_backfill)?",
    re.ASCII,
)
_LOG_NAME = re.compile(r"\d{12}_CloudTrail(?:-[A-Za-z]+)?_[a-z0-9-]+_\d{8}T\d{4,6}Z_", re.ASCII)
_SIDE_FILE = re.compile(r"(?P<digest>.+)\.json(?:\.gz)?\.(?!gz\Z)[^/]+\Z")
_RECORDS = re.compile(rb'\s*\{\s*"Records"\s*:\s*\[')
_MEMBERS = (b'"digestStartTime"', b'"digestEndTime"', b'"digestS3Object"')
_HEX = re.compile(rb"\s*([0-9a-fA-F]{128,4096})\s*")


class _Head(msgspec.Struct):
    """What `aws s3api head-object` prints."""

    metadata: dict[str, str] = msgspec.field(name="Metadata")


def name_of(path: str) -> str:
    """The last part of a path or object key up to `.json`.

    >>> name_of("a/111122223333_CloudTrail_eu-west-1_20260311T0005Z_Ab12.json.gz")
    '111122223333_CloudTrail_eu-west-1_20260311T0005Z_Ab12'
    """
    return path.rpartition("/")[2].partition(".json")[0]


def place_of(path: str) -> Place | None:
    """What the name of a digest says; None for any other name.

    >>> place_of("111122223333_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20260311T010203Z.json.gz").trail
    'my_trail'
    """
    found = _DIGEST_NAME.fullmatch(name_of(path))
    if found is None:
        return None
    return Place(
        found["account"], found["region"], found["trail"], found["home"], found["end"], found["backfill"] is not None
    )  # fmt: skip


def copies(source: Source) -> Iterator[Copy]:
    """Yield the copies in a file: itself, or the members of an archive, each with its hash. Raises nothing."""
    file = SourceFile()
    blocks = file.blocks(source, None)
    again = source.path != "-" and source.reach is None
    packed = Packed(blocks, lambda: file.size, source.path if again else None)
    leaves = 0
    for leaf in packed.leaves():
        leaves += 1
        yield from (_unreadable(source.path, reason) for reason in packed.damage())
        yield _read(source.path, leaf, packed, file)
    for _ in blocks:
        pass
    reasons = packed.damage()
    if file.damage is not None and not leaves:
        reasons.append(file.damage)
    yield from (_unreadable(source.path, reason) for reason in reasons)


def _unreadable(path: str, reason: str) -> Copy:
    return Copy(path, name_of(path), _kind(path, b""), None, 0, reason)


def _kind(path: str, start: bytes) -> Kind:
    """What a file is, by its name and the first bytes of its content."""
    name = path.rpartition("/")[2]
    if (side := _SIDE_FILE.fullmatch(name)) and _DIGEST_NAME.fullmatch(side["digest"]):
        return "signature"
    if place_of(path) is not None:
        return "digest"
    if _RECORDS.match(start) or _LOG_NAME.search(name):
        return "log"
    return "digest" if any(member in start for member in _MEMBERS) else "other"


def _read(path: str, leaf: Leaf, packed: Packed, file: SourceFile) -> Copy:
    path = f"{path}/{leaf.name}" if leaf.name else path
    sha256, size = hashlib.sha256(), 0
    kind: Kind | None = None
    held = b""
    kept: list[bytes] = []
    for block in leaf.blocks:
        sha256.update(block)
        size += len(block)
        if kind is None:
            held += block
            if len(held) < START:
                continue
            kind, kept, held = _kind(path, held[:START]), [held], b""
        elif kind in ("digest", "signature"):
            kept.append(block)
        if size > MOST:
            kept = []
    if kind is None:
        kind, kept = _kind(path, held), [held]
    damage = "; ".join([*packed.damage(), *([file.damage] if file.damage else [])]) or None
    found = Copy(path, name_of(path), kind, None if damage else sha256.hexdigest(), size, damage)
    if damage or kind not in ("digest", "signature"):
        return found
    content = b"".join(kept)
    if kind == "signature":
        signature = _signature(content)
        return found._replace(signature=signature, damage=None if signature else "no signature in it")
    try:
        return found._replace(digest=msgspec.json.decode(content, type=Digest))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        why = f"larger than {MOST >> 20} MB" if size > MOST else str(error)[:100]
        return found._replace(damage=f"not a valid digest: {why}")


def _signature(content: bytes) -> str | None:
    """The signature in a side file: hex, or what `aws s3api head-object` prints; None if there is none."""
    if found := _HEX.fullmatch(content):
        return found[1].decode()
    try:
        return msgspec.json.decode(content, type=_Head).metadata.get("signature")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
