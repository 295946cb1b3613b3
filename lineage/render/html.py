"""Blocks as HTML, and as one page that needs nothing else: no network, no outside style, no outside script.

Text from the logs is data: everything is escaped, and a content security policy lets nothing run but the one script
below, which only opens the folded sections for the printer.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import groupby

from lineage.render import blocks
from lineage.render.columns import Column
from lineage.render.text import clean, counted, moment, plain

SCRIPT = 'addEventListener("beforeprint",()=>document.querySelectorAll("details").forEach(d=>d.open=true))'
_CLASSES = {"number": "n", "ids": "id", "time": "t", "whole": "t", "long": "w"}
_LEGEND = (
    '<p class="legend"><span><i class="ok"></i>succeeded</span><span><i class="bad"></i>failed</span>'
    '<span><i class="usual"></i>usual level</span><span><i class="scope"></i>scope</span>'
    '<span><i class="void"></i>no logs loaded</span></p>'
)
WIDTH, HEIGHT = 960, 220
LEFT, BOTTOM, TOP = 44, 34, 14
LABELS = 6
"""Of a chart, in user units of its SVG; and how many hours are labelled."""
Link = Callable[[str], str | None]
"""The address that a value leads to, if any."""


def page(title: str, content: Iterable[blocks.Block], about: str) -> str:
    """Blocks as an HTML document; `about` says what was asked."""
    listed = list(content)
    policy = (
        f"default-src 'none'; style-src {hashed(style())}; script-src {hashed(SCRIPT)}; base-uri 'none'; "
        "form-action 'none'"
    )
    head = safe(title)
    folds = [one for one in listed if isinstance(one, blocks.Fold) and one.anchor]
    nav = "".join(f'<a href="#{fold.anchor}">{safe(fold.name or fold.title)}</a>' for fold in folds)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{head}</title><style>{style()}</style></head>\n<body><header><h1>{head}</h1>"
        f'<p class="by">A chain proves credentials, not hands. About: {safe(about)}</p></header>\n'
        f"<nav>{nav}</nav>\n<main>{text(listed)}</main>\n"
        f"<footer>Times are UTC. This page covers only what the loaded logs cover.</footer><script>{SCRIPT}</script>"
        "</body></html>\n"
    )


def text(content: Iterable[blocks.Block], link: Link = lambda _: None) -> str:
    """Blocks as HTML, without the document around them; `link` may make links of values."""
    writer = _Writer(link)
    return "".join(part for block in content for part in writer.block(block))


@cache
def style() -> str:
    """The styles that the classes of the blocks have."""
    return files("lineage.render").joinpath("report.css").read_text("utf-8")


def safe(value: str) -> str:
    """A text with nothing in it that HTML would take for a mark, and nothing that turns the reading direction.

    >>> safe("<b>&")
    '&lt;b&gt;&amp;'
    """
    return escape(clean(value), quote=True)


def hashed(source: str) -> str:
    """A style or script as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


