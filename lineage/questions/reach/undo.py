"""Table: what takes back a change, with the parameters that the change itself was made with.

Operation -> command line of its inverse; names in braces are request parameters as CloudTrail logs them, `earlier` is
the state before as far as it was logged. Source: the API References of the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from lineage import schema
from lineage.keys import ref
from lineage.questions.reach.alterations import opened
from lineage.questions.reach.shell import line
from lineage.seen import DeedSeen

GLOBAL = ("iam", "organizations", "s3api", "sts")
"""Command groups that need no region."""
DENY_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'
)


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

UNDO: Mapping[str, tuple[str, ...]] = {
    **_policies("user", "User"),
    **_policies("role", "Role"),
    **_policies("group", "Group"),
    "iam:CreateUser": (f"iam delete-user {_USER}",),
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
    "s3:PutBucketAcl": ("s3api put-bucket-acl --bucket {bucketName} --acl private",),
    "s3:DeleteBucketPublicAccessBlock": (
        "s3api put-public-access-block --bucket {bucketName} --public-access-block-configuration "
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
    ),
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
    """How to take back a change: the command, where the logs tell enough for one."""

    command: str | None
    known: bool
    """Is there a call that takes it back?"""
    earlier: str | None


def undo(deed: DeedSeen, request: Mapping[str, object], region: str | None, before: list[DeedSeen]) -> Undo:
    """How to take back what a deed did; `request` are its parameters, `before` the earlier changes of its target."""
    api = str(deed.properties["api"]).replace("sso-admin:", "sso:")
    templates = UNDO.get(api, ())
    earlier = earlier_state(deed, before)
    values = values_of(deed, request) | {"earlier": earlier}
    for template in templates:
        where = None if template.split()[0] in GLOBAL else region
        command = line(template, values, where)
        if command is not None:
            return Undo(command, True, earlier)
    return Undo(None, bool(templates), earlier)


def earlier_state(deed: DeedSeen, before: list[DeedSeen]) -> str | None:
    """The state before a change: what the change before it, of the same policy, made; None if it was not logged."""
    found = None
    name = policy_name(deed)
    for other in before:
        if (other.time, other.key) >= (deed.time, deed.key) or other.properties["what"] != deed.properties["what"]:
            continue
        if name == policy_name(other):
            after = other.properties.get("after")
            found = str(after) if after is not None else None
    document = opened(found)
    if isinstance(document, dict) and "policyDocument" in document:
        return msgspec.json.encode(document["policyDocument"]).decode()
    return found if found not in ("deleted", "started", "stopped") else None


def replaces(api: str) -> bool:
    """Does an operation put a whole state in place of the one before?"""
    return any("{earlier}" in template for template in UNDO.get(api, ()))


def policy_name(deed: DeedSeen) -> str | None:
    after = opened(str(deed.properties.get("after") or ""))
    if isinstance(after, dict) and "policyName" in after:
        return str(after["policyName"])
    before = deed.properties.get("before")
    return str(before) if before is not None else None


def values_of(deed: DeedSeen, request: Mapping[str, object]) -> dict[str, str | None]:
    """The request parameters of a change, filled up from what its deed keeps."""
    label, key = ref(deed.target)
    after = deed.properties.get("after") or deed.properties.get("before")
    kept = opened(str(after)) if after is not None else None
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
    detail = deed.properties.get("detail")
    shared = _accounts(kept)
    return texts | {"key": str(detail) if detail else None, "sharedWith": shared}


def _accounts(state: object) -> str | None:
    """The account of a share that was added, where it is one."""
    items = state
    for name in ("add", "items"):
        items = items.get(name) if isinstance(items, dict) else None
    listed = items if isinstance(items, list) else []
    users = [one["userId"] for one in listed if isinstance(one, dict) and "userId" in one]
    return str(users[0]) if len(users) == 1 else None
