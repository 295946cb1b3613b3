"""A layered drawing from left to right: callers are left of what they obtained, each account in a frame of its own.

The layers are longest paths, the order within a layer comes from barycentre sweeps (Sugiyama, Tagawa and Toda,
1981), the heights from the mean of the neighbours as far as the order allows. Frames that share no layer are
placed side by side, so that a chain through accounts runs straight. Cost: O(sweeps * edges), the sorting of layers,
and the square of the number of accounts; cycles are broken at the edge that closes them, which is then drawn
backwards.

`bends` says how links bend: several between the same two nodes lie apart, and one that is long runs around what
is between. A link is a curve with one control point, this far off the middle of its ends.

`page/layout.js` does the same for what is unfolded in the page: same steps, same numbers. That is why sums are
written as loops here: `sum` rounds differently.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple

SWEEPS = 6
LOOSE = "\0"
"""What begins the band of nodes without an account: those of one layer share one, and have no frame."""


class Size(NamedTuple):
    """Distances of the drawing, in pixels."""

    layer: float = 196.0
    """From one layer to the next."""
    node: float = 78.0
    """From one node to the one below it: room for three lines of a caption."""
    side: float = 84.0
    """From the middle of a node to the side of its frame."""
    above: float = 54.0
    """From the middle of a node to the top of its frame."""
    below: float = 66.0
    gap: float = 28.0
    """Between two frames."""


SIZE = Size()
Point = tuple[float, float]
Frame = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class Placed(NamedTuple):
    """Where everything is: the middles of nodes, and the frames of accounts."""

    at: dict[str, Point]
    frames: dict[str, Frame]
    layers: dict[str, int]


def extent(stands: Placed) -> Frame:
    """What everything takes up: frames, and nodes with their captions.

    >>> extent(place(["a", "b"], [("a", "b")], {}))
    (-84.0, -54.0, 280.0, 66.0)
    """
    rooms = [*stands.frames.values()] + [
        (x - SIZE.side, y - SIZE.above, x + SIZE.side, y + SIZE.below) for x, y in stands.at.values()
    ]
    if not rooms:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(room[0] for room in rooms), min(room[1] for room in rooms),
        max(room[2] for room in rooms), max(room[3] for room in rooms),
    )  # fmt: skip


_Links = Mapping[str, Sequence[str]]
_Cells = dict[str, dict[int, list[str]]]
"""The nodes of each band and layer, from top to bottom."""


def place(nodes: Sequence[str], edges: Iterable[tuple[str, str]], accounts: Mapping[str, str]) -> Placed:
    """Where the nodes are; `accounts` names the account of those that have one.

    >>> placed = place(["a", "b", "c"], [("a", "b"), ("b", "c")], {})
    >>> [placed.at[node] for node in "abc"]
    [(0.0, 0.0), (196.0, 0.0), (392.0, 0.0)]
    """
    known = set(nodes)
    ways = list(dict.fromkeys((s, t) for s, t in edges if s in known and t in known and s != t))
    down = _acyclic(nodes, ways)
    up: dict[str, list[str]] = {node: [] for node in nodes}
    for source, targets in down.items():
        for target in targets:
            up[target].append(source)
    layers = _layers(down, up)
    bands = {node: accounts.get(node) or f"{LOOSE}{layers[node]}" for node in nodes}
    cells = _ordered(nodes, down, up, layers, bands)
    heights = _heights(cells, down, up, bands)
    return _packed(nodes, ways, layers, bands, cells, heights)


def _acyclic(nodes: Sequence[str], ways: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The edges by source, without those that close a cycle (depth first, in the order of the nodes)."""
    out: dict[str, list[str]] = {node: [] for node in nodes}
    entered = set()
    for source, target in ways:
        out[source].append(target)
        entered.add(target)
    kept: dict[str, list[str]] = {node: [] for node in nodes}
    open_: dict[str, bool] = {}
    for start in [*(node for node in nodes if node not in entered), *nodes]:
        if start in open_:
            continue
        open_[start] = True
        stack = [(start, iter(out[start]))]
        while stack:
            node, rest = stack[-1]
            for target in rest:
                if open_.get(target):
                    continue  # closes a cycle
                kept[node].append(target)
                if target not in open_:
                    open_[target] = True
                    stack.append((target, iter(out[target])))
                    break
            else:
                open_[node] = False
                stack.pop()
    return kept


def _layers(down: _Links, up: _Links) -> dict[str, int]:
    """The layer of each node: the longest path to it; what nothing leads to is just left of what it leads to."""
    layers: dict[str, int] = {}
    for node in TopologicalSorter(up).static_order():
        layers[node] = max((layers[source] + 1 for source in up[node]), default=0)
    for node, targets in down.items():
        if targets and not up[node]:
            layers[node] = min(layers[target] for target in targets) - 1
    return layers


def _ordered(
    nodes: Sequence[str], down: _Links, up: _Links, layers: Mapping[str, int], bands: Mapping[str, str]
) -> _Cells:
    """The nodes by band and layer, each with few crossings; bands in the order of their first nodes."""
    cells: _Cells = {}
    for node in nodes:
        cells.setdefault(bands[node], {}).setdefault(layers[node], []).append(node)
    rank = {band: number for number, band in enumerate(cells)}
    position: dict[str, float] = {}

    def number(band: str, members: Sequence[str]) -> None:
        for place, node in enumerate(members):
            position[node] = rank[band] + (place + 0.5) / len(members)

    for band, columns in cells.items():
        for members in columns.values():
            number(band, members)
    across = sorted({layer for columns in cells.values() for layer in columns})
    for sweep in range(SWEEPS):
        near = up if sweep % 2 == 0 else down
        # All bands of a layer before the next layer: else bands would only copy each other's old order.
        for layer in across[:: 1 if sweep % 2 == 0 else -1]:
            for band, columns in cells.items():
                members = columns.get(layer, [])
                if len(members) > 1:
                    wish = {node: _mean(position, near.get(node, ()), position[node]) for node in members}
                    members.sort(key=wish.__getitem__)
                    number(band, members)
    return cells


