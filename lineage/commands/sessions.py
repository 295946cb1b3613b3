"""`session`, `timeline`, `services`, `interesting`: what a session did."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Ask, Csv, Debug, Json, Limit, Since, Store, Until, Widened, app
from lineage.commands.app import show as show_answer


@app.command(epilog="Example: lineage session c0ffee00-0000-4000-8000-000000000007")
def session(
    ask: Ask,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Sum up what a session, key or identity called."""
    with guard.opened(store) as lineage:
        answer = lineage.session(ask, since=since, until=until, window=window, limit=limit)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage timeline c0ffee00-0000-4000-8000-000000000007")
def timeline(
    ask: Annotated[str, typer.Argument(metavar="ASK", help="Event ID, access key, session, ARN or name.")],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    alert_since: Annotated[
        str | None, typer.Option("--alert-from", metavar="TIME", help="When what the alert is about began.")
    ] = None,
    alert_until: Annotated[str | None, typer.Option("--alert-to", metavar="TIME", help="When it ended.")] = None,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell call by call what the whole chain changed, tried and got."""
    with guard.opened(store) as lineage:
        answer = lineage.timeline(
            ask, since=since, until=until, alert_since=alert_since, alert_until=alert_until, limit=limit
        )
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage services c0ffee00-0000-4000-8000-000000000007")
def services(
    ask: Ask,
    store: Store = DEFAULT,
    until: Until = None,
    days: Annotated[int, typer.Option(min=1, max=3650, metavar="N", help="So many days before.")] = 7,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List the services that an identity used in the week before."""
    with guard.opened(store) as lineage:
        answer = lineage.services(ask, until=until, days=days)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage interesting c0ffee00-0000-4000-8000-000000000007")
def interesting(
    ask: Ask,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List changes, sensitive reads and failures, with ATT&CK techniques."""
    with guard.opened(store) as lineage:
        answer = lineage.interesting(ask, since=since, until=until, window=window, limit=limit)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)
