"""Security Hub findings as alerts: the AWS Security Finding Format, and the OCSF form of the newer Security Hub.

Source: the Security Hub API model (AwsSecurityFinding, AwsIamAccessKeyDetails, Sequence), OCSF class 2004; field
guide §11.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from lineage.model.alert import Actor, Alert, AlertResource, Place, Threat
from lineage.model.arn import access_key, parse_arn, role_of, unique_id
from lineage.model.times import parse_when
from loaders.findings import guardduty
from loaders.findings.guardduty import last_part, resource_from_arn
from loaders.records.record import DEEPEST, account_id, child, find, items, mapping, number, raw_text, text, walk

PRODUCT = "aws/guardduty/"
"""Prefix of the flat names under which ASFF keeps members of the GuardDuty finding."""
_TYPES = {
    "awsec2instance": "AWS::EC2::Instance", "awss3bucket": "AWS::S3::Bucket", "awss3object": "AWS::S3::Bucket",
    "awslambdafunction": "AWS::Lambda::Function", "awsecstask": "AWS::ECS::Task", "awsiamrole": "AWS::IAM::Role",
    "awsiamuser": "AWS::IAM::User", "awsiamaccesskey": "AWS::IAM::AccessKey", "awseksclusterpod": "AWS::EKS::Pod",
}  # fmt: skip
_GUARDDUTY_TYPE = re.compile(r"(\w+:\w+)-(.+)")


def asff(finding: object) -> Alert:
    """Return an ASFF finding as an alert."""
    fields = mapping(child(finding, "ProductFields"))
    call = child(finding, "Action", "AwsApiCallAction")
    sequence = child(finding, "Detection", "Sequence")
    service = child(_nested(fields), "service")
    flat = {
        "api": _field(fields, "service/action/awsApiCallAction/api"),
        "serviceName": _field(fields, "service/action/awsApiCallAction/serviceName"),
    }
    name = text(finding, "Id") or "finding"
    kind = _type(child(finding, "Types"))
    first, last = guardduty.activity_times(
        {
            "eventFirstSeen": _field(fields, "service/eventFirstSeen") or text(finding, "FirstObservedAt"),
            "eventLastSeen": _field(fields, "service/eventLastSeen") or text(finding, "LastObservedAt"),
        },
        sequence,
    )
    one = last_part(name) or name
    addresses = (
        text(call, "RemoteIpDetails", "IpAddressV4"),
        _field(fields, "service/action/awsApiCallAction/remoteIpDetails/ipAddressV4"),
        _field(fields, "service/action/awsApiCallAction/remoteIpDetails/ipAddressV6"),
        *(text(end, "Ip") for end in items(child(sequence, "Endpoints"))),
    )
    operations = (*guardduty.apis(call), *guardduty.apis(flat), *guardduty.signal_apis(sequence))
    return Alert(
        kind="securityhub",
        id=one,
        type=kind,
        title=raw_text(finding, "Title"),
        severity=(text(finding, "Severity", "Label") or "").lower() or None,
        account=account_id(child(finding, "AwsAccountId")),
        region=text(finding, "Region"),
        first_seen=first,
        last_seen=last,
        created=parse_when(text(finding, "CreatedAt")),
        count=number(_field(fields, "service/count")) if _field(fields, "service/count") else None,
        actors=guardduty.named(_asff_actors(finding, sequence)),
        apis=tuple(dict.fromkeys(operations)),
        source_ips=tuple(dict.fromkeys(address for address in addresses if address)),
        user_agent=_field(fields, "service/action/awsApiCallAction/userAgent")
        or _field(fields, "service/additionalInfo/userAgent/fullUserAgent"),
        error=_field(fields, "service/action/awsApiCallAction/errorCode"),
        resources=tuple(dict.fromkeys(_asff_resources(finding))),
        affected=guardduty.affected(call) or guardduty.affected(child(service, "action", "awsApiCallAction")),
        places=guardduty.places({"action": child(finding, "Action")}, sequence) or guardduty.places(service, sequence),
        threats=guardduty.threats(service) or tuple(_indicators(finding)),
        calls=guardduty.counted_calls(child(service, "additionalInfo")),
        sequence=one if (kind or "").startswith("AttackSequence:") else None,
        signals=guardduty.signals(sequence),
        sample=child(finding, "Sample") is True
        or _field(fields, "service/additionalInfo/sample") == "true"
        or _is_sample(finding),
    )  # fmt: skip


def ocsf(finding: object) -> Alert:
    """Return an OCSF finding as an alert; lenient, because products choose different members."""
    info = child(finding, "finding_info")
    name = text(info, "uid") or text(finding, "metadata", "uid") or "finding"
    kind = _type(child(info, "types")) or raw_text(info, "title")
    evidence = items(child(finding, "evidences"))
    where = [*evidence, finding]
    first = _ocsf_time(info, "first_seen_time") or _ocsf_time(finding, "start_time") or _ocsf_time(finding, "time")
    last = _ocsf_time(info, "last_seen_time") or _ocsf_time(finding, "end_time") or first
    one = last_part(name) or name
    return Alert(
        kind="ocsf",
        id=one,
        type=kind,
        title=raw_text(info, "title") or raw_text(finding, "message"),
        severity=(text(finding, "severity") or "").lower() or None,
        account=account_id(child(finding, "cloud", "account", "uid")),
        region=text(finding, "cloud", "region"),
        first_seen=first,
        last_seen=last,
        created=_ocsf_time(info, "created_time"),
        count=number(finding, "count"),
        actors=guardduty.named(_ocsf_actors(finding, where)),
        apis=tuple(dict.fromkeys(api for part in where if (api := _ocsf_api(child(part, "api"))))),
        source_ips=tuple(dict.fromkeys(ip for part in where if (ip := text(part, "src_endpoint", "ip")))),
        user_agent=next((agent for part in where if (agent := raw_text(part, "http_request", "user_agent"))), None),
        error=next((error for part in where if (error := text(part, "api", "response", "error"))), None),
        resources=tuple(dict.fromkeys(_ocsf_resources(finding))),
        places=guardduty.located(_ocsf_places(where)),
        threats=tuple(dict.fromkeys(_ocsf_threats(finding))),
        sequence=one if (kind or "").startswith("AttackSequence:") else None,
        sample=_is_sample(finding),
    )  # fmt: skip


def _asff_actors(finding: object, sequence: object) -> Iterator[Actor]:
    for resource in items(child(finding, "Resources")):
        details = child(resource, "Details", "AwsIamAccessKey")
        name = text(resource, "Id") or ""
        kind = (text(resource, "Type") or "").lower()
        if kind == "awsiamaccesskey" or isinstance(details, dict):
            context = child(details, "SessionContext")
            yield Actor(
                # AWS::IAM::AccessKey:ASIA…
                access_key_id=access_key(child(details, "AccessKeyId")) or access_key(last_part(name, ":")),
                principal_id=unique_id(child(details, "PrincipalId")),
                user_name=text(details, "PrincipalName") or text(details, "UserName"),
                user_type=text(details, "PrincipalType"),
                account=account_id(child(details, "AccountId")),
                created=parse_when(text(context, "Attributes", "CreationDate")),
                arn=text(context, "SessionIssuer", "Arn"),
            )
        elif kind in ("awsiamrole", "awsiamuser") and parse_arn(name):
            yield Actor(arn=name)
    yield from guardduty.sequence_actors(sequence)


def _asff_resources(finding: object) -> Iterator[AlertResource]:
    for resource in items(child(finding, "Resources")):
        kind = _TYPES.get((text(resource, "Type") or "").lower())
        if (kind or "").startswith("AWS::IAM::"):
            continue
        named = resource_from_arn(text(resource, "Id"), kind)
        if named is not None and (kind is not None or named.type != "unknown"):
            yield named


def _ocsf_actors(finding: object, where: list[object]) -> Iterator[Actor]:
    for part in where:
        user, session = child(part, "actor", "user"), child(part, "actor", "session")
        yield Actor(
            access_key_id=access_key(child(user, "credential_uid")) or access_key(child(session, "credential_uid")),
            principal_id=unique_id(child(user, "uid")),
            user_name=text(user, "name"),
            user_type=text(user, "type"),
            account=account_id(child(user, "account", "uid")),
            created=_ocsf_time(session, "created_time"),
            arn=text(user, "uid_alt") if parse_arn(text(user, "uid_alt")) else text(session, "issuer"),
        )
    for resource in items(child(finding, "resources")):
        name = text(resource, "uid") or ""
        kind = (text(resource, "type") or "").replace("::", "").lower()
        data = child(resource, "data")
        if kind == "awsiamaccesskey":
            inside = next(walk(data), {})
            yield Actor(
                access_key_id=access_key(last_part(last_part(name, ":"))) or access_key(find(data, "AccessKeyId")),
                principal_id=unique_id(find(inside, "PrincipalId")),
                user_name=find(inside, "PrincipalName") or find(inside, "UserName"),
                user_type=find(inside, "PrincipalType") or find(inside, "UserType"),
            )
        elif role_of(name) is not None or (kind == "awsiamuser" and parse_arn(name)):
            yield Actor(arn=name)


def _ocsf_resources(finding: object) -> Iterator[AlertResource]:
    for resource in items(child(finding, "resources")):
        kind = _TYPES.get((text(resource, "type") or "").replace("::", "").lower())
        if kind is None or kind.startswith("AWS::IAM::"):
            continue
        name = text(resource, "uid")
        yield resource_from_arn(name, kind) or AlertResource(type=kind, id=text(resource, "name") or name or "")


def _ocsf_places(where: Iterable[object]) -> Iterator[Place]:
    for part in where:
        end = child(part, "src_endpoint")
        place, system = child(end, "location"), child(end, "autonomous_system")
        asn = child(system, "number")
        yield Place(
            address=text(end, "ip") or "", country=raw_text(place, "country"), city=raw_text(place, "city"),
            asn=str(asn) if isinstance(asn, (str, int)) else None,
            owner=raw_text(system, "name") or raw_text(place, "isp"),
        )  # fmt: skip


def _ocsf_threats(finding: object) -> Iterator[Threat]:
    for one in items(child(finding, "osint")):
        name, source = raw_text(one, "name"), raw_text(one, "vendor_name")
        if name or source:
            yield Threat(list_name=source, names=(name,) if name else ())


def _ocsf_api(api: object) -> str | None:
    operation = text(api, "operation")
    return next(guardduty.apis({"api": operation, "serviceName": text(api, "service", "name")}), None)


def _ocsf_time(value: object, name: str) -> int | None:
    """Return a time of OCSF: in milliseconds, or a string under the name with `_dt`; in epoch seconds."""
    found = parse_when(child(value, name))
    return found if found is not None else parse_when(child(value, f"{name}_dt"))


def _indicators(finding: object) -> Iterator[Threat]:
    """Yield the threat lists of `ThreatIntelIndicators`."""
    for one in items(child(finding, "ThreatIntelIndicators")):
        source, kind = raw_text(one, "Source"), raw_text(one, "Category")
        if source or kind:
            yield Threat(list_name=source, names=(kind,) if kind else ())


_INDEXED = re.compile(r"(.+)\.(\d{1,3})_?")


def _nested(fields: Mapping[str, object]) -> object:
    """Return the members of the GuardDuty finding among flat names as objects and lists.

    >>> _nested({"aws/guardduty/service/additionalInfo/apiCalls.0_/name": "ListRoles"})
    {'service': {'additionalInfo': {'apiCalls': [{'name': 'ListRoles'}]}}}
    """
    found: dict[str, object] = {}
    for name, value in sorted(fields.items()):
        if not name.lower().startswith(PRODUCT):
            continue
        steps = [step for part in name[len(PRODUCT) :].split("/") for step in (_INDEXED.sub(r"\1/\2", part).split("/"))]
        if len(steps) > DEEPEST:
            continue
        inner: dict[str, object] = found
        for step in steps[:-1]:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):
                below = inner[step] = {}
            inner = below
        if not isinstance(inner.get(steps[-1]), dict):
            inner[steps[-1]] = value
    return _lists(found)


def _lists(value: object) -> object:
    """Return a value with lists in place of objects whose members are numbered."""
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(inner) for name, inner in value.items()}


def _field(fields: Mapping[str, object], name: str) -> str | None:
    # The names are flat, with slashes.
    wanted = f"{PRODUCT}{name}".lower()
    found = next((value for key, value in fields.items() if key.lower() == wanted), None)
    return found if isinstance(found, str) and found else None


def _type(stated: object) -> str | None:
    kind = next((one for one in items(stated) if isinstance(one, str)), None)
    return _guardduty_type(kind) if kind else None


def _guardduty_type(kind: str) -> str:
    """Return a finding type as GuardDuty spells it; ASFF adds a category and replaces the slash.

    >>> _guardduty_type("TTPs/Policy:IAMUser-RootCredentialUsage")
    'Policy:IAMUser/RootCredentialUsage'
    """
    found = _GUARDDUTY_TYPE.fullmatch(kind.rpartition("/")[2])
    return f"{found[1]}/{found[2]}" if found else kind


def _is_sample(finding: object) -> bool:
    stated = (text(one, "PrincipalName") or text(one, "UserName") or text(one, "name") or "" for one in walk(finding))
    return any(name.startswith(guardduty.SAMPLE_PREFIX) for name in stated)
