"""All errors that a user can see, in one tree.

::

    LineageError                 exit code 2 unless stated otherwise
    ├── NotFound                 1   not found in the store
    ├── BadUse                   2   invalid argument or input
    ├── StoreUnreachable         3   no store, wrong password, server down
    └── SetAside                 4   `--strict`, and a record was set aside or a file had none

A message says where (file and record), what, and what to do next, in one line.
"""

from __future__ import annotations


class LineageError(Exception):
    """Base of all errors that are shown to the user as one line."""

    exit_code = 2


class NotFound(LineageError):
    """Not found in the store."""

    exit_code = 1


class BadUse(LineageError):
    """Invalid argument or input."""


class StoreUnreachable(LineageError):
    """The store cannot be reached, or denies access."""

    exit_code = 3


class SetAside(LineageError):
    """With `--strict`: records were set aside, or a file had none."""

    exit_code = 4
