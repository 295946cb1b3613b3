"""`new` for people: what the scope has and the history does not, by kind."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.new import Dimension, Jump, New
from lineage.render.history import foot, head, history
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, span
from lineage.render.text import clean, counted, moment

VALUES_SHOWN = 20
COLUMNS = (
    "what", "value", "calls", "failed", "first", "last", "busiest", "median", "deviation", "hours", "note",
    "event_ids",
)  # fmt: skip


def people(answer: New) -> Iterable[RenderableType]:
    """The verdict, then each kind of value with something new, then what is all known, then the jumps."""
    yield from head(answer.verdict, answer.statement, answer.scope)
    yield Line("", (counted(answer.calls, "call"), "name"), " in the scope")
    for one in answer.dimensions:
        if one.new:
            yield from _dimension(one)
    known = [f"{one.name} ({one.known:,})" for one in answer.dimensions if not one.new and one.known]
    if known:
        yield Line("")
        yield Line("", ("nothing new: ", "name"), ", ".join(known), then="  ")
    if answer.jumps:
        yield from heading(f"jumps in volume: {answer.jumps_total:,}")
        for jump in answer.jumps:
            yield from _jump(jump)
        yield from cut(len(answer.jumps), answer.jumps_total)
        yield Line("  ", (answer.statistic, "quiet"))
    if answer.history is not None:
        yield from history(answer.history)
    yield from foot(answer.sight)


def _dimension(one: Dimension) -> Iterable[RenderableType]:
    of = f" (the history has {one.before:,})" if one.before else " (the history has none)"
    yield Line("")
    yield Line("", (f"new {one.name}: {one.new_total:,}", "name"), (of, "quiet"))
    for value in one.new[:VALUES_SHOWN]:
        failed = (f", {value.failed:,} failed" if value.failed else "", "denied")
        note = (f", {value.note}" if value.note else "", "open")
        times = f" {counted(value.calls, 'time')}"
        yield Line(
            "  ", (clean(value.value), "key"), times, failed, note, f", {span(value.first, value.last)}", then="    "
        )
        yield Line("    ", (events(value.event_ids), "quiet"))
    yield from cut(min(VALUES_SHOWN, len(one.new)), one.new_total)


def _jump(one: Jump) -> Iterable[RenderableType]:
    yield Line("  ", (clean(one.api), "key"), f" {counted(one.calls, 'call')} in the hour of {moment(one.hour)}")
    usual = f"median {one.median:g}, median absolute deviation {one.deviation:g}"
    yield Line("    ", f"{counted(one.hours, 'hour')} of the history: at most {one.busiest:,}, {usual}", then="      ")
    yield Line("    ", (events(one.event_ids), "quiet"))


def table(answer: New) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each new value and each jump."""
    return COLUMNS, _rows(answer)


def _rows(answer: New) -> Iterable[tuple[object, ...]]:
    for one in answer.dimensions:
        for value in one.new:
            yield (
                one.name, value.value, value.calls, value.failed, value.first, value.last, None, None, None, None,
                value.note, value.event_ids,
            )  # fmt: skip
    for jump in answer.jumps:
        yield (
            "jump", jump.api, jump.calls, None, jump.hour, None, jump.busiest, jump.median, jump.deviation, jump.hours,
            None, jump.event_ids,
        )  # fmt: skip
