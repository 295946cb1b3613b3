"""Blocks as Markdown (CommonMark with tables), for tickets, wikis and pull requests.

Text from the logs is data: every mark of Markdown and every `<` in it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lineage.render import blocks
from lineage.render.columns import Column
from lineage.render.text import clean, plain

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!$&@])")
_BARS = "▁▂▃▄▅▆▇█"
_BOLD = frozenset({"name", "open", "denied", "EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE"})


def text(title: str, content: Iterable[blocks.Block]) -> str:
    """Blocks as Markdown text that ends with a newline."""
    lines = [f"# {escaped(title)}", ""] if title else []
    for block in content:
        lines += _block(block)
    return "\n".join(lines).rstrip() + "\n"


def escaped(value: str) -> str:
    r"""A text with nothing in it that Markdown or HTML would take for a mark.

    >>> escaped("a_b|<script>")
    'a\\_b\\|\\<script\\>'
    """
    return _MARKS.sub(r"\\\1", clean(value))


def _block(block: blocks.Block) -> Iterator[str]:
    match block:
        case blocks.Heading(parts):
            yield from (f"**{escaped(_bare(parts))}**", "")
        case blocks.Para(parts=parts) | blocks.Note(parts):
            yield from (_inline(parts), "")
        case blocks.Facts(rows):
            yield from (f"- **{escaped(label)}**: {shown}" for label, value in rows if (shown := _values(value)))
            yield ""
        case blocks.Items(lines):
            yield from (f"- {_inline(line)}" for line in lines)
            yield ""
        case blocks.Grid() if block.rows:
            yield from _grid(block)
        case blocks.Ladder(rungs):
            for rung in rungs:
                yield from _rung(rung)
            yield ""
        case blocks.Tree(branches, _):
            for branch in branches:
                deep = f"depth {branch.depth}: " if branch.depth > blocks.DEEPEST else ""
                yield f"{'  ' * min(branch.depth, blocks.DEEPEST)}- {deep}{_inline(branch.parts)}"
            yield ""
        case blocks.Code(source):
            # An indented block ends with its lines: no text in it can close it.
            yield from (f"    {clean(line)}" for line in source.splitlines())
            yield ""
        case blocks.Chart(hours):
            most = max((hour.calls for hour in hours), default=0) or 1
            bars = (_BARS[(hour.calls * (len(_BARS) - 1) + most - 1) // most] for hour in hours)
            yield from (f"`{''.join(bars)}` calls an hour, at most {most:,}", "")
        case blocks.Fold():
            yield from (f"{'#' * block.level} {escaped(block.title)}", "")
            if block.summary:
                yield from (_inline(block.summary), "")
            for inner in block.blocks:
                yield from _block(inner)


def _grid(grid: blocks.Grid) -> Iterator[str]:
    columns, rows = blocks.rows_of(grid)
    if grid.caption:
        yield from (f"**{escaped(grid.caption)}**", "")
    yield _row(escaped(column.name) for column in columns)
    yield _row("---:" if column.kind == "number" else "---" for column in columns)
    for row in rows:
        yield _row(_cell(column, value) for column, value in zip(columns, row, strict=True))
    yield ""
    if grid.total is not None and grid.total > len(grid.rows):
        yield from (f"{len(grid.rows):,} of {grid.total:,} shown.", "")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell or ' ' for cell in cells)} |"


def _cell(column: Column, value: blocks.Cell) -> str:
    values, more = blocks.many(value)
    if column.kind == "ids":
        return " ".join(_code(plain(one)) for one in values)
    left = [f"and {more:,} more"] if more else []
    return (" " if column.kind == "time" else "; ").join([*map(_text, values), *left])


def _values(value: blocks.Cell) -> str:
    """The values of a fact, as code where they are plain texts."""
    values, more = blocks.many(value)
    shown = [_text(one) if isinstance(one, tuple) else _code(plain(one)) for one in values]
    return " ".join([*shown, *([f"and {more:,} more"] if more else [])])


def _text(value: str | float | blocks.Inline) -> str:
    if isinstance(value, tuple):
        return _inline(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:,}"
    return escaped(plain(value))


def _code(value: str) -> str:
    """A value as code, or escaped where a grave accent or a bar in it would end it."""
    shown = clean(value)
    return f"`{shown}`" if shown and "`" not in shown and "|" not in shown else escaped(value)


def _inline(parts: blocks.Inline) -> str:
    joined = "".join(_span(part) if isinstance(part, blocks.Span) else escaped(part) for part in parts)
    return joined.replace("****", "")  # two bold pieces are one; a star of a text has its escape before it


def _bare(parts: blocks.Inline) -> str:
    return "".join(part.text if isinstance(part, blocks.Span) else part for part in parts)


def _span(part: blocks.Span) -> str:
    shown = escaped(part.text)
    stripped = shown.strip()
    return shown.replace(stripped, f"**{stripped}**", 1) if part.style in _BOLD and stripped else shown


def _rung(rung: blocks.Rung) -> Iterator[str]:
    yield f"1. {_inline(rung.title)}"
    for parts in rung.step:
        yield f"   - {_inline(parts)}"
    for what, event_ids in rung.events:
        if event_ids:
            yield f"   - {escaped(what)} {' '.join(map(_code, event_ids))}"
    if rung.sure:
        yield f"   - {_inline(rung.sure)}"
    for label, value in rung.facts:
        if shown := _values(value):
            yield f"   - {escaped(label)} {shown}"
