"""The answer to `touched`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Whose


class Touch(Model):
    """Calls of one operation and outcome about a resource."""

    api: str
    kind: Literal["changed", "assumed", "read"]
    error: str | None
    count: int
    at_least: bool
    """Known from the examples of a row, and not from the target of every call."""
    first: str
    last: str
    event_ids: list[str]


class Toucher(Model):
    """What was done about a resource with the credentials of one origin."""

    whose: Whose
    nodes: list[str]
    """The sessions, keys and principals that called; sorted, at most 20."""
    nodes_total: int
    calls: int
    failed: int
    at_least: bool
    first: str
    last: str
    operations: list[Touch]
    """Changes first, then assumptions, then reads; by operation and error."""


class Deed(Model):
    """A change that the graph keeps: trust, permissions, keys, trails, workloads started or entered."""

    type: Literal["CREATED", "CHANGED", "STARTED"]
    what: str
    api: str
    time: str
    node: str
    credentials_of: str
    before: str | None = None
    after: str | None = None
    event_ids: list[str]


class Touched(Model):
    """Whose credentials changed or read this resource?"""

    schema_: Literal["lineage.touched/1"] = Field(default="lineage.touched/1", alias="schema")
    asked: str
    found: bool
    resources: list[str] = Field(default_factory=list)
    """Keys of the resources that the ask names, sorted; at most 20."""
    resources_total: int = 0
    scope: Scope | None = None
    calls: int = 0
    origins: list[Toucher] = Field(default_factory=list)
    """Whose credentials changed it are before those that did not; most calls first, then by first time."""
    origins_total: int = 0
    unresolved: int = 0
    """Of them: callers whose origin is not known, each for itself."""
    deeds: list[Deed] = Field(default_factory=list)
    """In order of time."""
    deeds_total: int = 0
    truncated: bool = False
    note: str | None = None
    """What the counts cannot say, in one sentence."""
    sight: Sight | None = None
