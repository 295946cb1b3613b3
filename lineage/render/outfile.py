"""Files that answers are written to, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE
from typing import BinaryIO


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to write into, which takes its place once all is written; after an error all is as it was.

    Links are followed, and a file that is there keeps its permissions. What is no regular file, as a pipe or a device,
    is written into as it is. Raises `OSError`.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        with target.open("wb") as out:
            yield out
        return
    target = target.resolve()
    part = target.with_name(f".{token_hex(8)}.part")
    try:
        out = part.open("xb")  # it must not be there: no link that lies in wait is followed
    except OSError as error:
        error.filename = os.fspath(path)
        raise
    try:
        with out:
            if target.exists():
                part.chmod(S_IMODE(target.stat().st_mode))
            yield out
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
