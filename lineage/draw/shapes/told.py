"""What the module of a question hands over: the sheet with what was drawn, and the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineage.draw.shape import Box
from lineage.draw.sheet import Sheet


class Told(NamedTuple):
    """A drawing before anything is folded."""

    sheet: Sheet
    title: str
    about: str
    """The command that gives the answer."""
    notes: Sequence[str] = ()
    boxes: Sequence[Box] = ()
    """Boxes of the question's own; `inside` says what lies in them."""
    inside: dict[str, str] = {}  # noqa: RUF012 - never written to
    """Box of a node, by their IDs."""
