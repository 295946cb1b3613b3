"""`prune` forgets usage before a day and keeps facts, identities and sessions, whenever the logs are loaded."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.model.errors import BadUse
from tests.aws import epoch
from tests.conftest import ROOT
from tests.same import Said, different, graph_of, said, undeclared
from tests.strategies import clouds
from tests.test_properties import FEW, QUICK, Delivery, Load, arrangements, conflicting, one_load

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from tests.neo4j_server import Server

INCIDENT = ROOT / "examples" / "incident"
KEY = "AKIA3WQUP53HKQ7V2LCK"
EVENT = "c0ffee00-0000-4000-8000-000000000007"
KILLED = """
import os, signal, sys
import lineage
store = lineage.open(sys.argv[1])
left = int(sys.argv[2])
def count(text):
    global left
    left -= text.startswith(("DELETE", "INSERT", "COMMIT"))
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
store._store._db.set_trace_callback(count)
store._store.prune(1773273600)
"""
"""Prunes, and ends at one of the writing statements."""
Step = Load | int
"""A load, or the hour before which usage is forgotten."""


def outcome(target: str, steps: Sequence[Step], deliveries: Sequence[Delivery]) -> Said:
    """What a new store says after some loads and prunes."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(target or str(Path(folder) / "lineage.db")) as store:
        for n, step in enumerate(steps):
            if isinstance(step, int):
                store._store.prune(step * 3600)
                continue
            inner = Path(folder) / str(n)
            inner.mkdir()
            for name, content in step:
                (inner / name).write_bytes(content)
            if step:
                sums = store.load([inner / name for name, _ in step], processes=1).sums

                assert sums.read == sums.loaded + sums.duplicate + sums.set_aside
                assert sums.read + sums.passed.get("pruned", 0) >= len(step)
        told = said(store, [record for _, record in deliveries])
        info = store.info().model_dump(mode="json", exclude={"loads", "store", "bytes", "parts"})
        return told | {"info": info, "coverage": store.coverage().model_dump(mode="json")}


