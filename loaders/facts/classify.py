"""Classifies operations: API name, category, whether a call changes something or reads secrets.

A pure, cached function of the five members that decide it, so a million calls of one operation cost one
classification. Source: field guide §1.1, §10.1.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from lineage.model.operations import is_read
from loaders.facts import change_table, changes, creations, grants, signins, workloads
from loaders.records.record import Record, words

_VERSION = re.compile(r"(?<=[A-Za-z])(?:19|20)\d\d_?\d\d_?\d\d(?:_?v\d+)?\Z")
"""`ListFunctions20150331`, `UpdateFunctionCode20150331v2`, `CreateFunction2020_05_31`."""

_WRITES_THAT_READ_LIKE_READS = frozenset({"sts:GetSessionToken", "sts:GetFederationToken"})

# Reads that matter to an investigator, whatever `readOnly` says (guide §10.1).
_SENSITIVE = re.compile(
    r"""(?x)
    sts:(?:AssumeRo\w+|GetCallerIdentity|GetSessionToken|GetFederationToken|GetDelegatedAccessToken|GetWebIdentityToken)
    |secretsmanager:(?:Get|BatchGet)SecretValue
    |ssm:(?:GetParameter\w*|DescribeInstanceInformation)
    |ec2:(?:GetPasswordData|GetConsoleOutput|GetConsoleScreenshot|DescribeInstanceAttribute|GetLaunchTemplateData)
    |kms:(?:Decrypt|ReEncrypt\w*|GenerateDataKey\w*)
    |s3:(?:GetObject|SelectObjectContent|GetDataAccess)
    |lambda:GetFunction\w*
    |(?:ecr|codeartifact|ecr-public):GetAuthorizationToken
    |rds:DownloadDBLogFilePortion|rds:DownloadCompleteDBLogFile
    |redshift(?:-serverless)?:GetC(?:lusterC)?redentials\w*
    |iam:(?:GetAccountAuthorizationDetails|GenerateCredentialReport|GetCredentialReport)
    |cognito-identity:GetCredentialsForIdentity|cognito-identity:GetOpenIdToken\w*
    |sso:GetRoleCredentials
    |eks-auth:AssumeRoleForPodIdentity
    |(?:rolesanywhere|s3express):CreateSession|s3:CreateSession
    |lakeformation:Get(?:DataAccess|Temporary\w*)
    |dynamodb:(?:Scan|Query|ExportTable\w*|GetRecords)
    |cloudtrail:LookupEvents
    """
)

# Data events in records older than `eventCategory` (1.07), which a trail without data events never has.
_OLD_DATA_EVENTS = frozenset(
    f"s3:{name}"
    for name in words(
        """
    GetObject HeadObject PutObject DeleteObject DeleteObjects CopyObject GetObjectAcl
    PutObjectAcl GetObjectTagging PutObjectTagging GetObjectTorrent ListParts UploadPart
    UploadPartCopy CreateMultipartUpload CompleteMultipartUpload AbortMultipartUpload
    RestoreObject ListObjects SelectObjectContent
    """
    )
) | {"lambda:Invoke", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:Query"}

_MAKERS = frozenset(grants.OPERATIONS) | frozenset(signins.OPERATIONS) | frozenset(creations.OPERATIONS)
_CHANGERS = frozenset(change_table.OPERATIONS) | frozenset(changes.ADDRESS_OPERATIONS)
FACTS = _MAKERS | _CHANGERS | frozenset(workloads.OPERATIONS)
"""Operations that can yield a fact, in addition to token calls (by prefix) and MCP events."""


class Call(msgspec.Struct, frozen=True):
    """What all calls of one operation have in common.

    `api` is `service:Operation` without API version. `category` is `management-read`, `management-write`,
    `data:SERVICE`, `signin` or `service`. `changing`: neither a read nor a sign-in. `sensitive`: returns credentials,
    secrets or data, or is typical of reconnaissance. `facts`: `extract.facts` may find some. `passed` says what a
    record is that is no API call: `insight`, `aggregated`, `network-activity`; else None.
    """

    api: str
    category: str
    changing: bool
    sensitive: bool
    facts: bool
    passed: str | None


# Bounded: names come from the logs, and a hostile log must not fill the memory.
@lru_cache(maxsize=16_384)
def classify(
    event_source: str | None,
    event_name: str | None,
    event_type: str | None,
    event_category: str | None,
    read_only: bool | str | None,
) -> Call:
    """Return the class of a call. Without `readOnly` (records before 2020), the operation's name decides.

    >>> call = classify("lambda.amazonaws.com", "ListFunctions20150331", "AwsApiCall", "Management", "true")
    >>> call.api, call.category, call.changing
    ('lambda:ListFunctions', 'management-read', False)
    """
    service = (event_source or "unknown").removesuffix(".cn").removesuffix(".amazonaws.com") or "unknown"
    operation = _VERSION.sub("", event_name or "unknown") if event_name else "unknown"
    api = f"{service}:{operation}"
    kind = (event_type or "").lower()
    group = (event_category or "").lower()

    reading = _reading(api, operation, read_only)
    signin = kind == "awsconsolesignin"
    if signin:
        category = "signin"
    elif kind == "awsserviceevent":
        category = "service"
    elif group == "data" or (not group and api in _OLD_DATA_EVENTS):
        category = f"data:{service}"
    else:
        category = "management-read" if reading else "management-write"
    passed = _passed(kind, group)
    return Call(
        api=api,
        category=category,
        changing=not reading and not signin,
        sensitive=_SENSITIVE.fullmatch(api) is not None,
        facts=passed is None and (api in FACTS or signins.is_token_call(api) or kind == "awsmcpevent"),
        passed=passed,
    )


def call_of(record: Record) -> Call:
    """Return the class of a record's call."""
    return classify(record.event_source, record.event_name, record.event_type, record.event_category, record.read_only)


def _reading(api: str, operation: str, read_only: bool | str | None) -> bool:
    if isinstance(read_only, bool):
        return read_only
    if isinstance(read_only, str) and read_only.lower() in ("true", "false"):
        return read_only.lower() == "true"
    return api not in _WRITES_THAT_READ_LIKE_READS and (is_read(operation) or operation.startswith("AssumeRole"))


def _passed(kind: str, group: str) -> str | None:
    if kind == "awscloudtrailinsight" or group == "insight":
        return "insight"
    if kind == "awsaggregatedevent" or group == "aggregated":
        return "aggregated"
    if kind.startswith("awsvpceevent") or group == "networkactivity":
        return "network-activity"
    return None
