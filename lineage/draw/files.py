"""The files that show a picture: HTML, SVG, GraphML, JSON or DOT, by the ending of the file.

GraphML (for Gephi, yEd, igraph and networkx), DOT (Graphviz, with accounts and groups as clusters) and JSON
(`lineage.graph/1`) hold the whole picture, with nothing folded. The HTML page needs nothing else: the drawing library,
the style and the data are in it. Text from the logs is data: it is in the page as JSON in which nothing ends the
script around it, the page inserts it as text alone, and a content security policy runs only the scripts below, by
their hashes, and fetches nothing.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html import escape as html_escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

import msgspec

from lineage.draw.labels import DASHES, LOOKS, MARKS, PALE, statement
from lineage.draw.shape import WORKS, Box, Element, Facts, Kind, Link, Node, Shape, placed, view
from lineage.draw.svg import svg
from lineage.model.errors import BadUse
from lineage.model.results import grouped
from lineage.render import outfile
from lineage.render.html import hashed
from lineage.render.text import clean, safe_json

_FORMS: dict[Kind, str] = {
    "person": "ellipse", "service": "hexagon", "outside": "octagon", "unknown": "triangle", "role": "cds",
    "session": "box", "key": "diamond", "resource": "cylinder", "action": "parallelogram", "account": "folder",
    "group": "box", "calls": "parallelogram",
}  # fmt: skip


def dot(shape: Shape) -> str:
    """The picture as DOT text."""
    numbers = {node.id: f"n{number}" for number, node in enumerate(shape.nodes)}
    inside = grouped(shape.nodes, lambda node: node.box)
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
    for node in inside.get(box, ()):
        yield f"{indent}{_node(node, numbers)}"
    for number, one in boxes.get(box, ()):
        yield f"{indent}subgraph cluster_{number} {{"
        yield f"{indent}  label={quoted(one.label)};"
        yield from _within(one.id, inside, boxes, numbers, indent + "  ")
        yield f"{indent}}}"


def _node(node: Node, numbers: dict[str, str]) -> str:
    wide = ", penwidth=3" if node.lit else ""
    label = f"{node.label}, {WORKS[node.works]}" if node.works else node.label
    return (
        f"{numbers[node.id]} [label={quoted(label)}, shape={_FORMS[node.kind]}, "
        f'color="{LOOKS[node.kind].light}", tooltip={quoted(node.id)}{wide}];'
    )


def _edge(link: Link, numbers: dict[str, str]) -> str:
    words = [f"\u2715 {link.label}" if link.failed else link.label]
    words += ["guess"] if link.guess else ["likely"] if link.confidence == "LIKELY" else []
    words += ["outside the chain"] if link.beside else []
    words += [f"{link.count:,}\u00d7"] if link.count > 1 else []
    result = [f"label={quoted(', '.join(words))}"]
    if link.guess:
        result.append("style=dotted")
    elif link.beside or link.confidence == "LIKELY":
        result.append("style=dashed")
    if link.failed:
        result.append('color="#cf222e", arrowhead=tee')
    if link.lit:
        result.append("penwidth=3")
    return f"  {numbers[link.source]} -> {numbers[link.target]} [{', '.join(result)}];"


Value = str | int | bool | None
_NODE = {
    "key": "string", "label": "string", "kind": "string", "account": "string", "account_name": "string",
    "box": "string", "lit": "boolean", "works": "string", "evidence": "string",
}  # fmt: skip
_EDGE = {
    "key": "string", "type": "string", "label": "string", "confidence": "string", "guess": "boolean",
    "failed": "boolean", "beside": "boolean", "cross_account": "boolean", "lit": "boolean", "first": "string",
    "last": "string", "count": "int", "event_ids": "string", "evidence": "string",
}  # fmt: skip


def graphml(shape: Shape) -> str:
    """The picture as GraphML text; IDs are numbers, `key` holds what a thing is called in the graph."""
    numbers = {node.id: f"n{number}" for number, node in enumerate(shape.nodes)}
    boxes = {box.id: box.label for box in shape.boxes}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(f'  <key id="n_{name}" for="node" attr.name="{name}" attr.type="{kind}"/>' for name, kind in _NODE.items()),
        *(f'  <key id="e_{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>' for name, kind in _EDGE.items()),
        '  <key id="g_title" for="graph" attr.name="title" attr.type="string"/>',
        '  <graph id="lineage" edgedefault="directed">',
        f'    <data key="g_title">{_text(shape.title)}</data>',
    ]
    for node in shape.nodes:
        lines.append(f'    <node id="{numbers[node.id]}">')
        lines += _data("n", _of_node(node, shape.accounts, boxes))
        lines.append("    </node>")
    for number, link in enumerate(shape.links):
        ends = f'source="{numbers[link.source]}" target="{numbers[link.target]}"'
        lines.append(f'    <edge id="e{number}" {ends}>')
        lines += _data("e", _of_link(link))
        lines.append("    </edge>")
    return "\n".join([*lines, "  </graph>", "</graphml>\n"])


def _of_node(node: Node, accounts: Mapping[str, str], boxes: Mapping[str, str]) -> dict[str, Value]:
    return {
        "key": node.id, "label": node.label, "kind": node.kind, "account": node.account,
        "account_name": accounts.get(node.account or ""), "box": boxes.get(node.box or ""), "lit": node.lit,
        "works": node.works, "evidence": _evidence(node.facts),
    }  # fmt: skip


def _of_link(link: Link) -> dict[str, Value]:
    ids = next((value for name, value in link.facts if name == "events"), ())
    return {
        "key": link.id, "type": link.type, "label": link.label, "confidence": link.confidence, "guess": link.guess,
        "failed": link.failed, "beside": link.beside, "cross_account": link.cross, "lit": link.lit,
        "first": link.first, "last": link.last, "count": link.count,
        "event_ids": ids if isinstance(ids, str) else " ".join(ids), "evidence": _evidence(link.facts),
    }  # fmt: skip


def _evidence(facts: Facts) -> str:
    return "; ".join(f"{name}: {value if isinstance(value, str) else ' '.join(value)}" for name, value in facts)


def _data(what: str, values: Mapping[str, Value]) -> Iterator[str]:
    for name, value in values.items():
        if value is not None:
            said = str(value).lower() if isinstance(value, bool) else str(value)
            yield f'      <data key="{what}_{name}">{_text(said)}</data>'


def _text(text: str) -> str:
    """Text that may be in XML, which knows no control characters, not even escaped ones."""
    return escape(clean(text))


SCHEMA = "lineage.graph/1"


class Graph(Shape, frozen=True, omit_defaults=True, kw_only=True):
    """A picture, and where it is when it opens."""

    schema: Literal["lineage.graph/1"]
    at: Mapping[str, tuple[float, float]]
    """Where the middle of each drawn node or folded box is, in pixels to the right and down."""
    frames: Mapping[str, tuple[float, float, float, float]]
    """The frame of each account: left, top, right, bottom."""
    queries: Mapping[str, str]
    """The Cypher statements that nodes and links name."""


def json_schema() -> dict[str, Any]:  # Any: JSON values
    """The JSON Schema of `graph`. What is left out has the default that is there."""
    result: dict[str, Any] = msgspec.json.schema(Graph)
    guess = {"type": "boolean", "description": "Is it less sure than LIKELY?"}
    result["$defs"]["Link"]["properties"]["guess"] = guess
    return result


def graph(shape: Shape) -> dict[str, Any]:  # Any: JSON values
    """The picture as JSON values; `at` is where a node or folded box is when the picture opens."""
    result = {"schema": SCHEMA, **msgspec.to_builtins(shape)}
    for link, values in zip(shape.links, result.get("links", ()), strict=True):
        values["guess"] = link.guess
    things: list[Element | Link] = [*shape.nodes, *shape.boxes, *shape.links]
    pastes = {one.cypher.query for one in things if one.cypher is not None}
    stands = placed(view(shape))
    queries = {name: statement(name) for name in sorted(pastes)}
    return {**result, "at": stands.at, "frames": stands.frames, "queries": queries}


def json_text(shape: Shape) -> str:
    """The picture as JSON text."""
    return safe_json(msgspec.json.format(msgspec.json.encode(graph(shape)), indent=2).decode()) + "\n"


def form_of(path: str | os.PathLike[str]) -> str:
    """The form that a file's ending names. Raises `BadUse` for another ending.

    >>> form_of("Incident.SVG")
    'svg'
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise BadUse(f"{os.fspath(path)}: unknown picture format; use one of: {', '.join(f'.{one}' for one in FORMS)}")
    return ending


