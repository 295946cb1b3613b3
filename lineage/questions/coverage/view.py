"""`coverage` as shown: what is loaded, where it has gaps, and what no answer can therefore say."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.model.verified import NOT_WHOLE
from lineage.questions.coverage import Coverage, Opened
from lineage.questions.registry import Row
from lineage.questions.shared.models import Scope
from lineage.questions.shared.view import origin_cells, whose
from lineage.render.blocks import Block, Cell, Grid, Heading, Inline, Items, Para, Span
from lineage.render.columns import detail, head, ids, line, number, span, when
from lineage.render.text import between, counted, moment

COLUMNS = (
    "what", "account", "region", "category", "events", "hours", "first", "last", "why", "api", "target",
    "credentials_of", "origin_kind", "origin_id", "confidence", "event_ids",
)  # fmt: skip


def blocks(answer: Coverage) -> Iterator[Block]:
    """Accounts with their regions, accounts without logs, gaps, blind spots."""
    scope = f", {_hours(answer.scope)}" if answer.scope else ""
    yield Para((Span(f"{counted(answer.events, 'event')} loaded", "name"), f"{scope}; {_gaps(answer)}"))
    yield Grid(
        f"loaded, by account, region and category ({answer.covered_total:,})",
        (head("account"), head("region", "whole"), head("category", style="name"),
         number("events", "event"), number("hours", "hour"), when()),
        [
            (_account(one.account, one.name), one.region or "no region", one.category, one.events, one.hours,
             span(one.first, one.last))
            for one in answer.covered
        ],
        answer.covered_total,
    )  # fmt: skip
    yield Grid(
        f"{counted(answer.unseen_total, 'account')} without any loaded logs",
        (head("account"), detail("seen as"), when()),
        [
            (_account(one.account, one.name), " and ".join(one.seen_as), span(one.first, one.last))
            for one in answer.unseen
        ],
        answer.unseen_total,
    )  # fmt: skip
    yield Grid(
        _gaps(answer),
        (head("account", "whole", style="key"), head("region", "whole"), head("when", "time"), line("why", lead=""),
         line("opened by", lead=""), detail("loaded meanwhile", lead=""), ids()),
        [_gap(one) for one in answer.gaps],
        answer.gaps_total,
    )  # fmt: skip
    yield Grid(
        f"{counted(answer.aside_records, 'record')} set aside while loading",
        (head("account", "whole", style="key"), head("region", "whole"), head("day", "time"), line("why", lead=""),
         number("records", "record"), number("files", "file"), detail("first file")),
        [
            (one.account or "account not known", one.region, one.day, one.reason, one.records, one.files, one.path)
            for one in answer.aside
        ],
        answer.aside_total,
    )  # fmt: skip
    yield Grid(
        f"verified by digests ({answer.verified_total:,})",
        (head("verdict"), head("account", "whole", style="key"), head("region", "whole"), head("trail", style="name"),
         when(), line("why", lead=""), detail("verified", "time")),
        [
            (Span(one.verdict, "denied" if one.verdict in NOT_WHOLE else "name"), one.account, one.region, one.trail,
             span(one.since, one.until), one.why, span(one.verified_at))
            for one in answer.verified
        ],
        answer.verified_total,
    )  # fmt: skip
    yield Heading(("what answers from this store cannot show",))
    yield Items([(sentence,) for sentence in answer.cannot])


def _hours(scope: Scope) -> str:
    """The scope; of one that was asked for the whole hours that it touches, for those are counted."""
    if scope.basis != "asked":
        return between(scope.since, scope.until)
    return f"{between(f'{scope.since[:13]}:00:00Z', f'{scope.until[:13]}:59:59Z')} (whole hours)"


def _account(account: str, name: str | None) -> Inline:
    return Span(account, "key"), f" ({name})" if name else ""


def _gaps(answer: Coverage) -> str:
    return counted(answer.gaps_total, "gap")


def _gap(one: Opened) -> tuple[Cell, ...]:
    changed = one.kind in ("changed", "log bucket")
    since = moment(one.since) if one.since else "all"
    until = f"to {moment(one.until)}" if one.until else "and not ended in the loaded logs"
    opened = (f"{one.api} of {one.target or 'an unknown target'}, ", *whose(one.whose)) if one.whose else None
    loaded = f"{counted(one.events, 'event')} of that time are loaded"
    return (
        one.account, one.region, [since, None if changed else until], one.why, opened,
        loaded if one.kind in ("stopped", "deleted") else None, one.event_ids,
    )  # fmt: skip


def rows(answer: Coverage) -> Iterator[Row]:
    """A row for each line of what is loaded, set aside and verified, each account without logs, gap and blind spot."""
    for one in answer.covered:
        yield {"what": "loaded", **vars(one)}
    for unseen in answer.unseen:
        seen_as = f"seen as {', '.join(unseen.seen_as)}"
        yield {"what": "no logs", **vars(unseen), "events": 0, "hours": 0, "why": seen_as}
    for gap in answer.gaps:
        times = {"first": gap.since, "last": gap.until}
        yield {"what": f"gap: {gap.kind}", **vars(gap), **times, **origin_cells(gap.whose)}
    for aside in answer.aside:
        lost = {"events": aside.records, "first": aside.day, "last": aside.day, "why": aside.reason}
        yield {"what": "set aside", **vars(aside), **lost, "target": aside.path}
    for one_verified in answer.verified:
        times = {"first": one_verified.since, "last": one_verified.until}
        yield {"what": f"verified: {one_verified.verdict}", **vars(one_verified), **times, "target": one_verified.trail}
    for sentence in answer.cannot:
        yield {"what": "cannot say", "why": sentence}
