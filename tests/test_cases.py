"""Small inputs after reports from the field, with the answers that are right about them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.test_cli import Shell

CASES = ROOT.parent / "shared" / "cases"
NAMES = [case["name"] for case in json.loads((CASES / "cases.json").read_text())] if CASES.is_dir() else []


def runner(run: Shell) -> dict[str, Any]:
    """The names of the cases' own program, its commands run by `run` and its `main` not called yet.

    The program starts a process for each command, hundreds of them. All that it does goes through one
    function of it, so here that one runs the command in this process.
    """
    program = ast.parse((CASES / "run.py").read_text())
    called = program.body.pop()
    assert ast.unparse(called) == "main()"
    names: dict[str, Any] = {"__file__": str(CASES / "run.py"), "__name__": "run"}
    exec(compile(program, names["__file__"], "exec"), names)
    assert callable(names["run"])

    def here(command: list[str], *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        assert (command, text) == (["lineage"], None)
        ran = run(*arguments)
        return subprocess.CompletedProcess(arguments, ran.code, ran.out, ran.err)

    names["run"] = here
    return names


@pytest.mark.parametrize("name", NAMES)
def test_case_from_the_field(name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The case that lies beside the checkout gets the right answer."""
    monkeypatch.setattr(sys, "argv", ["run.py", name])
    with pytest.raises(SystemExit) as ended:
        runner(Shell(capsys))["main"]()
    said = capsys.readouterr().out

    assert ended.value.code == 0, said
    assert said == "1 cases, 1 right\n"


def test_the_cases_run_as_commands(shared: Path) -> None:
    """The installed command answers a case in processes of its own, as the cases' program runs it."""
    lineage = Path(sys.executable).with_name("lineage")

    ran = subprocess.run(
        [sys.executable, str(shared.parent / "cases" / "run.py"), "--lineage", str(lineage), NAMES[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (ran.returncode, ran.stdout) == (0, "1 cases, 1 right\n"), ran.stderr
