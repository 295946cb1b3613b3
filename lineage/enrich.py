"""Adds its true origin to each record of the logs.

A SIEM, Athena or a notebook can then group events by origin. The origin is the answer of `who` for the event ID. Most
records of one identity have the same answer, which is computed once; answers that depend on the event (forward access
of a user, another account's copy of a call, a record without a session) are computed separately.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import BinaryIO, NamedTuple

import msgspec

from lineage.model import attempts, keys, schema
from lineage.model.batch import shared_hash
from lineage.model.errors import BadUse
from lineage.model.facts import Identity
from lineage.model.results import Graph
from lineage.model.times import parse_when
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.identifiers import Caller, by_event, locate, one_by_record
from lineage.questions.shared.joins import sessions_at
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import call_it, short
from lineage.questions.who.answer import explain
from lineage.resolve.join_keys import is_forwarded
from lineage.stores.reader import Reader
from loaders.facts import extract, signins
from loaders.facts.classify import call_of
from loaders.facts.identity import identity, named_by_address, placed, unreadable
from loaders.files.sources import Source, fetched, find
from loaders.records.items import Aside, Records
from loaders.records.read import read, understood
from loaders.records.record import Record
from loaders.secrets import scrub_json, scrub_record, scrub_text

REMEMBERED = 20_000
"""Most cached identities and answers; then the caches are cleared."""
COLUMNS = (
    "origin_kind", "origin_id", "origin_account", "origin_name", "person", "origin_key", "resource", "provider",
    "session", "chain", "depth", "via", "confidence", "ambiguous", "reason", "guess",
)  # fmt: skip
"""The columns that are added to each record."""
TOGETHER = 2_000
"""Records whose identities are looked up in one query."""
Text = bytes | msgspec.Raw | str | None
_json = msgspec.json.Encoder().encode


class Origin(NamedTuple):
    """The origin of a record: the values of `COLUMNS`, and all of them as one JSON object."""

    values: tuple[object, ...]
    json: bytes


class Enriched(NamedTuple):
    """A record with its origin."""

    record: Record
    who: Identity
    """Its `userIdentity`, normalised."""
    origin: Origin
    logged: Text
    """Its JSON as in the file, with secrets; None for a row of a table."""

    @property
    def text(self) -> bytes:
        """Its JSON as logged, without secrets, on one line; for a row of a table what the loader read of it."""
        return clean(self.record, self.logged)

    @property
    def line(self) -> bytes:
        """The record as one line of JSON, with the member `lineage`."""
        text = self.text
        comma = b"" if text == b"{}" else b","
        return b"".join((text[:-1], comma, b'"lineage":', self.origin.json, b"}"))


class Sums:
    """Number of records that were written and set aside."""

    def __init__(self) -> None:
        self.written = 0
        self.set_aside = 0

    @property
    def read(self) -> int:
        """Number of all records."""
        return self.written + self.set_aside


def enrich(
    reader: Reader, paths: Sequence[str], *, min_confidence: str = "LIKELY", sums: Sums | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Enriched]:  # fmt: skip
    """Yield every usable record behind the paths, in their order, with its origin from the store.

    A record need not be loaded: its identity is looked up anyway. Origins below `min_confidence` are only in the
    column `guess`. The files are found at the start, so files that are written meanwhile are not read. Raises
    `BadUse` for an unknown confidence, or a path that matches nothing.
    """
    if min_confidence.upper() not in schema.CONFIDENCE[:-1]:
        raise BadUse(f"--min-confidence {min_confidence}: unknown; use one of {', '.join(schema.CONFIDENCE[:-1])}")
    origins = Origins(reader, min_confidence.upper())
    return _enriched(origins, fetched(find(paths)), stdin, sums if sums is not None else Sums())


def _enriched(origins: Origins, sources: Iterable[Source], stdin: BinaryIO | None, sums: Sums) -> Iterator[Enriched]:
    waiting: list[tuple[Record, Text]] = []
    for record, text in _records(sources, stdin, sums):
        waiting.append((record, text))
        if len(waiting) >= TOGETHER:
            yield from _answered(origins, waiting, sums)
    yield from _answered(origins, waiting, sums)


def _records(sources: Iterable[Source], stdin: BinaryIO | None, sums: Sums) -> Iterator[tuple[Record, Text]]:
    """Yield the usable records of files with their JSON; count the others."""
    for source in sources:
        for item in read(source, stdin, texts=True):
            if isinstance(item, Aside):
                sums.set_aside += 1
            elif isinstance(item, Records):
                for record, text in zip(item.records, item.texts or repeat(None), strict=False):
                    if record.event_time is None or record.event_name is None or unreadable(record.user_identity):
                        sums.set_aside += 1
                    else:
                        yield record, text


def _answered(origins: Origins, waiting: list[tuple[Record, Text]], sums: Sums) -> Iterator[Enriched]:
    """Yield the waiting records with their origins, and clear the list."""
    origins.meet(record for record, _ in waiting)
    for record, text in waiting:
        sums.written += 1
        who, origin = origins.of(record)
        yield Enriched(record, who, origin, text)
    waiting.clear()


def clean(record: Record, text: Text) -> bytes:
    """Return the record's JSON on one line, without its secrets."""
    if text is None:
        return scrub_json(_json(understood(record)))
    raw = text.encode() if isinstance(text, str) else bytes(text)
    return scrub_record(raw)


