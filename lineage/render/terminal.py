"""Blocks on a terminal, or as plain text in a pipe.

Lines are broken between words only, and never within a time: an ID that is wider than the terminal stays whole, so that
it can be copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import StringIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text as Styled

from lineage.render import bars, blocks, console
from lineage.render.columns import TIMES, Column
from lineage.render.text import clean, plain, shorten

IDS_SHOWN = 4
"""Event IDs of a rung."""
ENTRY = 4
"""The level from which a fold is an entry of a list."""
_NARROWEST = 20
_ASCII = str.maketrans({"│": "|", "▼": "v", "└": "`", "─": "-", "├": "|"})
_TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\dZ)")
_JOINED = "\ufdd0"
"""Instead of the blank in a time while lines are broken; `clean` lets no such character through."""
_FLOWING = (blocks.Para, blocks.Facts, blocks.Items, blocks.Code, blocks.Tree)
"""Blocks that need no blank line between them."""

Part = str | tuple[str, str]


def show(content: Iterable[blocks.Block], title: str = "", target: Console | None = None) -> None:
    """Print blocks, by default on standard output."""
    target = target or console.out()
    for line in written(content, title):
        target.print(line, crop=False)


def text(content: Iterable[blocks.Block], title: str = "") -> str:
    """Blocks as plain text, as wide as in a pipe."""
    file = StringIO()
    show(content, title, console.into(file))
    return file.getvalue()


def written(content: Iterable[blocks.Block], title: str = "") -> Iterator[RenderableType]:
    """What to print, from top to bottom; print it with `crop=False`."""
    yield from _blocks([blocks.Heading((title,)), *content] if title else content, "")


class Line:
    """Parts of text behind a mark; where they go on in the next line the mark, or `then`, is put before it."""

    def __init__(self, mark: str, *parts: Part, then: str | None = None) -> None:
        self.mark = mark
        self.then = mark if then is None else then
        self.body = Styled.assemble(*parts)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        body = self.body.copy()
        body.plain = _TIME.sub(rf"\1{_JOINED}\2", body.plain)
        longest = max((len(word) for word in body.plain.split()), default=0)
        width = max(options.max_width - len(self.mark), longest, _NARROWEST)
        mark = self.mark
        for line in body.wrap(console, width):
            line.rstrip()
            line.plain = line.plain.replace(_JOINED, " ")
            shown = mark.translate(_ASCII) if options.ascii_only else mark
            yield Styled.assemble((shown, "quiet"), line, no_wrap=True, overflow="ignore")
            mark = self.then


class Whole:
    """A line that stays whole however narrow the terminal is, since it is to be copied."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Styled(self.text, style="key", no_wrap=True, overflow="ignore")


def _blocks(content: Iterable[blocks.Block], indent: str) -> Iterator[RenderableType]:
    before: blocks.Block | None = None
    for block in content:
        lines = list(_block(block, indent))
        if not lines:
            continue
        if before is not None and _apart(before, block):
            yield Line("")
        yield from lines
        before = block


def _apart(before: blocks.Block, block: blocks.Block) -> bool:
    """Is there a blank line between two blocks?"""
    if isinstance(block, blocks.Ladder) or (isinstance(block, blocks.Fold) and block.level < ENTRY):
        return True
    if isinstance(before, blocks.Heading):
        return False
    if isinstance(before, blocks.Para) and before.indent and isinstance(block, blocks.Grid) and not block.caption:
        return False
    if isinstance(block, blocks.Fold) and isinstance(before, blocks.Fold):
        return before.level < ENTRY
    if isinstance(block, blocks.Tree) and not block.indent and not isinstance(before, blocks.Tree):
        return True
    return not (isinstance(before, _FLOWING) and isinstance(block, _FLOWING))


