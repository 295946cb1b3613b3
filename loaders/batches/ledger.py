"""The ledger entries of a batch: columns while they are gathered, one entry for each event at the end."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from lineage.model.batch import Batch, Copy, Entries, EntryTuple, Row, event_id_bytes
from lineage.model.copies import Content, differs, maximal
from lineage.model.facts import AnyFact, Identity


class Mark(NamedTuple):
    """What differs from the ordinary entry at a position of a chunk."""

    position: int
    rank: int
    fingerprint: int
    id: str
    facts: list[AnyFact] | None


class Columns:
    """Entries in the order of their arrival, repeated events included; `facts` by position."""

    def __init__(self) -> None:
        self.hours = array("i")
        self.ids: list[bytes] = []
        self.seconds = array("H")
        self.ranks = bytearray()
        self.fingerprints = array("q")
        self.rows = array("q")
        self.files = array("i")
        self.places = array("i")
        self.shared = array("q")
        self.facts: dict[int, list[AnyFact]] = {}

    def add(
        self, file: int, places: Sequence[int], ranks: Sequence[int], ids: Sequence[str], rows: Sequence[int],
        times: Sequence[int], shared: Sequence[int], marks: Iterable[Mark],
    ) -> None:  # fmt: skip
        """Add a chunk of entries, a column each; `rows` are row IDs, `times` epoch seconds, `shared` hashes of
        shared event IDs.

        The fingerprint of an ordinary entry is its rank: what counts of it is its row and its second.
        """
        begin = len(self.rows)
        self.rows.extend(rows)
        self.hours.extend([time // 3600 for time in times])
        self.seconds.extend([time % 3600 for time in times])
        self.ranks += bytes(ranks)
        self.fingerprints.extend(ranks)
        self.files.extend([file] * len(rows))
        self.places.extend(places)
        self.shared.extend(shared)
        for mark in marks:
            self.ranks[begin + mark.position] = mark.rank
            self.fingerprints[begin + mark.position] = mark.fingerprint
            if mark.facts:
                self.facts[begin + mark.position] = mark.facts
        self.ids += event_ids_bytes(ids)

    def settle(self, batch: Batch, row_of: Callable[[int], tuple[Row, Identity]]) -> None:
        """Put the entries, one for each event, and their facts into the batch, and further copies beside them.

        `row_of` gives the row of an ID, and its identity.
        """
        hours, ids = self.hours, self.ids
        keep: list[bool] | None = None
        if len(set(ids)) < len(ids):
            keep = self._once(batch, row_of)
            batch.facts = [(hours[n], ids[n], found) for n, found in self.facts.items() if keep[n]]
        else:
            batch.facts = [(hours[n], ids[n], found) for n, found in self.facts.items()]
        batch.entries = Entries(
            hours=_packed("i", hours, keep),
            ids=b"".join(compress(ids, keep) if keep else ids),
            seconds=_packed("H", self.seconds, keep),
            ranks=bytes(compress(self.ranks, keep) if keep else self.ranks),
            fingerprints=_packed("q", self.fingerprints, keep),
            rows=_packed("q", self.rows, keep),
            files=_packed("i", self.files, keep),
            places=_packed("i", self.places, keep),
            shared=_packed("q", self.shared, keep),
        )

    def _once(self, batch: Batch, row_of: Callable[[int], tuple[Row, Identity]]) -> list[bool]:
        """Settle repeated events: True for the entries that stand."""
        keep = [True] * len(self.ids)
        first: dict[tuple[int, bytes], int] = {}
        again: dict[tuple[int, bytes], list[int]] = {}
        shared: dict[tuple[int, bytes], int] = {}
        for here, key in enumerate(zip(self.hours, self.ids, strict=True)):
            there = first.setdefault(key, here)
            if there == here:
                continue
            batch.duplicates += 1
            keep[here] = False
            if self.shared[here] != self.shared[there]:
                shared[key] = max(self.shared[here], self.shared[there], shared.get(key, 0))
            if self._key(there) != self._key(here):
                again.setdefault(key, [there]).append(here)
        for (hour, id_), places in again.items():
            by_key = {self._key(n): n for n in reversed(places)}
            contents = {n: self._content(n, *row_of(self.rows[n])) for n in by_key.values()}
            stands = [by_key[content.key] for content in maximal(contents.values())]
            keep[places[0]] = False
            keep[stands[0]] = True
            batch.copies += [Copy(self._entry(n), self.facts.get(n, [])) for n in stands[1:]]
            best = contents[stands[0]]
            for n, content in contents.items():
                batch.conflicts += differs(content, [best])
                if n not in stands:
                    batch.lost.append((self.rows[n], hour * 3600 + self.seconds[n], id_))
        if shared:
            for n, key in enumerate(zip(self.hours, self.ids, strict=True)):
                self.shared[n] = shared.get(key, self.shared[n])
        return keep

    def _key(self, n: int) -> tuple[int, int, int, int]:
        return self.ranks[n], self.fingerprints[n], self.rows[n], self.seconds[n]

    def _content(self, n: int, row: Row, who: Identity) -> Content:
        return Content(
            self.ranks[n], self.fingerprints[n], self.seconds[n], row, who, tuple(self.facts.get(n, ())),
            self.files[n], self.places[n],
        )  # fmt: skip

    def _entry(self, n: int) -> EntryTuple:
        return (
            self.hours[n], self.ids[n], self.seconds[n], self.ranks[n], self.fingerprints[n], self.rows[n],
            self.files[n], self.places[n], self.shared[n],
        )  # fmt: skip


def event_ids_bytes(ids: Sequence[str]) -> list[bytes]:
    """Return `lineage.model.batch.event_id_bytes` of each; all at once where all are UUIDs."""
    if not ids:
        return []
    try:
        joined = "".join(ids)
        if set(map(len, ids)) == {36}:
            dashes = "-" * len(ids)
            if joined[8::36] == joined[13::36] == joined[18::36] == joined[23::36] == dashes:
                packed = bytes.fromhex(joined.replace("-", ""))
                if len(packed) == 16 * len(ids):
                    return [packed[start : start + 16] for start in range(0, len(packed), 16)]
    except ValueError:
        pass
    return [event_id_bytes(one) for one in ids]


def _packed(code: str, column: array[int], keep: list[bool] | None) -> bytes:
    return (array(code, compress(column, keep)) if keep else column).tobytes()
