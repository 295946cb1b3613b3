"""Writes the tables of `docs/graph.md` from the schema: `python -m tests.make_graph_page`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lineage.model import schema

PAGE = Path(__file__).parent.parent / "docs" / "graph.md"
BEGIN, END = "<!-- tables: python -m tests.make_graph_page -->", "<!-- end of tables -->"


def page() -> str:
    """The page with its tables as the schema has them."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n".join(tables()) + f"\n{END}{after}"


def tables() -> Iterator[str]:
    """The lines between the two marks."""
    yield from ("## Nodes", "", "| label | one per | key |", "|---|---|---|")
    yield from (f"| `{label.name}` | {label.about} | {label.key} |" for label in schema.NODES)
    yield from ("", "A `Principal` has its kind as a second label:", "", "| kind | what it is |", "|---|---|")
    yield from (f"| `{kind}` | {about} |" for kind, about in schema.KINDS_ABOUT.items())
    yield ""
    for label in schema.NODES:
        yield from (f"### `{label.name}`", "", *_properties(label.properties))
    yield from ("## Relationships", "", "| type | from → to | meaning |", "|---|---|---|")
    yield from (f"| `{edge.name}` | {edge.source} → {edge.target} | {edge.about} |" for edge in schema.EDGES)
    yield ""
    for edge in schema.EDGES:
        if edge.properties:
            yield from (f"### `{edge.name}`", "", *_properties(edge.properties))


def _properties(properties: Iterable[schema.Property]) -> Iterator[str]:
    yield from ("| property | type | meaning |", "|---|---|---|")
    yield from (f"| `{one.name}` | {one.type} | {one.about} |" for one in properties)
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
