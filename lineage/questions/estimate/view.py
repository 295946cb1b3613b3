"""`load --dry-run` as shown: files by kind, account and day, then how long it will take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.questions.estimate import Estimate, Files
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import head
from lineage.render.text import counted, shortly, size

DAYS_SHOWN = 31
COLUMNS = ("what", "name", "files", "bytes", "loaded")


def blocks(answer: Estimate) -> Iterator[Block]:
    """What there is, and what a load of it will take."""
    done = f"{answer.loaded_files:,} of them loaded already ({size(answer.loaded_bytes)})"
    total = f"{counted(answer.files, 'file')}, {size(answer.bytes)}"
    yield Para((Span(total, "name"), f"; {done if answer.loaded_files else 'none of them is loaded'}"))
    yield _grid("kind", answer.kinds, None)
    yield _grid("account", answer.accounts, None)
    yield _grid("day", answer.days, DAYS_SHOWN)
    if answer.events is not None and answer.seconds is not None:
        reading = counted(answer.processes, "reading process", "reading processes")
        took = f"{'at least ' if answer.at_least else ''}{shortly(answer.seconds)}"
        grows = f", {size(answer.store_bytes)} in the store" if answer.store_bytes is not None else ""
        yield Para((Span(f"about {counted(answer.events, 'event')}, {took} ({reading}){grows}", "name"),))
    yield Para((Span(answer.how, "quiet"),))
    yield Para((Span("nothing was loaded", "quiet"),))


def _grid(name: str, files: Sequence[Files], few: int | None) -> Grid:
    return Grid(
        "", (head(name), head("files", "number"), head("size", "number"), head("loaded", "number")),
        [(one.name, one.files, size(one.bytes), one.loaded) for one in files], len(files), few, "--json shows more",
    )  # fmt: skip


def rows(answer: Estimate) -> Iterator[Row]:
    """A row for all files, and for each kind, account and day."""
    yield ("all", "", answer.files, answer.bytes, answer.loaded_files)
    for what, found in (("kind", answer.kinds), ("account", answer.accounts), ("day", answer.days)):
        for one in found:
            yield (what, one.name, one.files, one.bytes, one.loaded)
