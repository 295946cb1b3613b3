"""The answer to `path`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, Model, Sight


class PathStep(Model):
    """From one session, key or principal to the next."""

    source: str
    target: str
    """References of the nodes: label, a blank, key."""
    relation: Literal["own", "assumed", "issued", "made"]
    time: str | None
    api: str | None
    how: str | None
    rule: str | None
    confidence: Confidence
    event_ids: list[str]


class Way(Model):
    """One way from the start to the end, in order of time."""

    start: str
    end: str
    hops: int
    """Sessions that were granted on the way."""
    made: bool
    """It goes through something made for another user: that is provenance, not a chain."""
    confidence: Confidence
    """That of its weakest step."""
    first: str | None
    last: str | None
    steps: list[PathStep]
    """None where the end is the start's own."""


class Path(Model):
    """Every way that one identity, key, role or account came to another."""

    schema_: Literal["lineage.path/1"] = Field(default="lineage.path/1", alias="schema")
    start: str
    end: str
    found: bool
    total: int
    truncated: bool
    ways: list[Way]
    """Those without provenance first, then shortest, then oldest."""
    perhaps: int
    """Sessions of the end that several callers fit, one of them from the start: no path is listed for these."""
    sight: Sight

    def asks(self) -> list[str]:
        """The ends, where there is no path."""
        return [] if self.found else [self.start, self.end]

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        if self.found:
            return None
        from lineage.questions.shared.log_coverage import in_words

        return f"a path from {self.start} to {self.end}; {in_words(self.sight)}"
