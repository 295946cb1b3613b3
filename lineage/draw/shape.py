"""What a picture shows, as frozen values: nodes, links between them, and the boxes that fold several nodes into one.

The names of the members are those of the data in the page and of `lineage.graph/1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from lineage.model import schema

Kind = Literal[
    "person", "service", "outside", "unknown", "role", "session", "key", "resource", "action", "account", "group",
    "calls",
]  # fmt: skip
"""What a node or a box stands for; each has a form and a colour of its own."""
Fact = tuple[str, str | tuple[str, ...]]
"""A line of evidence: what it is, and its value or values."""
Facts = tuple[Fact, ...]

LIKELY = schema.CONFIDENCE.index("LIKELY")
"""What is less sure than this is a guess."""


class Paste(msgspec.Struct, frozen=True):
    """A question for Neo4j: the name of a Cypher file, and the lines that set its parameters."""

    query: str
    params: str


class Thing(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What nodes and boxes have in common."""

    id: str
    label: str
    caption: str
    """The label in two short lines, as it stands below the node."""
    account: str | None = None
    box: str | None = None
    """The innermost box that it lies in."""
    lit: bool = False
    """Is it part of what was asked about?"""
    facts: Facts = ()
    copy: Mapping[str, str] = {}
    """Texts to take along, by what they are."""
    cypher: Paste | None = None


class Node(Thing, frozen=True, omit_defaults=True, kw_only=True):
    """An identity, key, workload, operation or account."""

    kind: Kind


class Box(Thing, frozen=True, omit_defaults=True, kw_only=True):
    """Several nodes, drawn as one while it is folded."""

    kind: Kind


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
    """It is shown beside the chain and is no part of it: workloads, and who made a key or user."""
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
    """A whole picture. Boxes stand after the boxes that they lie in."""

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


def is_guess(confidence: str) -> bool:
    """Is a confidence class less sure than `LIKELY`?

    >>> is_guess("LIKELY"), is_guess("HINT")
    (False, True)
    """
    return schema.CONFIDENCE.index(confidence) > LIKELY
