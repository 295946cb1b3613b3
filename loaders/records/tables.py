"""Reads CSV and TSV exports row by row: event history, Athena, CloudTrail Lake, Splunk, Logs Insights, Sentinel.

The column names decide the format, never the name of the file. Guide §9.1.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator

from loaders.records.items import Gather, Item
from loaders.records.wrappers import add_row, heads_events

ROWS = 2_000
"""Rows of a batch."""
PREAMBLE = 20
"""Most lines before the header that are skipped: `sep=,`, `#TYPE …`, a title."""

# A request may have 100 KB, and twice that in quotes; the library's default limit is 128 KB.
csv.field_size_limit(1 << 24)


def heading(text: str) -> tuple[int, str] | None:
    """Return the number of lines before the header, and its separator; None if none of the first lines is the header
    of a table of events.

    >>> heading("sep=;\\nUser name;Event time;Event name;Event source\\n")
    (1, ';')
    >>> heading("name,price") is None
    True
    """
    for above, line in enumerate(text.split("\n", PREAMBLE)[:PREAMBLE]):
        if (mark := separator(line.rstrip("\r"))) is not None:
            return above, mark
    return None


def separator(line: str) -> str | None:
    """Return the separator of columns if the line is the header of a table of events; else None.

    >>> separator("User name,AWS access key,Event time,Event name")
    ','
    """
    for mark in ",;\t|":
        try:
            names = next(csv.reader([line], delimiter=mark), [])
        except csv.Error:
            return None
        if heads_events(_clean(names)):
            return mark
    return None


def items(blocks: Iterator[bytes], above: int, mark: str) -> Iterator[Item]:
    """Yield the rows of a table as records, in batches; rows with too few or too many cells are set aside.

    `above` is the number of lines before the header.
    """
    gather = Gather()
    lines = _lines(blocks)
    for _ in range(above):
        next(lines, None)
    rows = csv.reader(lines, delimiter=mark)
    heads = next(rows, [])
    names = _clean(heads)
    seen = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            break
        except csv.Error:
            gather.aside("malformed CSV row")
            continue
        if not cells or cells == heads or (len(cells) == len(names) and _clean(cells) == names):
            continue  # a blank line, or the header again in concatenated files
        add_row(gather, names, cells)
        seen += 1
        if seen % ROWS == 0:
            yield from gather.drain()
    yield from gather.drain()


def _clean(names: list[str]) -> list[str]:
    """Return the column names without quotes and blanks around them; a repeated name is renamed."""
    found: list[str] = []
    for name in names:
        clean = name.strip().strip('"').removeprefix("\ufeff")
        found.append(clean if clean not in found else f"{clean}\0{len(found)}")
    return found


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    """Yield lines with their newline; only `\\n` ends a line, because cells may hold other line separators."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    for block in blocks:
        *lines, rest = (rest + decoder.decode(block)).split("\n")
        for line in lines:
            yield line + "\n"
    if rest:
        yield rest
