"""What people ask by: an event ID, key, session, ARN or name, as the nodes of the graph that the answer begins at.

This is the one place where such a text is understood: `meant` finds what it represents, `begins` the callers behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lineage.model import arn as arns
from lineage.model import attempts, keys, schema
from lineage.model.errors import NotFound
from lineage.model.facts import Grant, Identity, Portal, SignIn
from lineage.model.keys import Ref
from lineage.model.results import CallFilter, EventCopy, EventRow, SessionRow, SharedCall, Window
from lineage.model.times import parse_when
from lineage.questions.shared import called
from lineage.questions.shared.climb import principal_id_in, session_key_of
from lineage.resolve.join_keys import TOKEN_MAKER, is_forwarded, long_term_key
from lineage.stores.reader import Reader

DEFAULT_LIFE_SECONDS = 12 * 3600
TOKEN_LIFE_SECONDS = 36 * 3600
"""Longest life of a GetSessionToken or GetFederationToken session (guide §6.4)."""
SIGN_IN_SECONDS = 2
SWITCHES = ("signin:SwitchRole", "signin:RenewRole", "signin:ExitRole")

_SESSION = re.compile(r"[^/]*/.+/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
_UNIQUE_ID = re.compile(r"(A(?:ROA|IDA)[A-Z0-9]{4,124})(?::(.+))?\Z")
_OF_ACCOUNT = re.compile(r"(\d{12}):(.+)\Z")
_KINDS = {"user": "IAMUser", "role": "Role", "assumed-role": "Role", "federated-user": "FederatedUser"}
"""The kind of principal that the first part of an ARN's resource names."""


class Caller(NamedTuple):
    """The caller to explain: the node that its call hangs on, and what is known of the call."""

    start: str
    who: Identity | None
    time: int | None
    api: str | None = None
    category: str | None = None
    user_agent: str | None = None
    switched: tuple[str | None, str | None] = (None, None)
    """ARNs before and after, of a switch of role in the console."""
    tried: str | None = None
    """The role that a refused assumption asked for."""
    behalf: str | None = None
    """ID of the Identity Center user that the call made a token for."""
    region: str | None = None
    """Where the call was logged."""
    copy: EventCopy | None = None
    """The copy that is meant, where the copies of an event contradict each other."""
    own_copy: str | None = None
    """Event ID of the caller's own copy, where the identity is that copy's and another account's copy was asked for."""
    itself: bool = False
    """Was a principal asked for, and no call or session of it?"""


def kind_of(ask: str) -> str:
    """What an ask is: `record`, `arn`, `key`, `session` or `event`.

    >>> [kind_of(ask) for ask in ("AKIAIOSFODNN7ABCDEFG", "arn:aws:iam::1:user/a", "{}")]
    ['key', 'arn', 'record']
    """
    if ask.startswith("{"):
        return "record"
    if ask.startswith("arn:"):
        return "arn"
    key, _, session = ask.partition(" ")
    if arns.is_key_id(key) and (not session or _SESSION.match(session)):
        return "key"
    return "session" if _SESSION.match(ask) else "event"


class Meant(NamedTuple):
    """What an ask means, in the words of the store."""

    kind: str
    """As `kind_of` shows it."""
    texts: tuple[str, ...]
    """Event IDs, keys, session keys, or ARNs and other keys of principals."""
    note: str | None = None
    """What it was found by, where the answer does not show that."""
    widened: bool = False
    """Was one session asked for that is not known? The note says what is meant instead."""


