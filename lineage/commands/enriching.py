"""`enrich`: the logs back out, each record with its true origin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Store, app


@app.command(epilog="Example: lineage enrich examples/incident/logs --format csv")
def enrich(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH...", help="Files, folders, globs, or - for standard input.")
    ],
    store: Store = DEFAULT,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORM", help="ndjson, csv or parquet; else by the ending of the output."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else standard output.")] = None,
    min_confidence: Annotated[
        str, typer.Option(metavar="CLASS", help="Origins below it stand as a guess only.")
    ] = "LIKELY",
    debug: Debug = False,
) -> None:
    """Write the logs again, each record with its true origin beside it."""
    from lineage.commands.writing import write

    with guard.opened(store) as lineage:
        sums = write(lineage, paths, form=form, output=output, min_confidence=min_confidence)
    guard.say(f"{sums.read:,} records read = {sums.written:,} written + {sums.set_aside:,} set aside")
