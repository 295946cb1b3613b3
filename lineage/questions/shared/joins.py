"""Joining what states no session, or whose other half was lost: rules 2b, 5, 5c, 9, 10 and 10b of guide §12.3."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from lineage.model import grant_method, keys, schema
from lineage.model.facts import Identity
from lineage.model.results import Graph, SessionRow
from lineage.model.times import iso, parse_when
from lineage.questions.shared.asks import SIGN_IN_SECONDS, Asked, is_live
from lineage.questions.shared.climb import MAX_CANDIDATES, Climb, climb, owner_of, principal_of, session_key_of
from lineage.questions.who import Hop
from lineage.resolve.join_keys import is_long_term
from lineage.stores.reader import Reader

GRACE_SECONDS = 15 * 60
"""A call may complete after its key expired (guide §6.4)."""


def weaker(hop: Hop, rule: str, confidence: str) -> Hop:
    """The hop as sure as the rule by which its session was found."""
    weakest = schema.weakest([hop.confidence, confidence])
    return hop if weakest == hop.confidence else hop.model_copy(update={"rule": rule, "confidence": weakest})


def through_lost_copy(reader: Reader, graph: Graph, chain: Climb) -> list[Climb]:
    """Go on through a role session whose own copy of the call is not there, or that the call does not state, if
    sessions of that principal were live then (rule 10b): through each of them, where they have several origins."""
    if chain.first_session is None or graph.nodes.get(chain.top, {}).get("kind") not in ("ExternalAccount", "Role"):
        return [chain]
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
            return _through(reader, graph, chain, [seen.key for seen in live[:MAX_CANDIDATES]])
    return [chain]


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


def with_login(graph: Graph, asked: Asked, chain: Climb) -> Climb:
    """Mark a call of a command line that was signed in by `aws login` or through an agent (rule 5c)."""
    if not chain.hops or asked.time is None or grant_method.is_browser(asked.user_agent) or asked.user_agent is None:
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
    before = [token for token in tokens if token["time"] <= iso(asked.time)]
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


def sessions_at(reader: Reader, asked: Asked) -> list[Joined]:
    """The sessions that a call which states none may belong to, newest first: the one that its key came with, that
    of its own second for a sign-in event, else those that were live (rules 2, 2b, 5, 9, 10 and 10b of guide §12.3)."""
    who, time = asked.who, asked.time
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
    if asked.category == "signin" and who.principal_id:
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


def principal_id_in(session: str) -> str:
    """The principal ID in the key of a session, or `role:ROLE:NAME` where none was logged."""
    return session.split("/", 1)[1].rsplit("/", 1)[0].removesuffix(":assumed-root")


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
