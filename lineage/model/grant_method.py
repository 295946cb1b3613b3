"""How a session was obtained: the vocabulary of `method_of` and `via` (field guide §8, rules in order)."""

from __future__ import annotations

from collections.abc import Sequence

from lineage.model.facts import Grant, SignIn

CONSOLE_SIGN_INS = ("ConsoleLogin", "SwitchRole", "RenewRole", "GetSigninToken")


def is_identity_center(grant: Grant) -> bool:
    """Return whether IAM Identity Center granted the session: an `AWSSSO_*` provider or a permission-set role."""
    provider = grant.provider or ""
    return (
        "saml-provider/AWSSSO_" in provider
        or "aws-reserved/sso.amazonaws.com" in (grant.role_arn or "")
        or (grant.role_name or "").startswith("AWSReservedSSO_")
    )


def method_of(grant: Grant, sign_ins: Sequence[SignIn]) -> str:
    """Return how a session was obtained, e.g. `identity-center`, `saml-console`, `cli-sdk`.

    `sign_ins` are the sign-in events with the session's principal and time.
    """
    if grant.kind in ("saml", "assume-role") and is_identity_center(grant) and grant.caller.type != "AWSAccount":
        return "identity-center"
    if grant.kind == "saml":
        return "saml-console" if _console_saml(grant, sign_ins) else "saml"
    plain = {
        "web-identity": "web-identity",
        "assume-root": "root-task",
        "session-token": "session-token",
        "federation-token": "federation-token",
        "console-login": "console",
        "sign-in": "console",
    }
    if grant.kind in plain:
        return plain[grant.kind]
    caller = grant.caller
    if caller.type == "AWSService":
        return "service-linked" if "/aws-service-role/" in (grant.role_arn or "") else "service"
    if any(sign_in.kind in ("SwitchRole", "RenewRole") for sign_in in sign_ins) or _console_switch(grant):
        return "console-switch-role"
    if caller.invoked_by and _is_service(caller.invoked_by):
        return "service-on-behalf"
    return "cli-sdk"


def via(grant: Grant) -> str | None:
    """Return the intermediary of the grant: a service name, `mcp`, `eks-pod-identity`, `roles-anywhere` or None.

    `aws login` depends on the call (rule 5c), so `who` adds it.
    """
    caller = grant.caller
    if grant.via:
        return grant.via
    if caller.type == "AWSService":
        special = {"pods.eks.amazonaws.com": "eks-pod-identity", "rolesanywhere.amazonaws.com": "roles-anywhere"}
        return special.get(caller.invoked_by or "", caller.invoked_by)
    if caller.invoked_by == "aws-mcp.amazonaws.com":
        return "mcp"
    if caller.invoked_by and _is_service(caller.invoked_by) and not _console_switch(grant):
        return caller.invoked_by
    return None


def _is_service(name: str) -> bool:
    return name.endswith((".amazonaws.com", ".amazonaws.com.cn")) and name != "signin.amazonaws.com"


def _console_saml(grant: Grant, sign_ins: Sequence[SignIn]) -> bool:
    return (grant.event.user_agent or "").startswith("AWS Signin") or any(
        sign_in.kind in ("ConsoleLogin", "GetSigninToken") for sign_in in sign_ins
    )


def _console_switch(grant: Grant) -> bool:
    agent = grant.event.user_agent or ""
    return (
        grant.event.source_ip == "AWS Internal"
        and (agent == "AWS Internal" or agent.startswith("AWS Signin"))
        and grant.caller.invoked_by in (None, "AWS Internal")
    )
