"""Where a chain begins: the origin, the person behind it, what only hints at it, and why an end is open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from lineage.model import arn as arns
from lineage.model import attempts, keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import Grant, Identity, Portal, UserName
from lineage.model.results import Graph
from lineage.model.times import iso, parse_when
from lineage.questions.shared.climb import Attributes, Climb, owner_of, session_in, session_key_of
from lineage.questions.shared.identifiers import Caller
from lineage.questions.who import Behalf, Hint, Hop, Missing, Origin, Person
from lineage.resolve.join_keys import JoinKey, KeyKind, is_forwarded
from lineage.stores.reader import Reader

UNRESOLVED = Origin(kind="Unresolved", id=None)
PARENT_SECONDS = (5, 20)
"""How far from a forward access call its direct call is sought (guide §12.3, rule 7)."""


class Begin(NamedTuple):
    """Where a chain begins, and what is to be said of it."""

    origin: Origin
    reason: str | None = None
    confidence: str | None = None
    """How sure the origin itself is, where that is not certain."""
    hints: tuple[Hint, ...] = ()


def origin_of(reader: Reader, graph: Graph, caller: Caller, found: Climb, start: str) -> Begin:
    """The origin of a chain, as far as the records show it.

    Parameters
    ----------
    reader : the store, for the direct calls next to a forward access call (guide §12.3, rule 7)
    graph : holds the chain
    caller : the identity that is explained
    found : its chain, from `climb`
    start : reference of the session or credential that the chain was climbed from

    Returns
    -------
    The origin with the reason where it is open, how certain the origin itself is where it is not EXACT, and hints that
    prove nothing (rules 11 and 12).
    """
    label, key = keys.ref(found.top)
    access_key = None
    principal: str | None = found.top
    if label == schema.CREDENTIAL:
        access_key = key.split(" ", 1)[0]
        principal = owner_of(graph, found.top)
        if principal is None:
            return Begin(UNRESOLVED, "no-identity")
    if label == schema.SESSION or principal is None:
        stated = stated_by(caller.who) if caller.who is not None and not found.hops else None
        if stated is None:
            return _unresolved_or_service(graph, caller, found)
        principal = str(stated[0].ref)
        found = found._replace(own=stated[1])
    node = dict(graph.nodes.get(principal, {}))
    if node.get("kind") is None and caller.who is not None:
        for stated_here in (keys.principal(caller.who), *filter(None, [(stated_by(caller.who) or (None, None))[0]])):
            if str(stated_here.ref) == principal:
                node = stated_here._asdict()
    kind, identifier = node.get("kind"), keys.ref(principal).key
    if kind == attempts.KIND:
        _, why_open, tried = identifier.split(":", 2)
        hint = Hint(what="tried identity", value=tried, rule="11")
        return Begin(UNRESOLVED, why_open, None, (hint,) if tried else ())
    found = found._replace(own=found.own or _of_history(reader, graph, caller, found))
    origin = Origin(
        node=principal if principal in graph else None, kind=kind or "Unresolved", id=identifier,
        account=node.get("account"), name=node.get("name"), access_key_id=access_key,
    )  # fmt: skip
    if kind in ("IAMUser", "RootUser", "AWSService", "Anonymous"):
        hints: tuple[Hint, ...] = ()
        if kind == "IAMUser":
            forwarded = access_key is None and not found.hops and caller.who is not None and is_forwarded(caller.who)
            if forwarded and found.unseen is None:
                access_key, hints = _forward_parent(reader, caller, identifier)
            origin = origin.model_copy(update={"id": node.get("arn") or identifier, "access_key_id": access_key})
        if kind == "RootUser" and not found.hops and caller.who is not None and caller.who.assumed_root_unknown:
            found = found._replace(own="LIKELY")
        if kind == "AWSService":
            origin = origin.model_copy(update={"resource": _resource(graph, found)})
        return Begin(origin, None, found.own, hints)
    if kind in ("SAMLIdentity", "WebIdentity"):
        account = found.hops[0].account if found.hops else None
        update = {"id": node.get("name"), "account": account, "provider": node.get("provider")}
        return Begin(origin.model_copy(update=update))
    if kind == "IdentityCenterUser":
        user_id = None if identifier.startswith("name/") else identifier.rsplit("/", 1)[-1]
        update = {"id": user_id, "account": None, "provider": node.get("provider")}
        by_service = bool(found.hops) and found.hops[0].how in ("service", "service-linked")
        return Begin(origin.model_copy(update=update), None, "STRONG" if by_service else found.own)
    if kind == "ExternalAccount":
        role = identifier.split(":", 1)[-1].startswith("AROA")
        return Begin(origin, "account-not-loaded" if role else None)
    if kind == keys.OTHER:
        _, type_, own_name = identifier.split(":", 2)
        return Begin(origin.model_copy(update={"kind": type_, "id": own_name}), None, found.own)
    masked = caller.who is not None and caller.who.masked
    if kind == "Role" and (outside_role := _calling_role(graph, caller, found)) is not None:
        # The role is known by the call that it made, its session is not.
        if _is_loaded(reader, node.get("account"), outside_role[1]):
            hint = Hint(what="calling role", value=node.get("arn") or identifier, rule="11")
            return Begin(UNRESOLVED, "masked-data" if masked else "no-session-context", None, (hint,))
        update = {"kind": "ExternalAccount", "id": outside_role[0]}
        return Begin(origin.model_copy(update=update), "account-not-loaded")
    if masked and kind != "FederatedUser":
        return Begin(UNRESOLVED, "masked-data")
    return Begin(UNRESOLVED, "no-identity" if kind in ("Unknown", None) else "no-session-context")


def stated_by(who: Identity) -> tuple[keys.Principal, str | None] | None:
    """The origin that a record itself states, and how sure it is where it is not certain: the user or root of its
    session, who federated it, on whose behalf it acts; None where it states none."""
    if who.type in ("IAMUser", "Root"):
        return None if who.assumed_root else (keys.principal(who), "LIKELY" if who.assumed_root_unknown else None)
    if (owner := keys.issuer(who)) is not None:
        return owner, None
    if who.on_behalf_of and who.type in ("AssumedRole", "Role"):
        return keys.identity_center_user(who.identity_store, who.on_behalf_of, None), "STRONG"
    return None


def _calling_role(graph: Graph, caller: Caller, found: Climb) -> tuple[str, int | None] | None:
    """`ACCOUNT:AROA…` of the role that made a call, and its time, where the chain begins at that bare role."""
    if not found.hops:
        who = caller.who
        if who is None or who.type != "AWSAccount":
            return None
        return f"{who.account or ''}:{keys.unnamed_id(who)}", caller.time
    for _, _, way in graph.in_edges(found.first_session, data=True):
        if way["type"] == schema.ASSUMED and set(way["event_ids"]) & set(found.hops[0].event_ids):
            caller_id = msgspec.json.decode(way["grants"][0])["caller_id"] or ""
            return f"{way['caller_account'] or ''}:{caller_id.partition(':')[0]}", parse_when(found.hops[0].time)
    return None


def _is_loaded(reader: Reader, account: str | None, time: int | None) -> bool:
    """Are logs of the account loaded, of before and after a time?"""
    if not account or time is None:
        return False
    around = reader.logs_around(account, time)
    return around.first is not None and around.last is not None and around.first <= time <= around.last


def _of_history(reader: Reader, graph: Graph, caller: Caller, found: Climb) -> str | None:
    """LIKELY where rows of event history alone say whose the chain's first key is, or who called; None else."""
    if keys.ref(found.top).label == schema.CREDENTIAL:
        ways = [way for _, _, way in graph.out_edges(found.top, data=True) if way["type"] == schema.BELONGS_TO]
        return "LIKELY" if any(way.get("confidence") for way in ways) else None
    if found.hops:
        return None
    stated = [caller.who] if caller.who is not None else []
    if not stated and graph.nodes.get(found.top, {}).get("kind") == "RootUser":
        stated = reader.identities_of(keys.ref(found.top))  # the rows that state no key
    return "LIKELY" if stated and all(who.history for who in stated) else None


