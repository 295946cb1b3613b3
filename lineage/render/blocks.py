"""What an answer is made of when it is shown: blocks, which each medium writes in its own way.

A question's `view.py` yields blocks; `terminal`, `markdown` and `html` write them. Blocks hold plain values and know no
question. Texts are as they came from the logs: each writer makes them safe for its own medium.

How one set of blocks reads well both in 80 columns and on a page:

- A `Grid` is a table in Markdown and HTML. Its columns (`lineage.render.columns`) say what they are: `head`, `detail`,
  `line` or `ids`. In a terminal each row is an entry: the heads on the first line, and below it, in the order of the
  columns, details joined by commas, a line for each value of a `line` column, event IDs. A grid of nothing but heads is
  a table there too. In HTML lines and event IDs are in a second row, over the whole width.
- A cell is a text, a number, an `Inline`, or a list of these; `Some` is a list that was cut.
- `few` and `Span.most` shorten what a terminal shows; Markdown and HTML show all that the answer has.
- A `Fold` is a section: folded in HTML, headed elsewhere. Below level 3 it is an entry with blocks of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineage.render.columns import Column


class Span(NamedTuple):
    """A piece of a line with a style: `name`, `key`, `place`, `quiet`, `open`, `denied`, or a class of confidence."""

    text: str
    style: str = ""
    most: int | None = None
    """At most so many characters of it are shown in a terminal; of 0 none."""


Inline = tuple[str | Span, ...]
"""The pieces of a line, in order."""
Text = str | int | float | Span | Inline | None
"""One value; numbers get separators, nothing is shown for None."""


class Some(NamedTuple):
    """Values of which there may be more."""

    values: Sequence[Text]
    total: int = 0
    few: int | None = None
    """So many are shown in a terminal."""


Cell = Text | Sequence[Text] | Some


class Heading(NamedTuple):
    """A title over the blocks that follow; bold unless it has styles of its own."""

    parts: Inline


class Para(NamedTuple):
    """A paragraph."""

    parts: Inline
    indent: int = 0
    """Steps to the right in a terminal."""
    main: bool = False
    """Is it the line that says most, which is next to the title where the answer is a section?"""


class Note(NamedTuple):
    """A separate remark, such as what an answer is based on."""

    parts: Inline


class Facts(NamedTuple):
    """Names with their values, one a line; rows without a value are left out."""

    rows: Sequence[tuple[str, Cell]]


class Grid(NamedTuple):
    """A table; of entries in a terminal."""

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    total: int | None = None
    """How many rows there are in all, where they may have been cut."""
    few: int | None = None
    """So many rows are shown in a terminal; of 0 nothing at all."""
    more: str = "--json and --limit show more"
    """What shows the rows that are left out."""


class Rung(NamedTuple):
    """A step of a ladder: who it is, and how the one above became it."""

    title: Inline
    facts: Sequence[tuple[str, Text]] = ()
    step: Sequence[Inline] = ()
    """Lines about the way from the rung above."""
    events: Sequence[tuple[str, Sequence[str]]] = ()
    """Event IDs of the way, by what they are."""
    sure: Inline = ()
    """How certain the way is."""


class Ladder(NamedTuple):
    """A chain, from its origin down to the identity."""

    rungs: Sequence[Rung]


class Branch(NamedTuple):
    """A line of a tree. Trees are flat lists, since chains of renewed sessions are thousands deep."""

    depth: int
    """From 0; at most one more than the depth of the line before."""
    parts: Inline


DEEPEST = 16
"""Levels of a tree that a page sets in; deeper ones are below each other, with their depth."""


class Tree(NamedTuple):
    """Lines of which each hangs on the nearest one before it that is less deep."""

    branches: Sequence[Branch]
    indent: int = 0
    """Steps to the right in a terminal."""


class Hour(NamedTuple):
    """An hour of a chart."""

    hour: str
    """ISO time."""
    calls: int
    failed: int
    usual: float | None
    logged: bool
    marked: bool
    """Is it in the scope?"""


class Chart(NamedTuple):
    """Calls by the hour, with the usual level."""

    hours: Sequence[Hour]


class Code(NamedTuple):
    """Text that is to be copied as it is: no line of it is broken."""

    text: str


class Drawing(NamedTuple):
    """A picture as SVG, which only a page shows. It is not escaped: its writer made its texts safe."""

    svg: str


class Items(NamedTuple):
    """A list of lines."""

    lines: Sequence[Inline]


class Fold(NamedTuple):
    """A section with a title and one line that says what is in it; from level 4 on an entry of a list."""

    title: str
    anchor: str
    summary: Inline
    blocks: Sequence[Block]
    open: bool = False
    level: int = 2
    name: str = ""
    """The command that asks for it alone."""


Block = Heading | Para | Note | Facts | Grid | Ladder | Tree | Chart | Code | Drawing | Items | Fold


def many(value: Cell) -> tuple[list[str | float | Inline], int]:
    """The values of a cell, without those that are empty, and how many more there are."""
    more = 0
    if isinstance(value, Some):
        found: Sequence[Text] = value.values
        more = max(value.total - len(found), 0)
    elif isinstance(value, (str, int, float, tuple)) or value is None:
        found = [value]
    else:
        found = value
    pieces = ((one,) if isinstance(one, Span) else one for one in found)
    return [one for one in pieces if one not in (None, "", ()) and not (isinstance(one, tuple) and _empty(one))], more


def _empty(parts: Inline) -> bool:
    return not any(part.text if isinstance(part, Span) else part for part in parts)


def rows_of(grid: Grid) -> tuple[list[Column], list[list[Cell]]]:
    """Columns and rows of a table without the columns that are empty in every row."""
    kept = [n for n, _ in enumerate(grid.columns) if any(many(row[n])[0] for row in grid.rows)]
    return [grid.columns[n] for n in kept], [[row[n] for n in kept] for row in grid.rows]
