"""`coverage`: what the store has logs for, where they have gaps, and what no answer can therefore say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from lineage.model.log_files import log_file
from lineage.model.results import ALWAYS, CallFilter, Coverage, Window, grouped
from lineage.model.times import iso, parse_when
from lineage.model.verified import NOT_WHOLE
from lineage.model.verified import Verified as Stretch
from lineage.questions.coverage import AccountUnseen, Covered, Opened, Unreadable, Verified
from lineage.questions.coverage import Coverage as Answer
from lineage.questions.cross_account.answer import Grant, grants
from lineage.questions.shared import log_coverage, models
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.grants import Owners, in_window
from lineage.questions.shared.log_coverage import HOUR, silences
from lineage.questions.shared.verified import verified
from lineage.render.text import moment
from lineage.stores.reader import Reader

BUSY_SHARE = 0.5
"""A region is busy if it has events in this share of the hours from its first to its last."""
BUSY_HOURS = 24
"""How long a region must be loaded before its silence is reported on its own."""


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
    aside = _aside(reader, account, window)
    proven = verified(reader, None if account is None else [account], window)
    return Answer(
        asked=account, found=bool(loaded) or (account is not None and bool(unseen)), scope=_scope(loaded, window),
        events=sum(one.count for one in loaded), covered=covered[:limit], covered_total=len(covered),
        unseen=unseen[:limit], unseen_total=len(unseen), gaps=gaps[:limit], gaps_total=len(gaps),
        aside=aside[:limit], aside_total=len(aside), aside_records=sum(one.records for one in aside),
        verified=[_verified(one) for one in proven[:limit]], verified_total=len(proven),
        cannot=sentences(
            reader, loaded, unseen, gaps, aside, sum(one.count for one in found if not one.account), account in every
        ) + _not_whole(proven),
        truncated=max(len(covered), len(unseen), len(gaps), len(aside), len(proven)) > limit,
    )  # fmt: skip


def _verified(one: Stretch) -> Verified:
    return Verified.model_validate({
        "account": one.account, "region": one.region, "trail": one.trail, "home_region": one.home,
        "verdict": one.verdict, "since": iso(one.since), "until": iso(one.until), "why": one.why,
        "verified_at": iso(one.at),
    })  # fmt: skip


def _not_whole(proven: Iterable[Stretch]) -> list[str]:
    """The sentence about logs that are not as CloudTrail wrote them."""
    told = _told(
        sorted({one.account for one in proven if one.verdict in NOT_WHOLE}),
        "lineage verify found log files or digests altered or missing: the events of that time are not certain",
    )
    return [told] if told else []


def _scope(loaded: list[Coverage], window: Window) -> models.Scope | None:
    if not loaded:
        return None
    since = window.since if window.since is not None else min(one.first for one in loaded)
    until = window.until if window.until is not None else max(one.last for one in loaded)
    return models.Scope(since=iso(since), until=iso(until), basis="everything" if window == ALWAYS else "asked")


def _covered(loaded: Iterable[Coverage], names: dict[str, str]) -> list[Covered]:
    """One line for each account, region and category."""
    groups = grouped(loaded, lambda one: (one.account or "", one.region or "", one.category))
    return [
        Covered(
            account=account, name=names.get(account), region=region or None, category=category,
            events=sum(one.count for one in held), hours=len({one.hour for one in held}),
            first=iso(min(one.first for one in held)), last=iso(max(one.last for one in held)),
        )
        for (account, region, category), held in sorted(groups.items())
    ]  # fmt: skip


DAY = 24 * HOUR


def _aside(reader: Reader, account: str | None, window: Window) -> list[Unreadable]:
    """What was set aside of an account, on days of a window, with what names neither."""
    held: dict[tuple[str, str, str, str], dict[str, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    for path, place, reason in reader.set_aside():
        named = log_file(path)
        of, region, day = (named.account, named.region, named.day) if named is not None else ("", "", "")
        if of and account not in (None, of):
            continue
        begin = parse_when(f"{day}T00:00:00Z") if day else None
        if begin is not None and not _touches(begin, begin + DAY - 1, window):
            continue
        file = named.name if named is not None else path
        held[of, region, day, reason][file].setdefault(place, path)
    return [
        Unreadable(
            account=of or None, region=region or None, day=day or None, reason=reason,
            records=sum(map(len, files.values())), files=len(files),
            path=min(path for places in files.values() for path in places.values()),
        )
        for (of, region, day, reason), files in sorted(held.items())
    ]  # fmt: skip


def _unseen(crossings: Iterable[Grant], names: dict[str, str], loaded: Collection[str | None]) -> list[AccountUnseen]:
    """Accounts whose principals assume roles elsewhere, or whose roles are assumed, and that have no logs."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in crossings:
        for account, seen_as in ((row.from_account, "caller"), (row.to_account, "role")):
            if len(account) == 12 and account.isdigit() and account not in loaded:
                found[account][seen_as].append(row.time)
    result = []
    for account, held in sorted(found.items()):
        times = [time for some in held.values() for time in some]
        result.append(AccountUnseen(
            account=account, name=names.get(account), seen_as=sorted(held), first=iso(min(times)), last=iso(max(times)),
        ))  # fmt: skip
    return result


