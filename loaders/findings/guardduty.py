"""GuardDuty findings as alerts: PascalCase of the API and camelCase of EventBridge and S3 exports alike.

Source: the GuardDuty API model (Finding, AwsApiCallAction, Sequence), its list of finding types; field guide §11.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from lineage.model.alert import Actor, Alert
from lineage.model.arn import access_key, parse_arn, unique_id
from lineage.model.times import parse_when
from loaders.findings.finding_resources import last_part, said, sequence_things, things
from loaders.records.body import account_id, child, find, items, mapping, number, text

MADE_UP = "GeneratedFinding"
"""Begins every name of a sample finding."""
_ANOMALOUS = re.compile(r"([a-z0-9-]+)\.amazonaws\.com\s*:?\s*\[([^\]]*)\]")
_TOLD = re.compile(r"with principalId ([A-Z0-9:@.\w-]+?)(?: in account (\d{12}))?[\s.,]")
_EKS_USER = re.compile(r"[\w./@-]+:(\d{12}):([A-Z0-9]{16,128})\Z")
"""`aws-iam-authenticator:ACCOUNT:ID`, `heptio-authenticator-aws:…`, and whatever the next one is called."""
_WORDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
"""GuardDuty's severity levels and where they begin."""


def is_finding(value: object) -> bool:
    """Return whether an object is a GuardDuty finding."""
    if said(value, "type") is None or child(value, "ProductArn") is not None:
        return False
    resource, service = mapping(child(value, "resource")), mapping(child(value, "service"))
    return (
        text(resource, "resourceType") is not None
        or child(resource, "accessKeyDetails") is not None
        or (bool(service) and child(service, "serviceName") == "guardduty")
    )


def alert(finding: object) -> Alert:
    """Return a finding as an alert."""
    service = child(finding, "service")
    sequence = child(service, "detection", "sequence")
    extra = _additional(service)
    kind, arn = said(finding, "type"), text(finding, "arn")
    one = text(finding, "id") or last_part(arn) or "finding"
    call = child(service, "action", "awsApiCallAction")
    resources = (*things(finding), *sequence_things(sequence))
    first, last = seen(service, sequence)
    return Alert(
        kind="guardduty",
        id=one,
        type=kind,
        title=said(finding, "title"),
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
        user_agent=said(call, "userAgent") or said(extra, "userAgent", "fullUserAgent"),
        error=said(call, "errorCode"),
        resources=tuple(dict.fromkeys(resources)),
        sequence=one if (kind or "").startswith("AttackSequence:")
        else last_part(text(finding, "associatedAttackSequenceArn")),
        signals=signals(sequence),
        sample=is_sample(finding, extra),
    )  # fmt: skip


def is_sample(finding: object, extra: object) -> bool:
    """Return whether GuardDuty made the finding up."""
    if child(extra, "sample") in (True, "true"):
        return True
    details = child(finding, "resource", "accessKeyDetails")
    told = (child(details, name) for name in ("accessKeyId", "principalId", "userName"))
    return any(isinstance(one, str) and one.startswith(MADE_UP) for one in told)


def actors(finding: object, sequence: object) -> tuple[Actor, ...]:
    """Return whose credentials a finding names, the most telling first, each once."""
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
    if not any(actor.is_named for actor in found) and (told := _TOLD.search(text(finding, "description") or "")):
        # Exports may leave out `detection`; the description still says who.
        found.append(Actor(principal_id=unique_id(told[1]), account=told[2]))
    return tuple(dict.fromkeys(actor for actor in found if actor.is_named))


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
    """Return the addresses that the activity came from, in order, each once."""
    action = child(service, "action")
    remote = [child(action, kind, "remoteIpDetails") for kind in ("awsApiCallAction", "kubernetesApiCallAction")]
    remote.append(child(action, "rdsLoginAttemptAction", "remoteIpDetails"))
    if text(action, "networkConnectionAction", "connectionDirection") == "INBOUND":
        remote.append(child(action, "networkConnectionAction", "remoteIpDetails"))
    remote += [child(one, "remoteIpDetails") for one in items(child(action, "portProbeAction", "portProbeDetails"))]
    found = [text(one, name) for one in remote for name in ("ipAddressV4", "ipAddressV6")]
    found += [one for one in items(child(action, "kubernetesApiCallAction", "sourceIPs")) if isinstance(one, str)]
    found += [text(one, "ip") for one in items(child(sequence, "endpoints"))]
    return tuple(dict.fromkeys(one for one in found if one))


def seen(service: object, sequence: object) -> tuple[int | None, int | None]:
    """Return the first and last second of the activity: what the finding says, else what its signals say."""
    first = parse_when(text(service, "eventFirstSeen"))
    last = parse_when(text(service, "eventLastSeen"))
    told = items(child(sequence, "signals"))
    starts = _times(child(one, "firstSeenAt") for one in told)
    ends = _times(child(one, "lastSeenAt") for one in told)
    # An attack sequence's own times may be those of the finding, hours after its signals.
    first = min([*starts, *([first] if first is not None else [])], default=None)
    last = max([*ends, *([last] if last is not None and not ends else [])], default=last)
    return first if first is not None else last, last if last is not None else first


def _times(values: Iterable[object]) -> list[int]:
    return [time for value in values if (time := parse_when(value)) is not None]


def severity(value: object) -> str | None:
    """Return a severity as GuardDuty's number and word.

    >>> severity(8), severity("5.3")
    ('8 high', '5.3 medium')
    """
    try:
        level = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None
    return f"{level:g} {next((word for least, word in _WORDS if level >= least), 'low')}"


def _additional(service: object) -> object:
    """Return `additionalInfo` with what its `value` holds as JSON text."""
    extra = mapping(child(service, "additionalInfo"))
    value = child(extra, "value")  # `text` takes what stands in brackets for masked
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return {**mapping(msgspec.json.decode(value.encode("utf-8", "replace"))), **extra}
        except (msgspec.DecodeError, RecursionError):
            return extra
    return extra


def _service(source: str | None) -> str:
    """Return the service of an event source as `api` has it; `*` of none."""
    name = (source or "").removesuffix(".cn").removesuffix(".amazonaws.com").lower()
    return name or "*"


def _number_as_text(value: object) -> object:
    return account_id(value) if isinstance(value, int) else value
