"""Writes the tables of the documentation that the code knows: `python -m tests.make_tables`, or `make docs`.

A table stands between `<!-- options: chains -->` or the like and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from lineage.ask import QUESTIONS, answers
from lineage.questions.registry import has_picture, module_name
from lineage.questions.shared.explained import EXPLAINED, named
from tests.test_cli import commands

ROOT = Path(__file__).parent.parent
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions")
COMMON: Final = ("store", "form", "json", "csv", "output", "quiet", "no_color", "no_pager", "debug")
"""Options of all answers, which have a table of their own."""
TABLE = re.compile(r"^<!-- (\w+)(?:: ([\w-]+))? -->\n.*?^<!-- end -->$", re.M | re.S)


def filled(path: Path) -> str:
    """The text of a page with its tables as the code has them now."""

    def table(found: re.Match[str]) -> str:
        kind, name = found.groups()
        head, *rows = (f"| {' | '.join(cells)} |" for cells in TABLES[kind](path, name))
        line = "|---" * (head.count(" | ") + 1) + "|"
        return "\n".join([found[0].partition("\n")[0], head, line, *rows, "<!-- end -->"])

    return TABLE.sub(table, path.read_text("utf-8"))


def options(path: Path, name: str) -> Iterator[tuple[str, ...]]:
    """Arguments and options of a command, or the options of all."""
    common = name == "common"
    parameters = [one for one in commands()["who" if common else name].params if is_common(one) == common]
    arguments = any(one.param_type_name == "argument" for one in parameters)
    yield ("argument or option" if arguments else "option", "meaning")
    for one in parameters:
        yield _spelled(one), _meaning(one)


def is_common(parameter: Any) -> bool:  # Any: typer hides its parser's classes
    """Is it an option of all answers, and no other one of that name?"""
    common = {one.name: one.help for one in commands()["who"].params if one.name in COMMON}
    return bool(common.get(parameter.name) == parameter.help)


def questions(path: Path, name: str) -> Iterator[tuple[str, ...]]:
    """The questions, each with the page where its heading stands."""
    yield "command", "answer", "page"
    for question in QUESTIONS.values():
        heading = f"\n## `lineage {question.name}`\n"
        page = next(one for one in PAGES if heading in one.read_text("utf-8"))
        title = page.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        where = "" if page == path else page.relative_to(path.parent).as_posix()
        yield f"`lineage {question.name}`", question.help, f"[{title}]({where}#lineage-{question.name})"


def pictures(path: Path, name: str) -> Iterator[tuple[str, ...]]:
    """The questions whose answers can be drawn."""
    yield "question", "picture"
    for question in QUESTIONS.values():
        if has_picture(question.stem):
            told = import_module(f"lineage.questions.{module_name(question.stem)}.picture").__doc__ or ""
            yield f"`{question.name}`", told.partition("\n")[0].partition(": ")[2].rstrip(".")


PRINTED_BY = {"estimate": "load … --dry-run"}
"""Answers that no command of their name prints."""


def schemas(path: Path, name: str) -> Iterator[tuple[str, ...]]:
    """The schemas of answers, and the command that prints each."""
    yield "schema", "command"
    for schema, model in answers().items():
        command = PRINTED_BY.get(model.stem(), model.stem().replace("_", "-"))
        yield f"`{schema}`", f"`lineage {command}`"
    yield "`lineage.graph/1`", "`lineage graph … -o FILE.json`: nodes, links, boxes, places"


def explained(path: Path, kind: Any) -> Iterator[tuple[str, ...]]:  # Any: one of the kinds
    """What rules, classes of confidence or ways into a session mean."""
    told = [one for one in EXPLAINED if one.kind == kind]
    columns = {"name": "name", "meaning": "meaning", "applies": "applies when", "wrong": "what could make it wrong"}
    kept = [column for column in columns if any(getattr(one, column) for one in told)]
    yield tuple(columns[column] for column in kept)
    for one in told:
        yield tuple(f"`{one.name}`" if column == "name" else getattr(one, column) for column in kept)


def titles(path: Path, kind: Any) -> Iterator[tuple[str, ...]]:  # Any: one of the kinds
    """The same in a few words."""
    yield ("`how`" if kind == "method" else "class", "meaning")
    for name, title in named(kind).items():
        yield f"`{name}`", title


TABLES: dict[str, Callable[[Path, Any], Iterable[tuple[str, ...]]]] = {
    "options": options, "questions": questions, "pictures": pictures, "schemas": schemas,
    "explained": explained, "titles": titles,
}  # fmt: skip


def _spelled(parameter: Any) -> str:  # Any: typer hides its parser's classes
    value = (parameter.metavar or "").replace("|", "\\|")
    if parameter.param_type_name == "argument":
        return f"`{value}`"
    return ", ".join(f"`{f'{flag} {value}'.strip()}`" for flag in parameter.opts)


def _meaning(parameter: Any) -> str:  # Any: typer hides its parser's classes
    text = str(parameter.help).replace("|", "\\|")
    default = parameter.default
    if default in (None, False, (), []) or parameter.required:
        return text
    return f"{text} Default: `{default}`."


def main() -> None:
    """Rewrite the pages whose tables have changed."""
    for path in PAGES:
        text = filled(path)
        if text != path.read_text("utf-8"):
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
