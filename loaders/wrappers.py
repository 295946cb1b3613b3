"""Records found in any JSON value, by what it says it is and never by where it came from.

One value at a time, any wrapper in any other: `{"Records": […]}`, lists, lookup-events, EventBridge,
CloudWatch Logs, Firehose, Kinesis, SNS, SQS, Splunk, Elastic, texts and base64 inside them. This is
the careful way; `loaders.documents` decodes the ordinary file at once. Source: field guide §9.1.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec

from loaders import lenient, scan
from loaders.digests import digest
from loaders.gunzip import MAGIC, gunzip
from loaders.items import Gather, Passed
from loaders.record import RECORD

Members = dict[str, msgspec.Raw]

DEEPEST = 12
"""Wrappers inside wrappers that are opened; real ones have four (SQS, SNS, EventBridge, record)."""

_members = msgspec.json.Decoder(Members)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_text = msgspec.json.Decoder(str)
_plain = msgspec.json.Decoder(str | int | float | bool | None)

EXPORT_LINE = re.compile(rb"\n\s*\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?\s+(?=[\[{])")
"""What CloudWatch Logs export tasks put between two records; JSON has no raw newline in a text."""

_INNER_TEXT = (
    *("CloudTrailEvent", "_raw", "event.original", "original"),
    *("message", "@message", "body", "Message", "data"),
)
"""Members whose text is an event, in the order in which they are believed."""
_INNER = ("detail", "result", "_source", "awslogs", "kinesis", "Sns", "event", "cloudtrail", "aws")
"""Members whose object leads to an event."""
_LISTS = ("Records", "records", "Events", "events", "logEvents", "results", "hits", "deliveryStreamRecords")
_EVENT_TEXT = (b'"{', b'"[', b'"H4sI', b'"eyJ')
_NOTICE = ("s3", "Sns", "s3ObjectKey", "receiptHandle", "TopicArn")


def value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None = None) -> None:
    """Add what one JSON value holds to `gather`: records, documents passed over, or one set aside."""
    _value(gather, text, offset, 0, False)


def _value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    """`offered`: the value stands where a record should (a list of events)."""
    if (record := lenient.strict(text)) is not None:
        gather.record(RECORD, record, text)
        return
    start = bytes(memoryview(text)[:64]).lstrip()[:1]
    if depth > DEEPEST:
        gather.aside("wrappers nested too deep", offset)
        return
    opened = _object if start == b"{" else _list if start == b"[" else _scalar
    try:
        opened(gather, text, offset, depth, offered)
    except scan.ERRORS:
        better = scan.forgiven(bytes(text))
        try:
            opened(gather, better or b"", offset, depth, offered)
        except scan.ERRORS:
            gather.aside(_why(bytes(text)), offset)


def _scalar(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    said = _plain.decode(text)
    if not isinstance(said, str):
        gather.aside("no object: null" if said is None else "no object: a number or truth value", offset)
    elif not inner(gather, said, offset, depth):
        gather.aside("no object: a text", offset)


def _list(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    for item in _items.decode(text):
        if (record := lenient.strict(item)) is not None:
            gather.record(RECORD, record, item)
        else:
            _value(gather, item, offset, depth + 1, offered)


def _object(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    members = _members.decode(text)
    if passed := document(members):
        gather.passed(passed)
        return
    for name in _LISTS:
        if name in members and _opened_list(gather, members[name], offset, depth):
            return
    if "QueryResultRows" in members:
        _query_rows(gather, members["QueryResultRows"], offset)
        return
    if _is_record(members):
        form, record = lenient.from_members(members)
        gather.record(form, record, text if form == RECORD else None)
        return
    for name in _INNER_TEXT:
        if name in members and _opened_text(gather, members[name], offset, depth):
            return
    for name in _INNER:
        if name in members and _leads_on(members[name]):
            _value(gather, members[name], offset, depth + 1, True)
            return
    if any(name in members for name in _NOTICE):
        gather.passed(Passed("notification", 1))
    elif "CloudTrailEvent" in members or {"message", "timestamp"} <= members.keys():
        gather.aside("the text inside is no event", offset)
    elif lenient.TELLING.isdisjoint(map(lenient.fold, members)):
        if offered and not ("detail" in members or "detail-type" in members):
            gather.record(*lenient.from_members(members))
        else:
            gather.passed(Passed("other", 1))
    else:
        gather.record(*lenient.from_members(_flat(members)))


def document(members: Mapping[str, msgspec.Raw]) -> Passed | None:
    """Return what an object is if it is a document that is no event, None else."""
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


def _is_record(members: Members) -> bool:
    """Return whether an object is a record though it lacks an ID, a time or a name."""
    named = "eventName" in members or "eventTime" in members
    return named and "userIdentity" in members and "s3" not in members


def inner(gather: Gather, text: str, offset: int | None, depth: int = 0) -> bool:
    """Add what a text inside a value holds; return False, and add nothing, where it is no event."""
    data = text.strip().encode("utf-8", "replace")
    if data[:1] not in (b"{", b"["):
        if match := EXPORT_LINE.match(b"\n" + data):
            data = data[match.end() - 1 :]
        elif (decoded := unpacked(data)) is not None:
            data = decoded
        else:
            return False
    for item, _ in scan.values(data):
        _value(gather, item, offset, depth + 1, True)
    return True


def unpacked(data: bytes) -> bytes | None:
    """Return what base64 holds if that is JSON or gzip of anything, None else."""
    if len(data) < 8 or data[:1] not in b"HeWI":  # H4sI is gzip, eyJ is {", W3s is [{, Iy… is "
        return None
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    if decoded.startswith(MAGIC):
        return gunzip(decoded)
    return decoded if decoded.lstrip()[:1] in (b"{", b"[") else None


def _opened_list(gather: Gather, raw: msgspec.Raw, offset: int | None, depth: int) -> bool:
    """Add the elements of a wrapper's list; False where the member is something else."""
    start = bytes(memoryview(raw)[:1])
    if start == b"[":
        _list(gather, raw, offset, depth, True)
    elif start == b"{":
        _value(gather, raw, offset, depth + 1, True)
    else:
        return bytes(raw) == b"null"
    return True


