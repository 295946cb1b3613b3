"""What the logs behind an answer cover, and what was done to the recording of events.

`sight` is the short form of `coverage` that ends every answer. Changes of trails, event data stores and
detectors are `CHANGED` relationships (`what` is `trail`); changes of a bucket that trails write to are calls about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal, NamedTuple

from lineage.model import schema
from lineage.model.arn import parse_arn
from lineage.model.keys import ref
from lineage.model.results import ALWAYS, CallFilter, ChangeEdge, Coverage, Window, grouped, json_value
from lineage.model.times import iso
from lineage.model.verified import NOT_WHOLE
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.grants import EVENTS_SHOWN
from lineage.questions.shared.models import Gap, NotWhole, Sight
from lineage.questions.shared.newest import newest
from lineage.questions.shared.resources import PARTITIONS
from lineage.questions.shared.verified import verified
from lineage.render.text import moment
from lineage.stores.reader import Reader

CATEGORIES = {
    "management-read": "management reads (AssumeRole is one)",
    "management-write": "management writes",
    "data": "data events (S3 objects, Lambda invocations, …)",
}
"""What an answer may lack, by the first part of a category."""
PRUNED = "usage was pruned"
"""Why there is a gap before the day before which usage is forgotten."""
GAP_HOURS = 6
GAPS_SHOWN = 20
HOUR = 3600


def log_coverage(reader: Reader, accounts: Iterable[str | None], window: Window) -> Sight:
    """What is loaded of some accounts in a window.

    Parameters
    ----------
    reader : the store
    accounts : account IDs; None among them is ignored
    window : seconds since the epoch; an open side is the first or last loaded event

    Returns
    -------
    Events, hours with events, categories, what is not loaded at all, and gaps of more than `GAP_HOURS` hours without an
    event, in order of time, at most `GAPS_SHOWN`; before them the days whose usage was pruned.

    Examples
    --------
    >>> from lineage.model.times import parse_when
    >>> day = Window(parse_when("2026-03-11T00:00:00Z"), parse_when("2026-03-11T23:59:59Z"))
    >>> found = log_coverage(incident(), ["804275613390"], day)
    >>> found.hours, found.hours_asked, found.missing
    (24, 24, ['data events (S3 objects, Lambda invocations, …)'])
    """
    named = sorted({account for account in accounts if account})
    by_account = {account: reader.coverage(account, window) for account in named}
    found = [one for held in by_account.values() for one in held]
    quiet = [account for account, held in by_account.items() if not held]
    unlogged = quiet if window == ALWAYS else [one for one in quiet if reader.logs_around(one, 0).first is None]
    hours = {one.hour for one in found}
    since = window.since if window.since is not None else min((one.first for one in found), default=None)
    until = window.until if window.until is not None else max((one.last for one in found), default=None)
    line = pruned_in(reader, window)
    pruned = [
        Gap(
            account=None, since=iso(window.since) if window.since is not None else None,
            until=iso(line - 1 if window.until is None else min(line - 1, window.until)), why=PRUNED,
        )
    ] if line is not None else []  # fmt: skip
    after = max(since, line) if since is not None and line is not None else since
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
        gaps=[*pruned, *_gaps(by_account, unlogged, after, until)][:GAPS_SHOWN],
        unlogged=unlogged,
        newest=newest(reader, named),
        loaded=bool(found) or len(unlogged) < len(named) or bool(reader.extent()),
        not_whole=[
            NotWhole.model_validate(
                {"account": one.account, "region": one.region, "verdict": one.verdict, "since": iso(one.since),
                 "until": iso(one.until)}
            )
            for one in verified(reader, named, Window(since, until))
            if one.verdict in NOT_WHOLE
        ][:GAPS_SHOWN],
    )  # fmt: skip


def pruned_in(reader: Reader, window: Window) -> int | None:
    """The second before which usage was pruned, where that is a part of the window."""
    line = reader.pruned_before()
    return line if line is not None and (window.since is None or window.since < line) else None


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
    if since is None or until is None or since > until:
        return []
    gaps = []
    for account, held in by_account.items():
        why = "no logs loaded" if account in unlogged else "no events"
        stretches = silences(held, since, until) if held else [(since, until)]
        gaps += [Gap(account=account, since=iso(begin), until=iso(end), why=why) for begin, end in stretches]
    return sorted(gaps, key=lambda gap: (gap.since or "", gap.account or ""))


def in_words(sight: Sight) -> str:
    """The coverage in one sentence, for the end of an answer."""
    unlogged = f"no logs are loaded for {', '.join(sight.unlogged)}" if sight.unlogged else ""
    pruned = next((f"usage up to {moment(gap.until)} was pruned" for gap in sight.gaps if gap.why == PRUNED), "")
    if not sight.events:
        quiet = [account for account in sight.accounts if account not in sight.unlogged]
        silent = f"no event of {', '.join(quiet)} is loaded for that time, although others are" if quiet else ""
        nobody = "the records name no account" if sight.loaded else "no logs are loaded"
        return f"based on no events: {'; '.join(filter(None, (silent, unlogged, pruned))) or nobody}"
    lacking = f"; not loaded: {', '.join(sight.missing)}" if sight.missing else ""
    gaps = len(sight.gaps) - bool(pruned)
    holes = f"; {gaps} gap{'s' if gaps > 1 else ''} of more than 6 hours" if gaps else ""
    holes += f"; {pruned}" if pruned else ""
    if sight.not_whole:
        of = " and ".join(sorted({one.verdict for one in sight.not_whole}))
        holes += f"; lineage verify found logs of that time {of}: see lineage coverage"
    return (
        f"based on {sight.events:,} events in {sight.hours:,} of {sight.hours_asked:,} hours of "
        f"{', '.join(sight.accounts)}{lacking}{holes}{f'; {unlogged}' if unlogged else ''}"
    )


Kind = Literal["started", "stopped", "deleted", "changed", "log bucket"]

WRITER = "cloudtrail.amazonaws.com"
BUCKET_CALLS = frozenset(
    f"s3:{name}"
    for name in (
        "DeleteBucket", "DeleteBucketPolicy", "PutBucketPolicy", "PutBucketAcl", "PutBucketLifecycle",
        "PutBucketLifecycleConfiguration", "PutBucketEncryption", "PutBucketReplication", "DeleteBucketReplication",
        "PutBucketVersioning", "PutBucketPublicAccessBlock", "DeleteObject", "DeleteObjects", "DeleteBucketLifecycle",
        "PutBucketOwnershipControls", "PutBucketLogging",
    )
)  # fmt: skip
"""Calls that can lose the logs in a bucket, keep new ones out of it, or let others read them."""


class Change(NamedTuple):
    """One call that changed what is recorded."""

    time: int
    kind: Kind
    api: str
    account: str | None
    """That of the trail, where it is known."""
    target: str
    """The trail or bucket as people name it."""
    apart: str
    """What distinguishes trails: account and name, for a request may give either name or ARN."""
    source: str
    """The caller, as a reference."""
    event_ids: tuple[str, ...]
    calls: int = 1


def changes(reader: Reader, window: Window = ALWAYS) -> list[Change]:
    """All changes in a window, in order of time, target and event ID."""
    deeds = reader.changes((schema.CHANGED,), window=window)
    found = [change for deed in deeds if (change := _of_deed(deed)) is not None]
    found += _of_buckets(reader, window)
    return sorted(found, key=lambda one: (one.time, one.target, one.event_ids))


def is_log(change: Change) -> bool:
    """Does the change concern CloudTrail's own logs, and not those of another service (GuardDuty, Config, …)?"""
    return change.api.startswith("cloudtrail:") or change.kind == "log bucket"


