"""A load: files to batches to the store, then derivation.

Reading runs in several processes; every batch is a transaction of its own, so a load that is killed leaves a
store that the next load completes.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

import msgspec

from lineage import resolve
from lineage.answers import LoadSums
from lineage.batch import DECODER, ENCODER, Batch
from lineage.seen import Sums
from lineage.stores.base import Store
from loaders.aggregate import BATCH_EVENTS, Aggregator
from loaders.documents import Records
from loaders.inputs import Source, find, read

SMALL_BYTES = 4_000_000
"""Below this, starting processes costs more than they save."""
DERIVE_TERMS = 4_000
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
    for batch in _batches(sources, processes, total, stdin):
        store.add(identifier, batch)
        files += len(batch.ended)
        done += batch.bytes_read
        events += batch.read
        if progress:
            progress(Progress(files, len(sources), done, total, events, time.monotonic() - began, "reading"))
    derive(store, lambda: progress and progress(Progress(files, len(sources), done, total, events, time.monotonic() - began, "deriving")))
    return store.finish_load(identifier)


def derive(store: Store, tick: Callable[[], object] = lambda: None) -> None:
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


def _batches(sources: Sequence[Source], processes: int | None, total: int, stdin: BinaryIO | None) -> Iterator[Batch]:
    """The batches of the sources, in no particular order."""
    wanted = processes if processes is not None else (os.cpu_count() or 1)
    wanted = min(wanted, len(sources))
    if processes is None and total < SMALL_BYTES:
        wanted = 1
    if wanted <= 1 or any(source.path == "-" for source in sources):
        yield from _read(sources, stdin)
        return
    context = multiprocessing.get_context("spawn")
    shares = _shares(sources, wanted)
    results: multiprocessing.Queue[bytes | None] = context.Queue(maxsize=2 * wanted)  # type: ignore[assignment]  # typeshed
    workers = [context.Process(target=_work, args=(share, results), daemon=True) for share in shares]
    for worker in workers:
        worker.start()
    running = len(workers)
    try:
        while running:
            message = results.get()
            if message is None:
                running -= 1
            else:
                yield DECODER.decode(message)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _shares(sources: Sequence[Source], number: int) -> list[list[Source]]:
    """Split the files so that each share has about the same bytes and neighbours in time stay together."""
    shares: list[list[Source]] = [[] for _ in range(number)]
    sizes = [0] * number
    for source in sources:
        least = sizes.index(min(sizes))
        shares[least].append(source)
        sizes[least] += source.size
    return shares


def _work(sources: list[Source], results: multiprocessing.Queue[bytes | None]) -> None:
    """A reading process: batches go out as MessagePack, None ends it."""
    for batch in _read(sources, None):
        results.put(ENCODER.encode(batch))
    results.put(None)


def _read(sources: Sequence[Source], stdin: BinaryIO | None) -> Iterator[Batch]:
    aggregator = Aggregator()
    for source in sources:
        for item in read(source, stdin):
            if isinstance(item, Records):
                aggregator.add(aggregator.open(source.path), item)
                if len(aggregator) >= BATCH_EVENTS:
                    yield aggregator.batch()
            else:
                aggregator.note(source.path, item)
    yield aggregator.batch()
