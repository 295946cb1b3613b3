"""The answer to `assumed`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Subject, Whose


class AssumedRole(Model):
    """Assumptions of one role in one way with one outcome."""

    role_arn: str
    """`unknown` where a refusal does not name it."""
    account: str | None
    coarse: Literal["federated", "console", "service", "CLI/SDK"]
    how: str
    """As `who` says it."""
    via: str | None
    outcome: str
    """`granted`, or the error."""
    hops: int
    """How many grants it is at least away from who was asked about: 1 for its own calls."""
    through: str | None
    """ARN of the role whose session called; null for its own calls."""
    count: int
    first: str
    last: str
    sessions: list[str]
    """Keys of the sessions that were granted, oldest first; at most 20."""
    event_ids: list[str]


class Assumed(Model):
    """Which roles has this identity assumed or tried?"""

    schema_: Literal["lineage.assumed/1"] = Field(default="lineage.assumed/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    """Of an event the origin of its chain, else what was asked for."""
    whose: Whose | None = None
    """Null where it represents several sessions or keys."""
    scope: Scope | None = None
    roles: list[AssumedRole] = Field(default_factory=list)
    """In order of hops, first time, role."""
    total: int = 0
    granted: int = 0
    refused: int = 0
    truncated: bool = False
    sight: Sight | None = None
