"""A picture as JSON for other tools, whole, by the versioned schema `lineage.graph/1`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from lineage.draw.copies import statement
from lineage.draw.shape import Link, Shape, Thing
from lineage.draw.view import placed, view
from lineage.render.text import safe_json

SCHEMA = "lineage.graph/1"


class Graph(Shape, frozen=True, omit_defaults=True, kw_only=True):
    """A picture, and where it stands when it opens."""

    schema: Literal["lineage.graph/1"]
    at: Mapping[str, tuple[float, float]]
    """Where the middle of each drawn node or folded box stands, in pixels to the right and down."""
    frames: Mapping[str, tuple[float, float, float, float]]
    """The frame of each account: left, top, right, bottom."""
    queries: Mapping[str, str]
    """The Cypher statements that nodes and links name."""


def json_schema() -> dict[str, Any]:  # Any: JSON values
    """The JSON Schema of `graph`. What is left out has the default that stands there."""
    told: dict[str, Any] = msgspec.json.schema(Graph)
    guess = {"type": "boolean", "description": "Is it less sure than LIKELY?"}
    told["$defs"]["Link"]["properties"]["guess"] = guess
    return told


def graph(shape: Shape) -> dict[str, Any]:  # Any: JSON values
    """The picture as JSON values; `at` is where a node or folded box stands when the picture opens."""
    told = {"schema": SCHEMA, **msgspec.to_builtins(shape)}
    for link, values in zip(shape.links, told.get("links", ()), strict=True):
        values["guess"] = link.guess
    things: list[Thing | Link] = [*shape.nodes, *shape.boxes, *shape.links]
    pastes = {one.cypher.query for one in things if one.cypher is not None}
    stands = placed(view(shape))
    queries = {name: statement(name) for name in sorted(pastes)}
    return {**told, "at": stands.at, "frames": stands.frames, "queries": queries}


def text(shape: Shape) -> str:
    """The picture as JSON text."""
    return safe_json(msgspec.json.format(msgspec.json.encode(graph(shape)), indent=2).decode()) + "\n"
