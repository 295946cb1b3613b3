"""Lineage to graph elements: the nodes and relationships that a store keeps.

Property names are those of `lineage.model.schema`; times are ISO text; lists hold texts, so that both stores can
keep them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from lineage.model import grant_method, keys, schema
from lineage.model.arn import is_long_term
from lineage.model.batch import Row
from lineage.model.facts import AnyFact, Changed, Identity, Made, Sample, SignIn, Started, Target
from lineage.model.keys import Principal, Ref
from lineage.model.results import Properties as Properties
from lineage.model.times import iso, parse_when
from lineage.resolve.resolved import Assumed, Call, Issued, LongTermKey, Session


class Node(NamedTuple):
    """A node: reference, second label (Principals only) and properties but the key."""

    ref: Ref
    kind: str | None
    properties: Properties


class Edge(NamedTuple):
    """A relationship; `key` is unique within the type."""

    type: str
    key: str
    source: Ref
    target: Ref
    properties: Properties


class Elements(NamedTuple):
    """Nodes and relationships; a node may come more than once, with equal properties."""

    nodes: list[Node]
    edges: list[Edge]


class Change(NamedTuple):
    """A relationship that one event makes from its caller; the store knows the caller's node."""

    type: str
    key: str
    target: Node
    time: int
    properties: Properties


@functools.lru_cache(maxsize=4096)
def node_of(principal: Principal) -> Node:
    """The node of a principal; do not change its properties."""
    properties: Properties = principal._asdict()
    del properties["key"]
    return Node(principal.ref, principal.kind, properties)


def account_node(account: str, partition: str = "aws") -> Node:
    """The node of an account."""
    return Node(Ref(schema.ACCOUNT, f"{partition}:{account}"), None, {"id": account, "partition": partition})


def in_account(ref: Ref, properties: Mapping[str, object]) -> tuple[Node, Edge] | None:
    """The account that a principal or resource is in; None where it is in none that is known. Stores read it off
    the nodes that they hold, so that it goes when they go."""
    account = properties.get("account")
    if ref.label not in (schema.PRINCIPAL, schema.RESOURCE) or not isinstance(account, str) or not account:
        return None
    arn = properties.get("arn")
    node = account_node(account, keys.partition_of(arn if isinstance(arn, str) else ref.key))
    return node, Edge(schema.IN_ACCOUNT, ref.key if ref.label == schema.PRINCIPAL else str(ref), ref, node.ref, {})


def session_elements(session: Session) -> Elements:
    """A session, its keys, and its ways in."""
    owner, ref = session.principal, session.ref
    grant = session.assumed[0].calls[0].grant if session.assumed else None
    whos = [actor.who for actor in session.actors]
    parent = next((way.caller for way in session.assumed if way.parent), None)
    workload = _workload(session)
    issuers = {stated.key for who in whos if (stated := keys.issuer(who)) is not None}
    unsure = bool(whos) and all(who.assumed_root_unknown for who in whos) and ":assumed-root/" not in session.key
    made = Elements([node_of(owner)], [])
    made.nodes.append(
        Node(
            ref,
            None,
            {
                "account": session.account,
                "principal_id": session.principal_id,
                "created": iso(session.created),
                "name": session.name,
                "role": owner.name if owner.kind == "Role" else None,
                "role_arn": owner.arn if owner.kind == "Role" else None,
                "type": session.type,
                "resolved": parent is not None,
                "source_identity": _first(
                    [*(who.source_identity for who in whos), grant.source_identity if grant else None]
                ),
                "on_behalf_of": sorted({who.on_behalf_of for who in whos if who.on_behalf_of}) or None,
                "delegate": _first([who.delegate for who in whos]),
                "issuer": issuers.pop() if len(issuers) == 1 else None,
                "mfa": True if any(who.mfa for who in whos) or (grant and grant.mfa) else None,
                "workload": workload.ref.key if workload else None,
                "sign_in_session": _first([who.sign_in_session for who in whos]),
                "switched_from": _first([fact.switch_from for fact in session.sign_ins]),
                "switched_to": _first([fact.switch_to for fact in session.sign_ins]),
            },
        )
    )
    made.edges.append(
        Edge(schema.SESSION_OF, session.key, ref, owner.ref, {"confidence": "LIKELY" if unsure else None})
    )
    for what, origin in session.stated:
        made.nodes.append(node_of(origin))
        made.edges.append(
            Edge(
                schema.SESSION_OF,
                f"{session.key} {origin.key}",
                ref,
                origin.ref,
                {"stated": what, "confidence": "STRONG" if what == "on-behalf-of" else None},
            )
        )
    for way in session.assumed:
        caller = _caller(session, way)
        if caller is not None:
            made.nodes.append(node_of(caller))
        made.edges.append(_assumed(session, way, caller))
    for issue in session.issued:
        credential = Node(
            Ref(schema.CREDENTIAL, f"{issue.key} {session.key}"),
            None,
            {
                "access_key_id": issue.key,
                "long_term": False,
                "expires": _latest([c.grant.expires for c in issue.calls]),
            },
        )
        made.nodes.append(credential)
        made.edges.append(_issued(ref, issue, credential.ref))
        made.edges.append(Edge(schema.BELONGS_TO, credential.ref.key, credential.ref, owner.ref, {}))
    if workload is not None:
        made.nodes.append(workload)
        made.edges.append(Edge(schema.RUNS_AS, session.key, workload.ref, ref, {}))
    return made


