"""Where people look: a console on standard output for answers, one on standard error for all else."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.theme import Theme

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


class Piped(Console):
    """A console that leaves it to the command line what becomes of a reader that went away."""

    def on_broken_pipe(self) -> None:
        """Raises `BrokenPipeError`; rich itself would end the program with "not found"."""
        raise BrokenPipeError


def out() -> Console:
    """The console for answers: no colour but on a terminal without NO_COLOR; text is never markup."""
    return _console(stderr=False)


def err() -> Console:
    """The console for everything that is no answer."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        # A terminal of a small alphabet shows escapes for what it has no letters for, instead of an error.
        reconfigure(errors="backslashreplace")
    return Piped(stderr=stderr, theme=THEME, markup=False, highlight=False, emoji=False)
