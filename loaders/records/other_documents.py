"""Documents that are no event records: what they are, and what to do with a file that has no record.

Digest files hold no events, but they state which hours were logged (guide §9.4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import NamedTuple

import msgspec

from lineage.model.batch import Passed
from lineage.model.times import parse_when
from loaders.files.unpack import OFFICE
from loaders.records.record import child, mapping, number, raw_text, text


def document(members: Mapping[str, msgspec.Raw]) -> Passed | None:
    """Return what an object is if it is a document without events; else None."""
    if "digestStartTime" in members and "logFiles" in members:
        return digest(msgspec.json.encode(members))
    if members.get("messageType") == msgspec.Raw(b'"CONTROL_MESSAGE"'):
        return Passed("control", 1)
    if "hashSignature" in members and "publicKeyFingerprint" in members:
        return Passed("result-sign", 1)
    if "s3Bucket" in members and "s3ObjectKey" in members:
        return Passed("notification", 1)
    if members.get("Event") == msgspec.Raw(b'"s3:TestEvent"'):
        return Passed("notification", 1)
    return None


_PLACE = re.compile(
    r"/CloudTrail-Digest/(?P<region>[a-z0-9-]+)/.*"
    r"/\d{12}_CloudTrail-Digest_(?P=region)_(?P<trail>.+)_[a-z0-9-]+_\d{8}T\d{6}Z"
)


class _Digest(msgspec.Struct, rename="camel"):
    digest_start_time: str
    digest_end_time: str
    log_files: list[msgspec.Raw] | None = None
    aws_account_id: str | int | None = None
    digest_s3_object: str = msgspec.field(default="", name="digestS3Object")


def digest(text: bytes) -> Passed:
    """Return a digest's time range (epoch seconds), account, region, trail and number of log files.

    Region and trail come from the object name that the digest states. A digest without valid times is `other`.
    """
    try:
        stated = msgspec.json.decode(text, type=_Digest)
    except msgspec.MsgspecError:
        return Passed("other", 1)
    place = _PLACE.search(stated.digest_s3_object)
    return Passed(
        "digest",
        1,
        start=parse_when(stated.digest_start_time),
        end=parse_when(stated.digest_end_time),
        account=None if stated.aws_account_id is None else str(stated.aws_account_id).zfill(12),
        region=place["region"] if place else None,
        trail=place["trail"] if place else None,
        events=len(stated.log_files or ()),
    )


def is_guardduty(value: object) -> bool:
    """Return whether an object is a GuardDuty finding."""
    if raw_text(value, "type") is None or child(value, "ProductArn") is not None:
        return False
    resource, service = mapping(child(value, "resource")), mapping(child(value, "service"))
    return (
        text(resource, "resourceType") is not None
        or child(resource, "accessKeyDetails") is not None
        or (bool(service) and child(service, "serviceName") == "guardduty")
    )


def is_asff(value: object) -> bool:
    """Return whether an object is a finding in the AWS Security Finding Format."""
    return isinstance(child(value, "Resources"), list) and (
        child(value, "ProductArn") is not None or isinstance(child(value, "Types"), list)
    )


def is_ocsf(value: object) -> bool:
    """Return whether an object is a finding of OCSF (class 2004, and its kin with `finding_info`)."""
    return number(value, "class_uid") == 2004 or isinstance(child(value, "finding_info"), dict)


def is_guard(value: object) -> bool:
    """Return whether an object is a finding of `lineage guard`."""
    return text(value, "schema") == "lineage.guard/1"


class FileType(NamedTuple):
    """What a file is, and what to do with it."""

    like: str
    do: str


_EXPORT = "export the events as JSON or CSV (with userIdentity as JSON) and load that"
_ONLY_LOGS = "load only CloudTrail logs"
_UNPACK = "unpack it and load what is in it"
_MAGIC: tuple[tuple[bytes, FileType], ...] = (
    (b"ORC", FileType("ORC", _EXPORT)),
    (b"Obj\x01", FileType("Avro", _EXPORT)),
    (OFFICE, FileType("an Office document or Excel workbook", "save the sheet as CSV and load that")),
    (b"\xd0\xcf\x11\xe0", FileType("an old Office document", "save the sheet as CSV and load that")),
    (b"%PDF", FileType("PDF", _EXPORT)),
    (b"\x89PNG", FileType("an image (PNG)", _EXPORT)),
    (b"\xff\xd8\xff", FileType("an image (JPEG)", _EXPORT)),
    (b"GIF8", FileType("an image (GIF)", _EXPORT)),
    (b"7z\xbc\xaf\x27\x1c", FileType("a 7z archive", _UNPACK)),
    (b"Rar!", FileType("a RAR archive", _UNPACK)),
    (b"\x04\x22\x4d\x18", FileType("lz4", _UNPACK)),
    (b"\xff\x06\x00\x00sNaPpY", FileType("snappy", _UNPACK)),
    (
        b"SQLite format 3\x00",
        FileType("an SQLite database", "load the logs; to query a lineage store, pass it as --store"),
    ),
    (b"ElfFile\x00", FileType("a Windows event log", _ONLY_LOGS)),
    (b"\xd4\xc3\xb2\xa1", FileType("a packet capture", _ONLY_LOGS)),
    (b"\x0a\x0d\x0d\x0a", FileType("a packet capture", _ONLY_LOGS)),
    (b"\x7fELF", FileType("a program", _ONLY_LOGS)),
    (b"MZ", FileType("a program", _ONLY_LOGS)),
)
_TEXTS: tuple[tuple[re.Pattern[bytes], FileType], ...] = (
    (re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE), FileType("a web page", _EXPORT)),
    (re.compile(rb"\s*<\?xml|\s*<\w+[ >]"), FileType("XML", _EXPORT)),
    (re.compile(rb"version account-id interface-id|\d \d{12} eni-"), FileType("VPC flow logs", _ONLY_LOGS)),
    (re.compile(rb"[0-9a-f]{64} \S+ \[\d\d/\w{3}/\d{4}:"), FileType("S3 access logs", _ONLY_LOGS)),
    (re.compile(rb"(?:https?|h2|wss?) \d{4}-\d\d-\d\dT\S+ app/"), FileType("load balancer logs", _ONLY_LOGS)),
    (re.compile(rb"#(?:Version: \d|Fields:)"), FileType("CloudFront or web server logs", _ONLY_LOGS)),
)  # fmt: skip
PARQUET = FileType("Parquet", "to read it: pip install 'cloudtrail-lineage[parquet]'; or export JSON lines or CSV")
PARQUET_WITHOUT = FileType(
    "Parquet without CloudTrail events", "keep the column names, with eventTime, eventName, userIdentity"
)
_JSON_BEGINS = re.compile(rb'[{\[]\s*(?:[{\["\'\]}\d-]|\Z|true\b|false\b|null\b)')
_JSON: tuple[tuple[bytes, FileType], ...] = (
    (b'"class_uid"', FileType("OCSF of another source than CloudTrail", _ONLY_LOGS)),
    (b'"configurationItems"', FileType("AWS Config", _ONLY_LOGS)),
    (b'"interfaceId"', FileType("VPC flow logs", _ONLY_LOGS)),
)
FINDINGS = FileType("GuardDuty or Security Hub findings", "investigate them: lineage investigate FILE")
SYSTEM_FILES = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
"""First bytes of AppleDouble and .DS_Store files, which macOS adds to folders."""


def describe_file(start: bytes) -> FileType:
    """Return what a file without a record is, by its first bytes.

    >>> [describe_file(start).like for start in (b"%PDF-1.7", b'{"name": 1}', b"[project]", b"hello")]
    ['PDF', 'JSON without CloudTrail records', 'text', 'text']
    """
    if start.startswith(b"PAR1"):
        return PARQUET_WITHOUT if find_spec("pyarrow") else PARQUET
    for magic, stated in _MAGIC:
        if start.startswith(magic):
            return stated
    for pattern, stated in _TEXTS:
        if pattern.match(start):
            return stated
    text = start.lstrip()
    if _JSON_BEGINS.match(text):
        for mark, stated in _JSON:
            if mark in start:
                return stated
        return FileType("JSON without CloudTrail records", _ONLY_LOGS)
    if b"\0" in start or _binary(start):
        return FileType("binary data", "give the logs as AWS wrote them, or as JSON or CSV")
    first = text.split(b"\n", 1)[0]
    if first.count(b",") >= 2 or first.count(b"\t") >= 2 or first.count(b";") >= 2:
        return FileType(
            "a table without CloudTrail columns", "keep the column names, with eventTime, eventName, userIdentity"
        )
    return FileType("text", "load only CloudTrail logs, as JSON or CSV")


def _binary(start: bytes) -> bool:
    odd = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in start[:512])
    return odd * 20 > len(start[:512])
