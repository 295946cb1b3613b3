"""Raw records as they lie in the logs, found by event ID, with their secrets removed.

The store keeps no raw records; the files do. Files are searched one after the other and never held whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from lineage.answers import Place, Shown
from lineage.errors import BadUse
from loaders import inputs
from loaders.inputs import Source
from loaders.items import FileEnd, Records
from loaders.secrets import scrub
from loaders.single import text_of


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
    found: list[tuple[int, str]] = []
    sha256 = ""
    for item in inputs.read(source, texts=True):
        if isinstance(item, Records):
            found += [
                (item.indexes[position] if item.indexes else item.first + position, text_of(item, position))
                for position, record in enumerate(item.records)
                if record.event_id == event_id
            ]
        elif isinstance(item, FileEnd):
            sha256 = item.sha256
    for index, text in found:
        clean = scrub(msgspec.json.decode(text.encode("utf-8", "replace")))
        assert isinstance(clean, dict), "an object stays an object"
        yield Place(path=source.path, index=index, sha256=sha256, loaded_sha256=loaded, record=clean)
