"""What a question is about: the ask as nodes of the graph, the time it covers, and the subject's calls in that time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.errors import NotFound
from lineage.model.facts import Target
from lineage.model.keys import Ref, ref
from lineage.model.operations import is_read
from lineage.model.results import CallFilter, CallRow, EventRow, Window, grouped
from lineage.model.times import iso, parse_when
from lineage.questions.shared import called, grants, identifiers, models
from lineage.questions.shared.addresses import parsed
from lineage.questions.shared.climb import account_of, session_key_of
from lineage.questions.shared.identifiers import Caller
from lineage.questions.shared.joins import opened, sessions_at
from lineage.questions.shared.models import CallKind, Confidence, Counted, Scope, Whose
from lineage.questions.shared.people import Person, person_of
from lineage.questions.shared.whose import call_it, whose
from lineage.render.text import between
from lineage.stores.reader import Reader

SESSIONS_SHOWN = 100
AGENTS_SHOWN = 20
NOT_LOADED = (
    "no loaded event shows a session that this sign-in opened; ask for its user or role by ARN, or load more logs"
)
"""What to say of a sign-in event whose session is not known."""
NOT_SHOWN = "not found in the loaded logs; the answer is about"
TEMPORARY = ("AssumedRole", "Role", "FederatedUser")
"""Types of identities that always have a session."""
AGENT = "agent:"
"""What begins an ask for a part of user agents."""


class Subject(NamedTuple):
    """What was asked about."""

    ask: str
    kind: str
    """As in `models.Subject`."""
    key: str | None
    starts: tuple[str, ...]
    """The nodes it represents, as references: sessions and keys, or a principal. Empty for an account, an address
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
    """Of a sign-in, role switch or portal event: how sure it is that it opened these sessions; of another event that
    states no session, that it belongs to them. `NONE` where no loaded event shows the session. None of other asks."""
    whole: str | None = None
    """Where one session was asked for and is not known: what it represents instead, in one sentence."""
    agents: tuple[str, ...] = ()
    """Of an agent: the user agents that have its text in them, sorted."""
    person: Person | None = None
    """Of a person, all that came from it."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that it represents; of a person, all that came from it."""
        return self.person.nodes if self.person is not None else self.starts

    @property
    def sessions(self) -> tuple[str, ...]:
        """Keys of the sessions among its nodes, oldest first."""
        found = {key for node in self.nodes if (key := session_key_of(node))}
        return tuple(sorted(found, key=lambda key: (key.rsplit("/", 1)[-1], key)))

    def to_model(self) -> models.Subject:
        """As it is in an answer."""
        sessions = self.sessions
        return models.Subject(
            kind=self.kind, key=self.key, sessions=list(sessions[:SESSIONS_SHOWN]), sessions_total=len(sessions),  # type: ignore[arg-type]  # one of the words
            person=self.person.to_model() if self.person is not None else None,
            agents=list(self.agents[:AGENTS_SHOWN]), agents_total=len(self.agents), opened=self.opened,
            whole=self.whole,
        )  # fmt: skip