def attempt_of(graph: Graph, caller: Caller, found: Climb) -> str | None:
    """The attempt to sign in that the identity is, in words; None where it is none."""
    if graph.nodes.get(found.top, {}).get("kind") == attempts.KIND:
        return attempts.describe(graph.nodes[found.top].get("name"), keys.ref(found.top).key.split(":", 2)[2])
    if caller.who is not None and caller.who.attempt:
        return attempts.describe(*attempts.attempted_identity(caller.who))
    return None


def _unresolved_or_service(graph: Graph, caller: Caller, found: Climb) -> Begin:
    """The origin of a session without a grant: the service, where the session itself shows (rule 8)."""
    node = session_in(graph, found.top)
    who = caller.who if not found.hops else None
    role_arn = node.get("role_arn") or (who.role_arn if who else None) or ""
    account = node.get("account") or (who.account if who else None)

    def service(name: str, confidence: str, hint: Hint, resource: str | None = None) -> Begin:
        origin = Origin(kind="AWSService", id=name, account=account, name=name, resource=resource)
        return Begin(origin, None, confidence, (hint,))

    if (linked := arns.linked_service(role_arn)) is not None:
        return service(linked, "STRONG", Hint(what="service-linked role", value=role_arn, rule="8"))
    if who is not None and who.in_scope_of:
        hint = Hint(what="inScopeOf", value=who.in_scope_of, rule="8")
        return service(_service_of(who.in_scope_type), "STRONG", hint, who.in_scope_of)
    principal_id = node.get("principal_id") or (who.principal_id if who else None) or ""
    special = re.match(r"\d+:aws:ec2-(?:infrastructure|instance):(.+)", principal_id)
    if special:
        hint = Hint(what="principalId", value=principal_id, rule="8")
        return service("ec2.amazonaws.com", "STRONG", hint, special[1])
    name = node.get("name") or (who.session_name if who else None) or ""
    if re.match(r"m?i-[0-9a-f]{8,17}\Z", name) and (
        node.get("workload") or (who is not None and who.ec2_role_delivery)
    ):
        hint = Hint(what="session name", value=name, rule="8")
        return service("ssm.amazonaws.com" if name.startswith("mi-") else "ec2.amazonaws.com", "LIKELY", hint, name)
    return Begin(UNRESOLVED, "grant-not-logged")


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