def _gaps(reader: Reader, loaded: list[Coverage], account: str | None, window: Window) -> list[Opened]:
    by_account = grouped(loaded, lambda one: one.account or "")
    line = log_coverage.pruned_in(reader, window)
    after = Window(line, window.until) if line is not None and window.since is not None else window
    gaps = [gap for name, held in by_account.items() for gap in _silences(name, held, after)]
    gaps += _opened(reader, by_account, account, window)
    if line is not None:
        gaps.append(Opened(
            account=None, since=iso(window.since) if window.since is not None else None,
            until=iso(line - 1 if window.until is None else min(line - 1, window.until)), kind="pruned",
            why="usage of that time was pruned; identities, facts and sessions were kept", events=0,
        ))  # fmt: skip
    return sorted(
        gaps, key=lambda gap: (gap.since or "", gap.account or "", gap.region or "", gap.target or "", gap.kind)
    )


def _silences(account: str, held: list[Coverage], window: Window) -> list[Opened]:
    """Stretches of more than six hours without events: of the account, and of regions that are otherwise busy."""
    whole = silences(held, *window)
    why = "no event of the account is loaded: nothing happened, or it was not recorded"
    gaps = [_silence(account, None, hole, why, []) for hole in whole]
    regions = grouped(held, lambda one: one.region or "")
    why = "no event of the region is loaded, although it is busy at other times"
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
    found = [change for change in log_coverage.changes(reader) if log_coverage.is_log(change)]
    owners = Owners(reader, reader.ascend(sorted({change.source for change in found})))
    gaps = []
    for change in found:
        if change.kind == "started" or change.api in ("cloudtrail:CreateTrail", "cloudtrail:CreateEventDataStore"):
            continue
        if account not in (None, change.account, account_of(change.source)):
            continue
        end = log_coverage.ended(change, found) if change.kind in ("stopped", "deleted") else None
        last = end.time if end is not None else None
        if not _touches(change.time, last if change.kind in ("stopped", "deleted") else change.time, window):
            continue
        ids = [*change.event_ids, *(end.event_ids if end is not None else ())]
        gaps.append(Opened(
            account=change.account, since=iso(change.time), until=iso(last) if last is not None else None,
            kind=change.kind, why=_why(change), api=change.api, target=change.target,
            whose=owners.whose(change.source), event_ids=ids,
            events=_between(reader, change.account, by_account.get(change.account or "", []), change.time, last),
        ))  # fmt: skip
    return gaps


def _why(change: log_coverage.Change) -> str:
    match change.kind:
        case "stopped" | "deleted":
            return f"the trail was {change.kind}; events in that time are loaded only if another trail recorded them"
        case "log bucket":
            return f"the bucket that a trail writes to was changed ({change.api.partition(':')[2]}): logs may be lost"
    return "what the trail records was changed"


