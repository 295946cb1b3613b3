"""Finds the files behind paths, folders and globs, and reads each once from start to end.

The content of a file decides what it is (`loaders.records.read`); its name only decides the order.
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
from loaders.files.decompress import BLOCK


class Source(msgspec.Struct, frozen=True):
    """A file to read and its size in bytes; path `-` is standard input, its size unknown (0)."""

    path: str
    size: int


def find(paths: Sequence[str]) -> list[Source]:
    """Return the files behind paths: files, folders (all files below, sorted), globs, `-`.

    In the order of `paths`, each file once; links to folders are not followed. Raises `BadUse` for a path or glob that
    matches nothing.
    """
    found: dict[str, Source] = {}
    for path in paths:
        for source in _behind(path):
            found.setdefault(source.path, source)
    return list(found.values())


class SourceFile:
    """The bytes of a file on disk, hashed while they are read.

    `damage` says why reading failed, None if it did not.
    """

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.damage: str | None = None

    def blocks(self, source: Source, stdin: BinaryIO | None) -> Iterator[bytes]:
        """Yield the blocks of the file, to its end."""
        try:
            with _opened(source.path, stdin) as file:
                while block := file.read(BLOCK):
                    self.hash.update(block)
                    self.size += len(block)
                    yield block
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror or type(error).__name__}"


def _opened(path: str, stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    """Return the open file; standard input stays open after reading."""
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
