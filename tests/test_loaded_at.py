"""Each answer about an identity names the load since which it is as it is."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import lineage
from lineage.commands.who import stream
from lineage.questions.registry import blocks_of
from lineage.render import terminal
from lineage.stores.sqlite.store import SQLiteStore
from loaders.batches.parallel import batches
from loaders.files.sources import find

if TYPE_CHECKING:
    from lineage import Store

STORY = Path(__file__).parent / "stories" / "callers-account-loaded"
OURS, THEIRS = STORY / "ours.json", STORY / "theirs.json"
CALL = "e0000000-0000-4000-8000-000000000004"


def finished(store: Store) -> str:
    """When the last load ended."""
    found = store.info().loads[-1].finished
    assert found is not None
    return found


def next_second() -> None:
    """Wait, so that what is loaded now is loaded later than what was loaded before."""
    time.sleep(1.01 - time.time() % 1)


def times(store: Store, ask: str) -> dict[str, str | None]:
    """`loaded_at` of each question about an identity."""
    session, report = store.session(ask), store.investigate(ask)
    assert session.sight is not None
    timeline = store.timeline(ask)
    assert timeline.sight is not None
    return {
        "who": store.who(ask).loaded_at, "trace": store.trace(ask).loaded_at, "session": session.sight.loaded_at,
        "timeline": timeline.sight.loaded_at, "blast": store.blast(ask).sight.loaded_at,
        "investigate": report.sight.loaded_at, "its group": report.groups[0].sight.loaded_at,
    }  # fmt: skip


def test_the_load_that_changed_an_answer_is_named(store: Store) -> None:
    """The caller's account, loaded later, changes the answer, which names that load; the same logs again do not."""
    store.load([OURS])
    one, first = store.who(CALL), finished(store)
    next_second()
    store.load([THEIRS])
    other, second = store.who(CALL), finished(store)
    next_second()
    store.load([OURS, THEIRS])

    assert first < second < finished(store)
    assert one.answers[0].origin != other.answers[0].origin
    assert (one.loaded_at, other.loaded_at) == (first, second)
    assert store.who(CALL) == other
    assert set(times(store, CALL).values()) == {second}


def test_the_line_is_shown(store: Store) -> None:
    """Every answer that has the time shows it in one line."""
    store.load([OURS, THEIRS])
    at = finished(store).replace("T", " ")
    line = f"evidence loaded {at}; asked earlier, the answer could differ"
    answers = [
        store.who(CALL), store.trace(CALL), store.session(CALL), store.timeline(CALL), store.blast(CALL),
        store.investigate(CALL),
    ]  # fmt: skip

    for answer in answers:
        assert line in terminal.text(blocks_of(answer)), answer.stem()


def test_what_rests_on_no_event_names_no_load(store: Store) -> None:
    """What is not found, or was never called, has no time."""
    store.load([OURS])

    assert store.who("AKIAIOSFODNN7ABCDEFG").loaded_at is None
    assert store.session("AKIAIOSFODNN7ABCDEFG").sight is None


def test_an_event_that_another_copy_fills_counts_as_loaded_then(store: Store, tmp_path: Path) -> None:
    """A fuller copy of an event, in another file, changes answers and so its time."""
    record = json.loads(OURS.read_text())["Records"][-1]
    thin, whole = tmp_path / "thin.json", tmp_path / "whole.json"
    thin.write_text(json.dumps({"Records": [{n: v for n, v in record.items() if n != "userAgent"}]}))
    whole.write_text(json.dumps({"Records": [record]}))
    store.load([thin])
    next_second()
    store.load([whole])

    assert store.who(record["eventID"]).loaded_at == finished(store)


def test_a_killed_load_counts_as_ended_by_the_next(tmp_path: Path) -> None:
    """What a load brought that never ended has the time of the next load, which derives it; before that it has none."""
    store = SQLiteStore(tmp_path / "lineage.db")
    load = store.begin_load([str(OURS)])
    for batch in batches(find([str(OURS)]), 1, None):
        store.add(load, batch)
    with lineage.open(tmp_path / "lineage.db") as asked:
        before = asked.who(CALL).loaded_at
        asked.load([OURS])

        assert before is None
        assert asked.who(CALL).loaded_at == finished(asked)
    store.close()


def test_many_asks_leave_it_out(store: Store) -> None:
    """`who -` answers as `who` does, but for the time."""
    store.load([OURS, THEIRS])
    reading, writing = os.pipe()
    os.write(writing, f"{CALL}\n".encode())
    os.close(writing)
    out = io.BytesIO()
    stream(store, reading, out, {"ask": "-"})
    os.close(reading)

    assert json.loads(out.getvalue()) == store.who(CALL).as_json() | {"loaded_at": None}
