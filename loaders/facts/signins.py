"""Sign-ins: console, `aws login` and Identity Center portal events, and downstream calls of MCP agents.

Source: field guide §2.7, §2.8, §4.1; AWS CloudTrail User Guide, "AWS Management Console sign-in
events"; IAM Identity Center User Guide, "CloudTrail use cases".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lineage.model import attempts
from lineage.model.arn import access_key, is_masked
from lineage.model.facts import AnyFact, Delegated, Event, Grant, Identity, Portal, SignIn, UserName
from loaders.records.record import Body, Record, account_id, child, decode, find, items, partition_of, text

Extractor = Callable[[Body, Identity, Event], tuple[AnyFact, ...]]

REQUEST_IDS = 1000
"""Most downstream requests of one agent call."""


def failure_reason(record: Record, api: str) -> str | None:
    """Return the outcome of a failed sign-in event, which may have neither error code nor message; None on success.

    >>> failure_reason(Record(response_elements=msgspec.Raw(b'{"ConsoleLogin":"Failure"}')), "signin:ConsoleLogin")
    'Failure'
    """
    if api not in attempts.SIGN_INS:
        return None
    operation = api.partition(":")[2]
    for member in (record.response_elements, record.service_event_details):
        outcome = text(decode(member), operation)
        if outcome is not None and outcome.lower() != "success":
            return outcome
    return None


def attempted(record: Record, api: str, error: str | None, who: Identity) -> Identity:
    """Return the identity that a failed sign-in tried to become; any other identity unchanged.

    A user or root gets an ARN: the record states account and name. Keys and sessions are dropped, because an
    attempt has none.
    """
    reason = attempts.attempt(api, error)
    if reason is None:
        return who
    arn = who.arn
    if arn is None and who.account and (who.type == "Root" or (who.type == "IAMUser" and who.user_name)):
        resource = "root" if who.type == "Root" else f"user/{who.user_name}"
        arn = f"arn:{partition_of(record, who)}:iam::{who.account}:{resource}"
    name = who.user_name
    if name is None and api in attempts.IDENTITY_CENTER:
        name = text(decode(record.additional_event_data), "UserName")
    return msgspec.structs.replace(who, attempt=reason, arn=arn, user_name=name, access_key_id=None, created=None)


def caller(record: Record, api: str, who: Identity) -> Identity:
    """Return the identity of a record: `attempted` if the call is a failed sign-in."""
    if api not in attempts.OPERATIONS:
        return who
    return attempted(record, api, record.error_code or record.error_message or failure_reason(record, api), who)


def console_login(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return the session that a user or root opened, or the sign-in to a session granted by another call.

    Only for a logged `Success`: a sign-in without a response proves nothing.
    """
    if text(body.response, "ConsoleLogin") not in ("Success", "success"):
        return ()
    if caller.type not in ("IAMUser", "Root"):
        return sign_in(body, caller, event)
    if caller.principal_id is None:
        return ()
    used = str(body.extra.get("MFAUsed", "")).lower()
    return (
        Grant(
            event=event,
            caller=caller,
            kind="console-login",
            session_type="root" if caller.type == "Root" else "user",
            account=caller.account,
            partition=body.partition,
            principal_id=caller.principal_id,
            mfa={"yes": True, "no": False}.get(used),
        ),
    )


