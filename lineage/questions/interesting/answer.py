"""`interesting`: calls that are worth a look: those that are no plain reads, sensitive reads, and what failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lineage.model.results import CallRow
from lineage.questions.interesting import Interesting, InterestingCall
from lineage.questions.interesting.techniques import VERSION, techniques
from lineage.questions.shared import grants, subject_calls, subjects
from lineage.questions.shared.log_coverage import sight
from lineage.questions.shared.subject_calls import TARGETS_SHOWN
from lineage.stores.reader import Reader


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    limit: int = 200,
) -> Interesting:  # fmt: skip
    """Sort the calls in the scope that are worth a look into three classes; at most `limit` lines of each."""
    subject = subjects.find(reader, ask)
    if subject is None:
        return Interesting(asked=ask, found=False)
    found = subject_calls.called(reader, subject, since, until, margin)
    classes: dict[str, list[CallRow]] = defaultdict(list)
    for row in found.rows:
        if (name := class_of(row)) is not None:
            classes[name].append(row)
    changes, sensitive, failed = (_lines(classes[name]) for name in ("change", "sensitive", "failed"))
    return Interesting(
        asked=ask, found=True, subject=subject.told(), whose=subject_calls.one_origin(reader, subject),
        scope=found.scope,
        attack_version=VERSION, calls=found.total,
        changes=changes[:limit], changes_total=len(changes),
        sensitive=sensitive[:limit], sensitive_total=len(sensitive),
        failed=failed[:limit], failed_total=len(failed),
        truncated=any(len(some) > limit for some in (changes, sensitive, failed)),
        sight=sight(reader, subject_calls.accounts(subject, found), found.window),
    )  # fmt: skip


def class_of(row: CallRow) -> str | None:
    """`failed`, `sensitive` or `change`; None of a plain read. A call that failed is in no other class."""
    if row.row.error is not None:
        return "failed"
    if row.row.sensitive:
        return "sensitive"
    return None if subject_calls.is_read_by_name(row.row.api) else "change"


def _lines(rows: Iterable[CallRow]) -> list[InterestingCall]:
    groups: dict[tuple[str, str | None], list[CallRow]] = defaultdict(list)
    for row in rows:
        groups[row.row.api, row.row.error].append(row)
    found = []
    for (api, error), members in groups.items():
        about = subject_calls.targets(members)
        found.append(
            InterestingCall(
                api=api, error=error, kind=subject_calls.kind_of(members[0]),
                read_only=not subject_calls.is_read_by_name(api) and subject_calls.kind_of(members[0]) == "read",
                techniques=techniques(api), count=sum(row.count for row in members),
                first=grants.first(members), last=grants.last(members),
                targets=about[:TARGETS_SHOWN], targets_total=len(about),
                parameters=subject_calls.parameters(members), event_ids=grants.earliest(members),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.first, one.api, one.error or ""))


__all__ = ["answer", "class_of"]
