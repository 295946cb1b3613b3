"""A deterministic corpus: the logs of a made-up organisation as CloudTrail delivers them to S3.

    python -m benchmarks.corpus OUT --events 200000 --seed 1

Same arguments, same bytes in the documents. The organisation (`benchmarks.work`) does the work of
an ordinary one: fleets, functions, pods, pipelines, audits, people. This module spreads its records over
files: one for each account, region and 5 or 15 minutes, sorted by time inside (guide §9.2).
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path

from benchmarks.organisation import HOUR_SECONDS, Log
from benchmarks.work import BUSY, Work

START = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp())
EVENTS_PER_HOUR = 8_300
"""So 200,000 events are a day: a middling organisation without data events of its busiest buckets."""
SMALL_FILE = 30
"""Most records of a file of steady work."""
_LEVEL = 6
"""zlib's default: what the measured reader has to undo should be packed as usual."""


@dataclass
class Made:
    """Contents of a corpus; `bytes` counts the JSON, `packed` the files."""

    events: int = 0
    sessions: int = 0
    hours: int = 0
    files: int = 0
    bytes: int = 0
    packed: int = 0
    apis: set[str] = field(default_factory=set)
    event_ids: list[str] = field(default_factory=list, repr=False)
    """Every 17th event ID, in the order of time."""
    keys: list[str] = field(default_factory=list, repr=False)
    """Every issued key ID, in the order made."""

    @property
    def credentials(self) -> int:
        """Number of issued temporary keys."""
        return len(self.keys)

    def __str__(self) -> str:
        return (
            f"{self.events:,} events ({self.bytes / max(self.events, 1):,.0f} bytes each), "
            f"{self.sessions:,} sessions, {self.credentials:,} issued keys, {len(self.apis)} APIs, "
            f"{self.hours} hours, {self.files:,} files, {self.bytes / 1e6:,.1f} MB of JSON in "
            f"{self.packed / 1e6:,.1f} MB"
        )


def make(
    out: Path, events: int, seed: int = 1, credentials: int = 0, one_document: bool = False, steady: bool = False
) -> Made:
    """What was made: `events` records in the S3 layout under `out`, or in one huge document.

    `credentials` asks for that many issued temporary keys, with few calls each (0: what the ordinary
    work brings). `out` is the folder, with `one_document` the file. `steady` is the work of few callers that make the
    same calls over and over, about 30 for each hour's row, in files of at most 30 records.
    """
    made = Made()
    if one_document:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
            for number, (_, document) in enumerate(_documents(events, seed, credentials, made, steady)):
                # `{"Records":[` and `]}` stand once, around the records of all documents
                packed.write((b'{"Records":[' if number == 0 else b",") + document[12:-2])
            packed.write(b"]}")
            made.files = 1
        made.packed = out.stat().st_size
        return made
    documents = _documents(events, seed, credentials, made, steady)
    with ThreadPoolExecutor(2) as pool:  # zlib lets other threads run
        # A few at a time: `map` takes all that it is given before it does anything.
        while some := list(islice(documents, 128)):
            made.packed += sum(pool.map(lambda named: _write(out / named[0], named[1]), some))
    return made


def _write(path: Path, document: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(document, _LEVEL, mtime=0)
    path.write_bytes(packed)
    return len(packed)


def _documents(events: int, seed: int, credentials: int, made: Made, steady: bool) -> Iterator[tuple[str, bytes]]:
    """Yield file name and content, hour by hour; keeps `made` up to date."""
    work = Work(seed, steady)
    hours = max(1, round(events / EVENTS_PER_HOUR))
    while made.events < events:
        left = events - made.events
        start = START + made.hours * HOUR_SECONDS
        quota = left if made.hours + 1 == hours else min(left, EVENTS_PER_HOUR)
        log = work.hour(start, quota, credentials // hours)
        yield from _files(log, start, left, made, SMALL_FILE if steady else left)
        made.hours += 1
        made.sessions = work.at.sessions


def _files(log: Log, start: int, limit: int, made: Made, most: int) -> Iterator[tuple[str, bytes]]:
    log.lines.sort(key=itemgetter(0))  # by time, so that a cut at `limit` takes the latest
    slots: dict[tuple[str, str, int], list[str]] = {}
    for time, account, region, _, _, line in log.lines[:limit]:
        minutes = 5 if (account, region) in BUSY else 15
        slots.setdefault((account, region, (time - start) // (minutes * 60) * minutes), []).append(line)
    made.event_ids.extend(line[3] for line in log.lines[:limit:17])
    made.keys.extend(dict.fromkeys(line[4] for line in log.lines[:limit] if line[4]))
    made.apis |= log.apis
    shares = ((slot, lines[n : n + most]) for slot, lines in slots.items() for n in range(0, len(lines), most))
    for (account, region, minute), lines in shares:
        document = ('{"Records":[' + ",".join(lines) + "]}").encode()
        made.events += len(lines)
        made.files += 1
        made.bytes += len(document)
        at = datetime.fromtimestamp(start + minute * 60, UTC)
        yield (
            f"AWSLogs/o-a1b2c3d4e5/{account}/CloudTrail/{region}/{at:%Y/%m/%d}/"
            f"{account}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{made.files:016d}.json.gz",
            document,
        )


def main() -> None:
    """Make a corpus and print what it holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("out", type=Path, help="folder to fill, with --one-document the file")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--credentials", type=int, default=0, help="issue that many temporary keys")
    parser.add_argument("--steady", action="store_true", help="few callers, the same calls over and over, small files")
    parser.add_argument("--one-document", action="store_true", help="one huge document in one file")
    args = parser.parse_args()
    print(make(args.out, args.events, args.seed, args.credentials, args.one_document, args.steady), file=sys.stderr)


if __name__ == "__main__":
    main()
