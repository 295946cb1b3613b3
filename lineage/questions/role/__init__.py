"""The answer to `role`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Whose


class RoleCaller(Model):
    """A principal that obtained sessions of the role, or was refused, with one origin behind it."""

    principal: str | None
    """Key of the immediate caller's principal."""
    kind: str | None
    """Its kind: `Role`, `IAMUser`, `AWSService`, …"""
    name: str | None
    account: str | None
    whose: Whose
    hows: list[str]
    """Sorted; empty of what was refused."""
    error: str | None = None
    count: int
    """Grants, or refusals; both accounts' copies of a call count once."""
    sessions: int
    first: str
    last: str
    event_ids: list[str]


class RoleTaken(Model):
    """A role that was assumed out of the role's sessions."""

    role_arn: str
    account: str | None
    origins: int
    """The number of distinct origins of its callers."""
    unresolved: bool
    """Callers without a known origin are behind it too."""
    hows: list[str]
    count: int
    sessions: int
    first: str
    last: str
    event_ids: list[str]


class RoleSession(Model):
    """A session of the role, or one that was obtained out of it."""

    key: str
    role_arn: str | None
    name: str | None
    begun: str
    last_used: str | None
    expires: str | None
    """As far as its grants say."""
    caller: str | None
    """Key of the session, key or principal that obtained it; null where that was not logged, or several fit."""
    how: str | None
    credentials_of: str
    confidence: str


class Role(Model):
    """Who has assumed this role, and which roles were assumed out of it?"""

    schema_: Literal["lineage.role/1"] = Field(default="lineage.role/1", alias="schema")
    asked: str
    found: bool
    role_arn: str | None = None
    account: str | None = None
    unique_ids: list[str] = Field(default_factory=list)
    """IDs of the role in its sessions, oldest first: a second one means that it was made again."""
    scope: Scope | None = None
    callers: list[RoleCaller] = Field(default_factory=list)
    """Most grants first, then by principal and origin."""
    callers_total: int = 0
    refused: list[RoleCaller] = Field(default_factory=list)
    """Who asked for it without success; most refusals first."""
    refused_total: int = 0
    refused_callers: int = 0
    """How many callers that are: who was refused with two errors is in `refused` twice."""
    taken: list[RoleTaken] = Field(default_factory=list)
    """Most grants first, then by ARN."""
    taken_total: int = 0
    sessions: list[RoleSession] = Field(default_factory=list)
    """Of the role, newest first."""
    sessions_total: int = 0
    ungranted: int = 0
    """Sessions of the role whose grant is not in the logs."""
    out: list[RoleSession] = Field(default_factory=list)
    """Obtained by sessions of the role, newest first."""
    out_total: int = 0
    truncated: bool = False
    sight: Sight | None = None
