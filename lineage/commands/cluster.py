"""`spark-aggregate`: read and aggregate logs on a Spark cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import common
from lineage.commands.app import Debug, Quiet


def spark_aggregate(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, folders or globs that every executor can read.")
    ],
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="New folder for the result.")],
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Aggregate logs on a Spark cluster, for `lineage load`."""
    from lineage import spark
    from lineage.render.text import counted, size

    with spark.session(quiet) as session:
        found = spark.aggregate(session, inputs, output)
    common.note(
        f"{counted(found.files, 'file')}, {size(found.bytes)}: {found.read:,} records read = {found.events:,} events + "
        f"{found.duplicate:,} duplicate + {found.set_aside:,} set aside"
    )
    common.note(f"Written to {output}; lineage load takes it into a store.")
