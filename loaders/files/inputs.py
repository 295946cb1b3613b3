"""Files, folders, globs and standard input, read once from end to end.

What a file is, is told by its content (`loaders.records.documents`); its name only gives the order.
"""

from __future__ import annotations

import glob
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec

from lineage.model.errors import BadUse
from loaders.files.gunzip import gunzip_whole
from loaders.files.split import SIZE
from loaders.files.unpack import Leaf, Packed
from loaders.files.unread import FINDINGS, SYSTEM_FILES, looks
from loaders.records.decode_fast import ordinary
from loaders.records.documents import Aside, FileEnd, Item, Passed, Records, items_in
from loaders.records.items import Unread
from loaders.records.record import RECORD

BLOCK = 256 << 10
"""Bytes that are read from a file at once."""
SNIFF = 4096
"""First bytes by which a stream without a record is named."""


WHOLE = 4
"""A usual document is decoded in one go up to so many times the size of a batch: cutting costs more."""


class Source(msgspec.Struct, frozen=True):
    """A file to read and its size in bytes; path `-` is standard input, its size unknown (0)."""

    path: str
    size: int


def find(paths: Sequence[str]) -> list[Source]:
    """Return the files behind paths: files, folders (with all below, sorted), globs, `-`.

    In the order of `paths`, each file once. Raises BadUse for a path or glob that matches nothing.
    """
    found: dict[str, Source] = {}
    for path in paths:
        for source in _behind(path):
            found.setdefault(source.path, source)
    return list(found.values())


def read(
    source: Source, stdin: BinaryIO | None = None, size: int = SIZE, texts: bool = False
) -> Iterator[Item | FileEnd]:
    """Yield what a file holds, in its order, and a `FileEnd` last.

    Records come in batches of about `size` bytes of text, so memory does not grow with the file. A file
    that cannot be read, or ends inside a packed stream or a record, gives what comes before and one
    `Aside` with the reason. A stream without a record is named by an `Unread`. With `texts` each batch
    has the records' own texts, where they are at hand. Raises nothing.
    """
    if not texts and (found := _ordinary(source, WHOLE * size)) is not None:
        yield from found
        return
    file = _File()
    packed = Packed(file.blocks(source, stdin), lambda: file.size, None if source.path == "-" else source.path)
    offered = leaves = 0
    for leaf in packed.leaves():
        leaves += 1
        for reason in packed.damage():  # of what came before it and could not be opened
            yield Aside(offered, None, reason)
            offered += 1
        told = _Leaf(leaf, offered, packed, file)
        yield from told.items(size, texts)
        offered = told.offered
    for _ in file.rest():
        pass
    damage = [*([file.damage] if file.damage else []), *packed.damage()]
    for number, reason in enumerate(damage):
        yield Aside(offered + number, None, reason)
    if not leaves and not damage:
        yield Passed("empty", 1)
    yield FileEnd(source.path, "" if file.damage else file.hash.hexdigest(), file.size)


_QUIET = frozenset({"digest", "control", "notification", "result-sign"})
"""Documents that a folder of logs may hold: a file of them alone is as it should be."""


class _Leaf:
    """What one stream of a file gave, and what it looks like if that is nothing."""

    def __init__(self, leaf: Leaf, offered: int, packed: Packed, file: _File) -> None:
        self.offered = offered
        self._leaf = leaf
        self._packed = packed
        self._file = file
        self._start = b""
        self._kinds: set[str] = set()

    def items(self, size: int, texts: bool) -> Iterator[Item]:
        """Yield the items, numbered on from those of the streams before, and what became of it all."""
        base = self.offered
        held: Aside | None = None
        for item in items_in(self._blocks(), size, texts):
            if held is not None:
                yield held
                held = None
            if isinstance(item, Aside):
                item.index += base
                held, self.offered = item, item.index + 1
                continue
            if isinstance(item, Records):
                item.first += base
                self.offered = item.first + len(item.records)
            else:
                self._kinds.add(item.kind if isinstance(item, Passed) else "finding")
            yield item
        for reason in self._packed.damage():
            if held is not None and held.reason.startswith("cut"):
                held.reason = reason
                continue
            if held is not None:
                yield held
            held = Aside(self.offered, None, reason)
            self.offered += 1
        if held is not None:
            yield held
        if self.offered == base and not self._file.damage:
            yield from self._nothing()

    def _blocks(self) -> Iterator[bytes]:
        for block in self._leaf.blocks:
            if not self._start:
                self._start = block[:SNIFF]
            yield block

    def _nothing(self) -> Iterator[Item]:
        """Yield what a stream without a record is, where that is not told by its documents."""
        if not self._kinds:
            yield Passed("empty", 1)
        elif self._start.startswith(SYSTEM_FILES):
            yield Passed("system-file", 1)
        elif not self._kinds <= _QUIET:
            found = FINDINGS if "finding" in self._kinds else looks(self._start)
            yield Unread(self._leaf.name, found.like, found.do)


def _ordinary(source: Source, most: int) -> tuple[Records, FileEnd] | None:
    """Return what the usual small file from S3 holds: one packed document, all of it well spelt; else None."""
    if source.path == "-" or source.size > most:
        return None
    try:
        with open(source.path, "rb", buffering=0) as file:  # noqa: PTH123  a Path costs as much as the reading
            data = file.read(most + 1)
    except OSError:
        return None
    text = gunzip_whole(data, most) if len(data) <= most else None
    records = ordinary(text) if text is not None else None
    if records is None:
        return None
    end = FileEnd(source.path, hashlib.sha256(data).hexdigest(), len(data))
    return Records(RECORD, 0, records), end


class _File:
    """The bytes of a file as they lie on disk, hashed while they are read."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.damage: str | None = None
        self._blocks: Iterator[bytes] = iter(())

    def blocks(self, source: Source, stdin: BinaryIO | None) -> Iterator[bytes]:
        """Return the blocks; `rest` goes on where their reader stopped."""
        self._blocks = self._read(source, stdin)
        return self._blocks

    def rest(self) -> Iterator[bytes]:
        """Return the blocks that nobody read."""
        return self._blocks

    def _read(self, source: Source, stdin: BinaryIO | None) -> Iterator[bytes]:
        try:
            with _opened(source.path, stdin) as file:
                while block := file.read(BLOCK):
                    self.hash.update(block)
                    self.size += len(block)
                    yield block
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror or type(error).__name__}"


def _opened(path: str, stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    """Return the open file; standard input stays open after it was read."""
    if path != "-":
        return Path(path).open("rb", buffering=0)
    return nullcontext(sys.stdin.buffer if stdin is None else stdin)


def _behind(path: str) -> Iterator[Source]:
    if path == "-":
        yield Source("-", 0)
    elif Path(path).is_dir():
        yield from _below(path)
    elif Path(path).exists():
        yield Source(path, Path(path).stat().st_size)
    elif matches := sorted(glob.glob(path, recursive=True)):  # noqa: PTH207  Path.glob takes no absolute one
        for match in matches:
            yield from _behind(match)
    else:
        what = "glob matches nothing" if glob.has_magic(path) else "no such file or folder"
        raise BadUse(f"{path}: {what}; give files, folders, globs, or - for standard input")


def _below(folder: str) -> Iterator[Source]:
    """Yield the regular files below a folder, sorted; links to folders are not followed."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path)
        elif entry.is_file():
            yield Source(entry.path, entry.stat().st_size)
