"""Raw records as they lie in the logs, found by event ID, with their secrets removed.

The store keeps no raw records; the files do. Files are searched one after the other and never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from lineage.answers import Place, Shown
from lineage.errors import BadUse
from loaders import inputs, scan, split
from loaders.gunzip import Gunzip
from loaders.inputs import Source
from loaders.items import FileEnd, Records
from loaders.quick import document
from loaders.record import Record
from loaders.secrets import scrub

_DEEPEST = 20
"""Levels of lists, objects and texts with JSON in them that a record is sought in."""
_RECORD = frozenset({"eventtime", "eventname"})


def show(event_id: str, paths: Sequence[str], loaded_sha256: Callable[[str], str | None]) -> Shown:
    """Every record with that event ID below the paths, in their order.

    `loaded_sha256` gives the hash that a store kept of a file. Raises `BadUse` where a path names nothing,
    and for standard input, which cannot be read twice.
    """
    if "-" in paths:
        raise BadUse("show: standard input cannot be searched; give files or folders with --logs")
    places = list(_places(event_id, paths, loaded_sha256))
    originals = sorted({found for place in places if (found := _amended(place.record))} - {event_id})
    for original in originals:
        places += _places(original, paths, loaded_sha256)
    note = f"{event_id} is an addendum; it amends event {' and '.join(originals)}." if originals else None
    return Shown(event_id=event_id, found=bool(places), places=places, note=note)


def _places(event_id: str, paths: Sequence[str], loaded_sha256: Callable[[str], str | None]) -> Iterator[Place]:
    for source in inputs.find(paths):
        yield from _in_file(event_id, source, loaded_sha256(source.path))


def _amended(record: dict[str, object]) -> str | None:
    """ID of the event that a record amends, None if it is no addendum that changes data."""
    addendum = record.get("addendum")
    if not isinstance(addendum, dict) or addendum.get("reason") != "UPDATED_DATA":
        return None
    original = addendum.get("originalEventID")
    return original if isinstance(original, str) and original else None


def _in_file(event_id: str, source: Source, loaded: str | None) -> Iterator[Place]:
    found: list[tuple[int, Record]] = []
    sha256 = ""
    for item in inputs.read(source):
        if isinstance(item, Records):
            found += [
                (item.indexes[position] if item.indexes else item.first + position, record)
                for position, record in enumerate(item.records)
                if record.event_id == event_id
            ]
        elif isinstance(item, FileEnd):
            sha256 = item.sha256
    if not found:
        return
    raw = list(_as_logged(event_id, source.path))
    for position, (index, record) in enumerate(found):
        # Rows of a table, and what lies in packed texts, are shown as far as they were understood.
        whole = raw[position] if len(raw) == len(found) else understood(record)
        clean = scrub(whole)
        assert isinstance(clean, dict), "an object stays an object"
        yield Place(path=source.path, index=index, sha256=sha256, loaded_sha256=loaded, record=clean)


def _as_logged(event_id: str, path: str) -> Iterator[dict[str, object]]:
    """The objects of a file that are records with that ID, with every member as logged."""
    wanted = event_id.encode()
    with Path(path).open("rb") as file:
        blocks = iter(Gunzip(Gunzip(iter(lambda: file.read(inputs.BLOCK), b""))))
        for chunk in split.chunks(blocks, split.SIZE, document):
            if wanted not in chunk.text:
                continue
            for value, _ in scan.values(chunk.text):
                if wanted in value:
                    yield from _records(event_id, _decoded(bytes(value)), 0)


def _records(event_id: str, value: object, depth: int) -> Iterator[dict[str, object]]:
    """The innermost objects that carry the ID: wrappers repeat it outside."""
    if isinstance(value, str) and event_id in value and value.lstrip()[:1] in ("{", "["):
        value = _decoded(value.encode("utf-8", "surrogatepass"))
    if depth > _DEEPEST or not isinstance(value, (dict, list)):
        return
    within = [
        record
        for one in (value.values() if isinstance(value, dict) else value)
        for record in _records(event_id, one, depth + 1)
    ]
    yield from within
    if not within and isinstance(value, dict):
        names = {str(name).casefold(): name for name in value}
        if value.get(names.get("eventid", "")) == event_id and names.keys() >= _RECORD:
            yield value


def _decoded(text: bytes) -> object:
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return value


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
