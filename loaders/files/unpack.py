"""Unpacks a file into streams of bytes: gzip, bzip2, xz, zstd, tar and zip in any nesting, with a limit for bombs.

The first bytes decide the format. Everything is streamed; only a zip inside another archive, or from standard input,
goes to a temporary file, because its table of contents is at its end.
"""

from __future__ import annotations

import itertools
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from loaders.files.decompress import BLOCK, Damage, decompressed, message

DEEPEST = 8
"""Most levels of nested archives that are opened."""
RATIO = 250
"""Most times its size that a file may unpack to, beyond `FREE` bytes; logs compress about 20 times."""
FREE = 64 << 20
CONTENTS = 64 << 20
"""Most bytes of a zip's table of contents, which is kept in memory."""
HEADER = 1 << 20
"""Most bytes of a long name in a tar."""
_TAR = 512
_OTHER_FILES = ("__MACOSX/", "._", ".DS_Store")


class Leaf(NamedTuple):
    """One unpacked stream of bytes; `name` is its path in the archives around it, "" outside of archives."""

    name: str
    blocks: Iterator[bytes]


class Packed:
    """The bytes of a file and the streams they unpack to.

    `size` returns how many bytes of the file were read so far. `path` is the file's path if it can be read again.
    """

    def __init__(self, blocks: Iterator[bytes], size: Callable[[], int], path: str | None = None) -> None:
        self._blocks = blocks
        self._size = size
        self._path = path
        self._unpacked = 0
        self._stopped = False
        self._damage: list[str] = []

    def leaves(self) -> Iterator[Leaf]:
        """Yield the streams of the file; each has to be read before the next."""
        yield from self._opened(self._blocks, "", 0, self._path)

    def damage(self) -> list[str]:
        """Return why anything was left out since the last call; everything before is valid."""
        damage, self._damage = self._damage, []
        return damage

    def _is_stopped(self) -> bool:
        return self._stopped

    def _opened(self, blocks: Iterator[bytes], name: str, depth: int, path: str | None = None) -> Iterator[Leaf]:
        try:
            yield from self._open(blocks, name, depth, path)
        except Damage as damage:
            self._damage.append(f"{damage} ({name})" if name else str(damage))

    def _open(self, blocks: Iterator[bytes], name: str, depth: int, path: str | None = None) -> Iterator[Leaf]:
        start, blocks = _peek(blocks)
        kind = packing(start)
        if kind is None:
            yield Leaf(name, self._guarded(blocks, depth, name))
            return
        if depth >= DEEPEST:
            raise Damage(f"packed more than {DEEPEST} times: not opened any further")
        if kind == "zip":
            yield from self._zip(blocks, name, depth, path)
        elif kind == "tar":
            yield from self._tar(self._guarded(blocks, depth, name), name, depth)
        else:
            yield from self._open(decompressed(kind, blocks), name, depth + 1)

    def _guarded(self, blocks: Iterator[bytes], depth: int, name: str) -> Iterator[bytes]:
        """Yield blocks until the total is too large for the size of the file, or until damage."""
        try:
            for block in blocks:
                yield block
                self._unpacked += len(block)
                if depth and self._unpacked > FREE and self._unpacked > RATIO * self._size():
                    self._stopped = True
                    raise Damage(f"unpacks to more than {RATIO} times its size: not read any further")
        except Damage as damage:
            self._damage.append(f"{damage} ({name})" if name else str(damage))

    def _tar(self, blocks: Iterator[bytes], name: str, depth: int) -> Iterator[Leaf]:
        source = _Source(blocks)
        for member, body in _members(source):
            if not _is_other(member):
                yield from self._opened(body, _joined(name, member), depth + 1)
            for _ in body:
                pass
            if self._is_stopped():
                return

    def _zip(self, blocks: Iterator[bytes], name: str, depth: int, path: str | None) -> Iterator[Leaf]:
        for block in blocks if path else ():
            del block  # reading them computes the hash of the file
        with _seekable(self._guarded(blocks, depth, name), path) as file:
            if self._is_stopped():
                return
            _check_contents(file)
            try:
                archive = zipfile.ZipFile(file)
            except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
                raise Damage(f"damaged zip: {message(error)}") from None
            if "[Content_Types].xml" in archive.NameToInfo:
                yield Leaf(name, iter([OFFICE]))
                return
            for info in archive.infolist():
                if info.is_dir() or _is_other(info.filename):
                    continue
                inside = _joined(name, info.filename)
                yield from self._opened(_zipped(archive, info), inside, depth + 1)
                if self._is_stopped():
                    return


