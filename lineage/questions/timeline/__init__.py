"""The answer to `timeline`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Sight, Subject, Whose


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
    """A failed call is always `failed`; a call that granted a session is `grant`."""
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
    made: bool = False
    """Does the chain reach it through something that it made for another user?"""


class Timeline(Model):
    """What happened, call by call, over the whole chain?"""

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
    made: bool = False
    """Was what the chain made for others followed?"""
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
    """Keys and users that the chain made for others, and that are not followed: what was done with them is a chain of
    its own. Sorted."""
    perhaps: list[str] = Field(default_factory=list)
    """Keys of sessions that the chain may have obtained, one of several callers that fit; no part of it. Sorted."""
    truncated: bool = False
    sight: Sight | None = None
