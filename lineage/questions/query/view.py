"""`query` as shown: the rows of a Cypher file."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.query import QueryRows
from lineage.questions.registry import Rows
from lineage.render.blocks import Block, Grid
from lineage.render.columns import head
from lineage.render.text import plain


def blocks(answer: QueryRows) -> Iterator[Block]:
    """One table."""
    yield Grid("", tuple(map(head, answer.columns)), [[plain(value) for value in row] for row in answer.rows])


def table(answer: QueryRows) -> Rows:
    """The rows."""
    return tuple(answer.columns), (tuple(row) for row in answer.rows)
