"""Measures what needs millions of events, in one run, and compares it with the targets.

    python -m benchmarks.large --events 1000000 --sessions 100000 --windowed 10000000

Making and loading ten million events takes most of an hour; 0 leaves a part out.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import memory
from benchmarks.bench import MEGABYTE, SHELL_ASKS, Line, Target, command, expect, run, say, table
from benchmarks.corpus import EVENTS_PER_HOUR, START, make
from benchmarks.organisation import HOUR_SECONDS
from benchmarks.parts import LINEAGE

WEEK_HOURS = 168
WHOLE = ("hunt", "names", "central", "chains")
"""Questions about the whole store."""


def growing(work: Path, events: int, seed: int) -> Iterator[Line]:
    """Return the time of a load with a tenth of the events and with all, and of reports on all."""
    seconds = {}
    keys: Sequence[str] = ()
    for size in (events // 10, events):
        logs = work / f"logs-{size}"
        made = make(logs, size, seed)
        say(str(made))
        keys = made.keys
        result = run("load", None, paths=[str(logs)], store=str(work / f"{size}.db"))
        expect("load", result["events"], size)
        seconds[size] = result["seconds"]
    ratio = seconds[events] / seconds[events // 10]
    what = f"load, {events // 10:,} and {events:,} events"
    figure = f"{seconds[events // 10]:,.1f} s, {seconds[events]:,.1f} s"
    yield Line(what, figure, f"{ratio:.1f} x", "≤ 10.5 x", ratio <= 10.5)
    asks = random.Random(seed).choices(keys, k=SHELL_ASKS)
    took = run("investigate_shell", Target(str(work), {}), store=str(work / f"{events}.db"), asks=asks)
    yield Line(
        f"investigate, {events:,} events, from the shell",
        f"{took['median']:,.2f} s, at most {took['slowest']:,.2f} s",
        "",
        "< 3 s, at most 4 s",
        took["median"] < 3 and took["slowest"] <= 4,
    )


def whole(work: Path, sessions: int, seed: int) -> Iterator[Line]:
    """Return time and memory of questions about a store with that many sessions."""
    logs, store = work / "sessions", str(work / "sessions.db")
    say(str(make(logs, sessions * 3, seed, sessions)))
    run("load", None, paths=[str(logs)], store=store)
    for question in WHOLE:
        seconds, peak = asked(question, "--store", store)
        yield Line(
            f"{question}, {sessions:,} sessions, from the shell",
            f"{seconds:,.1f} s, {peak / MEGABYTE:,.0f} MB",
            "",
            "< 5 s, < 600 MB",
            seconds < 5 and peak < 600 * MEGABYTE,
        )


def windowed(work: Path, events: int, seed: int) -> Iterator[Line]:
    """Return the time of questions about a week of a large store."""
    logs, store = work / "windowed", str(work / "windowed.db")
    say(str(make(logs, events, seed)))
    run("load", None, paths=[str(logs)], store=store)
    first = START + max(0, events // EVENTS_PER_HOUR - 2 * WEEK_HOURS) * HOUR_SECONDS
    week = ["--since", day(first), "--until", day(first + WEEK_HOURS * HOUR_SECONDS)]
    for question, *ask in (("denied",), ("touched", BUCKET), ("from", ADDRESS)):
        seconds, _ = asked(question, *ask, *week, "--store", store)
        yield Line(f"{question}, a week of {events:,} events", f"{seconds:,.2f} s", "", "< 2 s", seconds < 2)


BUCKET = "arn:aws:s3:::orders-api-529963104478-us-east-1"
ADDRESS = "198.51.100.24"
"""Of the outside auditor."""


def day(seconds: int) -> str:
    """Return a time as the commands take it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked(*words: str) -> tuple[float, int]:
    """Return seconds and peak memory of a command in its own process, and print nothing of its answer."""
    begin = time.perf_counter()
    _, peak = memory.run(command("quietly"), json.dumps({"command": [*LINEAGE, *words]}))
    return time.perf_counter() - begin, peak


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--windowed", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineage-large-") as folder:
        work = Path(folder)
        lines = [
            *(growing(work, args.events, args.seed) if args.events else ()),
            *(whole(work, args.sessions, args.seed) if args.sessions else ()),
            *(windowed(work, args.windowed, args.seed) if args.windowed else ()),
        ]
    print(table(lines))


if __name__ == "__main__":
    main()
