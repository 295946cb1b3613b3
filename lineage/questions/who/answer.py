"""`who`: back to the origin from an event, a record, a key, a session or an ARN."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.model import keys, schema
from lineage.model.facts import Identity
from lineage.model.results import EventCopy, Graph
from lineage.model.times import iso, parse_when
from lineage.questions.shared import origins, providers
from lineage.questions.shared.climb import (
    BY_GRANT_ALONE,
    BY_TUPLE,
    MAX_CANDIDATES,
    Attributes,
    Climb,
    climbed,
    owner_of,
    principal_of,
    session_in,
    session_key_of,
    states_its_user,
)
from lineage.questions.shared.identifiers import Caller, begins, by_record, meant
from lineage.questions.shared.joins import Joined, sessions_at, through_lost_copy, weaker, with_login
from lineage.questions.shared.newest import newest
from lineage.questions.shared.providers import PROVIDED
from lineage.questions.who import (
    CallIdentity,
    CopyPlace,
    Hint,
    Hop,
    KnownCredential,
    Missing,
    Origin,
    Provenance,
    Who,
    WhoAnswer,
)
from lineage.stores.reader import Reader


def answer(reader: Reader, ask: str, *, at: int | None = None, limit: int = 100) -> Who:
    """Answer for an event ID, an access key, a session key, an ARN, a name or a unique ID (records: `answer_record`).

    Raises `NotFound` where several principals fit a name.
    """
    what = meant(reader, ask)
    return _who(reader, ask, what.kind, list(begins(reader, what, at)), limit, what.note)


def answer_record(
    reader: Reader, ask: str, event_id: str | None, who: Identity, time: int, api: str, category: str, shared: int,
    *, limit: int = 100,
) -> Who:  # fmt: skip
    """Answer for a raw record, loaded or not, by the lineage in the store: by its identity as recorded, or by
    the caller's own copy of its call, which has that hash of the shared event ID too."""
    return _who(reader, ask, "record", by_record(reader, who, time, api, category, shared), limit)


def _who(reader: Reader, ask: str, kind: str, callers: list[Caller], limit: int, note: str | None = None) -> Who:
    answers: list[WhoAnswer] = []
    total = 0
    for one in callers:
        if len(answers) >= limit:
            total += 1
            continue
        found, fitting = explained(reader, one, limit=limit - len(answers))
        answers += found
        total += fitting
    return Who(
        asked=ask if kind != "record" else "record",
        kind=kind,  # type: ignore[arg-type]  # one of the five words
        found=bool(answers),
        total=total,
        truncated=total > len(answers),
        answers=answers,
        note=note,
        newest=newest(reader, {account for answer in answers for account in _accounts(answer)}),
    )


def _accounts(answer: WhoAnswer) -> Iterator[str | None]:
    """The accounts of a chain."""
    yield from (answer.identity.account, answer.origin.account)
    for hop in answer.hops:
        yield from (hop.session.account, hop.caller_account)


def explain(reader: Reader, caller: Caller, *, graph: Graph | None = None, provenance: bool = True) -> list[WhoAnswer]:
    """The answers for one identity: one, or one a caller where several fit, at most `MAX_CANDIDATES`."""
    return explained(reader, caller, graph=graph, provenance=provenance)[0]


