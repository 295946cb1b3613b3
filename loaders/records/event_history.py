"""Rows that state a user name and an access key only: the console's event history, lookup-events without its record.

They have no principal, no session and no parameters, but their column `Resources` names what a call was about. What
they state about identity is read here; `Identity.history` keeps that it was stated by such a row. Source: field
guide §9.1; AWS CloudTrail API Reference, "LookupEvents".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from lineage.model.arn import access_key, account_in_id, is_masked, parse_arn
from lineage.model.facts import Identity
from loaders.records.body import Body, child, decode, items, partition_in
from loaders.targets.resource_types import NAMED

_TEXT = re.compile(r"(AWS::\w+::\w+)[\s:=]+([^\s,;\"']+)")
"""`AWS::IAM::AccessKey AKIA…`, as some exports print the column."""
_TYPES = {"AWS::IAM::Policy": "AWS::IAM::ManagedPolicy", "AWS::STS::AccessKey": "AWS::IAM::AccessKey"}
"""Event history's own names of types that the documented parameters call otherwise."""


def identity(
    name: str | None, key: str | None, account: str | None, region: str | None, source: str | None
) -> dict[str, object]:
    """Return what a row states about its caller, as members of a `userIdentity`.

    A long-term key with its user name is that user's, in the account whose history it is (another account's copy of a
    call has no user name), else in the account that the key encodes. A name alone may be a session name. Without name
    and key, a source that is a service is the caller.
    """
    known = access_key(key)
    owner = account or account_in_id(known)
    found: dict[str, object] = {"userName": name, "accessKeyId": key, "accountId": owner, "history": True}
    lasting = known is not None and not known.startswith("ASIA")
    if known is None and (name is None or is_masked(name)):
        found["accountId"] = None  # nothing says whose call it was
    if name is None or is_masked(name):
        if known is None and source is not None and re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?", source):
            found |= {"type": "AWSService", "invokedBy": source, "accountId": None}
    elif owner is not None and (lasting or (known is None and name == "root")):
        kind, resource = ("Root", "root") if name == "root" else ("IAMUser", f"user/{name}")
        found |= {"type": kind, "arn": f"arn:{partition_in(region)}:iam::{owner}:{resource}"}
    return {member: value for member, value in found.items() if value is not None}


def resources(raw: bytes | msgspec.Raw | str) -> list[dict[str, str]]:
    """Return the resources of a row as `{resourceType, resourceName}`, with `ARN` and `type` where the name is one.

    >>> resources('AWS::IAM::User bo')
    [{'resourceType': 'AWS::IAM::User', 'resourceName': 'bo'}]
    """
    text = raw if isinstance(raw, str) else bytes(raw).decode("utf-8", "replace")
    value = decode(text.encode("utf-8", "replace"))
    found: list[dict[str, str]] = []
    if isinstance(value, (list, dict)):
        pairs = [
            (_member(one, "type"), _member(one, "name")) for one in ([value] if isinstance(value, dict) else value)
        ]
    else:
        pairs = list(_TEXT.findall(value if isinstance(value, str) else text))
    for kind, name in pairs:
        if not kind or not name or is_masked(name):
            continue
        one = {"resourceType": kind, "resourceName": name}
        if parse_arn(name) is not None:
            one |= {"ARN": name, "type": kind}
        found.append(one)
    return found


def _member(one: object, name: str) -> str | None:
    value = child(one, f"resource{name}") or child(one, name)
    return value if isinstance(value, str) else None


def told(body: Body) -> Body | None:
    """Return the call with the parameters and the answer that its resources tell of; None where they tell nothing.

    A call of IAM without a named subject stays silent: nothing says that it was about its caller.
    """
    named = [(kind, name) for one in items(list(body.resources)) for kind, name in _pair(one)]
    request: dict[str, object] = {}
    for wanted in NAMED.get(body.service, ()):
        for kind, name in named:
            fits = _TYPES.get(kind, kind) == wanted.type
            if fits and wanted.parameter not in request and _suits(wanted.parameter, kind, name):
                request[wanted.parameter] = _bare(kind, name) if wanted.parameter.endswith("Name") else name
    response = _answer(named)
    if not request and not response:
        return None
    if body.service == "iam" and not request.keys() & {"userName", "roleName", "groupName", "policyArn", "accessKeyId"}:
        return None
    if body.operation in ("CreateAccessKey", "CreateLoginProfile") and "userName" not in request:
        return None
    return msgspec.structs.replace(body, request=request, response=response)


def whole(body: Body, caller: Identity) -> Body:
    """Return the call with what its resources tell, where its caller comes from such a row."""
    return (told(body) or body) if caller.history else body


def _pair(one: object) -> Iterator[tuple[str, str]]:
    kind, name = _member(one, "type"), _member(one, "name")
    if kind is not None and name is not None:
        yield kind, name


def _suits(parameter: str, kind: str, name: str) -> bool:
    """Is the name one that the parameter takes: an ARN, or a name and no unique ID?"""
    if parameter.lower().endswith("arn"):
        return name.startswith("arn:")
    return kind not in ("AWS::IAM::User", "AWS::IAM::Role") or not re.fullmatch(r"A(?:IDA|ROA)[A-Z2-7]{12,}", name)


def _bare(kind: str, name: str) -> str:
    """The name that an ARN of IAM ends in."""
    return name.rsplit("/", 1)[-1] if kind.startswith("AWS::IAM::") and name.startswith("arn:") else name


def _answer(named: list[tuple[str, str]]) -> Mapping[str, object]:
    """Return the answer of the calls that make something: AWS lists name, ARN and unique ID of one thing apart."""
    answer: dict[str, dict[str, object]] = {}
    users = [name for kind, name in named if kind == "AWS::IAM::User"]
    for kind, member, prefix, (call, arn, unique) in _MADE:
        for logged, name in named:
            if logged == kind:
                made = answer.setdefault(member, {})
                what = arn if name.startswith("arn:") else unique if name.startswith(prefix) else call
                made.setdefault(what, name)
    for kind, name in named:
        if _TYPES.get(kind, kind) == "AWS::IAM::AccessKey":
            # The new key of CreateAccessKey, or the temporary one of a grant.
            if name.startswith("ASIA"):
                answer.setdefault("credentials", {})["accessKeyId"] = name
            elif users:
                answer.setdefault("accessKey", {})["accessKeyId"] = name
    return answer


_MADE = (
    ("AWS::IAM::User", "user", "AIDA", ("userName", "arn", "userId")),
    ("AWS::IAM::Role", "role", "AROA", ("roleName", "arn", "roleId")),
    ("AWS::STS::AssumedRole", "assumedRoleUser", "AROA", ("name", "arn", "assumedRoleId")),
)
"""Type, member of the answer, prefix of its unique IDs, and the members for name, ARN and ID."""
