"""The grants of sessions, one by one, as questions about roles count them; and what rows show as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.results import CallFilter, CallRow, EventRow, Graph, Window
from lineage.model.times import iso, parse_when
from lineage.questions.shared.climb import account_of, principal_behind
from lineage.questions.shared.identifiers import own_of, shared_call
from lineage.questions.shared.models import Scope, Sight, Whose
from lineage.questions.shared.whose import Makers, call_it, whose_node
from lineage.stores.reader import Reader

EVENTS_SHOWN = 5
"""Event IDs of a line: the earliest."""
NODES_SHOWN = 20
COPIES_JOINED = 5_000
"""So many events of other accounts' copies are looked up for the sessions of their callers."""


class Grant(NamedTuple):
    """One call that granted a session, both accounts' copies in one."""

    time: int
    event_ids: tuple[str, ...]
    caller: str
    """The node of the caller, as a reference."""
    session: str
    """The session, as a reference."""
    how: str
    via: str | None
    alone: bool
    """Is the caller the session's resolved parent, and not one of several that fit?"""


def into(graph: Graph, session: str, window: Window) -> list[Grant]:
    """The grants of a session in a window, in order of time."""
    return _ordered(graph.in_edges(session, data=True), window) if session in graph else []


def out_of(graph: Graph, caller: str, window: Window) -> list[Grant]:
    """The grants that a node obtained in a window, in order of time."""
    return _ordered(graph.out_edges(caller, data=True), window) if caller in graph else []


def _ordered(edges: Iterable[tuple[Any, Any, dict[str, Any]]], window: Window) -> list[Grant]:
    found = []
    for source, target, way in edges:
        for text in way["grants"] if way["type"] == schema.ASSUMED else ():
            one = msgspec.json.decode(text)
            time, ids = parse_when(one["time"]) or 0, tuple(one["event_ids"])
            if in_window(time, window):
                found.append(Grant(time, ids, str(source), str(target), way["how"], way["via"], way["parent"]))
    return sorted(found)


def whole_scope(looked: Sight, window: Window) -> Scope | None:
    """The scope of an answer about all that is loaded, or what of it was asked for; None of an empty store."""
    if looked.since is None or looked.until is None:
        return None
    basis: Literal["everything", "asked"] = "everything" if window == Window() else "asked"
    return Scope(since=looked.since, until=looked.until, basis=basis)


def in_window(time: int, window: Window) -> bool:
    """Does a second lie in a window?"""
    return (window.since is None or time >= window.since) and (window.until is None or time <= window.until)


class Owners:
    """Whose nodes are, each worked out once. Of each node that `graph` holds it holds all that leads to it; what leads
    to others is read when they are asked for, or by `read` for many at once."""

    def __init__(self, reader: Reader, graph: Graph | None = None) -> None:
        self._reader = reader
        self._graphs: dict[str, Graph] = dict.fromkeys(graph, graph) if graph is not None else {}
        self._found: dict[str, Whose] = {}
        self._makers = Makers(reader)

    def read(self, nodes: Iterable[str]) -> None:
        """Read what leads to nodes."""
        missing = sorted(set(nodes).difference(self._graphs))
        if missing:
            self._graphs |= dict.fromkeys(missing, self._reader.ascend(missing))

    def _graph(self, node: str) -> Graph:
        self.read((node,))
        return self._graphs[node]

    def whose(self, node: str) -> Whose:
        """Whose a node is."""
        found = self._found.get(node)
        if found is None:
            found = self._found[node] = whose_node(self._reader, self._graph(node), node, self._makers)
        return found

    def apart(self, node: str) -> str:
        """What distinguishes its origin from others; where that is not known the node represents itself alone."""
        return self.whose(node).key or node

    def caller(self, node: str) -> tuple[str | None, str]:
        """What a caller is counted with: its principal, and the origin behind it or why that is open."""
        whose = self.whose(node)
        return principal_behind(self._graph(node), node), whose.key or f"{whose.reason} {whose.candidates}"


def is_open(whose: Whose) -> bool:
    """Is the origin not known?"""
    return whose.key is None


def sort_name(whose: Whose) -> str:
    """What lists are ordered by where all else is equal."""
    return f"{call_it(whose)} {whose.key or ''}"


def earliest(rows: Iterable[CallRow]) -> list[str]:
    """The earliest event IDs of rows."""
    found = {(sample.time, sample.event_id) for row in rows for sample in row.samples}
    return [event_id for _, event_id in sorted(found)][:EVENTS_SHOWN]


