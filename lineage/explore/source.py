"""What the server serves of a store: pages of answers, and the neighbours of a node."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from importlib.resources import files

import msgspec

from lineage import Lineage
from lineage.ask import QUESTIONS
from lineage.commands.parse import parse, words_of
from lineage.draw import fold
from lineage.draw.files import page
from lineage.explore import pages
from lineage.explore.neighbours import near
from lineage.model import schema
from lineage.model.errors import BadUse, LineageError, NotFound
from lineage.model.keys import ref
from lineage.model.results import CallFilter
from lineage.questions import registry
from lineage.questions.investigate import Investigation
from lineage.questions.shared.models import Model
from lineage.render import html as report

TEXT, PICTURE, REPORT = ("in words", "text"), ("as a picture", ""), ("as a report", "report")
"""Other forms of an answer, and the values of `as` that ask for them."""


class StoreSource:
    """Pages and neighbours of nodes, of one open store."""

    def __init__(self, store: Lineage, first: str) -> None:
        """`first` is the question that the page opens on, as it is typed."""
        self._store = store
        self._first = first

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def page(self, query: Mapping[str, str]) -> str:
        """The page of a `question` with its `ask`, or of the first question; `as` selects the form.

        An error is a line on a page with the form for the next question.
        """
        line = f"{query['question']} {query.get('ask', '')}".strip() if query.get("question") else self._first
        ways = partial(pages.page, line, tuple(QUESTIONS))
        try:
            answer = self._answer(line)
        except LineageError as error:
            return ways(problem=str(error))
        wanted = query.get("as")
        if isinstance(answer, Investigation):
            if wanted != "report":
                return ways(answer, others=[REPORT])
            return report.page(registry.title_of(answer), registry.blocks_of(answer), answer.asked)
        if not registry.has_picture(registry.stem_of(answer)):
            return ways(answer)
        if wanted == "text":
            return ways(answer, others=[PICTURE])
        asking = pages.form(line, tuple(QUESTIONS), [TEXT])
        return page(self._store.picture(answer), live=_live(), asking=asking)

    def _answer(self, line: str) -> Model:
        answer = parse(words_of(line), files=False).of(self._store)
        missing = answer.not_found()
        if missing is not None:
            raise NotFound(f"not found: {missing}")
        return answer

    def near(self, node: str) -> object:
        """The picture of the neighbours of a node, as JSON values. Raises `BadUse` and `NotFound`."""
        label, _, key = node.partition(" ")
        if label not in (schema.SESSION, schema.CREDENTIAL, schema.PRINCIPAL, schema.RESOURCE) or not key:
            raise BadUse("node: no reference of a session, key, principal or resource")
        reader = self._store._reader()
        # A resource that calls only name is no node of the store, but there are calls to show.
        if not reader.has(ref(node)) and not reader.calls(CallFilter("resource", (key,))):
            raise NotFound(f"not found: {node}")
        return msgspec.to_builtins(fold.shape(near(reader, node), reader.account_names()))


@cache
def _live() -> str:
    return files("lineage.explore").joinpath("live.js").read_text("utf-8")
