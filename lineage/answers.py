"""The typed answers. Their JSON is what other programs build on: each carries a versioned schema name.

Times are ISO text, UTC. Lists are ordered as their comments say, so that equal graphs give equal answers.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """Base of all answers: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, protected_namespaces=())

    def as_json(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return self.model_dump(mode="json", by_alias=True)


Confidence = Literal["EXACT", "STRONG", "LIKELY", "HEURISTIC", "HINT", "NONE"]


class SessionId(Model):
    """What names a session in the records."""

    account: str | None
    principal_id: str | None
    creation_date: str


class CallIdentity(Model):
    """The name on the call."""

    arn: str | None = None
    account: str | None = None
    principal_id: str | None = None
    creation_date: str | None = None
    access_key_id: str | None = None
    session_name: str | None = None


class Origin(Model):
    """Where the chain of temporary credentials begins; a long-term key's origin is its owner."""

    kind: str
    id: str | None
    account: str | None = None
    name: str | None = None
    access_key_id: str | None = None
    provider: str | None = None
    resource: str | None = None


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
    """Something that points to an identity without proving it (guide §12.3, rules 9 to 12)."""

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
    user_agent: str | None
    region: str | None = None
    account: str | None = None
    caller_account: str | None = None
    cross_account: bool
    source_identity: str | None = None
    expires: str | None = None


class Provenance(Model):
    """Who made an origin's key, password or user, or started the workload that it is."""

    what: str
    api: str
    time: str
    event_ids: list[str]
    answer: WhoAnswer


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


class Who(Model):
    """Whose credentials were these really?"""

    name: ClassVar[str] = "who"
    schema_: Literal["lineage.who/1"] = Field(default="lineage.who/1", alias="schema")
    asked: str
    kind: Literal["event", "record", "key", "session", "arn"]
    found: bool
    total: int
    truncated: bool
    answers: list[WhoAnswer]
    note: str | None = None
    """What the answer could not see, in one sentence."""


class Done(Model):
    """Calls of one operation and outcome by one identity."""

    action: str
    error: str | None
    count: int
    first: str
    last: str
    sensitive: bool
    event_ids: list[str]


class TriedRole(Model):
    """A role that was asked for and refused."""

    role_arn: str
    error: str | None
    count: int
    first: str
    last: str
    event_ids: list[str]


class Branch(Model):
    """One session, key or principal of a trace, with what was done and what came from it."""

    ref: str
    label: str
    key: str
    relation: Literal["asked", "assumed", "issued", "made", "candidate"]
    """How it hangs on the branch above: `made` goes through a key or user made for somebody, `candidate` is one
    of several callers that fit."""
    how: str | None
    time: str | None
    role_arn: str | None
    session_name: str | None
    account: str | None
    confidence: Confidence
    event_ids: list[str]
    done: list[Done]
    tried: list[TriedRole]
    calls: int
    first: str | None
    last: str | None
    children: list[Branch]


class Trace(Model):
    """Every session and key that came from an identity, with what was done and tried."""

    name: ClassVar[str] = "trace"
    schema_: Literal["lineage.trace/1"] = Field(default="lineage.trace/1", alias="schema")
    asked: str
    found: bool
    sessions: int
    credentials: int
    calls: int
    truncated: bool
    roots: list[Branch]


class Chain(Model):
    """One path of roles, and all the chains that went it."""

    roles: list[str]
    """Role ARNs from the first to the last."""
    accounts: list[str]
    """Accounts on the path, in order of first appearance; sorted texts of the roles' accounts and the origin's."""
    origins: list[str]
    """Keys of the origins, sorted; at most 20."""
    depth: int
    count: int
    cross_account: bool
    confidence: Confidence
    first: str
    last: str
    sessions: list[str]
    """Keys of the last sessions, oldest first; at most 5."""


class Chains(Model):
    """All longest role paths of two and more role hops."""

    name: ClassVar[str] = "chains"
    schema_: Literal["lineage.chains/1"] = Field(default="lineage.chains/1", alias="schema")
    total: int
    chains: list[Chain]
    """Deepest first, then most frequent, then by roles."""


class Crossing(Model):
    """How often principals of one account assumed roles of another."""

    from_account: str
    from_name: str | None
    to_account: str
    to_name: str | None
    count: int
    callers: int
    roles: int
    hows: list[str]
    first: str
    last: str
    role_arns: list[str]
    """At most 20, sorted."""


class CrossAccount(Model):
    """Which accounts' principals assumed into which."""

    name: ClassVar[str] = "cross_account"
    schema_: Literal["lineage.cross_account/1"] = Field(default="lineage.cross_account/1", alias="schema")
    total: int
    crossings: list[Crossing]
    """Most frequent first, then by accounts."""


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


class AccountSeen(Model):
    """An account in the store."""

    id: str
    name: str | None
    events: int
    first: str | None
    last: str | None


class Info(Model):
    """What a store holds."""

    name: ClassVar[str] = "info"
    schema_: Literal["lineage.info/1"] = Field(default="lineage.info/1", alias="schema")
    store: str
    nodes: dict[str, int]
    relationships: dict[str, int]
    events: int
    accounts: list[AccountSeen]
    first: str | None
    last: str | None
    loads: list[LoadSums]
    unfinished: int
    """Terms that still wait to be derived: a load was interrupted; the next load finishes them."""


class AsideAt(Model):
    """A record that was set aside: where and why."""

    path: str
    index: int
    offset: int | None
    reason: str


class Load(Model):
    """What a load did: its sums, and the first places that were set aside."""

    name: ClassVar[str] = "load"
    schema_: Literal["lineage.load/1"] = Field(default="lineage.load/1", alias="schema")
    sums: LoadSums
    aside: list[AsideAt]
    """At most the first 1,000."""
    aside_total: int


class Place(Model):
    """One place where a record lies."""

    path: str
    index: int
    """Position among the records of the file, from 0."""
    sha256: str
    """Of the file as it lies on disk now."""
    loaded_sha256: str | None
    """Of the file when it was loaded; null if it was not."""
    record: dict[str, Any]
    """As logged, secrets removed."""


class Shown(Model):
    """The raw records of an event, secrets removed."""

    name: ClassVar[str] = "show"
    schema_: Literal["lineage.show/1"] = Field(default="lineage.show/1", alias="schema")
    event_id: str
    found: bool
    places: list[Place]


class QueryRows(Model):
    """Columns and rows of a Cypher file."""

    name: ClassVar[str] = "query"
    schema_: Literal["lineage.query/1"] = Field(default="lineage.query/1", alias="schema")
    query: str
    columns: list[str]
    rows: list[list[Any]]


Provenance.model_rebuild()
Branch.model_rebuild()

ANSWERS: dict[str, type[Model]] = {
    "lineage.who/1": Who,
    "lineage.trace/1": Trace,
    "lineage.chains/1": Chains,
    "lineage.cross_account/1": CrossAccount,
    "lineage.info/1": Info,
    "lineage.load/1": Load,
    "lineage.show/1": Shown,
    "lineage.query/1": QueryRows,
}
"""Answer models by schema name."""
