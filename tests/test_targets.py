"""Targets and samples: which resource a call was about."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.model.facts import Target
from tests.records import all_targets_of, record, sample_of, target_of

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


REGION = f"eu-west-1:{ACCOUNT}"
SECRET = f"arn:aws:secretsmanager:{REGION}:secret:prod/db-AbCdEf"
FUNCTION = f"arn:aws:lambda:{REGION}:function:f"


@pytest.mark.parametrize(
    ("key", "spellings"),
    [
        (
            FUNCTION,
            [
                ("lambda:Invoke", {"requestParameters": {"functionName": name}})
                for name in ("f", "f:live", "f:$LATEST", "function:f", f"{ACCOUNT}:function:f", FUNCTION,
                             f"{ACCOUNT}:function:f:7", f"{REGION}:function:f", f"{FUNCTION}:live",
                             f"{FUNCTION}:$LATEST")
            ]
            + [
                ("lambda:Invoke", {"resources": [{"type": "AWS::Lambda::Function", "ARN": f"{FUNCTION}:7"}]}),
                ("lambda:TagResource20170331v2", {"requestParameters": {"resource": FUNCTION}}),
                ("lambda:CreateFunction20150331", {"requestParameters": {"functionName": "f"},
                                                   "responseElements": {"functionArn": f"{FUNCTION}:1"}}),
            ],
        ),
        (
            f"arn:aws:lambda:{REGION}:layer:l",
            [
                ("lambda:DeleteLayerVersion20181031", {"requestParameters": {"layerName": name}})
                for name in ("l", f"arn:aws:lambda:{REGION}:layer:l", f"arn:aws:lambda:{REGION}:layer:l:3")
            ],
        ),
        (
            f"arn:aws:sns:{REGION}:alarms",
            [
                ("sns:CreateTopic", {"requestParameters": {"name": "alarms"}}),
                ("sns:Subscribe", {"requestParameters": {"topicArn": f"arn:aws:sns:{REGION}:alarms"}}),
                ("sns:Publish", {"requestParameters": {"targetArn": f"arn:aws:sns:{REGION}:alarms"}}),
            ],
        ),
        (
            f"arn:aws:sqs:{REGION}:q",
            [
                ("sqs:CreateQueue", {"requestParameters": {"queueName": "q"}}),
                ("sqs:DeleteQueue",
                 {"requestParameters": {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/q"}}),
                ("sqs:DeleteQueue",
                 {"requestParameters": {"queueUrl": f"https://eu-west-1.queue.amazonaws.com/{ACCOUNT}/q"}}),
                ("sqs:SendMessage", {"resources": [{"ARN": f"arn:aws:sqs:{REGION}:q", "type": "AWS::SQS::Queue"}]}),
            ],
        ),
        (
            f"arn:aws:kms:{REGION}:key/1234",
            [
                ("kms:Decrypt", {"requestParameters": {"keyId": "1234"}}),
                ("kms:Decrypt", {"requestParameters": {"keyId": f"arn:aws:kms:{REGION}:key/1234"}}),
                ("kms:Decrypt", {"requestParameters": {"keyId": "alias/app"},
                                 "resources": [{"ARN": f"arn:aws:kms:{REGION}:key/1234", "type": "AWS::KMS::Key"}]}),
            ],
        ),
        (
            f"{ACCOUNT}:AWS::SecretsManager::Secret:prod/db",
            [
                ("secretsmanager:GetSecretValue", {"requestParameters": {"secretId": "prod/db"}}),
                ("secretsmanager:CreateSecret", {"requestParameters": {"name": "prod/db"},
                                                 "responseElements": {"arn": SECRET, "name": "prod/db"}}),
                ("secretsmanager:DeleteSecret", {"requestParameters": {"secretId": SECRET},
                                                 "responseElements": {"aRN": SECRET, "name": "prod/db"}}),
                ("secretsmanager:DeleteSecret", {"requestParameters": {"secretId": "prod/db"},
                                                 "responseElements": {"aRN": SECRET, "name": "prod/db"}}),
            ],
        ),
        (
            f"arn:aws:dynamodb:{REGION}:table/orders",
            [
                ("dynamodb:Query", {"requestParameters": {"tableName": "orders"}}),
                ("dynamodb:Query", {"requestParameters": {"tableName": f"arn:aws:dynamodb:{REGION}:table/orders"}}),
                ("dynamodb:Query",
                 {"resources": [{"ARN": f"arn:aws:dynamodb:{REGION}:table/orders/index/by-day", "type": "x"}]}),
            ],
        ),
        (
            f"arn:aws:rds:{REGION}:db:main",
            [
                ("rds:ModifyDBInstance", {"requestParameters": {"dBInstanceIdentifier": name}})
                for name in ("main", f"arn:aws:rds:{REGION}:db:main")
            ],
        ),
        (
            f"arn:aws:rds:{REGION}:secgrp:open",
            [
                ("rds:AuthorizeDBSecurityGroupIngress", {"requestParameters": {"dBSecurityGroupName": "open"}}),
                ("rds:AddTagsToResource", {"requestParameters": {"resourceName": f"arn:aws:rds:{REGION}:secgrp:open"}}),
            ],
        ),
        (
            f"arn:aws:sagemaker:{REGION}:domain/d-1",
            [
                ("sagemaker:DeleteDomain", {"requestParameters": {"domainId": "d-1"}}),
                ("sagemaker:AddTags", {"requestParameters": {"resourceArn": f"arn:aws:sagemaker:{REGION}:domain/d-1"}}),
            ],
        ),
        (
            f"arn:aws:ecr:{REGION}:repository/app",
            [
                ("ecr:PutImage", {"requestParameters": {"repositoryName": "app"}}),
                ("ecr:TagResource", {"requestParameters": {"resourceArn": f"arn:aws:ecr:{REGION}:repository/app"}}),
            ],
        ),
        (
            f"arn:aws:states:{REGION}:stateMachine:pay",
            [
                ("states:StartExecution", {"requestParameters": {"stateMachineArn": name}})
                for name in (f"arn:aws:states:{REGION}:stateMachine:pay", f"arn:aws:states:{REGION}:stateMachine:pay:3",
                             f"arn:aws:states:{REGION}:stateMachine:pay:LIVE")
            ]
            + [
                ("states:CreateStateMachine",
                 {"requestParameters": {"name": "pay"},
                  "responseElements": {"stateMachineArn": f"arn:aws:states:{REGION}:stateMachine:pay"}})
            ],
        ),
        (
            f"arn:aws:logs:{REGION}:log-group:/app",
            [
                ("logs:DeleteLogGroup", {"requestParameters": {"logGroupName": "/app"}}),
                ("logs:PutDataProtectionPolicy",
                 {"requestParameters": {"logGroupIdentifier": f"arn:aws:logs:{REGION}:log-group:/app:*"}}),
                ("logs:GetLogEvents",
                 {"requestParameters": {"logGroupIdentifier": f"arn:aws:logs:{REGION}:log-group:/app:log-stream:s"}}),
            ],
        ),
    ],
    ids=lambda value: value.rpartition(":")[2] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_resource_is_one_however_it_is_named(key: str, spellings: list[tuple[str, dict[str, Any]]]) -> None:
    """By ARN, partial ARN, URL or name, with and without a qualifier: one key, one type, and no other resource."""
    found = [all_targets_of(record(name, **members)) for name, members in spellings]

    assert [(one.first.key if one.first else None, one.beside) for one in found] == [(key, ())] * len(spellings)
    assert len({(one.first.type, one.first.id) for one in found if one.first}) == 1


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