class Origins:
    """The origins of records, each computed once if possible."""

    def __init__(self, reader: Reader, least: str) -> None:
        self._reader = reader
        self._least = schema.CONFIDENCE.index(least)
        self._identities: dict[tuple[bytes, str | None], tuple[Identity, Origin | None]] = {}
        self._answers: dict[tuple[object, ...], Origin] = {}

    def meet(self, records: Iterable[Record]) -> None:
        """Look up the new identities of the records in one query."""
        if len(self._identities) >= REMEMBERED:
            self._identities.clear()
        fresh: dict[tuple[bytes, str | None], Identity] = {}
        for record in records:
            key = (bytes(record.user_identity), record.event_type)
            if key not in self._identities and key not in fresh:
                fresh[key] = placed(identity(*key), None)
        starts = {key: locate(self._reader, who, 0, "", "") for key, who in fresh.items() if _may_settle(who)}
        graph = self._reader.ascend({asked.start for asked in starts.values()})
        for key, who in fresh.items():
            asked = starts.get(key)
            # The answer of a settled identity does not depend on time and call.
            settled = asked is not None and _is_settled(asked, graph)
            origin = self._origin(asked._replace(time=None), graph) if asked is not None and settled else None
            self._identities[key] = who, origin

    def of(self, record: Record) -> tuple[Identity, Origin]:
        """Return identity and origin of a record that was passed to `meet`."""
        who, origin = self._identities[bytes(record.user_identity), record.event_type]
        named = named_by_address(who, record.source_ip)
        # A failed sign-in is not its identity.
        if origin is None or named is not who or record.event_name in attempts.NAMES:
            return named, self._origin_of_call(named, record)
        return who, origin

    def _origin_of_call(self, who: Identity, record: Record) -> Origin:
        """Return the origin of one call of an identity whose calls have different origins."""
        time = parse_when(record.event_time)
        if time is None:
            return _EMPTY
        if who.type == "SAMLUser" and (provider := extract.saml_provider(bytes(record.request_parameters))) is not None:
            who = msgspec.structs.replace(who, identity_provider=provider)
        call = call_of(record)
        who = signins.caller(record, call.api, who)
        shared = shared_hash(record.shared_event_id)
        asked = one_by_record(self._reader, who, time, call.api, call.category, shared)
        if asked.own_copy is None:
            asked = asked._replace(user_agent=record.user_agent)
        if call.facts and who.type in ("AWSAccount", "SAMLUser") and record.event_id:
            # The caller's own copy, or facts about a user from later events, state more than the record.
            loaded = [one for one in by_event(self._reader, record.event_id, None) if one.time == time]
            asked = loaded[0] if loaded else asked
        start = keys.ref(asked.start)
        found = tuple(sessions_at(self._reader, asked)) if start.label == schema.PRINCIPAL else ()
        key: tuple[object, ...] = (who, asked.who, asked.start, found)
        if is_forwarded(asked.who or who):
            key += (time,)
        elif found or start.label != schema.PRINCIPAL:
            key += (time, asked.user_agent)
        if key not in self._answers:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[key] = self._origin(asked)
        return self._answers[key]

    def _origin(self, asked: Caller, graph: Graph | None = None) -> Origin:
        found = explain(self._reader, asked, graph=graph, provenance=False)
        whose = short(found)
        hops = max((len(answer.hops) for answer in found), default=0)
        session = session_key_of(asked.start)
        sure = schema.CONFIDENCE.index(whose.confidence) <= self._least and whose.kind != "Unresolved"
        return _origin_columns(whose, session, hops, sure)


