"""A store whose neighbourhoods are remembered for a moment: many asks in a row are about the same sessions."""

from __future__ import annotations

import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import networkx as nx

from lineage.model.results import ALWAYS, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.model.results import CallFilter, CallRow, Coverage, Graph
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
        self._coverage: dict[tuple[str | None, Window], list[Coverage]] = {}
        self._calls: dict[tuple[CallFilter, Window, bool], list[CallRow]] = {}
        self.events = lru_cache(maxsize=1)(store.events)
        """To find out what an ask means an event is read, and then for the answer."""
        self.identities_of = cache(store.identities_of)
        self.sessions_by_id = cache(store.sessions_by_id)
        self.logs_around = cache(store.logs_around)
        self.noted = cache(store.noted)
        self.extent = cache(store.extent)
        self.conflicts = store.conflicts
        self.callers_copies = store.callers_copies
        self.facts_of = store.facts_of
        self.nodes_of_key = store.nodes_of_key
        self.has = store.has
        self.lookup = store.lookup
        self.sessions_of = store.sessions_of
        self.principals_of = store.principals_of
        self.named = store.named
        self.search = store.search
        self.sessions_named = store.sessions_named
        self.activity = store.activity
        self.amended = store.amended
        self.principals = store.principals
        self.direct_calls = store.direct_calls
        self.names_of = store.names_of
        self.user_names = store.user_names
        self.keys_of = store.keys_of
        self.descend = store.descend
        self.changes = store.changes
        self.addresses = store.addresses
        self.identities = store.identities
        self.events_of = store.events_of
        self.lineage = store.lineage
        self.lineage_parts = store.lineage_parts
        self.account_names = store.account_names
        self.pruned_before = cache(store.pruned_before)
        self.loads = store.loads
        self.loaded_at = store.loaded_at
        self.set_aside = store.set_aside

    @property
    def is_stale(self) -> bool:
        """Is it time to read anew?"""
        return time.monotonic() - self._made > self._lasts or len(self._graphs) > ENTRIES

    def ascend(self, refs: Iterable[str]) -> Graph:
        """Everything that leads to some nodes; the ancestry of a single node is remembered."""
        wanted = list(refs)
        if len(wanted) != 1:
            return self._store.ascend(wanted)
        if wanted[0] not in self._graphs:
            self._graphs[wanted[0]] = nx.freeze(self._store.ascend(wanted))
        return self._graphs[wanted[0]]

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
        if which.by not in ("failed", "all") and not which.values:
            return []
        found = self._calls.get((which, window, every))
        if found is None:
            found = self._store.calls(which, window, every=every)
            if len(found) <= LARGEST:
                self._calls[which, window, every] = found
        return list(found)