def explained(
    reader: Reader, caller: Caller, *, graph: Graph | None = None, provenance: bool = True, limit: int = MAX_CANDIDATES
) -> tuple[list[WhoAnswer], int]:
    """The answers for one identity, at most `limit`, and how many there are: one, or one a caller where several fit.

    `graph` is all that leads to it, if that was read already; without `provenance` the answer leaves out who made its
    key or started its workload.
    """
    node = keys.ref(caller.start)
    # Rows of event history have no session: the key that they state leads on.
    of_history = graph is not None and graph.nodes.get(caller.start, {}).get("kind") == "Unknown"
    if caller.who is None and (of_history or node.label in (schema.SESSION, schema.CREDENTIAL)):
        caller = caller._replace(who=next(iter(reader.identities_of(node)), None))
    found = []
    if node.label == schema.PRINCIPAL and caller.who is not None:
        found = sessions_at(reader, caller)
    each = [_explained_at(reader, caller, one, graph, provenance, limit) for one in (found or (None,))]
    begins_at = {(answer.origin.kind, answer.origin.id, answer.origin.name) for result, _ in each for answer in result}
    if len(begins_at) == 1:
        each = each[:1]  # whichever session it was, the origin is the same
    elif len(each) > 1:
        several = {"ambiguous": True, "reason": "ambiguous"}
        each = [([answer.model_copy(update=several) for answer in result], fitting) for result, fitting in each]
    answers = [answer for result, _ in each for answer in result]
    if len(found) > 1:
        answers = [one.model_copy(update={"ambiguous": True}) for one in answers]
    if caller.copy is not None:
        update = {"ambiguous": True, "reason": "conflicting-copies", "copied_from": _place(caller.copy)}
        answers = [one.model_copy(update=update) for one in answers]
    return answers[:limit], sum(fitting for _, fitting in each)


def _explained_at(
    reader: Reader, caller: Caller, joined: Joined | None, graph: Graph | None, provenance: bool, limit: int
) -> tuple[list[WhoAnswer], int]:
    """The answers where the call belongs to that session, or to what it hangs on, and how many there are."""
    start = joined.start if joined is not None else caller.start
    hints = [Hint(what="session", value=session_key_of(start) or "", rule=joined.rule)] if joined is not None else []
    if graph is None or start != caller.start:
        graph = reader.ascend([start])
    answers = []
    chains, fitting = _own_statement(caller, *climbed(graph, start, limit))
    for chain in chains:
        if joined is not None and chain.hops:
            chain = chain._replace(hops=(*chain.hops[:-1], weaker(chain.hops[-1], joined.rule, joined.confidence)))
        elif chain.hops and _by_tuple(caller, start, chain.hops[-1]):
            chain = chain._replace(hops=(*chain.hops[:-1], weaker(chain.hops[-1], *BY_TUPLE)))
        graph, wholes = through_lost_copy(reader, graph, chain)
        for whole in wholes:
            answers.append(
                _element(reader, graph, caller, start, with_login(graph, caller, whole), joined, hints, provenance)
            )
    return answers, fitting + len(answers) - len(chains)


def _by_tuple(caller: Caller, start: str, hop: Hop) -> bool:
    """Does a call belong to a session by its ID and time alone, though the session's grant is certain?"""
    used = caller.who is not None and caller.time is not None
    by_grant = hop.rule in BY_GRANT_ALONE and hop.access_key_id is None
    return used and by_grant and keys.ref(start).label == schema.SESSION


def _place(copy: EventCopy) -> CopyPlace:
    return CopyPlace(
        path=copy.path, index=copy.place, time=iso(copy.time), api=copy.api, error=copy.error,
        issued_access_key_ids=list(copy.keys),
    )  # fmt: skip


def _own_statement(caller: Caller, chains: list[Climb], fitting: int) -> tuple[list[Climb], int]:
    """Of several origins that the records of one session state, the one that the asked record itself states."""
    stated = origins.stated_by(caller.who) if caller.who is not None and caller.time is not None else None
    mine = [chain for chain in chains if stated is not None and chain.top == str(stated[0].ref)]
    return ([mine[0]._replace(several=False)], 1) if mine and len(chains) > 1 else (chains, fitting)


