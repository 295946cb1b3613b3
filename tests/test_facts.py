"""Facts: each operation that hands out, makes, changes or starts something gives its fact."""

# ruff: noqa: E501 - what AWS logs stands on one line, so that it can be compared with a record

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.model.facts import Fact, Grant
from loaders.facts import change_table, creations, extract, grants, signins, workloads
from loaders.records.record import EMPTY, Record, decode
from loaders.targets.memo import targets_of
from tests.records import ALICE, ROLE, call_of, facts_of, read, record, sample_of, told

ACCOUNT = "123837392027"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ops/deploy"
KEY = "ASIATFQR7NSC7E2ZIBM2"
ISSUED = {"accessKeyId": KEY, "sessionToken": "CANARY", "expiration": "Jul 10, 2023, 12:09:47 PM"}
EXPIRES = 1_688_990_987
USER = {
    "assumedRoleId": "AROATFQR7NSCWWVLB7BES:ci",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci",
}
ASKED = {"roleArn": ROLE_ARN, "roleSessionName": "ci", "durationSeconds": 900}
SESSION = {
    "session_type": "role",
    "account": ACCOUNT,
    "partition": "aws",
    "principal_id": "AROATFQR7NSCWWVLB7BES:ci",
    "role_name": "deploy",
    "role_arn": ROLE_ARN,
    "session_name": "ci",
    "key": KEY,
    "expires": EXPIRES,
}


def service(name: str) -> dict[str, str]:
    return {"type": "AWSService", "invokedBy": name}


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        (
            "sts:AssumeRole",
            {
                "requestParameters": {
                    **ASKED,
                    "externalId": "x-1",
                    "serialNumber": "arn:aws:iam::1:mfa/alice",
                    "tokenCode": "CANARY",
                    "sourceIdentity": "JohnDoe",
                    "tags": [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}],
                    "incomingTransitiveTags": {"Department": "Engineering"},
                },
                "responseElements": {"credentials": ISSUED, "assumedRoleUser": USER, "sourceIdentity": "JohnDoe"},
            },
            {
                "kind": "assume-role",
                **SESSION,
                "duration_seconds": 900,
                "source_identity": "JohnDoe",
                "tags": (("Department", "Engineering"), ("a", "1"), ("b", "2")),
                "external_id": "x-1",
                "mfa": True,
            },
        ),
        (
            # ec2, lambda and ecs-tasks leave assumedRoleUser out (guide §0.2 fact 5)
            "sts:AssumeRole",
            {
                "userIdentity": service("ecs-tasks.amazonaws.com"),
                "requestParameters": {"roleArn": ROLE_ARN, "roleSessionName": "d190d14a"},
                "responseElements": {"credentials": ISSUED},
            },
            {"kind": "assume-role", **SESSION, "principal_id": None, "session_name": "d190d14a"},
        ),
        (
            "sts:AssumeRole",
            {"requestParameters": ASKED, "responseElements": None},
            {
                "kind": "assume-role",
                **SESSION,
                "principal_id": None,
                "key": None,
                "expires": None,
                "duration_seconds": 900,
                "response_omitted": True,
            },
        ),
        (
            "sts:AssumeRole",
            {
                "requestParameters": ASKED,
                "responseElements": {
                    "credentials": {"accessKeyId": "ASIA****************"},
                    "assumedRoleUser": {"assumedRoleId": "AROA****************:User"},
                },
            },
            {
                "kind": "assume-role",
                **SESSION,
                "principal_id": None,
                "key": None,
                "expires": None,
                "duration_seconds": 900,
            },
        ),
        (
            "sts:AssumeRole",
            {
                "userIdentity": service("pods.eks.amazonaws.com"),
                "requestParameters": {**ASKED, "tags": [{"key": "eks-cluster-name", "value": "c"}]},
                "responseElements": {"credentials": ISSUED, "assumedRoleUser": USER},
            },
            {
                "kind": "assume-role",
                **SESSION,
                "duration_seconds": 900,
                "tags": (("eks-cluster-name", "c"),),
                "via": "eks-pod-identity",
            },
        ),
        (
            "sts:AssumeRoleWithSAML",
            {
                "userIdentity": {"type": "SAMLUser", "principalId": "Q=:bob", "userName": "bob", "identityProvider": "Q="},
                "requestParameters": {
                    **ASKED,
                    "sAMLAssertion": "CANARY",
                    "principalArn": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp",
                },
                "responseElements": {"credentials": ISSUED, "assumedRoleUser": USER, "subject": "bob@example.com"},
            },
            {
                "kind": "saml",
                **SESSION,
                "duration_seconds": 900,
                "provider": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp",
                "subject": "bob@example.com",
            },
        ),
        (
            "sts:AssumeRoleWithWebIdentity",
            {
                "userIdentity": {"type": "WebIdentityUser", "userName": "repo:a/b", "identityProvider": "arn:aws:iam::1:oidc-provider/t"},
                "requestParameters": {"roleArn": ROLE_ARN, "roleSessionName": "ci"},
                "responseElements": {
                    "credentials": ISSUED,
                    "assumedRoleUser": USER,
                    "provider": "arn:aws:iam::1:oidc-provider/t",
                    "subjectFromWebIdentityToken": "repo:a/b:ref:refs/heads/main",
                },
            },
            {
                "kind": "web-identity",
                **SESSION,
                "provider": "arn:aws:iam::1:oidc-provider/t",
                "subject": "repo:a/b:ref:refs/heads/main",
            },
        ),
        (
            "sts:AssumeRoot",
            {
                "requestParameters": {"targetPrincipal": "029608264753", "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/x"}},
                "responseElements": {"credentials": ISSUED},
            },
            {
                "kind": "assume-root",
                "session_type": "root",
                "account": "029608264753",
                "principal_id": "029608264753",
                "key": KEY,
                "expires": EXPIRES,
                "target_principal": "029608264753",
            },
        ),
        (
            "sts:GetSessionToken",
            {"requestParameters": {"durationSeconds": "900"}, "responseElements": {"credentials": ISSUED}},
            {
                "kind": "session-token",
                "session_type": "user",
                "account": ACCOUNT,
                "principal_id": ALICE["principalId"],
                "key": KEY,
                "expires": EXPIRES,
                "duration_seconds": 900,
            },
        ),
        (
            "sts:GetFederationToken",
            {
                "requestParameters": {"name": "guest", "policy": "{}"},
                "responseElements": {
                    "credentials": ISSUED,
                    "federatedUser": {
                        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
                        "federatedUserId": f"{ACCOUNT}:guest",
                    },
                },
            },
            {
                "kind": "federation-token",
                "session_type": "federated",
                "account": ACCOUNT,
                "principal_id": f"{ACCOUNT}:guest",
                "session_name": "guest",
                "key": KEY,
                "expires": EXPIRES,
            },
        ),
        (
            "signin:ConsoleLogin",
            {
                "eventType": "AwsConsoleSignIn",
                "responseElements": {"ConsoleLogin": "Success"},
                "additionalEventData": {"MFAUsed": "Yes"},
            },
            {
                "kind": "console-login",
                "session_type": "user",
                "account": ACCOUNT,
                "principal_id": ALICE["principalId"],
                "mfa": True,
            },
        ),
        (
            "cognito-identity:GetCredentialsForIdentity",
            {
                "userIdentity": {"type": "Unknown"},
                "eventCategory": "Data",
                "requestParameters": {"identityId": "eu-west-1:1"},
                "responseElements": {"credentials": ISSUED, "identityId": "eu-west-1:1"},
            },
            {
                "kind": "generic",
                "session_type": "role",
                "account": ACCOUNT,
                "key": KEY,
                "expires": EXPIRES,
                "provider": "cognito-identity.amazonaws.com",
                "subject": "eu-west-1:1",
            },
        ),
        (
            "s3express:CreateSession",
            {
                "userIdentity": {**ROLE, "accessKeyId": "ASIATFQR7NSCXXAAAAAA"},
                "responseElements": {"credentials": ISSUED},
            },
            {"kind": "generic", **SESSION},
        ),
        (
            "rolesanywhere:CreateSession",
            {
                "userIdentity": {"type": "Unknown"},
                "responseElements": {
                    "credentialSet": [
                        {
                            "assumedRoleUser": USER,
                            "credentials": ISSUED,
                            "roleArn": ROLE_ARN,
                            "sourceIdentity": "CN=laptop",
                        }
                    ],
                    "subjectArn": "arn:aws:rolesanywhere:eu-west-1:1:subject/1",
                },
            },
            {
                "kind": "generic",
                **SESSION,
                "source_identity": "CN=laptop",
                "certificate": "CN=laptop",
                "via": "roles-anywhere",
            },
        ),
        (
            "newservice:HandOut",
            {
                "requestParameters": ASKED,
                "responseElements": {"outer": [{"Credentials": {"AccessKeyId": KEY, "Expiration": 1_688_990_987}}]},
            },
            {"kind": "generic", **SESSION, "principal_id": None, "duration_seconds": 900},
        ),
    ],
)  # fmt: skip
def test_grant(name: str, members: dict[str, Any], expected: dict[str, Any]) -> None:
    """A successful grant names the session, its key and what it was asked with."""
    (actual,) = facts_of(record(name, **members))

    _, caller, event = read(record(name, **members))
    assert actual == Grant(event=event, caller=caller, **expected)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("sts:AssumeRole", {"requestParameters": ASKED, "errorCode": "AccessDenied"}),
        ("sts:AssumeRole", {"requestParameters": None, "responseElements": None}),
        ("sts:GetSessionToken", {"errorCode": "AccessDenied", "requestParameters": {"durationSeconds": 900}}),
        (
            "signin:ConsoleLogin",
            {"errorMessage": "Failed authentication", "responseElements": {"ConsoleLogin": "Failure"}},
        ),
        ("signin:ConsoleLogin", {"responseElements": {"ConsoleLogin": "Failure"}}),
        ("signin:ConsoleLogin", {"responseElements": None}),
        (
            "signin:ConsoleLogin",
            {
                "responseElements": {"ConsoleLogin": "Success"},
                "userIdentity": {"type": "IAMUser", "principalId": "AIDA****************"},
            },
        ),
        ("signin:SwitchRole", {"userIdentity": ROLE, "responseElements": {"SwitchRole": "Failure"}}),
        ("signin:CreateOAuth2Token", {"userIdentity": ROLE, "additionalEventData": {"success": "false"}}),
        ("signin:CheckMfa", {"responseElements": {"CheckMfa": "Success"}}),
        ("iam:CreateAccessKey", {"errorCode": "LimitExceededException"}),
        ("iam:AttachUserPolicy", {"errorCode": "NoSuchEntity", "requestParameters": {"userName": "a"}}),
        ("eks:CreateAccessEntry", {"responseElements": {"__type": "X"}, "requestParameters": {"name": "c"}}),
        (
            "iam:GetAccessKeyLastUsed",
            {"responseElements": {"accessKeyId": "AKIATFQR7NSC8Q4X20BJ"}, "requestParameters": {}},
        ),
        (
            "iam:UpdateAccessKey",
            {"requestParameters": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "status": "Inactive"}},
        ),
        ("sts:AssumeRole", {"eventCategory": "Insight", "requestParameters": ASKED}),
        (
            "sqs:SetQueueAttributes",
            {"requestParameters": {"queueUrl": "q", "attributes": {"DelaySeconds": "1"}}},
        ),
        ("sns:SetTopicAttributes", {"requestParameters": {"topicArn": "t", "attributeName": "DisplayName"}}),
        ("ec2:ModifyInstanceAttribute", {"requestParameters": {"instanceId": "i-1", "ebsOptimized": True}}),
        ("newservice:HandOut", {"userIdentity": ROLE, "responseElements": {"accessKeyId": KEY}}),
        ("ec2:DescribeInstances", {}),
    ],
)
def test_nothing_is_said(name: str, members: dict[str, Any]) -> None:
    """Failed calls, masked names and calls about something else give no fact."""
    assert facts_of(record(name, **members)) == ()


