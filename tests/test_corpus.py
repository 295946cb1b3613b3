"""The benchmark measures what it says only if its corpus is what it says."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.corpus import Made, make
from tests.conftest import ROOT


def _records(path: Path) -> list[dict[str, Any]]:
    files = sorted(path.rglob("*.gz")) if path.is_dir() else [path]
    return [record for file in files for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]]


def _made(made: Made, records: list[dict[str, Any]]) -> None:
    assert made.events == len(records)
    assert len({record["eventID"] for record in records}) == len(records)


def test_same_arguments_same_files(tmp_path: Path) -> None:
    """The same arguments give the same files, and another seed gives others."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make(tmp_path / name, 700, seed)
    trees = [
        {
            file.relative_to(tmp_path / name): gzip.decompress(file.read_bytes())
            for file in (tmp_path / name).rglob("*.gz")
        }
        for name in ("a", "b", "c")
    ]

    assert trees[0] == trees[1]
    assert trees[0] != trees[2]


def test_exactly_as_many_events_as_asked(tmp_path: Path) -> None:
    """A corpus holds as many events as asked for, each with an ID of its own, and counts them."""
    made = make(tmp_path, 20_001, 1)

    _made(made, _records(tmp_path))


def test_one_document_holds_the_same_records(tmp_path: Path) -> None:
    """One document holds the records that the files hold."""
    make(tmp_path / "files", 900, 1)
    made = make(tmp_path / "one.json.gz", 900, 1, one_document=True)
    records = _records(tmp_path / "one.json.gz")

    _made(made, records)
    assert Counter(map(json.dumps, records)) == Counter(map(json.dumps, _records(tmp_path / "files")))


def test_as_many_credentials_as_asked(tmp_path: Path) -> None:
    """`credentials` gives at least that many issued keys, and each stands in the response of a grant."""
    made = make(tmp_path, 3_000, 1, credentials=1_000)
    issued = {
        record["responseElements"]["credentials"]["accessKeyId"]
        for record in _records(tmp_path)
        if record["eventName"].startswith("AssumeRole")
    }

    assert made.credentials >= 1_000
    assert issued <= set(made.keys)
    assert len(issued) >= 1_000


def test_no_session_is_used_before_its_grant_or_after_its_end(tmp_path: Path) -> None:
    """Calls of a session lie at or after its creation; the corpus holds no chain that could not be."""
    make(tmp_path, 20_000, 1)
    early = [
        record
        for record in _records(tmp_path)
        if record["eventTime"]
        < record["userIdentity"].get("sessionContext", {}).get("attributes", {}).get("creationDate", "")
    ]

    assert early == []


def test_what_is_measured_is_all_of_it(tmp_path: Path) -> None:
    """Each measured part reads every event, in processes as in one."""
    logs, store = tmp_path / "logs", str(tmp_path / "lineage.db")
    events = make(logs, 2_000, 1).events

    def part(name: str, **arguments: object) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.parts", name],
            cwd=ROOT, input=json.dumps(arguments), capture_output=True, text=True, check=True,
        )  # fmt: skip
        measured: dict[str, float] = json.loads(done.stdout)
        return measured

    assert part("load", paths=[str(logs)], store=store)["events"] == events
    for processes in (1, 2):
        assert part("read_and_aggregate", paths=[str(logs)], processes=processes)["events"] == events
    for name in ("read", "write"):
        probe = [sys.executable, str(ROOT / "benchmarks" / "probe.py"), name, str(logs), str(tmp_path / f"{name}.db")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(probe, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["events"] == events
