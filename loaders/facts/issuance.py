"""The generic rule: whatever key a response holds was issued (guide §2.13).

It finds the vendors of credentials that are not listed, and guards against surprises in the shape of
those that are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lineage.model.arn import access_key, unique_id
from lineage.model.facts import Event, Grant, Identity
from loaders.facts.sts_response import Where, expires_beside, role_session, session_tags, source_identity_of, via_of
from loaders.records.body import Body, child, mapping, number, text, walk

NOT_ISSUING = frozenset(
    f"iam:{name}"
    for name in (
        "UpdateAccessKey",
        "DeleteAccessKey",
        "GetAccessKeyLastUsed",
        "ListAccessKeys",
        "CreateAccessKey",
    )
)
"""Calls that name a key without handing it out; CreateAccessKey is a `Made`."""


def issued_sessions(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return a grant for each temporary key anywhere in the response (guide §2.13).

    The session is that of the role beside or above the key, else of the role in the request, else
    the caller's own. Long-term keys are no sessions; `makings` sees to them.
    """
    if body.api in NOT_ISSUING:
        return ()
    return tuple(
        _generic(body, caller, event, key, near)
        for key, near in issued(body.response)
        # A key that a call repeats to its own caller was not issued by it.
        if key[:4] == "ASIA" and key != caller.access_key_id
    )


def issued(response: object) -> Iterator[tuple[str, tuple[Mapping[str, object], ...]]]:
    """Yield each key ID (`ASIA…`, `AKIA…`) in `response` with the objects around it, inner first."""
    seen = set()
    outer: dict[int, Mapping[str, object]] = {}
    for one in walk(response):
        for value in one.values():
            for inner in value if isinstance(value, list) else (value,):
                if isinstance(inner, dict):
                    outer[id(inner)] = one
        key = access_key(child(one, "accessKeyId"))
        if key is None or key[:4] not in ("ASIA", "AKIA") or key in seen:
            continue
        seen.add(key)
        near = [one]
        while (above := outer.get(id(near[-1]))) is not None:
            near.append(above)
        yield key, tuple(near)


def _generic(body: Body, caller: Identity, event: Event, key: str, near: tuple[Mapping[str, object], ...]) -> Grant:
    expires = next((when for one in near if (when := expires_beside(one)) is not None), None)
    federated = next((m for one in near if (m := mapping(child(one, "federatedUser")))), None)
    user = next((m for one in near if (m := mapping(child(one, "assumedRoleUser")))), mapping(None))
    role_arn = next((arn for one in near if (arn := text(one, "roleArn")) is not None), None)
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
        source_identity=source_identity_of(body) or _first(near, "sourceIdentity"),
        tags=session_tags(body.request),
        certificate=(
            _first(near, "sourceIdentity") or where.get("session_name") or text(body.response, "subjectArn")
            if via == "roles-anywhere"
            else None
        ),
        via=via,
    )


def _own(body: Body, caller: Identity) -> tuple[str, Where]:
    """Return the caller's own session: what a key is for when its call names no other (s3express)."""
    kind = {"IAMUser": "user", "Root": "root", "FederatedUser": "federated"}.get(caller.type, "role")
    return kind, {
        "account": caller.account or body.account,
        "partition": body.partition,
        "principal_id": caller.principal_id,
        "role_name": caller.role_name,
        "role_arn": caller.role_arn,
        "session_name": caller.session_name,
    }


def _first(near: tuple[Mapping[str, object], ...], name: str) -> str | None:
    return next((found for one in near if (found := text(one, name)) is not None), None)
