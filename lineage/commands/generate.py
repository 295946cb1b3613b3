"""Makes commands from the methods of `lineage.Lineage`, with their parameters, types, defaults and help.

`parse` reads a question as it is typed behind `lineage`, for commands that ask it of an open store.
"""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, NamedTuple

import typer

from lineage.ask import QUESTIONS
from lineage.commands import common, complete
from lineage.commands.app import DEFAULT, Store
from lineage.commands.output import Out, answering, show
from lineage.model.errors import BadUse
from lineage.parameters import REQUIRED, Command, Parameter

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.questions.shared.models import Model

Arguments = dict[str, Any]  # Any: of the parameters of any method
"""Arguments of a method by name; what was not given is left out."""
Run = Callable[Concatenate[Command, Arguments, ...], None]


def ask(command: Command, arguments: Arguments, *, store: Store = DEFAULT, out: Out) -> None:
    """Ask the question of a store and print the answer."""
    fix_times(command, arguments)
    with common.opened(store) as lineage:
        answer = command.ask(lineage, arguments)
        near = lineage.near(answer) if answer.not_found() is not None else []
    show(answer, out, near=near)


def fix_times(command: Command, arguments: Arguments) -> None:
    """Replace times that are relative to now by what they mean, and say so."""
    from lineage.model.times import absolute
    from lineage.render.text import moment

    for parameter in command.parameters:
        if parameter.param.metavar == "TIME" and parameter.name in arguments:
            given = arguments[parameter.name]
            arguments[parameter.name] = fixed = absolute(given)
            if fixed != given:
                common.note(f"{parameter.flags[0]} {given}: {moment(fixed)}")


def add(app: typer.Typer, command: Command, run: Run = ask) -> None:
    """Add a command to an application.

    It takes the parameters of its method, and the keyword-only parameters of `run` as options of its own.
    """
    if "out" in inspect.signature(run).parameters:
        run = answering(run)
    own = [one for one in inspect.signature(run, eval_str=True).parameters.values() if one.kind is one.KEYWORD_ONLY]

    def callback(**given: Any) -> None:  # Any: of the parameters of any method
        more = {one.name: given.pop(one.name) for one in own}
        run(command, _given(given), **more)

    taken = [_typed(parameter) for parameter in command.parameters]
    callback.__signature__ = inspect.Signature([*taken, *own])  # type: ignore[attr-defined]  # functions take attributes
    epilog = examples(f"{command.name} {one}".rstrip() for one in command.examples)
    app.command(
        command.name, cls=common.Described, help=command.help, epilog=epilog, rich_help_panel=command.panel
    )(callback)  # fmt: skip


def examples(lines: Iterable[str]) -> str:
    """The text below the help of a command: lines of `lineage`, each on a line of its own."""
    return "\b\nExamples:\n" + "\n".join(f"  lineage {line}" for line in lines)


@cache
def _parsers() -> dict[str, Any]:  # Any: typer hides its parser's classes
    """The commands of the questions, to parse their words with."""
    bare = typer.Typer()
    for command in QUESTIONS.values():
        add(bare, command, _nothing)
    group: Any = typer.main.get_command(bare)
    return dict(group.commands)


def _nothing(command: Command, arguments: Arguments) -> None:
    """A command that is only parsed."""


def _given(arguments: Arguments) -> Arguments:
    return {name: value for name, value in arguments.items() if value not in (None, (), [])}


def _typed(parameter: Parameter) -> inspect.Parameter:
    """A parameter as typer reads it."""
    param = parameter.param
    kind: Any = list[str] if param.many else parameter.type  # Any: a type
    default = parameter.default
    if param.many and default is not REQUIRED:
        default = None
    if default is None:
        kind = kind | None
    offered = complete.of(param.completes)
    info: Any  # typer's functions return Any
    if parameter.positional:
        info = typer.Argument(
            metavar=param.metavar, help=param.help, min=param.min, max=param.max, autocompletion=offered
        )
    else:
        help = f"{param.help} Repeatable." if param.many else param.help
        info = typer.Option(
            *parameter.flags, metavar=param.metavar, help=help, min=param.min, max=param.max, autocompletion=offered
        )
    return inspect.Parameter(
        parameter.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )


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
        raise BadUse(f"{name or 'nothing'}: not available here; the questions are: {', '.join(there)}")
    try:
        given = _given(_parsers()[name].make_context(name, list(words[1:])).params)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise BadUse(f"{name}: {error.format_message()}") from None  # the parser's own: wrong usage
    question = QUESTIONS[name]
    if not files:
        refuse_files(question, given)
    elif "-" in given.values() or ["-"] in given.values():
        raise BadUse(f"{name}: standard input is not available here")
    return Asked(question, given)


def refuse_files(question: Command, arguments: Arguments) -> None:
    """Raises `BadUse` where an argument names a file of this machine or standard input."""
    if "-" in arguments.values() or ["-"] in arguments.values():
        raise BadUse(f"{question.name}: standard input is not available here")
    for parameter in question.parameters:
        for file in parameter.files(arguments.get(parameter.name)):
            raise BadUse(f"{question.name}: files are not read here, and {file} is a file")


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
