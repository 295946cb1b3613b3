"""A load that is killed at any instant, again and again, and then finished equals a clean load."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lineage
from tests.aws import Cloud
from tests.conftest import ROOT
from tests.same import different, said

if TYPE_CHECKING:
    from tests.neo4j_server import Server

LOAD = "import sys, lineage; print('loading', flush=True); lineage.open(sys.argv[1]).load(sys.argv[2:], processes=1)"
KILLS = 5
ASKED = slice(None, None, 9)
"""Events that are asked about; the graph is compared whole."""


def many_sessions(people: int = 16) -> Cloud:
    """Enough sessions, keys and hours that a load has many instants at which it may end."""
    cloud = Cloud(seed=11)
    home, work = cloud.account("home"), cloud.account("work")
    roles = [cloud.role(home, "admin"), cloud.role(work, "deploy")]
    for n in range(people):
        user = cloud.user(home, f"user{n}")
        first = cloud.assume_role(user, roles[0], f"s{n}")
        cloud.tick(7)
        second = cloud.assume_role(first, roles[1], f"t{n}")
        cloud.deny_assume_role(second, roles[0])
        for _ in range(5):
            cloud.tick(11)
            cloud.call(second, "ec2.amazonaws.com", "DescribeInstances")
            cloud.attach_role_policy(first, roles[0], "arn:aws:iam::aws:policy/ReadOnlyAccess")
        cloud.create_access_key(first, user)
        cloud.tick(300)
    return cloud


def start(target: str, folder: Path) -> subprocess.Popen[str]:
    """A process that has begun to load the folder into the store."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, target, str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    return process


def killed(target: str, folder: Path, after_seconds: float) -> bool:
    """Whether a load of the folder was still running when it was killed after these seconds."""
    with start(target, folder) as process:
        time.sleep(after_seconds)
        process.send_signal(signal.SIGKILL)
    return process.returncode == -signal.SIGKILL


def emptied(target: str, request: pytest.FixtureRequest) -> None:
    """Make the store as empty as it came."""
    if "://" in target:
        server: Server = request.getfixturevalue("neo4j_any")
        server.wipe(schema=False)
    else:
        for path in Path(target).parent.glob(f"{Path(target).name}*"):
            path.unlink()


def test_killed_again_and_again_equals_a_clean_load(
    target: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A load that was killed at random instants and then finished gives the graph and answers of a clean one."""
    cloud = many_sessions()
    logs = tmp_path / "logs"
    cloud.write_to(logs)
    with lineage.open(tmp_path / "clean.db") as clean:
        clean.load([logs])
        expected = said(clean, cloud.records[ASKED])
    with start(target, logs) as process:
        began = time.monotonic()
        process.wait(timeout=60)
        whole = time.monotonic() - began
    emptied(target, request)
    chance = random.Random(5)
    caught = tries = 0
    while caught < KILLS and tries < 15:
        tries += 1
        if killed(target, logs, chance.random() * whole):
            caught += 1
        else:  # it was done before: begin again, and come earlier
            emptied(target, request)
            caught, whole = 0, 0.6 * whole
    with lineage.open(target) as store:
        store.load([logs])
        finished, unfinished = said(store, cloud.records[ASKED]), store.info().unfinished

    assert caught == KILLS
    assert different(expected, finished) == ""
    assert unfinished == 0
