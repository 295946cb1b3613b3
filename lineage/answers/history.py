"""The answers that compare with the past: `baseline`, `new`, `volume`.

Evidence is the earliest event IDs, at most five of a line; its count says how many there are.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from lineage.answers.base import Counted, Model, Scope, Sight, Subject, Whose

Basis = Literal["origin in this role", "session name", "source IP", "own calls"]
"""Whose past it is: the resolved origin's in the role, over all its sessions; where the origin is open that of the
session name, else of the address; of what has no sessions of others beside it its own."""

Verdict = Literal["seen before", "new combination", "never seen before", "too little history"]


class SameCredential(Model):
    """Calls of the history that were made with the very credential in question."""

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
    credential: SameCredential | None = None
    """Set where it holds the very credential: then it may be the past of somebody else already."""
    sight: Sight


class Match(Model):
    """How often the history holds what a call has."""

    on: str
    """What had to be equal: `call`, `source IP`, and of the agent `agent text`, `agent version` or `agent family`."""
    calls: int
    failed: int
    days: int
    first: str | None = None
    last: str | None = None
    event_ids: list[str] = Field(default_factory=list)


class AgentVersion(Model):
    """A version of an agent and the exact texts that it sent, most calls first; at most five."""

    version: str | None
    calls: int
    texts: list[Counted]
    texts_total: int


class AgentFamily(Model):
    """User agents of one kind, its versions by number of calls; at most ten."""

    family: str
    calls: int
    failed: int
    first: str
    last: str
    versions: list[AgentVersion]
    versions_total: int


class Habits(Model):
    """From where and with what calls were made; most calls first, at most 20 of each."""

    calls: int
    places: list[Counted]
    """Source addresses, with the endpoint where calls came through one."""
    places_total: int
    agents: list[AgentFamily]
    agents_total: int


class CallCompared(Model):
    """A call in question, and how often the history holds it."""

    api: str | None
    """`service:Operation`; as given where no record has it."""
    source_ip: str | None
    """With the endpoint, if it came through one; null where it says nothing of the caller."""
    user_agent: str | None
    agent_family: str | None
    agent_version: str | None
    doubt: str | None = None
    """Why the address does not say where somebody was."""
    calls: int
    """How many in the scope; 0 where the alert alone tells of it."""
    failed: int = 0
    first: str | None = None
    last: str | None = None
    event_ids: list[str] = Field(default_factory=list)
    verdict: Verdict
    unseen: list[str]
    """What of it the history has nowhere: `call`, `source IP`, `agent family`."""
    statement: str
    matches: list[Match]
    """From the closest to the widest."""
    habits: Habits
    """From where and with what the history made this call."""


class Baseline(Model):
    """Is this normal?"""

    name: ClassVar[str] = "baseline"
    schema_: Literal["lineage.baseline/1"] = Field(default="lineage.baseline/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    verdict: Verdict | None = None
    """That of the call that is furthest from what was seen; null where there is no call."""
    statement: str | None = None
    """What the verdict rests on, in words."""
    calls: list[CallCompared] = Field(default_factory=list)
    """Never seen before, then new combinations, then what was seen; then in order of time and operation."""
    calls_total: int = 0
    truncated: bool = False
    history: History | None = None
    habits: Habits | None = None
    """From where and with what the history made all its calls."""
    sight: Sight | None = None
    """Of the scope; `history` has its own."""


DimensionName = Literal[
    "call", "service", "region", "agent family", "source IP", "network", "country", "city", "autonomous system",
    "sign-in source IP", "sign-in network", "sign-in country", "sign-in city", "sign-in autonomous system",
    "sign-in agent family",
]  # fmt: skip


class NewValue(Model):
    """A value of the scope that the history does not have."""

    value: str
    calls: int
    failed: int
    first: str
    last: str
    event_ids: list[str]
    note: str | None = None
    """What limits what it says."""


class Dimension(Model):
    """One kind of value, in the scope and in the history."""

    name: DimensionName
    new: list[NewValue]
    """In order of their first call, then of the value."""
    new_total: int
    known: int
    """Values of the scope that the history has too."""
    before: int
    """Values of the history."""


class Jump(Model):
    """An operation whose busiest hour of the scope is well above its history."""

    api: str
    hour: str
    calls: int
    """In that hour, within the scope."""
    busiest: int
    """Calls in the busiest hour of the history."""
    median: float
    """Of the hours of the history that have this call."""
    deviation: float
    """The median absolute deviation of these hours."""
    hours: int
    """How many such hours there are."""
    event_ids: list[str]


class New(Model):
    """What is new in the scope against the history?"""

    name: ClassVar[str] = "new"
    schema_: Literal["lineage.new/1"] = Field(default="lineage.new/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    verdict: Literal["new", "nothing new", "too little history", "no calls"] | None = None
    statement: str | None = None
    calls: int = 0
    """In the scope."""
    dimensions: list[Dimension] = Field(default_factory=list)
    """Always in one order; those of places only with the databases that they need."""
    jumps: list[Jump] = Field(default_factory=list)
    """In order of the operation."""
    jumps_total: int = 0
    statistic: str = ""
    """When volume is called a jump."""
    databases: list[str] = Field(default_factory=list)
    """Types of the geographic databases that were used."""
    truncated: bool = False
    history: History | None = None
    sight: Sight | None = None
    """Of the scope; `history` has its own."""


class Hour(Model):
    """One clock hour."""

    hour: str
    calls: int
    failed: int
    asked: int
    """Calls of what was asked about, among them."""
    usual: float | None
    """Median of the history's same hours of day with logs; null where it has none."""
    logged: bool
    """Is any event of the accounts loaded?"""
    in_scope: bool


class Part(Model):
    """Calls with one value in common."""

    value: str
    calls: int
    failed: int
    scope_calls: int
    first: str
    last: str


class Drill(Model):
    """All calls by one thing: the parts add up to the total in each column."""

    by: Literal["source IP", "call", "access key"]
    parts: list[Part]
    """Most calls first, at most ten; the rest is in `others`, which stands last."""
    values: int
    """How many values there are."""


class Volume(Model):
    """How many calls an hour, and what is usual?"""

    name: ClassVar[str] = "volume"
    schema_: Literal["lineage.volume/1"] = Field(default="lineage.volume/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    statement: str | None = None
    calls: int = 0
    """In all hours shown, of whom the history is of."""
    failed: int = 0
    scope_calls: int = 0
    asked_calls: int = 0
    """Calls of what was asked about, in all hours shown."""
    hours: list[Hour] = Field(default_factory=list)
    """In order of time: the scope, and twelve hours to either side."""
    truncated: bool = False
    """The hours are more than 744; these are the last."""
    drills: list[Drill] = Field(default_factory=list)
    history: History | None = None
    sight: Sight | None = None
    """Of the hours shown; `history` has its own."""
