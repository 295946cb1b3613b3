"""A picture as a static SVG file for reports and tickets: what the page shows when it opens, in light colours.

Everything that a colour says, a form, a dash or a mark says too. Text is data: it is escaped, and nothing in the file
runs or refers to anything outside of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from lineage.draw.labels import DASHES, LOOKS, MARKS, PALE
from lineage.draw.layout import Frame, Placed, Point, bends, extent
from lineage.draw.lettering import (
    FONT,
    FRAME_FONT,
    FRAME_LINE,
    HEIGHT,
    LINE,
    WIDTH,
    Line,
    Place,
    measured,
    node_rooms,
    places,
    title,
    title_room,
)
from lineage.draw.shape import WORKS, Drawn, Kind, Shape, View, Way, Works, is_guess, placed, view
from lineage.render.text import clean

INK, QUIET, LIT, FAILED, FRAME, EDGE, PAPER = (
    "#1b1f24", "#59636e", "#bf3989", "#cf222e", "#f1f4f8", "#b6c2ce", "#ffffff"
)  # fmt: skip
_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg" '
_MARGIN = 30.0


def svg(shape: Shape, within: str = "") -> str:
    """The picture as SVG text; with a name that is its own there, as an element of a page."""
    shown = view(shape)
    stands = placed(shown)
    lines = list(_lines(shown, stands))
    said = written(shape, shown, stands)
    left, top, right, bottom = _extent(stands, [line for _, line in lines])
    head = [shape.title, shape.about]
    notes = [*shape.notes, *_folded(shown)]
    legend = list(_legend(shown, left, bottom + 34))
    foot = bottom + 44 + 16 * len(notes)
    right = max(right, left + max(_width(head[0], 17), *(_width(line, 12) for line in (head[1], *notes))))
    right = max(right, *(end for end, _ in legend)) if legend else right
    box = (left - _MARGIN, top - _MARGIN - 52, right - left + 2 * _MARGIN, foot - top + 2 * _MARGIN + 52)
    parts = [
        f'<svg {_NAMESPACE if not within else ""}viewBox="{_numbers(*box)}" width="{box[2]:.0f}" '
        f'height="{box[3]:.0f}" role="img" aria-labelledby="{within}title {within}desc" '
        'font-family="system-ui, sans-serif">',
        f'<title id="{within}title">{_text(shape.title)}</title>',
        f'<desc id="{within}desc">{_text(". ".join(_described(shown)))}</desc>',
        f'<rect x="{box[0]:.1f}" y="{box[1]:.1f}" width="{box[2]:.1f}" height="{box[3]:.1f}" fill="{PAPER}"/>',
        _words(left, top - 44, head[0], 16, INK, anchor="start", bold=True),
        _words(left, top - 24, head[1], 12, QUIET, anchor="start"),
        *(part for account, frame in stands.frames.items() for part in _frame(frame, _title(shape, account, frame))),
        *(part for way, line in lines for part in _way(way, line)),
        *(part for one, entry in shown.entries.items() for part in _node(entry, stands.at[one])),
        *(part for (way, line), place in zip(lines, said, strict=True) for part in _said(way, line, place)),
        *(item for _, item in legend),
    ]
    parts += [_words(left, bottom + 66 + 16 * at, note, 12, QUIET, anchor="start") for at, note in enumerate(notes)]
    return "\n".join([*parts, "</svg>\n"])


def _extent(stands: Placed, lines: Iterable[Line]) -> Frame:
    left, top, right, bottom = extent(stands)
    heights = [line.at(0.5)[1] for line in lines]
    return (left, min([top, *heights]), right, max([bottom, *heights]))


def _described(shown: View) -> Iterator[str]:
    """The links in words, for those who do not see them."""
    for way in shown.ways[:100]:
        source, target = shown.entries[way.source].thing.label, shown.entries[way.target].thing.label
        yield f"{source} to {target}: {way.words}"
    if len(shown.ways) > 100:
        yield f"and {len(shown.ways) - 100:,} more"


def _folded(shown: View) -> list[str]:
    folded = [entry for entry in shown.entries.values() if len(entry.members) > 1]
    inside = sum(len(entry.members) for entry in folded)
    return [f"A double outline is a group: {inside:,} in {len(folded):,}."] if folded else []


def written(shape: Shape, shown: View, stands: Placed) -> list[Place | None]:
    """Where the words of each link are, those of what was asked about first; None where there is no room."""
    taken = [room for one, entry in shown.entries.items() for room in node_rooms(*stands.at[one], entry.lines)]
    taken += [title_room(frame, _title(shape, account, frame)) for account, frame in stands.frames.items()]
    lines = [line for _, line in _lines(shown, stands)]
    order = sorted(range(len(lines)), key=lambda one: not shown.ways[one].lit)
    found = places([lines[one] for one in order], [shown.ways[one].words for one in order], taken)
    return [place for _, place in sorted(zip(order, found, strict=True), key=lambda pair: pair[0])]


def _title(shape: Shape, account: str, frame: Frame) -> list[str]:
    return title(shape.accounts.get(account), account, frame[2] - frame[0])


def _frame(frame: Frame, name: list[str]) -> Iterator[str]:
    left, top, right, bottom = frame
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="4" '
        f'fill="{FRAME}" stroke="{EDGE}"/>'
    )
    for number, line in enumerate(name):
        yield _words((left + right) / 2, top + 17 + FRAME_LINE * number, line, FRAME_FONT, QUIET)


def _lines(shown: View, stands: Placed) -> Iterator[tuple[Way, Line]]:
    """The links with where they run."""
    bent = bends([(way.source, way.target) for way in shown.ways], stands.at)
    for way, bend in zip(shown.ways, bent, strict=True):
        (x1, y1), (x2, y2) = stands.at[way.source], stands.at[way.target]
        length = math.hypot(x2 - x1, y2 - y1) or 1.0
        control = ((x1 + x2) / 2 - bend * (y2 - y1) / length, (y1 + y2) / 2 + bend * (x2 - x1) / length)
        yield way, Line(_border((x1, y1), control), control, _border((x2, y2), control))


def _border(middle: Point, towards: Point) -> Point:
    """Where a line from the middle of a node leaves it."""
    dx, dy = towards[0] - middle[0], towards[1] - middle[1]
    length = math.hypot(dx / (WIDTH / 2 + 2), dy / (HEIGHT / 2 + 2)) or 1.0
    return (middle[0] + dx / length, middle[1] + dy / length)


def _way(way: Way, line: Line) -> Iterator[str]:
    first = way.members[0]
    colour = FAILED if first.failed else LIT if way.lit else QUIET
    dash = "beside" if first.beside else "guess" if is_guess(way.confidence) else None
    if dash is None and way.confidence == "LIKELY":
        dash = "likely"
    curve = f"M{_numbers(*line.start)}Q{_numbers(*line.control)} {_numbers(*line.end)}"
    yield _stroke(curve, colour, 3 if way.lit else 1.6, DASHES[dash] if dash else "")
    yield _tip(line, colour, failed=first.failed)


def _said(way: Way, line: Line, place: Place | None) -> Iterator[str]:
    """The words at a link, above all that is drawn."""
    if place is None:
        return
    x, y = line.at(place.along)
    colour = FAILED if way.members[0].failed else LIT if way.lit else QUIET
    for number, words in enumerate(place.lines):
        yield _words(x, y + 4 + LINE * (number - (len(place.lines) - 1) / 2), words, FONT, colour, behind=PAPER)


def _tip(line: Line, colour: str, *, failed: bool) -> str:
    """An arrow; of what failed a bar across."""
    (cx, cy), (x, y) = line.control, line.end
    angle = math.atan2(y - cy, x - cx)
    if failed:
        dx, dy = 7 * math.sin(angle), 7 * math.cos(angle)
        return f'<path d="M{_numbers(x - dx, y + dy)}L{_numbers(x + dx, y - dy)}" stroke="{colour}" stroke-width="3"/>'
    corners = [(x - 10 * math.cos(angle + turn), y - 10 * math.sin(angle + turn)) for turn in (0.4, -0.4)]
    return f'<path d="M{_numbers(x, y)}L{_numbers(*corners[0])}L{_numbers(*corners[1])}Z" fill="{colour}"/>'


def _node(entry: Drawn, at: Point) -> Iterator[str]:
    behind = FRAME if entry.thing.account and entry.thing.kind != "account" else PAPER
    yield from _form(entry.thing.kind, at, lit=entry.lit, double=len(entry.members) > 1, works=entry.works)
    for number, line in enumerate(entry.lines):
        yield _words(at[0], at[1] + HEIGHT / 2 + 15 + LINE * number, line, FONT, INK, behind=behind)


def _form(
    kind: Kind, at: Point, *, lit: bool = False, double: bool = False, works: Works | None = None
) -> Iterator[str]:
    look = LOOKS[kind]
    place = f"translate({_numbers(*at)})"
    ring, _, dash = MARKS[works] if works else ("", "", "")
    if ring:
        yield (
            f'<path d="{look.path}" transform="{place} scale(1.4)" fill="none" stroke="{ring}" stroke-width="2"'
            f"{_dashes(dash)}/>"
        )
    pale = f' opacity="{PALE}"' if works == "no" else ""
    yield (
        f'<path d="{look.path}" transform="{place}" fill="{PAPER}" stroke="{look.light}"{pale} '
        f'stroke-width="{4 if lit else 2}"/><path d="{look.path}" transform="{place}" fill="{look.light}" '
        'fill-opacity=".18"/>'
    )
    if double:
        yield (
            f'<path d="{look.path}" transform="{place} scale(.7)" fill="none" stroke="{look.light}" '
            'stroke-width="1.6"/>'
        )


def _legend(shown: View, left: float, y: float) -> Iterator[tuple[float, str]]:
    """What the forms and dashes mean, as far as they are in the picture: where each ends, and its text."""
    x = left + 20
    double = {entry.thing.kind for entry in shown.entries.values() if len(entry.members) > 1}
    kinds = dict.fromkeys(entry.thing.kind for entry in shown.entries.values())
    samples = []
    for kind in kinds:
        form = "".join(_form(kind, (0, 0), double=kind in double and LOOKS[kind].double))
        samples.append((LOOKS[kind].words.partition(":")[0], form))
    for state, said in WORKS.items():
        if any(entry.works == state for entry in shown.entries.values()):
            samples.append((said, "".join(_form("session", (0, 0), works=state))))
    for words, dash, colour, there in (
        ("refused or failed", "", FAILED, any(way.members[0].failed for way in shown.ways)),
        ("outside the chain", DASHES["beside"], QUIET, any(way.members[0].beside for way in shown.ways)),
        ("likely", DASHES["likely"], QUIET, any(way.confidence == "LIKELY" for way in shown.ways)),
        ("guess", DASHES["guess"], QUIET, any(is_guess(way.confidence) for way in shown.ways)),
        ("asked about", "", LIT, any(way.lit for way in shown.ways)),
    ):
        if there:
            line = _stroke("M-17 0H17", colour, 3 if colour == LIT else 1.6, dash)
            samples.append((words, line + (_words(0, 4, "\u2715", FONT, colour) if colour == FAILED else "")))
    for words, sample in samples:
        shown_at = f'<g transform="translate({_numbers(x, y)})">{sample}</g>'
        yield x + 30 + _width(words, FONT), shown_at + _words(x + 24, y + 4, words, FONT, QUIET, anchor="start")
        x += 60 + _width(words, FONT)


def _stroke(path: str, colour: str, width: float, dash: str = "") -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{_dashes(dash)}/>'


def _dashes(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _words(
    x: float, y: float, words: str, size: float, colour: str, *, anchor: str = "middle", bold: bool = False,
    behind: str | None = None,
) -> str:  # fmt: skip
    """Words with a background, if given, for the lines that run behind them."""
    weight = ' font-weight="bold"' if bold else ""
    shown = (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{_text(words)}</text>"
    )
    if behind is None:
        return shown
    wide = _width(words, size) * (1.1 if bold else 1)
    back = (
        f'<rect x="{x - wide / 2:.1f}" y="{y - size:.1f}" width="{wide:.1f}" height="{size * 1.3:.1f}" '
        f'fill="{behind}" fill-opacity=".85"/>'
    )
    return back + shown


def _width(words: str, size: float) -> float:
    """About how wide words are."""
    return measured(words, size)


def _text(words: str) -> str:
    """Text that may be in XML: escaped, without what does not print."""
    return escape(clean(words), {'"': "&quot;"})


def _numbers(*numbers: float) -> str:
    return " ".join(f"{number:.1f}" for number in numbers)
