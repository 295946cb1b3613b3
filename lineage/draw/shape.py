"""What a picture shows, as frozen values: nodes, links between them, and the boxes that fold several nodes into one.

The names of the members are those of the data in the page and of `lineage.graph/1`. `view` is what is drawn when the
picture opens: folded boxes represent what lies in them, and links between the same two are one. `page/model.js` does
the same in the page, where more can be folded, unfolded and filtered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from lineage.draw.layout import Placed, place
from lineage.model import schema

Kind = Literal[
    "person", "service", "outside", "unknown", "role", "session", "key", "resource", "action", "account", "group",
    "calls",
]  # fmt: skip
"""What a node or a box represents; each has a form and a colour of its own."""
Works = Literal["yes", "unknown", "no"]
"""Does a session or key work for new calls?"""
WORKS: dict[Works, str] = {"yes": "works", "unknown": "may work", "no": "ended"}
Fact = tuple[str, str | tuple[str, ...]]
"""A line of evidence: what it is, and its value or values."""
Facts = tuple[Fact, ...]


class Paste(msgspec.Struct, frozen=True):
    """A question for Neo4j: the name of a Cypher file, and the lines that set its parameters."""

    query: str
    params: str


class Element(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What nodes and boxes have in common."""

    id: str
    label: str
    caption: str
    """The label in two short lines, as it is below the node."""
    account: str | None = None
    box: str | None = None
    """The innermost box that it lies in."""
    lit: bool = False
    """Is it part of what was asked about?"""
    facts: Facts = ()
    copy: Mapping[str, str] = {}
    """Texts to take along, by what they are."""
    cypher: Paste | None = None
    works: Works | None = None
    """Of a node: did it still work when the answer was evaluated? None where that was not asked."""
    kind: Kind


class Node(Element, frozen=True, omit_defaults=True, kw_only=True):
    """An identity, key, workload, operation or account."""


class Box(Element, frozen=True, omit_defaults=True, kw_only=True):
    """Several nodes, drawn as one while it is folded."""


class Link(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What leads from one node to another."""

    id: str
    source: str
    target: str
    type: str
    """A relationship type of the graph."""
    label: str
    confidence: str = "EXACT"
    failed: bool = False
    beside: bool = False
    """It is shown next to the chain and is not part of it: workloads, and who made a key or user."""
    cross: bool = False
    """It leads from one account into another."""
    lit: bool = False
    first: str | None = None
    last: str | None = None
    count: int = 1
    facts: Facts = ()
    copy: Mapping[str, str] = {}
    cypher: Paste | None = None

    @property
    def guess(self) -> bool:
        """Is it less sure than `LIKELY`?"""
        return is_guess(self.confidence)


class Shape(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A whole picture. Boxes are after the boxes that they lie in."""

    title: str
    about: str
    """The command that gives the answer."""
    accounts: Mapping[str, str] = {}
    """Names of accounts."""
    boxes: tuple[Box, ...] = ()
    folded: tuple[str, ...] = ()
    """Boxes that are folded when the picture opens."""
    nodes: tuple[Node, ...] = ()
    links: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    """What the picture leaves out or cannot show, in sentences."""
    matrix: bool = False
    """Are there too many accounts to draw them all? Then the page shows a matrix, and draws a pair of them."""
    evaluated: str | None = None
    """The time at which nodes work or do not."""


def is_guess(confidence: str) -> bool:
    """Is a confidence class less sure than `LIKELY`?

    >>> is_guess("LIKELY"), is_guess("HINT")
    (False, True)
    """
    return schema.CONFIDENCE.index(confidence) > schema.CONFIDENCE.index("LIKELY")


CAPTION_LINES = 3
"""Lines that a caption has at most."""
STATE_SIGN = " \u00b7 "
"""Between a name and whether it works, where they share a line."""
UNCOUNTED = ("session", "calls")
"""Kinds of boxes that do not say how many they represent: a session with its keys, and what says it in its name."""


class Drawn(NamedTuple):
    """A node that is drawn."""

    thing: Node | Box
    members: list[Node]
    """What it represents; a node represents itself."""

    @property
    def lit(self) -> bool:
        """Is it, or anything in it, part of what was asked about?"""
        return self.thing.lit or any(node.lit for node in self.members)

    @property
    def works(self) -> Works | None:
        """Does anything in it still work, as far as that was asked?"""
        states = {node.works for node in self.members}
        return next((state for state in WORKS if state in states), None)

    @property
    def caption(self) -> str:
        """What is below it: of several sessions, or nodes, folded into one how many, and whether they still work."""
        own, state = self._own_caption, self._state
        if not state:
            return own
        return f"{own}{chr(10) if own.count(chr(10)) < CAPTION_LINES - 1 else STATE_SIGN}{state}"

    @property
    def _state(self) -> str | None:
        asked = [node.works for node in self.members if node.works]
        if self.works is None or len(set(asked)) == 1:
            return WORKS[self.works] if self.works else None
        return f"{asked.count(self.works)} of {len(asked)} {'work' if self.works == 'yes' else 'may work'}"

    @property
    def _own_caption(self) -> str:
        if isinstance(self.thing, Node) or self.thing.kind in UNCOUNTED:
            return self.thing.caption
        sessions = sum(node.kind == "session" for node in self.members)
        return f"{self.thing.caption} \u00d7{sessions or len(self.members):,}"

    @property
    def lines(self) -> list[str]:
        """The caption by its lines."""
        return self.caption.split("\n")


class Way(NamedTuple):
    """A link that is drawn. Its members have in common type and outcome, whether they are guesses, and whether they
    are shown next to the chain."""

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
        """What is at the link."""
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

    entries: dict[str, Drawn]
    ways: list[Way]


def view(shape: Shape) -> View:
    """What is drawn when the picture opens."""
    stands = standing_for(shape)
    boxes = {box.id: box for box in shape.boxes}
    entries: dict[str, Drawn] = {}
    for node in shape.nodes:
        standing = stands[node.id]
        if standing not in entries:
            entries[standing] = Drawn(boxes.get(standing, node), [])
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
    for box in shape.boxes:  # each is after the box that it lies in
        outermost[box.id] = outermost.get(box.box) or (box.id if box.id in folded else None)
    return {node.id: outermost.get(node.box) or node.id for node in shape.nodes}


def placed(shown: View) -> Placed:
    """Where everything is; what is highlighted comes first."""
    order = sorted(shown.entries, key=lambda one: not shown.entries[one].lit)
    # An account represents itself: it is in no frame.
    things = {one: entry.thing for one, entry in shown.entries.items() if entry.thing.kind != "account"}
    accounts = {one: thing.account for one, thing in things.items() if thing.account}
    return place(order, [(way.source, way.target) for way in shown.ways], accounts)
