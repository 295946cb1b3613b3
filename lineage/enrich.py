"""The logs back out, each record with its true origin beside it.

So that a SIEM, Athena or a notebook can group every event by its origin. The answer beside a record is that of
`who` for its event ID. Most records of one identity have one answer, which is worked out once; what depends on the
very event (forward access of a user, another account's copy of a call, a record without a session) is asked apart.
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
from lineage.questions.shared.asks import Asked, by_event, locate, one_by_record
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.joins import sessions_at
from lineage.questions.shared.models import Whose
from lineage.questions.shared.whose import call_it, short
from lineage.questions.who.answer import explain
from lineage.resolve.join_keys import is_forwarded
from lineage.stores.reader import Reader
from loaders.facts import extract, signins
from loaders.facts.classify import Call, classify
from loaders.facts.identity import identity, placed, served, unreadable
from loaders.files import inputs
from loaders.records.items import Aside, Records
from loaders.records.record import Record
from loaders.records.secrets import scrub_json, scrub_record, scrub_text
from loaders.records.single import understood

REMEMBERED = 20_000
"""Identities and answers that are kept at most; then they are forgotten and worked out anew."""
COLUMNS = (
    "origin_kind", "origin_id", "origin_account", "origin_name", "person", "origin_key", "resource", "provider",
    "session", "chain", "depth", "via", "confidence", "ambiguous", "reason", "guess",
)  # fmt: skip
"""What stands beside each record."""
TOGETHER = 2_000
"""Records whose identities are looked up together."""
Text = bytes | msgspec.Raw | str | None
_json = msgspec.json.Encoder().encode


class Beside(NamedTuple):
    """What stands beside a record: the values of `COLUMNS`, and all of them as one JSON object."""

    values: tuple[object, ...]
    json: bytes


class Enriched(NamedTuple):
    """A record with its origin."""

    record: Record
    who: Identity
    """Its `userIdentity`, as it was understood."""
    beside: Beside
    logged: Text
    """Its JSON as it lies in the file, secrets and all; None of a row of a table."""

    @property
    def text(self) -> bytes:
        """Its JSON as logged, secrets removed, on one line; of a row of a table what was understood of it."""
        return clean(self.record, self.logged)

    @property
    def line(self) -> bytes:
        """The record as one line of JSON, with the member `lineage`."""
        text = self.text
        comma = b"" if text == b"{}" else b","
        return b"".join((text[:-1], comma, b'"lineage":', self.beside.json, b"}"))


class Sums:
    """How many records were read, and what became of them."""

    def __init__(self) -> None:
        self.written = 0
        self.set_aside = 0

    @property
    def read(self) -> int:
        return self.written + self.set_aside


def enrich(
    reader: Reader, paths: Sequence[str], *, min_confidence: str = "LIKELY", sums: Sums | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Enriched]:  # fmt: skip
    """Every usable record behind the paths, in their order, with its origin by the lineage in the store.

    A record need not be loaded: its identity is looked up all the same. Origins below `min_confidence` are left out
    and stand as a guess. The files are found at once, so that none that is written meanwhile is read. Raises `BadUse`
    for a class of confidence that there is not, or a path that names nothing.
    """
    if min_confidence.upper() not in schema.CONFIDENCE[:-1]:
        raise BadUse(f"--min-confidence {min_confidence}: there is none; one of {', '.join(schema.CONFIDENCE[:-1])}")
    origins = Origins(reader, min_confidence.upper())
    return _enriched(origins, inputs.find(paths), stdin, sums if sums is not None else Sums())


def _enriched(
    origins: Origins, sources: Iterable[inputs.Source], stdin: BinaryIO | None, sums: Sums
) -> Iterator[Enriched]:
    waiting: list[tuple[Record, Text]] = []
    for record, text in _records(sources, stdin, sums):
        waiting.append((record, text))
        if len(waiting) >= TOGETHER:
            yield from _answered(origins, waiting, sums)
    yield from _answered(origins, waiting, sums)


def _records(sources: Iterable[inputs.Source], stdin: BinaryIO | None, sums: Sums) -> Iterator[tuple[Record, Text]]:
    """The usable records of files with their texts; the others are counted."""
    for source in sources:
        for item in inputs.read(source, stdin, texts=True):
            if isinstance(item, Aside):
                sums.set_aside += 1
            elif isinstance(item, Records):
                for record, text in zip(item.records, item.texts or repeat(None), strict=False):
                    if record.event_time is None or record.event_name is None or unreadable(record.user_identity):
                        sums.set_aside += 1
                    else:
                        yield record, text


def _answered(origins: Origins, waiting: list[tuple[Record, Text]], sums: Sums) -> Iterator[Enriched]:
    """The records that wait, with their origins; nobody waits after that."""
    origins.meet(record for record, _ in waiting)
    for record, text in waiting:
        sums.written += 1
        who, beside = origins.of(record)
        yield Enriched(record, who, beside, text)
    waiting.clear()


def clean(record: Record, text: Text) -> bytes:
    """The record's JSON on one line, without its secrets."""
    if text is None:
        return scrub_json(_json(understood(record)))
    raw = text.encode() if isinstance(text, str) else bytes(text)
    return scrub_record(raw)