def _block(block: blocks.Block, indent: str) -> Iterator[RenderableType]:
    match block:
        case blocks.Heading(parts):
            styled = any(isinstance(part, blocks.Span) for part in parts)
            yield Line(indent, *_inline(parts, "" if styled else "name"))
        case blocks.Para(parts, steps, _):
            mark = indent + "  " * steps
            yield Line(mark, *_inline(parts), then=mark + "  " if steps else None)
        case blocks.Note(parts):
            yield Line(indent, *_inline(parts, "quiet"))
        case blocks.Facts(rows):
            for label, value in rows:
                yield from _values(indent + "  ", f"{label} ", value)
        case blocks.Items(lines):
            for parts in lines:
                yield Line(f"{indent}  - ", *_inline(parts), then=f"{indent}    ")
        case blocks.Code(source):
            yield from (Whole(indent + clean(line)) for line in source.splitlines())
        case blocks.Grid():
            yield from _grid(block, indent)
        case blocks.Ladder(rungs):
            for number, rung in enumerate(rungs):
                yield from _rung(rung, indent + "  ", first=number == 0)
        case blocks.Tree(branches, steps):
            yield from _tree(branches, indent + "  " * steps)
        case blocks.Chart(hours):
            yield bars.Chart(hours)
        case blocks.Fold():
            yield from _fold(block, indent)


def _fold(fold: blocks.Fold, indent: str) -> Iterator[RenderableType]:
    if fold.level >= ENTRY:
        within = indent + "     "
        yield Line(indent + "  ", clean(fold.title), "  " if fold.summary else "", *_inline(fold.summary, "quiet"),
                   then=within)  # fmt: skip
        for block in fold.blocks:
            yield from _block(block, within)
        return
    name = f" ({fold.name})" if fold.name else ""
    yield Line(indent, (f"── {clean(fold.title)}{name}", "name"))
    first = [blocks.Para(fold.summary)] if fold.summary else []
    yield from _blocks([*first, *fold.blocks], indent)


def _grid(grid: blocks.Grid, indent: str) -> Iterator[RenderableType]:
    if not grid.rows or grid.few == 0:
        return
    if grid.caption:
        yield Line(indent, (clean(grid.caption), "name"))
    columns, rows = blocks.rows_of(grid)
    shown = rows[: grid.few]
    if all(column.place == "head" for column in grid.columns):
        yield _table(columns, shown)
    else:
        above: list[blocks.Cell] = []
        for row in shown:
            yield from _entry(columns, _changed(columns, row, above), indent)
            above = row
    left = max(grid.total or 0, len(rows)) - len(shown)
    if left:
        yield Line(indent + "  ", (f"and {left:,} more{'; ' if grid.more else ''}{grid.more}", "quiet"))