def meant(reader: Reader, ask: str, kind: str | None = None) -> Meant:
    """What kind of thing an identifier is, in the words of the store.

    Parameters
    ----------
    reader : the store
    ask : an event ID, access key ID, session key, ARN, name (`NAME`, `user/NAME`, `ACCOUNT:role/NAME`, …), session
        name, unique ID, or a node as answers write it (`LABEL KEY`)
    kind : restricts names to principals of one kind, such as `Role`

    Returns
    -------
    The kind with the keys that it represents. What the store does not know is an event ID that is not there. An
    addendum means the event that it amends.

    Raises
    ------
    NotFound : several principals, or sessions of several roles, have the name; none of them is picked.

    Examples
    --------
    >>> meant(incident(), "payments-operations")[:2]
    ('arn', ('arn:aws:iam::804275613390:role/payments-operations',))
    """
    label, _, key = ask.partition(" ")
    if label == schema.SESSION:
        ask = key
    elif label in (schema.PRINCIPAL, schema.CREDENTIAL) and key:
        return Meant("arn" if label == schema.PRINCIPAL else "key", (key,))
    form = kind_of(ask)
    if form == "session":
        return Meant(form, (_marked(reader, ask),))
    if form != "event" or reader.events(ask):
        return Meant(form, (ask,))
    if originals := reader.amended(ask):
        if len(originals) > 1:
            raise NotFound(f"{ask}: {len(originals):,} events are amended by that addendum; ask with one of them:",
                           originals)  # fmt: skip
        return Meant(form, (originals[0],), f"{ask} is an addendum; it amends event {originals[0]}.")
    if reader.has(Ref(schema.PRINCIPAL, ask)):
        return Meant("arn", (ask,))
    return _by_unique_id(reader, ask) or _by_name(reader, ask, kind) or Meant(form, (ask,))


def _marked(reader: Reader, session: str) -> str:
    """The session of that key; one of AssumeRoot also where its mark was left out."""
    if not reader.has(Ref(schema.SESSION, session)):
        head, _, created = session.rpartition("/")
        marked = f"{head}:assumed-root/{created}"
        if reader.has(Ref(schema.SESSION, marked)):
            return marked
    return session


def _by_unique_id(reader: Reader, ask: str) -> Meant | None:
    """What has a unique ID (AROA…, AIDA…), or the principal ID of a session (AROA…:NAME, ACCOUNT:NAME)."""
    found = _UNIQUE_ID.match(ask)
    if found is None and not _OF_ACCOUNT.match(ask):
        return None
    if found is None or found[2]:
        sessions = [seen.key for seen in reader.sessions_by_id(ask)]
        if sessions:
            return Meant("session", tuple(sessions))
    if found is None:
        return None
    principals = reader.named(found[1])
    if found[2]:
        sessions = [seen.key for one in principals for seen in reader.sessions_of(one.key, found[2], False)]
        if sessions:
            return Meant("session", tuple(sessions))
        # Another account's session is known by the ID of its role alone.
        outside = [one for one in principals if one.kind == "ExternalAccount"]
        if not outside and principals:
            texts = tuple(one.key for one in principals)
            said = f"{ask}: session not found in the loaded logs; the answer is about all sessions of "
            return Meant("arn", texts, f"{said}{' and '.join(texts)}.", widened=True)
        principals = outside
    elif not principals:
        sessions = [seen.key for seen in reader.sessions_by_id(ask)]
        return Meant("session", tuple(sessions)) if sessions else None
    texts = tuple(one.key for one in principals)
    return Meant("arn", texts, f"{ask} is the unique ID of {' and '.join(texts)}.") if texts else None


def _by_name(reader: Reader, ask: str, kind: str | None) -> Meant | None:
    """The principal of a name, else the sessions of a session name; as `NAME`, `user/NAME`, `role/NAME`, with
    `ACCOUNT:` before it, or the sessions of `assumed-role/ROLE/SESSION`. Raises `NotFound` where several fit."""
    qualified = _OF_ACCOUNT.match(ask)
    account, text = (qualified[1], qualified[2]) if qualified else (None, ask)
    prefix, _, rest = text.partition("/")
    kind = _KINDS.get(prefix, kind) if rest else kind
    name, session = (rest if rest and prefix in _KINDS else text), None
    if prefix == "assumed-role" and rest:
        name, _, session = rest.partition("/")
    elif prefix in ("user", "role") and rest:
        name = rest.rpartition("/")[2]  # what stands before it is a path
    found = [
        one
        for one in reader.named(name)
        if (kind is None or one.kind == kind) and (account is None or one.account == account)
    ]
    # A failed sign-in tells nothing of who has the name.
    found = [one for one in found if one.kind != attempts.KIND] or found
    if session:
        having = {one.key: reader.sessions_of(one.key, session, False) for one in found}
        found = [one for one in found if having[one.key]]
    if len(found) > 1:
        raise called.several(reader, ask, [called.of_principal(one) for one in found], "principals have that name")
    if found and session:
        return Meant("session", tuple(seen.key for seen in having[found[0].key]))
    if found:
        return Meant("arn", (found[0].key,), f"{ask} is {found[0].key}.")
    return _by_session_name(reader, ask, name, account) if kind is None and not session else None


