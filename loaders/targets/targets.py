"""Targets: the resource that a changing, sensitive or denied call was about.

Source: field guide §7 (denials), §10.1 (most services leave `resources` out).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from lineage.model.arn import Arn, function_of, is_masked, parse_arn, role_of
from lineage.model.batch import BESIDE
from lineage.model.facts import Target
from loaders.records.record import Body, account_id, child, items, mapping, text, words
from loaders.targets.denials import denial, denied_arn, denied_name
from loaders.targets.resource_types import ARN_TYPES, EC2_PREFIXES, IAM_PROSE, NAMED, OPERATION_NAMED, Named

LONGEST = 1024
"""Most characters of a key; AWS's longest ARN has 2,048, real ones under 300."""

_NO_TARGET = words(
    """
    clientrequesttoken clienttoken nexttoken requestid kmskeyid rolesessionname regionname
    attributename rolearn iamrolearn servicerolearn executionrolearn creatorrequestid
    idempotencytoken externalid subscriptionarn ownerid samlassertionid webidentitytokenid
    targetprincipal clientid authorizationid displayname username instancename
    """
)
"""Parameters that end in Arn, Name or Id but name no target, or a person."""


def target_of(body: Body) -> Target | None:
    """Return the resource of the call; None if nothing names it.

    In order: the role of AssumeRole; `resources[].ARN`; the documented parameters of the service, in the request
    and, for new resources, in the response; any `…Arn`, `…Name`, `…Id` of the request; the message of an
    authorization error. S3 objects count as their bucket. Of several resources, this is the first; `with_others`
    finds the rest.
    """
    return settled_target(body)[0]


def settled_target(body: Body) -> tuple[Target | None, bool]:
    """Return `target_of`, and whether it follows only from where the call was logged, the parameters that
    `parameters_of` lists, the resources and the error message."""
    if body.service == "sts" and body.operation.startswith("AssumeRo"):
        return _assumed(body), body.operation != "AssumeRoot"
    named = next(_of_names(body, body.request), None)
    if body.service == "secretsmanager":
        return _secret(body, named), False
    settled = named is None or named.key.startswith("arn:")
    if named is not None and not settled:
        # The request names a new resource, the response has its ARN.
        created = _from_response(body)
        named = created if created is not None and created.type == named.type else named
    if (found := _from_resources(body, named) or named) is not None:
        return found, settled
    return _from_response(body) or _from_any_name(body) or _from_denial(body), False


_SECRET_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}")


def _secret(body: Body, named: Target | None) -> Target | None:
    """Return the secret, by its name where the event states one: requests have the name or the ARN, which has six
    characters more."""
    found = [one for one in (named, _from_resources(body, named), _from_response(body)) if one is not None]
    arns = [one for one in found if one.key.startswith("arn:")]
    names = [one.id for one in found if one not in arns]
    for name in filter(None, (*names, text(body.request, "name"), text(body.response, "name"))):
        if not arns or (arn := next((one for one in arns if _is_of_secret(one, name)), None)) is not None:
            return plain_target(arn.account if arns and arn else body.account, "AWS::SecretsManager::Secret", name)
    return next(iter(arns), None) or _from_any_name(body) or _from_denial(body)


def _is_of_secret(arn: Target, name: str | None) -> bool:
    """Return whether an ARN is that of the secret with a name."""
    return name is not None and _SECRET_SUFFIX.fullmatch((arn.id or "").removeprefix(name)) is not None


class Targets(NamedTuple):
    """The resources that a call is about."""

    first: Target | None = None
    beside: tuple[Target, ...] = ()
    """Other resources of the same type, sorted by key; at most `BESIDE`."""
    beyond: int = 0
    """Number of further resources."""


def with_others(body: Body, first: Target | None) -> Targets:
    """Return the target with the others of its type that the call names: in the same parameters, in `resources` and,
    for EC2, in the response. An STS call has one target."""
    if first is None or body.service == "sts":
        return Targets(first)
    found: dict[str, Target] = {}
    for one in (*_of_resources(body, "ARN"), *_of_names(body, body.request), *_of_response(body)):
        same = one.key == first.key or (body.service == "secretsmanager" and _is_of_secret(one, first.id))
        if one.type == first.type and not same:
            found[one.key] = one
    others = [found[key] for key in sorted(found)]
    return Targets(first, tuple(others[:BESIDE]), max(0, len(others) - BESIDE))


def _of_resources(body: Body, *members: str) -> Iterator[Target]:
    """Yield the resources by the first of these members that has an ARN."""
    for one in body.resources:
        arn = next((found for member in members if (found := text(one, member)) is not None), None)
        target = arn_target(arn, text(one, "type"), account_id(child(one, "accountId"))) if arn is not None else None
        if target is not None:
            yield target


