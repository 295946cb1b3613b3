"""`prune` as shown: what was forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.prune import Prune
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Para, Span
from lineage.render.text import counted, moment, size

COLUMNS = ("store", "before", "events", "rows", "hours", "bytes")


def blocks(answer: Prune) -> Iterator[Block]:
    """What was forgotten, and what became of its space."""
    yield Para((Span(f"usage before {moment(answer.before)} is forgotten", "name"),))
    rows = counted(answer.rows, "row")
    yield Para((f"forgotten now: {counted(answer.events, 'event')} in {rows} of {counted(answer.hours, 'hour')}",))
    if answer.bytes is not None:
        yield Para((f"{size(answer.bytes)} of the file are free for the next loads",))


def rows(answer: Prune) -> Iterator[Row]:
    """One row."""
    yield answer
