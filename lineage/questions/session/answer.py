"""`session`: what was done with a session, key or identity, by API operation; with its keys and places."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from lineage.model import schema
from lineage.model.arn import is_long_term
from lineage.model.keys import Ref, ref
from lineage.model.results import CallFilter, CallRow, Graph, grouped
from lineage.questions.session import Failed, KeySeen, KeyUse, Operation, Session, SessionTold
from lineage.questions.shared import grants, models, subjects
from lineage.questions.shared.addresses import doubt, doubt_of
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.subjects import TARGETS_SHOWN, Calls
from lineage.questions.shared.whose import whose
from lineage.stores.reader import Reader

Way = dict[str, Any]
"""Properties of a relationship."""
MANY = 100
"""For up to so many sessions, keys that were issued and never used are listed too."""


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    limit: int = 200,
) -> Session:  # fmt: skip
    """Sum up the calls in the scope by operation; at most `limit` of each list."""
    subject = subjects.find(reader, ask)
    if subject is None:
        return Session(asked=ask, found=False)
    found = subjects.calls_of(reader, subject, since, until, margin)
    rows = found.rows
    operations = _operations(rows)
    sessions = _sessions(subject, rows)
    graph = _graph(reader, sessions[:limit], rows)
    keys = _keys(graph, sessions[:limit], rows)
    uses = _uses(rows)
    addresses = subjects.counted(rows, lambda row: _address(row.row.source_ip, row.row.endpoint), doubt_of)
    agents = subjects.counted(rows, lambda row: row.row.user_agent)
    regions = subjects.counted(rows, lambda row: row.row.region)
    result = _told(reader, graph, sessions[:limit])
    failed = grants.failed(rows)
    return Session(
        asked=ask, found=True, subject=subject.to_model(), whose=subjects.one_origin(reader, subject),
        scope=found.scope, calls=found.total, succeeded=found.total - failed, failed=failed,
        outside=_outside(reader, subject, found),
        first=grants.first(rows) if rows else None, last=grants.last(rows) if rows else None,
        operations=operations[:limit], operations_total=len(operations),
        sessions=result, sessions_total=len(sessions),
        keys=keys[:limit], keys_total=len(keys),
        uses=uses[:limit], uses_total=len(uses),
        addresses=addresses[:limit], addresses_total=len(addresses),
        agents=agents[:limit], agents_total=len(agents),
        regions=regions[:limit],
        truncated=any(len(some) > limit for some in (operations, sessions, keys, uses, addresses, agents, regions)),
        sight=log_coverage(reader, subjects.accounts(subject, found.rows), found.window),
    )  # fmt: skip


def _outside(reader: Reader, subject: subjects.Subject, found: Calls) -> int | None:
    """Calls of a session or key that lie outside the scope; None of all else, which has no end."""
    if subject.kind not in ("session", "key"):
        return None
    ever = subjects.own(reader, subject, reader.calls(subject.which))
    return sum(row.count for row in ever) - found.total


def _operations(rows: Iterable[CallRow]) -> list[Operation]:
    groups = grouped(rows, lambda row: row.row.api)
    return sorted((_operation(api, members) for api, members in groups.items()), key=lambda one: (one.first, one.api))


def _operation(api: str, rows: list[CallRow]) -> Operation:
    total, failed, about = grants.total(rows), grants.failed(rows), subjects.targets(rows)
    return Operation(
        api=api, kind=subjects.kind_of(rows[0]), total=total, succeeded=total - failed, failed=_failed(rows),
        first=grants.first(rows), last=grants.last(rows), resources=about[:TARGETS_SHOWN],
        resources_total=max(len(about), *(len(row.row.targets) + row.row.beyond for row in rows)),
        parameters=subjects.parameters(rows), filters=subjects.filters(rows),
        via=sorted({row.invoked_by for row in rows if row.invoked_by}), event_ids=grants.earliest(rows),
    )  # fmt: skip


def _failed(rows: Iterable[CallRow]) -> list[Failed]:
    groups = grouped(rows, lambda row: row.row.error)
    result = [
        Failed(error=error, count=grants.total(members), event_ids=grants.earliest(members))
        for error, members in groups.items()
        if error is not None
    ]
    return sorted(result, key=lambda one: (-one.count, one.error))


def _sessions(subject: subjects.Subject, rows: Iterable[CallRow]) -> list[str]:
    """Keys of the sessions that were asked for or used, newest first."""
    used = {key for row in rows if (key := session_key_of(row.source))}
    return sorted(used | set(subject.sessions), key=lambda key: (key.rsplit("/", 1)[-1], key), reverse=True)


def _graph(reader: Reader, sessions: list[str], rows: Iterable[CallRow]) -> Graph:
    """All that leads to the sessions and the keys in use, and, of a few sessions, the keys issued to them."""
    nodes = [f"{schema.SESSION} {key}" for key in sessions]
    used = sorted({row.source for row in rows if ref(row.source).label == schema.CREDENTIAL})
    graph = reader.ascend([*nodes, *used])
    if 0 < len(nodes) <= MANY:
        graph = graph.copy()
        below = reader.descend(nodes)
        for source in nodes:
            for _, target, key, way in below.out_edges(source, keys=True, data=True):
                if way["type"] == schema.ISSUED:
                    graph.add_node(target, **below.nodes[target])
                    graph.add_edge(source, target, key=key, **way)
    return graph


def _told(reader: Reader, graph: Graph, sessions: list[str]) -> list[SessionTold]:
    nodes = {key: str(Ref(schema.SESSION, key)) for key in sessions}
    owners = whose(reader, nodes.values()) if sessions else {}
    calls = reader.calls(CallFilter("session", tuple(sorted(sessions)))) if sessions else []
    used = grouped(calls, lambda row: session_key_of(row.source))
    return [_session(graph, key, node, used[key], owners[node]) for key, node in nodes.items()]


def _session(graph: Graph, key: str, node: str, used: list[CallRow], owner: models.Whose) -> SessionTold:
    known = graph.nodes[node] if node in graph else {}
    ways = _ways(graph, node)
    ends = [way["expires"] for way in ways if way["expires"]]
    return SessionTold(
        key=key, name=known.get("name"), role_arn=known.get("role_arn"), account=known.get("account"),
        issued=known.get("created") or key.rsplit("/", 1)[-1], expires=max(ends, default=None),
        how=ways[0]["how"] if ways else None,
        mfa=next((way["mfa"] for way in ways if way.get("mfa") is not None), known.get("mfa")),
        grant_event_ids=sorted({event_id for way in ways for event_id in way["event_ids"]}),
        first=grants.first(used) if used else None, last=grants.last(used) if used else None, whose=owner,
    )  # fmt: skip


def _ways(graph: Graph, session: str) -> list[Way]:
    """The ways into a session: that of its resolved parent, else all that fit; in order of time."""
    if session not in graph:
        return []
    ways = [way for _, _, way in graph.in_edges(session, data=True) if way["type"] == schema.ASSUMED]
    ways = [way for way in ways if way["parent"]] or ways
    return sorted(ways, key=lambda way: (way["time"], way["event_ids"]))


def _keys(graph: Graph, sessions: Collection[str], rows: Iterable[CallRow]) -> list[KeySeen]:
    """The keys that were used in the scope, and those that were issued to the sessions."""
    with_key = (row for row in rows if row.access_key_id)
    used = grouped(with_key, lambda row: (row.access_key_id or "", session_key_of(row.source)))
    issued: dict[tuple[str, str | None], Way] = {}
    for _, node, way in graph.edges(data=True):
        label, key = ref(str(node))
        if label == schema.CREDENTIAL and way["type"] == schema.ISSUED and way.get("event_id"):
            identifier, _, session = key.partition(" ")
            issued[identifier, session or None] = way
    wanted = [*used, *(one for one in issued if one not in used and one[1] in sessions)]
    result = [_key(*one, used.get(one, []), issued.get(one)) for one in wanted]
    return sorted(result, key=lambda one: (one.first or "~", one.access_key_id, one.session or ""))


def _key(access_key_id: str, session: str | None, rows: list[CallRow], way: Way | None) -> KeySeen:
    return KeySeen(
        access_key_id=access_key_id, session=session, long_term=is_long_term(access_key_id),
        issued=way["time"] if way else None, expires=way.get("expires") if way else None,
        issue_event_ids=list(way["event_ids"]) if way else [], calls=sum(row.count for row in rows),
        first=grants.first(rows) if rows else None, last=grants.last(rows) if rows else None,
    )  # fmt: skip


def _uses(rows: Iterable[CallRow]) -> list[KeyUse]:
    """The calls by key, address and agent together."""
    groups = grouped(rows, lambda row: (
        row.access_key_id, session_key_of(row.source), row.row.source_ip, row.row.endpoint, row.row.user_agent,
        row.invoked_by,
    ))  # fmt: skip
    result = [
        KeyUse(
            access_key_id=key, session=session, address=_address(ip, endpoint),
            note=doubt(ip, endpoint) if ip else None, user_agent=agent, via=via,
            calls=sum(row.count for row in members), failed=grants.failed(members),
            first=grants.first(members), last=grants.last(members), event_ids=grants.earliest(members),
        )
        for (key, session, ip, endpoint, agent, via), members in groups.items()
    ]  # fmt: skip
    return sorted(
        result,
        key=lambda one: (
            one.first, one.access_key_id or "", one.session or "", one.address or "", one.user_agent or "",
            one.via or "",
        ),
    )  # fmt: skip


def _address(ip: str | None, endpoint: str | None) -> str | None:
    return f"{ip} {endpoint}" if ip and endpoint else ip or None
