"""`graph`: an answer as a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Store, app


@app.command(
    epilog="Example: lineage graph trace c0ffee00-0000-4000-8000-000000000002 -o trace.html",
    context_settings={"ignore_unknown_options": True},
)
def graph(
    question: Annotated[
        list[str],
        typer.Argument(
            metavar="QUESTION",
            help="who, trace, chains, role, blast, path, cross-account or denied, with its asks and options.",
        ),
    ],
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
    debug: Debug = False,
) -> None:  # fmt: skip
    """Draw an answer as a page that opens in any browser, or as a picture for other tools."""
    from lineage.commands import pictures
    from lineage.commands.spoken import is_found

    wanted, asked = pictures.form_of(output, form), pictures.question(question)
    with guard.opened(store) as lineage:
        answer = asked.of(lineage)
        picture = lineage.picture(answer) if is_found(answer) else None
        if picture is None or not picture.nodes:
            guard.say(f"not found: {getattr(answer, 'asked', None) or ' '.join(question)}")
            raise typer.Exit(1)
    pictures.put(picture, output, wanted)
    if output != "-":
        guard.say(f"{output}: {len(picture.nodes):,} nodes, {len(picture.links):,} edges")
