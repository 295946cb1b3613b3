"""The answer of a call that grants a session: which role, key, expiry, tags.

Source: field guide §0.2 fact 5, §2.1 to §2.3; AWS STS API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from lineage.model.arn import access_key, role_of, unique_id
from lineage.model.facts import Identity
from lineage.model.times import parse_when
from loaders.records.body import Body, child, items, mapping, text

TAGS = 50
"""Most session tags that STS takes."""


class Where(TypedDict, total=False):
    """The members of a `Grant` that say whose session it is."""

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
    # A masked ID names nobody, and neither does the session name that stands in it.
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
    """Return the access key that the response hands out, None where it is omitted or masked."""
    return access_key(child(response, "credentials", "accessKeyId"))


def expires_of(response: object) -> int | None:
    """Return when the key of the response expires, in epoch seconds."""
    return expires_beside(mapping(child(response, "credentials")))


def expires_beside(one: Mapping[str, object]) -> int | None:
    """Return the expiry that stands in the same object as the key."""
    return parse_when(child(one, "expiration"))


def source_identity_of(body: Body) -> str | None:
    """Return the source identity that was set on the new session."""
    return text(body.response, "sourceIdentity") or text(body.request, "sourceIdentity")


def via_of(body: Body, caller: Identity, role_arn: str | None) -> str | None:
    """Return by which way the record itself says that the session came, None for none of them."""
    if body.service == "rolesanywhere":
        return "roles-anywhere"
    # The service's own linked role is no certificate's session.
    if caller.invoked_by == "rolesanywhere.amazonaws.com" and "/aws-service-role/" not in (role_arn or ""):
        return "roles-anywhere"
    return {"pods.eks.amazonaws.com": "eks-pod-identity", "aws-mcp.amazonaws.com": "mcp"}.get(caller.invoked_by or "")


def session_tags(request: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return the session's tags, sorted: those asked for, from the token, and inherited."""
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
