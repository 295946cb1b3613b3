"""A folder of saved batches loads like the logs it was made from; one that is not whole gives one clear line."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lineage
from lineage.load import Progress
from lineage.model.batch import Batch
from lineage.model.errors import BadUse
from loaders.batches.aggregate import aggregate
from loaders.batches.merge import merge, split
from loaders.batches.saved import MANIFEST, PARTS, SUMS, SavedPart, manifest_of, row_of
from loaders.files.sources import find
from tests.same import Said, different, said
from tests.test_cli import Shell
from tests.test_docs import run  # noqa: F401  a fixture
from tests.test_killed import many_sessions

CLOUD = many_sessions(4)


def save(folder: Path, batches: Sequence[Batch]) -> None:
    """Write batches as `spark-aggregate` does, in parts of three."""
    (folder / PARTS).mkdir(parents=True)
    parts = []
    rows = [row_of(batch) for batch in batches]
    for n in range(0, len(rows), 3):
        path = folder / PARTS / f"part-{n}.parquet"
        pq.write_table(pa.Table.from_pylist(rows[n : n + 3]), path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parts.append(SavedPart(f"{PARTS}/{path.name}", path.stat().st_size, digest, len(rows[n : n + 3])))
    sums = {name: sum(row[name] for row in rows) for name in SUMS}
    (folder / MANIFEST).write_text(manifest_of(["logs"], parts, sums).text())


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs of some sessions, one of them twice, and a file that is none."""
    folder = tmp_path_factory.mktemp("logs")
    CLOUD.write_to(folder)
    first = min(path for path in folder.rglob("*") if path.is_file())
    shutil.copy(first, folder / "again.json.gz")
    (folder / "notes.txt").write_text("no log\n")
    (folder / "cut.json").write_text('{"Records": [{"eventName": "x"')
    return folder


@pytest.fixture
def folder(logs: Path, tmp_path: Path) -> Path:
    """The logs as saved batches."""
    parts = [part.batch for batch in aggregate(find([str(logs)]), events=40) for part in split(batch, 2)]
    save(tmp_path / "saved", [merge(parts[n::5]) for n in range(5)])
    return tmp_path / "saved"


def told(store: lineage.Store) -> Said:
    """What a store says, and the sums of its last load without what tells where it came from."""
    sums = store.info().loads[-1].model_dump(mode="json", exclude={"id", "started", "finished", "paths"})
    return said(store, CLOUD.records[::7]) | {"sums": sums}


def test_a_folder_loads_like_its_logs(target: str, logs: Path, folder: Path, tmp_path: Path) -> None:
    """Graph, answers and sums are those of a load of the logs."""
    with lineage.open(tmp_path / "direct.db") as direct, lineage.open(target) as store:
        direct.load([logs])
        store.load([folder])

        assert different(told(direct), told(store)) == ""
        assert [(one.path, one.reason) for one in store.load([folder]).aside] == [
            (str(logs / "cut.json"), "truncated JSON: the text ends inside a value")
        ]


def test_twice_and_beside_its_logs_changes_nothing(logs: Path, folder: Path, tmp_path: Path) -> None:
    """A second load, and a load of folder and logs at once, count every event as a duplicate."""
    with lineage.open(tmp_path / "a.db") as store:
        first = store.load([folder]).sums
        before = said(store, CLOUD.records[::7])
        again = store.load([folder]).sums
        both = store.load([folder, logs]).sums

        assert (first.loaded, again.loaded, both.loaded) == (len(CLOUD.records), 0, 0)
        assert (again.duplicate, again.set_aside, both.read) == (first.read - 1, 1, 2 * first.read)
        assert different(before, said(store, CLOUD.records[::7])) == ""


def test_progress_goes_by_the_logs(folder: Path, tmp_path: Path) -> None:
    """The progress counts the files, bytes and events of the logs."""
    seen: list[Progress] = []
    with lineage.open(tmp_path / "a.db") as store:
        sums = store.load([folder], progress=seen.append).sums
    last = seen[-1]

    assert (last.files_done, last.bytes_done, last.events) == (sums.files, sums.bytes, sums.read)
    assert (last.files_total, last.bytes_total) == (sums.files, sums.bytes)
    assert len({one.bytes_done for one in seen}) > 3


def shorten(folder: Path) -> None:
    """End the manifest in its middle."""
    path = folder / MANIFEST
    path.write_text(path.read_text()[:200])


def edit(member: str, value: object) -> Callable[[Path], None]:
    """Change a member of the manifest."""

    def change(folder: Path) -> None:
        path = folder / MANIFEST
        path.write_text(json.dumps(json.loads(path.read_text()) | {member: value}))

    return change


def flip(folder: Path) -> None:
    """Change a byte of a part; its size stays."""
    path = folder / PARTS / "part-0.parquet"
    data = bytearray(path.read_bytes())
    data[99] ^= 1
    path.write_bytes(data)


OUTSIDE = [{"path": "../x.parquet", "size": 1, "sha256": "", "batches": 5}]
BROKEN: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / MANIFEST).unlink(), "saved: no manifest.json: spark-aggregate did not finish"),
    (shorten, "saved/manifest.json: not a complete manifest"),
    (lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe"), "saved/manifest.json: not a complete manifest"),
    (edit("batches", 7), "saved/manifest.json: its number of batches is not that of its parts"),
    (edit("format", "lineage.batches/0"), "saved: written by another version of lineage"),
    (edit("layout", "0" * 16), "saved: written by another version of lineage"),
    (edit("parts", OUTSIDE), "saved/manifest.json: names parts outside of lineage-batches"),
    (lambda folder: (folder / PARTS / "part-3.parquet").unlink(), "lineage-batches/part-3.parquet: missing"),
    (flip, "lineage-batches/part-0.parquet: differs from what manifest.json says"),
]


@pytest.mark.parametrize(("damage", "message"), BROKEN, ids=[str(n) for n in range(len(BROKEN))])
def test_a_folder_that_is_not_whole_is_refused(
    folder: Path, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    """One line says what is wrong and what to do, and nothing is loaded."""
    damage(folder)
    with lineage.open(tmp_path / "a.db") as store:
        with pytest.raises(BadUse) as refused:
            store.load([folder])

        assert message in str(refused.value)
        assert "\n" not in str(refused.value)
        assert store.info().loads == []


def test_a_folder_is_not_narrowed(folder: Path, run: Shell) -> None:  # noqa: F811
    """`load --since` of a folder is refused in one line: its rows are those of all its events."""
    ran = run("load", str(folder), "--since", "2026-03-01")

    assert ran.code == 2
    assert f"{folder}: written by spark-aggregate, and always loaded whole; only logs can be narrowed" in ran.err


def test_a_dry_run_says_that_there_is_nothing_to_estimate(folder: Path, run: Shell) -> None:  # noqa: F811
    """`load --dry-run` of a folder says how many events it has."""
    events = json.loads((folder / MANIFEST).read_text())["events"]
    ran = run("load", str(folder), "--dry-run")

    assert ran.code == 2
    assert f": {events} events that spark-aggregate has read" in ran.err
