"""`query` as shown: the rows of a Cypher file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.query import QueryRows
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid
from lineage.render.columns import head
from lineage.render.text import plain


def blocks(answer: QueryRows) -> Iterator[Block]:
    """One table."""
    yield Grid("", tuple(map(head, answer.columns)), [[plain(value) for value in row] for row in answer.rows])


def columns(answer: QueryRows) -> tuple[str, ...]:
    """The columns that the file returns."""
    return tuple(answer.columns)


def rows(answer: QueryRows) -> Iterable[Row]:
    """The rows."""
    return map(tuple, answer.rows)
