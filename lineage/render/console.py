"""Where people look: a console on standard output for answers, one on standard error for all else.

A load shows there how it comes on: as a bar on a terminal, as a plain line every few seconds elsewhere.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.theme import Theme

from lineage.render.text import counted, shortly, size

if TYPE_CHECKING:
    from lineage.load import Progress

THEME = Theme(
    {
        "name": "bold",
        "quiet": "dim",
        "key": "cyan",
        "place": "green",
        "denied": "bold red",
        "open": "bold yellow",
        "EXACT": "bold green",
        "STRONG": "green",
        "LIKELY": "yellow",
        "HEURISTIC": "yellow",
        "HINT": "magenta",
        "NONE": "bold yellow",
    }
)
EVERY_SECONDS = 5.0


class Piped(Console):
    """A console that leaves it to the command line what becomes of a reader that went away."""

    def on_broken_pipe(self) -> None:
        """Raises `BrokenPipeError`; rich itself would end the program with "not found"."""
        raise BrokenPipeError


def out(*, color: bool = True) -> Console:
    """The console for answers: no colour but on a terminal without NO_COLOR; text is never markup."""
    return _console(sys.stdout, color)


def err(*, color: bool = True) -> Console:
    """The console for everything that is no answer."""
    return _console(sys.stderr, color)


def into(file: TextIO) -> Console:
    """A console that writes plain text into a file."""
    return _console(file, False)


def _console(file: TextIO, color: bool) -> Console:
    # None leaves it to NO_COLOR.
    return Piped(file=file, theme=THEME, markup=False, highlight=False, emoji=False, no_color=None if color else True)


def line(progress: Progress) -> str:
    """How far a load has come, at what speed, and what it waits for, as one line."""
    seconds = progress.seconds
    remaining = [f"{shortly(progress.left)} left"] if progress.left is not None else []
    if progress.stage in ("deriving", "settling"):
        what = "deriving the lineage" if progress.stage == "deriving" else "writing the calls"
        return ", ".join([f"{what} of {counted(progress.events, 'event')}", f"{seconds:.0f} s", *remaining])
    speeds = (progress.events / seconds, progress.bytes_done / seconds) if seconds > 0 else (0.0, 0.0)
    parts = [
        f"{progress.files_done:,} of {counted(progress.files_total, 'file')}",
        f"{size(progress.bytes_done)} of {size(progress.bytes_total)}",
        counted(progress.events, "event"),
        f"{speeds[0]:,.0f} events/s",
        f"{size(speeds[1])}/s",
        *remaining,
        f"waiting for {progress.stage}",
    ]
    return ", ".join(parts)


@contextmanager
def reporter(console: Console) -> Iterator[Callable[[Progress], None]]:
    """The function to report to while a load runs."""
    if console.is_terminal:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bar

        columns = BarColumn(24), TextColumn("{task.description}")
        with Bar(*columns, console=console, transient=True, refresh_per_second=8) as bar:
            task = bar.add_task("starting", total=None)

            def draw(progress: Progress) -> None:
                total = progress.bytes_total if progress.stage in ("reading", "writing") else None
                bar.update(task, description=line(progress), completed=progress.bytes_done, total=total or None)

            yield draw
        return
    last = time.monotonic()

    def say(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY_SECONDS:
            last = now
            console.print(line(progress), soft_wrap=True)

    yield say
