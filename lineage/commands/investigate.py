"""`investigate`: the sections that are shown, the drawings of its page, and the folder of a case."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from lineage.commands import common
from lineage.commands.app import DEFAULT, Store
from lineage.commands.generate import Arguments
from lineage.commands.output import Out, show, text
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.questions.investigate import Investigation


def investigate(
    command: Command, arguments: Arguments, *,
    section: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Print this section, too, in the terminal. Repeatable.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Print every section in the terminal.")] = False,
    md: Annotated[bool, typer.Option("--md", help="Short for --format md.")] = False,
    html: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Short for --format html -o FILE; - for standard output.")
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER", help="Write the case into this new or empty folder: report, alert, records, questions."
        ),
    ] = None,
    logs: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Logs to copy the cited records from, with --case. Repeatable."),
    ] = None,
    store: Store = DEFAULT, out: Out,
) -> None:  # fmt: skip
    """Ask, and write the report in the requested form."""
    if md + (html is not None) + (out != Out("table", None, out.color, out.pager)) > 1:
        raise typer.BadParameter("--md, --html and the other options of format and file exclude each other")
    if md:
        out = out._replace(form="md")
    elif html is not None:
        out = out._replace(form="html", path=None if html == "-" else html)
    if logs and case is None:
        raise typer.BadParameter("--logs goes with --case")
    if arguments["alert"] == "-":
        arguments["alert"] = sys.stdin.read()
    from lineage.commands import case as cases

    folder = cases.refuse_used(case) if case is not None else None
    with common.opened(store) as lineage:
        from lineage.questions.investigate import view

        answer = cast("Investigation", command.ask(lineage, arguments))
        near = [] if answer.found else lineage.near(answer)
        content = None
        if answer.found and (out.form == "html" or folder is not None):
            content = list(view.blocks(answer, drawings(lineage, answer)))
        if answer.found and folder is not None:
            reports = {"report.html": text(answer, "html", content), "report.md": text(answer, "md")}
            _keep(folder, lineage, answer, arguments, reports, logs or [], store)
    if out.form == "table":
        content = list(view.blocks(answer) if every else view.brief(view.blocks(answer), section or ()))
    show(answer, out, content if out.form in ("table", "html") else None, near=near)


def _keep(
    folder: Path, lineage: Lineage, answer: Investigation, arguments: Arguments, reports: dict[str, str],
    logs: list[str], store: str,
) -> None:  # fmt: skip
    """Write the folder of a case, and say what is missing from it."""
    from lineage.commands import case as cases

    missing = cases.write(
        folder, lineage, answer, arguments, reports, alert=cases.given(arguments["alert"]), logs=logs, store=store
    )
    common.note(f"written: {folder}")
    if not logs:
        common.say("no records kept: --logs PATH says where the logs are")
    elif missing:
        common.say(f"{missing:,} cited events were not found in the logs; case.json lists them")


def drawings(lineage: Lineage, answer: Investigation) -> dict[tuple[int, int, str], str]:
    """The pictures of each case: its chain, and what came from where that begins."""
    from lineage.draw.svg import svg
    from lineage.questions.investigate.view import drawn

    found = {}
    for number, group in enumerate(answer.groups):
        for position, case in enumerate(group.cases):
            for what, shown in drawn(case).items():
                picture = lineage.picture(shown)
                if picture.nodes:
                    found[number, position, what] = svg(picture, f"{what}-{number}-{position}-")
    return found
