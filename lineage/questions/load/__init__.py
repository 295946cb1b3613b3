"""The answer to `load`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import LoadSums, Model


class AsideAt(Model):
    """A record that was set aside: where and why."""

    path: str
    index: int
    offset: int | None
    reason: str


class Unreadable(Model):
    """An object, or a prefix, of S3 that could not be read or listed, and why."""

    path: str
    reason: str


class Load(Model):
    """What a load did: its sums, and the first places that were set aside."""

    schema_: Literal["lineage.load/1"] = Field(default="lineage.load/1", alias="schema")
    sums: LoadSums
    aside: list[AsideAt]
    """At most the first 1,000."""
    aside_total: int
    known: int = 0
    """Objects of S3 that were loaded before, by key, ETag and size, and so not read."""
    unreadable: list[Unreadable] = Field(default=[])
    """At most the first 1,000; they are among what was set aside too."""
    unreadable_total: int = 0
