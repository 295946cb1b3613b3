"""What answers print of rules and confidence is explained, once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage.questions.shared.explained import BY_NAME, EXPLAINED, meant, used
from lineage.questions.shared.words import BASES
from lineage.render.blocks import Fold, Grid, Para, Span
from tests.test_cli import STARTED, Shell, incident, run

__all__ = ["incident", "run"]
ROOT = Path(__file__).parent.parent
CODED = re.compile(r"""(?:\brule="|"rule": "|Joined\([^"\n]*(?:"[^"\n]*"[^"\n]*)?, "|rule, \w+ = \(?")(\d+[a-z]?)\"""")


def values(found: Any, member: str) -> Iterator[str]:  # Any: JSON
    """Every text of a member, however deep."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name == member and isinstance(value, str):
                yield value
            yield from values(value, member)
    elif isinstance(found, list):
        for one in found:
            yield from values(one, member)


def of_stories(member: str) -> set[str]:
    """The values of a member in the answers of all stories."""
    stories = (ROOT / "tests" / "stories").glob("*/answers.json")
    return {value for story in stories for value in values(json.loads(story.read_text("utf-8")), member)}


def test_every_rule_and_class_has_a_text() -> None:
    """Each rule and class that a story's answer or the code has is explained."""
    sources = [path.read_text("utf-8") for path in (ROOT / "lineage").rglob("*.py")]
    coded = {rule for text in sources for rule in CODED.findall(text)} | set(BASES)
    told = {rule for rule in of_stories("rule") if re.fullmatch(r"\d+[a-z]?", rule)}

    assert {"2", "4", "4b", "9"} <= told
    assert {"1", "2", "5", "7", "8", "9", "10", "10b", "11", "12"} <= coded
    assert {rule for rule in told | coded if f"rule-{rule}" not in BY_NAME} == set()
    assert of_stories("confidence") - BY_NAME.keys() == set()


def test_every_text_is_whole() -> None:
    """Each says what it means in sentences; rules and classes also when they apply and what could be wrong."""
    for one in EXPLAINED:
        assert one.title
        assert one.meaning.endswith(".")
        assert one.kind == "method" or (one.applies.endswith(".") and one.wrong.endswith(".")), one.name


@pytest.mark.parametrize(
    ("asked", "name"),
    [("rule-4", "rule-4"), ("4", "rule-4"), ("Rule 4b", "rule-4b"), ("strong", "STRONG"), ("cli_sdk", "cli-sdk")],
)
def test_a_name_is_understood_as_it_is_printed(asked: str, name: str) -> None:
    """`rule 4`, as answers print it, is `rule-4`."""
    assert meant(asked) == BY_NAME[name]
    assert meant("rule-99") is None


def test_what_blocks_show_is_found_wherever_it_stands() -> None:
    """Rules and classes are found in paragraphs, tables and folds, in one order; text of the logs is not looked at."""
    grid = Grid("", (), [(Span("LIKELY", "LIKELY"), "rule 5")])
    shown = [Fold("t", "", (), [Para((Span("STRONG", "STRONG"), Span("  rule 4b, 2 candidates", "quiet")))]), grid]

    assert used(shown) == ["rule-4b", "STRONG", "LIKELY"]
    assert used([]) == []


def test_an_answer_leads_to_what_it_shows(run: Shell) -> None:
    """The last line in a terminal is a command that explains it; a page has the texts, folded."""
    last = run("who", STARTED).out.splitlines()[-1]
    told = run(*last.removeprefix("Rules: lineage ").split())

    assert last == "Rules: lineage explain rule-2 rule-4 EXACT STRONG"
    assert told.code == 0
    assert [line.partition(":")[0] for line in told.out.splitlines() if line and line[0] != " "] == last.split()[3:]
    assert "Rules:" not in run("who", STARTED, "--quiet").out
    assert "Rules:" not in run("info").out
    for form in ("md", "html"):
        page = run("who", STARTED, "--format", form).out
        assert "Rules and confidence" in page
        assert BY_NAME["rule-2"].title in page
        assert BY_NAME["rule-9"].title not in page


def test_an_unknown_name_is_told_with_all_names(run: Shell) -> None:
    """`lineage explain` lists all; a name that is none is wrong usage."""
    ran = run("explain", "rule-99")

    assert ran.code == 2
    assert ran.err.startswith("error: explain rule-99: not found; the names are: rule-1, rule-2, ")
    assert all(name in run("explain").out for name in BY_NAME)


TIME = re.compile(r"(?<![/\w])\d{4}-\d\d-\d\dT\d\d:\d\d")


@pytest.mark.parametrize("question", ["who", "trace", "timeline", "blast", "contain", "hunt", "volume", "investigate"])
def test_times_are_written_one_way(question: str, run: Shell) -> None:
    """Text has `2026-03-11 21:55:02Z`; with a T only session keys, commands and policies have a time."""
    asked = () if question == "hunt" else ("c0ffee00-0000-4000-8000-000000000002",)
    lines = [line for line in run(question, *asked).out.splitlines() if TIME.search(line)]

    assert [line for line in lines if "TokenIssueTime" not in line and not line.lstrip().startswith("aws ")] == []