def _table(columns: list[Column], rows: list[list[blocks.Cell]]) -> Table:
    """A plain table; numbers are on the right."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for column in columns:
        right = column.kind == "number"
        table.add_column(Styled(clean(column.name)), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(column, value) for column, value in zip(columns, row, strict=True)))
    return table


def _cell(column: Column, value: blocks.Cell) -> Styled:
    lines = (Styled.assemble(*_text(one, column.style)) for one in blocks.many(value)[0])
    text = Styled("\n").join(lines)
    text.overflow = "fold"
    return text


def _entry(columns: list[Column], row: list[blocks.Cell], indent: str) -> Iterator[Line]:
    """A row as lines: the head, then in the order of the columns details, joined, and lines and event IDs."""
    cells = list(zip(columns, row, strict=True))
    top: list[Part] = []
    gap = ""
    for column, value in cells:
        if column.place == "head" and (parts := _said(column, value)):
            top += [gap, *parts]
            gap = " " if column.unit == TIMES else "  "
    if top:
        yield Line(indent + "  ", *top, then=indent + "      ")
    within = indent + "    "
    details: list[Part] = []
    for column, value in cells:
        if column.place == "detail" and (parts := _said(column, value)):
            details += [*([", "] if details else []), *parts]
        if column.place in ("line", "ids") and blocks.many(value)[0]:
            if details:
                yield Line(within, *details, then=within + "  ")
                details = []
            yield from (
                _evidence(within, column, value)
                if column.place == "ids"
                else _values(within, column.lead, value, column.style, column.few)
            )
    if details:
        yield Line(within, *details, then=within + "  ")


def _changed(columns: list[Column], row: list[blocks.Cell], above: list[blocks.Cell]) -> list[blocks.Cell]:
    """A row without the values that need to be said only once."""
    if not above:
        return row
    return [None if column.once and row[n] == above[n] else row[n] for n, column in enumerate(columns)]


def _evidence(indent: str, column: Column, value: blocks.Cell) -> Iterator[Line]:
    """The first event IDs, with a mark where there are more."""
    found = [clean(plain(one)) for one in blocks.many(value)[0]]
    shown = " ".join(found[: column.few]) + (" …" if len(found) > (column.few or len(found)) else "")
    yield Line(indent, (column.lead + shown, "quiet"), then=indent + "  " if column.lead else indent)


def _said(column: Column, value: blocks.Cell) -> list[Part]:
    """A cell with what names it, since a line has no row of column names; nothing for an empty one."""
    values, more = blocks.many(value)
    if not values:
        return []
    if column.kind == "number" and isinstance(value, int) and column.unit:
        noun = column.unit[0 if value == 1 else 1]
        return [(f"{value:,}{noun}", column.style)] if value else []
    separator = " " if column.kind == "time" else ", "
    parts: list[Part] = [(column.lead, "quiet")] if column.lead else []
    few = value.few if isinstance(value, blocks.Some) else None
    more += len(values) - len(values[:few])
    for number, one in enumerate(values[:few]):
        parts += [*([separator] if number else []), *_text(one, column.style)]
    return [*parts, *([f" and {more:,} more"] if more else [])]


def _values(indent: str, lead: str, value: blocks.Cell, style: str = "", few: int | None = None) -> Iterator[Line]:
    """A line for each value, then how many more there are."""
    values, more = blocks.many(value)
    few = value.few if isinstance(value, blocks.Some) and value.few is not None else few
    for one in values[:few]:
        yield Line(indent, (lead, "quiet"), *_text(one, style), then=indent + "  ")
    more += len(values) - len(values[:few])
    if more:
        hint = "; --json lists them" if len(values) > len(values[:few]) else ""
        yield Line(indent, (f"and {more:,} more{hint}", "quiet"))


def _text(value: str | float | blocks.Inline, style: str = "") -> list[Part]:
    if isinstance(value, tuple):
        return _inline(value, style)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [(f"{value:,}", style)]
    return [(clean(plain(value)), style)]


def _inline(parts: blocks.Inline, style: str = "") -> list[Part]:
    return [_span(part) if isinstance(part, blocks.Span) else (clean(part), style) for part in parts]


def _span(part: blocks.Span) -> Part:
    shown = clean(part.text)
    if part.most is not None:
        shown = shorten(shown, part.most) if part.most else ""
    return shown, part.style


def _rung(rung: blocks.Rung, indent: str, first: bool) -> Iterator[Line]:
    """The way from the rung above, next to the ladder, and then the rung."""
    bar = indent + "│ "
    if not first:
        yield Line(bar.rstrip())
        for number, parts in enumerate(rung.step):
            yield Line(bar + ("  " if number else ""), *_inline(parts))
        for what, event_ids in rung.events:
            for event_id in event_ids[:IDS_SHOWN]:
                yield Line(bar + "  ", (f"{what} ", "quiet"), clean(event_id))
            if len(event_ids) > IDS_SHOWN:
                left = len(event_ids) - IDS_SHOWN
                yield Line(bar + "  ", (f"and {left:,} more; --json lists them", "quiet"))
        if rung.sure:
            yield Line(bar + "  ", *_inline(rung.sure))
        yield Line(indent + "▼")
    yield Line(indent, *_inline(rung.title))
    for label, value in rung.facts:
        yield from _values(indent + "    ", f"{label} ", value)


def _tree(branches: Iterable[blocks.Branch], indent: str) -> Iterator[Line]:
    """The lines with guides. Whether a line is the last of its parent is known from those after it."""
    listed = list(branches)
    last = [True] * len(listed)
    open_depths: list[bool] = []
    for number in range(len(listed) - 1, -1, -1):
        depth = listed[number].depth
        open_depths[depth + 1 :] = []
        open_depths += [False] * (depth + 1 - len(open_depths))
        last[number] = not open_depths[depth]
        open_depths[depth] = True
    guides: list[str] = []
    for branch, is_last in zip(listed, last, strict=True):
        guides[branch.depth :] = []
        above = indent + "".join(guides[1:])
        if branch.depth == 0:
            yield Line(indent, *_inline(branch.parts))
        else:
            below = above + ("    " if is_last else "│   ")
            yield Line(above + ("└── " if is_last else "├── "), *_inline(branch.parts), then=below)
        guides.append("    " if is_last else "│   ")
