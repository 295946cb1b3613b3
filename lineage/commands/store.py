"""`load`, `info`, `show`, `query`, `schema`: what a store holds, and what lies behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Store, app
from lineage.commands.app import show as show_answer


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
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if records were set aside or a file gave none.")
    ] = False,
    processes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes that read; else one for each core.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Load CloudTrail logs; loading them again changes nothing."""
    from lineage.commands.loading import load as run
    from loaders.files.inputs import find

    find(paths)  # a path that names nothing is told before a store is made
    answer = run(guard.opened(store, create=True), paths, accounts=accounts, processes=processes)
    show_answer(answer, json=json, csv=csv)
    if strict:
        guard.refuse_set_aside(answer.aside_total, answer.sums.no_records_total)


@app.command(epilog="Example: lineage info")
def info(store: Store = DEFAULT, json: Json = False, csv: Csv = False, debug: Debug = False) -> None:
    """Tell what the store holds."""
    with guard.opened(store) as lineage:
        answer = lineage.info()
    show_answer(answer, json=json, csv=csv)


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
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=event_id)


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
    show_answer(answer, json=json, csv=csv, found=name is None or bool(answer.rows), asked=f"rows of {name}")


@app.command(epilog="Example: lineage schema who")
def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="None lists them all.")] = None,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema of an answer, or list them all."""
    from lineage.commands.schemas import schema as run

    typer.echo(run(name))
