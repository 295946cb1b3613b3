"""Attempts to sign in: calls that show who was tried, never whose credentials were used.

A sign-in that fails proves nothing about the caller: anybody can type a user name or send a forged token. `CheckMfa`
comes before the sign-in itself, so it proves nothing either. Such calls hang on a node of their own, so that no
question takes them for something that the principal did. Source: field guide §1.2, §4.1.
"""

from __future__ import annotations

from lineage.model.facts import Identity

FAILED = "sign-in-failed"
CHECK = "sign-in-check"

KIND = "SignInAttempt"
"""Second label of the Principal that attempts hang on."""

IDENTITY_CENTER = frozenset(
    {"signin:UserAuthentication", "signin:CredentialChallenge", "signin:CredentialVerification"}
)
SIGN_INS = frozenset({"signin:ConsoleLogin", "signin:CheckMfa"}) | IDENTITY_CENTER
"""Sign-in events whose failure may stand in their response alone."""
OPERATIONS = SIGN_INS | {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"}
"""Operations that are attempts where they fail; `CheckMfa` always is one."""
NAMES = frozenset(api.partition(":")[2] for api in OPERATIONS)
"""Their event names."""


def attempt(api: str, error: str | None) -> str | None:
    """Return `sign-in-failed` or `sign-in-check` where a call is only an attempt to sign in, None else.

    A refused AssumeRole, GetSessionToken or GetFederationToken is none: it is signed by its caller.

    >>> attempt("signin:ConsoleLogin", "Failure"), attempt("signin:CheckMfa", None), attempt("sts:AssumeRole", "x")
    ('sign-in-failed', 'sign-in-check', None)
    """
    if api == "signin:CheckMfa":
        return CHECK
    return FAILED if error is not None and api in OPERATIONS else None


def tried(who: Identity) -> tuple[str | None, str]:
    """Return name and identifier of the identity that was tried: an ARN where there is one, else provider and
    subject, a user ID or the name. Both are as logged; a hidden user name is None and "".
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


def told(name: str | None, identifier: str = "") -> str:
    """Return the attempt in words; of a user without a name by what its identifier ends in.

    >>> told("alice.moor"), told(None)
    ('attempt to sign in as alice.moor', 'attempt to sign in as an unknown user')
    """
    return f"attempt to sign in as {name or identifier.rsplit('/', 1)[-1] or 'an unknown user'}"
