"""Compares this version with an older one, side by side on the same logs.

    python -m benchmarks.against --events 50000

Checks the older commit out beside this one, and measures both by turns: what else the machine does then disturbs
both alike. Times are processor time, of all processes for a whole load; the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.bench import Line, forget, say, table
from benchmarks.corpus import make

OLD = "a18c432"
"""The commit that the bars are about."""
ROUNDS = 3
ROOT = Path(__file__).parent.parent
BARS = {
    "ordinary": {"load": 0.4, "read": 0.55, "write": 0.35, "bytes": 0.35},
    "steady": {"load": 0.4, "read": 0.55, "write": 0.35, "bytes": 0.45},
}
"""Shares of the older version's figure, by corpus."""
UNITS = {
    "load": "whole embedded load, processor time",
    "read": "read + aggregate, one process",
    "write": "the writing process alone",
    "bytes": "store",
}


class Version(NamedTuple):
    """A checkout and the figures that were measured of it."""

    name: str
    root: Path
    best: dict[str, float]


def checkout(commit: str, folder: Path) -> Path:
    """Return the files of a commit. Raises `SystemExit` where the repository does not have it."""
    done = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"against: the repository does not have commit {commit}: git fetch --unshallow")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=done.stdout, check=True)
    return folder


def measure(version: Version, logs: Path, work: Path) -> None:
    """Measure every part once and keep the best of each, in microseconds or bytes an event."""
    store = str(work / "against.db")
    environment = {**os.environ, "PYTHONPATH": str(version.root)}
    for part in ("read", "write"):
        forget(store)
        command = [sys.executable, str(ROOT / "benchmarks" / "probe.py"), part, str(logs), store]
        done = subprocess.run(command, env=environment, cwd=version.root, stdout=subprocess.PIPE, text=True, check=True)
        result = json.loads(done.stdout)
        keep(version, part, result["seconds"] / result["events"] * 1e6)
    forget(store)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from lineage.cli import main; main()", "load", str(logs), "--store", store]
    subprocess.run(command, env=environment, cwd=version.root, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    keep(version, "load", seconds / result["events"] * 1e6)
    keep(version, "bytes", Path(store).stat().st_size / result["events"])


def keep(version: Version, part: str, value: float) -> None:
    """Keep the best value of a part."""
    version.best[part] = min(value, version.best.get(part, value))


def compared(events: int, seed: int, commit: str, work: Path) -> Iterator[Line]:
    """Return a line for each part and corpus."""
    old = checkout(commit, work / "old")
    for corpus, bars in BARS.items():
        logs = work / corpus
        say(f"{corpus}: {make(logs, events, seed, steady=corpus == 'steady')}")
        versions = [Version(commit, old, {}), Version("this", ROOT, {})]
        for number in range(ROUNDS):
            say(f"{corpus}, round {number + 1} of {ROUNDS}")
            for version in versions if number % 2 else versions[::-1]:
                measure(version, logs, work)
        before, now = (version.best for version in versions)
        for part, bar in bars.items():
            unit = "bytes" if part == "bytes" else "µs"
            ratio = now[part] / before[part]
            yield Line(
                f"{UNITS[part]}, {corpus}",
                f"{before[part]:,.1f} -> {now[part]:,.1f} {unit} an event",
                f"{ratio:.2f}",
                f"≤ {bar}",
                ratio <= bar,
            )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.against", description=__doc__)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--commit", default=OLD, help="the older version")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineage-against-") as folder:
        print(table(compared(args.events, args.seed, args.commit, Path(folder))))


if __name__ == "__main__":
    main()
