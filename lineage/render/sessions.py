"""What the answers about what a session did have in common for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.models import Scope, Sight, Subject, Whose
from lineage.render.lines import Line
from lineage.render.roles import origin, span
from lineage.render.text import clean, counted, shorten

BASES = {
    "asked": "as asked",
    "alert": "the time of the alert",
    "activity": "around the activity",
    "everything": "all that is loaded",
}
"""What set a scope, in words."""
TEXT_WIDTH = 200
"""Characters of a request, state or agent that are shown; --json has all."""
KINDS = {"change": "name", "sensitive": "open", "sign-in": "name", "read": "quiet", "failed": "denied"}
"""The style of each kind of call."""


def head(whose: Whose | None, subject: Subject | None, asked: str) -> Iterable[RenderableType]:
    """Whose credentials, and what was asked about."""
    if whose is not None:
        yield Line("", *origin(whose))
    if subject is None:
        return
    many = counted(subject.sessions_total, "session") if subject.key is None else ""
    fits = f"  {subject.opened}: the session that fits this event" if subject.opened not in (None, "EXACT") else ""
    if fits and subject.key is None:
        fits = f"  {subject.opened}: one of them fits this event" if subject.sessions else "  none is known that fits"
    yield Line("  " if whose else "", (f"{subject.kind} ", "quiet"), clean(subject.key or f"{asked}: {many}"),
               (fits, "open"))  # fmt: skip


def scope(found: Scope | None) -> str:
    """The stretch of time in words.

    >>> scope(Scope(since="2026-03-11T21:00:00Z", until="2026-03-11T22:00:00Z", basis="asked"))
    '2026-03-11 21:00:00Z to 2026-03-11 22:00:00Z (as asked)'
    """
    return f"{span(found.since, found.until)} ({BASES[found.basis]})" if found else "at any time"


def named(what: str, values: Sequence[str], total: int | None = None) -> Iterable[RenderableType]:
    """A few values in a line each, below an operation."""
    for value in values:
        yield Line("      ", (f"{what} ", "quiet"), shorten(clean(value), TEXT_WIDTH), then="        ")
    if total is not None and total > len(values):
        yield Line("      ", (f"and {total - len(values):,} more", "quiet"))


def used_from(access_key_id: str | None, address: str | None, agent: str | None) -> str:
    """Which key was used, from where and by which agent, in one line.

    >>> used_from("AKIAIOSFODNN7EXAMPLE", "203.0.113.10", None)
    'AKIAIOSFODNN7EXAMPLE from 203.0.113.10'
    """
    by = f" by {shorten(clean(agent), TEXT_WIDTH)}" if agent else ""
    return f"{clean(access_key_id or 'no key')} from {clean(address or 'no address')}{by}"


def foot(sight: Sight | None, truncated: bool) -> Iterable[RenderableType]:
    """Whether something was left out, and what the answer rests on."""
    if truncated:
        yield Line("")
        yield Line("", ("Cut at --limit: there is more.", "open"))
    if sight is not None:
        yield Line("")
        yield Line("", (clean(in_words(sight)), "quiet"))