OFFICE = b"PK\x03\x04[Content_Types].xml"
"""Replaces the content of an Office workbook or document, which is a zip of XML."""


def packing(start: bytes) -> str | None:
    """Return the format of packed bytes by the first of them; None if they are not packed."""
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if start[257:262] == b"ustar":
        return "tar"
    return "bzip2" if start[:3] == b"BZh" and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90") else None


_MAGIC = (
    (b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\x00", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)  # fmt: skip


def _peek(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, enough to recognize a format, and all blocks."""
    held: list[bytes] = []
    size = 0
    while size < _TAR and (block := next(blocks, None)) is not None:
        held.append(block)
        size += len(block)
    return b"".join(held), itertools.chain(held, blocks)


class _Source:
    """Reads blocks by number of bytes."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._held = b""

    def upto(self, size: int) -> bytes:
        """Return the next bytes, at most `size` and at most a block; b"" at the end."""
        if not self._held:
            self._held = next(self._blocks, b"")
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end."""
        parts = []
        while size > 0 and (part := self.upto(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def body(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes in blocks and skip the padding to 512 bytes."""
        left = size
        while left > 0:
            part = self.upto(left)
            if not part:
                raise Damage("tar ends early")
            left -= len(part)
            yield part
        self.exactly(-size % _TAR)


def _members(source: _Source) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and bytes of each regular file in a tar (POSIX.1-2001, and GNU's long names)."""
    long: dict[str, str] = {}
    while len(head := source.exactly(_TAR)) == _TAR:
        if not head.strip(b"\0"):
            continue  # two empty headers end a tar; concatenated tars go on
        if sum(head[:148]) + 256 + sum(head[156:]) != _number(head[148:156]):
            raise Damage("damaged tar: the checksum of a header is wrong")
        size, kind = _number(head[124:136]), head[156:157]
        if kind in b"LKxg":
            if size > HEADER:
                raise Damage("damaged tar: a header of more than 1 MB")
            text = b"".join(source.body(size))
            if kind == b"L":
                long["path"] = text.rstrip(b"\0").decode("utf-8", "replace")
            elif kind == b"x":
                long |= _pax(text)
            continue
        prefix = _text(head[345:500]) if head[257:263] == b"ustar\0" else ""
        name = long.get("path") or (f"{prefix}/" if prefix else "") + _text(head[:100])
        if long.get("size", "").isdigit():
            size = int(long["size"])
        long = {}
        if kind in b"0\x007":
            yield name, source.body(size)
        else:
            for _ in source.body(size if kind not in b"123456" else 0):
                pass


def _pax(text: bytes) -> dict[str, str]:
    """Return path and size of an extended header, whose lines are `LENGTH NAME=VALUE`."""
    found = {}
    for line in text.split(b"\n"):
        name, _, value = line.partition(b" ")[2].partition(b"=")
        if name in (b"path", b"size"):
            found[name.decode()] = value.decode("utf-8", "replace")
    return found


def _number(field: bytes) -> int:
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise Damage("damaged tar: invalid number in a header") from None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _is_other(name: str) -> bool:
    """Return whether a member is metadata of macOS."""
    return name.startswith(_OTHER_FILES[0]) or name.rpartition("/")[2].startswith(_OTHER_FILES[1:])


def _joined(outer: str, name: str) -> str:
    return f"{outer}/{name}" if outer else name


def _seekable(blocks: Iterator[bytes], path: str | None) -> IO[bytes]:
    if path is not None:
        return open(path, "rb")  # noqa: PTH123  the caller closes it
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    for block in blocks:
        file.write(block)
    file.seek(0)
    return file


def _check_contents(file: IO[bytes]) -> None:
    """Raise `Damage` for a zip whose table of contents is too large for memory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557 - 20))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise Damage("damaged zip: its end is missing")
    contents = int.from_bytes(tail[at + 12 : at + 16], "little")
    if contents == 0xFFFFFFFF:
        large = tail.rfind(b"PK\x06\x06", 0, at)
        contents = int.from_bytes(tail[large + 40 : large + 48], "little") if large >= 0 else CONTENTS + 1
    if contents > CONTENTS:
        raise Damage("zip with too many files: unpack it first")


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    if info.flag_bits & 1:
        raise Damage("encrypted zip: unpack it first")
    try:
        with archive.open(info) as file:
            while block := file.read(BLOCK):
                yield block
    except NotImplementedError:
        raise Damage("unsupported zip compression: unpack it first") from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError) as error:
        raise Damage(f"damaged zip: {message(error)}") from None
