"""Operations that were called far more often in an hour than ever before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import Final

from lineage.model.results import CallRow
from lineage.model.times import iso
from lineage.questions.new import Jump
from lineage.questions.shared import grants
from lineage.questions.shared.history.past import HOUR

LEAST: Final = 10
DEVIATIONS: Final = 5
STATISTIC: Final = (
    f"a jump is an hour of the scope with at least {LEAST} calls of an operation, more than in the busiest hour of its "
    f"history, and more than the median plus {DEVIATIONS} median absolute deviations of the history's hours that have "
    "this call"
)


def jumps(rows: Iterable[CallRow], before: Iterable[CallRow]) -> list[Jump]:
    """The operations of `rows` with a jump against `before`, each with its busiest hour; in order of the operation.

    What the history does not have at all is new, and no jump.
    """
    now, past = _by_hour(rows), _by_hour(before)
    return [one for api in sorted(now) if api in past and (one := _jump(api, now[api], past[api]))]


def _by_hour(rows: Iterable[CallRow]) -> dict[str, dict[int, list[CallRow]]]:
    found: dict[str, dict[int, list[CallRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.row.api][row.row.hour].append(row)
    return found


def _jump(api: str, now: dict[int, list[CallRow]], past: dict[int, list[CallRow]]) -> Jump | None:
    counts = {hour: sum(row.count for row in some) for hour, some in now.items()}
    hour = min(counts, key=lambda one: (-counts[one], one))
    usual = [sum(row.count for row in some) for some in past.values()]
    middle = median(usual)
    deviation = median(abs(count - middle) for count in usual)
    if counts[hour] < LEAST or counts[hour] <= max(*usual, middle + DEVIATIONS * deviation):
        return None
    return Jump(
        api=api, hour=iso(hour * HOUR), calls=counts[hour], busiest=max(usual), median=float(middle),
        deviation=float(deviation), hours=len(usual), event_ids=grants.earliest(now[hour]),
    )  # fmt: skip
