"""Secrets: no secret passes, whatever it is wrapped in, and the rest stays readable."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.secrets import REMOVED, is_secret_name, scrub, scrub_json, scrub_text

CANARY = "CANARYsecret0123456789"

SECRET_NAMES = (
    "sessionToken",
    "SessionToken",
    "session_token",
    "secretAccessKey",
    "SAMLAssertion",
    "sAMLAssertion",
    "webIdentityToken",
    "password",
    "newPassword",
    "masterUserPassword",
    "tokenCode",
    "token",
    "X-Amz-Signature",
    "x-amz-security-token",
    "accessToken",
    "refreshToken",
    "idToken",
    "clientSecret",
    "userData",
    "privateKey",
    "keyMaterial",
    "secretString",
    "secretBinary",
    "authorizationToken",
    "plaintext",
    "tokenValue",
    "deviceCode",
    "code_verifier",
    "SAMLResponse",
    "subjectToken",
    "assertion",
    "base32StringSeed",
    "environmentVariables",
    "Authorization",
    "authenticationCode1",
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secret_by_name(name: str) -> None:
    """A value under a secret's name goes, at any depth, in lists and inside JSON text."""
    inner = {name: CANARY}
    wrapped = {
        "a": [{"b": {"c": inner}}],
        "json": json.dumps({"x": json.dumps(inner)}),
        "list": json.dumps([inner]),
    }

    actual = scrub(wrapped)

    assert CANARY not in str(actual)
    assert REMOVED in str(actual)


@pytest.mark.parametrize(
    "text",
    [
        f"https://b.s3.amazonaws.com/k?X-Amz-Signature={CANARY}&X-Amz-Date=1",
        f"https://b.s3.amazonaws.com/k?X-Amz-Security-Token={CANARY}",
        f"https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIA1&Signature={CANARY}&Expires=1",
        f"https://signin.aws.amazon.com/federation?Action=login&SigninToken={CANARY}",
        f"http://127.0.0.1/cb#access_token={CANARY}",
        f"export AWS_SECRET_ACCESS_KEY={CANARY}",
        f"aws configure set aws_session_token='{CANARY}'",
        f"mysql --password={CANARY} -u root",
        f"mysql --password {CANARY} -u root",
        f"Authorization: Bearer {CANARY}",
        f"broken json {{'sessionToken': '{CANARY}'",
        f'{{"sessionToken": "{CANARY}", cut',
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY} cut",
        f"curl -H x:eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY}",
        f"IQoJb3JpZ2luX2VjEXAMPLETOKEN{CANARY}{CANARY}",
    ],
)
def test_secret_in_text(text: str) -> None:
    """A secret in a URL, a command line or broken JSON goes too."""
    assert CANARY not in scrub_text(text)
    assert CANARY not in str(scrub([{"commands": [text]}]))


def test_the_rest_stays() -> None:
    """What is no secret is left exactly as it was."""
    value = {
        "clientToken": "abc",
        "nextToken": None,
        "accessKeyId": "AKIATFQR7NSC8Q4X20BJ",
        "code": 0,
        "name": "running",
        "passwordResetRequired": False,
        "sAMLAssertionID": "_d33ba0ad",
        "policyDocument": '{"Version": "2012-10-17", "Statement": []}',
        "url": "https://example.com/?a=1&b=2",
        "webIdentityTokenId": "jti",
        "secretId": "prod/db",
        "keyId": "alias/x",
        "tokenCode": "",
    }

    assert scrub(value) == value
    assert not is_secret_name("clientToken")


def test_deep_values_are_removed_unread() -> None:
    """Nesting deeper than is looked into is removed and raises nothing."""
    deep: Any = {"sessionToken": CANARY}
    for _ in range(200):
        deep = {"a": deep}

    assert CANARY not in str(scrub(deep))


def test_scrub_json() -> None:
    """A record's text keeps its shape without its secrets; a broken one is not shown."""
    raw = json.dumps({"responseElements": {"credentials": {"accessKeyId": "ASIA1", "sessionToken": CANARY}}})

    actual = scrub_json(raw.encode())

    assert json.loads(actual) == {
        "responseElements": {"credentials": {"accessKeyId": "ASIA1", "sessionToken": REMOVED}}
    }
    assert scrub_json(b'{"sessionToken": "' + CANARY.encode()) == b'"(removed)"'


@given(st.text(max_size=200))
def test_any_text_is_stable(text: str) -> None:
    """Cleaning twice is cleaning once, and no text raises."""
    once = scrub_text(text)

    assert scrub_text(once) == once


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    ),
    st.sampled_from(SECRET_NAMES),
)
def test_canary_never_passes(value: object, name: str) -> None:
    """Whatever stands around it, a named secret does not pass."""
    assert CANARY not in str(scrub({"a": value, "b": [{name: CANARY, "c": value}]}))
