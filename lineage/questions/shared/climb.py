"""From a node back to where its chain begins.

Works on the neighbourhood that a store returns (design §3, Chains): a forest along the resolved parents,
with all candidates where several callers fit. Walks are bounded; a cycle of same-second grants ends the walk.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.arn import role_of
from lineage.model.keys import ref
from lineage.model.results import Graph
from lineage.questions.shared.models import Confidence
from lineage.questions.who import Hop, SessionId

MAX_HOPS = 2_000
MAX_CANDIDATES = 100
"""At most so many chains are given where callers are ambiguous, unless more are asked for."""

BY_GRANT_ALONE = ("2", "4")
"""Rules of a session that its grant shows, and no call that states the session."""
Evidence = tuple[str, Confidence]
"""Rule and confidence of a relationship."""
BY_TUPLE: Evidence = ("4", "STRONG")
"""Rule and confidence where a call or caller belongs to such a session by its ID and time, not by a key."""

Attributes = dict[str, Any]


class Climb(NamedTuple):
    """One chain: where it begins, and its hops from there down."""

    top: str
    hops: tuple[Hop, ...]
    first_session: str | None
    """The session of the first hop."""
    ambiguous: bool
    """One caller, several grant events that fit."""
    several: bool
    """One of several callers that fit."""
    stopped: str | None
    """`depth` or `edited-data` where the walk was cut."""
    unseen: str | None = None
    """The session, as a reference, that states where the chain begins without a grant of it being logged."""
    own: str | None = None
    """How sure that statement is, where it is not certain."""


def climb(graph: Graph, start: str) -> list[Climb]:
    """The chains that lead to a node, from their origin down: one, unless several callers fit.

    Parameters
    ----------
    graph : what leads to the node, as `Reader.ascend` or `Reader.neighbourhood` returns it
    start : reference of a session, credential or principal (`LABEL KEY`)

    Returns
    -------
    Chains sorted by origin, then by event IDs; at most `MAX_CANDIDATES`. The hops of each go from the origin to
    `start`.

    Notes
    -----
    A walk follows the resolved parent; where none is resolved it follows every caller that fits. It stops after
    `MAX_HOPS` hops (`stopped` is `depth`) and at a cycle of grants of one second (`edited-data`). Cost: proportional to
    the hops of all chains that are returned.

    Examples
    --------
    >>> session = "Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
    >>> (chain,) = climb(incident().ascend([session]), session)
    >>> [(hop.time, hop.how) for hop in chain.hops]
    [('2026-03-11T21:47:55Z', 'identity-center'), ('2026-03-11T21:53:30Z', 'cli-sdk')]
    """
    return climbed(graph, start)[0]


def climbed(graph: Graph, start: str, limit: int = MAX_CANDIDATES) -> tuple[list[Climb], int]:
    """As `climb`, with how many chains there are in all.

    Parameters
    ----------
    graph, start : as for `climb`
    limit : how many chains to return at most

    Returns
    -------
    The chains, sorted as those of `climb`, and the number of all chains that lead to `start`. Counting visits each node
    once, so it stays cheap where chains multiply.
    """
    finished: list[Climb] = []
    waiting = [Climb(start, (), None, False, False, None)]
    while waiting and len(finished) < limit:
        state = waiting.pop()
        nexts = _step(graph, state)
        if nexts is None:
            finished.append(state)
        else:
            waiting.extend(nexts)
    fitting = len(finished) + sum(_number(graph, state.top) for state in waiting)
    return sorted(finished, key=lambda found: (found.top, [hop.event_ids for hop in found.hops])), fitting


def _number(graph: Graph, start: str) -> int:
    """How many chains lead to a node. Each node is visited once, since chains through several callers multiply."""
    numbers: dict[str, int] = {}
    waiting = [start]
    while waiting:
        node = waiting[-1]
        if node in numbers:
            waiting.pop()
            continue
        above = [state.top for state in _step(graph, Climb(node, (), None, False, False, None)) or ()]
        open_ones = [one for one in above if one not in numbers and one not in waiting]
        if open_ones:
            waiting += open_ones
            continue
        # What is still waiting leads in a circle: such a chain is cut there.
        numbers[node] = sum(numbers.get(one, 1) for one in above) or 1
        waiting.pop()
    return numbers[start]


def _step(graph: Graph, state: Climb) -> list[Climb] | None:
    """The states one hop further up; None if the chain ends here."""
    label, _ = ref(state.top)
    if label == schema.PRINCIPAL or (label == schema.CREDENTIAL and _long_term(graph, state.top)):
        return None
    issued = _issued(graph, state.top) if label == schema.CREDENTIAL else None
    session = issued[0] if issued else state.top
    ways = _ways(graph, session)
    if issued:
        ids = set(issued[1]["event_ids"])
        by_key = [(caller, way) for caller, way in ways if ids & set(way["event_ids"])]
    else:
        by_key = []
    # A key that a sign-in event issued came with the session, and the session's grant with nothing of its own.
    ways = by_key or [(caller, way) for caller, way in ways if way["parent"]] or ways
    if not ways:
        return _stated(graph, state) if session == state.top else [state._replace(top=session)]
    if len(state.hops) >= MAX_HOPS:
        return None if state.stopped else [state._replace(stopped="depth", top=state.top)]
    seen = {(hop.session.account, hop.session.principal_id, hop.session.creation_date) for hop in state.hops}
    hops = []
    for caller, way in ways:
        hop, alone = _hop(graph, session, caller, way, issued, state)
        if (hop.session.account, hop.session.principal_id, hop.session.creation_date) in seen:
            return None if state.stopped else [state._replace(stopped="edited-data")]
        ambiguous, several = state.ambiguous or not alone, state.several or len(ways) > 1
        hops.append(Climb(caller, (hop, *state.hops), session, ambiguous, several, state.stopped))
    return None if state.stopped else hops


def _stated(graph: Graph, state: Climb) -> list[Climb] | None:
    """The chain begins at a session without a grant: where its own records say that it comes from, if they do."""
    session = state.top
    if session not in graph:
        return None
    own = states_its_user(graph.nodes[session].get("type"), session)
    found = sorted(
        (str(target), edge.get("confidence"))
        for _, target, edge in graph.out_edges(session, data=True)
        if edge["type"] == schema.SESSION_OF and own != bool(edge.get("stated"))
    )
    return [
        state._replace(top=target, unseen=session, own=sure, several=state.several or len(found) > 1)
        for target, sure in found
    ] or None


def states_its_user(type_: str | None, node: str) -> bool:
    """Is it a session, of that type, whose records state whose it is: of a user, or of root but not through
    AssumeRoot?"""
    return type_ in ("user", "root") and ":assumed-root/" not in node


def _ways(graph: Graph, session: str) -> list[tuple[str, Attributes]]:
    if session not in graph:
        return []
    found = [
        (source, attributes)
        for source, _, attributes in graph.in_edges(session, data=True)
        if attributes["type"] == schema.ASSUMED
    ]
    users = [
        str(target)
        for _, target, edge in graph.out_edges(session, data=True)
        if edge["type"] == schema.SESSION_OF and edge.get("stated")
    ]
    if users:  # a service acts for several users: each of them may be the origin
        found = [(user, {**way, "parent": False}) for _, way in found for user in users]
    return sorted(found, key=lambda pair: (pair[1]["event_ids"], pair[0]))


def _issued(graph: Graph, credential: str) -> tuple[str, Attributes] | None:
    for source, _, attributes in graph.in_edges(credential, data=True):
        if attributes["type"] == schema.ISSUED and attributes.get("parent"):
            return source, attributes
    return None


def _long_term(graph: Graph, credential: str) -> bool:
    return " " not in ref(credential).key


def _hop(
    graph: Graph, session: str, caller: str, way: Attributes,
    issued: tuple[str, Attributes] | None, state: Climb,
) -> tuple[Hop, bool]:  # fmt: skip
    """The hop, and whether one grant alone fits it."""
    node = graph.nodes[session]
    grants = [msgspec.json.decode(text) for text in way["grants"]]
    rule, confidence = joined_by(evidence_of(way), evidence_of(issued[1]) if issued else None, last=not state.hops)
    candidates = way["candidates"]
    event_ids = list(way["event_ids"])
    key = None
    time, source_ip, agent, caller_key = way["time"], way["source_ip"], way["user_agent"], way["caller_key"]
    expires = way["expires"]
    if issued:
        ids = set(issued[1]["event_ids"])
        grants = [grant for grant in grants if ids & set(grant["event_ids"])] or grants
        event_ids = sorted({event_id for grant in grants for event_id in grant["event_ids"]})
        key = ref(state.top).key.split(" ", 1)[0]
        time, caller_key, expires = grants[0]["time"], grants[0]["caller_key"], issued[1]["expires"]
        candidates = issued[1]["candidates"]
        if not way["sign_in_event_ids"]:
            source_ip, agent = grants[0]["source_ip"], grants[0]["user_agent"]
    elif len({grant["caller_key"] for grant in grants}) > 1:
        caller_key = None
    hop = Hop(
        api=way["api"],
        how=way["how"],
        via=way["via"],
        time=time,
        event_ids=event_ids,
        sign_in_event_ids=way["sign_in_event_ids"],
        rule=rule,
        confidence=confidence,
        candidates=candidates,
        session=SessionId(
            account=node.get("account"),
            principal_id=node.get("principal_id"),
            creation_date=node["created"],
            key=ref(session).key,
        ),
        role_arn=node.get("role_arn"),
        session_name=node.get("name"),
        access_key_id=key,
        caller_access_key_id=caller_key,
        source_ip=source_ip,
        user_agent=agent,
        mfa=way["mfa"] if way.get("mfa") is not None else node.get("mfa"),
        region=way["region"],
        account=way["account"],
        caller_account=way["caller_account"],
        cross_account=way["cross_account"],
        source_identity=way["source_identity"],
        expires=expires,
    )
    return hop, len(grants) == 1


def joined_by(way: Evidence, issued: Evidence | None, *, last: bool) -> Evidence:
    """Rule and confidence of a hop.

    Parameters
    ----------
    way : those of the `ASSUMED`
    issued : those of the `ISSUED` of the key by which the chain goes on from the session, where a key states it
    last : does the chain end in the session?

    Examples
    --------
    >>> joined_by(("4", "STRONG"), ("2", "EXACT"), last=False)
    ('2', 'EXACT')
    """
    if issued is not None:
        return issued
    if not last and way[1] == "EXACT" and way[0] in BY_GRANT_ALONE:
        return BY_TUPLE  # the caller of the next hop states its ID and time, and no key of the grant
    return way


def evidence_of(way: Attributes) -> Evidence:
    """Rule and confidence of an `ASSUMED` or `ISSUED`."""
    return way["rule"], way["confidence"]


def owner_of(graph: Graph, credential: str) -> str | None:
    """The principal that a key belongs to.

    The graph remembers it: a key may have obtained a hundred thousand sessions, and be asked for with each of them.
    """
    owners: dict[str, str] = graph.graph.setdefault("owners", {})
    if credential not in owners:
        for _, target, attributes in graph.out_edges(credential, data=True):
            if attributes["type"] == schema.BELONGS_TO:
                owners[credential] = str(target)
                break
    return owners.get(credential)


def principal_of(graph: Graph, session: str) -> str | None:
    """The principal that a session is one of."""
    for _, target, attributes in graph.out_edges(session, data=True):
        if attributes["type"] == schema.SESSION_OF and not attributes.get("stated"):
            return str(target)
    return None


def acting(node: str) -> str:
    """The node that acts: of a temporary key its session.

    >>> acting("Credential ASIA1 111122223333/AROA:x/2026-01-31T12:00:00Z")
    'Session 111122223333/AROA:x/2026-01-31T12:00:00Z'
    """
    session = session_key_of(node)
    return f"{schema.SESSION} {session}" if session else node


def session_in(graph: Graph, node: str) -> Attributes:
    """Properties of the session that a node is, or that a temporary key came with; empty where there is none."""
    found: Attributes = graph.nodes.get(f"{schema.SESSION} {session_key_of(node)}", {})
    return found


def principal_id_in(session: str) -> str:
    """The principal ID in the key of a session, or `role:ROLE:NAME` where none was logged."""
    return session.split("/", 1)[1].rsplit("/", 1)[0].removesuffix(":assumed-root")


def session_key_of(start: str) -> str | None:
    """Key of the session that a node is, or that a temporary key came with."""
    label, key = ref(start)
    if label == schema.SESSION:
        return key
    if label == schema.CREDENTIAL and " " in key:
        return key.split(" ", 1)[1]
    return None


def account_of(node: str) -> str | None:
    """The account that a session, key or principal is in, as far as its key shows.

    >>> account_of("Session 111122223333/AROA:x/2026-01-31T12:00:00Z"), account_of("Principal ec2.amazonaws.com")
    ('111122223333', None)
    """
    label, key = ref(node)
    if label == schema.CREDENTIAL:
        key = key.partition(" ")[2]
    if key.startswith("arn:"):
        parts = key.split(":", 5)
        found = parts[4] if len(parts) > 4 else ""
    else:
        found = key.partition("/")[0].partition(":")[0]
    return found if len(found) == 12 and found.isdigit() else None


def principal_behind(graph: Graph, node: str) -> str | None:
    """The principal that a session or credential belongs to.

    Parameters
    ----------
    graph : holds the node with its relationships
    node : reference; a principal is returned as it is

    Returns
    -------
    A reference, or None where the graph does not hold the node or its principal.

    Examples
    --------
    >>> session = "Session 804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
    >>> principal_behind(incident().ascend([session]), session)
    'Principal arn:aws:iam::804275613390:role/payments-operations'
    """
    if ref(node).label == schema.PRINCIPAL:
        return node
    if node not in graph:
        return None
    return principal_of(graph, node) if ref(node).label == schema.SESSION else owner_of(graph, node)


def name_of(graph: Graph, actor: str) -> str:
    """What to call an actor: `ROLE as SESSION_NAME`, a key ID, or a name."""
    known = graph.nodes.get(actor, {})
    label, key = ref(actor)
    if label == schema.CREDENTIAL:
        return key
    name = known.get("name")
    if label == schema.PRINCIPAL:
        return str(name or key)
    role = role_of(known.get("role_arn"))
    # principalId holds the session name too: the account and the time follow in the key.
    name = str(name or key.split("/", 1)[1].rsplit("/", 1)[0])
    return f"{role.role_name} as {name}" if role else name
