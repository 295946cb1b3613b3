"""The resources that a finding names: instances, buckets, functions, tasks, pods, and others by their ARN.

Source: the GuardDuty API model (Resource, ResourceV2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lineage.model.alert import Thing
from lineage.model.arn import parse_arn
from loaders.records.body import account_id, child, items, text
from loaders.targets.resource_types import ARN_TYPES

_NAMED = (
    ("rdsDbInstanceDetails", "AWS::RDS::DBInstance", "dbInstanceIdentifier", "dbInstanceArn"),
    ("rdsLimitlessDbDetails", "AWS::RDS::DBShardGroup", "dbShardGroupIdentifier", "dbShardGroupArn"),
    ("ebsSnapshotDetails", "AWS::EC2::Snapshot", "snapshotId", "snapshotArn"),
    ("ec2ImageDetails", "AWS::EC2::Image", "imageId", "imageArn"),
    ("recoveryPointDetails", "AWS::Backup::RecoveryPoint", "recoveryPointId", "recoveryPointArn"),
)
"""Details of resources that run nothing: member, type, and where name and ARN stand."""
_SEQUENCE_TYPES = {
    "EC2_INSTANCE": "AWS::EC2::Instance", "S3_BUCKET": "AWS::S3::Bucket", "S3_OBJECT": "AWS::S3::Bucket",
    "ECS_TASK": "AWS::ECS::Task", "KUBERNETES_WORKLOAD": "AWS::EKS::Pod", "LAMBDA": "AWS::Lambda::Function",
}  # fmt: skip
"""Types of an attack sequence's resources that lead somewhere."""


def things(finding: object) -> Iterator[Thing]:
    """Yield the resources of a finding that may lead to sessions or to who changed them."""
    resource = child(finding, "resource")
    account, region = account_id(child(finding, "accountId")), text(finding, "region")
    partition = text(finding, "partition") or "aws"
    instance = child(resource, "instanceDetails")
    if name := text(instance, "instanceId"):
        arn = f"arn:{partition}:ec2:{region}:{account}:instance/{name}" if region and account else None
        yield Thing(type="AWS::EC2::Instance", id=name, arn=arn, account=account)
    for bucket in items(child(resource, "s3BucketDetails")):
        if name := text(bucket, "name"):
            yield Thing(type="AWS::S3::Bucket", id=name, arn=text(bucket, "arn") or f"arn:{partition}:s3:::{name}")
    function = child(resource, "lambdaDetails")
    if name := text(function, "functionName") or last_part(text(function, "functionArn"), ":"):
        yield Thing(type="AWS::Lambda::Function", id=name, arn=text(function, "functionArn"), account=account)
    ecs = child(resource, "ecsClusterDetails")
    if arn := text(ecs, "taskDetails", "arn"):
        yield Thing(type="AWS::ECS::Task", id=last_part(arn) or arn, arn=arn, account=account, parent=text(ecs, "name"))
    pod = child(resource, "kubernetesDetails", "kubernetesWorkloadDetails")
    user = text(resource, "kubernetesDetails", "kubernetesUserDetails", "username") or ""
    owner = text(pod, "serviceAccountName")
    if user.startswith("system:serviceaccount:") and user.count(":") == 3:
        owner = user.removeprefix("system:serviceaccount:").replace(":", "/")
    elif owner:
        owner = f"{text(pod, 'namespace') or 'default'}/{owner}"
    if (name := text(pod, "name")) or owner:
        yield Thing(
            type="AWS::EKS::Pod", id=f"{text(pod, 'namespace') or 'default'}/{name or ''}", account=account,
            parent=text(resource, "eksClusterDetails", "name"), owner=owner,
        )  # fmt: skip
    for details, kind, name, arn in _NAMED:
        one = child(resource, details)
        if value := text(one, name) or text(one, arn):
            yield Thing(type=kind, id=last_part(value) or value, arn=text(one, arn), account=account)


def sequence_things(sequence: object) -> Iterator[Thing]:
    """Yield the resources of an attack sequence."""
    for one in items(child(sequence, "resources")):
        kind = _SEQUENCE_TYPES.get(text(one, "resourceType") or "")
        uid = text(one, "uid")
        if kind is None or uid is None:
            continue
        arn = uid if parse_arn(uid) else None
        name = text(one, "name") or uid
        if kind == "AWS::S3::Bucket":
            bucket = (arn or f"arn:aws:s3:::{name}").partition(":::")[2].partition("/")[0]
            yield Thing(type=kind, id=bucket, arn=f"arn:{text(one, 'cloudPartition') or 'aws'}:s3:::{bucket}")
            continue
        if kind == "AWS::EKS::Pod":
            name = f"{text(one, 'data', 'kubernetesWorkload', 'namespace') or 'default'}/{name}"
        elif arn:
            name = last_part(arn) or name
        yield Thing(type=kind, id=name, arn=arn, account=account_id(child(one, "accountId")))


def thing_of_arn(arn: str | None, kind: str | None = None) -> Thing | None:
    """Return the resource that an ARN names, None where it is none.

    >>> thing_of_arn("arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc").id
    'i-0abc'
    """
    found = parse_arn(arn)
    if found is None:
        return None
    head, mark, rest = re.match(r"([^/:]*)([/:]?)(.*)", found.resource, re.S).groups()  # type: ignore[union-attr]  # every text fits
    known = ARN_TYPES.get((found.service, head if mark else ""))
    name = found.resource.partition("/")[0] if found.service == "s3" else (rest or head)
    if found.service in ("iam", "ecs"):
        name = found.resource.rpartition("/")[2]
    return Thing(
        type="AWS::S3::Bucket" if found.service == "s3" and not found.account else known or kind or "unknown",
        id=name, arn=arn, account=account_id(found.account) if found.account else None,
    )  # fmt: skip


def last_part(name: str | None, mark: str = "/") -> str | None:
    """Return what stands after the last mark of an ARN or ID; None of nothing."""
    return (name.rpartition(mark)[2] or None) if name else None


def said(value: object, *path: str) -> str | None:
    """Return a free text as it stands: unlike an identifier, it may look like a mask."""
    found = child(value, *path)
    return found if isinstance(found, str) and found else None
