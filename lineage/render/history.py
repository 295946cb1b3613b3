"""What the answers that compare with the past have in common for people."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.models import History, Scope, Sight
from lineage.questions.shared.whose import call_it
from lineage.render.lines import Line
from lineage.render.roles import span
from lineage.render.text import clean, counted, moment

VERDICT_STYLES = {
    "never seen before": "denied", "new combination": "open", "seen before": "name", "too little history": "open",
    "new": "denied", "nothing new": "name", "no calls": "open",
}  # fmt: skip


def head(verdict: str | None, statement: str | None, scope: Scope | None) -> Iterable[RenderableType]:
    """The verdict and the scope; the first words of the statement."""
    if verdict is not None:
        yield Line("", (verdict, VERDICT_STYLES[verdict]))
    yield Line("", clean((statement or "").split("; ", 1)[0]))
    if scope is not None:
        yield Line("", (f"scope {span(scope.since, scope.until)}", "quiet"))


def history(told: History) -> Iterable[RenderableType]:
    """Whose past it is, how much there is of it, and what is wrong with it."""
    yield Line("")
    yield Line("", ("history", "name"), f" ({told.basis}): {clean(told.note)}", then="  ")
    yield Line("  ", f"{moment(told.since)} to {moment(told.until)}")
    failed = f", {told.failed:,} failed" if told.failed else ""
    sessions = f", in {counted(told.sessions, 'session')}" if told.sessions else ""
    yield Line("  ", f"{counted(told.calls, 'call')}{failed} on {counted(told.days, 'day')}{sessions}")
    yield Line("  ", f"logs on {told.logged_days:,} of {counted(told.asked_days, 'day')}")
    if told.whose is not None and told.whose.key is not None:
        who = (clean(call_it(told.whose)), "name")
        yield Line("  ", "credentials of ", who, " ", (told.whose.confidence, told.whose.confidence))
    if told.origins is not None and told.origins > 1:
        yield Line("  ", (f"{told.origins:,} distinct origins made these calls", "open"))
    if told.basis == "source IP":
        yield Line("  ", ("chosen by the address: that it is the same says nothing", "open"))
    if not told.enough:
        yield Line("  ", ("too little history: ", "open"), ", ".join(told.lacking), then="    ")
    if told.credential is not None:
        many = counted(told.credential.calls, "call")
        when = span(told.credential.first, told.credential.last)
        yield Line("  ", (f"holds {many} of the very credential in question", "open"), f", {when}", then="    ")
    yield Line("  ", (in_words(told.sight), "quiet"), then="    ")


def foot(looked: Sight | None, what: str = "the scope") -> Iterable[RenderableType]:
    """What the logs of the scope cover."""
    if looked is not None:
        yield Line("")
        yield Line("", (f"{what}: {in_words(looked)}", "quiet"))