def _mean(values: Mapping[str, float], of: Sequence[str], otherwise: float) -> float:
    if not of:
        return otherwise
    total = 0.0
    for one in of:
        total += values[one]
    return total / len(of)


def _heights(cells: _Cells, down: _Links, up: _Links, bands: Mapping[str, str]) -> dict[str, float]:
    """The height of each node within its band, from the band's first."""
    heights: dict[str, float] = {}
    for columns in cells.values():
        for members in columns.values():
            for place, node in enumerate(members):
                heights[node] = place * SIZE.node
    for sweep in range(4):
        near = up if sweep % 2 == 0 else down
        for band, columns in cells.items():
            for layer in sorted(columns, reverse=sweep % 2 == 1):
                members = columns[layer]
                wished = [
                    _mean(heights, [other for other in near.get(node, ()) if bands[other] == band], heights[node])
                    for node in members
                ]
                for node, height in zip(members, _apart(wished, SIZE.node), strict=True):
                    heights[node] = height
    for columns in cells.values():
        top = min(heights[node] for members in columns.values() for node in members)
        for members in columns.values():
            for node in members:
                heights[node] -= top
    return heights


def _apart(wished: Sequence[float], gap: float) -> list[float]:
    """Heights in the given order, at least a gap apart, as near to the wished ones as can be (least squares, by
    pooling neighbours that would overlap).

    >>> _apart([0, 0, 100], 10)
    [-5.0, 5.0, 100.0]
    """
    blocks: list[list[float]] = []  # sum of wishes less offsets, count
    for place, height in enumerate(wished):
        blocks.append([height - place * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    heights: list[float] = []
    for total, count in blocks:
        begin = len(heights)
        heights += [total / count + (begin + place) * gap for place in range(int(count))]
    return heights


def _packed(
    nodes: Sequence[str], ways: Iterable[tuple[str, str]], layers: Mapping[str, int], bands: Mapping[str, str],
    cells: _Cells, heights: Mapping[str, float],
) -> Placed:  # fmt: skip
    """Each band as near to the height of its neighbours as the frames placed so far allow, left ones first."""
    across: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for source, target in ways:
        if bands[source] != bands[target]:
            across[bands[source]].append((source, target))
            across[bands[target]].append((target, source))
    least = min(layers.values(), default=0)
    y: dict[str, float] = {}
    frames: dict[str, Frame] = {}
    for band in sorted(cells, key=lambda band: min(cells[band])):
        left = (min(cells[band]) - least) * SIZE.layer - SIZE.side
        right = (max(cells[band]) - least) * SIZE.layer + SIZE.side
        members = [node for column in cells[band].values() for node in column]
        depth = max(heights[node] for node in members)
        wish, count = 0.0, 0
        for own, other in across[band]:
            if other in y:
                wish += y[other] - heights[own]
                count += 1
        # Where the first node may not be: so near that the two frames would meet.
        taken = [
            (top - SIZE.gap - SIZE.below - depth, bottom + SIZE.gap + SIZE.above)
            for other_left, top, other_right, bottom in frames.values()
            if other_left < right and left < other_right
        ]
        start = _nearest(wish / count if count else 0.0, taken)
        for node in members:
            y[node] = start + heights[node]
        frames[band] = (left, start - SIZE.above, right, start + depth + SIZE.below)
    top = min(y.values(), default=0.0)
    return Placed(
        {node: ((layers[node] - least) * SIZE.layer, y[node] - top) for node in nodes},
        {
            band: (left, above - top, right, below - top)
            for band, (left, above, right, below) in frames.items()
            if not band.startswith(LOOSE)
        },
        dict(layers),
    )


def _nearest(wish: float, taken: Iterable[tuple[float, float]]) -> float:
    """The number nearest to a wish that lies within none of the intervals; the larger, unless the other is much nearer,
    for people read downwards.

    >>> _nearest(5, [(0, 10)]), _nearest(4, [(0, 10), (-9, 1)]), _nearest(2, [(0, 10), (20, 30)])
    (10, 10, 0)
    """
    low = high = wish
    for begin, end in sorted(taken):
        if begin < high < end:
            high = end
    for begin, end in sorted(taken, key=lambda one: one[1], reverse=True):
        if begin < low < end:
            low = begin
    return low if 2 * (wish - low) < high - wish else high


APART = 44.0
"""Between the control points of two links of the same ends."""
TRIED = (0.0, -25.0, 25.0, -50.0, 50.0, -70.0, 70.0, -100.0, 100.0, -140.0, 140.0, -190.0, 190.0, -240.0, 240.0)
"""Ways around, the nearest first."""
ABOVE, BELOW = 20.0, 58.0
"""What a node and its caption take up, from its middle."""
BODY = 17.0
"""What the node itself takes up on each side: a line through it is read as leading there, so it counts for three."""
MOST = 1500
"""In a picture of more nodes all links run straight."""


def bends(ways: Sequence[tuple[str, str]], at: Mapping[str, Point]) -> list[float]:
    """How far the control point of each link lies off the middle of its ends, to the right of its direction.

    >>> at = {"a": (0, 0), "b": (196, 0), "c": (392, 0)}
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
    """The columns of nodes between two points: where they are, and the heights of their nodes."""
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
