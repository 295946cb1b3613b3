"""What was asked: an event, a key, a session or an ARN, as the nodes that the answer begins at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from lineage import arn as arns
from lineage import keys, schema
from lineage.facts import AnyFact, Grant, Identity
from lineage.keys import Ref
from lineage.questions.common.climb import session_key_of
from lineage.seen import Around, Conflict, CopySeen, Graph, Seen, SessionSeen
from lineage.terms import is_forwarded, long_term_key
from lineage.times import parse_when

DEFAULT_LIFE_SECONDS = 12 * 3600
TOKEN_LIFE_SECONDS = 36 * 3600
"""Longest life of a GetSessionToken or GetFederationToken session (guide §6.4)."""
SIGN_IN_SECONDS = 2

_KEY = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA|A3T)[A-Z0-9]{8,124}\Z")
_SESSION = re.compile(r"[^/]*/.+/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


class Reader(Protocol):
    """What the question needs of a store."""

    def events(self, event_id: str) -> list[Seen]: ...
    def conflicts(self, event_ids: Sequence[str] | None = None) -> list[Conflict]: ...
    def facts_of(self, event_id: str) -> list[AnyFact]: ...
    def of_key(self, access_key_id: str) -> list[Ref]: ...
    def has(self, ref: Ref) -> bool: ...
    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]: ...
    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]: ...
    def principals_of(self, identifier: str) -> list[str]: ...
    def identities_of(self, ref: Ref) -> list[Identity]: ...
    def neighbourhood(self, ref: Ref) -> Graph: ...
    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]: ...
    def around(self, account: str | None, time: int) -> Around: ...


class Asked(NamedTuple):
    """An identity to explain: where it hangs, and what is known of the call."""

    start: str
    who: Identity | None
    time: int | None
    api: str | None = None
    category: str | None = None
    user_agent: str | None = None
    copy: CopySeen | None = None
    """The copy that is meant, where the copies of an event contradict each other."""


def kind_of(ask: str) -> str:
    """What an ask is: `record`, `arn`, `key`, `session` or `event`.

    >>> [kind_of(ask) for ask in ("AKIAIOSFODNN7ABCDEFG", "arn:aws:iam::1:user/a", "{}")]
    ['key', 'arn', 'record']
    """
    if ask.startswith("{"):
        return "record"
    if ask.startswith("arn:"):
        return "arn"
    if _KEY.match(ask):
        return "key"
    return "session" if _SESSION.match(ask) else "event"


def by_event(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    for seen in reader.events(ask):
        if seen.several and (copies := _contradicting(reader, ask, seen.time)):
            for copy in copies:
                asked = locate(reader, copy.who, copy.time, copy.api, copy.category)
                yield asked._replace(user_agent=copy.user_agent, copy=copy)
            continue
        start = str(seen.source)
        if seen.copy:
            start = _caller_of_copy(reader, ask) or start
        yield Asked(start, seen.who, seen.time, seen.api, seen.category, seen.user_agent)


def _contradicting(reader: Reader, event_id: str, time: int) -> list[CopySeen]:
    """The copies of an event, if they contradict each other: the same ID in another hour is another event."""
    return next((one.copies for one in reader.conflicts([event_id]) if one.copies[0].time // 3600 == time // 3600), [])


def _caller_of_copy(reader: Reader, event_id: str) -> str | None:
    """The caller of a grant of which this is the other account's copy: it stands with the caller's own copy."""
    for fact in reader.facts_of(event_id):
        if not isinstance(fact, Grant):
            continue
        sessions = [session_key_of(str(ref)) for ref in reader.of_key(fact.key)] if fact.key else []
        if fact.principal_id and not sessions:
            near = (
                seen
                for seen in reader.sessions_by_id(fact.principal_id)
                if abs(seen.created - fact.event.time) <= SIGN_IN_SECONDS
            )
            sessions = [seen.key for seen in near]
        for session in filter(None, sessions):
            graph = reader.neighbourhood(Ref(schema.SESSION, session))
            for source, _, way in graph.in_edges(f"{schema.SESSION} {session}", data=True):
                if way["type"] == schema.ASSUMED and event_id in way["event_ids"]:
                    return str(source)
    return None


def locate(reader: Reader, who: Identity, time: int, api: str, category: str) -> Asked:
    """Where the identity of a record would hang if it were loaded."""
    session = keys.session_of(who)
    key = who.access_key_id
    lasting = long_term_key(who)
    if lasting is not None:
        ref = Ref(schema.CREDENTIAL, lasting)
        return Asked(str(ref if reader.has(ref) else keys.principal(who).ref), who, time, api, category)
    if session is not None:
        credential = Ref(schema.CREDENTIAL, f"{key} {session}")
        if key and reader.has(credential):
            return Asked(str(credential), who, time, api, category)
        if reader.has(Ref(schema.SESSION, session)) or not is_forwarded(who):
            return Asked(f"{schema.SESSION} {session}", who, time, api, category)
    return Asked(str(keys.principal(who).ref), who, time, api, category)


def by_key(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    found = []
    for ref in reader.of_key(ask):
        session = session_key_of(str(ref))
        if at is not None and session is not None and not is_live(_seen_session(reader, session), session, at):
            continue
        identities = [who for who in reader.identities_of(ref) if who.access_key_id == ask]
        found.append((session or "", str(ref), identities[0] if identities else None))
    for _, ref_text, who in sorted(found, key=lambda one: (one[0].rsplit("/", 1)[-1], one[1]), reverse=True):
        yield Asked(ref_text, who or Identity(type="Unknown", access_key_id=ask), None)


def by_session(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    ref = Ref(schema.SESSION, ask)
    if reader.has(ref):
        yield Asked(str(ref), None, None)


def by_arn(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    """The identities behind an ARN: one of a user or root, the sessions of a role or assumed role, newest first."""
    parts = arns.role_of(ask)
    if parts is not None:
        partition, account, name, _, session_name = parts
        sessions = reader.sessions_of(keys.role(partition, account, name).key, session_name, at is not None)
    elif ":federated-user/" in ask:
        sessions = reader.sessions_of(ask, None, at is not None)
    else:
        for principal in reader.principals_of(ask):
            yield Asked(f"{schema.PRINCIPAL} {principal}", None, None)
        return
    for session in sessions:
        if at is None or is_live(session, session.key, at):
            yield Asked(f"{schema.SESSION} {session.key}", None, None)


def _seen_session(reader: Reader, key: str) -> SessionSeen | None:
    principal_id = key.split("/", 1)[1].rsplit("/", 1)[0].removesuffix(":assumed-root")
    return next((seen for seen in reader.sessions_by_id(principal_id) if seen.key == key), None)


def is_live(seen: SessionSeen | None, key: str, at: int) -> bool:
    """Is the session live at a time: begun, and neither past its last use nor past its end?"""
    created = seen.created if seen else parse_when(key.rsplit("/", 1)[-1])
    if created is None or at < created:
        return False
    principal_id = key.split("/", 1)[1].rsplit("/", 1)[0]
    token = principal_id.startswith("AIDA") or re.match(r"\d{12}(?::(?!assumed-root)|\Z)", principal_id) is not None
    expires = parse_when(seen.expires) if seen and seen.expires else None
    end = expires if expires is not None else created + (TOKEN_LIFE_SECONDS if token else DEFAULT_LIFE_SECONDS)
    return at <= max(end, seen.last if seen and seen.last is not None else created)
