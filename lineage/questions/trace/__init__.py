"""The answer to `trace`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, Model, Subject


class Done(Model):
    """Calls of one operation and outcome by one identity."""

    action: str
    error: str | None
    count: int
    first: str
    last: str
    sensitive: bool
    event_ids: list[str]


class TriedRole(Model):
    """A role that was asked for and refused."""

    role_arn: str
    error: str | None
    count: int
    first: str
    last: str
    event_ids: list[str]


class Branch(Model):
    """One session, key or principal of a trace, with what was done and what came from it."""

    ref: str
    label: str
    key: str
    relation: Literal["asked", "assumed", "issued", "made", "candidate"]
    """How it hangs on the branch above: `made` goes through a key or user made for another user, `candidate` is one
    of several callers that fit."""
    how: str | None
    time: str | None
    role_arn: str | None
    session_name: str | None
    account: str | None
    confidence: Confidence
    event_ids: list[str]
    done: list[Done]
    tried: list[TriedRole]
    calls: int
    first: str | None
    last: str | None
    children: list[Branch]


class Trace(Model):
    """Every session and key that came from an identity, with what was done and tried."""

    schema_: Literal["lineage.trace/1"] = Field(default="lineage.trace/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    """Set of a user or other person that was asked about."""
    sessions: int
    credentials: int
    calls: int
    truncated: bool
    roots: list[Branch]

    def branches(self) -> Iterator[tuple[Branch, Branch | None]]:
        """Every branch with the one above it, each after that; without recursion, for renewals make long chains."""
        waiting: list[tuple[Branch, Branch | None]] = [(root, None) for root in reversed(self.roots)]
        while waiting:
            branch, parent = waiting.pop()
            yield branch, parent
            waiting += [(child, branch) for child in reversed(branch.children)]
