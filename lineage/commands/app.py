"""The application, the options that commands share, and how answers are printed.

What is heavy is imported by the command that needs it, so that `--help` is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import guard

if TYPE_CHECKING:
    from lineage.questions.shared.models import Model

app = typer.Typer(
    name="lineage",
    help="Whose credentials were these really? Identity lineage from AWS CloudTrail.",
    epilog="Exit codes: 0 found, 1 not found, 2 usage error, 3 store unreachable, 4 set aside (--strict).",
    cls=guard.Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Store = Annotated[
    str,
    typer.Option(
        "--store", envvar="LINEAGE_STORE", metavar="FILE|URI",
        help="SQLite file, or neo4j:// or bolt:// address (NEO4J_USERNAME, NEO4J_PASSWORD).",
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, in a versioned schema.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the answer as CSV, safe to open in a spreadsheet.")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=guard.debugging, is_eager=True, help="Show the traceback of an error.")
]
DEFAULT = "lineage.db"


def _version(wanted: bool) -> None:
    if wanted:
        from lineage import __version__

        typer.echo(f"lineage {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Whose credentials were these really? Identity lineage from AWS CloudTrail."""


def show(answer: Model, *, json: bool = False, csv: bool = False, near: Sequence[str] = ()) -> None:
    """Print an answer in the requested form; exit with 1 where nothing was found, and say what is `near`."""
    if json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    missing = answer.not_found()
    if json:
        from lineage.render.text import as_json

        typer.echo(as_json(answer, indent=2))
    elif csv:
        from lineage.questions.registry import table_of
        from lineage.render import csv as table

        typer.echo(table.text(*table_of(answer)), nl=False)
    else:
        from lineage.questions.registry import blocks_of, title_of
        from lineage.render import terminal

        if missing is None or answer.stem() == "who":  # which says what it could not see
            terminal.show(blocks_of(answer), title_of(answer))
    if missing is not None:
        guard.refuse_missing(missing, near)
