"""The answer to `verify`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model

Verdict = Literal["altered", "missing", "consistent", "intact"]
"""Weakest first. `consistent`: all hashes agree, but no signature could be checked; who wrote files and digests anew
would get the same."""


Kind = Literal["log altered", "log missing", "digest altered", "digest missing", "signature wrong"]


class Stretch(Model):
    """A stretch of time of a chain, of which all digests got the same verdict."""

    verdict: Literal["altered", "missing", "consistent", "intact", "not validated"]
    """`not validated`: no digest was written, because the chain ended and began anew."""
    since: str
    """Log files delivered from this time on; digests go by the time of delivery, not of events."""
    until: str
    digests: int
    logs: int
    """Log files that the digests list."""
    backfill: bool = False
    """Are these digests of log files that came late? They are in no chain."""
    why: str | None = None


class Problem(Model):
    """A file that is altered or missing."""

    kind: Kind
    since: str | None
    """Start of the digest's time; of missing digests the time that they leave open."""
    until: str | None
    object: str | None
    """Where CloudTrail wrote it: `s3://BUCKET/KEY`."""
    path: str | None = None
    """The file that is altered, or cannot be read."""
    why: str


class Chain(Model):
    """The digests of one trail in one account and region."""

    account: str | None
    region: str | None
    trail: str | None
    home_region: str | None
    """Region of the trail itself."""
    verdict: Verdict
    """The weakest of its stretches."""
    since: str | None
    until: str | None
    digests: int
    signed: int
    """Digests that a signature vouches for: their own, or that of a later digest that has their hash."""
    logs: int
    logs_intact: int
    """Log files that are there, with the hash that their digest states."""
    stretches: list[Stretch]
    """In order of time; those of backfills last."""
    problems: list[Problem]
    """In order of time; cut to the limit."""
    problems_total: int


class Uncovered(Model):
    """Log files that no digest lists: they may be genuine, but nothing shows it."""

    account: str | None
    region: str | None
    files: int
    first: str | None
    """Earliest time of delivery in their names."""
    last: str | None
    why: str
    paths: list[str]
    """The first of them by path, at most five."""


class Unreadable(Model):
    """A file that cannot be read."""

    path: str
    why: str


class Verify(Model):
    """Are copied log files as CloudTrail wrote them?"""

    schema_: Literal["lineage.verify/1"] = Field(default="lineage.verify/1", alias="schema")
    verdict: Verdict
    """The weakest of the chains."""
    files: int
    bytes: int
    """Of the unpacked contents."""
    keys: int
    """Public keys that were given or fetched."""
    chains: list[Chain]
    """By account, region and trail; cut to the limit, those that are altered or missing first."""
    chains_total: int
    uncovered: list[Uncovered]
    """By account, region and reason; cut to the limit."""
    uncovered_total: int
    """Number of entries."""
    uncovered_files: int
    unreadable: list[Unreadable]
    """By path; cut to the limit."""
    unreadable_total: int
    notes: list[str]
    """What could not be done, such as keys that could not be fetched."""
