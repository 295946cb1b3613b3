"""`userIdentity`: each type, odd shapes, masks, and classification of operations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.facts import Identity
from loaders.facts.classify import Call, classify
from loaders.facts.identity import ANONYMOUS, identity
from loaders.facts.unique_ids import Name, names_of
from tests.records import ROLE

CREATED = 1_688_990_087
"""2023-07-10T11:54:47Z"""


def parsed(element: Any, event_type: str | None = None) -> Identity:
    return identity(json.dumps(element).encode(), event_type)


def test_user() -> None:
    """A user with a long-term key keeps key, ARN and path, and has no session."""
    actual = parsed(
        {
            "type": "IAMUser",
            "principalId": "AIDATFQR7NSC5AU2ZV3IE",
            "arn": "arn:aws:iam::123837392027:user/dev/alice",
            "accountId": "123837392027",
            "accessKeyId": "AKIATFQR7NSC8Q4X20BJ",
            "userName": "alice",
        }
    )

    assert actual == Identity(
        type="IAMUser",
        account="123837392027",
        principal_id="AIDATFQR7NSC5AU2ZV3IE",
        arn="arn:aws:iam::123837392027:user/dev/alice",
        user_name="alice",
        access_key_id="AKIATFQR7NSC8Q4X20BJ",
    )


def test_role_session() -> None:
    """A role session names role, role ID, path and session from issuer and principal ID."""
    actual = parsed(ROLE)

    assert actual == Identity(
        type="AssumedRole",
        account="123837392027",
        principal_id="AROATFQR7NSCWWVLB7BES:ci",
        arn="arn:aws:sts::123837392027:assumed-role/deploy/ci",
        access_key_id="ASIATFQR7NSC7E2ZIBM2",
        created=CREATED,
        role_name="deploy",
        role_arn="arn:aws:iam::123837392027:role/ops/deploy",
        role_id="AROATFQR7NSCWWVLB7BES",
        session_name="ci",
        issuer_type="Role",
        issuer_arn="arn:aws:iam::123837392027:role/ops/deploy",
        mfa=False,
    )


def test_sign_in_of_a_role_session() -> None:
    """A role session without sessionContext still names its role, from the ARN, without a path."""
    actual = parsed(
        {
            "type": "AssumedRole",
            "principalId": "AROAJBP4A5WSXVNY72RLE:bob@example.com",
            "arn": "arn:aws:sts::776613361644:assumed-role/assume-admin-role-example/bob@example.com",
            "accountId": "776613361644",
        }
    )

    assert (actual.role_name, actual.role_arn, actual.role_id, actual.session_name) == (
        "assume-admin-role-example",
        None,
        "AROAJBP4A5WSXVNY72RLE",
        "bob@example.com",
    )
    assert not actual.no_session_context


def test_special_ec2_principal() -> None:
    """The principal ID ACCOUNT:aws:ec2-instance:i-… is not split at its first colon."""
    actual = parsed(
        {
            "type": "AssumedRole",
            "principalId": "111122223333:aws:ec2-instance:i-0abc",
            "arn": "arn:aws:sts::111122223333:assumed-role/aws:ec2-instance/i-0abc",
            "accountId": "111122223333",
            "accessKeyId": "",
        }
    )

    assert actual.principal_id == "111122223333:aws:ec2-instance:i-0abc"
    assert (actual.role_name, actual.role_id, actual.session_name) == ("aws:ec2-instance", None, "i-0abc")
    assert not actual.masked


def test_federated_user() -> None:
    """A federated user's name is the part after the account, its issuer the user who asked."""
    actual = parsed(
        {
            "type": "FederatedUser",
            "principalId": "742491224508:stratus_red_team",
            "arn": "arn:aws:sts::742491224508:federated-user/stratus_red_team",
            "accessKeyId": "ASIASTJKC5GCM7ZE6LUP",
            "sessionContext": {
                "attributes": {"creationDate": "2024-11-30T08:43:17Z"},
                "sessionIssuer": {
                    "type": "IAMUser",
                    "arn": "arn:aws:iam::742491224508:user/stratus-red-team-user-federation-user",
                },
            },
        }
    )

    assert (actual.account, actual.session_name, actual.role_id) == ("742491224508", "stratus_red_team", None)
    assert actual.issuer_type == "IAMUser"