def _of_names(body: Body, where: object) -> Iterator[Target]:
    """Yield all resources that the documented parameters name."""
    written = _names_within(where)
    for named in _named(body.api):
        if named.parameter.lower() in written:
            for value in texts(where, named.parameter):
                if (found := named_target(body, named, value)) is not None:
                    yield found
    # XML services wrap the request: {"DeleteFlowLogsRequest": {…}}
    inner = child(where, f"{body.operation}Request")
    if isinstance(inner, dict) and inner is not where:
        yield from _of_names(body, inner)


def _of_response(body: Body) -> Iterator[Target]:
    if body.service == "ec2":
        yield from _of_names(body, mapping(body.response))


def parameters_of(api: str) -> tuple[str, ...]:
    """Return the request parameters that name the target of an operation, the most specific first."""
    return tuple(named.parameter for named in _named(api))


def _named(api: str) -> tuple[Named, ...]:
    service = api.partition(":")[0]
    return OPERATION_NAMED.get(api) or NAMED.get("sso" if service == "sso-admin" else service, ())


def arn_target(arn: str, type_name: str | None = None, account: str | None = None) -> Target | None:
    """Return the target that `arn` names; None if it is no ARN, masked, or a pattern.

    Object keys, qualifiers (versions and aliases), indexes and log streams are removed.
    """
    arn = arn.removesuffix(":*")
    found = parse_arn(arn)
    if found is None or is_masked(arn) or "*" in found.resource:
        return None
    kind, name = _kind(found)
    known = ARN_TYPES.get((found.service, kind))
    if found.service == "s3" and not kind:
        name = name.partition("/")[0]
        arn = f"arn:{found.partition}:s3:::{name}"
        type_name = "AWS::S3::Bucket"
    elif (found.service, kind) in _QUALIFIED:
        arn = ":".join(arn.split(":")[:7])
        name = name.partition(":")[0]
    elif (found.service, kind) == ("dynamodb", "table"):
        name = name.partition("/")[0]
        arn = f"{arn[: -len(found.resource)]}table/{name}"
    if not name or len(arn) > LONGEST:
        return None
    return Target(key=arn, type=known or type_name or "unknown", account=account or account_id(found.account), id=name)


_QUALIFIED = (("lambda", "function"), ("lambda", "layer"), ("logs", "log-group"), ("states", "stateMachine"))
"""Services and types of ARNs that may go on after the name: with a version, an alias or a log stream."""


def named_target(body: Body, named: Named, value: str) -> Target | None:
    """Return the target that the value of a parameter names, with an ARN if it can be built."""
    value = unquote(value) if value.startswith("arn%3A") else value
    if value.startswith("arn:"):
        return arn_target(value, None if named.type == "unknown" else named.type)
    if is_masked(value) or len(value) > LONGEST:
        return None
    type_name, arn = named.type, named.arn
    account, region = body.account, body.region
    if type_name == "unknown" and body.service == "ec2":
        kind = EC2_PREFIXES.get(value.partition("-")[0])
        if kind is not None:
            type_name, arn = ARN_TYPES["ec2", kind], f"arn:{{p}}:ec2:{{r}}:{{a}}:{kind}/{{id}}"
    if type_name == "AWS::SQS::Queue" and "/" in value:
        # https://sqs.REGION.amazonaws.com/ACCOUNT/NAME
        parts = urlsplit(value).path.strip("/").split("/") if "[" not in value else [value]
        value, account = parts[-1], account_id(parts[-2]) if len(parts) > 1 else account
        arn = "arn:{p}:sqs:{r}:{a}:{id}"
    elif type_name == "AWS::KMS::Key" and value.startswith("alias/"):
        type_name, arn = "AWS::KMS::Alias", "arn:{p}:kms:{r}:{a}:{id}"
    elif type_name == "AWS::Lambda::Function":
        function = function_of(value)
        if function is None:
            return None
        account, region, value = function.account or account, function.region or region, function.name
    elif type_name == "AWS::SSM::Parameter":
        value = value.lstrip("/") or "/"
    elif type_name == "AWS::EC2::Instance" and value.startswith("mi-"):
        type_name, arn = "AWS::SSM::ManagedInstance", "arn:{p}:ssm:{r}:{a}:managed-instance/{id}"
    elif type_name == "AWS::EC2::Instance" and not value.startswith("i-"):
        arn = None
    if arn is None or (region is None and "{r}" in arn) or (account is None and "{a}" in arn):
        return plain_target(account, type_name, value)
    key = arn.format(p=body.partition, r=region, a=account, id=value)
    return Target(key=key, type=type_name, account=None if type_name == "AWS::S3::Bucket" else account, id=value)


