"""The columns of a grid, and what says how each is written in a table and in an entry of a terminal."""

from __future__ import annotations

from typing import Literal, NamedTuple

from lineage.render.text import moment

Kind = Literal["", "number", "whole", "long", "time", "ids"]
"""What a column holds: `whole` values are not broken, `long` ones get room; `time` is an instant or both ends."""


class Column(NamedTuple):
    """A column of a grid. Make it by `head`, `times`, `detail`, `number`, `when`, `line` or `ids`."""

    name: str
    place: Literal["head", "detail", "line", "ids"]
    kind: Kind = ""
    lead: str = ""
    """Stands before the value in a terminal, where there is no row of column names."""
    unit: tuple[str, str] | None = None
    """What follows a number: its noun behind a blank, for one and for many."""
    style: str = ""
    few: int | None = None
    once: bool = False
    """Is it left out of an entry in a terminal where it is the same as in the entry above?"""


def head(name: str, kind: Kind = "", *, style: str = "", lead: str = "") -> Column:
    """A column of the first line of an entry."""
    return Column(name, "head", kind, lead, style=style)


TIMES = ("x", "x")


def times(name: str = "times") -> Column:
    """How often, at the beginning of the first line: `6x`."""
    return Column(name, "head", "number", unit=TIMES)


def detail(name: str, kind: Kind = "", *, lead: str | None = None, style: str = "") -> Column:
    """A column of the second line of an entry: `expires 2026-03-11 22:53:30Z`. It is called by its name unless `lead`
    says otherwise."""
    return Column(name, "detail", kind, f"{name} " if lead is None else lead, style=style)


def number(
    name: str, one: str | None = None, many: str | None = None, *, style: str = "", first: bool = False
) -> Column:
    """A number with its noun, by default the name: `2 calls`, `1 failed`; in a terminal nothing for 0. With `first` it
    is on the first line of an entry."""
    unit = f" {one or name}", f" {many or (f'{one}s' if one else name)}"
    return Column(name, "head" if first else "detail", "number", unit=unit, style=style)


def when(name: str = "when", lead: str = "") -> Column:
    """A stretch of time, as `span` gives it."""
    return Column(name, "detail", "time", lead)


def line(
    name: str, kind: Kind = "long", *, lead: str | None = None, style: str = "", few: int | None = None,
    once: bool = False,
) -> Column:  # fmt: skip
    """A column whose values have a line each: `on arn:aws:…`."""
    return Column(name, "line", kind, f"{name} " if lead is None else lead, style=style, few=few, once=once)


def ids(name: str = "events", *, lead: str = "", few: int = 3) -> Column:
    """Event IDs, the evidence of a row."""
    return Column(name, "ids", "ids", lead, style="quiet", few=few)


def span(first: str | None, last: str | None = None) -> list[str]:
    """A stretch of time as a cell: nothing, an instant, or both ends.

    >>> span("2026-03-11T21:53:30Z", "2026-03-11T21:53:30Z"), span(None, None)
    (['2026-03-11 21:53:30Z'], [])
    """
    if first is None:
        return []
    return [moment(first)] if last in (None, first) else [moment(first), f"to {moment(last)}"]
