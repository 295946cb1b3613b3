"""What a store holds and what was done to it: `info`, `load`, `show`, `query`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from lineage.answers.base import Model


class NoRecords(Model):
    """A file that gave no record: what it looks like, and what to do."""

    path: str
    looks_like: str
    do: str


class LoadSums(Model):
    """The sums of one load: read = loaded + duplicate + set aside."""

    id: str
    started: str
    finished: str | None
    paths: list[str]
    files: int
    bytes: int
    read: int
    loaded: int
    duplicate: int
    set_aside: int
    conflicting: int
    passed: dict[str, int]
    no_records: list[NoRecords]
    """The first 100 files that gave no record; digests, Insight and aggregated events, notices and empty files are
    counted in `passed` instead."""
    no_records_total: int


class AccountSeen(Model):
    """An account in the store."""

    id: str
    name: str | None
    events: int
    first: str | None
    last: str | None


class Info(Model):
    """What a store holds."""

    name: ClassVar[str] = "info"
    schema_: Literal["lineage.info/1"] = Field(default="lineage.info/1", alias="schema")
    store: str
    nodes: dict[str, int]
    relationships: dict[str, int]
    events: int
    accounts: list[AccountSeen]
    first: str | None
    last: str | None
    loads: list[LoadSums]
    unfinished: int
    """Terms that still wait to be derived: a load was interrupted; the next load finishes them."""


class AsideAt(Model):
    """A record that was set aside: where and why."""

    path: str
    index: int
    offset: int | None
    reason: str


class Load(Model):
    """What a load did: its sums, and the first places that were set aside."""

    name: ClassVar[str] = "load"
    schema_: Literal["lineage.load/1"] = Field(default="lineage.load/1", alias="schema")
    sums: LoadSums
    aside: list[AsideAt]
    """At most the first 1,000."""
    aside_total: int


class Place(Model):
    """One place where a record lies."""

    path: str
    index: int
    """Position among the records of the file, from 0."""
    sha256: str
    """Of the file as it lies on disk now."""
    loaded_sha256: str | None
    """Of the file when it was loaded; null if it was not."""
    record: dict[str, Any]
    """As logged, secrets removed."""


class Shown(Model):
    """The raw records of an event, secrets removed."""

    name: ClassVar[str] = "show"
    schema_: Literal["lineage.show/1"] = Field(default="lineage.show/1", alias="schema")
    event_id: str
    found: bool
    places: list[Place]
    """Those of the ID itself; of an addendum then those of the event that it amends; of another account's copy of a
    call then the caller's own copies."""
    note: str | None = None


class QueryRows(Model):
    """Columns and rows of a Cypher file."""

    name: ClassVar[str] = "query"
    schema_: Literal["lineage.query/1"] = Field(default="lineage.query/1", alias="schema")
    query: str
    columns: list[str]
    rows: list[list[Any]]