class _Writer:
    """What writes blocks, and knows where values lead."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def block(self, block: blocks.Block) -> Iterator[str]:
        """The HTML of a block."""
        match block:
            case blocks.Heading(parts):
                yield f"<h4>{self._inline(parts)}</h4>\n"
            case blocks.Para(parts=parts):
                yield f"<p>{self._inline(parts)}</p>\n"
            case blocks.Note(parts):
                yield f'<p class="quiet">{self._inline(parts)}</p>\n'
            case blocks.Facts(rows):
                facts = "".join(self._fact(label, value) for label, value in rows)
                yield f"<dl>{facts}</dl>\n" if facts else ""
            case blocks.Items(lines) if lines:
                yield f"<ul>{''.join(f'<li>{self._inline(line)}</li>' for line in lines)}</ul>\n"
            case blocks.Grid() if block.rows:
                yield from self._grid(block)
            case blocks.Ladder(rungs):
                yield f'<ol class="ladder">{"".join(map(self._rung, rungs))}</ol>\n'
            case blocks.Tree(branches, _):
                yield f'<ul class="tree">{"".join(map(self._branch, branches))}</ul>\n'
            case blocks.Code(source):
                yield f"<pre>{escape(chr(10).join(clean(line) for line in source.splitlines()))}</pre>\n"
            case blocks.Chart(hours):
                yield f'<div class="wide">{svg(hours)}</div>{_LEGEND}\n'
            case blocks.Drawing(drawn):
                yield f'<div class="wide drawing">{drawn}</div>\n'
            case blocks.Fold():
                yield from self._fold(block)

    def _fold(self, fold: blocks.Fold) -> Iterator[str]:
        level = min(max(fold.level, 2), 4)
        anchor = f' id="{fold.anchor}"' if fold.anchor else ""
        says = f'<span class="says">{self._inline(fold.summary)}</span>' if fold.summary else ""
        yield f"<details{' open' if fold.open else ''}>"
        # The anchor is inside: a link to it unfolds the section.
        yield f'<summary><h{level}>{safe(fold.title)}</h{level}>{says}</summary><div class="body"{anchor}>'
        for inner in fold.blocks:
            yield from self.block(inner)
        yield "</div></details>\n"

    def _grid(self, grid: blocks.Grid) -> Iterator[str]:
        """A table. What has a line of its own in a terminal is in a second row below the first, over its whole
        width, and the event IDs with it."""
        columns, rows = blocks.rows_of(grid)
        lined = len({column.place == "line" for column in columns}) == 2
        below = [n for n, column in enumerate(columns) if lined and column.place in ("line", "ids")]
        beside = [n for n in range(len(columns)) if n not in below]
        caption = f"<caption>{safe(grid.caption)}</caption>" if grid.caption else ""
        heads = "".join(f"<th{_class(columns[n])}>{safe(columns[n].name)}</th>" for n in beside)
        yield f'<div class="wide"><table>{caption}<thead><tr>{heads}</tr></thead><tbody>'
        for row in rows:
            cells = "".join(f"<td{_class(columns[n])}>{self._cell(row[n])}</td>" for n in beside)
            told = "".join(
                self._fact(columns[n].name, row[n], " " if columns[n].kind == "ids" else "<br>") for n in below
            )
            yield f'<tr class="top">{cells}</tr>' if told else f"<tr>{cells}</tr>"
            if told:
                yield f'<tr><td class="more" colspan="{len(beside)}"><dl>{told}</dl></td></tr>'
        yield "</tbody></table></div>\n"
        if grid.total is not None and grid.total > len(grid.rows):
            yield f'<p class="quiet">{len(grid.rows):,} of {grid.total:,} shown.</p>\n'

    def _fact(self, label: str, value: blocks.Cell, between: str = "<br>") -> str:
        shown = self._cell(value, between)
        return f"<dt>{safe(label)}</dt><dd>{shown}</dd>" if shown else ""

    def _cell(self, value: blocks.Cell, between: str = "<br>") -> str:
        values, more = blocks.many(value)
        shown = [self._text(one) for one in values]
        if between == " ":  # side by side, each in one piece
            shown = [f'<span class="one">{one}</span>' for one in shown]
        return between.join([*shown, *([f'<span class="quiet">and {more:,} more</span>'] if more else [])])

    def _text(self, value: str | float | blocks.Inline) -> str:
        if isinstance(value, tuple):
            return self._inline(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:,}"
        return self._linked(plain(value))

    def _inline(self, parts: blocks.Inline) -> str:
        return "".join(self._span(part) if isinstance(part, blocks.Span) else safe(part) for part in parts)

    def _span(self, part: blocks.Span) -> str:
        shown = self._linked(part.text)
        return f'<span class="{escape(part.style)}">{shown}</span>' if part.style else shown

    def _linked(self, value: str) -> str:
        """A value as it is, or as a link that asks about it."""
        address = self.link(value) if value else None
        return f'<a href="{escape(address)}">{safe(value)}</a>' if address else safe(value)

    def _rung(self, rung: blocks.Rung) -> str:
        lines = [self._inline(parts) for parts in rung.step]
        lines += [
            f"{safe(what)} {' '.join(f'<code>{self._linked(one)}</code>' for one in event_ids)}"
            for what, event_ids in rung.events
            if event_ids
        ]
        lines += [self._inline(rung.sure)] if rung.sure else []
        lines += [f"{safe(label)} {shown}" for label, value in rung.facts if (shown := self._cell(value))]
        return f'<li class="rung">{self._inline(rung.title)}{"".join(f"<div>{line}</div>" for line in lines)}</li>'

    def _branch(self, branch: blocks.Branch) -> str:
        deep = f'<span class="quiet">depth {branch.depth} </span>' if branch.depth > blocks.DEEPEST else ""
        return f'<li class="d{min(branch.depth, blocks.DEEPEST)}">{deep}{self._inline(branch.parts)}</li>'


def _class(column: Column) -> str:
    kind = _CLASSES.get(column.kind, "")
    return f' class="{kind}"' if kind else ""


def svg(hours: Sequence[blocks.Hour]) -> str:
    """The hours as bars, failed calls on top in another colour, the usual level as a line, the scope shaded.

    Styles come from the page: classes `ok`, `bad`, `usual`, `scope`, `void`.
    """
    if not hours:
        return ""
    most = max([1.0, *(float(hour.calls) for hour in hours), *(hour.usual or 0.0 for hour in hours)])
    step = (WIDTH - LEFT) / len(hours)
    parts = [*_grid(most), *_shades(hours, step), *_bars(hours, step, most), *_usual(hours, step, most)]
    parts += _times(hours, step)
    label = f"Calls by the hour, {moment(hours[0].hour)} to {moment(hours[-1].hour)}, at most {most:g}"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" class="chart">{"".join(parts)}</svg>'


def _y(value: float, most: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most), 1)


def _x(position: float, step: float) -> float:
    return round(LEFT + position * step, 1)


def _grid(most: float) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = _y(most * share, most)
        yield f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y}" y2="{y}" class="rule"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" class="axis" text-anchor="end">{most * share:g}</text>'


def _shades(hours: Sequence[blocks.Hour], step: float) -> Iterator[str]:
    """The scope, and the hours without logs: nothing there is not the same as no calls."""
    for position, hour in enumerate(hours):
        kind = "scope" if hour.marked else "" if hour.logged else "void"
        if kind:
            yield (
                f'<rect x="{_x(position, step)}" y="{TOP}" width="{round(step, 1)}" '
                f'height="{HEIGHT - TOP - BOTTOM}" class="{kind}"/>'
            )


def _bars(hours: Sequence[blocks.Hour], step: float, most: float) -> Iterator[str]:
    wide = round(max(step * 0.72, 1), 1)
    for position, hour in enumerate(hours):
        if not hour.calls:
            continue
        x = _x(position + 0.14, step)
        top, middle, ground = _y(hour.calls, most), _y(hour.calls - hour.failed, most), _y(0, most)
        told = f"<title>{moment(hour.hour)}: {counted(hour.calls, 'call')}, {hour.failed:,} failed</title>"
        yield f'<rect x="{x}" y="{middle}" width="{wide}" height="{round(ground - middle, 1)}" class="ok">{told}</rect>'
        if hour.failed:
            yield f'<rect x="{x}" y="{top}" width="{wide}" height="{round(middle - top, 1)}" class="bad">{told}</rect>'


def _usual(hours: Sequence[blocks.Hour], step: float, most: float) -> Iterator[str]:
    """The usual level as steps; broken where the past has no logs of that hour."""
    for known, run in groupby(enumerate(hours), lambda one: one[1].usual is not None):
        if known:
            ends = ((_x(at, step), _x(at + 1, step), _y(hour.usual or 0.0, most)) for at, hour in run)
            points = " ".join(f"{left},{y} {right},{y}" for left, right, y in ends)
            yield f'<polyline points="{points}" class="usual"/>'


def _times(hours: Sequence[blocks.Hour], step: float) -> Iterator[str]:
    every = max(1, len(hours) // LABELS)
    for position in range(0, len(hours), every):
        text = moment(hours[position].hour)
        yield (f'<text x="{_x(position, step)}" y="{HEIGHT - 12}" class="axis">{text[5:16]}</text>')