@pytest.mark.parametrize(
    ("element", "event_type", "kind"),
    [
        (None, None, "Unknown"),
        (None, "AwsServiceEvent", "AWSService"),
        ([], None, "Unknown"),
        ("text", None, "Unknown"),
        ({}, None, "Unknown"),
        ({"type": "..."}, None, "Unknown"),
        ({"invokedBy": "ec2.amazonaws.com"}, None, "AWSService"),
        ({"accountId": "123837392027", "invokedBy": "ec2.amazonaws.com"}, "AwsServiceEvent", "AWSService"),
        ({"accountId": "123837392027"}, "AWSServiceEvent", "AWSService"),
        ({"arn": "arn:aws:iam::1:user/a", "invokedBy": "ec2.amazonaws.com"}, None, "IAMUser"),
        ({"arn": "arn:aws-cn:iam::111122223333:root"}, None, "Root"),
        ({"arn": "arn:aws:sts::111122223333:assumed-role/admin/ana"}, None, "AssumedRole"),
        ({"arn": "arn:aws:sts::111122223333:federated-user/ana"}, None, "FederatedUser"),
        ({"arn": "arn:aws:iam::111122223333:role/admin"}, None, "Unknown"),
        ({"type": "Unknown", "arn": "arn:aws:iam::111122223333:user/ana"}, None, "Unknown"),
        ({"type": "iamuser"}, None, "IAMUser"),
        ({"type": "SomethingNew"}, None, "SomethingNew"),
    ],
)
def test_type(element: Any, event_type: str | None, kind: str) -> None:
    """A missing type is a service only where the record says so, else unknown."""
    assert parsed(element, event_type).type == kind


def test_broken_text_is_unknown() -> None:
    """Broken JSON, absence and deep nesting are an unknown identity, not an error."""
    assert identity(b"") == identity(b"{") == Identity(type="Unknown")
    assert identity(b"[" * 100_000) == Identity(type="Unknown")


def test_lower_case_keys_and_json_text() -> None:
    """Exports that lower-case the keys or quote the object give the same identity."""
    lower = json.dumps(ROLE).replace("accessKeyId", "accesskeyid").replace("principalId", "principalid")
    lower = lower.replace("sessionContext", "sessioncontext").replace("sessionIssuer", "sessionissuer")
    lower = lower.replace("creationDate", "creationdate").replace("accountId", "accountid")

    assert identity(lower.encode()) == parsed(ROLE) == parsed(json.dumps(ROLE))


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (29608264753, "029608264753"),
        ("29608264753", "029608264753"),
        (29608264753.0, "029608264753"),
        ("", None),
        ("****", None),
        (None, None),
        ("ANONYMOUS_PRINCIPAL", ANONYMOUS),
        ("anonymous", ANONYMOUS),
        ([], None),
    ],
)
def test_account(account: object, expected: str | None) -> None:
    """An account that lost its leading zeros gets them back; a mask is none."""
    assert parsed({"type": "AWSAccount", "accountId": account}).account == expected


def test_account_of_a_spreadsheet_comes_from_the_key() -> None:
    """`5.28758E+11` is no account, the key still carries it."""
    actual = parsed({"type": "IAMUser", "accountId": "2.18007E+11", "accessKeyId": "ASIATFQR7NSC7E2ZIBM2"})

    assert actual.account == "218007301253"


def test_anonymous_call() -> None:
    """An unsigned call has no principal, and an empty principal is not a masked one."""
    actual = parsed({"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"})

    assert actual == Identity(type="AWSAccount", account=ANONYMOUS)


