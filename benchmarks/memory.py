"""Measures the peak memory of a command with all processes that it starts."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

SAMPLE_SECONDS = 0.02
_PROC = Path("/proc")


def run(command: list[str], given: str = "") -> tuple[str, int]:
    """Standard output of a command that reads `given`, and the peak of its memory in bytes.

    On Linux the memory of the whole tree of processes at one instant, sampled every 20 ms: shared pages
    count once (PSS). Elsewhere the largest single process that has ended so far (`getrusage`), which is
    no more than a lower bound.

    Raises:
        subprocess.CalledProcessError: the command failed.
    """
    peak = 0
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        # Both are short, so that no pipe can fill while nobody reads it.
        process.stdin.write(given)
        process.stdin.close()
        while process.poll() is None:
            peak = max(peak, sum(_proportional(pid) for pid in _tree(process.pid)))
            time.sleep(SAMPLE_SECONDS)
        output = process.stdout.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    if not _PROC.is_dir():
        unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, the others kilobytes
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    return output, peak


def _tree(pid: int) -> Iterator[int]:
    """Return a process and all its descendants that still run."""
    yield pid
    for children in _PROC.glob(f"{pid}/task/*/children"):
        try:
            below = children.read_text().split()
        except OSError:
            continue
        for child in below:
            yield from _tree(int(child))


def _proportional(pid: int) -> int:
    """Return the bytes of memory of one process; pages shared by n processes count 1/n. 0 if it has ended."""
    try:
        text = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")]
    return sum(sizes) * 1024
