"""What is written in a drawing: how names break into lines, how much room they take, and where links have their words.

Words are measured by three kinds of letters, as wide as those of a wide font are. `page/lettering.js` does the same for
what is unfolded in the page: same steps, same numbers.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lineage.render.text import ELLIPSIS

FONT, FRAME_FONT = 12, 13
"""Sizes of letters, in pixels: of nodes and links, and of the titles of frames."""
READABLE = 11
"""The smallest size of letters that a page opens with, in pixels of the screen."""
_NARROW, _BROAD = re.compile("[ijltfrI.,:;'|!()\\[\\] /-]"), re.compile("[mwMWQO@%\u00d7\u2026\u2e80-\U0010ffff]")
_LETTER, _NARROW_LETTER, _BROAD_LETTER = 7.7, 4.7, 11.0
"""How wide letters of `FONT` pixels are."""
LINE, FRAME_LINE = 14.0, 16.0
WIDTH, HEIGHT = 34, 26
"""Of a node."""
CAPTION_WIDTH, WAY_WIDTH, FRAME_WIDTH = 23, 19, 21
"""Letters in a line of a caption, of the words of a link, and of the title of the narrowest frame."""
_SIGNS = (re.compile(":"), re.compile("[/@ ]"), re.compile("[_.-]"), re.compile("[a-z0-9](?=[A-Z])"))
"""Behind what names are broken, the best first."""

Point = tuple[float, float]
Room = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def wrapped(text: str, width: int) -> list[str]:
    """A text in one line or two, broken behind a sign between its parts, else cut in its middle.

    >>> wrapped("AssumeRoleWithWebIdentity, 3×", 19), wrapped("a-very-long-name-of-a-role-in-the-middle", 19)
    (['AssumeRoleWith', 'WebIdentity, 3×'], ['a-very-lo…he-middle'])
    """
    if len(text) <= width:
        return [text]
    for signs in _SIGNS:
        ends = [found.end() for found in signs.finditer(text) if len(text) - width <= found.end() <= width]
        if ends:
            end = min(ends, key=lambda one: abs(2 * one - len(text)))
            return [text[:end].rstrip(" "), text[end:].lstrip(" ")]
    return [cut(text, width)]


def cut(text: str, width: int) -> str:
    """A text cut in its middle.

    >>> cut("payments-operations", 11)
    'payme…tions'
    """
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return text[:half].rstrip(" ") + ELLIPSIS + text[-half:].lstrip(" ")


def title(name: str | None, account: str, wide: float) -> list[str]:
    """The title of a frame that is so wide: name and ID, in two lines where one is too short for both.

    >>> title("payments", "804275613390", 400), title("payments", "804275613390", 160), title(None, "804275613390", 160)
    (['payments  804275613390'], ['payments', '804275613390'], ['804275613390'])
    """
    if not name:
        return [account]
    both = f"{name}  {account}"
    return [both] if measured(both, FRAME_FONT) <= wide - 8 else [cut(name, FRAME_WIDTH), account]


def measured(text: str, size: float = FONT) -> float:
    """How wide a text is in letters of a size.

    >>> [round(measured(text)) for text in ("payments-operations", "AKIA3WQUP53HKQ7V2LCK", "")]
    [135, 161, 0]
    """
    narrow, broad = len(_NARROW.findall(text)), len(_BROAD.findall(text))
    usual = len(text) - narrow - broad
    return (usual * _LETTER + narrow * _NARROW_LETTER + broad * _BROAD_LETTER) * size / FONT


def room(lines: Sequence[str], x: float, top: float, size: float = FONT, line: float = LINE) -> Room:
    """What lines take up that are centred around x, from the top."""
    half = max((measured(one, size) for one in lines), default=0.0) / 2 + 2
    return (x - half, top, x + half, top + len(lines) * line + 2)


def node_rooms(x: float, y: float, lines: Sequence[str]) -> list[Room]:
    """What a node takes up, and its caption below it."""
    body = (x - WIDTH / 2 - 3, y - HEIGHT / 2 - 3, x + WIDTH / 2 + 3, y + HEIGHT / 2 + 3)
    return [body, room(lines, x, y + HEIGHT / 2 + 3)]


def title_room(frame: Room, lines: Sequence[str]) -> Room:
    """What the title takes up at the top of a frame."""
    return room(lines, (frame[0] + frame[2]) / 2, frame[1] + 3, FRAME_FONT, FRAME_LINE)


class Line(NamedTuple):
    """Where a link runs: a curve with one control point."""

    start: Point
    control: Point
    end: Point

    def at(self, along: float) -> Point:
        """The point so far along, from 0 to 1."""
        a, b, c = (1 - along) * (1 - along), 2 * along * (1 - along), along * along
        return (
            a * self.start[0] + b * self.control[0] + c * self.end[0],
            a * self.start[1] + b * self.control[1] + c * self.end[1],
        )

    def points(self) -> list[Point]:
        """Points along the line."""
        far = abs(self.end[0] - self.start[0]) + abs(self.end[1] - self.start[1])
        steps = max(8, math.ceil(far / STEP))
        return [self.at(step / steps) for step in range(1, steps)]


SPARE = 3.0
"""Beside words: fonts differ."""
STEP = 10.0
"""From one point of a line to the next that words should not be written on."""
TRIED = (0.5, 0.55, 0.45, 0.6, 0.4, 0.65, 0.35, 0.7, 0.3, 0.75, 0.25)
"""How far along its line the words of a link may be, the best first."""
_CELL = 64.0
_LEAST = 6
"""Letters of the narrowest line of words."""


class Place(NamedTuple):
    """The words of a link, by their lines, and how far along it they are."""

    along: float
    lines: list[str]
    crossed: bool
    """Does another line run behind them?"""


def forms(words: str) -> list[list[str]]:
    """How the words of a link may be written, the best first: in one line if that is short, and narrow.

    >>> forms("AttachRolePolicy")
    [['AttachRolePolicy'], ['Attach', 'RolePolicy']]
    """
    usual, narrow = wrapped(words, WAY_WIDTH), wrapped(words, max(len(words) // 2 + 2, _LEAST))
    return [usual, narrow] if len(usual) < len(narrow) else [usual]


def places(lines: Sequence[Line], words: Sequence[str], taken: Iterable[Room]) -> list[Place | None]:
    """Where the words of each line are, so that none cover others or what is taken, and, if that can be, none are on
    another line; None where there is no room.

    >>> one = Line((0, 0), (100, 0), (200, 0))
    >>> [found and found.along for found in places([one, one, one], ["called"] * 3, [(90, -8, 110, 8)])]
    [0.7, 0.3, None]
    """
    rooms, points = _Cells(), _Cells()
    for one in taken:
        rooms.take(one)
    for number, line in enumerate(lines):
        for x, y in line.points():
            points.take((x, y, x, y), number)
    found: list[Place | None] = []
    for number, (line, said) in enumerate(zip(lines, words, strict=True)):
        best: tuple[Place, Room] | None = None
        for along, form in ((along, form) for form in forms(said) for along in TRIED):
            x, y = line.at(along)
            left, top, right, bottom = room(form, x, y - len(form) * LINE / 2 - 1)
            wanted = (left - SPARE, top, right + SPARE, bottom)
            if not rooms.free(wanted):
                continue
            crossed = not points.free(wanted, number)
            if best is None or not crossed:
                best = Place(along, form, crossed), wanted
            if not crossed:
                break
        if best is not None:
            rooms.take(best[1])
        found.append(best[0] if best else None)
    return found


class _Cells:
    """Rooms by where they are, each of an owner or of none."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], list[tuple[Room, int]]] = defaultdict(list)

    def take(self, one: Room, owner: int = -1) -> None:
        for cell in self._around(one):
            self.cells[cell].append((one, owner))

    def free(self, one: Room, owner: int = -2) -> bool:
        """Is nothing there but what the owner has?"""
        return not any(
            other[0] < one[2] and one[0] < other[2] and other[1] < one[3] and one[1] < other[3] and other_owner != owner
            for cell in self._around(one)
            for other, other_owner in self.cells.get(cell, ())
        )

    def _around(self, one: Room) -> list[tuple[int, int]]:
        return [
            (column, row)
            for column in range(int(one[0] // _CELL), int(one[2] // _CELL) + 1)
            for row in range(int(one[1] // _CELL), int(one[3] // _CELL) + 1)
        ]
