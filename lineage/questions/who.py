"""`who`: back to the origin from an event, a record, a key, a session or an ARN."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import msgspec

from lineage import arn as arns
from lineage import how, keys, schema
from lineage.answers import (
    CallIdentity,
    Hint,
    Hop,
    Missing,
    Origin,
    Person,
    Provenance,
    Who,
    WhoAnswer,
)
from lineage.facts import AnyFact, Grant, Identity
from lineage.keys import Ref
from lineage.questions.climb import Climb, climb, owner_of, principal_of, session_key_of
from lineage.resolve import FORWARD_MINT_SECONDS, is_forwarded, is_long_term
from lineage.seen import Graph, Around, Seen, SessionSeen
from lineage.times import iso, parse_when

DEFAULT_LIFE_SECONDS = 12 * 3600
TOKEN_LIFE_SECONDS = 36 * 3600
"""Longest life of a GetSessionToken or GetFederationToken session (guide §6.4)."""
SIGN_IN_SECONDS = 2
PARENT_SECONDS = (5, 20)
"""How far from a forward access call its direct call is sought (guide §12.3, rule 7)."""
GRACE_SECONDS = 15 * 60

_KEY = re.compile(r"(?:AKIA|ASIA|ABIA|ACCA|A3T)[A-Z0-9]{8,124}\Z")
_SESSION = re.compile(r"[^/]*/.+/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


class Reader(Protocol):
    """What the question needs of a store."""

    def events(self, event_id: str) -> list[Seen]: ...
    def facts_of(self, event_id: str) -> list[AnyFact]: ...
    def of_key(self, access_key_id: str) -> list[Ref]: ...
    def has(self, ref: Ref) -> bool: ...
    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]: ...
    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]: ...
    def principals_of(self, identifier: str) -> list[str]: ...
    def identities_of(self, ref: Ref) -> list[Identity]: ...
    def neighbourhood(self, ref: Ref) -> Graph: ...
    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]: ...
    def around(self, account: str | None, time: int) -> Around: ...


class Asked(NamedTuple):
    """An identity to explain: where it hangs, and what is known of the call."""

    start: str
    who: Identity | None
    time: int | None
    api: str | None = None
    category: str | None = None
    user_agent: str | None = None


def kind_of(ask: str) -> str:
    """What an ask is: `record`, `arn`, `key`, `session` or `event`.

    >>> [kind_of(ask) for ask in ("AKIAIOSFODNN7ABCDEFG", "arn:aws:iam::1:user/a", "{}")]
    ['key', 'arn', 'record']
    """
    if ask.startswith("{"):
        return "record"
    if ask.startswith("arn:"):
        return "arn"
    if _KEY.match(ask):
        return "key"
    return "session" if _SESSION.match(ask) else "event"


def answer(reader: Reader, ask: str, *, at: int | None = None, limit: int = 100) -> Who:
    """Answer for an event ID, an access key, a session key or an ARN (records: `answer_record`)."""
    kind = kind_of(ask)
    asked = list({"event": _by_event, "key": _by_key, "session": _by_session, "arn": by_arn}[kind](reader, ask, at))
    return _who(reader, ask, kind, asked, limit)


def answer_record(reader: Reader, ask: str, event_id: str | None, who: Identity, time: int, api: str, category: str) -> Who:
    """Answer for a raw record, loaded or not: its identity as it stands there, by the lineage in the store."""
    return _who(reader, ask, "record", [_locate(reader, who, time, api, category)], 1)


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


def _by_event(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    for seen in reader.events(ask):
        start = str(seen.source)
        if seen.copy:
            start = _caller_of_copy(reader, ask) or start
        yield Asked(start, seen.who, seen.time, seen.api, seen.category, seen.user_agent)


def _caller_of_copy(reader: Reader, event_id: str) -> str | None:
    """The caller of a grant of which this is the other account's copy: it stands with the caller's own copy."""
    for fact in reader.facts_of(event_id):
        if not isinstance(fact, Grant):
            continue
        sessions = [session_key_of(str(ref)) for ref in reader.of_key(fact.key)] if fact.key else []
        if fact.principal_id and not sessions:
            near = (seen for seen in reader.sessions_by_id(fact.principal_id) if abs(seen.created - fact.event.time) <= SIGN_IN_SECONDS)
            sessions = [seen.key for seen in near]
        for session in filter(None, sessions):
            graph = reader.neighbourhood(Ref(schema.SESSION, session))
            for source, _, way in graph.in_edges(f"{schema.SESSION} {session}", data=True):
                if way["type"] == schema.ASSUMED and event_id in way["event_ids"]:
                    return str(source)
    return None


def _locate(reader: Reader, who: Identity, time: int, api: str, category: str) -> Asked:
    """Where the identity of a record would hang if it were loaded."""
    session = keys.session_of(who)
    key = who.access_key_id
    if key and is_long_term(key):
        ref = Ref(schema.CREDENTIAL, key)
        return Asked(str(ref if reader.has(ref) else keys.principal(who).ref), who, time, api, category)
    if session is not None:
        credential = Ref(schema.CREDENTIAL, f"{key} {session}")
        if key and reader.has(credential):
            return Asked(str(credential), who, time, api, category)
        if reader.has(Ref(schema.SESSION, session)) or not is_forwarded(who):
            return Asked(f"{schema.SESSION} {session}", who, time, api, category)
    return Asked(str(keys.principal(who).ref), who, time, api, category)


def _by_key(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    found = []
    for ref in reader.of_key(ask):
        session = session_key_of(str(ref))
        if at is not None and session is not None and not _live(_seen_session(reader, session), session, at):
            continue
        identities = [who for who in reader.identities_of(ref) if who.access_key_id == ask]
        found.append((session or "", str(ref), identities[0] if identities else None))
    for _, ref_text, who in sorted(found, key=lambda one: (one[0].rsplit("/", 1)[-1], one[1]), reverse=True):
        yield Asked(ref_text, who or Identity(type="Unknown", access_key_id=ask), None)


def _by_session(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    ref = Ref(schema.SESSION, ask)
    if reader.has(ref):
        yield Asked(str(ref), None, None)


def by_arn(reader: Reader, ask: str, at: int | None) -> Iterator[Asked]:
    """The identities behind an ARN: one of a user or root, the sessions of a role or assumed role, newest first."""
    parts = arns.role_of(ask)
    if parts is not None:
        partition, account, name, _, session_name = parts
        sessions = reader.sessions_of(keys.role(partition, account, name).key, session_name, at is not None)
    elif ":federated-user/" in ask:
        sessions = reader.sessions_of(ask, None, at is not None)
    else:
        for principal in reader.principals_of(ask):
            yield Asked(f"{schema.PRINCIPAL} {principal}", None, None)
        return
    for session in sessions:
        if at is None or _live(session, session.key, at):
            yield Asked(f"{schema.SESSION} {session.key}", None, None)


def _seen_session(reader: Reader, key: str) -> SessionSeen | None:
    principal_id = key.split("/", 1)[1].rsplit("/", 1)[0].removesuffix(":assumed-root")
    return next((seen for seen in reader.sessions_by_id(principal_id) if seen.key == key), None)


def _live(seen: SessionSeen | None, key: str, at: int) -> bool:
    """Is the session live at a time: begun, and neither past its last use nor past its end?"""
    created = seen.created if seen else parse_when(key.rsplit("/", 1)[-1])
    if created is None or at < created:
        return False
    principal_id = key.split("/", 1)[1].rsplit("/", 1)[0]
    token = principal_id.startswith("AIDA") or re.match(r"\d{12}(?::(?!assumed-root)|\Z)", principal_id) is not None
    expires = parse_when(seen.expires) if seen and seen.expires else None
    end = expires if expires is not None else created + (TOKEN_LIFE_SECONDS if token else DEFAULT_LIFE_SECONDS)
    return at <= max(end, seen.last if seen and seen.last is not None else created)


# one identity


def explain(reader: Reader, asked: Asked) -> list[WhoAnswer]:
    """The answers for one identity: one, or one a caller where several fit."""
    if asked.who is None and keys.ref(asked.start).label in (schema.SESSION, schema.CREDENTIAL):
        asked = asked._replace(who=next(iter(reader.identities_of(keys.ref(asked.start))), None))
    start, joined, hints = asked.start, None, []
    if keys.ref(start).label == schema.PRINCIPAL and asked.who is not None:
        found = _session_at(reader, asked)
        if found is not None:
            start, *joined = found
            hints.append(Hint(what="session", value=session_key_of(start) or "", rule=joined[0]))
    graph = reader.neighbourhood(keys.ref(start))
    answers = []
    for chain in climb(graph, start):
        if joined and chain.hops:
            chain = chain._replace(hops=(*chain.hops[:-1], _weaker(chain.hops[-1], *joined)))
        for whole in _through_lost_copy(reader, graph, chain):
            answers.append(_element(reader, graph, asked, start, _with_login(graph, asked, whole), joined, hints))
    return answers


def _weaker(hop: Hop, rule: str, confidence: str) -> Hop:
    """The hop as sure as the rule by which its session was found."""
    weakest = schema.weakest([hop.confidence, confidence])
    return hop if weakest == hop.confidence else hop.model_copy(update={"rule": rule, "confidence": weakest})


def _through_lost_copy(reader: Reader, graph: Graph, chain: Climb) -> list[Climb]:
    """Go on through a role session of another account whose own copy of the call is not there, if sessions of
    that principal were live then (rule 10b): the one, or the newest."""
    if not chain.hops or graph.nodes.get(chain.top, {}).get("kind") != "ExternalAccount":
        return [chain]
    for _, _, way in graph.out_edges(chain.top, data=True):
        if way["type"] != schema.ASSUMED or not set(way["event_ids"]) & set(chain.hops[0].event_ids):
            continue
        caller_id = msgspec.json.decode(way["grants"][0])["caller_id"] or ""
        time = parse_when(chain.hops[0].time) or 0
        live = [seen for seen in reader.sessions_by_id(caller_id) if _live(seen, seen.key, time)] if ":" in caller_id else []
        if live:
            first = _weaker(chain.hops[0], "10b", "LIKELY" if len(live) == 1 else "HEURISTIC")
            further = reader.neighbourhood(Ref(schema.SESSION, live[0].key))
            graph.add_nodes_from(further.nodes(data=True))
            graph.add_edges_from((source, target, way) for source, target, way in further.edges(data=True))
            return [
                above._replace(hops=(*above.hops, first, *chain.hops[1:]), ambiguous=above.ambiguous or chain.ambiguous)
                for above in climb(further, f"{schema.SESSION} {live[0].key}")
            ]
    return [chain]


def _with_login(graph: Graph, asked: Asked, chain: Climb) -> Climb:
    """Mark a call of a command line that was signed in by `aws login` or through an agent (rule 5c)."""
    if not chain.hops or asked.time is None or how.is_browser(asked.user_agent) or asked.user_agent is None:
        return chain
    session = chain.hops[-1].session
    key = f"{schema.SESSION} {session.account or ''}/{session.principal_id}/{session.creation_date}"
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


def _session_at(reader: Reader, asked: Asked) -> tuple[str, str, str] | None:
    """The session of a call that states none: that of its own second for a sign-in event, else the one that
    was live (rules 5, 9 and 10b of guide §12.3)."""
    who, time = asked.who, asked.time
    if who is not None and time is not None and not who.principal_id and who.access_key_id:
        return _key_at(reader, who.access_key_id, time)
    if who is None or time is None or who.created is not None:
        return None
    if not who.principal_id:
        return _newest_of_name(reader, who, time)
    if who.type == "AWSAccount":
        if not who.principal_id.startswith("AROA"):
            return None
    elif who.type not in ("AssumedRole", "Role", "FederatedUser"):
        if who.type not in ("IAMUser", "Root") or not who.access_key_id or is_long_term(who.access_key_id):
            return None
    sessions = [seen for seen in reader.sessions_by_id(who.principal_id) if seen.created <= time + SIGN_IN_SECONDS]
    if asked.category == "signin":
        same = [seen for seen in sessions if abs(seen.created - time) <= SIGN_IN_SECONDS]
        if len(same) == 1:
            return f"{schema.SESSION} {same[0].key}", "5", "STRONG"
    live = [seen for seen in sessions if _live(seen, seen.key, time)]
    if not live:
        return None
    return f"{schema.SESSION} {live[0].key}", "9", "LIKELY" if len(live) == 1 else "HEURISTIC"


def _newest_of_name(reader: Reader, who: Identity, time: int) -> tuple[str, str, str] | None:
    """The newest live session of the same role and session name, where no ID says more (rule 10)."""
    if not who.role_name or not who.session_name:
        return None
    role = keys.principal(who)
    live = [seen for seen in reader.sessions_of(role.key, who.session_name) if _live(seen, seen.key, time)]
    return (f"{schema.SESSION} {live[0].key}", "10", "HEURISTIC") if live else None


def _key_at(reader: Reader, key: str, time: int) -> tuple[str, str, str] | None:
    """The issue of a key that a call used without naming a principal (rule 2b): the one that was valid, else the
    newest of several."""
    valid = []
    for ref in reader.of_key(key):
        session = session_key_of(str(ref))
        if ref.label != schema.CREDENTIAL or session is None:
            continue
        expires = parse_when(reader.neighbourhood(ref).nodes[str(ref)].get("expires"))
        created = parse_when(session.rsplit("/", 1)[-1]) or 0
        if created <= time + SIGN_IN_SECONDS and (expires is None or time <= expires + GRACE_SECONDS):
            valid.append((created, str(ref)))
    if not valid:
        return None
    return max(valid)[1], "2b", "STRONG" if len(valid) == 1 else "LIKELY"


def _element(
    reader: Reader, graph: Graph, asked: Asked, start: str, found: Climb, joined: list[str] | None, hints: list[Hint]
) -> WhoAnswer:
    origin, reason, own, more = _origin(reader, graph, asked, found, start)
    hints = [*hints, *more, *_hints(graph, asked, start, origin)]
    unresolved = origin.kind == "Unresolved"
    classes = [hop.confidence for hop in found.hops] + ([own] if own else []) + (joined[1:] if joined else [])
    missing = None
    if found.several:
        reason = "ambiguous"
    elif found.stopped:
        reason = found.stopped
    if unresolved and (reason is None or reason == "grant-not-logged"):
        reason, missing = _why(reader, graph, asked, found)
    elif reason == "account-not-loaded":
        missing = Missing(account=origin.account, region=None, day=_day(found, asked))
    return WhoAnswer(
        identity=_identity(graph, asked, start),
        origin=origin,
        person=_person(origin),
        confidence="NONE" if unresolved else schema.weakest(classes),  # type: ignore[arg-type]  # a class of the tuple
        ambiguous=found.several or found.ambiguous,
        reason=reason,
        missing=missing,
        hints=_unique(hints),
        hops=list(found.hops),
        made_by=_made_by(reader, graph, found, origin, asked.time),
        started_by=_started_by(reader, graph, found),
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
        return f"arn:{partition}:sts::{node.get('account')}:assumed-role/{graph.nodes[owner].get('name')}/{node.get('name')}"
    return arn


def _origin(
    reader: Reader, graph: Graph, asked: Asked, found: Climb, start: str
) -> tuple[Origin, str | None, str | None, list[Hint]]:
    """The origin, a reason, the confidence of the origin itself where it is not certain, and hints."""
    label, key = keys.ref(found.top)
    access_key = None
    principal: str | None = found.top
    if label == schema.CREDENTIAL:
        access_key = key.split(" ", 1)[0]
        principal = owner_of(graph, found.top)
    if label == schema.CREDENTIAL and principal is None:
        return _unresolved(), "no-identity", None, []
    if label == schema.SESSION or principal is None:
        return _unresolved_or_service(graph, asked, found)
    node = graph.nodes.get(principal, {})
    kind = node.get("kind")
    if kind is None and asked.who is not None and str(keys.principal(asked.who).ref) == principal:
        stated = keys.principal(asked.who)
        node = {"kind": stated.kind, "name": stated.name, "account": stated.account, "arn": stated.arn, "provider": stated.provider}
        kind = stated.kind
    identifier = keys.ref(principal).key
    own, reason, hints = None, None, []
    if kind in ("IAMUser", "RootUser", "AWSService", "Anonymous"):
        resource = None
        if kind == "IAMUser" and access_key is None and not found.hops and asked.who is not None and is_forwarded(asked.who):
            access_key, own, more = _forward_parent(reader, asked, identifier)
            hints += more
        if kind == "AWSService":
            resource = _resource(graph, found)
        name = node.get("name")
        return Origin(kind=kind, id=identifier, account=node.get("account"), name=name, access_key_id=access_key, resource=resource), None, own, hints
    if kind in ("SAMLIdentity", "WebIdentity"):
        return Origin(kind=kind, id=node.get("name"), account=_first_account(found), name=node.get("name"), provider=node.get("provider")), None, None, hints
    if kind == "IdentityCenterUser":
        user_id = None if identifier.startswith("name/") else identifier.rsplit("/", 1)[-1]
        provider = None
        return Origin(kind=kind, id=user_id, account=None, name=node.get("name"), provider=provider or node.get("provider")), None, None, hints
    if kind == "ExternalAccount":
        role = identifier.split(":", 1)[-1].startswith("AROA")
        reason = "account-not-loaded" if role else None
        return Origin(kind=kind, id=identifier, account=node.get("account"), name=node.get("name")), reason, None, hints
    if kind == "FederatedUser":
        return _unresolved(), "no-session-context", None, hints
    if kind == "Unknown" or kind is None:
        masked = asked.who is not None and asked.who.masked
        return _unresolved(), "masked-data" if masked else "no-identity", None, hints
    masked = asked.who is not None and asked.who.masked
    return _unresolved(), "masked-data" if masked else "no-session-context", None, hints


def _unresolved() -> Origin:
    return Origin(kind="Unresolved", id=None)


def _unresolved_or_service(
    graph: Graph, asked: Asked, found: Climb
) -> tuple[Origin, str | None, str | None, list[Hint]]:
    """The origin of a session without a grant: the service, where the session itself tells (rule 8)."""
    session = session_key_of(found.top)
    node = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    who = asked.who if not found.hops else None
    role_arn = node.get("role_arn") or (who.role_arn if who else None) or ""
    account = node.get("account") or (who.account if who else None)
    if "/aws-service-role/" in role_arn:
        service = role_arn.split("/aws-service-role/", 1)[1].split("/", 1)[0]
        hint = Hint(what="service-linked role", value=role_arn, rule="8")
        return Origin(kind="AWSService", id=service, account=account, name=service), None, "STRONG", [hint]
    if who is not None and who.in_scope_of:
        service = _service_of(who.in_scope_type)
        hint = Hint(what="inScopeOf", value=who.in_scope_of, rule="8")
        return Origin(kind="AWSService", id=service, account=account, name=service, resource=who.in_scope_of), None, "STRONG", [hint]
    principal_id = node.get("principal_id") or (who.principal_id if who else None) or ""
    special = re.match(r"\d+:aws:ec2-(?:infrastructure|instance):(.+)", principal_id)
    name = node.get("name") or (who.session_name if who else None) or ""
    if special:
        hint = Hint(what="principalId", value=principal_id, rule="8")
        return Origin(kind="AWSService", id="ec2.amazonaws.com", account=account, name="ec2.amazonaws.com", resource=special[1]), None, "STRONG", [hint]
    if re.match(r"m?i-[0-9a-f]{8,17}\Z", name) and (node.get("workload") or (who is not None and who.ec2_role_delivery)):
        service = "ssm.amazonaws.com" if name.startswith("mi-") else "ec2.amazonaws.com"
        hint = Hint(what="session name", value=name, rule="8")
        return Origin(kind="AWSService", id=service, account=account, name=service, resource=name), None, "LIKELY", [hint]
    return _unresolved(), "grant-not-logged", None, []


def _service_of(issuer_type: str | None) -> str:
    parts = (issuer_type or "").split("::")
    return f"{parts[1].lower()}.amazonaws.com" if len(parts) > 1 else "unknown"


def _resource(graph: Graph, found: Climb) -> str | None:
    """The workload that a service assumed a role for."""
    if not found.hops or found.first_session is None:
        return None
    tags = {}
    for _, _, way in graph.in_edges(found.first_session, data=True):
        if way["type"] == schema.ASSUMED:
            tags = dict(tag.split("=", 1) for tag in way["tags"])
    if "kubernetes-pod-name" in tags or "kubernetes-service-account" in tags:
        names = ("eks-cluster-name", "kubernetes-namespace", "kubernetes-service-account", "kubernetes-pod-name")
        return "/".join(tags[name] for name in names if name in tags)
    workload = graph.nodes[found.first_session].get("workload")
    return graph.nodes.get(f"{schema.RESOURCE} {workload}", {}).get("id") if workload else None


def _first_account(found: Climb) -> str | None:
    return found.hops[0].account if found.hops else None


def _forward_parent(reader: Reader, asked: Asked, principal: str) -> tuple[str | None, str | None, list[Hint]]:
    """The long-term key behind a forward access call: that of the direct call beside it (rule 7)."""
    who, time = asked.who, asked.time
    if who is None or time is None:
        return None, None, []
    service = (who.invoked_by or "").removesuffix(".amazonaws.com")
    for seconds in PARENT_SECONDS:
        calls = reader.direct_calls(principal, time, seconds)
        if who.invoked_by and who.invoked_by.endswith(".amazonaws.com"):
            calls = [call for call in calls if call[1] == service]
        found = sorted({key for _, _, key in calls})
        if len(found) == 1:
            return found[0], None, [Hint(what="direct call with key", value=found[0], rule="7")]
        if found:
            return None, None, [Hint(what="direct call with key", value=key, rule="7") for key in found]
    return None, None, []


def _person(origin: Origin) -> Person | None:
    """The human behind an origin, by a name that does not depend on which logs are loaded."""
    if origin.kind == "IdentityCenterUser" and origin.name:
        return Person(name=origin.name, how="identity-center-user-name")
    if origin.kind == "SAMLIdentity" and origin.id:
        return Person(name=origin.id, how="saml-subject")
    if origin.kind == "IAMUser" and origin.id:
        return Person(name=origin.id, how="iam-user")
    return None


def _hints(graph: Graph, asked: Asked, start: str, origin: Origin) -> list[Hint]:
    """What names somebody without proving it (rules 11 and 12)."""
    if origin.kind not in ("Unresolved", "ExternalAccount"):
        return []
    hints = []
    who = asked.who
    session = session_key_of(start)
    node = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    source_identity = node.get("source_identity") or (who.source_identity if who else None)
    if source_identity:
        hints.append(Hint(what="source identity", value=source_identity, rule="11"))
    on_behalf = node.get("on_behalf_of") or (who.on_behalf_of if who else None)
    if on_behalf:
        hints.append(Hint(what="on behalf of Identity Center user", value=on_behalf, rule="11"))
    role_arn = node.get("role_arn") or (who.role_arn if who else None) or ""
    name = node.get("name") or (who.session_name if who else None)
    if name and ("AWSReservedSSO_" in role_arn or "@" in name):
        hints.append(Hint(what="session name", value=name, rule="11"))
    key = who.access_key_id if who else None
    account = arns.account_in_id(key) or arns.account_in_id(who.principal_id if who else None)
    if account and origin.kind == "Unresolved":
        hints.append(Hint(what="account in the identifier", value=account, rule="12"))
    return hints


def _why(reader: Reader, graph: Graph, asked: Asked, found: Climb) -> tuple[str, Missing]:
    """Why the chain ends open, and which logs would settle it (guide §12.5)."""
    session = session_key_of(found.top)
    node = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    who = asked.who
    account = node.get("account") or (who.account if who else None)
    created = parse_when(node["created"]) if node.get("created") else (who.created if who else asked.time)
    day = iso(created)[:10] if created is not None else None
    missing = Missing(account=account, region=None, day=day)
    if who is not None and who.masked and not found.hops:
        return "masked-data", missing
    if created is None:
        return "no-session-context", missing
    around = reader.around(account, created)
    if around.first is None:
        return "account-not-loaded", missing
    if created < around.first:
        return "before-collection", missing
    if around.gap:
        return "gap", missing
    if not around.reads:
        return "reads-not-logged", missing
    if who is not None and who.access_key_id and not found.hops and _issued_to_another(reader, who):
        return "recycled-key-mismatch", missing
    return "grant-not-logged", missing


def _issued_to_another(reader: Reader, who: Identity) -> bool:
    """Was the key issued to another principal than the one that used it (rule 2c)?"""
    return any(
        ref.label == schema.CREDENTIAL and " " in ref.key and (who.principal_id or "") not in ref.key
        for ref in reader.of_key(who.access_key_id or "")
    )


def _day(found: Climb, asked: Asked) -> str | None:
    if found.hops:
        return found.hops[0].time[:10]
    return iso(asked.time)[:10] if asked.time is not None else None


# provenance


def _made_by(
    reader: Reader, graph: Graph, found: Climb, origin: Origin, time: int | None
) -> Provenance | None:
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
    reader: Reader, graph: Graph, edges: list[tuple[str, str, str, dict[str, Any]]], owner: str, before: str | None
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
