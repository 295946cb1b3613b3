"""`who`, `trace`, `chains`, `cross-account`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Limit, Since, Store, Until, app
from lineage.commands.app import show as show_answer


@app.command(epilog="Example: lineage who c0ffee00-0000-4000-8000-000000000007")
def who(
    ask: Annotated[
        str,
        typer.Argument(
            metavar="ASK",
            help="Event ID, access key, session, ARN, name, JSON record or a file with one; - reads lines.",
        ),
    ],
    store: Store = DEFAULT,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Only sessions that were live then.")] = None,
    limit: Limit = 100,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell whose credentials they really were, hop by hop."""
    from lineage.commands import asking

    with guard.opened(store) as lineage:
        if ask == "-":
            found = asking.stream(lineage, sys.stdin.fileno(), sys.stdout.buffer, at=at, limit=limit)
            raise typer.Exit(0 if found else 1)
        answer = lineage.who(asking.text_of(ask), at=at, limit=limit)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage trace c0ffee00-0000-4000-8000-000000000007")
def trace(
    ask: Annotated[str, typer.Argument(metavar="ASK", help="Event ID, access key, session, ARN or name.")],
    store: Store = DEFAULT,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Show what came from an identity, and was done with it."""
    with guard.opened(store) as lineage:
        answer = lineage.trace(ask, limit=limit)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command(epilog="Example: lineage chains --cross-account")
def chains(
    store: Store = DEFAULT,
    min_depth: Annotated[int, typer.Option(min=1, metavar="N", help="At least so many hops.")] = 2,
    role: Annotated[str | None, typer.Option(metavar="ARN|NAME", help="Only through this role.")] = None,
    account: Annotated[str | None, typer.Option(metavar="ID", help="Only through this account.")] = None,
    cross_account: Annotated[bool, typer.Option("--cross-account", help="Only between accounts.")] = False,
    since: Since = None,
    until: Until = None,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List the paths of roles that were chained."""
    with guard.opened(store) as lineage:
        answer = lineage.chains(
            min_depth=min_depth, role=role, account=account, cross_account=cross_account,
            since=since, until=until, limit=limit,
        )  # fmt: skip
    show_answer(answer, json=json, csv=csv, found=answer.total > 0, asked="role paths of that kind")


@app.command("cross-account", epilog="Example: lineage cross-account --since 2026-03-11T00:00:00Z")
def cross_account(
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """List from which account roles were assumed in which."""
    with guard.opened(store) as lineage:
        answer = lineage.cross_account(since=since, until=until)
    show_answer(answer, json=json, csv=csv, found=answer.total > 0, asked="assumptions between accounts")
