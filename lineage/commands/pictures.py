"""`lineage graph`: which question is asked with what, and where its picture goes."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.draw import files
from lineage.errors import BadUse

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.answers import Model
    from lineage.draw.shape import Shape


class Question(NamedTuple):
    """How a question is asked."""

    least: int
    """Asks at least, and at most."""
    most: int
    options: tuple[str, ...]


QUESTIONS = {
    "who": Question(1, 1, ("limit",)),
    "trace": Question(1, 1, ("limit",)),
    "chains": Question(0, 0, ("since", "until", "account", "limit")),
    "role": Question(1, 1, ("since", "until", "limit")),
    "blast": Question(1, 1, ("since", "made", "limit")),
    "path": Question(2, 2, ("limit",)),
    "cross_account": Question(0, 0, ("since", "until")),
    "denied": Question(0, 1, ("since", "until", "limit")),
}
"""The questions whose answers can be drawn, by the names of their methods."""
_FLAGS = {"since": "--from", "until": "--to"}


def answer(
    lineage: Lineage, question: str, asks: Sequence[str], options: Mapping[str, object]
) -> tuple[Model | None, str]:
    """The answer, None where nothing was found, and what was asked for in words. Raises `BadUse`."""
    name = question.replace("-", "_")
    known = QUESTIONS.get(name)
    if known is None:
        there = ", ".join(one.replace("_", "-") for one in QUESTIONS)
        raise BadUse(f"graph {question}: no question that can be drawn; there are: {there}")
    if not known.least <= len(asks) <= known.most:
        wanted = f"{known.least}" if known.least == known.most else f"{known.least} or {known.most}"
        raise BadUse(f"graph {question}: takes {wanted} asks, not {len(asks)}")
    given = {option: value for option, value in options.items() if value not in (None, False)}
    for option in given:
        if option not in known.options:
            raise BadUse(f"{_FLAGS.get(option, f'--{option}')}: not for {question}; see lineage graph --help")
    if name == "who":
        from lineage.commands.asking import text_of

        asks = [text_of(asks[0])]
    found: Any = getattr(lineage, name)(*asks, **given)  # Any: each question has a model of its own
    whole = {"chains": "role paths", "cross_account": "assumptions between accounts"}
    asked = found.asked if name == "who" else " to ".join(asks) or whole.get(name, "refused calls")
    there = found.found if hasattr(found, "found") else found.total > 0
    return (found if there else None), asked


def form_of(output: str, form: str | None) -> str:
    """The form to write. Raises `BadUse` for one that there is not."""
    if form is None:
        return "html" if output == "-" else files.form_of(output)
    if form not in files.FORMS:
        raise BadUse(f"--format {form}: there is none; one of {', '.join(files.FORMS)}")
    return form


def put(picture: Shape, output: str, form: str) -> None:
    """Write the picture to a file, or to standard output for `-`. Raises `BadUse` where that cannot be."""
    if output == "-":
        sys.stdout.write(files.text(picture, form))
    else:
        files.write(picture, output, form)
