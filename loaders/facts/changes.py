"""Changes of permissions, logging and addresses.

`change_table` lists the operations. Addresses are those that EC2 assigns, as far as records state them: an elastic
address at AllocateAddress, its instance at AssociateAddress. Every function here takes a call that did not fail.
Source: field guide §2.9; the EC2 API Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

import msgspec

from lineage.model.arn import access_key, role_of, unique_id
from lineage.model.facts import Changed, Event, Identity
from loaders.facts import workloads
from loaders.facts.change_table import OPERATIONS
from loaders.records.record import Body, child, find, items, text, walk
from loaders.secrets import scrub, scrub_text
from loaders.targets.targets import arn_target, plain_target, target_of

Extractor = Callable[[Body, Identity, Event], tuple[Changed, ...]]

MARKS = 50
LONGEST_MARK = 512
LONGEST = 20_480
"""Most characters of `before` and `after`: the longest policy that AWS accepts (a bucket policy)."""


def changed(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the change that the call made; () if it is none, or its target is unknown."""
    change = OPERATIONS[body.api]
    if change.only_with and not any(_is_present(body, condition) for condition in change.only_with):
        return ()
    if change.on == "workload":
        return tuple(
            Changed(
                event=event, caller=caller, what=change.what, target_type="Workload",
                target=f"{one.account or ''}:{one.resource_type}:{one.resource_id}",
            )
            for one in workloads.ENDS[body.api](body, caller, event)
        )  # fmt: skip
    target = _target(change.on, body, caller)
    if target is None:
        return ()
    target_type, key, principal_type = target
    before, after, marks = state(body, change.before), state(body, change.after), _marks(body, change.marks)
    if change.on == "rules":
        marks = _rules(body)
        stated = "; ".join(rule.removeprefix("rule=") for rule in marks if rule.startswith("rule=")) or None
        before, after = (None, stated) if body.operation.startswith("Authorize") else (stated, None)
    return (
        Changed(
            event=event, caller=caller, what=change.what, target_type=target_type, target=key,
            principal_type=principal_type, before=before, after=after, marks=marks,
        ),
    )  # fmt: skip


