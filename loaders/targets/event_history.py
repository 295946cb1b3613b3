"""Restores parameters of a call in the console's event history from its column `Resources`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lineage.model.arn import is_temporary
from loaders.records.event_history import member
from loaders.records.record import Body
from loaders.targets.resource_types import NAMED

_TYPES = {"AWS::IAM::Policy": "AWS::IAM::ManagedPolicy", "AWS::STS::AccessKey": "AWS::IAM::AccessKey"}
"""Event history's own names of types that the documented parameters name differently."""


def with_resources(body: Body) -> Body | None:
    """Return the call with the parameters and the response that its resources imply; None if they imply none.

    None for an IAM call without a user, role, group, policy or key: it may not be about its caller.
    """
    pairs = [(member(one, "type"), member(one, "name")) for one in body.resources]
    named = [(kind, name) for kind, name in pairs if kind is not None and name is not None]
    request: dict[str, object] = {}
    for wanted in NAMED.get(body.service, ()):
        for kind, name in named:
            fits = _TYPES.get(kind, kind) == wanted.type
            if fits and wanted.parameter not in request and _suits(wanted.parameter, kind, name):
                request[wanted.parameter] = _bare(kind, name) if wanted.parameter.endswith("Name") else name
    response = _response(named)
    if not request and not response:
        return None
    if body.service == "iam" and not request.keys() & {"userName", "roleName", "groupName", "policyArn", "accessKeyId"}:
        return None
    if body.operation in ("CreateAccessKey", "CreateLoginProfile") and "userName" not in request:
        return None
    return msgspec.structs.replace(body, request=request, response=response)


def _suits(parameter: str, kind: str, name: str) -> bool:
    """Return whether the parameter takes that name: an ARN, or a name that is no unique ID."""
    if parameter.lower().endswith("arn"):
        return name.startswith("arn:")
    return kind not in ("AWS::IAM::User", "AWS::IAM::Role") or not re.fullmatch(r"A(?:IDA|ROA)[A-Z2-7]{12,}", name)


def _bare(kind: str, name: str) -> str:
    """Return the name at the end of an IAM ARN; any other name unchanged."""
    return name.rsplit("/", 1)[-1] if kind.startswith("AWS::IAM::") and name.startswith("arn:") else name


def _response(named: list[tuple[str, str]]) -> Mapping[str, object]:
    """Return the response of a call that creates something: the row lists name, ARN and unique ID separately."""
    response: dict[str, dict[str, object]] = {}
    users = [name for kind, name in named if kind == "AWS::IAM::User"]
    for kind, object_name, prefix, (call, arn, unique) in _CREATED:
        for logged, name in named:
            if logged == kind:
                created = response.setdefault(object_name, {})
                what = arn if name.startswith("arn:") else unique if name.startswith(prefix) else call
                created.setdefault(what, name)
    for kind, name in named:
        if _TYPES.get(kind, kind) == "AWS::IAM::AccessKey":
            # The new key of CreateAccessKey, or the temporary one of a grant.
            if is_temporary(name):
                response.setdefault("credentials", {})["accessKeyId"] = name
            elif users:
                response.setdefault("accessKey", {})["accessKeyId"] = name
    return response


_CREATED = (
    ("AWS::IAM::User", "user", "AIDA", ("userName", "arn", "userId")),
    ("AWS::IAM::Role", "role", "AROA", ("roleName", "arn", "roleId")),
    ("AWS::STS::AssumedRole", "assumedRoleUser", "AROA", ("name", "arn", "assumedRoleId")),
)
"""Type, member of the response, prefix of its unique IDs, and the members for name, ARN and ID."""