@pytest.mark.parametrize(
    "member",
    [
        {"accessKeyId": "AKIA****************"},
        {"principalId": "AROA****************:User"},
        {"accountId": "************"},
        {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    ],
)
def test_masked_values_are_none_and_marked(member: dict[str, str]) -> None:
    """A masked principal, account or key is None, and the identity says so."""
    actual = parsed({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS", **member})

    assert actual == Identity(type="IAMUser", masked=True)


def test_every_other_member() -> None:
    """The members that later rules need are read from where AWS puts them."""
    element = {
        **ROLE,
        "invokedBy": "athena.amazonaws.com",
        "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"},
        "inScopeOf": {
            "issuerType": "AWS::Lambda::Function",
            "credentialsIssuedTo": "arn:aws:lambda:eu-west-1:1:function:f",
        },
        "credentialId": "c-1",
        "sessionContext": {
            **ROLE["sessionContext"],  # type: ignore[dict-item]  # the literal's values are of two types
            "sourceIdentity": "JohnDoe",
            "ec2RoleDelivery": "2.0",
            "assumedRoot": "true",
            "signInSessionArn": "arn:aws:signin:eu-west-1:1:session/1",
        },
    }

    actual = parsed(element)

    assert actual.invoked_by == "athena.amazonaws.com"
    assert (actual.on_behalf_of, actual.identity_store) == (
        "u-1",
        "arn:aws:identitystore::1:identitystore/d-1",
    )
    assert actual.in_scope_of == "arn:aws:lambda:eu-west-1:1:function:f"
    assert actual.in_scope_type == "AWS::Lambda::Function"
    assert (actual.credential_id, actual.source_identity) == ("c-1", "JohnDoe")
    assert (actual.ec2_role_delivery, actual.assumed_root) == ("2.0", True)
    assert actual.sign_in_session == "arn:aws:signin:eu-west-1:1:session/1"


def test_temporary_key_without_session() -> None:
    """The billing console's temporary key without creationDate is marked."""
    actual = parsed(
        {
            "type": "Root",
            "principalId": "342082656213",
            "accountId": "342082656213",
            "accessKeyId": "ASIAU7JNXC7KQIXKRDM2",
        }
    )

    assert actual.no_session_context


def test_foreign_role_session() -> None:
    """Another account's role session is told from its user by the principal ID alone."""
    role = parsed({"type": "AWSAccount", "principalId": "AROATFQR7NSCWWVLB7BES:ci", "accountId": "218007301253"})
    user = parsed({"type": "AWSAccount", "principalId": "AIDATFQR7NSC5AU2ZV3IE", "accountId": "218007301253"})

    assert (role.role_id, role.session_name) == ("AROATFQR7NSCWWVLB7BES", "ci")
    assert (user.role_id, user.session_name) == (None, None)


def test_user_name_of_an_identity_center_session() -> None:
    """A single sign-on session with a user ID tells the user's name; another role session does not."""
    behalf = {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"}
    arn = "arn:aws:sts::123837392027:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com"
    sso = {"type": "AssumedRole", "principalId": "AROATFQR7NSCWWVLB7BES:alice@example.com", "arn": arn}

    def users(who: Identity) -> list[Name]:
        return [name for name in names_of(who) if name[1] == "u-1"]

    assert users(parsed({**sso, "onBehalfOf": behalf})) == [("d-1/u-1", "u-1", "alice@example.com")]
    assert users(parsed({**ROLE, "onBehalfOf": behalf})) == []
    assert users(parsed(sso)) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["arn:aws:sts::1:assumed-role/r/s", "AROA1:s", "IAMUser", "AKIA"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "arn",
                    "principalId",
                    "accountId",
                    "accessKeyId",
                    "sessionContext",
                    "attributes",
                    "sessionIssuer",
                    "creationDate",
                    "onBehalfOf",
                    "inScopeOf",
                    "userName",
                    "x",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_shape_raises(element: Any) -> None:
    """Any JSON gives an identity."""
    assert parsed(element).type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ListFunctions20150331", "lambda:ListFunctions"),
        ("CreateFunction2020_05_31", "lambda:CreateFunction"),
        ("UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
        ("GetObject", "lambda:GetObject"),
        ("20150331", "lambda:20150331"),
        (None, "lambda:unknown"),
    ],
)
def test_api_version_is_cut(name: str | None, expected: str) -> None:
    """An operation's name has no API version."""
    assert classify("lambda.amazonaws.com", name, "AwsApiCall", "Management", True).api == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("ec2.amazonaws.com", "DescribeInstances", "AwsApiCall", "Management", True),
            Call("ec2:DescribeInstances", "management-read", False, False, False, None),
        ),
        (
            ("ec2.amazonaws.com", "StopInstances", "AwsApiCall", "Management", "false"),
            Call("ec2:StopInstances", "management-write", True, False, False, None),
        ),
        (
            ("sts.amazonaws.com", "AssumeRole", "AwsApiCall", "Management", True),
            Call("sts:AssumeRole", "management-read", False, True, True, None),
        ),
        (
            ("sts.amazonaws.com", "AssumeRole", "AwsApiCall", None, None),
            Call("sts:AssumeRole", "management-read", False, True, True, None),
        ),
        (
            ("sts.amazonaws.com", "AssumeRoot", "AwsApiCall", None, None),
            Call("sts:AssumeRoot", "management-write", True, True, True, None),
        ),
        (
            ("sts.amazonaws.com", "GetSessionToken", "AwsApiCall", None, None),
            Call("sts:GetSessionToken", "management-write", True, True, True, None),
        ),
        (
            ("ec2.amazonaws.com", "GetPasswordData", None, None, None),
            Call("ec2:GetPasswordData", "management-read", False, True, False, None),
        ),
        (
            ("s3.amazonaws.com", "GetObject", "AwsApiCall", "Data", "true"),
            Call("s3:GetObject", "data:s3", False, True, False, None),
        ),
        (
            ("s3.amazonaws.com", "PutObject", "AwsApiCall", None, None),
            Call("s3:PutObject", "data:s3", True, False, False, None),
        ),
        (
            ("signin.amazonaws.com", "ConsoleLogin", "AwsConsoleSignin", "Management", False),
            Call("signin:ConsoleLogin", "signin", False, False, True, None),
        ),
        (
            ("signin.amazonaws.com", "CreateOAuth2TokenWithTokenExchange", "AwsApiCall", "Management", False),
            Call("signin:CreateOAuth2TokenWithTokenExchange", "management-write", True, False, True, None),
        ),
        (
            ("kms.amazonaws.com", "RotateKey", "AWSServiceEvent", "Management", False),
            Call("kms:RotateKey", "service", True, False, False, None),
        ),
        (
            ("aws-mcp.amazonaws.com", "CallReadWriteTool", "AwsMcpEvent", "Management", False),
            Call("aws-mcp:CallReadWriteTool", "management-write", True, False, True, None),
        ),
        (
            ("ec2.amazonaws.com", "RunInstances", "AwsCloudTrailInsight", "Insight", None),
            Call("ec2:RunInstances", "management-write", True, False, False, "insight"),
        ),
        (
            ("s3.amazonaws.com", "GetObject", "AwsAggregatedEvent", None, None),
            Call("s3:GetObject", "data:s3", False, True, False, "aggregated"),
        ),
        (
            ("s3.amazonaws.com", "GetObject", "AwsVpceEvent", "NetworkActivity", None),
            Call("s3:GetObject", "management-read", False, True, False, "network-activity"),
        ),
        (
            (None, None, None, None, None),
            Call("unknown:unknown", "management-write", True, False, False, None),
        ),
    ],
)
def test_classify(arguments: tuple[Any, ...], expected: Call) -> None:
    """Category, change and sensitivity follow the record, or its name where the record is silent."""
    assert classify(*arguments) == expected


@pytest.mark.parametrize(
    ("key", "unknown"), [("ASIA****************", True), ("****************", True), ("AKIA****************", False)]
)
def test_a_masked_key_of_root_may_be_temporary(key: str, unknown: bool) -> None:
    """Without a session context, a masked key may be that of an AssumeRoot, unless it starts as a long-term key."""
    actual = parsed({"type": "Root", "accountId": "111122223333", "accessKeyId": key})

    assert actual.assumed_root_unknown == unknown
