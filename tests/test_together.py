"""Two loads at once, each with half of the story, equal one clean load."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import lineage
from tests.aws import Cloud, Json
from tests.aws.files import dumps
from tests.conftest import ROOT
from tests.same import different, said

if TYPE_CHECKING:
    from lineage import Store

READY = (
    "import sys, lineage, lineage.load\n"
    "store = lineage.open(sys.argv[1])\n"
    "print('ready', flush=True)\n"
    "for path in sys.argv[2:]:\n"
    "    sys.stdin.readline()\n"
    "    store.load([path], processes=1)\n"
    "    print('loaded', flush=True)\n"
)
ROUNDS = 3
ASKED = slice(None, None, 5)
"""Events that are asked about; the graph is compared whole."""


def begin(target: str, paths: list[Path]) -> subprocess.Popen[str]:
    """A process that has the store open and loads one path after another, each when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", READY, target, *map(str, paths)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def at_once(target: str, ones: list[Path], others: list[Path]) -> None:
    """Two processes load at the same moment, pair by pair."""
    both = [begin(target, ones), begin(target, others)]
    for _ in ones:
        for process in both:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in both:
            assert process.stdout is not None
            assert process.stdout.readline() == "loaded\n"
    for process in both:
        process.communicate(timeout=60)

        assert process.returncode == 0


def grants_and_uses(seed: int, sessions: int = 12) -> tuple[list[Json], list[Json]]:
    """Grants of some sessions, and the calls and further grants that were made with them."""
    cloud = Cloud(seed)
    home, work = cloud.account("home"), cloud.account("work")
    user, admin, deploy = cloud.user(home, "ana"), cloud.role(home, "admin"), cloud.role(work, "deploy")
    grants: list[Json] = []
    for n in range(sessions):
        before = len(cloud.records)
        session = cloud.assume_role(user, admin, f"s{n}")
        grants += cloud.records[before:]
        cloud.tick(2)
        cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
        further = cloud.assume_role(session, deploy, f"t{n}")
        cloud.tick(1)
        cloud.call(further, "s3.amazonaws.com", "ListBuckets")
    ids = {r["eventID"] for r in grants}
    return grants, [r for r in cloud.records if r["eventID"] not in ids]


def save(records: list[Json], path: Path) -> Path:
    path.write_text(dumps({"Records": records}))
    return path


def expected_of(records: list[Json], folder: Path) -> dict[str, object]:
    """What a clean load of the records says."""
    with lineage.open(folder / "clean.db") as clean:
        clean.load([save(records, folder / "clean.json")])
        return said(clean, records[ASKED])


def test_grants_in_one_and_uses_in_the_other(store: Store, target: str, tmp_path: Path) -> None:
    """A grant that one process loads and its use that another loads at the same moment are joined."""
    ones, others, records = [], [], []
    for n in range(ROUNDS):
        grants, uses = grants_and_uses(seed=n)
        records += grants + uses
        ones.append(save(grants, tmp_path / f"grants-{n}.json"))
        others.append(save(uses, tmp_path / f"uses-{n}.json"))
    at_once(target, ones, others)

    assert different(expected_of(records, tmp_path), said(store, records[ASKED])) == ""
    assert store.info().unfinished == 0


def test_shuffled_halves(store: Store, target: str, tmp_path: Path) -> None:
    """Any two halves of a history, with some events in both, give one graph when they are loaded at once."""
    ones, others, records = [], [], []
    chance = random.Random(3)
    for n in range(ROUNDS):
        grants, uses = grants_and_uses(seed=100 + n)
        mixed = grants + uses
        chance.shuffle(mixed)
        third = len(mixed) // 3
        records += mixed
        ones.append(save(mixed[: 2 * third], tmp_path / f"one-{n}.json"))
        others.append(save(mixed[third:], tmp_path / f"other-{n}.json"))
    at_once(target, ones, others)
    sums = store.info()

    assert different(expected_of(records, tmp_path), said(store, records[ASKED])) == ""
    assert sums.events == sum(load.loaded for load in sums.loads) == len(records)