class Origins:
    """The origins of records, each worked out once where that may be."""

    def __init__(self, reader: Reader, least: str) -> None:
        self._reader = reader
        self._least = schema.CONFIDENCE.index(least)
        self._identities: dict[tuple[bytes, str | None], tuple[Identity, Beside | None]] = {}
        self._answers: dict[tuple[object, ...], Beside] = {}

    def meet(self, records: Iterable[Record]) -> None:
        """Look up the identities of the records that are new, all at once."""
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
            # Time and call change nothing in what a settled identity is answered.
            settled = asked is not None and _is_settled(asked, graph)
            beside = self._told(asked._replace(time=None), graph) if asked is not None and settled else None
            self._identities[key] = who, beside

    def of(self, record: Record) -> tuple[Identity, Beside]:
        """The identity of a record, which was met, and what stands beside the record."""
        who, beside = self._identities[bytes(record.user_identity), record.event_type]
        named = served(who, record.source_ip)
        # A failed sign-in is not what its identity is.
        if beside is None or named is not who or record.event_name in attempts.NAMES:
            return named, self._apart(named, record)
        return who, beside

    def _apart(self, who: Identity, record: Record) -> Beside:
        """The answer for one call of an identity whose calls differ."""
        time = parse_when(record.event_time)
        if time is None:
            return _EMPTY
        if who.type == "SAMLUser" and (provider := extract.saml_provider(bytes(record.request_parameters))) is not None:
            who = msgspec.structs.replace(who, identity_provider=provider)
        call = _call(record)
        who = signins.caller(record, call.api, who)
        shared = shared_hash(record.shared_event_id)
        asked = one_by_record(self._reader, who, time, call.api, call.category, shared)
        if asked.own_copy is None:
            asked = asked._replace(user_agent=record.user_agent)
        if call.facts and who.type in ("AWSAccount", "SAMLUser") and record.event_id:
            # The caller's own copy, or what was learnt of a user later, says more than the record.
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
            self._answers[key] = self._told(asked)
        return self._answers[key]

    def _told(self, asked: Asked, graph: Graph | None = None) -> Beside:
        found = explain(self._reader, asked, graph=graph, provenance=False)
        whose = short(found)
        hops = max((len(answer.hops) for answer in found), default=0)
        session = session_key_of(asked.start)
        sure = schema.CONFIDENCE.index(whose.confidence) <= self._least and whose.kind != "Unresolved"
        return _beside(whose, session, hops, sure)


def _may_settle(who: Identity) -> bool:
    """May all calls of the identity have one answer? Not where a call states no session or is somebody else's."""
    if who.type == "AWSService" and not who.access_key_id:
        return True
    return who.type not in ("AWSAccount", "SAMLUser") and not is_forwarded(who) and bool(who.principal_id)


def _is_settled(asked: Asked, graph: Graph) -> bool:
    """Have all its calls one answer? Not where tokens of `aws login` were made from its session: they differ by
    time and agent."""
    session = session_key_of(asked.start)
    if session is None:
        service = asked.who is not None and asked.who.type == "AWSService"
        return service or keys.ref(asked.start).label == schema.CREDENTIAL
    node = f"{schema.SESSION} {session}"
    ways = [way for _, _, way in graph.in_edges(node, data=True)] if node in graph else []
    return not any(way["type"] == schema.ASSUMED and way["tokens"] for way in ways)


def _beside(whose: Whose, session: str | None, depth: int, sure: bool) -> Beside:
    origin = (whose.kind, whose.id, whose.account, whose.name, whose.person, whose.access_key_id, whose.resource,
              whose.provider) if sure else (None,) * 8  # fmt: skip
    guess = None
    if whose.attempt:
        guess = whose.attempt
    elif not sure and (whose.candidates or whose.kind != "Unresolved"):
        guess = f"{call_it(whose)} ({'one of these' if whose.candidates else whose.confidence})"
    chain = " > ".join(whose.chain) if sure else None
    values = (*origin, session, chain, depth, whose.via, whose.confidence, whose.ambiguous, whose.reason, guess)
    return Beside(values, _json(dict(zip(COLUMNS, values, strict=True))))


_EMPTY = Beside((None,) * len(COLUMNS), b"null")


def _call(record: Record) -> Call:
    return classify(record.event_source, record.event_name, record.event_type, record.event_category, record.read_only)


FIELDS = (
    "eventTime", "eventID", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode",
    "recipientAccountId", "readOnly", "eventType",
)  # fmt: skip
"""CloudTrail's own fields of an event in a table, under its own names."""
IDENTITY = tuple(f"userIdentity_{name}" for name in ("type", "arn", "principalId", "accountId", "accessKeyId"))
"""Those of its identity."""


def fields_of(record: Record) -> tuple[object, ...]:
    """The values of `FIELDS`, secrets removed."""
    agent = record.user_agent
    return (
        record.event_time, record.event_id, record.event_source, record.event_name, record.aws_region,
        record.source_ip, scrub_text(agent) if agent else agent, record.error_code, record.recipient_account_id,
        _read_only(record.read_only), record.event_type,
    )  # fmt: skip


def identity_of(who: Identity) -> tuple[str | None, ...]:
    """The values of `IDENTITY`."""
    return who.type, who.arn, who.principal_id, who.account, who.access_key_id


def _read_only(value: bool | str | None) -> bool | None:
    return value if not isinstance(value, str) else value.lower() == "true"
