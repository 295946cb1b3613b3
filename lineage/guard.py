"""Guards chains that were contained: what they, or their people, do from then on is a finding, told once.

A finding is kept in the store before it is told, and marked as told after that. So one that a kill interrupts is told
again by the next run, with the same ID, and none is lost.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from lineage.load import FINDINGS
from lineage.model.errors import BadUse, LineageError, NotFound, StoreUnreachable
from lineage.model.times import iso, now
from lineage.questions.guard import Guard
from lineage.questions.guard.answer import Found, answer
from lineage.render.text import as_json
from lineage.stores.reader import Store
from lineage.watch import pause

GUARDS = "guard"
"""The kind of notes with what is guarded: the ask, and `Guarded` as JSON; empty where it was removed."""
KNOWN = "guarded"
"""The kind of notes by which an event, call or session is known: the ID of its finding."""
TOLD = "told"
"""The kind of notes with the IDs of findings that were told."""
RUN_SECONDS = 300
"""How long a command may take with a finding."""


class Guarded(NamedTuple):
    """What is guarded."""

    ask: str
    since: int
    """Second from which on the chain should be dead."""
    responders: tuple[str, ...] = ()
    """Whose calls are no findings."""

    def as_json(self) -> dict[str, object]:
        """As JSON values."""
        return {"ask": self.ask, "since": iso(self.since), "except": list(self.responders)}


def guards(store: Store) -> list[Guarded]:
    """Return what is guarded, by ask."""
    return [msgspec.json.decode(body, type=Guarded) for body in store.noted(GUARDS).values() if body]


def keep(store: Store, asks: Iterable[str], since: int | None = None, responders: Sequence[str] = ()) -> list[Guarded]:
    """Keep some asks in the store as guarded, and return them. One that is kept already begins when it did, and has the
    responders that it had, unless others are given; a new one begins now."""
    before = {one.ask: one for one in guards(store)}
    found = []
    for ask in dict.fromkeys(asks):
        known = before.get(ask, Guarded(ask, now()))
        found.append(Guarded(ask, known.since if since is None else since, tuple(responders) or known.responders))
    store.note(GUARDS, {one.ask: msgspec.json.encode(one) for one in found if before.get(one.ask) != one})
    return found


def remove(store: Store, asks: Iterable[str]) -> None:
    """Guard some asks no longer; their findings stay. Raises `NotFound`."""
    known = {one.ask for one in guards(store)}
    for ask in asks:
        if ask not in known:
            raise NotFound(f"{ask}: not guarded; lineage guard --list shows what is")
        store.note(GUARDS, {ask: b""})


class Checker:
    """Looks at some guards of a store; `told` gets each finding, `warned` each failure.

    `run` is a command that gets each finding as JSON on its standard input, without a shell.
    """

    def __init__(
        self, store: Store, guarded: Sequence[Guarded], told: Callable[[Guard], None], warned: Callable[[str], None],
        run: str | None = None, stopped: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self.count = 0
        """How many findings were told."""
        self.missing: set[str] = set()
        """What nothing is loaded of, as far as it was looked at."""
        self.failed = False
        """Did the command fail for a finding?"""
        self._store = store
        self._guarded = guarded
        self._told = told
        self._warned = warned
        self._stopped = stopped
        self._command = words(run) if run is not None else None
        self._out: set[str] = set()
        """Findings that `told` has got, of which the command failed."""
        self._times, self._again = 0, 0.0

    @property
    def is_due(self) -> bool:
        """Is it time to try a command again that failed?"""
        return self.failed and time.monotonic() >= self._again

    def check(self) -> None:
        """Find what is new, keep it, tell it and mark it."""
        self.failed = False
        for guarded in self._guarded:
            for finding in self._kept(guarded, self._found(guarded)):
                if self._stopped():
                    return
                self._tell(finding)
        self._times = self._times + 1 if self.failed else 0
        self._again = time.monotonic() + pause(self._times) if self.failed else 0.0

    def _found(self, guarded: Guarded) -> list[Found]:
        """What there is for a guard; the first time that nothing can be said, why is told."""
        try:
            found, why = answer(self._store, *guarded), f"{guarded.ask}: nothing is loaded of it yet"
        except StoreUnreachable:
            raise
        except LineageError as error:
            found, why = None, str(error)
        if found is not None:
            self.missing.discard(guarded.ask)
            return found
        if guarded.ask not in self.missing:
            self.missing.add(guarded.ask)
            self._warned(why)
        return []

    def _kept(self, guarded: Guarded, found: Sequence[Found]) -> list[Guard]:
        """Keep what is new in the store; return what is not told, in order of time, as it is kept."""
        name = blake2b(guarded.ask.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        marks = {one.finding.id: [f"{name} {mark}" for mark in sorted(one.marks)] for one in found}
        known = self._store.noted(KNOWN, sorted({mark for some in marks.values() for mark in some}))
        ids: dict[str, None] = {}
        fresh: dict[str, bytes] = {}
        for one in found:
            before = next((known[mark] for mark in marks[one.finding.id] if mark in known), None)
            ids[before.decode() if before is not None else one.finding.id] = None
            if before is None:
                fresh[one.finding.id] = as_json(one.finding).encode("utf-8", "backslashreplace")
        self._store.note(FINDINGS, {f"guard {id}": body for id, body in fresh.items()})
        self._store.note(KNOWN, {mark: id.encode() for id in fresh for mark in marks[id]})
        done = self._store.noted(TOLD, list(ids))
        kept = self._store.noted(FINDINGS, [f"guard {id}" for id in ids if id not in done])
        return [Guard.model_validate_json(kept[f"guard {id}"]) for id in ids if f"guard {id}" in kept]

    def _tell(self, finding: Guard) -> None:
        if finding.id not in self._out:
            self._told(finding)
            self.count += 1
            self._out.add(finding.id)
        if self._command is not None and (why := self._run(self._command, finding)) is not None:
            if not self.failed:
                self._warned(f"--run {self._command[0]}: {why}; finding {finding.id} is tried again")
            self.failed = True
            return
        self._store.note(TOLD, {finding.id: iso(now()).encode()})
        self._out.discard(finding.id)

    def _run(self, command: Sequence[str], finding: Guard) -> str | None:
        """Run the command with a finding; return why it failed. What it prints goes to standard error."""
        try:
            ended = subprocess.run(
                command, input=as_json(finding).encode("utf-8", "backslashreplace") + b"\n", stdout=2, check=False,
                timeout=RUN_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"not done after {RUN_SECONDS} seconds"
        except OSError as error:
            return error.strerror or type(error).__name__
        return f"exit code {ended.returncode}" if ended.returncode else None


def words(command: str) -> list[str]:
    """The words of a command that is run without a shell. Raises `BadUse`.

    >>> words("notify --channel 'on call'")
    ['notify', '--channel', 'on call']
    """
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise BadUse(f"--run {command}: {str(error).lower()}") from None
    if not found:
        raise BadUse("--run: give a command")
    return found
