"""The folder of a case, and the parts of a report that a terminal shows."""

from __future__ import annotations

import gzip
import hashlib
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.commands.generate import parse
from lineage.questions.investigate import Investigation
from lineage.questions.investigate.view import TITLES
from tests.test_cli import LOGS, ROOT, Shell
from tests.test_cli import incident as incident  # the fixture
from tests.test_cli import run as run  # the fixture

FINDING = "examples/incident/finding.json"
FILES = [
    "SHA256SUMS",
    "alert.json",
    "case.json",
    "questions.sh",
    "records.ndjson",
    "report.html",
    "report.json",
    "report.md",
]


@pytest.fixture
def case(run: Shell, tmp_path: Path) -> Path:
    """The folder of the incident's case, with its records."""
    folder = tmp_path / "case"
    ran = run("investigate", FINDING, "--case", str(folder), "--logs", LOGS)

    assert ran.code == 0
    assert ran.err == f"written: {folder}\n"
    return folder


def manifest(folder: Path) -> dict[str, Any]:
    """What the case was made with and from."""
    found: dict[str, Any] = json.loads((folder / "case.json").read_text())
    return found


def test_every_file_is_there_with_its_hash(case: Path) -> None:
    """The folder holds each file, the alert byte by byte, and the hash of every other file."""
    lines = (line.split("  ") for line in (case / "SHA256SUMS").read_text().splitlines())
    sums = {name: sha256 for sha256, name in lines}

    assert sorted(path.name for path in case.iterdir()) == FILES
    assert (case / "alert.json").read_bytes() == (ROOT / FINDING).read_bytes()
    assert sums == {
        name: hashlib.sha256((case / name).read_bytes()).hexdigest() for name in FILES if name != "SHA256SUMS"
    }


def test_each_cited_record_is_kept_as_it_lies_in_the_logs(case: Path) -> None:
    """Each cited event has its record, with the file, place and hash that it has in the logs."""
    report = Investigation.model_validate_json((case / "report.json").read_text())
    cited = {event.event_id for group in report.groups for event in group.cited}
    kept = [json.loads(line) for line in (case / "records.ndjson").read_text().splitlines()]
    files = {one["path"]: one["sha256"] for one in manifest(case)["log_files"]}

    assert {one["record"]["eventID"] for one in kept} == cited
    for one in kept:
        data = (ROOT / one["path"]).read_bytes()
        record = json.loads(gzip.decompress(data))["Records"][one["index"]]

        assert record["eventID"] == one["record"]["eventID"]
        assert hashlib.sha256(data).hexdigest() == one["sha256"] == files[one["path"]] == one["loaded_sha256"]
    tokens = [one["record"]["responseElements"]["credentials"].get("sessionToken") for one in kept
              if one["record"]["eventName"] == "AssumeRole"]  # fmt: skip
    assert len(set(tokens)) == 1


def test_the_questions_give_the_sections_again(case: Path, incident: Path) -> None:
    """Each section's command, asked of the same store, gives the section's answer."""
    report = Investigation.model_validate_json((case / "report.json").read_text())
    lines = [line for line in (case / "questions.sh").read_text().splitlines() if line.startswith("lineage ")]
    sections = [section for group in report.groups for one in group.cases for section in one.sections]
    asked = [parse(shlex.split(line)[1:]) for line in lines]

    assert [one.question.stem for one in asked] == ["investigate", "who", *(section.question for section in sections)]
    with lineage.open(incident) as store:
        answers = [one.of(store) for one in asked[2:]]
    assert answers == [section.answer for section in sections]