def first(rows: Iterable[CallRow]) -> str:
    """The time of the first call of rows."""
    return iso(min(row.first for row in rows))


def last(rows: Iterable[CallRow]) -> str:
    """The time of the last call of rows."""
    return iso(max(row.last for row in rows))


def total(rows: Iterable[CallRow]) -> int:
    """How many calls rows count."""
    return sum(row.count for row in rows)


def failed(rows: Iterable[CallRow]) -> int:
    """How many calls of rows failed."""
    return total(row for row in rows if row.row.error is not None)


def ids_of(grants: Iterable[Grant]) -> list[str]:
    """The event IDs of the earliest grants, copies included."""
    return [event_id for grant in sorted(grants) for event_id in grant.event_ids][:EVENTS_SHOWN]


def spellings(reader: Reader, arn: str) -> tuple[str, ...]:
    """The ARNs that calls may name a role by: as given, without its path, and the fullest that was seen; sorted."""
    parts = role_of(arn)
    if parts is None:
        return (arn,)
    role = keys.role(*parts[:3])
    known = reader.ascend([str(role.ref)]).nodes.get(str(role.ref), {}).get("arn")
    return tuple(sorted({arn, role.key, known or arn}))


def own_calls(rows: list[CallRow], accounts: set[str]) -> list[CallRow]:
    """The calls without the other account's copies of them.

    Parameters
    ----------
    rows : of calls
    accounts : those of which logs are loaded

    Returns
    -------
    The rows in the order given: the caller's own copies, and the others' only where the caller's account is not among
    `accounts`. Both copies of one call would count it twice (design §3, Chains).
    """
    return [row for row in rows if not row.row.copy or account_of(row.source) not in accounts]


def own(reader: Reader, rows: list[CallRow]) -> list[CallRow]:
    """The caller's own copies of calls, and the others' only where the caller's account is not loaded.

    Copies are rare, so only the accounts of their callers are looked up.
    """
    callers = {account for row in rows if row.row.copy and (account := account_of(row.source))}
    return own_calls(rows, {account for account in callers if reader.logs_around(account, 0).first is not None})


def under_callers(reader: Reader, rows: list[CallRow]) -> list[CallRow]:
    """The rows, those of other accounts' copies under the session and key of their callers' own copies, where all the
    events of a row have own copies by one session and key.

    Copies are looked up for the first `COPIES_JOINED` events.
    """
    accounts = {account_of(row.source) for row in rows if row.row.copy} - {None}
    known = {account for account in accounts if reader.logs_around(account, 0).first is not None}
    copies, events = [], 0
    for row in rows:
        if row.row.copy and account_of(row.source) in known and (events := events + row.count) <= COPIES_JOINED:
            copies.append(row)
    if not copies:
        return rows
    sources = tuple(sorted({row.source for row in copies}))
    window = Window(min(row.first for row in copies), max(row.last for row in copies))
    listed = {(row.source, row.row.id): row for row in reader.calls(CallFilter("node", sources), window, every=True)}
    ids = {
        (row.source, row.row.id): [
            sample.event_id
            for sample in listed.get((row.source, row.row.id), row).samples
            if row.first <= sample.time <= row.last
        ]
        for row in copies
    }
    callers = _callers(reader, {event_id for some in ids.values() for event_id in some})
    return [_under_caller(row, [callers.get(one) for one in ids.get((row.source, row.row.id), ())]) for row in rows]


def _under_caller(row: CallRow, own: Sequence[EventRow | None]) -> CallRow:
    first = own[0] if own else None
    if first is None or len({(seen.source, seen.who.access_key_id) if seen else None for seen in own}) > 1:
        return row
    who = first.who
    return msgspec.structs.replace(
        row, source=str(first.source), access_key_id=who.access_key_id, invoked_by=who.invoked_by
    )  # fmt: skip


def _callers(reader: Reader, event_ids: Iterable[str]) -> dict[str, EventRow]:
    """By ID of another account's copy: the caller's own copy of the call."""
    seen = {
        event_id: one for event_id, events in reader.events_of(sorted(event_ids)).items() for one in events if one.copy
    }
    calls = {
        event_id: call
        for event_id, one in seen.items()
        if (call := shared_call(one.who, one.time, one.api, one.shared)) is not None
    }
    partners = reader.callers_copies(calls.values())
    found = {event_id: own_of(seen[event_id].who, partners.get(call, ())) for event_id, call in calls.items()}
    return {event_id: own[1] for event_id, own in found.items() if own is not None}


def loaded(reader: Reader) -> set[str]:
    """The accounts of which anything is loaded."""
    return {account for account in reader.extent() if account}
