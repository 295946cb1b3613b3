"""What a shell offers when somebody presses the tabulator key."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lineage
from lineage.stores.completion import names
from tests.test_cli import ROOT, incident
from tests.test_packaging import RECORD

__all__ = ["incident"]
CALL = [sys.executable, "-m", "lineage.cli"]


def offered(line: str, store: Path, **setting: str) -> list[str]:
    """What is offered behind a line; its last word is completed."""
    words = line.split(" ")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "LINEAGE_STORE": str(store), "_LINEAGE_COMPLETE": "complete_bash",
        "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1),
    }  # fmt: skip
    ran = subprocess.run(CALL, env=environment | setting, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lineage inv", ["investigate"]),
        ("lineage who --no-", ["--no-color", "--no-pager"]),
        ("lineage who x --format ", ["table", "json", "csv", "md", "html"]),
        ("lineage who dana", ["dana.whitfield"]),
        ("lineage trace AKIA", ["AKIA3WQUP53HKQ7V2LCK", "AKIA3WQUP53HOTUHLTBH"]),
        ("lineage session user/", ["user/svc-reports"]),
        ("lineage blast role/pay", ["role/payments-operations", "role/payments-reporting"]),
        ("lineage who assumed-role/payments-r", ["assumed-role/payments-reporting/"]),
        ("lineage who assumed-role/payments-operations/o", ["assumed-role/payments-operations/ops-maintenance"]),
        ("lineage path dana.whitfield svc", ["svc-reports"]),
        ("lineage chains --role pay", ["payments-operations", "payments-reporting"]),
        ("lineage chains --account 8", ["804275613390"]),
        ("lineage coverage ", ["218093744512", "537140928816", "804275613390"]),
        ("lineage graph tr", ["trace"]),
        ("lineage graph trace svc", ["svc-reports"]),
        ("lineage explore vol", ["volume"]),
        ("lineage enrich logs --min-confidence ST", ["STRONG"]),
        ("lineage query cha", ["chains"]),
        ("lineage schema cha", ["chains"]),
        ("lineage who no-such", []),
    ],
)
def test_what_is_offered(line: str, expected: list[str], incident: Path) -> None:
    """Commands, options, values, and names that the store has; each name can be asked for."""
    assert offered(line, incident) == expected


def test_names_are_those_that_can_be_asked_for(incident: Path) -> None:
    """`who` finds every name that is offered; of a role without a session, `role` does."""
    found = [*names(str(incident), "ask", ""), *names(str(incident), "ask", "assumed-role/payments-operations/")]
    with lineage.open(incident, create=False) as store:
        asked = {name: store.who(name).found for name in found if not name.isdecimal() and not name.endswith("/")}
        asked["payments-reporting"] = store.role("payments-reporting").found

    assert len(asked) > 15
    assert [name for name, is_found in asked.items() if not is_found] == []


def test_the_store_of_the_line_is_read(incident: Path, tmp_path: Path) -> None:
    """`--store` before the name goes before LINEAGE_STORE."""
    missing = tmp_path / "missing.db"

    assert offered(f"lineage who --store {incident} dana", missing) == ["dana.whitfield"]
    assert offered(f"lineage who --store {missing} dana", incident) == []


def test_nothing_is_written_or_said(incident: Path, tmp_path: Path) -> None:
    """A missing, broken or locked store and a Neo4j address give nothing, and no file is made or changed."""
    broken, copy = tmp_path / "broken.db", tmp_path / "copy.db"
    broken.write_text("no store")
    shutil.copy(incident, copy)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    assert offered("lineage who d", tmp_path / "missing.db") == []
    assert offered("lineage who d", broken) == []
    assert offered("lineage who d", tmp_path) == []
    assert offered("lineage who d", Path("bolt:") / "127.0.0.1:1", LINEAGE_STORE="bolt://127.0.0.1:1") == []
    assert offered("lineage who dana", copy) == ["dana.whitfield"]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_not_yet_in_the_file_is_found(tmp_path: Path) -> None:
    """While a load writes, what it has committed is offered."""
    log, file = tmp_path / "log.json", tmp_path / "lineage.db"
    log.write_text(json.dumps({"Records": [RECORD]}))
    with lineage.open(file) as store:
        store.load([log])

        assert Path(f"{file}-wal").stat().st_size > 0
        assert names(str(file), "ask", "an") == ["ana"]


def test_hostile_names_are_not_offered(tmp_path: Path) -> None:
    """A name with anything that a shell could run is left out."""
    hostile = ["ana;touch${IFS}x", "ana`x`", "ana b", "ana\nb", "ana$(x)", "ana*", "ana'x", "ana:x", "ana-good"]
    records = [
        RECORD | {"eventID": f"e{n}", "userIdentity": RECORD["userIdentity"]  # type: ignore[operator]  # an object
                  | {"userName": name, "principalId": f"AIDAQ3EGUIMSWKLNN5B{n:02}", "accessKeyId": "",
                     "arn": f"arn:aws:iam::058264318724:user/{name}"}}
        for n, name in enumerate(hostile)
    ]  # fmt: skip
    log, file = tmp_path / "log.json", tmp_path / "lineage.db"
    log.write_text(json.dumps({"Records": records}))
    with lineage.open(file) as store:
        store.load([log])

    assert names(str(file), "ask", "ana") == ["ana-good"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_with_the_script_that_is_shown(incident: Path, tmp_path: Path) -> None:
    """The script of --show-completion, in a real bash, completes a name."""
    command = tmp_path / "lineage"
    command.write_text(f'#!/bin/sh\nexec {shlex.join(CALL)} "$@"\n')
    command.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "LINEAGE_STORE": str(incident),
        "SHELL": "/bin/bash", "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",
    }  # fmt: skip
    script = (
        'eval "$(lineage --show-completion bash)"; COMP_WORDS=(lineage who dana); COMP_CWORD=2; '
        '_lineage_completion lineage; echo "${COMPREPLY[@]}"'
    )
    ran = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=True
    )

    assert ran.stdout == "dana.whitfield\n"