def _element(
    reader: Reader, graph: Graph, caller: Caller, start: str, found: Climb, joined: Joined | None, hints: list[Hint],
    provenance: bool,
) -> WhoAnswer:  # fmt: skip
    begin = origins.origin_of(reader, graph, caller, found, start)
    origin, reason = origins.named_origin(reader, caller, begin.origin), begin.reason
    hints = [*hints, *begin.hints, *origins.hints_of(reader, graph, caller, start, origin)]
    hints += origins.token_makers(reader, caller)
    hints += [Hint(what="caller's own copy", value=caller.own_copy, rule="sharedEventID")] if caller.own_copy else []
    hints += [Hint(what="tried role", value=caller.tried, rule="1")] if caller.tried else []
    unresolved = origin.kind == "Unresolved"
    classes: list[str] = [hop.confidence for hop in found.hops if not states_its_origin(graph, hop, origin)]
    classes += [begin.confidence] if begin.confidence else []
    stated = origins.stated_by(caller.who) if caller.who is not None else None
    if stated is None:
        classes += [joined.confidence] if joined is not None else []
    elif stated[1] is not None and joined is not None:
        classes.append(stated[1])
    missing = None
    unseen = found.unseen is not None or _states_itself(caller, found)
    if found.several:
        reason = "ambiguous"
    elif found.stopped:
        reason = found.stopped
    elif unseen:
        reason, missing = origins.why(reader, graph, caller, found)
    if unresolved and reason in (None, "grant-not-logged"):
        reason, missing = origins.why(reader, graph, caller, found)
    elif missing is None and reason == "account-not-loaded":
        region = found.hops[0].region if found.hops else caller.region
        missing = Missing(account=origin.account, region=region, day=origins.day_of(found, caller))
    elif reason == "no-session-context" and found.hops and not origins.has_callers_copy(reader, found.hops[0]):
        hop = found.hops[0]
        missing = Missing(account=hop.caller_account, region=hop.region, day=origins.day_of(found, caller))
    confidence = "NONE" if unresolved else schema.weakest(classes)
    if missing is None and not unresolved and not found.several:
        missing = origins.surer(reader, graph, caller, found, origin, confidence)
    behalf, origin = origins.on_behalf_of(reader, graph, caller, found, start, origin)
    listed = provenance and (unseen or caller.itself)
    known = _known_credentials(reader, graph, origin, caller.time) if listed else []
    return WhoAnswer(
        identity=_identity(graph, caller, start),
        origin=origin,
        person=origins.person_of(origin),
        confidence=confidence,  # type: ignore[arg-type]  # a class of the tuple
        ambiguous=found.several or found.ambiguous,
        reason=reason,
        missing=missing,
        hints=_unique([*hints, *origins.hints_of(reader, graph, caller, start, origin)]),
        hops=list(found.hops),
        made_by=_made_by(reader, graph, found, origin, caller.time) if provenance else None,
        started_by=_started_by(reader, graph, found) if provenance else None,
        provider_by=_provider_by(reader, graph, found, origin, caller.time) if provenance else None,
        on_behalf_of=behalf,
        credentials=known,
        node=start if start in graph else None,
        attempt=origins.attempt_of(graph, caller, found),
    )


def states_its_origin(graph: Graph, hop: Hop, origin: Origin) -> bool:
    """Does the session of a hop state where it comes from? Then how its grant was found lowers nothing."""
    session = f"{schema.SESSION} {hop.session.key}"
    node = graph.nodes.get(session, {})
    if states_its_user(node.get("type"), session):
        sure = (edge.get("confidence") for _, _, edge in graph.out_edges(session, data=True)
                if edge["type"] == schema.SESSION_OF)  # fmt: skip
        return not any(sure)
    return node.get("issuer") is not None and f"{schema.PRINCIPAL} {node['issuer']}" == origin.node


def _states_itself(caller: Caller, found: Climb) -> bool:
    """Is it a record that is not loaded, of a session that states where it comes from?"""
    at_session = not found.hops and keys.ref(found.top).label == schema.SESSION
    return at_session and caller.who is not None and origins.stated_by(caller.who) is not None


def _unique(hints: list[Hint]) -> list[Hint]:
    return [Hint(what=w, value=v, rule=r) for w, v, r in sorted({(h.what, h.value, h.rule) for h in hints})]


