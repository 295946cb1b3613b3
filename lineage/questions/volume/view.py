"""`volume` as shown: the hours as columns with the usual level as a line, then the parts."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, history, matched, rests_on, verdict
from lineage.questions.volume import Drill, Volume
from lineage.render.blocks import Block, Chart, Grid, Hour, Para, Span
from lineage.render.columns import detail, head, number, span, times, when
from lineage.render.text import counted, moment

COLUMNS = ("what", "value", "calls", "failed", "asked", "usual", "logged", "in_scope", "scope_calls", "first", "last")


def blocks(answer: Volume) -> Iterator[Block]:
    """The busiest hour against the usual, the hours, the parts, and what the usual level is based on."""
    yield from heading(answer.subject)
    yield from verdict(None, answer.statement, answer.scope)
    yield from matched(answer.subject)
    failed = Span(f", {answer.failed:,} failed" if answer.failed else "", "denied")
    asked = f", {answer.asked_calls:,} of the subject" if answer.asked_calls != answer.calls else ""
    hours = counted(len(answer.hours), "hour")
    yield Para((Span(counted(answer.calls, "call"), "name"), failed, f" in {hours}{asked}"))
    if answer.truncated:
        yield Para((Span(f"only the last {hours} are shown", "open"),))
    if answer.hours:
        yield Chart([
            Hour(one.hour, one.calls, one.failed, one.usual, one.logged, one.in_scope) for one in answer.hours
        ])  # fmt: skip
    yield Grid(
        "hours",
        (head("hour", "time"), head("in scope"), number("calls"), number("failed"), number("of the subject"),
         detail("usual", "number"), detail("logs")),
        [
            (moment(one.hour), "yes" if one.in_scope else "", one.calls, one.failed, one.asked,
             "" if one.usual is None else f"{one.usual:g}", "" if one.logged else "none loaded")
            for one in answer.hours
        ],
        few=0,
    )  # fmt: skip
    yield from map(_drill, answer.drills)
    if answer.history is not None:
        yield from history(answer.history)
    yield from rests_on(answer.sight, what="the hours shown: ")


def _drill(drill: Drill) -> Grid:
    return Grid(
        f"by {drill.by}: {drill.values:,}",
        (times("calls"), head(drill.by, "long", style="key"), number("failed", style="denied"),
         number("in scope", "in the scope", "in the scope"), when()),
        [
            (part.calls, part.value, part.failed, part.scope_calls, span(part.first, part.last))
            for part in drill.parts
        ],
    )  # fmt: skip


def rows(answer: Volume) -> Iterator[Row]:
    """A row for each hour and part."""
    for one in answer.hours:
        yield {"what": "hour", "value": one.hour, **vars(one)}
    for drill in answer.drills:
        for part in drill.parts:
            yield {"what": drill.by, **vars(part)}
