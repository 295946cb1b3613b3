"""Grants: calls that issue a session or a temporary key.

Every function takes a call that did not fail. Source: field guide §2.0 to §2.6, §2.10; AWS
IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lineage.model.arn import is_masked, parse_arn, unique_id
from lineage.model.facts import Event, Grant, Identity
from loaders.facts.issuance import (
    expires_of,
    issued_key,
    issued_sessions,
    role_session,
    session_tags,
    source_identity_of,
    via_of,
)
from loaders.records.record import Body, account_id, child, mapping, number, text

Extractor = Callable[[Body, Identity, Event], tuple[Grant, ...]]


def assume_role(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the role session that AssumeRole granted; () if neither role nor key is known."""
    return _role_grant("assume-role", body, caller, event, mfa=_mfa(body, caller))


def assume_role_with_saml(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the role session of a SAML subject; the provider is that of `principalArn`."""
    return _role_grant(
        "saml",
        body,
        caller,
        event,
        provider=text(body.request, "principalArn"),
        subject=text(body.response, "subject") or caller.user_name,
    )


def assume_role_with_web_identity(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the role session of a web identity (GitHub, EKS service account, Cognito, …)."""
    return _role_grant(
        "web-identity",
        body,
        caller,
        event,
        provider=text(body.response, "provider") or caller.identity_provider,
        subject=text(body.response, "subjectFromWebIdentityToken") or caller.user_name,
    )


def assume_root(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the root session of a member account that AssumeRoot granted (guide §2.4)."""
    target = text(body.request, "targetPrincipal")
    named = parse_arn(target)
    member = account_id(named.account if named else target)
    if member is None:
        return ()
    return (
        Grant(
            event=event,
            caller=caller,
            kind="assume-root",
            session_type="root",
            account=member,
            partition=body.partition,
            principal_id=member,
            target_principal=member,
            key=issued_key(body.response),
            expires=expires_of(body.response),
            duration_seconds=number(body.request, "durationSeconds"),
            source_identity=source_identity_of(body),
            response_omitted=not mapping(body.response),
        ),
    )


def session_token(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the session of the caller (a user or root) that GetSessionToken granted; () if neither the user nor the
    key is known."""
    if caller.principal_id is None and issued_key(body.response) is None:
        return ()
    return (
        Grant(
            event=event,
            caller=caller,
            kind="session-token",
            session_type="root" if caller.type == "Root" else "user",
            account=caller.account,
            partition=body.partition,
            principal_id=caller.principal_id,
            key=issued_key(body.response),
            expires=expires_of(body.response),
            duration_seconds=number(body.request, "durationSeconds"),
            mfa=_mfa(body, caller),
            response_omitted=not mapping(body.response),
        ),
    )


def federation_token(body: Body, caller: Identity, event: Event) -> tuple[Grant, ...]:
    """Return the session of the federated user that GetFederationToken granted.

    The principal ID is ACCOUNT:NAME, so it is known even if the response was omitted.
    """
    logged = unique_id(text(body.response, "federatedUser", "federatedUserId"))
    name = text(body.request, "name") or (logged.partition(":")[2] if logged else None)
    named = parse_arn(text(body.response, "federatedUser", "arn"))
    account = caller.account or (named.account if named else None)
    key = issued_key(body.response)
    if name is None and key is None:
        return ()
    return (
        Grant(
            event=event,
            caller=caller,
            kind="federation-token",
            session_type="federated",
            account=account,
            partition=named.partition if named else body.partition,
            principal_id=logged or (f"{account}:{name}" if account and name else None),
            session_name=name,
            key=key,
            expires=expires_of(body.response),
            duration_seconds=number(body.request, "durationSeconds"),
            tags=session_tags(body.request),
            mfa=caller.mfa,
            response_omitted=not mapping(body.response),
        ),
    )


OPERATIONS: Mapping[str, Extractor] = {
    "sts:AssumeRole": assume_role,
    "sts:AssumeRoleWithSAML": assume_role_with_saml,
    "sts:AssumeRoleWithWebIdentity": assume_role_with_web_identity,
    "sts:AssumeRoot": assume_root,
    "sts:GetSessionToken": session_token,
    "sts:GetFederationToken": federation_token,
    "sts:GetDelegatedAccessToken": issued_sessions,
    "cognito-identity:GetCredentialsForIdentity": issued_sessions,
    "rolesanywhere:CreateSession": issued_sessions,
    "s3express:CreateSession": issued_sessions,
    "s3:CreateSession": issued_sessions,
    "lakeformation:GetTemporaryGlueTableCredentials": issued_sessions,
    "lakeformation:GetTemporaryGluePartitionCredentials": issued_sessions,
}


def _role_grant(
    kind: str,
    body: Body,
    caller: Identity,
    event: Event,
    *,
    provider: str | None = None,
    subject: str | None = None,
    mfa: bool | None = None,
) -> tuple[Grant, ...]:
    where = role_session(body, mapping(child(body.response, "assumedRoleUser")))
    key = issued_key(body.response)
    if where["role_name"] is None and where["principal_id"] is None and key is None:
        return ()
    source_identity = source_identity_of(body)
    via = via_of(body, caller, where["role_arn"])
    return (
        Grant(
            event=event,
            caller=caller,
            kind=kind,
            session_type="role",
            **where,
            key=key,
            expires=expires_of(body.response),
            duration_seconds=number(body.request, "durationSeconds"),
            provider=provider,
            subject=subject,
            source_identity=source_identity,
            tags=session_tags(body.request),
            external_id=text(body.request, "externalId"),
            mfa=mfa,
            response_omitted=not mapping(body.response),
            # By default, Roles Anywhere uses the certificate's serial number as the session name.
            certificate=(source_identity or where["session_name"]) if via == "roles-anywhere" else None,
            via=via,
        ),
    )


def _mfa(body: Body, caller: Identity) -> bool | None:
    # A successful call with the serial number of a device passed MFA.
    return True if not is_masked(child(body.request, "serialNumber")) else caller.mfa
