"""`who`, also about a record in a file, and about one ask per line of standard input.

`lineage who -` answers as NDJSON in the same order, for other programs. What has arrived is answered at once, so a
program that waits for each answer gets it; many lines that arrive at once get their answers in one flush.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from lineage.commands import common, generate
from lineage.commands.app import DEFAULT, Store
from lineage.commands.generate import Arguments
from lineage.commands.output import Out
from lineage.model.errors import BadUse, LineageError
from lineage.parameters import Command

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.questions.who import Who

BLOCK = 1 << 16
TOGETHER = 64
"""Maximum number of answers before a flush."""
LARGEST = 16 << 20
"""Bytes of a file that may be one record."""


def who(command: Command, arguments: Arguments, *, store: Store = DEFAULT, out: Out) -> None:
    """Answer one ask, or those of standard input."""
    if arguments["ask"] == "-":
        if out.form not in ("table", "json") or out.path is not None:
            raise BadUse("who -: answers as JSON lines on standard output; leave out --format and --output")
        with common.opened(store) as lineage:
            found = stream(lineage, sys.stdin.fileno(), sys.stdout.buffer, arguments)
        raise typer.Exit(0 if found else 1)
    arguments["ask"] = text_of(arguments["ask"])
    generate.ask(command, arguments, store=store, out=out)


def stream(lineage: Lineage, source: int, out: BinaryIO, options: Arguments) -> bool:
    """Answer every ask of a file descriptor, one per line; returns whether all were found.

    A line that cannot be understood is answered too, with `found: false` and a `note`, so answers keep their
    order and number. Blank lines ask nothing. Raises `BadUse` for a time that is none.
    """
    from lineage.render.text import as_json

    found = True
    for asks in batches(source):
        written = []
        for ask in asks:
            one = answer(lineage, ask, options)
            found = found and one.found
            written.append(as_json(one))
        out.write("".join(f"{text}\n" for text in written).encode("utf-8", "backslashreplace"))
        out.flush()
    return found


def batches(source: int) -> Iterator[list[str]]:
    """The asks of a file descriptor as they arrive, at most `TOGETHER` at once."""
    lines = Lines()
    while True:
        block = os.read(source, BLOCK)
        asks = lines.asks(block)
        for begin in range(0, len(asks), TOGETHER):
            yield asks[begin : begin + TOGETHER]
        if not block:
            return


class Lines:
    """Asks, one a line, from blocks of bytes.

    A record may also be printed over several lines: from a line that is `{` alone to the next `}` alone.
    """

    def __init__(self) -> None:
        self.rest = b""
        self._record: list[str] = []

    def asks(self, block: bytes) -> list[str]:
        """The asks that a block completes; an empty block ends the input."""
        lines = (self.rest + block).split(b"\n")
        self.rest = lines.pop() if block else b""
        asks: list[str] = []
        for text in (raw.decode("utf-8", "replace").rstrip("\r") for raw in lines):
            if self._record or text == "{":
                self._record.append(text)
                if text == "}":
                    asks.append("\n".join(self._record))
                    self._record.clear()
            elif text.strip():
                asks.append(text.strip())
        if not block and self._record:
            asks.append("\n".join(self._record))
        return asks

    @property
    def held(self) -> int:
        """Bytes and characters of what is not complete."""
        return len(self.rest) + sum(map(len, self._record))


def text_of(ask: str) -> str:
    """The ask itself, or the record in a file of that name.

    Raises `BadUse` for a file that cannot be one record.
    """
    from lineage.questions.shared.identifiers import kind_of

    if kind_of(ask) != "event":
        return ask
    path = Path(ask)
    try:
        if not path.is_file():
            return ask
        if path.stat().st_size > LARGEST:
            raise BadUse(f"{path}: too large for one record; to load logs: lineage load {path}")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return ask
        raise BadUse(f"{ask}: cannot be read as a record; to load logs: lineage load {ask}") from None
    from loaders.records.read import record_in

    text = record_in(str(path))
    if text is None:
        raise BadUse(f"{path}: holds no CloudTrail record; to load logs: lineage load {path}")
    return text


def answer(lineage: Lineage, ask: str, options: Arguments) -> Who:
    """The answer to one ask, also to one that cannot be understood."""
    from lineage.questions.shared.identifiers import kind_of
    from lineage.questions.who import Who

    try:
        (found,) = lineage.whos([ask], **{name: value for name, value in options.items() if name != "ask"})
        return found
    except LineageError as error:
        kind = kind_of(ask)
        return Who.model_validate(
            {
                "asked": "record" if kind == "record" else ask, "kind": kind, "found": False, "total": 0,
                "truncated": False, "answers": [], "note": str(error),
            }
        )  # fmt: skip
