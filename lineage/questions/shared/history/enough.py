"""How much history there is, and whether it is enough to say that something is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from lineage.model.results import CallRow, Window
from lineage.model.times import iso
from lineage.questions.shared import grants
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.history.past import DAY, HOUR, Past
from lineage.questions.shared.log_coverage import sight
from lineage.questions.shared.models import History, SameCredential
from lineage.questions.shared.subjects import Subject
from lineage.questions.shared.whose import one
from lineage.stores.reader import Reader

LEAST_DAYS: Final = 3
LEAST_CALLS: Final = 20
LEAST_LOGGED: Final = 0.5
"""A history of fewer days with calls, of fewer calls, or with logs of a smaller part of its days, is too little."""


def accounts(subject: Subject, rows: Iterable[CallRow], loaded: set[str]) -> set[str]:
    """The accounts whose logs a past rests on: the identity's own, else those of the calls."""
    own = {account for start in subject.starts if (account := grants.account_of(start))}
    if subject.kind == "account" and subject.key:
        own = {subject.key}
    return own or {row.row.account for row in rows if row.row.account} or loaded


def history(
    reader: Reader, subject: Subject, past: Past, rows: Sequence[CallRow], window: Window, logs: Iterable[str]
) -> History:
    """How much history there is, and whether it is enough. `rows` are its calls, `logs` the accounts."""
    looked = sight(reader, logs, window)
    since, until = window.since or 0, window.until or 0
    logged = {hour.hour * HOUR // DAY for account in looked.accounts for hour in reader.coverage(account, window)}
    asked = until // DAY - since // DAY + 1
    days = {row.row.hour * HOUR // DAY for row in rows}
    count = sum(row.count for row in rows)
    credential = [row for row in rows if _is_credential(subject, row)]
    lacking = []
    if len(logged) < asked * LEAST_LOGGED:
        lacking.append(f"logs on {len(logged)} of {asked} days")
    if count < LEAST_CALLS:
        lacking.append(f"{count:,} call{'' if count == 1 else 's'}, fewer than {LEAST_CALLS}")
    if len(days) < LEAST_DAYS:
        lacking.append(f"calls on {len(days)} day{'' if len(days) == 1 else 's'}, fewer than {LEAST_DAYS}")
    return History(
        basis=past.basis, note=past.note, whose=past.whose, origins=_origins(reader, past, rows),
        since=iso(since), until=iso(until), calls=count, failed=failed(rows),
        sessions=len({key for row in rows if (key := session_key_of(row.source))}), days=len(days),
        first=grants.first(rows) if rows else None, last=grants.last(rows) if rows else None,
        logged_days=len(logged), asked_days=asked, enough=not lacking, lacking=lacking,
        credential=SameCredential(
            calls=sum(row.count for row in credential), first=grants.first(credential), last=grants.last(credential),
            event_ids=grants.earliest(credential),
        ) if credential else None,
        sight=looked,
    )  # fmt: skip


def _is_credential(subject: Subject, row: CallRow) -> bool:
    """Was it made with the very key or session that was asked about?"""
    if subject.kind == "key":
        return row.access_key_id == subject.key
    return subject.kind == "session" and session_key_of(row.source) in subject.which.values


def _origins(reader: Reader, past: Past, rows: Iterable[CallRow]) -> int | None:
    """How many distinct origins made the calls; not counted for what is no identity."""
    if past.origins is not None or past.basis == "own calls":
        return past.origins
    nodes = {row.source for row in rows}
    graph = reader.ascend(nodes)
    return len({one(reader, graph, node).key for node in nodes})


def failed(rows: Iterable[CallRow]) -> int:
    """How many calls failed."""
    return sum(row.count for row in rows if row.row.error is not None)


def days_of(rows: Iterable[CallRow]) -> int:
    """On how many days (UTC) there were calls."""
    return len({row.row.hour * HOUR // DAY for row in rows})


def rests_on(history: History) -> str:
    """What a verdict rests on, in words."""
    looked = history.sight
    where = ", ".join(looked.accounts) or "any account"
    lack = f"; not loaded: {', '.join(looked.missing)}" if looked.missing else ""
    chosen = ", so that the address is the same says nothing" if history.basis == "source IP" else ""
    return (
        f"{history.calls:,} call{'' if history.calls == 1 else 's'} on {history.days:,} "
        f"day{'' if history.days == 1 else 's'} ({history.basis}{chosen}), logs of {where} in {looked.hours:,} of "
        f"{looked.hours_asked:,} hours from {history.since} to {history.until}{lack}"
    )


def about_credential(history: History) -> list[str]:
    """That the history holds the very credential in question, if it does."""
    if history.credential is None:
        return []
    many = history.credential.calls
    return [f"{many:,} of these calls {'was' if many == 1 else 'were'} made with the very credential in question"]
