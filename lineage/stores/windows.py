"""Rows of calls and changes cut to a window by the second, the same in every store.

A row holds the calls of one hour: only where a side of the window falls between its first and its last call, or
where every event is asked for, must the ledger be read, and even then not where its examples are all its events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from lineage.model import schema
from lineage.model.batch import SAMPLES_PER_ROW, event_id_bytes, uuid_text
from lineage.model.facts import Sample
from lineage.model.results import CallRow, ChangeEdge, EventRow, Properties, SharedCall, Window
from lineage.model.times import LAST, parse_when

HOUR = 3600

Event = tuple[int, bytes]
"""Time and 16-byte ID."""
Ledger = Callable[[Sequence[CallRow], int, int], Mapping[bytes, Sequence[Event]]]
"""The events of rows (by the row's ID) between two seconds, as a store reads them; in any order."""


def seconds(window: Window) -> tuple[int, int]:
    """The first and the last second of a window; a side that is open, or beyond all that can be logged, is the
    first or the last second that can be."""
    since = 0 if window.since is None else min(max(window.since, 0), LAST)
    return since, LAST if window.until is None else max(min(window.until, LAST), -1)


def hours(window: Window) -> tuple[int, int]:
    """The first and the last hour that a window touches."""
    since, until = seconds(window)
    return since // HOUR, until // HOUR


def cut(found: Iterable[CallRow], window: Window, every: bool, ledger: Ledger) -> list[CallRow]:
    """What of the rows lies in the window, in order of first second, row and source. With `every`, `samples` holds
    each event."""
    since, until = seconds(window)
    kept: list[CallRow] = []
    open_: list[CallRow] = []
    for row in found:
        if row.first > until or row.last < since:
            continue
        whole = row.first >= since and row.last <= until
        if whole and (not every or len(row.samples) == row.count):
            kept.append(row)
        elif len(row.samples) == row.count:
            samples = [sample for sample in row.samples if since <= sample.time <= until]
            kept += _of_events(row, [sample.time for sample in samples], samples)
        else:
            open_.append(row)
    if open_:
        events = ledger(open_, since, until)
        for row in open_:
            found_events = sorted(events.get(row.row.id, ()))
            known = {event_id_bytes(sample.event_id): sample for sample in row.samples}
            samples = [
                known.get(id_) or Sample(time=time, event_id=uuid_text(id_))
                for time, id_ in (found_events if every else found_events[:SAMPLES_PER_ROW])
            ]
            kept += _of_events(row, [time for time, _ in found_events], samples)
    return sorted(kept, key=lambda row: (row.first, row.row.id, row.source))


def _of_events(row: CallRow, times: Sequence[int], samples: list[Sample]) -> list[CallRow]:
    """The row of the events at some times, in their order; none of no event."""
    if not times:
        return []
    return [msgspec.structs.replace(row, count=len(times), first=times[0], last=times[-1], samples=samples)]


def change_edge(type_: str, key: str, source: str, target: str, known: Properties) -> ChangeEdge:
    """A change from what a store keeps of it."""
    properties = dict.fromkeys(schema.RELATIONSHIP_PROPERTIES[type_]) | known
    properties.pop("key", None)
    ids = properties["event_ids"]
    time = parse_when(properties["time"]) or 0
    return ChangeEdge(type_, key, source, target, time, list(ids) if isinstance(ids, list) else [], properties)


def in_window(found: Iterable[ChangeEdge], window: Window) -> list[ChangeEdge]:
    """The changes of a window, in order of time, type and key."""
    since, until = seconds(window)
    return sorted((one for one in found if since <= one.time <= until), key=lambda one: (one.time, one.type, one.key))


def own_copies(
    found: Mapping[str, Sequence[EventRow]], wanted: Iterable[SharedCall]
) -> dict[SharedCall, list[tuple[str, EventRow]]]:
    """Of some events, by ID, the callers' own copies of calls."""
    calls = set(wanted)
    own: dict[SharedCall, list[tuple[str, EventRow]]] = {}
    for event_id, events in found.items():
        for seen in events:
            call = SharedCall(seen.account or "", seen.api, seen.time, seen.shared)
            if not seen.copy and call in calls:
                own.setdefault(call, []).append((event_id, seen))
    return own
