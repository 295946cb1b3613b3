"""`watch`: load what arrives, until the command is stopped."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from lineage.commands import guard
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
    from threading import Event

    from lineage.model.times import iso, now
    from lineage.render.text import moment

    fix_times(command, arguments)
    stop = Event()

    def told(round: Round) -> None:
        guard.note(f"{moment(iso(now()))}  {_line(round)}")

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def end(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])  # a second one ends it at once

    for number in before:
        signal.signal(number, end)
    try:
        with guard.opened(store, create=True) as lineage:
            lineage.watch(**arguments, stop=stop, told=told, warned=guard.say)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _line(round: Round) -> str:
    """What a round did."""
    from lineage.render.text import counted

    parts = [(round.objects, "file"), (round.events, "new event"), (round.duplicates, "duplicate"),
             (round.findings, "finding")]  # fmt: skip
    return ", ".join(counted(number, what) for number, what in parts if number) or "nothing new"
