"""Which MITRE ATT&CK technique an operation is a known step of.

ATT&CK Enterprise version 17 (April 2025), matrix Cloud (IaaS). Only operations whose technique is well established
are here: the technique's own page names them or means just that. A technique says what a call may be part of,
never that it was an attack: the same calls make up everyday administration.
"""

from __future__ import annotations

from lineage.questions.interesting import Technique

VERSION = "17"
"""Of ATT&CK, as the names and IDs below are written."""

_ACCESS = ("Defense Evasion", "Persistence", "Privilege Escalation", "Initial Access")
_PERSIST = ("Persistence", "Privilege Escalation")

_TECHNIQUES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "T1021.008": (
        "Direct Cloud VM Connections", ("Lateral Movement",),
        "ssm:StartSession ssm:ResumeSession ec2-instance-connect:SendSSHPublicKey "
        "ec2-instance-connect:SendSerialConsoleSSHPublicKey ec2-instance-connect:OpenTunnel",
    ),
    "T1069.003": (
        "Permission Groups Discovery: Cloud Groups", ("Discovery",),
        "iam:ListGroups iam:ListGroupsForUser iam:GetGroup iam:ListGroupPolicies iam:ListAttachedGroupPolicies "
        "iam:ListAttachedUserPolicies iam:ListAttachedRolePolicies iam:ListUserPolicies iam:ListRolePolicies "
        "iam:SimulatePrincipalPolicy",
    ),
    "T1078.004": ("Valid Accounts: Cloud Accounts", _ACCESS, "signin:ConsoleLogin signin:SwitchRole"),
    "T1087.004": (
        "Account Discovery: Cloud Account", ("Discovery",),
        "iam:ListUsers iam:ListRoles iam:GetUser iam:ListAccessKeys iam:GetAccountAuthorizationDetails "
        "iam:GenerateCredentialReport iam:GetCredentialReport sts:GetCallerIdentity organizations:ListAccounts "
        "identitystore:ListUsers",
    ),
    "T1098.001": (
        "Account Manipulation: Additional Cloud Credentials", _PERSIST,
        "iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:CreateServiceSpecificCredential "
        "iam:ResetServiceSpecificCredential iam:UploadSigningCertificate iam:UploadSSHPublicKey ec2:CreateKeyPair "
        "ec2:ImportKeyPair sts:GetFederationToken",
    ),
    "T1098.003": (
        "Account Manipulation: Additional Cloud Roles", _PERSIST,
        "iam:AttachUserPolicy iam:AttachRolePolicy iam:AttachGroupPolicy iam:PutUserPolicy iam:PutRolePolicy "
        "iam:PutGroupPolicy iam:AddUserToGroup iam:CreatePolicyVersion iam:SetDefaultPolicyVersion "
        "iam:UpdateAssumeRolePolicy iam:AddRoleToInstanceProfile iam:DeleteUserPermissionsBoundary "
        "iam:DeleteRolePermissionsBoundary sso:AttachManagedPolicyToPermissionSet sso:PutInlinePolicyToPermissionSet "
        "sso:CreateAccountAssignment",
    ),
    "T1136.003": (
        "Create Account: Cloud Account", ("Persistence",),
        "iam:CreateUser identitystore:CreateUser sso-directory:CreateUser",
    ),
    "T1201": ("Password Policy Discovery", ("Discovery",), "iam:GetAccountPasswordPolicy"),
    "T1484.002": (
        "Domain or Tenant Policy Modification: Trust Modification", ("Defense Evasion", "Privilege Escalation"),
        "iam:CreateSAMLProvider iam:UpdateSAMLProvider iam:CreateOpenIDConnectProvider "
        "iam:AddClientIDToOpenIDConnectProvider iam:UpdateOpenIDConnectProviderThumbprint",
    ),
    "T1485": (
        "Data Destruction", ("Impact",),
        "s3:DeleteBucket s3:DeleteObject s3:DeleteObjects ec2:DeleteVolume rds:DeleteDBInstance rds:DeleteDBCluster "
        "dynamodb:DeleteTable elasticfilesystem:DeleteFileSystem secretsmanager:DeleteSecret kms:ScheduleKeyDeletion "
        "redshift:DeleteCluster",
    ),
    "T1485.001": (
        "Data Destruction: Lifecycle-Triggered Deletion", ("Impact",),
        "s3:PutBucketLifecycle s3:PutBucketLifecycleConfiguration",
    ),
    "T1490": (
        "Inhibit System Recovery", ("Impact",),
        "ec2:DeleteSnapshot rds:DeleteDBSnapshot rds:DeleteDBClusterSnapshot backup:DeleteBackupVault "
        "backup:DeleteRecoveryPoint backup:DeleteBackupPlan s3:PutBucketVersioning",
    ),
    "T1526": (
        "Cloud Service Discovery", ("Discovery",),
        "cloudtrail:DescribeTrails cloudtrail:GetTrailStatus cloudtrail:GetEventSelectors guardduty:ListDetectors "
        "guardduty:GetDetector lambda:ListFunctions config:DescribeConfigurationRecorders "
        "servicequotas:ListServiceQuotas bedrock:ListFoundationModels ses:GetSendQuota ses:ListIdentities "
        "ses:GetAccount",
    ),
    "T1530": ("Data from Cloud Storage", ("Collection",), "s3:GetObject s3:SelectObjectContent"),
    "T1531": ("Account Access Removal", ("Impact",), "iam:DeleteUser iam:DeleteAccessKey iam:DeleteLoginProfile"),
    "T1537": (
        "Transfer Data to Cloud Account", ("Exfiltration",),
        "ec2:ModifySnapshotAttribute ec2:ModifyImageAttribute rds:ModifyDBSnapshotAttribute "
        "rds:ModifyDBClusterSnapshotAttribute ram:CreateResourceShare s3:PutBucketReplication "
        "ec2:SharedSnapshotVolumeCreated ec2:SharedSnapshotCopyInitiated",
    ),
    "T1548.005": (
        "Abuse Elevation Control Mechanism: Temporary Elevated Cloud Access",
        ("Defense Evasion", "Privilege Escalation"),
        "sts:AssumeRoot",
    ),
    "T1550.001": (
        "Use Alternate Authentication Material: Application Access Token", ("Defense Evasion", "Lateral Movement"),
        "sts:AssumeRole sts:AssumeRoleWithSAML sts:AssumeRoleWithWebIdentity sts:GetSessionToken signin:GetSigninToken",
    ),
    "T1552.005": (
        "Unsecured Credentials: Cloud Instance Metadata API", ("Credential Access",),
        "ec2:GetPasswordData ec2:DescribeInstanceAttribute",
    ),
    "T1555.006": (
        "Credentials from Password Stores: Cloud Secrets Management Stores", ("Credential Access",),
        "secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue secretsmanager:ListSecrets ssm:GetParameter "
        "ssm:GetParameters ssm:GetParametersByPath ssm:GetParameterHistory",
    ),
    "T1556.006": (
        "Modify Authentication Process: Multi-Factor Authentication",
        ("Credential Access", "Defense Evasion", "Persistence"),
        "iam:DeactivateMFADevice iam:DeleteVirtualMFADevice",
    ),
    "T1562.001": (
        "Impair Defenses: Disable or Modify Tools", ("Defense Evasion",),
        "guardduty:DeleteDetector guardduty:UpdateDetector guardduty:CreateFilter guardduty:CreateIPSet "
        "guardduty:StopMonitoringMembers guardduty:DisassociateMembers guardduty:DeleteMembers "
        "guardduty:DisassociateFromAdministratorAccount guardduty:DisassociateFromMasterAccount "
        "securityhub:DisableSecurityHub access-analyzer:DeleteAnalyzer inspector2:Disable macie2:DisableMacie "
        "wafv2:DeleteWebACL",
    ),
    "T1562.007": (
        "Impair Defenses: Disable or Modify Cloud Firewall", ("Defense Evasion",),
        "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupIngress "
        "ec2:RevokeSecurityGroupEgress ec2:ModifySecurityGroupRules ec2:CreateNetworkAclEntry "
        "ec2:ReplaceNetworkAclEntry ec2:DeleteNetworkAclEntry rds:AuthorizeDBSecurityGroupIngress",
    ),
    "T1562.008": (
        "Impair Defenses: Disable or Modify Cloud Logs", ("Defense Evasion",),
        "cloudtrail:StopLogging cloudtrail:DeleteTrail cloudtrail:UpdateTrail cloudtrail:PutEventSelectors "
        "cloudtrail:DeleteEventDataStore cloudtrail:StopEventDataStoreIngestion config:StopConfigurationRecorder "
        "config:DeleteConfigurationRecorder config:DeleteDeliveryChannel ec2:DeleteFlowLogs logs:DeleteLogGroup "
        "logs:DeleteLogStream logs:PutRetentionPolicy route53resolver:DeleteResolverQueryLogConfig s3:PutBucketLogging",
    ),
    "T1578.001": (
        "Modify Cloud Compute Infrastructure: Create Snapshot", ("Defense Evasion",),
        "ec2:CreateSnapshot ec2:CreateSnapshots",
    ),
    "T1578.002": (
        "Modify Cloud Compute Infrastructure: Create Cloud Instance", ("Defense Evasion",),
        "ec2:RunInstances ec2:RequestSpotInstances",
    ),
    "T1578.003": (
        "Modify Cloud Compute Infrastructure: Delete Cloud Instance", ("Defense Evasion",),
        "ec2:TerminateInstances",
    ),
    "T1578.005": (
        "Modify Cloud Compute Infrastructure: Modify Cloud Compute Configurations", ("Defense Evasion",),
        "servicequotas:RequestServiceQuotaIncrease ec2:ModifyInstanceAttribute",
    ),
    "T1580": (
        "Cloud Infrastructure Discovery", ("Discovery",),
        "ec2:DescribeInstances ec2:DescribeSnapshots ec2:DescribeImages ec2:DescribeVpcs ec2:DescribeSubnets "
        "ec2:DescribeSecurityGroups ec2:DescribeRegions ec2:DescribeVolumes s3:ListBuckets s3:HeadBucket "
        "s3:GetBucketAcl s3:GetPublicAccessBlock rds:DescribeDBInstances rds:DescribeDBClusters "
        "ssm:DescribeInstanceInformation",
    ),
    "T1619": ("Cloud Storage Object Discovery", ("Discovery",), "s3:ListObjects s3:ListObjectsV2"),
    "T1648": (
        "Serverless Execution", ("Execution",),
        "lambda:CreateFunction lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration "
        "lambda:CreateEventSourceMapping",
    ),
    "T1651": (
        "Cloud Administration Command", ("Execution",),
        "ssm:SendCommand ssm:StartAutomationExecution ssm:CreateAssociation ecs:ExecuteCommand",
    ),
    "T1654": (
        "Log Enumeration", ("Discovery",),
        "cloudtrail:LookupEvents logs:FilterLogEvents logs:GetLogEvents logs:StartQuery",
    ),
    "T1666": (
        "Modify Cloud Resource Hierarchy", ("Defense Evasion",),
        "organizations:LeaveOrganization organizations:CreateAccount organizations:MoveAccount "
        "organizations:InviteAccountToOrganization organizations:DetachPolicy organizations:DeletePolicy",
    ),
}  # fmt: skip
"""By ID: name, tactics, and the operations."""


def _by_operation() -> dict[str, tuple[Technique, ...]]:
    found: dict[str, tuple[Technique, ...]] = {}
    for id_, (name, tactics, operations) in _TECHNIQUES.items():
        for api in operations.split():
            found[api] = (*found.get(api, ()), Technique(id=id_, name=name, tactics=list(tactics)))
    return found


OPERATIONS = _by_operation()
"""Techniques by operation (`service:Operation`), each in order of ID."""


def techniques(api: str) -> list[Technique]:
    """The techniques of an operation, in order of ID; none where no technique is well established.

    >>> [one.id for one in techniques("cloudtrail:StopLogging")], techniques("ec2:CreateTags")
    (['T1562.008'], [])
    """
    return list(OPERATIONS.get(api, ()))
