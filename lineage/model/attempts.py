"""Sign-in attempts: calls that name a user but prove no credentials.

A failed sign-in proves nothing about the caller: anyone can type a user name or send a forged token. `CheckMfa`
precedes the sign-in, so it proves nothing either. Such calls belong to a separate node, so that no question takes
them for actions of the principal. Source: field guide §1.2, §4.1.
"""

from __future__ import annotations

from lineage.model.facts import Identity

FAILED = "sign-in-failed"
CHECK = "sign-in-check"

KIND = "SignInAttempt"
"""Second label of the Principal that attempts belong to."""

IDENTITY_CENTER = frozenset(
    {"signin:UserAuthentication", "signin:CredentialChallenge", "signin:CredentialVerification"}
)
SIGN_INS = frozenset({"signin:ConsoleLogin", "signin:CheckMfa"}) | IDENTITY_CENTER
"""Sign-in events whose failure may be only in their response."""
OPERATIONS = SIGN_INS | {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}
"""Operations that are attempts if they fail; `CheckMfa` always is one."""
NAMES = frozenset(api.partition(":")[2] for api in OPERATIONS)
"""Their event names."""


def attempt(api: str, error: str | None) -> str | None:
    """Return `sign-in-failed` or `sign-in-check` if a call is only an attempt to sign in, else None.

    A denied AssumeRole, GetSessionToken or GetFederationToken is none: its caller signed it.

    >>> attempt("signin:ConsoleLogin", "Failure"), attempt("signin:CheckMfa", None), attempt("sts:AssumeRole", "x")
    ('sign-in-failed', 'sign-in-check', None)
    """
    if api == "signin:CheckMfa":
        return CHECK
    return FAILED if error is not None and api in OPERATIONS else None


def attempted_identity(who: Identity) -> tuple[str | None, str]:
    """Return name and identifier of the identity that was attempted: an ARN if there is one, else provider and
    subject, a user ID or the name. Both are as logged; for a hidden user name they are None and "".
    """
    if who.type == "Root":
        return "root", who.arn or f"{who.account or ''}:root"
    if who.type in ("SAMLUser", "WebIdentityUser"):
        subject = who.user_name or who.principal_id
        return subject, " ".join(part for part in (who.identity_provider, subject) if part)
    if who.on_behalf_of:
        store = (who.identity_store or "").rsplit("/", 1)[-1]
        return who.user_name, f"{store}/{who.on_behalf_of}"
    if who.type == "IAMUser" and not who.arn and who.account and who.user_name:
        return who.user_name, f"arn:{who.partition or 'aws'}:iam::{who.account}:user/{who.user_name}"
    arn = who.arn.rsplit("/", 1)[-1] if who.arn else None
    name = who.user_name or who.session_name or arn or who.principal_id
    return name, who.arn or who.user_name or who.principal_id or ""


def describe(name: str | None, identifier: str = "") -> str:
    """Return a description of the attempt; a user without a name is described by the end of its identifier.

    >>> describe("alice.moor"), describe(None)
    ('attempt to sign in as alice.moor', 'attempt to sign in as an unknown user')
    """
    return f"attempt to sign in as {name or identifier.rsplit('/', 1)[-1] or 'an unknown user'}"
