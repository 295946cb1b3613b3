"""More of a picture folded, where more nodes would be drawn than people can read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import msgspec

from lineage.draw.names import caption
from lineage.draw.shape import Box, Node, Shape
from lineage.draw.sheet import facts
from lineage.draw.view import standing_for, view

MOST = 300
"""More than so many nodes are not drawn when a picture opens, if folding can help it."""
FAN = 3
"""So many nodes of a kind make a box of their own."""


def crowded(shape: Shape) -> Shape:
    """The picture with more of it folded, and a note: first what one node leads to, then whole accounts.

    Nothing that is lit is folded.
    """
    before = len(view(shape).entries)
    if before <= MOST:
        return shape
    shape = _fans(shape)
    lit = {box for node in shape.nodes if node.lit for box in _around(shape, node.box)}
    accounts = [box.id for box in shape.boxes if box.kind == "account" and box.id not in lit]
    boxes = {box.id: box for box in shape.boxes}
    drawn = Counter(f"account {entry.thing.account}" for entry in view(shape).entries.values())
    left = drawn.total()
    for account in sorted(accounts, key=lambda one: (-drawn[one], boxes[one].label)):
        if left <= MOST:
            break
        left -= drawn[account] - 1
        shape = msgspec.structs.replace(shape, folded=(*shape.folded, account))
    left = len(view(shape).entries)
    note = f"Of {before:,} nodes {left:,} are drawn; the rest is folded, so that the picture can be read."
    return msgspec.structs.replace(shape, notes=(*shape.notes, note))


def _around(shape: Shape, box: str | None) -> Iterator[str]:
    """The boxes that a box lies in, and itself."""
    boxes = {one.id: one for one in shape.boxes}
    while box is not None:
        yield box
        box = boxes[box].box


def _fans(shape: Shape) -> Shape:
    """Nodes of one kind and account that one node alone leads to, and that lead nowhere, in one box."""
    stands = standing_for(shape)
    callers: dict[str, set[str]] = defaultdict(set)
    leading = set()
    for link in shape.links:
        callers[link.target].add(link.source)
        leading.add(link.source)
    fans: dict[tuple[str, str, str | None], list[Node]] = defaultdict(list)
    for node in shape.nodes:
        alone = stands[node.id] == node.id and not node.lit and node.id not in leading
        if alone and len(callers[node.id]) == 1:
            fans[next(iter(callers[node.id])), node.kind, node.box].append(node)
    labels = {node.id: node.label for node in shape.nodes}
    boxes: list[Box] = []
    inside: dict[str, str] = {}
    for (source, kind, box), members in fans.items():
        if len(members) >= FAN:
            boxes.append(
                Box(
                    id=f"fan {kind} {box or ''} {source}",
                    kind="group" if kind == "session" else members[0].kind,
                    label=f"{len(members):,} of one kind from {labels[source]}",
                    caption=caption(f"several: {kind}"),
                    account=members[0].account,
                    box=box,
                    facts=facts(what="nodes of one kind that one node leads to", nodes=len(members)),
                )
            )
            inside |= {member.id: boxes[-1].id for member in members}
    return msgspec.structs.replace(
        shape,
        boxes=(*shape.boxes, *boxes),
        folded=(*shape.folded, *(box.id for box in boxes)),
        nodes=tuple(msgspec.structs.replace(node, box=inside.get(node.id, node.box)) for node in shape.nodes),
    )
