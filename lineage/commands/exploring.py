"""`explore`: the pictures of a store in the browser, with live questions."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Debug, Store, app


@app.command(
    epilog="Example: lineage explore trace c0ffee00-0000-4000-8000-000000000002",
    context_settings={"ignore_unknown_options": True},
)
def explore(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUESTION]", help="Any question with its asks and options; none: chains."),
    ] = None,
    store: Store = DEFAULT,
    port: Annotated[int | None, typer.Option(min=1, max=65535, metavar="N", help="That port; else a free one.")] = None,
    debug: Debug = False,
) -> None:
    """Serve the pictures and answers of a store on this machine, until Ctrl-C."""
    import shlex

    from lineage.commands import spoken
    from lineage.explore.server import ExploreServer
    from lineage.explore.source import StoreSource

    first = question or ["chains"]
    spoken.parse(first, files=False)
    with ExploreServer(lambda: StoreSource(guard.opened(store), spoken, shlex.join(first)), port or 0) as server:
        typer.echo(server.address)
        guard.say("Open the address in a browser; it is good until Ctrl-C.")
        server.serve_forever()
