"""The events that an answer cites, wherever in it they stand, and where their records lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from lineage.model.times import iso
from lineage.questions.investigate import Cited
from lineage.stores.reader import Reader

MEMBERS = frozenset({"event_id", "event_ids", "sign_in_event_ids", "issue_event_ids", "grant_event_ids", "undone_by"})


def event_ids(value: object) -> Iterator[str]:
    """Every event ID in an answer, in its order, as often as it stands there."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseModel):
            for name in type(one).model_fields:
                found = getattr(one, name)
                if name in MEMBERS or name.endswith("_event_ids"):
                    yield from [found] if isinstance(found, str) else found or ()
                elif isinstance(found, (BaseModel, list, dict)):
                    waiting.append(found)
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += [inner for inner in one if isinstance(inner, (BaseModel, list, dict))]


def cited(reader: Reader, ids: Iterable[str]) -> list[Cited]:
    """Where the records of events lie, in order of time and ID; what is not loaded is left out."""
    found = [
        Cited(
            event_id=event_id, time=iso(seen.time), api=seen.api, account=seen.account, region=seen.region,
            error=seen.error, path=seen.path, index=seen.place,
        )
        for event_id, events in reader.events_of(sorted(set(ids))).items()
        for seen in events
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.time, one.event_id))
