"""Joining what states no session, or whose other half was lost: rules 2b, 5, 5c, 9, 10 and 10b of guide §12.3."""

from __future__ import annotations

import msgspec

from lineage import how, keys, schema
from lineage.answers import Hop
from lineage.facts import Identity
from lineage.keys import Ref
from lineage.questions.common.asks import SIGN_IN_SECONDS, Asked, Reader, is_live
from lineage.questions.common.climb import Climb, climb, session_key_of
from lineage.seen import Graph
from lineage.terms import is_long_term
from lineage.times import iso, parse_when

GRACE_SECONDS = 15 * 60
"""A call may complete after its key expired (guide §6.4)."""


def weaker(hop: Hop, rule: str, confidence: str) -> Hop:
    """The hop as sure as the rule by which its session was found."""
    weakest = schema.weakest([hop.confidence, confidence])
    return hop if weakest == hop.confidence else hop.model_copy(update={"rule": rule, "confidence": weakest})


def through_lost_copy(reader: Reader, graph: Graph, chain: Climb) -> list[Climb]:
    """Go on through a role session of another account whose own copy of the call is not there, if sessions of
    that principal were live then (rule 10b): the one, or the newest."""
    if chain.first_session is None or graph.nodes.get(chain.top, {}).get("kind") != "ExternalAccount":
        return [chain]
    # From below: an outside account may have assumed roles a hundred thousand times.
    for source, _, way in graph.in_edges(chain.first_session, data=True):
        if source != chain.top or way["type"] != schema.ASSUMED:
            continue
        caller_id = msgspec.json.decode(way["grants"][0])["caller_id"] or ""
        time = parse_when(chain.hops[0].time) or 0
        live = (
            [seen for seen in reader.sessions_by_id(caller_id) if is_live(seen, seen.key, time)]
            if ":" in caller_id
            else []
        )
        if live:
            first = weaker(chain.hops[0], "10b", "LIKELY" if len(live) == 1 else "HEURISTIC")
            further = reader.neighbourhood(Ref(schema.SESSION, live[0].key))
            graph.add_nodes_from(further.nodes(data=True))
            # Under their keys: the graph may hold some of them already.
            for source, target, key, attributes in further.edges(keys=True, data=True):
                graph.add_edge(source, target, key=key, **attributes)
            return [
                above._replace(hops=(*above.hops, first, *chain.hops[1:]), ambiguous=above.ambiguous or chain.ambiguous)
                for above in climb(further, f"{schema.SESSION} {live[0].key}")
            ]
    return [chain]


def with_login(graph: Graph, asked: Asked, chain: Climb) -> Climb:
    """Mark a call of a command line that was signed in by `aws login` or through an agent (rule 5c)."""
    if not chain.hops or asked.time is None or how.is_browser(asked.user_agent) or asked.user_agent is None:
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


def session_at(reader: Reader, asked: Asked) -> tuple[str, str, str] | None:
    """The session of a call that states none: that of its own second for a sign-in event, else the one that
    was live (rules 5, 9 and 10b of guide §12.3)."""
    who, time = asked.who, asked.time
    if who is not None and who.attempt:
        return None  # it opened none
    if who is not None and who.history and who.access_key_id and is_long_term(who.access_key_id):
        return None
    if who is not None and (time is not None or who.history) and not who.principal_id and who.access_key_id:
        return _key_at(reader, who.access_key_id, time)
    if who is None or time is None or who.created is not None:
        return None
    if not who.principal_id:
        return _newest_of_name(reader, who, time)
    if not _may_lack_context(who):
        return None
    sessions = [seen for seen in reader.sessions_by_id(who.principal_id) if seen.created <= time + SIGN_IN_SECONDS]
    if asked.category == "signin":
        same = [seen for seen in sessions if abs(seen.created - time) <= SIGN_IN_SECONDS]
        if len(same) == 1:
            return f"{schema.SESSION} {same[0].key}", "5", "STRONG"
    live = [seen for seen in sessions if is_live(seen, seen.key, time)]
    if not live:
        return None
    return f"{schema.SESSION} {live[0].key}", "9", "LIKELY" if len(live) == 1 else "HEURISTIC"


def _may_lack_context(who: Identity) -> bool:
    """May the call belong to a session although the record states none: a role's, or a user's temporary key?"""
    if who.type == "AWSAccount":
        return (who.principal_id or "").startswith("AROA")
    if who.type in ("IAMUser", "Root"):
        return bool(who.access_key_id) and not is_long_term(who.access_key_id or "")
    return who.type in ("AssumedRole", "Role", "FederatedUser")


def _newest_of_name(reader: Reader, who: Identity, time: int) -> tuple[str, str, str] | None:
    """The newest live session of the same role and session name, where no ID says more (rule 10)."""
    if not who.role_name or not who.session_name:
        return None
    role = keys.principal(who)
    live = [seen for seen in reader.sessions_of(role.key, who.session_name) if is_live(seen, seen.key, time)]
    return (f"{schema.SESSION} {live[0].key}", "10", "HEURISTIC") if live else None


def _key_at(reader: Reader, key: str, time: int | None) -> tuple[str, str, str] | None:
    """The issue of a key that a call used without naming a principal (rule 2b): the one that was valid, else the
    newest of several; of calls at several times any issue counts."""
    valid = []
    for ref in reader.of_key(key):
        session = session_key_of(str(ref))
        if ref.label != schema.CREDENTIAL or session is None:
            continue
        expires = parse_when(reader.neighbourhood(ref).nodes[str(ref)].get("expires"))
        created = parse_when(session.rsplit("/", 1)[-1]) or 0
        live = time is None or (
            created <= time + SIGN_IN_SECONDS and (expires is None or time <= expires + GRACE_SECONDS)
        )
        if live:
            valid.append((created, str(ref)))
    if not valid:
        return None
    return max(valid)[1], "2b", "STRONG" if len(valid) == 1 else "LIKELY"
