"""What was done to the recording of events: trails, event data stores, detectors, and the buckets that trails write to.

The graph keeps such changes as `CHANGED` deeds (`what` is `trail`); changes of a bucket are calls about it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.arn import parse_arn
from lineage.model.keys import ref
from lineage.model.results import ALWAYS, CallFilter, CallRow, ChangeEdge, Window
from lineage.questions.shared.grants import EVENTS_SHOWN, account_of
from lineage.stores.reader import Reader

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
    """What tells trails apart: account and name, for a request may give either name or ARN."""
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
    wanted = CallFilter("resource", tuple(f"arn:{part}:s3:::{name}" for name in buckets for part in _PARTITIONS))
    found = []
    for row in reader.calls(wanted, window):
        if row.row.api in BUCKET_CALLS and row.row.error is None and not _by_service(row) and row.row.target:
            name = row.row.target.id or row.row.target.key
            ids = tuple(row.event_ids[:EVENTS_SHOWN])
            apart = f"bucket {name}"
            account = row.row.account or account_of(row.source)
            found.append(Change(row.first, "log bucket", row.row.api, account, name, apart, row.source, ids, row.count))
    return found


_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


def _by_service(row: CallRow) -> bool:
    return row.invoked_by is not None or row.source == f"{schema.PRINCIPAL} {WRITER}"


def log_buckets(reader: Reader) -> list[str]:
    """The buckets that trails write to, as far as the logs name them: in CreateTrail and UpdateTrail, and in the calls
    by which CloudTrail itself looks at its bucket; sorted."""
    found: dict[str, None] = {}
    for deed in reader.changes((schema.CHANGED,)):
        after = deed.properties.get("after")
        if deed.properties.get("what") == "trail" and isinstance(after, str) and "s3BucketName" in after:
            found.update(dict.fromkeys(_names(after, ("s3BucketName",))))
    rows: dict[str, list[CallRow]] = defaultdict(list)
    for row in reader.calls(CallFilter("principal", (WRITER,))):
        rows[row.row.api].append(row)
    for api in ("s3:GetBucketAcl", "s3:PutObject", "s3:GetBucketLocation"):
        for row in rows[api]:
            if row.row.target is not None and row.row.target.id:
                found[row.row.target.id] = None
            for sample in row.samples:
                found.update(dict.fromkeys(_names(sample.parameters, ("bucketName",))))
    return sorted(found)


def _names(text: str | None, members: tuple[str, ...]) -> list[str]:
    """Values of members in compact JSON, which may be cut."""
    try:
        told = msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, RecursionError):
        return []
    if not isinstance(told, dict):
        return []
    return [value for member in members if isinstance(value := told.get(member), str) and value]
