"""The findings of `guard`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import Model

Kind = Literal["descendant", "key", "session", "refusal", "call"]


class Guard(Model):
    """Something that a contained chain, or one of its people, did after it should have been dead."""

    schema_: Literal["lineage.guard/1"] = Field(default="lineage.guard/1", alias="schema")
    id: str
    """The same whenever the finding is made again: a hash of the ask and the event."""
    ask: str
    """What is guarded."""
    since: str
    """Since when the chain should be dead."""
    kind: Kind
    """`descendant`: a session, key or user that came from the chain; `key`: a key or password of its people, or a key
    of the chain made active again; `session`: a session of its people; `refusal`, `call`: a call of the chain."""
    title: str
    """One sentence."""
    time: str
    api: str | None
    error: str | None
    """Of a refusal, or of another call that failed."""
    event_ids: list[str]
    """With the copies of other accounts; sorted. Empty where only calls show a session and its grant is not logged."""
    actor: str | None
    """Node of the caller, as label and key."""
    node: str | None
    """Node of what is new: a session, key or user."""
    sure: bool
    """False where the chain is one of several callers that fit."""
    account: str | None
    region: str | None
    source_ip: str | None
    user_agent: str | None
    access_key_id: str | None
    """As logged on the call."""
    principal_id: str | None