def find(reader: Reader, ask: str, kind: str | None = None) -> Subject | None:
    """The subject of a question: the nodes that it represents, and which calls are its own.

    Parameters
    ----------
    reader : the store
    ask : as for `identifiers.meant`, or an account (ID or name), an address, or `agent:TEXT` for a part of user agents
    kind : restricts names to principals of one kind

    Returns
    -------
    The subject, or None where the store knows nothing of it. A user or other person represents all that came from it,
    in all roles and accounts. An event ID represents the session (else credential, else
    principal) of its caller; a sign-in, role switch or portal event for the session that it opened; a temporary key for
    its sessions; a role for all its sessions.

    Raises
    ------
    NotFound : several have the name, or had the key.

    Examples
    --------
    >>> subject = find(incident(), "AKIA3WQUP53HKQ7V2LCK")
    >>> subject.kind, subject.starts
    ('key', ('Credential AKIA3WQUP53HKQ7V2LCK',))
    >>> find(incident(), "198.51.100.99") is None
    True
    """
    ask = ask.strip()
    if ask.startswith(AGENT):
        agent = ask.removeprefix(AGENT).strip()
        which = CallFilter("agent", (agent,) if agent else ())
        agents = tuple(sorted({row.row.user_agent for row in reader.calls(which) if row.row.user_agent}))
        return Subject(ask, "agent", agent, (), which, agents=agents) if agents else None
    if re.fullmatch(r"\d{12}", ask):
        return _of_account(reader, ask, ask)
    if is_address(ask) and not ask.startswith(f"{schema.PRINCIPAL} ") and ask in reader.addresses():
        return Subject(ask, "address", ask, (), CallFilter("address", (ask,)))
    what = identifiers.meant(reader, ask, kind)
    if what.kind == "event":
        subject = _of_event(reader, ask, what.texts[0])
    elif what.kind == "key":
        subject = _of_key(reader, ask, what.texts[0])
    elif what.kind == "session":
        known_ones = sorted(text for text in what.texts if reader.has(Ref(schema.SESSION, text)))
        subject = _of_sessions(ask, known_ones) if known_ones else None
    elif what.kind == "arn":
        subject = _of_arns(reader, ask, what.texts)
        if subject is not None and what.widened:
            subject = subject._replace(whole=what.note)
    else:
        subject = None
    account = identifiers.account_of_name(reader, ask) if kind is None else None
    if account is None or what.kind == "key" or (what.kind == "event" and subject is not None):
        return subject._replace(note=what.note or subject.note) if subject else None
    others = [called.of_principal(one) for one in reader.named(ask)] or reader.sessions_named(ask)
    if others:
        raise called.several(reader, ask, [called.of_account(account, ask), *others], "things have that name")
    return _of_account(reader, ask, account)


def _of_account(reader: Reader, ask: str, account: str) -> Subject | None:
    # Its first row: `coverage` would sum all of them.
    known = reader.logs_around(account, 0).first is not None
    return Subject(ask, "account", account, (), CallFilter("account", (account,))) if known else None


def _of_event(reader: Reader, ask: str, event_id: str) -> Subject | None:
    events = reader.events(event_id)
    if not events:
        return None
    seen = events[-1]
    found = opened(reader, event_id, seen)
    if found is not None:
        sessions = [ref(session).key for session in found.sessions]
        return _of_sessions(ask, sessions)._replace(event=seen, event_id=event_id, opened=found.confidence)
    own = identifiers.callers_copy(reader, seen.who, seen.time, seen.api, seen.shared) if seen.copy else None
    call = own[1] if own else seen
    subject = _without_session(reader, ask, call) or of_node(str(call.source), ask)
    note = own_copy_note(event_id, own[0]) if own else subject.whole
    return subject._replace(event=seen, event_id=event_id, note=note)


def _without_session(reader: Reader, ask: str, call: EventRow) -> Subject | None:
    """The sessions that fit a call of temporary credentials that states no session, else the role or other principal
    as a whole, which the subject says; None of every other call."""
    node, who = str(call.source), call.who
    outside = who.type == "AWSAccount" and (who.principal_id or "").startswith("AROA")
    if call.source.label != schema.PRINCIPAL or (who.type not in TEMPORARY and not outside):
        return None
    found = sessions_at(reader, Caller(node, who, call.time, call.api, call.category, call.user_agent))
    sessions = list(dict.fromkeys(key for one in found if (key := session_key_of(one.start))))
    if sessions:
        return _of_sessions(ask, sessions)._replace(opened=found[0].confidence)  # type: ignore[arg-type]  # a class
    return of_node(node, ask)._replace(whole=f"{ask}: session {NOT_SHOWN} all sessions of {call.source.key}.")


def own_copy_note(event_id: str, own: str) -> str:
    """What to say where an event is another account's copy of a call, and the caller's own copy shows more."""
    return f"{event_id} is another account's copy of a call; its caller's own copy is event {own}."


def of_node(node: str, ask: str | None = None) -> Subject:
    """The subject that a node represents: a session, a long-term key or a principal."""
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
    found = [str(one) for one in identifiers.credentials(reader, key)]
    _refuse_recycled(reader, ask, key, found)
    sessions = [session for one in found if (session := session_key_of(one))]
    if sessions:
        return _of_sessions(ask, sorted(set(sessions)))
    if not found:
        return None
    lasting = [one for one in found if ref(one).label == schema.CREDENTIAL] or found
    return Subject(ask, "key", key, tuple(sorted(lasting)), CallFilter("key", (key,)))


