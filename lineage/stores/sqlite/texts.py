"""Texts that many records have in common: each is kept once, under a number that the records hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from lineage.stores.sqlite.db import last_number, read_in

MOST = 200_000
"""Most texts in memory, then they are forgotten and read anew."""


class Texts:
    """The table `text`, as an open file has it. Numbers never change and are never given up."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def forget(self) -> None:
        """Forget what is in memory: a transaction that gave out numbers was rolled back."""
        self._numbers.clear()
        self._texts.clear()

    def keep(self, texts: Iterable[str | None]) -> dict[str | None, int | None]:
        """Return the numbers of texts, also of those that were not there before; None is None."""
        self._room()
        wanted = {text for text in texts if text is not None}
        missing = wanted.difference(self._numbers)
        if missing:
            self._find(missing)
            if new := sorted(missing.difference(self._numbers)):
                made = {text: number for number, text in enumerate(new, last_number(self._db, "text") + 1)}
                self._db.executemany(
                    "INSERT INTO text VALUES (?, ?)", [(number, text) for text, number in made.items()]
                )
                self._numbers |= made
        return {None: None} | {text: self._numbers[text] for text in wanted}

    def find(self, texts: Iterable[str]) -> dict[str, int]:
        """Return the numbers of those of some texts that have one."""
        self._room()
        wanted = set(texts)
        self._find(wanted.difference(self._numbers))
        return {text: self._numbers[text] for text in wanted if text in self._numbers}

    def of(self, numbers: Iterable[int | None]) -> dict[int | None, str | None]:
        """Return the texts of numbers; that of None is None."""
        self._room()
        wanted = {number for number in numbers if number is not None}
        if missing := wanted.difference(self._texts):
            found = dict(read_in(self._db, "SELECT id, value FROM text WHERE id IN (*)", sorted(missing)))
            self._texts |= found
        return {None: None} | {number: self._texts[number] for number in wanted}

    def _find(self, texts: Iterable[str]) -> None:
        if wanted := sorted(texts):
            self._numbers |= dict(read_in(self._db, "SELECT value, id FROM text WHERE value IN (*)", wanted))

    def _room(self) -> None:
        if len(self._numbers) > MOST:
            self._numbers.clear()
        if len(self._texts) > MOST:
            self._texts.clear()
