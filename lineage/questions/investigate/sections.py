"""What an investigation asks about one lead: every question, in order, inside one scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from lineage.model.errors import LineageError
from lineage.questions.investigate import Section
from lineage.questions.shared.models import Model

LINES = 100
"""Lines of a list in a report; the question itself shows more."""
TIMELINE = 200
RESOURCES = 3


class Questions(Protocol):
    """The questions as `lineage.Lineage` answers them: texts in, answers out."""

    def session(self, ask: str, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def timeline(
        self, ask: str, *, since: str | None, until: str | None, alert_since: str | None, alert_until: str | None,
        limit: int,
    ) -> Model: ...  # fmt: skip
    def role(self, ask: str, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def assumed(self, ask: str, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def services(self, ask: str, *, until: str | None) -> Model: ...
    def interesting(self, ask: str, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def baseline(
        self, ask: str, *, api: str | None, user_agent: str | None, source_ip: str | None, since: str | None,
        until: str | None, days: int, gap: str,
    ) -> Model: ...  # fmt: skip
    def new(self, ask: str, *, since: str | None, until: str | None, days: int, gap: str) -> Model: ...
    def volume(self, ask: str, *, since: str | None, until: str | None, days: int, gap: str) -> Model: ...
    def blast(self, ask: str, *, limit: int) -> Model: ...
    def contain(self, ask: str) -> Model: ...
    def denied(self, ask: str | None, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def from_(self, asks: Sequence[str], *, since: str | None, until: str | None, limit: int) -> Model: ...
    def touched(self, ask: str, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def names(self, role: str | None, *, since: str | None, until: str | None, limit: int) -> Model: ...
    def coverage(self, account: str | None, *, since: str | None, until: str | None, limit: int) -> Model: ...


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


Call = Callable[[], Model]


def sections(questions: Questions, context: Context) -> list[Section]:
    """Every question about the lead. What cannot be answered says so, and the report goes on."""
    found = []
    for stem, asked, call in _calls(questions, context):
        try:
            answer = call()
        except LineageError as error:
            found.append(Section(question=stem, asked=asked, found=False, note=str(error)))
        else:
            found.append(Section(question=stem, asked=asked, found=bool(getattr(answer, "found", True)), answer=answer))
    return found


def _calls(questions: Questions, context: Context) -> Iterator[tuple[str, str | None, Call]]:
    """Stem, what is asked about, and the call, in the order of a report."""
    ask, since, until = context.ask, context.since, context.until
    days, gap = context.days, context.gap

    yield "session", ask, lambda: questions.session(ask, since=since, until=until, limit=LINES)
    begins = context.begins
    if begins is not None:
        yield (
            "timeline", ask,
            lambda: questions.timeline(
                ask, since=since, until=until, alert_since=context.alert_since, alert_until=context.alert_until,
                limit=TIMELINE,
            ),
        )  # fmt: skip
    role = context.role
    if role is not None:
        yield "role", role, lambda: questions.role(role, since=since, until=until, limit=LINES)
    if begins is not None:
        yield "assumed", begins, lambda: questions.assumed(begins, since=since, until=until, limit=LINES)
    yield "services", ask, lambda: questions.services(ask, until=since)
    yield "interesting", ask, lambda: questions.interesting(ask, since=since, until=until, limit=LINES)
    called = context.event or ask
    yield (
        "baseline", called,
        lambda: questions.baseline(
            called, api=context.api, user_agent=context.user_agent, source_ip=context.source_ip,
            since=since, until=until, days=days, gap=gap,
        ),
    )  # fmt: skip
    yield "new", ask, lambda: questions.new(ask, since=since, until=until, days=days, gap=gap)
    yield "volume", ask, lambda: questions.volume(ask, since=since, until=until, days=days, gap=gap)
    if begins is not None:
        yield "blast", begins, lambda: questions.blast(begins, limit=LINES)
        yield "contain", begins, lambda: questions.contain(begins)
    yield "denied", ask, lambda: questions.denied(ask, since=since, until=until, limit=LINES)
    addresses = context.addresses
    if addresses:
        asked = " ".join(addresses)
        yield "from", asked, lambda: questions.from_(addresses, since=since, until=until, limit=LINES)
    for one in context.resources[:RESOURCES]:
        yield "touched", one, _touched(questions, one, since, until)
    if role is not None:
        yield "names", role, lambda: questions.names(role, since=context.history_since, until=until, limit=LINES)
    account = context.account
    yield "coverage", account, lambda: questions.coverage(account, since=since, until=until, limit=LINES)


def _touched(questions: Questions, resource: str, since: str, until: str) -> Call:
    return lambda: questions.touched(resource, since=since, until=until, limit=LINES)