def text(shape: Shape, form: str = "html") -> str:
    """The picture in one of the forms."""
    return FORMS[form](shape)


def write(shape: Shape, path: str | os.PathLike[str], form: str | None = None) -> None:
    """Write the picture in a form, else in that which the file's ending names, whole or not at all.

    A pipe or device is written into as it is. Raises `BadUse` for another ending, and where the file cannot be written.
    """
    made = text(shape, form or form_of(path)).encode()
    try:
        with outfile.writing(path) as out:
            out.write(made)
    except OSError as error:
        raise BadUse(f"{os.fspath(path)}: cannot be written ({error.strerror}); give another file with -o") from None


SCRIPTS = (
    "cytoscape.min.js", "lettering.js", "layout.js", "model.js", "picture.js", "panels.js", "matrix.js", "export.js",
    "page.js",
)  # fmt: skip
"""The scripts of the page, in their order."""
_CYTOSCAPE_STYLE = ".__________cytoscape_container { position: relative; }"
"""What the drawing library would put into the page by itself, which the policy refuses."""
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(shape: Shape, *, live: str | None = None, asking: str = "") -> str:
    """The page as text.

    `live` is the script of a page that is served by `explore`, which it may then ask, and `asking` the form to do so,
    as HTML.
    """
    scripts = [script(name) for name in SCRIPTS[:-1]] + ([live] if live else []) + [script(SCRIPTS[-1])]
    style = _file("page.css")
    policy = (
        f"default-src 'none'; script-src {' '.join(map(hashed, scripts))}; "
        f"style-src {hashed(style)} {hashed(_CYTOSCAPE_STYLE)}; img-src data: blob:; base-uri 'none'; "
        + ("form-action 'self'; connect-src 'self'" if live else "form-action 'none'")
    )
    parts = {
        "policy": html_escape(policy, quote=True),
        "title": html_escape(clean(shape.title)),
        "style": style,
        "cytoscape_style": _CYTOSCAPE_STYLE,
        "asking": asking,
        "data": in_script(data(shape)),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }
    return _PLACE.sub(lambda found: parts[found[1]], _file("page.html"))


def data(shape: Shape) -> dict[str, Any]:  # Any: JSON values
    """What the page shows: the picture, and how kinds of things look."""
    looks = {kind: look._asdict() for kind, look in LOOKS.items()}
    return {**graph(shape), "looks": looks, "dashes": DASHES, "marks": MARKS, "pale": PALE}


def in_script(value: object) -> str:
    r"""JSON that may be in a script element: no character of it ends one, begins a comment or a line.

    >>> in_script("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = msgspec.json.encode(value).decode()
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def script(name: str) -> str:
    """The text of a script as it is in the page: nothing in it ends its element."""
    return _file(name).replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _file(name: str) -> str:
    return files("lineage.draw").joinpath("page", name).read_text("utf-8")


FORMS: dict[str, Callable[[Shape], str]] = {
    "html": page, "svg": svg, "graphml": graphml, "json": json_text, "dot": dot,
}  # fmt: skip
"""The forms of a picture by the endings of their files."""
