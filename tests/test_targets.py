"""Targets and samples: which resource a call was about."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.model.facts import Target
from tests.records import record, sample_of, target_of

ACCOUNT = "123837392027"
S3 = "AWS::S3::Bucket"


def t(key: str, kind: str, name: str, account: str | None = ACCOUNT) -> Target:
    return Target(key=key, type=kind, account=account, id=name)


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        (
            "s3:GetObject",
            {
                "requestParameters": {"bucketName": "b", "key": "k"},
                "resources": [
                    {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k/l"},
                    {"type": S3, "ARN": "arn:aws:s3:::b", "accountId": "029608264753"},
                ],
            },
            t("arn:aws:s3:::b", S3, "b", None),
        ),
        (
            "s3:PutBucketPolicy",
            {"requestParameters": {"bucketName": "b"}},
            t("arn:aws:s3:::b", S3, "b", None),
        ),
        (
            "s3:GetObject",
            {"requestParameters": {"bucketName": "b"}, "awsRegion": "cn-north-1", "userIdentity": None},
            t("arn:aws-cn:s3:::b", S3, "b", None),
        ),
        (
            "iam:AttachUserPolicy",
            {
                "requestParameters": {
                    "userName": "eve",
                    "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
                }
            },
            t(f"{ACCOUNT}:AWS::IAM::User:eve", "AWS::IAM::User", "eve"),
        ),
        (
            "iam:CreateRole",
            {
                "requestParameters": {"roleName": "r"},
                "responseElements": {"role": {"arn": f"arn:aws:iam::{ACCOUNT}:role/ops/r"}},
            },
            t(f"arn:aws:iam::{ACCOUNT}:role/ops/r", "AWS::IAM::Role", "r"),
        ),
        (
            "ec2:StopInstances",
            {"requestParameters": {"instancesSet": {"items": [{"instanceId": "i-0a"}, {"instanceId": "i-0b"}]}}},
            t(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-0a", "AWS::EC2::Instance", "i-0a"),
        ),
        (
            "ec2:CreateTags",
            {"requestParameters": {"resourcesSet": {"items": [{"resourceId": "vol-0a"}]}}},
            t(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-0a", "AWS::EC2::Volume", "vol-0a"),
        ),
        (
            "ec2:DeleteFlowLogs",
            {"requestParameters": {"DeleteFlowLogsRequest": {"FlowLogId": {"content": "fl-0a", "tag": 1}}}},
            t(f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc-flow-log/fl-0a", "AWS::EC2::FlowLog", "fl-0a"),
        ),
        (
            "kms:Decrypt",
            {"requestParameters": {"keyId": "alias/x"}},
            t(f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/x", "AWS::KMS::Alias", "alias/x"),
        ),
        (
            "cloudtrail:StopLogging",
            {
                "requestParameters": {"name": "main"},
                "resources": [{"ARN": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", "type": "AWS::KMS::Key"}],
            },
            t(f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/main", "AWS::CloudTrail::Trail", "main"),
        ),
        (
            "lambda:UpdateFunctionCode20150331v2",
            {"requestParameters": {"functionName": "029608264753:function:f:live"}},
            t(
                "arn:aws:lambda:eu-west-1:029608264753:function:f",
                "AWS::Lambda::Function",
                "f",
                "029608264753",
            ),
        ),
        (
            "lambda:UpdateFunctionCode20150331v2",
            {"requestParameters": {"functionName": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f:live"}},
            t(f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f", "AWS::Lambda::Function", "f"),
        ),
        (
            "sqs:SetQueueAttributes",
            {"requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/029608264753/q"}},
            t("arn:aws:sqs:eu-west-1:029608264753:q", "AWS::SQS::Queue", "q", "029608264753"),
        ),
        (
            "secretsmanager:GetSecretValue",
            {"requestParameters": {"secretId": "prod/db"}},
            t(f"{ACCOUNT}:AWS::SecretsManager::Secret:prod/db", "AWS::SecretsManager::Secret", "prod/db"),
        ),
        (
            "ssm:GetParameters",
            {"requestParameters": {"names": ["/a/b"], "withDecryption": True}},
            t(f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/a/b", "AWS::SSM::Parameter", "a/b"),
        ),
        (
            "appmesh:CreateMesh",
            {"requestParameters": {"clientToken": "x", "meshName": "m"}},
            t(f"{ACCOUNT}:unknown:appmesh/mesh/m", "unknown", "m"),
        ),
        (
            "eks:DescribeAccessEntry",
            {"requestParameters": {"principalArn": "arn%3Aaws%3Aiam%3A%3A1%3Arole%2FT", "name": "c"}},
            t(f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/c", "AWS::EKS::Cluster", "c"),
        ),
        (
            "iam:AttachRolePolicy",
            {
                "errorCode": "AccessDenied",
                "errorMessage": "User: arn:aws:iam::1:user/a is not authorized to perform: iam:AttachRolePolicy on "
                "resource: role deploy because no identity-based policy allows the iam:AttachRolePolicy action",
            },
            t(f"{ACCOUNT}:AWS::IAM::Role:deploy", "AWS::IAM::Role", "deploy"),
        ),
        (
            "appmesh:ListMeshes",
            {
                "errorCode": "AccessDenied",
                "errorMessage": "User: arn:aws:iam::1:user/a is not authorized to perform: appmesh:ListMeshes on "
                "resource: arn:aws:appmesh:us-east-1:1:mesh/*",
            },
            None,
        ),
        ("sts:GetCallerIdentity", {}, None),
        ("ec2:DescribeInstances", {"requestParameters": {"filterSet": {}}}, None),
        ("s3:GetObject", {"requestParameters": {"bucketName": "****"}}, None),
    ],
)
def test_target(name: str, members: dict[str, Any], expected: Target | None) -> None:
    """The resource is an ARN where record and region decide it, else ACCOUNT:TYPE:ID; a pattern is none."""
    assert target_of(record(name, **members)) == expected


ROLE = "arn:aws:iam::029608264753:role/ops/deploy"
ASSUMED = t(ROLE, "AWS::IAM::Role", "deploy", "029608264753")
REFUSED = "User: arn:aws:sts::1:assumed-role/mine/s is not authorized to perform: sts:AssumeRole"


@pytest.mark.parametrize(
    ("name", "members", "expected"),
    [
        ("sts:AssumeRole", {"requestParameters": {"roleArn": ROLE}}, ASSUMED),
        ("sts:AssumeRole", {"resources": [{"ARN": ROLE}]}, ASSUMED),
        (
            "sts:AssumeRole",
            {"errorCode": "AccessDenied", "errorMessage": f"{REFUSED} on resource: {ROLE}"},
            ASSUMED,
        ),
        (
            "sts:AssumeRoleWithWebIdentity",
            {
                "errorCode": "AccessDenied",
                "errorMessage": "An unknown error occurred",
                "requestParameters": {"roleArn": ROLE},
            },
            ASSUMED,
        ),
        (
            "sts:AssumeRole",
            {
                "errorCode": "AccessDenied",
                "errorMessage": f"{REFUSED} because no role trust policy allows the sts:AssumeRole action",
            },
            None,
        ),
        (
            "sts:AssumeRoot",
            {"requestParameters": {"targetPrincipal": "029608264753"}},
            t(
                "029608264753:AWS::IAM::RootUser:029608264753",
                "AWS::IAM::RootUser",
                "029608264753",
                "029608264753",
            ),
        ),
    ],
)
def test_target_of_an_assumption(name: str, members: dict[str, Any], expected: Target | None) -> None:
    """An assumption, granted or refused, is about the role, and about none where the text hides it."""
    assert target_of(record(name, **members)) == expected


def test_sample() -> None:
    """A sample keeps five resource ARNs and the request without its secrets, in 1,000 characters."""
    one = record(
        "x:Y",
        requestParameters={"password": "CANARY-1", "a": "b" * 2000},
        resources=[{"ARN": f"arn:aws:s3:::b{i}"} for i in range(9)],
    )

    arns, parameters = sample_of(one)

    assert arns == tuple(f"arn:aws:s3:::b{i}" for i in range(5))
    assert parameters is not None
    assert len(parameters) == 1000
    assert parameters.startswith('{"password":"(removed)","a":"bbb')
    assert sample_of(record("x:Y")) == ((), None)
