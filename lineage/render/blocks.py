"""What a report is made of, whatever it is written as: Markdown or HTML.

Texts are as they came from the logs; each renderer makes them safe for its own form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineage.questions.volume import Hour
from lineage.questions.who import WhoAnswer
from lineage.render.text import moment

IDS = frozenset({"events", "granted by", "taken back by"})
"""Columns that hold event IDs."""


class Span(NamedTuple):
    """A piece of a line with a style: `name`, `key`, `quiet`, `open`, or a class of confidence."""

    text: str
    style: str = ""


Inline = tuple[str | Span, ...]


class Para(NamedTuple):
    """A paragraph."""

    parts: Inline


class Facts(NamedTuple):
    """Names with their values, one a line; rows without a value are left out."""

    rows: Sequence[tuple[str, object]]


class Grid(NamedTuple):
    """A table. Columns of `IDS` hold event IDs, those whose name ends in `>` numbers."""

    caption: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    total: int | None = None
    """How many rows there are in all, where they may have been cut."""


class Ladder(NamedTuple):
    """A chain, from its origin down to the identity."""

    answer: WhoAnswer


class Chart(NamedTuple):
    """Calls by the hour, with the usual level."""

    hours: Sequence[Hour]


class Code(NamedTuple):
    """Text that is to be copied as it stands."""

    text: str


class Items(NamedTuple):
    """A list of lines."""

    lines: Sequence[Inline]


class Fold(NamedTuple):
    """A section with a title and one line that says what is in it."""

    title: str
    anchor: str
    summary: Inline
    blocks: Sequence[Block]
    open: bool = False
    level: int = 2


Block = Para | Facts | Grid | Ladder | Chart | Code | Items | Fold


def rows_of(grid: Grid) -> tuple[list[str], list[list[object]]]:
    """Columns and rows of a table without the columns that are empty in every row."""
    kept = [n for n, _ in enumerate(grid.columns) if any(row[n] not in (None, "", [], ()) for row in grid.rows)]
    return [grid.columns[n] for n in kept], [[row[n] for n in kept] for row in grid.rows]


def when(first: str | None, last: str | None) -> list[str]:
    """A stretch of time as a cell: nothing, an instant, or both ends.

    >>> when("2026-03-11T21:53:30Z", "2026-03-11T21:53:30Z"), when(None, None)
    (['2026-03-11 21:53:30Z'], [])
    """
    if first is None:
        return []
    return [moment(first)] if last in (None, first) else [moment(first), f"to {moment(last)}"]
