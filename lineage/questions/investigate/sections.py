"""What an investigation asks about one lead: every question, in order, inside one scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lineage.model.errors import LineageError
from lineage.questions.investigate import Section
from lineage.questions.registry import module_name
from lineage.questions.shared.models import Model

LINES = 100
"""Lines of a list in a report; the question itself shows more."""
TIMELINE = 200
RESOURCES = 3


Ask = Callable[..., Model]
"""Asks a question by the name of its method on `lineage.Lineage`, with the arguments of that."""


class Context(NamedTuple):
    """What the questions are asked with."""

    ask: str
    """The session, key or principal."""
    begins: str | None
    """Where its chain begins: the first session after the origin, or the long-term key; what came of the same
    credentials came from there. None of a service itself, from which all that it ever started would come."""
    since: str
    until: str
    alert_since: str | None = None
    alert_until: str | None = None
    history_since: str | None = None
    """Where the history begins that names are compared over."""
    days: int = 14
    gap: str = "12h"
    role: str | None = None
    """ARN of the role, of a role's session."""
    account: str | None = None
    """Of the chain; None where it goes through several."""
    event: str | None = None
    """The event that the alert is, or the first that fits it."""
    api: str | None = None
    user_agent: str | None = None
    source_ip: str | None = None
    addresses: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


def sections(ask: Ask, context: Context) -> list[Section]:
    """Every question about the lead. What cannot be answered says so, and the report goes on."""
    found = []
    for stem, about, options in _plan(context):
        asked = " ".join(about) if isinstance(about, tuple) else about
        try:
            answer = ask(module_name(stem), about, **options)
        except LineageError as error:
            found.append(Section(question=stem, asked=asked, found=False, note=str(error)))
        else:
            found.append(Section(question=stem, asked=asked, found=bool(getattr(answer, "found", True)), answer=answer))
    return found


def _plan(context: Context) -> Iterator[tuple[str, str | tuple[str, ...] | None, dict[str, object]]]:
    """Stem, what is asked about, and options, in the order of a report."""
    ask, begins, role = context.ask, context.begins, context.role
    scope: dict[str, object] = {"since": context.since, "until": context.until}
    lines = scope | {"limit": LINES}
    history = scope | {"days": context.days, "gap": context.gap}

    yield "session", ask, lines
    if begins is not None:
        alert = {"alert_since": context.alert_since, "alert_until": context.alert_until}
        yield "timeline", ask, scope | alert | {"limit": TIMELINE}
    if role is not None:
        yield "role", role, lines
    if begins is not None:
        yield "assumed", begins, lines
    yield "services", ask, {"until": context.since}
    yield "interesting", ask, lines
    call = {"api": context.api, "user_agent": context.user_agent, "source_ip": context.source_ip}
    yield "baseline", context.event or ask, call | history
    yield "new", ask, history
    yield "volume", ask, history
    if begins is not None:
        yield "blast", begins, {"limit": LINES}
        yield "contain", begins, {}
    yield "denied", ask, lines
    if context.addresses:
        yield "from", context.addresses, lines
    for one in context.resources[:RESOURCES]:
        yield "touched", one, lines
    if role is not None:
        yield "names", role, lines | {"since": context.history_since}
    yield "coverage", context.account, lines