def _identity(graph: Graph, caller: Caller, start: str) -> CallIdentity:
    """The name on the call, filled up from the session where the call said less."""
    who = caller.who
    label, key = keys.ref(caller.start)
    session, node = session_key_of(start), session_in(graph, start)
    if who is not None and who.type != "Unknown":
        return CallIdentity(
            arn=who.arn,
            account=who.account,
            principal_id=who.principal_id,
            creation_date=iso(who.created) if who.created is not None else None,
            access_key_id=who.access_key_id,
            session_name=who.session_name,
            invoked_by=who.invoked_by,
        )
    owner = principal_of(graph, f"{schema.SESSION} {session}") if session else None
    arn = None
    if node:
        arn = _session_arn(graph, owner, node)
    elif label == schema.PRINCIPAL:
        arn = graph.nodes.get(caller.start, {}).get("arn") or (key if key.startswith("arn:") else None)
    elif label == schema.CREDENTIAL and (found := owner_of(graph, caller.start)):
        arn = graph.nodes[found].get("arn")
        node = {"account": graph.nodes[found].get("account")}
    else:
        node = graph.nodes.get(caller.start, {})
    access_key = key.split(" ", 1)[0] if label == schema.CREDENTIAL else (who.access_key_id if who else None)
    return CallIdentity(
        arn=arn,
        account=node.get("account") or (graph.nodes.get(caller.start, {}).get("account")),
        principal_id=node.get("principal_id"),
        creation_date=node.get("created"),
        access_key_id=access_key,
        session_name=node.get("name") if session else None,
    )


def _session_arn(graph: Graph, owner: str | None, node: Attributes) -> str | None:
    if owner is None:
        return None
    principal = graph.nodes[owner]
    arn: str | None = principal.get("arn")
    if arn and principal.get("kind") == "Role":
        name = f"{principal.get('name')}/{node.get('name')}"
        return f"arn:{keys.partition_of(arn)}:sts::{node.get('account')}:assumed-role/{name}"
    return arn


def _made_by(reader: Reader, graph: Graph, found: Climb, origin: Origin, time: int | None) -> Provenance | None:
    """Who made the origin's key, else its password, else the user, if that was another identity."""
    if origin.kind != "IAMUser" or origin.id is None:
        return None
    moments = [found.hops[0].time] if found.hops else []
    moments += [iso(time)] if time is not None else []
    before = min(moments, default=None)
    principal = origin.node or f"{schema.PRINCIPAL} {origin.id}"
    changes = (schema.CREATED, schema.CHANGED)
    into = graph.in_edges(principal, data=True) if principal in graph else ()
    changed = [(source, edge) for source, _, edge in into if edge["type"] in changes]
    what = "access key"
    made: list[tuple[str, Attributes]] = []
    if keys.ref(found.top).label == schema.CREDENTIAL:
        ways = graph.in_edges(found.top, data=True)
        made = [(source, edge) for source, _, edge in ways if edge["type"] == schema.ISSUED and edge.get("event_ids")]
    if not made and found.hops and found.hops[0].how == "console":
        what = "login profile"
        made = [(source, edge) for source, edge in changed if _sets_password(edge)]
    users = [(source, edge) for source, edge in changed if edge["type"] == schema.CREATED and edge["what"] == "user"]
    found_maker = _latest_other(reader, what, made, origin.id, before)
    return found_maker or _latest_other(reader, "user", users, origin.id, before)


def _latest_other(
    reader: Reader, what: str, edges: list[tuple[str, Attributes]], owner: str, before: str | None
) -> Provenance | None:
    """The latest of the edges, with its maker's own answer; None if the maker is the owner."""
    usable = [one for one in edges if before is None or one[1]["time"] <= before]
    if not usable:
        return None
    made = _provenance(reader, what, usable)
    itself = made.answer.origin.kind == "IAMUser" and made.answer.origin.id == owner
    return None if itself else made


