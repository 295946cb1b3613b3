"""Tables: the request parameters that name the resource of a call, and the types of ARNs.

Source: the AWS Service Authorization Reference (ARN formats), the CloudFormation resource types,
and the names in records (field guide §10.1: they follow no standard).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple


class Named(NamedTuple):
    """A request parameter that names a resource, its type, and its ARN if `{p}`artition, `{r}`egion, `{a}`ccount and
    `{id}` determine it. IAM names do not: the path is missing."""

    parameter: str
    type: str
    arn: str | None = None


_EC2 = (
    ("instanceId", "Instance", "instance", "i"),
    ("snapshotId", "Snapshot", "snapshot", "snap"),
    ("imageId", "Image", "image", "ami"),
    ("volumeId", "Volume", "volume", "vol"),
    ("groupId", "SecurityGroup", "security-group", "sg"),
    ("networkAclId", "NetworkAcl", "network-acl", "acl"),
    ("routeTableId", "RouteTable", "route-table", "rtb"),
    ("subnetId", "Subnet", "subnet", "subnet"),
    ("internetGatewayId", "InternetGateway", "internet-gateway", "igw"),
    ("vpcId", "VPC", "vpc", "vpc"),
    ("networkInterfaceId", "NetworkInterface", "network-interface", "eni"),
    ("launchTemplateId", "LaunchTemplate", "launch-template", "lt"),
    ("flowLogId", "FlowLog", "vpc-flow-log", "fl"),
    ("keyName", "KeyPair", "key-pair", ""),
)
"""Resources of EC2: request parameter, name of the CloudFormation type, type in the ARN, and prefix of IDs."""
_EC2_NAMED = {
    parameter: Named(parameter, f"AWS::EC2::{name}", f"arn:{{p}}:ec2:{{r}}:{{a}}:{kind}/{{id}}")
    for parameter, name, kind, _ in _EC2
}

NAMED: Mapping[str, tuple[Named, ...]] = {
    "s3": (Named("bucketName", "AWS::S3::Bucket", "arn:{p}:s3:::{id}"),),
    "iam": (
        Named("instanceProfileName", "AWS::IAM::InstanceProfile"),
        Named("userName", "AWS::IAM::User"),
        Named("roleName", "AWS::IAM::Role"),
        Named("groupName", "AWS::IAM::Group"),
        Named("policyArn", "AWS::IAM::ManagedPolicy"),
        Named("sAMLProviderArn", "AWS::IAM::SAMLProvider"),
        Named("openIDConnectProviderArn", "AWS::IAM::OIDCProvider"),
        Named("serialNumber", "AWS::IAM::VirtualMFADevice"),
        Named("virtualMFADeviceName", "AWS::IAM::VirtualMFADevice"),
        Named("accessKeyId", "AWS::IAM::AccessKey"),
        Named("policyName", "AWS::IAM::ManagedPolicy"),
        Named("aWSServiceName", "AWS::IAM::ServiceLinkedRole"),
    ),
    "sts": (Named("roleArn", "AWS::IAM::Role"),),
    "ec2": (*_EC2_NAMED.values(), Named("resourceId", "unknown"), Named("groupName", "AWS::EC2::SecurityGroup")),
    "kms": (
        Named("keyId", "AWS::KMS::Key", "arn:{p}:kms:{r}:{a}:key/{id}"),
        Named("aliasName", "AWS::KMS::Alias", "arn:{p}:kms:{r}:{a}:{id}"),
        Named("targetKeyId", "AWS::KMS::Key", "arn:{p}:kms:{r}:{a}:key/{id}"),
    ),
    "lambda": (
        Named("functionName", "AWS::Lambda::Function", "arn:{p}:lambda:{r}:{a}:function:{id}"),
        Named("resource", "AWS::Lambda::Function"),
        Named("layerName", "AWS::Lambda::LayerVersion", "arn:{p}:lambda:{r}:{a}:layer:{id}"),
    ),
    "secretsmanager": (
        Named("secretId", "AWS::SecretsManager::Secret"),
        Named("secretIdList", "AWS::SecretsManager::Secret"),
        Named("name", "AWS::SecretsManager::Secret"),
    ),
    "ssm": (
        Named("target", "AWS::EC2::Instance", "arn:{p}:ec2:{r}:{a}:instance/{id}"),
        Named("instanceId", "AWS::EC2::Instance", "arn:{p}:ec2:{r}:{a}:instance/{id}"),
        Named("instanceIds", "AWS::EC2::Instance", "arn:{p}:ec2:{r}:{a}:instance/{id}"),
        Named("name", "AWS::SSM::Parameter", "arn:{p}:ssm:{r}:{a}:parameter/{id}"),
        Named("names", "AWS::SSM::Parameter", "arn:{p}:ssm:{r}:{a}:parameter/{id}"),
        Named("path", "AWS::SSM::Parameter", "arn:{p}:ssm:{r}:{a}:parameter/{id}"),
        Named("documentName", "AWS::SSM::Document", "arn:{p}:ssm:{r}:{a}:document/{id}"),
    ),
    "ec2-instance-connect": (_EC2_NAMED["instanceId"],),
    "cloudtrail": (
        Named("name", "AWS::CloudTrail::Trail", "arn:{p}:cloudtrail:{r}:{a}:trail/{id}"),
        Named("trailName", "AWS::CloudTrail::Trail", "arn:{p}:cloudtrail:{r}:{a}:trail/{id}"),
        Named("eventDataStore", "AWS::CloudTrail::EventDataStore", "arn:{p}:cloudtrail:{r}:{a}:eventdatastore/{id}"),
    ),
    "dynamodb": (Named("tableName", "AWS::DynamoDB::Table", "arn:{p}:dynamodb:{r}:{a}:table/{id}"),),
    "sns": (Named("topicArn", "AWS::SNS::Topic"), Named("name", "AWS::SNS::Topic", "arn:{p}:sns:{r}:{a}:{id}")),
    "sqs": (Named("queueUrl", "AWS::SQS::Queue"), Named("queueName", "AWS::SQS::Queue", "arn:{p}:sqs:{r}:{a}:{id}")),
    "rds": (
        Named("dBInstanceIdentifier", "AWS::RDS::DBInstance", "arn:{p}:rds:{r}:{a}:db:{id}"),
        Named("dBClusterIdentifier", "AWS::RDS::DBCluster", "arn:{p}:rds:{r}:{a}:cluster:{id}"),
        Named("dBSnapshotIdentifier", "AWS::RDS::DBSnapshot", "arn:{p}:rds:{r}:{a}:snapshot:{id}"),
        Named(
            "dBClusterSnapshotIdentifier", "AWS::RDS::DBClusterSnapshot", "arn:{p}:rds:{r}:{a}:cluster-snapshot:{id}"
        ),
        Named("dBSecurityGroupName", "AWS::RDS::DBSecurityGroup", "arn:{p}:rds:{r}:{a}:secgrp:{id}"),
        Named("sourceArn", "unknown"),
        Named("resourceArn", "unknown"),
        Named("resourceName", "unknown"),
    ),
    "ecr": (Named("repositoryName", "AWS::ECR::Repository", "arn:{p}:ecr:{r}:{a}:repository/{id}"),),
    "ecs": (
        Named("task", "AWS::ECS::Task"),
        Named("service", "AWS::ECS::Service"),
        Named("serviceName", "AWS::ECS::Service"),
        Named("taskDefinition", "AWS::ECS::TaskDefinition", "arn:{p}:ecs:{r}:{a}:task-definition/{id}"),
        Named("family", "AWS::ECS::TaskDefinition"),
        Named("cluster", "AWS::ECS::Cluster", "arn:{p}:ecs:{r}:{a}:cluster/{id}"),
        Named("clusterName", "AWS::ECS::Cluster", "arn:{p}:ecs:{r}:{a}:cluster/{id}"),
    ),
    "eks": (
        Named("clusterName", "AWS::EKS::Cluster", "arn:{p}:eks:{r}:{a}:cluster/{id}"),
        Named("name", "AWS::EKS::Cluster", "arn:{p}:eks:{r}:{a}:cluster/{id}"),
    ),
    "eks-auth": (Named("clusterName", "AWS::EKS::Cluster", "arn:{p}:eks:{r}:{a}:cluster/{id}"),),
    "logs": (
        Named("logGroupName", "AWS::Logs::LogGroup", "arn:{p}:logs:{r}:{a}:log-group:{id}"),
        Named("logGroupIdentifier", "AWS::Logs::LogGroup", "arn:{p}:logs:{r}:{a}:log-group:{id}"),
        Named("logGroupArn", "AWS::Logs::LogGroup"),
    ),
    "guardduty": (Named("detectorId", "AWS::GuardDuty::Detector", "arn:{p}:guardduty:{r}:{a}:detector/{id}"),),
    "config": (
        Named("configurationRecorderName", "AWS::Config::ConfigurationRecorder"),
        Named("deliveryChannelName", "AWS::Config::DeliveryChannel"),
        Named("configRuleName", "AWS::Config::ConfigRule"),
    ),
    "cloudformation": (
        Named("stackName", "AWS::CloudFormation::Stack"),
        Named("stackSetName", "AWS::CloudFormation::StackSet"),
    ),
    "codebuild": (
        Named("projectName", "AWS::CodeBuild::Project", "arn:{p}:codebuild:{r}:{a}:project/{id}"),
        Named("name", "AWS::CodeBuild::Project", "arn:{p}:codebuild:{r}:{a}:project/{id}"),
        Named("projectArn", "AWS::CodeBuild::Project"),
    ),
    "glue": (
        Named("jobName", "AWS::Glue::Job", "arn:{p}:glue:{r}:{a}:job/{id}"),
        Named("endpointName", "AWS::Glue::DevEndpoint", "arn:{p}:glue:{r}:{a}:devEndpoint/{id}"),
        Named("name", "AWS::Glue::Job", "arn:{p}:glue:{r}:{a}:job/{id}"),
    ),
    "sagemaker": (
        Named(
            "notebookInstanceName",
            "AWS::SageMaker::NotebookInstance",
            "arn:{p}:sagemaker:{r}:{a}:notebook-instance/{id}",
        ),
        Named("domainId", "AWS::SageMaker::Domain", "arn:{p}:sagemaker:{r}:{a}:domain/{id}"),
    ),
    "organizations": (
        Named("targetId", "unknown"),
        Named("policyId", "AWS::Organizations::Policy"),
        Named("accountId", "AWS::Organizations::Account"),
    ),
    "sso": (Named("permissionSetArn", "AWS::SSO::PermissionSet"), Named("instanceArn", "AWS::SSO::Instance")),
    "sso-directory": (
        Named("directoryId", "AWS::IdentityStore::IdentityStore", "arn:{p}:identitystore::{a}:identitystore/{id}"),
    ),
    "ram": (Named("resourceShareArn", "AWS::RAM::ResourceShare"), Named("name", "AWS::RAM::ResourceShare")),
}

OPERATION_NAMED: Mapping[str, tuple[Named, ...]] = {
    "kms:CreateGrant": (NAMED["kms"][0],),
    "iam:CreatePolicyVersion": (Named("policyArn", "AWS::IAM::ManagedPolicy"),),
    "iam:CreateSAMLProvider": (Named("name", "AWS::IAM::SAMLProvider", "arn:{p}:iam::{a}:saml-provider/{id}"),),
    "iam:CreateOpenIDConnectProvider": (Named("url", "AWS::IAM::OIDCProvider"),),
    "ec2:RunInstances": (_EC2_NAMED["instanceId"],),
    "ec2:CreateKeyPair": (_EC2_NAMED["keyName"],),
    "ec2:CreateSecurityGroup": (Named("groupName", "AWS::EC2::SecurityGroup"),),
    "ec2:CreateFlowLogs": (Named("resourceId", "unknown"),),
    "ssm:SendCommand": (NAMED["ssm"][2], NAMED["ssm"][6]),
    "rds:CopyDBSnapshot": (
        Named("targetDBSnapshotIdentifier", "AWS::RDS::DBSnapshot", "arn:{p}:rds:{r}:{a}:snapshot:{id}"),
    ),
    "config:StopConfigurationRecorder": (Named("configurationRecorderName", "AWS::Config::ConfigurationRecorder"),),
}
"""Operations for which the service's order of parameters would name the wrong resource."""