def _refuse_recycled(reader: Reader, ask: str, key: str, found: Sequence[str]) -> None:
    """Ask back which owner of a key is meant: AWS gives the ID of an expired key to another session.

    Raises `NotFound` with the owners, each with the text to ask with and the time of the key's calls.
    """
    owners = {_owner(node) for node in found} - {None}
    if len(owners) < 2:
        return
    lines = []
    names = whose(reader, found)
    for node in sorted(found):
        rows = [row for row in reader.calls(CallFilter("node", (node,))) if row.access_key_id in (None, key)]
        text = ref(node).key if ref(node).label == schema.CREDENTIAL else node
        seen = f", {between(grants.first(rows), grants.last(rows))}" if rows else ", not used"
        lines.append(f"{shlex.quote(text)} (credentials of {call_it(names[node])}{seen})")
    raise NotFound(f"{ask}: {len(owners)} owners had that key, which AWS reused; ask with one of them:", lines)


def _owner(node: str) -> str | None:
    """What distinguishes owners of a temporary key: account and principal ID of its session; None of a node that shows
    none."""
    session = session_key_of(node)
    return session.rsplit("/", 1)[0] if session else None


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
            if not identifiers.calls_itself(reader, role.ref, session_name):
                return None
            whole = f"{ask}: session {NOT_SHOWN} all calls of {role.key} that state no session."
            return Subject(
                ask, "role", role.key, (str(role.ref),), CallFilter("node", (str(role.ref),)), note=whole, whole=whole
            )
        if not sessions and not reader.has(role.ref):
            return None
        return Subject(ask, "role", role.key, (str(role.ref),), CallFilter("principal", (role.key,)))
    found = reader.principals_of(arn)
    if not found:
        return None
    person = person_of(reader, found[0]) if len(found) == 1 else None
    starts = tuple(sorted(f"{schema.PRINCIPAL} {key}" for key in found))
    if person is not None:
        return Subject(ask, "person", found[0], starts, CallFilter("node", person.nodes), person=person)
    return Subject(ask, "principal", found[0], starts, CallFilter("principal", tuple(sorted(found))))


def is_address(ask: str) -> bool:
    """Is it an address as logged: an IP address, or the name of a service?"""
    return parsed(ask) is not None or ask.startswith("AWS Internal") or ask.endswith(".amazonaws.com")


MARGIN_SECONDS = 5 * 60
"""How far the scope reaches to either side of the activity."""
LEAST_SECONDS = 3600
"""How long it is at least."""


def around(first: int, last: int, margin: int | None = None) -> Window:
    """The window around an activity: widened to both sides, and to an hour at least.

    >>> around(7200, 7200)
    Window(since=5400, until=9000)
    >>> around(0, 7200, 60)
    Window(since=-60, until=7260)
    """
    side = MARGIN_SECONDS if margin is None else margin
    since, until = first - side, last + side
    lacking = LEAST_SECONDS - (until - since)
    if lacking > 0 and margin is None:
        since, until = since - lacking // 2, until + (lacking - lacking // 2)
    return Window(since, until)


def scope_of(
    subject: Subject, rows: Iterable[CallRow], since: int | None, until: int | None, margin: int | None
) -> tuple[Window, Scope]:
    """The time that a question covers, and what set it.

    Parameters
    ----------
    subject : of the question
    rows : the subject's calls at any time; read only where a side is open and no event was asked for
    since, until : seconds since the epoch, both included; None leaves a side open
    margin : seconds added to either side of the activity; None for `MARGIN_SECONDS`, and an hour in all at least

    Returns
    -------
    The window in seconds, and the same as it is in an answer. An open side is set by the event that was asked for,
    else by the first or last call.
    """
    if subject.event is not None:
        first = last = subject.event.time
    else:
        times = [(row.first, row.last) for row in rows]
        first, last = min((one for one, _ in times), default=0), max((one for _, one in times), default=0)
    return scope_around(first, last, since, until, margin)


