"""`who`: back to the origin from an event, a record, a key, a session or an ARN."""

from __future__ import annotations

from typing import Any

from lineage import keys, schema
from lineage.answers import CallIdentity, CopyPlace, Hint, Missing, Origin, Provenance, Who, WhoAnswer
from lineage.facts import Identity
from lineage.keys import Ref
from lineage.questions.common.asks import Asked, Reader, by_arn, by_event, by_key, by_session, kind_of, locate
from lineage.questions.common.climb import Climb, climb, owner_of, principal_of, session_key_of
from lineage.questions.common.joins import session_at, through_lost_copy, weaker, with_login
from lineage.questions.common.origins import day_of, hints_of, origin_of, person_of, why
from lineage.seen import CopySeen, Graph
from lineage.times import iso, parse_when


def answer(reader: Reader, ask: str, *, at: int | None = None, limit: int = 100) -> Who:
    """Answer for an event ID, an access key, a session key or an ARN (records: `answer_record`)."""
    kind = kind_of(ask)
    asked = list({"event": by_event, "key": by_key, "session": by_session, "arn": by_arn}[kind](reader, ask, at))
    return _who(reader, ask, kind, asked, limit)


def answer_record(
    reader: Reader, ask: str, event_id: str | None, who: Identity, time: int, api: str, category: str
) -> Who:
    """Answer for a raw record, loaded or not: its identity as it stands there, by the lineage in the store."""
    return _who(reader, ask, "record", [locate(reader, who, time, api, category)], 1)


def _who(reader: Reader, ask: str, kind: str, asked: list[Asked], limit: int) -> Who:
    answers = [element for one in asked[:limit] for element in explain(reader, one)]
    total = len(answers) + max(0, len(asked) - limit)
    return Who(
        asked=ask if kind != "record" else "record",
        kind=kind,  # type: ignore[arg-type]  # one of the five words
        found=bool(answers),
        total=total,
        truncated=total > len(answers),
        answers=answers,
    )


def explain(reader: Reader, asked: Asked, *, graph: Graph | None = None, provenance: bool = True) -> list[WhoAnswer]:
    """The answers for one identity: one, or one a caller where several fit.

    `graph` is all that leads to it, if that was read already; without `provenance` nobody is told who made its key
    or started its workload.
    """
    if asked.who is None and keys.ref(asked.start).label in (schema.SESSION, schema.CREDENTIAL):
        asked = asked._replace(who=next(iter(reader.identities_of(keys.ref(asked.start))), None))
    start, joined, hints = asked.start, None, []
    if keys.ref(start).label == schema.PRINCIPAL and asked.who is not None:
        found = session_at(reader, asked)
        if found is not None:
            start, *joined = found
            hints.append(Hint(what="session", value=session_key_of(start) or "", rule=joined[0]))
    if graph is None or start != asked.start:
        # What follows adds to it, and the reader may keep its own.
        graph = reader.neighbourhood(keys.ref(start)).copy()
    answers = []
    for chain in climb(graph, start):
        if joined and chain.hops:
            chain = chain._replace(hops=(*chain.hops[:-1], weaker(chain.hops[-1], *joined)))
        for whole in through_lost_copy(reader, graph, chain):
            answers.append(
                _element(reader, graph, asked, start, with_login(graph, asked, whole), joined, hints, provenance)
            )
    if asked.copy is None:
        return answers
    update = {"ambiguous": True, "reason": "conflicting-copies", "copied_from": _place(asked.copy)}
    return [one.model_copy(update=update) for one in answers]


def _place(copy: CopySeen) -> CopyPlace:
    return CopyPlace(
        path=copy.path, index=copy.place, time=iso(copy.time), api=copy.api, error=copy.error,
        issued_access_key_ids=list(copy.keys),
    )  # fmt: skip


def _element(
    reader: Reader,
    graph: Graph,
    asked: Asked,
    start: str,
    found: Climb,
    joined: list[str] | None,
    hints: list[Hint],
    provenance: bool,
) -> WhoAnswer:
    origin, reason, own, more = origin_of(reader, graph, asked, found, start)
    hints = [*hints, *more, *hints_of(graph, asked, start, origin)]
    unresolved = origin.kind == "Unresolved"
    classes = [hop.confidence for hop in found.hops] + ([own] if own else []) + (joined[1:] if joined else [])
    missing = None
    if found.several:
        reason = "ambiguous"
    elif found.stopped:
        reason = found.stopped
    if unresolved and (reason is None or reason == "grant-not-logged"):
        reason, missing = why(reader, graph, asked, found)
    elif reason == "account-not-loaded":
        missing = Missing(account=origin.account, region=None, day=day_of(found, asked))
    return WhoAnswer(
        identity=_identity(graph, asked, start),
        origin=origin,
        person=person_of(origin),
        confidence="NONE" if unresolved else schema.weakest(classes),  # type: ignore[arg-type]  # a class of the tuple
        ambiguous=found.several or found.ambiguous,
        reason=reason,
        missing=missing,
        hints=_unique(hints),
        hops=list(found.hops),
        made_by=_made_by(reader, graph, found, origin, asked.time) if provenance else None,
        started_by=_started_by(reader, graph, found) if provenance else None,
        node=start if start in graph else None,
    )


def _unique(hints: list[Hint]) -> list[Hint]:
    return [Hint(what=w, value=v, rule=r) for w, v, r in sorted({(h.what, h.value, h.rule) for h in hints})]


