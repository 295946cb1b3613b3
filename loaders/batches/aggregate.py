"""Aggregates records into batches: the hot path.

What all calls of one kind have in common (who, what, from where, in which hour) is computed for the first call and
found for the others by one dictionary lookup. A usual call then only adds its row and its second to two lists.
Requests and responses are read only if a fact, a target or a sample needs them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, compress
from operator import attrgetter
from typing import BinaryIO

import msgspec
from xxhash import xxh3_64_intdigest, xxh3_128_digest

from lineage.model import attempts, copies
from lineage.model.agents import is_console
from lineage.model.arn import is_masked
from lineage.model.batch import (
    RANK,
    SAMPLES_PER_ROW,
    Batch,
    FileEnd,
    Passed,
    Row,
    SetAside,
    Sighting,
    Unread,
    actor_id,
    event_id_bytes,
    event_id_text,
    relation_of,
)
from lineage.model.facts import Identity
from lineage.model.times import parse_when
from loaders.batches.entries import MOST_CANDIDATES, Columns, Override, SampleCandidate, smallest
from loaders.facts import extract, signins
from loaders.facts.classify import Call, call_of
from loaders.facts.identity import home, identity, named_by_address, placed, unreadable
from loaders.facts.unique_ids import Name, names_in_fact, names_of
from loaders.files.sources import Source, SourceFile
from loaders.records.items import Aside, Finding, Records
from loaders.records.read import read
from loaders.records.record import EMPTY, Record
from loaders.secrets import scrub_text
from loaders.targets.memo import CallSite, Names, TargetMemo, names_in, reader_of
from loaders.targets.targets import Targets

BATCH_EVENTS = 12_000
"""Events of a batch: enough to make writing cheap, few enough to keep memory small."""

CLOCK = 5_000
"""Most cached time strings, then the cache is cleared: an hour has 3,600."""
IDENTITIES = 1_000
"""Most cached identities, then the cache is cleared."""
KINDS = 10_000
"""Most cached kinds of calls, then the cache is cleared."""

_NEVER = 1 << 62
_SECONDS = {f":{second:02d}Z": second for second in range(60)}
_BLANKS = b" \t\r\n"
_NO_NAMES: Names = (b"", b"")
_NO_TARGETS = Targets()
_NULL = 4
"""Length of the JSON `null`: a longer value states something."""
_SEED = int.from_bytes(os.urandom(8), "big")
# Session names are free text: with a random seed, no one can make two identities collide.
_event_id = attrgetter("event_id")
_shared_id = attrgetter("shared_event_id")
_of_kind = attrgetter(
    "event_source", "aws_region", "source_ip", "user_agent", "error_code", "error_message", "read_only", "event_type",
    "recipient_account_id", "vpc_endpoint_id", "event_category", "session_credential_from_console",
)  # fmt: skip
"""Members that all calls of a kind have in common, in addition to their identity."""
_raws = attrgetter(
    "request_parameters", "response_elements", "additional_event_data", "service_event_details", "resources"
)


class _Caller(msgspec.Struct, frozen=True):
    """The caller in a `userIdentity`: actor ID, identity, and the names that it states for unique IDs."""

    actor: bytes
    identity: Identity
    names: tuple[Name, ...]
    stated: int
    """Number of members that the identity states."""


class _Row:
    """A row in progress: `number` is its index in the batch. A call at or before `cutoff` may be one of its samples;
    `keeps_request`: its samples keep the request."""

    __slots__ = ("candidates", "cutoff", "first", "keeps_request", "last", "number", "row", "who")

    def __init__(self, row: Row, who: _Caller, keeps_request: bool, number: int) -> None:
        self.row = row
        self.who = who
        self.keeps_request = keeps_request
        self.number = number
        self.first = self.cutoff = _NEVER
        self.last = -1
        self.candidates: list[SampleCandidate] = []


class _Kind:
    """What calls with the same key have in common, in any hour.

    Calls of one hour have a common row, unless the record decides (`differs`): the target (`targeted`), the provider of
    a SAML identity (`saml`), a presigned URL (`objects`), whether a sign-in failed (`sign_in`). `plain`: they yield no
    facts. `stated`: the common part of their rank.
    """

    __slots__ = (
        *("call", "counted", "differs", "error", "hour", "objects", "plain", "reader", "row", "rows"),
        *("saml", "sign_in", "site", "stated", "targeted", "who"),
    )

    def __init__(self, call: Call, who: _Caller, error: str | None, counted: bool, stated: int) -> None:
        self.call = call
        self.stated = stated
        self.who = who
        self.error = error
        self.site: CallSite = (call.api, None, None, "aws")
        self.counted = counted
        self.reader = reader_of(call.api)
        self.saml = who.identity.type == "SAMLUser"
        self.sign_in = error is None and call.api in attempts.SIGN_INS
        self.objects = call.category == "data:s3"
        self.plain = not call.facts
        self.targeted = error is not None or call.changing or call.sensitive
        self.differs = self.targeted or self.saml or self.objects or self.sign_in
        self.forget()

    def forget(self) -> None:
        """Forget the rows: those of a batch are not those of the next."""
        self.hour = -1
        self.row: _Row | None = None
        """The common row of the calls in `hour`."""
        self.rows: dict[tuple[object, ...], _Row] = {}
        """By hour and what differs."""


class Aggregator:
    """Collects records and returns them as batches.

    The caches of identities, times and targets live as long as the aggregator and are bounded.
    """

    def __init__(self) -> None:
        self._identities: dict[tuple[bytes, str | None], _Caller] = {}
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._known: dict[Identity, _Caller] = {}
        self._clock: dict[str | None, int] = {}
        self._targets = TargetMemo()
        self._bytes = 0
        self._reset()

    def _reset(self) -> None:
        self._rows: dict[Row, _Row] = {}
        self._columns = Columns()
        self._named: dict[Name, Sighting] = {}
        self._batch = Batch()

    def __len__(self) -> int:
        return self._batch.read

    def batch(self) -> Batch:
        """Return everything that was added since the last batch."""
        batch, seen = self._batch, self._named
        states = list(self._rows.values())
        batch.rows = [state.row for state in states]
        self._columns.finish(batch, batch.rows, [state.who.identity for state in states])
        for state in states:
            who = state.who
            batch.actors[who.actor] = who.identity
            batch.samples.append(self._columns.packed_samples(state.candidates))
            for name in who.names:
                _note_sighting(seen, name, state.first, state.last)
        batch.sightings = list(seen.values())
        self._reset()
        if len(self._known) > IDENTITIES:
            self._identities.clear()
            self._known.clear()
        if len(self._clock) > CLOCK:
            self._clock.clear()
        if len(self._kinds) > KINDS:
            self._kinds.clear()
        for kind in self._kinds.values():
            if kind.rows or kind.row is not None:
                kind.forget()
        return batch

    def open(self, path: str) -> int:
        """Begin a file; return the number under which its records are added."""
        paths = self._batch.paths
        if not paths or paths[-1] != path:
            paths.append(path)
        return len(paths) - 1

    def come_to(self, size: int) -> None:
        """Count the bytes of the open file that were read, `size` by now."""
        self._batch.bytes_read += size - self._bytes
        self._bytes = size

    def note(self, path: str, item: Aside | Finding | Passed | Unread | FileEnd) -> None:
        """Count an item that holds no records: set aside, passed over, a stream without records, the end of a file."""
        if isinstance(item, Aside):
            self._batch.read += 1
            self._batch.aside.append(SetAside(path, item.index, item.offset, item.reason))
        elif isinstance(item, FileEnd):
            self._batch.ended.append(item)
            self.come_to(item.size)
            self._bytes = 0
        elif isinstance(item, Finding):
            self._batch.passed.append(Passed("finding", 1))
        elif isinstance(item, Unread):
            self._batch.unread.append(Unread(f"{path}/{item.path}" if item.path else path, item.looks_like, item.do))
        else:
            self._batch.passed.append(item)

    def add(self, file: int, records: Records) -> None:
        """Add records of one file; `file` is its number from `open`."""
        clock, kinds, seed = self._clock, self._kinds, _SEED
        rows: list[_Row | None] = []
        times: list[int] = []
        ranks: list[int] = []
        overrides: list[Override] = []
        place = len(self._columns.ids)
        add_row, add_time, add_rank = rows.append, times.append, ranks.append
        for record in records.records:
            when = record.event_time
            time = clock.get(when)
            if time is None:
                time = self._time(when)
            # Everything that a row depends on, except its hour and what differs between calls of one kind.
            key = (
                xxh3_128_digest(record.user_identity, seed), record.event_name, record.event_source,
                record.aws_region, record.source_ip, record.user_agent, record.error_code, record.error_message,
                record.recipient_account_id, record.event_type, record.event_category, record.read_only,
                record.vpc_endpoint_id, record.session_credential_from_console, time < 0,
            )  # fmt: skip
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = self._kind(record, time)
            row = kind.row
            if row is None or time // 3600 != kind.hour:
                row = self._row_of(kind, record, time)
            request, response = len(record.request_parameters) > _NULL, len(record.response_elements)
            # Two for each stated member (`lineage.model.copies.MEMBER`).
            rank = kind.stated + 2 * (
                request + (response > _NULL) + (len(record.additional_event_data) > _NULL)
                + (len(record.resources) > _NULL) + (len(record.service_event_details) > _NULL)
                + (record.request_id is not None) + (record.shared_event_id is not None)
            )  # fmt: skip
            if response > _NULL and not rank & 1:
                rank += 1  # without a response, a copy may only have lost its error: it does not state the outcome
            if row is not None:
                event_id, fingerprint = record.event_id, rank
                if (
                    not kind.plain
                    or record.addendum is not EMPTY
                    or event_id is None
                    or (response > _NULL and extract.issues_key(bytes(record.response_elements)))
                ):
                    override = _override(len(rows), kind, row, record, time, rank)
                    overrides.append(override)
                    for fact in override.facts or ():
                        for name in names_in_fact(fact):
                            _note_sighting(self._named, name, time, time)
                    if record.addendum is not EMPTY and event_id and override.id != event_id_text(event_id):
                        self._batch.amended.append((event_id_bytes(event_id), override.id))
                    event_id, fingerprint = override.id, override.fingerprint
                if time < row.first:
                    row.first = time
                if time > row.last:
                    row.last = time
                if time <= row.cutoff:
                    text = event_id if event_id.islower() else event_id_text(event_id)
                    _add_candidate(row, record, time, place, text, fingerprint)
                place += 1
            add_row(row)
            add_time(time)
            add_rank(rank)
        self._close(file, records, rows, times, ranks, overrides)

    def _close(
        self, file: int, records: Records, rows: list[_Row | None], times: list[int], ranks: list[int],
        overrides: list[Override],
    ) -> None:  # fmt: skip
        """Add a chunk to the ledger; set aside or pass over records that are no calls."""
        batch = self._batch
        ids = list(map(_event_id, records.records))
        shared = list(map(_shared_id, records.records))
        places: Sequence[int] = records.indexes or range(records.first, records.first + len(ids))
        for override in overrides:
            ids[override.position] = override.id
        if None in rows:
            path = batch.paths[file]
            for record, row, place, time in zip(records.records, rows, places, times, strict=True):
                if row is None and (kind := call_of(record).passed) is not None:
                    batch.passed.append(Passed(kind, 1))
                elif row is None:
                    batch.read += 1
                    batch.aside.append(SetAside(path, place, None, _unusable_reason(record, time) or "no record"))
            keep = [row is not None for row in rows]
            moved = list(accumulate(keep, initial=0))
            overrides = [override._replace(position=moved[override.position]) for override in overrides]
            rows, times, ranks, ids, shared, places = (
                list(compress(column, keep)) for column in (rows, times, ranks, ids, shared, places)
            )
        batch.read += len(rows)
        numbers = [row.number for row in rows if row is not None]
        self._columns.add(file, places, ranks, ids, numbers, [time % 3600 for time in times], shared, overrides)

    def _time(self, when: str | None) -> int:
        """Return the epoch second of a time string; -1 if it cannot be parsed."""
        time: int | None = None
        if when is not None and len(when) == 20 and when[16:] in _SECONDS:
            # Only a new minute is parsed: in this form, the seconds are the last characters.
            minute = self._clock.get(when[:16])
            if minute is None:
                minute = parse_when(when[:16] + ":00Z")
                self._clock[when[:16]] = -1 if minute is None else minute
            time = parse_when(when) if minute is None or minute < 0 else minute + _SECONDS[when[16:]]
        elif when is not None:
            time = parse_when(when)
        self._clock[when] = found = -1 if time is None else time
        return found

    def _kind(self, record: Record, time: int) -> _Kind:
        call = call_of(record)
        who = self._who(record)
        error = record.error_code or (scrub_text(record.error_message)[:100] if record.error_message else None)
        counted = call.passed is None and _unusable_reason(record, time) is None
        if call.api in attempts.OPERATIONS:
            who = self._caller_of(signins.attempted(record, call.api, error, who.identity))
        stated = who.stated + sum(map(_is_stated, _of_kind(record)))
        outcome = 0 if error is None else copies.STATES_OUTCOME
        kind = _Kind(call, who, error, counted, copies.MEMBER * stated + outcome)
        if kind.targeted:
            kind.site = self._targets.site(call.api, record, who.identity)
        return kind

    def _who(self, record: Record) -> _Caller:
        # If the identity has no type, the event's type decides.
        key = (xxh3_128_digest(record.user_identity, _SEED), record.event_type)
        who = self._identities.get(key)
        if who is None:
            who = self._identities[key] = self._caller_of(identity(record.user_identity, record.event_type))
        here = named_by_address(placed(who.identity, record.aws_region, record.recipient_account_id), record.source_ip)
        return who if here is who.identity else self._caller_of(here)

    def _caller_of(self, who: Identity) -> _Caller:
        known = self._known.get(who)
        if known is None:
            known = self._known[who] = _Caller(actor_id(who), who, names_of(who), copies.stated(who))
        return known

    def _row_of(self, kind: _Kind, record: Record, time: int) -> _Row | None:
        """Return the row of a call; None if it is no call."""
        if not kind.counted:
            return None
        who, error, presigned, hour = kind.who, kind.error, False, time // 3600
        if not kind.differs:
            row = kind.rows.get((hour,))
            if row is None:
                row = kind.rows[hour,] = self._row(kind, who, error, record, hour, _NO_TARGETS, presigned)
            kind.row, kind.hour = row, hour
            return row
        request = bytes(record.request_parameters)
        names: Names | None = _NO_NAMES
        if kind.targeted:
            names = names_in(kind.reader, request, bytes(record.resources))
        variant: tuple[object, ...] | None = None if names is None else (hour, *names)
        if kind.saml and (provider := extract.saml_provider(request)) is not None:
            # A SAML identity names its provider by a hash; the request has the ARN.
            who = self._caller_of(msgspec.structs.replace(who.identity, identity_provider=provider))
        if kind.sign_in and (error := signins.failure_reason(record, kind.call.api)) is not None:
            who = self._caller_of(signins.attempted(record, kind.call.api, error, who.identity))
        if kind.saml or kind.objects or kind.sign_in:
            presigned = kind.objects and b"QueryString" in bytes(record.additional_event_data)
            variant = None if variant is None else (*variant, presigned, who.actor, error)
        row = kind.rows.get(variant) if variant is not None else None
        if row is None:
            targets, shared = _NO_TARGETS, True
            if kind.targeted:
                targets, shared = self._targets.find(kind.site, names, record, who.identity)
            row = self._row(kind, who, error, record, hour, targets, presigned)
            if shared and variant is not None:
                kind.rows[variant] = row
        return row

    def _row(
        self, kind: _Kind, who: _Caller, error: str | None, record: Record, hour: int, targets: Targets, presigned: bool
    ) -> _Row:
        call, agent = kind.call, record.user_agent
        target, beside, beyond = targets
        row = Row(
            actor=who.actor, api=call.api, hour=hour,
            account=record.recipient_account_id or home(who.identity), region=record.aws_region,
            source_ip=record.source_ip, endpoint=record.vpc_endpoint_id,
            user_agent=scrub_text(agent) if agent else agent,
            error=error, console=_from_console(record.session_credential_from_console, agent),
            copy=who.identity.type == "AWSAccount", category=call.category, sensitive=call.sensitive,
            presigned=presigned, target=target,
            relation=relation_of(call.api, error, target), beside=beside, beyond=beyond,
        )  # fmt: skip
        known = self._rows.get(row)
        if known is None:
            known = self._rows[row] = _Row(row, who, kind.targeted, len(self._rows))
        return known


def aggregate(sources: Iterable[Source], stdin: BinaryIO | None = None, events: int = BATCH_EVENTS) -> Iterator[Batch]:
    """Read the sources and yield batches of about `events` events, in the order of the sources; the last may be small.

    A store does not depend on the order of sources or the size of batches. `stdin` replaces standard input for the
    source `-`. Raises nothing: what cannot be read is set aside. Cost: linear in the decompressed bytes, about 30 µs
    for each event; memory does not depend on the size of files.
    """
    aggregator = Aggregator()
    for source in sources:
        file = SourceFile()
        for item in read(source, stdin, file=file):
            if isinstance(item, Records):
                aggregator.add(aggregator.open(source.path), item)
                if len(aggregator) >= events:
                    aggregator.come_to(file.size)
                    yield aggregator.batch()
            else:
                aggregator.note(source.path, item)
    yield aggregator.batch()


def canonical_id(record: Record) -> str:
    """Return an ID for a record without one: the hash of its canonical form."""
    fields: dict[str, object] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, msgspec.Raw):
            value = msgspec.json.decode(value) if value else None
        if value is not None:
            fields[name] = value
    text = msgspec.json.encode(fields, order="deterministic")
    return "hash:" + hashlib.blake2b(text, digest_size=16).hexdigest()


def _override(position: int, kind: _Kind, row: _Row, record: Record, time: int, rank: int) -> Override:
    """Return ID, fingerprint and facts of a call that is not usual."""
    event_id = record.event_id
    if record.addendum:
        event_id, rank = _addendum(bytes(record.addendum), event_id, rank)
    event_id = canonical_id(record) if event_id is None else event_id_text(event_id)
    who, response = row.who.identity, record.response_elements
    if kind.plain and not extract.issues_key(bytes(response)):
        return Override(position, rank, rank, event_id, None)
    event = extract.event_of(record, kind.call, time, event_id, who)
    facts = list(extract.facts(record, kind.call, who, event))
    if not facts:
        return Override(position, rank, rank, event_id, None)
    # Blanks depend on the file and mean nothing. The rank is in it: stores choose samples by the fingerprint.
    digest = xxh3_64_intdigest(b"|".join(_raws(record)).translate(None, _BLANKS))
    rest = f"{event.shared_id}|{event.request_id}|{record.error_message}"
    digest ^= xxh3_64_intdigest(rest.encode("utf-8", "surrogatepass"))
    return Override(position, rank, digest >> 1 & ~RANK | rank, event_id, facts)


def _add_candidate(row: _Row, record: Record, time: int, place: int, event_id: str, fingerprint: int) -> None:
    candidates = row.candidates
    request = bytes(record.request_parameters)
    candidates.append(
        SampleCandidate(
            time, place, event_id, fingerprint,
            bytes(record.resources) if len(record.resources) > _NULL else b"",
            # The request of a read is kept only if it has filters, which show intent.
            request if row.keeps_request or b"ilter" in request else b"",
        )
    )  # fmt: skip
    if len(candidates) == SAMPLES_PER_ROW:
        if len({one.event_id for one in candidates}) == SAMPLES_PER_ROW:
            row.cutoff = max(one.time for one in candidates)
    elif len(candidates) > MOST_CANDIDATES or (len(candidates) > SAMPLES_PER_ROW and row.cutoff == _NEVER):
        candidates[:] = smallest(candidates)  # repeated events do not displace others
        if len(candidates) == SAMPLES_PER_ROW:
            row.cutoff = candidates[-1].time


def _addendum(raw: bytes, event_id: str | None, rank: int) -> tuple[str | None, int]:
    """Return ID and rank of a record with an addendum: `UPDATED_DATA` amends the original (guide §1.1)."""
    if b"UPDATED_DATA" not in raw:
        return event_id, rank
    try:
        addendum = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return event_id, rank
    original = addendum.get("originalEventID") if isinstance(addendum, dict) else None
    return (original if isinstance(original, str) and original else event_id), rank | copies.AMENDS


def _unusable_reason(record: Record, time: int) -> str | None:
    """Return why a record is unusable, None if it is usable. Records that are no calls are passed over anyway."""
    if not record.event_name:
        return "no eventName"
    if time < 0:
        return "eventTime cannot be read" if record.event_time else "no eventTime"
    return unreadable(record.user_identity)


def _is_stated(value: str | bool | None) -> bool:
    return value is not None and (value is True or value is False or not is_masked(value))


def _from_console(flag: str | bool | None, agent: str | None) -> bool:
    """Return whether the record itself says that the call came from the console (guide §4.5)."""
    if flag is True or (isinstance(flag, str) and flag.lower() == "true"):
        return True
    return is_console(agent)


def _note_sighting(seen: dict[Name, Sighting], name: Name, first: int, last: int) -> None:
    """Record when a unique ID and a name were seen together."""
    known = seen.get(name)
    if known is None:
        seen[name] = Sighting(*name, first, last)
    else:
        known.first, known.last = min(known.first, first), max(known.last, last)
