"""Finds where JSON values begin and end in a text, even in a damaged one.

`msgspec` skips a value at about 1.5 GB/s and reports the position of trailing text; that is the scanner here. If it
rejects a value, Python's slower decoder tries, which accepts NaN and control characters. If that fails too, the scan
continues at the next position that can only be the start of a value.

Two properties of JSON make splitting cheap. A string holds no raw newline, so `}`, newline, `{` only occurs between two
top-level values. A quote in a string is escaped, so `}{"x` and `},{"x` (x is a letter) never occur in a string: the
quote would end it, and no letter can follow the end of a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator

import msgspec

TRUNCATED = -1
"""The text ends before the value does."""
MALFORMED = -2
"""The text is no JSON value."""

WINDOW = 2 << 20
"""Bytes that the lenient decoder reads ahead: CloudTrail's largest record has 1 MB."""
RESTARTS = 200
"""Damaged places of one chunk that are skipped; after them, the rest is set aside as one element."""

ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""Errors of decoding arbitrary bytes."""

_PLAIN_MEMBERS = rb"""(?:\s*"[\w@.-]*+"\s*:\s*(?:
    "(?:[^"\\]|\\.)*+"|[\w.+-]++|\[[^][{}]*+\]|\{[^{}]*+\}|\[(?:\s*\{[^{}]*+\}\s*,?)*+\]
)\s*,)*+"""
HEAD = re.compile(
    rb"""\s*(?:\[|\{"""
    + _PLAIN_MEMBERS
    + rb"""(?:\s*"hits"\s*:\s*\{"""
    + _PLAIN_MEMBERS
    + rb""")?+
        \s*"(?:Records|records|Events|events|logEvents|results|hits|Messages|Findings|findings|Items|value|rows|data)"
        \s*:\s*\[)""",
    re.VERBOSE | re.DOTALL,
)
"""A bare list, or an object whose plain members come before its list of events."""

_TIME = (
    rb"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d:.,]*(?:Z| ?[+-]\d\d:?\d\d)?"
    rb"|(?:<\d{1,3}>)?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d)"
)
_WORD = rb"(?:%\{[\w@.\[\]]+\}|\{(?:\"?name\"?[:=]\"?)?[\w.-]+\"?\}|[\w.:@/()\[\]=-]+)"
PREFIX = re.compile(rb"\s*(?:" + _TIME + rb"(?:\s+" + _WORD + rb"){0,4}|[\w.*-]+:(?=\s*\[\s*\d))\s+(?=[\[{])")
"""Prefix of a record: a time and a few words (CloudWatch Logs export, Logstash, Fluentd, syslog), or a tag (Fluent
Bit)."""
PREFIXED = re.compile(rb"\n" + PREFIX.pattern)
"""The same between two records; a JSON string has no raw newline."""

_SEPARATORS = re.compile(rb"[\s,\x1e]*")
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_FIRST_KEY = re.compile(rb'\s*\{\s*"([^"\\]*)"')
_CLOSING = re.compile(rb"[\]}]")
"""The end of a document whose head is missing."""
_OFTEN_FIRST = (
    *(b"eventVersion", b"additionalEventData", b"addendum", b"apiVersion", b"awsRegion"),
    *(b"errorCode", b"errorMessage"),
)
"""First members of records: as CloudTrail writes them, and in exports that sort members."""

_raw = msgspec.json.Decoder(msgspec.Raw)
_lenient = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def end_of_value(text: memoryview) -> int:
    """Return the end of the first JSON value of a text (including trailing white space), or TRUNCATED or MALFORMED.

    A lone surrogate escape may count as TRUNCATED.
    """
    try:
        _raw.decode(text)
    except msgspec.MsgspecError as error:
        message = str(error)
        if trailing := _TRAILING.search(message):
            return int(trailing[1]) - 1  # the message counts bytes from 1
        return TRUNCATED if "truncated" in message else MALFORMED
    except RecursionError:
        return MALFORMED
    return len(text)


def repaired(text: bytes) -> bytes | None:
    """Return a text that is almost JSON as JSON, None if it cannot be repaired.

    NaN and infinities become null, raw control characters are kept, invalid UTF-8 and lone surrogates are replaced.
    """
    try:
        value = _lenient.decode(text.decode("utf-8", "replace"))
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return None


def first_key(text: bytes, at: int = 0) -> bytes | None:
    """Return the name of the first member of the object at `at`, as written, without quotes."""
    match = _FIRST_KEY.match(text, at)
    return match[1] if match else None


_ELEMENT = re.compile(rb'\}\s*,?\s*(?=\{\s*"\w)')
"""Certainly between two objects: see the module's docstring."""
_BRACKETS = re.compile(rb'"(?:[^"\\\n]|\\.)*+"|[{}\[\]"]')
_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_LAST_MEMBERS = re.compile(
    rb'\s*(?:,\s*"(?:[Nn]ext|ResponseMetadata|searchedLogStreams|statistics|status|UpdateCount)|\})'
)
"""What may follow the list of a document: its end, or members of API responses."""


def resume(text: bytes, at: int, complete: bool = True, inside: bool = False) -> int:
    """Return the first position after `at` where a record certainly begins, although the text before it is damaged or
    truncated; 0 if there is none.

    Records hold lists of objects too, which may look like records. So an element only counts if everything after it
    is valid and the brackets that close its list show that it is no member of a record, or if the list is longer
    than a record can be. `complete`: the text ends where a document ends. `inside`: an element of the list begins at
    `at`, so brackets from there on have to match; after more closing than opening brackets, a complete element that
    follows is one of the list.
    """
    begin = at
    if line := _next_line(text, at):
        return line
    while (mark := _ELEMENT.search(text, at)) is not None:
        depth = sum(_DEPTH.get(one[0], 0) for one in _BRACKETS.finditer(text, begin, mark.end())) if inside else None
        if depth is not None and depth < 0 and _is_element(text, mark.end()):
            return mark.end()
        found, at = _follow(text, mark, complete, depth)
        if found or not at:
            break
    else:
        found = 0
    # If brackets are missing, none of the later ones match: then only the end of the list decides.
    return found or (resume(text, begin, complete) if inside else 0)


def begins_inside(text: bytes) -> bool:
    """Return whether a text that does not begin like a log begins in the middle of a record."""
    return b'"eventName"' in text and _ELEMENT.search(text) is not None


def headless(text: bytes) -> bool:
    """Return whether the first value of a text belongs to a document whose beginning is missing."""
    end = _end(memoryview(text), 0)
    follower = text[end : end + 64].lstrip()[:1] if end >= 0 else b""
    if follower != b",":
        return follower in (b"]", b"}", b":")
    depth = 0
    for bracket in _BRACKETS.finditer(text, end):
        depth += _DEPTH.get(bracket[0], 0)
        if depth < 0:
            return True
    return False


def _next_line(text: bytes, at: int) -> int:
    """Return the start of the next line that is a complete object: no formatter writes nested objects like that."""
    while 0 <= (at := text.find(b"\n", at)) < len(text) - 1:
        at += 1
        if text[at : at + 1] == b"{":
            end = text.find(b"\n", at)
            line = text[at : len(text) if end < 0 else end]
            if end_of_value(memoryview(line)) == len(line):
                return at
    return 0


def _follow(text: bytes, mark: re.Match[bytes], complete: bool, level: int | None) -> tuple[int, int]:
    """Scan from a position between two objects to the end of their document.

    `level` is its depth in the list element that the search began in, None if unknown. Returns the first certain
    element or document, and the position to try next if there was none.
    """
    last = mark.end()
    if b"," not in mark[0]:
        return (last, 0) if _is_document(text, last) else (0, last)
    depth = level or 0
    first = {depth: last}
    closed: dict[int, tuple[int, int]] = {}
    for bracket in _BRACKETS.finditer(text, last, last + WINDOW):
        sign, begin = bracket[0], bracket.start()
        if sign == b'"':
            return 0, bracket.end()
        if sign in b"{[":
            if sign == b"{" and text[last - 1 : last] == b"}":
                between = text[last:begin].strip()
                if between == b",":
                    first.setdefault(depth, begin)
                elif not between:
                    if not _is_document(text, begin):
                        return 0, begin
                    return (_top(text, depth, closed, last, level) if HEAD.match(text, begin) else 0) or begin, 0
            depth += 1
        elif sign in b"}]":
            depth -= 1
            if sign == b"]" and depth + 1 in first:
                closed[depth + 1] = (first[depth + 1], bracket.end())
            for deeper in [level for level in first if level > depth]:
                del first[deeper]
        else:
            continue
        last = bracket.end()
    if len(text) - mark.end() >= WINDOW:
        begin = first.get(min(first, default=0) if level is None else 0, 0)
        return (begin if begin and end_of_value(memoryview(b"[" + text[begin:])) == TRUNCATED else 0), 0
    return (_top(text, depth, closed, last, level) if complete else 0), 0


def _is_element(text: bytes, at: int) -> bool:
    """Return whether a complete object begins here, followed by another one or the end of a list."""
    end = _end(memoryview(text), at)
    return end >= 0 and re.match(rb"\s*(?:,\s*\{|\])", text[end : end + 64]) is not None


def _is_document(text: bytes, at: int) -> bool:
    """Return whether a document begins at `at`: the object is complete, and no comma follows."""
    end = _end(memoryview(text), at)
    return end >= 0 and text[end : end + 64].lstrip()[:1] in (b"", b"{", b"[", b"\x1e")


def _top(text: bytes, depth: int, closed: dict[int, tuple[int, int]], end: int, wanted: int | None) -> int:
    """Return the first element of the list that is the document, or that is a member of the document's object."""
    for level, opening in ((depth + 1, b"["), (depth + 2, b'{"":[')):
        begin, behind = closed.get(level, (0, 0))
        if not begin or (wanted is not None and level != 0):
            continue
        if text[behind:end].strip() if level == depth + 1 else not _LAST_MEMBERS.match(text, behind, end):
            continue
        sound = opening + text[begin:end]
        if end_of_value(memoryview(sound)) == len(sound):
            return begin
    return 0


def last_element(text: bytes, key: bytes) -> int:
    """Return the end of the second to last object of a list whose first object begins with `key`, 0 if there is none.

    The object may belong to a nested list: the caller has to decode the text before it.
    """
    names = b"|".join((re.escape(key), *_OFTEN_FIRST))
    mark = re.compile(rb'\}(?=\s*,\s*\{\s*"(?:' + names + b')")')
    for reach in (1 << 13, 1 << 16, len(text)):
        last = 0
        for match in mark.finditer(text, max(0, len(text) - reach)):
            last = match.end()
        if last or reach >= len(text):
            return last
    return 0


def values(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each top-level value of a text with its offset; damaged values are yielded unchanged.

    The elements of a damaged document with a list of events are yielded one at a time, each in a copy of the
    document's opening.
    """
    view = memoryview(text)
    at = damaged = 0
    while (at := _after_separators(text, at)) < len(text):
        end = _end(view, at)
        if end >= 0:
            yield text[at:end], at
        elif head := HEAD.match(text, at):
            end = yield from _opened(text, head)
        else:
            damaged += 1
            end = (resume(text, at) if damaged < RESTARTS else 0) or len(text)
            if not _CLOSING.match(text, at):
                yield text[at:end], at
        at = end


def closing(head: bytes) -> bytes:
    """Return the brackets that close a document that `HEAD` matched.

    >>> closing(b'{"took":1,"hits":{"hits":['), closing(b" [")
    (b']}}', b']')
    """
    depth = sum(_DEPTH.get(one[0], 0) for one in _BRACKETS.finditer(head))
    return b"]" + b"}" * (depth - 1)


def _opened(text: bytes, head: re.Match[bytes]) -> Generator[tuple[bytes, int], None, int]:
    """Yield the elements of a damaged document; return the end of the document.

    A damaged element extends to the position where the next one can begin.
    """
    opening, view, at = head[0], memoryview(text), head.end()
    damaged = 0
    lost = False
    while (at := _after_separators(text, at)) < len(text) and text[at] != 0x5D:  # ]
        end = _end(view, at)
        if end < 0:
            damaged += 1
            end = (resume(text, at, inside=True) if damaged < RESTARTS else 0) or len(text)
        element = text[at:end].rstrip(b", \t\r\n")
        state = end_of_value(memoryview(element)) if end == len(text) else 0
        lost = state < 0
        # A truncated element stays truncated, so that its reason says so.
        yield opening + element + (b"" if state == TRUNCATED else closing(opening)), at
        at = end
    if at >= len(text):
        if not lost:
            yield opening, len(text)  # the document is truncated between two elements
        return len(text)
    if closing(opening) == b"]":
        return at + 1
    rest = end_of_value(memoryview(opening + text[at:]))
    return at + rest - len(opening) if rest >= 0 else len(text)


def _after_separators(text: bytes, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


def _end(view: memoryview, at: int) -> int:
    """Return the position after the value at `at`, negative if no decoder finds one."""
    if (end := end_of_value(view[at:])) >= 0:
        return at + end
    try:
        # Latin-1 has one character for each byte, so positions are the same.
        _, end = _lenient.raw_decode(bytes(view[at : at + WINDOW]).decode("latin-1"))
    except (ValueError, RecursionError):
        return MALFORMED
    return at + end
