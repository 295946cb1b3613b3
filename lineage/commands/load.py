"""`load`: loads logs, with its progress on standard error."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Store, show
from lineage.commands.generate import Arguments
from lineage.parameters import Command


def load(
    command: Command,
    arguments: Arguments,
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if records were set aside or a file had no record.")
    ] = False,
    store: Store = DEFAULT,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Load, and print what came of it."""
    from lineage.render import console
    from loaders.files.sources import find

    find(arguments["paths"])  # a path that names nothing is refused before a store is created
    with guard.opened(store, create=True) as lineage, console.reporter(console.err()) as report:
        answer = lineage.load(**arguments, progress=report)
    show(answer, json=json, csv=csv)
    if strict:
        guard.refuse_set_aside(answer.aside_total, answer.sums.no_records_total)