def key_elements(found: LongTermKey) -> Elements:
    """A long-term key, its owner, and where it came from if its making was not logged."""
    ref = Ref(schema.CREDENTIAL, found.key)
    made = Elements([Node(ref, None, {"access_key_id": found.key, "long_term": True})], [])
    if found.owner is not None:
        made.nodes.append(node_of(found.owner))
        doubt: Properties = {} if found.sure else {"confidence": "LIKELY"}
        made.edges.append(Edge(schema.BELONGS_TO, found.key, ref, found.owner.ref, doubt))
        if not found.made:
            made.edges.append(Edge(schema.ISSUED, found.key, found.owner.ref, ref, {"parent": False}))
    return made


def changes(fact: AnyFact) -> list[Change]:
    """The relationships that a fact makes from its caller."""
    event = fact.event
    base: Properties = {"api": event.api, "time": iso(event.time), "event_ids": [event.id]}
    place: Properties = {"region": event.region}
    one = f"{event.id} {iso(event.time)[:13]}"  # an ID that comes again in another hour is another event
    if isinstance(fact, Made):
        found = []
        made = _made_node(fact)
        if made is not None:
            found.append(
                Change(schema.CREATED, f"{one} {fact.what}", made, event.time,
                     {**base, **place, "what": fact.what, "detail": fact.key or fact.name,
                      "unique_id": fact.unique_id, "after": fact.trust})
            )  # fmt: skip
        if fact.key:
            key = _credential(fact.key)
            found.append(
                Change(schema.ISSUED, f"{fact.key} {one}", key, event.time,
                     {**base, "event_id": event.id, "parent": False, "rule": "1", "confidence": "EXACT"})
            )  # fmt: skip
        return found
    if isinstance(fact, Changed):
        target = _changed_node(fact)
        return [
            Change(schema.CHANGED, f"{one} {fact.what} {fact.target}", target, event.time,
                 {**base, **place, "what": fact.what, "before": fact.before, "after": fact.after,
                  "marks": list(fact.marks)})
        ]  # fmt: skip
    if isinstance(fact, Started):
        resource = workload_node(fact.account, fact.resource_type, fact.resource_id)
        return [
            Change(schema.STARTED, f"{one} {fact.resource_id}", resource, event.time,
                 {**base, **place, "entered": fact.entered, "role_arn": fact.role_arn,
                  "addresses": list(fact.addresses)})
        ]  # fmt: skip
    return []


def _credential(access_key_id: str) -> Node:
    properties: Properties = {"access_key_id": access_key_id, "long_term": is_long_term(access_key_id)}
    return Node(Ref(schema.CREDENTIAL, access_key_id), None, properties)


def workload_node(account: str | None, kind: str, identifier: str) -> Node:
    """The node of a workload; its key holds account, type and ID, which its sessions state, unlike its ARN."""
    key = f"{account or ''}:{kind}:{identifier}"
    return Node(Ref(schema.RESOURCE, key), None, {"type": kind, "account": account, "id": identifier})


def action_node(api: str) -> Node:
    """The node of an API operation."""
    service, _, operation = api.partition(":")
    return Node(Ref(schema.ACTION, api), None, {"service": service, "operation": operation})


def address_node(row: Row) -> Node | None:
    """The node of the address that a row's calls came from."""
    if not row.source_ip:
        return None
    key = f"{row.source_ip} {row.endpoint}" if row.endpoint else row.source_ip
    return Node(Ref(schema.IP_ADDRESS, key), None, {"address": row.source_ip, "endpoint": row.endpoint})


