"""What a question is about: the ask as nodes of the graph and as the calls that are meant."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.keys import Ref, ref
from lineage.model.results import CallFilter, CallRow, EventRow
from lineage.questions.shared import asks, models
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.models import Confidence
from lineage.questions.shared.opened import opened
from lineage.stores.reader import Reader

SESSIONS_SHOWN = 100
NOT_LOADED = (
    "no loaded event tells of a session that this sign-in opened; ask for its user or role by ARN, or load more logs"
)
"""What to say of a sign-in event whose session is not known."""
AGENT = "agent:"
"""What begins an ask for a user agent."""


class Subject(NamedTuple):
    """What was asked about."""

    ask: str
    kind: str
    """As in `models.Subject`."""
    key: str | None
    starts: tuple[str, ...]
    """The nodes it stands for, as references: sessions and keys, or a principal. Empty for an account, an address
    or an agent; sorted."""
    which: CallFilter
    """Its own calls."""
    event: EventRow | None = None
    """The event that was asked for."""
    event_id: str | None = None
    """Its ID: of an addendum, that of the event that it amends."""
    note: str | None = None
    """What it was found by, where that is not what was asked."""
    opened: Confidence | None = None
    """Of a sign-in, role switch or portal event: how sure it is that it opened these sessions; `NONE` where no loaded
    event tells of the session. None of any other ask."""

    @property
    def sessions(self) -> tuple[str, ...]:
        """Keys of the sessions among its nodes, oldest first."""
        found = {key for start in self.starts if (key := session_key_of(start))}
        return tuple(sorted(found, key=lambda key: (key.rsplit("/", 1)[-1], key)))

    def told(self) -> models.Subject:
        """As it stands in an answer."""
        sessions = self.sessions
        return models.Subject(
            kind=self.kind, key=self.key, sessions=list(sessions[:SESSIONS_SHOWN]), sessions_total=len(sessions),  # type: ignore[arg-type]  # one of the words
            opened=self.opened,
        )  # fmt: skip


def find(reader: Reader, ask: str, kind: str | None = None) -> Subject | None:
    """The subject of an ask, None where the store knows nothing of it.

    An event ID stands for the session (else key, else principal) of its caller, a sign-in, role switch or portal event
    for the session that it opened; a temporary key for the sessions that it belongs to; a role for all its sessions; a
    name or unique ID for what has it (of one `kind` if given); `agent:TEXT` for a user agent. Raises `NotFound` where
    several principals fit a name.
    """
    ask = ask.strip()
    if ask.startswith(AGENT):
        return _if_called(
            reader, Subject(ask, "agent", ask[len(AGENT) :], (), CallFilter("agent", (ask[len(AGENT) :],)))
        )
    if re.fullmatch(r"\d{12}", ask):
        return Subject(ask, "account", ask, (), CallFilter("account", (ask,))) if reader.coverage(ask) else None
    if is_address(ask) and not ask.startswith(f"{schema.PRINCIPAL} "):
        known = ask in reader.addresses()
        return Subject(ask, "address", ask, (), CallFilter("address", (ask,))) if known else None
    what = asks.meant(reader, ask, kind)
    if what.kind == "event":
        subject = _of_event(reader, ask, what.texts[0])
    elif what.kind == "key":
        subject = _of_key(reader, ask, what.texts[0])
    elif what.kind == "session":
        known_ones = sorted(text for text in what.texts if reader.has(Ref(schema.SESSION, text)))
        subject = _of_sessions(ask, known_ones) if known_ones else None
    elif what.kind == "arn":
        subject = _of_arns(reader, ask, what.texts)
    else:
        return None
    return subject._replace(note=what.note or subject.note) if subject else None


def _of_event(reader: Reader, ask: str, event_id: str) -> Subject | None:
    events = reader.events(event_id)
    if not events:
        return None
    seen = events[-1]
    found = opened(reader, event_id, seen)
    if found is not None:
        sessions = [ref(session).key for session in found.sessions]
        return _of_sessions(ask, sessions)._replace(event=seen, event_id=event_id, opened=found.confidence)
    own = asks.callers_copy(reader, seen.who, seen.time, seen.api, seen.shared) if seen.copy else None
    subject = of_node(str(own[1].source if own else seen.source), ask)
    note = own_copy_note(event_id, own[0]) if own else None
    return subject._replace(event=seen, event_id=event_id, note=note)


def own_copy_note(event_id: str, own: str) -> str:
    """What to say where an event is another account's copy of a call, and the caller's own copy tells more."""
    return f"{event_id} is another account's copy of a call; its caller's own copy is event {own}."


def of_node(node: str, ask: str | None = None) -> Subject:
    """The subject that a node stands for: a session, a long-term key or a principal."""
    session = session_key_of(node)
    label, key = ref(node)
    if session is not None:
        return _of_sessions(ask or session, [session])
    if label == schema.CREDENTIAL:
        return Subject(ask or key, "key", key, (node,), CallFilter("key", (key,)))
    role = role_of(key) is not None
    return Subject(ask or key, "role" if role else "principal", key, (node,), CallFilter("principal", (key,)))


def _of_sessions(ask: str, sessions: list[str]) -> Subject:
    return Subject(
        ask, "session", sessions[0] if len(sessions) == 1 else None,
        tuple(sorted(f"{schema.SESSION} {key}" for key in sessions)), CallFilter("session", tuple(sorted(sessions))),
    )  # fmt: skip


def _of_key(reader: Reader, ask: str, key: str) -> Subject | None:
    found = [str(one) for one in asks.credentials(reader, key)]
    sessions = [session for one in found if (session := session_key_of(one))]
    if sessions:
        return _of_sessions(ask, sorted(set(sessions)))
    if not found:
        return None
    lasting = [one for one in found if ref(one).label == schema.CREDENTIAL] or found
    return Subject(ask, "key", key, tuple(sorted(lasting)), CallFilter("key", (key,)))


def _of_arns(reader: Reader, ask: str, arns: Sequence[str]) -> Subject | None:
    """The subject of one ARN, or of the principals that have one unique ID."""
    found = [subject for arn in arns if (subject := _of_arn(reader, ask, arn))]
    if len(found) <= 1:
        return found[0] if found else None
    starts = tuple(sorted({start for one in found for start in one.starts}))
    values = tuple(sorted({value for one in found for value in one.which.values}))
    return found[0]._replace(starts=starts, which=found[0].which._replace(values=values))


def _of_arn(reader: Reader, ask: str, arn: str) -> Subject | None:
    parts = role_of(arn)
    if parts is not None:
        partition, account, name, _, session_name = parts
        role = keys.role(partition, account, name)
        sessions = [seen.key for seen in reader.sessions_of(role.key, session_name, False)]
        if sessions and session_name:
            return _of_sessions(ask, sessions)
        if session_name:
            itself = asks.calls_itself(reader, role.ref, session_name)
            return (
                Subject(ask, "role", role.key, (str(role.ref),), CallFilter("node", (str(role.ref),)))
                if itself
                else None
            )
        if not sessions and not reader.has(role.ref):
            return None
        return Subject(ask, "role", role.key, (str(role.ref),), CallFilter("principal", (role.key,)))
    found = reader.principals_of(arn)
    if not found:
        return None
    starts = tuple(sorted(f"{schema.PRINCIPAL} {key}" for key in found))
    return Subject(ask, "principal", found[0], starts, CallFilter("principal", tuple(sorted(found))))


def is_address(ask: str) -> bool:
    """Is it an address as logged: an IP address, or the name of a service?"""
    try:
        ipaddress.ip_address(ask)
    except ValueError:
        return ask.startswith("AWS Internal") or ask.endswith(".amazonaws.com")
    return True


def _if_called(reader: Reader, subject: Subject) -> Subject | None:
    return subject if reader.calls(subject.which) else None


def own_calls(rows: list[CallRow], accounts: set[str]) -> list[CallRow]:
    """The caller's own copies of calls, and the others' only where the caller's account is not loaded.

    `accounts` are those with loaded logs. Both copies of one call would count it twice (design §3, Chains).
    """
    return [row for row in rows if not row.row.copy or _caller_account(row) not in accounts]


def _caller_account(row: CallRow) -> str | None:
    session = session_key_of(row.source)
    if session is not None:
        return session.split("/", 1)[0]
    key = ref(row.source).key
    return key.split(":")[4] if key.startswith("arn:") else key.split(":", 1)[0]
