"""The answer to `contain`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.blast import Life
from lineage.questions.shared.models import Model, Sight, Subject, Whose

Phase = Literal[
    "protection", "exposure", "sources", "trust", "workloads", "sessions", "secrets", "persistence", "check", "review"
]
"""The phases of a plan, in order."""


class AlsoEnds(Model):
    """Live sessions that a step would also end: at least so many, as far as logs are loaded."""

    others: int
    """Sessions of other origins."""
    open: int
    """Sessions whose origin is not known."""
    same: int
    """Sessions of the same origin that are no part of this descent."""
    perhaps: int
    """Further sessions of which the logs do not show whether they are live."""
    origins: list[str]
    """Names of the other origins, sorted; at most 20."""
    truncated: bool = False
    """Only the newest sessions were looked at."""


NOBODY = AlsoEnds(others=0, open=0, same=0, perhaps=0, origins=[])


class Step(Model):
    """One thing to do. It is text: nothing of it was carried out."""

    number: int
    phase: Phase
    kind: str
    title: str
    account: str | None
    target: str
    commands: list[str]
    """Lines for a POSIX shell, quoted; none where the logs do not contain enough to write one."""
    policy: str | None
    """The policy document of the command, or to be put in place manually."""
    note: str | None
    ends: AlsoEnds
    event_ids: list[str]
    """What it is based on; at most 20."""


class Exposure(Model):
    """Something that was open to others outside: closing it does not bring back what they took meanwhile."""

    what: str
    api: str
    target: str
    account: str | None
    to: list[str]
    """Accounts that were let in, `*` for everyone; sorted."""
    since: str
    until: str | None
    """When it was closed again; null where it is open."""
    fate: Literal["stands", "gone", "probably"]
    risk: str
    event_ids: list[str]
    undone_by: list[str]


class OtherSession(Model):
    """A session of the same origin that is no part of the plan's descent and may still work."""

    session: str
    """Key of its node, to be asked with."""
    name: str
    """`ROLE as SESSION_NAME`, or a name."""
    account: str | None
    since: str
    life: Life
    ended_by: int | None
    """Number of the step that ends it, too; null where none does."""


class Past(Model):
    """A change that needs no step, and why."""

    what: str
    api: str
    target: str
    account: str | None
    time: str
    event_ids: list[str]
    why: str
    undone: str | None
    """When it was undone."""
    undone_by: list[str]


class Contain(Model):
    """The plan that stops what came from a key, session or principal; never carried out."""

    schema_: Literal["lineage.contain/1"] = Field(default="lineage.contain/1", alias="schema")
    asked: str
    found: bool
    subject: Subject
    whose: Whose | None
    at: str | None
    """Sessions are judged live or not at this time, and those issued before it are revoked."""
    made: bool
    exposures: list[Exposure]
    """What was open to others outside, also where it is closed by now: data first, of each the longest first; at most
    1000."""
    steps: list[Step]
    """First protection that was removed and what is open to others, then what stops re-issuing, then the sessions, the
    secrets that were read and what was left behind; last what is probably gone, and access that was taken from
    others."""
    others: list[OtherSession] = Field(default_factory=list)
    """Other sessions of the same origin that work or may work at that time, newest first; at most 100. A step for the
    origin does not end them."""
    others_total: int = 0
    history: list[Past]
    """Changes that need no step: they were undone, or restoring them would give access to these credentials; in
    order of time, at most 1000."""
    ended: int
    """Sessions and keys of the descent that need no step, since they no longer work."""
    undone: int
    """Changes that are gone for certain."""
    branches: int
    """Keys, users and passwords made for others."""
    above: list[str]
    """Keys of the sessions that it came from, the nearest first; they are stopped too, but what else came from them is
    no part of the plan. At most 20."""
    sight: Sight
    truncated: bool
