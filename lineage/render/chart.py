"""Calls by the hour as a picture: one SVG, drawn from numbers alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.render.blocks import Hour
from lineage.render.text import moment

WIDTH, HEIGHT = 960, 220
LEFT, BOTTOM, TOP = 44, 34, 14
LABELS = 6


def svg(hours: Sequence[Hour]) -> str:
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


def _shades(hours: Sequence[Hour], step: float) -> Iterator[str]:
    """The scope, and the hours without logs: nothing there is not the same as no calls."""
    for position, hour in enumerate(hours):
        kind = "scope" if hour.marked else "" if hour.logged else "void"
        if kind:
            yield (
                f'<rect x="{_x(position, step)}" y="{TOP}" width="{round(step, 1)}" '
                f'height="{HEIGHT - TOP - BOTTOM}" class="{kind}"/>'
            )


def _bars(hours: Sequence[Hour], step: float, most: float) -> Iterator[str]:
    wide = round(max(step * 0.72, 1), 1)
    for position, hour in enumerate(hours):
        if not hour.calls:
            continue
        x = _x(position + 0.14, step)
        top, middle, ground = _y(hour.calls, most), _y(hour.calls - hour.failed, most), _y(0, most)
        told = f"<title>{moment(hour.hour)}: {hour.calls} calls, {hour.failed} failed</title>"
        yield f'<rect x="{x}" y="{middle}" width="{wide}" height="{round(ground - middle, 1)}" class="ok">{told}</rect>'
        if hour.failed:
            yield f'<rect x="{x}" y="{top}" width="{wide}" height="{round(middle - top, 1)}" class="bad">{told}</rect>'


def _usual(hours: Sequence[Hour], step: float, most: float) -> Iterator[str]:
    """The usual level as steps; broken where the past has no logs of that hour."""
    run: list[str] = []
    for position, hour in enumerate(hours):
        if hour.usual is None:
            if run:
                yield f'<polyline points="{" ".join(run)}" class="usual"/>'
            run = []
            continue
        y = _y(hour.usual, most)
        run += [f"{_x(position, step)},{y}", f"{_x(position + 1, step)},{y}"]
    if run:
        yield f'<polyline points="{" ".join(run)}" class="usual"/>'


def _times(hours: Sequence[Hour], step: float) -> Iterator[str]:
    every = max(1, len(hours) // LABELS)
    for position in range(0, len(hours), every):
        text = moment(hours[position].hour)
        yield (f'<text x="{_x(position, step)}" y="{HEIGHT - 12}" class="axis">{text[5:16]}</text>')
