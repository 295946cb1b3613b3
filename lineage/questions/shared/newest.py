"""How far the logs behind an answer are loaded: the newest event of each account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineage.model.times import iso
from lineage.questions.shared.models import LoadedTo
from lineage.stores.reader import Reader

NEWEST_SHOWN = 5


def newest(reader: Reader, accounts: Iterable[str | None]) -> list[LoadedTo]:
    """The newest loaded event of some accounts, by account; those without logs are left out.

    Examples
    --------
    >>> [(one.account, one.time) for one in newest(incident(), ["804275613390", None, "111122223333"])]
    [('804275613390', '2026-03-12T17:55:30Z')]
    """
    found = []
    for account in sorted({account for account in accounts if account}):
        last = reader.logs_around(account, 0).last
        if last is not None:
            found.append(LoadedTo(account=account, time=iso(last)))
    return found


def loaded_to(found: Sequence[LoadedTo]) -> str:
    """How far the logs are loaded, in one line.

    >>> loaded_to([LoadedTo(account="804275613390", time="2026-03-12T17:55:30Z")])
    'loaded up to: 804275613390 2026-03-12 17:55:30Z'
    """
    shown = [f"{one.account} {one.time.replace('T', ' ')}" for one in found[:NEWEST_SHOWN]]
    more = [f"and {len(found) - NEWEST_SHOWN:,} more accounts"] if len(found) > NEWEST_SHOWN else []
    return f"loaded up to: {', '.join([*shown, *more])}" if found else ""