def _types_of_arns() -> Iterator[tuple[tuple[str, str], str]]:
    """Yield service, first part of the resource, and type of each ARN that parameters determine."""
    for named in chain.from_iterable(NAMED.values()):
        found = re.match(r"arn:[^:]*:([^:]*):[^:]*:[^:]*:([\w-]+)[:/]", named.arn or "")
        if found is not None:
            yield (found[1], found[2]), named.type


ARN_TYPES: Mapping[tuple[str, str], str] = {
    **dict(_types_of_arns()),
    ("s3", ""): "AWS::S3::Bucket",
    ("s3", "accesspoint"): "AWS::S3::AccessPoint",
    ("iam", "role"): "AWS::IAM::Role",
    ("iam", "user"): "AWS::IAM::User",
    ("iam", "group"): "AWS::IAM::Group",
    ("iam", "policy"): "AWS::IAM::ManagedPolicy",
    ("iam", "instance-profile"): "AWS::IAM::InstanceProfile",
    ("iam", "saml-provider"): "AWS::IAM::SAMLProvider",
    ("iam", "oidc-provider"): "AWS::IAM::OIDCProvider",
    ("iam", "mfa"): "AWS::IAM::VirtualMFADevice",
    ("kms", "alias"): "AWS::KMS::Alias",
    ("secretsmanager", "secret"): "AWS::SecretsManager::Secret",
    ("ssm", "managed-instance"): "AWS::SSM::ManagedInstance",
    ("sns", ""): "AWS::SNS::Topic",
    ("sqs", ""): "AWS::SQS::Queue",
    ("ecs", "task"): "AWS::ECS::Task",
    ("ecs", "service"): "AWS::ECS::Service",
    ("cloudformation", "stack"): "AWS::CloudFormation::Stack",
    ("codebuild", "build"): "AWS::CodeBuild::Build",
    ("sso", "permissionSet"): "AWS::SSO::PermissionSet",
    ("sso", "instance"): "AWS::SSO::Instance",
    ("ram", "resource-share"): "AWS::RAM::ResourceShare",
    ("states", "stateMachine"): "AWS::StepFunctions::StateMachine",
}
"""Types of ARNs by service and first part of the resource; "" if the resource has no such part."""
EC2_PREFIXES: Mapping[str, str] = {prefix: kind for _, _, kind, prefix in _EC2 if prefix}
"""Prefix of an EC2 ID -> type in its ARN, for parameters that take any resource (tags, flow logs)."""

IAM_PROSE: Mapping[str, str] = {
    "user": "AWS::IAM::User",
    "role": "AWS::IAM::Role",
    "group": "AWS::IAM::Group",
    "policy": "AWS::IAM::ManagedPolicy",
    "instance profile": "AWS::IAM::InstanceProfile",
}
"""Types of IAM resources in the prose of authorization errors."""
