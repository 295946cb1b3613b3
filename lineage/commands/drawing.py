"""`graph`: an answer as a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Since, Store, Until, app


@app.command(epilog="Example: lineage graph trace c0ffee00-0000-4000-8000-000000000002 -o trace.html")
def graph(
    question: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="One of who, trace, chains, role, blast, path, cross-account, denied."
        ),
    ],
    asks: Annotated[
        list[str] | None, typer.Argument(metavar="[ASK]...", help="What the question asks about; two ends of a path.")
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="A page (.html), or .svg, .graphml, .json, .dot; - for standard output.",
        ),
    ] = "lineage.html",
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORM", help="html, svg, graphml, json or dot; else by the ending."),
    ] = None,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="chains: only through this account.")
    ] = None,
    made: Annotated[
        bool, typer.Option("--made", help="blast: go on through keys and users made for somebody else.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many, as the question counts them.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Draw an answer as a page that opens in any browser, or as a picture for other tools."""
    from lineage.commands.pictures import answer, form_of, put

    wanted = form_of(output, form)
    options = {"since": since, "until": until, "account": account, "made": made, "limit": limit}
    with guard.opened(store) as lineage:
        found, asked = answer(lineage, question, asks or [], options)
        if found is None:
            guard.say(f"not found: {asked}")
            raise typer.Exit(1)
        picture = lineage.picture(found)
    put(picture, output, wanted)
    if output != "-":
        guard.say(f"{output}: {len(picture.nodes):,} nodes, {len(picture.links):,} edges")