def _may_settle(who: Identity) -> bool:
    """Return whether all calls of the identity may have the same origin. Not if a call states no session, or is
    another account's copy."""
    if who.type == "AWSService" and not who.access_key_id:
        return True
    return who.type not in ("AWSAccount", "SAMLUser") and not is_forwarded(who) and bool(who.principal_id)


def _is_settled(asked: Caller, graph: Graph) -> bool:
    """Return whether all calls of the identity have the same origin. Not if its session created tokens of `aws login`,
    which differ by time and agent, or if several origins fit it, of which a call may state one."""
    session = session_key_of(asked.start)
    if session is None:
        service = asked.who is not None and asked.who.type == "AWSService"
        return service or keys.ref(asked.start).label == schema.CREDENTIAL
    node = f"{schema.SESSION} {session}"
    if node not in graph:
        return True
    ways = [way for _, _, way in graph.in_edges(node, data=True) if way["type"] == schema.ASSUMED]
    stated = [edge for _, _, edge in graph.out_edges(node, data=True) if edge.get("stated")]
    return len(ways) <= 1 and len(stated) <= 1 and not any(way["tokens"] for way in ways)


def _origin_columns(whose: Whose, session: str | None, depth: int, sure: bool) -> Origin:
    columns = (whose.kind, whose.id, whose.account, whose.name, whose.person, whose.access_key_id, whose.resource,
              whose.provider) if sure else (None,) * 8  # fmt: skip
    guess = None
    if whose.attempt:
        guess = whose.attempt
    elif not sure and (whose.candidates or whose.kind != "Unresolved"):
        guess = f"{call_it(whose)} ({'one of these' if whose.candidates else whose.confidence})"
    chain = " > ".join(whose.chain) if sure else None
    values = (*columns, session, chain, depth, whose.via, whose.confidence, whose.ambiguous, whose.reason, guess)
    return Origin(values, _json(dict(zip(COLUMNS, values, strict=True))))


_EMPTY = Origin((None,) * len(COLUMNS), b"null")


FIELDS = (
    "eventTime", "eventID", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode",
    "recipientAccountId", "readOnly", "eventType",
)  # fmt: skip
"""Fields of an event in a table, under CloudTrail's names."""
IDENTITY = tuple(f"userIdentity_{name}" for name in ("type", "arn", "principalId", "accountId", "accessKeyId"))
"""Fields of its identity."""


def fields_of(record: Record) -> tuple[object, ...]:
    """Return the values of `FIELDS`, without secrets."""
    agent = record.user_agent
    return (
        record.event_time, record.event_id, record.event_source, record.event_name, record.aws_region,
        record.source_ip, scrub_text(agent) if agent else agent, record.error_code, record.recipient_account_id,
        _read_only(record.read_only), record.event_type,
    )  # fmt: skip


def identity_of(who: Identity) -> tuple[str | None, ...]:
    """Return the values of `IDENTITY`."""
    return who.type, who.arn, who.principal_id, who.account, who.access_key_id


def _read_only(value: bool | str | None) -> bool | None:
    return value if not isinstance(value, str) else value.lower() == "true"