def _by_session_name(reader: Reader, ask: str, name: str, account: str | None) -> Meant | None:
    """The sessions of one role or federated user that have the name."""
    found = [one for one in reader.sessions_named(name) if account in (None, one.account)]
    if len({one.principal for one in found}) > 1:
        raise called.several(reader, ask, found, "roles have sessions of that name")
    if not found or found[0].principal is None:
        return None
    sessions = reader.sessions_of(found[0].principal, name, False)
    return Meant("session", tuple(seen.key for seen in sessions), f"{ask} is a session name of {found[0].principal}.")


def account_of_name(reader: Reader, ask: str) -> str | None:
    """The account with that ID or name; None where there is none. Raises `NotFound` where several have the name."""
    if re.fullmatch(r"\d{12}", ask, re.ASCII):
        return ask
    found = sorted(id_ for id_, name in reader.account_names().items() if name == ask)
    if len(found) > 1:
        raise called.several(reader, ask, [called.of_account(id_, ask) for id_ in found], "accounts have that name")
    return found[0] if found else None


def begins(reader: Reader, what: Meant, at: int | None) -> Iterator[Caller]:
    """The identities that an ask means; of sessions those that were live at a time, if one is given."""
    by = {"event": by_event, "key": by_key, "session": by_session, "arn": by_arn}[what.kind]
    for text in what.texts:
        yield from by(reader, text, at)


def by_event(reader: Reader, ask: str, at: int | None) -> Iterator[Caller]:
    for seen in reader.events(ask):
        yield from _of_event(reader, ask, seen)


def by_record(reader: Reader, who: Identity, time: int, api: str, category: str, shared: int) -> list[Caller]:
    """The identity of a record, loaded or not: as recorded, or that of the caller's own copy of the call."""
    own = callers_copy(reader, who, time, api, shared)
    if own is None:
        return [locate(reader, who, time, api, category)]
    return [caller._replace(own_copy=own[0]) for caller in _of_event(reader, *own)]


def one_by_record(reader: Reader, who: Identity, time: int, api: str, category: str, shared: int) -> Caller:
    """As `by_record`; the identity as it is in the record where copies of the caller's contradict each other."""
    found = by_record(reader, who, time, api, category, shared)
    return found[0] if len(found) == 1 else locate(reader, who, time, api, category)


def _of_event(reader: Reader, event_id: str, seen: EventRow) -> Iterator[Caller]:
    if seen.several and (copies := _contradicting(reader, event_id, seen.time)):
        for copy in copies:
            caller = locate(reader, copy.who, copy.time, copy.api, copy.category)
            yield caller._replace(user_agent=copy.user_agent, copy=copy)
        return
    start = str(seen.source)
    if seen.copy:
        granted = _caller_of_copy(reader, event_id)
        own = callers_copy(reader, seen.who, seen.time, seen.api, seen.shared) if granted is None else None
        if own is not None:
            yield from (caller._replace(own_copy=own[0]) for caller in _of_event(reader, *own))
            return
        start = granted or start
    start = _key_of_session(reader, start, seen.who)
    switched: tuple[str | None, str | None] = (None, None)
    if seen.api in SWITCHES:
        facts = reader.facts_of(event_id)
        found = [fact for fact in facts if isinstance(fact, SignIn) and fact.event.time == seen.time]
        switched = next(((fact.switch_from, fact.switch_to) for fact in found), switched)
    tried = _tried_role(reader, event_id, seen) if seen.error is not None else None
    behalf = _token_user(reader, event_id) if seen.api.endswith(f":{TOKEN_MAKER}") else None
    yield Caller(
        start,
        seen.who,
        seen.time,
        seen.api,
        seen.category,
        seen.user_agent,
        switched,
        tried,
        behalf=behalf,
        region=seen.region,
    )


