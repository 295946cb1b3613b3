"""Decodes a text of well-formed records in one or two calls: the hot path.

Each shape has one typed decoder. The result is None if the text has another shape or any incomplete record;
`loaders.records.wrappers` then reads it value by value. Source: guide §9.1.
"""

from __future__ import annotations

import re
from operator import attrgetter

import msgspec

from loaders.records.record import EMPTY, Record
from loaders.records.scan import ERRORS


class _Document(msgspec.Struct, gc=False):
    """S3, and the console's download."""

    records: list[Record] | None = msgspec.field(default=None, name="Records")


class _Envelope(msgspec.Struct, gc=False):
    """EventBridge."""

    detail: Record


class _Text(msgspec.Struct, gc=False):
    """One event of lookup-events or of CloudWatch Logs: the record is JSON in a string."""

    event: str | None = msgspec.field(default=None, name="CloudTrailEvent")
    message: str | None = None


class _Texts(msgspec.Struct, gc=False):
    """lookup-events, filter-log-events and subscription batches: one of three lists."""

    looked_up: list[_Text] = msgspec.field(default=[], name="Events")
    filtered: list[_Text] = msgspec.field(default=[], name="events")
    logged: list[_Text] = msgspec.field(default=[], name="logEvents")
    message_type: str = msgspec.field(default="DATA_MESSAGE", name="messageType")


_NEEDED = (attrgetter("event_id"), attrgetter("event_time"), attrgetter("event_name"))

_identity = attrgetter("user_identity")

_document = msgspec.json.Decoder(_Document)
_list = msgspec.json.Decoder(list[Record])
_record = msgspec.json.Decoder(Record)
_envelope = msgspec.json.Decoder(_Envelope)
_envelopes = msgspec.json.Decoder(list[_Envelope])
_texts = msgspec.json.Decoder(_Texts)

_LIST = re.compile(rb"\s*\[")
_RECORDS = re.compile(rb'\s*\{\s*"Records"\s*:')
_DETAIL = re.compile(rb'[^{}]*\{[^{}]*"detail"\s*:\s*\{')
_TEXTS = re.compile(rb'[^{}]*\{[^{}]*"(?:Events|events|logEvents)"\s*:\s*\[')


def decode_all(text: bytes) -> list[Record] | None:
    """Return the records of a text if all of it is well-formed records, else None."""
    try:
        if _RECORDS.match(text):
            return decode_document(text)
        if _LIST.match(text):
            return _enveloped(text) if _DETAIL.match(text[:1_000]) else decode_document(text)
        if _DETAIL.match(text[:1_000]):
            return _enveloped(text)
        if _TEXTS.match(text[:1_000]):
            return _in_texts(text)
        return _all_complete(_record.decode_lines(text))
    except ERRORS:
        return None


def texts(text: bytes, count: int) -> list[msgspec.Raw] | list[str | None] | None:
    """Return the JSON of each of the `count` records that `decode_all` found in a text; None if not available."""
    try:
        found: list[msgspec.Raw] | list[str | None]
        if _RECORDS.match(text):
            found = _raw_document.decode(text).records
        elif _LIST.match(text):
            enveloped = _DETAIL.match(text[:1_000])
            found = [one.detail for one in _raw_envelopes.decode(text)] if enveloped else _raw_list.decode(text)
        elif _DETAIL.match(text[:1_000]):
            found = [one.detail for one in _raw_envelope.decode_lines(text)]
        elif _TEXTS.match(text[:1_000]):
            held = _texts.decode(text)
            found = [one.event or one.message for one in (*held.looked_up, *held.filtered, *held.logged)]
        else:
            found = _raw.decode_lines(text)
    except ERRORS:
        return None
    return found if len(found) == count else None


class _RawDocument(msgspec.Struct, gc=False):
    records: list[msgspec.Raw] = msgspec.field(default=[], name="Records")


class _RawEnvelope(msgspec.Struct, gc=False):
    detail: msgspec.Raw


_raw = msgspec.json.Decoder(msgspec.Raw)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_raw_document = msgspec.json.Decoder(_RawDocument)
_raw_envelope = msgspec.json.Decoder(_RawEnvelope)
_raw_envelopes = msgspec.json.Decoder(list[_RawEnvelope])


def decode_s3_file(text: bytes) -> list[Record] | None:
    """Return the records of a text that is one `{"Records": […]}` document, as in S3; else None."""
    return decode_document(text) if _RECORDS.match(text) else None


def decode_document(text: bytes) -> list[Record] | None:
    """Return the records of one `{"Records": […]}` document or a bare list; else None."""
    try:
        return _all_complete(_list.decode(text) if _LIST.match(text) else _document.decode(text).records)
    except ERRORS:
        return None


def _enveloped(text: bytes) -> list[Record] | None:
    """Return the records of EventBridge envelopes: in a list, one a line, or concatenated."""
    envelopes = _envelopes.decode(text) if _LIST.match(text) else _envelope.decode_lines(text)
    return _all_complete([envelope.detail for envelope in envelopes])


def _in_texts(text: bytes) -> list[Record] | None:
    """Return the records that are strings in one document's list."""
    found = _texts.decode(text)
    texts = [item.event or item.message for item in (*found.looked_up, *found.filtered, *found.logged)]
    if found.message_type != "DATA_MESSAGE" or None in texts:
        return None
    records = _record.decode_lines("\n".join(filter(None, texts)))
    return _all_complete(records) if len(records) == len(texts) else None


def _all_complete(records: list[Record] | None) -> list[Record] | None:
    """Return the records if each is complete (`decode_any_case.is_complete`); a column at a time, which is faster."""
    if not records or any(None in map(column, records) for column in _NEEDED):
        return None
    if EMPTY in map(_identity, records):
        return None  # the identity may be in flat columns
    return records
