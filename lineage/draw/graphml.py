"""A picture as GraphML, whole: for Gephi, yEd, igraph and networkx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from lineage.draw.shape import Facts, Link, Node, Shape
from lineage.render.text import clean

Value = str | int | bool | None
_NODE = {
    "key": "string", "label": "string", "kind": "string", "account": "string", "account_name": "string",
    "box": "string", "lit": "boolean", "evidence": "string",
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
        "evidence": _evidence(node.facts),
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


def _data(what: str, told: Mapping[str, Value]) -> Iterator[str]:
    for name, value in told.items():
        if value is not None:
            said = str(value).lower() if isinstance(value, bool) else str(value)
            yield f'      <data key="{what}_{name}">{_text(said)}</data>'


def _text(text: str) -> str:
    """Text that may stand in XML, which knows no control characters, not even escaped ones."""
    return escape(clean(text))
