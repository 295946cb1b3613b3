"""The sessions that an event opened: by a grant, a sign-in, a role switch, or a request at the access portal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.facts import Grant, Portal, SignIn
from lineage.model.keys import Ref
from lineage.model.results import EventRow, Graph, SessionRow
from lineage.questions.shared.asks import SIGN_IN_SECONDS, Asked
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.joins import sessions_at
from lineage.questions.shared.models import Confidence
from lineage.resolve.join_keys import PORTAL_SECONDS
from lineage.stores.reader import Reader

OPENING = ("ConsoleLogin", "SwitchRole", "RenewRole", "GetSigninToken")
"""Sign-in events that open a session; the others belong to a session that is open."""
WITHOUT_SESSION = ("CheckMfa", "UserAuthentication", "CredentialChallenge", "CredentialVerification")
"""Sign-in events that are a step on the way: they open no session of an AWS account."""


class Opened(NamedTuple):
    """The sessions that fit, as references; none where no loaded event tells of the session."""

    sessions: tuple[str, ...]
    confidence: Confidence


def opened(reader: Reader, event_id: str, seen: EventRow) -> Opened | None:
    """The sessions that a sign-in, role switch or portal event opened or belongs to; None of every other event.

    A portal event shares no ID with its session: what it gives is LIKELY at most.
    """
    facts = reader.facts_of(event_id)
    for fact in facts:
        if isinstance(fact, Portal) and fact.account and fact.role_name:
            return _of_portal(reader, fact)
    if seen.category != "signin":
        return None
    operation = seen.api.partition(":")[2]
    if operation in WITHOUT_SESSION:
        return None
    if any(isinstance(fact, Grant) for fact in facts):
        found = granted(reader, event_id)
        return Opened(tuple(found), "EXACT") if found else _at_the_second(reader, event_id, seen)
    own = session_key_of(str(seen.source))
    if operation in OPENING:
        if not any(isinstance(fact, SignIn) for fact in facts):
            return Opened((), "NONE")  # it failed
        found_then = _at_the_second(reader, event_id, seen)
        if found_then.sessions:
            return found_then
    if own is not None:
        return Opened((f"{schema.SESSION} {own}",), "EXACT")
    joined = sessions_at(reader, Asked(str(seen.source), seen.who, seen.time, seen.api, seen.category, seen.user_agent))
    if not joined:
        return Opened((), "NONE")
    sessions = dict.fromkeys(f"{schema.SESSION} {session_key_of(one.start)}" for one in joined)
    return Opened(tuple(sessions), joined[0].confidence)  # type: ignore[arg-type]  # one of the classes


def _at_the_second(reader: Reader, event_id: str, seen: EventRow) -> Opened:
    """The session of the same principal that began when it signed in (guide §4.2, §4.3)."""
    who, time = seen.who, seen.time
    if who.principal_id:
        near, sure = reader.sessions_by_id(who.principal_id), True
    elif who.role_name and who.session_name:
        near, sure = reader.sessions_of(keys.principal(who).key, who.session_name, False), False
    else:
        return Opened((), "NONE")
    found = _nearest([one for one in near if abs(one.created - time) <= SIGN_IN_SECONDS], time)
    if len(found) > 1:
        graph = reader.ascend(found)
        found = [node for node in found if event_id in _events_into(graph, node)] or found
    if len(found) == 1:
        stated = session_key_of(str(seen.source)) == keys.ref(found[0]).key
        return Opened(tuple(found), "EXACT" if stated else "STRONG" if sure else "LIKELY")
    return Opened(tuple(found), "LIKELY" if found else "NONE")


def _nearest(found: Iterable[SessionRow], time: int) -> list[str]:
    """Those that began nearest to a second; sorted."""
    by_distance: dict[int, list[str]] = {}
    for one in found:
        by_distance.setdefault(abs(one.created - time), []).append(f"{schema.SESSION} {one.key}")
    return sorted(by_distance[min(by_distance)]) if by_distance else []


def _events_into(graph: Graph, session: str) -> set[str]:
    """The events that granted a session or signed it in."""
    ways = [way for _, _, way in graph.in_edges(session, data=True) if way["type"] == schema.ASSUMED]
    return {event_id for way in ways for event_id in (*way["event_ids"], *way["sign_in_event_ids"])}


def _of_portal(reader: Reader, fact: Portal) -> Opened:
    """The sessions of the permission set that began about then and that may be that user's."""
    roles = [
        key
        for key, _, _ in reader.principals(("Role",))
        if key.split(":")[4:5] == [fact.account] and f"/AWSReservedSSO_{fact.role_name}_" in key
    ]
    near = sorted(
        f"{schema.SESSION} {seen.key}"
        for role in roles
        for seen in reader.sessions_of(role, None, False)
        if abs(seen.created - fact.event.time) <= PORTAL_SECONDS
    )
    if not near:
        return Opened((), "NONE")
    graph = reader.ascend(near)
    agrees = {node: _agrees(graph, node, fact) for node in near}
    fitting = [node for node in near if agrees[node] is True] or [node for node in near if agrees[node] is None]
    sure = len(fitting) == 1 and agrees[fitting[0]] is True
    return Opened(tuple(fitting), "LIKELY" if sure else "HEURISTIC" if fitting else "NONE")


def _agrees(graph: Graph, session: str, fact: Portal) -> bool | None:
    """Is a session of the user that asked at the portal? None where the logs do not tell."""
    node = graph.nodes[session]
    ids = set(node.get("on_behalf_of") or ())
    for source, _, way in graph.in_edges(session, data=True):
        kind, key = graph.nodes[source].get("kind"), keys.ref(str(source)).key
        if way["type"] == schema.ASSUMED and kind == "IdentityCenterUser" and not key.startswith("name/"):
            ids.add(key.rsplit("/", 1)[-1])
    if fact.user_id and ids:
        return fact.user_id in ids
    name = fact.caller.user_name
    if name and node.get("name"):
        return str(node["name"]).casefold() == name.casefold()
    return None


def granted(reader: Reader, event_id: str) -> list[str]:
    """The sessions that an event granted: what came from such a call came through them."""
    found = []
    for fact in reader.facts_of(event_id):
        if not isinstance(fact, Grant):
            continue
        sessions = (
            {key for one in reader.nodes_of_key(fact.key) if (key := session_key_of(str(one)))} if fact.key else set()
        )
        if fact.principal_id:
            sessions |= {seen.key for seen in reader.sessions_by_id(fact.principal_id)}
        for session in sorted(sessions):
            node = Ref(schema.SESSION, session)
            ways = reader.ascend([str(node)]).in_edges(str(node), data=True)
            if any(way["type"] == schema.ASSUMED and event_id in way["event_ids"] for _, _, way in ways):
                found.append(str(node))
    return list(dict.fromkeys(found))


__all__ = ["Opened", "granted", "opened"]
