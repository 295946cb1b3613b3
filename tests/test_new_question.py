"""A question is one folder, one method and at most eight files: nothing else has to know its name."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lineage.ask import QUESTIONS
from lineage.parameters import Command
from lineage.questions.registry import module_name

ROOT = Path(__file__).parent.parent
PARTS = ("__init__.py", "answer.py", "view.py", "picture.py")
"""What a question's folder is made of; more modules are a larger question's own."""
MOST = 8
BUILT_ON = {
    "who": "every list of origins explains them as `who` does",
    "trace": "`lineage explore` draws the neighbours of a node as `trace` does",
    "hunt": "the start page of `lineage explore` shows its findings",
    "investigate": "its command and page write a report in other forms too",
}
"""Questions that other parts of the program use, and what for."""


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return frozenset(found)


def wiring(question: Command) -> Iterator[Path]:
    """The modules outside of all questions' folders that import something of a question's folder."""
    folder = f"lineage.questions.{module_name(question.stem)}"
    for package in ("lineage", "loaders", "cypher"):
        for path in (ROOT / package).rglob("*.py"):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith("lineage/questions/") and any(
                f"{name}.".startswith(f"{folder}.") for name in imports(path)
            ):
                yield path


def stories(question: Command) -> list[Path]:
    """The stories that check a question."""
    checks = (ROOT / "tests" / "stories").glob("*/answers.json")
    return [path for path in checks if question.stem in {one["question"] for one in json.loads(path.read_text())}]


def files(question: Command) -> list[Path]:
    """The files that adding the question took; of its stories one."""
    folder = ROOT / "lineage" / "questions" / module_name(question.stem)
    heading = f"\n## `lineage {question.name}`\n"
    pages = [path for path in (ROOT / "docs").rglob("*.md") if heading in path.read_text("utf-8")]
    cypher = (ROOT / "cypher" / "questions").glob(f"{question.stem}.cypher")
    own = [folder / part for part in PARTS if (folder / part).is_file()]
    return [*own, *wiring(question), *cypher, *pages, *sorted(stories(question))[:1]]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda one: one.name)
def test_a_question_is_few_files(question: Command) -> None:
    """Its model, its method, its page and a story are there, and what it took to add it is at most eight files."""
    found = {str(path.relative_to(ROOT)) for path in files(question)}

    assert {f"lineage/questions/{module_name(question.stem)}/__init__.py", "lineage/ask.py"} <= found
    assert any(path.startswith("docs/") for path in found)
    assert any(path.startswith("tests/stories/") for path in found)
    assert len(found) <= MOST or question.name in BUILT_ON, sorted(found)


def test_only_its_method_knows_a_question() -> None:
    """No module but `lineage/ask.py` imports a question that nothing is built on."""
    known = {
        question.name: {path.relative_to(ROOT).as_posix() for path in wiring(question)}
        for question in QUESTIONS.values()
    }

    assert {name: found for name, found in known.items() if found != {"lineage/ask.py"} and name not in BUILT_ON} == {}
