"""Estimates a load: which files there are, how many of them are loaded, and how long it will take.

A small sample is read, and written into a SQLite file that is deleted again. The store itself is only read.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

from lineage.load import derive, loaded_objects
from lineage.model.errors import BadUse, NotFound
from lineage.model.log_files import log_file
from lineage.model.times import parse_when
from lineage.questions.estimate import Estimate, Files, Sample
from lineage.render.text import counted, size
from lineage.stores.reader import Store
from lineage.stores.sqlite.coverage import WRITE_AHEAD_LOG
from lineage.stores.sqlite.store import SQLiteStore
from loaders.batches.aggregate import aggregate
from loaders.batches.parallel import readers
from loaders.batches.saved import saved
from loaders.files.sources import Narrow, Reach, Source, fetched, find

SAMPLE_SECONDS = 3.0
"""Reading and writing the sample ends after the batch in which this time has passed."""
SAMPLE_BYTES = 32_000_000
SAMPLE_FILES = 2_000
LEAST_READ = 1_000
"""A load of fewer records says nothing about the speed of a store."""
KINDS = {"": "events", "Digest": "digests", "Insight": "Insights events"}
"""Files of CloudTrail by the kind in their name."""


def estimate(
    store: Store, paths: Sequence[str], *, processes: int | None = None, seconds: float = SAMPLE_SECONDS,
    reach: Reach | None = None, narrow: Narrow | None = None,
) -> Estimate:  # fmt: skip
    """Estimate a load of the paths; nothing is written to the store.

    `seconds` is about how long a sample is read; `reach` and `narrow` as for `load`. Raises `BadUse` if a path matches
    nothing or is standard input, `NotFound` if there are only empty folders.
    """
    for path in paths:
        if (folder := saved(path)) is not None:
            raise BadUse(
                f"{path}: {folder.manifest.events:,} events that spark-aggregate has read; only logs are estimated"
            )
    sources = find(paths, reach, narrow)
    if not sources:
        raise NotFound(f"{' '.join(paths)}: no files there; give files or folders with CloudTrail logs")
    if any(source.path == "-" for source in sources):
        raise BadUse("-: standard input cannot be read twice; give files or folders")
    sizes = store.loaded_files([source.path for source in sources])
    loaded = {source.path for source in sources if not source.etag and sizes.get(source.path) == source.size}
    loaded |= {source.path for source in loaded_objects(store, sources)}
    total = sum(source.size for source in sources)
    count = readers(sources, processes)
    sample, grown = _sampled(sources, seconds)
    share = total / sample.bytes if sample.bytes else None
    speed = _earlier_speed(store) if store.name != "sqlite" else None
    events = round(sample.events * share) if share else None
    return Estimate(
        files=len(sources), bytes=total, loaded_files=len(loaded),
        loaded_bytes=sum(source.size for source in sources if source.path in loaded),
        kinds=_grouped(sources, loaded, _kind), accounts=_grouped(sources, loaded, lambda path: _named(path, 2)),
        days=_grouped(sources, loaded, lambda path: _named(path, 4)), processes=count, sample=sample, events=events,
        seconds=_seconds(sample, share, count, store.name, events / speed if events and speed else None),
        at_least=store.name != "sqlite" and speed is None,
        store_bytes=round(grown * share) if share and store.name == "sqlite" else None,
        how=_how(sample, len(sources), store.name, speed),
    )  # fmt: skip


def _grouped(sources: Iterable[Source], loaded: set[str], name_of: Callable[[str], str | None]) -> list[Files]:
    """The files by what their paths say, those that say nothing left out; in order of the names."""
    found: dict[str, list[int]] = {}
    for source in sources:
        name = name_of(source.path)
        if name is not None:
            sums = found.setdefault(name, [0, 0, 0])
            sums[0] += 1
            sums[1] += source.size
            sums[2] += source.path in loaded
    return [
        Files(name=name, files=files, bytes=bytes_, loaded=done)
        for name, (files, bytes_, done) in sorted(found.items())
    ]


def _kind(path: str) -> str:
    """What a file holds by its name, else its ending.

    >>> _kind("111122223333_CloudTrail_eu-west-1_20260311T0005Z_Ab12.json.gz"), _kind("a/b.csv.gz"), _kind("a/b")
    ('CloudTrail events', 'other files: .csv.gz', 'other files: no ending')
    """
    named = log_file(path)
    if named is not None:
        return f"CloudTrail {KINDS.get(named.kind, named.kind)}"
    endings = [one for one in PurePath(path).suffixes[-2:] if one[1:].isalnum() and len(one) <= len(".parquet")]
    return f"other files: {''.join(endings).lower() or 'no ending'}"


def _named(path: str, part: int) -> str | None:
    named = log_file(path)
    return named[part] if named is not None else None


def _sampled(sources: Sequence[Source], seconds: float) -> tuple[Sample, int]:
    """Read and write some of the files, and measure it; also returns by how many bytes the store grew."""
    order = list(sources)
    random.Random(0).shuffle(order)
    chosen, held = [], 0
    for source in order[:SAMPLE_FILES]:
        chosen.append(source)
        held += source.size
        if held >= SAMPLE_BYTES:
            break
    chosen.sort(key=lambda source: source.path)  # neighbours share rows, as in a load
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.db"
        store = SQLiteStore(path)
        try:
            load = store.begin_load([])
            empty = _pages(store)
            began = asked = time.monotonic()
            files = read = events = 0
            reading = writing = 0.0
            for batch in aggregate(fetched(chosen)):
                got = time.monotonic()
                store.add(load, batch)
                reading += got - asked
                files += len(batch.ended)
                read += batch.bytes_read
                events += batch.read
                asked = time.monotonic()
                writing += asked - got
                if asked - began > seconds:
                    break
            derive(store)
            deriving = time.monotonic() - asked
            grown = _pages(store) - empty
        finally:
            store.close()
    sample = Sample(
        files=files, bytes=read, events=events, reading_seconds=round(reading, 3), writing_seconds=round(writing, 3),
        deriving_seconds=round(deriving, 3),
    )  # fmt: skip
    return sample, grown


def _pages(store: SQLiteStore) -> int:
    """The bytes of a store without its write-ahead log."""
    return sum(part.bytes or 0 for part in store.size().parts if part.name != WRITE_AHEAD_LOG)


def _seconds(sample: Sample, share: float | None, processes: int, kind: str, as_before: float | None) -> float | None:
    """How long a load takes, of which the sample is a share.

    Reading is spread over processes, writing is not, and together they have the cores of the machine; deriving
    follows. Neo4j takes as long as before; without a load before only reading is known.
    """
    if share is None:
        return None
    read, written = sample.reading_seconds * share, sample.writing_seconds * share
    if kind != "sqlite":
        return max(read / processes, as_before or 0.0)
    cores = os.cpu_count() or 1
    both = read + written if processes == 1 else max((read + written) / cores, read / processes, written)
    return both + sample.deriving_seconds * share


def _earlier_speed(store: Store) -> float | None:
    """Records per second of the largest load that the store finished, None if there was none worth the name."""
    best = max((sums for sums in store.loads() if sums.finished), key=lambda sums: sums.read, default=None)
    if best is None or best.read < LEAST_READ:
        return None
    took = (parse_when(best.finished) or 0) - (parse_when(best.started) or 0)
    return best.read / took if took > 0 else None


def _how(sample: Sample, files: int, kind: str, speed: float | None) -> str:
    read = f"read {size(sample.bytes)} with {counted(sample.events, 'event')}"
    whole = " (all)" if sample.files == files else f", {counted(sample.files, 'whole file')}"
    if kind == "sqlite":
        return f"estimated from a sample: {read}{whole}, and wrote it into a SQLite file that was deleted again"
    if speed is not None:
        return (
            f"number of events from a sample: {read}{whole}; speed from the largest load before: {speed:,.0f} events/s"
        )
    return f"estimated from a sample: {read}{whole}; how fast Neo4j writes is not known before its first load"
