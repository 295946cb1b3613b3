"""The answer to `trace`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, LoadedTo, Model, Subject


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
    relation: Literal["asked", "origin", "own", "assumed", "issued", "made", "candidate"]
    """How it hangs on the branch above: `made` goes through a key or user made for another user, `candidate` is one
    of several callers that fit, `own` is a key or session of the user above. At the top: `origin` where the chain to
    what was asked begins, `asked` where nothing is known above it."""
    asked: bool = False
    """Is it what was asked about? Of the branches above it nothing is counted."""
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
    """Every session and key that came from an identity, with what was done and tried, below the chain to it."""

    schema_: Literal["lineage.trace/1"] = Field(default="lineage.trace/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    """Set of a user or other person that was asked about, and of what stands for a session that is not known."""
    sessions: int
    credentials: int
    calls: int
    truncated: bool
    roots: list[Branch]
    """Where the chains to what was asked begin, in order of time. Branches and calls of each are in order of time."""
    newest: list[LoadedTo] = Field(default_factory=list)
    """How far the logs of the accounts on the chains are loaded; by account."""
    loaded_at: str | None = None
    """When the load ended that brought the last of the events that the answer cites, of at most fifty, the latest ones;
    null where that is not known."""

    def branches(self) -> Iterator[tuple[Branch, Branch | None]]:
        """Every branch with the one above it, each after that; without recursion, for renewals make long chains."""
        return walk(self.roots)

    def below(self) -> Iterator[tuple[Branch, Branch | None]]:
        """As `branches`, without those above what was asked."""
        return walk(self.starts())

    def starts(self) -> list[Branch]:
        """What was asked about."""
        return [branch for branch, _ in self.branches() if branch.asked]


def walk(roots: Sequence[Branch]) -> Iterator[tuple[Branch, Branch | None]]:
    """The branches of trees with the one above each, as `Trace.branches`."""
    waiting: list[tuple[Branch, Branch | None]] = [(root, None) for root in reversed(roots)]
    while waiting:
        branch, parent = waiting.pop()
        yield branch, parent
        waiting += [(child, branch) for child in reversed(branch.children)]
