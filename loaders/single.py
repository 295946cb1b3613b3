"""One record given as text: what `who` needs of it without loading it."""

from __future__ import annotations

from lineage.errors import BadUse
from lineage.facts import Identity
from lineage.times import parse_when
from loaders import signins
from loaders.classify import classify
from loaders.documents import Records, records_in
from loaders.identity import identity


def one_record(text: str) -> tuple[str | None, Identity, int, str, str]:
    """Event ID, identity, time, operation and category of the first record in a JSON text.

    Raises `BadUse` where there is no usable record.
    """
    for item in records_in(text.encode()):
        if not isinstance(item, Records) or not item.records:
            continue
        record = item.records[0]
        time = parse_when(record.event_time)
        if time is None or not record.event_name:
            break
        call = classify(
            record.event_source, record.event_name, record.event_type, record.event_category, record.read_only
        )
        return (
            record.event_id,
            signins.caller(record, call.api, identity(bytes(record.user_identity), record.event_type)),
            time,
            call.api,
            call.category,
        )
    raise BadUse("record: no CloudTrail record with eventTime and eventName in it; give the JSON object as logged")
