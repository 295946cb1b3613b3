"""Loads files: reads them into batches, writes these to the store, then derives the lineage.

Several processes read; every batch is its own transaction, so the next load completes one that was killed.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import BinaryIO, Literal, NamedTuple, TypeVar

from msgspec.structs import replace

from lineage.model.alert import Alert
from lineage.model.batch import Batch
from lineage.model.errors import BadUse, NotFound
from lineage.model.results import Sums
from lineage.resolve import resolve
from lineage.stores.reader import Store
from loaders.batches.parallel import batches
from loaders.batches.saved import Saved, saved
from loaders.files.sources import Narrow, Reach, Source, find
from loaders.records.items import FileEnd, Item
from loaders.records.other_documents import FINDINGS as FINDINGS_FILE
from loaders.records.read import read

DERIVE_KEYS = 1_500
"""Most dirty join keys of one derivation transaction."""


RECENT_BATCHES = 20
"""Batches over which it is measured what a load waits for."""
Stage = Literal["reading", "writing", "deriving", "settling"]
"""What a load waits for: while files are read, the slower of reading and writing; then deriving the lineage; then, in
Neo4j, writing the calls to their places in it."""
T = TypeVar("T")


class Progress(NamedTuple):
    """Progress of a load in files, bytes, events and seconds."""

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    events: int
    seconds: float
    """Since the load began."""
    stage: Stage
    left: float | None = None
    """Seconds that reading and writing, or deriving, will still take at their mean speed; None if not known."""


class Waits:
    """Where the time of the last batches went: waiting for them, or writing them."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[float, float]] = deque(maxlen=RECENT_BATCHES)
        self._read = 0.0

    def reading(self, batches: Iterable[T]) -> Iterator[T]:
        """Yield the batches; what happens between two of them is writing."""
        asked = time.monotonic()
        for batch in batches:
            got = time.monotonic()
            self._read = got - asked
            yield batch
            asked = time.monotonic()

    def written(self, seconds: float) -> None:
        """Note how long the last batch took to write."""
        self._seconds.append((self._read, seconds))

    @property
    def stage(self) -> Stage:
        """What took longer."""
        read, written = map(sum, zip(*self._seconds, strict=True)) if self._seconds else (0.0, 0.0)
        return "writing" if written > read else "reading"


class Loaded(NamedTuple):
    """What a load did."""

    sums: Sums
    ended: list[str]
    """Files and objects that were read to their end; their events are committed and derived."""
    failed: dict[str, str]
    """Files, objects and prefixes of S3 that could not be read, with the reason."""
    known: int = 0
    """Objects that were loaded before, and so not read."""


def load(
    store: Store,
    paths: Sequence[str],
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stdin: BinaryIO | None = None,
    reach: Reach | None = None,
    narrow: Narrow | None = None,
    again: bool = False,
) -> Loaded:
    """Load the paths into the store and derive what they change.

    `processes` is the number of reading processes; None means one for each core, or one for little data. `reach` and
    `narrow` say how S3 is reached, and what is wanted; objects of S3 that were loaded before are only read `again` if
    asked for. A folder that `spark-aggregate` wrote is loaded as the logs it was made from. Raises `BadUse` if a path
    matches nothing, or such a folder is not complete, `NotFound` if there are only empty folders, `LineageError` if a
    reading process ends early. Loading the same events again, in any order or after a load that was killed, gives the
    same store. Cost: linear in the bytes, plus the derivation of what changed.
    """
    folders = {path: found for path in paths if (found := saved(path)) is not None}
    if folders and narrow not in (None, Narrow()):
        raise BadUse(
            f"{' '.join(folders)}: written by spark-aggregate, and always loaded whole; only logs can be narrowed"
        )
    sources = find([path for path in paths if path not in folders], reach, narrow)
    if not sources and not folders:
        raise NotFound(f"{' '.join(paths)}: no files there; give files or folders with CloudTrail logs")
    wanted = sources
    if not again and (known := set(loaded_objects(store, sources))):
        wanted = [source for source in sources if source not in known]
    for folder in folders.values():
        folder.check()
    named = [*folders, *(source.path for source in sources)] if len(sources) <= 20 else list(paths)
    loaded = load_sources(
        store, wanted, named, processes=processes, progress=progress, stdin=stdin, folders=[*folders.values()]
    )
    return loaded._replace(known=len(sources) - len(wanted))


