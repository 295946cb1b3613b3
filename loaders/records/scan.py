"""Where JSON values begin and end in a text, also in a damaged one.

`msgspec` skips over a value at about 1.5 GB/s and names the byte at which it found more text; that is
the scanner here. Only where it refuses a value is Python's own slower decoder asked, which forgives
NaN and control characters; and where that refuses too, the next place that can only be the beginning
of a value is taken.

Two facts carry the cheap cuts. In valid JSON a string holds no raw newline, so `}`, newline, `{`
stands only between two top-level values. And a quote inside a string is escaped, so `}{"x` and
`},{"x` (x a letter) are never inside a string: in one, that quote would end it, and no letter may
follow the end of a string.
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
UNCLOSED = -1
"""The text ends before the list does."""

WINDOW = 2 << 20
"""How far the forgiving decoder looks, in bytes: CloudTrail's largest record has 1 MB."""
RESTARTS = 200
"""How many damaged places of one chunk are stepped over before its rest is set aside as one."""

ERRORS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding bytes of unknown origin can raise."""

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
"""What stands before a record: a time and a few words (CloudWatch Logs export, Logstash, Fluentd, syslog), or a tag
(Fluent Bit)."""
PREFIXED = re.compile(rb"\n" + PREFIX.pattern)
"""The same between two records; JSON has no raw newline in a text."""

_SEPARATORS = re.compile(rb"[\s,\x1e]*")
_TRAILING = re.compile(r"trailing characters \(byte (\d+)\)")
_FIRST_KEY = re.compile(rb'\s*\{\s*"([^"\\]*)"')
_CLOSING = re.compile(rb"[\]}]")
"""The end of a document whose head is missing."""
_OFTEN_FIRST = (
    *(b"eventVersion", b"additionalEventData", b"addendum", b"apiVersion", b"awsRegion"),
    *(b"errorCode", b"errorMessage"),
)
"""What records begin with: as CloudTrail writes them, and as exports that sort the members do."""
_ANY = rb'"\w'

_raw = msgspec.json.Decoder(msgspec.Raw)
_forgiving = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def end_of_value(text: memoryview) -> int:
    """Return where the first JSON value of a text ends (trailing white space included).

    TRUNCATED or MALFORMED where it does not. A lone surrogate escape may count as TRUNCATED.
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


def forgiven(text: bytes) -> bytes | None:
    """Return a text that is nearly JSON as JSON, None where nothing helps.

    NaN and infinities become null, raw control characters are kept, bytes that are no UTF-8 and
    lone surrogates are replaced.
    """
    try:
        value = _forgiving.decode(text.decode("utf-8", "replace"))
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return None


def first_key(text: bytes, at: int = 0) -> bytes | None:
    """Return the first member's name of the object at `at`, as written, without quotes."""
    match = _FIRST_KEY.match(text, at)
    return match[1] if match else None


_ELEMENT = re.compile(rb'\}\s*,?\s*(?=\{\s*"\w)')
"""Between two objects, for certain: see above."""
_BRACKETS = re.compile(rb'"(?:[^"\\\n]|\\.)*+"|[{}\[\]"]')
_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
_LAST_MEMBERS = re.compile(
    rb'\s*(?:,\s*"(?:[Nn]ext|ResponseMetadata|searchedLogStreams|statistics|status|UpdateCount)|\})'
)
"""What may come behind the list of a document: an end, or what responses have there."""


