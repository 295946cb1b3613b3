"""The callers that request a role session, and the records of their grants (guide §2, §3)."""

from __future__ import annotations

from typing import NamedTuple

PORTAL = "https://portal.sso.us-east-1.amazonaws.com/saml/assertion/MjAzNTEyODQ3OTAxX2lucy1iMWEyYzNkNGU1ZjY"
QUALIFIER = "Zk3Jq9wN0xT5rY7uV1bL="
_WITHOUT_ASSUMED_USER = ("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs-tasks.amazonaws.com")
"""Services whose AssumeRole records name no `assumedRoleUser` (guide §0.2)."""


class Caller(NamedTuple):
    """A caller that requests a session. JSON members begin or end with a comma as needed."""

    identities: tuple[tuple[str, str], ...]
    """Recipient account and `userIdentity` of each copy of the record."""
    operation: str = "AssumeRole"
    asked: str = ""
    """First members of `requestParameters`."""
    given: str = ""
    """Last members of `responseElements`."""
    names_session: bool = True
    shared: bool = False
    """The record has a `sharedEventID`."""
    host: str = ""
    """The calling service, which stands for address and agent."""


def session_caller(account: str, identity: str, principal: str, role_account: str) -> Caller:
    """Return a session or user; if the role is in another account, both accounts log the grant."""
    if account == role_account:
        return Caller(((account, identity),))
    outside = f'{{"type":"AWSAccount","principalId":"{principal}","accountId":"{account}"}}'
    return Caller(((account, identity), (role_account, outside)), shared=True)


def outside_caller(account: str, principal: str, role_account: str) -> Caller:
    """Return a principal of an account without logs."""
    outside = f'{{"type":"AWSAccount","principalId":"{principal}","accountId":"{account}"}}'
    return Caller(((role_account, outside),), shared=True)


def service_caller(host: str, role_account: str) -> Caller:
    """Return an AWS service, such as `ec2.amazonaws.com`."""
    identity = f'{{"type":"AWSService","invokedBy":"{host}"}}'
    named = host not in _WITHOUT_ASSUMED_USER
    return Caller(((role_account, identity),), names_session=named, shared=True, host=host)


def saml_caller(user: str, role_account: str) -> Caller:
    """Return a person who signs in with Identity Center."""
    provider = f"arn:aws:iam::{role_account}:saml-provider/AWSSSO_5f3a9c1e7b2d4680_DO_NOT_DELETE"
    identity = (
        f'{{"type":"SAMLUser","principalId":"{QUALIFIER}:{user}","userName":"{user}","identityProvider":"{QUALIFIER}"}}'
    )
    return Caller(
        ((role_account, identity),),
        "AssumeRoleWithSAML",
        f'"sAMLAssertionID":"_7d1f0a9b-2c4e-4f6a-8b0d-{role_account}","principalArn":"{provider}",',
        f',"subject":"{user}","subjectType":"persistent","issuer":"{PORTAL}",'
        f'"audience":"https://signin.aws.amazon.com/saml","nameQualifier":"{QUALIFIER}"',
    )


def oidc_caller(provider_host: str, subject: str, role_account: str) -> Caller:
    """Return a pod or a pipeline with a token of an OIDC provider."""
    provider = f"arn:aws:iam::{role_account}:oidc-provider/{provider_host}"
    identity = (
        f'{{"type":"WebIdentityUser","principalId":"{provider}:sts.amazonaws.com:{subject}",'
        f'"userName":"{subject}","identityProvider":"{provider}"}}'
    )
    return Caller(
        ((role_account, identity),),
        "AssumeRoleWithWebIdentity",
        "",
        f',"provider":"{provider}","subjectFromWebIdentityToken":"{subject}","audience":"sts.amazonaws.com"',
    )
