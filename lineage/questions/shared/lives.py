"""Does a session or key still work at a time? What the logs say of its end, else the longest life of its kind.

What ended credentials: keys made inactive, policies that deny all, deletions. Source: field guide §6.4 (life times);
AWS IAM User Guide, "Disabling permissions for temporary security credentials" and "Revoke IAM role temporary security
credentials" (the policy `AWSRevokeOlderSessions`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lineage.model import schema
from lineage.model.arn import account_in_id
from lineage.model.facts import Grant
from lineage.model.keys import ref
from lineage.model.results import CallFilter, ChangeEdge, Graph, Window, json_value
from lineage.model.times import iso, parse_when
from lineage.questions.blast import Life
from lineage.questions.shared.climb import owner_of, principal_behind, session_in, session_key_of
from lineage.render.text import moment
from lineage.stores.reader import Reader

EVERYTHING = 1 << 60
"""Issued before that: all that was ever issued."""
DENY_ALL = ":policy/AWSDenyAll"


class Denial(NamedTuple):
    """An event that ended what was issued before a second."""

    time: int
    issued_before: int
    why: str
    event_ids: list[str]


class Standing(NamedTuple):
    """The state of a principal or key after its changes."""

    denials: list[Denial]
    deleted: Denial | None
    """The latest deletion of the principal."""
    off: Denial | None
    """What made a key inactive or deleted it, if it stayed so."""


def standing(deeds: Iterable[ChangeEdge]) -> Standing:
    """The state after the changes of one principal or key, given in order of time."""
    denials: dict[str, Denial] = {}
    deleted = off = None
    for deed in deeds:
        what, before, after = (deed.properties.get(name) for name in ("what", "before", "after"))
        api = str(deed.properties.get("api"))
        ids = deed.event_ids
        if what == "deleted":
            deleted = Denial(deed.time, EVERYTHING, "its principal was deleted", ids)
        elif what == "key-deleted":
            off = Denial(deed.time, EVERYTHING, "deleted", ids)
        elif what == "key-status":
            gone = off is not None and off.why == "deleted"
            if after == "Inactive" and not gone:
                off = Denial(deed.time, EVERYTHING, "made inactive", ids)
            elif after == "Active" and not gone:
                off = None
        elif what == "permissions":
            name, issued_before = _denial(str(after)) if after else ("", None)
            if api.startswith("iam:Put") and name:
                denials.pop(name, None)
                if issued_before is not None:
                    why = "a policy denies it everything"
                    if issued_before != EVERYTHING:
                        why = f"sessions from before {moment(iso(issued_before))} were revoked"
                    denials[name] = Denial(deed.time, issued_before, why, ids)
            elif api.startswith("iam:Attach") and str(after).endswith(DENY_ALL):
                denials[str(after)] = Denial(deed.time, EVERYTHING, "a policy denies it everything", ids)
            elif before:
                denials.pop(str(before), None)
    return Standing(list(denials.values()), deleted, off)


def _denial(text: str) -> tuple[str, int | None]:
    """Name of an inline policy as a change keeps it, and before which second of issue it denies everything."""
    kept = json_value(text)
    if not isinstance(kept, dict):
        return "", None
    return str(kept.get("policyName") or ""), issued_before(kept.get("policyDocument"))


def issued_before(document: object) -> int | None:
    """The second before whose credentials a policy denies everything; None if it denies less than that.

    >>> deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    >>> older = {"DateLessThan": {"aws:TokenIssueTime": "1970-01-01T00:01:00Z"}}
    >>> issued_before({"Statement": deny | {"Condition": older}})
    60
    >>> issued_before({"Statement": [deny]}) == EVERYTHING
    True
    >>> issued_before({"Statement": [deny | {"Resource": "arn:aws:s3:::logs"}]}) is None
    True
    """
    statements = document.get("Statement") if isinstance(document, dict) else None
    found = []
    for one in statements if isinstance(statements, list) else [statements]:
        if not isinstance(one, dict) or one.get("Effect") != "Deny":
            continue
        if one.get("Action") not in ("*", ["*"]) or one.get("Resource") not in ("*", ["*"]):
            continue
        time = _condition(one.get("Condition"))
        if time is not None:
            found.append(time)
    return max(found, default=None)


def _condition(condition: object) -> int | None:
    """The second of a condition on `aws:TokenIssueTime` alone; everything where there is no condition."""
    if not condition:
        return EVERYTHING
    if not isinstance(condition, dict) or set(condition) != {"DateLessThan"}:
        return None
    dates = condition["DateLessThan"]
    if not isinstance(dates, dict) or {str(name).lower() for name in dates} != {"aws:tokenissuetime"}:
        return None
    value = next(iter(dates.values()))
    return parse_when(value[0] if isinstance(value, list) and len(value) == 1 else value)


HOUR = 3600
ROLE_SECONDS = 12 * HOUR
CHAINED_SECONDS = HOUR
TOKEN_SECONDS = 36 * HOUR
ROOT_TASK_SECONDS = 15 * 60
CONSOLE_SECONDS = 12 * HOUR


class Ends(NamedTuple):
    """When a session ends: as logged or requested, and the latest possible."""

    logged: int | None
    latest: int
    console: bool
    """Was it opened in the console? It may outlive the key that opened it."""


def lives(reader: Reader, nodes: Iterable[str], at: int) -> dict[str, Life]:
    """Whether sessions and credentials still work at a time.

    Parameters
    ----------
    reader : the store
    nodes : references; principals are left out
    at : second since the epoch

    Returns
    -------
    By reference, in the order given: `yes`, `no` or `unknown`, until when, why, and the events that say so.

    Notes
    -----
    A logged end, revocation or deletion decides; else the longest life of the kind (guide §6.4). Cost: one read of what
    leads to the nodes, and one of the changes of their principals.

    Examples
    --------
    >>> from lineage.model.times import parse_when
    >>> life = lives(incident(), ["Credential AKIA3WQUP53HKQ7V2LCK"], parse_when("2026-03-12T12:00:00Z"))
    >>> life["Credential AKIA3WQUP53HKQ7V2LCK"].why
    'no loaded event made it inactive'
    """
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
        result = [standings[owner] for owner in owners(graph, node) if owner in standings]
        if session_key_of(node) is None:
            found[node] = _of_key(reader, graph, node, at, standings.get(node), result, used.get(node))
        else:
            found[node] = _of_session(reader, graph, node, at, result, used.get(node))
    return found


def last_second(reader: Reader, accounts: Iterable[str | None]) -> int:
    """The last second that is loaded of the accounts, else of any: rows may name no account."""
    own = max((reader.logs_around(account, 0).last or 0 for account in accounts if account), default=0)
    return own or max((last for _, last in reader.extent().values()), default=0)


def owners(graph: Graph, node: str) -> list[str]:
    """The principals whose policies bind a session or key: its own, and of a federated user the user behind it."""
    if node not in graph:
        return []
    own = principal_behind(graph, node)
    found = [own] if own else []
    session = f"{schema.SESSION} {session_key_of(node)}"
    if own and ":federated-user/" in own and session in graph:
        for source, _, way in graph.in_edges(session, data=True):
            if way["type"] == schema.ASSUMED:
                behind = principal_behind(graph, str(source))
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
    result = max((end for _, way in ways if (end := parse_when(way["expires"])) is not None), default=None)
    if result is None:
        result = max((end for _, way in ways if (end := _requested(reader, way, created)) is not None), default=None)
    chained = bool(ways) and all(session_in(graph, source).get("type") == "role" for source, _ in ways)
    return Ends(result, created + _longest(node, ref(session).key, hows, chained, console), console)


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
    reader: Reader, graph: Graph, node: str, at: int, standings: list[Standing], used: tuple[int, list[str]] | None
) -> Life:
    """The life of a session, or of a key that came with one."""
    session = f"{schema.SESSION} {session_key_of(node)}"
    ends = ends_of(reader, graph, session) if session in graph else None
    created = parse_when(ref(session).key.rsplit("/", 1)[-1]) or 0
    sure, latest = (ends.logged, ends.latest) if ends else (None, created + TOKEN_SECONDS)
    if ref(node).label == schema.CREDENTIAL:
        own = parse_when(graph.nodes[node].get("expires"))
        sure, latest = (own, own) if own is not None else (sure, latest)
    elif ends is not None and sure is not None:
        latest = max(sure, latest) if ends.console else sure
    if at < created:
        return Life(live="no", until=None, why="granted later", event_ids=[])
    if used is not None:
        return Life(live="yes", until=iso(max(used[0], latest)), why="used at that time or later", event_ids=used[1])
    gone = _ended(standings, created, created)
    if gone is not None:
        return Life(live="no", until=iso(gone.time), why=gone.why, event_ids=gone.event_ids)
    if sure is not None and at <= sure:
        return Life(live="yes", until=iso(latest), why="before its expiry as logged or requested")
    if at <= latest:
        why = "the console may keep it up" if sure is not None else "expiry not logged; the maximum for its kind"
        return Life(live="unknown", until=iso(latest), why=why)
    why = "expired" if sure is not None else "past the longest life of its kind"
    return Life(live="no", until=iso(latest), why=why)


def _ended(standings: Iterable[Standing], created: int, issued: int) -> Denial | None:
    """What ended what exists since a time: a deletion, or a policy that denies all to what was issued then."""
    found = [one.deleted for one in standings if one.deleted is not None and one.deleted.time >= created]
    found += [denial for one in standings for denial in one.denials if issued < denial.issued_before]
    return min(found, key=lambda denial: (denial.time, denial.event_ids), default=None)


def _of_key(
    reader: Reader, graph: Graph, node: str, at: int, own: Standing | None, standings: list[Standing],
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
    off = own.off if own is not None else None
    # A policy that denies what was issued before some second does not bind a long-term key.
    gone = off or _ended(standings, born or 0, EVERYTHING - 1)
    if gone is not None:
        return Life(live="no", until=iso(gone.time), why=gone.why, event_ids=gone.event_ids)
    around = reader.logs_around(_account(graph, node), at)
    if around.first is None or around.gap or not around.writes:
        return Life(live="unknown", until=None, why="no logs of its account then that would show it made inactive")
    return Life(live="yes", until=None, why="no loaded event made it inactive")


def _account(graph: Graph, node: str) -> str | None:
    owner = owner_of(graph, node) if node in graph else None
    account = graph.nodes[owner].get("account") if owner else None
    return account or account_in_id(ref(node).key)
