"""`services`: which services an identity used in the days before, with those marked that are worth a look.

`lineage.questions.shared.history` decides whose calls these are: the resolved origin in its role over all
sessions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from lineage.model.results import CallRow, Window, grouped
from lineage.model.times import iso
from lineage.questions.services import Service, Services
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.history import DAY, past_calls, past_of
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Scope
from lineage.questions.shared.subjects import Subject, find
from lineage.stores.reader import Reader

MARKS: Final = {
    "EC2": ("ec2", "ec2-instance-connect"),
    "IAM": ("iam",),
    "Lambda": ("lambda",),
    "S3": ("s3", "s3express", "s3-outposts", "s3tables"),
    "SSM": ("ssm", "ssmmessages", "ssm-quicksetup"),
    "Secrets Manager": ("secretsmanager",),
    "database": (
        "rds", "rds-data", "dynamodb", "redshift", "redshift-data", "redshift-serverless", "elasticache", "memorydb",
        "docdb-elastic", "neptune-db", "neptune-graph", "athena", "timestream", "cassandra", "dsql", "qldb", "dax",
        "lakeformation", "glue", "es", "aoss",
    ),
}  # fmt: skip
"""By mark: services as the logs name them (`eventSource` without its ending)."""
_MARK = {service: mark for mark, services in MARKS.items() for service in services}


def answer(reader: Reader, ask: str, *, until: int | None = None, days: int = 7) -> Services:
    """Count the calls by service over the days before a time: the event's own, else the last call."""
    subject = find(reader, ask)
    if subject is None:
        return Services(asked=ask, found=False, days=days)
    end = until if until is not None else _end(reader, subject)
    window = Window(max(end - days * DAY, 0), end)
    history = past_of(reader, subject, reader.calls(subject.which, window), window)
    rows = past_calls(reader, history, window, None)
    return Services(
        asked=ask, found=True, subject=subject.to_model(), whose=history.whose, basis=history.basis, note=history.note,
        scope=Scope(since=iso(window.since or 0), until=iso(end), basis="activity" if until is None else "asked"),
        days=days, calls=sum(row.count for row in rows),
        sessions=len({session for row in rows if (session := session_key_of(row.source))}),
        services=_services(rows), sight=log_coverage(reader, subjects.accounts(subject, rows), window),
    )  # fmt: skip


def _end(reader: Reader, subject: Subject) -> int:
    """The time of the event that was asked for, else of the subject's last call, else when it began."""
    if subject.event is not None:
        return subject.event.time
    last = max((row.last for row in reader.calls(subject.which)), default=None)
    return last if last is not None else subjects.begun(subject) or 0


def _services(rows: Iterable[CallRow]) -> list[Service]:
    groups = grouped(rows, lambda row: row.row.api.partition(":")[0])
    result = [_service(name, members) for name, members in groups.items()]
    return sorted(result, key=lambda one: (one.mark is None, -one.calls, one.service))


def _service(name: str, rows: list[CallRow]) -> Service:
    well = [row for row in rows if row.row.error is None]
    return Service(
        service=name, mark=_MARK.get(name), calls=sum(row.count for row in rows), failed=grants.failed(rows),
        operations=len({row.row.api for row in rows}),
        changes=sum(row.count for row in well if subjects.kind_of(row) == "change"),
        sensitive=sum(row.count for row in well if row.row.sensitive),
        first=grants.first(rows), last=grants.last(rows), event_ids=grants.earliest(rows),
    )  # fmt: skip
