"""The answer to `names`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Whose

Verdict = Literal["names-another", "names-origin", "names-nobody", "not-known"]


class Name(Model):
    """A session name or source identity that sessions of one role and one origin carried."""

    name: str
    what: Literal["session name", "source identity"]
    verdict: Verdict
    """Against the true origin: `names-nobody` is no lie, `not-known` that the chain is open."""
    why: str | None = None
    """Why it names no one."""
    others: list[str] = Field(default_factory=list)
    """Other known people of that name, at most 5; sorted."""
    set_by: Literal["caller", "identity provider", "console", "AWS service"]
    """Who writes such a name: only what a caller cannot choose, or a trust policy demands, is evidence."""
    demanded: int
    """Sessions among them whose role's trust policy, as logged, demanded it then."""
    whose: Whose
    role_arn: str | None
    sessions: int
    first: str
    last: str
    event_ids: list[str]


class Demanded(Model):
    """What a role's trust policy demanded from a time on, as logged."""

    since: str
    session_name: bool
    source_identity: bool
    readable: bool
    """Was the policy logged in full?"""
    event_ids: list[str]


class NamesOfRole(Model):
    """The session names of one role."""

    role_arn: str
    sessions: int
    naming: int
    """Sessions whose name identifies a known person: the origin or another."""
    names_origin: int
    names_another: int
    names_nobody: int
    not_known: int
    origins: int
    """Distinct known origins."""
    demands: list[Demanded]
    """Oldest first; empty where the logs do not show the policy. At most 20."""
    demanded: int
    """Sessions whose name or source identity the policy demanded when they were granted."""
    not_shown: int
    """Sessions at whose time the logs do not show the policy."""
    helps: Literal["yes", "no", "not known"]
    """Would requiring a name distinguish its callers?"""
    demand: Literal["sts:RoleSessionName", "sts:SourceIdentity"] | None = None
    """What to demand."""
    why: str


class Names(Model):
    """What session names and source identities say, against whose credentials the sessions were."""

    schema_: Literal["lineage.names/1"] = Field(default="lineage.names/1", alias="schema")
    asked: str | None
    """The role, null for all."""
    found: bool
    scope: Scope | None = None
    sessions: int = 0
    names_another: int = 0
    """Sessions by what their session name says."""
    names_origin: int = 0
    names_nobody: int = 0
    not_known: int = 0
    """Sessions whose name may be right: whose they were is not known."""
    unnamed: int = 0
    """Sessions without a session name, such as those of users: with them the five numbers add up to all sessions."""
    names: list[Name] = Field(default_factory=list)
    """Names of others first, then of the origin, of no one, unknown; most sessions first, then by name and role."""
    names_total: int = 0
    roles: list[NamesOfRole] = Field(default_factory=list)
    """Those where demanding a name would help first; most sessions first, then by ARN."""
    roles_total: int = 0
    truncated: bool = False
    sight: Sight | None = None

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.found else self.asked or "sessions with a name"
