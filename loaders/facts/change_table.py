"""Table of the operations that change permissions or logging.

Operation -> what changed, on what, and which request members state the value before or after. Source:
field guide §2.9; the API References of IAM, CloudTrail, GuardDuty, Config, Organizations, IAM
Identity Center, and of the services whose resources have policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Change(NamedTuple):
    """One row of the table.

    `on` is `caller`, `user`, `role`, `group`, `account`, `instance`, `rules`, `credential`, `resource` or `workload`.
    `before` and `after` are request members, or a constant in quotes.
    """

    what: str
    on: str = "resource"
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()
    """The change only counts if one of these is in the request (for queue attributes: the policy)."""
    marks: tuple[str, ...] = ()
    """Members of request or response that name the changed part of the target: policy, statement, grant, …;
    with `*`, every string under that name."""


def _rows(services: str, names: str, change: Change) -> dict[str, Change]:
    return {f"{service}:{name}": change for service in services.split() for name in names.split()}


def _part(what: str, on: str, *members: str) -> Change:
    """Return the change that adds a part of the target, which these members name."""
    return Change(what, on, after=members, marks=members)


def _no_part(what: str, on: str, *members: str) -> Change:
    """Return the change that removes a part of the target, which these members name."""
    return Change(what, on, before=members, marks=members)


def _policies(kind: str, on: str) -> dict[str, Change]:
    """Return the rows for the policies of users, roles or groups."""
    return {
        f"iam:Put{kind}Policy": Change(
            "permissions", on, after=("policyName", "policyDocument"), marks=("policyName",)
        ),
        f"iam:Attach{kind}Policy": _part("permissions", on, "policyArn"),
        f"iam:Detach{kind}Policy": _no_part("permissions", on, "policyArn"),
        f"iam:Delete{kind}Policy": _no_part("permissions", on, "policyName"),
        f"iam:Put{kind}PermissionsBoundary": Change("boundary", on, after=("permissionsBoundary",)),
        f"iam:Delete{kind}PermissionsBoundary": Change("boundary", on, after=("'deleted'",)),
    }


_SSO = "sso sso-admin"
_STOPPED = Change("trail", after=("'stopped'",))
_STARTED = Change("trail", after=("'started'",))
_DELETED = Change("trail", after=("'deleted'",))
_SHARED = Change("share", after=("policy", "resourcePolicy", "policyText", "bucketPolicy"))
_UNSHARED = Change("share", after=("'deleted'",))
_GONE = Change("deleted")
_ENDED = Change("deleted", "workload")
_POLICY = ("policyId", "targetId")
_ASSIGNMENT = ("permissionSetArn", "principalId", "targetId")
_SHARES = ("userId*", "group*", "organizationArn*", "organizationalUnitArn*")
_KEY_STATUS = Change("key-status", "credential", after=("status",))
_KEY_DELETED = Change("key-deleted", "credential", after=("'deleted'",))

OPERATIONS: Mapping[str, Change] = {
    **_policies("User", "user"),
    **_policies("Role", "role"),
    **_policies("Group", "group"),
    **_rows("iam", "UpdateAccessKey UpdateServiceSpecificCredential UpdateSSHPublicKey", _KEY_STATUS),
    **_rows("iam", "UpdateSigningCertificate", _KEY_STATUS),
    **_rows("iam", "DeleteAccessKey DeleteServiceSpecificCredential DeleteSSHPublicKey", _KEY_DELETED),
    **_rows("iam", "DeleteSigningCertificate", _KEY_DELETED),
    "iam:ResetServiceSpecificCredential": Change("key-status", "credential", after=("'reset'",)),
    "iam:UpdateAssumeRolePolicy": Change("trust", "role", after=("policyDocument",)),
    **_rows(
        "iam",
        "CreatePolicy CreatePolicyVersion",
        Change("permissions", after=("policyDocument", "setAsDefault"), marks=("versionId",)),
    ),
    "iam:SetDefaultPolicyVersion": _part("permissions", "resource", "versionId"),
    "iam:DeletePolicyVersion": _no_part("permissions", "resource", "versionId"),
    "iam:DeletePolicy": Change("deleted"),
    "iam:AddUserToGroup": _part("permissions", "user", "groupName"),
    "iam:RemoveUserFromGroup": _no_part("permissions", "user", "groupName"),
    # Whoever accepts a request lets a product provider act as themselves (temporary delegation).
    **_rows(
        "iam",
        "AcceptDelegationRequest SendDelegationToken",
        Change("delegation", "caller", after=("delegationRequestId",)),
    ),
    "iam:UpdateLoginProfile": Change("password", "user", after=("'updated'",)),
    "iam:ChangePassword": Change("password", "user", after=("'changed'",)),
    "iam:DeleteLoginProfile": Change("password", "user", after=("'deleted'",)),
    **_rows("iam", "UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy", Change("password", "account")),
    "iam:EnableMFADevice": _part("mfa", "user", "serialNumber"),
    "iam:DeactivateMFADevice": _no_part("mfa", "user", "serialNumber"),
    "iam:ResyncMFADevice": Change("mfa", "user", after=("serialNumber",)),
    "iam:CreateVirtualMFADevice": Change("mfa", after=("'created'",)),
    "iam:DeleteVirtualMFADevice": Change("mfa", after=("'deleted'",)),
    "iam:CreateSAMLProvider": Change("provider", after=("name",)),
    "iam:UpdateSAMLProvider": Change("provider", after=("'updated'",)),
    "iam:DeleteSAMLProvider": Change("provider", after=("'deleted'",)),
    "iam:CreateOpenIDConnectProvider": Change("provider", after=("url", "clientIDList")),
    "iam:AddClientIDToOpenIDConnectProvider": _part("provider", "resource", "clientID"),
    "iam:RemoveClientIDFromOpenIDConnectProvider": _no_part("provider", "resource", "clientID"),
    "iam:UpdateOpenIDConnectProviderThumbprint": Change("provider", after=("thumbprintList",)),
    "iam:DeleteOpenIDConnectProvider": Change("provider", after=("'deleted'",)),
    "iam:DeleteUser": Change("deleted", "user"),
    **_rows("iam", "DeleteRole DeleteServiceLinkedRole", Change("deleted", "role")),
    "iam:DeleteGroup": Change("deleted", "group"),
    "iam:AddRoleToInstanceProfile": _part("instance-profile", "resource", "roleName"),
    "iam:RemoveRoleFromInstanceProfile": _no_part("instance-profile", "resource", "roleName"),
    **_rows(
        "ec2",
        "AssociateIamInstanceProfile ReplaceIamInstanceProfileAssociation",
        Change("instance-profile", "instance", after=("iamInstanceProfile",)),
    ),
    "ec2:DisassociateIamInstanceProfile": Change("instance-profile", "instance", after=("'removed'",)),
    **_rows("cloudtrail", "StopLogging StopEventDataStoreIngestion", _STOPPED),
    **_rows("cloudtrail", "StartLogging StartEventDataStoreIngestion", _STARTED),
    **_rows("cloudtrail", "DeleteTrail DeleteEventDataStore", _DELETED),
    **_rows(
        "cloudtrail",
        "CreateTrail UpdateTrail CreateEventDataStore UpdateEventDataStore",
        Change(
            "trail",
            after=(
                "s3BucketName",
                "isMultiRegionTrail",
                "isOrganizationTrail",
                "includeGlobalServiceEvents",
                "enableLogFileValidation",
                "kmsKeyId",
                "advancedEventSelectors",
                "retentionPeriod",
            ),
        ),
    ),
    "cloudtrail:PutEventSelectors": Change("trail", after=("eventSelectors", "advancedEventSelectors")),
    "cloudtrail:PutInsightSelectors": Change("trail", after=("insightSelectors",)),
    **_rows("guardduty", "DeleteDetector DeletePublishingDestination", _DELETED),
    "guardduty:UpdateDetector": Change("trail", after=("enable", "features", "dataSources")),
    **_rows("guardduty", "StopMonitoringMembers DisassociateFromMasterAccount", _STOPPED),
    **_rows("guardduty", "DisassociateFromAdministratorAccount DisassociateMembers DeleteMembers", _STOPPED),
    **_rows("guardduty", "CreateIPSet CreateFilter", Change("trail", after=("name", "action", "location"))),
    **_rows("config", "StopConfigurationRecorder", _STOPPED),
    **_rows("config", "StartConfigurationRecorder", _STARTED),
    **_rows("config", "DeleteConfigurationRecorder DeleteDeliveryChannel DeleteConfigRule", _DELETED),
    **_rows("securityhub", "DisableSecurityHub BatchDisableStandards DeleteMembers", _STOPPED),
    **_rows("macie2", "DisableMacie", _STOPPED),
    **_rows("accessanalyzer", "DeleteAnalyzer", _DELETED),
    **_rows("detective", "DeleteGraph", _DELETED),
    **_rows("ec2", "DeleteFlowLogs", _DELETED),
    **_rows("logs", "DeleteLogGroup DeleteLogStream", _DELETED),
    **_rows("s3", "PutBucketPolicy PutAccessPointPolicy", _SHARED),
    **_rows("s3", "DeleteBucketPolicy DeleteBucketPublicAccessBlock DeleteAccountPublicAccessBlock", _UNSHARED),
    **_rows(
        "s3",
        "PutBucketAcl PutObjectAcl",
        Change("share", after=("x-amz-acl", "accessControlList", "AccessControlPolicy")),
    ),
    **_rows(
        "s3",
        "PutBucketPublicAccessBlock PutAccountPublicAccessBlock",
        Change("share", after=("PublicAccessBlockConfiguration",)),
    ),
    "ec2:ModifySnapshotAttribute": Change(
        "share", after=("createVolumePermission",), only_with=("createVolumePermission",), marks=_SHARES
    ),
    "ec2:ResetSnapshotAttribute": _UNSHARED,
    "ec2:ModifyImageAttribute": Change(
        "share", after=("launchPermission",), only_with=("launchPermission",), marks=_SHARES
    ),
    "ec2:ResetImageAttribute": _UNSHARED,
    **_rows("ec2", "DeleteSnapshot DeregisterImage DeleteSecurityGroup", _GONE),
    **_rows("ec2", "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress", Change("network", "rules")),
    **_rows("ec2", "RevokeSecurityGroupIngress RevokeSecurityGroupEgress", Change("network", "rules")),
    **_rows(
        "rds",
        "ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute",
        Change("share", after=("valuesToAdd",), before=("valuesToRemove",), marks=("valuesToAdd*", "valuesToRemove*")),
    ),
    **_rows("rds", "DeleteDBSnapshot DeleteDBClusterSnapshot", _GONE),
    **_rows(
        "lambda",
        "AddPermission AddLayerVersionPermission",
        Change(
            "share", after=("principal", "action", "sourceArn", "sourceAccount"), marks=("statementId", "versionNumber")
        ),
    ),
    **_rows("lambda", "CreateFunctionUrlConfig UpdateFunctionUrlConfig", Change("share", after=("authType",))),
    **_rows(
        "lambda",
        "RemovePermission RemoveLayerVersionPermission",
        Change("share", before=("statementId",), marks=("statementId", "versionNumber")),
    ),
    "lambda:DeleteFunctionUrlConfig": _UNSHARED,
    "kms:PutKeyPolicy": _SHARED,
    "kms:CreateGrant": Change("share", after=("granteePrincipal", "operations"), marks=("grantId",)),
    **_rows("kms", "RevokeGrant RetireGrant", _no_part("share", "resource", "grantId")),
    **_rows("secretsmanager dynamodb", "PutResourcePolicy", _SHARED),
    **_rows("secretsmanager", "DeleteResourcePolicy", _UNSHARED),
    "sqs:SetQueueAttributes": Change("share", after=("attributes",), only_with=("attributes.Policy",)),
    "secretsmanager:DeleteSecret": _GONE,
    "sqs:AddPermission": Change("share", after=("aWSAccountIds", "actions"), marks=("label",)),
    "sns:AddPermission": Change("share", after=("aWSAccountId", "actionName"), marks=("label",)),
    **_rows("sqs sns", "RemovePermission", _no_part("share", "resource", "label")),
    **_rows("sqs", "DeleteQueue", _GONE),
    **_rows("sns", "DeleteTopic", _GONE),
    **_rows("s3", "DeleteBucket", _GONE),
    "sns:SetTopicAttributes": Change("share", after=("attributeValue",), only_with=("attributeName=Policy",)),
    **_rows("ecr", "SetRepositoryPolicy", _SHARED),
    **_rows("ecr", "DeleteRepositoryPolicy", _UNSHARED),
    "ecr:DeleteRepository": _GONE,
    **_rows("glue", "PutResourcePolicy", Change("share", after=("policyInJson",))),
    **_rows("elasticfilesystem", "PutFileSystemPolicy", _SHARED),
    **_rows("glacier", "SetVaultAccessPolicy", _SHARED),
    **_rows(
        "ram",
        "CreateResourceShare AssociateResourceShare UpdateResourceShare",
        Change("share", after=("principals", "resourceArns", "allowExternalPrincipals"), marks=("principals*",)),
    ),
    "ram:DisassociateResourceShare": Change(
        "share", after=("'deleted'",), before=("principals", "resourceArns"), marks=("principals*",)
    ),
    "ram:DeleteResourceShare": _UNSHARED,
    **_rows("rolesanywhere", "CreateTrustAnchor UpdateTrustAnchor", Change("federation", after=("name",))),
    **_rows("rolesanywhere", "CreateProfile UpdateProfile", Change("federation", after=("roleArns",))),
    **_rows(
        "rolesanywhere",
        "DeleteTrustAnchor DisableTrustAnchor DeleteProfile DisableProfile",
        Change("federation", after=("'deleted'",)),
    ),
    **_rows(
        "eks",
        "CreateAccessEntry AssociateAccessPolicy",
        Change(
            "permissions", after=("principalArn", "policyArn", "kubernetesGroups"), marks=("principalArn", "policyArn")
        ),
    ),
    **_rows(
        "eks",
        "DeleteAccessEntry DisassociateAccessPolicy",
        _no_part("permissions", "resource", "principalArn", "policyArn"),
    ),
    **_rows("ec2", "TerminateInstances", _ENDED),
    **_rows("lambda", "DeleteFunction", _ENDED),
    **_rows("ecs", "StopTask DeregisterTaskDefinition", _ENDED),
    **_rows("codebuild", "StopBuild StopBuildBatch DeleteProject", _ENDED),
    **_rows("glue", "DeleteJob DeleteDevEndpoint", _ENDED),
    **_rows("cloudformation", "DeleteStack", _ENDED),
    **_rows("sagemaker", "DeleteNotebookInstance", _ENDED),
    **_rows(
        _SSO,
        "CreateAccountAssignment",
        Change("permissions", after=("principalType", "principalId", "targetId"), marks=_ASSIGNMENT),
    ),
    **_rows(
        _SSO,
        "DeleteAccountAssignment",
        Change("permissions", before=("principalType", "principalId", "targetId"), marks=_ASSIGNMENT),
    ),
    **_rows(_SSO, "PutInlinePolicyToPermissionSet", Change("permissions", after=("inlinePolicy",))),
    **_rows(_SSO, "DeleteInlinePolicyFromPermissionSet", Change("permissions", before=("'inline policy'",))),
    **_rows(_SSO, "AttachManagedPolicyToPermissionSet", _part("permissions", "resource", "managedPolicyArn")),
    **_rows(_SSO, "DetachManagedPolicyFromPermissionSet", _no_part("permissions", "resource", "managedPolicyArn")),
    **_rows(
        _SSO,
        "AttachCustomerManagedPolicyReferenceToPermissionSet",
        Change("permissions", after=("customerManagedPolicyReference",)),
    ),
    **_rows(_SSO, "PutPermissionsBoundaryToPermissionSet", Change("boundary", after=("permissionsBoundary",))),
    **_rows(_SSO, "DeletePermissionsBoundaryFromPermissionSet", Change("boundary", after=("'deleted'",))),
    **_rows(_SSO, "UpdateSsoConfiguration", Change("federation", after=("ssoConfiguration", "mfaMode"))),
    # Whoever signs in to Identity Center is who its external identity provider says.
    **_rows(
        "sso-directory",
        "CreateExternalIdPConfigurationForDirectory UpdateExternalIdPConfigurationForDirectory "
        "EnableExternalIdPConfigurationForDirectory ImportExternalIdPCertificate",
        Change("provider", after=("directoryId",)),
    ),
    **_rows(
        "sso-directory",
        "DisableExternalIdPConfigurationForDirectory DeleteExternalIdPConfigurationForDirectory "
        "DeleteExternalIdPCertificate",
        Change("provider", after=("'deleted'",)),
    ),
    **_rows(_SSO, "AssociateDirectory", Change("federation", after=("directoryId", "directoryType"))),
    **_rows("organizations", "AttachPolicy", Change("permissions", after=("policyId",), marks=_POLICY)),
    **_rows("organizations", "DetachPolicy", Change("permissions", before=("policyId",), marks=_POLICY)),
    **_rows("organizations", "CreatePolicy UpdatePolicy", Change("permissions", after=("name", "type", "content"))),
    **_rows("organizations", "DeletePolicy", Change("deleted")),
    **_rows("organizations", "EnablePolicyType DisablePolicyType", Change("permissions", after=("policyType",))),
    **_rows("organizations", "LeaveOrganization RemoveAccountFromOrganization", Change("federation")),
}
