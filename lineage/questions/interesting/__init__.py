"""The answer to `interesting`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import CallKind, Model, Scope, Sight, Subject, Whose


class Technique(Model):
    """A technique of MITRE ATT&CK that an operation is a known step of."""

    id: str
    name: str
    tactics: list[str]


class InterestingCall(Model):
    """Calls of one operation with one outcome that are worth a look."""

    api: str
    error: str | None
    """Of failed calls."""
    kind: CallKind
    """What the call is, or would have been."""
    read_only: bool
    """Logged as a read, although its name does not begin as a read's."""
    techniques: list[Technique]
    """In order of ID; none where no technique is well established."""
    count: int
    first: str
    last: str
    targets: list[str]
    """Sorted, at most five."""
    targets_total: int
    parameters: list[str]
    """The earliest different ones, at most three."""
    event_ids: list[str]


class Interesting(Model):
    """Which calls are worth a look?"""

    schema_: Literal["lineage.interesting/1"] = Field(default="lineage.interesting/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    scope: Scope | None = None
    attack_version: str | None = None
    """Of MITRE ATT&CK, for the techniques below."""
    calls: int = 0
    """All calls in the scope."""
    changes: list[InterestingCall] = Field(default_factory=list)
    """Successful calls whose name does not begin with Get, List, Head or Describe, and that are not sensitive; in
    order of first time, operation and error, as the other two."""
    changes_total: int = 0
    sensitive: list[InterestingCall] = Field(default_factory=list)
    """Successful calls that hand out credentials, secrets or data, or are a first look around."""
    sensitive_total: int = 0
    failed: list[InterestingCall] = Field(default_factory=list)
    """Whatever they are."""
    failed_total: int = 0
    truncated: bool = False
    sight: Sight | None = None
