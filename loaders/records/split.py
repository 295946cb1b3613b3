"""Splits a huge text into documents that fit in memory, while it is read.

A list of events is split between two elements, and each part becomes a document again by a copy of its opening:
`{"Records":[` part `]}`. Later stages do not see the difference. The place is guessed and verified by decoding the
part: what decodes is balanced, and what is balanced ends between two elements. If the guess is wrong, elements are
read one by one.

Cost: linear. Memory: about 3 times `size`, or 4 times the largest element.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from loaders.records import scan

SIZE = 256 << 10
"""Bytes of text that are decoded at once. Text that fits in the CPU cache with its records decodes twice as fast as
4 MB (measured)."""
TAIL = 16 << 10
"""Bytes that are searched for the end of a small document."""
LARGEST = 32 << 20
"""Most bytes of a value; a longer one without an end is given up."""

T = TypeVar("T")


class Chunk(NamedTuple, Generic[T]):
    """One or more complete values. `offset` is the position of `text[0]` in the file, less the copied opening.

    `value` is the result of the trial on the text, None if it was not tried or failed.
    """

    text: bytes
    offset: int
    value: T | None = None


class _Feed:
    """Text that was read and not used yet."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.text = b""
        self.offset = 0
        self.ended = False

    def fill(self, size: int) -> None:
        """Read until there are `size` bytes, or to the end."""
        parts = [self.text] if self.text else []
        have = len(self.text)
        while have < size and not self.ended:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            elif block:
                parts.append(block)
                have += len(block)
        if parts:
            self.text = parts[0] if len(parts) == 1 else b"".join(parts)

    def more(self) -> None:
        """Double the text, so that growing stays linear."""
        self.fill(2 * len(self.text) + 1)

    def drop(self, count: int) -> None:
        """Remove the first `count` bytes."""
        self.text = self.text[count:]
        self.offset += count


def chunks(blocks: Iterator[bytes], size: int, trial: Callable[[bytes], T | None]) -> Iterator[Chunk[T]]:
    """Yield a text in chunks of about `size` bytes, each a sequence of complete JSON values.

    A text up to `size` bytes is one unchanged chunk. `trial` decodes a document of the usual kind, or returns None;
    its result comes with the chunk, so nothing is decoded twice. Truncated and damaged parts are in the chunks too;
    the caller detects them.
    """
    feed = _Feed(blocks)
    feed.fill(size)
    while feed.text:
        if feed.ended:
            yield Chunk(feed.text, feed.offset)
            return
        head = scan.HEAD.match(feed.text)
        # Small documents with a list each are best split between documents; a huge one is not searched for that.
        if cut := between_values(feed.text, len(feed.text) - TAIL if head else 0):
            yield Chunk(feed.text[:cut], feed.offset)
            feed.drop(cut)
            feed.fill(size)
        elif head:
            yield from _list(feed, head[0], size, trial)
            feed.fill(size)
        elif len(feed.text) >= LARGEST:
            yield Chunk(feed.text, feed.offset)
            feed.drop(len(feed.text))
            feed.fill(size)
        else:
            feed.more()


def between_values(text: bytes, begin: int = 0) -> int:
    """Return the last position after `begin` that is certainly between two top-level values, else 0."""
    begin = max(begin, 0)
    cut = 0
    if (newline := text.rfind(b"\n")) >= 0:
        for mark in (b"}\n{", b"}\r\n{"):
            if (at := text.rfind(mark, begin)) >= 0:
                cut = max(cut, at + len(mark) - 1)
    at = len(text)
    while (at := text.rfind(b'}{"', max(cut, begin), at)) >= 0:
        if text[at + 3 : at + 4].isalnum():
            return at + 1
    if cut or newline < 0:
        return cut
    first = text.lstrip().partition(b"\n")[0]
    return newline + 1 if _whole(first.strip()) else 0


def _whole(line: bytes) -> bool:
    """Return whether a line is a complete value: JSON, base64, or a time and a record as some exports write."""
    if line[:1] in b'{["n':
        return scan.end_of_value(memoryview(line)) >= 0
    return scan.PREFIX.match(line) is not None or re.match(rb"[A-Za-z0-9+/]{16,}={0,2}$", line) is not None


def _list(feed: _Feed, opening: bytes, size: int, trial: Callable[[bytes], T | None]) -> Iterator[Chunk[T]]:
    """Yield the elements of the list at the feed's position, and move the feed behind the list."""
    ending = scan.closing(opening)
    feed.drop(len(opening))
    cuts = 0
    while True:
        feed.text, blank = feed.text.lstrip(b", \t\r\n"), len(feed.text)
        feed.offset += blank - len(feed.text)
        if not feed.text and not feed.ended:
            feed.fill(size)
            continue
        if feed.text[:1] == b"]":
            yield from _close(feed, opening, cuts)
            return
        if feed.ended:
            yield Chunk(opening + feed.text, feed.offset - len(opening))
            feed.drop(len(feed.text))
            return
        chunk = _cut(feed, opening, ending, trial)
        if chunk is None:
            feed.more()
            continue
        yield chunk
        cuts += 1
        feed.drop(len(chunk.text) - len(opening) - len(ending))
        feed.fill(size)


def _cut(feed: _Feed, opening: bytes, ending: bytes, trial: Callable[[bytes], T | None]) -> Chunk[T] | None:
    """Return the elements at the front of the feed as one document, None if more text is needed."""
    text, offset = feed.text, feed.offset - len(opening)
    key = scan.first_key(text)
    if key and (cut := scan.last_element(text, key)):
        part = b"".join((opening, memoryview(text)[:cut], ending))
        value = trial(part)
        if value is not None:
            return Chunk(part, offset, value)
    cut, why = _walk(text)
    if not cut and (why == scan.MALFORMED or len(text) >= LARGEST):
        cut = scan.resume(text, 0, feed.ended, inside=True)
        if not cut and len(text) >= LARGEST:
            cut = len(text)
    return Chunk(opening + text[:cut] + ending, offset) if cut else None


def _walk(text: bytes) -> tuple[int, int]:
    """Return the end of the last complete element that something follows, and why the search stopped."""
    view = memoryview(text)
    at = cut = 0
    while True:
        end = scan.end_of_value(view[at:])
        if end < 0:
            return cut, end
        at += end
        follower = text[at : at + 1]
        if follower not in (b",", b"]"):
            return cut, scan.MALFORMED if follower else scan.TRUNCATED
        cut = at
        if follower == b"]":
            return cut, 0
        at += 1


def _close(feed: _Feed, opening: bytes, cuts: int) -> Iterator[Chunk[T]]:
    """Move the feed behind the document whose list ends here; an empty list is a document too."""
    if scan.closing(opening) == b"]":
        end = 1
    else:
        while (end := scan.end_of_value(memoryview(opening + feed.text))) < 0:
            if feed.ended or end == scan.MALFORMED or len(feed.text) >= LARGEST:
                end = len(opening) + (len(feed.text) if feed.ended else 1)
                break
            feed.more()
        end -= len(opening)
    if not cuts:
        yield Chunk(opening + feed.text[:end], feed.offset - len(opening))
    feed.drop(end)
