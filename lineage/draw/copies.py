"""Texts to take along from a node: the command that asks on, and the same question for Neo4j.

What stands in them comes from the logs: the shell gets it quoted or not at all, Neo4j gets it as a parameter and never
as a part of a statement.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from functools import cache

from lineage.draw.shape import Paste
from lineage.queries import query
from lineage.render.shell import fits

DRAWN = 100
"""How many paths Neo4j Browser draws at most."""


def command(question: str, *asks: str, options: Sequence[str] = ()) -> str | None:
    """A `lineage` command for a POSIX shell; None where a value cannot stand in one.

    >>> command("who", "it's"), command("who", "a\\nb"), command("who", "--help")
    ('lineage who \\'it\\'"\\'"\\'s\\'', None, 'lineage who -- --help')
    """
    if not all(ask and fits(ask) for ask in asks):
        return None
    end = ["--"] if any(ask.startswith("-") for ask in asks) else []
    return shlex.join(["lineage", question, *options, *end, *asks])


def paste(name: str, **params: str | int | None) -> Paste:
    """A Cypher file of `cypher/draw/` with its parameters, their values as JSON of plain ASCII.

    >>> paste("who", ask='"; MATCH (n) DETACH DELETE n').params
    ':param ask => "\\\\"; MATCH (n) DETACH DELETE n";\\n:param limit => 100;'
    """
    given = {**params, "limit": DRAWN}
    return Paste(f"draw/{name}", "\n".join(f":param {key} => {json.dumps(value)};" for key, value in given.items()))


@cache
def statement(name: str) -> str:
    """The text of a Cypher file, as it pastes into Neo4j Browser."""
    return query(name).text
