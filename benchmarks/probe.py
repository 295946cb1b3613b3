"""Measures one part of any version of the program; run by `benchmarks.against` with that version on the path.

    PYTHONPATH=VERSION python benchmarks/probe.py PART LOGS STORE

prints one line of JSON. Older versions have other names for the same parts.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


def first(*names: str) -> Any:
    """Return the first of some `MODULE:NAME` that this version has."""
    for name in names:
        module, _, attribute = name.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"none of {' '.join(names)} is there")


def sources(logs: str) -> list[Any]:
    """Return the files as this version takes them."""
    source = first("loaders.files.sources:Source", "loaders.inputs:Source")
    return [source(str(path), path.stat().st_size) for path in sorted(Path(logs).rglob("*.gz"))]


def read(logs: str, store: str) -> dict[str, float]:
    """Processor time to read the files and aggregate them to batches, in one process."""
    aggregate = first("loaders.batches.aggregate:aggregate", "loaders.aggregate:aggregate")
    files = sources(logs)
    begin = time.process_time()
    events = sum(batch.read for batch in aggregate(files))
    return {"events": events, "seconds": time.process_time() - begin}


def write(logs: str, store: str) -> dict[str, float]:
    """Processor time of the writing process: batches that were recorded before are decoded, added and derived."""
    aggregate = first("loaders.batches.aggregate:aggregate", "loaders.aggregate:aggregate")
    encoder = first("lineage.model.batch:ENCODER", "lineage.batch:ENCODER")
    decoder = first("lineage.model.batch:DECODER", "lineage.batch:DECODER")
    open_store = first("lineage.stores.sqlite.store:SQLiteStore", "lineage.stores.embedded:EmbeddedStore")
    derive = first("lineage.load:derive")
    first("lineage.model.gc_tuning:collect_rarely", "lineage.garbage:seldom")()
    recorded = [encoder.encode(batch) for batch in aggregate(sources(logs))]
    made = open_store(store)
    load = made.begin_load([logs])
    begin = time.process_time()
    events = 0
    for message in recorded:
        batch = decoder.decode(message)
        events += batch.read
        made.add(load, batch)
    derive(made)
    made.finish_load(load)
    made.close()
    return {"events": events, "seconds": time.process_time() - begin}


if __name__ == "__main__":
    print(json.dumps({"read": read, "write": write}[sys.argv[1]](*sys.argv[2:])))
