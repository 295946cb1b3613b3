"""`baseline`, `new`, `volume`: is this normal?"""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Ask, Csv, Debug, Json, Since, Store, Until, Widened, app, show

Days = Annotated[int, typer.Option(min=1, metavar="N", help="The history begins so many days before the scope.")]
Gap = Annotated[str, typer.Option(metavar="SPAN", help="It ends so long before the scope, like 30m, 12h or 2d.")]


@app.command(epilog="Example: lineage baseline c0ffee00-0000-4000-8000-000000000007")
def baseline(
    ask: Ask,
    store: Store = DEFAULT,
    api: Annotated[
        str | None, typer.Option(metavar="SERVICE:OPERATION", help="The call of the alert, like iam:CreateUser.")
    ] = None,
    user_agent: Annotated[str | None, typer.Option(metavar="TEXT", help="The alert's user agent.")] = None,
    source_ip: Annotated[str | None, typer.Option(metavar="IP", help="The alert's source address.")] = None,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    days: Days = 14,
    gap: Gap = "12h",
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell whether a call is normal for whoever made it."""
    with guard.opened(store) as lineage:
        answer = lineage.baseline(
            ask, api=api, user_agent=user_agent, source_ip=source_ip, since=since, until=until, window=window,
            days=days, gap=gap,
        )  # fmt: skip
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage new c0ffee00-0000-4000-8000-000000000007")
def new(
    ask: Ask,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    days: Days = 14,
    gap: Gap = "12h",
    geo: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Database in MaxMind's format: city, country or ASN; may be repeated."),
    ] = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List what is new against the past: calls, places, agents, volume."""
    with guard.opened(store) as lineage:
        answer = lineage.new(ask, since=since, until=until, window=window, days=days, gap=gap, geo=geo or ())
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage volume c0ffee00-0000-4000-8000-000000000007")
def volume(
    ask: Ask,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    days: Days = 14,
    gap: Gap = "12h",
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Draw how many calls were made by the hour, and what is usual."""
    with guard.opened(store) as lineage:
        answer = lineage.volume(ask, since=since, until=until, window=window, days=days, gap=gap)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)