def ended(change: Change, later: Iterable[Change]) -> Change | None:
    """The call that set a trail going again after it was stopped or deleted."""
    return next((one for one in later if one.apart == change.apart and one.time >= change.time and _begins(one)), None)


def _begins(change: Change) -> bool:
    return change.kind == "started" or change.api in ("cloudtrail:CreateTrail", "cloudtrail:CreateEventDataStore")


def _of_deed(deed: ChangeEdge) -> Change | None:
    properties = deed.properties
    if properties.get("what") != "trail":
        return None
    after = properties.get("after")
    kinds: dict[object, Kind] = {"stopped": "stopped", "started": "started", "deleted": "deleted"}
    key = ref(deed.target).key
    account, name = _named(key)
    account = account or account_of(deed.source)
    return Change(
        deed.time, kinds.get(after, "changed"), str(properties["api"]), account, key,
        f"{account} {str(properties['api']).partition(':')[0]} {name}", deed.source, tuple(deed.event_ids),
    )  # fmt: skip


def _named(key: str) -> tuple[str | None, str]:
    """Account and bare name of a trail, whose requests give its ARN or its name.

    >>> _named("arn:aws:cloudtrail:eu-west-1:111122223333:trail/main")
    ('111122223333', 'main')
    >>> _named("111122223333:AWS::CloudTrail::Trail:main")
    ('111122223333', 'main')
    """
    arn = parse_arn(key)
    if arn is not None:
        return arn.account or None, arn.resource.rsplit("/", 1)[-1]
    account, _, rest = key.partition(":")
    return (account if account.isdigit() else None), rest.rsplit(":", 1)[-1]


def _of_buckets(reader: Reader, window: Window) -> list[Change]:
    """Changes of the buckets that trails write to, one for each caller, operation and hour."""
    buckets = log_buckets(reader)
    if not buckets:
        return []
    wanted = CallFilter("resource", tuple(f"arn:{part}:s3:::{name}" for name in buckets for part in PARTITIONS))
    found = []
    for row in reader.calls(wanted, window):
        by_service = row.invoked_by is not None or row.source == f"{schema.PRINCIPAL} {WRITER}"
        if row.row.api in BUCKET_CALLS and row.row.error is None and not by_service and row.row.target:
            name = row.row.target.id or row.row.target.key
            ids = tuple(row.event_ids[:EVENTS_SHOWN])
            apart = f"bucket {name}"
            account = row.row.account or account_of(row.source)
            found.append(Change(row.first, "log bucket", row.row.api, account, name, apart, row.source, ids, row.count))
    return found


def log_buckets(reader: Reader) -> list[str]:
    """The buckets that trails write to, as far as the logs name them: in CreateTrail and UpdateTrail, and in the calls
    by which CloudTrail itself looks at its bucket; sorted."""
    found: set[str] = set()
    for deed in reader.changes((schema.CHANGED,)):
        after = deed.properties.get("after")
        if deed.properties.get("what") == "trail" and isinstance(after, str) and "s3BucketName" in after:
            found.update(_names(after, "s3BucketName"))
    rows = grouped(reader.calls(CallFilter("principal", (WRITER,))), lambda row: row.row.api)
    for api in ("s3:GetBucketAcl", "s3:PutObject", "s3:GetBucketLocation"):
        for row in rows[api]:
            if row.row.target is not None and row.row.target.id:
                found.add(row.row.target.id)
            for sample in row.samples:
                found.update(_names(sample.parameters, "bucketName"))
    return sorted(found)


def _names(text: str | None, member: str) -> list[str]:
    """The value of a member of compact JSON, which may be cut."""
    result = json_value(text)
    value = result.get(member) if isinstance(result, dict) else None
    return [value] if isinstance(value, str) and value else []
