"""`guard`: tell what contained credentials and their people still do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import common
from lineage.commands.app import DEFAULT, Debug, Quiet, Store
from lineage.commands.generate import Arguments, fix_times
from lineage.commands.watch import stopped_by_signals
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage.questions.guard import Guard

FOUND = 5
"""Exit code of a look into the store that found something."""


def guard(
    command: Command, arguments: Arguments, *,
    listed: Annotated[bool, typer.Option("--list", help="Print what is guarded, one line of JSON each.")] = False,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="ASK", help="Guard this no longer. Repeatable.")
    ] = None,
    store: Store = DEFAULT, quiet: Quiet = False, debug: Debug = False,
) -> None:  # fmt: skip
    """Print each finding as one line of JSON. SIGTERM and Ctrl-C stop it after the finding at hand."""
    from lineage.render.text import as_json, safe_json

    if (listed or remove) and (any(arguments.values()) or (listed and remove)):
        raise typer.BadParameter("--list and --remove go alone")
    if listed or remove:
        with common.opened(store) as lineage:
            if remove:
                lineage.unguard(remove)
            for one in lineage.guards() if listed else ():
                typer.echo(safe_json(json.dumps(one.as_json(), ensure_ascii=False)))
        return
    fix_times(command, arguments)

    def told(finding: Guard) -> None:
        sys.stdout.buffer.write(f"{as_json(finding)}\n".encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()

    loads = "sources" in arguments or "queue" in arguments
    with stopped_by_signals() as stop, common.opened(store, create=loads) as lineage:
        found = lineage.guard(**arguments, stop=stop, told=told, warned=common.say)
    if found and not loads and "every" not in arguments:
        raise typer.Exit(FOUND)
