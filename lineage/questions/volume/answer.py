"""`volume`: calls an hour in and around the scope, succeeded and failed, with what is usual at that hour of day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final, Literal

from lineage.model.results import CallRow, Window, grouped
from lineage.model.times import iso, parse_when
from lineage.questions.shared import grants, history
from lineage.questions.shared.addresses import place
from lineage.questions.shared.grants import own_calls
from lineage.questions.shared.history import HOUR, Compared, about_credential, compare, rests_on
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.volume import Drill, Hour, Part, Volume
from lineage.render.text import moment
from lineage.stores.reader import Reader

AROUND_HOURS: Final = 12
"""How far the hours shown reach to either side of the scope."""
MOST_HOURS: Final = 31 * 24
PARTS_SHOWN: Final = 10
OTHERS: Final = "others"
NO_ADDRESS: Final = "no address of the caller"
NO_KEY: Final = "no key logged"


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    days: int = 14, gap: int | None = None,
) -> Volume:  # fmt: skip
    """Count calls by the hour: of the identity whose history is compared with, in and around the scope."""
    side = AROUND_HOURS * HOUR
    compared = compare(reader, ask, since=since, until=until, margin=margin, days=days, gap=gap, further=side + HOUR)
    if compared is None:
        return Volume(asked=ask, found=False)
    first, last = _hours(compared.window)
    cut = last - first + 1 > MOST_HOURS
    shown = Window(max(first, last - MOST_HOURS + 1) * HOUR, (last + 1) * HOUR - 1)
    rows = history.past_calls(reader, compared.past, shown, compared.loaded)
    scope = history.past_calls(reader, compared.past, _both(shown, compared.window), compared.loaded)
    asked = own_calls(reader.calls(compared.subject.which, shown), compared.loaded)
    hours = _by_hour(reader, compared, shown, rows, asked)
    return Volume(
        asked=ask, found=True, subject=compared.subject.to_model(), scope=compared.scope,
        statement=_statement(compared, hours), calls=grants.total(rows), failed=grants.failed(rows),
        scope_calls=grants.total(scope), asked_calls=sum(hour.asked for hour in hours), hours=hours, truncated=cut,
        drills=[_drill(by, value, rows, scope) for by, value in _DRILLS], history=compared.history,
        sight=log_coverage(reader, compared.accounts, shown),
    )  # fmt: skip


def _hours(window: Window) -> tuple[int, int]:
    """The first and the last hour to show, both included."""
    since, until = window.since or 0, window.until or 0
    return max(since // HOUR - AROUND_HOURS, 0), until // HOUR + AROUND_HOURS


def _both(one: Window, other: Window) -> Window:
    return Window(max(one.since or 0, other.since or 0), min(one.until or 0, other.until or 0))


def _by_hour(
    reader: Reader, compared: Compared, shown: Window, rows: Iterable[CallRow], asked: Iterable[CallRow]
) -> list[Hour]:
    calls, failures, mine = _sums(rows), _sums(row for row in rows if row.row.error is not None), _sums(asked)
    usual = _usual(reader, compared)
    logged = _logged(reader, compared, shown)
    since, until = compared.window.since or 0, compared.window.until or 0
    return [
        Hour(
            hour=iso(hour * HOUR), calls=calls[hour], failed=failures[hour], asked=mine[hour],
            usual=usual.get(hour % 24), logged=hour in logged, in_scope=since // HOUR <= hour <= until // HOUR,
        )
        for hour in range((shown.since or 0) // HOUR, (shown.until or 0) // HOUR + 1)
    ]  # fmt: skip


def _usual(reader: Reader, compared: Compared) -> dict[int, float]:
    """By hour of day (UTC): the median of the history's hours with logs, those without a call included."""
    history = Window(parse_when(compared.history.since), parse_when(compared.history.until))
    sums = _sums(compared.before)
    by_hour: dict[int, list[int]] = defaultdict(list)
    for hour in _logged(reader, compared, history):
        by_hour[hour % 24].append(sums[hour])
    return {hour: float(median(counts)) for hour, counts in by_hour.items()}


def _logged(reader: Reader, compared: Compared, window: Window) -> set[int]:
    """The hours of a window in which any event of the accounts is loaded."""
    return {one.hour for account in compared.accounts for one in reader.coverage(account, window)}


def _sums(rows: Iterable[CallRow]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for row in rows:
        found[row.row.hour] += row.count
    return found


_DRILLS: Final[tuple[tuple[Literal["source IP", "call", "access key"], Callable[[CallRow], str]], ...]] = (
    ("source IP", lambda row: place(row) or NO_ADDRESS),
    ("call", lambda row: row.row.api),
    ("access key", lambda row: row.access_key_id or NO_KEY),
)


def _drill(
    by: Literal["source IP", "call", "access key"], value: Callable[[CallRow], str], rows: Iterable[CallRow],
    scope: Iterable[CallRow],
) -> Drill:  # fmt: skip
    """All calls by one thing; what is too small for a part of its own is in `others`."""
    groups, inside = grouped(rows, value), grouped(scope, value)
    ordered = sorted(groups, key=lambda one: (-grants.total(groups[one]), one))
    kept, rest = ordered[:PARTS_SHOWN], ordered[PARTS_SHOWN:]
    parts = [_part(one, groups[one], inside[one]) for one in kept]
    if rest:
        others = [[row for one in rest for row in of[one]] for of in (groups, inside)]
        parts.append(_part(OTHERS, *others))
    return Drill(by=by, parts=parts, values=len(ordered))


def _part(value: str, rows: Sequence[CallRow], inside: Sequence[CallRow]) -> Part:
    return Part(
        value=value, calls=grants.total(rows), failed=grants.failed(rows), scope_calls=grants.total(inside),
        first=grants.first(rows), last=grants.last(rows),
    )  # fmt: skip


def _statement(compared: Compared, hours: Sequence[Hour]) -> str:
    """The busiest hour of the scope against what is usual then, and what that is based on."""
    inside = [hour for hour in hours if hour.in_scope]
    busiest = min(inside, key=lambda hour: (-hour.calls, hour.hour), default=None)
    if busiest is None or not busiest.calls:
        said = "no calls in the scope"
    else:
        usual = "unknown" if busiest.usual is None else f"{busiest.usual:g}"
        most = f"at most {busiest.calls:,} an hour in the scope (at {moment(busiest.hour)})"
        said = f"{most}, usual at that hour of day: {usual}"
    too_little = [] if compared.history.enough else [f"too little history: {', '.join(compared.history.lacking)}"]
    result = [said, *too_little, f"the usual level is based on {rests_on(compared.history)}"]
    return "; ".join([*result, *about_credential(compared.history)])
