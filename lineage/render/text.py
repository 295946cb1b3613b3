"""Text from the logs, made safe to look at, and to write into a line for a shell.

Session names, user agents and ARNs are chosen by whoever made the call. On their way to a terminal they must
not move its cursor, colour it, change the reading direction or hide anything (design §4, invariant 6).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel

ELLIPSIS = "…"

_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_PLACE = re.compile(r"\{(\w+)\}")
_READ_FROM = ("file:", "fileb:", "http:", "https:")
"""Beginnings that the command line takes for a place to read the value from."""


def clean(text: str) -> str:
    r"""The text with every character that does not print written as its escape.

    >>> clean("ops\x1b[2J")
    'ops\\x1b[2J'
    >>> clean("caf\u00e9 \u202etxt")
    'café \\u202etxt'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def shorten(text: str, width: int) -> str:
    """The text in at most `width` characters, cut at its end.

    >>> shorten("Mozilla/5.0 (Macintosh)", 12)
    'Mozilla/5.0…'
    """
    return text if len(text) <= width else text[: width - 1].rstrip() + ELLIPSIS


def safe_json(text: str) -> str:
    r"""JSON text whose control and direction characters are escaped, so that a terminal may show it.

    They can only be inside JSON strings, where the escape means the same character.

    >>> safe_json('{"a":"\x9b2J"}')
    '{"a":"\\u009b2J"}'
    """
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "hop"), counted(1200, "event"), counted(2, "identity", "identities")
    ('1 hop', '1,200 events', '2 identities')
    """
    return f"{number:,} {one if number == 1 else (many or one + 's')}"


def size(bytes_: float) -> str:
    """A size in bytes, readable.

    >>> size(900), size(116_083), size(2_500_000_000)
    ('900 B', '116 kB', '2.5 GB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if bytes_ < 999.5:
            return f"{bytes_:.0f} {unit}" if bytes_ >= 10 or unit == "B" else f"{bytes_:.1f} {unit}"
        bytes_ /= 1000
    return f"{bytes_:.1f} TB"


def shortly(seconds: float) -> str:
    """A duration, roughly.

    >>> shortly(0.4), shortly(42), shortly(190), shortly(8_100)
    ('1 s', '42 s', '3 min', '2 h 15 min')
    """
    if seconds < 120:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def moment(time: str | None) -> str:
    """An instant as it is in tables: `2026-03-11 21:53:30Z`; a dash for none.

    >>> moment("2026-03-11T21:53:30Z"), moment(None)
    ('2026-03-11 21:53:30Z', '-')
    """
    return time.replace("T", " ", 1) if time else "-"


def between(first: str | None, last: str | None) -> str:
    """A stretch of time in a sentence: one instant, or both ends.

    >>> between("2026-03-11T21:53:30Z", "2026-03-11T21:53:30Z")
    '2026-03-11 21:53:30Z'
    """
    return moment(first) if last in (None, first) else f"{moment(first)} to {moment(last)}"


def plain(value: object) -> str:
    """A value of a row as one text: lists with blanks between, nothing for null.

    >>> plain(["a", None, 3])
    'a  3'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return " ".join(plain(one) for one in value)
    return str(value)


def as_json(answer: BaseModel, indent: int | None = None) -> str:
    """An answer as JSON, the form that other programs build on: in one line without its newline, or indented."""
    return safe_json(answer.model_dump_json(by_alias=True, indent=indent))


def aws_line(template: str, values: Mapping[str, str | None], region: str | None = None) -> str | None:
    """A line for a shell that calls the AWS command line, from a template; None where a value is missing or unfit.

    >>> aws_line("iam delete-user --user-name {userName}", {"userName": "it's"})
    'aws iam delete-user --user-name \\'it\\'"\\'"\\'s\\''
    >>> aws_line("iam delete-user --user-name {userName}", {"userName": "--debug"})
    'aws iam delete-user --user-name=--debug'
    >>> aws_line("iam delete-user --user-name {userName}", {}) is None
    True
    """
    words = ["aws"]
    for word in template.split():
        place = _PLACE.fullmatch(word)
        if place is None:
            words.append(word)
            continue
        value = values.get(place[1])
        if not value or not fits(value):
            return None
        if value.startswith("-"):
            words[-1] = f"{words[-1]}={shlex.quote(value)}"
        else:
            words.append(shlex.quote(value))
    if region is not None and fits(region):
        words.append(f"--region={shlex.quote(region)}" if region.startswith("-") else f"--region {shlex.quote(region)}")
    return " ".join(words)


def fits(value: str) -> bool:
    """Can a value be in a line as itself: printable, and no place to read from?"""
    return value.isprintable() and not value.lower().startswith(_READ_FROM)