def _token_user(reader: Reader, event_id: str) -> str | None:
    """The Identity Center user that a token was made for with the caller's IAM credentials."""
    return next((fact.user_id for fact in reader.facts_of(event_id) if isinstance(fact, Portal)), None)


def callers_copy(reader: Reader, who: Identity, time: int, api: str, shared: int) -> tuple[str, EventRow] | None:
    """The caller's own copy of a call that another account's log has with this identity; with its event ID.

    None where it is not loaded, or where several callers have copies with that shared event ID.
    """
    call = shared_call(who, time, api, shared)
    return own_of(who, reader.callers_copies([call]).get(call, ())) if call is not None else None


def shared_call(who: Identity, time: int, api: str, shared: int) -> SharedCall | None:
    """The call that another account's log has with this identity; None where it is no such copy, or none is shared."""
    if not shared or who.type != "AWSAccount" or who.account is None:
        return None
    return SharedCall(who.account, api, time, shared)


def own_of(who: Identity, partners: Sequence[tuple[str, EventRow]]) -> tuple[str, EventRow] | None:
    """The caller's own copy of a call among some, with its event ID; None where they are several callers'."""
    found = [one for one in partners if not _differ(who.principal_id, one[1].who.principal_id)]
    return found[0] if len({seen.source for _, seen in found}) == 1 else None


def _differ(one: str | None, other: str | None) -> bool:
    """Do principal IDs name different users, roles or sessions? One of them may leave out the session."""
    mine, its = _UNIQUE_ID.match(one or ""), _UNIQUE_ID.match(other or "")
    if mine is None or its is None:
        return False
    return mine[1] != its[1] or (mine[2] is not None and its[2] is not None and mine[2] != its[2])


def _key_of_session(reader: Reader, start: str, who: Identity) -> str:
    """The key that a call of a session used, where it came with the session: a record that does not name its role
    hangs on the session alone."""
    label, session = keys.ref(start)
    credential = Ref(schema.CREDENTIAL, f"{who.access_key_id} {session}")
    found = label == schema.SESSION and who.access_key_id and not who.role_name and reader.has(credential)
    return str(credential) if found else start


def _tried_role(reader: Reader, event_id: str, seen: EventRow) -> str | None:
    """The role that a refused assumption asked for, where that was logged."""
    if not seen.api.startswith("sts:Assume"):
        return None
    rows = reader.calls(CallFilter("node", (str(seen.source),)), Window(seen.time, seen.time), every=True)
    result = [row.row.target for row in rows if row.row.relation == schema.TRIED and event_id in row.event_ids]
    return next((target.key for target in result if target is not None), None)


