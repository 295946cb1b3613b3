"""Every error that a user can meet, in one tree.

::

    LineageError                 exit code 2 unless said otherwise
    ├── NotFound                 1   the thing asked for is not in the store
    ├── BadUse                   2   an argument or an input that cannot be used
    ├── StoreUnreachable         3   no store there, wrong password, server down
    └── SetAside                 4   `--strict`, and a record was set aside or a file gave none

A message says where (file and record), what, and what to do next, in one line.
"""

from __future__ import annotations


class LineageError(Exception):
    """Base of all errors that are shown to the user as one line."""

    exit_code = 2


class NotFound(LineageError):
    """The thing asked for is not in the store."""

    exit_code = 1


class BadUse(LineageError):
    """An argument or an input that cannot be used."""


class StoreUnreachable(LineageError):
    """The store cannot be reached, or refuses us."""

    exit_code = 3


class SetAside(LineageError):
    """Records were set aside, or a file gave none, while `--strict` asked for neither."""

    exit_code = 4
