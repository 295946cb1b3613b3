"""The answer to `session`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import CallKind, Counted, Model, Scope, Sight, Subject, Whose


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
    """Why the address does not show where the caller was."""
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
    mfa: bool | None = None
    """Was MFA used, as its grant, its sign-in or its calls state it; null where none does."""
    grant_event_ids: list[str]
    first: str | None
    last: str | None
    """Its use, whenever that was; null of a session that was not used."""
    whose: Whose


class Session(Model):
    """What was done with a session, key or identity, by API operation?"""

    schema_: Literal["lineage.session/1"] = Field(default="lineage.session/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    whose: Whose | None = None
    """Null where it represents sessions of several origins."""
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
    address does not show where the caller was."""
    addresses_total: int = 0
    agents: list[Counted] = Field(default_factory=list)
    """User agents as logged; most calls first."""
    agents_total: int = 0
    regions: list[Counted] = Field(default_factory=list)
    """Most calls first."""
    truncated: bool = False
    sight: Sight | None = None
