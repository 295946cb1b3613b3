"""What the logs behind an answer cover: the short form of `coverage` that stands under every answer.

A silence says something only where logs were loaded. The long form is `lineage.questions.coverage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from lineage.answers import Gap, Sight
from lineage.questions.common.reader import Reader
from lineage.seen import Coverage, Window
from lineage.times import iso

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
    found = [one for account in named for one in reader.coverage(account, window)]
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
        gaps=_gaps(named, found, since, until)[:GAPS_SHOWN],
    )


def _gaps(accounts: list[str], found: list[Coverage], since: int | None, until: int | None) -> list[Gap]:
    """Stretches of more than six hours without any event of an account, inside the window."""
    if since is None or until is None:
        return []
    gaps = []
    for account in accounts:
        mine = [one for one in found if one.account == account]
        if not mine:
            gaps.append(Gap(account=account, since=iso(since), until=iso(until), why="no logs loaded"))
            continue
        busy = sorted({one.hour for one in mine})
        edges = [since // HOUR - 1, *busy, until // HOUR + 1]
        gaps += [
            Gap(
                account=account, since=iso(max(since, (before + 1) * HOUR)), until=iso(min(until, after * HOUR - 1)),
                why="no events",
            )
            for before, after in pairwise(edges)
            if after - before > GAP_HOURS
        ]  # fmt: skip
    return sorted(gaps, key=lambda gap: (gap.since, gap.account or ""))


def in_words(sight: Sight) -> str:
    """The sight in one sentence, to stand under an answer."""
    if not sight.events:
        return f"no logs are loaded of {', '.join(sight.accounts) or 'any account'} in that time"
    lacking = f"; not loaded: {', '.join(sight.missing)}" if sight.missing else ""
    holes = f"; {len(sight.gaps)} gap{'s' if len(sight.gaps) > 1 else ''} of more than 6 hours" if sight.gaps else ""
    return (
        f"rests on {sight.events:,} events in {sight.hours:,} of {sight.hours_asked:,} hours of "
        f"{', '.join(sight.accounts)}{lacking}{holes}"
    )
