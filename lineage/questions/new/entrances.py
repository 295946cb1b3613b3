"""Sign-ins and assumptions: where somebody was who obtained a session, apart from where its calls came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.results import Graph
from lineage.model.times import parse_when
from lineage.questions.shared.climb import session_key_of


class Entrance(NamedTuple):
    """One sign-in or assumption on the way to a session."""

    time: int
    source_ip: str | None
    user_agent: str | None
    event_ids: tuple[str, ...]


def entrances(graph: Graph, sessions: Iterable[str]) -> list[Entrance]:
    """The sign-ins and assumptions that led to sessions (references), all hops, each once; in order of time.

    Where a sign-in stands beside a grant the place is the sign-in's: what asked STS then was AWS's own server.
    """
    found: set[Entrance] = set()
    waiting = list(sessions)
    done: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node in done or node not in graph:
            continue
        done.add(node)
        for caller, _, way in graph.in_edges(node, data=True):
            if way["type"] == schema.ASSUMED and way["parent"]:
                found.update(_of(way))
                above = session_key_of(str(caller))
                waiting += [f"{schema.SESSION} {above}"] if above else []
    return sorted(found, key=lambda one: (one.time, one.event_ids))


def _of(way: dict[str, Any]) -> Iterable[Entrance]:
    if way["sign_in_event_ids"]:
        ids = tuple(sorted({*way["event_ids"], *way["sign_in_event_ids"]}))
        yield Entrance(parse_when(way["time"]) or 0, way["source_ip"], way["user_agent"], ids)
        return
    for text in way["grants"]:
        told = msgspec.json.decode(text)
        yield Entrance(parse_when(told["time"]) or 0, told["source_ip"], told["user_agent"], tuple(told["event_ids"]))
