"""Reads a file: unpacks it and yields the records of each stream in it.

`loaders.records.decode_fast` decodes whole texts of well-formed records; everything else goes value by value through
`loaders.records.wrappers`. Well-formed input gives the same records either way.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import itertools
import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from lineage.model.batch import FileEnd, Passed, Unread
from lineage.model.errors import BadUse
from lineage.model.times import parse_when
from loaders.files.decompress import gunzip_whole
from loaders.files.sources import Opened, Source, SourceFile
from loaders.files.unpack import Leaf, Packed
from loaders.records import decode_fast, parquet, scan, split, tables, wrappers
from loaders.records.decode_any_case import decode_record
from loaders.records.decode_fast import decode_all, decode_document, decode_s3_file
from loaders.records.items import Aside, Gather, Item, Records
from loaders.records.other_documents import FINDINGS, SYSTEM_FILES, describe_file
from loaders.records.record import OCSF, RECORD, Record, json_value

FIRST_BYTES = 4096
"""First bytes of a stream that are kept to describe it if it has no record."""
WHOLE = 4
"""A usual document up to this many times the batch size is decoded in one call: splitting costs more."""
SNIFF = 1 << 16
"""First bytes of a text that decide its format."""


_JSON = re.compile(
    rb"""\s*(?:[{\[]\s*\Z|\{\s*["'}]|\[\s*(?:[\[{"'\]]|null|\d[\d.]*\s*,\s*[\[{])|"(?:[\[{]|H4sI|eyJ)|null\s*(?:[\n,{\[]|\Z))"""
)
_BASE64 = re.compile(rb"\s*(?:H4sI|eyJ|ew[0o]|W3s)[A-Za-z0-9+/]{8,}={0,2}\s*?(?:\n|\Z)")


def read(
    source: Source, stdin: BinaryIO | None = None, size: int = split.SIZE, texts: bool = False,
    file: SourceFile | None = None,
) -> Iterator[Item | FileEnd]:  # fmt: skip
    """Yield the items of a file in its order, and a `FileEnd` last. Raises nothing.

    Records come in batches of about `size` bytes of text, so memory does not grow with the file. A file that cannot
    be read, or that ends in a compressed stream or a record, yields everything before and one `Aside` with the
    reason. An `Unread` describes a stream without records. With `texts`, each batch has the JSON of its records, if
    available. `file` counts the bytes that were read so far; a small file is read at once. Events outside of the
    source's own range of time are counted and passed over.
    """
    if source.since is None and source.until is None:
        return _read(source, stdin, size, texts, file)
    return _within(_read(source, stdin, size, texts, file), source.since, source.until)


def _within(items: Iterator[Item | FileEnd], since: int | None, until: int | None) -> Iterator[Item | FileEnd]:
    """Yield the items, without the events before `since` and after `until` (epoch seconds)."""
    for item in items:
        if isinstance(item, Records):
            times = [parse_when(record.event_time) for record in item.records]
            wanted = [
                time is None or ((since is None or time >= since) and (until is None or time <= until))
                for time in times
            ]
            if not all(wanted):
                yield Passed("out-of-range", wanted.count(False))
                item = _only(item, wanted)
        if not isinstance(item, Records) or item.records:
            yield item


def _only(item: Records, wanted: list[bool]) -> Records:
    """Return some of the records; each keeps its index."""
    indexes = item.indexes or range(item.first, item.first + len(item.records))
    texts = None if item.texts is None else list(itertools.compress(item.texts, wanted))
    records = list(itertools.compress(item.records, wanted))
    return Records(item.form, item.first, records, list(itertools.compress(indexes, wanted)), texts)


def _read(
    source: Source, stdin: BinaryIO | None, size: int, texts: bool, file: SourceFile | None
) -> Iterator[Item | FileEnd]:
    if not texts and (found := _read_s3_file(source, WHOLE * size)) is not None:
        yield from found
        return
    file = file or SourceFile()
    blocks = file.blocks(source, stdin)
    again = source.path != "-" and source.reach is None and not isinstance(source, Opened)
    packed = Packed(blocks, lambda: file.size, source.path if again else None)
    next_index = leaves = 0
    for leaf in packed.leaves():
        leaves += 1
        for reason in packed.damage():  # of streams before it that could not be opened
            yield Aside(next_index, None, reason)
            next_index += 1
        stream = _Leaf(leaf, next_index, packed, file)
        yield from stream.items(size, texts)
        next_index = stream.next_index
    for _ in blocks:
        pass  # reading the rest computes the hash of the file
    damage = [*([file.damage] if file.damage else []), *packed.damage()]
    for number, reason in enumerate(damage):
        yield Aside(next_index + number, None, reason)
    if not leaves and not damage:
        yield Passed("empty", 1)
    yield FileEnd(source.path, "" if file.damage else file.hash.hexdigest(), file.size)


_QUIET = frozenset({"digest", "control", "notification", "result-sign"})
"""Documents that belong to a folder of logs: a file with only these is not reported."""


class _Leaf:
    """One stream of a file: its items, and a description if it has no record."""

    def __init__(self, leaf: Leaf, next_index: int, packed: Packed, file: SourceFile) -> None:
        self.next_index = next_index
        self._leaf = leaf
        self._packed = packed
        self._file = file
        self._start = b""
        self._kinds: set[str] = set()

    def items(self, size: int, texts: bool) -> Iterator[Item]:
        """Yield the items, with indexes that continue those of the streams before, and what the stream lacks."""
        base = self.next_index
        held: Aside | None = None
        projected = 0
        for item in items_in(self._blocks(), size, texts):
            if held is not None:
                yield held
                held = None
            if isinstance(item, Aside):
                item.index += base
                held, self.next_index = item, item.index + 1
                continue
            if isinstance(item, Records):
                item.first += base
                self.next_index = item.first + len(item.records)
                projected += len(item.records) if item.form == OCSF else 0
            else:
                self._kinds.add(item.kind if isinstance(item, Passed) else "finding")
            yield item
        for reason in self._packed.damage():
            if held is not None and held.reason.startswith("truncated"):
                held.reason = reason
                continue
            if held is not None:
                yield held
            held = Aside(self.next_index, None, reason)
            self.next_index += 1
        if held is not None:
            yield held
        if projected:
            yield Passed("ocsf", projected)
        if self.next_index == base and not self._file.damage:
            yield from self._nothing()

    def _blocks(self) -> Iterator[bytes]:
        for block in self._leaf.blocks:
            if not self._start:
                self._start = block[:FIRST_BYTES]
            yield block

    def _nothing(self) -> Iterator[Item]:
        """Describe a stream without a record, unless its documents already say what it is."""
        if not self._kinds:
            yield Passed("empty", 1)
        elif self._start.startswith(SYSTEM_FILES):
            yield Passed("system-file", 1)
        elif not self._kinds <= _QUIET:
            found = FINDINGS if "finding" in self._kinds else describe_file(self._start)
            yield Unread(self._leaf.name, found.like, found.do)


def _read_s3_file(source: Source, most: int) -> tuple[Records, FileEnd] | None:
    """Return the records of a usual small file of S3: one gzip document of well-formed records; else None."""
    if source.path == "-" or source.size > most:
        return None
    try:
        if source.reach is not None:
            from loaders.files.s3 import Ahead

            if not isinstance(source, Ahead):
                return None
            data = source.data.result()
        elif isinstance(source, Opened):
            data = source.stream.read(most + 1)
            source.stream.seek(0)
        else:
            with open(source.path, "rb", buffering=0) as file:  # noqa: PTH123  creating a Path costs as much as reading
                data = file.read(most + 1)
    except OSError:
        return None
    text = gunzip_whole(data, most) if len(data) <= most else None
    records = decode_s3_file(text) if text is not None else None
    if records is None:
        return None
    end = FileEnd(source.path, hashlib.sha256(data).hexdigest(), len(data))
    return Records(RECORD, 0, records), end


def items_in(blocks: Iterator[bytes], size: int = split.SIZE, texts: bool = False) -> Iterator[Item]:
    """Yield the items of a text in its order, from blocks of decompressed bytes. Raises nothing on any input.

    `size` bytes are decoded at once; it changes batches, never records. With `texts`, each batch has the JSON of its
    records, if available. A text that is neither JSON nor an event table is one `Passed("other")`; an empty one
    yields nothing.
    """
    start = b""
    for block in blocks:
        start += block
        if len(start) >= SNIFF:
            break
    if start.startswith(parquet.MAGIC) and parquet.is_available():
        return parquet.items(itertools.chain([start], blocks))
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
    """Yield the complete records of a document whose beginning is missing."""
    text = b""
    for block in blocks:
        text += block
        if len(text) >= 2 * scan.WINDOW:
            break
    gather = Gather(texts)
    gather.aside("truncated JSON: the beginning is missing", 0)
    at = scan.resume(text, 0, complete=len(text) < 2 * scan.WINDOW)
    if not at:
        return iter(gather.drain())
    opening = b"[" if text[:at].rstrip().endswith(b",") else b""
    return _json(itertools.chain([opening + text[at:]], blocks), size, gather)


def _json(blocks: Iterator[bytes], size: int, gather: Gather) -> Iterator[Item]:
    texts = gather.texts
    for chunk in split.chunks(blocks, size, decode_document):
        records = chunk.value if chunk.value is not None else decode_all(chunk.text)
        if records is not None:
            gather.records(RECORD, records, decode_fast.texts(chunk.text, len(records)) if texts else None)
        else:
            _value_by_value(gather, chunk.text, chunk.offset, texts)
        yield from gather.drain()


def _value_by_value(gather: Gather, text: bytes, offset: int, texts: bool) -> None:
    place: int | None = offset
    if scan.PREFIX.match(text[:512]):
        text, place = scan.PREFIXED.sub(b"\n", b"\n" + text), None
        if (records := decode_all(text)) is not None:
            gather.records(RECORD, records, decode_fast.texts(text, len(records)) if texts else None)
            return
    elif _BASE64.match(text):
        for line in text.split():
            if not wrappers.add_text(gather, line.decode("latin-1"), place):
                gather.aside("not an object: base64 of other data", place)
        return
    for value, at in scan.values(text):
        if value[:1] == b"{" and (record := decode_record(value)) is not None:
            gather.record(RECORD, record, value)
        elif (records := decode_all(value)) is not None:
            gather.records(RECORD, records, decode_fast.texts(value, len(records)) if texts else None)
        else:
            wrappers.add_value(gather, value, None if place is None else place + at)


def _as_utf8(start: bytes, blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return a text without its byte order mark; UTF-16 (PowerShell writes it) becomes UTF-8."""
    if start.startswith(b"\xef\xbb\xbf"):
        return start[3:], blocks
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        return decoder.decode(start).encode(), (decoder.decode(block).encode() for block in blocks)
    return start, blocks


def items_of(data: bytes) -> Iterator[Item]:
    """Yield the items of bytes in any wrapping and compression; batches have the JSON of their records."""
    return (item for item in read(Source("-", 0), io.BytesIO(data), texts=True) if not isinstance(item, FileEnd))


def record_in(path: str) -> str | None:
    """Return the JSON of the first record in a file in any wrapping and compression; None if there is none.

    Raises `BadUse` if the file cannot be read.
    """
    for item in read(Source(path, 0), texts=True):
        if isinstance(item, Records):
            return text_of(item, 0)
        if isinstance(item, Aside) and item.reason.startswith("cannot be read"):
            raise BadUse(f"{path}: {item.reason}")
    return None


def text_of(records: Records, position: int) -> str:
    """Return the JSON of a record as logged, or what the loaders read of it if that is not available."""
    text = records.texts[position] if records.texts is not None else None
    if isinstance(text, str):
        return text
    if text is not None:
        return bytes(text).decode("utf-8", "replace")
    return msgspec.json.encode(understood(records.records[position])).decode()


def understood(record: Record) -> dict[str, object]:
    """Return what the loaders read of a record, under CloudTrail's names."""
    shown: dict[str, object] = {}
    for field in msgspec.structs.fields(record):
        value: object = getattr(record, field.name)
        if isinstance(value, msgspec.Raw):
            value = json_value(bytes(value))
        if value is not None:
            shown[field.encode_name] = value
    return shown
