"""The answer to `who`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, LoadedTo, Model


class SessionId(Model):
    """What names a session in the records."""

    account: str | None
    principal_id: str | None
    creation_date: str
    key: str | None = None
    """Key of its node in the graph."""


class CallIdentity(Model):
    """The name on the call."""

    arn: str | None = None
    account: str | None = None
    principal_id: str | None = None
    creation_date: str | None = None
    access_key_id: str | None = None
    session_name: str | None = None
    invoked_by: str | None = None
    """The service that made the call in the principal's name."""


class Origin(Model):
    """Where the chain of temporary credentials begins; a long-term key's origin is its owner."""

    kind: str
    id: str | None
    account: str | None = None
    name: str | None = None
    access_key_id: str | None = None
    provider: str | None = None
    resource: str | None = None
    node: str | None = None
    """Its node in the graph, as label and key; null where it has none."""


class Person(Model):
    """The human behind an origin: one stable name, and how it was learnt."""

    name: str
    how: str


class Missing(Model):
    """The logs that would settle an open end; null where that is not known."""

    account: str | None
    region: str | None
    day: str | None


class Hint(Model):
    """Something that points to an identity without proving it (guide §12.3, rules 9 to 12), or, by rule 1, what the
    record also states: the role that a refused assumption asked for."""

    what: str
    value: str
    rule: str


class Hop(Model):
    """The grant of one session."""

    api: str
    how: str
    via: str | None
    time: str
    event_ids: list[str]
    """Every grant event that fits, both account copies; sorted."""
    sign_in_event_ids: list[str]
    rule: str
    confidence: Confidence
    candidates: int
    session: SessionId
    role_arn: str | None
    session_name: str | None
    access_key_id: str | None
    """The key that the hop issued and the next step used; null if its issue was not logged."""
    caller_access_key_id: str | None
    source_ip: str | None
    """Of the sign-in where `sign_in_event_ids` has one, else of the grant."""
    user_agent: str | None
    mfa: bool | None = None
    """Was MFA used, as the grant, the sign-in or the session's own calls state it; null where none does."""
    region: str | None = None
    account: str | None = None
    caller_account: str | None = None
    cross_account: bool
    source_identity: str | None = None
    expires: str | None = None


class Behalf(Model):
    """For whom the origin's credentials acted: the Identity Center user of an application, the principal that
    delegated to a product provider."""

    kind: str
    id: str | None
    name: str | None
    account: str | None = None


class KnownCredential(Model):
    """A way into a user that the logs know: an access key, a password or a delegation."""

    what: Literal["access key", "password", "delegation"]
    key: str | None = None
    """The access key ID."""
    api: str | None = None
    time: str | None = None
    event_ids: list[str] = Field(default_factory=list)
    """The calls that made or set it; none where that is not logged."""
    made_by: str | None = None
    """Whose credentials made or set it, where they were not the user's own; null where that is not logged."""


class Provenance(Model):
    """Who made an origin's key, password or user, or started the workload that it is."""

    what: str
    api: str
    time: str
    event_ids: list[str]
    answer: WhoAnswer


class CopyPlace(Model):
    """One of several copies of an event that contradict each other: where it lies, and what it says."""

    path: str | None
    index: int
    """Index of the record in its file."""
    time: str
    api: str
    error: str | None
    issued_access_key_ids: list[str]


class WhoAnswer(Model):
    """One identity and where it came from. A chain proves credentials, not hands."""

    identity: CallIdentity
    origin: Origin
    person: Person | None
    confidence: Confidence
    ambiguous: bool
    reason: str | None
    missing: Missing | None
    hints: list[Hint]
    hops: list[Hop]
    """In order from the origin to the identity; none for a direct long-term key."""
    made_by: Provenance | None = None
    started_by: Provenance | None = None
    provider_by: Provenance | None = None
    """Who created the identity provider that vouches for the origin, or changed it last before, as far as logged."""
    on_behalf_of: Behalf | None = None
    credentials: list[KnownCredential] = Field(default_factory=list)
    """Of a user that was asked for, or whose way in was not seen: what could have been used, in order of time."""
    node: str | None = None
    """Node of the identity in the graph, as label and key; null where it has none."""
    copied_from: CopyPlace | None = None
    """The copy of the event that this answer is for, where its copies contradict each other; null otherwise."""
    attempt: str | None = None
    """`attempt to sign in as NAME` where the call only shows who was tried: a sign-in that failed, or `CheckMfa`."""

    @property
    def session_key(self) -> str | None:
        """Key of the session of the identity, to be asked with: that of its node, else as its record states it."""
        who = self.identity
        if self.node is None and who.principal_id and who.creation_date:
            return f"{who.account or ''}/{who.principal_id}/{who.creation_date}"
        label, _, key = (self.node or "").partition(" ")
        if label == "Credential":
            key = key.partition(" ")[2]
        return key or None if label in ("Session", "Credential") else None


class Who(Model):
    """Whose credentials were these really?"""

    schema_: Literal["lineage.who/1"] = Field(default="lineage.who/1", alias="schema")
    asked: str
    kind: Literal["event", "record", "key", "session", "arn"]
    found: bool
    total: int
    truncated: bool
    answers: list[WhoAnswer]
    note: str | None = None
    """What the answer could not see, in one sentence."""
    newest: list[LoadedTo] = Field(default_factory=list)
    """How far the logs of the accounts on the chains are loaded; by account."""
    loaded_at: str | None = None
    """When the load ended that brought the last of the events that the answer cites, of at most fifty, the latest ones;
    null where that is not known."""
