"""The answer to `coverage`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model, Scope, Whose


class Covered(Model):
    """Events of one account, region and category."""

    account: str
    name: str | None
    region: str | None
    category: str
    events: int
    hours: int
    """Hours in which there is any."""
    first: str
    last: str


class AccountUnseen(Model):
    """An account that the logs name, without logs of its own loaded."""

    account: str
    name: str | None
    seen_as: list[str]
    """`caller` of roles elsewhere, `role` that is assumed from elsewhere; sorted."""
    first: str
    last: str


class Opened(Model):
    """A stretch in which logs are missing, or were made to miss something."""

    account: str | None
    region: str | None = None
    """The region alone that is silent; null for the whole account."""
    since: str | None
    """Null for all that is older, where usage was pruned."""
    until: str | None
    """Null where nothing ended it."""
    kind: Literal["no events", "stopped", "deleted", "changed", "log bucket", "pruned"]
    why: str
    api: str | None = None
    """The call that opened it."""
    target: str | None = None
    """The trail, or the bucket that a trail writes to."""
    whose: Whose | None = None
    """Whose credentials opened it."""
    event_ids: list[str] = Field(default_factory=list)
    """The calls that opened and closed it."""
    events: int
    """Events of the account, or region, that are loaded of that time all the same."""


class Unreadable(Model):
    """Records that were set aside, since they could not be read: of one account, region, day and reason."""

    account: str | None
    """As the name of the log file has it; null where the file has another name."""
    region: str | None
    day: str | None
    """The day on which CloudTrail wrote the file, as YYYY-MM-DD."""
    reason: str
    records: int
    files: int
    path: str
    """The first of these files."""


class Verified(Model):
    """What `lineage verify` found about the logs of a trail in one account and region, in a stretch of time."""

    account: str
    region: str
    trail: str
    home_region: str
    verdict: Literal["altered", "missing", "consistent", "intact", "not validated"]
    since: str
    """By the time of delivery."""
    until: str
    why: str | None
    verified_at: str


class Coverage(Model):
    """What the store has logs for, where they have gaps, and what it therefore cannot say."""

    schema_: Literal["lineage.coverage/1"] = Field(default="lineage.coverage/1", alias="schema")
    asked: str | None
    found: bool
    scope: Scope | None = None
    events: int = 0
    covered: list[Covered] = Field(default_factory=list)
    """By account, region and category."""
    covered_total: int = 0
    unseen: list[AccountUnseen] = Field(default_factory=list)
    """By account."""
    unseen_total: int = 0
    gaps: list[Opened] = Field(default_factory=list)
    """In order of time, account and region."""
    gaps_total: int = 0
    aside: list[Unreadable] = Field(default_factory=list)
    """By account, region, day and reason; those whose account is not known are part of every account's answer."""
    aside_total: int = 0
    aside_records: int = 0
    """Each record once, also where several loads, or copies of its file, set it aside."""
    verified: list[Verified] = Field(default_factory=list)
    """What `lineage verify --store` found, by account, region, trail and time."""
    verified_total: int = 0
    cannot: list[str] = Field(default_factory=list)
    """What no answer of this store can say, a sentence each."""
    truncated: bool = False

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        return None if self.found else f"logs{f' of {self.asked}' if self.asked else ''}"
