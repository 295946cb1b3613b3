"""The answer to `denied`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Counted, Model, Scope, Sight, Subject, Whose


class Success(Model):
    """The first time that a role was granted to those to whom it had been refused."""

    time: str
    event_ids: list[str]
    caller: str
    """Key of the node that called."""


class RefusedRole(Model):
    """A role that was refused."""

    role_arn: str
    """`unknown` where the refusal does not name it; no later success can be found for it."""
    errors: list[str]
    count: int
    first: str
    last: str
    event_ids: list[str]
    success: Success | None = None
    """The first grant of it to the same origin (or node, where that is unresolved) after the first refusal,
    whenever that was."""


class RefusedCaller(Model):
    """Whose assumptions were refused."""

    whose: Whose
    nodes: list[str]
    """The sessions, keys and principals that called; sorted, at most 20."""
    nodes_total: int
    count: int
    first: str
    last: str
    roles: list[RefusedRole]
    """In order of first time and role."""
    roles_total: int


class DeniedCalls(Model):
    """Refused calls of one operation by one origin."""

    whose: Whose
    api: str
    error: str
    count: int
    first: str
    last: str
    event_ids: list[str]
    nodes: list[str] = Field(default_factory=list)
    """The sessions, keys and principals that called; sorted, at most 20."""
    nodes_total: int = 0


class Burst(Model):
    """Many refusals of one origin over many services, operations or roles within a short time."""

    kind: Literal["permissions", "roles"] = "permissions"
    """`roles`: role enumeration, assumptions of many different roles refused within a minute."""
    whose: Whose
    nodes: list[str]
    nodes_total: int
    first: str
    last: str
    count: int
    services: list[str]
    operations: list[Counted]
    """Most refusals first, then by name; at most 50. `failed` counts the refusals."""
    operations_total: int
    roles: list[str] = Field(default_factory=list)
    """Of role enumeration, the roles that were refused, sorted; at most 50."""
    roles_total: int = 0
    succeeded: int
    """Calls of the same nodes in the same stretch that were not refused and did not fail."""
    event_ids: list[str]


class Denied(Model):
    """Which calls were refused, and what came after?"""

    schema_: Literal["lineage.denied/1"] = Field(default="lineage.denied/1", alias="schema")
    asked: str | None
    """Null: the whole store."""
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    calls: int = 0
    """Refused calls; refused assumptions, for any reason, are part of them."""
    assumptions: list[RefusedCaller] = Field(default_factory=list)
    """Most refusals first, then by first time."""
    assumptions_total: int = 0
    callers: int = 0
    """How many callers were refused a role. Each session whose origin is not known is in `assumptions` for itself; here
    those of one principal are one caller."""
    bursts: list[Burst] = Field(default_factory=list)
    """In order of time."""
    bursts_total: int = 0
    operations: list[DeniedCalls] = Field(default_factory=list)
    """Most refusals first, then by operation, error and origin."""
    operations_total: int = 0
    truncated: bool = False
    rule: str
    """What counts as a burst."""
    sight: Sight | None = None

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.found else self.asked or "refused calls"
