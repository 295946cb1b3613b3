"""What all answers have in common. Their JSON is what other programs build on: each carries a versioned schema name.

Times are ISO text, UTC. Lists are ordered as their comments say, so that equal graphs give equal answers.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base of all answers: frozen, no unknown fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, protected_namespaces=(), defer_build=True
    )

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def stem(cls) -> str:
        """Name of the question that it answers, from its schema: `who` of `lineage.who/1`; empty for a part of one."""
        schema = cls.model_fields.get("schema_")
        return str(schema.default).removeprefix("lineage.").partition("/")[0] if schema else ""

    def not_found(self) -> str | None:
        """What was not found, for the line `not found: …`; None where something was."""
        return None if getattr(self, "found", True) else str(getattr(self, "asked", ""))

    def asks(self) -> list[str]:
        """The texts that were asked for, where nothing was found and they may be names."""
        asked = getattr(self, "asked", None)
        return [asked] if isinstance(asked, str) and self.not_found() is not None else []


Confidence = Literal["EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE"]


class Scope(Model):
    """The stretch of time that an answer is about, both ends included."""

    since: str
    until: str
    basis: Literal["asked", "alert", "activity", "everything"]
    """What set it: the person who asked, the alert's own times, the activity of what was asked about, or nothing."""


class Person(Model):
    """A person: one identity at one provider, with its sessions in all roles and accounts."""

    name: str
    kind: str
    """Kind of its principal."""
    roles: int
    """Roles that its sessions are of."""
    accounts: list[str]
    """Accounts that its sessions are in, sorted."""
    confidence: Confidence
    """That of the weakest chain from a session or key to it."""
    perhaps: list[str] = []
    """Keys of sessions whose chain only possibly leads to it, which do not count; sorted, at most 20."""
    perhaps_total: int = 0
    namesakes: list[str] = []
    """Others of the same name, as they can be asked, with their kind; sorted. They are no part of it."""


class Subject(Model):
    """What was asked about, as it was understood."""

    kind: Literal["person", "session", "key", "principal", "role", "account", "address", "agent", "resource", "unknown"]
    key: str | None
    """Key of its node; the text itself of an address or agent."""
    sessions: list[str] = []
    """Keys of the sessions that it represents, oldest first; at most 100."""
    sessions_total: int = 0
    person: Person | None = None
    """Of a person, what it is made of; else null."""
    agents: list[str] = []
    """Of an agent: the user agents that have its text in them, sorted; at most 20."""
    agents_total: int = 0
    opened: Confidence | None = None
    """Where a sign-in, role switch or portal event was asked for: how sure it is that it opened these sessions; of
    another event that states no session, that it belongs to them. Of several sessions each is a candidate; `NONE`: no
    loaded event shows the session. Else null."""
    whole: str | None = None
    """Where one session was asked for and is not known: what the answer is about instead, in one sentence."""


class Whose(Model):
    """Whose credentials: a `who` answer in one line. A chain proves credentials, not hands."""

    kind: str
    """Kind of the origin; `Unresolved` where the chain is open."""
    id: str | None
    account: str | None = None
    name: str | None = None
    person: str | None = None
    access_key_id: str | None = None
    """The long-term key where the chain begins at one."""
    made_by: str | None = None
    """Whose credentials made that key, where they were another user's."""
    resource: str | None = None
    """The workload of a service's session."""
    provider: str | None = None
    provider_by: str | None = None
    """Who created or changed that provider, and when, as far as the logs show: `created by X TIME`."""
    confidence: Confidence
    ambiguous: bool = False
    reason: str | None = None
    via: str | None = None
    chain: list[str] = []
    """From the origin to the identity: `NAME`, then `ROLE as SESSION_NAME` for each hop."""
    candidates: list[str] = []
    """Names of the callers that fit, where several do; sorted."""
    candidates_more: int = 0
    """Further callers that fit and are not named in `candidates`."""
    node: str | None = None
    """Node of the origin in the graph, as label and key; null where it has none."""
    attempt: str | None = None
    """`attempt to sign in as NAME` where the calls only show who was tried."""

    @property
    def key(self) -> str | None:
        """What distinguishes origins: kind and ID, with the provider of an outside identity and the workload of a
        service; None of an open chain."""
        if self.kind == "Unresolved":
            return None
        provider = self.provider if self.kind in ("SAMLIdentity", "WebIdentity") else None
        return " ".join(part for part in (self.kind, provider, self.id or self.name, self.resource) if part)


