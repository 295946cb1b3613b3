"""What `baseline`, `new` and `volume` begin with: the scope's calls, and the past that they are compared with."""

from __future__ import annotations

from typing import NamedTuple

from lineage.model.results import CallRow, Window
from lineage.questions.shared import grants
from lineage.questions.shared.history import enough, past
from lineage.questions.shared.history.past import Past
from lineage.questions.shared.models import History, Scope
from lineage.questions.shared.subjects import Subject, find, own_calls
from lineage.stores.reader import Reader


class Compared(NamedTuple):
    """A subject in its scope, and its past."""

    subject: Subject
    window: Window
    scope: Scope
    rows: list[CallRow]
    """The subject's calls in the scope."""
    past: Past
    before: list[CallRow]
    """The calls of the history."""
    history: History
    accounts: set[str]
    """The accounts whose logs it rests on."""
    loaded: set[str]


def compare(
    reader: Reader, ask: str, *, since: int | None, until: int | None, margin: int | None, days: int, gap: int | None,
    further: int = 0,
) -> Compared | None:  # fmt: skip
    """What an ask is compared with; None where the store knows nothing of it.

    `further` seconds after the scope will be looked at too. Raises `BadUse` for a history that cannot be.
    """
    subject = find(reader, ask)
    if subject is None:
        return None
    window, scope = past.scope_of(reader, subject, since, until, margin)
    window_before = past.window_of(window, days, gap)
    loaded = grants.loaded(reader)
    rows = own_calls(reader.calls(subject.which, window), loaded)
    span = Window(window_before.since, window.until + further if window.until is not None else None)
    mine = past.of(reader, subject, rows, span)
    before = past.calls(reader, mine, window_before, loaded)
    accounts = enough.accounts(subject, rows, loaded)
    history = enough.history(reader, subject, mine, before, window_before, accounts)
    return Compared(subject, window, scope, rows, mine, before, history, accounts, loaded)
