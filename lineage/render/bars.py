"""Calls by the hour as columns of blocks, with the usual level as a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from lineage.render.blocks import Hour

HEIGHT: Final = 8
WIDEST: Final = 3
"""Characters of a column at most."""
EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
TICKS: Final = 6
"""An hour of day is written below every so many."""

Segment = tuple[str, str]
"""Text and the name of its style."""


class Signs(NamedTuple):
    """The characters that a drawing is made of."""

    parts: str
    """From empty to full."""
    failed: str
    line: str
    crossed: str
    """The line in front of a column."""
    unlogged: str
    axis: str
    marked: str


BLOCKS: Final = Signs(EIGHTHS, "░", "─", "═", "·", "─", "━")
ASCII: Final = Signs(" #", "x", "-", "=", ".", "-", "=")


def joined(columns: Sequence[Hour], most: int) -> tuple[list[Hour], int]:
    """At most so many columns, and how many hours each represents: it shows the busiest of them."""
    step = -(-len(columns) // max(most, 1)) or 1
    found = []
    for start in range(0, len(columns), step):
        some = columns[start : start + step]
        busiest = max(some, key=lambda one: one.calls)
        marked, logged = any(one.marked for one in some), any(one.logged for one in some)
        found.append(busiest._replace(hour=some[0].hour, marked=marked, logged=logged))
    return found, step


def top_of(columns: Sequence[Hour]) -> int:
    """The value at the upper end of the scale: the greatest count or usual level, and 1 at least."""
    return max(1, *(one.calls for one in columns), *(int(-(-(one.usual or 0) // 1)) for one in columns))


def draw(columns: Sequence[Hour], *, height: int = HEIGHT, signs: Signs = BLOCKS) -> list[list[Segment]]:
    """The lines of a drawing from top to bottom, a character a column: segments with style `name` (succeeded),
    `denied` (failed), `open` (the usual level) or `quiet`."""
    top = top_of(columns) if columns else 1
    return [[_cell(one, level, height, top, signs) for one in columns] for level in reversed(range(height))]


def _cell(one: Hour, level: int, height: int, top: int, signs: Signs) -> Segment:
    """The character of a column at a level, counted from the bottom."""
    fine = len(signs.parts) - 1
    filled = _steps(one.calls, height * fine, top)
    succeeded = filled - (_steps(one.failed, height * fine, top) if one.failed else 0)
    here = min(max(filled - level * fine, 0), fine)
    usual = bool(one.usual) and level == min(int((one.usual or 0) / top * height), height - 1)
    if usual:
        return (signs.crossed if here else signs.line), "open"
    if not here:
        return (signs.unlogged, "quiet") if level == 0 and not one.logged else (" ", "quiet")
    if filled - succeeded and level >= min(succeeded, filled - 1) // fine and succeeded < (level + 1) * fine:
        return signs.failed, "denied"
    return signs.parts[here], "name"


def _steps(value: float, steps: int, top: int) -> int:
    """How many steps of the scale a value fills; what is there at all fills one."""
    return max(1, round(value / top * steps)) if value else 0


class Chart:
    """A drawing as wide as there is room: scale, columns, axis and hours of day."""

    def __init__(self, columns: Sequence[Hour]) -> None:
        self.columns = columns

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        signs = ASCII if options.ascii_only else BLOCKS
        margin = len(f"{top_of(self.columns):,}") + 1
        columns, step = joined(self.columns, options.max_width - margin)
        width = max(1, min(WIDEST, (options.max_width - margin) // max(len(columns), 1)))
        scale = {0: f"{top_of(columns):,}", HEIGHT - 1: "0"}
        for number, line in enumerate(draw(columns, signs=signs)):
            text = Text(f"{scale.get(number, ''):>{margin - 1}} ", "quiet", no_wrap=True)
            for style, some in groupby(line, key=lambda cell: cell[1]):
                text.append("".join(_wide(sign, width, signs) for sign, _ in some), style)
            text.rstrip()
            yield text
        axis = "".join((signs.marked if one.marked else signs.axis) * width for one in columns)
        yield Text(" " * margin + axis, "quiet", no_wrap=True)
        yield Text((" " * margin + _hours(columns, width)).rstrip(), "quiet", no_wrap=True)
        said = f"a column is the busiest of {step} hours  " if step > 1 else ""
        legend = f"{signs.parts[-1]} calls  {signs.failed} failed  {signs.line} usual  {signs.unlogged} no logs"
        yield Text(f"{said}{legend}  {signs.marked} scope", "quiet")


def _wide(sign: str, width: int, signs: Signs) -> str:
    """A character as wide as a column: bars keep a gap, the line has none."""
    if width == 1 or sign == signs.line:
        return sign * width
    return sign * (width - 1) + (signs.line if sign == signs.crossed else " ")


def _hours(columns: Sequence[Hour], width: int) -> str:
    """The hours of day below the axis, the date where a day begins."""
    line = ""
    for number, one in enumerate(columns):
        day, hour = one.hour[5:10], one.hour[11:13]
        wanted = number == 0 or int(hour) % TICKS == 0
        label = f"{day} {hour}h" if number == 0 or hour == "00" else f"{hour}h"
        if wanted and len(line) <= max(number * width - 1, 0):
            line = line.ljust(number * width) + label
    return line
