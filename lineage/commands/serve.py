"""`explore` and `browser`: serve pages, or a style sheet and guide for Neo4j Browser, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.ask import QUESTIONS
from lineage.commands import common, complete
from lineage.commands.app import DEFAULT, Debug, Store
from lineage.commands.generate import parse

FOLDER = Path("lineage-browser")


def explore(
    question: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUESTION...]",
            help="Any question with its arguments and options; default: a start page.",
            autocompletion=complete.question(lambda: QUESTIONS),
        ),
    ] = None,
    store: Store = DEFAULT,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="Listen on this port instead of a free one.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Serve answers and pictures on this machine, until Ctrl-C."""
    import shlex

    from lineage.explore.server import ExploreServer
    from lineage.explore.source import StoreSource

    first = question or []
    if first:
        parse(first, files=False)
    with ExploreServer(lambda: StoreSource(common.opened(store), shlex.join(first)), port or 0) as server:
        typer.echo(server.address)
        common.say("Open the address in a browser; Ctrl-C stops the server.")
        server.serve_forever()


def browser(
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help=f"Write to this folder instead of {FOLDER}.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the style sheet and guide to Neo4j Browser, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="N", help="With --serve: use this port instead of a free one."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Write or serve a style sheet and guide for Neo4j Browser."""
    from lineage.kit.files import GUIDE, README, STYLE, KitServer, write
    from lineage.model.errors import BadUse

    if port is not None and not serve:
        raise BadUse("--port: goes with --serve")
    if out is not None or not serve:
        folder = out or FOLDER
        write(folder)
        typer.echo(f"Written to {folder}; its {README} says how to use it.")
    if not serve:
        typer.echo("Neo4j Browser loads style sheet and guide from: lineage browser --serve")
        return
    with KitServer(port or 0) as server:
        typer.echo("Paste these into Neo4j Browser, one by one:")
        typer.echo(f":style {server.address}/{STYLE}")
        typer.echo(f":guide {server.address}/{GUIDE}")
        common.say("Serving until Ctrl-C.")
        server.serve_forever()
