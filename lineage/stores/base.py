"""What a store must do: take batches, derive lineage, and hand back the neighbourhood of a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lineage.model.batch import Batch, Sighting
from lineage.model.facts import AnyFact, Identity
from lineage.model.keys import Ref
from lineage.model.results import (
    ALWAYS,
    Around,
    Conflict,
    Coverage,
    DeedSeen,
    Graph,
    PrincipalSeen,
    RowSeen,
    Seen,
    SessionSeen,
    Shared,
    Sums,
    Which,
    Window,
    leading,
)
from lineage.questions.chains.answer import ChainRow
from lineage.questions.cross_account.answer import CrossingRow
from lineage.questions.info import Info
from lineage.resolve.resolved import Derived, Item


class Store(Protocol):
    """A place for lineage. Errors: `StoreUnreachable`."""

    name: str

    # writing
    def begin_load(self, paths: Sequence[str]) -> str:
        """Note that a load began; returns its ID."""

    def add(self, load: str, batch: Batch) -> None:
        """Add a batch in one transaction; what the store has already changes nothing."""

    def transaction(self) -> AbstractContextManager[None]:
        """One write transaction that no other derivation runs beside."""

    def dirty(self, limit: int) -> list[str]:
        """Some of the terms that wait to be derived."""

    def lookup(self, terms: Iterable[str]) -> Mapping[str, Sequence[Item]]:
        """Facts and live actors by term."""

    def write_derived(self, derived: Derived, done: Sequence[str]) -> None:
        """Replace what stands in the derived scopes, and forget the dirty terms that led to them."""

    def settle(self) -> None:
        """Bring up to date what the store derives from rows alone; called once, after all scopes are derived."""

    def finish_load(self, load: str) -> Sums:
        """Note that a load ended; returns its sums."""

    def name_accounts(self, names: Mapping[str, str]) -> None:
        """Give accounts their names."""

    # reading: events
    def events(self, event_id: str) -> list[Seen]:
        """The events under an ID, in order of time (one, but for the same ID in two hours)."""

    def partners(self, calls: Iterable[Shared]) -> dict[Shared, list[tuple[str, Seen]]]:
        """The callers' own copies of calls that other accounts have copies of, with their event IDs; sorted by event
        ID (one a call, in logs that nobody edited). A call without one is left out."""

    def conflicts(self, event_ids: Sequence[str] | None = None) -> list[Conflict]:
        """The events whose copies contradict each other, of some IDs if given; in order of hour and ID."""

    def facts_of(self, event_id: str) -> list[AnyFact]:
        """The facts of an event."""

    def amended(self, event_id: str) -> list[str]:
        """IDs of the events that an addendum with that ID amends (one, in logs that nobody edited); sorted."""

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        """Calls that a principal made itself with a long-term key within `seconds` of a time: second, service, key."""

    # reading: look-ups
    def of_key(self, access_key_id: str) -> list[Ref]:
        """The credentials of a key, and what used it without its issue having been logged; sorted."""

    def has(self, ref: Ref) -> bool:
        """Is the node in the store?"""

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]:
        """The sessions of a principal, of one session name if given; newest first. Without `ends`, last use and
        expiry are left out, which is quicker."""

    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]:
        """The sessions with a principalId; newest first."""

    def principals_of(self, identifier: str) -> list[str]:
        """Keys of the principals with that key or ARN; sorted."""

    def names_of(self, unique_id: str) -> list[Sighting]:
        """Under which principals and ARNs a unique ID (AIDA…, AROA…) was seen, or under which names an Identity
        Center user ID, with first and last second; in order of principal and ARN."""

    def keys_of(self, principal: str) -> list[str]:
        """The long-term access keys of a principal (by key); sorted."""

    def named(self, text: str) -> list[PrincipalSeen]:
        """The principals that have a name or a unique ID (AROA…, AIDA…); sorted."""

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        """Key, kind and name of the principals of some kinds that lineage is known of; sorted by key."""

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls hang on a node."""

    # reading: graphs
    def neighbourhood(self, ref: Ref) -> Graph:
        """All that leads to a node: callers, keys, owners, workloads, makers, as deep as it goes."""

    def descend(self, refs: Sequence[Ref]) -> Graph:
        """All that came from the nodes: sessions and keys, with keys and users made for others; of a workload among
        them the sessions that it runs as."""

    def ascend(self, refs: Iterable[str]) -> Graph:
        """All that leads to the nodes (references as text): the union of their neighbourhoods."""

    def uses(self, refs: Iterable[str]) -> Iterable[RowSeen]:
        """The rows of calls that hang on the nodes."""

    def calls(self, which: Which, window: Window = ALWAYS, *, every: bool = False) -> list[RowSeen]:
        """The calls that are meant, cut to a window by the second; in order of first second, row and source.

        Counts, first and last are those of the events in the window. With `every`, `samples` holds every event
        of the row in the window, in order of (time, event ID).
        """

    def deeds(
        self,
        types: Sequence[str],
        *,
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        window: Window = ALWAYS,
    ) -> list[DeedSeen]:
        """The deeds of some types (`ISSUED`, `CREATED`, `CHANGED`, `STARTED`), of some callers and about some
        nodes if given (references as text); in order of time, type and key."""

    def addresses(self) -> list[str]:
        """Every source address that calls came from, as logged; sorted."""

    def identities(self, actors: Iterable[int]) -> dict[int, Identity]:
        """The identities by number (`Row.actor`)."""

    def events_of(self, event_ids: Iterable[str]) -> dict[str, list[Seen]]:
        """`events` of many IDs at once; what is not there is left out."""

    def lineage(self) -> Graph:
        """The whole lineage without its calls: sessions, keys and principals, with what made them."""

    def graph(self) -> Graph:
        """The whole answer graph."""

    def chain_rows(self) -> Iterable[ChainRow]:
        """Every chain that nothing goes on from."""

    def crossing_rows(self) -> Iterable[CrossingRow]:
        """Every grant across accounts, copies merged."""

    # reading: what was loaded
    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        """Events by account, region, hour and category, in that order: of one account if given, of the hours that
        a window touches."""

    def around(self, account: str | None, time: int) -> Around:
        """What was loaded of an account around a time."""

    def account_names(self) -> dict[str, str]:
        """Names of accounts, as far as they were given."""

    def loads(self) -> list[Sums]:
        """The sums of every load, oldest first."""

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        """What a load set aside: path, place, offset, reason."""

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded, None if it was not."""

    def info(self) -> Info:
        """What the store holds."""

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file by name: columns and rows. Raises `BadUse` where the store runs no Cypher."""

    def close(self) -> None:
        """Give back files and connections."""


__all__ = ["Around", "Coverage", "RowSeen", "Seen", "SessionSeen", "Store", "Sums", "leading"]