def target_node(row: Row) -> Node | None:
    """The node that a `TOUCHED` or `TRIED` row is about."""
    if row.relation == schema.TRIED:
        role = keys.role_at(row.target.key) if row.target else None
        if role is None:
            return Node(Ref(schema.PRINCIPAL, "unknown"), "Role", {"kind": "Role", "name": "unknown"})
        return node_of(role)
    return _resource(row.target) if row.target is not None else None


def target_nodes(row: Row) -> list[Node]:
    """The nodes that a `TOUCHED` or `TRIED` row is about: that of its target, then those of the others."""
    first = target_node(row)
    return [first, *map(_resource, row.beside)] if first is not None and row.relation is not None else []


def _resource(target: Target) -> Node:
    return Node(
        Ref(schema.RESOURCE, target.key), None, {"type": target.type, "account": target.account, "id": target.id}
    )


def call_edges(
    row: Row, who: Identity, count: int, first: int, last: int, samples: Sequence[Sample]
) -> Iterator[tuple[str, Node, Properties]]:
    """The relationships that a row is: type, node at its end, properties but the key."""
    place: Properties = {"hour": iso(row.hour * 3600), "error": row.error, "source_ip": row.source_ip}
    shown = place | window(count, first, last, samples)
    yield (
        schema.USED,
        action_node(row.api),
        {**used_properties(row, who), **shown, **sample_lists(samples, count)},
    )
    for target in target_nodes(row):
        assert row.relation is not None
        yield row.relation, target, {**shown, "action": row.api}


def window(count: int, first: int, last: int, samples: Sequence[Sample]) -> Properties:
    """What all relationships of a row say of its calls."""
    start = iso(first)
    return {
        "count": count,
        "first": start,
        "last": start if last == first else iso(last),
        "event_ids": [sample.event_id for sample in samples],
    }


def sample_lists(samples: Sequence[Sample], count: int) -> dict[str, Any]:
    """The examples of a row of so many calls as lists: times where `first` and `last` do not say them, requests, and
    resources."""
    lists: dict[str, Any] = dict.fromkeys(SAMPLE_LISTS)
    if count > 2:
        lists["sample_times"] = [iso(sample.time) for sample in samples]
    if any(sample.parameters for sample in samples):
        lists["sample_parameters"] = [sample.parameters or "" for sample in samples]
    resources = [resource for sample in samples for resource in sample.resources]
    if resources:
        lists["sample_resources"] = resources
        lists["sample_of_resource"] = [n for n, sample in enumerate(samples) for _ in sample.resources]
    return lists


SAMPLE_LISTS = ("sample_times", "sample_parameters", "sample_resources", "sample_of_resource")


def listed_samples(properties: Mapping[str, Any]) -> list[Sample]:
    """The examples of a row from the properties of its `USED` relationship."""
    ids = properties["event_ids"]
    times = properties.get("sample_times") or [properties["first"], properties["last"]]
    requests = properties.get("sample_parameters") or [""] * len(ids)
    named: list[list[str]] = [[] for _ in ids]
    for n, resource in zip(
        properties.get("sample_of_resource") or (), properties.get("sample_resources") or (), strict=True
    ):
        named[n].append(resource)
    return [
        Sample(time=parse_when(time) or 0, event_id=id_, resources=tuple(resources), parameters=request or None)
        for id_, time, resources, request in zip(ids, times, named, requests, strict=False)
    ]


def used_properties(row: Row, who: Identity) -> Properties:
    """Properties of a `USED` row that no other relationship of it has."""
    return {
        "access_key_id": who.access_key_id,
        "region": row.region,
        "endpoint": row.endpoint,
        "user_agent": row.user_agent,
        "invoked_by": who.invoked_by,
        "console": row.console or None,
        "account": row.account,
        "copy": row.copy or None,
        "category": row.category,
        "sensitive": row.sensitive or None,
        "presigned": row.presigned or None,
        "resource": row.target.key if row.target else None,
        "resource_type": row.target.type if row.target else None,
        "resource_account": row.target.account if row.target else None,
        "resource_id": row.target.id if row.target else None,
        "beside": [_target_text(target) for target in row.beside] or None,
        "beyond": row.beyond or None,
    }


def _target_text(target: Target) -> str:
    return msgspec.json.encode(target).decode()


