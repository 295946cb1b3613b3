"""The Cypher files for analysts: name, title, header and text of each.

A file's title is its first line, its header all comment lines up to the first statement, so that a file explains
itself in Neo4j Browser; `lineage query` lists the titles.
"""

from __future__ import annotations

from importlib import resources
from itertools import takewhile
from typing import NamedTuple

from lineage.model.errors import BadUse


class Query(NamedTuple):
    """One Cypher file."""

    name: str
    """`who` for `cypher/questions/who.cypher`, `draw/who` for `cypher/draw/who.cypher`."""
    title: str
    """The text of the first `//` line."""
    header: str
    """The other `//` lines at the top, without the slashes: question, parameters, columns."""
    text: str
    """The whole file, as it pastes into Neo4j Browser."""


def queries() -> list[Query]:
    """The files of `cypher/questions/`, which answer with tables, by name."""
    return _within("questions", "")


def drawings() -> list[Query]:
    """The files of `cypher/draw/`, which answer with paths for Neo4j Browser to draw, by name."""
    return _within("draw", "draw/")


def _within(folder: str, prefix: str) -> list[Query]:
    files = (file for file in resources.files("cypher").joinpath(folder).iterdir() if file.name.endswith(".cypher"))
    return sorted(parse(prefix + file.name.removesuffix(".cypher"), file.read_text("utf-8")) for file in files)


def query(name: str) -> Query:
    """The query of that name. Raises `BadUse` if there is none."""
    known = {one.name: one for one in (*queries(), *drawings())}
    if name not in known:
        raise BadUse(f"query {name}: not found; the queries are: {', '.join(known)}")
    return known[name]


def parse(name: str, text: str) -> Query:
    """A Cypher file taken apart.

    >>> parse("a", "// Roles\\n// In: none\\nMATCH (r:Role) RETURN r").title
    'Roles'
    """
    lines = takewhile(lambda line: line.startswith("//"), text.splitlines())
    title, *header = [line.removeprefix("//").strip() for line in lines] or [""]
    return Query(name, title, "\n".join(header), text)