def _forward_parent(reader: Reader, caller: Caller, principal: str) -> tuple[str | None, tuple[Hint, ...]]:
    """The long-term key behind a forward access call: that of the direct call next to it (rule 7)."""
    who, time = caller.who, caller.time
    if who is None or time is None:
        return None, ()
    service = (who.invoked_by or "").removesuffix(".amazonaws.com")
    for seconds in PARENT_SECONDS:
        calls = reader.direct_calls(principal, time, seconds)
        if who.invoked_by and who.invoked_by.endswith(".amazonaws.com"):
            calls = [call for call in calls if call[1] == service]
        found = sorted({key for _, _, key in calls})
        if len(found) == 1:
            return found[0], (Hint(what="direct call with key", value=found[0], rule="7"),)
        if found:
            return None, tuple(Hint(what="direct call with key", value=key, rule="7") for key in found)
    return None, ()


def person_of(origin: Origin) -> Person | None:
    """The human behind an origin, by a name that does not depend on which logs are loaded."""
    if origin.kind == "IdentityCenterUser" and origin.name:
        return Person(name=origin.name, how="identity-center-user-name")
    if origin.kind == "SAMLIdentity" and origin.id:
        return Person(name=origin.id, how="saml-subject")
    if origin.kind == "IAMUser" and origin.id:
        return Person(name=origin.id, how="iam-user")
    return None


def token_makers(reader: Reader, caller: Caller) -> list[Hint]:
    """Who made the token of an Identity Center user's call with IAM credentials: `credentialId` joins the two."""
    who = caller.who
    if who is None or caller.time is None or not who.credential_id or who.attempt:
        return []
    token = JoinKey(KeyKind.TOKEN, who.credential_id)
    facts = [fact for fact in reader.lookup([token])[token] if isinstance(fact, Portal) and fact.caller != who]
    return [Hint(what="token made by", value=fact.caller.arn, rule="11") for fact in facts if fact.caller.arn]


def named_origin(reader: Reader, caller: Caller, origin: Origin) -> Origin:
    """The origin by the name that its unique ID had at the time: users are renamed, Identity Center users learnt."""
    if origin.kind == "IdentityCenterUser" and origin.id and origin.name is None:
        return origin.model_copy(update={"name": _user_name(reader, origin.id, caller.time)})
    unique = keys.unnamed_id(caller.who) if caller.who is not None else None
    if origin.kind == "IAMUser" and unique and caller.who is not None and caller.who.user_name is None:
        names = [one for one in _arns(reader, unique) if keys.named(one.principal).account == origin.account]
        now = _at(names, caller.time)
        if now is not None and len({one.principal for one in names}) > 1:
            user = keys.named(now.principal, now.arn)
            return origin.model_copy(update={"id": user.arn, "name": user.name, "node": str(user.ref)})
    return origin


