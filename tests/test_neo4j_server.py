"""The Neo4j servers that other tests stand on are real, of both release lines, and can be emptied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import neo4j_server as subject
from tests.neo4j_server import LATEST, LTS, NotEmpty, Server, Unavailable


def test_each_line_answers(neo4j_server: Server, request: pytest.FixtureRequest) -> None:
    """Both release lines run and say what they are."""
    line = request.node.callspec.params["neo4j_server"]

    assert [row["one"] for row in neo4j_server.driver().execute_query("RETURN 1 AS one").records] == [1]
    assert neo4j_server.version.startswith("5.") == (line == "lts")


def test_wipe_leaves_nothing(neo4j_server: Server) -> None:
    """After a wipe there is no node, no constraint and no index but the two that every database has."""
    driver = neo4j_server.driver()
    driver.execute_query("CREATE CONSTRAINT one FOR (n:Wiped) REQUIRE n.key IS UNIQUE")
    driver.execute_query("CREATE INDEX two FOR (n:Wiped) ON (n.other)")
    driver.execute_query("CREATE (:Wiped {key: 1})-[:TO]->(:Wiped {key: 2})")

    neo4j_server.wipe()

    assert driver.execute_query("MATCH (n) RETURN count(n) AS n").records[0]["n"] == 0
    assert driver.execute_query("SHOW CONSTRAINTS").records == []
    assert {row["type"] for row in driver.execute_query("SHOW INDEXES").records} == {"LOOKUP"}


def test_a_given_database_with_data_is_refused(neo4j_lts: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests never empty a database of somebody's own, unless told so; an empty one they take."""
    neo4j_lts.wipe(schema=False)
    monkeypatch.setenv("NEO4J_URI", neo4j_lts.uri)
    empty = subject.obtain(LTS)
    empty.stop()
    neo4j_lts.driver().execute_query("CREATE (:Precious)")

    with pytest.raises(NotEmpty, match="not empty"):
        subject.obtain(LTS)
    monkeypatch.setenv("NEO4J_ALLOW_NONEMPTY", "1")
    told = subject.obtain(LTS)
    told.stop()
    neo4j_lts.wipe(schema=False)

    assert (empty.uri, empty.how) == (neo4j_lts.uri, "NEO4J_URI")
    assert told.how == "NEO4J_URI"


def test_a_server_of_the_other_line_is_not_taken(
    neo4j_lts: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where only 5.26 is given, nothing passes for the calendar release, and the reasons are named."""
    monkeypatch.setenv("NEO4J_URI", neo4j_lts.uri)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no-docker'}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Unavailable, match=rf"NEO4J_URI is Neo4j {neo4j_lts.version}; no Docker .*; no "):
        subject.obtain(LATEST)


def test_a_server_ends_with_the_tests_that_started_it(tmp_path: Path) -> None:
    """A test run that is killed leaves no server process and no folder behind."""
    marker = tmp_path / "home"
    marker.mkdir()
    script = f"""
import subprocess, sys
from tests.neo4j_server import SUPERVISOR
child = subprocess.Popen(["sh", "-c", SUPERVISOR, {str(marker)!r}, "sleep", "600"], stdin=subprocess.PIPE)
print("up", flush=True)
child.wait()
"""
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent)
    with run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"up\n"
        time.sleep(0.2)
        still_there = marker.exists()
        os.kill(run.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while marker.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert still_there
    assert not marker.exists()
