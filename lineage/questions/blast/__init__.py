"""The answer to `blast`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, Model, Sight, Subject, Whose


class Life(Model):
    """Does a session or key still work at a time, for new calls?"""

    live: Literal["yes", "no", "unknown"]
    until: str | None
    """When it ends: as logged or requested; of an unknown one the latest possible end; of an ended one when it
    ended. Null where no end is known."""
    why: str
    event_ids: list[str] = Field(default_factory=list)
    """The events that ended it."""


class Reached(Model):
    """One session, key or user of a descent."""

    ref: str
    label: Literal["Session", "Credential", "Principal", "Resource"]
    key: str
    parent: str | None
    """The `ref` that it came from; null of what was asked about."""
    relation: Literal["asked", "own", "assumed", "issued", "made", "candidate"]
    """`own`: a session or key of the principal above; `made`: a key, user or password made for another user;
    `candidate`: one of several callers that fit, not followed."""
    depth: int
    made: bool
    """Does the way to it go through something made for another user?"""
    how: str | None
    time: str | None
    name: str | None
    """Session name, or the user's name."""
    role_arn: str | None
    account: str | None
    rule: str | None
    confidence: Confidence
    event_ids: list[str]
    life: Life | None
    """Null of a user."""
    calls: int
    failed: int
    first: str | None
    last: str | None


class MadeBranch(Model):
    """A key, user or password that was made for another user: its holder may go on from there."""

    what: str
    target: str
    """Key of what was made, or of the user whose password it is."""
    source: str
    """The `ref` of the maker."""
    api: str
    time: str
    event_ids: list[str]
    followed: bool
    live: Literal["yes", "no", "unknown"]
    """Does it still work? `no`: it was deleted, replaced or made inactive."""


class Altered(Model):
    """An identity, credential or policy that was created or changed."""

    what: str
    created: bool
    target: str
    account: str | None
    api: str
    time: str
    source: str
    """The `ref` of who did it."""
    event_ids: list[str]
    before: str | None
    after: str | None
    """As logged: a policy's ARN, a document, a word."""
    outside: list[str]
    """Accounts that it lets in, `*` for everyone; sorted."""
    undone_by: list[str]
    """Events of any caller that undid it; they do not undo what came of it in the meantime."""
    fate: Literal["stands", "gone", "probably"]
    """`probably`: it was undone as far as a name shows, or before a gap in the logs."""


class Workload(Model):
    """An instance, function, task, build, … that was started, changed or entered."""

    key: str
    type: str
    id: str
    account: str | None
    apis: list[str]
    """Sorted."""
    first: str
    last: str
    entered: bool
    """Did anyone enter it while it ran?"""
    sources: list[str]
    """Sorted `ref`s."""
    event_ids: list[str]
    """At most 20."""
    sessions: list[str]
    """Keys of the sessions that it ran as from then on, newest first; at most 20. They are its own: no part of the
    descent."""
    sessions_total: int


class Touched(Model):
    """A resource that was changed, or read by a sensitive call."""

    resource: str
    type: str
    account: str | None
    calls: int
    failed: int
    actions: list[str]
    """Sorted."""
    sensitive: bool
    first: str
    last: str
    event_ids: list[str]
    """The earliest; at most 3."""
    sources: list[str] = Field(default_factory=list)
    """The `ref`s of the sessions, keys or principals that called; sorted."""


class Permission(Model):
    """A permission that the logs show to have been given to a role or user, or a boundary set on it."""

    principal: str
    what: str
    policy: str
    """ARN of the policy, name of the group, or the inline document."""
    api: str
    time: str
    event_ids: list[str]
    undone_by: list[str]
    fate: Literal["stands", "gone", "probably"]


class Reach(Model):
    """How many of a kind, live and not."""

    sessions: int
    keys: int
    users: int
    live: int
    unknown: int
    """Sessions and keys of which the logs do not show whether they still work."""
    ended: int


class Blast(Model):
    """Everything that came from a key, session or principal, and what still works of it."""

    schema_: Literal["lineage.blast/1"] = Field(default="lineage.blast/1", alias="schema")
    asked: str
    found: bool
    subject: Subject
    whose: Whose | None
    """Where what was asked about is one session or key."""
    since: str | None
    at: str | None
    """The time that `life` is about."""
    made: bool
    """Was what was made for others followed?"""
    reach: Reach
    roles: list[str]
    """ARNs of the roles that the sessions are of, sorted."""
    accounts: list[str]
    """Accounts of the sessions and keys, sorted."""
    nodes: list[Reached]
    """As a tree read from the top: each below what it came from, siblings in order of time."""
    perhaps: list[Reached]
    """Sessions that several callers fit, one of them from here; in order of time."""
    perhaps_total: int
    branches: list[MadeBranch]
    """In order of time."""
    branches_total: int
    branches_live: int
    """How many of these still work, or may."""
    altered: list[Altered]
    """The worst first: what lets outsiders in, then credentials, then the rest; of each what is gone last, else in
    order of time."""
    altered_total: int
    workloads: list[Workload]
    """In order of first time."""
    workloads_total: int
    touched: list[Touched]
    """Sensitive ones first, then most calls, then by name."""
    touched_total: int
    permissions: list[Permission]
    """Given to the roles and users of the descent, in order of time."""
    permissions_total: int
    permissions_not_known: list[str]
    """Roles and users of the descent whose permissions no loaded event shows; sorted."""
    permissions_not_known_total: int
    sight: Sight
    truncated: bool