def _arns(reader: Reader, unique_id: str) -> list[Sighting]:
    """The users and roles that a unique ID named."""
    return [one for one in reader.names_of(unique_id) if one.principal.startswith("arn:")]


def _at(names: Iterable[Sighting], time: int | None) -> Sighting | None:
    """The name that was in use at a time: the latest that was seen by then, else the earliest after."""
    ordered = sorted(names, key=lambda one: (one.last, one.first, one.principal, one.arn))
    before = [one for one in ordered if time is None or one.first <= time]
    return max(before, key=lambda one: (one.first, one.last, one.arn)) if before else next(iter(ordered), None)


def _user_name(reader: Reader, user_id: str, time: int | None) -> str | None:
    """The user name of an Identity Center user ID: names are aliases, the ID is the key."""
    found = _at([one for one in reader.names_of(user_id) if one.arn], time)
    if found is not None:
        return found.arn
    user = JoinKey(KeyKind.USER_ID, user_id)
    facts = [fact for fact in reader.lookup([user])[user] if isinstance(fact, UserName)]
    # The events of one sign-in may state ID and name apart.
    sign_ins = sorted({JoinKey(KeyKind.SIGN_IN, fact.workflow) for fact in facts if fact.workflow})
    joined = [fact for items in (reader.lookup(sign_ins).values() if sign_ins else ()) for fact in items]
    names = {fact.name for fact in joined if isinstance(fact, UserName) and fact.name}
    return max(names, key=lambda name: (len(name), name), default=None)


def on_behalf_of(
    reader: Reader, graph: Graph, caller: Caller, found: Climb, start: str, origin: Origin
) -> tuple[Behalf | None, Origin]:
    """For whom the credentials acted, and the origin: a product provider acts for the principal that delegated to
    it, an application for an Identity Center user."""
    who = caller.who
    if who is not None and who.attempt:
        return None, origin
    node = session_in(graph, start)
    delegate = (who.delegate if who is not None else None) or node.get("delegate")
    if delegate:
        delegator = Behalf(kind=origin.kind, id=origin.id, name=origin.name, account=origin.account)
        return delegator, Origin(kind="ExternalAccount", id=f"{delegate}:", account=delegate)
    stated = caller.behalf or (who.on_behalf_of if who is not None else None)
    users = [stated] if stated else list(node.get("on_behalf_of") or ())
    if len(users) != 1 or origin.kind in ("IdentityCenterUser", "Unresolved"):
        return None, origin
    return Behalf(kind="IdentityCenterUser", id=users[0], name=_user_name(reader, users[0], caller.time)), origin


def hints_of(reader: Reader, graph: Graph, caller: Caller, start: str, origin: Origin) -> list[Hint]:
    """Names without proof (rules 11 and 12), and the other names of a renamed user."""
    who = caller.who
    hints = []
    unique = (who.principal_id or "").partition(":")[0] if who is not None else ""
    if origin.kind == "IAMUser" and unique.startswith("AIDA"):
        others = {keys.named(one.principal).name for one in _arns(reader, unique)} - {origin.name, None}
        hints += [Hint(what="also named", value=name, rule="unique ID") for name in sorted(others)]  # type: ignore[type-var,arg-type]  # None is taken out
    if origin.kind not in ("Unresolved", "ExternalAccount") or (who is not None and who.attempt):
        return hints
    node = session_in(graph, start)
    hints += _switched(node, caller)
    source_identity = node.get("source_identity") or (who.source_identity if who else None)
    if source_identity:
        hints.append(Hint(what="source identity", value=source_identity, rule="11"))
    behalf = node.get("on_behalf_of") or ([who.on_behalf_of] if who and who.on_behalf_of else [])
    hints += [Hint(what="on behalf of Identity Center user", value=one, rule="11") for one in behalf]
    role_arn = node.get("role_arn") or (who.role_arn if who else None) or ""
    name = node.get("name") or (who.session_name if who else None)
    if name and ("AWSReservedSSO_" in role_arn or "@" in name):
        hints.append(Hint(what="session name", value=name, rule="11"))
    if who is not None and who.history and who.user_name:
        hints.append(Hint(what="user name", value=who.user_name, rule="11"))
    key = who.access_key_id if who else None
    account = arns.account_in_id(key) or arns.account_in_id(who.principal_id if who else None)
    if account and origin.kind == "Unresolved":
        hints.append(Hint(what="account in the identifier", value=account, rule="12"))
    return hints


