"""`services` for people: whose calls were counted, then service by service."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.services import Service, Services
from lineage.render.lines import Line
from lineage.render.roles import events, heading, span
from lineage.render.sessions import foot, head
from lineage.render.text import clean, counted

COLUMNS = (
    "service", "mark", "calls", "failed", "operations", "changes", "sensitive", "first", "last", "event_ids",
)  # fmt: skip


def people(answer: Services) -> Iterable[RenderableType]:
    """Whose they are, how they were found, and the services, marked ones first."""
    yield from head(answer.whose, answer.subject, answer.asked)
    yield Line("")
    when = f", {span(answer.scope.since, answer.scope.until)}" if answer.scope else ""
    sessions = f" of {counted(answer.sessions, 'session')}" if answer.sessions else ""
    told = f"{counted(answer.calls, 'call')}{sessions} in {counted(answer.days, 'day')}"
    yield Line("", (told, "name"), when)
    yield Line("", (f"{answer.basis}: ", "quiet"), clean(answer.note or ""))
    marked = [one for one in answer.services if one.mark]
    yield from _list("worth a look", marked)
    yield from _list("other services", answer.services[len(marked) :])
    yield from foot(answer.sight, False)


def _list(title: str, services: list[Service]) -> Iterable[RenderableType]:
    if services:
        yield from heading(f"{title}: {len(services):,}")
    for one in services:
        mark = (f"  {one.mark}" if one.mark else "", "open")
        parts = ((one.changes, "change"), (one.sensitive, "sensitive call"))
        told = [counted(number, what) for number, what in parts if number]
        failed = (f", {one.failed:,} failed" if one.failed else "", "denied")
        counts = ", ".join([counted(one.operations, "operation"), *told])
        yield Line("  ", f"{one.calls:,}x ", (clean(one.service), "key"), mark, f"  {counts}", failed, then="    ")
        yield Line("      ", (f"{span(one.first, one.last)}  {events(one.event_ids)}", "quiet"), then="        ")


def table(answer: Services) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each service."""
    return COLUMNS, (tuple(getattr(one, column) for column in COLUMNS) for one in answer.services)
