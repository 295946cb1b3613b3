"""The answer to `volume`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import History, Model, Scope, Sight, Subject


class Hour(Model):
    """One clock hour."""

    hour: str
    calls: int
    failed: int
    asked: int
    """Calls of what was asked about, among them."""
    usual: float | None
    """Median of the history's same hours of day with logs; null where it has none."""
    logged: bool
    """Is any event of the accounts loaded?"""
    in_scope: bool


class Part(Model):
    """Calls with one value in common."""

    value: str
    calls: int
    failed: int
    scope_calls: int
    first: str
    last: str


class Drill(Model):
    """All calls by one thing: the parts add up to the total in each column."""

    by: Literal["source IP", "call", "access key"]
    parts: list[Part]
    """Most calls first, at most ten; the rest is in `others`, which is last."""
    values: int
    """How many values there are."""


class Volume(Model):
    """How many calls an hour, and what is usual?"""

    schema_: Literal["lineage.volume/1"] = Field(default="lineage.volume/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    statement: str | None = None
    calls: int = 0
    """In all hours shown, of whom the history is of."""
    failed: int = 0
    scope_calls: int = 0
    asked_calls: int = 0
    """Calls of what was asked about, in all hours shown."""
    hours: list[Hour] = Field(default_factory=list)
    """In order of time: the scope, and twelve hours to either side."""
    truncated: bool = False
    """The hours are more than 744; these are the last."""
    drills: list[Drill] = Field(default_factory=list)
    history: History | None = None
    sight: Sight | None = None
    """Of the hours shown; `history` has its own."""
