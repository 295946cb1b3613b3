"""Table: what a change does to the state of its target, so that it can be paired with what undid it.

Operation -> the state that it touches, and what it does there. What undoes a change touches the same state of the same
target. Source: the API References of the services.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from lineage.model.results import ChangeEdge

Act = Literal["add", "remove", "set", "clear"]
"""`add` and `remove` one of several things on the target; `set` and `clear` the one thing there is."""


class Family(NamedTuple):
    """The state that an operation touches, and what it does there."""

    state: str
    act: Act
    marked: bool = False
    """Are there several such things on one target, which the change's marks tell apart?"""


def _rows(state: str, marked: bool, **acts: str) -> dict[str, Family]:
    return {api: Family(state, act, marked) for act, apis in acts.items() for api in apis.split()}  # type: ignore[arg-type]  # an act


def _sso(state: str, marked: bool, **acts: str) -> dict[str, Family]:
    """Rows for Identity Center, which is logged under two names."""
    return {
        f"{service}:{name}": Family(state, act, marked)  # type: ignore[arg-type]  # an act
        for service in ("sso", "sso-admin")
        for act, names in acts.items()
        for name in names.split()
    }


FAMILIES: Mapping[str, Family] = {
    **{
        api: family
        for kind in ("User", "Role", "Group")
        for api, family in {
            f"iam:Attach{kind}Policy": Family("attached policy", "add", True),
            f"iam:Detach{kind}Policy": Family("attached policy", "remove", True),
            f"iam:Put{kind}Policy": Family("inline policy", "set", True),
            f"iam:Delete{kind}Policy": Family("inline policy", "clear", True),
            f"iam:Put{kind}PermissionsBoundary": Family("boundary", "set"),
            f"iam:Delete{kind}PermissionsBoundary": Family("boundary", "clear"),
        }.items()
    },
    **_rows("trust", False, set="iam:UpdateAssumeRolePolicy"),
    **_rows("group member", True, add="iam:AddUserToGroup", remove="iam:RemoveUserFromGroup"),
    **_rows("mfa", True, add="iam:EnableMFADevice", remove="iam:DeactivateMFADevice"),
    **_rows("virtual mfa", False, add="iam:CreateVirtualMFADevice", remove="iam:DeleteVirtualMFADevice"),
    **_rows(
        "password", False, set="iam:CreateLoginProfile iam:UpdateLoginProfile iam:ChangePassword",
        clear="iam:DeleteLoginProfile",
    ),
    **_rows("saml provider", False, add="iam:CreateSAMLProvider", remove="iam:DeleteSAMLProvider"),
    **_rows("oidc provider", False, add="iam:CreateOpenIDConnectProvider", remove="iam:DeleteOpenIDConnectProvider"),
    **_rows(
        "oidc client", True, add="iam:AddClientIDToOpenIDConnectProvider",
        remove="iam:RemoveClientIDFromOpenIDConnectProvider",
    ),
    **_rows("policy", False, add="iam:CreatePolicy", remove="iam:DeletePolicy"),
    **_rows("policy version", True, add="iam:CreatePolicyVersion", remove="iam:DeletePolicyVersion"),
    **_rows("default version", False, set="iam:SetDefaultPolicyVersion"),
    **_rows("key status", False, set="iam:UpdateAccessKey"),
    **_rows("credential status", False, set="iam:UpdateServiceSpecificCredential"),
    **_rows("ssh key status", False, set="iam:UpdateSSHPublicKey"),
    **_rows("certificate status", False, set="iam:UpdateSigningCertificate"),
    **_rows("user", False, add="iam:CreateUser", remove="iam:DeleteUser"),
    **_rows("role", False, add="iam:CreateRole iam:CreateServiceLinkedRole",
            remove="iam:DeleteRole iam:DeleteServiceLinkedRole"),
    **_rows("access key", True, add="iam:CreateAccessKey", remove="iam:DeleteAccessKey"),
    **_rows(
        "service credential", True, add="iam:CreateServiceSpecificCredential",
        remove="iam:DeleteServiceSpecificCredential",
    ),
    **_rows("ssh key", True, add="iam:UploadSSHPublicKey", remove="iam:DeleteSSHPublicKey"),
    **_rows("certificate", True, add="iam:UploadSigningCertificate", remove="iam:DeleteSigningCertificate"),
    **_rows("profile role", True, add="iam:AddRoleToInstanceProfile", remove="iam:RemoveRoleFromInstanceProfile"),
    **_rows(
        "instance role", False, set="ec2:AssociateIamInstanceProfile ec2:ReplaceIamInstanceProfileAssociation",
        clear="ec2:DisassociateIamInstanceProfile",
    ),
    **_rows("logging", False, add="cloudtrail:StartLogging", remove="cloudtrail:StopLogging"),
    **_rows(
        "ingestion", False, add="cloudtrail:StartEventDataStoreIngestion",
        remove="cloudtrail:StopEventDataStoreIngestion",
    ),
    **_rows("trail", False, add="cloudtrail:CreateTrail", remove="cloudtrail:DeleteTrail"),
    **_rows("recorder", False, add="config:StartConfigurationRecorder", remove="config:StopConfigurationRecorder"),
    **_rows("event selectors", False, set="cloudtrail:PutEventSelectors"),
    **_rows("bucket policy", False, set="s3:PutBucketPolicy", clear="s3:DeleteBucketPolicy"),
    **_rows("bucket acl", False, set="s3:PutBucketAcl"),
    **_rows("public access block", False, set="s3:PutBucketPublicAccessBlock",
            clear="s3:DeleteBucketPublicAccessBlock"),
    **_rows("account public access block", False, set="s3:PutAccountPublicAccessBlock",
            clear="s3:DeleteAccountPublicAccessBlock"),
    **_rows("snapshot share", True, add="ec2:ModifySnapshotAttribute", clear="ec2:ResetSnapshotAttribute"),
    **_rows("image share", True, add="ec2:ModifyImageAttribute", clear="ec2:ResetImageAttribute"),
    **_rows("db snapshot share", True, add="rds:ModifyDBSnapshotAttribute"),
    **_rows("db cluster snapshot share", True, add="rds:ModifyDBClusterSnapshotAttribute"),
    **_rows("ingress", True, add="ec2:AuthorizeSecurityGroupIngress", remove="ec2:RevokeSecurityGroupIngress"),
    **_rows("egress", True, add="ec2:AuthorizeSecurityGroupEgress", remove="ec2:RevokeSecurityGroupEgress"),
    **_rows("function permission", True, add="lambda:AddPermission", remove="lambda:RemovePermission"),
    **_rows(
        "layer permission", True, add="lambda:AddLayerVersionPermission", remove="lambda:RemoveLayerVersionPermission"
    ),
    **_rows(
        "function url", False, set="lambda:CreateFunctionUrlConfig lambda:UpdateFunctionUrlConfig",
        clear="lambda:DeleteFunctionUrlConfig",
    ),
    **_rows("key policy", False, set="kms:PutKeyPolicy"),
    **_rows("grant", True, add="kms:CreateGrant", remove="kms:RevokeGrant kms:RetireGrant"),
    **_rows(
        "secret policy", False, set="secretsmanager:PutResourcePolicy", clear="secretsmanager:DeleteResourcePolicy"
    ),
    **_rows("repository policy", False, set="ecr:SetRepositoryPolicy", clear="ecr:DeleteRepositoryPolicy"),
    **_rows("queue permission", True, add="sqs:AddPermission", remove="sqs:RemovePermission"),
    **_rows("queue policy", False, set="sqs:SetQueueAttributes"),
    **_rows("topic permission", True, add="sns:AddPermission", remove="sns:RemovePermission"),
    **_rows("topic policy", False, set="sns:SetTopicAttributes"),
    **_rows("resource share", False, add="ram:CreateResourceShare", remove="ram:DeleteResourceShare"),
    **_rows("share member", True, add="ram:AssociateResourceShare", remove="ram:DisassociateResourceShare"),
    **_rows(
        "trust anchor", False, add="rolesanywhere:CreateTrustAnchor rolesanywhere:UpdateTrustAnchor",
        remove="rolesanywhere:DeleteTrustAnchor rolesanywhere:DisableTrustAnchor",
    ),
    **_rows(
        "anywhere profile", False, add="rolesanywhere:CreateProfile rolesanywhere:UpdateProfile",
        remove="rolesanywhere:DeleteProfile rolesanywhere:DisableProfile",
    ),
    **_rows("access entry", True, add="eks:CreateAccessEntry", remove="eks:DeleteAccessEntry"),
    **_rows("access policy", True, add="eks:AssociateAccessPolicy", remove="eks:DisassociateAccessPolicy"),
    **_sso("assignment", True, add="CreateAccountAssignment", remove="DeleteAccountAssignment"),
    **_sso(
        "set policy", True, add="AttachManagedPolicyToPermissionSet", remove="DetachManagedPolicyFromPermissionSet"
    ),
    **_sso("set inline policy", False, set="PutInlinePolicyToPermissionSet",
           clear="DeleteInlinePolicyFromPermissionSet"),
    **_sso("set boundary", False, set="PutPermissionsBoundaryToPermissionSet",
           clear="DeletePermissionsBoundaryFromPermissionSet"),
    **_rows("organization policy", True, add="organizations:AttachPolicy", remove="organizations:DetachPolicy"),
}  # fmt: skip
"""What each operation does to which state. What is not here can only end with its target."""

WORLDWIDE = ("iam", "organizations", "s3", "sts", "signin")
"""Services whose things are the same in every region."""


def family_of(deed: ChangeEdge) -> Family | None:
    """What a change does; of a share what its parameters say, for one operation adds and removes."""
    found = FAMILIES.get(str(deed.properties["api"]))
    if found is None or not found.state.endswith(" share"):
        return found
    after = str(deed.properties.get("after") or "")
    takes = deed.properties.get("before") is not None or after.startswith('{"remove"')
    return found._replace(act="remove") if takes and found.act == "add" else found


def marks_of(deed: ChangeEdge) -> frozenset[str]:
    """What of its target a change is about; a key or password by the ID that it was given."""
    marks = deed.properties.get("marks") or []
    detail = deed.properties.get("detail")
    if not marks and FAMILIES.get(str(deed.properties["api"]), Family("", "set")).marked and detail:
        return frozenset((f"id={detail}",))
    names = {mark.partition("=")[2] if mark.startswith("valuesTo") else mark for mark in marks}  # type: ignore[union-attr]  # a list of texts
    return frozenset(names)