def sign_in(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return the sign-in event of the caller's session."""
    client = text(body.request, "client_id")
    return (
        SignIn(
            event=event,
            caller=caller,
            kind=body.operation,
            switch_from=text(body.extra, "SwitchFrom"),
            switch_to=text(body.extra, "SwitchTo"),
            key=access_key(child(body.response, "credentials", "accessKeyId")),
            client=client,
            saml_provider=text(body.extra, "SamlProviderArn"),
            sign_in_session=text(body.extra, "signInSessionArn") or caller.sign_in_session,
            mcp="/dcr/" in (client or "") or not is_masked(child(body.request, "resource")),
        ),
    )


def portal(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return the portal event with the requested account and permission set, if logged.

    Users of other services call CreateToken too; its `onBehalfOf` is on the caller.
    """
    stated = (body.details, body.request, body.extra)
    accounts = (child(where, name) for where in stated for name in ("account_id", "accountId"))
    roles = (child(where, name) for where in stated for name in ("role_name", "roleName"))
    return (
        Portal(
            event=event,
            caller=caller,
            kind=body.operation,
            account=account_id(next((one for one in accounts if not is_masked(str(one or ""))), None)),
            role_name=next((one for one in roles if isinstance(one, str) and not is_masked(one)), None),
            user_id=caller.on_behalf_of or text(body.extra, "identitystore:UserId"),
            credential_id=caller.credential_id or text(body.extra, "identitycenter:CredentialId"),
        ),
    )


def identity_center_sign_in(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return user ID and user name of an Identity Center sign-in; () if both are missing.

    If the event states only one of them, `AuthWorkflowID` joins it with the other events of the sign-in.
    """
    user_id, name = caller.on_behalf_of, text(body.extra, "UserName") or caller.user_name
    workflow = text(body.extra, "AuthWorkflowID")
    if (user_id is None) == (name is None) or workflow is None:
        return _named(caller, event, caller.identity_store, user_id, name)
    return (
        UserName(
            event=event, caller=caller, store=caller.identity_store, user_id=user_id, name=name, workflow=workflow
        ),
    )


def directory_user(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return user ID and name from calls of the identity store, unless the name is hidden."""
    store = text(body.request, "identityStoreId")
    if store is not None and body.account is not None:
        store = f"arn:{body.partition}:identitystore::{body.account}:identitystore/{store}"
    user_id = find(body.response, "userId") or text(body.request, "userId")
    name = find(body.request, "userName") or find(body.response, "userName")
    return _named(caller, event, store, user_id, name)


def pod_identity(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return that a node requested credentials for a pod; the grant is another record (guide §2.10)."""
    return (Delegated(event=event, caller=caller, kind="eks-pod-identity", cluster=text(body.request, "clusterName")),)


def downstream(body: Body, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return the request IDs of the downstream API calls of an agent; () if there are none."""
    wanted = items(child(body.extra, "downstreamRequests"))
    ids = sorted({found for one in wanted if (found := text(one, "requestId")) is not None})
    if not ids:
        return ()
    return (Delegated(event=event, caller=caller, kind="mcp", request_ids=tuple(ids[:REQUEST_IDS])),)


def is_token_call(api: str) -> bool:
    """Return whether `api` is a token call of `signin`; AWS adds new ones under the same prefix."""
    return api.startswith("signin:CreateOAuth2Token")


OPERATIONS: Mapping[str, Extractor] = {
    "signin:ConsoleLogin": console_login,
    **{
        f"signin:{name}": sign_in
        for name in ("SwitchRole", "RenewRole", "ExitRole", "GetSigninToken", "AuthorizeOAuth2Access")
    },
    **{
        f"signin:{name}": identity_center_sign_in
        for name in ("UserAuthentication", "CredentialChallenge", "CredentialVerification")
    },
    **{f"sso:{name}": portal for name in ("GetRoleCredentials", "Federate", "Authenticate", "CreateToken")},
    "sso-oauth:CreateToken": portal,
    "sso-oauth:CreateTokenWithIAM": portal,
    **{
        f"{service}:{name}": directory_user
        for service in ("identitystore", "sso-directory")
        for name in ("CreateUser", "DescribeUser", "UpdateUser")
    },
    "eks-auth:AssumeRoleForPodIdentity": pod_identity,
}


def _named(
    caller: Identity, event: Event, store: str | None, user_id: str | None, name: str | None
) -> tuple[UserName, ...]:
    if user_id is None or name is None:
        return ()
    return (UserName(event=event, caller=caller, store=store, user_id=user_id, name=name),)