def test_copy_of_another_account() -> None:
    """The role account's copy gives the same grant, marked as a copy; an unsigned call is no copy."""
    foreign = {"type": "AWSAccount", "principalId": "AIDAQNZGKIQY56JQ7WMLA", "accountId": "029608264753"}
    answer = {"credentials": ISSUED, "assumedRoleUser": USER}
    (grant,) = facts_of(
        record("sts:AssumeRole", userIdentity=foreign, requestParameters=ASKED, responseElements=answer)
    )
    unsigned = {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}

    assert isinstance(grant, Grant)
    assert grant.event.copy
    assert (grant.key, grant.principal_id) == (KEY, USER["assumedRoleId"])
    assert not read(record("s3:GetObject", userIdentity=unsigned))[2].copy


CENTER = {
    "type": "IdentityCenterUser",
    "accountId": ACCOUNT,
    "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"},
    "credentialId": "c-1",
}
PORTAL = {"fact": "portal", "user_id": "u-1", "credential_id": "c-1"}


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        (
            "signin:ConsoleLogin",
            {
                "userIdentity": ROLE,
                "responseElements": {"ConsoleLogin": "Success"},
                "additionalEventData": {"SamlProviderArn": "arn:aws:iam::1:saml-provider/idp", "MFAUsed": "No"},
            },
            {"fact": "signin", "kind": "ConsoleLogin", "saml_provider": "arn:aws:iam::1:saml-provider/idp"},
        ),
        (
            "signin:SwitchRole",
            {
                "userIdentity": ROLE,
                "responseElements": {"SwitchRole": "Success"},
                "additionalEventData": {"SwitchFrom": "arn:aws:iam::203016562928:user/bob@example.com"},
            },
            {"fact": "signin", "kind": "SwitchRole", "switch_from": "arn:aws:iam::203016562928:user/bob@example.com"},
        ),
        ("signin:RenewRole", {"userIdentity": ROLE}, {"fact": "signin", "kind": "RenewRole"}),
        ("signin:ExitRole", {"userIdentity": ROLE}, {"fact": "signin", "kind": "ExitRole"}),
        (
            "signin:GetSigninToken",
            {
                "userIdentity": ROLE,
                "responseElements": {"credentials": {"accessKeyId": KEY}, "GetSigninToken": "Success"},
            },
            {"fact": "signin", "kind": "GetSigninToken", "key": KEY},
        ),
        (
            "signin:AuthorizeOAuth2Access",
            {"userIdentity": ROLE, "requestParameters": {"client_id": "arn:aws:signin:::devtools/same-device"}},
            {"fact": "signin", "kind": "AuthorizeOAuth2Access", "client": "arn:aws:signin:::devtools/same-device"},
        ),
        (
            "signin:CreateOAuth2Token",
            {"userIdentity": ROLE, "requestParameters": {"client_id": "arn:aws:signin:::devtools/same-device"}},
            {"fact": "signin", "kind": "CreateOAuth2Token", "client": "arn:aws:signin:::devtools/same-device"},
        ),
        (
            "signin:CreateOAuth2TokenWithIAM",
            {
                "userIdentity": ROLE,
                "requestParameters": {"client_id": "arn:aws:signin:::external-client/dcr/1", "resource": "https://r"},
                "additionalEventData": {"signInSessionArn": "arn:aws:signin:eu-west-1:1:session/1", "success": True},
            },
            {
                "fact": "signin",
                "kind": "CreateOAuth2TokenWithIAM",
                "client": "arn:aws:signin:::external-client/dcr/1",
                "sign_in_session": "arn:aws:signin:eu-west-1:1:session/1",
                "mcp": True,
            },
        ),
        (
            "sso:GetRoleCredentials",
            {
                "eventType": "AwsServiceEvent",
                "userIdentity": CENTER,
                "serviceEventDetails": {"role_name": "AdministratorAccess", "account_id": "950363612855"},
            },
            {**PORTAL, "kind": "GetRoleCredentials", "account": "950363612855", "role_name": "AdministratorAccess"},
        ),
        (
            "sso:Federate",
            {"userIdentity": CENTER, "serviceEventDetails": {"role_name": "R", "account_id": 29608264753}},
            {**PORTAL, "kind": "Federate", "account": "029608264753", "role_name": "R"},
        ),
        ("sso:Authenticate", {"userIdentity": CENTER}, {**PORTAL, "kind": "Authenticate"}),
        (
            "sso:CreateToken",
            {"userIdentity": CENTER, "responseElements": {"accessToken": "CANARY"}},
            {**PORTAL, "kind": "CreateToken"},
        ),
        (
            "sso-oauth:CreateTokenWithIAM",
            {
                "userIdentity": ROLE,
                "additionalEventData": {"identitystore:UserId": "u-1", "identitycenter:CredentialId": "c-1"},
            },
            {**PORTAL, "kind": "CreateTokenWithIAM"},
        ),
        (
            "signin:CredentialChallenge",
            {
                "eventType": "AwsServiceEvent",
                "userIdentity": CENTER,
                "additionalEventData": {"CredentialType": "PASSWORD", "UserName": "test"},
                "serviceEventDetails": {"CredentialChallenge": "Success"},
            },
            {
                "fact": "username",
                "store": "arn:aws:identitystore::1:identitystore/d-1",
                "user_id": "u-1",
                "name": "test",
            },
        ),
        (
            "identitystore:CreateUser",
            {
                "requestParameters": {"identityStoreId": "d-1", "userName": "zoe"},
                "responseElements": {"userId": "u-2"},
            },
            {
                "fact": "username",
                "store": f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-1",
                "user_id": "u-2",
                "name": "zoe",
            },
        ),
        (
            "eks-auth:AssumeRoleForPodIdentity",
            {"userIdentity": ROLE, "requestParameters": {"clusterName": "c", "token": "CANARY"}},
            {"fact": "delegated", "kind": "eks-pod-identity", "cluster": "c"},
        ),
        (
            "aws-mcp:CallReadWriteTool",
            {
                "eventType": "AwsMcpEvent",
                "userIdentity": ROLE,
                "additionalEventData": {
                    "downstreamRequests": [
                        {"apiName": "iam:ListUsers", "requestId": "r-2"},
                        {"apiName": "iam:GetUser", "requestId": "r-1"},
                    ]
                },
            },
            {"fact": "delegated", "kind": "mcp", "request_ids": ("r-1", "r-2")},
        ),
    ],
)  # fmt: skip
def test_sign_in_and_delegation(name: str, members: dict[str, Any], expected: dict[str, Any]) -> None:
    """Sign-ins, portal events, user names and delegated calls tell what the record shows and no more."""
    assert told(record(name, **members)) == [expected]


