"""What a batch keeps of single events: their ledger entries, and samples for each row.

Ledger entries are columns while records arrive, and one entry for each event at the end. Each row keeps its smallest
samples by time and event ID; only those are cleaned. The bytes of a candidate are copies, so no document stays in
memory for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import NamedTuple

import msgspec

from lineage.model.batch import (
    SAMPLES_PER_ROW,
    Batch,
    Copy,
    Entries,
    EntryTuple,
    Lost,
    Row,
    event_id_bytes,
    sample_choice,
)
from lineage.model.copies import Content, differs, maximal
from lineage.model.facts import AnyFact, Identity, Sample
from loaders.facts import extract
from loaders.secrets import nothing_to_hide

MOST_CANDIDATES = 4 * SAMPLES_PER_ROW
"""Candidates that a row collects before it drops the larger ones."""


class Override(NamedTuple):
    """What differs from the usual entry at a position of a chunk."""

    position: int
    rank: int
    fingerprint: int
    id: str
    facts: list[AnyFact] | None


class Columns:
    """Ledger entries as columns, in order of arrival, including repeated events; `facts` by position."""

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
        times: Sequence[int], shared: Sequence[int], overrides: Iterable[Override],
    ) -> None:  # fmt: skip
        """Add a chunk of entries as columns; `rows` are row IDs, `times` epoch seconds, `shared` hashes of shared event
        IDs.

        The fingerprint of a usual entry is its rank: only its row and its second matter.
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
        for override in overrides:
            self.ranks[begin + override.position] = override.rank
            self.fingerprints[begin + override.position] = override.fingerprint
            if override.facts:
                self.facts[begin + override.position] = override.facts
        self.ids += event_ids_bytes(ids)

    def finish(self, batch: Batch, row_of: Callable[[int], tuple[Row, Identity]]) -> None:
        """Put the entries, one for each event, and their facts into the batch, and further copies separately.

        `row_of` returns the row of an ID and its identity.
        """
        hours, ids = self.hours, self.ids
        keep: list[bool] | None = None
        if len(set(ids)) < len(ids):
            keep = self._once(batch, row_of)
        batch.facts = [(hours[n], ids[n], found) for n, found in self.facts.items() if keep is None or keep[n]]
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
        """Merge repeated events; return for each entry whether it stays."""
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
                    batch.lost.append(Lost(self.rows[n], hour * 3600 + self.seconds[n], id_))
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
    """Return `lineage.model.batch.event_id_bytes` of each; in one step if all are UUIDs."""
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


class SampleCandidate(NamedTuple):
    """A call that may become a sample; `resources` and `request` are JSON as logged, empty if not kept."""

    time: int
    event_id: str
    fingerprint: int
    resources: bytes
    request: bytes


def smallest(candidates: Iterable[SampleCandidate]) -> list[SampleCandidate]:
    """Return the `SAMPLES_PER_ROW` smallest candidates, sorted.

    Of several copies of one event, the one that stores prefer too is kept, so the order of arrival does not matter.
    """
    best: dict[tuple[int, bytes], SampleCandidate] = {}
    for candidate in candidates:
        key = key_of(candidate)
        old = best.get(key)
        if old is None or (old != candidate and _preference(candidate) < _preference(old)):
            best[key] = candidate
    return [best[key] for key in sorted(best)[:SAMPLES_PER_ROW]]


def key_of(candidate: SampleCandidate) -> tuple[int, bytes]:
    """Return the sort key of samples: time, 16-byte event ID."""
    return candidate.time, event_id_bytes(candidate.event_id)


def sample(candidate: SampleCandidate) -> Sample:
    """Return the sample of a candidate, without secrets."""
    return Sample(
        time=candidate.time,
        event_id=candidate.event_id,
        resources=extract.arns(candidate.resources) if candidate.resources else (),
        parameters=parameters(candidate.request) if candidate.request else None,
    )


def parameters(request: bytes) -> str | None:
    """Return the request as `extract.parameters` does; faster if it cannot contain a secret."""
    if request in (b"", b"null", b"{}"):
        return None
    if request.startswith(b'{"') and nothing_to_hide(request):
        return msgspec.json.format(request, indent=-1).decode()[: extract.PARAMETERS]
    return extract.parameters(request)


def _preference(candidate: SampleCandidate) -> tuple[int, int, bytes]:
    return sample_choice(candidate.fingerprint, sample(candidate))