def _identity(graph: Graph, asked: Asked, start: str) -> CallIdentity:
    """The name on the call, filled up from the session where the call said less."""
    who = asked.who
    label, key = keys.ref(asked.start)
    session = session_key_of(start)
    node: dict[str, Any] = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    if who is not None and who.type != "Unknown":
        return CallIdentity(
            arn=who.arn,
            account=who.account,
            principal_id=who.principal_id,
            creation_date=iso(who.created) if who.created is not None else None,
            access_key_id=who.access_key_id,
            session_name=who.session_name,
        )
    owner = principal_of(graph, f"{schema.SESSION} {session}") if session else None
    arn = None
    if node:
        arn = _session_arn(graph, owner, node)
    elif label == schema.PRINCIPAL:
        arn = graph.nodes.get(asked.start, {}).get("arn") or (key if key.startswith("arn:") else None)
    elif label == schema.CREDENTIAL and (found := owner_of(graph, asked.start)):
        arn = graph.nodes[found].get("arn")
        node = {"account": graph.nodes[found].get("account")}
    else:
        node = graph.nodes.get(asked.start, {})
    access_key = key.split(" ", 1)[0] if label == schema.CREDENTIAL else (who.access_key_id if who else None)
    return CallIdentity(
        arn=arn,
        account=node.get("account") or (graph.nodes.get(asked.start, {}).get("account")),
        principal_id=node.get("principal_id"),
        creation_date=node.get("created"),
        access_key_id=access_key,
        session_name=node.get("name") if session else None,
    )


def _session_arn(graph: Graph, owner: str | None, node: dict[str, Any]) -> str | None:
    if owner is None:
        return None
    kind, arn = graph.nodes[owner].get("kind"), graph.nodes[owner].get("arn")
    if kind == "Role" and arn:
        partition = keys.partition_of(arn)
        role = graph.nodes[owner].get("name")
        return f"arn:{partition}:sts::{node.get('account')}:assumed-role/{role}/{node.get('name')}"
    return arn


def _made_by(reader: Reader, graph: Graph, found: Climb, origin: Origin, time: int | None) -> Provenance | None:
    """Who made the origin's key, else its password, else the user, if that was somebody else."""
    if origin.kind != "IAMUser" or origin.id is None:
        return None
    moments = [found.hops[0].time] if found.hops else []
    moments += [iso(time)] if time is not None else []
    before = min(moments, default=None)
    principal = f"{schema.PRINCIPAL} {origin.id}"
    found_edges: list[tuple[str, str, str, dict[str, Any]]] = []
    label, _ = keys.ref(found.top)
    if label == schema.CREDENTIAL:
        for source, _, edge in graph.in_edges(found.top, data=True):
            if edge["type"] == schema.ISSUED and edge.get("event_ids"):
                found_edges.append(("access key", source, edge["time"], edge))
    if ":user/" in principal and "/" in principal.split(":user/", 1)[1]:
        # Requests name a user without its path, so makers may hang on the name alone.
        bare = Ref(schema.PRINCIPAL, keys.bare_user(origin.id))
        further = reader.neighbourhood(bare)
        graph.add_edges_from((source, principal, edge) for source, _, edge in further.in_edges(str(bare), data=True))
    if not found_edges and found.hops and found.hops[0].how == "console" and principal in graph:
        for source, _, edge in graph.in_edges(principal, data=True):
            login = edge["type"] == schema.CREATED and edge["what"] == "login profile"
            password = edge["type"] == schema.CHANGED and edge["what"] == "password"
            if (login or password) and (before is None or edge["time"] <= before):
                found_edges.append(("login profile", source, edge["time"], edge))
    made = _latest_other(reader, graph, found_edges, origin.id, before)
    if made is None and principal in graph:
        users = [
            ("user", source, edge["time"], edge)
            for source, _, edge in graph.in_edges(principal, data=True)
            if edge["type"] == schema.CREATED and edge["what"] == "user"
        ]
        made = _latest_other(reader, graph, users, origin.id, before)
    return made


def _latest_other(
    reader: Reader,
    graph: Graph,
    edges: list[tuple[str, str, str, dict[str, Any]]],
    owner: str,
    before: str | None,
) -> Provenance | None:
    """The latest of the edges, told with its maker's own answer; None if the maker is the owner."""
    usable = [edge for edge in edges if before is None or edge[2] <= before]
    if not usable:
        return None
    what, source, time, edge = max(usable, key=lambda one: (one[2], one[3]["event_ids"]))
    answer = _answer_of(reader, graph, source, time)
    if answer.origin.kind == "IAMUser" and answer.origin.id == owner:
        return None
    return Provenance(what=what, api=edge["api"], time=time, event_ids=edge["event_ids"], answer=answer)


def _started_by(reader: Reader, graph: Graph, found: Climb) -> Provenance | None:
    """Who started or last changed the workload that the origin is."""
    top = session_key_of(found.top)
    session = found.first_session or (f"{schema.SESSION} {top}" if top else None)
    workload = graph.nodes.get(session, {}).get("workload") if session else None
    resource = f"{schema.RESOURCE} {workload}"
    if session is None or not workload or resource not in graph:
        return None
    began = graph.nodes[session]["created"]
    starts = [
        (source, edge)
        for source, _, edge in graph.in_edges(resource, data=True)
        if edge["type"] == schema.STARTED and not edge["entered"] and edge["time"] <= began
    ]
    if not starts:
        return None
    source, edge = max(starts, key=lambda one: (one[1]["time"], one[1]["event_ids"]))
    answer = _answer_of(reader, graph, source, edge["time"])
    return Provenance(what="workload", api=edge["api"], time=edge["time"], event_ids=edge["event_ids"], answer=answer)


def _answer_of(reader: Reader, graph: Graph, source: str, time: str) -> WhoAnswer:
    """The answer for a maker: strictly back in time, so the recursion ends."""
    identities = reader.identities_of(keys.ref(source))
    second = parse_when(time)
    asked = Asked(source, identities[0] if identities else None, second - 1 if second is not None else None)
    return explain(reader, asked)[0]
