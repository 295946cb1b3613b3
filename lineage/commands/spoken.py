"""Questions as they are typed behind `lineage`, for commands that ask them of a store which is open already.

The parser is that of the command itself, so that asks, options and what is wrong with them are the same everywhere.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import typer

from lineage import Lineage
from lineage.model.errors import BadUse
from lineage.questions.registry import module_name
from lineage.questions.shared.models import Model

NO_QUESTIONS: Final = frozenset(("load", "query", "show", "schema", "enrich", "graph", "explore", "browser"))
"""Commands that are no questions, or ask no store."""
OF_THE_SHELL: Final = frozenset(("store", "json", "csv", "md", "html", "debug"))
"""Options that say what to ask, or where the answer goes."""


class Asked(NamedTuple):
    """A question with what it asks."""

    question: str
    """As it is typed: `cross-account`."""
    arguments: dict[str, Any]  # Any: of the method's parameters
    """Of the method of `Lineage` of that name; what was not given is left out."""

    def of(self, store: Lineage) -> Model:
        """The answer. Raises `BadUse`."""
        method = getattr(store, module_name(self.question.replace("-", "_")))
        return cast("Model", method(**self.arguments))


def questions() -> tuple[str, ...]:
    """The questions, in the order of the command line's help."""
    return tuple(name for name in _commands() if name not in NO_QUESTIONS)


def parse(words: Sequence[str], among: Sequence[str] | None = None, *, files: bool = True) -> Asked:
    """A question by its words, like `["trace", "AKIA…", "--limit", "5"]`. Raises `BadUse`.

    `among` are the questions that may be asked, by default all. Without `files` what would read a file is refused.
    """
    there = questions() if among is None else among
    name = words[0].replace("_", "-") if words else ""
    if name not in there:
        raise BadUse(f"{name or 'nothing'}: no question to ask here; there are: {', '.join(there)}")
    command = _commands()[name]
    try:
        context = command.make_context(name, list(words[1:]))
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise BadUse(f"{name}: {error.format_message()}") from None  # the parser's own: wrong usage
    for option in OF_THE_SHELL & set(context.params):
        if context.get_parameter_source(option).name == "COMMANDLINE":
            raise BadUse(f"{name}: no --{option} here")
    given = {
        key: value for key, value in context.params.items() if key not in OF_THE_SHELL and value not in (None, (), [])
    }
    if "-" in given.values() or ["-"] in given.values():
        raise BadUse(f"{name}: standard input cannot be asked here")
    file = None if files else next(_files(name, given), None)
    if file is not None:
        raise BadUse(f"{name}: files are not read here, and {file} would be one")
    return Asked(name, given)


def _files(name: str, given: Mapping[str, Any]) -> Iterator[str]:  # Any: of the method's parameters
    """What of its arguments a question would read, or look for, as a file."""
    if name == "from":
        from lineage.questions.shared import networks

        yield from (ask for ask in given["asks"] if networks.entry(ask) is None)
    elif name == "investigate":
        from lineage.asking.investigating import ENDINGS

        alert = given["alert"].strip()
        if alert[:1] not in ("", "{", "[") and (alert.lower().endswith(ENDINGS) or _exists(alert)):
            yield alert
    elif name == "hunt":
        from lineage.asking.whole import files_among

        yield from files_among(given.get("known_accounts", ()))
    elif name == "new":
        yield from given.get("geo", ())


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


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


def is_found(answer: Model) -> bool:
    """Was there anything?"""
    return bool(getattr(answer, "found", getattr(answer, "total", 1)))


@cache
def _commands() -> dict[str, Any]:  # Any: typer hides its parser's classes
    import lineage.cli  # noqa: F401 - every command is added by its import
    from lineage.commands.app import app

    return cast("dict[str, Any]", cast("Any", typer.main.get_command(app)).commands)
