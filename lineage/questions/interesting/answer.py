"""`interesting`: calls that are worth a look: those that are no plain reads, sensitive reads, and what failed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lineage.model.operations import operation_of
from lineage.model.results import CallRow, grouped
from lineage.questions.interesting import Interesting, InterestingCall
from lineage.questions.interesting.techniques import VERSION, techniques
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.subjects import TARGETS_SHOWN
from lineage.stores.reader import Reader

_PLAIN_READ = re.compile("(?:Get|List|Head|Describe)(?![a-z])")


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    limit: int = 200,
) -> Interesting:  # fmt: skip
    """Sort the calls in the scope that are worth a look into three classes; at most `limit` lines of each."""
    subject = subjects.find(reader, ask)
    if subject is None:
        return Interesting(asked=ask, found=False)
    found = subjects.calls_of(reader, subject, since, until, margin)
    classes = grouped(found.rows, class_of)
    changes, sensitive, failed = (_lines(classes[name]) for name in ("change", "sensitive", "failed"))
    return Interesting(
        asked=ask, found=True, subject=subject.to_model(), whose=subjects.one_origin(reader, subject),
        scope=found.scope, attack_version=VERSION, calls=found.total,
        changes=changes[:limit], changes_total=len(changes),
        sensitive=sensitive[:limit], sensitive_total=len(sensitive),
        failed=failed[:limit], failed_total=len(failed),
        truncated=any(len(some) > limit for some in (changes, sensitive, failed)),
        sight=log_coverage(reader, subjects.accounts(subject, found.rows), found.window),
    )  # fmt: skip


def class_of(row: CallRow) -> str | None:
    """`failed`, `sensitive` or `change`; None of a plain read. A call that failed is in no other class."""
    if row.row.error is not None:
        return "failed"
    if row.row.sensitive:
        return "sensitive"
    return None if _is_plain_read(row.row.api) else "change"


def _is_plain_read(api: str) -> bool:
    """Does the name begin with Get, List, Head or Describe? That is the rule of this question, narrower than `is_read`.

    >>> [_is_plain_read(api) for api in ("ec2:DescribeInstances", "sts:Getaway", "sqs:ReceiveMessage")]
    [True, False, False]
    """
    return _PLAIN_READ.match(operation_of(api)) is not None


def _lines(rows: Iterable[CallRow]) -> list[InterestingCall]:
    groups = grouped(rows, lambda row: (row.row.api, row.row.error))
    found = []
    for (api, error), members in groups.items():
        about = subjects.targets(members)
        found.append(InterestingCall(
            api=api, error=error, kind=subjects.kind_of(members[0]),
            read_only=not _is_plain_read(api) and subjects.kind_of(members[0]) == "read",
            techniques=techniques(api), count=grants.total(members), first=grants.first(members),
            last=grants.last(members), targets=about[:TARGETS_SHOWN], targets_total=len(about),
            parameters=subjects.parameters(members), event_ids=grants.earliest(members),
        ))  # fmt: skip
    return sorted(found, key=lambda one: (one.first, one.api, one.error or ""))
