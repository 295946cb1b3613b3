"""How two things of one name become one, the same in every store and whatever came first."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

import msgspec

from lineage import schema
from lineage.batch import SAMPLES_PER_ROW
from lineage.facts import Sample
from lineage.rows import Properties
from lineage.seen import Graph

StoredSample = tuple[int, bytes, int, Sample]
"""Time, 16-byte ID, fingerprint, sample."""


def smallest(offered: Sequence[StoredSample], lost: set[tuple[int, bytes, int]]) -> list[StoredSample]:
    """The samples of a row: those that won among the smallest that were ever offered to it (by time, event ID).

    Losers keep their places, so that it does not matter whether they came first or last.
    """
    best: dict[tuple[int, bytes, int], StoredSample] = {}
    for sample in offered:
        key = sample[:3]
        if key not in best or msgspec.json.encode(sample[3]) < msgspec.json.encode(best[key][3]):
            best[key] = sample
    order = sorted(set(best) | lost)[:SAMPLES_PER_ROW]
    return [best[key] for key in order if key in best and key not in lost]


def merge_properties(old: Properties, new: Properties) -> Properties:
    """Properties of a shared node from two sources: what is known wins over what is not, the fuller text over
    the shorter, so that the order of merging does not matter."""
    merged = dict(old)
    for name, value in new.items():
        had = merged.get(name)
        if had is None or had == "unknown":
            merged[name] = value if value is not None else had
        elif value is not None and value != had and value != "unknown":
            merged[name] = max(had, value, key=lambda text: (len(str(text)), str(text)))
    return merged


def complete(graph: Graph) -> None:
    """Give every node and relationship all properties that the schema has for it, None where nothing is known."""
    for _, attributes in graph.nodes(data=True):
        for name in schema.NODE_PROPERTIES.get(attributes.get("label", ""), ()):
            attributes.setdefault(name, None)
    for _, _, attributes in graph.edges(data=True):
        for name in schema.RELATIONSHIP_PROPERTIES[attributes["type"]]:
            if name != "key":
                attributes.setdefault(name, None)


def is_gap(hour: int, busy: Sequence[int]) -> bool:
    """Does the hour lie in six or more empty hours between busy ones?"""
    before = max((h for h in busy if h <= hour), default=None)
    after = min((h for h in busy if h >= hour), default=None)
    return before is not None and after is not None and after - before > 6


def load_id() -> str:
    """A new load's ID; IDs sort by when the loads began."""
    return f"{time.time_ns() // 1000:013x}{os.urandom(2).hex()}"
