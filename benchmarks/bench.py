"""Measures speed and memory in one run and compares them with the targets.

    python -m benchmarks.bench --events 100000

The floor is what no loader can beat by much: gunzip and a simdjson parse of the same bytes on one core.
Pieces are measured in turns, each several times, and the best counts: what else the machine does then
disturbs the floor and the pieces alike.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from benchmarks import memory, serving
from benchmarks.corpus import make
from tests.neo4j_server import NotEmpty, Server, Unavailable, favourite, obtain

ROUNDS = 3
WHO_ASKS = 1_000
SHELL_ASKS = 7
DRAWN = 5_000
"""Nodes of the picture that is opened."""
STREAM_ASKS = 10_000
CREDENTIALS = 100_000
MEGABYTE = 1e6


class Line(NamedTuple):
    """One line of the table; `met` is None if there is no target, or nothing was measured."""

    what: str
    figure: str
    ratio: str = ""
    bar: str = ""
    met: bool | None = None


class Target(NamedTuple):
    """A store to load into, and the environment that reaches it."""

    store: str
    environment: Mapping[str, str]


def speed(logs: Path, events: int, work: Path, server: Server | None) -> Iterator[Line]:
    """Return the lines of the floor, reading and loading. `logs` holds `events` events."""
    embedded = Target(str(work / "speed.db"), {})
    paths = [str(logs)]
    best: dict[str, float] = {}

    def turn(name: str, part: str, target: Target | None = None, **arguments: object) -> None:
        if target:
            arguments["store"] = target.store
        result = run(part, target, paths=paths, **arguments)
        expect(name, result.get("events", events), events)
        best[name] = min(best.get(name, result["seconds"]), result["seconds"])
        if "start" in result:
            best[f"start {name}"] = min(best.get(f"start {name}", result["start"]), result["start"])

    for number in range(ROUNDS):
        say(f"speed, round {number + 1} of {ROUNDS}")
        turn("floor", "floor")
        turn("one", "read_and_aggregate", processes=1)
        turn("two", "read_and_aggregate", processes=2)
        forget(embedded.store)
        turn("load", "load", embedded)
        if server:
            server.wipe()
            turn("neo4j", "load", reach(server))
        turn("enrich", "enrich", embedded)

    floor = best["floor"]
    yield Line("floor: gunzip + simdjson parse, one core", rate(events / floor), "1.00")
    yield against("read + aggregate, one core", events, best["one"], floor, 0.5)
    yield against("read + aggregate, two cores", events, best["two"], floor, 0.9)
    yield Line("start of two processes, not counted above", f"{best['start two'] * 1e3:,.0f} ms")
    yield against("load, embedded", events, best["load"], floor, 0.25)
    pace = events / best["enrich"]
    yield Line("enrich, one core", rate(pace), "", "≥ 20,000", pace >= 20_000)
    if server:
        yield against(f"load, Neo4j {server.version}", events, best["neo4j"], floor, 0.10)
    else:
        yield Line("load, Neo4j", "no server", "", "≥ 0.10")


def asking(work: Path, credentials: int, server: Server | None, seed: int) -> Iterator[Line]:
    """How quickly `who` answers, from stores that hold that many issued keys; from a Neo4j a tenth of them, which
    it takes as long to load."""
    targets = [("embedded", Target(str(work / "credentials.db"), {}), True, credentials)]
    if server:
        server.wipe()
        targets.append(("Neo4j", reach(server), False, credentials // 10))
    for name, target, bars, keys in targets:
        say(f"a corpus with {keys:,} credentials")
        logs = work / f"credentials-{keys}"
        made = make(logs, keys * 3, seed, keys)
        say(str(made))
        some = random.Random(seed)
        ids = [*made.event_ids]
        some.shuffle(ids)
        mixed = [*islice(cycle(ids), WHO_ASKS // 2), *some.choices(made.keys, k=WHO_ASKS // 2)]
        stream = [*islice(cycle(ids), STREAM_ASKS)]
        say(f"who, {name}")
        run("load", target, paths=[str(logs)], store=target.store)
        once = run("who", target, store=target.store, asks=mixed)
        expect("who", once["found"], len(mixed))
        milliseconds = once["median"] * 1e3
        yield Line(
            f"who, {name}, {made.credentials:,} keys",
            f"{milliseconds:,.2f} ms, p99 {once['p99'] * 1e3:,.2f} ms",
            "",
            "< 10 ms" if bars else "",
            milliseconds < 10 if bars else None,
        )
        shell = run("who_shell", target, store=target.store, asks=mixed[:SHELL_ASKS])
        yield Line(f"who, {name}, from the shell", f"{shell['median'] * 1e3:,.0f} ms")
        answers = run("who_stream", target, store=target.store, asks=stream)
        expect("who -", answers["found"], len(stream))
        pace = len(stream) / answers["seconds"]
        yield Line(
            f"who -, {name}",
            f"{pace:,.0f} answers/s",
            "",
            "≥ 2,000" if bars else "",
            pace >= 2_000 if bars else None,
        )


def peers(logs: Path, events: int) -> Iterator[Line]:
    """Return what others take for the same logs, where they are installed: DuckDB to parse and group, trailscraper to
    print the records. Processor time, as ours stands in `benchmarks.against`."""
    for name in ("duckdb", "trailscraper"):
        say(name)
        result = run(f"peer_{name}", paths=[str(logs)])
        if result:
            expect(name, result["events"], events)
        figure = f"{result['seconds'] / events * 1e6:,.1f} µs an event" if result else "not installed"
        yield Line(f"{name}, processor time", figure)


def pictures(work: Path) -> Iterator[Line]:
    """Return the time to lay out a large picture and to open its page."""
    say("pictures")
    seconds = run("layout", nodes=DRAWN)["seconds"]
    yield Line(f"layout of {DRAWN:,} nodes", f"{seconds:,.2f} s", "", "< 1 s", seconds < 1)
    took = run("page", nodes=DRAWN, folder=str(work))
    what = f"page of {DRAWN:,} nodes, until it is open"
    if took:
        figure = f"{took['median']:,.2f} s, at most {took['slowest']:,.2f} s"
        yield Line(what, figure, "", "< 3 s", took["median"] < 3)
    else:
        yield Line(what, "no Chromium", "", "< 3 s")


def served(logs: Path, work: Path, seed: int) -> Iterator[Line]:
    """Return how long answers of the server take, of one reader and of many while a load runs."""
    say("server")
    alone, together, loads = serving.measure(logs, work, seed)
    for what, found in (
        ("server, one reader", alone),
        (f"server, {serving.READERS} readers, {loads} loads meanwhile", together),
    ):
        figure = f"p50 {found.at(0.5):,.3f} s, p95 {found.at(0.95):,.3f} s, {len(found.seconds):,} answers"
        yield Line(what, figure, "", "all answered", found.refused == 0)


def peaks(work: Path, whole: Path, events: int, seed: int) -> Iterator[Line]:
    """Return the peak memory of a load with a tenth of the events and with all, in files and in one document."""
    tenth = events // 10
    say("memory")
    make(work / "tenth", tenth, seed)
    sizes = {"many files": (work / "tenth", whole)}
    for size in (tenth, events):
        make(work / f"document-{size}.json.gz", size, seed, one_document=True)
    sizes["one document"] = (work / f"document-{tenth}.json.gz", work / f"document-{events}.json.gz")
    for name, pair in sizes.items():
        small, large = (_peak(path, work) for path in pair)
        yield Line(f"peak memory, {tenth:,} events, {name}", f"{small / MEGABYTE:,.0f} MB")
        yield Line(
            f"peak memory, {events:,} events, {name}",
            f"{large / MEGABYTE:,.0f} MB",
            f"{large / small:.2f} x",
            "≤ 1.3 x",
            large <= 1.3 * small,
        )


def _peak(path: Path, work: Path) -> int:
    store = str(work / "memory.db")
    forget(store)
    return memory.run(command("load"), json.dumps({"paths": [str(path)], "store": store}))[1]


# Running a piece -------------------------------------------------------------------------------------


def command(part: str) -> list[str]:
    """Return the command that measures one part in its own process; it reads its arguments from standard input."""
    return [sys.executable, "-m", "benchmarks.parts", part]


def run(part: str, target: Target | None = None, **arguments: object) -> dict[str, float]:
    """What the piece printed.

    Raises:
        SystemExit: the piece failed; its own error stands above.
    """
    done = subprocess.run(
        command(part),
        input=json.dumps(arguments),
        env={**os.environ, **(target.environment if target else {})},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench: {part} failed with exit code {done.returncode}")
    result: dict[str, float] = json.loads(done.stdout)
    return result


def reach(server: Server) -> Target:
    """Return the environment in which the commands reach that server."""
    user, password = server.auth or ("", "")
    environment = {"NEO4J_USERNAME": user, "NEO4J_PASSWORD": password, "NEO4J_DATABASE": server.database}
    return Target(server.uri, environment)


def expect(what: str, got: float, wanted: float) -> None:
    """Raise if a part did not do its work: its time would mean nothing."""
    if got != wanted:
        raise SystemExit(f"bench: {what} did {got:,.0f} of {wanted:,.0f}")


def forget(store: str) -> None:
    """Remove an embedded store and the other files of SQLite."""
    for file in Path(store).parent.glob(f"{Path(store).name}*"):
        file.unlink()


# Saying it -------------------------------------------------------------------------------------------


def rate(per_second: float) -> str:
    """Return a rate in events per second."""
    return f"{per_second:,.0f} events/s"


def against(what: str, events: int, seconds: float, floor: float, bar: float) -> Line:
    """Return a line whose target is a share of the floor."""
    ratio = floor / seconds
    return Line(what, rate(events / seconds), f"{ratio:.2f}", f"≥ {bar:.2f}", ratio >= bar)


def say(text: str) -> None:
    """Print progress to standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def table(lines: Iterable[Line]) -> str:
    """Return the lines as a table in text."""
    verdicts = {None: "", True: "met", False: "NOT met"}
    rows = [("", "figure", "ratio", "bar", "")]
    rows += [(line.what, line.figure, line.ratio, line.bar, verdicts[line.met]) for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_row(row, widths) for row in rows)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    what, figure, ratio, bar, verdict = row
    w = widths
    return f"{what:<{w[0]}}  {figure:>{w[1]}}  {ratio:>{w[2]}}  {bar:>{w[3]}}  {verdict}".rstrip()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--credentials", type=int, default=CREDENTIALS, help="issued keys for `who`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-neo4j", action="store_true", help="leave Neo4j out")
    args = parser.parse_args()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lineage-bench-")))
        server = None if args.no_neo4j else _server(stack)
        logs = work / "logs"
        say(str(make(logs, args.events, args.seed)))
        lines = [
            *speed(logs, args.events, work, server),
            *asking(work, args.credentials, server, args.seed),
            *peers(logs, args.events),
            *pictures(work),
            *served(logs, work, args.seed),
            *peaks(work, logs, args.events, args.seed),
        ]
        print(table(lines))


def _server(stack: ExitStack) -> Server | None:
    """Return a Neo4j server if available; it is left empty."""
    try:
        server = obtain(favourite())
    except (Unavailable, NotEmpty) as reason:
        say(f"no Neo4j: {reason}")
        return None
    stack.callback(server.stop)
    stack.callback(server.wipe)
    say(f"Neo4j {server.version}, {server.how}")
    return server


if __name__ == "__main__":
    main()
