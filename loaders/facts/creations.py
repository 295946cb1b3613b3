"""Creations: users, roles and long-term credentials.

Every function takes a call that did not fail. Source: field guide §2.9; AWS IAM API Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lineage.model.arn import LONG_TERM, access_key, parse_arn, role_of, unique_id
from lineage.model.facts import Event, Identity, Made
from loaders.facts.changes import is_implicit, state
from loaders.facts.issuance import issued
from loaders.records.record import Body, find, mapping, text

Extractor = Callable[[Body, Identity, Event], tuple[Made, ...]]


def created_access_key(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return the access key that CreateAccessKey created and its user: the caller if the request names none."""
    named = text(body.request, "userName") or text(body.response, "accessKey", "userName")
    return (_for_user(body, caller, event, "access key", named, access_key(find(body.response, "accessKeyId"))),)


def created_login_profile(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return the console password that CreateLoginProfile created."""
    named = text(body.request, "userName") or text(body.response, "loginProfile", "userName")
    return (_for_user(body, caller, event, "login profile", named, None),)


def created_credential(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return another long-term credential; `key` is its ID, at any depth of the response."""
    names = ("serviceSpecificCredentialId", "sSHPublicKeyId", "certificateId")
    key = next((found for name in names if (found := find(body.response, name)) is not None), None)
    named = find(body.request, "userName") or find(body.response, "userName")
    return (_for_user(body, caller, event, "credential", named, key),)


def created_user(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return the user that CreateUser created; the path is "/" if the request has none."""
    user = mapping(mapping(body.response).get("user"))
    name = text(user, "userName") or text(body.request, "userName")
    arn = text(user, "arn") or _arn_by_path(body, "user", name)
    return _entity(body, caller, event, "user", "IAMUser", name, arn, text(user, "userId"))


def created_role(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return the role that CreateRole created, with its trust policy."""
    role = mapping(mapping(body.response).get("role"))
    name = text(role, "roleName") or text(body.request, "roleName")
    arn = text(role, "arn") or _arn_by_path(body, "role", name)
    found = _entity(body, caller, event, "role", "Role", name, arn, text(role, "roleId"))
    trust = state(body, ("assumeRolePolicyDocument",))
    return tuple(msgspec.structs.replace(one, trust=trust) for one in found)


def created_service_linked_role(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return the service-linked role that was created; AWS chooses its name, so only the response has it."""
    role = mapping(mapping(body.response).get("role"))
    found = role_of(text(role, "arn"))
    name = text(role, "roleName") or (found.role_name if found else None)
    return _entity(body, caller, event, "service-linked role", "Role", name, text(role, "arn"), text(role, "roleId"))


def issued_keys(body: Body, caller: Identity, event: Event) -> tuple[Made, ...]:
    """Return each long-term key at any depth of the response of an unlisted operation (guide §2.13).

    Its user is the user name in an enclosing object, if there is one.
    """
    return tuple(
        Made(
            event=event,
            caller=caller,
            what="access key",
            account=body.account,
            partition=body.partition,
            name=next((name for one in enclosing if (name := text(one, "userName")) is not None), None),
            key=key,
        )
        for key, enclosing in issued(body.response)
        if key.startswith(LONG_TERM)
    )


OPERATIONS: Mapping[str, Extractor] = {
    "iam:CreateAccessKey": created_access_key,
    "iam:CreateLoginProfile": created_login_profile,
    "iam:CreateUser": created_user,
    "iam:CreateRole": created_role,
    "iam:CreateServiceLinkedRole": created_service_linked_role,
    "iam:CreateServiceSpecificCredential": created_credential,
    "iam:UploadSSHPublicKey": created_credential,
    "iam:UploadSigningCertificate": created_credential,
}


def _for_user(body: Body, caller: Identity, event: Event, what: str, named: str | None, key: str | None) -> Made:
    """Return the credential with its user, unknown if neither the request nor the operation names one.

    The ARN of a user is not built from its name: the path is unknown.
    """
    if named is None:
        own = caller.type in ("IAMUser", "Root") and is_implicit(body)
    else:
        own = caller.type == "IAMUser" and named == caller.user_name
    return Made(
        event=event,
        caller=caller,
        what=what,
        account=(caller.account if own else body.account) or body.account,
        partition=body.partition,
        name=named or (caller.user_name if own and caller.type == "IAMUser" else None),
        principal_type="RootUser" if own and caller.type == "Root" else "IAMUser",
        principal_arn=caller.arn if own else None,
        unique_id=caller.principal_id if own and caller.type == "IAMUser" else None,
        key=key,
    )


def _entity(
    body: Body,
    caller: Identity,
    event: Event,
    what: str,
    principal_type: str,
    name: str | None,
    arn: str | None,
    logged_id: str | None,
) -> tuple[Made, ...]:
    if name is None and arn is None:
        return ()
    named = parse_arn(arn)
    return (
        Made(
            event=event,
            caller=caller,
            what=what,
            account=named.account if named else body.account,
            partition=named.partition if named else body.partition,
            name=name,
            principal_type=principal_type,
            principal_arn=arn,
            unique_id=unique_id(logged_id),
        ),
    )


def _arn_by_path(body: Body, kind: str, name: str | None) -> str | None:
    """Return the ARN of a new user or role: only the request that creates it has the path."""
    if name is None or body.account is None:
        return None
    path = text(body.request, "path") or "/"
    return f"arn:{body.partition}:iam::{body.account}:{kind}{path}{name}"