def scope_around(
    first: int, last: int, since: int | None, until: int | None, margin: int | None
) -> tuple[Window, Scope]:
    """The time around an activity, with the sides that were asked for, and the same as it is in an answer."""
    found = around(first, last, margin)
    window = Window(since if since is not None else found.since, until if until is not None else found.until)
    basis: Literal["asked", "activity"] = "activity" if since is None and until is None else "asked"
    return window, Scope(since=iso(window.since or 0), until=iso(window.until or 0), basis=basis)


TARGETS_SHOWN = 5
PARAMETERS_SHOWN = 3
SIGN_INS = ("signin", "sso", "sso-oidc")
"""Services whose own events are about signing in."""


class Calls(NamedTuple):
    """What a subject called in a scope."""

    rows: list[CallRow]
    """In order of first second, row and source; both accounts' copies of a call count once."""
    window: Window
    scope: Scope | None
    """None where nothing says when."""

    @property
    def total(self) -> int:
        """All calls."""
        return sum(row.count for row in self.rows)


def calls_of(reader: Reader, subject: Subject, since: int | None, until: int | None, margin: int | None) -> Calls:
    """The subject's own calls in the scope of a question.

    Parameters
    ----------
    reader : the store
    subject : from `find`
    since, until, margin : as for `scope_of`

    Returns
    -------
    Rows in order of first second, row and source, each cut to the window by the second, with window and scope. Both
    accounts' copies of a call count once. The scope is None where nothing says when.

    Notes
    -----
    Cost: one read of the subject's rows, a second one where they reach out of the window.

    Examples
    --------
    >>> reader = incident()
    >>> subject = find(reader, "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z")
    >>> calls = calls_of(reader, subject, None, None, None)
    >>> calls.total, calls.scope.basis
    (5, 'activity')
    """
    bounded = subject.event is not None or (since is not None and until is not None)
    ever = None if bounded else reader.calls(subject.which)
    if ever == []:
        return _unused(subject, since, until, margin)
    window, scope = scope_of(subject, ever or (), since, until, margin)
    rows = ever if ever and all(_lies_in(row, window) for row in ever) else reader.calls(subject.which, window)
    return Calls(own(reader, subject, rows), window, scope)


def _lies_in(row: CallRow, window: Window) -> bool:
    return grants.in_window(row.first, window) and grants.in_window(row.last, window)


def _unused(subject: Subject, since: int | None, until: int | None, margin: int | None) -> Calls:
    """The scope of what never called: around the beginning of its sessions."""
    beginning = begun(subject)
    if beginning is None:
        return Calls([], Window(since, until), None)
    return Calls([], *scope_around(beginning, beginning, since, until, margin))


def begun(subject: Subject) -> int | None:
    """When the last of its sessions began, None where it has none."""
    return max((time for key in subject.sessions if (time := parse_when(key.rsplit("/", 1)[-1]))), default=None)


def own(reader: Reader, subject: Subject, rows: list[CallRow]) -> list[CallRow]:
    """The rows without the copies that the caller's own account has too; those of one account under their callers'
    sessions.

    Another account's copy is attached to the user or role itself. One account's trail has one copy alone.
    """
    if not any(row.row.copy for row in rows):
        return rows
    if subject.kind == "account":
        return grants.under_callers(reader, rows)
    return grants.own(reader, rows)


def kind_of(row: CallRow) -> CallKind:
    """What kind a call is, whether or not it failed."""
    service, _, name = row.row.api.partition(":")
    category = row.row.category
    if category == "signin":
        return "sign-in"
    if row.row.sensitive:
        return "sensitive"
    if category in ("management-read", "management-write"):
        return "change" if category == "management-write" else "read"
    if is_read(name):
        return "read"
    return "sign-in" if category == "service" and service in SIGN_INS else "change"


def targets(rows: Iterable[CallRow]) -> list[str]:
    """What calls were about, sorted: the resources that the records list, else what the requests or the text of a
    refusal name."""
    found: set[str] = set()
    for row in rows:
        listed = {resource for sample in row.samples for resource in sample.resources}
        if listed:
            found |= listed | {target.key for target in row.row.beside}
        elif row.row.target is not None:
            texts = (sample.parameters for sample in row.samples if sample.parameters)
            found |= {target.key for target in row.row.targets}
            found |= {key for text in texts for key in beside(row.row.target, text)}
    return sorted(found)


