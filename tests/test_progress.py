"""What a load says while it runs: how far it has come, what it waits for, and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import lineage
from lineage.load import Progress, Waits
from tests.aws import Cloud
from tests.aws.files import ndjson
from tests.strategies import history

LOGS = Path(__file__).parent.parent / "examples" / "incident" / "logs"


def test_a_load_reports_each_stage(store: lineage.Store) -> None:
    """Reports count up to all files and bytes; deriving follows reading, and its time left ends at zero."""
    reports: list[Progress] = []
    sums = store.load([LOGS], progress=reports.append).sums
    stages = [one.stage for one in reports]
    derived = [one for one in reports if one.stage == "deriving"]
    read = [one for one in reports if one.stage in ("reading", "writing")]

    assert stages == [*(one.stage for one in read), *["deriving"] * len(derived), *stages[len(read) + len(derived) :]]
    assert set(stages[len(read) + len(derived) :]) <= {"settling"}
    assert read
    assert derived
    assert derived[-1].left == 0
    assert (read[-1].files_done, read[-1].bytes_done, read[-1].events) == (sums.files, sums.bytes, sums.read)
    assert (read[-1].files_total, read[-1].bytes_total, read[-1].left) == (sums.files, sums.bytes, 0)
    assert [one.seconds for one in reports] == sorted(one.seconds for one in reports)


def test_a_load_waits_for_what_is_slower() -> None:
    """Where batches come slowly it waits for reading, where writing them takes longer for writing."""

    def batches() -> Iterator[int]:
        for n in range(4):
            time.sleep(0.05)
            yield n

    slow, fast = Waits(), Waits()
    for _ in slow.reading(batches()):
        slow.written(0.001)
    for _ in fast.reading(range(4)):
        fast.written(0.05)

    assert (slow.stage, fast.stage, Waits().stage) == ("reading", "writing", "reading")


def test_nothing_new_is_derived_in_no_time(store: lineage.Store, tmp_path: Path) -> None:
    """A load that repeats another has nothing to derive, and says so by leaving that stage out."""
    (tmp_path / "a.ndjson").write_text(ndjson(history(3, [("assume", 0, 0, 5), ("read", 3, 0, 5)]).records))
    store.load([tmp_path / "a.ndjson"])
    reports: list[Progress] = []
    store.load([tmp_path / "a.ndjson"], progress=reports.append)

    assert reports
    assert "deriving" not in {one.stage for one in reports}


def test_one_large_file_is_told_while_it_is_read(tmp_path: Path) -> None:
    """The bytes of a file count while it is read, and in the end all of them, each once."""
    cloud = Cloud(seed=3)
    user = cloud.user(cloud.account("home"), "ana")
    for _ in range(200):
        cloud.call(user, "ec2.amazonaws.com", "DescribeInstances")
    records = [{**record, "eventID": f"{n}-{record['eventID']}"} for n in range(130) for record in cloud.records]
    log = tmp_path / "a.ndjson"
    log.write_text(ndjson(records))
    reports: list[Progress] = []
    with lineage.open(tmp_path / "lineage.db") as store:
        sums = store.load([log], progress=reports.append, processes=1).sums
    done = [one.bytes_done for one in reports if one.stage in ("reading", "writing")]

    assert 0 < done[0] < log.stat().st_size
    assert done == sorted(done)
    assert done[-1] == sums.bytes == log.stat().st_size
    assert reports[0].left
