"""CSV and TSV exports read row by row: event history, Athena, CloudTrail Lake, Splunk, Logs Insights.

Told apart by the names in the first line, never by the file's name. Guide §9.1.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator

from loaders import lenient
from loaders.items import Gather, Item
from loaders.wrappers import inner

ROWS = 2_000
"""Rows that are given at once."""

_WHOLE_EVENTS = ("raw", "cloudtrailevent", "eventoriginal", "message", "@message")
"""Columns, folded, that hold the whole record as text."""

# A request alone may have 100 KB, quoted twice as much; the library's own limit is 128 KB.
csv.field_size_limit(1 << 24)


def separator(first_line: str) -> str | None:
    """Return what separates the columns of an event table, None where the line heads no such table.

    >>> separator("User name,AWS access key,Event time,Event name")
    ','
    >>> separator("name,price") is None
    True
    """
    for mark in ",;\t|":
        try:
            names = _header(next(csv.reader([first_line], delimiter=mark), []))
        except csv.Error:
            return None
        if len(names) < 2 and not (len(names) == 1 and names[0] in _WHOLE_EVENTS[:2]):
            continue
        if any(name in _WHOLE_EVENTS for name in names):
            return mark
        if "eventname" in names and not {"eventtime", "useridentity", "eventid"}.isdisjoint(names):
            return mark
    return None


def items(blocks: Iterator[bytes], mark: str) -> Iterator[Item]:
    """Yield a table's rows as records, in batches; rows with too few or too many cells are set aside."""
    gather = Gather()
    rows = csv.reader(_lines(blocks), delimiter=mark)
    names = _header(next(rows, []))
    whole = next((names.index(name) for name in _WHOLE_EVENTS if name in names), None)
    seen = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            break
        except csv.Error:
            gather.aside("malformed CSV row")
            continue
        if not row or _header(row) == names:
            continue  # a blank line; the header again, where files were put together
        if len(row) != len(names):
            gather.aside(f"row has {len(row)} of {len(names)} cells")
        elif whole is not None:
            if not inner(gather, row[whole], None):
                gather.aside("the row holds no event")
        else:
            gather.record(*lenient.from_columns(dict(zip(names, row, strict=True))))
        seen += 1
        if seen % ROWS == 0:
            yield from gather.drain()
    yield from gather.drain()


def _header(cells: list[str]) -> list[str]:
    return [lenient.fold(cell).replace(".", "") for cell in cells]


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    """Yield lines with their newline; only `\\n` ends one, since cells may hold other separators."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    for block in blocks:
        *lines, rest = (rest + decoder.decode(block)).split("\n")
        for line in lines:
            yield line + "\n"
    if rest:
        yield rest
