"""`investigate`, also as a report in Markdown or HTML."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Store, show
from lineage.commands.generate import Arguments
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage.questions.investigate import Investigation


def investigate(
    command: Command, arguments: Arguments, *,
    md: Annotated[bool, typer.Option("--md", help="Print the report as Markdown.")] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write the report as one HTML page; - for standard output.")
    ] = None,
    store: Store = DEFAULT, json: Json = False, csv: Csv = False, debug: Debug = False,
) -> None:  # fmt: skip
    """Ask, and write the report in the requested form."""
    if sum((md, html is not None, json, csv)) > 1:
        raise typer.BadParameter("--md, --html, --json and --csv exclude each other")
    if arguments["alert"] == "-":
        arguments["alert"] = sys.stdin.read()
    with guard.opened(store) as lineage:
        answer = cast("Investigation", command.ask(lineage, arguments))
    if not answer.found or (html is None and not md):
        show(answer, json=json, csv=csv)
        return
    from lineage.questions.registry import blocks_of, title_of
    from lineage.render import markdown, outfile
    from lineage.render.html import page

    title, content = title_of(answer), blocks_of(answer)
    report = markdown.text(title, content) if html is None else page(title, content, answer.asked)
    if html in (None, "-"):
        typer.echo(report, nl=False)
        return
    with outfile.writing(html) as out:
        out.write(report.encode())
    guard.say(f"written: {html}")
