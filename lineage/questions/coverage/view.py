"""`coverage` for people: what is loaded, where it has gaps, and what no answer can therefore say."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.coverage import AccountUnseen, Coverage, Covered, Opened
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.text import clean, counted, moment

COLUMNS = (
    "what", "account", "region", "category", "events", "hours", "first", "last", "why", "api", "target",
    "credentials_of", "origin_kind", "origin_id", "confidence", "event_ids",
)  # fmt: skip


def people(answer: Coverage) -> Iterable[RenderableType]:
    """Accounts with their regions, accounts without logs, gaps, blind spots."""
    scope = f", {moment(answer.scope.since)} to {moment(answer.scope.until)}" if answer.scope else ""
    yield Line("", (f"{counted(answer.events, 'event')} loaded", "name"), scope)
    account = region = None
    for one in answer.covered:
        if one.account != account:
            name = f" ({clean(one.name)})" if one.name else ""
            yield from heading(f"{one.account}{name}")
            account, region = one.account, None
        if region is None or one.region != region:
            yield Line("  ", (clean(one.region or "no region"), "key"))
            region = one.region or ""
        yield from _covered(one)
    yield from cut(len(answer.covered), answer.covered_total)
    if answer.unseen:
        yield from heading(f"{counted(answer.unseen_total, 'account')} without any logs here")
        for unseen in answer.unseen:
            yield _unseen(unseen)
        yield from cut(len(answer.unseen), answer.unseen_total)
    if answer.gaps:
        yield from heading(f"{counted(answer.gaps_total, 'gap')}")
        for gap in answer.gaps:
            yield from _gap(gap)
        yield from cut(len(answer.gaps), answer.gaps_total)
    yield from heading("so no answer of this store can say:")
    for sentence in answer.cannot:
        yield Line("  - ", clean(sentence), then="    ")


def _covered(one: Covered) -> Iterable[RenderableType]:
    said = f"{counted(one.events, 'event')} in {counted(one.hours, 'hour')}"
    yield Line("    ", f"{clean(one.category)}: {said}, {span(one.first, one.last)}", then="      ")


def _unseen(one: AccountUnseen) -> RenderableType:
    name = f" ({clean(one.name)})" if one.name else ""
    said = f"seen as {' and '.join(one.seen_as)}, {span(one.first, one.last)}"
    return Line("  ", (one.account, "key"), f"{name}: {said}", then="    ")


def _gap(one: Opened) -> Iterable[RenderableType]:
    where = " ".join(part for part in (one.account, one.region) if part)
    until = f"to {moment(one.until)}" if one.until else "and not ended in these logs"
    if one.kind in ("changed", "log bucket"):
        until = ""
    yield Line("  ", (clean(where), "key"), f"  {moment(one.since)} {until}".rstrip(), then="    ")
    yield Line("    ", clean(one.why), then="      ")
    if one.whose is not None:
        yield Line("    ", f"{one.api} of {clean(one.target or '?')}, ", *origin(one.whose), then="      ")
    if one.kind in ("stopped", "deleted"):
        yield Line("    ", f"{counted(one.events, 'event')} of that time are loaded all the same")
    if one.event_ids:
        yield Line("    ", (events(one.event_ids), "quiet"))


def table(answer: Coverage) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each line of what is loaded, each account without logs, each gap and each blind spot."""
    return COLUMNS, _rows(answer)


def _rows(answer: Coverage) -> Iterable[tuple[object, ...]]:
    for one in answer.covered:
        yield (
            "loaded",
            one.account,
            one.region,
            one.category,
            one.events,
            one.hours,
            one.first,
            one.last,
            *(None,) * 8,
        )
    for unseen in answer.unseen:
        seen_as = f"seen as {', '.join(unseen.seen_as)}"
        yield ("no logs", unseen.account, None, None, 0, 0, unseen.first, unseen.last, seen_as, *(None,) * 7)
    for gap in answer.gaps:
        whose = gap.whose
        told = (whose.person or whose.name, whose.kind, whose.id, whose.confidence) if whose else (None,) * 4
        yield (
            f"gap: {gap.kind}", gap.account, gap.region, None, gap.events, None, gap.since, gap.until, gap.why,
            gap.api, gap.target, *told, gap.event_ids,
        )  # fmt: skip
    for sentence in answer.cannot:
        yield ("cannot say", *(None,) * 7, sentence, *(None,) * 7)
