"""Watches folders, buckets and a queue, and loads what arrives, until it is stopped.

A round loads some files or objects, commits and derives them, and only then deletes the messages that told of them. So
a watcher may be killed at any instant: what it did not finish is found again, by a message or by a listing, and what it
loads twice counts once. Several watchers on one queue and one store share the work in the same way.
"""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from lineage.load import UNREAD, Loaded, derive, keep_findings, load_sources, loaded_objects
from lineage.model.errors import BadUse, LineageError
from lineage.model.results import Sums
from lineage.model.times import now
from lineage.stores.reader import Store
from loaders.files.s3_notices import objects_in
from loaders.files.sources import S3, Narrow, Reach, Source, find
from loaders.records.items import Records
from loaders.records.read import items_of

if TYPE_CHECKING:
    from loaders.files.sqs import Message, Queue

DAY = 86_400
LOOKBACKS = ((1, 0), (3, 3_600), (7, 6 * 3_600), (30, DAY))
"""How many days back CloudTrail's folders are listed, and how many seconds pass between two listings of that depth."""
OBJECTS_OF_A_ROUND = 200
MESSAGES_OF_A_ROUND = 50
POLL_SECONDS = 5.0
"""How long one request waits for messages; a watcher stops after it at the latest."""
SAME_LOAD_SECONDS = 900
"""Rounds of that time are one load in the store."""
UNKNOWN = "neither a notification of S3 nor an event or a finding"
ATTEMPTS = 5
"""How often a message without a dead-letter queue is tried before it is set aside."""
PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 900
"""A message or object that failed is tried again after a growing pause."""


class Round(NamedTuple):
    """What a round did."""

    objects: int
    """Files and objects that were read to their end."""
    events: int
    """Events that were new."""
    duplicates: int
    findings: int = 0


