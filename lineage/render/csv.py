"""Flat tables as CSV, safe for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from lineage.render.text import clean, plain

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""


def guarded(value: object) -> str:
    """A value as a cell that no spreadsheet runs, with control characters written as their escapes.

    >>> guarded("=HYPERLINK(1)"), guarded(["a", "b"]), guarded(None)
    ("'=HYPERLINK(1)", 'a b', '')
    """
    text = plain(value)
    return f"'{clean(text)}" if text.startswith(FORMULA) else clean(text)


def text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV text with a header line (RFC 4180, lines end with a newline alone)."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(guarded(column) for column in columns)
    writer.writerows((guarded(value) for value in row) for row in rows)
    return written.getvalue()
