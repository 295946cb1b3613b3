"""`assumed` for people: a paragraph for each role, way and outcome."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.assumed import Assumed, AssumedRole
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, origin, span
from lineage.render.text import clean, counted
from lineage.render.words import ways

COLUMNS = (
    "role_arn", "account", "coarse", "how", "via", "outcome", "hops", "through", "count", "first", "last", "sessions",
    "event_ids",
)  # fmt: skip


def people(answer: Assumed) -> Iterable[RenderableType]:
    """Whose they are, then the roles, granted and refused."""
    counts = f"{counted(answer.granted, 'grant')}, {counted(answer.refused, 'refusal')}"
    if answer.whose is not None:
        yield Line("", *origin(answer.whose))
    else:
        told = answer.subject.key if answer.subject and answer.subject.key else answer.asked
        yield Line("", "the sessions of ", (clean(told), "name"))
    if answer.scope is not None:
        yield Line("", (counts, "name"), f" {span(answer.scope.since, answer.scope.until)}")
    for one in answer.roles:
        yield Line("")
        yield from _role(one)
    yield from cut(len(answer.roles), answer.total)
    if answer.sight is not None:
        yield Line("")
        yield Line("", (in_words(answer.sight), "quiet"))


def _role(one: AssumedRole) -> Iterable[RenderableType]:
    refused = one.outcome != "granted"
    mark = (f"REFUSED ({clean(one.outcome)}) ", "denied") if refused else ("", "")
    yield Line("", mark, (clean(one.role_arn), "key"), then="  ")
    yield Line("  ", f"{counted(one.count, 'time')}, {one.coarse}: {ways(one.how, one.via)}", then="    ")
    if one.through is not None:
        yield Line("  ", ("out of ", "quiet"), clean(one.through), f", {one.hops} hops away", then="    ")
    yield Line("  ", (f"{span(one.first, one.last)}  {events(one.event_ids)}", "quiet"), then="    ")


def table(answer: Assumed) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each role, way and outcome."""
    return COLUMNS, (tuple(getattr(one, column) for column in COLUMNS) for one in answer.roles)
