"""What the logs behind an answer cover: the short form of `coverage` that stands under every answer.

A silence says something only where logs were loaded. The long form is `lineage.questions.coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from lineage.model.results import ALWAYS, Coverage, Window
from lineage.model.times import iso
from lineage.questions.shared.models import Gap, Sight
from lineage.stores.reader import Reader

CATEGORIES = {
    "management-read": "management reads (AssumeRole is one)",
    "management-write": "management writes",
    "data": "data events (S3 objects, Lambda invocations, …)",
}
"""What an answer may lack, by the first part of a category."""
GAP_HOURS = 6
GAPS_SHOWN = 20
HOUR = 3600


def sight(reader: Reader, accounts: Iterable[str | None], window: Window) -> Sight:
    """What is loaded of the accounts in the window: events, hours, categories, and stretches without logs."""
    named = sorted({account for account in accounts if account})
    by_account = {account: reader.coverage(account, window) for account in named}
    found = [one for held in by_account.values() for one in held]
    quiet = [account for account, held in by_account.items() if not held]
    unlogged = quiet if window == ALWAYS else [one for one in quiet if reader.logs_around(one, 0).first is None]
    hours = {one.hour for one in found}
    since = window.since if window.since is not None else min((one.first for one in found), default=None)
    until = window.until if window.until is not None else max((one.last for one in found), default=None)
    asked = until // HOUR - since // HOUR + 1 if since is not None and until is not None else 0
    kinds = {one.category for one in found}
    first_parts = {kind.split(":")[0] for kind in kinds}
    return Sight(
        accounts=named,
        since=iso(since) if since is not None else None,
        until=iso(until) if until is not None else None,
        events=sum(one.count for one in found),
        hours=len(hours),
        hours_asked=asked,
        categories=sorted(kinds),
        missing=sorted(text for kind, text in CATEGORIES.items() if kind not in first_parts),
        gaps=_gaps(by_account, unlogged, since, until)[:GAPS_SHOWN],
        unlogged=unlogged,
        loaded=bool(found) or len(unlogged) < len(named) or bool(reader.coverage()),
    )


def silences(held: Iterable[Coverage], since: int | None, until: int | None) -> list[tuple[int, int]]:
    """Stretches of more than six hours without an event, first and last silent second: between events, and from the
    edges of a window to them where it has edges."""
    spans: dict[int, tuple[int, int]] = {}
    for one in held:
        first, last = spans.get(one.hour, (one.first, one.last))
        spans[one.hour] = min(first, one.first), max(last, one.last)
    busy = [spans[hour] for hour in sorted(spans)]
    found = [(last + 1, first - 1) for (_, last), (first, _) in pairwise(busy)]
    if since is not None and busy:
        found.insert(0, (since, busy[0][0] - 1))
    if until is not None and busy:
        found.append((busy[-1][1] + 1, until))
    return [(begin, end) for begin, end in found if end - begin + 1 >= GAP_HOURS * HOUR]


def _gaps(
    by_account: dict[str, list[Coverage]], unlogged: list[str], since: int | None, until: int | None
) -> list[Gap]:
    """Stretches of more than six hours without any event of an account, inside the window."""
    if since is None or until is None:
        return []
    gaps = []
    for account, held in by_account.items():
        why = "no logs loaded" if account in unlogged else "no events"
        stretches = silences(held, since, until) if held else [(since, until)]
        gaps += [Gap(account=account, since=iso(begin), until=iso(end), why=why) for begin, end in stretches]
    return sorted(gaps, key=lambda gap: (gap.since, gap.account or ""))


def in_words(sight: Sight) -> str:
    """The sight in one sentence, to stand under an answer."""
    unlogged = f"no logs are loaded of {', '.join(sight.unlogged)}" if sight.unlogged else ""
    if not sight.events:
        quiet = [account for account in sight.accounts if account not in sight.unlogged]
        silent = f"no event of {', '.join(quiet)} is loaded in that time, though others of it are" if quiet else ""
        nobody = "the records name no account" if sight.loaded else "no logs are loaded"
        return f"rests on no event: {'; '.join(filter(None, (silent, unlogged))) or nobody}"
    lacking = f"; not loaded: {', '.join(sight.missing)}" if sight.missing else ""
    holes = f"; {len(sight.gaps)} gap{'s' if len(sight.gaps) > 1 else ''} of more than 6 hours" if sight.gaps else ""
    return (
        f"rests on {sight.events:,} events in {sight.hours:,} of {sight.hours_asked:,} hours of "
        f"{', '.join(sight.accounts)}{lacking}{holes}{f'; {unlogged}' if unlogged else ''}"
    )
