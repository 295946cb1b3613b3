"""`role`, `assumed`, `denied`, `from`, `touched`."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Limit, Since, Store, Until, Widened, app, show


@app.command(epilog="Example: lineage role arn:aws:iam::804275613390:role/payments-operations")
def role(
    ask: Annotated[
        str, typer.Argument(metavar="ROLE", help="ARN or name of the role, or a session, access key or event ID of it.")
    ],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell who assumed a role, and which roles were assumed out of it."""
    with guard.opened(store) as lineage:
        answer = lineage.role(ask, since=since, until=until, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage assumed c0ffee00-0000-4000-8000-000000000007")
def assumed(
    ask: Annotated[
        str,
        typer.Argument(metavar="ASK", help="Session, access key, ARN, or an event ID for the origin of its chain."),
    ],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List which roles an identity assumed or tried, and how."""
    with guard.opened(store) as lineage:
        answer = lineage.assumed(ask, since=since, until=until, window=window, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage denied --from 2026-03-11T21:00:00Z")
def denied(
    ask: Annotated[
        str | None,
        typer.Argument(
            metavar="[ASK]",
            help="Event ID, access key, session, ARN, account ID, IP address or agent:TEXT; none: the whole store.",
        ),
    ] = None,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List refused calls: assumptions and what came after them, bursts, operations."""
    with guard.opened(store) as lineage:
        answer = lineage.denied(ask, since=since, until=until, window=window, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked or "refused calls")


@app.command("from", epilog="Example: lineage from 198.51.100.23 192.0.2.0/24")
def from_(
    asks: Annotated[
        list[str],
        typer.Argument(metavar="ADDRESS...", help="IP addresses, networks, files with one a line, or -."),
    ],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell all that was seen from addresses, networks or a list of them."""
    from lineage.questions.shared.log_coverage import in_words

    with guard.opened(store) as lineage:
        answer = lineage.from_(asks, since=since, until=until, limit=limit)
    nothing = f"calls from {' '.join(answer.asked)}; that {in_words(answer.sight)}"
    show(answer, json=json, csv=csv, found=answer.found, asked=nothing)


@app.command(epilog="Example: lineage touched i-07b3e6f20c9a5d184")
def touched(
    ask: Annotated[
        str,
        typer.Argument(metavar="RESOURCE", help="ARN, name of a bucket, ID, or ACCOUNT:TYPE:ID."),
    ],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell whose credentials changed or read a resource."""
    with guard.opened(store) as lineage:
        answer = lineage.touched(ask, since=since, until=until, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)
