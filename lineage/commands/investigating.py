"""`investigate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import guard
from lineage.commands.app import DEFAULT, Csv, Debug, Json, Since, Store, Until, Widened, app, show

if TYPE_CHECKING:
    from lineage.questions.investigate import Investigation


@app.command(epilog="Example: lineage investigate examples/incident/finding.json")
def investigate(
    alert: Annotated[
        str,
        typer.Argument(
            metavar="ALERT",
            help="File with findings or events, their JSON, - for standard input; or an event ID, key, session, ARN.",
        ),
    ],
    store: Store = DEFAULT,
    since: Since = None,
    until: Until = None,
    window: Widened = None,
    days: Annotated[int, typer.Option(min=1, metavar="N", help="Days of history to compare with.")] = 14,
    gap: Annotated[str, typer.Option(metavar="SPAN", help="How long before the alert history ends.")] = "12h",
    md: Annotated[bool, typer.Option("--md", help="The report as Markdown.")] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write the report as one HTML page; - to standard output.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
    debug: Debug = False,
) -> None:
    """From a GuardDuty or Security Hub finding to one report: whose credentials it was, and all that is asked then."""
    if sum((md, html is not None, json, csv)) > 1:
        raise typer.BadParameter("--md, --html, --json and --csv exclude each other")
    with guard.opened(store) as lineage:
        answer = lineage.investigate(
            sys.stdin.read() if alert == "-" else alert, since=since, until=until, window=window, days=days, gap=gap
        )
    if answer.found and md:
        from lineage.render import markdown

        typer.echo(markdown.text(answer), nl=False)
    elif answer.found and html is not None:
        _write(answer, html)
    else:
        show(answer, json=json, csv=csv, found=answer.found, asked=_nothing(answer))


def _write(answer: Investigation, target: str) -> None:
    """The page into a file, or to standard output."""
    from lineage.render import outfile, report_html

    page = report_html.page(answer)
    if target == "-":
        typer.echo(page, nl=False)
        return
    with outfile.writing(target) as out:
        out.write(page.encode())
    guard.say(f"written: {target}")


def _nothing(answer: Investigation) -> str:
    """Why nothing was found, in one line."""
    notes = [note for group in answer.groups for note in group.notes]
    return "; ".join(notes) or answer.asked
