"""The answer to `new`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import History, Model, Scope, Sight, Subject

DimensionName = Literal[
    "call", "service", "region", "agent family", "source IP", "network", "country", "city", "autonomous system",
    "sign-in source IP", "sign-in network", "sign-in country", "sign-in city", "sign-in autonomous system",
    "sign-in agent family",
]  # fmt: skip


class NewValue(Model):
    """A value of the scope that the history does not have."""

    value: str
    calls: int
    failed: int
    first: str
    last: str
    event_ids: list[str]
    note: str | None = None
    """What limits what it says."""


class Dimension(Model):
    """One kind of value, in the scope and in the history."""

    name: DimensionName
    new: list[NewValue]
    """In order of their first call, then of the value."""
    new_total: int
    known: int
    """Values of the scope that the history has too."""
    before: int
    """Values of the history."""


class Jump(Model):
    """An operation whose busiest hour of the scope is well above its history."""

    api: str
    hour: str
    calls: int
    """In that hour, within the scope."""
    busiest: int
    """Calls in the busiest hour of the history."""
    median: float
    """Of the hours of the history that have this call."""
    deviation: float
    """The median absolute deviation of these hours."""
    hours: int
    """How many such hours there are."""
    event_ids: list[str]


class New(Model):
    """What is new in the scope against the history?"""

    schema_: Literal["lineage.new/1"] = Field(default="lineage.new/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    verdict: Literal["new", "nothing new", "too little history", "no calls"] | None = None
    statement: str | None = None
    calls: int = 0
    """In the scope."""
    dimensions: list[Dimension] = Field(default_factory=list)
    """Always in one order; those of places only with the databases that they need."""
    jumps: list[Jump] = Field(default_factory=list)
    """In order of the operation."""
    jumps_total: int = 0
    statistic: str = ""
    """When volume is called a jump."""
    databases: list[str] = Field(default_factory=list)
    """Types of the geographic databases that were used."""
    truncated: bool = False
    history: History | None = None
    sight: Sight | None = None
    """Of the scope; `history` has its own."""
