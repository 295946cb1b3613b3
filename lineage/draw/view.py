"""What of a shape is drawn when it opens: folded boxes stand for what lies in them, links between the same two are one.

`page/model.js` does the same in the page, where more can be folded, unfolded and filtered.
"""

from __future__ import annotations

from typing import NamedTuple

from lineage.draw.layout import Placed, place
from lineage.draw.shape import Box, Link, Node, Shape, is_guess
from lineage.model import schema

UNCOUNTED = ("session", "calls")
"""Kinds of boxes that do not say how many they stand for: a session with its keys, and what says it in its name."""


class Entry(NamedTuple):
    """A node that is drawn."""

    thing: Node | Box
    members: list[Node]
    """What it stands for; a node stands for itself."""

    @property
    def lit(self) -> bool:
        """Is it, or anything in it, part of what was asked about?"""
        return self.thing.lit or any(node.lit for node in self.members)

    @property
    def caption(self) -> str:
        """What stands below it: of several sessions, or nodes, folded into one how many."""
        if isinstance(self.thing, Node) or self.thing.kind in UNCOUNTED:
            return self.thing.caption
        sessions = sum(node.kind == "session" for node in self.members)
        return f"{self.thing.caption} \u00d7{sessions or len(self.members):,}"


class Way(NamedTuple):
    """A link that is drawn. Its members have in common type and outcome, whether they are guesses, and whether they
    stand beside the chain."""

    source: str
    target: str
    members: list[Link]

    @property
    def confidence(self) -> str:
        """That of the weakest."""
        return schema.weakest([link.confidence for link in self.members])

    @property
    def lit(self) -> bool:
        """Is any of them lit?"""
        return any(link.lit for link in self.members)

    @property
    def calls(self) -> int:
        """Calls or grants of all."""
        return sum(link.count for link in self.members)

    @property
    def words(self) -> str:
        """What stands at the link."""
        labels = list(dict.fromkeys(link.label for link in self.members))
        first = self.members[0]
        label = labels[0] if len(labels) == 1 else f"{len(labels)} kinds"
        parts = [f"\u2715 {label}" if first.failed else label]
        if is_guess(self.confidence):
            parts.append("guess")
        if self.calls > 1:
            parts.append(f"{self.calls:,}\u00d7")
        return ", ".join(parts)


class View(NamedTuple):
    """What is drawn, in order."""

    entries: dict[str, Entry]
    ways: list[Way]


def view(shape: Shape) -> View:
    """What is drawn when the picture opens."""
    stands = standing_for(shape)
    boxes = {box.id: box for box in shape.boxes}
    entries: dict[str, Entry] = {}
    for node in shape.nodes:
        standing = stands[node.id]
        if standing not in entries:
            entries[standing] = Entry(boxes.get(standing, node), [])
        entries[standing].members.append(node)
    ways: dict[tuple[str, str, str, bool, bool, bool], Way] = {}
    for link in shape.links:
        source, target = stands[link.source], stands[link.target]
        if source == target:
            continue
        key = (source, target, link.type, link.failed, link.guess, link.beside)
        ways.setdefault(key, Way(source, target, [])).members.append(link)
    return View(entries, list(ways.values()))


def standing_for(shape: Shape) -> dict[str, str]:
    """What is drawn for each node: the outermost of the folded boxes that it lies in, else itself."""
    folded = set(shape.folded)
    outermost: dict[str | None, str | None] = {None: None}
    for box in shape.boxes:  # each stands after the box that it lies in
        outermost[box.id] = outermost.get(box.box) or (box.id if box.id in folded else None)
    return {node.id: outermost.get(node.box) or node.id for node in shape.nodes}


def placed(shown: View) -> Placed:
    """Where everything stands; what is lit comes first."""
    order = sorted(shown.entries, key=lambda one: not shown.entries[one].lit)
    accounts = {one: account for one, entry in shown.entries.items() if (account := _account(entry.thing))}
    return place(order, [(way.source, way.target) for way in shown.ways], accounts)


def _account(thing: Node | Box) -> str | None:
    """The account in whose frame a thing stands; an account stands for itself."""
    return None if thing.kind == "account" else thing.account
