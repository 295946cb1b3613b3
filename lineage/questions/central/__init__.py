"""The answer to `central`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Sight, Whose


class RolePassed(Model):
    """A role that chains pass through; counted by role, not by one chain, are the measures so called."""

    role_arn: str
    through: int
    """Chains that go on from it."""
    chains: int
    """Chains that it is on."""
    origins: int
    """Distinct known origins of these chains."""
    assumed_by: int
    """By role: roles whose sessions obtained it."""
    assumes: int
    """By role: roles that its sessions obtained."""
    betweenness: float | None
    """By role: the share of shortest ways between other roles that lead through it; null if it was not worked out."""


class Entry(Model):
    """An origin, by the accounts that its chains reached."""

    whose: Whose
    accounts: list[str]
    """Sorted; at most 20."""
    accounts_total: int
    roles: int
    sessions: int
    depth: int
    """Hops of its longest chain."""
    first: str
    last: str


class RoleGroup(Model):
    """Roles of which each led to each other one. By role, not one chain."""

    roles: list[str]
    """ARNs, sorted; at most 20."""
    size: int
    accounts: list[str]
    """Sorted; at most 20."""


class LongChain(Model):
    """One path of roles, and all chains that went it."""

    depth: int
    """Role sessions, one after another."""
    count: int
    """Chains of that path."""
    origins: int
    """How many distinct origins they have."""
    whose: Whose
    """Whose the newest of them is."""
    roles: list[str]
    """ARNs, first to last; of a longer chain the first 20."""
    session: str
    """Key of the last session of the newest."""
    first: str
    last: str


class Central(Model):
    """What many chains have in common."""

    schema_: Literal["lineage.central/1"] = Field(default="lineage.central/1", alias="schema")
    found: bool
    sessions: int
    chains: int
    """Chains of two and more role sessions that nothing goes on from."""
    roles: list[RolePassed]
    """Most chains through it first, then by chains and ARN."""
    roles_total: int
    entries: list[Entry]
    """Most accounts first, then most roles and sessions, then by origin."""
    entries_total: int
    groups: list[RoleGroup]
    """Largest first, then by roles."""
    groups_total: int
    longest: list[LongChain]
    """Deepest first, then most frequent, then by roles."""
    longest_total: int
    betweenness: str
    """How the measure was worked out: of all roles, or from a sample."""
    truncated: bool
    sight: Sight

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.found else "sessions"
