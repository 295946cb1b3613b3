"""`baseline` as shown: each call with how often the history has it, then from where and with what it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.questions.baseline import AgentFamily, Baseline, CallCompared, Habits, Match
from lineage.questions.registry import Row
from lineage.questions.shared.models import Counted
from lineage.questions.shared.view import VERDICT_STYLES, heading, history, matched, places, rests_on, verdict
from lineage.render.blocks import Block, Cell, Grid, Inline, Some, Span
from lineage.render.columns import head, ids, line, number, span, times, when
from lineage.render.text import between, counted

CALLS_SHOWN = 10
PLACES_SHOWN = 5
AGENT_WIDTH = 120
COLUMNS = (
    "api", "source_ip", "user_agent", "agent_family", "agent_version", "calls", "verdict", "unseen", "on",
    "history_calls", "history_failed", "history_days", "first", "last", "event_ids",
)  # fmt: skip


def blocks(answer: Baseline) -> Iterator[Block]:
    """The verdict, the calls in question, what is usual, and what all that is based on."""
    yield from heading(answer.subject)
    yield from verdict(answer.verdict, answer.statement, answer.scope)
    yield from matched(answer.subject)
    yield Grid(
        f"calls compared with the history ({answer.calls_total:,})",
        (head("operation", "whole", style="key"), head("address", lead="from ", style="place"), head("verdict"),
         number("calls", "call"), number("failed", style="denied"), when(), ids(),
         line("statement", lead=""), line("agent", lead="by "), line("user agent", lead="", style="quiet"),
         line("address not reliable", lead="address not reliable: ", style="open"), line("in the history", lead=""),
         line("from before", lead="this call before: from "), line("by before", lead="this call before: by ")),
        [_call(one) for one in answer.calls],
        answer.calls_total, CALLS_SHOWN,
    )  # fmt: skip
    if answer.habits is not None and answer.habits.calls:
        yield from _habits(answer.habits)
    if answer.history is not None:
        yield from history(answer.history)
    yield from rests_on(answer.sight, what="the scope: ")


def _call(one: CallCompared) -> tuple[Cell, ...]:
    telling = _telling(one.matches)
    matches = [*telling, *(match for match in one.matches if match not in telling)]
    usual = one.habits if one.habits.calls else None
    return (
        one.api or "any call", one.source_ip, Span(one.verdict, VERDICT_STYLES[one.verdict]), one.calls, one.failed,
        span(one.first, one.last), one.event_ids, one.statement,
        " ".join(part for part in (one.agent_family, one.agent_version) if part),
        Span(one.user_agent, "", AGENT_WIDTH) if one.user_agent else None, one.doubt,
        Some([_match(match) for match in matches], few=len(telling)),
        Some([_place(place) for place in usual.places], usual.places_total, PLACES_SHOWN) if usual else None,
        Some([text for agent in usual.agents for text in _versions(agent)], 0, PLACES_SHOWN) if usual else None,
    )  # fmt: skip


def _telling(matches: Sequence[Match]) -> list[Match]:
    """The matches that say more than others: of what was never seen the widest, of what was the closest."""
    parts = {match.on: _parts(match.on) for match in matches}
    telling = []
    for match in matches:
        others = [other for other in matches if other.calls == match.calls]
        closer = any(parts[match.on] < parts[other.on] for other in others)
        wider = any(parts[other.on] < parts[match.on] for other in others)
        if not (closer if match.calls else wider):
            telling.append(match)
    return telling


def _parts(on: str) -> set[str]:
    """What had to be equal, with what follows from it: equal texts have equal versions, and those equal families."""
    found = set(on.split(", "))
    implied = ("agent text", "agent version", "agent family")
    return found.union(*(implied[n:] for n, part in enumerate(implied) if part in found))


def _match(match: Match) -> Inline:
    if match.first is None:
        return (Span(f"never: {match.on}", "quiet"),)
    failed = f", {match.failed:,} failed" if match.failed else ""
    evidence = f", {between(match.first, match.last)}  {' '.join(match.event_ids)}"
    return (
        f"{match.calls:,}x on {counted(match.days, 'day')}{failed}: ", Span(match.on, "name"), Span(evidence, "quiet"),
    )  # fmt: skip


def _place(one: Counted) -> Inline:
    note = f", {one.note}" if one.note else ""
    return (f"{one.value} ({one.calls:,}{note})", _when(one.failed, one.first, one.last))


def _versions(one: AgentFamily) -> Iterator[Inline]:
    family = _when(one.failed, one.first, one.last)
    for version in one.versions:
        yield (f"{one.family} {version.version or ''}".rstrip() + f" ({version.calls:,})", family)
    if one.versions_total > len(one.versions):
        yield (f"{counted(one.versions_total - len(one.versions), 'more version')} of {one.family}",)


def _when(failed: int, first: str, last: str) -> Span:
    """What a terminal leaves out."""
    return Span(f", {f'{failed:,} failed, ' if failed else ''}{between(first, last)}", "quiet", 0)


def _habits(habits: Habits) -> Iterator[Block]:
    of = f"all {counted(habits.calls, 'call')} of the history"
    yield places(f"{of}, by address", "address", habits.places, habits.places_total, PLACES_SHOWN)
    yield Grid(
        f"{of}, by agent",
        (times("calls"), head("agent", style="key"), number("failed", style="denied"), when(),
         line("versions", lead="version ")),
        [
            (one.calls, one.family, one.failed, span(one.first, one.last),
             Some([f"{version.version or 'not known'} ({version.calls:,})" for version in one.versions],
                  one.versions_total, PLACES_SHOWN))
            for one in habits.agents
        ],
        habits.agents_total, PLACES_SHOWN,
    )  # fmt: skip


def rows(answer: Baseline) -> Iterator[Row]:
    """A row for each call and each thing that had to be equal."""
    for call in answer.calls:
        for match in call.matches:
            history = {"history_calls": match.calls, "history_failed": match.failed, "history_days": match.days}
            yield {**vars(match), **vars(call), "unseen": "; ".join(call.unseen), **history,
                   "first": match.first, "last": match.last, "event_ids": match.event_ids}  # fmt: skip
