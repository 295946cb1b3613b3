"""The answers about what a session did: `session`, `timeline`, `services`, `interesting`.

Evidence is the earliest event IDs, at most five of a line; its count says how many there are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from lineage.answers.base import Counted, Model, Scope, Sight, Subject, Whose

CallKind = Literal["change", "sensitive", "sign-in", "read"]
"""What a call is by its operation: it changes something, hands out credentials, secrets or data, signs in, or
reads."""


class Failed(Model):
    """Failures of one operation with one error."""

    error: str
    count: int
    event_ids: list[str]


class Operation(Model):
    """All calls of one API operation."""

    api: str
    """`service:Operation`."""
    kind: CallKind
    total: int
    succeeded: int
    failed: list[Failed]
    """By error, most frequent first."""
    first: str
    last: str
    resources: list[str]
    """What the calls were about, as far as examples, requests and refusals name it; sorted, at most five."""
    resources_total: int
    """How many different ones were seen, with those that a call named beyond the twenty that are kept."""
    parameters: list[str]
    """Requests of changing, sensitive and refused calls, as JSON without secrets; the earliest different ones, at
    most three."""
    filters: list[str]
    """What reads filtered by, which shows what was looked for; the earliest different ones, at most three."""
    via: list[str]
    """Services that made calls in the caller's name; sorted."""
    event_ids: list[str]


class KeySeen(Model):
    """An access key of the subject."""

    access_key_id: str
    session: str | None
    """Key of its session; null of a long-term key."""
    long_term: bool
    issued: str | None
    """When, as logged; null of a key whose issue was not logged, as of console and single sign-on sessions."""
    expires: str | None
    """Null where that is not known, and of a long-term key."""
    issue_event_ids: list[str]
    calls: int
    """In the scope."""
    first: str | None
    last: str | None


class KeyUse(Model):
    """The calls that were made with one key, from one address, by one user agent."""

    access_key_id: str | None
    """Null of calls that name no key."""
    session: str | None
    """Key of the session that the calls belong to; null of a long-term key."""
    address: str | None
    """As logged, with the VPC endpoint behind a blank."""
    note: str | None
    """Why the address does not tell where the caller was."""
    user_agent: str | None
    """As logged."""
    via: str | None
    """The service that made the calls in the caller's name."""
    calls: int
    failed: int
    first: str
    last: str
    event_ids: list[str]


class SessionTold(Model):
    """One session of the subject."""

    key: str
    name: str | None
    role_arn: str | None
    account: str | None
    issued: str
    """When it began."""
    expires: str | None
    """As far as its grants say; null where none says it."""
    how: str | None
    """Null where its grant was not logged."""
    grant_event_ids: list[str]
    first: str | None
    last: str | None
    """Its use, whenever that was; null of a session that was not used."""
    whose: Whose


