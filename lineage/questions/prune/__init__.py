"""The answer to `prune`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model


class Prune(Model):
    """What a store forgot."""

    schema_: Literal["lineage.prune/1"] = Field(default="lineage.prune/1", alias="schema")
    store: str
    before: str
    """The time before which there is no usage any more: the latest of all calls of `prune`."""
    events: int
    """Events that were forgotten now; their facts and identities are kept."""
    rows: int
    """Rows of calls: calls of an hour that have all but time and parameters in common."""
    hours: int
    """Hours that had events."""
    bytes: int | None
    """Of the file, free for later loads; null in Neo4j, which does not tell."""
