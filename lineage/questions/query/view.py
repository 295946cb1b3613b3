"""`query` as shown: the rows of a Cypher file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lineage.questions.query import QueryRows
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid
from lineage.render.columns import head, line
from lineage.render.text import plain, safe_json


def blocks(answer: QueryRows) -> Iterator[Block]:
    """One table; a column of lists or maps has a line of its own."""
    nested = {at for row in answer.rows for at, value in enumerate(row) if isinstance(value, (list, dict))}
    columns = tuple(line(name) if at in nested else head(name) for at, name in enumerate(answer.columns))
    yield Grid("", columns, [[plain(value) for value in row] for row in rows(answer)])


def columns(answer: QueryRows) -> tuple[str, ...]:
    """The columns that the file returns."""
    return tuple(answer.columns)


def rows(answer: QueryRows) -> Iterable[Row]:
    """The rows, their lists and maps as JSON."""
    return (tuple(_cell(value) for value in row) for row in answer.rows)


def _cell(value: object) -> object:
    """A value as one cell.

    >>> _cell([{"api": "sts:AssumeRole", "parent": None}]), _cell("a"), _cell(None)
    ('[{"api":"sts:AssumeRole","parent":null}]', 'a', None)
    """
    return safe_json(msgspec.json.encode(value, order="sorted").decode()) if isinstance(value, (list, dict)) else value
