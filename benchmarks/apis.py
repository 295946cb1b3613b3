"""The API operations that the corpus calls: how often each, and what its records hold.

Markers in a template are filled for each record::

    @account   the recipient's account      @region   the request's region
    @name      a resource of the workload   @hex      17 random hexadecimal digits
    @random    76 random base64 digits
"""

from __future__ import annotations

from typing import NamedTuple


class Api(NamedTuple):
    """One API operation: how often it is called and what its records hold.

    `parameters`, `response`, `extra` and `resources` are JSON templates (`null`, or empty for a
    member that CloudTrail leaves out).
    """

    weight: int
    service: str
    name: str
    parameters: str = "null"
    response: str = "null"
    resources: str = ""
    extra: str = ""
    read_only: bool = True
    data: bool = False
    everywhere: bool = False
    """A global service: recorded in us-east-1 (guide §9.2)."""


_FILTERS = '"filterSet":{"items":[{"name":"%s","valueSet":{"items":[{"value":"%s"}]}}%s]}'
_TAG = ',{"name":"tag:environment","valueSet":{"items":[{"value":"production"}]}}'
_BUCKET = (
    '[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::@name-@account-@region/%s"},'
    '{"accountId":"@account","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::@name-@account-@region"}]'
)
_S3_EXTRA = (
    '{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,'
    '"AuthenticationMethod":"AuthHeader","x-amz-id-2":"@random",'
    '"bytesTransferredOut":%d}'
)
_KEY = (
    '[{"accountId":"@account","type":"AWS::KMS::Key",'
    '"ARN":"arn:aws:kms:@region:@account:key/1b7c2f0e-5d6a-4c1b-9e4f-@account"}]'
)
_OBJECT = "year=2026/month=03/day=10/part-@hex.snappy.parquet"


def _s3(weight: int, name: str, sent: int, got: int, read_only: bool) -> Api:
    return Api(
        weight,
        "s3",
        name,
        '{"bucketName":"@name-@account-@region","Host":"@name-@account-@region.s3.@region.amazonaws.com",'
        f'"key":"{_OBJECT}"}}',
        "null" if read_only else '{"x-amz-server-side-encryption":"aws:kms"}',
        _BUCKET % _OBJECT,
        _S3_EXTRA % (sent, got),
        read_only,
        data=True,
    )


def _bucket(weight: int, name: str, query: str) -> Api:
    host = '"bucketName":"@name-@account-@region","Host":"@name-@account-@region.s3.@region.amazonaws.com"'
    owner = '[{"accountId":"@account","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::@name-@account-@region"}]'
    return Api(weight, "s3", name, f'{{{host},"{query}":""}}', "null", owner, _S3_EXTRA % (0, 812))


def _describe(weight: int, name: str, filter_name: str, value: str, more: bool = False) -> Api:
    return Api(weight, "ec2", name, "{" + _FILTERS % (filter_name, value, _TAG if more else "") + "}")


DECRYPT = Api(
    18,
    "kms",
    "Decrypt",
    '{"encryptionContext":{"aws:lambda:FunctionArn":"arn:aws:lambda:@region:@account:function:@name",'
    '"SecretARN":"arn:aws:secretsmanager:@region:@account:secret:prod/@name/database-Xa91bQ",'
    '"SecretVersionId":"c5f1a0b2-77ad-4a31-8a2e-5f0b6b1c@hex"},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}',
    resources=_KEY,
)
DATA_KEY = Api(
    6,
    "kms",
    "GenerateDataKey",
    '{"keySpec":"AES_256","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::@name-@account-@region"},'
    '"keyId":"arn:aws:kms:@region:@account:key/1b7c2f0e-5d6a-4c1b-9e4f-@account"}',
    resources=_KEY,
)
_SECRET = Api(
    5,
    "secretsmanager",
    "GetSecretValue",
    '{"secretId":"arn:aws:secretsmanager:@region:@account:secret:prod/@name/database-Xa91bQ"}',
)
_LOG_STREAM = Api(
    8,
    "logs",
    "CreateLogStream",
    '{"logStreamName":"2026/03/10/[$LATEST]4f@hex@hex","logGroupName":"/aws/lambda/@name"}',
    read_only=False,
)
_CALLER = Api(2, "sts", "GetCallerIdentity")

