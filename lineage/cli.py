"""The command line: parses, calls and renders; it holds no logic.

Answers go to standard output, everything else to standard error. Exit codes: 0 found, 1 not found, 2 bad use,
3 store unreachable, 4 `--strict` and records were set aside or a file gave none; 70 a bug, 130 interrupted, 141 reader
gone.
The commands stand in `lineage/commands/`, a module for each group of questions.
"""

from __future__ import annotations

from collections.abc import Iterable

from lineage.commands import (
    chains,
    drawing,
    enriching,
    exploring,
    guard,
    history,
    investigating,
    kit,
    reach,
    roles,
    sessions,
    store,
    whole,
)
from lineage.commands.app import app

GROUPS = (chains, investigating, sessions, history, roles, reach, whole, enriching, drawing, exploring, kit, store)
"""The modules that hold commands; importing one adds its own."""


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the command line; always ends in `SystemExit`."""
    guard.start()
    app(args=list(arguments) if arguments is not None else None, prog_name="lineage")


if __name__ == "__main__":
    main()
