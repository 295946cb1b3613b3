"""How two things of one name become one, the same in every store and whatever came first."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.batch import Batch, EntryTuple, is_joined, uuid_text
from lineage.model.copies import Content, differs, maximal, standing
from lineage.model.facts import AnyFact, Grant, Identity, Made, SignIn
from lineage.model.results import Activity, Conflict, EventCopy, Graph
from lineage.resolve.graph_elements import Properties

pack = msgspec.msgpack.Encoder().encode
FACT = msgspec.msgpack.Decoder(AnyFact)
IDENTITY = msgspec.msgpack.Decoder(Identity)
CONTENTS = msgspec.msgpack.Decoder(list[Content])


class Arrivals:
    """The events of a batch, as they are compared with those of a store."""

    def __init__(self, batch: Batch) -> None:
        self.rows = batch.rows
        self.facts = {(hour, id_): found for hour, id_, found in batch.facts}
        self._actors = batch.actors
        self._more: dict[tuple[int, bytes], list[tuple[EntryTuple, list[AnyFact]]]] = defaultdict(list)
        for copy in batch.copies:
            self._more[copy.entry[0], copy.entry[1]].append((copy.entry, copy.facts))

    @property
    def several(self) -> Set[tuple[int, bytes]]:
        """Hour and ID of the events that came in several copies."""
        return self._more.keys()

    def contents(self, entry: EntryTuple, files: Sequence[int]) -> list[Content]:
        """The copies of an event; `files` has the stores' numbers of the batch's files."""
        event = entry[:2]
        found = [(entry, self.facts.get(event, [])), *self._more.get(event, ())]
        return [self._content(one, facts, files) for one, facts in found]

    def _content(self, entry: EntryTuple, facts: Sequence[AnyFact], files: Sequence[int]) -> Content:
        _, _, second, rank, fingerprint, number, file, place, _ = entry
        row = self.rows[number]
        return Content(rank, fingerprint, second, row, self._actors[row.actor], tuple(facts), files[file], place)


def names_that_count(names: Mapping[str, Sequence[tuple[object, ...]]]) -> dict[str, Sequence[tuple[object, ...]]]:
    """By unique ID: its names, each a principal, an ARN and times; the times only where an ID has several principals,
    for then the latest counts."""
    return {one: found if len({name[0] for name in found}) > 1 else [found[0][:1]] for one, found in names.items()}


class Settled(NamedTuple):
    """What the stored and the new copies of one event come to."""

    copies: list[Content]
    stands: Content
    differs: bool
    """Does the first new copy differ from the stored ones in a way that is counted?"""
    changed: bool
    """Is anything stored no longer, or not yet, what it comes to?"""


class Moves:
    """Events whose copies were settled: where they do not count, and where they do."""

    def __init__(self) -> None:
        self.lost: dict[bytes, set[tuple[int, bytes]]] = defaultdict(set)
        """By ID of the row: time and ID of events."""
        self.back: dict[bytes, set[tuple[int, bytes]]] = defaultdict(set)

    def join(self, hour: int, id_: bytes, stored: Sequence[Content], arrived: Sequence[Content]) -> Settled:
        """Settle the copies of an event; `arrived` has one at least."""
        copies = maximal([*stored, *arrived])
        stands = standing(copies)
        offered = [(one.row.id, one.second) for one in (*stored, *arrived)]
        self.settle(hour, id_, offered, (stands.row.id, stands.second))
        changed = [one.key for one in copies] != [one.key for one in stored]
        return Settled(copies, stands, differs(arrived[0], stored), changed)

    def settle(self, hour: int, id_: bytes, offered: Iterable[tuple[bytes, int]], stands: tuple[bytes, int]) -> None:
        """Note where an event was offered, and where it counts: row and second. Rows of joined copies have their
        samples from the ledger alone."""
        for row, second in offered:
            if not is_joined(row):
                (self.back if (row, second) == stands else self.lost)[row].add((hour * 3600 + second, id_))

    def of(self, row: bytes, stored: Iterable[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
        """All events that were offered to a row and do not count in it, with those that were stored before."""
        return ({*stored} | self.lost.get(row, set())) - self.back.get(row, set())


def conflict_of(id_: bytes, body: bytes, paths: Mapping[int, str]) -> Conflict:
    """An event whose copies contradict each other, from what a store keeps of it and the paths of its files."""
    contents = CONTENTS.decode(body)
    return Conflict(
        uuid_text(id_),
        [
            EventCopy(
                time=one.row.hour * 3600 + one.second, api=one.row.api, category=one.row.category, who=one.who,
                error=one.row.error, user_agent=one.row.user_agent,
                keys=tuple(sorted(set(_keys(one)))),
                path=paths.get(one.file), place=one.place,
            )
            for one in contents
        ],
    )  # fmt: skip


def _keys(content: Content) -> Iterator[str]:
    """The access keys that a copy says were issued or made."""
    for fact in content.facts:
        if isinstance(fact, Grant | Made | SignIn) and fact.key:
            yield fact.key


def files_of(body: bytes) -> set[int]:
    """The numbers of the files that the copies of an event lie in."""
    return {one.file for one in CONTENTS.decode(body)}


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


def activity_of(parts: Iterable[tuple[str, Activity]]) -> dict[str, Activity]:
    """The activity of each value, of parts of it."""
    found: dict[str, Activity] = {}
    for value, one in parts:
        had = found.get(value, one._replace(calls=0))
        found[value] = Activity(min(had.first, one.first), max(had.last, one.last), had.calls + one.calls)
    return found
