"""Which errors are refusals, and where many of them make a burst."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from lineage.model.results import CallRow

BURST_SECONDS: Final = 600
BURST_SERVICES: Final = 5
BURST_OPERATIONS: Final = 10
HOUR = 3600
RULE: Final = (
    f"a burst is refusals of one origin in {BURST_SERVICES} services or {BURST_OPERATIONS} operations and more "
    f"within {BURST_SECONDS // 60} minutes"
)
_REFUSAL = re.compile(r"Access_?Denied|Unauthori[sz]ed|Forbidden|NotAuthorized|AuthorizationError", re.IGNORECASE)


def is_refusal(error: str | None) -> bool:
    """Does an error say that the caller may not, and not that the call was wrong (guide §7)?

    >>> [is_refusal(error) for error in ("AccessDenied", "Client.UnauthorizedOperation", "NoSuchBucket", None)]
    [True, True, False, False]
    """
    return error is not None and _REFUSAL.search(error) is not None


class Event(NamedTuple):
    """One refused call."""

    time: int
    event_id: str
    api: str


def stretches(rows: Iterable[CallRow]) -> list[tuple[int, int]]:
    """The hours in which a burst may lie: where they and the next have refusals of enough operations or services."""
    hours: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        hours[row.row.hour].add(row.row.api)
    found: list[tuple[int, int]] = []
    for hour in sorted(hours):
        if _is_much(hours[hour] | hours.get(hour + 1, set())):
            since, until = hour * HOUR, (hour + 2) * HOUR - 1
            if found and since <= found[-1][1] + 1:
                found[-1] = found[-1][0], until
            else:
                found.append((since, until))
    return found


def _is_much(apis: Iterable[str]) -> bool:
    operations = set(apis)
    services = {api.partition(":")[0] for api in operations}
    return len(operations) >= BURST_OPERATIONS or len(services) >= BURST_SERVICES


def bursts(events: Sequence[Event]) -> list[list[Event]]:
    """The bursts among refusals in order of time: every ten minutes that hold enough, joined where they overlap."""
    found: list[tuple[int, int]] = []
    inside: dict[str, int] = defaultdict(int)
    begin = 0
    for end, event in enumerate(events):
        inside[event.api] += 1
        while event.time - events[begin].time > BURST_SECONDS:
            inside[events[begin].api] -= 1
            begin += 1
        if _is_much(api for api, count in inside.items() if count):
            if found and begin <= found[-1][1]:
                found[-1] = found[-1][0], end
            else:
                found.append((begin, end))
    return [list(events[first : last + 1]) for first, last in found]
