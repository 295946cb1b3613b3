"""All errors that a user can see, in one tree.

::

    LineageError                 exit code 2 unless stated otherwise
    ├── NotFound                 1   not found in the store
    ├── BadUse                   2   invalid argument or input
    ├── StoreUnreachable         3   no store, wrong password, server down
    │   └── StoreLoading         3   what a load wrote is not derived yet
    ├── TakesTooLong             2   a question reached its time limit
    └── SetAside                 4   `--strict`, and a record was set aside or a file had none; unreadable objects

A message says where (file and record), what, and what to do next, in one line.
"""

from __future__ import annotations

from collections.abc import Sequence


class LineageError(Exception):
    """Base of all errors that are shown to the user as one line."""

    exit_code = 2


class NotFound(LineageError):
    """Not found in the store, or several fit: these are `candidates`, each with the text to ask with."""

    exit_code = 1

    def __init__(self, message: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(" ".join([message, ", ".join(candidates)]) if candidates else message)
        self.head = message
        self.candidates = tuple(candidates)


class BadUse(LineageError):
    """Invalid argument or input."""


class StoreUnreachable(LineageError):
    """The store cannot be reached, or denies access."""

    exit_code = 3


class StoreLoading(StoreUnreachable):
    """What a load wrote is not derived yet, so there is no state of the store to answer from."""


class TakesTooLong(LineageError):
    """A question reached its time limit."""


class SetAside(LineageError):
    """With `--strict`: records were set aside, or a file had none. Objects of S3 could not be read."""

    exit_code = 4
