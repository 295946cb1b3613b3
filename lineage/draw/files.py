"""The files that show a picture: one form for each ending."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from lineage.draw.shape import Shape
from lineage.model.errors import BadUse
from lineage.render import outfile

FORMS = {"html": "html.page", "svg": "svg.svg", "graphml": "graphml.graphml", "json": "jsonform.text", "dot": "dot.dot"}
"""Functions of this package that write a picture, by the ending of the file."""


def form_of(path: str | os.PathLike[str]) -> str:
    """The form that a file's ending names. Raises `BadUse` for another ending.

    >>> form_of("Incident.SVG")
    'svg'
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise BadUse(f"{os.fspath(path)}: no ending of a picture; there are: {', '.join(f'.{one}' for one in FORMS)}")
    return ending


def text(shape: Shape, form: str = "html") -> str:
    """The picture in one of the forms."""
    module, _, name = FORMS[form].partition(".")
    write: Callable[[Shape], str] = getattr(import_module(f"lineage.draw.{module}"), name)
    return write(shape)


def write(shape: Shape, path: str | os.PathLike[str], form: str | None = None) -> None:
    """Write the picture in a form, else in that which the file's ending names, whole or not at all.

    A pipe or device is written into as it is. Raises `BadUse` for another ending, and where the file cannot be written.
    """
    made = text(shape, form or form_of(path)).encode()
    try:
        with outfile.writing(path) as out:
            out.write(made)
    except OSError as error:
        raise BadUse(f"{os.fspath(path)}: cannot be written ({error.strerror}); give another file with -o") from None
