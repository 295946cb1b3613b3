"""The answer to `show`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lineage.questions.shared.models import Model


class Place(Model):
    """One place where a record lies."""

    path: str
    index: int
    """Position among the records of the file, from 0."""
    sha256: str
    """Of the file as it lies on disk now."""
    loaded_sha256: str | None
    """Of the file when it was loaded; null if it was not."""
    record: dict[str, Any]
    """As logged, secrets removed."""


class Shown(Model):
    """The raw records of an event, secrets removed."""

    schema_: Literal["lineage.show/1"] = Field(default="lineage.show/1", alias="schema")
    event_id: str
    found: bool
    places: list[Place]
    """Those of the ID itself; of an addendum then those of the event that it amends; of another account's copy of a
    call then the caller's own copies."""
    note: str | None = None

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.found else self.event_id