INSTANCE = (
    DECRYPT,
    _s3(11, "GetObject", 0, 184320, True),
    _s3(7, "PutObject", 48213, 0, False),
    DATA_KEY,
    Api(
        12,
        "ssm",
        "UpdateInstanceInformation",
        '{"instanceId":"i-0@hex","agentVersion":"3.3.987.0","agentStatus":"Active","platformType":"Linux",'
        '"platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.24.17.96",'
        '"computerName":"ip-10-24-17-96.@region.compute.internal","agentName":"amazon-ssm-agent",'
        '"availabilityZone":"@regiona","availabilityZoneId":"use1-az4","sSMConnectionChannel":"ssmmessages"}',
        read_only=False,
    ),
    _describe(4, "DescribeTags", "resource-id", "i-0@hex"),
    Api(3, "ecr", "GetAuthorizationToken"),
    Api(
        3,
        "ecr",
        "BatchGetImage",
        '{"imageIds":[{"imageTag":"2026.03.10-@hex"}],"registryId":"@account","repositoryName":"@name",'
        '"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json",'
        '"application/vnd.oci.image.manifest.v1+json","application/vnd.oci.image.index.v1+json"]}',
        resources='[{"accountId":"@account","ARN":"arn:aws:ecr:@region:@account:repository/@name"}]',
    ),
    _SECRET,
)
FUNCTION = (
    DECRYPT,
    _LOG_STREAM,
    _SECRET,
    _s3(9, "GetObject", 0, 9921, True),
    _s3(6, "PutObject", 2210, 0, False),
    DATA_KEY,
    Api(
        9,
        "dynamodb",
        "DescribeTable",
        '{"tableName":"@name"}',
        resources='[{"accountId":"@account","type":"AWS::DynamoDB::Table",'
        '"ARN":"arn:aws:dynamodb:@region:@account:table/@name"}]',
    ),
    Api(
        4,
        "ssm",
        "GetParameters",
        '{"names":["/prod/@name/endpoint","/prod/@name/flags"],"withDecryption":true}',
    ),
)
POD = (
    _describe(14, "DescribeInstances", "private-dns-name", "ip-10-24-@hex.@region.compute.internal"),
    _describe(8, "DescribeSubnets", "tag:kubernetes.io/role/internal-elb", "1", True),
    _describe(6, "DescribeNetworkInterfaces", "attachment.instance-id", "i-0@hex", True),
    _describe(5, "DescribeSecurityGroups", "tag:elbv2.k8s.aws/cluster", "@name", True),
    _describe(5, "DescribeVolumes", "tag:kubernetes.io/cluster/@name", "owned"),
    Api(6, "elasticloadbalancing", "DescribeLoadBalancers", '{"pageSize":400}'),
    Api(
        9,
        "elasticloadbalancing",
        "DescribeTargetHealth",
        '{"targetGroupArn":"arn:aws:elasticloadbalancing:@region:@account:targetgroup/k8s-@name/@hex"}',
    ),
    Api(5, "autoscaling", "DescribeAutoScalingGroups", '{"maxRecords":100}'),
    Api(
        3,
        "elasticloadbalancing",
        "RegisterTargets",
        '{"targetGroupArn":"arn:aws:elasticloadbalancing:@region:@account:targetgroup/k8s-@name/@hex",'
        '"targets":[{"id":"10.24.33.17","port":8080}]}',
        read_only=False,
    ),
)
DEPLOY = (
    _CALLER,
    _describe(6, "DescribeVpcs", "vpc-id", "vpc-0@hex"),
    _describe(5, "DescribeRouteTables", "association.subnet-id", "subnet-0@hex"),
    _describe(6, "DescribeSecurityGroups", "group-id", "sg-0@hex"),
    Api(9, "iam", "GetRole", '{"roleName":"@name-execution"}', everywhere=True),
    Api(6, "iam", "ListAttachedRolePolicies", '{"roleName":"@name-execution"}', everywhere=True),
    Api(5, "iam", "GetPolicy", '{"policyArn":"arn:aws:iam::@account:policy/@name-runtime"}', everywhere=True),
    _bucket(4, "GetBucketPolicy", "policy"),
    _bucket(4, "GetBucketEncryption", "encryption"),
    _bucket(4, "GetBucketVersioning", "versioning"),
    _bucket(4, "GetBucketPublicAccessBlock", "publicAccessBlock"),
    Api(7, "lambda", "GetFunction20150331v2", '{"functionName":"@name"}'),
    Api(
        2,
        "lambda",
        "UpdateFunctionCode20150331v2",
        '{"functionName":"arn:aws:lambda:@region:@account:function:@name","dryRun":false,"publish":true,'
        '"s3Bucket":"artifacts-@account","s3Key":"@name/@hex.zip"}',
        '{"functionName":"@name","functionArn":"arn:aws:lambda:@region:@account:function:@name",'
        '"runtime":"python3.12","role":"arn:aws:iam::@account:role/service/@name-execution",'
        '"handler":"app.handler","codeSize":1048576,"timeout":30,"memorySize":512,"version":"41",'
        '"codeSha256":"q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9z0@hex=","state":"Active"}',
        read_only=False,
    ),
    Api(
        1,
        "ec2",
        "AuthorizeSecurityGroupIngress",
        '{"groupId":"sg-0@hex","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,'
        '"groups":{},"ipRanges":{"items":[{"cidrIp":"10.24.0.0/16","description":"@name"}]},'
        '"ipv6Ranges":{},"prefixListIds":{}}]}}',
        '{"requestId":"7b1d9c0e-@hex","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":'
        '"@account","groupId":"sg-0@hex","securityGroupRuleId":"sgr-0@hex","isEgress":false}]}}',
        read_only=False,
    ),
    _s3(3, "PutObject", 220113, 0, False),
)
AUDIT = (
    _describe(6, "DescribeInstances", "instance-state-name", "running"),
    _describe(4, "DescribeSnapshots", "owner-id", "@account", True),
    _describe(4, "DescribeVolumes", "encrypted", "false"),
    _describe(4, "DescribeFlowLogs", "resource-id", "vpc-0@hex"),
    _describe(4, "DescribeNetworkAcls", "vpc-id", "vpc-0@hex"),
    *(
        _bucket(5, name, query)
        for name, query in (
            ("GetBucketAcl", "acl"),
            ("GetBucketPolicyStatus", "policyStatus"),
            ("GetBucketLogging", "logging"),
            ("GetBucketTagging", "tagging"),
            ("GetBucketLifecycle", "lifecycle"),
            ("GetBucketReplication", "replication"),
        )
    ),
    Api(5, "iam", "ListRolePolicies", '{"roleName":"@name-execution"}', everywhere=True),
    Api(5, "iam", "ListAccessKeys", '{"userName":"@name"}', everywhere=True),
    Api(3, "iam", "GenerateCredentialReport", everywhere=True),
    Api(6, "lambda", "GetPolicy20150331v2", '{"functionName":"@name"}'),
    Api(5, "rds", "DescribeDBInstances", '{"maxRecords":100}'),
    Api(5, "kms", "GetKeyRotationStatus", '{"keyId":"1b7c2f0e-5d6a-4c1b-9e4f-@account"}', resources=_KEY),
    Api(4, "sqs", "GetQueueAttributes", '{"queueUrl":"https://sqs.@region.amazonaws.com/@account/@name"}'),
    Api(4, "cloudtrail", "DescribeTrails", '{"trailNameList":[],"includeShadowTrails":true}'),
    Api(4, "config", "DescribeConfigurationRecorders"),
)
CONSOLE = (
    _describe(8, "DescribeInstances", "instance-state-name", "running"),
    Api(6, "ec2", "DescribeInstanceStatus", '{"instancesSet":{},"filterSet":{},"includeAllInstances":true}'),
    Api(4, "ec2", "DescribeRegions", '{"regionSet":{},"allRegions":true}'),
    Api(6, "cloudwatch", "DescribeAlarms", '{"maxRecords":100,"alarmTypes":["MetricAlarm","CompositeAlarm"]}'),
    Api(
        5,
        "logs",
        "FilterLogEvents",
        '{"logGroupName":"/aws/lambda/@name","limit":100,"startTime":1773100800000}',
    ),
    Api(5, "lambda", "ListFunctions20150331", '{"maxItems":50}'),
    _bucket(5, "GetBucketLocation", "location"),
    Api(4, "s3", "ListBuckets", '{"Host":"s3.amazonaws.com"}', extra=_S3_EXTRA % (0, 2211)),
    Api(3, "health", "DescribeEventAggregates", '{"aggregateField":"eventTypeCategory","filter":{}}'),
    Api(3, "notifications", "ListNotificationHubs", everywhere=True),
    Api(
        1,
        "ec2",
        "StopInstances",
        '{"instancesSet":{"items":[{"instanceId":"i-0@hex"}]},"force":false}',
        '{"requestId":"7b1d9c0e-@hex","instancesSet":{"items":[{"instanceId":"i-0@hex","currentState":'
        '{"code":64,"name":"stopping"},"previousState":{"code":16,"name":"running"}}]}}',
        read_only=False,
    ),
)
SERVICE = (
    _bucket(6, "GetBucketAcl", "acl"),
    Api(10, "ec2", "DescribeInstances", '{"instancesSet":{"items":[{"instanceId":"i-0@hex"}]},"filterSet":{}}'),
    Api(8, "ec2", "DescribeVolumes", '{"volumeSet":{"items":[{"volumeId":"vol-0@hex"}]},"filterSet":{}}'),
    Api(6, "ec2", "DescribeSecurityGroups", '{"securityGroupSet":{},"securityGroupIdSet":{},"filterSet":{}}'),
    Api(5, "elasticloadbalancing", "DescribeTargetGroups", '{"pageSize":400}'),
    Api(5, "rds", "DescribeDBSnapshots", '{"snapshotType":"manual","maxRecords":100}'),
    Api(
        4,
        "config",
        "PutEvaluations",
        '{"evaluations":[{"complianceResourceType":"AWS::EC2::Instance","complianceResourceId":"i-0@hex",'
        '"complianceType":"COMPLIANT","orderingTimestamp":"Mar 10, 2026, 9:00:00 AM"}],"testMode":false}',
        '{"failedEvaluations":[]}',
        read_only=False,
    ),
)
