"""What a batch keeps of single events: their ledger entries, and samples for each row.

Ledger entries are columns while records arrive, and one entry for each event at the end. Each row keeps its smallest
samples by time and event ID; only those are cleaned. The bytes of a candidate are copies, so no document stays in
memory for it.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
    event_id_text,
    is_uuid,
    sample_choice,
    shared_hash,
)
from lineage.model.copies import Content, differs, maximal
from lineage.model.facts import AnyFact, Identity, Sample
from lineage.model.samples import pack_parts
from loaders.facts import extract
from loaders.secrets import nothing_to_hide

MOST_CANDIDATES = 4 * SAMPLES_PER_ROW
"""Candidates that a row collects before it drops the larger ones."""
SHORT = 2_000
"""Longest request whose parameters are cached."""


class Override(NamedTuple):
    """What differs from the usual entry at a position of a chunk."""

    position: int
    rank: int
    fingerprint: int
    id: str
    facts: list[AnyFact] | None


class Columns:
    """Ledger entries as columns, in order of arrival, including repeated events; the dictionaries are by position."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.seconds = array("H")
        self.ranks = bytearray()
        self.rows = array("I")
        self.files = array("H")
        self.places = array("I")
        self.fingerprints: dict[int, int] = {}
        self.shared: dict[int, int] = {}
        self.texts: dict[int, str] = {}
        """Event IDs that are no UUIDs."""
        self.facts: dict[int, list[AnyFact]] = {}

    def add(
        self, file: int, places: Sequence[int], ranks: Sequence[int], ids: Sequence[str], rows: Sequence[int],
        seconds: Sequence[int], shared: Sequence[str | None], overrides: Iterable[Override],
    ) -> None:  # fmt: skip
        """Add a chunk of entries as columns; `rows` are indexes into the batch's rows, `seconds` those within the hour,
        `shared` the shared event IDs.

        The fingerprint of a usual entry is its rank: only its row and its second matter.
        """
        begin = len(self.rows)
        self.rows.extend(rows)
        self.seconds.extend(seconds)
        self.ranks += bytes(ranks)
        self.files.extend([file] * len(rows))
        self.places.extend(places)
        for override in overrides:
            self.ranks[begin + override.position] = override.rank
            if override.fingerprint != override.rank:
                self.fingerprints[begin + override.position] = override.fingerprint
            if override.facts:
                self.facts[begin + override.position] = override.facts
        for here, one in enumerate(shared, begin):
            if one is not None and (hash_ := shared_hash(one)):
                self.shared[here] = hash_
        packed = uuids_bytes(ids)
        if packed is None:
            packed = list(map(event_id_bytes, ids))
            for here, one in enumerate(map(event_id_text, ids), begin):
                if not is_uuid(one):
                    self.texts[here] = one
        self.ids += packed

    def packed_samples(self, candidates: Sequence[SampleCandidate]) -> bytes:
        """Return the samples of a row, cleaned of secrets: the smallest candidates by time and ID."""
        ids, texts = self.ids, self.texts
        if len(candidates) > SAMPLES_PER_ROW or len({one.event_id for one in candidates}) < len(candidates):
            candidates = smallest(candidates)
        return pack_parts(
            sorted(
                (
                    time, ids[place], fingerprint, texts.get(place), *_cleaned(resources, request),
                )
                for time, place, _, fingerprint, resources, request in candidates
            )
        )  # fmt: skip

    def finish(self, batch: Batch, rows: Sequence[Row], whos: Sequence[Identity]) -> None:
        """Put the entries, one for each event, and their facts into the batch, and further copies separately.

        `rows` and `whos` are the rows of the batch and their identities.
        """
        hours = [row.hour for row in rows]
        ids, numbers = self.ids, self.rows
        order: Iterable[int] = range(len(ids))
        if len(set(ids)) < len(ids):
            order = compress(order, self._once(batch, rows, whos, hours))
        # In order of row, second and ID.
        order = [n for *_, n in sorted((numbers[n], self.seconds[n], ids[n], n) for n in order)]
        batch.facts = [(hours[numbers[n]], ids[n], self.facts[n]) for n in order if n in self.facts]
        counts = Counter(map(numbers.__getitem__, order))
        batch.entries = Entries.packed(
            map(counts.__getitem__, range(len(rows))),
            map(ids.__getitem__, order),
            map(self.seconds.__getitem__, order),
            map(self.ranks.__getitem__, order),
            map(self.files.__getitem__, order),
            map(self.places.__getitem__, order),
            _moved(self.fingerprints, order),
            _moved(self.shared, order),
        )

    def _once(self, batch: Batch, rows: Sequence[Row], whos: Sequence[Identity], hours: Sequence[int]) -> list[bool]:
        """Merge repeated events; return for each entry whether it stays."""
        keep = [True] * len(self.ids)
        first: dict[tuple[int, bytes], int] = {}
        again: dict[tuple[int, bytes], list[int]] = {}
        shared: dict[tuple[int, bytes], int] = {}
        keys = [(hours[row], id_) for row, id_ in zip(self.rows, self.ids, strict=True)]
        for here, key in enumerate(keys):
            there = first.setdefault(key, here)
            if there == here:
                continue
            batch.duplicates += 1
            keep[here] = False
            mine, other = self.shared.get(here, 0), self.shared.get(there, 0)
            if mine != other:
                shared[key] = max(mine, other, shared.get(key, 0))
            if self._key(there) != self._key(here):
                again.setdefault(key, [there]).append(here)
        for (hour, id_), places in again.items():
            by_key = {self._key(n): n for n in reversed(places)}
            contents = {n: self._content(n, rows, whos) for n in by_key.values()}
            by_content = {content.key: n for n, content in contents.items()}
            stands = [by_content[content.key] for content in maximal(contents.values())]
            keep[places[0]] = False
            keep[stands[0]] = True
            batch.copies += [Copy(self._entry(n, hour), self.facts.get(n, [])) for n in stands[1:]]
            best = contents[stands[0]]
            for n, content in contents.items():
                batch.conflicts += differs(content, [best])
                if n not in stands:
                    batch.lost.append(Lost(self.rows[n], hour * 3600 + self.seconds[n], id_))
        if shared:
            for n, key in enumerate(keys):
                if key in shared:
                    self.shared[n] = shared[key]
        return keep

    def _key(self, n: int) -> tuple[int, int, int, int]:
        return self.ranks[n], self._fingerprint(n), self.rows[n], self.seconds[n]

    def _fingerprint(self, n: int) -> int:
        return self.fingerprints.get(n, self.ranks[n])

    def _content(self, n: int, rows: Sequence[Row], whos: Sequence[Identity]) -> Content:
        row = self.rows[n]
        return Content(
            self.ranks[n], self._fingerprint(n), self.seconds[n], rows[row], whos[row], tuple(self.facts.get(n, ())),
            self.files[n], self.places[n],
        )  # fmt: skip

    def _entry(self, n: int, hour: int) -> EntryTuple:
        return (
            hour, self.ids[n], self.seconds[n], self.ranks[n], self._fingerprint(n), self.rows[n], self.files[n],
            self.places[n], self.shared.get(n, 0),
        )  # fmt: skip