class Session(Model):
    """What was done with a session, key or identity, by API operation?"""

    name: ClassVar[str] = "session"
    schema_: Literal["lineage.session/1"] = Field(default="lineage.session/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    """Null where it stands for sessions of several origins."""
    scope: Scope | None = None
    calls: int = 0
    succeeded: int = 0
    failed: int = 0
    outside: int | None = None
    """Calls of the session or key that lie outside the scope; null of all else."""
    first: str | None = None
    last: str | None = None
    operations: list[Operation] = Field(default_factory=list)
    """In order of first call and name."""
    operations_total: int = 0
    sessions: list[SessionTold] = Field(default_factory=list)
    """Those that were used in the scope, or were asked for; newest first."""
    sessions_total: int = 0
    keys: list[KeySeen] = Field(default_factory=list)
    """Those used in the scope, and those issued to the sessions above; in order of first use, those without use
    last; then by key."""
    keys_total: int = 0
    uses: list[KeyUse] = Field(default_factory=list)
    """Which key was used from where, and by which agent: in order of first use, then by key."""
    uses_total: int = 0
    addresses: list[Counted] = Field(default_factory=list)
    """Source addresses as logged, with the VPC endpoint behind a blank; most calls first. The note says where an
    address does not tell where the caller was."""
    addresses_total: int = 0
    agents: list[Counted] = Field(default_factory=list)
    """User agents as logged; most calls first."""
    agents_total: int = 0
    regions: list[Counted] = Field(default_factory=list)
    """Most calls first."""
    truncated: bool = False
    sight: Sight | None = None


class Change(Model):
    """What a call changed, created or started."""

    what: str
    """`trust`, `permissions`, `key-status`, `trail`, `access key`, `user`, `started`, `entered`, …"""
    target: str
    before: str | None
    after: str | None
    """As logged: a policy's ARN, a document, a name, a word."""


class Entry(Model):
    """One call of a timeline, or a run of reads with one key, from one address, by one user agent."""

    time: str
    until: str | None = None
    """Of the last of several reads."""
    phase: Literal["before", "during", "after"] | None
    """Where it lies by the alert; null where none was given."""
    kind: Literal["grant", "sign-in", "change", "sensitive", "failed", "reads"]
    """A failed call is `failed` whatever it is; a call that granted a session is `grant`."""
    event_ids: list[str]
    """The event; of reads the earliest three."""
    actor: str
    """The caller's node, as a reference."""
    actor_name: str
    """`ROLE as SESSION_NAME`, a key or a name."""
    access_key_id: str | None = None
    api: str
    """Of reads the operations, most frequent first, at most five."""
    count: int = 1
    account: str | None = None
    region: str | None = None
    """Of reads null where they differ in it, as the account."""
    source_ip: str | None = None
    vpc_endpoint: str | None = None
    user_agent: str | None = None
    via: str | None = None
    """The service that made the call in the caller's name."""
    error: str | None = None
    changing: bool = False
    """Would it have changed something? Told of failed calls too."""
    targets: list[str] = Field(default_factory=list)
    """Sorted, at most five."""
    changes: list[Change] = Field(default_factory=list)
    granted: list[str] = Field(default_factory=list)
    """Keys of the sessions, and long-term keys, that came of it."""


class Actor(Model):
    """A session or key of the chain."""

    ref: str
    name: str
    parent: str | None
    """The node that it came from, as a reference; null where the chain begins."""
    session: str | None
    role_arn: str | None
    account: str | None
    begun: str | None
    calls: int
    failed: int


class Timeline(Model):
    """What happened, call by call, over the whole chain?"""

    name: ClassVar[str] = "timeline"
    schema_: Literal["lineage.timeline/1"] = Field(default="lineage.timeline/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    begins: list[str] = Field(default_factory=list)
    """Where the chain begins, as references: the first session after the origin, or the long-term key or principal
    itself; sorted."""
    scope: Scope | None = None
    alert: Scope | None = None
    actors: list[Actor] = Field(default_factory=list)
    """Sessions and keys of the chain with calls in the scope, in order of their beginning; at most 100."""
    actors_total: int = 0
    entries: list[Entry] = Field(default_factory=list)
    """In order of time and event ID, a run of reads by its first; where they are cut, those nearest to the alert are
    kept, else the earliest."""
    total: int = 0
    """Changing, failed, sensitive and granting calls in the scope."""
    reads: int = 0
    """Other calls in the scope."""
    beyond: list[str] = Field(default_factory=list)
    """Keys and users that the chain made for others: what was done with them is a chain of its own. Sorted."""
    perhaps: list[str] = Field(default_factory=list)
    """Keys of sessions that the chain may have obtained, one of several callers that fit; no part of it. Sorted."""
    truncated: bool = False
    sight: Sight | None = None


class Service(Model):
    """The calls of one service."""

    service: str
    mark: str | None
    """What makes it worth a look: `EC2`, `IAM`, `S3`, `SSM`, `database`, `Lambda` or `Secrets Manager`."""
    calls: int
    failed: int
    operations: int
    changes: int
    """Successful calls that change something."""
    sensitive: int
    first: str
    last: str
    event_ids: list[str]


class Services(Model):
    """Which services did this identity use in the days before?"""

    name: ClassVar[str] = "services"
    schema_: Literal["lineage.services/1"] = Field(default="lineage.services/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    basis: str | None = None
    """What the calls were found by: `origin in this role`, `own calls`, else `session name` or `source IP`."""
    note: str | None = None
    """The same in words."""
    scope: Scope | None = None
    days: int = 7
    calls: int = 0
    sessions: int = 0
    services: list[Service] = Field(default_factory=list)
    """Marked ones first, then most calls first, then by name."""
    sight: Sight | None = None


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

    name: ClassVar[str] = "interesting"
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
