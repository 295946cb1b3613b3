"""The modules of a question's folder: its answer model, its view and its picture.

Which questions there are, and in which order, `lineage.ask` says.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol, TypeAlias, cast

import lineage.questions

if TYPE_CHECKING:
    from lineage.draw.sheet import Drawing, Known
    from lineage.questions.shared.models import Model
    from lineage.render.blocks import Block

Row: TypeAlias = "tuple[object, ...] | Mapping[str, object] | Model"
"""A row of a flat table: its cells in order, cells by column (missing ones are empty), or attributes by column."""
Rows = tuple[tuple[str, ...], Iterable[tuple[object, ...]]]


class View(Protocol):
    """What the `view` module of a question has.

    It may also have `title(answer)`, the headline of its page, and `columns(answer)` in place of `COLUMNS`.
    """

    COLUMNS: tuple[str, ...]
    """Columns of the flat table."""

    def blocks(self, answer: Model) -> Iterable[Block]:
        """What is shown, from top to bottom, in any medium."""

    def rows(self, answer: Model) -> Iterable[Row]:
        """Rows of the flat table."""


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


def view_of(answer: Model) -> View:
    """The view of an answer."""
    return cast("View", import_module(_module(answer.stem(), "view")))


def blocks_of(answer: Model) -> Iterable[Block]:
    """An answer as it is shown."""
    return view_of(answer).blocks(answer)


def title_of(answer: Model) -> str:
    """The headline of an answer; empty where its view has none."""
    return str(getattr(view_of(answer), "title", lambda _: "")(answer))


def table_of(answer: Model) -> Rows:
    """An answer as a flat table."""
    view = view_of(answer)
    columns = getattr(view, "columns", lambda _: view.COLUMNS)(answer)
    return columns, (_cells(columns, row) for row in view.rows(answer))


def _cells(columns: tuple[str, ...], row: Row) -> tuple[object, ...]:
    if isinstance(row, tuple):
        return row
    return tuple(map(row.get, columns) if isinstance(row, Mapping) else (getattr(row, column) for column in columns))


def picture_of(answer: Model) -> Picture:
    """The picture of an answer. Raises `KeyError` for an answer that has none."""
    stem = answer.stem()
    if not has_picture(stem):
        raise KeyError(stem)
    return cast("Picture", import_module(_module(stem, "picture")))


def has_picture(stem: str) -> bool:
    """Can answers to this question be drawn? Imports nothing."""
    return Path(lineage.questions.__path__[0], module_name(stem), "picture.py").is_file()


def with_picture() -> tuple[str, ...]:
    """Names of the questions whose answers can be drawn, sorted."""
    return tuple(stem for stem in folders() if has_picture(stem))


def wanted(answer: Model) -> tuple[list[str], list[str], list[str]]:
    """What the picture of an answer needs from the store: nodes, nodes whose origins it shows, and events."""
    module = picture_of(answer)
    nodes = list(dict.fromkeys(module.refs(answer)))
    above = list(getattr(module, "above", lambda _: ())(answer))
    return nodes, above, list(dict.fromkeys(getattr(module, "events", lambda _: ())(answer)))


def model_of(schema: str) -> type[Model]:
    """The answer model of a schema, like `lineage.who/1`. Raises `KeyError`."""
    model = answer_of(schema.removeprefix("lineage.").partition("/")[0])
    if model.model_fields["schema_"].default != schema:
        raise KeyError(schema)
    return model


def answer_of(stem: str) -> type[Model]:
    """The answer model of a question. Raises `KeyError`."""
    from lineage.questions.shared.models import Model

    if stem not in folders():
        raise KeyError(stem)
    for one in vars(import_module(f"lineage.questions.{module_name(stem)}")).values():
        if isinstance(one, type) and issubclass(one, Model) and one.stem() == stem:
            return one
    raise KeyError(stem)


def folders() -> tuple[str, ...]:
    """Names of everything that has an answer, sorted: the questions, and what other commands print."""
    names = {found.name.removesuffix("_") for found in iter_modules(lineage.questions.__path__) if found.ispkg}
    return tuple(sorted(names - {"shared"}))


def _module(stem: str, part: str) -> str:
    return f"lineage.questions.{module_name(stem)}.{part}"
