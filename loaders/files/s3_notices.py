"""Reads what S3 tells about new objects: its event notifications, straight, through SNS or through EventBridge.

Security Lake's notifications have EventBridge's form; CloudTrail's own topic has one of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus

import msgspec

from loaders.files.sources import S3

NEW = ("ObjectCreated", "ObjectRestore:Completed", "Object Created", "Object Restore Completed")
"""What is told about objects that can be read now; the rest, such as deletions, needs nothing."""
DEEPEST = 3
"""Most envelopes around a notification."""


class _Named(msgspec.Struct):
    name: str


class _Object(msgspec.Struct):
    key: str


class _S3(msgspec.Struct):
    bucket: _Named
    object: _Object


class _Record(msgspec.Struct, rename={"name": "eventName"}):
    s3: _S3
    name: str = NEW[0]


_NAMES = {
    "message": "Message", "event": "Event", "records": "Records", "kind": "detail-type", "bucket": "s3Bucket",
    "keys": "s3ObjectKey",
}  # fmt: skip


class _Message(msgspec.Struct, rename=_NAMES):
    message: str | None = None
    event: str | None = None
    records: list[_Record] | None = None
    kind: str = NEW[2]
    detail: _S3 | None = None
    bucket: str | None = None
    keys: list[str] | str | None = None


_decode = msgspec.json.Decoder(_Message).decode


def objects_in(body: str) -> list[str] | None:
    """Return the addresses of the objects that a message tells of, each once; None if it is no notification.

    >>> objects_in('{"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "a%3D1/x"}}}]}')
    ['s3://b/a=1/x']
    >>> objects_in('{"Event": "s3:TestEvent"}'), objects_in("hello")
    ([], None)
    """
    for _ in range(DEEPEST):
        if body.startswith("CloudTrail validation message"):
            return []
        try:
            told = _decode(body)
        except (msgspec.MsgspecError, UnicodeError):
            return None
        if told.message is None:
            return list(dict.fromkeys(_objects(told))) if _is_notification(told) else None
        body = told.message
    return None


def _is_notification(told: _Message) -> bool:
    parts = (told.records, told.detail, told.bucket and told.keys)
    return told.event == "s3:TestEvent" or any(part is not None for part in parts)


def _objects(told: _Message) -> Iterator[str]:
    for record in told.records or ():
        if record.name.startswith(NEW):
            yield _address(record.s3.bucket.name, unquote_plus(record.s3.object.key))
    if told.detail is not None and told.kind in NEW:
        yield _address(told.detail.bucket.name, told.detail.object.key)
    for key in [told.keys] if isinstance(told.keys, str) else told.keys or ():
        yield _address(told.bucket or "", key)


def _address(bucket: str, key: str) -> str:
    return f"{S3}{bucket}/{key}"
