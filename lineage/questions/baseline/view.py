"""`baseline` for people: each call with how often the history has it, then from where and with what it was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lineage.questions.baseline import Baseline, CallCompared, Habits, Match
from lineage.render.history import VERDICT_STYLES, foot, head, history
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, span
from lineage.render.text import clean, counted, shorten

CALLS_SHOWN = 10
PLACES_SHOWN = 5
AGENT_WIDTH = 120
COLUMNS = (
    "api", "source_ip", "user_agent", "agent_family", "agent_version", "calls", "verdict", "unseen", "on",
    "history_calls", "history_failed", "history_days", "first", "last", "event_ids",
)  # fmt: skip


def people(answer: Baseline) -> Iterable[RenderableType]:
    """The verdict, the calls in question, what is usual, and what all that rests on."""
    yield from head(answer.verdict, answer.statement, answer.scope)
    for call in answer.calls[:CALLS_SHOWN]:
        yield from _call(call)
    yield from cut(min(CALLS_SHOWN, len(answer.calls)), answer.calls_total)
    if answer.habits is not None:
        yield from _habits("all calls of the history", answer.habits)
    if answer.history is not None:
        yield from history(answer.history)
    yield from foot(answer.sight)


def _call(one: CallCompared) -> Iterable[RenderableType]:
    place = f" from {clean(one.source_ip)}" if one.source_ip else ""
    yield Line("")
    yield Line("", (clean(one.api or "any call"), "key"), place, ": ", (one.verdict, VERDICT_STYLES[one.verdict]))
    if one.user_agent is not None:
        version = f" {clean(one.agent_version)}" if one.agent_version else ""
        yield Line("  ", f"{clean(one.agent_family or '')}{version}", then="    ")
        yield Line("  ", (clean(shorten(one.user_agent, AGENT_WIDTH)), "quiet"), then="    ")
    if one.doubt:
        yield Line("  ", (f"address not to be trusted: {one.doubt}", "open"), then="    ")
    if one.first and one.last:
        failed = (f", {one.failed:,} failed" if one.failed else "", "denied")
        yield Line("  ", counted(one.calls, "call"), failed, f", {span(one.first, one.last)}")
        yield Line("  ", (events(one.event_ids), "quiet"))
    yield Line("  ", one.statement, then="    ")
    for match in _telling(one.matches):
        yield from _match(match)
    if one.habits.calls:
        yield from _habits("this call in the history", one.habits, "  ")


def _telling(matches: Sequence[Match]) -> Iterable[Match]:
    """The matches that say more than others: of what was never seen the widest, of what was the closest."""
    parts = {match.on: _parts(match.on) for match in matches}
    for match in matches:
        others = [other for other in matches if other.calls == match.calls]
        closer = any(parts[match.on] < parts[other.on] for other in others)
        wider = any(parts[other.on] < parts[match.on] for other in others)
        if not (closer if match.calls else wider):
            yield match


def _parts(on: str) -> set[str]:
    """What had to be equal, with what follows from it: equal texts have equal versions, and those equal families."""
    found = set(on.split(", "))
    implied = ("agent text", "agent version", "agent family")
    return found.union(*(implied[n:] for n, part in enumerate(implied) if part in found))


def _match(match: Match) -> Iterable[RenderableType]:
    if match.first is None or match.last is None:
        yield Line("    ", (f"never  {match.on}", "quiet"))
        return
    failed = f", {match.failed:,} failed" if match.failed else ""
    yield Line("    ", f"{match.calls:,}x on {counted(match.days, 'day')}{failed}  ", (match.on, "name"), then="      ")
    yield Line("      ", (f"{span(match.first, match.last)}  {events(match.event_ids)}", "quiet"))


def _habits(title: str, habits: Habits, indent: str = "") -> Iterable[RenderableType]:
    if not indent:
        yield from heading(f"{title}: {habits.calls:,}")
    else:
        yield Line(indent, (f"{title}: {habits.calls:,}", "name"))
    places = [f"{clean(one.value)} ({one.calls:,})" for one in habits.places[:PLACES_SHOWN]]
    yield from _listed(indent, "from", places, habits.places_total)
    agents = [
        f"{clean(one.family)} {clean(version.version or '')}".rstrip() + f" ({version.calls:,})"
        for one in habits.agents
        for version in one.versions
    ]
    yield from _listed(indent, "with", agents[:PLACES_SHOWN], max(len(agents), habits.agents_total))


def _listed(indent: str, word: str, shown: Sequence[str], total: int) -> Iterable[RenderableType]:
    if shown:
        more = f" and {total - len(shown):,} more" if total > len(shown) else ""
        yield Line(f"{indent}  ", (f"{word} ", "quiet"), ", ".join(shown) + more, then=f"{indent}    ")


def table(answer: Baseline) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each call and each thing that had to be equal."""
    return COLUMNS, (
        (
            call.api, call.source_ip, call.user_agent, call.agent_family, call.agent_version, call.calls, call.verdict,
            "; ".join(call.unseen), match.on, match.calls, match.failed, match.days, match.first, match.last,
            match.event_ids,
        )
        for call in answer.calls
        for match in call.matches
    )  # fmt: skip
