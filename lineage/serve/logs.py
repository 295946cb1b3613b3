"""What a server writes: its log and the audit log, each a JSON object a line, without secrets.

An audit line says who asked what, when, and how many rows the answer had. Values that were asked with are cut, and a
record is only told to be one.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

import msgspec

from lineage.model.errors import BadUse
from lineage.model.times import iso, now
from lineage.render.text import safe_json
from lineage.serve.tokens import PREFIX
from loaders.secrets import scrub_text

LONGEST: Final = 200
"""Characters of a value."""
_TOKEN: Final = re.compile(rf"{PREFIX}[\w-]+")


def told(value: str) -> str:
    """A value that was asked with, as logs have it.

    >>> told('{"eventID": "x"}'), told("AKIA3WQUP53HKQ7V2LCK")
    ('(a record)', 'AKIA3WQUP53HKQ7V2LCK')
    """
    if value.lstrip().startswith(("{", "[")):
        return "(a record)"
    return _TOKEN.sub("(removed)", scrub_text(value[: 10 * LONGEST]))[:LONGEST]


def options(given: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The options of a question as logs have them."""
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(told(name), []).append(told(value))
    return found


class Lines:
    """Writes objects as JSON lines, each whole, from any thread."""

    def __init__(self, path: str | None = None) -> None:
        """To a file, which is appended to, or to standard error. Raises `BadUse`."""
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        if path is not None:
            try:
                self._file = open(path, "ab", buffering=0)  # noqa: PTH123, SIM115 - open as long as the server
            except OSError as error:
                raise BadUse(f"--audit-log {path}: cannot be written ({error.strerror})") from None

    def write(self, **members: Any) -> None:  # Any: JSON values
        """Write an object, with the time."""
        line = safe_json(msgspec.json.encode({"time": iso(now()), **members}).decode()) + "\n"
        with self._lock:
            if self._file is not None:
                self._file.write(line.encode())
            else:
                sys.stderr.write(line)
                sys.stderr.flush()


class _Handler(logging.Handler):
    """Writes what the HTTP server logs. Of an exception only its type: its text may quote what was sent."""

    def __init__(self, lines: Lines) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        members = {"log": "server", "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info and record.exc_info[0] is not None:
            members["error"] = record.exc_info[0].__name__
        self._lines.write(**members)


def set_up(lines: Lines) -> None:
    """Let the log of the HTTP server go to these lines alone."""
    log = logging.getLogger("uvicorn")
    log.handlers[:] = [_Handler(lines)]
    log.setLevel(logging.INFO)
    log.propagate = False
