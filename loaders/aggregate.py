"""Records to batches: the hot path.

An ordinary API call costs one dictionary look-up for its identity, one for its operation, one for its
row and one ledger entry. Requests and responses are parsed only where a fact, a target or a sample needs
them. Nothing here knows a store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec
from xxhash import xxh3_64_intdigest

from lineage import keys
from lineage.batch import (
    SAMPLES_PER_ROW,
    Batch,
    FileSeen,
    Passed,
    Row,
    SetAside,
    Sighting,
    actor_id,
    event_id_bytes,
    stable_id,
)
from lineage.facts import AnyFact, Event, Identity, Sample
from lineage.times import iso, parse_when
from loaders import extract
from loaders.classify import Call, classify
from loaders.documents import Aside, FileEnd, Records
from loaders.documents import Passed as PassedDocument
from loaders.identity import identity
from loaders.inputs import Source, read
from loaders.record import HISTORY, Record

BATCH_EVENTS = 50_000
"""Events of a batch: enough that writing is cheap, few enough that memory stays small."""

_SECONDS = {f"{second:02d}Z": second for second in range(60)}
_BLANKS = b" \t\r\n"
_CONSOLE_AGENTS = ("console.", "signin.amazonaws.com", "s3console", "aws cloudwatch console", "awscloudtrail, aws-internal")


class _RowState:
    """A row being built: its samples, and the first and last second that was offered to it."""

    __slots__ = ("first", "last", "row", "samples", "worst")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.samples: list[tuple[int, bytes, int, str, bytes, bytes]] = []
        self.worst = 1 << 62
        self.first = 1 << 62
        self.last = -1


class Aggregator:
    """Collects records and gives them back as batches.

    Caches of identities, operations and minutes live as long as the aggregator and are bounded.
    """

    def __init__(self) -> None:
        self._identities: dict[bytes, tuple[int, Identity]] = {}
        self._minutes: dict[str, tuple[int, int]] = {}
        self._targets: dict[tuple[object, ...], object] = {}
        self._ids: dict[Identity, int] = {}
        self._reset()

    def _reset(self) -> None:
        self._entries: dict[tuple[int, bytes], tuple[int, bytes, int, int, int, int, int, int]] = {}
        self._rows: dict[tuple[object, ...], _RowState] = {}
        self._facts: dict[tuple[int, bytes], list[AnyFact]] = {}
        self._actors: dict[int, Identity] = {}
        self._batch = Batch(
            entries=[], rows=[], samples={}, actors={}, facts=[], lost=[], sightings=[], aside=[], passed=[],
            paths=[], ended=[],
        )  # fmt: skip

    def __len__(self) -> int:
        return self._batch.read

    def batch(self) -> Batch:
        """All that was added since the last batch."""
        batch = self._batch
        batch.entries = list(self._entries.values())
        batch.facts = [(hour, id_, found) for (hour, id_), found in self._facts.items()]
        batch.actors = self._actors
        seen: dict[tuple[str, str, str], Sighting] = {}
        for state in self._rows.values():
            row = state.row
            batch.rows.append(row)
            batch.samples[row.id] = [_sample(*kept) for kept in state.samples]
            start = row.hour * 3600
            _sight(seen, self._actors[row.actor], start + state.first, start + state.last)
        batch.sightings = list(seen.values())
        self._reset()
        if len(self._identities) > 200_000:
            self._identities.clear()
            self._ids.clear()
        if len(self._minutes) > 100_000:
            self._minutes.clear()
        if len(self._targets) > 50_000:
            self._targets.clear()
        return batch

    def open(self, path: str) -> int:
        """Begin a file; returns the number under which its records are added."""
        paths = self._batch.paths
        if not paths or paths[-1] != path:
            paths.append(path)
        return len(paths) - 1

    def note(self, path: str, item: Aside | PassedDocument | FileEnd) -> None:
        """Take what is no record: set aside, passed over, or the end of a file."""
        if isinstance(item, Aside):
            self._batch.read += 1
            self._batch.aside.append(SetAside(path, item.index, item.offset, item.reason))
        elif isinstance(item, FileEnd):
            self._batch.ended.append(FileSeen(item.path, item.sha256, item.size))
            self._batch.bytes_read += item.size
        else:
            self._batch.passed.append(
                Passed(item.kind, item.count, item.start, item.end, item.account, item.region, item.trail)
            )

    def add(self, file: int, records: Records) -> None:
        """Add the records of one file (`file` is what `open` gave)."""
        form_rank = HISTORY - records.form
        indexes = records.indexes or range(records.first, records.first + len(records.records))
        batch = self._batch
        path = batch.paths[file]
        minutes, identities, rows, entries = self._minutes, self._identities, self._rows, self._entries
        batch.read += len(records.records)
        passed: dict[str, int] = {}
        for index, record in zip(indexes, records.records, strict=True):
            # The time: whole minutes are looked up, so that only a new minute is parsed.
            when = record.event_time
            minute = minutes.get(when[:17]) if when is not None and len(when) == 20 else None
            if minute is None:
                minute = self._minute(when)
            if minute is None or not record.event_name:
                batch.aside.append(SetAside(path, index, None, _unusable(record, minute)))
                continue
            hour, second = minute
            try:
                second += _SECONDS[when[17:]]  # type: ignore[index]  # a minute was found, so there is a text
            except KeyError:
                hour, second = divmod(parse_when(when) or 0, 3600)

            call = classify(
                record.event_source, record.event_name, record.event_type, record.event_category, record.read_only
            )
            if call.passed is not None:
                passed[call.passed] = passed.get(call.passed, 0) + 1
                batch.read -= 1
                continue

            raw_identity = bytes(record.user_identity)
            known = identities.get(raw_identity)
            if known is None:
                known = self._identify(raw_identity, record.event_type)
            actor, who = known

            request, response = record.request_parameters, record.response_elements
            extra = record.additional_event_data
            request_bytes = bytes(request)
            if who.type == "SAMLUser":
                actor, who = self._with_provider(who, request_bytes)
            error = record.error_code or (record.error_message[:100] if record.error_message else None)
            target = relation = None
            if error is not None or call.changing or call.sensitive:
                target, relation = self._target(record, call, who, request_bytes, error)
            presigned = call.category == "data:s3" and b"QueryString" in bytes(extra)

            shape = (
                actor, call, hour, record.recipient_account_id, record.aws_region, record.source_ip,
                record.vpc_endpoint_id, record.user_agent, error, record.session_credential_from_console, target,
                presigned,
            )  # fmt: skip
            state = rows.get(shape)
            if state is None:
                state = rows[shape] = self._row(shape, call, actor, who, relation)
                self._actors[actor] = who
            row = state.row

            rank = form_rank
            event_id = record.event_id
            if record.addendum:
                event_id, rank = _addendum(bytes(record.addendum), event_id, rank)
            if event_id is None:
                event_id = canonical_id(record)
            try:
                id_ = bytes.fromhex(event_id.replace("-", ""))
                if len(id_) != 16 or len(event_id) != 36:
                    id_ = event_id_bytes(event_id)
            except ValueError:
                id_ = event_id_bytes(event_id)

            fingerprint = xxh3_64_intdigest(
                b"|".join((request_bytes, bytes(response), bytes(extra), bytes(record.service_event_details), bytes(record.resources))).translate(None, _BLANKS)
            ) >> 1  # fmt: skip

            found: list[AnyFact] | None = None
            if call.facts or (response and extract.issues_key(bytes(response))):
                time = hour * 3600 + second
                event = extract.event_of(record, call, time, event_id, who)
                found = list(extract.facts(record, call, who, event))
                if found:
                    fingerprint ^= xxh3_64_intdigest(f"{event.shared_id}|{event.request_id}|{record.error_message}".encode("utf-8", "surrogatepass")) >> 1

            if second < state.first:
                state.first = second
            if second > state.last:
                state.last = second

            key = (hour, id_)
            entry = (hour, id_, second, rank, fingerprint, row.id, file, index)
            old = entries.get(key)
            if old is not None and self._settle(old, entry, key):
                continue
            entries[key] = entry
            if found:
                self._facts[key] = found
            elif old is not None:
                self._facts.pop(key, None)
            if second <= state.worst:
                self._keep(state, second, id_, fingerprint, event_id, request_bytes, record, call, error)
        for kind, count in passed.items():
            batch.passed.append(Passed(kind, count))

    def _settle(
        self,
        old: tuple[int, bytes, int, int, int, int, int, int],
        new: tuple[int, bytes, int, int, int, int, int, int],
        key: tuple[int, bytes],
    ) -> bool:
        """Decide between two contents of one event; True if the one that stood there stays."""
        self._batch.duplicates += 1
        # rank, fingerprint, row, second
        was, now = (old[3], old[4], old[5], old[2]), (new[3], new[4], new[5], new[2])
        if was == now:
            return True
        if was[0] == now[0]:
            self._batch.conflicts += 1
        stays = (-was[0], *was[1:]) < (-now[0], *now[1:])
        loser = new if stays else old
        self._batch.lost.append((loser[5], loser[0] * 3600 + loser[2], key[1], loser[4]))
        return stays

    def _keep(
        self, state: _RowState, second: int, id_: bytes, fingerprint: int, event_id: str, request: bytes,
        record: Record, call: Call, error: str | None,
    ) -> None:  # fmt: skip
        """Keep the event as a sample of its row if it is one of the smallest."""
        wanted = call.changing or call.sensitive or error is not None
        if not wanted and b"ilter" not in request:
            request = b""
        samples = state.samples
        resources = bytes(record.resources) if wanted else b""
        samples.append((state.row.hour * 3600 + second, id_, fingerprint, event_id, resources, request))
        if len(samples) > SAMPLES_PER_ROW:
            samples.sort()
            samples.pop()
            state.worst = samples[-1][0] - state.row.hour * 3600

    def _minute(self, when: str | None) -> tuple[int, int] | None:
        """Hour since the epoch and second in it of the minute of `when`; of `when` itself if it is unusual."""
        time = parse_when(when) if when is not None else None
        if time is None:
            return None
        if len(when or "") == 20 and iso(time) == when:
            start = time - time % 60
            found = self._minutes[when[:17]] = divmod(start, 3600)  # type: ignore[index]
            return found
        return divmod(time, 3600)

    def _identify(self, raw: bytes, event_type: str | None) -> tuple[int, Identity]:
        who = identity(raw, event_type)
        number = self._ids.get(who)
        if number is None:
            number = self._ids[who] = actor_id(who)
        if b'"type"' in raw:
            # Without a type the event's own type decides, so that the text alone is no key.
            self._identities[raw] = (number, who)
        return number, who

    def _with_provider(self, who: Identity, request: bytes) -> tuple[int, Identity]:
        """A SAML identity names its provider by a hash; the request has the ARN."""
        found = extract.saml_provider(request)
        if found is not None:
            who = msgspec.structs.replace(who, identity_provider=found)
        number = self._ids.get(who)
        if number is None:
            number = self._ids[who] = actor_id(who)
        return number, who

    def _target(
        self, record: Record, call: Call, who: Identity, request: bytes, error: str | None
    ) -> tuple[object, str | None]:
        """The resource that the call is about and the relationship that this makes."""
        key = (call, who.account, request, bytes(record.resources), record.error_message if error else None)
        if key in self._targets:
            found = self._targets[key]
        else:
            found = self._targets[key] = extract.target(record, call, who)
        refused = error is not None and call.api.startswith("sts:Assume")
        if refused:
            return found, "TRIED"
        return found, "TOUCHED" if found is not None else None

    def _row(
        self, shape: tuple[object, ...], call: Call, actor: int, who: Identity, relation: str | None
    ) -> _RowState:
        _, _, hour, account, region, source_ip, endpoint, agent, error, from_console, target, presigned = shape
        row = Row(
            id=0, actor=actor, api=call.api, hour=hour, account=account, region=region, source_ip=source_ip,
            endpoint=endpoint, user_agent=agent, error=error, console=_from_console(from_console, agent),
            copy=who.type == "AWSAccount", category=call.category, sensitive=call.sensitive, presigned=presigned,
            target=target, relation=relation,
        )  # fmt: skip
        return _RowState(msgspec.structs.replace(row, id=stable_id(msgspec.json.encode(row))))


def aggregate(sources: Iterable[Source], events: int = BATCH_EVENTS) -> Iterator[Batch]:
    """Read the sources and yield batches of about `events` events; the last one may be small."""
    aggregator = Aggregator()
    for source in sources:
        for item in read(source):
            if isinstance(item, Records):
                aggregator.add(aggregator.open(source.path), item)
                if len(aggregator) >= events:
                    yield aggregator.batch()
            else:
                aggregator.note(source.path, item)
    yield aggregator.batch()


def canonical_id(record: Record) -> str:
    """A stand-in ID for a record that has none: the hash of its canonical form."""
    fields: dict[str, object] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, msgspec.Raw):
            value = msgspec.json.decode(value) if value else None
        if value is not None:
            fields[name] = value
    text = msgspec.json.encode(fields, order="deterministic")
    return "hash:" + hashlib.blake2b(text, digest_size=16).hexdigest()


def _addendum(raw: bytes, event_id: str | None, rank: int) -> tuple[str | None, int]:
    """ID and rank of a record with an addendum: `UPDATED_DATA` amends the original (guide §1.1)."""
    if b"UPDATED_DATA" not in raw:
        return event_id, rank
    try:
        addendum = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return event_id, rank
    original = addendum.get("originalEventID") if isinstance(addendum, dict) else None
    return (original if isinstance(original, str) and original else event_id), rank + 4


def _unusable(record: Record, minute: object) -> str:
    if not record.event_name:
        return "no eventName"
    return "no eventTime" if not record.event_time else "eventTime cannot be read"


def _from_console(mark: object, agent: object) -> bool:
    """Does the record itself say that the call came from the console (guide §4.5)?"""
    if mark is True or (isinstance(mark, str) and mark.lower() == "true"):
        return True
    if not isinstance(agent, str):
        return False
    text = agent.strip("[] ").lower()
    return text.startswith(_CONSOLE_AGENTS) or text.startswith("mozilla/")


def _sample(
    time: int, id_: bytes, fingerprint: int, event_id: str, resources: bytes, request: bytes
) -> tuple[Sample, bytes, int]:
    arns: tuple[str, ...] = ()
    parameters: str | None = None
    if resources or request:
        arns, parameters = extract.sample(
            Record(resources=msgspec.Raw(resources), request_parameters=msgspec.Raw(request))
        )
    return Sample(time=time, event_id=event_id, resources=arns, parameters=parameters), id_, fingerprint


def _sight(seen: dict[tuple[str, str, str], Sighting], who: Identity, first: int, last: int) -> None:
    """Note which unique ID and ARN a principal had, and when."""
    owner = keys.principal(who)
    unique = who.role_id if owner.kind == "Role" else who.principal_id if owner.kind == "IAMUser" else None
    arn = owner.arn if owner.arn != owner.key else None
    if not unique and not arn:
        return
    key = (owner.key, unique or "", arn or "")
    found = seen.get(key)
    if found is None:
        seen[key] = Sighting(*key, first, last)
    else:
        found.first = min(found.first, first)
        found.last = max(found.last, last)
