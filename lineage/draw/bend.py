"""How links bend: several between the same two nodes lie apart, and one that is long runs around what stands between.

`bends` of `page/layout.js` does the same. A link is a curve with one control point, this far off the middle of its
ends.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from lineage.draw.layout import Point

APART = 32.0
"""Between the control points of two links of the same ends."""
TRIED = (0.0, -25.0, 25.0, -50.0, 50.0, -70.0, 70.0, -100.0, 100.0, -140.0, 140.0, -190.0, 190.0, -240.0, 240.0)
"""Ways around, the nearest first."""
ABOVE, BELOW = 20.0, 46.0
"""What a node and its caption take up, from its middle."""
BODY = 17.0
"""What the node itself takes up on each side: a line through it is read as leading there, so it counts for three."""
MOST = 1500
"""In a picture of more nodes all links run straight."""


def bends(ways: Sequence[tuple[str, str]], at: Mapping[str, Point]) -> list[float]:
    """How far the control point of each link lies off the middle of its ends, to the right of its direction.

    >>> at = {"a": (0, 0), "b": (260, 0), "c": (520, 0)}
    >>> bends([("a", "b"), ("b", "c"), ("a", "c")], at)
    [0.0, 0.0, -50.0]
    """
    if len(at) > MOST:
        return [0.0] * len(ways)
    columns: dict[float, list[float]] = defaultdict(list)
    for x, y in at.values():
        columns[x].append(y)
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (source, target) in enumerate(ways):
        alike[min(source, target), max(source, target)].append(number)
    found = [0.0] * len(ways)
    for (first, _), numbers in alike.items():
        for place, number in enumerate(numbers):
            source, target = ways[number]
            turn = 1 if source == first else -1
            base = (place - (len(numbers) - 1) / 2) * APART * turn
            between = _between(at[source], at[target], columns)
            found[number] = base + min(TRIED, key=lambda way: _met(at[source], at[target], base + way, between))
    return found


def _between(start: Point, end: Point, columns: Mapping[float, list[float]]) -> list[tuple[float, list[float]]]:
    """The columns of nodes between two points: where they stand, and the heights of their nodes."""
    low, high = min(start[0], end[0]), max(start[0], end[0])
    return [(x, ys) for x, ys in columns.items() if low < x < high]


def _met(start: Point, end: Point, bend: float, between: Iterable[tuple[float, list[float]]]) -> int:
    """How much a curve runs through: three for a node, one for a caption alone."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.sqrt(dx * dx + dy * dy) or 1.0
    control, aside = (start[1] + end[1]) / 2 + bend * dx / length, bend * dy / length
    met = 0
    for x, ys in between:
        along = _along(start[0] - x, dx - 2 * aside, 2 * aside)
        y = (1 - along) * (1 - along) * start[1] + 2 * along * (1 - along) * control + along * along * end[1]
        met += sum(3 if -BODY < y - one < BODY else 1 for one in ys if -ABOVE < y - one < BELOW)
    return met


def _along(c: float, b: float, a: float) -> float:
    """How far along a curve, from 0 to 1, it reaches a column: where `a * t * t + b * t + c` is 0."""
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    below = -b - root if b >= 0 else -b + root
    return min(1.0, max(0.0, 2 * c / below)) if below else 0.5
