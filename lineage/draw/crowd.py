"""More of a picture folded, where more nodes would be drawn than people can read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence, Set

import msgspec

from lineage.draw.alike import alike, boxed, with_calls
from lineage.draw.names import caption
from lineage.draw.shape import Box, Shape
from lineage.draw.sheet import facts
from lineage.draw.view import view

READABLE = 24
"""So many nodes are drawn as they are."""
MOST = 60
"""More than so many are not drawn when a picture opens, if folding can help it."""


def crowded(shape: Shape) -> Shape:
    """The picture with more of it folded, and a note: first what is alike, then whole accounts, then the rest of
    accounts in which something is lit.

    Nothing that is lit is folded.
    """
    before = len(view(shape).entries)
    if before <= READABLE:
        return shape
    folded = alike(with_calls(shape), people=False)
    if len(view(folded).entries) > MOST:
        lit = _around_lit(folded)
        accounts = [box for box in folded.boxes if box.kind == "account"]
        dark = _fullest(folded, [box for box in accounts if box.id not in lit])
        folded = msgspec.structs.replace(folded, folded=(*folded.folded, *(box.id for box in dark)))
        folded = _rests(folded, _fullest(folded, [box for box in accounts if box.id in lit]), lit)
        folded = alike(folded, people=True)
    left = len(view(folded).entries)
    if left == before:
        return shape
    note = f"It opens with {left:,} of {len(shape.nodes):,} nodes; the rest is folded, so that it can be read."
    return msgspec.structs.replace(folded, notes=(*folded.notes, note))


def _around_lit(shape: Shape) -> set[str]:
    """The boxes that something lit lies in."""
    outer = {box.id: box.box for box in shape.boxes}
    found: set[str] = set()
    for node in shape.nodes:
        box = node.box if node.lit else None
        while box is not None and box not in found:
            found.add(box)
            box = outer[box]
    return found


def _fullest(shape: Shape, accounts: Sequence[Box]) -> list[Box]:
    """As many of the accounts as must be folded, or all but their lit nodes, those first in which most is drawn."""
    outermost: dict[str, str] = {}
    for box in shape.boxes:  # each stands after the box that it lies in
        outermost[box.id] = outermost[box.box] if box.box else box.id
    drawn = view(shape).entries.values()
    within = Counter(outermost[entry.thing.box] for entry in drawn if entry.thing.box and not entry.lit)
    left = len(drawn)
    found = []
    for box in sorted(accounts, key=lambda one: (-within[one.id], one.label)):
        if left <= MOST or within[box.id] < 2:
            break
        left -= within[box.id] - 1
        found.append(box)
    return found


def _rests(shape: Shape, accounts: Sequence[Box], lit: Set[str]) -> Shape:
    """What is not lit of each of the accounts in a box of its own, folded. `lit` are the boxes around what is lit."""
    dark: dict[str | None, list[str]] = defaultdict(list)
    for node in shape.nodes:
        if not node.lit:
            dark[node.box].append(node.id)
    for box in shape.boxes:
        if box.id not in lit:
            dark[box.box].append(box.id)
    rests = [
        Box(
            id=f"rest {account.id}", kind="group", label=f"the rest of {account.label}",
            caption=caption("the rest of", account.caption.partition("\n")[0]), account=account.account,
            box=account.id, facts=facts(what="what is not lit in an account"),
        )
        for account in accounts
    ]  # fmt: skip
    return boxed(shape, [(rest, dark[rest.box]) for rest in rests])
