"""`coverage`: what the store has logs for, where they have gaps, and what no answer can therefore say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from lineage.model.results import ALWAYS, CallFilter, Coverage, Window
from lineage.model.times import iso
from lineage.questions.coverage import AccountUnseen, Covered, Opened
from lineage.questions.coverage import Coverage as Answer
from lineage.questions.coverage.blind import sentences
from lineage.questions.cross_account.answer import Grant, grants
from lineage.questions.shared import models, trails
from lineage.questions.shared.grants import Owners, account_of, within
from lineage.questions.shared.log_coverage import HOUR, silences
from lineage.stores.reader import Reader

BUSY_SHARE = 0.5
"""A region is busy if it has events in this share of the hours from its first to its last."""
BUSY_HOURS = 24
"""How long a region must be loaded before its silence is told apart."""


def answer(
    reader: Reader, account: str | None = None, *, since: int | None = None, until: int | None = None, limit: int = 200
) -> Answer:
    """Tell what is loaded, of one account or all, in the hours that a window touches."""
    window = Window(since, until)
    found = reader.coverage(account, window)
    loaded = [one for one in found if one.account]
    names = reader.account_names()
    every = {one.account for one in (loaded if account is None and window == ALWAYS else reader.coverage())}
    unseen = _unseen(grants(reader), names, every)
    unseen = [one for one in unseen if account in (None, one.account)]
    covered = _covered(loaded, names)
    gaps = _gaps(reader, loaded, account, window)
    return Answer(
        asked=account, found=bool(loaded) or (account is not None and bool(unseen)), scope=_scope(loaded, window),
        events=sum(one.count for one in loaded), covered=covered[:limit], covered_total=len(covered),
        unseen=unseen[:limit], unseen_total=len(unseen), gaps=gaps[:limit], gaps_total=len(gaps),
        cannot=sentences(
            reader, loaded, unseen, gaps, sum(one.count for one in found if not one.account), account in every
        ),
        truncated=max(len(covered), len(unseen), len(gaps)) > limit,
    )  # fmt: skip


def _scope(loaded: list[Coverage], window: Window) -> models.Scope | None:
    if not loaded:
        return None
    since = window.since if window.since is not None else min(one.first for one in loaded)
    until = window.until if window.until is not None else max(one.last for one in loaded)
    return models.Scope(since=iso(since), until=iso(until), basis="everything" if window == ALWAYS else "asked")


def _covered(loaded: Iterable[Coverage], names: dict[str, str]) -> list[Covered]:
    """One line for each account, region and category."""
    groups: dict[tuple[str, str, str], list[Coverage]] = defaultdict(list)
    for one in loaded:
        groups[one.account or "", one.region or "", one.category].append(one)
    return [
        Covered(
            account=account, name=names.get(account), region=region or None, category=category,
            events=sum(one.count for one in held), hours=len({one.hour for one in held}),
            first=iso(min(one.first for one in held)), last=iso(max(one.last for one in held)),
        )
        for (account, region, category), held in sorted(groups.items())
    ]  # fmt: skip


def _unseen(crossings: Iterable[Grant], names: dict[str, str], loaded: Collection[str | None]) -> list[AccountUnseen]:
    """Accounts whose principals assume roles elsewhere, or whose roles are assumed, and that have no logs."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in crossings:
        for account, seen_as in ((row.from_account, "caller"), (row.to_account, "role")):
            if len(account) == 12 and account.isdigit() and account not in loaded:
                found[account][seen_as].append(row.time)
    told = []
    for account, held in sorted(found.items()):
        times = [time for some in held.values() for time in some]
        told.append(
            AccountUnseen(
                account=account, name=names.get(account), seen_as=sorted(held), first=iso(min(times)),
                last=iso(max(times)),
            )
        )  # fmt: skip
    return told


def _gaps(reader: Reader, loaded: list[Coverage], account: str | None, window: Window) -> list[Opened]:
    by_account: dict[str, list[Coverage]] = defaultdict(list)
    for one in loaded:
        by_account[one.account or ""].append(one)
    gaps = [gap for name, held in by_account.items() for gap in _silences(name, held, window)]
    gaps += _opened(reader, by_account, account, window)
    return sorted(gaps, key=lambda gap: (gap.since, gap.account or "", gap.region or "", gap.target or "", gap.kind))


