"""What the server shows of a store: pages of answers, and what hangs on a node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from types import TracebackType
from typing import Final

import msgspec

from lineage import Lineage, schema
from lineage.answers import Model
from lineage.draw import fold, html
from lineage.draw.shape import Shape
from lineage.errors import BadUse, LineageError, NotFound
from lineage.explore.near import near
from lineage.keys import ref

LIMIT: Final = 300
"""At most so many branches, paths or sessions of one answer are drawn."""
_ONE: Final = "one event ID, key, session or ARN"
_WANTED: Final[Mapping[str, tuple[int, ...]]] = {
    "who": (1,), "trace": (1,), "role": (1,), "blast": (1,), "denied": (0, 1), "chains": (0,), "cross_account": (0,),
    "path": (2,),
}  # fmt: skip
"""How many asks a question takes."""


class StoreSource:
    """Pages and neighbourhoods of one open store."""

    def __init__(self, store: Lineage, question: str, asked: str) -> None:
        self._store = store
        self._first = question, asked

    def __enter__(self) -> StoreSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()

    def page(self, query: Mapping[str, str]) -> str:
        """The page of the answer that was asked for, else of the first; an error is a note on an empty page."""
        question, asked = (query["question"], query.get("ask", "")) if query.get("question") else self._first
        try:
            shape = self.shape(question, asked)
        except LineageError as error:
            shape = Shape(title="Nothing to draw", about=f"lineage {question} {asked}".strip(), notes=(str(error),))
        return html.page(shape, live=_live())

    def shape(self, question: str, asked: str) -> Shape:
        """The picture of an answer. Raises `BadUse` and `NotFound`."""
        asks = asked.split()
        if question not in _WANTED:
            raise BadUse(f"{question}: no question with a picture; there are {', '.join(_WANTED)}")
        if len(asks) not in _WANTED[question]:
            wanted = {0: "nothing", 1: _ONE, 2: "two of event ID, key, session and ARN"}[_WANTED[question][-1]]
            raise BadUse(f"{question}: takes {wanted}")
        ways: dict[str, Callable[..., Model]] = {
            name: getattr(self._store, name) for name in _WANTED
        }
        bound = {} if question in ("cross_account",) else {"limit": LIMIT if question != "path" else 20}
        answer = ways[question](*asks, **bound)
        if getattr(answer, "found", True) is False or getattr(answer, "total", 1) == 0:
            raise NotFound(f"not found: {asked or question}")
        return self._store.picture(answer)

    def near(self, node: str) -> object:
        """The picture of what hangs on a node, as JSON values. Raises `BadUse` and `NotFound`."""
        label, _, key = node.partition(" ")
        if label not in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL, schema.RESOURCE) or not key:
            raise BadUse("node: no reference of a session, key, principal or resource")
        reader = self._store._reader()
        if not reader.has(ref(node)):
            raise NotFound(f"not found: {node}")
        return msgspec.to_builtins(fold.shape(near(reader, node), reader.account_names()))


@cache
def _live() -> str:
    return files("lineage.explore").joinpath("live.js").read_text("utf-8")