def _contradicting(reader: Reader, event_id: str, time: int) -> list[EventCopy]:
    """The copies of an event, if they contradict each other: the same ID in another hour is another event."""
    return next((one.copies for one in reader.conflicts([event_id]) if one.copies[0].time // 3600 == time // 3600), [])


def _caller_of_copy(reader: Reader, event_id: str) -> str | None:
    """The caller of a grant of which this is the other account's copy: it is with the caller's own copy."""
    for fact in reader.facts_of(event_id):
        if not isinstance(fact, Grant):
            continue
        sessions = [session_key_of(str(ref)) for ref in reader.nodes_of_key(fact.key)] if fact.key else []
        if fact.principal_id and not sessions:
            near = (
                seen
                for seen in reader.sessions_by_id(fact.principal_id)
                if abs(seen.created - fact.event.time) <= SIGN_IN_SECONDS
            )
            sessions = [seen.key for seen in near]
        for session in filter(None, sessions):
            graph = reader.ascend([f"{schema.SESSION} {session}"])
            for source, _, way in graph.in_edges(f"{schema.SESSION} {session}", data=True):
                if way["type"] == schema.ASSUMED and event_id in way["event_ids"]:
                    return str(source)
    return None


def locate(reader: Reader, who: Identity, time: int, api: str, category: str) -> Caller:
    """Where the identity of a record would hang if it were loaded."""
    session = keys.session_of(who)
    key = who.access_key_id
    lasting = long_term_key(who)
    if lasting is not None:
        ref = Ref(schema.CREDENTIAL, lasting)
        return Caller(str(ref if reader.has(ref) else keys.principal(who).ref), who, time, api, category)
    if session is not None:
        credential = Ref(schema.CREDENTIAL, f"{key} {session}")
        if key and reader.has(credential):
            return Caller(str(credential), who, time, api, category)
        if reader.has(Ref(schema.SESSION, session)) or not is_forwarded(who):
            return Caller(f"{schema.SESSION} {session}", who, time, api, category)
    return Caller(str(keys.principal(who).ref), who, time, api, category)


def by_key(reader: Reader, ask: str, at: int | None) -> Iterator[Caller]:
    found = []
    refs = credentials(reader, ask)
    issued = any(ref.label == schema.CREDENTIAL and " " in ref.key for ref in refs)
    for ref in refs:
        session = session_key_of(str(ref))
        if at is not None and session is not None and not is_live(_seen_session(reader, session), session, at):
            continue
        identities = [who for who in reader.identities_of(ref) if who.access_key_id == ask.split(" ", 1)[0]]
        if ref.label == schema.PRINCIPAL and issued and identities and all(who.history for who in identities):
            continue  # rows of event history: the sessions that the key was issued for say more
        found.append((session or "", str(ref), identities[0] if identities else None))
    for _, ref_text, who in sorted(found, key=lambda one: (one[0].rsplit("/", 1)[-1], one[1]), reverse=True):
        yield Caller(ref_text, who or Identity(type="Unknown", access_key_id=ask.split(" ", 1)[0]), None)


def credentials(reader: Reader, ask: str) -> list[Ref]:
    """What a key represents; written with its session, the key of that session alone."""
    if " " in ask:
        return [ref] if reader.has(ref := Ref(schema.CREDENTIAL, ask)) else []
    return reader.nodes_of_key(ask)


def by_session(reader: Reader, ask: str, at: int | None) -> Iterator[Caller]:
    ref = Ref(schema.SESSION, ask)
    if reader.has(ref) and (at is None or is_live(_seen_session(reader, ask), ask, at)):
        yield Caller(str(ref), None, None)


def by_arn(reader: Reader, ask: str, at: int | None) -> Iterator[Caller]:
    """The identities behind an ARN: one of a user or root, the sessions of a role or assumed role, newest first.

    Calls that state no session hang on the role or federated user itself.
    """
    parts = arns.role_of(ask)
    if parts is not None:
        partition, account, name, _, session_name = parts
        principals, temporary = [keys.role(partition, account, name).key], True
    else:
        session_name, temporary = None, ":federated-user/" in ask or ":AROA" in ask
        principals = [ask] if temporary else reader.principals_of(ask)
    for principal in principals:
        node = Ref(schema.PRINCIPAL, principal)
        sessions = reader.sessions_of(principal, session_name, at is not None) if temporary else []
        for session in sessions:
            if at is None or is_live(session, session.key, at):
                yield Caller(f"{schema.SESSION} {session.key}", None, None)
        if not temporary or (not sessions and at is None and calls_itself(reader, node, session_name)):
            yield Caller(str(node), None, None, itself=True)


def calls_itself(reader: Reader, node: Ref, session_name: str | None) -> bool:
    """Do calls hang on a role or federated user itself, because they state no session? Of one name if given."""
    return any(session_name in (None, who.session_name) for who in reader.identities_of(node))


def _seen_session(reader: Reader, key: str) -> SessionRow | None:
    return next((seen for seen in reader.sessions_by_id(principal_id_in(key)) if seen.key == key), None)


def is_live(seen: SessionRow | None, key: str, at: int) -> bool:
    """Is the session live at a time: begun, and neither past its last use nor past its end?"""
    created = seen.created if seen else parse_when(key.rsplit("/", 1)[-1])
    if created is None or at < created:
        return False
    principal_id = key.split("/", 1)[1].rsplit("/", 1)[0]
    token = principal_id.startswith("AIDA") or re.match(r"\d{12}(?::(?!assumed-root)|\Z)", principal_id) is not None
    expires = parse_when(seen.expires) if seen and seen.expires else None
    end = expires if expires is not None else created + (TOKEN_LIFE_SECONDS if token else DEFAULT_LIFE_SECONDS)
    return at <= max(end, seen.last if seen and seen.last is not None else created)
