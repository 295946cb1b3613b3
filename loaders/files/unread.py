"""What a file without a record looks like, and what to do with it: one line for whoever loaded it."""

from __future__ import annotations

import re
from typing import NamedTuple

from loaders.files.unpack import OFFICE


class Looks(NamedTuple):
    """What it is, and what to do."""

    like: str
    do: str


_EXPORT = "export the events as JSON or CSV (with userIdentity as JSON) and load that"
_ALONE = "load CloudTrail logs alone"
_UNPACK = "unpack it and load what is in it"
_MAGIC: tuple[tuple[bytes, Looks], ...] = (
    (b"PAR1", Looks("Parquet", "query it with Athena or DuckDB, export JSON lines or CSV, and load that")),
    (b"ORC", Looks("ORC", _EXPORT)),
    (b"Obj\x01", Looks("Avro", _EXPORT)),
    (OFFICE, Looks("an Office document or Excel workbook", "save the sheet as CSV and load that")),
    (b"\xd0\xcf\x11\xe0", Looks("an old Office document", "save the sheet as CSV and load that")),
    (b"%PDF", Looks("PDF", _EXPORT)),
    (b"\x89PNG", Looks("an image (PNG)", _EXPORT)),
    (b"\xff\xd8\xff", Looks("an image (JPEG)", _EXPORT)),
    (b"GIF8", Looks("an image (GIF)", _EXPORT)),
    (b"7z\xbc\xaf\x27\x1c", Looks("a 7z archive", _UNPACK)),
    (b"Rar!", Looks("a RAR archive", _UNPACK)),
    (b"\x04\x22\x4d\x18", Looks("lz4", _UNPACK)),
    (b"\xff\x06\x00\x00sNaPpY", Looks("snappy", _UNPACK)),
    (b"SQLite format 3\x00", Looks("an SQLite database", "a lineage store is asked with --store; load the logs")),
    (b"ElfFile\x00", Looks("a Windows event log", _ALONE)),
    (b"\xd4\xc3\xb2\xa1", Looks("a packet capture", _ALONE)),
    (b"\x0a\x0d\x0d\x0a", Looks("a packet capture", _ALONE)),
    (b"\x7fELF", Looks("a program", _ALONE)),
    (b"MZ", Looks("a program", _ALONE)),
)
_TEXTS: tuple[tuple[re.Pattern[bytes], Looks], ...] = (
    (re.compile(rb"\s*<(?:!doctype html|html)", re.IGNORECASE), Looks("a web page", _EXPORT)),
    (re.compile(rb"\s*<\?xml|\s*<\w+[ >]"), Looks("XML", _EXPORT)),
    (re.compile(rb"version account-id interface-id|\d \d{12} eni-"), Looks("VPC flow logs", _ALONE)),
    (re.compile(rb"[0-9a-f]{64} \S+ \[\d\d/\w{3}/\d{4}:"), Looks("S3 access logs", _ALONE)),
    (re.compile(rb"(?:https?|h2|wss?) \d{4}-\d\d-\d\dT\S+ app/"), Looks("load balancer logs", _ALONE)),
    (re.compile(rb"#(?:Version: \d|Fields:)"), Looks("CloudFront or web server logs", _ALONE)),
)  # fmt: skip
_JSON_BEGINS = re.compile(rb'[{\[]\s*(?:[{\["\'\]}\d-]|\Z|true\b|false\b|null\b)')
_JSON: tuple[tuple[bytes, Looks], ...] = (
    (b'"class_uid"', Looks("OCSF (Security Lake)", "load the CloudTrail files of the trail's bucket")),
    (b'"configurationItems"', Looks("AWS Config", _ALONE)),
    (b'"interfaceId"', Looks("VPC flow logs", _ALONE)),
)
FINDINGS = Looks("GuardDuty or Security Hub findings", "ask with them: lineage investigate FILE")
SYSTEM_FILES = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
"""How AppleDouble and .DS_Store files begin: what macOS leaves beside files."""


def looks(start: bytes) -> Looks:
    """Return what bytes look like that gave no record.

    >>> [looks(start).like for start in (b"%PDF-1.7", b'{"name": 1}', b"[project]", b"hello")]
    ['PDF', 'JSON without CloudTrail records', 'text', 'text']
    """
    for magic, told in _MAGIC:
        if start.startswith(magic):
            return told
    for pattern, told in _TEXTS:
        if pattern.match(start):
            return told
    text = start.lstrip()
    if _JSON_BEGINS.match(text):
        for mark, told in _JSON:
            if mark in start:
                return told
        return Looks("JSON without CloudTrail records", _ALONE)
    if b"\0" in start or _binary(start):
        return Looks("binary data", "give the logs as AWS wrote them, or as JSON or CSV")
    first = text.split(b"\n", 1)[0]
    if first.count(b",") >= 2 or first.count(b"\t") >= 2 or first.count(b";") >= 2:
        return Looks(
            "a table without the columns of CloudTrail",
            "keep the column names, with eventTime, eventName, userIdentity",
        )
    return Looks("text", "load CloudTrail logs alone, as JSON or CSV")


def _binary(start: bytes) -> bool:
    odd = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in start[:512])
    return odd * 20 > len(start[:512])
