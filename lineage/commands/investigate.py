"""`investigate`, also as a report in Markdown or HTML."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lineage.commands import generate
from lineage.commands.app import DEFAULT, Store
from lineage.commands.generate import Arguments
from lineage.commands.output import Out
from lineage.parameters import Command


def investigate(
    command: Command, arguments: Arguments, *,
    md: Annotated[bool, typer.Option("--md", help="Short for --format md.")] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Short for --format html -o FILE; - for standard output.")
    ] = None,
    store: Store = DEFAULT, out: Out,
) -> None:  # fmt: skip
    """Ask, and write the report in the requested form."""
    if md + (html is not None) + (out != Out("table", None, out.color, out.pager)) > 1:
        raise typer.BadParameter("--md, --html and the other options of format and file exclude each other")
    if md:
        out = out._replace(form="md")
    elif html is not None:
        out = out._replace(form="html", path=None if html == "-" else html)
    if arguments["alert"] == "-":
        arguments["alert"] = sys.stdin.read()
    generate.ask(command, arguments, store=store, out=out)
