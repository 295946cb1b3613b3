"""The measured pieces, each in a process of its own so that none warms or burdens another.

    echo '{"argument": …}' | python -m benchmarks.parts NAME

prints one line of JSON. Times are seconds of wall clock, without the start of the interpreter. What is
measured is imported inside, so that no piece pays for another's imports.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

LINEAGE = (sys.executable, "-c", "from lineage.cli import main; main()")
"""The command `lineage`, also where it is not installed."""

OPENED = 7
"""Times that a picture is placed and opened."""

GZIP = 31
"""zlib's `wbits` for a stream with a gzip header."""


def one_core() -> None:
    """Keep this process and its threads on one core, if the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def floor(paths: Sequence[str]) -> dict[str, float]:
    """Return the seconds to read, gunzip and parse the files with the fastest tools, on one core."""
    import simdjson
    from isal import isal_zlib

    files = _files(paths)
    one_core()
    parser = simdjson.Parser()
    begin = time.perf_counter()
    for path in files:
        document = parser.parse(isal_zlib.decompress(path.read_bytes(), GZIP))
        del document  # the parser refuses to be used again while its document lives
    return {"seconds": time.perf_counter() - begin}


def read_and_aggregate(paths: Sequence[str], processes: int) -> dict[str, float]:
    """Seconds to turn the files into batches, the events in them, and the seconds to start processes.

    The start is that of the same work on as many small files as there are processes, and no part of
    `seconds`: it is the same for any number of events.
    """
    from loaders.batches.parallel import batches
    from loaders.files.sources import find

    def read(files: Sequence[str]) -> tuple[int, float]:
        begin = time.perf_counter()
        events = sum(len(batch.entries) for batch in batches(find(files), processes))
        return events, time.perf_counter() - begin

    if processes == 1:
        one_core()
    small = sorted(_files(paths), key=lambda file: file.stat().st_size)[:processes]
    _, start = read([str(file) for file in small])
    events, seconds = read(paths)
    return {"seconds": seconds - start, "events": events, "start": start}


def load(paths: Sequence[str], store: str) -> dict[str, float]:
    """Return the seconds of a complete load into a store, with the default number of processes."""
    import lineage

    begin = time.perf_counter()
    with lineage.open(store) as opened:
        report = opened.load(list(paths))
    return {"seconds": time.perf_counter() - begin, "events": report.sums.loaded}


def who(store: str, asks: Sequence[str]) -> dict[str, float]:
    """Return the seconds of one answer: median and 99th percentile."""
    import lineage

    seconds, found = [], 0
    with lineage.open(store) as opened:
        for ask in asks:
            begin = time.perf_counter()
            answer = opened.who(ask)
            seconds.append(time.perf_counter() - begin)
            found += answer.found
    return {"median": median(seconds), "p99": quantiles(seconds, n=100)[98], "found": found}


def who_shell(store: str, asks: Sequence[str]) -> dict[str, float]:
    """Return the seconds of `lineage who` as a process: median."""
    seconds = []
    for ask in asks:
        begin = time.perf_counter()
        command = [*LINEAGE, "who", ask, "--store", store, "--json"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - begin)
    return {"median": median(seconds)}


def who_stream(store: str, asks: Sequence[str]) -> dict[str, float]:
    """Return the seconds of one `lineage who -` for all identifiers, including its start, and how many were found."""
    lines = "".join(f"{ask}\n" for ask in asks)
    begin = time.perf_counter()
    command = [*LINEAGE, "who", "-", "--store", store]
    done = subprocess.run(command, input=lines, text=True, stdout=subprocess.PIPE, check=False)
    seconds = time.perf_counter() - begin
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if [answer["asked"] for answer in answers] != list(asks):
        raise SystemExit(f"`lineage who -` did not answer every line in order (exit {done.returncode})")
    return {"seconds": seconds, "found": sum(answer["found"] for answer in answers)}


def enrich(paths: Sequence[str], store: str) -> dict[str, float]:
    """Return the seconds to write the logs with their origins as NDJSON, on one core, and the number of records."""
    import lineage
    from lineage.enrich import Sums
    from lineage.render.streams import ndjson

    one_core()
    sums = Sums()
    with lineage.open(store) as opened, Path(os.devnull).open("wb") as out:
        begin = time.perf_counter()
        ndjson(opened.enrich(list(paths), sums=sums), out)
        seconds = time.perf_counter() - begin
    return {"seconds": seconds, "events": sums.written}


def investigate_shell(store: str, asks: Sequence[str]) -> dict[str, float]:
    """Return the seconds of `lineage investigate` as a process: median and maximum."""
    seconds = []
    for ask in asks:
        begin = time.perf_counter()
        command = [*LINEAGE, "investigate", ask, "--store", store]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - begin)
    return {"median": median(seconds), "slowest": max(seconds)}


def peer_duckdb(paths: Sequence[str]) -> dict[str, float]:
    """Return the processor time in which DuckDB parses the files and groups the events as our rows do; nothing where it
    is not installed."""
    try:
        import duckdb
    except ImportError:
        return {}
    begin = time.process_time()
    ((events,),) = duckdb.sql(
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM (SELECT unnest(Records) AS r FROM read_json("
        f"{[f'{path}/**/*.gz' for path in paths]}, columns={{Records: 'JSON[]'}}, maximum_object_size=1073741824)) "
        "GROUP BY r->>'$.userIdentity', r->>'$.eventSource', r->>'$.eventName', r->>'$.awsRegion', "
        "r->>'$.sourceIPAddress', r->>'$.userAgent', r->>'$.errorCode', left(r->>'$.eventTime', 13))"
    ).fetchall()
    return {"seconds": time.process_time() - begin, "events": events}


def peer_trailscraper(paths: Sequence[str]) -> dict[str, float]:
    """Return the processor time in which trailscraper prints the records; nothing where it is not installed."""
    program = shutil.which("trailscraper")
    if program is None:
        return {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "select", "--log-dir", *paths]
    done = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "events": len(json.loads(done.stdout)["Records"])}


def quietly(command: Sequence[str]) -> dict[str, float]:
    """Return the exit code of a command whose answer nobody reads."""
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command[3:])} failed with exit code {done.returncode}")
    return {"code": done.returncode}


def layout(nodes: int) -> dict[str, float]:
    """Return the seconds to lay out the nodes of a picture without folding."""
    from lineage.draw.shape import placed, view
    from tests.crowd import crowd

    shown = view(crowd(nodes))
    seconds = []
    for _ in range(OPENED):
        begin = time.perf_counter()
        placed(shown)
        seconds.append(time.perf_counter() - begin)
    return {"seconds": median(seconds)}


def page(nodes: int, folder: str) -> dict[str, float]:
    """Return the seconds until a page with that many nodes is open in Chromium; nothing without Chromium."""
    from lineage.draw import files
    from tests.chromium import Missing, launched
    from tests.crowd import crowd

    file = Path(folder) / "crowd.html"
    file.write_text(files.page(crowd(nodes)), "utf-8")
    seconds = []
    try:
        for browser in launched():
            for _ in range(OPENED):
                tab = browser.new_page()
                begin = time.perf_counter()
                tab.goto(file.as_uri())
                drawn = tab.evaluate("lineagePage.cy().nodes().not('.frame').length")
                seconds.append(time.perf_counter() - begin)
                tab.close()
                if drawn != nodes:
                    raise SystemExit(f"bench: the page drew {drawn:,} of {nodes:,} nodes")
    except Missing as reason:
        print(f"bench: no Chromium: {reason}", file=sys.stderr)
        return {}
    return {"median": median(seconds), "slowest": max(seconds)}


def _files(paths: Sequence[str]) -> list[Path]:
    """Return the files, in the order of their names."""
    return sorted(file for path in map(Path, paths) for file in (path.rglob("*.gz") if path.is_dir() else (path,)))


PARTS: dict[str, Callable[..., dict[str, float]]] = {
    part.__name__: part
    for part in (
        floor,
        read_and_aggregate,
        load,
        who,
        who_shell,
        who_stream,
        enrich,
        investigate_shell,
        quietly,
        peer_duckdb,
        peer_trailscraper,
        layout,
        page,
    )
}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](**json.load(sys.stdin))))
