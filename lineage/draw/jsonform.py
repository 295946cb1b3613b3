"""A picture as JSON for other tools, whole, by the versioned schema `lineage.graph/1`."""

from __future__ import annotations

from typing import Any

import msgspec

from lineage.draw.copies import statement
from lineage.draw.shape import Link, Shape, Thing
from lineage.draw.view import placed, view
from lineage.render.text import safe_json

SCHEMA = "lineage.graph/1"


def graph(shape: Shape) -> dict[str, Any]:  # Any: JSON values
    """The picture as JSON values; `at` is where a node or folded box stands when the picture opens."""
    told = {"schema": SCHEMA, **msgspec.to_builtins(shape), "beside": shape.beside}
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
