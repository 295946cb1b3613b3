"""What a store does beyond what questions read: it takes batches, keeps derived lineage and lists what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lineage.model.batch import Batch
from lineage.model.results import Graph, Sums, Totals
from lineage.resolve.resolved import Derived
from lineage.stores.reader import Reader


class Store(Reader, Protocol):
    """A place for lineage. Every method may raise `StoreUnreachable`."""

    name: str

    @property
    def path(self) -> object:
        """Where it is: a path, or an address without a password."""

    # writing

    def begin_load(self, paths: Sequence[str]) -> str:
        """Note that a load began; returns its ID."""

    def add(self, load: str, batch: Batch) -> None:
        """Add a batch in one transaction; what the store has already changes nothing."""

    def transaction(self) -> AbstractContextManager[None]:
        """One write transaction; no other derivation runs at the same time."""

    def dirty(self, limit: int) -> list[str]:
        """At most `limit` of the join keys that wait to be derived."""

    def write_derived(self, derived: Derived, done: Sequence[str]) -> None:
        """Replace what is stored in the derived scopes, and forget the dirty join keys that led to them."""

    def settle(self) -> None:
        """Bring up to date what the store derives from rows alone; called once, after all scopes are derived."""

    def finish_load(self, load: str) -> Sums:
        """Note that a load ended; returns its sums."""

    def name_accounts(self, names: Mapping[str, str]) -> None:
        """Give accounts their names."""

    # reading what questions do not need

    def graph(self) -> Graph:
        """The whole graph, calls included."""

    def totals(self) -> Totals:
        """How much the store holds. The cost is that of a pass over all rows."""

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        """What a load set aside: path, place, offset and reason, at most `limit`."""

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded, None if it was not."""

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file by name: columns and rows. Raises `BadUse` where the store runs no Cypher."""

    def close(self) -> None:
        """Give back files and connections."""


__all__ = ["Store"]
