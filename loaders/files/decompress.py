"""Decompresses gzip, bzip2, xz and zstd in constant memory, gzip at the speed of ISA-L.

Several members in one file are one stream (RFC 1952 §2.2; Firehose and `cat a.gz b.gz` write them).
"""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator
from typing import Protocol

from isal import igzip_lib

MAGIC = b"\x1f\x8b"
BLOCK = 256 << 10
"""Most bytes read, or decompressed, at once, so that memory stays small for a file with a high compression ratio."""
_ERROR: type[Exception] = igzip_lib.error  # type: ignore[assignment]  # its stub declares an instance

EMBEDDED = 256 << 20
"""Most bytes that gzip data inside JSON may decompress to."""


class Damage(Exception):
    """An archive or stream cannot be read any further; the message says why."""


class _Decompressor(Protocol):
    """The interface that decompressors of `bz2`, `lzma` and `zstd` share."""

    @property
    def eof(self) -> bool:
        """The stream has ended."""

    @property
    def needs_input(self) -> bool:
        """More input is needed."""

    @property
    def unused_data(self) -> bytes:
        """Bytes after the end of the stream."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Decompress the next bytes, at most `max_length`."""


def decompressed(kind: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the decompressed blocks of gzip, bzip2, xz or zstd; concatenated streams, also padded with zeros, are one.

    Raises `Damage`; the blocks before are valid.
    """
    make, errors = _decompressor(kind)
    data = b""
    while True:
        while not data:
            block = next(blocks, b"")
            if not block:
                return
            data = block.lstrip(b"\0")
        stream = make()
        while not stream.eof:
            try:
                if block := stream.decompress(data, BLOCK):
                    yield block
            except errors as error:
                raise Damage(f"{kind} stream is damaged: {message(error)}") from None
            data = b""
            if stream.needs_input and not stream.eof:
                data = next(blocks, b"")
                if not data:
                    raise Damage(f"{kind} stream ends early")
        data = stream.unused_data.lstrip(b"\0")


def _decompressor(kind: str) -> tuple[Callable[[], _Decompressor], tuple[type[Exception], ...]]:
    """Return the factory of a decompressor, and the errors it raises on damage."""
    if kind == "gzip":
        return lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP), (_ERROR,)
    if kind == "bzip2":
        return bz2.BZ2Decompressor, (OSError, EOFError, ValueError)
    if kind == "xz":
        return lambda: lzma.LZMADecompressor(memlimit=256 << 20), (lzma.LZMAError, EOFError)
    try:
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor, ZstdError
        else:
            from backports.zstd import ZstdDecompressor, ZstdError
    except ImportError:
        raise Damage("packed with zstd: unpack it first (zstd -d), or install backports.zstd") from None
    return ZstdDecompressor, (ZstdError, EOFError)


def gunzip_whole(data: bytes, most: int) -> bytes | None:
    """Return the decompressed bytes of a single gzip member of at most `most` bytes, as in S3; else None."""
    # The last four bytes are the length of the last member (RFC 1952 §2.3.1), so its buffer is allocated once.
    size = int.from_bytes(data[-4:], "little")
    if not data.startswith(MAGIC) or size > most:
        return None
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    try:
        text = member.decompress(data, size + 1)
    except _ERROR:
        return None
    return text if member.eof and not member.unused_data and not text.startswith(MAGIC) else None


def gunzip(data: bytes) -> bytes | None:
    """Return embedded gzip data decompressed; None if it is damaged or larger than EMBEDDED bytes."""
    parts, size = [], 0
    try:
        for block in decompressed("gzip", iter([data])):
            parts.append(block)
            size += len(block)
            if size > EMBEDDED:
                return None
    except Damage:
        return None
    return b"".join(parts)


def message(error: Exception) -> str:
    """Return what an error says, shortened."""
    return str(error)[:80] or type(error).__name__
