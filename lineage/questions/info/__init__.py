"""The answer to `info`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lineage.questions.shared.models import LoadSums, Model


class AccountSeen(Model):
    """An account in the store."""

    id: str
    """Empty for events that name no account."""
    name: str | None
    events: int
    """That its trails delivered; 0 where it is only named in the logs of others."""
    nodes: int
    """Principals and resources in it."""
    first: str | None
    last: str | None


class StorePart(Model):
    """A part of what a store keeps."""

    name: str
    bytes: int | None
    """Null in Neo4j, which does not tell."""
    entries: int | None
    """Nodes of a bookkeeping label of Neo4j; null in SQLite."""


class Info(Model):
    """What a store holds."""

    schema_: Literal["lineage.info/1"] = Field(default="lineage.info/1", alias="schema")
    store: str
    nodes: dict[str, int]
    """By label. There is an account in the graph for each of `accounts` with nodes."""
    principals: dict[str, int]
    """By kind; together they are the principals among `nodes`."""
    relationships: dict[str, int]
    events: int
    """Together those of `accounts`, and what all `loads` loaded, but for what was pruned."""
    accounts: list[AccountSeen]
    """By ID: with events, or with principals or resources."""
    first: str | None
    last: str | None
    bytes: int | None = None
    """Size of the store; null in Neo4j, which does not tell."""
    parts: list[StorePart] = Field(default_factory=list)
    """What the store is made of. In SQLite the parts add up to `bytes`."""
    loads: list[LoadSums]
    pruned_before: str | None = None
    """The time before which usage was pruned; null if none was."""
    unfinished: int
    """Terms that still wait to be derived: a load was interrupted; the next load finishes them."""
