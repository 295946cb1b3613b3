"""The answer to `cross_account`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import LoadedTo, Model


class Crossing(Model):
    """How often principals of one account assumed roles of another."""

    from_account: str
    from_name: str | None
    to_account: str
    to_name: str | None
    count: int
    callers: int
    """Principals that called, told apart by the origins behind them, as in `role`."""
    roles: int
    hows: list[str]
    first: str
    last: str
    role_arns: list[str]
    """At most 20, sorted."""
    event_ids: list[str] = Field(default_factory=list)
    """Of the last grants, oldest first; at most 5."""


class CrossAccount(Model):
    """Which accounts' principals assumed into which."""

    schema_: Literal["lineage.cross_account/1"] = Field(default="lineage.cross_account/1", alias="schema")
    total: int
    crossings: list[Crossing]
    """Most frequent first, then by accounts."""
    newest: list[LoadedTo] = Field(default_factory=list)
    """How far the logs of the accounts on the chains are loaded; by account."""

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.total else "assumptions between accounts"