def _marks(body: Body, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the changed parts of the target, as `member=value`; sorted."""
    found = set()
    for name in names:
        if name.endswith("*"):
            found |= {f"{name[:-1]}={value}" for value in _every(body.request, name[:-1])}
        elif (value := find(body.request, name) or find(body.response, name)) is not None:
            found.add(f"{name}={value}")
    return tuple(sorted(mark[:LONGEST_MARK] for mark in found))[:MARKS]


def _every(value: object, name: str) -> Iterator[str]:
    """Yield every string under a name at any depth, also in lists."""
    for one in walk(value):
        held = child(one, name)
        for text_ in (held, *items(held)):
            if isinstance(text_, str):
                yield text_


def _rules(body: Body) -> tuple[str, ...]:
    """Return the security group rules that the call names: their IDs and what they allow."""
    found = {f"securityGroupRuleId={value}" for value in _every(body.response, "securityGroupRuleId")}
    found |= {f"securityGroupRuleId={value}" for value in _every(body.request, "securityGroupRuleId")}
    found |= {f"securityGroupRuleId={value}" for value in _every(body.request, "securityGroupRuleIds")}
    permissions = items(child(body.request, "ipPermissions"))
    for one in permissions or ((body.request,) if child(body.request, "ipProtocol") is not None else ()):
        head = " ".join(str(child(one, name) or "") for name in ("ipProtocol", "fromPort", "toPort"))
        for name in ("cidrIp", "cidrIpv6", "groupId", "prefixListId"):
            if one is body.request and name == "groupId":
                continue
            found |= {f"rule={head} {value}" for value in _every(one, name)}
    return tuple(sorted(mark[:LONGEST_MARK] for mark in found))[:MARKS]


def _target(on: str, body: Body, caller: Identity) -> tuple[str, str, str | None] | None:
    """Return target type, target and principal type; None if the target is unknown."""
    if on == "credential":
        names = ("accessKeyId", "serviceSpecificCredentialId", "sSHPublicKeyId", "certificateId")
        key = next((found for name in names if (found := unique_id(text(body.request, name)))), None)
        if key is None or (child(body.request, "accessKeyId") is not None and access_key(key) is None):
            return None
        return "Credential", key, None
    if on == "caller":
        own = caller.type in ("IAMUser", "Root") and caller.arn is not None
        return ("Principal", caller.arn or "", "RootUser" if caller.type == "Root" else "IAMUser") if own else None
    if on == "user":
        return _user(body, caller)
    if on == "role":
        name = text(body.request, "roleName")
        if name is None:
            return None
        role = role_of(name)
        return "Principal", role.path_arn or name if role else _iam(body, "Role", name), "Role"
    if on == "group":
        name = text(body.request, "groupName")
        return ("Resource", _iam(body, "Group", name), None) if name else None
    if on == "account":
        return "Resource", plain_target(body.account, "AWS::IAM::AccountPasswordPolicy", "default").key, None
    if on == "instance":
        return _instance(body)
    target = target_of(body)
    if target is None and body.service in ("organizations", "sso", "guardduty", "securityhub", "macie2", "s3", "glue"):
        # These change a setting of the account and name no resource.
        return "Resource", plain_target(body.account, "AWS::Account", body.account or "").key, None
    return ("Resource", target.key, None) if target else None


def _user(body: Body, caller: Identity) -> tuple[str, str, str] | None:
    """Return the user that the request names, or the caller if the operation means the caller without a name."""
    name = text(body.request, "userName")
    serial = find(body.request, "serialNumber") or ""
    if serial.endswith(":mfa/root-account-mfa-device") or (name is not None and " " in name):
        # The console writes root's name as "AWS ROOT USER".
        return "Principal", f"arn:{body.partition}:iam::{body.account}:root", "RootUser"
    if name is not None and not (caller.type == "IAMUser" and name == caller.user_name and caller.arn):
        return "Principal", _iam(body, "User", name), "IAMUser"
    if name is None and not is_implicit(body):
        return None
    if caller.type in ("IAMUser", "Root") and caller.arn is not None:
        return "Principal", caller.arn, "RootUser" if caller.type == "Root" else "IAMUser"
    return None


def _instance(body: Body) -> tuple[str, str, None] | None:
    instance = find(body.response, "instanceId") or find(body.request, "instanceId")
    if instance is not None and body.region is not None and body.account is not None:
        return "Resource", f"arn:{body.partition}:ec2:{body.region}:{body.account}:instance/{instance}", None
    association = instance or find(body.request, "associationId")
    if association is None:
        return None
    return "Resource", plain_target(body.account, "AWS::EC2::Instance", association).key, None


def _iam(body: Body, kind: str, name: str) -> str:
    """Return `ACCOUNT:TYPE:NAME`: the request has no path, so the ARN is unknown."""
    found = arn_target(name) if name.startswith("arn:") else None
    return (found or plain_target(body.account, f"AWS::IAM::{kind}", name)).key


def _is_present(body: Body, condition: str) -> bool:
    path, _, wanted = condition.partition("=")
    found = child(body.request, *path.split("."))
    return found == wanted if wanted else found not in (None, "", {}, [])


def state(body: Body, members: tuple[str, ...]) -> str | None:
    """Return the members as compact JSON; a single document or string without its name."""
    if len(members) == 1 and members[0].startswith("'"):
        return members[0].strip("'")
    values = {name: value for name in members if (value := _value(body, name)) not in (None, "", {}, [])}
    if not values:
        return None
    first = next(iter(values.values()))
    if len(values) == 1 and isinstance(first, (dict, list)):
        return _compact(first)
    if len(members) == 1 and isinstance(first, str):
        return scrub_text(first)[:LONGEST]
    return _compact(values)


def _value(body: Body, name: str) -> object:
    value = child(body.request, name)
    if value is None:
        value = child(child(body.request, f"{body.operation}Request"), name)
    if body.service == "s3" and isinstance(value, list) and len(value) == 1:
        # S3 wraps each URL parameter in a list.
        value = value[0]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", "%"):
        # A policy is logged as a JSON string, URL-encoded in responses.
        try:
            opened: object = msgspec.json.decode(unquote(value) if value.startswith("%7B") else value)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return value
        return opened
    return value


def _compact(value: object) -> str:
    return msgspec.json.encode(scrub(value)).decode()[:LONGEST]


_OPTIONAL = frozenset(
    f"iam:{name}"
    for name in (
        *("CreateAccessKey", "CreateLoginProfile", "DeleteLoginProfile", "DeactivateMFADevice"),
        "UploadSigningCertificate",
    )
)
"""Operations on the caller if the request names no user; all others require a name.

Source: AWS IAM API Reference, `UserName` of each operation."""


def is_implicit(body: Body) -> bool:
    """Return whether the call is about its caller: it takes no user name, or the optional name is missing.

    False if the record has no request (an export dropped it), or the name is masked.
    """
    if body.api == "iam:ChangePassword":
        return True
    return body.api in _OPTIONAL and body.has_request and child(body.request, "userName") is None


def allocated(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the elastic address that was allocated; the state after is its allocation ID."""
    address = text(body.response, "publicIp") or text(body.request, "address")
    return _address_changed(body, caller, event, address, text(body.response, "allocationId") or "allocated")


def associated(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the elastic address or its allocation ID; the state after is the instance or interface."""
    name = text(body.request, "publicIp") or text(body.request, "allocationId")
    return _address_changed(
        body, caller, event, name, text(body.request, "instanceId") or text(body.request, "networkInterfaceId")
    )


def _address_changed(
    body: Body, caller: Identity, event: Event, name: str | None, after: str | None
) -> tuple[Changed, ...]:
    if not name or not after:
        return ()
    target = plain_target(body.account, "AWS::EC2::EIP", name).key
    return (Changed(event=event, caller=caller, what="address", target_type="Resource", target=target, after=after),)


ADDRESS_OPERATIONS: Mapping[str, Extractor] = {"ec2:AllocateAddress": allocated, "ec2:AssociateAddress": associated}
