"""Spark, in local mode: what it aggregates loads like the logs, also if tasks die and run again."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import lineage
import lineage.spark
from lineage.model.batch import DECODER, ENCODER, Batch
from lineage.model.errors import BadUse, LineageError, NotFound
from loaders.batches.saved import MANIFEST, PARTS, saved
from tests.aws.files import dumps
from tests.conftest import ROOT
from tests.same import Said, different, said
from tests.test_cli import Shell
from tests.test_docs import run  # noqa: F401  a fixture
from tests.test_killed import many_sessions
from tests.test_merge import load_batches
from tests.test_properties import with_agent, with_identity, with_parameters

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CLOUD = many_sessions(6)
ASKED = CLOUD.records[::7]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs in many files: some events again, some with other content, a large file, and files that are no logs."""
    folder = tmp_path_factory.mktemp("spark logs")
    CLOUD.write_to(folder)
    changed = json.loads(dumps(CLOUD.records[::5]))
    for n, record in enumerate(changed):
        [with_agent, with_parameters, with_identity][n % 3](record, CLOUD.records[0])
    (folder / "z changed.json").write_text(dumps({"Records": changed}))
    (folder / "again.json.gz").write_bytes(gzip.compress(dumps(CLOUD.records[::3]).encode()))
    (folder / "large.json").write_text(dumps({"Records": CLOUD.records}) + " " * LARGE)
    (folder / "notes.txt").write_text("no log\n")
    (folder / "cut.json").write_text('{"Records": [{"eventName": "x"')
    shutil.make_archive(str(folder / "packed"), "zip", ROOT / "examples" / "incident" / "logs")
    return folder


LARGE = 1_000_000


@pytest.fixture(scope="module")
def direct(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What a store says that loaded the logs without Spark."""
    with lineage.open(tmp_path_factory.mktemp("direct") / "lineage.db") as store:
        store.load([logs])
        return told(store)


def told(store: lineage.Store) -> Said:
    """What a store says, and the sums of its only load without what depends on the order of reading."""
    other = {"id", "started", "finished", "paths", "conflicting", "no_records"}
    (load,) = store.info().loads
    unread = sorted(one.path for one in load.no_records)
    return said(store, ASKED) | {"sums": load.model_dump(mode="json", exclude=other), "unread": unread}


def dying(name: str, end: Callable[[], object]) -> Callable[[Any], Iterator[Any]]:
    """That function of a task, whose first attempt ends after what it yields first."""

    def attempt(arrow: Any) -> Iterator[Any]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        for one in getattr(lineage.spark, name)(arrow):
            yield one
            if context.attemptNumber() == 0:
                end()

    return attempt


@pytest.fixture(scope="module")
def aggregated(spark: SparkSession, logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logs, aggregated by tasks that all fail at their first attempt: those that read kill their Python, those that
    merge raise. One file goes the way of large ones."""

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def fail() -> None:
        raise RuntimeError("the first attempt fails")

    output = tmp_path_factory.mktemp("aggregated") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineage.spark, "WHOLE_BYTES", LARGE)
        for name, end in (("read_whole", kill), ("read_streams", kill), ("merge_parts", fail)):
            patch.setattr(lineage.spark, name, dying(name, end))
        manifest = lineage.spark.aggregate(spark, [str(logs)], str(output))
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for job in tracker.getJobIdsForGroup() for stage in stages_of(tracker, job)]

    assert sum(stage.numFailedTasks for stage in stages if stage is not None) >= 3
    assert manifest.files == sum(1 for path in logs.rglob("*") if path.is_file())
    return output


def stages_of(tracker: Any, job: int) -> list[int]:
    """The stages of a job."""
    info = tracker.getJobInfo(job)
    return list(info.stageIds) if info is not None else []


def test_tasks_that_die_change_nothing(aggregated: Path, direct: Said, target: str) -> None:
    """What tasks made that died and ran again loads like the logs: graph, answers and sums; twice changes nothing."""
    with lineage.open(target) as store:
        store.load([aggregated])
        assert different(direct, told(store)) == ""
        again = store.load([aggregated]).sums

        assert again.loaded == 0
        assert different({k: v for k, v in direct.items() if k not in ("sums", "unread")}, said(store, ASKED)) == ""


def test_beside_the_logs_changes_nothing(aggregated: Path, logs: Path, direct: Said, tmp_path: Path) -> None:
    """A store that loads the logs and then the folder has nothing new, and knows the files by the same paths."""
    with lineage.open(tmp_path / "a.db") as store:
        store.load([aggregated])
        read = next(path for path in sorted(logs.rglob("*.json.gz")))
        assert store.file_hash(str(read)) is not None
        second = store.load([logs]).sums

        assert second.loaded == 0
        assert different({k: v for k, v in direct.items() if k not in ("sums", "unread")}, said(store, ASKED)) == ""


