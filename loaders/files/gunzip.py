"""Decompressed blocks from blocks that may be gzip, at the speed of ISA-L and without growing.

Several members in one file are one text (RFC 1952 §2.2; Firehose and `cat a.gz b.gz` make them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from isal import igzip_lib

MAGIC = b"\x1f\x8b"
BLOCK = 256 << 10
"""Most bytes that come out at once, so that a small file that unpacks to much stays small here."""
_ERROR: type[Exception] = igzip_lib.error  # type: ignore[assignment]  # its stub declares an instance

EMBEDDED = 256 << 20
"""Most bytes that a gzip inside a JSON text may unpack to."""


class Gunzip:
    """Yields the blocks of a stream, unpacked if it is gzip, untouched else.

    `damage` is None, or after the end says why the stream is not whole; what came before is right.
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
            data = member.unused_data.lstrip(b"\0")  # tapes and some tools pad with zeros
            while not data and (data := next(self._blocks, b"")):
                data = data.lstrip(b"\0")


def gunzip_whole(data: bytes, most: int) -> bytes | None:
    """Return one gzip member of at most `most` bytes unpacked in one call, as it lies in S3; None for all else."""
    # The last four bytes tell the length of the last member (RFC 1952 §2.3.1): room for it is made at once.
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
    """Return an embedded gzip unpacked, None where it is damaged or beyond EMBEDDED bytes."""
    stream, parts, size = Gunzip([data]), [], 0
    for block in stream:
        parts.append(block)
        size += len(block)
        if size > EMBEDDED:
            return None
    return None if stream.damage else b"".join(parts)