def beside(target: Target, request: str) -> list[str]:
    """The other resources that a request names in the same member as its target: a row has the first alone.

    >>> some = Target(key="arn:aws:ec2:eu-west-1:111122223333:instance/i-1", type="AWS::EC2::Instance", id="i-1")
    >>> beside(some, '{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}')
    ['arn:aws:ec2:eu-west-1:111122223333:instance/i-2']
    """
    if not target.id or not target.key.endswith(target.id) or target.id not in request:
        return []
    try:
        members = list(_members(msgspec.json.decode(request)))
    except (msgspec.DecodeError, RecursionError):
        return []  # cut
    names = {name for name, value in members if value == target.id}
    stem = target.key.removesuffix(target.id)
    return [stem + value for name, value in members if name in names and value and value != target.id]


def _members(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """The texts in a JSON value, each with the name of the member that it is in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for one in value:
            yield from _members(one, name)
    elif isinstance(value, dict):
        for inner, one in value.items():
            yield from _members(one, inner)


def parameters(rows: Iterable[CallRow]) -> list[str]:
    """The earliest different requests of calls that change, hand out or were refused."""
    return _earliest(rows, lambda row, text: text if row.row.target is not None or kind_of(row) != "read" else None)


def filters(rows: Iterable[CallRow]) -> list[str]:
    """The earliest different filters of reads: what they asked for, without filters that are empty."""
    return _earliest(rows, lambda row, text: _filter(text) if kind_of(row) == "read" else None)


def _earliest(rows: Iterable[CallRow], text_of: Callable[[CallRow, str], str | None]) -> list[str]:
    found = sorted(
        (sample.time, sample.event_id, text)
        for row in rows
        for sample in row.samples
        if sample.parameters is not None and (text := text_of(row, sample.parameters)) is not None
    )
    return list(dict.fromkeys(text for _, _, text in found))[:PARAMETERS_SHOWN]


def _filter(text: str) -> str | None:
    """The members of a request that filter, as JSON; the text as it is where it was cut, None where none filters.

    >>> _filter('{"instancesSet":{},"filterSet":{"items":[{"name":"tag:env"}]}}'), _filter('{"filterSet":{}}')
    ('{"filterSet":{"items":[{"name":"tag:env"}]}}', None)
    """
    try:
        request = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    if not isinstance(request, dict):
        return None
    said = {name: value for name, value in request.items() if "filter" in name.lower() and value}
    return msgspec.json.encode(said).decode() if said else None


def counted(
    rows: Iterable[CallRow], value: Callable[[CallRow], str | None], note: Callable[[CallRow], str | None] | None = None
) -> list[Counted]:
    """The calls by a value of theirs, most first, then by value; those without one are left out. `note` says what
    calls of one value are."""
    result = [
        Counted(
            value=text, calls=grants.total(members), failed=grants.failed(members), first=grants.first(members),
            last=grants.last(members), note=note(members[0]) if note else None,
        )
        for text, members in grouped(rows, value).items()
        if text is not None
    ]  # fmt: skip
    return sorted(result, key=lambda one: (-one.calls, one.value))


def one_origin(reader: Reader, subject: Subject) -> Whose | None:
    """Whose the subject is; None of a role or of what represents several origins, and of what has no chain. A person is
    as sure as its weakest chain."""
    if not subject.starts or subject.kind == "role":
        return None
    if subject.person is not None:
        return subject.person.whose
    found = list(whose(reader, subject.starts).values())
    return found[0] if len({one.key or str(number) for number, one in enumerate(found)}) == 1 else None


def accounts(subject: Subject, rows: Iterable[CallRow]) -> set[str | None]:
    """The accounts whose logs an answer is based on: those of the calls, and the subject's own."""
    return {row.row.account for row in rows} | own_accounts(subject)


def own_accounts(subject: Subject) -> set[str | None]:
    """The accounts that a subject is in, as far as its nodes show."""
    return {subject.key} if subject.kind == "account" else {account_of(node) for node in subject.nodes}