def plain_target(account: str | None, type_name: str, name: str) -> Target:
    """Return the target `ACCOUNT:TYPE:ID` of a resource whose ARN is unknown."""
    return Target(key=f"{account or ''}:{type_name}:{name}", type=type_name, account=account, id=name)


def texts(value: object, name: str) -> Iterator[str]:
    """Yield the strings under `name`: a string, a list of strings, or EC2's sets of `{name: …}`."""
    found = child(value, name)
    for one in (found, *items(found)):
        if isinstance(one, str) and not is_masked(one):
            yield one
    # ec2: instancesSet.items[].instanceId, and XML shapes: DeleteFlowLogsRequest.FlowLogId.content
    if isinstance(content := child(found, "content"), str) and not is_masked(content):
        yield content
    for outer in mapping(value).values():
        for inner in items(outer):
            if (one := text(inner, name)) is not None:
                yield one


def _assumed(body: Body) -> Target | None:
    if body.operation == "AssumeRoot":
        member = text(body.request, "targetPrincipal")
        return plain_target(member, "AWS::IAM::RootUser", member) if member else None
    denied = denial(body.message)
    arns = [text(body.request, "roleArn"), *(text(one, "ARN") for one in body.resources)]
    arns.append(denied_arn(denied) if denied else None)
    for arn in arns:
        role = role_of(arn)
        if role is not None and role.path_arn is not None:
            return Target(key=role.path_arn, type="AWS::IAM::Role", account=role.account, id=role.role_name)
    return None


def _from_resources(body: Body, named: Target | None) -> Target | None:
    """Return the first of `resources[]`; if the request names the target, the first of the same service: a trail's
    record also lists its key and its bucket."""
    for found in _of_resources(body, "ARN", "ARNPrefix"):
        if named is None or _space(named) == "unknown" or _space(found) in (_space(named), "unknown"):
            return found
    return None


def _space(target: Target) -> str:
    return target.type.rpartition("::")[0] or "unknown"


def _names_within(where: object) -> set[str]:
    """Return the names, in lower case, under which `texts` can find anything."""
    names = {name.lower() for name in mapping(where)}
    for outer in mapping(where).values():
        if isinstance(outer, (dict, list)):
            names.update(name.lower() for inner in items(outer) for name in mapping(inner))
    return names


def _from_response(body: Body) -> Target | None:
    """Return the new resource that the response names: by its ARN, else by its name."""
    response = mapping(body.response)
    for one in (response, *(v for v in response.values() if isinstance(v, dict))):
        for name in ("arn", "serialNumber", f"{body.operation.removeprefix('Create')}Arn", "trailARN", "stackId"):
            arn = text(one, name)
            if arn is not None and (found := arn_target(arn)) is not None:
                return found
    return next(_of_response(body), None)


def _from_any_name(body: Body) -> Target | None:
    for ending in ("arn", "name", "id"):
        for name, value in body.request.items():
            low = name.lower()
            if not low.endswith(ending) or low in _NO_TARGET or not isinstance(value, str) or is_masked(value):
                continue
            if value.startswith(("arn:", "arn%3A")):
                if (found := arn_target(unquote(value))) is not None:
                    return found
            elif ending != "arn" and len(value) <= LONGEST:
                stem = name[: -len(ending)] or ending
                return Target(
                    key=f"{body.account or ''}:unknown:{body.service}/{stem}/{value}",
                    type="unknown",
                    account=body.account,
                    id=value,
                )
    return None


def _from_denial(body: Body) -> Target | None:
    denied = denial(body.message) or denial(text(body.response, "message"))
    if denied is None:
        return None
    arn = denied_arn(denied)
    if arn is not None:
        return arn_target(arn)
    prose = denied_name(denied)
    return plain_target(body.account, IAM_PROSE[prose[0]], prose[1]) if prose else None


def _kind(arn: Arn) -> tuple[str, str]:
    """Return the first part of the ARN's resource and the rest; "" and all of it if it has one part."""
    if arn.service in ("sns", "sqs") or (arn.service == "s3" and not arn.account):
        return "", arn.resource
    for i, c in enumerate(arn.resource):
        if c in ":/":
            kind, name = arn.resource[:i], arn.resource[i + 1 :]
            # IAM paths are no part of the name; CloudFormation and task ARNs end in the ID.
            return kind, name.rpartition("/")[2] if arn.service in ("iam", "ecs") else name
    return "", arn.resource
