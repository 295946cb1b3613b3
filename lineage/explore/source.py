"""What the server shows of a store: pages of answers, and what hangs on a node."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files
from typing import Protocol

import msgspec

from lineage import Lineage
from lineage.draw import fold, html
from lineage.explore import pages
from lineage.explore.neighbours import near
from lineage.model import schema
from lineage.model.errors import BadUse, LineageError, NotFound
from lineage.model.keys import ref
from lineage.model.results import Which
from lineage.questions import registry
from lineage.questions.investigate import Investigation
from lineage.questions.shared.models import Model
from lineage.render import report_html

TEXT, PICTURE, REPORT = ("in words", "text"), ("as a picture", ""), ("as a report", "report")
"""Other forms of an answer, and the values of `as` that ask for them."""


class Asked(Protocol):
    """A question that was understood."""

    def of(self, store: Lineage) -> Model:
        """The answer. Raises `LineageError`."""


class Language(Protocol):
    """How questions are typed."""

    def questions(self) -> tuple[str, ...]:
        """Their names."""

    def words_of(self, line: str) -> list[str]:
        """The words of a typed line. Raises `BadUse`."""

    def parse(self, words: list[str], *, files: bool) -> Asked:
        """The question of these words; without `files` none that reads a file. Raises `BadUse`."""

    def is_found(self, answer: Model) -> bool:
        """Was there anything?"""


class StoreSource:
    """Pages and neighbourhoods of one open store."""

    def __init__(self, store: Lineage, language: Language, first: str) -> None:
        """`first` is the question that the page opens on, as it is typed."""
        self._store = store
        self._language = language
        self._first = first

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def page(self, query: Mapping[str, str]) -> str:
        """The page of a `question` with its `ask`, else of the first; `as` says in which form.

        An error is a line on a page where one can ask on.
        """
        line = f"{query['question']} {query.get('ask', '')}".strip() if query.get("question") else self._first
        ways = partial(pages.page, line, self._language.questions())
        try:
            answer = self._answer(line)
        except LineageError as error:
            return ways(problem=str(error))
        wanted = query.get("as")
        if isinstance(answer, Investigation):
            return report_html.page(answer) if wanted == "report" else ways(answer, others=[REPORT])
        if getattr(answer, "name", None) not in registry.with_picture():
            return ways(answer)
        if wanted == "text":
            return ways(answer, others=[PICTURE])
        asking = pages.form(line, self._language.questions(), [TEXT])
        return html.page(self._store.picture(answer), live=_live(), asking=asking)

    def _answer(self, line: str) -> Model:
        answer = self._language.parse(self._language.words_of(line), files=False).of(self._store)
        if not self._language.is_found(answer):
            raise NotFound(f"not found: {getattr(answer, 'asked', None) or line}")
        return answer

    def near(self, node: str) -> object:
        """The picture of what hangs on a node, as JSON values. Raises `BadUse` and `NotFound`."""
        label, _, key = node.partition(" ")
        if label not in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL, schema.RESOURCE) or not key:
            raise BadUse("node: no reference of a session, key, principal or resource")
        reader = self._store._reader()
        # What was only called about is no node of the store, and yet there are calls to tell of.
        if not reader.has(ref(node)) and not reader.calls(Which("resource", (key,))):
            raise NotFound(f"not found: {node}")
        return msgspec.to_builtins(fold.shape(near(reader, node), reader.account_names()))


@cache
def _live() -> str:
    return files("lineage.explore").joinpath("live.js").read_text("utf-8")