def test_events_of_one_row_and_hour_are_together(aggregated: Path) -> None:
    """Exact copies are dropped by the cluster, and a row is in one batch, but for events with different copies."""
    found = saved(str(aggregated))
    assert found is not None
    batches: list[Batch] = list(found.batches())
    rows = Counter(row for batch in batches for row in batch.rows)
    most = max(rows.values())

    assert found.manifest.read == found.manifest.events + found.manifest.duplicate + found.manifest.set_aside
    assert found.manifest.duplicate > len(CLOUD.records)
    assert most <= 2
    assert all(part.sha256 for part in found.manifest.parts)


def test_batches_stay_small_where_an_hour_is_large(logs: Path, direct: Said, tmp_path: Path) -> None:
    """An hour whose parts are more than fits is cut into batches, each within the limit, which load like the logs."""
    files = sorted(str(path) for path in logs.rglob("*") if path.is_file())
    objects = [{"path": f"file:{path}", "content": Path(path).read_bytes()} for path in files]
    limit = 30_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineage.spark, "AIM_BYTES", limit // 3)
        patch.setattr(lineage.spark, "MOST_BYTES", limit)
        patch.setattr(lineage.spark, "READ_EVENTS", 10)
        pieces = [row for some in lineage.spark.read_whole(iter([record_batch(objects)])) for row in some.to_pylist()]
        pieces.sort(key=lambda row: (row["hour"], row["bucket"]))
        found = list(lineage.spark.merge_parts(record_batch([row]) for row in pieces))
    batches = [DECODER.decode(row["batch"]) for some in found for row in some.to_pylist()]
    with lineage.open(tmp_path / "a.db") as store:
        load_batches(store, batches)
        assert different(direct, told(store)) == ""

    sizes = [len(ENCODER.encode(batch)) for batch in batches]

    assert max(len(piece["batch"]) for piece in pieces) < limit
    assert max(sizes) <= limit
    assert len(pieces) > 2 * len(sizes) > 20


def record_batch(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows as Spark hands them over."""
    return pa.RecordBatch.from_pylist(rows)


def test_the_command_writes_what_load_takes(spark: SparkSession, run: Shell, tmp_path: Path) -> None:  # noqa: F811
    """`lineage spark-aggregate`, then `lineage load`, print the sums of the incident; a second run is refused."""
    logs, output = str(ROOT / "examples" / "incident" / "logs"), str(tmp_path / "aggregated")
    done = run("spark-aggregate", logs, output)
    loaded = run("load", output)
    again = run("spark-aggregate", logs, output)

    assert (done.code, done.out) == (0, "")
    assert "18 files, 116 kB: 1,059 records read = 926 events + 133 duplicate + 0 set aside\n" in done.err
    assert [line.split()[-1] for line in loaded.out.splitlines() if line[:1] in "r=+" and line] == [
        "records", "1,059", "926", "133", "0"
    ]  # fmt: skip
    assert again.code == 2
    assert "[PATH_ALREADY_EXISTS]" in again.err
    assert again.err.count("\n") == 1


def test_wrong_inputs_give_one_line(spark: SparkSession, tmp_path: Path) -> None:
    """No such folder, an empty folder, and a job that fails: one line, and no manifest."""
    with pytest.raises(BadUse, match=r"^Spark: \[PATH_NOT_FOUND\].*none[^\n]*$"):
        lineage.spark.aggregate(spark, [str(tmp_path / "none")], str(tmp_path / "out"))
    (tmp_path / "logs").mkdir()
    with pytest.raises(NotFound, match="no files there"):
        lineage.spark.aggregate(spark, [str(tmp_path / "logs")], str(tmp_path / "out"))
    (tmp_path / "logs" / "a.json").write_text(dumps(CLOUD.records[:1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lineage.spark, "read_whole", failing)
        with pytest.raises(LineageError, match=r"^Spark: RuntimeError: the disk is full$"):
            lineage.spark.aggregate(spark, [str(tmp_path / "logs")], str(tmp_path / "out"))

    assert not (tmp_path / "out" / MANIFEST).exists()
    if (tmp_path / "out" / PARTS).exists():
        with pytest.raises(BadUse, match="did not finish"):
            saved(str(tmp_path / "out"))


def failing(arrow: Any) -> Iterator[Any]:
    """A task that always fails."""

    def fail(some: Any) -> None:
        raise RuntimeError("the disk is full")

    return map(fail, arrow)
