"""`volume` for people: the hours as columns with the usual level as a line, then the parts."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.volume import Drill, Volume
from lineage.render.bars import Chart, Column
from lineage.render.history import foot, head, history
from lineage.render.lines import Line
from lineage.render.roles import heading, span
from lineage.render.text import clean, counted

COLUMNS = ("what", "value", "calls", "failed", "asked", "usual", "logged", "in_scope", "scope_calls", "first", "last")


def people(answer: Volume) -> Iterable[RenderableType]:
    """The busiest hour against the usual, the drawing, the parts, and what the usual level rests on."""
    yield from head(None, answer.statement, answer.scope)
    failed = (f", {answer.failed:,} failed" if answer.failed else "", "denied")
    asked = f", {answer.asked_calls:,} of what was asked about" if answer.asked_calls != answer.calls else ""
    yield Line("", (counted(answer.calls, "call"), "name"), failed, f" in {len(answer.hours):,} hours{asked}")
    if answer.truncated:
        yield Line("", (f"only the last {len(answer.hours):,} hours are shown", "open"))
    yield Line("")
    yield Chart(columns(answer))
    for drill in answer.drills:
        yield from _drill(drill)
    if answer.history is not None:
        yield from history(answer.history)
    yield from foot(answer.sight, "the hours shown")


def columns(answer: Volume) -> list[Column]:
    """The hours as a drawing takes them."""
    return [
        Column(one.hour, one.calls, one.failed, one.usual, one.logged, one.in_scope) for one in answer.hours
    ]  # fmt: skip


def _drill(drill: Drill) -> Iterable[RenderableType]:
    yield from heading(f"by {drill.by}: {drill.values:,}")
    for part in drill.parts:
        inside = f", {part.scope_calls:,} in the scope" if part.scope_calls else ""
        failed = (f", {part.failed:,} failed" if part.failed else "", "denied")
        yield Line("  ", f"{part.calls:,}x ", (clean(part.value), "key"), failed, inside, then="    ")
        yield Line("    ", (span(part.first, part.last), "quiet"))


def table(answer: Volume) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each hour and part."""
    return COLUMNS, _rows(answer)


def _rows(answer: Volume) -> Iterable[tuple[object, ...]]:
    for one in answer.hours:
        yield (
            "hour", one.hour, one.calls, one.failed, one.asked, one.usual, one.logged, one.in_scope, None, None, None
        )  # fmt: skip
    for drill in answer.drills:
        for part in drill.parts:
            yield (
                drill.by, part.value, part.calls, part.failed, None, None, None, None, part.scope_calls, part.first,
                part.last,
            )  # fmt: skip
