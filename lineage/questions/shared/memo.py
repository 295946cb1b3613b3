"""A store whose neighbourhoods are remembered for a moment: many asks in a row are about the same sessions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import networkx as nx

from lineage.model.results import ALWAYS, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.model.facts import Identity
    from lineage.model.keys import Ref
    from lineage.model.results import CallFilter, CallRow, Coverage, EventRow, Graph, LogsAround, SessionRow
    from lineage.stores.reader import Store

SECONDS = 1.0
"""How long it remembers; what other processes load meanwhile is seen after that."""
ENTRIES = 5_000
HOUR = 3600
LARGEST = 20_000
"""So many rows of calls are remembered at once."""


class Memo:
    """Reads like the store; what it read in the last second it does not read again."""

    def __init__(self, store: Store, *, lasts: float = SECONDS) -> None:
        self._store = store
        self._lasts = lasts
        self._made = time.monotonic()
        self._graphs: dict[str, Graph] = {}
        self._identities: dict[Ref, list[Identity]] = {}
        self._sessions: dict[str, list[SessionRow]] = {}
        self._around: dict[tuple[str | None, int], LogsAround] = {}
        self._coverage: dict[tuple[str | None, Window], list[Coverage]] = {}
        self._calls: dict[tuple[CallFilter, Window, bool], list[CallRow]] = {}
        self._event: tuple[str, list[EventRow]] | None = None
        """The event that was read last: to find out what an ask means it is read, and then for the answer."""
        self.conflicts = store.conflicts
        self.callers_copies = store.callers_copies
        self.facts_of = store.facts_of
        self.nodes_of_key = store.nodes_of_key
        self.has = store.has
        self.lookup = store.lookup
        self.sessions_of = store.sessions_of
        self.principals_of = store.principals_of
        self.named = store.named
        self.amended = store.amended
        self.principals = store.principals
        self.direct_calls = store.direct_calls
        self.names_of = store.names_of
        self.keys_of = store.keys_of
        self.descend = store.descend
        self.changes = store.changes
        self.addresses = store.addresses
        self.identities = store.identities
        self.events_of = store.events_of
        self.lineage = store.lineage
        self.lineage_edges = store.lineage_edges
        self.account_names = store.account_names
        self.loads = store.loads

    @property
    def is_stale(self) -> bool:
        """Is it time to read anew?"""
        return time.monotonic() - self._made > self._lasts or len(self._graphs) > ENTRIES

    def events(self, event_id: str) -> list[EventRow]:
        """The events under an ID, in order of time."""
        if self._event is None or self._event[0] != event_id:
            self._event = event_id, self._store.events(event_id)
        return self._event[1]

    def ascend(self, refs: Iterable[str]) -> Graph:
        """Everything that leads to some nodes; the ancestry of a single node is remembered."""
        wanted = list(refs)
        if len(wanted) != 1:
            return self._store.ascend(wanted)
        if wanted[0] not in self._graphs:
            self._graphs[wanted[0]] = nx.freeze(self._store.ascend(wanted))
        return self._graphs[wanted[0]]

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls hang on a node."""
        if ref not in self._identities:
            self._identities[ref] = self._store.identities_of(ref)
        return self._identities[ref]

    def sessions_by_id(self, principal_id: str) -> list[SessionRow]:
        """The sessions with a principalId; newest first."""
        if principal_id not in self._sessions:
            self._sessions[principal_id] = self._store.sessions_by_id(principal_id)
        return self._sessions[principal_id]

    def logs_around(self, account: str | None, time: int) -> LogsAround:
        """What was loaded of an account around a time."""
        if (account, time) not in self._around:
            self._around[account, time] = self._store.logs_around(account, time)
        return self._around[account, time]

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        """Events by account, region, hour and category; a part of what was read as a whole is not read again."""
        whole = self._coverage.get((None, ALWAYS))
        if whole is not None:
            low = window.since // HOUR if window.since is not None else None
            high = window.until // HOUR if window.until is not None else None
            return [
                one
                for one in whole
                if (account is None or one.account == account)
                and (low is None or one.hour >= low)
                and (high is None or one.hour <= high)
            ]
        if (account, window) not in self._coverage:
            self._coverage[account, window] = self._store.coverage(account, window)
        return list(self._coverage[account, window])

    def calls(self, which: CallFilter, window: Window = ALWAYS, *, every: bool = False) -> list[CallRow]:
        """The calls that are meant, cut to a window by the second; in order of first second, row and source."""
        if which.by != "all" and not which.values:
            return []
        found = self._calls.get((which, window, every))
        if found is None:
            found = self._store.calls(which, window, every=every)
            if len(found) <= LARGEST:
                self._calls[which, window, every] = found
        return list(found)
