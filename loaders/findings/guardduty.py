"""GuardDuty findings as alerts: in PascalCase of the API, or camelCase of EventBridge and S3 exports.

Source: the GuardDuty API model (Finding, AwsApiCallAction, Sequence), its list of finding types; field guide §11.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from lineage.model.alert import Actor, Alert, AlertResource, CountedCall, Place, Threat
from lineage.model.arn import access_key, parse_arn, unique_id
from lineage.model.times import parse_when
from loaders.records.record import account_id, child, find, items, mapping, number, raw_text, text
from loaders.targets.resource_types import ARN_TYPES

SAMPLE_PREFIX = "GeneratedFinding"
"""Prefix of every name in a sample finding."""
_ANOMALOUS = re.compile(r"([a-z0-9-]+)\.amazonaws\.com\s*:?\s*\[([^\]]*)\]")
_PRINCIPAL_IN_TEXT = re.compile(r"with principalId ([A-Z0-9:@.\w-]+?)(?: in account (\d{12}))?[\s.,]")
_EKS_USER = re.compile(r"[\w./@-]+:(\d{12}):([A-Z0-9]{16,128})\Z")
"""`aws-iam-authenticator:ACCOUNT:ID`, `heptio-authenticator-aws:…`, and future authenticators."""
_WORDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
"""GuardDuty's severity levels by their lowest value."""


def alert(finding: object) -> Alert:
    """Return a GuardDuty finding as an alert."""
    service = child(finding, "service")
    sequence = child(service, "detection", "sequence")
    extra = _additional(service)
    kind, arn = raw_text(finding, "type"), text(finding, "arn")
    one = text(finding, "id") or last_part(arn) or "finding"
    call = child(service, "action", "awsApiCallAction")
    resources = (*resources_of(finding), *sequence_resources(sequence))
    first, last = activity_times(service, sequence)
    return Alert(
        kind="guardduty",
        id=one,
        type=kind,
        title=raw_text(finding, "title"),
        severity=severity(child(finding, "severity")),
        account=account_id(child(finding, "accountId")),
        region=text(finding, "region"),
        first_seen=first,
        last_seen=last,
        created=parse_when(text(finding, "createdAt")),
        count=number(service, "count"),
        actors=actors(finding, sequence),
        apis=tuple(dict.fromkeys((*apis(call), *_anomalous(extra), *signal_apis(sequence)))),
        source_ips=addresses(service, sequence),
        user_agent=raw_text(call, "userAgent") or raw_text(extra, "userAgent", "fullUserAgent"),
        error=raw_text(call, "errorCode"),
        resources=tuple(dict.fromkeys(resources)),
        affected=affected(call),
        places=places(service, sequence),
        threats=threats(service),
        calls=counted_calls(extra),
        sequence=one if (kind or "").startswith("AttackSequence:")
        else last_part(text(finding, "associatedAttackSequenceArn")),
        signals=signals(sequence),
        sample=is_sample(finding, extra),
    )  # fmt: skip


def is_sample(finding: object, extra: object) -> bool:
    """Return whether it is a sample finding of GuardDuty."""
    if child(extra, "sample") in (True, "true"):
        return True
    details = child(finding, "resource", "accessKeyDetails")
    stated = (child(details, name) for name in ("accessKeyId", "principalId", "userName"))
    return any(isinstance(one, str) and one.startswith(SAMPLE_PREFIX) for one in stated)


def actors(finding: object, sequence: object) -> tuple[Actor, ...]:
    """Return the actors whose credentials a finding names, the most specific first, each once."""
    found = []
    details = child(finding, "resource", "accessKeyDetails")
    # Findings about sessions may carry the record's own userIdentity.
    who = child(details, "userIdentity") or details
    found.append(
        Actor(
            access_key_id=access_key(child(who, "accessKeyId")),
            principal_id=unique_id(_number_as_text(child(who, "principalId"))),
            user_name=text(details, "userName") or text(who, "userName"),
            user_type=text(details, "userType") or text(who, "type"),
            account=account_id(child(who, "accountId")),
            created=parse_when(text(who, "sessionContext", "attributes", "creationDate")),
            arn=text(who, "arn"),
        )
    )
    found += sequence_actors(sequence)
    user = child(finding, "resource", "kubernetesDetails", "kubernetesUserDetails")
    if eks := _EKS_USER.match(text(user, "uid") or ""):
        session = next((one for one in items(child(user, "sessionName")) if isinstance(one, str)), None)
        found.append(Actor(principal_id=f"{eks[2]}:{session}" if session else eks[2], account=eks[1]))
    if not any(actor.is_named for actor in found) and (
        stated := _PRINCIPAL_IN_TEXT.search(text(finding, "description") or "")
    ):
        # Exports may omit `detection`; the description still names the principal.
        found.append(Actor(principal_id=unique_id(stated[1]), account=stated[2]))
    return named(found)


