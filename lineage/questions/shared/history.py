"""The past that `baseline`, `new` and `volume` compare with: whose calls it holds, and whether there is enough of it.

Two people in one role never share a past: the resolved origin decides. Only where the origin is open do session name,
then source IP replace it, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, Graph, Window
from lineage.model.times import LAST, iso, parse_when
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.addresses import doubt, place
from lineage.questions.shared.climb import account_of, climb, owner_of, principal_behind, principal_of, session_key_of
from lineage.questions.shared.grants import own_calls
from lineage.questions.shared.log_coverage import PRUNED, log_coverage
from lineage.questions.shared.models import Basis, History, SameCredential, Scope, Sight, Whose
from lineage.questions.shared.subjects import Subject, find
from lineage.questions.shared.whose import call_it, whose_node
from lineage.render.text import counted, moment
from lineage.stores.reader import Reader

HOUR: Final = 3600
DAY: Final = 24 * HOUR
LONGEST_SESSION_SECONDS: Final = 36 * HOUR
"""A session that makes calls now began at most so long ago (guide §6.4)."""
MOST_DAYS: Final = 3650
ASSUMED_ROOT = ":assumed-root"

_SAME_TOP = ("IAMUser", "RootUser", "IdentityCenterUser", "WebIdentity")
"""Kinds of origins that are one and the same wherever their node is."""


class Past(NamedTuple):
    """Whose calls count as the past of a subject."""

    basis: Basis
    note: str
    whose: Whose | None
    which: CallFilter
    places: frozenset[str]
    """Only calls from there, where not empty."""
    graph: Graph
    """What leads to the sessions."""
    sessions: tuple[str, ...]
    """The sessions that it may hold, as references; sorted. None of an account, address or agent."""
    origins: int | None
    """How many distinct origins it is of, where that is known beforehand."""


def recent_scope(
    reader: Reader, subject: Subject, since: int | None, until: int | None, margin: int | None
) -> tuple[Window, Scope]:
    """The scope of a question about history: as elsewhere; the last day of an activity that goes on and on."""
    if subject.event is not None or (since is not None and until is not None):
        return subjects.scope_of(subject, (), since, until, margin)
    rows = reader.calls(subject.which, Window(None, until))
    if subject.kind == "session" or since is not None or not rows:
        return subjects.scope_of(subject, rows, since, until, margin)
    last = max(row.last for row in rows)
    return subjects.scope_around(max(min(row.first for row in rows), last - DAY), last, since, until, margin)


def history_window(scope: Window, days: int, gap: int | None) -> Window:
    """The history before a scope: from some days before it to a gap before it. Raises `BadUse`."""
    begin, wait = scope.since or 0, gap or 0
    if not 0 < days <= MOST_DAYS:
        raise BadUse(f"--days {days}: must be 1 to {MOST_DAYS:,}")
    if wait >= days * DAY:
        raise BadUse(f"--gap leaves no history: it is as long as --days {days}")
    return Window(max(begin - days * DAY, 0), max(begin - wait - 1, 0))


def past_of(reader: Reader, subject: Subject, rows: Sequence[CallRow], span: Window) -> Past:
    """Whose calls count as the past of a subject.

    `rows` are its own calls in the scope; `span` is all the time that will be looked at.
    """
    if subject.person is not None:
        return _of_person(reader, subject, span)
    graph = reader.ascend(subject.starts)
    if subject.kind == "session":
        roles = sorted({owner for start in subject.starts if (owner := _shared_owner(graph, start))})
        if roles:
            return _in_roles(reader, subject, rows, span, roles)
    owners = tuple(sorted({ref(owner).key for start in subject.starts if (owner := _owner(graph, start))}))
    whose = (
        whose_node(reader, graph, subject.starts[0]) if len(subject.starts) == 1 and subject.kind != "role" else None
    )
    if owners:
        begun = _begun(reader, owners, span)
        # Its calls are those of all keys, so that who made the key in question says nothing about them.
        whose = whose.model_copy(update={"access_key_id": None, "made_by": None}) if whose is not None else None
        names = (str(graph.nodes[f"{schema.PRINCIPAL} {key}"].get("name") or key) for key in owners)
        result = f"all calls of {', '.join(names)}, with any key"
        return Past("own calls", result, whose, CallFilter("principal", owners), frozenset(), graph, begun, 1)
    result = f"all calls of the {subject.kind}, from any caller"
    return Past("own calls", result, whose, subject.which, frozenset(), graph, (), 1 if whose else None)


def _of_person(reader: Reader, subject: Subject, span: Window) -> Past:
    """All that a person did, in all roles and accounts."""
    since = span.since - LONGEST_SESSION_SECONDS if span.since is not None else 0
    last = span.until if span.until is not None else LAST
    begun = tuple(
        f"{schema.SESSION} {key}"
        for key in subject.sessions
        if since <= (parse_when(key.rsplit("/", 1)[-1]) or 0) <= last
    )
    result = f"all calls of {subject.person.name}, in all roles and with any key" if subject.person else ""
    whose = subjects.one_origin(reader, subject)
    return Past("own calls", result, whose, subject.which, frozenset(), reader.ascend(begun), tuple(sorted(begun)), 1)


def _begun(reader: Reader, principals: Iterable[str], span: Window) -> tuple[str, ...]:
    """The sessions (references) of principals that may be in use in a stretch of time."""
    since = span.since - LONGEST_SESSION_SECONDS if span.since is not None else 0
    return tuple(
        sorted(
            f"{schema.SESSION} {seen.key}"
            for principal in principals
            for seen in reader.sessions_of(principal, None, False)
            if since <= seen.created and (span.until is None or seen.created <= span.until)
        )
    )


def _shared_owner(graph: Graph, session: str) -> str | None:
    """The role that a session is of, or what else many may act as: a federated user, or root through AssumeRoot."""
    owner = principal_of(graph, session) if session in graph else None
    if owner is None:
        return None
    kind = graph.nodes[owner].get("kind")
    own = kind == "IAMUser" or (kind == "RootUser" and ASSUMED_ROOT not in session)
    return None if own else owner


def _owner(graph: Graph, node: str) -> str | None:
    """The principal that a session, key or principal is of; None of a role, which many may act as."""
    label = ref(node).label
    if node not in graph or label == schema.PRINCIPAL:
        return node if graph.nodes.get(node, {}).get("kind") not in (None, "Role") else None
    return principal_behind(graph, node)


def _in_roles(reader: Reader, subject: Subject, rows: Sequence[CallRow], span: Window, roles: Sequence[str]) -> Past:
    own = [start for start in subject.starts if session_key_of(start)]
    nodes = sorted({*_begun(reader, [ref(role).key for role in roles], span), *own})
    graph = reader.ascend(nodes)
    owned = {node: principal_of(graph, node) for node in nodes}
    mine = {node: whose_node(reader, graph, node) for node in own}
    names = ", ".join(sorted(str(graph.nodes[role].get("name") or ref(role).key) for role in roles))
    wanted = {whose.key for whose in mine.values() if whose.key}
    if wanted:
        same = [node for node in _same_origin(reader, graph, nodes, own, mine) if owned[node] in roles]
        alone = mine[own[0]] if len({whose.key for whose in mine.values()}) == 1 else None
        named = ", ".join(sorted({call_it(whose) for whose in mine.values() if whose.key}))
        result = f"calls with credentials of {named} in {names}, over all sessions"
        return Past("origin in this role", result, alone, _sessions(same), frozenset(), graph, tuple(same), len(wanted))
    alone = mine[own[0]] if len(own) == 1 else None
    called = {name for node in own if (name := graph.nodes[node].get("name"))}
    same = [node for node in nodes if owned[node] in roles and graph.nodes[node].get("name") in called]
    result = f"the origin is unknown: calls in {names} under the same session name, from any caller"
    by_name = Past("session name", result, alone, _sessions(same), frozenset(), graph, tuple(same), None)
    places = frozenset(
        where for row in rows if (where := place(row)) and doubt(row.row.source_ip, row.row.endpoint) is None
    )
    if any(node not in own for node in same) or not places:
        return by_name
    result = (
        f"the origin is unknown and no other session has this name: calls in {names} from "
        f"{', '.join(sorted(places)[:3])}{' …' if len(places) > 3 else ''}, from any caller"
    )
    keys = tuple(ref(role).key for role in roles)
    return Past("source IP", result, alone, CallFilter("principal", keys), places, graph, tuple(nodes), None)


def _same_origin(
    reader: Reader, graph: Graph, nodes: Iterable[str], own: Iterable[str], mine: Mapping[str, Whose]
) -> Iterator[str]:
    """The sessions with an origin of `own`; where chains begin at persons their nodes alone decide."""
    people = {_top(graph, node) for node in own if mine[node].key}
    wanted = {mine[node].key for node in own} - {None}
    for node in nodes:
        top = _top(graph, node)
        if top is not None and None not in people and graph.nodes.get(top, {}).get("kind") in _SAME_TOP:
            is_one = top in people
        else:
            is_one = whose_node(reader, graph, node).key in wanted
        if is_one:
            yield node


def _sessions(nodes: Iterable[str]) -> CallFilter:
    return CallFilter("session", tuple(ref(node).key for node in nodes))


def _top(graph: Graph, node: str) -> str | None:
    """The principal where the one chain of a node begins; None of several chains, or an open one."""
    found = climb(graph, node)
    if len(found) != 1 or found[0].stopped:
        return None
    top = found[0].top
    if ref(top).label == schema.CREDENTIAL:
        return owner_of(graph, top)
    return top if ref(top).label == schema.PRINCIPAL else None


def past_calls(reader: Reader, past: Past, window: Window, loaded: set[str] | None) -> list[CallRow]:
    """The calls of a past in a window, each once. `loaded` are the accounts that are loaded, if they are known."""
    rows = reader.calls(past.which, window)
    rows = own_calls(rows, loaded) if loaded is not None else grants.own(reader, rows)
    if past.places:
        rows = [row for row in rows if place(row) in past.places]
    if past.basis == "own calls" and past.which.by == "principal":
        # Sessions through AssumeRoot are another caller's.
        rows = [row for row in rows if ASSUMED_ROOT not in row.source]
    return rows


LEAST_DAYS: Final = 3
LEAST_CALLS: Final = 20
LEAST_LOGGED: Final = 0.5
"""A history of fewer days with calls, of fewer calls, or with logs of a smaller part of its days, is too little."""


def accounts_of(subject: Subject, rows: Iterable[CallRow], loaded: set[str]) -> set[str]:
    """The accounts whose logs a past is based on: the identity's own, else those of the calls."""
    own = {account for node in subject.nodes if (account := account_of(node))}
    if subject.kind == "account" and subject.key:
        own = {subject.key}
    return own or {row.row.account for row in rows if row.row.account} or loaded