def uuids_bytes(ids: Sequence[str]) -> list[bytes] | None:
    """Return `lineage.model.batch.event_id_bytes` of each in one step; None unless all are UUIDs."""
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
    return None


def _moved(values: Mapping[int, int], order: Iterable[int]) -> dict[int, int]:
    """Return values by position in their new order."""
    return {n: values[old] for n, old in enumerate(order) if old in values} if values else {}


class SampleCandidate(NamedTuple):
    """A call that may become a sample: `place` is its position in `Columns`, `resources` and `request` are JSON as
    logged, empty if not kept."""

    time: int
    place: int
    event_id: str
    """As `lineage.model.batch.event_id_text` gives it."""
    fingerprint: int
    resources: bytes
    request: bytes


def smallest(candidates: Sequence[SampleCandidate]) -> list[SampleCandidate]:
    """Return the `SAMPLES_PER_ROW` smallest candidates, sorted by time and 16-byte event ID.

    Of several copies of one event, the one that stores prefer too is kept, so the order of arrival does not matter.
    """
    best: dict[tuple[int, bytes], SampleCandidate] = {}
    for candidate in candidates:
        key = candidate.time, event_id_bytes(candidate.event_id)
        old = best.get(key)
        if old is None or (old != candidate and _preference(candidate) < _preference(old)):
            best[key] = candidate
    return [best[key] for key in sorted(best)[:SAMPLES_PER_ROW]]


def _cleaned(resources: bytes, request: bytes) -> tuple[tuple[str, ...], str | None]:
    """Return resources and parameters as a sample has them, without secrets."""
    told = (_parameters(request) if len(request) < SHORT else parameters(request)) if request else None
    return _arns(resources) if resources else (), told


def parameters(request: bytes) -> str | None:
    """Return the request as `extract.parameters` does; faster if it cannot contain a secret."""
    if request in (b"", b"null", b"{}"):
        return None
    if request.startswith(b'{"') and nothing_to_hide(request):
        compact = len(request.translate(None, _BLANKS)) == len(request)
        return (request if compact else msgspec.json.format(request, indent=-1)).decode()[: extract.PARAMETERS]
    return extract.parameters(request)


_BLANKS = b" \t\r\n"
_parameters = lru_cache(maxsize=8_192)(parameters)
_arns = lru_cache(maxsize=8_192)(extract.arns)


def _preference(candidate: SampleCandidate) -> tuple[int, int, bytes]:
    time, _, event_id, fingerprint, resources, request = candidate
    arns, told = _cleaned(resources, request)
    return sample_choice(fingerprint, Sample(time=time, event_id=event_id, resources=arns, parameters=told))
