"""A load: files to batches to the store, then derivation.

Reading runs in several processes; every batch is a transaction of its own, so a load that is killed leaves a
store that the next load completes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from lineage.model.results import Sums
from lineage.questions.shared.models import LoadSums
from lineage.resolve import resolve
from lineage.stores.store import Store
from loaders.files.inputs import find
from loaders.files.parallel import batches

DERIVE_TERMS = 1_500
"""Dirty terms that one transaction of derivation takes."""


class Progress(NamedTuple):
    """How far a load has come; `stage` is `reading` or `deriving`."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    events: int
    seconds: float
    stage: str


class AsidePlace(msgspec.Struct, frozen=True):
    """What was set aside: where and why."""

    path: str
    index: int
    offset: int | None
    reason: str


class LoadReport(NamedTuple):
    """The end of a load: its sums, and the first things that were set aside."""

    sums: LoadSums
    aside: list[AsidePlace]
    aside_total: int


def load(
    store: Store,
    paths: Sequence[str],
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Sums:
    """Load the paths into the store and derive what they change; returns the sums of the load.

    `processes` is how many read in parallel; None takes one for each core, and one alone for little data.
    Raises `BadUse` where a path names nothing.
    """
    sources = find(paths)
    began = time.monotonic()
    total = sum(source.size for source in sources)
    identifier = store.begin_load([source.path for source in sources] if len(sources) <= 20 else list(paths))
    files = done = events = 0

    def tell(stage: str) -> None:
        if progress:
            progress(Progress(files, len(sources), done, total, events, time.monotonic() - began, stage))

    for batch in batches(sources, processes, stdin):
        store.add(identifier, batch)
        files += len(batch.ended)
        done += batch.bytes_read
        events += batch.read
        tell("reading")
    derive(store, lambda: tell("deriving"))
    return store.finish_load(identifier)


def derive(store: Store, tick: Callable[[], None] = lambda: None) -> None:
    """Derive all that waits in the store; also what a killed load left behind."""
    while True:
        with store.transaction():
            terms = store.dirty(DERIVE_TERMS)
            if not terms:
                break
            scopes = resolve.expand(terms, store.lookup)
            store.write_derived(resolve.derive(scopes, store.lookup), terms)
        tick()
    store.settle()
