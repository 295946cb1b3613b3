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
    from lineage.questions.load import AsideAt, Load
    from lineage.render import console, progress
    from loaders.files.inputs import find

    find(arguments["paths"])  # a path that names nothing is refused before a store is created
    with guard.opened(store, create=True) as lineage, progress.reporter(console.err()) as report:
        done = lineage.load(**arguments, progress=report)
    aside = [AsideAt(path=at.path, index=at.index, offset=at.offset, reason=at.reason) for at in done.aside]
    show(Load(sums=done.sums, aside=aside, aside_total=done.aside_total), json=json, csv=csv)
    if strict:
        guard.refuse_set_aside(done.aside_total, done.sums.no_records_total)