def hours_in(deliveries: Sequence[Delivery]) -> list[int]:
    """Hours at and after those of the events."""
    times = {epoch(record["eventTime"]) // 3600 for _, record in deliveries}
    return sorted(times | {hour + 1 for hour in times} | {0})


@QUICK
@given(st.data())
def test_it_makes_no_difference_when_is_pruned(data: st.DataObject) -> None:
    """Prune-then-load equals load-then-prune, also for contradicting copies, repeats and further prunes."""
    deliveries = data.draw(conflicting())
    earlier, line = sorted(data.draw(st.lists(st.sampled_from(hours_in(deliveries)), min_size=2, max_size=2)))
    (load,) = one_load(deliveries)
    expected = outcome("", [load, line], deliveries)

    assert different(expected, outcome("", [line, load], deliveries)) == ""
    assert different(expected, outcome("", [earlier, load, line, earlier, load], deliveries)) == ""


@QUICK
@given(st.data())
def test_events_that_come_again_change_nothing(data: st.DataObject) -> None:
    """Between any loads of the same records, in any order and repeated, a prune leaves the same store."""
    records = data.draw(clouds(twins=data.draw(st.booleans()), max_steps=16)).records
    again = data.draw(st.lists(st.sampled_from(records), max_size=12)) if records else []
    deliveries: list[Delivery] = [("record", record) for record in [*records, *again]]
    line = data.draw(st.sampled_from(hours_in(deliveries)))
    loads: list[Step] = list(data.draw(arrangements(deliveries)))
    loads.insert(data.draw(st.integers(0, len(loads))), line)

    assert different(outcome("", [*one_load(deliveries), line], deliveries), outcome("", loads, deliveries)) == ""


@FEW
@given(st.data())
def test_neo4j_forgets_the_same(neo4j_any: Server, data: st.DataObject) -> None:
    """Neo4j, pruned before or after the load, says what the embedded store says."""
    deliveries = data.draw(conflicting())
    earlier, line = sorted(data.draw(st.lists(st.sampled_from(hours_in(deliveries)), min_size=2, max_size=2)))
    (load,) = one_load(deliveries)
    expected = outcome("", [load, line], deliveries)
    orders: list[list[Step]] = [[load, line], [line, load], [earlier, load, line, earlier, load]]
    for steps in orders:
        neo4j_any.wipe(schema=False)

        assert different(expected, outcome(neo4j_any.uri, steps, deliveries)) == ""
        assert undeclared(neo4j_any) == []


def test_what_is_forgotten_and_what_stays(target: str) -> None:
    """Keys, sessions and grants answer as before; calls of the days before are gone, and the answers say so."""
    with lineage.open(target) as store:
        store.load([INCIDENT / "logs"], accounts=INCIDENT / "accounts.csv", processes=1)
        before, events = store.who(KEY), store.info().events
        chains, named = store.chains(), [one for one in store._store.search("") if one.label != "Resource"]
        pruned = store.prune(before="2026-03-12")
        after, info = store.who(KEY), store.info()

        assert pruned.before == info.pruned_before == "2026-03-12T00:00:00Z"
        assert pruned.events == events - info.events > 0
        assert info.first is not None
        assert info.first >= "2026-03-12T00:00:00Z"
        assert after.answers[0].origin == before.answers[0].origin
        assert after.answers[0].hops == before.answers[0].hops
        assert [one.origins for one in store.chains().chains] == [one.origins for one in chains.chains]
        assert not store.who(EVENT).found
        assert store.near(store.who(EVENT))[-1] == "events before 2026-03-12 00:00:00Z were pruned"

        assert [one for one in store._store.search("") if one.label != "Resource"] == named

        whole = graph_of(store)
        again = store.load([INCIDENT / "logs"], processes=1)

        assert again.sums.passed["pruned"] == pruned.events
        assert again.sums.loaded == 0
        assert different(whole, graph_of(store)) == ""
        assert store.info().relationships == info.relationships
        assert store.info().events == info.events
        assert store.prune(before="2026-03-01").before == "2026-03-12T00:00:00Z"
        assert store.prune(before="2026-03-12").events == 0


def test_pruned_days_are_a_gap(target: str) -> None:
    """`coverage`, `baseline` and `new` name the days whose usage was pruned; a window after them does not."""
    with lineage.open(target) as store:
        store.load([INCIDENT / "logs"], processes=1)
        assert "pruned" not in {gap.kind for gap in store.coverage().gaps}

        store.prune(before="2026-03-11")
        gaps = [gap for gap in store.coverage().gaps if gap.kind == "pruned"]
        baseline, new = store.baseline(KEY), store.new(KEY)

        assert [(gap.since, gap.until) for gap in gaps] == [(None, "2026-03-10T23:59:59Z")]
        assert store.coverage().cannot[0].startswith("Usage up to 2026-03-10 23:59:59Z was pruned")
        assert "pruned" not in {gap.kind for gap in store.coverage(since="2026-03-11").gaps}
        for answer in (baseline, new):
            assert answer.history is not None
            assert "usage up to 2026-03-10 23:59:59Z was pruned" in answer.history.lacking
            assert answer.history.sight.gaps[0].why == "usage was pruned"
        assert new.sight is not None
        assert "usage was pruned" not in {gap.why for gap in new.sight.gaps}


def test_a_day_to_come_is_refused(tmp_path: Path) -> None:
    """A day in the future would let all that is loaded be passed over."""
    with lineage.open(tmp_path / "lineage.db") as store, pytest.raises(BadUse, match="has not come"):
        store.prune(before="2999-01-01")


def test_a_killed_prune_changed_nothing_or_is_finished(tmp_path: Path) -> None:
    """Killed at any statement, the store is as before, and pruning it again gives the same."""
    clean, path = tmp_path / "clean.db", tmp_path / "killed.db"
    for one in (clean, path):
        with lineage.open(one) as store:
            store.load([INCIDENT / "logs"], processes=1)
    with lineage.open(clean) as store:
        whole = graph_of(store)
        store.prune(before="2026-03-12")
        expected = graph_of(store)
    for statements in (1, 2, 3, 5, 8, 11):
        killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(statements)], cwd=ROOT, check=False)

        assert killed.returncode == -signal.SIGKILL
        with lineage.open(path) as store:
            assert different(whole, graph_of(store)) == ""
    with lineage.open(path) as store:
        store.prune(before="2026-03-12")

        assert different(expected, graph_of(store)) == ""
