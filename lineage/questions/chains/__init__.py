"""The answer to `chains`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, LoadedTo, Model


class Chain(Model):
    """One path of roles, and all the chains that went it."""

    roles: list[str]
    """Role ARNs from the first to the last."""
    accounts: list[str]
    """Accounts on the path, in order of first appearance; sorted texts of the roles' accounts and the origin's."""
    origins: list[str]
    """Keys of the origins, sorted; at most 20."""
    depth: int
    """Number of roles on the path."""
    count: int
    cross_account: bool
    confidence: Confidence
    """That of its surest chain; each chain is as sure as its weakest hop."""
    confidences: dict[Confidence, int] = Field(default_factory=dict)
    """How many of its chains are of each confidence, the surest first."""
    first: str
    last: str
    sessions: list[str]
    """Keys of the last sessions, oldest first; at most 5."""
    event_ids: list[list[str]] = Field(default_factory=list)
    """Of each of the roles, the grants by which the chains of these sessions came into it; none where not logged."""


class Chains(Model):
    """All longest role paths of two and more roles."""

    schema_: Literal["lineage.chains/1"] = Field(default="lineage.chains/1", alias="schema")
    total: int
    chains: list[Chain]
    """Deepest first, then most frequent, then by roles."""
    newest: list[LoadedTo] = Field(default_factory=list)
    """How far the logs of the accounts on the chains are loaded; by account."""

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.total else "role paths of that kind"
