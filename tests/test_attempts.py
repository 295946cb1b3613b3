"""Attempts to sign in: `lineage.model.attempts`, and how the loaders mark them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lineage.model import attempts, keys
from lineage.model.facts import Identity
from loaders.facts import signins
from loaders.facts.identity import identity
from tests.records import record

USER = {
    "type": "IAMUser",
    "principalId": "AIDATFQR7NSC5AU2ZV3IE",
    "accountId": "123837392027",
    "accessKeyId": "",
    "userName": "alice",
}
FAILED = {"ConsoleLogin": "Failure"}


def tried(name: str, who: dict[str, Any], **members: Any) -> Identity:
    """The identity that the loaders make of the record."""
    one = record(name, userIdentity=who, **members)
    return signins.caller(one, name, identity(bytes(one.user_identity), one.event_type))


@pytest.mark.parametrize(
    ("name", "members", "reason"),
    [
        ("signin:ConsoleLogin", {"responseElements": {"ConsoleLogin": "Success"}}, None),
        ("signin:ConsoleLogin", {"responseElements": FAILED}, "sign-in-failed"),
        ("signin:ConsoleLogin", {"errorMessage": "Failed authentication"}, "sign-in-failed"),
        ("signin:CheckMfa", {"responseElements": {"CheckMfa": "Success"}}, "sign-in-check"),
        ("signin:CheckMfa", {"responseElements": {"CheckMfa": "Failure"}}, "sign-in-check"),
        ("signin:CredentialVerification", {"serviceEventDetails": {"CredentialVerification": "Success"}}, None),
        (
            "signin:CredentialVerification",
            {"serviceEventDetails": {"CredentialVerification": "Failure"}},
            "sign-in-failed",
        ),
        ("sts:AssumeRoleWithSAML", {"errorCode": "AccessDenied"}, "sign-in-failed"),
        ("sts:AssumeRoleWithWebIdentity", {"errorCode": "InvalidIdentityToken"}, "sign-in-failed"),
        ("sts:AssumeRoleWithWebIdentity", {}, None),
        ("sts:AssumeRole", {"errorCode": "AccessDenied"}, None),
        ("sts:GetSessionToken", {"errorCode": "AccessDenied"}, None),
        ("sts:GetFederationToken", {"errorCode": "AccessDenied"}, None),
        ("signin:SwitchRole", {"responseElements": {"SwitchRole": "Failure"}}, None),
    ],
)
def test_what_is_an_attempt(name: str, members: dict[str, Any], reason: str | None) -> None:
    """A failed sign-in and every MFA check are attempts; what is signed by its caller is none."""
    assert tried(name, USER, **members).attempt == reason


def test_attempt_hangs_apart_from_the_user() -> None:
    """The user that was tried is named by an ARN, and the attempt is no call of that user."""
    who = tried("signin:ConsoleLogin", USER, responseElements=FAILED, awsRegion="cn-north-1")
    node = keys.principal(who)

    assert who.arn == "arn:aws-cn:iam::123837392027:user/alice"
    assert (node.kind, node.name, node.account) == ("SignInAttempt", "alice", "123837392027")
    assert node.key == "123837392027:sign-in-failed:arn:aws-cn:iam::123837392027:user/alice"
    assert keys.principal(msgspec.structs.replace(who, attempt=None)).kind == "IAMUser"


def test_attempt_keeps_no_key_and_no_session() -> None:
    """Whatever key and session the record of an attempt states, it opened and used none."""
    role = {
        "type": "AssumedRole",
        "principalId": "AROATFQR7NSCWWVLB7BES:ci",
        "arn": "arn:aws:sts::123837392027:assumed-role/deploy/ci",
        "accountId": "123837392027",
        "accessKeyId": "ASIATFQR7NSC7E2ZIBM2",
        "sessionContext": {"attributes": {"creationDate": "2023-07-10T11:54:47Z"}},
    }
    who = tried("signin:ConsoleLogin", role, responseElements=FAILED)

    assert (who.access_key_id, who.created, keys.session_of(who)) == (None, None, None)
    assert attempts.attempted_identity(who) == ("ci", "arn:aws:sts::123837392027:assumed-role/deploy/ci")


@pytest.mark.parametrize("hidden", ["HIDDEN_DUE_TO_SECURITY_REASONS", "", None])
def test_hidden_user_name_is_no_name(hidden: str | None) -> None:
    """What was typed and is hidden names nobody."""
    who = tried(
        "signin:ConsoleLogin",
        {"type": "IAMUser", "accountId": "123837392027", "accessKeyId": "", "userName": hidden},
        errorMessage="No username found in supplied account",
        responseElements=FAILED,
    )

    assert attempts.attempted_identity(who) == (None, "")
    assert attempts.describe(keys.principal(who).name) == "attempt to sign in as an unknown user"
