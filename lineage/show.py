"""Finds raw records in the logs by event ID, and removes their secrets.

The store has no raw records. Files are searched one after the other in constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from lineage.model.errors import BadUse
from lineage.questions.show import Place, Shown
from loaders.files.sources import Source, fetched, find
from loaders.records.items import FileEnd, Records
from loaders.records.read import read, text_of
from loaders.records.record import Record
from loaders.secrets import scrub


def show(event_id: str, paths: Sequence[str], loaded_sha256: Callable[[str], str | None]) -> Shown:
    """Return every record with that event ID below the paths, in their order; for another account's copy of a call,
    also the caller's own copies.

    `loaded_sha256` returns the hash that the store has of a file. Raises `BadUse` if a path matches nothing, and for
    standard input, which cannot be read twice.
    """
    if "-" in paths:
        raise BadUse("show: standard input cannot be searched; give files or folders with --logs")
    places = list(_places(_having(event_id), paths, loaded_sha256))
    originals = sorted({found for place in places if (found := _amended(place.record))} - {event_id})
    note = f"{event_id} is an addendum; it amends event {' and '.join(originals)}." if originals else None
    for original in originals:
        places += _places(_having(original), paths, loaded_sha256)
    if calls := {call for place in places if (call := _copied(place.record))}:
        own = list(_places(lambda record: _call_of(record) in calls, paths, loaded_sha256))
        places += own
        if ids := sorted({str(place.record.get("eventID")) for place in own}):
            note = (
                f"{event_id} is another account's copy of a call; its caller's own copy is event {' and '.join(ids)}."
            )
    return Shown(event_id=event_id, found=bool(places), places=places, note=note)


def records(
    event_ids: Collection[str], paths: Sequence[str], loaded_sha256: Callable[[str], str | None]
) -> Iterator[Place]:
    """Return the records with any of the event IDs below the paths, in their order, without their secrets.

    As for `show`, but each file is read once for all of them.
    """
    if "-" in paths:
        raise BadUse("standard input cannot be searched; give files or folders with --logs")
    yield from _places(lambda record: record.event_id in event_ids, paths, loaded_sha256)


_Call = tuple[str | None, ...]
"""Shared event ID, service, operation, time and caller's account: equal in all copies of a call."""


def _places(
    fits: Callable[[Record], bool], paths: Sequence[str], loaded_sha256: Callable[[str], str | None]
) -> Iterator[Place]:
    for source in fetched(find(paths)):
        yield from _in_file(fits, source, loaded_sha256(source.path))


def _having(event_id: str) -> Callable[[Record], bool]:
    return lambda record: record.event_id == event_id


def _copied(record: dict[str, object]) -> _Call | None:
    """Return the call that a record is another account's copy of; None if it is none, or has no shared event ID."""
    who = record.get("userIdentity")
    if not isinstance(who, dict) or who.get("type") != "AWSAccount":
        return None
    members = (*(record.get(name) for name in ("sharedEventID", "eventSource", "eventName", "eventTime")),
               who.get("accountId"))  # fmt: skip
    texts = tuple(one for one in members if isinstance(one, str) and one)
    return texts if len(texts) == len(members) else None


def _call_of(record: Record) -> _Call:
    """Return the call that a record is its caller's own copy of, if the recipient is the caller."""
    return (record.shared_event_id, record.event_source, record.event_name, record.event_time,
            record.recipient_account_id)  # fmt: skip


def _amended(record: dict[str, object]) -> str | None:
    """Return the ID of the event that a record amends, None if it is no addendum that changes data."""
    addendum = record.get("addendum")
    if not isinstance(addendum, dict) or addendum.get("reason") != "UPDATED_DATA":
        return None
    original = addendum.get("originalEventID")
    return original if isinstance(original, str) and original else None


def _in_file(fits: Callable[[Record], bool], source: Source, loaded: str | None) -> Iterator[Place]:
    found: list[tuple[int, str]] = []
    sha256 = ""
    for item in read(source, texts=True):
        if isinstance(item, Records):
            found += [
                (item.indexes[position] if item.indexes else item.first + position, text_of(item, position))
                for position, record in enumerate(item.records)
                if fits(record)
            ]
        elif isinstance(item, FileEnd):
            sha256 = item.sha256
    for index, text in found:
        clean = scrub(msgspec.json.decode(text.encode("utf-8", "replace")))
        assert isinstance(clean, dict), "an object stays an object"
        yield Place(path=source.path, index=index, sha256=sha256, loaded_sha256=loaded, record=clean)
