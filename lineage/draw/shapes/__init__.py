"""What each question draws: for each stem a module with `refs(answer)` and `draw(answer, known)`.

`refs` are the nodes of the graph that its picture names. A module may have `above(answer)`, the nodes whose origins
the picture shows too, and `events(answer)`, the calls whose callers it shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

from lineage.answers import Model
from lineage.draw.shapes.told import Told
from lineage.draw.sheet import Known

QUESTIONS = ("who", "trace", "chains", "role", "blast", "path", "cross_account", "denied")
"""The questions whose answers have a shape."""


class Shapes(Protocol):
    """What a module of this package has."""

    def refs(self, answer: Model) -> Iterable[str]:
        """References of the nodes that the picture names."""

    def draw(self, answer: Model, known: Known) -> Told:
        """The picture before anything is folded."""


def by_stem(answer: Model) -> Shapes:
    """The module of an answer's stem. Raises `KeyError` for an answer without a shape."""
    stem = str(getattr(type(answer), "name", ""))
    if stem not in QUESTIONS:
        raise KeyError(stem)
    return cast("Shapes", import_module(f"{__name__}.{stem}"))


def wanted(answer: Model) -> tuple[list[str], list[str], list[str]]:
    """What the picture of an answer needs besides: nodes, nodes whose origins it shows, and events."""
    module = by_stem(answer)
    nodes = list(dict.fromkeys(module.refs(answer)))
    above = list(getattr(module, "above", lambda _: ())(answer))
    return nodes, above, list(dict.fromkeys(getattr(module, "events", lambda _: ())(answer)))
