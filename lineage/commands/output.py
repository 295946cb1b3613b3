"""How answers are printed: the options that every answer takes, forms, files, and the pager of a terminal."""

from __future__ import annotations

import inspect
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from lineage.commands import common, complete
from lineage.commands.app import Debug, Quiet
from lineage.model.errors import BadUse

if TYPE_CHECKING:
    from lineage.questions.shared.models import Model
    from lineage.render.blocks import Block

FORMS: Final = ("table", "json", "csv", "md", "html")
ENDINGS: Final = {".json": "json", ".csv": "csv", ".md": "md", ".html": "html", ".htm": "html"}
PAGER: Final = "less -FRX"


class Out(NamedTuple):
    """How an answer is wanted."""

    form: str
    """One of `FORMS`."""
    path: str | None = None
    """The file to write; None for standard output."""
    color: bool = True
    pager: bool = True


def answering(run: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of every answer; it gets them as one argument, `out`."""
    own = [one for one in inspect.signature(run, eval_str=True).parameters.values() if one.name != "out"]
    shared = inspect.signature(_wanted, eval_str=True).parameters

    def command(*given: Any, **options: Any) -> None:  # Any: of the parameters of any command
        run(*given, **{name: value for name, value in options.items() if name not in shared},
            out=_wanted(**{name: value for name, value in options.items() if name in shared}))  # fmt: skip

    command.__name__, command.__doc__ = run.__name__, run.__doc__
    command.__signature__ = inspect.Signature([*own, *shared.values()])  # type: ignore[attr-defined]  # functions take attributes
    return command


def _wanted(
    *,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORM",
            help="table, json, csv, md (Markdown) or html.",
            autocompletion=complete.values(lambda: FORMS),
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json, in a versioned schema.")] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Short for --format csv, which is safe to open in a spreadsheet.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file; its ending selects the format."),
    ] = None,
    quiet: Quiet = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colour, as NO_COLOR does.")] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Do not page long answers on a terminal.")] = False,
    debug: Debug = False,
) -> Out:
    """The options of every answer. Raises `BadUse`."""
    if (form is not None) + json + csv > 1:
        raise typer.BadParameter("--format, --json and --csv exclude each other")
    path = None if output == "-" else output
    form = form or ("json" if json else "csv" if csv else None)
    form = form or (ENDINGS.get(Path(path).suffix.lower()) if path else None) or "table"
    if form not in FORMS:
        raise BadUse(f"--format {form}: unknown; use one of {', '.join(FORMS)}")
    return Out(form, path, not no_color, not no_pager)


def show(answer: Model, out: Out, content: Iterable[Block] | None = None, *, near: Iterable[str] = ()) -> None:
    """Print an answer as it is wanted; exit with 1 where nothing was found, and say what is `near`.

    `content` is shown in place of the whole view of the answer, where that has a choice.
    """
    missing = answer.not_found()
    if out.form in ("json", "csv") or missing is None or answer.stem() == "who":  # which says what it could not see
        if out.path is None:
            _print(answer, out, content)
        else:
            write(out.path, text(answer, out.form, content))
    if missing is not None:
        common.refuse_missing(missing, near)


def write(path: str, content: str) -> None:
    """Write a file, whole or not at all, and say so."""
    from lineage.render import outfile

    with outfile.writing(path) as file:
        file.write(content.encode("utf-8", "backslashreplace"))
    common.note(f"written: {path}")


def text(answer: Model, form: str, content: Iterable[Block] | None = None) -> str:
    """An answer in a form, as it is in a file."""
    from lineage.questions.registry import table_of, title_of

    match form:
        case "json":
            from lineage.render.text import as_json

            return f"{as_json(answer, indent=2)}\n"
        case "csv":
            from lineage.render import csv as table

            return table.text(*table_of(answer))
        case "md":
            from lineage.render import markdown

            return markdown.text(title_of(answer), blocks(answer, form, content))
        case "html":
            from lineage.render import html

            name = f"lineage {answer.stem().replace('_', '-')}"
            asked = str(getattr(answer, "asked", None) or name)
            return html.page(
                title_of(answer) or f"{name} {asked}".removesuffix(f" {name}"), blocks(answer, form, content), asked
            )
    from lineage.render import terminal

    return terminal.text(blocks(answer, form, content), title_of(answer))


def blocks(answer: Model, form: str, content: Iterable[Block] | None = None) -> list[Block]:
    """An answer as it is shown, then what explains its rules and confidence: a command, or on a page the text."""
    from lineage.questions.registry import blocks_of
    from lineage.questions.shared import explained

    found = list(blocks_of(answer) if content is None else content)
    names = [] if common.is_quiet() else explained.used(found)
    return [*found, *(explained.line(names) if form == "table" else explained.fold(names))]


def _print(answer: Model, out: Out, content: Iterable[Block] | None) -> None:
    """Print an answer on standard output; on a terminal through the pager where it is longer than the screen."""
    if out.form == "table":
        from lineage.questions.registry import title_of
        from lineage.render import console, terminal

        target = console.out(color=out.color)
        pager = _pager() if out.pager and target.is_terminal and not target.is_dumb_terminal else None
        if pager is None:
            terminal.show(blocks(answer, out.form, content), title_of(answer), target)
            return
        with target.capture() as captured:
            terminal.show(blocks(answer, out.form, content), title_of(answer), target)
        written, height = captured.get(), target.height
    else:
        written, pager = text(answer, out.form, content), _pager() if out.pager and sys.stdout.isatty() else None
        height = shutil.get_terminal_size().lines
    if pager is None or written.count("\n") < height or not _paged(written, pager):
        typer.echo(written, nl=False, color=True)


def _pager() -> list[str] | None:
    """The command of the pager; None for none."""
    chosen = next((found for name in ("LINEAGE_PAGER", "PAGER") if (found := os.environ.get(name)) is not None), PAGER)
    try:
        words = shlex.split(chosen)
    except ValueError:
        return None
    return words if words and words != ["cat"] and shutil.which(words[0]) else None


def _paged(content: str, pager: list[str]) -> bool:
    """Show text in the pager until it is left; False where it does not start."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's
    try:
        encoded = content.encode(sys.stdout.encoding or "utf-8", "backslashreplace")
        subprocess.run(pager, input=encoded, check=False)  # which may be left before the end
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True