def history_of(
    reader: Reader, subject: Subject, past: Past, rows: Sequence[CallRow], window: Window, logs: Iterable[str]
) -> History:
    """How much history there is, and whether it is enough. `rows` are its calls, `logs` the accounts."""
    looked = log_coverage(reader, logs, window)
    since, until = window.since or 0, window.until or 0
    logged = {hour.hour * HOUR // DAY for account in looked.accounts for hour in reader.coverage(account, window)}
    asked = until // DAY - since // DAY + 1
    days, count = days_of(rows), grants.total(rows)
    credential = [row for row in rows if _is_credential(subject, row)]
    lacking = []
    if len(logged) < asked * LEAST_LOGGED:
        lacking.append(f"logs on {len(logged)} of {asked} days")
    if lacking and (pruned := _pruned(looked)):
        lacking.append(pruned)
    if count < LEAST_CALLS:
        lacking.append(f"{counted(count, 'call')}, fewer than {LEAST_CALLS}")
    if days < LEAST_DAYS:
        lacking.append(f"calls on {counted(days, 'day')}, fewer than {LEAST_DAYS}")
    return History(
        basis=past.basis, note=past.note, whose=past.whose, origins=_origins(reader, past, rows),
        since=iso(since), until=iso(until), calls=count, failed=grants.failed(rows),
        sessions=len({key for row in rows if (key := session_key_of(row.source))}), days=days,
        first=grants.first(rows) if rows else None, last=grants.last(rows) if rows else None,
        logged_days=len(logged), asked_days=asked, enough=not lacking, lacking=lacking,
        key_made=_key_made(subject, past) if not credential else None,
        credential=SameCredential(
            calls=grants.total(credential), first=grants.first(credential), last=grants.last(credential),
            event_ids=grants.earliest(credential),
        ) if credential else None,
        sight=looked,
    )  # fmt: skip


def _key_made(subject: Subject, past: Past) -> str | None:
    """When the key that is asked about was made, as logged; None of all else."""
    if subject.kind != "key":
        return None
    ways = [way for start in subject.starts if start in past.graph for *_, way in past.graph.in_edges(start, data=True)]
    return max((way["time"] for way in ways if way["type"] == schema.ISSUED and way.get("event_ids")), default=None)


def _is_credential(subject: Subject, row: CallRow) -> bool:
    """Was it made with the key or session in question itself?"""
    if subject.kind == "key":
        return row.access_key_id == subject.key
    return subject.kind == "session" and session_key_of(row.source) in subject.which.values


def _origins(reader: Reader, past: Past, rows: Iterable[CallRow]) -> int | None:
    """How many distinct origins made the calls; not counted for what is no identity."""
    if past.origins is not None or past.basis == "own calls":
        return past.origins
    nodes = {row.source for row in rows}
    graph = reader.ascend(nodes)
    return len({whose_node(reader, graph, node).key for node in nodes})


def days_of(rows: Iterable[CallRow]) -> int:
    """On how many days (UTC) there were calls."""
    return len({row.row.hour * HOUR // DAY for row in rows})


def _pruned(looked: Sight) -> str:
    """Up to when usage was pruned; empty if none was of that time."""
    return next((f"usage up to {moment(gap.until)} was pruned" for gap in looked.gaps if gap.why == PRUNED), "")


def rests_on(history: History) -> str:
    """What a verdict is based on, in words."""
    looked = history.sight
    where = ", ".join(looked.accounts) or "any account"
    lack = f"; not loaded: {', '.join(looked.missing)}" if looked.missing else ""
    lack += f"; {pruned}" if (pruned := _pruned(looked)) else ""
    chosen = ", so an equal address proves nothing" if history.basis == "source IP" else ""
    return (
        f"{counted(history.calls, 'call')} on {counted(history.days, 'day')} "
        f"({history.basis}{chosen}), logs of {where} in {looked.hours:,} of "
        f"{looked.hours_asked:,} hours from {moment(history.since)} to {moment(history.until)}{lack}"
    )


def about_credential(history: History) -> list[str]:
    """Says that the history holds the credential in question itself, if it does."""
    if history.credential is None:
        return []
    many = history.credential.calls
    return [f"{many:,} of these calls {'was' if many == 1 else 'were'} made with the credential in question"]


class Compared(NamedTuple):
    """A subject in its scope, and its past."""

    subject: Subject
    window: Window
    scope: Scope
    rows: list[CallRow]
    """The subject's calls in the scope."""
    past: Past
    before: list[CallRow]
    """The calls of the history."""
    history: History
    accounts: set[str]
    """The accounts whose logs it is based on."""
    loaded: set[str]


def compare(
    reader: Reader, ask: str, *, since: int | None, until: int | None, margin: int | None, days: int, gap: int | None,
    further: int = 0,
) -> Compared | None:  # fmt: skip
    """What an ask is compared with; None where the store knows nothing of it.

    `further` seconds after the scope will be looked at too. Raises `BadUse` for a history that cannot be.
    """
    subject = find(reader, ask)
    if subject is None:
        return None
    window, scope = recent_scope(reader, subject, since, until, margin)
    window_before = history_window(window, days, gap)
    loaded = grants.loaded(reader)
    rows = own_calls(reader.calls(subject.which, window), loaded)
    span = Window(window_before.since, window.until + further if window.until is not None else None)
    mine = past_of(reader, subject, rows, span)
    before = past_calls(reader, mine, window_before, loaded)
    accounts = accounts_of(subject, rows, loaded)
    history = history_of(reader, subject, mine, before, window_before, accounts)
    return Compared(subject, window, scope, rows, mine, before, history, accounts, loaded)
