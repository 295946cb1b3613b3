"""The forms of the investigation's answers: for each stem `people(answer)` and `table(answer)`."""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lineage.answers import Model

Rows = tuple[tuple[str, ...], Iterable[tuple[object, ...]]]


class Forms(Protocol):
    """What a module of this package has."""

    def people(self, answer: Model) -> Iterable[RenderableType]:
        """What to print for people, from top to bottom."""

    def table(self, answer: Model) -> Rows:
        """Columns and rows of the flat table."""


def module_name(stem: str) -> str:
    """Name of a stem's module: a keyword of Python gets a dash below.

    >>> module_name("from"), module_name("role")
    ('from_', 'role')
    """
    return f"{stem}_" if keyword.iskeyword(stem) else stem


def by_stem(answer: Model) -> Forms:
    """The forms of an answer, from the module of its stem."""
    stem = str(getattr(type(answer), "name", ""))
    return cast("Forms", import_module(f"{__name__}.{module_name(stem)}"))
