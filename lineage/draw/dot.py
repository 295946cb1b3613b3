"""A picture in Graphviz's language, whole: accounts and groups as clusters, nothing folded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lineage.draw.looks import LOOKS
from lineage.draw.shape import Kind, Link, Node, Shape
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
    lines = [
        "digraph lineage {",
        f"  graph [rankdir=LR, label={quoted(shape.title)}, labelloc=t, fontname=sans];",
        "  node [fontname=sans, fontsize=11];",
        "  edge [fontname=sans, fontsize=9];",
        *_within(shape, None, inside, numbers, "  "),
        *(_edge(link, numbers) for link in shape.links),
        "}\n",
    ]
    return "\n".join(lines)


def quoted(text: str) -> str:
    r"""A text as DOT writes it: what does not print, and every backslash, is written out.

    >>> print(quoted('ops"; \\N'))
    "ops\"; \\N"
    """
    return '"' + clean(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _within(
    shape: Shape, box: str | None, inside: dict[str | None, list[Node]], numbers: dict[str, str], indent: str
) -> Iterator[str]:
    """The nodes and boxes that lie in a box."""
    for node in inside[box]:
        yield f"{indent}{_node(node, numbers)}"
    for number, one in enumerate(shape.boxes):
        if one.box == box:
            yield f"{indent}subgraph cluster_{number} {{"
            yield f"{indent}  label={quoted(one.label)};"
            yield from _within(shape, one.id, inside, numbers, indent + "  ")
            yield f"{indent}}}"


def _node(node: Node, numbers: dict[str, str]) -> str:
    wide = ", penwidth=3" if node.lit else ""
    return (
        f"{numbers[node.id]} [label={quoted(node.label)}, shape={_FORMS[node.kind]}, "
        f'color="{LOOKS[node.kind].light}", tooltip={quoted(node.id)}{wide}];'
    )


def _edge(link: Link, numbers: dict[str, str]) -> str:
    words = [f"\u2715 {link.label}" if link.failed else link.label]
    words += ["guess"] if link.guess else []
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
