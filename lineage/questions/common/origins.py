"""Where a chain begins: the origin, the person behind it, what only hints at it, and why an end is open."""

from __future__ import annotations

import re

from lineage import arn as arns
from lineage import attempts, keys, schema
from lineage.answers import Hint, Missing, Origin, Person
from lineage.facts import Identity, Portal
from lineage.questions.common.asks import Asked, Reader
from lineage.questions.common.climb import Climb, owner_of, session_key_of
from lineage.seen import Graph
from lineage.terms import is_forwarded
from lineage.times import iso, parse_when

PARENT_SECONDS = (5, 20)
"""How far from a forward access call its direct call is sought (guide §12.3, rule 7)."""


def origin_of(
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
        node = {
            "kind": stated.kind,
            "name": stated.name,
            "account": stated.account,
            "arn": stated.arn,
            "provider": stated.provider,
        }
        kind = stated.kind
    identifier, known = keys.ref(principal).key, principal if principal in graph else None
    if kind == attempts.KIND:
        _, why_open, tried = identifier.split(":", 2)
        return _unresolved(), why_open, None, [Hint(what="tried identity", value=tried, rule="11")] if tried else []
    own, reason, hints = _of_history(reader, graph, asked, found), None, []
    if kind in ("IAMUser", "RootUser", "AWSService", "Anonymous"):
        resource = None
        if (
            kind == "IAMUser"
            and access_key is None
            and not found.hops
            and asked.who is not None
            and is_forwarded(asked.who)
        ):
            access_key, own, more = _forward_parent(reader, asked, identifier)
            hints += more
        if kind == "AWSService":
            resource = _resource(graph, found)
        name = node.get("name")
        return (
            Origin(
                node=known,
                kind=kind,
                id=identifier,
                account=node.get("account"),
                name=name,
                access_key_id=access_key,
                resource=resource,
            ),
            None,
            own,
            hints,
        )
    if kind in ("SAMLIdentity", "WebIdentity"):
        return (
            Origin(
                node=known,
                kind=kind,
                id=node.get("name"),
                account=_first_account(found),
                name=node.get("name"),
                provider=node.get("provider"),
            ),
            None,
            None,
            hints,
        )
    if kind == "IdentityCenterUser":
        user_id = None if identifier.startswith("name/") else identifier.rsplit("/", 1)[-1]
        provider = None
        return (
            Origin(
                node=known,
                kind=kind,
                id=user_id,
                account=None,
                name=node.get("name"),
                provider=provider or node.get("provider"),
            ),
            None,
            None,
            hints,
        )
    if kind == "ExternalAccount":
        role = identifier.split(":", 1)[-1].startswith("AROA")
        reason = "account-not-loaded" if role else None
        return (
            Origin(
                node=known,
                kind=kind,
                id=identifier,
                account=node.get("account"),
                name=node.get("name"),
            ),
            reason,
            None,
            hints,
        )
    if kind == keys.OTHER:
        _, type_, own_name = identifier.split(":", 2)
        return (
            Origin(node=known, kind=type_, id=own_name, account=node.get("account"), name=node.get("name")),
            None,
            own,
            hints,
        )
    if kind == "FederatedUser":
        return _unresolved(), "no-session-context", None, hints
    if kind == "Unknown" or kind is None:
        masked = asked.who is not None and asked.who.masked
        return _unresolved(), "masked-data" if masked else "no-identity", None, hints
    masked = asked.who is not None and asked.who.masked
    return _unresolved(), "masked-data" if masked else "no-session-context", None, hints


def _of_history(reader: Reader, graph: Graph, asked: Asked, found: Climb) -> str | None:
    """LIKELY where rows of event history alone say whose the chain's first key is, or who called; None else."""
    if keys.ref(found.top).label == schema.CREDENTIAL:
        ways = [way for _, _, way in graph.out_edges(found.top, data=True) if way["type"] == schema.BELONGS_TO]
        return "LIKELY" if any(way.get("confidence") for way in ways) else None
    if found.hops:
        return None
    stated = [asked.who] if asked.who is not None else []
    if not stated and graph.nodes.get(found.top, {}).get("kind") == "RootUser":
        stated = reader.identities_of(keys.ref(found.top))  # the rows that state no key
    return "LIKELY" if stated and all(who.history for who in stated) else None


def attempt_of(graph: Graph, asked: Asked, found: Climb) -> str | None:
    """The attempt to sign in that the identity is, in words; None where it is none."""
    if graph.nodes.get(found.top, {}).get("kind") == attempts.KIND:
        return attempts.told(graph.nodes[found.top].get("name"), keys.ref(found.top).key.split(":", 2)[2])
    if asked.who is not None and asked.who.attempt:
        return attempts.told(*attempts.tried(asked.who))
    return None


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
        return (
            Origin(kind="AWSService", id=service, account=account, name=service, resource=who.in_scope_of),
            None,
            "STRONG",
            [hint],
        )
    principal_id = node.get("principal_id") or (who.principal_id if who else None) or ""
    special = re.match(r"\d+:aws:ec2-(?:infrastructure|instance):(.+)", principal_id)
    name = node.get("name") or (who.session_name if who else None) or ""
    if special:
        hint = Hint(what="principalId", value=principal_id, rule="8")
        return (
            Origin(
                kind="AWSService",
                id="ec2.amazonaws.com",
                account=account,
                name="ec2.amazonaws.com",
                resource=special[1],
            ),
            None,
            "STRONG",
            [hint],
        )
    if re.match(r"m?i-[0-9a-f]{8,17}\Z", name) and (
        node.get("workload") or (who is not None and who.ec2_role_delivery)
    ):
        service = "ssm.amazonaws.com" if name.startswith("mi-") else "ec2.amazonaws.com"
        hint = Hint(what="session name", value=name, rule="8")
        return (
            Origin(kind="AWSService", id=service, account=account, name=service, resource=name),
            None,
            "LIKELY",
            [hint],
        )
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
        names = (
            "eks-cluster-name",
            "kubernetes-namespace",
            "kubernetes-service-account",
            "kubernetes-pod-name",
        )
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


def person_of(origin: Origin) -> Person | None:
    """The human behind an origin, by a name that does not depend on which logs are loaded."""
    if origin.kind == "IdentityCenterUser" and origin.name:
        return Person(name=origin.name, how="identity-center-user-name")
    if origin.kind == "SAMLIdentity" and origin.id:
        return Person(name=origin.id, how="saml-subject")
    if origin.kind == "IAMUser" and origin.id:
        return Person(name=origin.id, how="iam-user")
    return None


def token_makers(reader: Reader, asked: Asked) -> list[Hint]:
    """Who made the token of an Identity Center user's call with IAM credentials: `credentialId` joins the two."""
    who = asked.who
    if who is None or asked.time is None or not who.credential_id or who.attempt:
        return []
    term = keys.credential_term(who.credential_id)
    facts = [fact for fact in reader.lookup([term])[term] if isinstance(fact, Portal) and fact.caller != who]
    return [Hint(what="token made by", value=fact.caller.arn, rule="11") for fact in facts if fact.caller.arn]


def hints_of(graph: Graph, asked: Asked, start: str, origin: Origin) -> list[Hint]:
    """What names somebody without proving it (rules 11 and 12)."""
    who = asked.who
    if origin.kind not in ("Unresolved", "ExternalAccount") or (who is not None and who.attempt):
        return []
    hints = []
    session = session_key_of(start)
    node = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    hints += _switched(graph, asked, session)
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
    if who is not None and who.history and who.user_name:
        hints.append(Hint(what="user name", value=who.user_name, rule="11"))
    key = who.access_key_id if who else None
    account = arns.account_in_id(key) or arns.account_in_id(who.principal_id if who else None)
    if account and origin.kind == "Unresolved":
        hints.append(Hint(what="account in the identifier", value=account, rule="12"))
    return hints


def _switched(graph: Graph, asked: Asked, session: str | None) -> list[Hint]:
    """Who switched the role in the console, where the AssumeRole is missing; the session itself is nobody's hint."""
    node = graph.nodes.get(f"{schema.SESSION} {session}", {}) if session else {}
    own = arns.role_of(node.get("role_arn") or (asked.who.arn if asked.who else None))
    hints = []
    for what, found in (
        ("switched from", node.get("switched_from") or asked.switched[0]),
        ("switched to", node.get("switched_to") or asked.switched[1]),
    ):
        role = arns.role_of(found)
        if found and not (own is not None and role is not None and role[:3] == own[:3]):
            hints.append(Hint(what=what, value=found, rule="11"))
    return hints


def why(reader: Reader, graph: Graph, asked: Asked, found: Climb) -> tuple[str, Missing]:
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


def day_of(found: Climb, asked: Asked) -> str | None:
    if found.hops:
        return found.hops[0].time[:10]
    return iso(asked.time)[:10] if asked.time is not None else None
