"""The answer to `load --dry-run`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model


class Files(Model):
    """Files of one kind, account or day."""

    name: str
    files: int
    bytes: int
    loaded: int
    """Files that are in the store already."""


class Sample(Model):
    """What was read to estimate a load."""

    files: int
    bytes: int
    events: int
    reading_seconds: float
    writing_seconds: float
    """Into a SQLite file that is deleted again."""
    deriving_seconds: float


class Estimate(Model):
    """What a load would read, how much of it is loaded already, and how long it will take."""

    schema_: Literal["lineage.estimate/1"] = Field(default="lineage.estimate/1", alias="schema")
    files: int
    bytes: int
    loaded_files: int
    """Files that the store has under that path and with that size. A load reads them again, which changes nothing."""
    loaded_bytes: int
    kinds: list[Files]
    """By name: what CloudTrail calls its files, all others by their ending."""
    accounts: list[Files]
    """By account, of the files whose names tell."""
    days: list[Files]
    """By the day on which CloudTrail wrote the file, of the files whose names tell."""
    processes: int
    """How many processes will read."""
    sample: Sample
    events: int | None
    """About how many events there are; null where the sample has no bytes."""
    seconds: float | None
    """About how long the load will take."""
    at_least: bool = False
    """Are the seconds only those of reading? Writing comes in addition."""
    store_bytes: int | None
    """By about how much a SQLite store grows if nothing is loaded yet; null for Neo4j."""
    how: str
    """How it was estimated, in a sentence."""
