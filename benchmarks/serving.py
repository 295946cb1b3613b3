"""Measures the server: one reader, then many readers while a load runs, asking mixed questions over HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import NamedTuple

import httpx

import lineage
from tests.serving import serving

READERS = 50
SECONDS = 15.0
"""How long each of the two is measured."""
OBJECTS = 20
"""Files of one load in the meantime."""
Asked = tuple[str, dict[str, str]]


class Served(NamedTuple):
    """Seconds of the answers, sorted, and how many were no answer."""

    seconds: Sequence[float]
    refused: int

    def at(self, share: float) -> float:
        """The seconds that a share of the answers stayed below."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def measure(logs: Path, work: Path, seed: int) -> tuple[Served, Served, int]:
    """One reader on half of the logs; then `READERS` while the other half is loaded, and how many loads that were."""
    files = sorted(str(one) for one in logs.rglob("*") if one.is_file())
    half = len(files) // 2
    path = work / "served.db"
    with lineage.open(path) as store:
        store.load(files[:half])
        keys = [node.partition(" ")[2] for node in store._reader().lineage() if node.startswith("Credential AKIA")]
    random.seed(seed)
    asks: list[Asked] = [("coverage", {}), ("find", {"text": "admin"}), ("chains", {"limit": "50"})]
    for key in random.sample(keys, min(50, len(keys))):
        asks += [("who", {"ask": key}), ("who", {"ask": key}), ("session", {"ask": key}), ("timeline", {"ask": key})]
    with serving(path, folder=work) as served:
        alone = _asked(served.address, asks, 1, SECONDS)
        done, loads = Event(), 0
        with ThreadPoolExecutor(1) as pool, lineage.open(path) as store:
            readers = pool.submit(_asked, served.address, asks, READERS, SECONDS)
            readers.add_done_callback(lambda _: done.set())
            for begin in range(half, len(files), OBJECTS):
                if done.is_set():
                    break
                store.load(files[begin : begin + OBJECTS], processes=1)
                loads += 1
            together = readers.result()
    return alone, together, loads


def _asked(address: str, asks: Sequence[Asked], readers: int, lasts: float) -> Served:
    ends = time.monotonic() + lasts

    def read(number: int) -> tuple[list[float], int]:
        chosen, took, refused = random.Random(number), [], 0
        with httpx.Client(base_url=address, timeout=120, trust_env=False) as http:
            while time.monotonic() < ends:
                name, options = chosen.choice(asks)
                began = time.monotonic()
                status = http.get(f"/v1/{name}", params=options).status_code
                took.append(time.monotonic() - began)
                refused += status != 200
        return took, refused

    with ThreadPoolExecutor(readers) as pool:
        found = list(pool.map(read, range(readers)))
    return Served(sorted(one for took, _ in found for one in took), sum(refused for _, refused in found))
