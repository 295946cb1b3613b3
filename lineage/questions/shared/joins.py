"""Sessions of events that state none: by the grant or sign-in that opened them, or by the rules of guide §12.3.

`sessions_at` and `through_lost_copy` apply rules 2b, 5, 5c, 9, 10 and 10b; `opened` finds the sessions of a grant, a
sign-in, a role switch or a request at the access portal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import networkx as nx

from lineage.model import keys, schema
from lineage.model.agents import is_command_line
from lineage.model.arn import is_long_term
from lineage.model.facts import Grant, Identity, Portal, SignIn
from lineage.model.keys import Ref
from lineage.model.results import EventRow, Graph, SessionRow
from lineage.model.times import iso, parse_when
from lineage.questions.shared.climb import (
    MAX_CANDIDATES,
    Climb,
    climb,
    owner_of,
    principal_id_in,
    principal_of,
    session_key_of,
)
from lineage.questions.shared.identifiers import SIGN_IN_SECONDS, Caller, is_live
from lineage.questions.shared.models import Confidence
from lineage.questions.who import Hop
from lineage.resolve.join_keys import PORTAL_SECONDS
from lineage.stores.reader import Reader

GRACE_SECONDS = 15 * 60
"""A call may complete after its key expired (guide §6.4)."""


def weaker(hop: Hop, rule: str, confidence: str) -> Hop:
    """The hop as sure as the rule by which its session was found."""
    weakest = schema.weakest([hop.confidence, confidence])
    return hop if weakest == hop.confidence else hop.model_copy(update={"rule": rule, "confidence": weakest})


def through_lost_copy(reader: Reader, graph: Graph, chain: Climb) -> tuple[Graph, list[Climb]]:
    """Go on through a role session whose own copy of the call is not there, or that the call does not state, if
    sessions of that principal were live then (rule 10b): through each of them, where they have several origins. Returns
    the graph with what leads to these sessions too."""
    if chain.first_session is None or graph.nodes.get(chain.top, {}).get("kind") not in ("ExternalAccount", "Role"):
        return graph, [chain]
    # From below: an outside account may have assumed roles a hundred thousand times.
    for source, _, way in graph.in_edges(chain.first_session, data=True):
        if source != chain.top or way["type"] != schema.ASSUMED:
            continue
        caller_id = msgspec.json.decode(way["grants"][0])["caller_id"] or ""
        time = parse_when(chain.hops[0].time) or 0
        if ":" not in caller_id:
            continue
        live = [seen for seen in reader.sessions_by_id(caller_id) if is_live(seen, seen.key, time)]
        if live:
            if nx.is_frozen(graph):  # the reader keeps it
                graph = graph.copy()
            return graph, _through(reader, graph, chain, [seen.key for seen in live[:MAX_CANDIDATES]])
    return graph, [chain]


def _through(reader: Reader, graph: Graph, chain: Climb, sessions: list[str]) -> list[Climb]:
    """The chain through each of the sessions; through the newest alone, where all come from one origin."""
    first = weaker(chain.hops[0], "10b", "LIKELY" if len(sessions) == 1 else "HEURISTIC")
    found = []
    for session in sessions:
        further = reader.ascend([f"{schema.SESSION} {session}"])
        graph.add_nodes_from(further.nodes(data=True))
        # Under their keys: the graph may hold some of them already.
        for source, target, key, attributes in further.edges(keys=True, data=True):
            graph.add_edge(source, target, key=key, **attributes)
        found.append(
            [
                above._replace(
                    hops=(*above.hops, first, *chain.hops[1:]),
                    ambiguous=above.ambiguous or chain.ambiguous,
                    several=above.several or chain.several,
                )
                for above in climb(further, f"{schema.SESSION} {session}")
            ]
        )
    begins = {tuple(sorted(owner_of(graph, above.top) or above.top for above in chains)) for chains in found}
    if len(begins) == 1:
        return [above._replace(ambiguous=above.ambiguous or len(sessions) > 1) for above in found[0]]
    return [above._replace(several=True) for chains in found for above in chains]


def with_login(graph: Graph, caller: Caller, chain: Climb) -> Climb:
    """Mark a call of a command line that was signed in by `aws login` or through an agent (rule 5c)."""
    if not chain.hops or caller.time is None or not is_command_line(caller.user_agent):
        return chain
    session = chain.hops[-1].session
    key = f"{schema.SESSION} {session.key}"
    if chain.hops[-1].via is not None or key not in graph:
        return chain
    tokens = [
        msgspec.json.decode(text)
        for _, _, way in graph.in_edges(key, data=True)
        if way["type"] == schema.ASSUMED
        for text in way["tokens"]
    ]
    before = [token for token in tokens if token["time"] <= iso(caller.time)]
    if not before:
        return chain
    last = max(before, key=lambda token: (token["time"], token["event_id"]))
    return chain._replace(hops=(*chain.hops[:-1], chain.hops[-1].model_copy(update={"via": last["via"]})))


class Joined(NamedTuple):
    """A session that a call may belong to without stating it, and by which rule."""

    start: str
    """The session, or the key that came with it."""
    rule: str
    confidence: str


def sessions_at(reader: Reader, caller: Caller) -> list[Joined]:
    """The sessions that a call without a stated session may belong to.

    Parameters
    ----------
    reader : the store
    caller : the call: identity, time, category and user agent

    Returns
    -------
    Newest first, at most `MAX_CANDIDATES`, each with the rule of guide §12.3 (2, 2b, 5, 9 or 10) and its confidence:
    the session that the key came with; for a sign-in event that of its own second; else those that were live. Empty for
    an attempt to sign in, which opens none.
    """
    who, time = caller.who, caller.time
    if who is None or who.attempt:
        return []  # an attempt opened none
    key = who.access_key_id
    if key is not None and (time is not None or who.history):
        if who.history and is_long_term(key):
            return []
        if not is_long_term(key) and (found := _of_key(reader, who, key, time)):
            return found
    if time is None or who.created is not None or not _may_lack_context(who):
        return []
    sessions = [seen for seen in _seen_by(reader, who) if seen.created <= time + SIGN_IN_SECONDS]
    if caller.category == "signin" and who.principal_id:
        same = [seen for seen in sessions if abs(seen.created - time) <= SIGN_IN_SECONDS]
        if len(same) == 1:
            return [Joined(f"{schema.SESSION} {same[0].key}", "5", "STRONG")]
    live = [seen.key for seen in sessions if is_live(seen, seen.key, time)][:MAX_CANDIDATES]
    rule, sure = ("9", "LIKELY") if who.principal_id else ("10", "HEURISTIC")
    return [Joined(f"{schema.SESSION} {one}", rule, sure if len(live) == 1 else "HEURISTIC") for one in live]


def _may_lack_context(who: Identity) -> bool:
    """May the call belong to a session although the record states none: a role's, or a user's temporary key?"""
    if who.type == "AWSAccount":
        return (who.principal_id or "").startswith("AROA")
    if who.type in ("IAMUser", "Root"):
        return bool(who.access_key_id) and not is_long_term(who.access_key_id or "") and bool(who.principal_id)
    return who.type in ("AssumedRole", "Role", "FederatedUser")


def _seen_by(reader: Reader, who: Identity) -> list[SessionRow]:
    """The sessions of that principal ID, else those of the role and session name that no ID sets apart."""
    found = reader.sessions_by_id(who.principal_id) if who.principal_id else []
    if found or not who.role_name or not who.session_name:
        return found
    named = reader.sessions_of(keys.principal(who).key, who.session_name)
    return [seen for seen in named if not who.principal_id or principal_id_in(seen.key).startswith("role:")]


def _of_key(reader: Reader, who: Identity, key: str, time: int | None) -> list[Joined]:
    """The sessions that a key came with: of the principal that the record names (rule 2), or of any where it names
    none (rule 2b). The one whose key was valid, else the newest of several; of calls at several times any counts."""
    valid = []
    for ref in reader.nodes_of_key(key):
        session = session_key_of(str(ref))
        if ref.label != schema.CREDENTIAL or session is None:
            continue
        graph = reader.ascend([str(ref)])
        agrees = _agrees(graph, session, who)
        expires = parse_when(graph.nodes[str(ref)].get("expires"))
        created = parse_when(session.rsplit("/", 1)[-1]) or 0
        live = time is None or (
            created <= time + SIGN_IN_SECONDS and (expires is None or time <= expires + GRACE_SECONDS)
        )
        if live and agrees is not False:
            valid.append((created, str(ref), agrees))
    if not valid:
        return []
    _, newest, agrees = max(valid, key=lambda one: one[:2])
    alone = len(valid) == 1
    if agrees:
        return [Joined(newest, "2", "EXACT" if alone else "STRONG")]
    return [Joined(newest, "2b", "STRONG" if alone else "LIKELY")]


def _agrees(graph: Graph, session: str, who: Identity) -> bool | None:
    """Is it a session of the principal, and of the time, that a record names? None where it names none."""
    node = f"{schema.SESSION} {session}"
    if who.created is not None and abs((parse_when(session.rsplit("/", 1)[-1]) or 0) - who.created) > SIGN_IN_SECONDS:
        return False
    named = principal_id_in(session)
    if who.principal_id and not named.startswith("role:"):
        task = ":assumed-root/" in session
        return named == who.principal_id and (who.assumed_root_unknown or task == who.assumed_root)
    if who.type == "Unknown" or who.history:
        return None
    owner = keys.principal(who)
    if not owner.key.startswith("arn:"):
        return None
    same = principal_of(graph, node) == str(owner.ref)
    return same and who.session_name in (None, graph.nodes[node].get("name"))


OPENING = ("ConsoleLogin", "SwitchRole", "RenewRole", "GetSigninToken")
"""Sign-in events that open a session; the others belong to a session that is open."""
WITHOUT_SESSION = ("CheckMfa", "UserAuthentication", "CredentialChallenge", "CredentialVerification")
"""Sign-in events that are a step on the way: they open no session of an AWS account."""


class Opened(NamedTuple):
    """The sessions that fit, as references; none where no loaded event shows the session."""

    sessions: tuple[str, ...]
    confidence: Confidence


def opened(reader: Reader, event_id: str, seen: EventRow) -> Opened | None:
    """The sessions that a sign-in, role switch or portal event opened or belongs to.

    Parameters
    ----------
    reader : the store
    event_id : of the event
    seen : the event

    Returns
    -------
    The sessions with a confidence, or None for every other event. A portal event shares no ID with its session: it is
    LIKELY at most.
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
    joined = sessions_at(
        reader, Caller(str(seen.source), seen.who, seen.time, seen.api, seen.category, seen.user_agent)
    )
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
    agrees = {node: _is_of_user(graph, node, fact) for node in near}
    fitting = [node for node in near if agrees[node] is True] or [node for node in near if agrees[node] is None]
    sure = len(fitting) == 1 and agrees[fitting[0]] is True
    return Opened(tuple(fitting), "LIKELY" if sure else "HEURISTIC" if fitting else "NONE")


def _is_of_user(graph: Graph, session: str, fact: Portal) -> bool | None:
    """Is a session of the user that asked at the portal? None where the logs do not show."""
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
