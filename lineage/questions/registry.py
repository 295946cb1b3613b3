"""The questions by name: the modules of a question's folder, and every answer by its schema."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, cast

import lineage.questions

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lineage.draw.sheet import Drawing, Known
    from lineage.questions.shared.models import Model

Rows = tuple[tuple[str, ...], Iterable[tuple[object, ...]]]


class View(Protocol):
    """What the `view` module of a question has."""

    def people(self, answer: Model) -> Iterable[RenderableType]:
        """What to print for people, from top to bottom."""

    def table(self, answer: Model) -> Rows:
        """Columns and rows of the flat table."""


class Picture(Protocol):
    """What the `picture` module of a question has.

    It may also have `above(answer)`, the nodes whose origins the picture shows, and `events(answer)`, the calls whose
    callers it shows.
    """

    def refs(self, answer: Model) -> Iterable[str]:
        """References of the nodes that the picture names."""

    def draw(self, answer: Model, known: Known) -> Drawing:
        """The picture before anything is folded."""


def module_name(stem: str) -> str:
    """Name of a question's folder: a keyword of Python gets an underscore at its end.

    >>> module_name("from"), module_name("role")
    ('from_', 'role')
    """
    return f"{stem}_" if keyword.iskeyword(stem) else stem


def stem_of(answer: Model) -> str:
    """Name of the question that an answer belongs to."""
    return str(getattr(type(answer), "name", ""))


def view_of(answer: Model) -> View:
    """The view of an answer."""
    return cast("View", import_module(_module(stem_of(answer), "view")))


def picture_of(answer: Model) -> Picture:
    """The picture of an answer. Raises `KeyError` for an answer that has none."""
    stem = stem_of(answer)
    if not has_picture(stem):
        raise KeyError(stem)
    return cast("Picture", import_module(_module(stem, "picture")))


def has_picture(stem: str) -> bool:
    """Can answers to this question be drawn?"""
    name = module_name(stem)
    return name in _folders() and find_spec(_module(stem, "picture")) is not None


def with_picture() -> tuple[str, ...]:
    """Names of the questions whose answers can be drawn, sorted."""
    return tuple(name for name in sorted(_folders()) if has_picture(name))


def wanted(answer: Model) -> tuple[list[str], list[str], list[str]]:
    """What the picture of an answer needs from the store: nodes, nodes whose origins it shows, and events."""
    module = picture_of(answer)
    nodes = list(dict.fromkeys(module.refs(answer)))
    above = list(getattr(module, "above", lambda _: ())(answer))
    return nodes, above, list(dict.fromkeys(getattr(module, "events", lambda _: ())(answer)))


def answers() -> dict[str, type[Model]]:
    """Answer models by the name of their schema, sorted by question."""
    return {str(one.model_fields["schema_"].default): one for one in _models()}


def _module(stem: str, part: str) -> str:
    return f"lineage.questions.{module_name(stem)}.{part}"


def _folders() -> frozenset[str]:
    return frozenset(found.name for found in iter_modules(lineage.questions.__path__) if found.ispkg) - {"shared"}


def _models() -> Iterator[type[Model]]:
    from lineage.questions.shared.models import Model

    for name in sorted(_folders()):
        folder = f"lineage.questions.{name}"
        for one in vars(import_module(folder)).values():
            own = isinstance(one, type) and one.__module__ == folder and issubclass(one, Model)
            if own and "schema_" in one.model_fields:
                yield one