def _provenance(reader: Reader, what: str, edges: list[tuple[str, Attributes]]) -> Provenance:
    """The latest of some callers and relationships, with the caller's own answer."""
    source, edge = max(edges, key=lambda one: (one[1]["time"], one[1]["event_ids"]))
    answer = _answer_of(reader, source, edge["time"])
    return Provenance(what=what, api=edge["api"], time=edge["time"], event_ids=edge["event_ids"], answer=answer)


def _sets_password(edge: Attributes) -> bool:
    login = edge["type"] == schema.CREATED and edge["what"] == "login profile"
    return bool(login or (edge["type"] == schema.CHANGED and edge["what"] == "password"))


def _known_credentials(reader: Reader, graph: Graph, origin: Origin, time: int | None) -> list[KnownCredential]:
    """What a user could have used: known keys, the password, delegations, each with its maker."""
    if origin.kind not in ("IAMUser", "RootUser") or origin.node is None or origin.node not in graph:
        return []
    until = iso(time) if time is not None else None
    found: dict[tuple[str, str | None], KnownCredential] = {}
    for source, _, edge in sorted(graph.in_edges(origin.node, data=True), key=lambda one: one[2].get("time") or ""):
        what = _credential_of(edge)
        if what is None or (until is not None and edge["time"] > until):
            continue
        key = edge.get("detail") if what == "access key" else None
        maker = _answer_of(reader, str(source), edge["time"])
        own = maker.origin.node == origin.node
        found[what, key] = KnownCredential(
            what=what, key=key, api=edge["api"], time=edge["time"], event_ids=edge["event_ids"],  # type: ignore[arg-type]  # one of the words
            made_by=None if own else maker.origin.name or maker.origin.id or maker.origin.kind,
        )  # fmt: skip
    for key in reader.keys_of(keys.ref(origin.node).key):
        found.setdefault(("access key", key), KnownCredential(what="access key", key=key))
    return sorted(found.values(), key=lambda one: (one.time or "", one.what, one.key or ""))


def _credential_of(edge: Attributes) -> str | None:
    """The kind of credential that a relationship to a user made, None where it made none."""
    if edge["type"] == schema.CREATED and edge["what"] == "access key":
        return "access key"
    if edge["type"] == schema.CHANGED and edge["what"] == "delegation":
        return "delegation"
    return "password" if _sets_password(edge) else None


def _started_by(reader: Reader, graph: Graph, found: Climb) -> Provenance | None:
    """Who started or last changed the workload that the origin is."""
    session = session_in(graph, found.first_session or found.top)
    workload = session.get("workload")
    resource = f"{schema.RESOURCE} {workload}"
    if not workload or resource not in graph:
        return None
    starts = [
        (source, edge)
        for source, _, edge in graph.in_edges(resource, data=True)
        if edge["type"] == schema.STARTED and not edge["entered"] and edge["time"] <= session["created"]
    ]
    return _provenance(reader, "workload", starts) if starts else None


def _provider_by(reader: Reader, graph: Graph, found: Climb, origin: Origin, time: int | None) -> Provenance | None:
    """Who created or last changed the provider of the origin; None where AWS did."""
    nodes = providers.providers_of(graph, origin.node, found.first_session) if origin.kind in PROVIDED else ()
    before = found.hops[0].time if found.hops else iso(time) if time is not None else None
    change = providers.decisive(providers.changes_of(reader, nodes), before) if nodes else None
    if change is None:
        return None
    by = _provenance(reader, "provider", [(change.source, change.properties | {"event_ids": change.event_ids})])
    return by if by.answer.origin.kind != "AWSService" else None


def _answer_of(reader: Reader, source: str, time: str) -> WhoAnswer:
    """The answer for a maker: strictly back in time, so the recursion ends."""
    who, second = next(iter(reader.identities_of(keys.ref(source))), None), parse_when(time)
    return explain(reader, Caller(source, who, second - 1 if second is not None else None))[0]