class Counted(Model):
    """A value with its calls."""

    value: str
    calls: int
    failed: int = 0
    first: str
    last: str
    note: str | None = None
    """What it is, where the value alone does not show."""


class Gap(Model):
    """A stretch without logs."""

    account: str | None
    since: str | None
    """Null for all that is older, where usage was pruned."""
    until: str | None
    why: str
    event_ids: list[str] = []
    """The calls that opened it, where they were logged."""


class LoadedTo(Model):
    """How far the logs of an account are loaded."""

    account: str
    time: str
    """Of its newest loaded event, of whatever time the answer is."""


class NotWhole(Model):
    """A stretch in which `lineage verify` found log files or digests altered or missing."""

    account: str
    region: str
    verdict: Literal["altered", "missing"]
    since: str
    """By the time of delivery."""
    until: str


class Sight(Model):
    """What the logs behind an answer cover; of what lies outside, the answer cannot speak."""

    accounts: list[str]
    """Accounts that were looked at, sorted."""
    since: str | None
    until: str | None
    events: int
    """Loaded events of these accounts in that time."""
    hours: int
    """Hours of that time in which any event of these accounts is loaded."""
    hours_asked: int
    categories: list[str]
    """Categories of events that are loaded, sorted."""
    missing: list[str]
    """What is not loaded at all in that time, in words, sorted."""
    gaps: list[Gap] = []
    """In order of time; at most 20."""
    unlogged: list[str] = []
    """Accounts of which nothing is loaded, at no time; sorted."""
    newest: list[LoadedTo] = []
    """By account, of those that have logs: what happened later, no answer can know."""
    loaded_at: str | None = None
    """When the load ended that brought the last of the events that the answer cites, of at most fifty, the latest ones.
    Null where that is not known, and of questions that are not about one identity."""
    loaded: bool = True
    """Is anything loaded, of any account and time?"""
    not_whole: list[NotWhole] = []
    """What `lineage verify --store` found about the logs of that time, by account, region and time; at most 20."""


Basis = Literal["origin in this role", "session name", "source IP", "own calls"]
"""Whose past it is: the resolved origin's in the role, over all its sessions; where the origin is open that of the
session name, else of the address; of what shares no role with others its own."""


class SameCredential(Model):
    """Calls of the history that were made with the credential in question itself."""

    calls: int
    first: str
    last: str
    event_ids: list[str]


class History(Model):
    """The past that something is compared with: whose it is, and how much of it there is."""

    basis: Basis
    note: str
    """Whose calls it holds, in words."""
    whose: Whose | None = None
    """The origin behind what was asked about; null where that has several, or is no identity."""
    origins: int | None
    """How many distinct origins made the calls, callers whose origin is open as one more; null where it is about no
    identity, and so not counted."""
    since: str
    until: str
    calls: int
    failed: int
    sessions: int
    days: int
    """Days (UTC) with calls."""
    first: str | None = None
    last: str | None = None
    logged_days: int
    """Days with any event of the accounts."""
    asked_days: int
    enough: bool
    lacking: list[str]
    """Why it is too little, in words."""
    key_made: str | None = None
    """Of a key that made no call of the history, when it was made, as far as that is logged."""
    credential: SameCredential | None = None
    """Set where it holds the credential itself: the history may then already be an intruder's."""
    sight: Sight


class NoRecords(Model):
    """A file that had no record: what it looks like, and what to do."""

    path: str
    looks_like: str
    do: str


class LoadSums(Model):
    """The sums of one load: read = loaded + duplicate + set aside."""

    id: str
    started: str
    finished: str | None
    paths: list[str]
    files: int
    bytes: int
    read: int
    loaded: int
    duplicate: int
    set_aside: int
    conflicting: int
    passed: dict[str, int]
    no_records: list[NoRecords]
    """The first 100 files that had no record; digests, Insight and aggregated events, notices and empty files are
    counted in `passed` instead."""
    no_records_total: int


CallKind = Literal["change", "sensitive", "sign-in", "read"]
"""What a call is by its operation: it changes something, hands out credentials, secrets or data, signs in, or
reads."""