def _opened_text(gather: Gather, raw: msgspec.Raw, offset: int | None, depth: int) -> bool:
    try:
        text = _text.decode(raw)
    except scan.ERRORS:
        return False
    return inner(gather, text, offset, depth)


def _leads_on(raw: msgspec.Raw) -> bool:
    """Return whether a member is an object or list that holds an event."""
    start = bytes(memoryview(raw)[:1])
    if start != b"{":
        return start == b"["
    members = _members.decode(raw)
    if not lenient.TELLING.isdisjoint(map(lenient.fold, members)):
        return True
    if any(bytes(members[name]).startswith(_EVENT_TEXT) for name in _INNER_TEXT if name in members):
        return True
    return any(_leads_on(members[name]) for name in _INNER if name in members)


def _query_rows(gather: Gather, raw: msgspec.Raw, offset: int | None) -> None:
    """CloudTrail Lake `get-query-results`: each row a list of objects of one column."""
    for row in msgspec.json.decode(raw, type=list[list[dict[str, str | None]]]):
        cells = {lenient.fold(name): cell for column in row for name, cell in column.items() if cell}
        gather.record(*lenient.from_columns(cells))


def _flat(members: Members) -> Members:
    """Return members with `userIdentity.arn` and its kin (Splunk) put back into one object."""
    tree: dict[str, object] = {}
    for key, raw in members.items():
        *path, last = key.split(".")
        node = tree
        for name in path:
            child = node.setdefault(name, {})
            if not isinstance(child, dict):
                break
            node = child
        else:
            node[last] = raw
    return {
        name: node if isinstance(node, msgspec.Raw) else msgspec.Raw(msgspec.json.encode(node))
        for name, node in tree.items()
    }


def _why(text: bytes) -> str:
    start = text.lstrip()[:32]
    if re.match(rb"[\[{]+\s*'", start):
        return "Python text (single quotes), not JSON: write it with json.dumps"
    if start[:1] in (b"{", b"[", b'"') and scan.end_of_value(memoryview(text)) == scan.TRUNCATED:
        return "cut JSON: the text ends inside a value"
    return "malformed JSON" if start[:1] in (b"{", b"[") else "no object"