@pytest.mark.parametrize(
    "members",
    [
        {
            "serviceEventDetails": {"CredentialChallenge": "Failure"},
            "additionalEventData": {"UserName": "test"},
        },
        {"additionalEventData": {"UserName": "HIDDEN_DUE_TO_SECURITY_REASONS"}},
        {"additionalEventData": {}},
    ],
)
def test_no_user_name(members: dict[str, Any]) -> None:
    """A failed sign-in or a hidden name teaches no user name."""
    one = record("signin:CredentialChallenge", eventType="AwsServiceEvent", userIdentity=CENTER, **members)

    assert facts_of(one) == ()


MADE = {"fact": "made", "account": ACCOUNT, "partition": "aws"}
SELF = {"name": "alice", "principal_arn": ALICE["arn"], "unique_id": ALICE["principalId"]}


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        (
            "iam:CreateAccessKey",
            {
                "requestParameters": {"userName": "eve"},
                "responseElements": {
                    "accessKey": {"accessKeyId": "AKIATFQR7NSCZZZZZZZZ", "userName": "eve", "status": "Active"}
                },
            },
            {**MADE, "what": "access key", "name": "eve", "key": "AKIATFQR7NSCZZZZZZZZ"},
        ),
        (
            "iam:CreateAccessKey",
            {"responseElements": {"accessKey": {"accessKeyId": "AKIATFQR7NSCZZZZZZZZ", "userName": "alice"}}},
            {**MADE, **SELF, "what": "access key", "key": "AKIATFQR7NSCZZZZZZZZ"},
        ),
        (
            "iam:CreateAccessKey",
            {
                "userIdentity": {
                    "type": "Root",
                    "principalId": ACCOUNT,
                    "arn": f"arn:aws:iam::{ACCOUNT}:root",
                    "accountId": ACCOUNT,
                },
                "responseElements": {"accessKey": {"accessKeyId": "AKIATFQR7NSCZZZZZZZZ"}},
            },
            {
                **MADE,
                "what": "access key",
                "principal_type": "RootUser",
                "principal_arn": f"arn:aws:iam::{ACCOUNT}:root",
                "key": "AKIATFQR7NSCZZZZZZZZ",
            },
        ),
        (
            "iam:CreateUser",
            {
                "requestParameters": {"userName": "eve", "path": "/x/"},
                "responseElements": {
                    "user": {
                        "path": "/x/",
                        "userName": "eve",
                        "userId": "AIDATFQR7NSCEEEEEEEEE",
                        "arn": f"arn:aws:iam::{ACCOUNT}:user/x/eve",
                    }
                },
            },
            {
                **MADE,
                "what": "user",
                "name": "eve",
                "principal_arn": f"arn:aws:iam::{ACCOUNT}:user/x/eve",
                "unique_id": "AIDATFQR7NSCEEEEEEEEE",
            },
        ),
        (
            "iam:CreateUser",
            {"requestParameters": {"userName": "eve", "path": "/x/"}},
            {**MADE, "what": "user", "name": "eve", "principal_arn": f"arn:aws:iam::{ACCOUNT}:user/x/eve"},
        ),
        (
            "iam:CreateRole",
            {
                "requestParameters": {"roleName": "r"},
                "responseElements": {
                    "role": {
                        "roleName": "r",
                        "roleId": "AROATFQR7NSCRRRRRRRRR",
                        "arn": f"arn:aws:iam::{ACCOUNT}:role/r",
                    }
                },
            },
            {
                **MADE,
                "what": "role",
                "name": "r",
                "principal_type": "Role",
                "principal_arn": f"arn:aws:iam::{ACCOUNT}:role/r",
                "unique_id": "AROATFQR7NSCRRRRRRRRR",
            },
        ),
        (
            "iam:CreateServiceLinkedRole",
            {
                "requestParameters": {"aWSServiceName": "autoscaling.amazonaws.com"},
                "responseElements": {
                    "role": {
                        "roleName": "AWSServiceRoleForAutoScaling",
                        "arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
                        "AWSServiceRoleForAutoScaling",
                    }
                },
            },
            {
                **MADE,
                "what": "service-linked role",
                "name": "AWSServiceRoleForAutoScaling",
                "principal_type": "Role",
                "principal_arn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/"
                "AWSServiceRoleForAutoScaling",
            },
        ),
        (
            "iam:CreateLoginProfile",
            {"requestParameters": {"userName": "eve", "password": "CANARY"}},
            {**MADE, "what": "login profile", "name": "eve"},
        ),
        (
            "iam:CreateServiceSpecificCredential",
            {
                "requestParameters": {"userName": "eve", "serviceName": "bedrock.amazonaws.com"},
                "responseElements": {
                    "serviceSpecificCredential": {
                        "serviceSpecificCredentialId": "ACCATFQR7NSCAAAAAAAAA",
                        "servicePassword": "CANARY",
                    }
                },
            },
            {**MADE, "what": "credential", "name": "eve", "key": "ACCATFQR7NSCAAAAAAAAA"},
        ),
        (
            "iam:UploadSSHPublicKey",
            {"responseElements": {"sSHPublicKey": {"sSHPublicKeyId": "APKATFQR7NSCAAAAAAAAA", "userName": "alice"}}},
            {**MADE, **SELF, "what": "credential", "key": "APKATFQR7NSCAAAAAAAAA"},
        ),
        (
            "iam:UploadSigningCertificate",
            {
                "requestParameters": {"userName": "eve"},
                "responseElements": {"certificate": {"certificateId": "CERT1", "userName": "eve"}},
            },
            {**MADE, "what": "credential", "name": "eve", "key": "CERT1"},
        ),
        (
            "lightsail:CreateBucketAccessKey",
            {"responseElements": {"accessKey": {"accessKeyId": "AKIATFQR7NSCZZZZZZZZ", "secretAccessKey": "CANARY"}}},
            {**MADE, "what": "access key", "key": "AKIATFQR7NSCZZZZZZZZ"},
        ),
    ],
)  # fmt: skip
def test_made(name: str, members: dict[str, Any], expected: dict[str, Any]) -> None:
    """What was made is named with its owner: the one named, else the caller itself."""
    assert told(record(name, **members)) == [expected]


