"""`new` as shown: what the scope has and the history does not, by kind."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.new import Dimension, New
from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, history, matched, rests_on, verdict
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import detail, head, ids, number, span, when
from lineage.render.text import counted, moment

VALUES_SHOWN = 20
COLUMNS = (
    "what", "value", "calls", "failed", "first", "last", "busiest", "median", "deviation", "hours", "note",
    "event_ids",
)  # fmt: skip


def blocks(answer: New) -> Iterator[Block]:
    """The verdict, then each kind of value with something new, then what is all known, then the jumps."""
    yield from heading(answer.subject)
    yield from verdict(answer.verdict, answer.statement, answer.scope)
    yield from matched(answer.subject)
    yield Para((Span(counted(answer.calls, "call"), "name"), " in the scope"))
    yield from (_dimension(one) for one in answer.dimensions if one.new)
    known = [f"{one.name} ({one.known:,})" for one in answer.dimensions if not one.new and one.known]
    if known:
        yield Para((Span("nothing new: ", "name"), ", ".join(known)))
    yield Grid(
        f"jumps in volume: {answer.jumps_total:,}",
        (head("operation", "whole", style="key"), number("calls", "call"),
         detail("hour", "time", lead="in the hour of "),
         number("busiest before", "call in the busiest hour of the history",
                "calls in the busiest hour of the history"),
         number("hours", "hour of the history", "hours of the history"), detail("median"),
         detail("deviation", lead="median absolute deviation "), ids()),
        [
            (one.api, one.calls, moment(one.hour), one.busiest, one.hours, f"{one.median:g}", f"{one.deviation:g}",
             one.event_ids)
            for one in answer.jumps
        ],
        answer.jumps_total,
    )  # fmt: skip
    if answer.jumps:
        yield Para((Span(answer.statistic, "quiet"),))
    if answer.history is not None:
        yield from history(answer.history)
    yield from rests_on(answer.sight, what="the scope: ")


def _dimension(one: Dimension) -> Grid:
    of = f"the history has {one.before:,}" if one.before else "the history has none"
    return Grid(
        f"new {one.name}: {one.new_total:,} ({of})",
        (head(one.name, "long", style="key"), number("calls", "call"), number("failed", style="denied"), when(),
         detail("note", lead="", style="open"), ids()),
        [
            (value.value, value.calls, value.failed, span(value.first, value.last), value.note, value.event_ids)
            for value in one.new
        ],
        one.new_total, VALUES_SHOWN,
    )  # fmt: skip


def rows(answer: New) -> Iterator[Row]:
    """A row for each new value and each jump."""
    for one in answer.dimensions:
        for value in one.new:
            yield {"what": one.name, **vars(value)}
    for jump in answer.jumps:
        yield {"what": "jump", "value": jump.api, "first": jump.hour, **vars(jump)}
