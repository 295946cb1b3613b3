"""The stretch of time that a question is about."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.model.results import CallRow, Window
from lineage.model.times import iso
from lineage.questions.shared import models
from lineage.questions.shared.subjects import Subject

MARGIN_SECONDS = 5 * 60
"""How far the scope reaches to either side of the activity."""
LEAST_SECONDS = 3600
"""How long it is at least."""


def around(first: int, last: int, margin: int | None = None) -> Window:
    """The window around an activity: widened to both sides, and to an hour at least.

    >>> around(7200, 7200)
    Window(since=5400, until=9000)
    >>> around(0, 7200, 60)
    Window(since=-60, until=7260)
    """
    side = MARGIN_SECONDS if margin is None else margin
    since, until = first - side, last + side
    lacking = LEAST_SECONDS - (until - since)
    if lacking > 0 and margin is None:
        since, until = since - lacking // 2, until + (lacking - lacking // 2)
    return Window(since, until)


def scope_of(
    subject: Subject, rows: Iterable[CallRow], since: int | None, until: int | None, margin: int | None
) -> tuple[Window, models.Scope]:
    """The window of a question and how it came about: what was asked for, else around the event or the activity.

    `rows` are the subject's calls at any time; they are looked at only where a side is open.
    """
    if since is not None and until is not None:
        return Window(since, until), models.Scope(since=iso(since), until=iso(until), basis="asked")
    if subject.event is not None:
        first = last = subject.event.time
    else:
        times = [(row.first, row.last) for row in rows]
        first, last = min((one for one, _ in times), default=0), max((one for _, one in times), default=0)
    found = around(first, last, margin)
    window = Window(since if since is not None else found.since, until if until is not None else found.until)
    basis = "asked" if since is not None or until is not None else "activity"
    return window, models.Scope(since=iso(window.since or 0), until=iso(window.until or 0), basis=basis)  # type: ignore[arg-type]  # one of the words