def _silences(account: str, held: list[Coverage], window: Window) -> list[Opened]:
    """Stretches of more than six hours without events: of the account, and of regions that are otherwise busy."""
    whole = silences(held, *window)
    why = "no event of the account is loaded: nothing happened, or it was not recorded"
    gaps = [_silence(account, None, hole, why, []) for hole in whole]
    regions: dict[str, list[Coverage]] = defaultdict(list)
    for one in held:
        regions[one.region or ""].append(one)
    why = "no event of the region is loaded, which is busy at other times"
    for region, seen in sorted(regions.items()):
        own = sorted({one.hour for one in seen})
        if len(own) >= BUSY_HOURS and len(own) >= BUSY_SHARE * (own[-1] - own[0] + 1):
            gaps += [
                _silence(account, region or None, hole, why, seen)
                for hole in silences(seen, None, None)
                if not any(_spans(other, hole) for other in whole)
            ]
    return gaps


def _spans(other: tuple[int, int], hole: tuple[int, int]) -> bool:
    """Does the silence of the whole account cover that of a region, but for minutes in which others still called?"""
    return other[0] // HOUR <= hole[0] // HOUR and hole[1] // HOUR <= other[1] // HOUR


def _silence(account: str, region: str | None, hole: tuple[int, int], why: str, seen: list[Coverage]) -> Opened:
    since, until = hole
    return Opened(
        account=account, region=region, since=iso(since), until=iso(until), kind="no events", why=why,
        events=sum(one.count for one in seen if since <= one.first <= until),
    )  # fmt: skip


def _opened(reader: Reader, by_account: dict[str, list[Coverage]], account: str | None, window: Window) -> list[Opened]:
    """Stretches that a call opened: a trail stopped, deleted or changed, or its bucket changed."""
    found = [change for change in trails.changes(reader) if trails.is_log(change)]
    owners = Owners(reader, reader.ascend(sorted({change.source for change in found})))
    gaps = []
    for change in found:
        if change.kind == "started" or change.api in ("cloudtrail:CreateTrail", "cloudtrail:CreateEventDataStore"):
            continue
        if account not in (None, change.account, account_of(change.source)):
            continue
        end = trails.ended(change, found) if change.kind in ("stopped", "deleted") else None
        last = end.time if end is not None else None
        if not _touches(change.time, last if change.kind in ("stopped", "deleted") else change.time, window):
            continue
        ids = [*change.event_ids, *(end.event_ids if end is not None else ())]
        gaps.append(
            Opened(
                account=change.account, since=iso(change.time), until=iso(last) if last is not None else None,
                kind=change.kind, why=_why(change), api=change.api, target=change.target,
                whose=owners.whose(change.source), event_ids=ids,
                events=_between(reader, change.account, by_account.get(change.account or "", []), change.time, last),
            )
        )  # fmt: skip
    return gaps


def _why(change: trails.Change) -> str:
    match change.kind:
        case "stopped" | "deleted":
            return f"the trail was {change.kind}; what other trails recorded meanwhile is loaded as far as it was given"
        case "log bucket":
            return f"the bucket that a trail writes to was changed ({change.api.partition(':')[2]}): logs may be lost"
    return "what the trail records was changed"


def _touches(since: int, until: int | None, window: Window) -> bool:
    """Does a stretch share a second with the window?"""
    if until is None:
        return window.until is None or since <= window.until
    return within(since, window) or within(until, window) or (
        window.since is not None and window.until is not None and since <= window.since and until >= window.until
    )  # fmt: skip


def _between(reader: Reader, account: str | None, held: list[Coverage], since: int, until: int | None) -> int:
    """Events of an account between the call that opened a stretch and the one that ended it: those of whole hours as
    counted, those of the hours at its ends by the second."""
    since, until = since + 1, until - 1 if until is not None else None
    low, high = since // HOUR, until // HOUR if until is not None else None
    count = sum(one.count for one in held if one.hour > low and (high is None or one.hour < high))
    ends = [Window(since, min(until, low * HOUR + HOUR - 1) if until is not None else low * HOUR + HOUR - 1)]
    if high is not None and high > low:
        ends.append(Window(high * HOUR, until))
    which = CallFilter("account", (account or "",))
    wanted = [end for end in ends if end.until is None or end.since is None or end.since <= end.until]
    return count + sum(row.count for end in wanted for row in reader.calls(which, end))


__all__ = ["answer"]
