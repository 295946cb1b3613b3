"""Issued credentials: which session, key, expiry and tags a response states, and the generic rule (guide §2.13).

The generic rule takes every key in a response as issued. It finds operations that issue credentials and are not
listed, and guards against surprises in the responses of those that are.

Source: field guide §0.2 fact 5, §2.1 to §2.3, §2.13; AWS STS API Reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict

from lineage.model import keys
from lineage.model.arn import LONG_TERM, TEMPORARY, access_key, is_temporary, role_of, unique_id
from lineage.model.facts import Event, Grant, Identity
from lineage.model.times import parse_when
from loaders.records.record import Body, child, items, mapping, number, text, walk

TAGS = 50
"""Most session tags that STS accepts."""


class Where(TypedDict, total=False):
    """The members of a `Grant` that identify the session."""

    account: str | None
    partition: str
    principal_id: str | None
    role_name: str | None
    role_arn: str | None
    session_name: str | None


def role_session(body: Body, user: Mapping[str, object], role_arn: str | None = None) -> Where:
    """Return which role session was granted: from the response, else from the request (guide §0.2 fact 5)."""
    assumed = role_of(text(user, "arn"))
    asked = next(
        (
            found
            for arn in (
                role_arn,
                text(body.request, "roleArn"),
                text(body.response, "roleArn"),
                *(text(one, "ARN") for one in body.resources),
            )
            if (found := role_of(arn)) is not None and found.path_arn is not None
        ),
        None,
    )
    role = asked or assumed
    # A masked ID identifies nothing, and neither does the session name in it.
    principal = unique_id(text(user, "assumedRoleId"))
    session = (principal or "").partition(":")[2] or None
    return {
        "account": role.account if role else None,
        "partition": role.partition if role else body.partition,
        "principal_id": principal,
        "role_name": role.role_name if role else None,
        "role_arn": role.path_arn if role else None,
        "session_name": session or (assumed.session_name if assumed else None) or text(body.request, "roleSessionName"),
    }


def issued_key(response: object) -> str | None:
    """Return the issued access key in the response, None if it is omitted or masked."""
    return access_key(child(response, "credentials", "accessKeyId"))


def expires_of(response: object) -> int | None:
    """Return when the key in the response expires, in epoch seconds."""
    return parse_when(child(response, "credentials", "expiration"))


def source_identity_of(body: Body) -> str | None:
    """Return the source identity of the new session."""
    return text(body.response, "sourceIdentity") or text(body.request, "sourceIdentity")


def via_of(body: Body, caller: Identity, role_arn: str | None) -> str | None:
    """Return how the session was obtained if the record itself says so: `roles-anywhere`, `eks-pod-identity`, `mcp`."""
    if body.service == "rolesanywhere":
        return "roles-anywhere"
    # The service's own linked role is not a certificate's session.
    if caller.invoked_by == "rolesanywhere.amazonaws.com" and "/aws-service-role/" not in (role_arn or ""):
        return "roles-anywhere"
    return {"pods.eks.amazonaws.com": "eks-pod-identity", "aws-mcp.amazonaws.com": "mcp"}.get(caller.invoked_by or "")


def session_tags(request: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the tags of the session, sorted: those of the request, of the token, and inherited ones."""
    tags: dict[str, str] = {}
    for inherited in ("incomingTransitiveTags", "principalTags"):
        for name, value in mapping(child(request, inherited)).items():
            if isinstance(value, list):
                value = ",".join(str(one) for one in value)
            if isinstance(value, str):
                tags[name] = value
    for one in items(child(request, "tags")):
        key, tag = child(one, "key"), child(one, "value")
        if isinstance(key, str) and isinstance(tag, str):
            tags[key] = tag
    return tuple(sorted(tags.items())[:TAGS])


