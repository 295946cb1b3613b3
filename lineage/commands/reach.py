"""`blast`, `contain`, `path`: what it reached, and how to stop it."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Limit, Since, Store, app
from lineage.commands.app import show as show_answer

END = "Event ID, access key, session, ARN, name or account ID."
Credentials = Annotated[str, typer.Argument(metavar="ASK", help="Event ID, access key, session, ARN or name.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Tell what works then; else at the last second loaded.")
]
Made = Annotated[bool, typer.Option("--made", help="Go on through keys, users and passwords made for somebody else.")]
WholeRole = Annotated[
    bool, typer.Option("--whole-role", help="Plan for a whole role: it is closed to everybody who uses it.")
]


@app.command("blast", epilog="Example: lineage blast c0ffee00-0000-4000-8000-000000000002")
def blast(
    ask: Credentials,
    store: Store = DEFAULT,
    at: At = None,
    since: Since = None,
    made: Made = False,
    limit: Limit = 1000,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Tell everything that came from credentials, and what still works."""
    with guard.opened(store) as lineage:
        answer = lineage.blast(ask, at=at, since=since, made=made, limit=limit)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command("contain", epilog="Example: lineage contain c0ffee00-0000-4000-8000-000000000002")
def contain(
    ask: Credentials,
    store: Store = DEFAULT,
    at: At = None,
    made: Made = False,
    whole_role: WholeRole = False,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Write the plan that stops credentials, step by step; nothing is carried out."""
    with guard.opened(store) as lineage:
        answer = lineage.contain(ask, at=at, made=made, whole_role=whole_role)
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=answer.asked)


@app.command("path", epilog="Example: lineage path 537140928816 AKIA3WQUP53HKQ7V2LCK")
def path(
    start: Annotated[str, typer.Argument(metavar="START", help=END)],
    end: Annotated[str, typer.Argument(metavar="END", help=END)],
    store: Store = DEFAULT,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """Show every way by which one identity, key, role or account came to another."""
    with guard.opened(store) as lineage:
        answer = lineage.path(start, end, limit=limit)
    asked = f"a way from {answer.start} to {answer.end}"
    if not answer.found:
        from lineage.questions.shared.log_coverage import in_words

        asked = f"{asked}; {in_words(answer.sight)}"
    show_answer(answer, json=json, csv=csv, found=answer.found, asked=asked)
