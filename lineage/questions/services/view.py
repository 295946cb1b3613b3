"""`services` as shown: whose calls were counted, then service by service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.registry import Row
from lineage.questions.services import Service, Services
from lineage.questions.shared.view import rests_on, subject
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import head, ids, number, span, times, when
from lineage.render.text import between, counted

COLUMNS = (
    "service", "mark", "calls", "failed", "operations", "changes", "sensitive", "first", "last", "event_ids",
)  # fmt: skip


def blocks(answer: Services) -> Iterator[Block]:
    """Whose they are, how they were found, and the services, marked ones first."""
    yield from subject(answer.whose, answer.subject, answer.asked)
    scope = f", {between(answer.scope.since, answer.scope.until)}" if answer.scope else ""
    sessions = f" of {counted(answer.sessions, 'session')}" if answer.sessions else ""
    calls = f"{counted(answer.calls, 'call')}{sessions} in {counted(answer.days, 'day')}"
    yield Para((Span(calls, "name"), scope), main=True)
    yield Para((Span(f"{answer.basis}: ", "quiet"), answer.note or ""))
    yield _services("worth a look", [one for one in answer.services if one.mark])
    yield _services("other services", [one for one in answer.services if not one.mark])
    yield from rests_on(answer.sight)


def _services(title: str, found: list[Service]) -> Grid:
    return Grid(
        f"{title}: {len(found):,}",
        (times("calls"), head("service", "whole", style="key"), head("marked as", style="open"),
         number("operations", "operation"), number("changes", "change"), number("sensitive", "sensitive call"),
         number("failed", style="denied"), when(), ids()),
        [
            (one.calls, one.service, one.mark, one.operations, one.changes, one.sensitive, one.failed,
             span(one.first, one.last), one.event_ids)
            for one in found
        ],
    )  # fmt: skip


def rows(answer: Services) -> Iterable[Row]:
    """A row for each service."""
    return answer.services
