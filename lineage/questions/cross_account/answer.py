"""`cross_account`: which accounts' principals assumed into which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lineage.model.times import iso
from lineage.questions.cross_account import CrossAccount, Crossing

ROLES_SHOWN = 20
EVENTS_SHOWN = 5


class CrossingRow(NamedTuple):
    """One grant across accounts, copies merged."""

    from_account: str
    to_account: str
    caller: str
    role_arn: str
    how: str
    time: int
    event_id: str


def answer(
    rows: Iterable[CrossingRow], names: Mapping[str, str], *, since: int | None, until: int | None
) -> CrossAccount:
    """Count the grants by pair of accounts, by the immediate caller's account."""
    pairs: dict[tuple[str, str], list[CrossingRow]] = defaultdict(list)
    for row in rows:
        if (since is None or row.time >= since) and (until is None or row.time <= until):
            pairs[row.from_account, row.to_account].append(row)
    found = []
    for (source, target), members in pairs.items():
        roles = sorted({row.role_arn for row in members})
        newest = sorted((row.time, row.event_id) for row in members)[-EVENTS_SHOWN:]
        found.append(
            Crossing(
                from_account=source,
                from_name=names.get(source),
                to_account=target,
                to_name=names.get(target),
                count=len(members),
                callers=len({row.caller for row in members}),
                roles=len(roles),
                hows=sorted({row.how for row in members}),
                first=iso(min(row.time for row in members)),
                last=iso(max(row.time for row in members)),
                role_arns=roles[:ROLES_SHOWN],
                event_ids=[event_id for _, event_id in newest],
            )
        )
    found.sort(key=lambda crossing: (-crossing.count, crossing.from_account, crossing.to_account))
    return CrossAccount(total=len(found), crossings=found)
