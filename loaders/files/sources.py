"""Finds the files behind paths, folders, globs and addresses of S3, and reads each once from start to end.

The content of a file decides what it is (`loaders.records.read`); its name only decides the order.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import msgspec

from lineage.model.errors import BadUse
from loaders.files.decompress import BLOCK

S3 = "s3://"


class Reach(msgspec.Struct, frozen=True):
    """How S3 is reached; None leaves it to boto3's own chain of settings and credentials."""

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    request_payer: bool = False
    """The requester pays for requests and transfer."""


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file to read and its size in bytes; path `-` is standard input, its size unknown (0)."""

    path: str
    size: int
    etag: str = ""
    """Version of an object in S3: only this one is read. Empty for a file, and for whatever version there is."""
    reach: Reach | None = None
    """Set for an object in S3."""
    since: int | None = None
    """First and last second (`until`) of the events that are wanted; None: all."""
    until: int | None = None
    problem: str = ""
    """Why it cannot be read, if that is known before."""


class Opened(Source, frozen=True, kw_only=True):
    """An object that is read from a stream of its own: `path` only names it. It stays in its process."""

    stream: BinaryIO


class Narrow(msgspec.Struct, frozen=True):
    """What is wanted of the files behind paths; nothing stated: all."""

    accounts: frozenset[str] = frozenset()
    """Of an address of S3: only CloudTrail's folders of these accounts."""
    regions: frozenset[str] = frozenset()
    since: int | None = None
    """First and last second (`until`) of events."""
    until: int | None = None
    late_days: int = 30
    """Days after `until` whose folders in S3 may have events from before."""


def find(paths: Sequence[str], reach: Reach | None = None, narrow: Narrow | None = None) -> list[Source]:
    """Return the files behind paths: files, folders (all files below, sorted), globs, `-`, addresses of S3.

    In the order of `paths`, each file once; links to folders are not followed. Raises `BadUse` for a path or glob that
    matches nothing, and where S3 cannot be listed at all; what part of an address cannot be listed is a source with
    a `problem`.
    """
    reach, narrow = reach or Reach(), narrow or Narrow()
    found: dict[str, Source] = {}
    for path in paths:
        for source in _objects(path, reach, narrow) if path.startswith(S3) else _files(path, narrow):
            found.setdefault(source.path, source)
    problems = [source for source in found.values() if source.problem]
    if problems and len(problems) == len(found):
        raise BadUse("; ".join(f"{one.path}: {one.problem}" for one in problems[:3]))
    return list(found.values())


def _objects(path: str, reach: Reach, narrow: Narrow) -> Iterator[Source]:
    from loaders.files import s3_listing

    return s3_listing.objects(path, reach, narrow)


def _files(path: str, narrow: Narrow) -> Iterator[Source]:
    if narrow.accounts or narrow.regions:
        raise BadUse(f"{path}: only folders of S3 can be narrowed to accounts and regions; give s3://BUCKET/PREFIX")
    if narrow.since is None and narrow.until is None:
        return _behind(path)
    wanted = {"since": narrow.since, "until": narrow.until}
    return (msgspec.structs.replace(source, **wanted) for source in _behind(path))


def fetched(sources: Sequence[Source]) -> Iterable[Source]:
    """Return the sources to read one after the other; small objects of S3 are read ahead of their turn."""
    if all(source.reach is None for source in sources):
        return sources
    from loaders.files import s3

    return s3.ahead(sources)


class SourceFile:
    """The bytes of a file or object, hashed while they are read.

    `damage` says why reading failed, None if it did not.
    """

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.damage: str | None = None

    def blocks(self, source: Source, stdin: BinaryIO | None) -> Iterator[bytes]:
        """Yield the blocks of the file, to its end."""
        try:
            for block in _blocks(source, stdin):
                self.hash.update(block)
                self.size += len(block)
                yield block
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror or type(error).__name__}"


def _blocks(source: Source, stdin: BinaryIO | None) -> Iterator[bytes]:
    """Yield the blocks of a file or object. Raises `OSError`."""
    if source.problem:
        raise OSError(errno.EIO, source.problem)
    if source.reach is not None:
        from loaders.files import s3

        yield from s3.blocks(source)
        return
    with _opened(source, stdin) as file:
        while block := file.read(BLOCK):
            yield block


def _opened(source: Source, stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    """Return the open file; a stream and standard input stay open after reading."""
    if isinstance(source, Opened):
        return nullcontext(source.stream)
    if source.path != "-":
        return Path(source.path).open("rb", buffering=0)
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
