"""The application, and the options that commands share.

What is heavy is imported by the command that needs it, so that `--help` is quick.
"""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import common

app = typer.Typer(
    name="lineage",
    help="Whose credentials were these really? Identity lineage from AWS CloudTrail.",
    epilog="Exit codes: 0 found, 1 not found, 2 usage error, 3 store unreachable, 4 set aside (--strict), "
    "5 findings (guard).",
    cls=common.Commands,
    no_args_is_help=True,
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
Debug = Annotated[
    bool, typer.Option("--debug", callback=common.debugging, is_eager=True, help="Show the traceback of an error.")
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        callback=common.quieting,
        help="Print nothing but the answer and errors: no progress, no notes.",
    ),
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
