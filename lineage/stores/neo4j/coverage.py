"""What was loaded into Neo4j: coverage (a node for each account and day), loads, files, and how much there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lineage.model import schema
from lineage.model.results import ALWAYS, Coverage, LogsAround, Part, Size, Sums, Totals, Window, grouped
from lineage.stores.merging import is_gap, pack
from lineage.stores.neo4j.db import Db, Statements, read_many, row_key, write_rows
from lineage.stores.neo4j.shards import Place
from lineage.stores.windows import hours

Counts = dict[tuple[str, str | None, int, str], list[int]]
"""By account, region, hour and category: count, first, last."""
Line = tuple[str | None, int, str, int, int, int]
"""Region, hour, category, count, first, last."""
lines = msgspec.msgpack.Decoder(list[Line]).decode


class Loaded(Statements):
    """What was loaded."""

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        low, high = hours(window)
        days = {"low": low // 24, "high": high // 24}
        found = [
            Coverage(whose or None, region, hour, category, count, first, last)
            for whose, body in (
                self._read("coverage", **days)
                if account is None
                else self._read("coverage_between", account=account, **days)
            )
            for region, hour, category, count, first, last in lines(body)
            if low <= hour <= high
        ]
        return sorted(found, key=lambda one: (one.account or "", one.region or "", one.hour, one.category))

    def extent(self) -> dict[str | None, tuple[int, int]]:
        found = grouped(self.coverage(), lambda one: one.account)
        return {
            account: (min(one.first for one in some), max(one.last for one in some)) for account, some in found.items()
        }

    def logs_around(self, account: str | None, time: int) -> LogsAround:
        hour = time // 3600
        days = list(range((hour - 48) // 24, (hour + 48) // 24 + 1))
        read = self._read("coverage_of_account", account=account, days=days, time=time) if account else []
        found = [(first, last, body) for _, first, last, _, body in read if first is not None]
        categories: dict[str, int] = defaultdict(int)
        busy = set()
        for _, _, body in found:
            for _, at, category, count, _, _ in lines(body) if body else ():
                if abs(at - hour) <= 24:
                    categories[category] += count
                if abs(at - hour) <= 48:
                    busy.add(at)
        covered = hour not in busy and any(one[0] for one in read)
        return LogsAround(
            first=min((first for first, _, _ in found), default=None),
            last=max((last for _, last, _ in found), default=None),
            reads=categories["management-read"],
            writes=categories["management-write"],
            gap=is_gap(hour, sorted(busy)) or covered,
        )

    def account_names(self) -> dict[str, str]:
        return dict(map(tuple, self._read("account_names")))

    def loads(self) -> list[Sums]:
        return [msgspec.msgpack.decode(body, type=Sums) for (body,) in self._read("loads")]

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        return [
            (path, place, offset, reason) for path, place, offset, reason in self._read("aside", load=load, limit=limit)
        ]

    def set_aside(self) -> list[tuple[str, int, str]]:
        return [(path, place, reason) for path, place, reason in self._read("set_aside")]

    def file_hash(self, path: str) -> str | None:
        found = self._read("file_hash", path=path)
        return found[0][0] if found else None

    def loaded_files(self, paths: Sequence[str]) -> dict[str, int]:
        return dict(map(tuple, read_many(self._read, "loaded_files", "paths", list(paths))))

    def noted(self, kind: str, keys: Sequence[str] | None = None) -> dict[str, bytes]:
        if keys is None:
            found = self._read("notes_of_kind", kind=kind)
        else:
            found = read_many(self._read, "notes", "keys", [f"{kind} {key}" for key in keys])
        return {key.partition(" ")[2]: bytes(body) for key, body in found}

    def size(self) -> Size:
        counts = dict(map(tuple, self._read("bookkeeping")))
        return Size(None, [Part(label, None, counts[label]) for label in schema.BOOKKEEPING])

    def totals(self) -> Totals:
        counts = dict(map(tuple, self._read("counts")))
        return Totals(
            {label: counts[label] for label in schema.LABELS}, {type_: counts[type_] for type_ in schema.RELATIONSHIPS},
            {kind: counts[kind] for kind in schema.KINDS if kind in counts},
            dict(map(tuple, self._read("counts_of_accounts"))), self._read("waiting")[0][0],
        )  # fmt: skip


def add_coverage(db: Db, counts: Counts) -> None:
    """Add to what was counted."""
    days: dict[tuple[str, int], dict[tuple[str | None, int, str], list[int]]] = defaultdict(dict)
    for (account, region, hour, category), one in counts.items():
        days[account, hour // 24][region, hour, category] = one
    stored = _read(db, days)
    for day, fresh in days.items():
        found = stored[day]
        for key, (count, first, last) in fresh.items():
            _add(found, key, count, first, last)
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
    for _, type_, _, _, _, _, _, properties in read_many(db.read, "rows_by_key", "keys", list(by_row)):
        day = (properties.get("account") or "", hour // 24)
        if type_ != schema.USED or day not in stored:
            continue
        count, first, last = by_row[properties["key"]]
        _add(stored[day], (properties.get("region"), hour, properties["category"]), count, first, last)
    _write(db, stored)


_Day = dict[tuple[str | None, int, str], tuple[int, int, int]]
_Days = dict[tuple[str, int], _Day]


def _add(day: _Day, key: tuple[str | None, int, str], count: int, first: int, last: int) -> None:
    had = day.get(key, (0, first, last))
    day[key] = (had[0] + count, min(had[1], first), max(had[2], last))


def _read(db: Db, days: Mapping[tuple[str, int], object]) -> _Days:
    found: _Days = {day: {} for day in days}
    by_key = {_key(*day): day for day in days}
    for key, body in read_many(db.read, "coverage_of", "keys", list(by_key)):
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
