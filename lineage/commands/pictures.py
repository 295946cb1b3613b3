"""`lineage graph`: which question is asked with what, and where its picture goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lineage.commands import spoken
from lineage.draw import files
from lineage.model.errors import BadUse
from lineage.questions import registry

if TYPE_CHECKING:
    from lineage.draw.shape import Shape

QUESTIONS = tuple(name.replace("_", "-") for name in registry.with_picture())
"""The questions whose answers can be drawn, as they are typed."""


def question(words: Sequence[str]) -> spoken.Asked:
    """A question that can be drawn; of `who` also about the record in a file. Raises `BadUse`."""
    asked = spoken.parse(words, QUESTIONS)
    if asked.question == "who":
        from lineage.commands.asking import text_of

        asked.arguments["ask"] = text_of(asked.arguments["ask"])
    return asked


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
