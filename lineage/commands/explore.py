"""`explore`: serves the pictures and answers of a store in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Store


def explore(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUESTION]", help="Any question with its arguments and options; default: chains."),
    ] = None,
    store: Store = DEFAULT,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="Listen on this port instead of a free one.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Serve answers and pictures on this machine, until Ctrl-C."""
    import shlex

    from lineage.commands.parse import parse
    from lineage.explore.server import ExploreServer
    from lineage.explore.source import StoreSource

    first = question or ["chains"]
    parse(first, files=False)
    with ExploreServer(lambda: StoreSource(guard.opened(store), shlex.join(first)), port or 0) as server:
        typer.echo(server.address)
        guard.say("Open the address in a browser; it is good until Ctrl-C.")
        server.serve_forever()