NOT_ISSUING = frozenset(
    f"iam:{name}"
    for name in ("UpdateAccessKey", "DeleteAccessKey", "GetAccessKeyLastUsed", "ListAccessKeys", "CreateAccessKey")
)
"""Calls that name a key without issuing it; CreateAccessKey is a `Made` fact."""


def issued_sessions(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return a grant for each temporary key at any depth of the response (guide §2.13).

    The session is that of the role in an enclosing object, else of the role in the request, else the caller's own.
    Long-term keys are in `loaders.facts.creations`.
    """
    if body.api in NOT_ISSUING:
        return ()
    return tuple(
        _generic(body, caller, event, key, enclosing)
        for key, enclosing in issued(body.response)
        # A key that the caller already has was not issued by this call.
        if is_temporary(key) and key != caller.access_key_id
    )


def issued(response: object) -> Iterator[tuple[str, tuple[Mapping[str, object], ...]]]:
    """Yield each key ID (`ASIA…`, `AKIA…`) in `response` with its enclosing objects, innermost first."""
    seen = set()
    outer: dict[int, Mapping[str, object]] = {}
    for one in walk(response):
        for value in one.values():
            for inner in value if isinstance(value, list) else (value,):
                if isinstance(inner, dict):
                    outer[id(inner)] = one
        key = access_key(child(one, "accessKeyId"))
        if key is None or key[:4] not in (TEMPORARY, LONG_TERM) or key in seen:
            continue
        seen.add(key)
        enclosing = [one]
        while (above := outer.get(id(enclosing[-1]))) is not None:
            enclosing.append(above)
        yield key, tuple(enclosing)


def _generic(
    body: Body, caller: Identity, event: Event, key: str, enclosing: tuple[Mapping[str, object], ...]
) -> Grant:
    expires = next((when for one in enclosing if (when := parse_when(child(one, "expiration"))) is not None), None)
    federated = next((m for one in enclosing if (m := mapping(child(one, "federatedUser")))), None)
    user = next((m for one in enclosing if (m := mapping(child(one, "assumedRoleUser")))), mapping(None))
    role_arn = next((arn for one in enclosing if (arn := text(one, "roleArn")) is not None), None)
    cognito = body.service == "cognito-identity"
    role_arn = role_arn or text(body.request, "customRoleArn")
    via = via_of(body, caller, role_arn)
    where: Where
    if federated is not None:
        kind = "federated"
        principal = unique_id(text(federated, "federatedUserId"))
        where = {
            "account": caller.account,
            "partition": body.partition,
            "principal_id": principal,
            "session_name": (principal or "").partition(":")[2] or None,
        }
    else:
        where = role_session(body, user, role_arn)
        kind = "role"
        if where["role_name"] is None and where["principal_id"] is None:
            kind, where = _own(body, caller)
    return Grant(
        event=event,
        caller=caller,
        kind="generic",
        session_type=kind,
        **where,
        key=key,
        expires=expires,
        duration_seconds=number(body.request, "durationSeconds"),
        provider="cognito-identity.amazonaws.com" if cognito else None,
        subject=(text(body.response, "identityId") or text(body.request, "identityId")) if cognito else None,
        source_identity=source_identity_of(body) or _first(enclosing, "sourceIdentity"),
        tags=session_tags(body.request),
        certificate=(
            _first(enclosing, "sourceIdentity") or where.get("session_name") or text(body.response, "subjectArn")
            if via == "roles-anywhere"
            else None
        ),
        via=via,
    )


def _own(body: Body, caller: Identity) -> tuple[str, Where]:
    """Return the caller's own session, to which a key belongs if the call names no other (s3express)."""
    return keys.session_type(caller), {
        "account": caller.account or body.account,
        "partition": body.partition,
        "principal_id": caller.principal_id,
        "role_name": caller.role_name,
        "role_arn": caller.role_arn,
        "session_name": caller.session_name,
    }


def _first(enclosing: tuple[Mapping[str, object], ...], name: str) -> str | None:
    return next((found for one in enclosing if (found := text(one, name)) is not None), None)
