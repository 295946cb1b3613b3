"""`lineage show`: the raw record, beside the hash that the store kept of its file."""

from __future__ import annotations

from collections.abc import Sequence

from lineage.commands import guard
from lineage.model.errors import StoreUnreachable
from lineage.questions.show import Shown
from lineage.show import show as search


def show(store: str, event_id: str, logs: Sequence[str]) -> Shown:
    """The records of an event below `logs`. A store is not needed; without one no file was loaded."""
    try:
        lineage = guard.opened(store)
    except StoreUnreachable:
        return search(event_id, logs, lambda path: None)
    with lineage:
        return search(event_id, logs, lineage.file_hash)