def _switched(node: Attributes, caller: Caller) -> list[Hint]:
    """Who switched the role in the console, where the AssumeRole is missing; the session itself is no hint."""
    own = arns.role_of(node.get("role_arn") or (caller.who.arn if caller.who else None))
    hints = []
    for what, found in (
        ("switched from", node.get("switched_from") or caller.switched[0]),
        ("switched to", node.get("switched_to") or caller.switched[1]),
    ):
        role = arns.role_of(found)
        if found and not (own is not None and role is not None and role[:3] == own[:3]):
            hints.append(Hint(what=what, value=found, rule="11"))
    return hints


def why(reader: Reader, graph: Graph, caller: Caller, found: Climb) -> tuple[str, Missing]:
    """Why a session's way in was not seen, and which logs would resolve it (guide §12.5)."""
    session = session_key_of(found.unseen or found.top)
    node = session_in(graph, found.unseen or found.top)
    who = caller.who
    account = node.get("account") or (who.account if who else None)
    created = parse_when(node["created"]) if node.get("created") else (who.created if who else caller.time)
    day = iso(created)[:10] if created is not None else None
    if (session and ":assumed-root/" in session) or (not session and who is not None and who.assumed_root):
        # AssumeRoot is logged where it was called: in the management account or a delegated administrator's.
        return "account-not-loaded", Missing(account=None, region=None, day=day)
    missing = Missing(account=account, region=None, day=day)
    if who is not None and who.masked and not found.hops and found.unseen is None:
        return "masked-data", missing
    if created is None:
        return "no-session-context", missing
    around = reader.logs_around(account, created)
    if around.first is None:
        return "account-not-loaded", missing
    if created < around.first:
        return "before-collection", missing
    if around.gap:
        return "gap", missing
    if not around.reads and found.unseen is None:
        return "reads-not-logged", missing
    if who is not None and who.access_key_id and not found.hops and _issued_to_another(reader, who):
        return "recycled-key-mismatch", missing
    return "grant-not-logged", missing


def surer(
    reader: Reader, graph: Graph, caller: Caller, found: Climb, origin: Origin, confidence: str
) -> Missing | None:
    """The logs that are not loaded and would name an outside principal, or make an answer surer that is less than
    EXACT; None where all that it is based on is loaded."""
    if origin.kind == "ExternalAccount" and origin.name is None and origin.account:
        region = found.hops[0].region if found.hops else caller.region
        return Missing(account=origin.account, region=region, day=day_of(found, caller))
    if confidence == "EXACT":
        return None
    for hop in found.hops:
        if hop.rule == "10b" and not has_callers_copy(reader, hop):
            return Missing(account=hop.caller_account, region=hop.region, day=hop.time[:10])
    who, day = caller.who, iso(caller.time)[:10] if caller.time is not None else None
    if who is not None and (who.history or who.type == "AWSAccount"):
        # The full record, or the caller's copy of it, would state the session.
        account = who.account or graph.nodes.get(caller.start, {}).get("account")
        return Missing(account=account, region=caller.region, day=day)
    if not found.hops and keys.ref(found.top).label == schema.SESSION:
        return why(reader, graph, caller, found)[1]  # a service, as the session itself shows: its grant is not there
    return None


def has_callers_copy(reader: Reader, hop: Hop) -> bool:
    """Did the caller's account log the call that granted a session?"""
    return any(
        isinstance(fact, Grant) and not fact.event.copy for one in hop.event_ids for fact in reader.facts_of(one)
    )


def _issued_to_another(reader: Reader, who: Identity) -> bool:
    """Was the key issued to another principal than the one that used it (rule 2c)?"""
    return any(
        ref.label == schema.CREDENTIAL and " " in ref.key and (who.principal_id or "") not in ref.key
        for ref in reader.nodes_of_key(who.access_key_id or "")
    )


def day_of(found: Climb, caller: Caller) -> str | None:
    if found.hops:
        return found.hops[0].time[:10]
    return iso(caller.time)[:10] if caller.time is not None else None
