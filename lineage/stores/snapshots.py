"""Questions to one state of a store: what a load adds and what it derives become visible together.

A load commits batch by batch and derives the lineage afterwards. In between there is a state in which calls stand
without their place in the lineage; no question may be asked of it. The two stores avoid it in their own way, see
`lineage.stores.sqlite.snapshots` and `lineage.stores.neo4j.snapshots`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from lineage.model.errors import BadUse
from lineage.stores.reader import Store

T = TypeVar("T")


class Snapshots(Protocol):
    """A store, asked for one state after the other. It belongs to one thread."""

    as_of: float | None
    """When the state of the last answer was the newest one, in seconds since the epoch."""

    def ask(self, question: Callable[[Store], T], seconds: float) -> T:
        """What a question finds in one state of the store, in which all is derived.

        Raises `StoreLoading` where there is no such state, `TakesTooLong` where reading takes longer than that.
        """

    def refresh(self) -> None:
        """Go on to the newest state, if all is derived in it. Raises `LineageError`."""

    def close(self) -> None:
        """Give back files and connections."""


def snapshots(target: str) -> Snapshots:
    """The states of the store at a path or address. The file may be made later."""
    if "://" in target:
        from lineage.stores.neo4j.snapshots import Neo4jSnapshots

        return Neo4jSnapshots(target)
    if target == ":memory:":
        raise BadUse("--store :memory:: other processes cannot read it; give a file")
    from lineage.stores.sqlite.snapshots import SQLiteSnapshots

    return SQLiteSnapshots(target)
