"""What was loaded, in Neo4j: events by account, region, hour and category, a node for each account and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lineage.model import schema
from lineage.stores.neo4j.db import Db, pack, read_many, row_key, write_rows
from lineage.stores.neo4j.ledger import Place

Counts = dict[tuple[str, str | None, int, str], list[int]]
"""By account, region, hour and category: count, first, last."""
Line = tuple[str | None, int, str, int, int, int]
"""Region, hour, category, count, first, last."""
lines = msgspec.msgpack.Decoder(list[Line]).decode


def add_coverage(db: Db, counts: Counts) -> None:
    """Add to what was counted."""
    days: dict[tuple[str, int], dict[tuple[str | None, int, str], list[int]]] = defaultdict(dict)
    for (account, region, hour, category), one in counts.items():
        days[account, hour // 24][region, hour, category] = one
    stored = _read(db, days)
    for day, fresh in days.items():
        found = stored[day]
        for key, (count, first, last) in fresh.items():
            had = found.get(key)
            found[key] = (
                (count, first, last) if had is None else (had[0] + count, min(had[1], first), max(had[2], last))
            )
    _write(db, stored)


def recount_coverage(db: Db, hour: int, accounts: Iterable[str], places: Iterable[Place]) -> None:
    """Count an hour of some accounts anew, from its ledger and rows."""
    by_row: dict[str, list[int]] = defaultdict(lambda: [0, 1 << 62, -1])
    for place in places:
        one = by_row[row_key(place.actor, place.row)]
        time = hour * 3600 + place.second
        one[0] += 1
        one[1], one[2] = min(one[1], time), max(one[2], time)
    stored = _read(db, {(account, hour // 24): None for account in accounts})
    for day, found in stored.items():
        stored[day] = {key: line for key, line in found.items() if key[1] != hour}
    for _, type_, _, _, _, _, _, properties in read_many(db, "rows_by_key", "keys", list(by_row)):
        day = (properties.get("account") or "", hour // 24)
        if type_ != schema.USED or day not in stored:
            continue
        count, first, last = by_row[properties["key"]]
        key = (properties.get("region"), hour, properties["category"])
        had = stored[day].get(key)
        stored[day][key] = (
            (count, first, last) if had is None else (had[0] + count, min(had[1], first), max(had[2], last))
        )
    _write(db, stored)


_Days = dict[tuple[str, int], dict[tuple[str | None, int, str], tuple[int, int, int]]]


def _read(db: Db, days: Mapping[tuple[str, int], object]) -> _Days:
    found: _Days = {day: {} for day in days}
    by_key = {_key(*day): day for day in days}
    for key, body in read_many(db, "coverage_of", "keys", list(by_key)):
        found[by_key[key]] = {
            (region, hour, category): (count, first, last) for region, hour, category, count, first, last in lines(body)
        }
    return found


def _write(db: Db, days: _Days) -> None:
    nodes: list[dict[str, Any]] = []
    for (account, day), found in days.items():
        body = [(*key, *line) for key, line in sorted(found.items(), key=lambda one: (one[0][0] or "", *one[0][1:]))]
        nodes.append({
            "key": _key(account, day), "account": account, "day": day, "count": sum(line[0] for line in found.values()),
            "first": min((line[1] for line in found.values()), default=None),
            "last": max((line[2] for line in found.values()), default=None),
            "regions": sorted({region for region, _, _ in found if region}), "body": pack(body),
        })  # fmt: skip
    write_rows(db, "set_coverage", nodes)


def _key(account: str, day: int) -> str:
    return f"{account} {day}"
