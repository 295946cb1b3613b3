"""Does a session or key still work at a time? What the logs tell of its end, else the longest life of its kind.

Source: field guide §6.4 (life times); AWS IAM User Guide, "Disabling permissions for temporary security credentials".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.arn import account_in_id
from lineage.model.facts import Grant
from lineage.model.keys import ref
from lineage.model.results import CallFilter, ChangeEdge, Graph, Window
from lineage.model.times import iso, parse_when
from lineage.questions.blast import Life
from lineage.questions.shared.climb import owner_of, principal_of, session_key_of
from lineage.questions.shared.reach.revocations import EVERYTHING, Denial, Standing, standing
from lineage.stores.reader import Reader

HOUR = 3600
ROLE_SECONDS = 12 * HOUR
CHAINED_SECONDS = HOUR
TOKEN_SECONDS = 36 * HOUR
ROOT_TASK_SECONDS = 15 * 60
CONSOLE_SECONDS = 12 * HOUR


class Ends(NamedTuple):
    """When a session ends: as logged or requested, and the latest possible."""

    told: int | None
    latest: int
    console: bool
    """Was it opened in the console? It may outlive the key that opened it."""


def lives(reader: Reader, nodes: Iterable[str], at: int) -> dict[str, Life]:
    """Whether each session and key (references) works at a time; principals are left out."""
    wanted = [node for node in dict.fromkeys(nodes) if ref(node).label in (schema.SESSION, schema.CREDENTIAL)]
    graph = reader.ascend(wanted)
    targets = {node for node in wanted if ref(node).label == schema.CREDENTIAL}
    targets |= {owner for node in wanted for owner in owners(graph, node)}
    changes: dict[str, list[ChangeEdge]] = defaultdict(list)
    for deed in reader.changes((schema.CHANGED,), targets=sorted(targets), window=Window(None, at)):
        changes[deed.target].append(deed)
    standings = {target: standing(deeds) for target, deeds in changes.items()}
    used = _used_from(reader, wanted, at)
    found = {}
    for node in wanted:
        told = [standings[owner] for owner in owners(graph, node) if owner in standings]
        if session_key_of(node) is None:
            found[node] = _of_key(reader, graph, node, at, standings.get(node), told, used.get(node))
        else:
            found[node] = _of_session(reader, graph, node, at, told, used.get(node))
    return found


def last_second(reader: Reader, accounts: Iterable[str | None]) -> int:
    """The last second that is loaded of the accounts, else of any: rows may name no account."""
    own = max((reader.logs_around(account, 0).last or 0 for account in accounts if account), default=0)
    return own or max((one.last for one in reader.coverage()), default=0)


def owners(graph: Graph, node: str) -> list[str]:
    """The principals whose policies bind a session or key: its own, and of a federated user the user behind it."""
    if node not in graph:
        return []
    label = ref(node).label
    own = principal_of(graph, node) if label == schema.SESSION else owner_of(graph, node)
    found = [own] if own else []
    session = f"{schema.SESSION} {session_key_of(node)}"
    if own and ":federated-user/" in own and session in graph:
        for source, _, way in graph.in_edges(session, data=True):
            if way["type"] == schema.ASSUMED:
                caller = str(source)
                behind = caller if ref(caller).label == schema.PRINCIPAL else owner_of(graph, caller)
                found += [behind] if behind else []
    return found


def ends_of(reader: Reader, graph: Graph, session: str) -> Ends:
    """When a session (reference) ends."""
    node = graph.nodes[session]
    created = parse_when(node.get("created")) or parse_when(ref(session).key.rsplit("/", 1)[-1]) or 0
    into = graph.in_edges(session, data=True)
    ways = [(str(source), way) for source, _, way in into if way["type"] == schema.ASSUMED]
    hows = {str(way["how"]) for _, way in ways}
    console = bool(hows & {"console", "saml-console", "console-switch-role"}) or any(
        seen.api.startswith("signin:")
        for events in reader.events_of(sorted({id_ for _, way in ways for id_ in way["sign_in_event_ids"]})).values()
        for seen in events
    )
    told = max((end for _, way in ways if (end := parse_when(way["expires"])) is not None), default=None)
    if told is None:
        told = max((end for _, way in ways if (end := _requested(reader, way, created)) is not None), default=None)
    chained = bool(ways) and all(_is_role_session(graph, source) for source, _ in ways)
    return Ends(told, created + _longest(node, ref(session).key, hows, chained, console), console)


def _longest(node: Mapping[str, Any], key: str, hows: set[str], chained: bool, console: bool) -> int:
    """The longest life of a session of its kind, in seconds (guide §6.4)."""
    kind = node.get("type")
    if ":assumed-root/" in key:
        return ROOT_TASK_SECONDS
    if kind == "root":
        return CONSOLE_SECONDS if "console" in hows else HOUR
    if kind == "federated" or (kind == "user" and "console" not in hows):
        return TOKEN_SECONDS
    if chained and "console-switch-role" not in hows:
        return CHAINED_SECONDS
    return CONSOLE_SECONDS if console else ROLE_SECONDS


def _is_role_session(graph: Graph, node: str) -> bool:
    session = session_key_of(node)
    return session is not None and graph.nodes.get(f"{schema.SESSION} {session}", {}).get("type") == "role"


def _requested(reader: Reader, way: Mapping[str, Any], created: int) -> int | None:
    """The end by the duration that was asked for, where the answer was not logged."""
    for event_id in way["event_ids"]:
        for fact in reader.facts_of(event_id):
            if isinstance(fact, Grant) and fact.duration_seconds:
                return created + fact.duration_seconds
    return None


def _used_from(reader: Reader, nodes: list[str], at: int) -> dict[str, tuple[int, list[str]]]:
    """By node: the last second, at or after a time, in which it was used and not refused, with event IDs."""
    found: dict[str, tuple[int, list[str]]] = {}
    for row in reader.calls(CallFilter("node", tuple(sorted(nodes))), Window(at, None)):
        if row.row.error is None and row.last >= found.get(row.source, (at, []))[0]:
            found[row.source] = row.last, row.event_ids
    return found


def _of_session(
    reader: Reader, graph: Graph, node: str, at: int, told: list[Standing], used: tuple[int, list[str]] | None
) -> Life:
    """The life of a session, or of a key that came with one."""
    session = f"{schema.SESSION} {session_key_of(node)}"
    ends = ends_of(reader, graph, session) if session in graph else None
    created = parse_when(ref(session).key.rsplit("/", 1)[-1]) or 0
    sure, latest = (ends.told, ends.latest) if ends else (None, created + TOKEN_SECONDS)
    if ref(node).label == schema.CREDENTIAL:
        own = parse_when(graph.nodes[node].get("expires"))
        sure, latest = (own, own) if own is not None else (sure, latest)
    elif ends is not None and sure is not None:
        latest = max(sure, latest) if ends.console else sure
    if at < created:
        return Life(live="no", until=None, why="granted later", event_ids=[])
    if used is not None:
        return Life(live="yes", until=iso(max(used[0], latest)), why="used at that time or later", event_ids=used[1])
    gone = _ended(told, created)
    if gone is not None:
        return Life(live="no", until=iso(gone.time), why=gone.why, event_ids=gone.event_ids)
    if sure is not None and at <= sure:
        return Life(live="yes", until=iso(latest), why="before its expiry as logged or requested")
    if at <= latest:
        why = "the console may keep it up" if sure is not None else "expiry not logged; its kind lasts so long at most"
        return Life(live="unknown", until=iso(latest), why=why)
    why = "expired" if sure is not None else "past the longest life of its kind"
    return Life(live="no", until=iso(latest), why=why)


def _ended(told: Iterable[Standing], created: int) -> Denial | None:
    """What ended what was issued at a time: a deletion, or a policy that denies all to what is older."""
    found = [one.deleted for one in told if one.deleted is not None and one.deleted.time >= created]
    found += [denial for one in told for denial in one.denials if created < denial.issued_before]
    return min(found, key=lambda denial: (denial.time, denial.event_ids), default=None)


def _of_key(
    reader: Reader, graph: Graph, node: str, at: int, own: Standing | None, told: list[Standing],
    used: tuple[int, list[str]] | None,
) -> Life:  # fmt: skip
    """The life of a long-term key: it works until it is made inactive or deleted."""
    made = [
        parse_when(way["time"])
        for _, _, way in (graph.in_edges(node, data=True) if node in graph else ())
        if way["type"] == schema.ISSUED and way.get("time")
    ]
    born = min((time for time in made if time is not None), default=None)
    if born is not None and at < born:
        return Life(live="no", until=None, why="made later")
    if used is not None:
        return Life(live="yes", until=None, why="used at that time or later", event_ids=used[1])
    if own is not None and own.off is not None:
        return Life(live="no", until=iso(own.off.time), why=own.off.why, event_ids=own.off.event_ids)
    gone = [one.deleted for one in told if one.deleted is not None and one.deleted.time >= (born or 0)]
    gone += [denial for one in told for denial in one.denials if denial.issued_before == EVERYTHING]
    if gone:
        first = min(gone, key=lambda denial: (denial.time, denial.event_ids))
        return Life(live="no", until=iso(first.time), why=first.why, event_ids=first.event_ids)
    around = reader.logs_around(_account(graph, node), at)
    if around.first is None or around.gap or not around.writes:
        return Life(live="unknown", until=None, why="no logs of its account then that would show it made inactive")
    return Life(live="yes", until=None, why="no loaded event made it inactive")


def _account(graph: Graph, node: str) -> str | None:
    owner = owner_of(graph, node) if node in graph else None
    account = graph.nodes[owner].get("account") if owner else None
    return account or account_in_id(ref(node).key)