def asked(name: str, members: dict[str, Any]) -> Record:
    """Return the record of an IAM call with these members; without `requestParameters` if they have none."""
    made = record(f"iam:{name}", **members)
    return made if members else msgspec.structs.replace(made, request_parameters=EMPTY)


@pytest.mark.parametrize("name", ["CreateAccessKey", "CreateLoginProfile", "UploadSigningCertificate"])
@pytest.mark.parametrize(
    ("request_", "own"),
    [({"requestParameters": None}, True), ({"requestParameters": {}}, True), ({}, False),
     ({"requestParameters": {"userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}}, False)],
    ids=["null", "empty", "dropped", "masked"],
)  # fmt: skip
def test_a_credential_is_the_callers_own_only_where_the_request_is_there(
    name: str, request_: dict[str, Any], own: bool
) -> None:
    """IAM means the caller where it is asked for no user; an export that dropped the request says nothing."""
    (found,) = told(asked(name, request_))

    assert (found.get("principal_arn"), found.get("name")) == ((ALICE["arn"], "alice") if own else (None, None))


@pytest.mark.parametrize(
    ("name", "parameters", "target"),
    [
        ("DeleteUser", {}, None),
        ("DeleteUser", {"requestParameters": None}, None),
        ("AttachUserPolicy", {"requestParameters": {"policyArn": "arn:p"}}, None),
        ("UpdateLoginProfile", {"requestParameters": None}, None),
        ("EnableMFADevice", {}, None),
        ("DeleteLoginProfile", {}, None),
        ("DeleteLoginProfile", {"requestParameters": None}, ALICE["arn"]),
        ("DeactivateMFADevice", {"requestParameters": {"serialNumber": "arn:m"}}, ALICE["arn"]),
        ("ChangePassword", {}, ALICE["arn"]),
        ("DeleteUser", {"requestParameters": {"userName": "alice"}}, ALICE["arn"]),
    ],
)
def test_a_call_without_a_user_name_means_its_caller_only_where_iam_says_so(
    name: str, parameters: dict[str, Any], target: str | None
) -> None:
    """DeleteUser and its kin always need a name: without one their user is unknown, and never the caller."""
    assert [one["target"] for one in told(asked(name, parameters))] == ([target] if target else [])


EVE = f"{ACCOUNT}:AWS::IAM::User:eve"
DEPLOY = f"{ACCOUNT}:AWS::IAM::Role:deploy"
POLICY = {"policyDocument": '{"Version": "2012-10-17"}'}
TEXT = '{"Version":"2012-10-17"}'
TRAIL = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/main"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"


def on_user(what: str, **more: str) -> dict[str, Any]:
    return {"what": what, "target_type": "Principal", "target": EVE, "principal_type": "IAMUser", **more}


def on_role(what: str, **more: str) -> dict[str, Any]:
    return {"what": what, "target_type": "Principal", "target": DEPLOY, "principal_type": "Role", **more}


def on(target: str, what: str, **more: str) -> dict[str, Any]:
    return {"what": what, "target_type": "Resource", "target": target, **more}


def on_key(what: str, **more: str) -> dict[str, Any]:
    return {"what": what, "target_type": "Credential", "target": "AKIATFQR7NSC8Q4X20BJ", **more}


def ec2(kind: str, name: str) -> str:
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:{kind}/{name}"


AKIA = {"accessKeyId": "AKIATFQR7NSC8Q4X20BJ"}
CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("iam:UpdateAccessKey", {**AKIA, "status": "Inactive"}, on_key("key-status", after="Inactive")),
    ("iam:DeleteAccessKey", {**AKIA, "userName": "eve"}, on_key("key-deleted", after="deleted")),
    ("iam:UpdateAssumeRolePolicy", {"roleName": "deploy", **POLICY}, on_role("trust", after=TEXT)),
    (
        "iam:PutUserPolicy",
        {"userName": "eve", "policyName": "p", **POLICY},
        on_user("permissions", after=f'{{"policyName":"p","policyDocument":{TEXT}}}'),
    ),
    (
        "iam:AttachUserPolicy",
        {"userName": "eve", "policyArn": "arn:p"},
        on_user("permissions", after="arn:p"),
    ),
    (
        "iam:DetachUserPolicy",
        {"userName": "eve", "policyArn": "arn:p"},
        on_user("permissions", before="arn:p"),
    ),
    ("iam:DeleteUserPolicy", {"userName": "eve", "policyName": "p"}, on_user("permissions", before="p")),
    (
        "iam:AttachRolePolicy",
        {"roleName": "deploy", "policyArn": "arn:p"},
        on_role("permissions", after="arn:p"),
    ),
    (
        "iam:DetachRolePolicy",
        {"roleName": "deploy", "policyArn": "arn:p"},
        on_role("permissions", before="arn:p"),
    ),
    ("iam:DeleteRolePolicy", {"roleName": "deploy", "policyName": "p"}, on_role("permissions", before="p")),
    (
        "iam:AttachGroupPolicy",
        {"groupName": "g", "policyArn": "arn:p"},
        on(f"{ACCOUNT}:AWS::IAM::Group:g", "permissions", after="arn:p"),
    ),
    (
        "iam:PutUserPermissionsBoundary",
        {"userName": "eve", "permissionsBoundary": "arn:b"},
        on_user("boundary", after="arn:b"),
    ),
    ("iam:DeleteRolePermissionsBoundary", {"roleName": "deploy"}, on_role("boundary", after="deleted")),
    (
        "iam:CreatePolicyVersion",
        {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/p", "setAsDefault": True, **POLICY},
        on(
            f"arn:aws:iam::{ACCOUNT}:policy/p",
            "permissions",
            after=f'{{"policyDocument":{TEXT},"setAsDefault":true}}',
        ),
    ),
    (
        "iam:SetDefaultPolicyVersion",
        {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/p", "versionId": "v1"},
        on(f"arn:aws:iam::{ACCOUNT}:policy/p", "permissions", after="v1"),
    ),
    ("iam:AddUserToGroup", {"userName": "eve", "groupName": "g"}, on_user("permissions", after="g")),
    ("iam:RemoveUserFromGroup", {"userName": "eve", "groupName": "g"}, on_user("permissions", before="g")),
    (
        "iam:UpdateLoginProfile",
        {"userName": "eve", "password": "CANARY"},
        on_user("password", after="updated"),
    ),
    ("iam:DeleteLoginProfile", {"userName": "eve"}, on_user("password", after="deleted")),
    ("iam:EnableMFADevice", {"userName": "eve", "serialNumber": "arn:m"}, on_user("mfa", after="arn:m")),
    ("iam:DeactivateMFADevice", {"userName": "eve", "serialNumber": "arn:m"}, on_user("mfa", before="arn:m")),
    (
        "iam:DeleteVirtualMFADevice",
        {"serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/eve"},
        on(f"arn:aws:iam::{ACCOUNT}:mfa/eve", "mfa", after="deleted"),
    ),
    ("iam:CreateSAMLProvider", {"name": "idp"}, on(PROVIDER, "provider", after="idp")),
    ("iam:UpdateSAMLProvider", {"sAMLProviderArn": PROVIDER}, on(PROVIDER, "provider", after="updated")),
    ("iam:DeleteSAMLProvider", {"sAMLProviderArn": PROVIDER}, on(PROVIDER, "provider", after="deleted")),
    (
        "iam:DeleteOpenIDConnectProvider",
        {"openIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/o"},
        on(f"arn:aws:iam::{ACCOUNT}:oidc-provider/o", "provider", after="deleted"),
    ),
    ("iam:DeleteUser", {"userName": "eve"}, on_user("deleted")),
    ("iam:DeleteRole", {"roleName": "deploy"}, on_role("deleted")),
    (
        "iam:AddRoleToInstanceProfile",
        {"instanceProfileName": "ip", "roleName": "deploy"},
        on(f"{ACCOUNT}:AWS::IAM::InstanceProfile:ip", "instance-profile", after="deploy"),
    ),
    (
        "ec2:AssociateIamInstanceProfile",
        {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-1", "IamInstanceProfile": {"Name": "ip"}}},
        on(ec2("instance", "i-1"), "instance-profile", after='{"Name":"ip"}'),
    ),
    ("cloudtrail:StopLogging", {"name": "main"}, on(TRAIL, "trail", after="stopped")),
    ("cloudtrail:StartLogging", {"name": TRAIL}, on(TRAIL, "trail", after="started")),
    ("cloudtrail:DeleteTrail", {"name": "main"}, on(TRAIL, "trail", after="deleted")),
    (
        "cloudtrail:UpdateTrail",
        {"name": "main", "isMultiRegionTrail": False},
        on(TRAIL, "trail", after='{"isMultiRegionTrail":false}'),
    ),
    (
        "cloudtrail:CreateTrail",
        {"name": "main", "s3BucketName": "b"},
        on(TRAIL, "trail", after='{"s3BucketName":"b"}'),
    ),
    (
        "cloudtrail:PutEventSelectors",
        {"trailName": "main", "eventSelectors": [{"readWriteType": "All"}]},
        on(TRAIL, "trail", after='[{"readWriteType":"All"}]'),
    ),
    (
        "cloudtrail:PutInsightSelectors",
        {"trailName": "main", "insightSelectors": []},
        on(TRAIL, "trail"),
    ),
    (
        "guardduty:DeleteDetector",
        {"detectorId": "d"},
        on(f"arn:aws:guardduty:eu-west-1:{ACCOUNT}:detector/d", "trail", after="deleted"),
    ),
    (
        "config:StopConfigurationRecorder",
        {"configurationRecorderName": "default"},
        on(f"{ACCOUNT}:AWS::Config::ConfigurationRecorder:default", "trail", after="stopped"),
    ),
    (
        "s3:PutBucketPolicy",
        {"bucketName": "b", "bucketPolicy": {"a": 1}},
        on("arn:aws:s3:::b", "share", after='{"a":1}'),
    ),
    (
        "s3:PutBucketAcl",
        {"bucketName": "b", "x-amz-acl": ["public-read"]},
        on("arn:aws:s3:::b", "share", after='{"x-amz-acl":"public-read"}'),
    ),
    (
        "ec2:ModifySnapshotAttribute",
        {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"group": "all"}]}}},
        on(ec2("snapshot", "snap-1"), "share", after='{"add":{"items":[{"group":"all"}]}}'),
    ),
    (
        "ec2:ModifyImageAttribute",
        {"imageId": "ami-1", "launchPermission": {"add": {"items": [{"userId": "1"}]}}},
        on(ec2("image", "ami-1"), "share", after='{"add":{"items":[{"userId":"1"}]}}'),
    ),
    (
        "lambda:AddPermission20150331v2",
        {"functionName": "f", "principal": "*", "action": "lambda:InvokeFunction"},
        on(
            f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f",
            "share",
            after='{"principal":"*","action":"lambda:InvokeFunction"}',
        ),
    ),
    (
        "kms:PutKeyPolicy",
        {"keyId": "1", "policy": '{"a":1}'},
        on(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", "share", after='{"a":1}'),
    ),
    (
        "kms:CreateGrant",
        {"keyId": "1", "granteePrincipal": "arn:g", "operations": ["Decrypt"]},
        on(
            f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
            "share",
            after='{"granteePrincipal":"arn:g","operations":["Decrypt"]}',
        ),
    ),
    (
        "secretsmanager:PutResourcePolicy",
        {"secretId": "s", "resourcePolicy": '{"a":1}'},
        on(f"{ACCOUNT}:AWS::SecretsManager::Secret:s", "share", after='{"a":1}'),
    ),
    (
        "sqs:SetQueueAttributes",
        {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q", "attributes": {"Policy": "p"}},
        on(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", "share", after='{"Policy":"p"}'),
    ),
    (
        "sns:SetTopicAttributes",
        {
            "topicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:t",
            "attributeName": "Policy",
            "attributeValue": '{"a":1}',
        },
        on(f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", "share", after='{"a":1}'),
    ),
    (
        "ram:CreateResourceShare",
        {"name": "s", "principals": ["1"], "allowExternalPrincipals": True},
        on(
            f"{ACCOUNT}:AWS::RAM::ResourceShare:s",
            "share",
            after='{"principals":["1"],"allowExternalPrincipals":true}',
        ),
    ),
    (
        "sso:CreateAccountAssignment",
        {"permissionSetArn": SET, "principalType": "USER", "principalId": "u-1", "targetId": "1"},
        on(SET, "permissions", after='{"principalType":"USER","principalId":"u-1","targetId":"1"}'),
    ),
    (
        "sso:PutInlinePolicyToPermissionSet",
        {"permissionSetArn": SET, "inlinePolicy": '{"a":1}'},
        on(SET, "permissions", after='{"a":1}'),
    ),
    (
        "organizations:DetachPolicy",
        {"policyId": "p-1", "targetId": "029608264753"},
        on(f"{ACCOUNT}:unknown:029608264753", "permissions", before="p-1"),
    ),
]


@pytest.mark.parametrize(("name", "request_", "expected"), CHANGES)
def test_changed(name: str, request_: dict[str, Any], expected: dict[str, Any]) -> None:
    """A change names what changed, whose, and the state that the request tells (what of it: `test_marks`)."""
    (actual,) = told(record(name, requestParameters=request_))
    actual.pop("marks", None)

    assert actual == {"fact": "changed", **expected}


MARKS: list[tuple[str, dict[str, Any], dict[str, Any] | None, list[str]]] = [
    ("iam:DetachUserPolicy", {"userName": "eve", "policyArn": "arn:p"}, None, ["policyArn=arn:p"]),
    (
        "iam:CreatePolicyVersion",
        {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/p", "policyDocument": "{}", "setAsDefault": True},
        {"policyVersion": {"versionId": "v3"}},
        ["versionId=v3"],
    ),
    (
        "ec2:ModifySnapshotAttribute",
        {"snapshotId": "snap-1", "createVolumePermission": {"add": {"items": [{"userId": "1"}, {"group": "all"}]}}},
        None,
        ["group=all", "userId=1"],
    ),
    (
        "rds:ModifyDBSnapshotAttribute",
        {"dBSnapshotIdentifier": "s", "attributeName": "restore", "valuesToRemove": ["1", "all"]},
        None,
        ["valuesToRemove=1", "valuesToRemove=all"],
    ),
    ("kms:CreateGrant", {"keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k"}, {"grantId": "g1"}, ["grantId=g1"]),
    ("lambda:AddPermission20150331v2", {"functionName": "f", "statementId": "s"}, None, ["statementId=s"]),
    (
        "ec2:AuthorizeSecurityGroupIngress",
        {
            "groupId": "sg-1",
            "ipPermissions": {
                "items": [
                    {
                        "ipProtocol": "tcp",
                        "fromPort": 22,
                        "toPort": 22,
                        "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]},
                    }
                ]
            },
        },
        {"securityGroupRuleSet": {"items": [{"securityGroupRuleId": "sgr-1"}]}},
        ["rule=tcp 22 22 0.0.0.0/0", "securityGroupRuleId=sgr-1"],
    ),
    (
        "ec2:RevokeSecurityGroupIngress",
        {"groupId": "sg-1", "securityGroupRuleIds": {"items": [{"securityGroupRuleId": "sgr-1"}]}, "ipPermissions": {}},
        {"_return": True},
        ["securityGroupRuleId=sgr-1"],
    ),
]


@pytest.mark.parametrize(("name", "request_", "response", "expected"), MARKS)
def test_marks(name: str, request_: dict[str, Any], response: dict[str, Any] | None, expected: list[str]) -> None:
    """A change says which policy, statement, grant, account or rule it is about."""
    (actual,) = told(record(name, requestParameters=request_, responseElements=response))

    assert list(actual["marks"]) == expected


@pytest.mark.parametrize(
    ("name", "request_", "response", "expected"),
    [
        (
            "ec2:TerminateInstances",
            {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}, {"instanceId": "i-0123456789abcdef1"}]}},
            None,
            ["AWS::EC2::Instance:i-0123456789abcdef0", "AWS::EC2::Instance:i-0123456789abcdef1"],
        ),
        ("lambda:DeleteFunction20150331", {"functionName": "f"}, None, ["AWS::Lambda::Function:f"]),
        ("ecs:StopTask", {"cluster": "c", "task": "0123abcd"}, None, ["AWS::ECS::Task:0123abcd"]),
        ("cloudformation:DeleteStack", {"stackName": "s"}, None, ["AWS::CloudFormation::Stack:s"]),
        ("glue:DeleteJob", {"jobName": "j"}, {"jobName": "j"}, ["AWS::Glue::Job:j"]),
    ],
)
def test_workload_ended(
    name: str, request_: dict[str, Any], response: dict[str, Any] | None, expected: list[str]
) -> None:
    """What ends workloads names each of them by account, type and ID, as what started them does."""
    found = told(record(name, requestParameters=request_, responseElements=response))

    assert [one["target"] for one in found] == [f"{ACCOUNT}:{one}" for one in expected]
    assert {(one["what"], one["target_type"]) for one in found} == {("deleted", "Workload")}


def test_change_of_oneself() -> None:
    """Without a user name in the request the change is the caller's own."""
    (actual,) = told(record("iam:ChangePassword"))

    assert (actual["target"], actual["principal_type"]) == (ALICE["arn"], "IAMUser")
    assert facts_of(record("iam:ChangePassword", userIdentity=ROLE)) == ()


FUNCTION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"
TASK = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/c/0123abcd"
INSTANCE = {"resource_type": "AWS::EC2::Instance", "account": ACCOUNT}


def instance(name: str, **more: Any) -> dict[str, Any]:
    return {**INSTANCE, "resource_id": name, "resource": ec2("instance", name), **more}


@pytest.mark.parametrize(
    ("name", "request_", "response", "expected"),
    [
        (
            "ec2:RunInstances",
            {"iamInstanceProfile": {"name": "ip"}},
            {"ownerId": ACCOUNT, "instancesSet": {"items": [{"instanceId": "i-2"}, {"instanceId": "i-1"}]}},
            [instance("i-1"), instance("i-2")],
        ),
        ("ec2:StartInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}, None, [instance("i-1")]),
        ("ec2:ModifyInstanceAttribute", {"instanceId": "i-1", "userData": "x"}, None, [instance("i-1")]),
        (
            "ec2-instance-connect:SendSSHPublicKey",
            {"instanceId": "i-1"},
            {"success": True},
            [instance("i-1", entered=True)],
        ),
        (
            "lambda:CreateFunction20150331",
            {"functionName": "f", "role": ROLE_ARN},
            {"functionName": "f", "functionArn": FUNCTION, "role": ROLE_ARN},
            [{"resource_type": "AWS::Lambda::Function", "resource_id": "f", "account": ACCOUNT, "resource": FUNCTION,
              "role_arn": ROLE_ARN}],
        ),
        (
            "lambda:UpdateFunctionCode20150331v2",
            {"functionName": f"{FUNCTION}:live"},
            None,
            [{"resource_type": "AWS::Lambda::Function", "resource_id": "f", "account": ACCOUNT, "resource": FUNCTION}],
        ),
        (
            "lambda:UpdateFunctionConfiguration20150331v2",
            {"functionName": f"{ACCOUNT}:function:f", "role": ROLE_ARN},
            None,
            [{"resource_type": "AWS::Lambda::Function", "resource_id": "f", "account": ACCOUNT, "resource": FUNCTION,
              "role_arn": ROLE_ARN}],
        ),
        (
            "ecs:RunTask",
            {"overrides": {"taskRoleArn": ROLE_ARN}},
            {"tasks": [{"taskArn": TASK}]},
            [{"resource_type": "AWS::ECS::Task", "resource_id": "0123abcd", "account": ACCOUNT, "resource": TASK,
              "role_arn": ROLE_ARN}],
        ),
        (
            "ecs:ExecuteCommand",
            {"task": "0123abcd", "cluster": "c"},
            {"taskArn": TASK},
            [{"resource_type": "AWS::ECS::Task", "resource_id": "0123abcd", "account": ACCOUNT, "resource": TASK,
              "entered": True}],
        ),
        (
            "ecs:RegisterTaskDefinition",
            {"family": "fam", "taskRoleArn": ROLE_ARN},
            {"taskDefinition": {"taskDefinitionArn": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/fam:3"}},
            [{"resource_type": "AWS::ECS::TaskDefinition", "resource_id": "fam:3", "account": ACCOUNT,
              "resource": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task-definition/fam:3", "role_arn": ROLE_ARN}],
        ),
        (
            "codebuild:StartBuild",
            {"projectName": "p"},
            {"build": {"id": "p:11-22", "arn": f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:build/p:11-22"}},
            [{"resource_type": "AWS::CodeBuild::Build", "resource_id": "11-22", "account": ACCOUNT,
              "resource": f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:build/p:11-22"}],
        ),
        (
            "codebuild:UpdateProject",
            {"name": "p", "serviceRole": ROLE_ARN},
            None,
            [{"resource_type": "AWS::CodeBuild::Project", "resource_id": "p", "account": ACCOUNT, "role_arn": ROLE_ARN}],
        ),
        (
            "glue:CreateDevEndpoint",
            {"endpointName": "e", "roleArn": ROLE_ARN},
            None,
            [{"resource_type": "AWS::Glue::DevEndpoint", "resource_id": "e", "account": ACCOUNT, "role_arn": ROLE_ARN}],
        ),
        (
            "glue:StartJobRun",
            {"jobName": "j"},
            {"jobRunId": "jr"},
            [{"resource_type": "AWS::Glue::Job", "resource_id": "j", "account": ACCOUNT}],
        ),
        (
            "ssm:SendCommand",
            {"instanceIds": ["i-1"], "targets": [{"key": "InstanceIds", "values": ["i-2"]}]},
            {"command": {"commandId": "c", "instanceIds": ["i-1"]}},
            [instance("i-1", entered=True), instance("i-2", entered=True)],
        ),
        (
            "ssm:SendCommand",
            {"instanceIds": [], "targets": [{"key": "tag:a", "values": ["b"]}]},
            {"command": {"commandId": "c", "instanceIds": []}},
            [{"resource_type": "AWS::SSM::Command", "resource_id": "c", "account": ACCOUNT, "entered": True}],
        ),
        ("ssm:StartSession", {"target": "i-1"}, {"tokenValue": "CANARY"}, [instance("i-1", entered=True)]),
        (
            "ssm:StartSession",
            {"target": "ecs:my_cluster_0123abcd_0123abcd-9"},
            None,
            [{"resource_type": "AWS::ECS::Task", "resource_id": "0123abcd", "account": ACCOUNT, "entered": True}],
        ),
        (
            "cloudformation:CreateStack",
            {"stackName": "s", "roleARN": ROLE_ARN},
            {"stackId": f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/s/1"},
            [{"resource_type": "AWS::CloudFormation::Stack", "resource_id": "s", "account": ACCOUNT,
              "resource": f"arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/s/1", "role_arn": ROLE_ARN}],
        ),
        (
            "sagemaker:CreateNotebookInstance",
            {"notebookInstanceName": "n", "roleArn": ROLE_ARN},
            None,
            [{"resource_type": "AWS::SageMaker::NotebookInstance", "resource_id": "n", "account": ACCOUNT,
              "role_arn": ROLE_ARN}],
        ),
    ],
)  # fmt: skip
def test_started(name: str, request_: Any, response: Any, expected: list[dict[str, Any]]) -> None:
    """Every workload that a call starts, changes or enters is one fact, found by its own ID."""
    actual = told(record(name, requestParameters=request_, responseElements=response))

    assert actual == [{"fact": "started", **one} for one in expected]


def test_every_operation_says_that_it_can_give_a_fact() -> None:
    """Classification sends exactly the listed operations, and the open-ended ones, to the fact makers."""
    listed = [*grants.OPERATIONS, *signins.OPERATIONS, *creations.OPERATIONS, *change_table.OPERATIONS,
              *workloads.OPERATIONS]  # fmt: skip

    assert all(call_of(record(name)).facts for name in listed)
    assert not call_of(record("ec2:DescribeInstances")).facts


def test_quick_test_for_issued_keys() -> None:
    """The quick test on the raw response finds every spelling of an issued key."""
    assert extract.issues_key(b'{"credentials":{"accessKeyId":"ASIA"}}')
    assert extract.issues_key(b'{"Credentials":{"AccessKeyId":"ASIA"}}')
    assert not extract.issues_key(b"null")


NAMES = [
    *grants.OPERATIONS, *signins.OPERATIONS, *creations.OPERATIONS, *change_table.OPERATIONS, *workloads.OPERATIONS,
    "signin:CreateOAuth2TokenNew", "s3:GetObject", "ec2:CreateTags", "newservice:HandOut",
]  # fmt: skip
MEMBERS = (
    "roleArn roleSessionName credentials accessKeyId assumedRoleUser assumedRoleId arn federatedUser tags key value "
    "userName roleName policyArn policyDocument items instancesSet instanceId instanceIds target targets values name "
    "tasks taskArn build id stackName functionName functionArn command ARN accountId type UserName attributes Policy "
    "downstreamRequests requestId targetPrincipal expiration ConsoleLogin bucketName queueUrl accessKey user role"
)
SECRETS = (
    "sessionToken",
    "secretAccessKey",
    "password",
    "tokenCode",
    "sAMLAssertion",
    "webIdentityToken",
    "userData",
)
CANARY = "CANARY-7b1f"
TEXTS = st.sampled_from(
    ["", "x", ROLE_ARN, KEY, "AKIATFQR7NSC8Q4X20BJ", "Success", "arn:aws:s3:::b/k", "i-1", "ecs:a", "ecs:a_b_c", "****",
     "arn:aws:iam::1:role/", "arn:", "https://[/x", "a:function", "function:", "{", '{"a":', "%7B%22", "\ud800", "é"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(MEMBERS.split()), inner, max_size=5)
        | st.dictionaries(st.sampled_from(SECRETS), st.just(CANARY), min_size=1, max_size=2)
    ),
    max_leaves=15,
)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(NAMES),
    caller=st.sampled_from([ALICE, ROLE, CENTER, service("ec2.amazonaws.com"), None]) | VALUES,
    members=st.fixed_dictionaries(
        dict.fromkeys(
            ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "resources"), VALUES
        )
    ),
    error=st.sampled_from([None, "AccessDenied"]),
    message=st.none() | st.text(max_size=80),
)  # fmt: skip
def test_no_shape_raises_and_no_secret_passes(
    name: str, caller: Any, members: dict[str, Any], error: str | None, message: str | None
) -> None:
    """Whatever the members hold, nothing raises and no secret reaches fact, target, sample or event."""
    raw = json.dumps({"eventName": "X", "errorCode": error, "errorMessage": message})
    one = msgspec.json.decode(raw, type=Record)
    one.event_source, _, one.event_name = name.partition(":")
    one.recipient_account_id, one.aws_region = ACCOUNT, "eu-west-1"
    one.user_identity = msgspec.Raw(json.dumps(caller).encode())
    one.request_parameters = msgspec.Raw(json.dumps(members["requestParameters"]).encode())
    one.response_elements = msgspec.Raw(json.dumps(members["responseElements"]).encode())
    one.additional_event_data = msgspec.Raw(json.dumps(members["additionalEventData"]).encode())
    one.service_event_details = msgspec.Raw(json.dumps(members["serviceEventDetails"]).encode())
    one.resources = msgspec.Raw(json.dumps(members["resources"]).encode())

    call, identity, event = read(one)
    out = (
        extract.facts(one, call, identity, event),
        targets_of(one, call.api, identity).first,
        sample_of(one),
        event,
    )

    assert CANARY not in repr(out)
    assert all(isinstance(fact, Fact) for fact in out[0])
    hash(out)


REAL = Path(__file__).resolve().parents[1].parent / "shared" / "cloudtrail"


@pytest.mark.skipif(not REAL.is_dir(), reason="the real records are not beside the checkout")
def test_real_records() -> None:
    """The real records give their facts, no secret of theirs passes, and masked keys issue nothing."""
    counts: dict[str, int] = {}
    leaks = []
    for path in sorted(REAL.glob("*/events.ndjson")):
        for line in path.read_bytes().splitlines():
            try:
                one = msgspec.json.decode(line, type=Record)
            except msgspec.ValidationError:
                continue
            call, caller, event = read(one)
            facts = extract.facts(one, call, caller, event)
            kept = repr((facts, targets_of(one, call.api, caller).first, sample_of(one)))
            leaks += [token for token in _tokens(decode(one.response_elements)) if token in kept]
            for fact in facts:
                kind = fact.kind if isinstance(fact, Grant) else str(type(fact).__struct_config__.tag)
                counts[kind] = counts.get(kind, 0) + 1
                assert "*" not in str(getattr(fact, "key", None))

    assert leaks == []
    assert counts["assume-role"] > 60
    assert (counts["saml"], counts["web-identity"], counts["federation-token"]) == (1, 1, 1)
    assert counts["console-login"] > 0


def _tokens(value: Any) -> list[str]:
    credentials = value.get("credentials") if isinstance(value, dict) else None
    token = credentials.get("sessionToken") if isinstance(credentials, dict) else None
    return [token] if isinstance(token, str) and len(token) > 20 else []
