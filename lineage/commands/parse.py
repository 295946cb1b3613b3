"""Questions as they are typed behind `lineage`, for commands that ask them of an open store."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from lineage import Lineage
from lineage.ask import QUESTIONS
from lineage.commands.generate import Arguments, parsers
from lineage.model.errors import BadUse
from lineage.parameters import Command
from lineage.questions.shared.models import Model


class Asked(NamedTuple):
    """A question with its arguments."""

    question: Command
    arguments: Arguments

    def of(self, store: Lineage) -> Model:
        """The answer. Raises `LineageError`."""
        return self.question.ask(store, self.arguments)


def parse(words: Sequence[str], among: Sequence[str] | None = None, *, files: bool = True) -> Asked:
    """A question by its words, like `["trace", "AKIA…", "--limit", "5"]`. Raises `BadUse`.

    `among` are the questions that may be asked, by default all. Without `files` what would read a file is refused.
    """
    there = tuple(QUESTIONS) if among is None else among
    name = words[0].replace("_", "-") if words else ""
    if name not in there:
        raise BadUse(f"{name or 'nothing'}: no question to ask here; there are: {', '.join(there)}")
    try:
        given = parsers()[name](list(words[1:]))
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise BadUse(f"{name}: {error.format_message()}") from None  # the parser's own: wrong usage
    if "-" in given.values() or ["-"] in given.values():
        raise BadUse(f"{name}: standard input cannot be asked here")
    question = QUESTIONS[name]
    for parameter in question.parameters if not files else ():
        for file in parameter.files(given.get(parameter.name)):
            raise BadUse(f"{name}: files are not read here, and {file} would be one")
    return Asked(question, given)


def words_of(line: str) -> list[str]:
    """The words of a typed line; JSON behind the question stays one word. Raises `BadUse`.

    >>> words_of("who 'a b' --limit 5"), words_of('who {"eventID": "e"}')
    (['who', 'a b', '--limit', '5'], ['who', '{"eventID": "e"}'])
    """
    question, _, rest = line.strip().partition(" ")
    if rest.lstrip().startswith(("{", "[")):
        return [question, rest.strip()]
    try:
        return shlex.split(line)
    except ValueError as error:
        raise BadUse(f"{line}: {str(error).lower()}") from None