class Watcher:
    """Watches some sources for one store. `told` gets each round that loaded something, `warned` each failure;
    `turned` is called after each turn, when what it loaded is committed and derived and its messages are deleted."""

    def __init__(
        self, store: Store, paths: Sequence[str], *, queue: Queue | None = None, every: float = 300.0,
        since: int | None = None, reach: Reach | None = None, processes: int | None = None,
        stop: Event | None = None, told: Callable[[Round], None] | None = None,
        warned: Callable[[str], None] | None = None, turned: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.stop = stop or Event()
        """Set it to stop after the batch at hand."""
        self._store = store
        self._paths = list(paths)
        self._queue = queue
        self._every = every
        self._since = since
        self._reach = reach or Reach()
        self._processes = processes
        self._told = told or (lambda round: None)
        self._warned = warned or (lambda line: None)
        self._turned = turned or (lambda: None)
        self._pending: deque[Source] = deque()
        self._listed: dict[int, float] = {}
        """When each depth of listing was last done."""
        self._failed: dict[str, tuple[int, float]] = {}
        """By path: how often it failed, and when it may be tried again."""
        self._load: tuple[str, float] = ("", 0.0)
        self._sums: Sums = Sums()

    def run(self) -> None:
        """Load what is there and what arrives, until it is stopped.

        Raises `LineageError` if nothing can be listed at the start, or the store cannot be reached.
        """
        self._store.make_durable()
        derive(self._store)  # what a watcher that was killed left
        dead_letters = self._queue is None or self._queue.has_dead_letters()
        due, first = 0.0, True
        while not self.stop.is_set():
            if self._paths and not self._pending and time.monotonic() >= due:
                self._list(first)
                due, first = time.monotonic() + self._every, False
            some = [self._pending.popleft() for _ in range(min(OBJECTS_OF_A_ROUND, len(self._pending)))]
            if some:
                self._round(some)
            wait = 0.0 if self._pending else due - time.monotonic() if self._paths else POLL_SECONDS
            if self._queue is not None:
                self._answer(self._queue, dead_letters, max(0.0, min(POLL_SECONDS, wait)))
            self._turned()
            if self._queue is None and wait > 0:
                self.stop.wait(wait)

    # listing

    def _list(self, first: bool) -> None:
        """Find what is new behind the paths; the first time everything, then only the days that are due."""
        at = time.monotonic()
        depth = max(days for days, pause in LOOKBACKS if at - self._listed.get(days, -1e9) >= pause)
        since = self._since if first else max(now() - depth * DAY, self._since or 0)
        self._listed |= {days: at for days, _ in LOOKBACKS if first or days <= depth}
        for path in self._paths:
            try:
                found = list(self._found(path, since))
            except (LineageError, OSError) as error:
                if first:
                    raise
                self._warn(path, str(error))
                continue
            self._failed.pop(path, None)
            known = set(loaded_objects(self._store, found))
            self._pending += (source for source in found if source not in known and self._may_be_tried(source.path))

    def _found(self, path: str, since: int | None) -> Iterable[Source]:
        remote = path.startswith(S3)
        for source in find([path], self._reach, Narrow(since=since if remote else None)):
            if source.problem:
                self._warn(source.path, source.problem)
            elif remote:
                yield replace(source, since=None)  # the day of a folder says nothing about its events
            else:
                yield replace(source, etag=_version(source.path))

    # rounds

    def _round(self, sources: Sequence[Source]) -> Loaded:
        """Load some files and objects, and derive what they change."""
        identifier, began = self._load
        if time.monotonic() - began > SAME_LOAD_SECONDS:
            identifier, began, self._sums = "", time.monotonic(), Sums()
        loaded = load_sources(
            self._store, sources, self._named(), processes=self._processes, identifier=identifier,
            stopped=self.stop.is_set,
        )  # fmt: skip
        self._load = (loaded.sums.id, began)
        before, self._sums = self._sums, loaded.sums
        for path, reason in loaded.failed.items():
            self._warn(path, reason)
        for path in loaded.ended:
            self._failed.pop(path, None)
        self._told(
            Round(
                len(loaded.ended), loaded.sums.loaded - before.loaded, loaded.sums.duplicate - before.duplicate,
                loaded.sums.passed.get("finding", 0) - before.passed.get("finding", 0),
            )
        )  # fmt: skip
        return loaded

    def _named(self) -> list[str]:
        return [*self._paths, *([self._queue.url] if self._queue is not None else [])]

    def _may_be_tried(self, path: str) -> bool:
        return time.monotonic() >= self._failed.get(path, (0, 0.0))[1]

    def _warn(self, path: str, reason: str) -> None:
        """Note that something failed; the first time it is told."""
        times = self._failed.get(path, (0, 0.0))[0] + 1
        self._failed[path] = (times, time.monotonic() + max(self._every, pause(times)))
        if times == 1:
            self._warned(reason if reason.startswith(path) else f"{path}: {reason}")

    # the queue

    def _answer(self, queue: Queue, dead_letters: bool, wait: float) -> None:
        """Load what some messages tell of, and delete those of which everything is committed and derived."""
        try:
            messages = queue.take(MESSAGES_OF_A_ROUND, wait)
        except OSError as error:
            self._warn(queue.url, str(error.strerror))
            self.stop.wait(POLL_SECONDS)
            return
        self._failed.pop(queue.url, None)
        if not messages:
            return
        try:
            if self.stop.is_set():
                queue.hide(messages, 0)
                return
            with queue.kept(messages):
                failures = self._work(messages)
            done = [one for one in messages if one.id not in failures]
            if not dead_letters and not self.stop.is_set():
                lost = [one for one in messages if one.id in failures and one.taken >= ATTEMPTS]
                self._set_aside(lost, failures)
                done += lost
            queue.delete(done)
            for one in messages:
                if one not in done:
                    queue.hide([one], 0 if self.stop.is_set() else pause(one.taken))
        except OSError as error:
            self._warn(queue.url, str(error.strerror))

    def _work(self, messages: Sequence[Message]) -> dict[str, dict[str, str]]:
        """Load what the messages tell of; return what failed, and why, by the ID of each message to be kept."""
        named = {message.id: objects_in(message.body) for message in messages}
        failures: dict[str, dict[str, str]] = {}
        paths = list(dict.fromkeys(path for some in named.values() for path in some or ()))
        wrong: dict[str, str] = {}
        found: list[Source] = []
        with ThreadPoolExecutor(10, "look") as pool:
            for path, looked in zip(paths, pool.map(self._look, paths), strict=True):
                if isinstance(looked, Source):
                    found.append(looked)
                else:
                    wrong[path] = looked
        known = {source.path for source in loaded_objects(self._store, found)}
        wanted = [source for source in found if source.path not in known]
        if wanted:
            loaded = self._round(wanted)
            known |= set(loaded.ended)
            wrong |= loaded.failed
        for message in messages:
            objects = named[message.id]
            if objects is None:
                if not self._take_in(message):
                    failures[message.id] = {f"message {message.id}": UNKNOWN}
            elif missing := [path for path in objects if path not in known]:
                failures[message.id] = {path: wrong.get(path, "not read to its end") for path in missing}
            if not self.stop.is_set():
                for path, why in failures.get(message.id, {}).items():
                    self._warn(path, why)
        return failures

    def _look(self, path: str) -> Source | str:
        from loaders.files import s3

        try:
            return s3.look(path, self._reach)
        except OSError as error:
            return f"{UNREAD}: {error.strerror}"
        except BadUse as error:
            return str(error)

    def _take_in(self, message: Message) -> bool:
        """Load the events and keep the findings that a message holds itself; return whether there were any."""
        body = message.body.encode("utf-8", "replace")
        items = list(items_of(body))
        findings = keep_findings(self._store, items)
        if has_events := any(isinstance(item, Records) for item in items):
            sums = load_sources(self._store, [Source("-", 0)], self._named(), processes=1, stdin=io.BytesIO(body)).sums
            self._told(Round(0, sums.loaded, sums.duplicate, findings))
        elif findings:
            self._told(Round(0, 0, 0, findings))
        return has_events or bool(findings)

    def _set_aside(self, messages: Sequence[Message], failures: dict[str, dict[str, str]]) -> None:
        """Note in the store, and tell, what is given up."""
        problems = []
        for message in messages:
            for path, why in failures[message.id].items():
                self._warned(f"{path}: set aside after {message.taken} attempts: {why}")
                problems.append(Source(path, 0, reach=self._reach, problem=why.removeprefix(f"{UNREAD}: ")))
        if problems:
            load_sources(self._store, problems, self._named(), processes=1)


def pause(times: int) -> int:
    """Return the seconds until what failed so many times is tried again.

    >>> [pause(times) for times in (1, 2, 3, 9)]
    [30, 60, 120, 900]
    """
    return int(min(LONGEST_PAUSE_SECONDS, PAUSE_SECONDS * 2 ** min(times - 1, 10)))


def _version(path: str) -> str:
    """Return what changes when a file does."""
    from pathlib import Path

    try:
        return str(Path(path).stat().st_mtime_ns)
    except OSError:
        return ""  # it is gone
