"""`names`, `hunt`, `coverage`, `central`: the whole store."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Limit, Since, Store, Until, app, show


@app.command(epilog="Example: lineage names arn:aws:iam::804275613390:role/payments-operations")
def names(
    role: Annotated[str | None, typer.Argument(metavar="[ROLE]", help="ARN of a role; none: all roles.")] = None,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Hold session names against whose credentials they were."""
    with guard.opened(store) as lineage:
        answer = lineage.names(role, since=since, until=until, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=answer.asked or "sessions with a name")


@app.command(epilog="Example: lineage hunt trails-stopped keys-for-others")
def hunt(
    rules: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE...]", help="Names of rules; none: all of them.")
    ] = None,
    store: Store = DEFAULT,
    known_accounts: Annotated[
        list[str] | None,
        typer.Option("--known-accounts", metavar="ID|FILE", help="Accounts of your own, or a file of them."),
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Look for what deserves a look: named rules over all chains."""
    from lineage.questions.shared.log_coverage import in_words

    with guard.opened(store) as lineage:
        answer = lineage.hunt(rules, known_accounts=known_accounts, since=since, until=until, limit=limit)
    ran = f"{len(answer.rules)} rule{'' if len(answer.rules) == 1 else 's'}"
    show(answer, json=json, csv=csv, found=answer.found, asked=f"findings of {ran}; that {in_words(answer.sight)}")


@app.command(epilog="Example: lineage coverage 537140928816")
def coverage(
    account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]", help="Account ID; none: all.")] = None,
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    limit: Limit = 200,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell which logs are loaded, their gaps, and what follows."""
    with guard.opened(store) as lineage:
        answer = lineage.coverage(account, since=since, until=until, limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked=f"logs{f' of {answer.asked}' if answer.asked else ''}")


@app.command(epilog="Example: lineage central --limit 5")
def central(
    store: Store = DEFAULT,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell what most chains pass through, and who reaches most."""
    with guard.opened(store) as lineage:
        answer = lineage.central(limit=limit)
    show(answer, json=json, csv=csv, found=answer.found, asked="sessions")