def _caller(session: Session, way: Assumed) -> Principal | None:
    """The principal behind a way in that begins at a Principal; None where it begins at a key or session."""
    if way.caller.label != schema.PRINCIPAL:
        return None
    call = way.calls[0]
    if keys.unnamed_id(call.grant.caller) is not None and way.caller.key.startswith("arn:"):
        return keys.named(way.caller.key)  # as its unique ID is named elsewhere
    return origin_of(session, call)


def origin_of(session: Session, call: Call) -> Principal:
    """The principal that a grant begins at: the single sign-on user for what SAML names by its subject, and the
    user on whose behalf a service assumed the role."""
    grant = call.grant
    if grant_method.is_identity_center(grant) and grant.kind == "saml":
        return sso_user(session, grant.session_name or grant.subject)
    users = {(actor.who.identity_store, actor.who.on_behalf_of) for actor in session.actors if actor.who.on_behalf_of}
    if grant.caller.type == "AWSService" and len(users) == 1:
        return keys.identity_center_user(*users.pop(), None)
    return keys.principal(grant.caller)


def sso_user(session: Session, name: str | None) -> Principal:
    """The Identity Center user of a session: by ID where the logs are certain of it, else by name."""
    known = {(actor.who.identity_store, actor.who.on_behalf_of) for actor in session.actors if actor.who.on_behalf_of}
    if len(known) != 1:
        known = set(session.user_ids)
    if len(known) == 1:
        store, user_id = next(iter(known))
        return keys.identity_center_user(store, user_id, name)
    return keys.identity_center_user(None, None, name)


def _assumed(session: Session, way: Assumed, caller: Principal | None) -> Edge:
    call = way.calls[0]
    grant, event = call.grant, call.grant.event
    signs = [fact for fact in session.sign_ins if fact.kind in grant_method.CONSOLE_SIGN_INS]
    asked = session.portals if grant_method.is_identity_center(grant) else ()
    places = [fact.event for fact in signs if fact.kind in ("ConsoleLogin", "SwitchRole", "RenewRole")]
    place = next(iter([*places, *(fact.event for fact in asked)]), event)
    account = grant.account
    caller_account = grant.caller.account or (account if grant.caller.type in ("SAMLUser", "WebIdentityUser") else None)
    return Edge(
        schema.ASSUMED,
        f"{way.caller} > {session.key}",
        caller.ref if caller is not None else way.caller,
        session.ref,
        {
            "parent": way.parent,
            "api": event.api,
            "how": grant_method.method_of(grant, session.sign_ins),
            "via": grant_method.via(grant),
            "time": iso(event.time),
            "event_ids": sorted({event_id for c in way.calls for event_id in c.event_ids}),
            "sign_in_event_ids": sorted({fact.event.id for fact in (*signs, *asked)}),
            "rule": way.rule,
            "confidence": way.confidence,
            "candidates": session.candidates,
            "expires": _latest([c.grant.expires for c in way.calls]),
            "source_ip": place.source_ip,
            "user_agent": place.user_agent,
            "region": event.region,
            "caller_account": caller_account,
            "account": account,
            "cross_account": bool(grant.caller.account and account and grant.caller.account != account),
            "source_identity": grant.source_identity,
            "tags": [f"{name}={value}" for name, value in grant.tags],
            "mfa": grant.mfa,
            "caller_key": grant.caller.access_key_id,
            "provider": grant.provider,
            "subject": grant.subject,
            "grants": [_grant_text(c) for c in way.calls],
            "tokens": [_token_text(fact) for fact in session.sign_ins if fact.kind.startswith("CreateOAuth2Token")],
        },
    )


def _grant_text(call: Call) -> str:
    """One granting call as compact JSON: event IDs, accounts, key, expiry, caller's key, address."""
    grant = call.grant
    return msgspec.json.encode(
        {
            "event_ids": call.event_ids,
            "accounts": call.accounts,
            "time": iso(call.time),
            "key": grant.key,
            "expires": iso(grant.expires) if grant.expires else None,
            "caller_key": grant.caller.access_key_id,
            "caller_id": grant.caller.principal_id,
            "source_ip": grant.event.source_ip,
            "user_agent": grant.event.user_agent,
            "omitted": grant.response_omitted,
        }
    ).decode()


def _token_text(fact: SignIn) -> str:
    """A token that was made from the session, as compact JSON: time, event ID, `aws-login` or `mcp`."""
    return msgspec.json.encode(
        {"time": iso(fact.event.time), "event_id": fact.event.id, "via": "mcp" if fact.mcp else "aws-login"}
    ).decode()


