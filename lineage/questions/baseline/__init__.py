"""The answer to `baseline`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Counted, History, Model, Scope, Sight, Subject

Verdict = Literal["seen before", "new combination", "never seen before", "too little history"]


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
    """Why the address does not say where the caller was."""
    calls: int
    """How many in the scope; 0 where the alert alone shows it."""
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

    schema_: Literal["lineage.baseline/1"] = Field(default="lineage.baseline/1", alias="schema")
    asked: str
    found: bool
    subject: Subject | None = None
    scope: Scope | None = None
    verdict: Verdict | None = None
    """That of the call that is furthest from what was seen; null where there is no call."""
    statement: str | None = None
    """What the verdict is based on, in words."""
    calls: list[CallCompared] = Field(default_factory=list)
    """Never seen before, then new combinations, then what was seen; then in order of time and operation."""
    calls_total: int = 0
    truncated: bool = False
    history: History | None = None
    habits: Habits | None = None
    """From where and with what the history made all its calls."""
    sight: Sight | None = None
    """Of the scope; `history` has its own."""
