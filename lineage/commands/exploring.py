"""`explore`: the pictures of a store in the browser, with live questions."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Store, app


@app.command(epilog="Example: lineage explore trace c0ffee00-0000-4000-8000-000000000002")
def explore(
    question: Annotated[
        str, typer.Argument(metavar="[QUESTION]", help="who, trace, role, blast, denied, chains, cross_account, path.")
    ] = "chains",
    asks: Annotated[list[str] | None, typer.Argument(metavar="[ASK...]", help="What the question is about.")] = None,
    store: Store = DEFAULT,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, metavar="N", help="That port; else a free one.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Serve the pictures of a store on this machine, until Ctrl-C."""
    from lineage.explore.server import ExploreServer
    from lineage.explore.source import StoreSource

    asked = " ".join(asks or [])
    with ExploreServer(lambda: StoreSource(guard.opened(store), question, asked), port or 0) as server:
        typer.echo(server.address)
        guard.say("Open the address in a browser; it is good until Ctrl-C.")
        server.serve_forever()
