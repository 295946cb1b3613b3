"""Rows of calls as the SQLite store keeps them: numbers of texts, identities and targets in place of values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest

from lineage.model.batch import Row
from lineage.model.facts import Target
from lineage.model.schema import TOUCHED, TRIED
from lineage.stores.sqlite.db import last_number, read_in
from lineage.stores.sqlite.texts import MOST, Texts

CONTENT = "r.api, r.account, r.region, r.address, r.endpoint, r.agent, r.error, r.category, r.flags, r.target, r.beside"
"""The columns of a row `r` that are numbers of what a row consists of, except actor and hour."""
_CONSOLE, _COPY, _SENSITIVE, _PRESIGNED, _JOINED = (1 << n for n in range(5))
_RELATIONS = (None, TOUCHED, TRIED)
FIRST_RELATION = 32
"""Flags from here on have a relation: `TOUCHED`, and from twice as much `TRIED`."""
_pack = msgspec.msgpack.Encoder().encode
_Beside = tuple[list[int], int]
_beside = msgspec.msgpack.Decoder(_Beside).decode
_TargetBody = tuple[str, str | None, str | None]
_target_body = msgspec.msgpack.Decoder(_TargetBody).decode
Content = tuple[object, ...]
"""Values of `CONTENT`."""


IS_TOUCHED = f"r.flags / {FIRST_RELATION} = {_RELATIONS.index(TOUCHED)}"
"""SQL condition that a row is a `TOUCHED` relationship."""


def relation_of(flags: int) -> str | None:
    """Return `Row.relation`."""
    return _RELATIONS[flags // FIRST_RELATION]


def hash_of(row: Row) -> int:
    """Return the hash that finds a row among those of its identity and hour."""
    return xxh3_64_intdigest(_pack(row)) >> 1


class Rows:
    """Rows of an open file, and their targets."""

    def __init__(self, db: sqlite3.Connection, texts: Texts) -> None:
        self._db = db
        self.texts = texts
        self._numbers: dict[Target, int] = {}
        self._targets: dict[int, Target] = {}

    def forget(self) -> None:
        """Forget what is in memory: a transaction that gave out numbers was rolled back."""
        self._numbers.clear()
        self._targets.clear()
        self.texts.forget()

    def contents(self, rows: Sequence[Row]) -> list[Content]:
        """Return the stored form of rows: the values of `CONTENT`."""
        targets = self._keep_targets({target for row in rows for target in row.targets})
        text = self.texts.keep(
            text
            for row in rows
            for text in (row.api, row.account, row.region, row.source_ip, row.endpoint, row.user_agent, row.error,
                         row.category)
        )  # fmt: skip
        return [
            (
                text[row.api], text[row.account], text[row.region], text[row.source_ip], text[row.endpoint],
                text[row.user_agent], text[row.error], text[row.category], _flags(row),
                targets[row.target] if row.target is not None else None,
                _pack(([targets[one] for one in row.beside], row.beyond)) if row.beside or row.beyond else None,
            )
            for row in rows
        ]  # fmt: skip

    def read(self, records: Sequence[Sequence[Any]], actors: dict[int, bytes]) -> list[Row]:
        """Return the rows of records of actor, hour and the columns of `CONTENT`."""
        text = self.texts.of({number for record in records for number in record[2:10]})
        beside: dict[bytes, _Beside] = {one: _beside(one) for one in {record[12] for record in records} if one}
        wanted = {record[11] for record in records} | {one for ones, _ in beside.values() for one in ones}
        targets = self._read_targets(wanted - {None})
        found = []
        for actor, hour, *content in records:
            api, account, region, address, endpoint, agent, error, category, flags, target, more = content
            others, beyond = beside[more] if more else ((), 0)
            found.append(
                Row(
                    actor=actors[actor], api=text[api], hour=hour, account=text[account],  # type: ignore[arg-type]  # it has one
                    region=text[region], source_ip=text[address], endpoint=text[endpoint], user_agent=text[agent],
                    error=text[error], console=bool(flags & _CONSOLE), copy=bool(flags & _COPY),
                    category=text[category], sensitive=bool(flags & _SENSITIVE),  # type: ignore[arg-type]  # it has one
                    presigned=bool(flags & _PRESIGNED), target=None if target is None else targets[target],
                    relation=relation_of(flags), beside=tuple(targets[one] for one in others), beyond=beyond,
                    joined=bool(flags & _JOINED),
                )
            )  # fmt: skip
        return found

    def targets_called(self, keys: Iterable[str]) -> list[int]:
        """Return the numbers of the targets with some keys."""
        numbers = sorted(self.texts.find(keys).values())
        return [one for (one,) in read_in(self._db, "SELECT id FROM target WHERE key IN (*)", numbers)]

    def targets_naming(self, texts: Sequence[str]) -> set[int]:
        """Return the numbers of the targets that have one of the texts in them; at least those that do in key or ID."""
        named = " OR ".join(["instr(k.value, ?) OR instr(t.body, ?)"] * len(texts))
        values = [value for text in texts for value in (text, text.encode("utf-8", "surrogatepass"))]
        found = self._db.execute(f"SELECT t.id FROM target t CROSS JOIN text k ON k.id = t.key WHERE {named}", values)
        return {number for (number,) in found}

    def _keep_targets(self, targets: set[Target]) -> dict[Target, int]:
        if len(self._numbers) > MOST:
            self._numbers.clear()
        missing = targets.difference(self._numbers)
        if missing:
            self._find_targets(missing)
            if new := sorted(missing.difference(self._numbers), key=_pack):
                text = self.texts.keep(one.key for one in new)
                made = {one: number for number, one in enumerate(new, last_number(self._db, "target") + 1)}
                self._db.executemany(
                    "INSERT INTO target VALUES (?, ?, ?)",
                    [(number, text[one.key], _body_of(one)) for one, number in made.items()],
                )
                self._numbers |= made
        return {one: self._numbers[one] for one in targets}

    def _find_targets(self, targets: set[Target]) -> None:
        text = self.texts.find(one.key for one in targets)
        wanted = {(text[one.key], _body_of(one)): one for one in targets if one.key in text}
        keys = sorted({key for key, _ in wanted})
        for number, key, body in read_in(self._db, "SELECT id, key, body FROM target WHERE key IN (*)", keys):
            if (one := wanted.get((key, body))) is not None:
                self._numbers[one] = number

    def _read_targets(self, numbers: set[int]) -> dict[int, Target]:
        if len(self._targets) > MOST:
            self._targets.clear()
        if missing := numbers.difference(self._targets):
            statement = "SELECT t.id, k.value, t.body FROM target t CROSS JOIN text k ON k.id = t.key WHERE t.id IN (*)"
            for number, key, body in read_in(self._db, statement, sorted(missing)):
                type_, account, identifier = _target_body(body)
                self._targets[number] = Target(key=key, type=type_, account=account, id=identifier)
        return {number: self._targets[number] for number in numbers}


def others(beside: object) -> list[int]:
    """Return the numbers of the further targets of a row, from the last column of `CONTENT`."""
    return _beside(beside)[0] if isinstance(beside, bytes) else []


def _body_of(target: Target) -> bytes:
    return _pack((target.type, target.account, target.id))


def _flags(row: Row) -> int:
    return (
        row.console * _CONSOLE + row.copy * _COPY + row.sensitive * _SENSITIVE + row.presigned * _PRESIGNED
        + row.joined * _JOINED + _RELATIONS.index(row.relation) * FIRST_RELATION
    )  # fmt: skip
