"""A picture in Graphviz's language, whole: accounts and groups as clusters, nothing folded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from lineage.draw.looks import LOOKS
from lineage.draw.shape import Box, Kind, Link, Node, Shape
from lineage.render.text import clean

_FORMS: dict[Kind, str] = {
    "person": "ellipse", "service": "hexagon", "outside": "octagon", "unknown": "triangle", "role": "cds",
    "session": "box", "key": "diamond", "resource": "cylinder", "action": "parallelogram", "account": "folder",
    "group": "box", "calls": "parallelogram",
}  # fmt: skip


def dot(shape: Shape) -> str:
    """The picture as DOT text."""
    numbers = {node.id: f"n{number}" for number, node in enumerate(shape.nodes)}
    inside: dict[str | None, list[Node]] = defaultdict(list)
    for node in shape.nodes:
        inside[node.box].append(node)
    boxes: dict[str | None, list[tuple[int, Box]]] = defaultdict(list)
    for number, box in enumerate(shape.boxes):
        boxes[box.box].append((number, box))
    lines = [
        "digraph lineage {",
        f"  graph [rankdir=LR, label={quoted(shape.title)}, labelloc=t, fontname=sans];",
        "  node [fontname=sans, fontsize=11];",
        "  edge [fontname=sans, fontsize=9];",
        *_within(None, inside, boxes, numbers, "  "),
        *(_edge(link, numbers) for link in shape.links),
        "}\n",
    ]
    return "\n".join(lines)


def quoted(text: str) -> str:
    r"""A text as DOT writes it: what does not print, every backslash, and what begins an entity, is written out.

    >>> print(quoted('ops"; \\N &lt;'))
    "ops\"; \\N &amp;lt;"
    """
    return '"' + clean(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within(
    box: str | None, inside: Mapping[str | None, list[Node]], boxes: Mapping[str | None, list[tuple[int, Box]]],
    numbers: dict[str, str], indent: str,
) -> Iterator[str]:  # fmt: skip
    """The nodes and boxes that lie in a box."""
    for node in inside.get(box, ()):
        yield f"{indent}{_node(node, numbers)}"
    for number, one in boxes.get(box, ()):
        yield f"{indent}subgraph cluster_{number} {{"
        yield f"{indent}  label={quoted(one.label)};"
        yield from _within(one.id, inside, boxes, numbers, indent + "  ")
        yield f"{indent}}}"


def _node(node: Node, numbers: dict[str, str]) -> str:
    wide = ", penwidth=3" if node.lit else ""
    return (
        f"{numbers[node.id]} [label={quoted(node.label)}, shape={_FORMS[node.kind]}, "
        f'color="{LOOKS[node.kind].light}", tooltip={quoted(node.id)}{wide}];'
    )


def _edge(link: Link, numbers: dict[str, str]) -> str:
    words = [f"\u2715 {link.label}" if link.failed else link.label]
    words += ["guess"] if link.guess else ["likely"] if link.confidence == "LIKELY" else []
    words += ["beside the chain"] if link.beside else []
    words += [f"{link.count:,}\u00d7"] if link.count > 1 else []
    told = [f"label={quoted(', '.join(words))}"]
    if link.guess:
        told.append("style=dotted")
    elif link.beside or link.confidence == "LIKELY":
        told.append("style=dashed")
    if link.failed:
        told.append('color="#cf222e", arrowhead=tee')
    if link.lit:
        told.append("penwidth=3")
    return f"  {numbers[link.source]} -> {numbers[link.target]} [{', '.join(told)}];"
