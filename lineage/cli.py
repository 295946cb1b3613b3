"""The command line: parses, calls and renders; it holds no logic.

Answers go to standard output, everything else to standard error. Exit codes: 0 found, 1 not found, 2 bad use,
3 store unreachable, 4 `--strict` and records were set aside; 70 a bug, 130 interrupted, 141 reader gone.
What is heavy is imported by the command that needs it, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import guard

if TYPE_CHECKING:
    from lineage.answers import Model

app = typer.Typer(
    name="lineage",
    help="Whose credentials were these really? Identity lineage from AWS CloudTrail.",
    epilog="Exit codes: 0 found, 1 not found, 2 bad use, 3 store unreachable, 4 set aside (--strict).",
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
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, by a versioned schema.")]
Csv = Annotated[bool, typer.Option("--csv", help="Answer as CSV, safe to open in a spreadsheet.")]
Debug = Annotated[
    bool,
    typer.Option("--debug", callback=guard.debugging, is_eager=True, help="Show the traceback of an error."),
]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help="Not before, like 2026-01-31T12:00:00Z.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Not after.")]
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


@app.command(epilog="Example: lineage load examples/incident/logs --accounts examples/incident/accounts.csv")
def load(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input.")
    ],
    store: Store = DEFAULT,
    accounts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Names of accounts: organizations list-accounts, or CSV."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 4 if records were set aside.")] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes that read; else one for each core.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Load CloudTrail logs; loading them again changes nothing."""
    from lineage.commands.loading import load as run
    from loaders.inputs import find

    find(paths)  # a path that names nothing is told before a store is made
    answer = run(guard.opened(store, create=True), paths, accounts=accounts, processes=processes)
    _show(answer, json=json, csv=csv)
    if strict:
        guard.refuse_set_aside(answer.aside_total)


@app.command(epilog="Example: lineage who c0ffee00-0000-4000-8000-000000000007")
def who(
    ask: Annotated[
        str,
        typer.Argument(
            metavar="ASK",
            help="Event ID, access key, session, ARN, JSON record or a file with one; - reads lines.",
        ),
    ],
    store: Store = DEFAULT,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Only sessions that were live then.")] = None,
    limit: Limit = 100,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell whose credentials they really were, hop by hop."""
    from lineage.commands import asking

    with guard.opened(store) as lineage:
        if ask == "-":
            found = asking.stream(lineage, sys.stdin.fileno(), sys.stdout.buffer, at=at, limit=limit)
            raise typer.Exit(0 if found else 1)
        answer = lineage.who(asking.text_of(ask), at=at, limit=limit)
    _show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage trace c0ffee00-0000-4000-8000-000000000007")
def trace(
    ask: Annotated[str, typer.Argument(metavar="ASK", help="Event ID, access key, session or ARN.")],
    store: Store = DEFAULT,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Show what came from an identity, and was done with it."""
    with guard.opened(store) as lineage:
        answer = lineage.trace(ask, limit=limit)
    _show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage chains --cross-account")
def chains(
    store: Store = DEFAULT,
    min_depth: Annotated[int, typer.Option(min=1, metavar="N", help="At least so many hops.")] = 2,
    role: Annotated[str | None, typer.Option(metavar="ARN|NAME", help="Only through this role.")] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="Only through this account.")] = None,
    cross_account: Annotated[bool, typer.Option("--cross-account", help="Only between accounts.")] = False,
    since: Since = None,
    until: Until = None,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List the paths of roles that were chained."""
    with guard.opened(store) as lineage:
        answer = lineage.chains(
            min_depth=min_depth, role=role, account=account, cross_account=cross_account,
            since=since, until=until, limit=limit,
        )  # fmt: skip
    _show(answer, json=json, csv=csv, found=answer.total > 0, asked="role paths of that kind")


@app.command("cross-account", epilog="Example: lineage cross-account --since 2026-03-11T00:00:00Z")
def cross_account(
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List from which account roles were assumed in which."""
    with guard.opened(store) as lineage:
        answer = lineage.cross_account(since=since, until=until)
    _show(answer, json=json, csv=csv, found=answer.total > 0, asked="assumptions between accounts")


@app.command(epilog="Example: lineage info")
def info(store: Store = DEFAULT, json: Json = False, csv: Csv = False, debug: Debug = False) -> None:
    """Tell what the store holds."""
    with guard.opened(store) as lineage:
        answer = lineage.info()
    _show(answer, json=json, csv=csv)


@app.command(epilog="Example: lineage show c0ffee00-0000-4000-8000-000000000003 --logs examples/incident")
def show(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID")],
    logs: Annotated[list[str], typer.Option(metavar="PATH", help="Files, folders, globs to look in; repeatable.")],
    store: Store = DEFAULT,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Print the raw record of an event, secrets removed."""
    from lineage.commands.showing import show as run

    answer = run(store, event_id, logs)
    _show(answer, json=json, csv=csv, found=answer.found, asked=event_id)


@app.command(epilog="Example: lineage query")
def query(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="None lists them all.")] = None,
    param: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="A parameter, JSON or text; repeatable.")
    ] = None,
    store: Store = DEFAULT,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Run a shipped Cypher file on Neo4j, or list them all."""
    from lineage.commands import querying

    answer = querying.run(store, name, param or []) if name else querying.listed()
    _show(answer, json=json, csv=csv, found=name is None or bool(answer.rows), asked=f"rows of {name}")


@app.command(epilog="Example: lineage schema who")
def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="None lists them all.")] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of an answer, or list them all."""
    from lineage.commands.schemas import schema as run

    typer.echo(run(name))


def _show(answer: Model, *, json: bool, csv: bool, found: bool = True, asked: str = "") -> None:
    """Print an answer in the form that was wished; exit with 1 where nothing was found."""
    if json and csv:
        raise typer.BadParameter("--json and --csv exclude each other")
    if json:
        from lineage.render import jsonout

        typer.echo(jsonout.pretty(answer))
    elif csv:
        from lineage.render import csv as table

        typer.echo(table.text(answer), nl=False)
    else:
        from lineage.render import people

        people.show(answer, found=found)
    if not found:
        guard.say(f"not found: {asked}")
        raise typer.Exit(1)


def main(arguments: Iterable[str] | None = None) -> None:
    """Run the command line; always ends in `SystemExit`."""
    guard.start()
    app(args=list(arguments) if arguments is not None else None, prog_name="lineage")


if __name__ == "__main__":
    main()
