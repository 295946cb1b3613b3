"""Decompresses blocks that may be gzip, at the speed of ISA-L and in constant memory.

Several members in one file are one stream (RFC 1952 §2.2; Firehose and `cat a.gz b.gz` write them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from isal import igzip_lib

MAGIC = b"\x1f\x8b"
BLOCK = 256 << 10
"""Most bytes decompressed at once, so that memory stays small for a file with a high compression ratio."""
_ERROR: type[Exception] = igzip_lib.error  # type: ignore[assignment]  # its stub declares an instance

EMBEDDED = 256 << 20
"""Most bytes that gzip data inside JSON may decompress to."""


class Gunzip:
    """Yields the blocks of a stream: decompressed if it is gzip, else unchanged.

    After the last block, `damage` says why the stream is incomplete, or is None. Blocks before the damage are valid.
    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self.damage: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        first = next(self._blocks, b"")
        while len(first) < len(MAGIC) and (more := next(self._blocks, b"")):
            first += more
        if not first.startswith(MAGIC):
            if first:
                yield first
            yield from self._blocks
            return
        try:
            yield from self._unpacked(first)
        except _ERROR as error:
            self.damage = f"gzip stream is damaged: {error}"

    def _unpacked(self, data: bytes) -> Iterator[bytes]:
        while data:
            member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            while not member.eof:
                if block := member.decompress(data, BLOCK):
                    yield block
                data = b""
                if member.needs_input and not member.eof:
                    data = next(self._blocks, b"")
                    if not data:
                        self.damage = "gzip stream ends early"
                        return
            data = member.unused_data.lstrip(b"\0")  # some tools pad with zeros
            while not data and (data := next(self._blocks, b"")):
                data = data.lstrip(b"\0")


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
    stream, parts, size = Gunzip([data]), [], 0
    for block in stream:
        parts.append(block)
        size += len(block)
        if size > EMBEDDED:
            return None
    return None if stream.damage else b"".join(parts)
