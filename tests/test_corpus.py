"""The benchmark measures what it says only if its corpus is what it says."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.corpus import Made, make


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
