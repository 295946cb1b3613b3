"""Decompressed bytes of one file to records: what kind of text it is, and the quick way through it.

What `loaders.records.decode_fast` decodes at once is done; everything else goes value by value through
`loaders.records.wrappers`. Well-formed input gives the same records on either way.
"""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator

from loaders.files import split
from loaders.files.gunzip import Gunzip
from loaders.records import decode_fast, scan, tables, wrappers
from loaders.records.decode_any_case import strict
from loaders.records.decode_fast import at_once, document
from loaders.records.items import Aside, FileEnd, Finding, Gather, Item, Passed, Records
from loaders.records.record import RECORD

__all__ = ["Aside", "FileEnd", "Finding", "Item", "Passed", "Records", "items_in", "records_in"]

SNIFF = 1 << 16
"""Bytes that are looked at to tell what a text is."""


_JSON = re.compile(
    rb"""\s*(?:[{\[]\s*\Z|\{\s*["'}]|\[\s*(?:[\[{"'\]]|null|\d[\d.]*\s*,\s*[\[{])|"(?:[\[{]|H4sI|eyJ)|null\s*(?:[\n,{\[]|\Z))"""
)
_BASE64 = re.compile(rb"\s*(?:H4sI|eyJ|ew[0o]|W3s)[A-Za-z0-9+/]{8,}={0,2}\s*?(?:\n|\Z)")


def records_in(data: bytes) -> Iterator[Item]:
    """Yield what one whole small text holds, gzip or not: the same as from a file of these bytes."""
    return items_in(iter(Gunzip(Gunzip([data]))))


def items_in(blocks: Iterator[bytes], size: int = split.SIZE, texts: bool = False) -> Iterator[Item]:
    """Yield what a text holds, in its order, for blocks of decompressed bytes.

    `size` bytes are decoded at once; it changes batches, never records. With `texts` each batch has the records'
    own texts, where they are at hand. A text that is neither JSON
    nor an event table is one `Passed("other")`; an empty one is nothing. Raises nothing on any input.
    """
    start = b""
    for block in blocks:
        start += block
        if len(start) >= SNIFF:
            break
    start, blocks = _as_utf8(start, blocks)
    if not start.strip() and len(start) < SNIFF:
        return iter(())
    rest = itertools.chain([start], blocks)
    if not re.match(rb"\s*[\[{]", start):
        table = start.lstrip()
        if found := tables.heading(table.decode("utf-8", "replace")):
            return tables.items(itertools.chain([table], blocks), *found)
    is_log = _JSON.match(start) or scan.PREFIX.match(start) or _BASE64.match(start)
    if scan.headless(start) if _JSON.match(start) else not is_log and scan.begins_inside(start):
        return _headless(rest, size, texts)
    if is_log:
        return _json(rest, size, Gather(texts))
    return iter([Passed("other", 1)])


def _headless(blocks: Iterator[bytes], size: int, texts: bool) -> Iterator[Item]:
    """Yield the whole records of a document whose beginning is missing."""
    text = b""
    for block in blocks:
        text += block
        if len(text) >= 2 * scan.WINDOW:
            break
    gather = Gather(texts)
    gather.aside("cut JSON: the beginning is missing", 0)
    at = scan.resume(text, 0, complete=len(text) < 2 * scan.WINDOW)
    if not at:
        return iter(gather.drain())
    opening = b"[" if text[:at].rstrip().endswith(b",") else b""
    return _json(itertools.chain([opening + text[at:]], blocks), size, gather)


def _json(blocks: Iterator[bytes], size: int, gather: Gather) -> Iterator[Item]:
    texts = gather.texts
    for chunk in split.chunks(blocks, size, document):
        records = chunk.value if chunk.value is not None else at_once(chunk.text)
        if records is not None:
            gather.records(RECORD, records, decode_fast.texts(chunk.text, len(records)) if texts else None)
        else:
            _carefully(gather, chunk.text, chunk.offset, texts)
        yield from gather.drain()


def _carefully(gather: Gather, text: bytes, offset: int, texts: bool) -> None:
    """Take a text value by value."""
    place: int | None = offset
    if scan.PREFIX.match(text[:512]):
        text, place = scan.PREFIXED.sub(b"\n", b"\n" + text), None
        if (records := at_once(text)) is not None:
            gather.records(RECORD, records, decode_fast.texts(text, len(records)) if texts else None)
            return
    elif _BASE64.match(text):
        for line in text.split():
            if not wrappers.inner(gather, line.decode("latin-1"), place):
                gather.aside("no object: base64 of something else", place)
        return
    for value, at in scan.values(text):
        if value[:1] == b"{" and (record := strict(value)) is not None:
            gather.record(RECORD, record, value)
        elif (records := at_once(value)) is not None:
            gather.records(RECORD, records, decode_fast.texts(value, len(records)) if texts else None)
        else:
            wrappers.value(gather, value, None if place is None else place + at)


def _as_utf8(start: bytes, blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return a text without its byte-order mark; UTF-16 (PowerShell writes it) becomes UTF-8."""
    if start.startswith(b"\xef\xbb\xbf"):
        return start[3:], blocks
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        return decoder.decode(start).encode(), (decoder.decode(block).encode() for block in blocks)
    return start, blocks
