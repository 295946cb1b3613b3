"""`lineage query`: the shipped Cypher files, listed or run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lineage import queries
from lineage.commands import guard
from lineage.model.errors import BadUse
from lineage.questions.query import QueryRows


def listed() -> QueryRows:
    """Name and title of every Cypher file."""
    rows: list[list[object]] = [[one.name, one.title] for one in (*queries.queries(), *queries.drawings())]
    return QueryRows(query="", columns=["name", "title"], rows=rows)


def run(store: str, name: str, assignments: Sequence[str]) -> QueryRows:
    """The rows of a Cypher file on Neo4j. Raises `BadUse` for an unknown name, or another store."""
    found = queries.query(name)
    with guard.opened(store) as lineage:
        columns, rows = lineage.query(found.name, **parameters(assignments))
    return QueryRows(query=found.name, columns=columns, rows=msgspec.to_builtins(rows, builtin_types=()))


def parameters(assignments: Sequence[str]) -> dict[str, object]:
    """The parameters of `KEY=VALUE` texts: numbers, truth values, null and lists as JSON, all else as text.

    Account IDs are texts in the graph, so twelve digits stay a text. Raises `BadUse` where there is no `=`.

    >>> parameters(["limit=5", "role=admin", "cross_account=true", "account=111122223333"])
    {'limit': 5, 'role': 'admin', 'cross_account': True, 'account': '111122223333'}
    """
    found = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise BadUse(f"--param {assignment}: no KEY=VALUE; write it like --param limit=10")
        found[key] = _value(text)
    return found


def _value(text: str) -> object:
    if len(text) == 12 and text.isdecimal():
        return text
    try:
        value: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text
    return value
