"""`services`: which services an identity used in the days before, with those marked that are worth a look.

`lineage.questions.shared.history.past` decides whose calls these are: the resolved origin in its role over all
sessions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from lineage.model.results import CallRow, Window
from lineage.model.times import iso
from lineage.questions.services import Service, Services
from lineage.questions.shared import grants, subject_calls, subjects
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.history import past
from lineage.questions.shared.log_coverage import sight
from lineage.questions.shared.models import Scope
from lineage.stores.reader import Reader

DATABASE: Final = "database"
MARKS: Final = {
    "EC2": ("ec2", "ec2-instance-connect"),
    "IAM": ("iam",),
    "Lambda": ("lambda",),
    "S3": ("s3", "s3express", "s3-outposts", "s3tables"),
    "SSM": ("ssm", "ssmmessages", "ssm-quicksetup"),
    "Secrets Manager": ("secretsmanager",),
    DATABASE: (
        "rds", "rds-data", "dynamodb", "redshift", "redshift-data", "redshift-serverless", "elasticache", "memorydb",
        "docdb-elastic", "neptune-db", "neptune-graph", "athena", "timestream", "cassandra", "dsql", "qldb", "dax",
        "lakeformation", "glue", "es", "aoss",
    ),
}  # fmt: skip
"""By mark: services as the logs name them (`eventSource` without its ending)."""
_MARK = {service: mark for mark, services in MARKS.items() for service in services}


def answer(reader: Reader, ask: str, *, until: int | None = None, days: int = 7) -> Services:
    """Count the calls by service over the days before a time: the event's own, else the last call."""
    subject = subjects.find(reader, ask)
    if subject is None:
        return Services(asked=ask, found=False, days=days)
    end = until if until is not None else _end(reader, subject)
    window = Window(max(end - days * past.DAY, 0), end)
    history = past.of(reader, subject, reader.calls(subject.which, window), window)
    # Both accounts' copies of a call can only meet where no node is asked for.
    both = subject.kind in ("address", "agent")
    rows = past.calls(reader, history, window, grants.loaded(reader) if both else set())
    return Services(
        asked=ask, found=True, subject=subject.told(), whose=history.whose, basis=history.basis, note=history.note,
        scope=Scope(since=iso(window.since or 0), until=iso(end), basis="activity" if until is None else "asked"),
        days=days, calls=sum(row.count for row in rows),
        sessions=len({session for row in rows if (session := session_key_of(row.source))}),
        services=_services(rows), sight=sight(reader, _accounts(subject, rows), window),
    )  # fmt: skip


def _end(reader: Reader, subject: subjects.Subject) -> int:
    """The time of the event that was asked for, else of the subject's last call, else when it began."""
    if subject.event is not None:
        return subject.event.time
    last = max((row.last for row in reader.calls(subject.which)), default=None)
    return last if last is not None else subject_calls.begun(subject) or 0


def _accounts(subject: subjects.Subject, rows: Iterable[CallRow]) -> set[str | None]:
    return subject_calls.own_accounts(subject) | {row.row.account for row in rows}


def _services(rows: Iterable[CallRow]) -> list[Service]:
    groups: dict[str, list[CallRow]] = defaultdict(list)
    for row in rows:
        groups[row.row.api.partition(":")[0]].append(row)
    told = [_service(name, members) for name, members in groups.items()]
    return sorted(told, key=lambda one: (one.mark is None, -one.calls, one.service))


def _service(name: str, rows: list[CallRow]) -> Service:
    well = [row for row in rows if row.row.error is None]
    return Service(
        service=name, mark=mark(name), calls=sum(row.count for row in rows), failed=subject_calls.failed(rows),
        operations=len({row.row.api for row in rows}),
        changes=sum(row.count for row in well if subject_calls.kind_of(row) == "change"),
        sensitive=sum(row.count for row in well if row.row.sensitive),
        first=grants.first(rows), last=grants.last(rows), event_ids=grants.earliest(rows),
    )  # fmt: skip


def mark(service: str) -> str | None:
    """What a service is marked as, None where it is not.

    >>> mark("dynamodb"), mark("secretsmanager"), mark("sqs")
    ('database', 'Secrets Manager', None)
    """
    return _MARK.get(service)


__all__ = ["answer", "mark"]
