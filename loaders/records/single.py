"""One record given as text or file: what `who` needs of it without loading it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import msgspec

from lineage.model.batch import shared_hash
from lineage.model.errors import BadUse
from lineage.model.facts import Identity
from lineage.model.times import parse_when
from loaders.facts import signins
from loaders.facts.classify import classify
from loaders.facts.identity import identity, placed, served, unreadable
from loaders.files.inputs import Source, read
from loaders.records.documents import Aside, Item, Records
from loaders.records.items import FileEnd
from loaders.records.record import Record

Said = tuple[str | None, Identity, int, str, str, int]
"""Event ID, identity, time, operation, category and hash of the shared event ID of a record."""


def items_of(data: bytes) -> Iterator[Item]:
    """Yield what bytes hold, wrapped and packed as in a file; batches have the records' own texts."""
    return (item for item in read(Source("-", 0), io.BytesIO(data), texts=True) if not isinstance(item, FileEnd))


def one_record(text: str) -> Said:
    """What the first record in a JSON text says.

    Raises `BadUse` where there is no usable record.
    """
    for item in items_of(text.encode("utf-8", "surrogatepass")):
        if isinstance(item, Records):
            return said_by(item.records[0])
    raise BadUse("record: no CloudTrail record with eventTime and eventName in it; give the JSON object as logged")


def said_by(record: Record) -> Said:
    """What a record says. Raises `BadUse` for one without time or name, or whose identity cannot be read."""
    time = parse_when(record.event_time)
    if time is None or not record.event_name:
        raise BadUse("record: no CloudTrail record with eventTime and eventName in it; give the JSON object as logged")
    if (reason := unreadable(record.user_identity)) is not None:
        raise BadUse(f"record: {reason}")
    call = classify(record.event_source, record.event_name, record.event_type, record.event_category, record.read_only)
    stated = identity(bytes(record.user_identity), record.event_type)
    who = served(placed(stated, record.aws_region, record.recipient_account_id), record.source_ip)
    who = signins.caller(record, call.api, who)
    return record.event_id, who, time, call.api, call.category, shared_hash(record.shared_event_id)


def record_in(path: str) -> str | None:
    """Return the JSON of the first record in a file, however it is wrapped and packed; None where there is none.

    Raises `BadUse` where the file cannot be read.
    """
    for item in read(Source(path, 0), texts=True):
        if isinstance(item, Records):
            return text_of(item, 0)
        if isinstance(item, Aside) and item.reason.startswith("cannot be read"):
            raise BadUse(f"{path}: {item.reason}")
    return None


def text_of(records: Records, position: int) -> str:
    """Return a record's own JSON, or what was understood of it where it has none."""
    text = records.texts[position] if records.texts is not None else None
    if isinstance(text, str):
        return text
    if text is not None:
        return bytes(text).decode("utf-8", "replace")
    return msgspec.json.encode(understood(records.records[position])).decode()


def understood(record: Record) -> dict[str, object]:
    """What the loaders read of a record, by CloudTrail's names."""
    shown: dict[str, object] = {}
    for field in msgspec.structs.fields(record):
        value: object = getattr(record, field.name)
        if isinstance(value, msgspec.Raw):
            value = _decoded(bytes(value))
        if value is not None:
            shown[field.encode_name] = value
    return shown


def _decoded(text: bytes) -> object:
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value