def load_sources(
    store: Store,
    sources: Sequence[Source],
    named: Sequence[str],
    *,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stdin: BinaryIO | None = None,
    identifier: str = "",
    stopped: Callable[[], bool] = lambda: False,
    folders: Sequence[Saved] = (),
) -> Loaded:
    """Load files and objects, as `load`, and folders of batches; the store notes the load with the names `named`.

    `identifier` is a load that goes on. Once it is `stopped`, reading ends after the batch at hand, and what was added
    is derived.
    """
    began = time.monotonic()
    waits = Waits()
    manifests = [folder.manifest for folder in folders]
    files = len(sources) + sum(one.files for one in manifests)
    total = sum(source.size for source in sources) + sum(one.bytes for one in manifests)
    objects = {source.path: source for source in sources if source.etag}
    ended: list[str] = []
    failed: dict[str, str] = {}
    done = events = 0

    def report(stage: Stage, left: float | None) -> None:
        if progress:
            progress(Progress(len(ended) + len(failed), files, done, total, events, time.monotonic() - began,
                              stage, left))  # fmt: skip

    made = chain.from_iterable(folder.batches() for folder in folders)
    with closing(batches(sources, processes, stdin)) as reading:
        for batch in waits.reading(chain(made, reading)):
            # Only now is anything written: a load that fails before leaves no trace.
            identifier = identifier or store.begin_load(named)
            start = time.monotonic()
            store.add(identifier, batch)
            for source in _with_findings(batch, sources):
                keep_findings(store, read(source))
            whole = [end.path for end in batch.ended if end.sha256]
            store.note(OBJECTS, {mark(objects[path]): b"" for path in whole if path in objects})
            waits.written(time.monotonic() - start)
            ended += whole
            failed |= {one.path: one.reason for one in batch.aside if one.reason.startswith(UNREAD)}
            failed |= {end.path: UNREAD for end in batch.ended if not end.sha256 and end.path not in failed}
            done += batch.bytes_read
            events += batch.read
            report(waits.stage, time_left(time.monotonic() - began, done, total))
            if stopped():
                break
    derive(store, report)
    sums = store.finish_load(identifier or store.begin_load(named))
    return Loaded(sums, ended, failed)


def _with_findings(batch: Batch, sources: Sequence[Source]) -> list[Source]:
    """Return the files of a batch that hold findings alone, which batches only count."""
    told = [one.path for one in batch.unread if one.looks_like == FINDINGS_FILE.like]
    return [
        source
        for source in (sources if told else ())
        if source.path != "-" and any(one == source.path or one.startswith(f"{source.path}/") for one in told)
    ]


def keep_findings(store: Store, items: Iterable[Item | FileEnd]) -> int:
    """Keep the findings among some items in the store, of one ID the newest version; return how many there were."""
    from loaders.findings import findings

    found: dict[str, tuple[Alert, bytes]] = {}
    for alert, text in findings.kept(items):
        key = f"{alert.kind} {alert.id}"
        if key not in found or _age(alert) >= _age(found[key][0]):
            found[key] = (alert, text)
    for key, before in store.noted(FINDINGS, list(found)).items():
        if _age(findings.alerts_in(before)[0]) > _age(found[key][0]):
            del found[key]
    store.note(FINDINGS, {key: text for key, (_, text) in found.items()})
    return len(found)


def _age(alert: Alert) -> tuple[int, int]:
    return (alert.last_seen or 0, alert.count or 0)


FINDINGS = "finding"
"""The kind of notes with findings: kind and ID, and the finding as JSON."""
OBJECTS = "object"
"""The kind of notes about objects of S3 that were loaded."""
UNREAD = "cannot be read"
"""The reason of a file that is set aside as a whole."""


def mark(source: Source) -> str:
    """Return the name under which the store notes that an object was loaded: a hash of key, ETag, size and range."""
    parts = (source.path, source.etag, source.size, source.since, source.until)
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def loaded_objects(store: Store, sources: Iterable[Source]) -> Iterator[Source]:
    """Yield the objects of S3 that were loaded before, by key, ETag and size, whole or with the same range of time.

    This only saves time: what is loaded twice changes nothing.
    """
    names: dict[str, Source] = {}
    for source in sources:
        if source.etag:
            names[mark(source)] = source
            names[mark(replace(source, since=None, until=None))] = source
    noted = store.noted(OBJECTS, list(names))
    yield from dict.fromkeys(names[name] for name in noted)


def time_left(seconds: float, done: int, total: int) -> float | None:
    """Return the seconds that the rest takes at the mean speed; None if that cannot be said.

    >>> time_left(3.0, 1_000, 4_000), time_left(3.0, 0, 4_000), time_left(3.0, 7, 0)
    (9.0, None, None)
    """
    return max(0.0, seconds * (total - done) / done) if done and total > 0 else None


def derive(store: Store, report: Callable[[Stage, float | None], None] = lambda stage, left: None) -> None:
    """Derive everything pending in the store, including what a killed load left.

    `report` is called after each step with its stage and the seconds that are left of it.
    """
    began = time.monotonic()
    most = 0
    while True:
        with store.transaction():
            dirty = store.dirty(DERIVE_KEYS)
            if not dirty:
                break
            units = resolve.expand(dirty, store.lookup)
            store.write_derived(resolve.derive(units, store.lookup), dirty)
        waiting = store.waiting()
        most = max(most, waiting + len(dirty))
        report("deriving", time_left(time.monotonic() - began, most - waiting, most))
    while store.settle():
        report("settling", None)
