"""`graph`: draws an answer as a picture."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lineage.ask import QUESTIONS
from lineage.commands import common, complete
from lineage.commands.app import DEFAULT, Debug, Quiet, Store
from lineage.commands.generate import fix_times, parse
from lineage.questions.registry import has_picture

DRAWN = tuple(question.name for question in QUESTIONS.values() if has_picture(question.stem))
"""The questions whose answers can be drawn."""


def graph(
    question: Annotated[
        list[str],
        typer.Argument(
            metavar="QUESTION...", help=f"{', '.join(DRAWN[:-1])} or {DRAWN[-1]}, with its arguments and options.",
            autocompletion=complete.question(lambda: DRAWN),
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="Write to this file: a page (.html), .svg, .graphml, .json or .dot; - for standard output.",
        ),
    ] = "lineage.html",
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORM", help="html, svg, graphml, json or dot, instead of by the ending."),
    ] = None,
    store: Store = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:  # fmt: skip
    """Draw an answer as a web page or a picture."""
    from lineage.commands.who import text_of
    from lineage.draw import files
    from lineage.render.text import counted

    wanted = _form(output, form)
    asked = parse(question, DRAWN)
    if asked.question.name == "who":
        asked.arguments["ask"] = text_of(asked.arguments["ask"])
    fix_times(asked.question, asked.arguments)
    with common.opened(store) as lineage:
        answer = asked.of(lineage)
        missing = answer.not_found()
        picture = lineage.picture(answer) if missing is None else None
        if picture is None or not picture.nodes:
            common.refuse_missing(missing or " ".join(question), lineage.near(answer))
    if output == "-":
        sys.stdout.write(files.text(picture, wanted))
    else:
        files.write(picture, output, wanted)
        common.note(f"{output}: {counted(len(picture.nodes), 'node')}, {counted(len(picture.links), 'edge')}")


def _form(output: str, form: str | None) -> str:
    """The form to write. Raises `BadUse` for an unknown one."""
    from lineage.draw import files
    from lineage.model.errors import BadUse

    if form is None:
        return "html" if output == "-" else files.form_of(output)
    if form not in files.FORMS:
        raise BadUse(f"--format {form}: unknown; use one of {', '.join(files.FORMS)}")
    return form
