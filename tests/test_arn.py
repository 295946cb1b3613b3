"""ARNs, unique IDs and keys: what they name, and what only looks like a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.arn import Arn, RoleRef, access_key, account_in_id, is_masked, parse_arn, role_of, unique_id


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        ("ASIAQNZGKIQY56JQ7WML", "029608264753"),
        ("ASIAY34FZKBOKMUTVV7A", "609629065308"),
        ("AIDATFQR7NSC5AU2ZV3IE", "218007301253"),
        ("ASIA52RQV423TWB3UWEE", "950363612855"),
        ("ASIAU7JNXC7KWALOOGDA", "342082656213"),
        ("ASIAZQNB3KHGNXWXBSJS", "653711331788"),
        ("AROA52RQV4237EYPOIPDF:aidan.steele@example.com", "950363612855"),
        ("AKIAIOSFODNN7EXAMPLE", None),
        ("AROAJBP4A5WSXVNY72RLE", None),
        ("AKIA****************", None),
        ("123456789012", None),
        ("", None),
        (None, None),
        (12, None),
    ],
)
def test_account_in_id(uid: object, expected: str | None) -> None:
    """The test vectors of guide §6.2 decode as printed, digits as fifth character included."""
    assert account_in_id(uid) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "-",
        "...",
        "****",
        "AKIA****************",
        "AROA****************:User",
        "AKIAIOSFODNN7EXAMPLE",
        "AROAIN5ATK5U7KEXAMPLE:JohnRole1",
        "ASIAIOSFODNN7EXAMPLE2",
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "REDACTED",
        "redacted",
        "<access key>",
        "(masked)",
        "{{key}}",
        "AKIAXXXXXXXXXXXXXXXX",
        "sensitiveDataRemoved",
        "Value hidden due to security reasons.",
        None,
        12,
    ],
)
def test_masks_and_placeholders_are_no_value(value: object) -> None:
    """Whatever AWS or a publisher puts in place of a value counts as none."""
    assert is_masked(value)


@pytest.mark.parametrize(
    "value",
    [
        "alice",
        "DOC-EXAMPLE-BUCKET",
        "AKIATFQR7NSC8Q4X20BJ",
        "AROAJBP4A5WSXVNY72RLE:bob@example.com",
        "123456789012",
        "a-b.c",
        "arn:aws:iam::123456789012:user/EXAMPLE",
    ],
)
def test_real_names_are_values(value: str) -> None:
    """A real name stays one, also when it holds a word that masks use."""
    assert not is_masked(value)


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ("AKIATFQR7NSC8Q4X20BJ", "AKIATFQR7NSC8Q4X20BJ"),
        ("ASIAY29999OMG3MKNAG", "ASIAY29999OMG3MKNAG"),
        ("0123456789ABCDEFGHIJ", "0123456789ABCDEFGHIJ"),
        ("AKIA****************", None),
        ("EXAMPLE_ACCESS_KEY", None),
        ("1111", None),
        ("AAAAAAAAAAAAAAAAAAAA", None),
        ("", None),
        (7, None),
    ],
)
def test_access_key(logged: object, expected: str | None) -> None:
    """Keys of odd length pass, masks and placeholders do not."""
    assert access_key(logged) == expected


def test_unique_id_drops_sample_words() -> None:
    """A principal ID that says that it is a sample names nobody."""
    assert unique_id("SAMPLE_PRINCIPAL_ID") is None
    assert unique_id("AIDATFQR7NSC5AU2ZV3IE") == "AIDATFQR7NSC5AU2ZV3IE"


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (
            "arn:aws:iam::123456789012:role/a/b/deploy",
            RoleRef("aws", "123456789012", "deploy", "arn:aws:iam::123456789012:role/a/b/deploy", None),
        ),
        (
            "arn:aws-us-gov:sts::123456789012:assumed-role/deploy/ci",
            RoleRef("aws-us-gov", "123456789012", "deploy", None, "ci"),
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0abc",
            RoleRef("aws", "123456789012", "aws:ec2-instance", None, "i-0abc"),
        ),
        (
            "arn:aws:sts::123456789012:assumed-role/deploy",
            RoleRef("aws", "123456789012", "deploy", None, None),
        ),
        ("arn:aws:iam::123456789012:user/deploy", None),
        ("arn:aws:iam::123456789012:role/*", None),
        ("arn:aws:iam::************:role/deploy", None),
        ("deploy", None),
        (None, None),
    ],
)
def test_role_of(arn: object, expected: RoleRef | None) -> None:
    """A role is found behind both ARN forms, of any partition; only its own ARN keeps the path."""
    assert role_of(arn) == expected


def test_parse_arn_keeps_colons_of_the_resource() -> None:
    """Everything after the fifth colon is the resource."""
    expected = Arn("aws", "lambda", "eu-west-1", "123456789012", "function:f:live")

    assert parse_arn("arn:aws:lambda:eu-west-1:123456789012:function:f:live") == expected
    assert parse_arn("arn:aws:s3:::b") == Arn("aws", "s3", "", "", "b")
    assert parse_arn("arn:aws") is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    """No text makes these readers raise."""
    for reader in (parse_arn, role_of, is_masked, account_in_id, access_key, unique_id):
        reader(text)
        reader(f"arn:aws:iam::1:role/{text}")
        reader(f"ASIA{text}")
