"""`watch`: load what arrives, until the command is stopped."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

from lineage.commands import common
from lineage.commands.app import DEFAULT, Debug, Quiet, Store
from lineage.commands.generate import Arguments, fix_times
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage.watch import Round


def watch(
    command: Command, arguments: Arguments, *, store: Store = DEFAULT, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Watch, and say on standard error what was loaded and what failed. SIGTERM and Ctrl-C stop it after the batch at
    hand."""
    from lineage.model.times import iso, now
    from lineage.render.text import moment

    fix_times(command, arguments)

    def told(round: Round) -> None:
        common.note(f"{moment(iso(now()))}  {_line(round)}")

    with stopped_by_signals() as stop, common.opened(store, create=True) as lineage:
        lineage.watch(**arguments, stop=stop, told=told, warned=common.say)


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """Yield an event that SIGTERM and Ctrl-C set; a second one ends the process at once."""
    stop = Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, end)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line(round: Round) -> str:
    """What a round did."""
    from lineage.render.text import counted

    parts = [(round.objects, "file"), (round.events, "new event"), (round.duplicates, "duplicate"),
             (round.findings, "finding")]  # fmt: skip
    return ", ".join(counted(number, what) for number, what in parts if number) or "nothing new"