def _touches(since: int, until: int | None, window: Window) -> bool:
    """Does a stretch share a second with the window?"""
    if until is None:
        return window.until is None or since <= window.until
    return in_window(since, window) or in_window(until, window) or (
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


HOMES = {"cn": "cn-north-1", "us-gov": "us-gov-west-1"}
"""Where sign-ins and global services are logged, by how regions of a partition begin; `us-east-1` else (guide §9.2)."""
ACCOUNTS_SHOWN = 5


def sentences(
    reader: Reader, loaded: Sequence[Coverage], unseen: Sequence[AccountUnseen], gaps: Sequence[Opened],
    aside: Sequence[Unreadable], nameless: int = 0, otherwise: bool = False,
) -> list[str]:  # fmt: skip
    """The blind spots, those that hide most first.

    `nameless`: events that name no account; `otherwise`: of what is asked about there are logs of other times.
    """
    line = next((gap.until for gap in gaps if gap.kind == "pruned"), None)
    pruned = f"Usage up to {moment(line)} was pruned: absence of calls before proves nothing." if line else ""
    none = f"{nameless:,} events name no account and count for none." if nameless else ""
    lost = list(_losses(reader, aside))
    if not loaded:
        if otherwise:
            silent = "No events of that time are loaded, although other events are: absence proves nothing."
            return [text for text in (silent, pruned, *lost) if text]
        return [text for text in ("No such events are loaded, so no answer covers them.", pruned, none, *lost) if text]
    kinds: dict[str, set[str]] = defaultdict(set)
    regions: dict[str, set[str]] = defaultdict(set)
    for one in loaded:
        kinds[one.account or ""].add(one.category.split(":")[0])
        regions[one.account or ""].add(one.region or "")
    found = [
        pruned,
        _told(
            [account for account in sorted(kinds) if "management-read" not in kinds[account]],
            "no management reads are loaded, and AssumeRole is one: role assumptions and reconnaissance are not "
            "visible there",
        ),
        _told(
            [account for account in sorted(kinds) if "management-write" not in kinds[account]],
            "no management writes are loaded: changes are not visible there",
        ),
        _told(
            [account for account in sorted(regions) if _home(regions[account]) not in regions[account]],
            "no events are loaded from the region that logs sign-ins, IAM and other global services (us-east-1; "
            "cn-north-1 and us-gov-west-1 in their partitions): console sign-ins and IAM changes are not visible",
        ),
        _told(
            [account for account in sorted(kinds) if "data" not in kinds[account]],
            "no data events are loaded: reads and writes of S3 objects, invocations of functions and reads of table "
            "items are not visible and may have happened",
        ),
        _told(
            [one.account for one in unseen],
            "callers or roles of these accounts appear in the logs of other accounts, but their own logs are not "
            "loaded: calls in them, and what led to these calls, are not visible",
        ),
        _told(
            sorted({gap.account for gap in gaps if gap.kind == "no events" and gap.account}),
            "there are gaps of more than six hours: absence of events in them proves nothing",
        ),
        _told(
            sorted({gap.account for gap in gaps if gap.kind in ("stopped", "deleted") and gap.account}),
            "a trail was stopped or deleted: for that time only events that other trails recorded can be loaded",
        ),
        none,
        *lost,
    ]
    return [sentence for sentence in found if sentence]


def _told(accounts: Sequence[str], what: str) -> str:
    """The sentence about some accounts; empty about none."""
    if not accounts:
        return ""
    shown = ", ".join(accounts[:ACCOUNTS_SHOWN])
    more = f" and {len(accounts) - ACCOUNTS_SHOWN:,} more" if len(accounts) > ACCOUNTS_SHOWN else ""
    return f"{shown}{more}: {what}."


def _home(regions: Iterable[str]) -> str:
    """The region where an account's global services are logged.

    >>> _home({"eu-west-1"}), _home({"cn-northwest-1"})
    ('us-east-1', 'cn-north-1')
    """
    begins = {region.rsplit("-", 2)[0] for region in regions}
    return next((home for begin, home in HOMES.items() if begin in begins), "us-east-1")


def _losses(reader: Reader, aside: Iterable[Unreadable]) -> Iterable[str]:
    """What loads themselves lost: of each account, then of files whose name has no account."""
    lost = {of: sum(one.records for one in held) for of, held in grouped(aside, lambda one: one.account).items()}
    for of in sorted(lost, key=lambda of: (of is None, of or "")):
        records = f"{lost[of]:,} record{'s' if lost[of] != 1 else ''}"
        whose = f"{of}: {records} could not be read" if of else f"{records} of unknown accounts could not be read"
        yield f"{whose} and {'were' if lost[of] != 1 else 'was'} set aside while loading."
    if projected := sum(one.passed.get("ocsf", 0) for one in reader.loads()):
        records = f"{projected:,} records were" if projected != 1 else "1 record was"
        yield (
            f"{records} read from OCSF (Security Lake), which does not keep all of requests, responses and sessions: "
            "load the trail's own files too, which take precedence."
        )
    if any(one.finished is None for one in reader.loads()):
        yield "A load was interrupted; its files may contain more events."
