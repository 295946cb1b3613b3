"""`load --dry-run`: what there is to load, how much of it is loaded, and about what it will take; nothing is loaded."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from pathlib import Path

import pytest

import lineage
from lineage import estimate as estimating
from lineage.model.errors import BadUse, NotFound
from lineage.stores.sqlite.store import SQLiteStore
from tests.aws.files import ndjson
from tests.strategies import history
from tests.test_cli import Shell

LOGS = Path(__file__).parent.parent / "examples" / "incident" / "logs"


def test_an_estimate_tells_what_there_is(store: lineage.Store, tmp_path: Path) -> None:
    """Files are counted by what their names say; those that were loaded before are known by path and size."""
    logs = tmp_path / "logs"
    shutil.copytree(LOGS / "organization-trail", logs)
    digest = logs / "804275613390_CloudTrail-Digest_eu-west-1_main_us-east-1_20260312T010203Z.json.gz"
    digest.write_bytes(gzip.compress(b"{}"))
    (logs / "export.csv").write_text("a,b\n")
    before = store.estimate([logs])
    loaded = sorted(logs.rglob("*/804275613390/**/*.gz"))
    store.load(loaded)
    (logs / "export.csv").write_text("a,b\n1,2\n")
    after = store.estimate([logs])
    files = sorted(path for path in logs.rglob("*") if path.is_file())

    assert (before.files, before.bytes) == (len(files), sum(path.stat().st_size for path in files) - 4)
    assert [(one.name, one.files) for one in before.kinds] == [
        ("CloudTrail digests", 1), ("CloudTrail events", len(files) - 2), ("other files: .csv", 1)
    ]  # fmt: skip
    assert [(one.name, one.files) for one in before.accounts] == [
        ("218093744512", 3), ("537140928816", 6), ("804275613390", 8)
    ]  # fmt: skip
    assert [one.name for one in before.days] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert sum(one.files for one in before.days) == len(files) - 1
    assert (before.loaded_files, after.loaded_files) == (0, len(loaded))
    assert after.loaded_bytes == sum(path.stat().st_size for path in loaded)
    assert [one.loaded for one in after.accounts] == [0, 0, len(loaded)]


def test_an_estimate_of_little_is_its_sample(store: lineage.Store) -> None:
    """Where the sample is everything, the number of events is exact; the rest is of that order."""
    answer = store.estimate([LOGS])
    sums = store.load([LOGS]).sums
    again = store.estimate([LOGS])

    assert (answer.sample.files, answer.sample.bytes, answer.sample.events) == (sums.files, sums.bytes, sums.read)
    assert answer.events == sums.read
    assert answer.seconds is not None
    assert answer.seconds > 0
    if store._store.name == "sqlite":
        parts = {part.name: part.bytes or 0 for part in store.info().parts}
        assert answer.store_bytes is not None
        assert not answer.at_least
        assert 0.5 < answer.store_bytes / (sum(parts.values()) - parts["write-ahead log"]) < 1.5
    else:
        assert answer.store_bytes is None
        assert answer.at_least
        assert not again.at_least
        assert "the largest load before" in again.how


def test_an_estimate_grows_with_the_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of a part tells of the whole: the events within a fifth of what there is."""
    monkeypatch.setattr(estimating, "SAMPLE_BYTES", 400_000)
    made = 0
    for n in range(300):
        records = history(n, [("assume", 0, 0, 40), *[("read", n, 0, 40)] * 20]).records
        (tmp_path / f"{n:03d}.ndjson").write_text(ndjson(records))
        made += len(records)
    with lineage.open(tmp_path / "lineage.db") as store:
        answer = store.estimate([tmp_path])

    assert answer.sample.files < answer.files == 300
    assert answer.events is not None
    assert abs(answer.events - made) < made / 5


def test_a_dry_run_makes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No store is made, and one that is there stays as it is; what cannot be estimated is one line."""
    monkeypatch.setenv("COLUMNS", "80")
    run = Shell(capsys)
    path = tmp_path / "lineage.db"
    first = run("load", str(LOGS), "--dry-run", "--store", str(path))

    assert (first.code, path.exists()) == (0, False)
    assert "18 files, 116 kB; none of them is loaded" in first.out
    assert "about 1,059 events" in first.out
    assert "nothing was loaded" in first.out

    with lineage.open(path) as store:
        store.load([LOGS / "platform-trail"])
    with lineage.open(path) as store:
        before = store.info()
    second = run("load", str(LOGS), "--dry-run", "--strict", "--csv", "--store", str(path))

    with lineage.open(path) as store:
        assert store.info() == before
    assert second.code == 0
    assert second.out.splitlines()[:2] == ["what,name,files,bytes,loaded", "all,,18,116083,2"]
    with lineage.open(path) as store, pytest.raises(BadUse, match="standard input"):
        store.estimate("-")
    (tmp_path / "empty").mkdir()
    with lineage.open(path) as store, pytest.raises(NotFound, match="no files there"):
        store.estimate([tmp_path / "empty"])


def test_the_parts_of_a_store_add_up(store: lineage.Store) -> None:
    """`info` says the size of a store by part: bytes of a file, or nodes of a database that does not tell its size."""
    empty = store.info()
    store.load([LOGS])
    info = store.info()
    held = {part.name: part for part in info.parts}

    if store._store.name == "sqlite":
        assert info.bytes is not None
        assert sum(part.bytes or 0 for part in info.parts) == info.bytes
        assert [
            part.name for part in info.parts if not part.bytes and part.name not in ("free", "write-ahead log")
        ] == []
        assert info.bytes > (empty.bytes or 0)
    else:
        assert info.bytes is None
        assert held["_File"].entries == 18
        assert {part.bytes for part in info.parts} == {None}


def test_a_store_is_measured_without_dbstat(tmp_path: Path) -> None:
    """Where SQLite cannot tell the size of tables, the parts that it can tell still add up to the same."""

    def without(action: int, first: str | None, *_: str | None) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_READ and first == "dbstat" else sqlite3.SQLITE_OK

    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([LOGS])
        inner = store._store
        assert isinstance(inner, SQLiteStore)
        whole = inner.size()
        inner._db.set_authorizer(without)
        parts = inner.size()

    assert parts.bytes == whole.bytes == sum(part.bytes or 0 for part in parts.parts)
    assert [part.name for part in parts.parts] == ["samples", "other tables and indexes", "free", "write-ahead log"]
