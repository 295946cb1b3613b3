"""`lineage who -`: asks come in by lines, answers go out as NDJSON in the same order.

Other programs ask this way. What has arrived is answered and handed on at once, so a partner that waits for
each answer gets it; who sends many lines at once gets many answers for one flush.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lineage import Lineage
from lineage.model.errors import BadUse, LineageError
from lineage.questions.shared.asks import kind_of
from lineage.questions.who import Who
from lineage.render.jsonout import line

BLOCK = 1 << 16
TOGETHER = 64
"""At most so many answers wait for one flush."""
LARGEST = 16 << 20
"""Bytes of a file that may be one record."""


def stream(lineage: Lineage, source: int, out: BinaryIO, *, at: str | None = None, limit: int = 100) -> bool:
    """Answer every ask of a file descriptor, one a line; returns whether all were found.

    A line that cannot be understood is answered too, with `found: false` and a `note`, so answers keep their
    order and number. Blank lines ask nothing. Raises `BadUse` for a time that is none.
    """
    found = True
    for asks in batches(source):
        written = []
        for ask in asks:
            answer = _answer(lineage, ask, at, limit)
            found = found and answer.found
            written.append(line(answer))
        out.write("".join(f"{text}\n" for text in written).encode("utf-8", "backslashreplace"))
        out.flush()
    return found


def batches(source: int) -> Iterator[list[str]]:
    """The asks as they arrive, at most `TOGETHER` at once.

    A record may also be printed over several lines: from a line that is `{` alone to the next `}` alone.
    """
    rest = b""
    record: list[str] = []
    while True:
        block = os.read(source, BLOCK)
        lines = (rest + block).split(b"\n")
        rest = lines.pop() if block else b""
        asks: list[str] = []
        for text in (raw.decode("utf-8", "replace").rstrip("\r") for raw in lines):
            if record or text == "{":
                record.append(text)
                if text == "}":
                    asks.append("\n".join(record))
                    record.clear()
            elif text.strip():
                asks.append(text.strip())
        if not block and record:
            asks.append("\n".join(record))
        for begin in range(0, len(asks), TOGETHER):
            yield asks[begin : begin + TOGETHER]
        if not block:
            return


def text_of(ask: str) -> str:
    """The ask itself, or the record in a file of that name.

    Raises `BadUse` for a file that cannot be one record.
    """
    if kind_of(ask) != "event":
        return ask
    path = Path(ask)
    try:
        if not path.is_file():
            return ask
        if path.stat().st_size > LARGEST:
            raise BadUse(f"{path}: too large for one record; to load logs: lineage load {path}")
    except (OSError, ValueError):
        raise BadUse(f"{ask}: cannot be read as a record; to load logs: lineage load {ask}") from None
    from loaders.records.single import record_in

    text = record_in(str(path))
    if text is None:
        raise BadUse(f"{path}: holds no CloudTrail record; to load logs: lineage load {path}")
    return text


def _answer(lineage: Lineage, ask: str, at: str | None, limit: int) -> Who:
    try:
        return lineage.who(ask, at=at, limit=limit)
    except LineageError as error:
        kind = kind_of(ask)
        return Who.model_validate(
            {
                "asked": "record" if kind == "record" else ask, "kind": kind, "found": False, "total": 0,
                "truncated": False, "answers": [], "note": str(error),
            }
        )  # fmt: skip
