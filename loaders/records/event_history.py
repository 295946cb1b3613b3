"""Rows that state only a user name and an access key: the console's event history, lookup-events without its record.

They have no principal, no session and no parameters, but a column `Resources`. `Identity.history` marks identities
from such rows. Source: field guide §9.1; AWS CloudTrail API Reference, "LookupEvents".
"""

from __future__ import annotations

import re

import msgspec

from lineage.model.arn import access_key, account_in_id, is_masked, is_temporary, parse_arn
from loaders.records.record import child, decode, partition_in

_TEXT = re.compile(r"(AWS::\w+::\w+)[\s:=]+([^\s,;\"']+)")
"""`AWS::IAM::AccessKey AKIA…`, as some exports write the column."""


def identity(
    name: str | None, key: str | None, account: str | None, region: str | None, source: str | None
) -> dict[str, object]:
    """Return the caller of a row, as members of a `userIdentity`.

    A long-term key with a user name belongs to that user, in the account of the history (another account's copy of
    a call has no user name), else in the account that the key encodes. A name alone may be a session name. Without
    name and key, a source that is a service is the caller.
    """
    known = access_key(key)
    owner = account or account_in_id(known)
    found: dict[str, object] = {"userName": name, "accessKeyId": key, "accountId": owner, "history": True}
    lasting = known is not None and not is_temporary(known)
    if known is None and (name is None or is_masked(name)):
        found["accountId"] = None  # the caller's account is unknown
    if name is None or is_masked(name):
        if known is None and source is not None and re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?", source):
            found |= {"type": "AWSService", "invokedBy": source, "accountId": None}
    elif owner is not None and (lasting or (known is None and name == "root")):
        kind, resource = ("Root", "root") if name == "root" else ("IAMUser", f"user/{name}")
        found |= {"type": kind, "arn": f"arn:{partition_in(region)}:iam::{owner}:{resource}"}
    return {member: value for member, value in found.items() if value is not None}


def resources(raw: bytes | msgspec.Raw | str) -> list[dict[str, str]]:
    """Return the resources of a row as `{resourceType, resourceName}`, with `ARN` and `type` if the name is an ARN.

    >>> resources('AWS::IAM::User bo')
    [{'resourceType': 'AWS::IAM::User', 'resourceName': 'bo'}]
    """
    text = raw if isinstance(raw, str) else bytes(raw).decode("utf-8", "replace")
    value = decode(text.encode("utf-8", "replace"))
    found: list[dict[str, str]] = []
    if isinstance(value, (list, dict)):
        pairs = [(member(one, "type"), member(one, "name")) for one in ([value] if isinstance(value, dict) else value)]
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


def member(one: object, name: str) -> str | None:
    """Return `resourceName` or `resourceType` of a resource, also as `name` or `type`."""
    value = child(one, f"resource{name}") or child(one, name)
    return value if isinstance(value, str) else None
