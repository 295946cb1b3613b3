"""Loads files: reads them into batches, writes these to the store, then derives the lineage.

Several processes read; every batch is its own transaction, so the next load completes one that was killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

from lineage.model.errors import NotFound
from lineage.model.results import Sums
from lineage.resolve import resolve
from lineage.stores.reader import Store
from loaders.batches.parallel import batches
from loaders.files.sources import find

DERIVE_TERMS = 1_500
"""Most dirty terms of one derivation transaction."""


class Progress(NamedTuple):
    """Progress of a load in files, bytes, events and seconds; `stage` is `reading` or `deriving`."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    events: int
    seconds: float
    stage: str


def load(
    store: Store,
    paths: Sequence[str],
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Sums:
    """Load the paths into the store and derive what they change; return the sums of the load.

    `processes` is the number of reading processes; None means one for each core, or one for little data. Raises
    `BadUse` if a path matches nothing, `NotFound` if there are only empty folders, `LineageError` if a reading process
    ends early. Loading the same events again, in any order or after a load that was killed, gives the same store. Cost:
    linear in the bytes, plus the derivation of what changed.
    """
    sources = find(paths)
    if not sources:
        raise NotFound(f"{' '.join(paths)}: no files there; give files or folders with CloudTrail logs")
    began = time.monotonic()
    total = sum(source.size for source in sources)
    named = [source.path for source in sources] if len(sources) <= 20 else list(paths)
    identifier = ""
    files = done = events = 0

    def report(stage: str) -> None:
        if progress:
            progress(Progress(files, len(sources), done, total, events, time.monotonic() - began, stage))

    for batch in batches(sources, processes, stdin):
        # Only now is anything written: a load that fails before leaves no trace.
        identifier = identifier or store.begin_load(named)
        store.add(identifier, batch)
        files += len(batch.ended)
        done += batch.bytes_read
        events += batch.read
        report("reading")
    derive(store, lambda: report("deriving"))
    return store.finish_load(identifier or store.begin_load(named))


def derive(store: Store, tick: Callable[[], None] = lambda: None) -> None:
    """Derive everything pending in the store, including what a killed load left."""
    while True:
        with store.transaction():
            terms = store.dirty(DERIVE_TERMS)
            if not terms:
                break
            units = resolve.expand(terms, store.lookup)
            store.write_derived(resolve.derive(units, store.lookup), terms)
        tick()
    store.settle()