def resume(text: bytes, at: int, complete: bool = True, inside: bool = False) -> int:
    """Return where, after `at`, a record begins for certain though what is before it is damaged or cut; 0 for nowhere.

    A record holds lists of objects too, and these may hold what looks like a record. So an element counts only
    where all behind it is sound, and the way its list closes shows that it is no member of a record, or where the
    list goes on for longer than a record can be. `complete`: the text ends where a document does. `inside`: at `at` an
    element of the list begins, so that the brackets from there on have to match too; where more were closed than
    opened, a whole element that follows is one of the list.
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
    # Where brackets are missing none behind matches: then the way the list closes has to do.
    return found or (resume(text, begin, complete) if inside else 0)


def begins_inside(text: bytes) -> bool:
    """Return whether a text that begins with no value of a log begins inside a record."""
    return b'"eventName"' in text and _ELEMENT.search(text) is not None


def headless(text: bytes) -> bool:
    """Return whether the first value of a text is a member of something whose beginning is missing."""
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
    """Return where the next line begins that is a whole object by itself: no printer leaves a nested one so."""
    while 0 <= (at := text.find(b"\n", at)) < len(text) - 1:
        at += 1
        if text[at : at + 1] == b"{":
            end = text.find(b"\n", at)
            line = text[at : len(text) if end < 0 else end]
            if end_of_value(memoryview(line)) == len(line):
                return at
    return 0


def _follow(text: bytes, mark: re.Match[bytes], complete: bool, level: int | None) -> tuple[int, int]:
    """Walk from a place between two objects to the end of their document.

    `level` is how deep it stands in the element of a list that is sought on, None where that is unknown. Returns the
    first certain element or document, and where to try again if that was no such place.
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
    """Return whether a whole object begins here, with another one or the end of a list behind it."""
    end = _end(memoryview(text), at)
    return end >= 0 and re.match(rb"\s*(?:,\s*\{|\])", text[end : end + 64]) is not None


def _is_document(text: bytes, at: int) -> bool:
    """Return whether a document begins at an object without a comma before it: it is whole, and none is behind it."""
    end = _end(memoryview(text), at)
    return end >= 0 and text[end : end + 64].lstrip()[:1] in (b"", b"{", b"[", b"\x1e")


def _top(text: bytes, depth: int, closed: dict[int, tuple[int, int]], end: int, wanted: int | None) -> int:
    """Return the first element of the list that is the document, or is a member of the document's object."""
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
    """Return the end of the last but one object of a list whose first object begins with `key`.

    0 where there is none. It may belong to a nested list: the caller has to decode what is before it.
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


def elements(text: bytes, at: int) -> Generator[tuple[int, int], None, int]:
    """Yield begin and end of each element of the list that is open at `at`; return where it closes.

    A damaged element reaches to the place where the next one can begin. The return value is the
    position after `]`, or UNCLOSED.
    """
    view = memoryview(text)
    damaged = 0
    while True:
        at = _after_separators(text, at)
        if at >= len(text):
            return UNCLOSED
        if text[at] == 0x5D:  # ]
            return at + 1
        end = _end(view, at)
        if end < 0:
            damaged += 1
            end = (resume(text, at, inside=True) if damaged < RESTARTS else 0) or len(text)
        yield at, end
        at = end


def values(text: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each top-level value of a text, and its offset there; damaged ones as they are.

    A damaged document with a list of events is given one element at a time, each in a copy of the
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
    """Return what closes a document that `HEAD` opened.

    >>> closing(b'{"took":1,"hits":{"hits":['), closing(b" [")
    (b']}}', b']')
    """
    depth = sum(_DEPTH.get(one[0], 0) for one in _BRACKETS.finditer(head))
    return b"]" + b"}" * (depth - 1)


def _opened(text: bytes, head: re.Match[bytes]) -> Generator[tuple[bytes, int], None, int]:
    """Yield the elements of a damaged document; return where the document ends."""
    opening = head[0]
    spans = elements(text, head.end())
    lost = False
    while True:
        try:
            begin, end = next(spans)
        except StopIteration as stop:
            closed: int = stop.value
            break
        element = text[begin:end].rstrip(b", \t\r\n")
        state = end_of_value(memoryview(element)) if end == len(text) else 0
        lost = state < 0
        # What is cut stays cut, so that its reason says so.
        yield opening + element + (b"" if state == TRUNCATED else closing(opening)), begin
    if closed == UNCLOSED:
        if not lost:
            yield opening, len(text)  # it ends between two elements: something is cut off
        return len(text)
    if closing(opening) == b"]":
        return closed
    rest = end_of_value(memoryview(opening + text[closed - 1 :]))
    return closed - 1 + rest - len(opening) if rest >= 0 else len(text)


def _after_separators(text: bytes, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


def _end(view: memoryview, at: int) -> int:
    """Return the position after the value at `at`, negative where no decoder finds one."""
    if (end := end_of_value(view[at:])) >= 0:
        return at + end
    try:
        # One character a byte, so that positions in the text are positions in the bytes.
        _, end = _forgiving.raw_decode(bytes(view[at : at + WINDOW]).decode("latin-1"))
    except (ValueError, RecursionError):
        return MALFORMED
    return at + end
