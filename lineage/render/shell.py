"""Lines for a shell that call the AWS command line: written out for people, never run.

Names come from the logs, and whoever made a call chose them: every value is quoted, and one that could be more than
a value gives no line at all.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

_PLACE = re.compile(r"\{(\w+)\}")
_READ_FROM = ("file:", "fileb:", "http:", "https:")
"""Beginnings that the command line takes for a place to read the value from."""


def line(template: str, values: Mapping[str, str | None], region: str | None = None) -> str | None:
    """The line of a template like `iam delete-user --user-name {userName}`; None where a value is missing or unfit.

    >>> line("iam delete-user --user-name {userName}", {"userName": "it's"})
    'aws iam delete-user --user-name \\'it\\'"\\'"\\'s\\''
    >>> line("iam delete-user --user-name {userName}", {"userName": "--debug"})
    'aws iam delete-user --user-name=--debug'
    >>> line("iam delete-user --user-name {userName}", {}) is None
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
    """Can a value stand in a line as itself: printable, and no place to read from?"""
    return value.isprintable() and not value.lower().startswith(_READ_FROM)
