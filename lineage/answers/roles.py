"""The answers about roles, addresses and resources: `role`, `assumed`, `denied`, `from`, `touched`.

Evidence is the earliest event IDs, at most five of a line; its count says how many there are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from lineage.answers.base import Counted, Model, Scope, Sight, Subject, Whose


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
    """How many distinct origins stand behind it."""
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

    name: ClassVar[str] = "role"
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
    """Who asked for it in vain; most refusals first."""
    refused_total: int = 0
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


class AssumedRole(Model):
    """Assumptions of one role in one way with one outcome."""

    role_arn: str
    """`unknown` where a refusal does not name it."""
    account: str | None
    coarse: Literal["federated", "console", "service", "CLI/SDK"]
    how: str
    """As `who` says it."""
    via: str | None
    outcome: str
    """`granted`, or the error."""
    hops: int
    """How many grants it is at least away from who was asked about: 1 for its own calls."""
    through: str | None
    """ARN of the role whose session called; null for its own calls."""
    count: int
    first: str
    last: str
    sessions: list[str]
    """Keys of the sessions that were granted, oldest first; at most 20."""
    event_ids: list[str]


class Assumed(Model):
    """Which roles has this identity assumed or tried?"""

    name: ClassVar[str] = "assumed"
    schema_: Literal["lineage.assumed/1"] = Field(default="lineage.assumed/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    """Of an event the origin of its chain, else what was asked for."""
    whose: Whose | None = None
    """Null where it stands for several sessions or keys."""
    scope: Scope | None = None
    roles: list[AssumedRole] = Field(default_factory=list)
    """In order of hops, first time, role."""
    total: int = 0
    granted: int = 0
    refused: int = 0
    truncated: bool = False
    sight: Sight | None = None


class Success(Model):
    """The first time that a role was granted to those to whom it had been refused."""

    time: str
    event_ids: list[str]
    caller: str
    """Key of the node that called."""


class RefusedRole(Model):
    """A role that was refused."""

    role_arn: str
    """`unknown` where the refusal does not name it; no later success can be told of it."""
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
    """Many refusals of one origin over many services or operations within a short time."""

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
    succeeded: int
    """Calls of the same nodes in the same stretch that were not refused and did not fail."""
    event_ids: list[str]


class Denied(Model):
    """Which calls were refused, and what came after?"""

    name: ClassVar[str] = "denied"
    schema_: Literal["lineage.denied/1"] = Field(default="lineage.denied/1", alias="schema")
    asked: str | None
    """Null: the whole store."""
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    calls: int = 0
    """Refused calls; refused assumptions, for whatever reason, are part of them."""
    assumptions: list[RefusedCaller] = Field(default_factory=list)
    """Most refusals first, then by first time."""
    assumptions_total: int = 0
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


class Origins(Model):
    """Calls of one origin from one address."""

    whose: Whose
    calls: int
    failed: int
    first: str
    last: str
    sessions: int
    event_ids: list[str]


class AddressHit(Model):
    """An address from which calls came."""

    address: str
    entries: list[str]
    """What of the list it is in, sorted; at most 20."""
    calls: int
    failed: int
    by_services: int
    """Of the calls: made by an AWS service for somebody, so that the address is the service's."""
    first: str
    last: str
    accounts: list[str]
    """Whose trails logged them, sorted."""
    origins: list[Origins]
    """In order of first time, then of origin."""
    origins_total: int
    """Distinct origins that are known."""
    unresolved: int
    """Sessions, keys and principals whose origin is not known; they may be many people or one."""
    sessions: list[str]
    """Keys, oldest first."""
    sessions_total: int
    keys: list[str]
    """Access keys as logged, sorted."""
    keys_total: int
    shared: bool
    """So many origins use it that it tells nobody apart."""
    doubts: list[str]
    """Why the address does not say where somebody was, sorted."""


class From(Model):
    """What was done from these addresses?"""

    name: ClassVar[str] = "from"
    schema_: Literal["lineage.from/1"] = Field(default="lineage.from/1", alias="schema")
    asked: list[str]
    """As asked: addresses, networks, names of files."""
    found: bool
    entries: int
    """Distinct addresses and networks."""
    without_calls: int
    """Entries that nothing came from."""
    unread: list[str]
    """Lines of files that are no address and no network, in their order; at most 20."""
    unread_total: int
    scope: Scope | None
    addresses: list[AddressHit]
    """By number of the address, names of services last: the order ranks nobody."""
    addresses_total: int
    truncated: bool
    note: str
    sight: Sight


class Touch(Model):
    """Calls of one operation and outcome about a resource."""

    api: str
    kind: Literal["changed", "assumed", "read"]
    error: str | None
    count: int
    at_least: bool
    """Known from the examples of a row, and not from the target of every call."""
    first: str
    last: str
    event_ids: list[str]


class Toucher(Model):
    """What was done about a resource with the credentials of one origin."""

    whose: Whose
    nodes: list[str]
    """The sessions, keys and principals that called; sorted, at most 20."""
    nodes_total: int
    calls: int
    failed: int
    at_least: bool
    first: str
    last: str
    operations: list[Touch]
    """Changes first, then assumptions, then reads; by operation and error."""


class Deed(Model):
    """A change that the graph keeps: trust, permissions, keys, trails, workloads started or entered."""

    type: Literal["CREATED", "CHANGED", "STARTED"]
    what: str
    api: str
    time: str
    node: str
    credentials_of: str
    before: str | None = None
    after: str | None = None
    event_ids: list[str]


class Touched(Model):
    """Whose credentials changed or read this resource?"""

    name: ClassVar[str] = "touched"
    schema_: Literal["lineage.touched/1"] = Field(default="lineage.touched/1", alias="schema")
    asked: str
    found: bool
    resources: list[str] = Field(default_factory=list)
    """Keys of the resources that the ask names, sorted; at most 20."""
    resources_total: int = 0
    scope: Scope | None = None
    calls: int = 0
    origins: list[Toucher] = Field(default_factory=list)
    """Whose credentials changed it stand before those that did not; most calls first, then by first time."""
    origins_total: int = 0
    unresolved: int = 0
    """Of them: callers whose origin is not known, each for itself."""
    deeds: list[Deed] = Field(default_factory=list)
    """In order of time."""
    deeds_total: int = 0
    truncated: bool = False
    note: str | None = None
    """What the counts cannot say, in one sentence."""
    sight: Sight | None = None
