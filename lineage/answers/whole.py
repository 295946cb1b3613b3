"""The answers about the whole store: `names`, `hunt`, `coverage`, `central`.

Evidence is the earliest event IDs, at most five of a line; its count says how many there are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from lineage.answers.base import Confidence, Model, Scope, Sight, Whose

Verdict = Literal["names-another", "names-origin", "names-nobody", "not-known"]


class Name(Model):
    """A session name or source identity that sessions of one role and one origin carried."""

    name: str
    what: Literal["session name", "source identity"]
    verdict: Verdict
    """Against the true origin: `names-nobody` is no lie, `not-known` that the chain is open."""
    why: str | None = None
    """Why it names nobody."""
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
    """Would demanding a name tell its callers apart?"""
    demand: Literal["sts:RoleSessionName", "sts:SourceIdentity"] | None = None
    """What to demand."""
    why: str


class Names(Model):
    """What session names and source identities say, against whose credentials the sessions were."""

    name: ClassVar[str] = "names"
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
    """Names of others first, then of the origin, of nobody, unknown; most sessions first, then by name and role."""
    names_total: int = 0
    roles: list[NamesOfRole] = Field(default_factory=list)
    """Those where demanding a name would help first; most sessions first, then by ARN."""
    roles_total: int = 0
    truncated: bool = False
    sight: Sight | None = None


class Finding(Model):
    """Something that a rule found."""

    rule: str
    title: str
    statement: str
    """What the logs show, in a sentence or two; of credentials, never of hands."""
    whose: Whose | None
    subject: str
    """The node that it is about, as a reference."""
    account: str | None
    confidence: Confidence
    """How sure it is that the logs show this, not that it is an attack."""
    count: int
    """Events behind it."""
    first: str
    last: str
    event_ids: list[str]


class Rule(Model):
    """A rule that was run."""

    name: str
    title: str
    about: str
    """What it finds."""
    limits: str
    """What it cannot see."""
    total: int
    """Findings; of them `shown` are in the answer."""
    shown: int


class Hunt(Model):
    """Findings over the whole graph, each by a named rule."""

    name: ClassVar[str] = "hunt"
    schema_: Literal["lineage.hunt/1"] = Field(default="lineage.hunt/1", alias="schema")
    asked: list[str]
    """Names of the rules that were asked for; empty for all."""
    found: bool
    scope: Scope | None = None
    rules: list[Rule]
    """In the order in which they are documented."""
    findings: list[Finding]
    """In the order of the rules; of one rule in order of time and subject."""
    total: int
    truncated: bool
    sight: Sight


class Covered(Model):
    """Events of one account, region and category."""

    account: str
    name: str | None
    region: str | None
    category: str
    events: int
    hours: int
    """Hours in which there is any."""
    first: str
    last: str


class AccountUnseen(Model):
    """An account that the logs speak of, and of which none are loaded."""

    account: str
    name: str | None
    seen_as: list[str]
    """`caller` of roles elsewhere, `role` that is assumed from elsewhere; sorted."""
    first: str
    last: str


class Opened(Model):
    """A stretch in which logs are missing, or were made to miss something."""

    account: str | None
    region: str | None = None
    """The region alone that is silent; null for the whole account."""
    since: str
    until: str | None
    """Null where nothing ended it."""
    kind: Literal["no events", "stopped", "deleted", "changed", "log bucket"]
    why: str
    api: str | None = None
    """The call that opened it."""
    target: str | None = None
    """The trail, or the bucket that a trail writes to."""
    whose: Whose | None = None
    """Whose credentials opened it."""
    event_ids: list[str] = Field(default_factory=list)
    """The calls that opened and closed it."""
    events: int
    """Events of the account, or region, that are loaded of that time all the same."""


class Coverage(Model):
    """What the store has logs for, where they have gaps, and what it therefore cannot say."""

    name: ClassVar[str] = "coverage"
    schema_: Literal["lineage.coverage/1"] = Field(default="lineage.coverage/1", alias="schema")
    asked: str | None
    found: bool
    scope: Scope | None = None
    events: int = 0
    covered: list[Covered] = Field(default_factory=list)
    """By account, region and category."""
    covered_total: int = 0
    unseen: list[AccountUnseen] = Field(default_factory=list)
    """By account."""
    unseen_total: int = 0
    gaps: list[Opened] = Field(default_factory=list)
    """In order of time, account and region."""
    gaps_total: int = 0
    cannot: list[str] = Field(default_factory=list)
    """What no answer of this store can say, a sentence each."""
    truncated: bool = False


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

    name: ClassVar[str] = "central"
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