def named(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    """Return the actors that have an identifier, each once."""
    return tuple(dict.fromkeys(actor for actor in actors if actor.is_named))


def sequence_actors(sequence: object) -> Iterator[Actor]:
    """Yield the actors of an attack sequence: user, key and the session's creationDate (field guide §11.1)."""
    for one in items(child(sequence, "actors")):
        user, session = child(one, "user"), child(one, "session")
        issuer = text(session, "issuer")
        yield Actor(
            access_key_id=access_key(child(user, "credentialUid")),
            principal_id=unique_id(child(user, "uid")),
            user_name=text(user, "name"),
            user_type=text(user, "type"),
            account=account_id(child(user, "account", "uid")),
            created=parse_when(child(session, "createdTime")),
            arn=issuer if parse_arn(issuer) else None,
        )
    for one in items(child(sequence, "resources")):
        if text(one, "resourceType") == "ACCESS_KEY":
            key = child(one, "data", "accessKey")
            yield Actor(
                access_key_id=access_key(last_part(text(one, "uid"), ":")) or access_key(text(one, "name")),
                principal_id=unique_id(child(key, "principalId")),
                user_name=text(key, "userName"),
                user_type=text(key, "userType"),
                account=account_id(child(one, "accountId")),
            )


def apis(call: object) -> Iterator[str]:
    """Yield the operation of an API call action."""
    name = text(call, "api")
    if name:
        yield f"{_service(text(call, 'serviceName'))}:{name}"


def _anomalous(extra: object) -> Iterator[str]:
    """Yield the operations that an AnomalousBehavior finding lists:
    `iam.amazonaws.com:[CreateUser:success , ListUsers:AccessDenied]`."""
    for service, names in _ANOMALOUS.findall(find(extra, "anomalousAPIs") or ""):
        for one in names.split(","):
            if name := one.strip().partition(":")[0]:
                yield f"{service}:{name}"


def signal_apis(sequence: object) -> Iterator[str]:
    """Yield the operations behind an attack sequence's signals: `cloudtrail:DeleteTrail` or `DeleteTrail`."""
    for one in items(child(sequence, "signals")):
        if text(one, "type") in ("CLOUD_TRAIL", "S3_DATA_EVENTS") and (name := text(one, "name")):
            yield name if ":" in name else f"*:{name}"


def signals(sequence: object) -> tuple[str, ...]:
    """Return the IDs of the findings that an attack sequence is made of."""
    found = (one for one in items(child(sequence, "signals")) if (text(one, "type") or "FINDING") == "FINDING")
    return tuple(name for one in found if (name := last_part(text(one, "uid") or text(one, "id"))))


def addresses(service: object, sequence: object) -> tuple[str, ...]:
    """Return the source addresses of the activity, in order, each once."""
    action = child(service, "action")
    found = [text(one, name) for one in _remote(action) for name in ("ipAddressV4", "ipAddressV6")]
    found += [one for one in items(child(action, "kubernetesApiCallAction", "sourceIPs")) if isinstance(one, str)]
    found += [text(one, "ip") for one in items(child(sequence, "endpoints"))]
    return tuple(dict.fromkeys(one for one in found if one))


def _remote(action: object) -> list[object]:
    """Return the details of the source addresses of an action."""
    remote = [child(action, kind, "remoteIpDetails") for kind in ("awsApiCallAction", "kubernetesApiCallAction")]
    remote.append(child(action, "rdsLoginAttemptAction", "remoteIpDetails"))
    if text(action, "networkConnectionAction", "connectionDirection") == "INBOUND":
        remote.append(child(action, "networkConnectionAction", "remoteIpDetails"))
    probes = items(child(action, "portProbeAction", "portProbeDetails"))
    return [*remote, *(child(one, "remoteIpDetails") for one in probes)]


def places(service: object, sequence: object) -> tuple[Place, ...]:
    """Return where the source addresses are, as far as the finding says, each once."""
    found = [place for one in _remote(child(service, "action")) for place in _places_of(one)]
    for one in items(child(sequence, "endpoints")):
        place = child(one, "location")
        system = child(one, "autonomousSystem")
        found.append(
            Place(
                address=text(one, "ip") or "", country=raw_text(place, "country"), city=raw_text(place, "city"),
                asn=_as_text(child(system, "number")), owner=raw_text(system, "name"),
            )
        )  # fmt: skip
    return located(found)


def located(found: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places that have an address and say something of it, each once."""
    return tuple(
        dict.fromkeys(one for one in found if one.address and (one.country or one.city or one.asn or one.owner))
    )


def _places_of(remote: object) -> Iterator[Place]:
    network = child(remote, "organization")
    for name in ("ipAddressV4", "ipAddressV6"):
        if address := text(remote, name):
            yield Place(
                address=address, country=raw_text(remote, "country", "countryName"),
                city=raw_text(remote, "city", "cityName"), asn=_as_text(child(network, "asn")),
                owner=next((one for part in ("asnOrg", "org", "isp") if (one := raw_text(network, part))), None),
            )  # fmt: skip


def threats(service: object) -> tuple[Threat, ...]:
    """Return the threat lists that name the source, each once."""
    extra = _additional(service)
    details = items(child(service, "evidence", "threatIntelligenceDetails"))
    found = [
        Threat(
            list_name=raw_text(one, "threatListName"),
            names=tuple(name for name in items(child(one, "threatNames")) if isinstance(name, str)),
        )
        for one in details
    ]
    name, threat = raw_text(extra, "threatListName"), raw_text(extra, "threatName")
    if (name or threat) and not any(one.list_name == name for one in found):
        found.append(Threat(list_name=name, names=(threat,) if threat else ()))
    return tuple(dict.fromkeys(one for one in found if one.list_name or one.names))


def counted_calls(extra: object) -> tuple[CountedCall, ...]:
    """Return the operations that a finding counts in `additionalInfo.apiCalls`."""
    return tuple(
        CountedCall(api=name if ":" in name else f"*:{name}", count=count)
        for one in items(child(extra, "apiCalls"))
        if (name := text(one, "name")) and (count := number(one, "count")) is not None
    )


def affected(call: object) -> tuple[AlertResource, ...]:
    """Return the resources that an API call action was about, by type: name or ARN."""
    found = []
    for kind, value in mapping(child(call, "affectedResources")).items():
        for name in (value, *items(value)):
            if isinstance(name, str) and name:
                bucket = f"arn:aws:s3:::{name}" if kind == "AWS::S3::Bucket" else None
                found.append(resource_from_arn(name, kind) or AlertResource(type=kind, id=name, arn=bucket))
    return tuple(dict.fromkeys(found))


def _as_text(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value != "" else None


def activity_times(service: object, sequence: object) -> tuple[int | None, int | None]:
    """Return the first and last second of the activity: those of the finding, else of its signals."""
    first = parse_when(text(service, "eventFirstSeen"))
    last = parse_when(text(service, "eventLastSeen"))
    stated = items(child(sequence, "signals"))
    starts = _times(child(one, "firstSeenAt") for one in stated)
    ends = _times(child(one, "lastSeenAt") for one in stated)
    # The times of an attack sequence may be those of the finding, hours after its signals.
    first = min([*starts, *([first] if first is not None else [])], default=None)
    last = max([*ends, *([last] if last is not None and not ends else [])], default=last)
    return first if first is not None else last, last if last is not None else first


def _times(values: Iterable[object]) -> list[int]:
    return [time for value in values if (time := parse_when(value)) is not None]


def severity(value: object) -> str | None:
    """Return a severity as GuardDuty's number and level.

    >>> severity(8), severity("5.3")
    ('8 high', '5.3 medium')
    """
    try:
        level = float(value)  # type: ignore[arg-type]  # anything but a number raises
    except (TypeError, ValueError):
        return None
    return f"{level:g} {next((word for least, word in _WORDS if level >= least), 'low')}"


def _additional(service: object) -> object:
    """Return `additionalInfo` with the members of its `value`, a JSON string."""
    extra = mapping(child(service, "additionalInfo"))
    value = child(extra, "value")  # `text` would take a string in brackets for masked
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return {**mapping(msgspec.json.decode(value.encode("utf-8", "replace"))), **extra}
        except (msgspec.DecodeError, RecursionError):
            return extra
    return extra


def _service(source: str | None) -> str:
    """Return the service of an event source as in `api`; `*` if there is none."""
    name = (source or "").removesuffix(".cn").removesuffix(".amazonaws.com").lower()
    return name or "*"


def _number_as_text(value: object) -> object:
    return account_id(value) if isinstance(value, int) else value


_NAMED = (
    ("rdsDbInstanceDetails", "AWS::RDS::DBInstance", "dbInstanceIdentifier", "dbInstanceArn"),
    ("rdsLimitlessDbDetails", "AWS::RDS::DBShardGroup", "dbShardGroupIdentifier", "dbShardGroupArn"),
    ("ebsSnapshotDetails", "AWS::EC2::Snapshot", "snapshotId", "snapshotArn"),
    ("ec2ImageDetails", "AWS::EC2::Image", "imageId", "imageArn"),
    ("recoveryPointDetails", "AWS::Backup::RecoveryPoint", "recoveryPointId", "recoveryPointArn"),
)
"""Details of resources that run no code: member, type, and members of name and ARN."""
_SEQUENCE_TYPES = {
    "EC2_INSTANCE": "AWS::EC2::Instance", "S3_BUCKET": "AWS::S3::Bucket", "S3_OBJECT": "AWS::S3::Bucket",
    "ECS_TASK": "AWS::ECS::Task", "KUBERNETES_WORKLOAD": "AWS::EKS::Pod", "LAMBDA": "AWS::Lambda::Function",
}  # fmt: skip
"""Resource types of an attack sequence that can lead to sessions or changes."""


def resources_of(finding: object) -> Iterator[AlertResource]:
    """Yield the resources of a finding that can lead to sessions or changes."""
    resource = child(finding, "resource")
    account, region = account_id(child(finding, "accountId")), text(finding, "region")
    partition = text(finding, "partition") or "aws"
    instance = child(resource, "instanceDetails")
    if name := text(instance, "instanceId"):
        arn = f"arn:{partition}:ec2:{region}:{account}:instance/{name}" if region and account else None
        yield AlertResource(type="AWS::EC2::Instance", id=name, arn=arn, account=account)
    for bucket in items(child(resource, "s3BucketDetails")):
        if name := text(bucket, "name"):
            yield AlertResource(
                type="AWS::S3::Bucket", id=name, arn=text(bucket, "arn") or f"arn:{partition}:s3:::{name}"
            )
    function = child(resource, "lambdaDetails")
    if name := text(function, "functionName") or last_part(text(function, "functionArn"), ":"):
        yield AlertResource(type="AWS::Lambda::Function", id=name, arn=text(function, "functionArn"), account=account)
    ecs = child(resource, "ecsClusterDetails")
    if arn := text(ecs, "taskDetails", "arn"):
        yield AlertResource(
            type="AWS::ECS::Task", id=last_part(arn) or arn, arn=arn, account=account, parent=text(ecs, "name")
        )
    pod = child(resource, "kubernetesDetails", "kubernetesWorkloadDetails")
    user = text(resource, "kubernetesDetails", "kubernetesUserDetails", "username") or ""
    owner = text(pod, "serviceAccountName")
    if user.startswith("system:serviceaccount:") and user.count(":") == 3:
        owner = user.removeprefix("system:serviceaccount:").replace(":", "/")
    elif owner:
        owner = f"{text(pod, 'namespace') or 'default'}/{owner}"
    if (name := text(pod, "name")) or owner:
        yield AlertResource(
            type="AWS::EKS::Pod", id=f"{text(pod, 'namespace') or 'default'}/{name or ''}", account=account,
            parent=text(resource, "eksClusterDetails", "name"), owner=owner,
        )  # fmt: skip
    for details, kind, name, arn in _NAMED:
        one = child(resource, details)
        if value := text(one, name) or text(one, arn):
            yield AlertResource(type=kind, id=last_part(value) or value, arn=text(one, arn), account=account)


def sequence_resources(sequence: object) -> Iterator[AlertResource]:
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
            yield AlertResource(type=kind, id=bucket, arn=f"arn:{text(one, 'cloudPartition') or 'aws'}:s3:::{bucket}")
            continue
        if kind == "AWS::EKS::Pod":
            name = f"{text(one, 'data', 'kubernetesWorkload', 'namespace') or 'default'}/{name}"
        elif arn:
            name = last_part(arn) or name
        yield AlertResource(type=kind, id=name, arn=arn, account=account_id(child(one, "accountId")))


def resource_from_arn(arn: str | None, kind: str | None = None) -> AlertResource | None:
    """Return the resource that an ARN names, None if it is no ARN.

    >>> resource_from_arn("arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc").id
    'i-0abc'
    """
    found = parse_arn(arn)
    if found is None:
        return None
    head, mark, rest = re.match(r"([^/:]*)([/:]?)(.*)", found.resource, re.S).groups()  # type: ignore[union-attr]  # every string matches
    known = ARN_TYPES.get((found.service, head if mark else ""))
    name = found.resource.partition("/")[0] if found.service == "s3" else (rest or head)
    if found.service in ("iam", "ecs"):
        name = found.resource.rpartition("/")[2]
    return AlertResource(
        type="AWS::S3::Bucket" if found.service == "s3" and not found.account else known or kind or "unknown",
        id=name, arn=arn, account=account_id(found.account) if found.account else None,
    )  # fmt: skip


def last_part(name: str | None, mark: str = "/") -> str | None:
    """Return the part after the last `mark` of an ARN or ID; None if there is none."""
    return (name.rpartition(mark)[2] or None) if name else None