def test_a_case_says_what_is_missing(run: Shell, tmp_path: Path) -> None:
    """Without logs nothing is kept of them; with some, the cited events that they lack are listed."""
    without = run("investigate", FINDING, "--case", str(tmp_path / "a"))
    some = run("investigate", FINDING, "--case", str(tmp_path / "b"), "--logs", f"{LOGS}/platform-trail")
    told = manifest(tmp_path / "b")
    kept = {
        json.loads(line)["record"]["eventID"] for line in (tmp_path / "b" / "records.ndjson").read_text().splitlines()
    }

    assert without.err.endswith("no records kept: --logs PATH says where the logs are\n")
    assert (tmp_path / "a" / "records.ndjson").read_text() == ""
    assert "c0ffee00-0000-4000-8000-000000000003" in kept
    assert "c0ffee00-0000-4000-8000-000000000007" in told["events_not_found"]
    assert len(kept) + len(told["events_not_found"]) == told["events_listed"]
    assert some.err.endswith(
        f"{len(told['events_not_found'])} cited events were not found in the logs; case.json lists them\n"
    )


def test_the_report_is_printed_besides_the_case(run: Shell, tmp_path: Path) -> None:
    """With a case the command prints what it prints without: all sections, or the page."""
    for number, form in enumerate((("--all",), ("--html", "-"), ("--json",))):
        alone, kept = (
            run("investigate", FINDING, *form, *more) for more in ((), ("--case", str(tmp_path / str(number))))
        )

        assert (kept.code, kept.out) == (0, alone.out)
        assert len(kept.out) > 10_000
    assert (tmp_path / "1" / "report.html").read_text() == run("investigate", FINDING, "--html", "-").out


def test_a_case_of_a_name_keeps_the_name(run: Shell, tmp_path: Path) -> None:
    """An alert that is no file is kept as text, and asked again as it was."""
    folder = tmp_path / "case"
    assert run("investigate", "AKIA3WQUP53HKQ7V2LCK", "--days", "7", "--case", str(folder)).code == 0

    assert (folder / "alert.txt").read_text() == "AKIA3WQUP53HKQ7V2LCK\n"
    assert "\nlineage investigate --days=7 --gap=12h AKIA3WQUP53HKQ7V2LCK\n" in (folder / "questions.sh").read_text()


def test_a_folder_that_is_not_empty_is_refused(run: Shell, tmp_path: Path) -> None:
    """A folder that holds anything, or a file, is refused in one line, and nothing is written."""
    (tmp_path / "file").write_text("x")
    for folder, why in ((tmp_path, "not empty"), (tmp_path / "file", "not a folder")):
        ran = run("investigate", FINDING, "--case", str(folder))

        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"error: --case {folder}: {why}; give a new or empty folder\n"
    assert (tmp_path / "file").read_text() == "x"


def test_logs_without_a_case_are_refused(run: Shell) -> None:
    """`--logs` alone means nothing."""
    assert run("investigate", FINDING, "--logs", LOGS).code == 2


def test_a_terminal_shows_sections_on_request(run: Shell) -> None:
    """By default each section is one line; `--section` shows some, `--all` every one."""
    brief, some, every = (
        run("investigate", FINDING, *more).out
        for more in ((), ("--section", "who", "--section", "coverage"), ("--all",))
    )
    named = [line.split()[0] for line in brief.partition("Sections: ")[2].splitlines()[1:] if line[:3].strip()]

    assert "\n── " not in brief
    assert [name for name in named if name in TITLES] == [
        name for stem in TITLES for name in [stem] * (2 if stem == "touched" else 1)
    ]
    assert [line[3:] for line in some.splitlines() if line.startswith("── ")] == [
        "Whose credentials (who)", "What the logs cover (coverage)",
    ]  # fmt: skip
    assert "  timeline What happened" in some
    assert "  coverage What" not in some
    assert all(f"({stem})" in every for stem in TITLES)
    assert "Sections: " not in every


def test_a_section_that_is_not_there_is_refused(run: Shell) -> None:
    """A name that is no section ends in 2, with those that there are."""
    ran = run("investigate", FINDING, "--section", "nonsense")

    assert ran.code == 2
    assert ran.err.startswith("error: --section nonsense: not in this report; its sections are: alert, assumed, ")
