"""The answer to `hunt`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Confidence, Model, Scope, Sight, Whose


class Finding(Model):
    """Something that a rule found."""

    rule: str
    title: str
    statement: str
    """What the logs show, in a sentence or two; of credentials, never of hands."""
    whose: Whose | None
    subject: str
    """The node that it is about, as a reference."""
    account: str | None
    confidence: Confidence
    """How sure it is that the logs show this, not that it is an attack."""
    count: int
    """Events behind it."""
    first: str
    last: str
    event_ids: list[str]


class Rule(Model):
    """A rule that was run."""

    name: str
    title: str
    about: str
    """What it finds."""
    limits: str
    """What it cannot see."""
    total: int
    """Findings; of them `shown` are in the answer."""
    shown: int


class Hunt(Model):
    """Findings over the whole graph, each by a named rule."""

    schema_: Literal["lineage.hunt/1"] = Field(default="lineage.hunt/1", alias="schema")
    asked: list[str]
    """Names of the rules that were asked for; empty for all."""
    found: bool
    scope: Scope | None = None
    rules: list[Rule]
    """In the order in which they are documented."""
    findings: list[Finding]
    """In the order of the rules; of one rule in order of time and subject."""
    total: int
    truncated: bool
    sight: Sight

    def not_found(self) -> str | None:
        """What was not found; None where something was."""
        if self.found:
            return None
        from lineage.questions.shared.log_coverage import in_words

        ran = f"{len(self.rules)} rule{'' if len(self.rules) == 1 else 's'}"
        return f"findings of {ran}; {in_words(self.sight)}"
