"""The answer to `find`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model

Match = Literal["exact", "beginning", "part", "similar"]
FILE = "a file"
"""What a name of a file looks like."""


class FoundName(Model):
    """Something whose name or ID matches."""

    kind: str
    """In words: `IAM user`, `role`, `session`, `access key`, `account`, `address`, `resource of s3`, …"""
    name: str
    """What to call it; of a session `ROLE as SESSION_NAME`."""
    account: str | None
    account_name: str | None
    match: Match
    """How: the whole name or ID, its beginning, a part of it; `similar` where nothing else matches."""
    first: str | None
    """First seen: its first call, else its first session; null where the logs show neither."""
    last: str | None
    calls: int | None
    """Calls that it made; null of what makes none."""
    ask: str
    """The text to ask with."""
    question: str
    """The question to begin with."""


class Find(Model):
    """What is called so?"""

    schema_: Literal["lineage.find/1"] = Field(default="lineage.find/1", alias="schema")
    asked: str
    found: bool
    looks_like: str | None = None
    """What kind of thing the text looks like, in words; null of a name."""
    matches: list[FoundName] = Field(default_factory=list)
    """Whole names first, then beginnings, then parts; of each first people and roles, then sessions, keys, accounts,
    addresses and resources, then by name."""
    total: int = 0
    truncated: bool = False
