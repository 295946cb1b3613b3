"""Table: what takes back a change, with the parameters that the change itself was made with.

Operation -> command line of its inverse; names in braces are request parameters as CloudTrail logs them, `earlier` is
the state before as far as it was logged. Source: the API References of the services.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import ChangeEdge
from lineage.questions.shared.alterations import parsed_state, text_of
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.fates import api_of, family_of, same_state
from lineage.render.text import aws_line

GLOBAL = ("iam", "organizations", "s3api", "s3control", "sts")
"""Command groups that need no region."""
DENY_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


def close_role(name: str) -> str | None:
    """The command that lets no one assume a role; None where its name is not safe in a command."""
    form = "iam update-assume-role-policy --role-name {roleName} --policy-document {policy}"
    return aws_line(form, {"roleName": name, "policy": DENY_TRUST})


def _policies(kind: str, name: str) -> dict[str, tuple[str, ...]]:
    """The rows for the policies of users, roles or groups."""
    whom = f"--{kind}-name {{{kind}Name}}"
    boundary = f"iam put-{kind}-permissions-boundary {whom} --permissions-boundary {{earlier}}"
    put = f"iam put-{kind}-policy {whom} --policy-name {{policyName}} --policy-document {{earlier}}"
    return {
        f"iam:Attach{name}Policy": (f"iam detach-{kind}-policy {whom} --policy-arn {{policyArn}}",),
        f"iam:Detach{name}Policy": (f"iam attach-{kind}-policy {whom} --policy-arn {{policyArn}}",),
        f"iam:Put{name}Policy": (put, f"iam delete-{kind}-policy {whom} --policy-name {{policyName}}"),
        f"iam:Delete{name}Policy": (put,),
        f"iam:Put{name}PermissionsBoundary": (boundary, f"iam delete-{kind}-permissions-boundary {whom}"),
        f"iam:Delete{name}PermissionsBoundary": (boundary,),
    }


_USER = "--user-name {userName}"
_SET = "--instance-arn {instanceArn} --permission-set-arn {permissionSetArn}"
_ALL_BLOCKED = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
_BLOCK = f"s3api put-public-access-block --bucket {{bucketName}} --public-access-block-configuration {_ALL_BLOCKED}"
_ACCOUNT_BLOCK = (
    f"s3control put-public-access-block --account-id {{account}} --public-access-block-configuration {_ALL_BLOCKED}"
)

UNDO: Mapping[str, tuple[str, ...]] = {
    **_policies("user", "User"),
    **_policies("role", "Role"),
    **_policies("group", "Group"),
    "iam:CreateUser": (f"iam delete-user {_USER}",),
    "iam:UpdateAccessKey": (f"iam update-access-key {_USER} --access-key-id {{key}} --status {{otherStatus}}",),
    "iam:CreateRole": ("iam delete-role --role-name {roleName}",),
    "iam:CreateServiceLinkedRole": ("iam delete-service-linked-role --role-name {roleName}",),
    "iam:CreateLoginProfile": (f"iam delete-login-profile {_USER}",),
    "iam:UpdateLoginProfile": (f"iam delete-login-profile {_USER}",),
    "iam:CreateServiceSpecificCredential": (
        f"iam update-service-specific-credential {_USER} --service-specific-credential-id {{key}} --status Inactive",
    ),
    "iam:UploadSSHPublicKey": (f"iam update-ssh-public-key {_USER} --ssh-public-key-id {{key}} --status Inactive",),
    "iam:UploadSigningCertificate": (
        f"iam update-signing-certificate {_USER} --certificate-id {{key}} --status Inactive",
    ),
    "iam:UpdateAssumeRolePolicy": ("iam update-assume-role-policy --role-name {roleName} --policy-document {earlier}",),
    "iam:AddUserToGroup": (f"iam remove-user-from-group {_USER} --group-name {{groupName}}",),
    "iam:RemoveUserFromGroup": (f"iam add-user-to-group {_USER} --group-name {{groupName}}",),
    "iam:EnableMFADevice": (f"iam deactivate-mfa-device {_USER} --serial-number {{serialNumber}}",),
    "iam:CreateVirtualMFADevice": ("iam delete-virtual-mfa-device --serial-number {arn}",),
    "iam:CreateSAMLProvider": ("iam delete-saml-provider --saml-provider-arn {arn}",),
    "iam:CreateOpenIDConnectProvider": ("iam delete-open-id-connect-provider --open-id-connect-provider-arn {arn}",),
    "iam:AddClientIDToOpenIDConnectProvider": (
        "iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn {arn} "
        "--client-id {clientID}",
    ),
    "iam:CreatePolicy": ("iam delete-policy --policy-arn {arn}",),
    "iam:AddRoleToInstanceProfile": (
        "iam remove-role-from-instance-profile --instance-profile-name {instanceProfileName} --role-name {roleName}",
    ),
    "cloudtrail:StopLogging": ("cloudtrail start-logging --name {arn}", "cloudtrail start-logging --name {name}"),
    "cloudtrail:StopEventDataStoreIngestion": ("cloudtrail start-event-data-store-ingestion --event-data-store {arn}",),
    "cloudtrail:DeleteEventDataStore": ("cloudtrail restore-event-data-store --event-data-store {arn}",),
    "config:StopConfigurationRecorder": (
        "configservice start-configuration-recorder --configuration-recorder-name {configurationRecorderName}",
    ),
    "guardduty:DeleteDetector": ("guardduty create-detector --enable",),
    "securityhub:DisableSecurityHub": ("securityhub enable-security-hub",),
    "macie2:DisableMacie": ("macie2 enable-macie",),
    "s3:PutBucketPolicy": (
        "s3api put-bucket-policy --bucket {bucketName} --policy {earlier}",
        "s3api delete-bucket-policy --bucket {bucketName}",
    ),
    "s3:DeleteBucketPolicy": ("s3api put-bucket-policy --bucket {bucketName} --policy {earlier}",),
    "s3:PutBucketPublicAccessBlock": (_BLOCK,),
    "s3:PutBucketAcl": ("s3api put-bucket-acl --bucket {bucketName} --acl private",),
    "s3:DeleteBucketPublicAccessBlock": (_BLOCK,),
    "s3:DeleteAccountPublicAccessBlock": (_ACCOUNT_BLOCK,),
    "s3:PutAccountPublicAccessBlock": (_ACCOUNT_BLOCK,),
    "ec2:ModifySnapshotAttribute": (
        "ec2 modify-snapshot-attribute --snapshot-id {snapshotId} --attribute createVolumePermission "
        "--operation-type remove --user-ids {sharedWith}",
        "ec2 reset-snapshot-attribute --snapshot-id {snapshotId} --attribute createVolumePermission",
    ),
    "ec2:ModifyImageAttribute": (
        "ec2 modify-image-attribute --image-id {imageId} --attribute launchPermission --operation-type remove "
        "--user-ids {sharedWith}",
        "ec2 reset-image-attribute --image-id {imageId} --attribute launchPermission",
    ),
    "ec2:AuthorizeSecurityGroupIngress": (
        "ec2 revoke-security-group-ingress --group-id {groupId} --security-group-rule-ids {securityGroupRuleId}",
        "ec2 revoke-security-group-ingress --group-id {groupId} --protocol {ipProtocol} --port {port} --cidr {cidrIp}",
    ),
    "ec2:AuthorizeSecurityGroupEgress": (
        "ec2 revoke-security-group-egress --group-id {groupId} --security-group-rule-ids {securityGroupRuleId}",
    ),
    "rds:ModifyDBSnapshotAttribute": (
        "rds modify-db-snapshot-attribute --db-snapshot-identifier {dBSnapshotIdentifier} --attribute-name restore "
        "--values-to-remove {sharedWith}",
    ),
    "rds:ModifyDBClusterSnapshotAttribute": (
        "rds modify-db-cluster-snapshot-attribute --db-cluster-snapshot-identifier {dBClusterSnapshotIdentifier} "
        "--attribute-name restore --values-to-remove {sharedWith}",
    ),
    "kms:CreateGrant": ("kms revoke-grant --key-id {keyId} --grant-id {grantId}",),
    "lambda:AddPermission": ("lambda remove-permission --function-name {functionName} --statement-id {statementId}",),
    "lambda:CreateFunctionUrlConfig": ("lambda delete-function-url-config --function-name {functionName}",),
    "kms:PutKeyPolicy": ("kms put-key-policy --key-id {keyId} --policy-name default --policy {earlier}",),
    "secretsmanager:PutResourcePolicy": (
        "secretsmanager put-resource-policy --secret-id {secretId} --resource-policy {earlier}",
        "secretsmanager delete-resource-policy --secret-id {secretId}",
    ),
    "ecr:SetRepositoryPolicy": (
        "ecr set-repository-policy --repository-name {repositoryName} --policy-text {earlier}",
        "ecr delete-repository-policy --repository-name {repositoryName}",
    ),
    "ram:CreateResourceShare": ("ram delete-resource-share --resource-share-arn {arn}",),
    "rolesanywhere:CreateTrustAnchor": ("rolesanywhere disable-trust-anchor --trust-anchor-id {id}",),
    "rolesanywhere:CreateProfile": ("rolesanywhere disable-profile --profile-id {id}",),
    "eks:CreateAccessEntry": ("eks delete-access-entry --cluster-name {name} --principal-arn {principalArn}",),
    "sso:CreateAccountAssignment": (
        f"sso-admin delete-account-assignment {_SET} --target-id {{targetId}} --target-type AWS_ACCOUNT "
        "--principal-type {principalType} --principal-id {principalId}",
    ),
    "sso:AttachManagedPolicyToPermissionSet": (
        f"sso-admin detach-managed-policy-from-permission-set {_SET} --managed-policy-arn {{managedPolicyArn}}",
    ),
    "sso:PutInlinePolicyToPermissionSet": (
        f"sso-admin put-inline-policy-to-permission-set {_SET} --inline-policy {{earlier}}",
        f"sso-admin delete-inline-policy-from-permission-set {_SET}",
    ),
    "organizations:AttachPolicy": ("organizations detach-policy --policy-id {policyId} --target-id {targetId}",),
    "organizations:DetachPolicy": ("organizations attach-policy --policy-id {policyId} --target-id {targetId}",),
}
"""Command lines that take a change back, the first that all is known for."""


class Undo(NamedTuple):
    """How to undo a change: the command, where the logs contain enough for one."""

    command: str | None
    known: bool
    """Is there a call that undoes it?"""
    earlier: str | None
    puts_back: bool = False
    """Does the command put the state before in place?"""


def undo(
    deed: ChangeEdge, request: Mapping[str, object], region: str | None, before: list[ChangeEdge], *, restore: bool
) -> Undo:
    """How to undo what a deed did; `request` are its parameters, `before` the earlier changes of its target.
    Without `restore` no earlier state is restored."""
    templates = UNDO.get(api_of(deed), ())
    earlier = earlier_state(deed, before)
    values = values_of(deed, request) | {"earlier": earlier if restore else None}
    for template in templates:
        where = None if template.split()[0] in GLOBAL else region
        command = aws_line(template, values, where)
        if command is not None:
            return Undo(command, True, earlier, "{earlier}" in template)
    return Undo(None, bool(templates), earlier)


CHECKS: Mapping[str, tuple[str, ...]] = {
    "user": (f"iam get-user {_USER}",),
    "role": ("iam get-role --role-name {roleName}",),
    "trust": ("iam get-role --role-name {roleName}",),
    "access key": (f"iam list-access-keys {_USER}",),
    "key status": ("iam get-access-key-last-used --access-key-id {key}",),
    "service credential": (f"iam list-service-specific-credentials {_USER}",),
    "ssh key": (f"iam list-ssh-public-keys {_USER}",),
    "certificate": (f"iam list-signing-certificates {_USER}",),
    "password": (f"iam get-login-profile {_USER}",),
    "attached policy": (
        f"iam list-attached-user-policies {_USER}", "iam list-attached-role-policies --role-name {roleName}",
        "iam list-attached-group-policies --group-name {groupName}",
    ),
    "inline policy": (
        f"iam get-user-policy {_USER} --policy-name {{policyName}}",
        "iam get-role-policy --role-name {roleName} --policy-name {policyName}",
        "iam get-group-policy --group-name {groupName} --policy-name {policyName}",
    ),
    "boundary": (f"iam get-user {_USER}", "iam get-role --role-name {roleName}"),
    "group member": (f"iam list-groups-for-user {_USER}",),
    "mfa": (f"iam list-mfa-devices {_USER}",),
    "virtual mfa": ("iam list-virtual-mfa-devices",),
    "saml provider": ("iam get-saml-provider --saml-provider-arn {arn}",),
    "oidc provider": ("iam get-open-id-connect-provider --open-id-connect-provider-arn {arn}",),
    "oidc client": ("iam get-open-id-connect-provider --open-id-connect-provider-arn {arn}",),
    "policy": ("iam get-policy --policy-arn {arn}",),
    "policy version": ("iam list-policy-versions --policy-arn {arn}",),
    "default version": ("iam get-policy --policy-arn {arn}",),
    "profile role": ("iam get-instance-profile --instance-profile-name {instanceProfileName}",),
    "logging": ("cloudtrail get-trail-status --name {arn}", "cloudtrail get-trail-status --name {name}"),
    "trail": ("cloudtrail get-trail --name {arn}", "cloudtrail get-trail --name {name}"),
    "ingestion": ("cloudtrail get-event-data-store --event-data-store {arn}",),
    "recorder": ("configservice describe-configuration-recorder-status",),
    "event selectors": ("cloudtrail get-event-selectors --trail-name {arn}",),
    "bucket policy": ("s3api get-bucket-policy --bucket {bucketName}",),
    "bucket acl": ("s3api get-bucket-acl --bucket {bucketName}",),
    "public access block": ("s3api get-public-access-block --bucket {bucketName}",),
    "account public access block": ("s3control get-public-access-block --account-id {account}",),
    "snapshot share": (
        "ec2 describe-snapshot-attribute --snapshot-id {id} --attribute createVolumePermission",
    ),
    "image share": ("ec2 describe-image-attribute --image-id {id} --attribute launchPermission",),
    "db snapshot share": ("rds describe-db-snapshot-attributes --db-snapshot-identifier {lastPart}",),
    "db cluster snapshot share": (
        "rds describe-db-cluster-snapshot-attributes --db-cluster-snapshot-identifier {lastPart}",
    ),
    "ingress": ("ec2 describe-security-group-rules --filters {groupFilter}",),
    "egress": ("ec2 describe-security-group-rules --filters {groupFilter}",),
    "function permission": ("lambda get-policy --function-name {lastPart}",),
    "function url": ("lambda get-function-url-config --function-name {lastPart}",),
    "key policy": ("kms get-key-policy --key-id {arn} --policy-name default",),
    "grant": ("kms list-grants --key-id {arn}",),
    "secret policy": ("secretsmanager get-resource-policy --secret-id {arn}",),
    "repository policy": ("ecr get-repository-policy --repository-name {id}",),
    "resource share": ("ram get-resource-shares --resource-owner SELF --resource-share-arns {arn}",),
    "share member": ("ram get-resource-share-associations --association-type PRINCIPAL --resource-share-arns {arn}",),
    "trust anchor": ("rolesanywhere list-trust-anchors",),
    "anywhere profile": ("rolesanywhere list-profiles",),
    "organization policy": ("organizations list-targets-for-policy --policy-id {policyId}",),
    "AWS::EC2::Instance": ("ec2 describe-instances --instance-ids {lastPart}",),
    "AWS::Lambda::Function": ("lambda get-function --function-name {lastPart}",),
    "AWS::ECS::Task": ("ecs describe-tasks --cluster {cluster} --tasks {lastPart}",),
    "AWS::CloudFormation::Stack": ("cloudformation describe-stacks --stack-name {lastPart}",),
    "AWS::CodeBuild::Project": ("codebuild batch-get-projects --names {lastPart}",),
    "AWS::Glue::Job": ("glue get-job --job-name {lastPart}",),
    "AWS::Glue::DevEndpoint": ("glue get-dev-endpoint --endpoint-name {lastPart}",),
    "AWS::SageMaker::NotebookInstance": (
        "sagemaker describe-notebook-instance --notebook-instance-name {lastPart}",
    ),
}  # fmt: skip
"""Read-only command lines that show whether a state is still in effect: by the state, or the type of a workload."""


def check(deed: ChangeEdge, request: Mapping[str, object], region: str | None) -> str | None:
    """A command line that shows whether what a change made is still there; it only reads. Where none is known for the
    state, one that looks for later events about the target; None where its name is not safe in a command."""
    family = family_of(deed)
    key = ref(deed.target).key
    kind = key.split(":", 1)[-1].rpartition(":")[0] if deed.type == schema.STARTED else ""
    values = values_of(deed, request)
    name = re.split(r"[:/]", key)[-1]
    values |= {
        "lastPart": name,
        "groupFilter": _json([{"Name": "group-id", "Values": [name]}]),
        "name": values.get("name") or name,
    }
    where = region or text_of(deed, "region")
    for template in CHECKS.get(family.state if family is not None else kind, ()):
        command = aws_line(template, values, None if template.split()[0] in GLOBAL else where)
        if command is not None:
            return command
    looked_up = {"attribute": _json([{"AttributeKey": "ResourceName", "AttributeValue": name}])}
    return aws_line("cloudtrail lookup-events --lookup-attributes {attribute}", looked_up, where)


def _json(value: object) -> str:
    """As JSON, which the command line takes where commas of the short form could be more than a value."""
    return json.dumps(value, separators=(",", ":"))


def earlier_state(deed: ChangeEdge, before: list[ChangeEdge]) -> str | None:
    """The state before a change: what the last change before it made of that state; None if it was not logged."""
    family, found = family_of(deed), None
    for other in before:
        theirs = family_of(other)
        if family is None or theirs is None or (other.time, other.key) >= (deed.time, deed.key):
            continue
        born = family.state == "trust" and theirs.state == "role"
        if born or same_state(deed, other):
            after = other.properties.get("after")
            found = str(after) if after is not None and theirs.act in ("add", "set") else None
    document = parsed_state(found)
    if isinstance(document, dict) and "policyDocument" in document:
        return msgspec.json.encode(document["policyDocument"]).decode()
    return found if found not in ("deleted", "started", "stopped") else None


def values_of(deed: ChangeEdge, request: Mapping[str, object]) -> dict[str, str | None]:
    """The request parameters of a change, filled up from what its deed keeps."""
    label, key = ref(deed.target)
    after = deed.properties.get("after") or deed.properties.get("before")
    kept = parsed_state(str(after)) if after is not None else None
    texts: dict[str, str | None] = {}
    if label == schema.PRINCIPAL:
        texts["roleName" if ":role/" in key else "userName"] = key.rsplit("/", 1)[-1]
    elif label == schema.CREDENTIAL:
        texts["accessKeyId"] = key
    elif key.startswith("arn:"):
        texts |= {"arn": key, "id": key.rsplit("/", 1)[-1], "groupName": key.rsplit("/", 1)[-1]}
        if key.startswith(("arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::")):
            texts["bucketName"] = key.split(":::", 1)[1]
    else:
        texts["groupName"] = key.rsplit(":", 1)[-1]
    if isinstance(after, str) and kept is None:
        texts |= {"policyArn": after if after.startswith("arn:") else None, "policyName": after, "serialNumber": after}
    for source in (kept, request):
        if isinstance(source, Mapping):
            texts |= {str(name): value for name, value in source.items() if isinstance(value, str)}
    for mark in deed.properties.get("marks") or []:  # type: ignore[union-attr]  # a list of texts
        member, _, value = mark.partition("=")
        texts[member] = value
    detail = deed.properties.get("detail")
    status = {"Active": "Inactive", "Inactive": "Active"}.get(str(deed.properties.get("after")))
    return texts | {
        "key": str(detail) if detail else texts.get("accessKeyId"), "sharedWith": _shared_with(deed),
        "otherStatus": status, "account": account_of(deed.target), "port": _port(request),
    }  # fmt: skip


def _shared_with(deed: ChangeEdge) -> str | None:
    """The account that a share was given to, where it is one."""
    marks: list[str] = deed.properties.get("marks") or []  # type: ignore[assignment]  # a list of texts
    users = [mark.partition("=")[2] for mark in marks if mark.startswith(("userId=", "valuesToAdd="))]
    return users[0] if len(users) == len(marks) == 1 else None


def _port(request: Mapping[str, object]) -> str | None:
    """The ports of a rule that the request itself names, as the command line writes them."""
    low, high = request.get("fromPort"), request.get("toPort")
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    return str(low) if low == high else f"{low}-{high}"
