"""`load` as shown: its sums, and what was set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.load import Load
from lineage.questions.registry import Row
from lineage.render.blocks import Block, Grid, Para, Span
from lineage.render.columns import head, line
from lineage.render.text import counted, size

PLACES_SHOWN = 20
COLUMNS = ("id", "files", "bytes", "read", "loaded", "duplicate", "set_aside", "conflicting", "no_records_total")


def blocks(load: Load) -> Iterator[Block]:
    """The sums, files without a record, records that were set aside."""
    sums = load.sums
    yield Para((Span(f"{counted(sums.files, 'file')}, {size(sums.bytes)}", "name"),))
    rows: list[tuple[str, int]] = [
        ("read", sums.read), ("= loaded", sums.loaded), ("+ duplicate", sums.duplicate),
        ("+ set aside", sums.set_aside),
    ]  # fmt: skip
    rows += [("  duplicates that differed", sums.conflicting)] if sums.conflicting else []
    passed = dict(sums.passed)
    rows += [("  read from OCSF", passed.pop("ocsf"))] if "ocsf" in passed else []
    rows += [(f"passed over: {kind}", count) for kind, count in sorted(passed.items())]
    rows += [("files without a record", sums.no_records_total)] if sums.no_records_total else []
    if load.known:
        yield Para((Span(f"{counted(load.known, 'object')} loaded before, not read again"),))
    yield Grid("", (head("records"), head("", "number")), rows)
    yield Grid(
        "no record in:", (line("file", lead=""),),
        [(f"{file.path}: {file.looks_like}; {file.do}",) for file in sums.no_records],
        sums.no_records_total, PLACES_SHOWN, "",
    )  # fmt: skip
    yield Grid(
        "set aside:", (line("place and reason", lead=""),),
        [
            (f"{one.path}[{one.index}]{f' (byte {one.offset:,})' if one.offset is not None else ''}: {one.reason}",)
            for one in load.aside
        ],
        load.aside_total, PLACES_SHOWN, "",
    )  # fmt: skip


def rows(load: Load) -> Iterable[Row]:
    """One row of sums."""
    return [load.sums]
