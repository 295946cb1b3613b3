"""What the module of a question hands over: the sheet with what was drawn, and the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lineage.draw.sheet import Sheet


class Told(NamedTuple):
    """A drawing before anything is folded."""

    sheet: Sheet
    title: str
    about: str
    """The command that gives the answer."""
    notes: Sequence[str] = ()