def _issued(session: Ref, issue: Issued, credential: Ref) -> Edge:
    call = issue.calls[0]
    return Edge(
        schema.ISSUED,
        credential.key,
        session,
        credential,
        {
            "parent": True,
            "api": call.grant.event.api,
            "time": iso(call.time),
            "event_id": call.event_ids[0],
            "event_ids": sorted({event_id for c in issue.calls for event_id in c.event_ids}),
            "expires": _latest([c.grant.expires for c in issue.calls]),
            "rule": issue.rule,
            "confidence": issue.confidence,
            "candidates": len(issue.calls),
        },
    )


def _workload(session: Session) -> Node | None:
    """The instance, function, task or build that runs as the session, where AWS itself says so: a caller may
    choose any session name."""
    for actor in session.actors:
        who = actor.who
        if who.in_scope_of:
            return workload_node(session.account, who.in_scope_type or "unknown", workload_id(who.in_scope_of))
    if not session.name:
        return None
    callers = [way.calls[0].grant.caller for way in session.assumed]
    services = sorted(caller.invoked_by for caller in callers if caller.type == "AWSService" and caller.invoked_by)
    kinds = [WORKLOADS[service] for service in services if service in WORKLOADS]
    if not kinds and any(actor.who.ec2_role_delivery for actor in session.actors):
        kinds = ["AWS::EC2::Instance"]
    return workload_node(session.account, kinds[0], workload_id(session.name)) if kinds else None


WORKLOADS = {
    "ec2.amazonaws.com": "AWS::EC2::Instance",
    "lambda.amazonaws.com": "AWS::Lambda::Function",
    "ecs-tasks.amazonaws.com": "AWS::ECS::Task",
    "codebuild.amazonaws.com": "AWS::CodeBuild::Build",
    "glue.amazonaws.com": "AWS::Glue::Job",
    "pods.eks.amazonaws.com": "AWS::EKS::Pod",
}
"""Services that assume a role for a workload, and the type of it (guide §2.10)."""


def workload_id(text: str) -> str:
    """The ID within an ARN or session name: function name, instance ID, task ID, build ID."""
    last = text.rsplit("/", 1)[-1]
    if ":function:" in text:
        return text.split(":function:", 1)[1].split(":", 1)[0]
    return last.removeprefix("AWSCodeBuild-")


def _made_node(fact: Made) -> Node | None:
    arn = keys.made_for(fact)
    if arn is None:
        return None
    if fact.principal_type == "Role" and (role := keys.role_at(arn, arn)) is not None:
        return node_of(role)
    if arn.endswith(":root"):
        return node_of(keys.root(fact.account, fact.partition))
    return node_of(keys.user(arn))


def _changed_node(fact: Changed) -> Node:
    if fact.target_type == schema.CREDENTIAL:
        return _credential(fact.target)
    if fact.target_type == schema.PRINCIPAL:
        if (role := keys.role_at(fact.target, fact.target)) is not None:
            return node_of(role)
        if ":user/" in fact.target:
            return node_of(keys.user(fact.target))
        if fact.target.endswith(":root"):
            return node_of(keys.root(fact.caller.account, keys.partition_of(fact.target)))
        account, name = fact.target.split(":", 1)[0], fact.target.rsplit(":", 1)[-1]
        partition = keys.partition_of(fact.caller.arn)
        if fact.principal_type == "Role":
            return node_of(keys.role(partition, account, name))
        return node_of(keys.user_named(partition, account, name))
    if fact.target_type == "Workload":
        account, _, rest = fact.target.partition(":")
        kind, identifier = _kind_and_id(rest)
        return workload_node(account or None, kind, identifier)
    return Node(
        Ref(schema.RESOURCE, fact.target), None, {"type": "unknown", "account": fact.caller.account, "id": None}
    )


def _kind_and_id(text: str) -> tuple[str, str]:
    """Type and ID of a workload, written `AWS::EC2::Instance:i-…`; the ID may hold colons."""
    head, _, last = text.rpartition("::")
    name, _, identifier = last.partition(":")
    return f"{head}::{name}", identifier


def _latest(times: list[int | None]) -> str | None:
    known = [time for time in times if time is not None]
    return iso(max(known)) if known else None


def _first(values: list[str | None]) -> str | None:
    known = [value for value in values if value]
    return min(known) if known else None
