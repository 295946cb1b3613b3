"""`load` and `enrich`: load logs, or write them again, each record with its true origin."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands import common
from lineage.commands.app import DEFAULT, Debug, Quiet, Store
from lineage.commands.generate import Arguments, fix_times
from lineage.commands.output import Out, show
from lineage.model.errors import BadUse, SetAside
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.enrich import Sums
    from lineage.questions.shared.models import LoadSums

SHOWN = 20
"""Objects that could not be read, each named on a line of its own."""
ENDINGS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "ndjson", ".csv": "csv", ".parquet": "parquet"}


def load(
    command: Command, arguments: Arguments, *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 4 if records were set aside or a file had no record.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what there is to load, and how long it will take.")
    ] = False,
    store: Store = DEFAULT, out: Out,
) -> None:  # fmt: skip
    """Load, and print what came of it."""
    from lineage.render import console
    from lineage.render.text import counted

    fix_times(command, arguments)

    if dry_run:
        wanted = {name: value for name, value in arguments.items() if name not in ("accounts", "again")}
        with common.opened(store, create=True) as lineage:
            estimate = lineage.estimate(**wanted)
        show(estimate, out)
        return

    try:
        watched = nullcontext() if common.is_quiet() else console.reporter(console.err(color=out.color))
        with common.opened(store, create=True) as lineage, watched as report:
            answer = lineage.load(**arguments, progress=report)
    except KeyboardInterrupt:
        common.say("interrupted; what was committed stays, load again to go on")
        raise
    show(answer, out)
    for one in answer.unreadable[:SHOWN]:
        common.say(f"{one.path}: {one.reason}")
    if answer.unreadable_total:
        raise SetAside(f"{counted(answer.unreadable_total, 'object')} could not be read; all others are loaded")
    if strict:
        common.refuse_set_aside(answer.aside_total, answer.sums.no_records_total)
    if not answer.sums.read and not answer.known:
        common.say(f"no CloudTrail record found: {_instead(answer.sums)}; give the log files that CloudTrail delivers")
        raise typer.Exit(1)


def prune(command: Command, arguments: Arguments, *, store: Store = DEFAULT, out: Out) -> None:
    """Forget, and print what was forgotten."""
    fix_times(command, arguments)
    with common.opened(store) as lineage:
        answer = lineage.prune(**arguments)
    show(answer, out)


def _instead(sums: LoadSums) -> str:
    """What was found in a load that read no record."""
    from collections import Counter

    from lineage.render.text import counted

    passed = {kind: count for kind, count in sums.passed.items() if kind != "other"}  # which the files tell better
    kinds = Counter(passed) + Counter(file.looks_like for file in sums.no_records)
    found = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return f"{counted(sums.files, 'file')}{f' ({found})' if found else ''}"


def enrich(
    command: Command, arguments: Arguments, *,
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="FORM", help="ndjson, csv or parquet, instead of by the output's ending."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file, not standard output.")
    ] = None,
    store: Store = DEFAULT, quiet: Quiet = False, debug: Debug = False,
) -> None:  # fmt: skip
    """Write the records, and say how many there were."""
    with common.opened(store) as lineage:
        sums = write(lineage, arguments, form=form, output=output)
    common.note(f"{sums.read:,} records read = {sums.written:,} written + {sums.set_aside:,} set aside")


def write(lineage: Lineage, arguments: Arguments, *, form: str | None, output: Path | None) -> Sums:
    """Write the records behind the paths with their origins; returns how many there were.

    Raises `BadUse` for an unknown form, and where an input would be overwritten.
    """
    from lineage.enrich import Sums
    from lineage.render import outfile
    from lineage.render.streams import WRITERS
    from loaders.files import sources

    form = form or ENDINGS.get(output.suffix.lower() if output else "", "ndjson")
    if form not in WRITERS:
        raise BadUse(f"--format {form}: unknown; use one of {', '.join(WRITERS)}")
    sums = Sums()
    records = lineage.enrich(**arguments, sums=sums)
    if output is None or str(output) == "-":
        if form == "parquet" and sys.stdout.isatty():
            raise BadUse("--format parquet: not for a terminal; give a file with --output")
        WRITERS[form](records, sys.stdout.buffer)
        return sums
    given = sources.find(arguments["paths"])
    if output.is_file() and any(output.samefile(source.path) for source in given if source.path != "-"):
        raise BadUse(f"{output}: is an input too; give another file with --output")
    with outfile.writing(output) as out:
        WRITERS[form](records, out)
    return sums
