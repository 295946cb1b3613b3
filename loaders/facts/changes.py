"""Changes: calls that decide who can do what, or what is seen of it.

Which they are stands in `change_table`. Only calls that did not fail come here. Source: field guide §2.9.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

import msgspec

from lineage.model.arn import access_key, role_of, unique_id
from lineage.model.facts import Changed, Event, Identity
from loaders.facts import workloads
from loaders.facts.change_table import OPERATIONS
from loaders.facts.implicit import is_implicit
from loaders.records.body import Body, child, find, items, text, walk
from loaders.records.secrets import scrub, scrub_text
from loaders.targets.targets import arn_target, plain_target, target_of

MARKS = 50
LONGEST_MARK = 512
LONGEST = 20_480
"""Characters of `before` and `after`: the longest policy AWS takes (a bucket's)."""


def changed(body: Body, caller: Identity, event: Event) -> tuple[Changed, ...]:
    """Return the change that the call made; () if it is none or nothing names its target."""
    change = OPERATIONS[body.api]
    if change.only_with and not any(_stands(body, condition) for condition in change.only_with):
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
    if change.on == "rules":
        rules = _rules(body)
        told = "; ".join(rule.removeprefix("rule=") for rule in rules if rule.startswith("rule=")) or None
        opens = body.operation.startswith("Authorize")
        return (
            Changed(
                event=event, caller=caller, what=change.what, target_type=target_type, target=key, marks=rules,
                before=None if opens else told, after=told if opens else None,
            ),
        )  # fmt: skip
    return (
        Changed(
            event=event,
            caller=caller,
            what=change.what,
            target_type=target_type,
            target=key,
            principal_type=principal_type,
            before=state(body, change.before),
            after=state(body, change.after),
            marks=_marks(body, change.marks),
        ),
    )


def _marks(body: Body, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the change names on its target, as `member=value`; sorted."""
    found = set()
    for name in names:
        if name.endswith("*"):
            found |= {f"{name[:-1]}={value}" for value in _every(body.request, name[:-1])}
        elif (value := find(body.request, name) or find(body.response, name)) is not None:
            found.add(f"{name}={value}")
    return tuple(sorted(mark[:LONGEST_MARK] for mark in found))[:MARKS]


def _every(value: object, name: str) -> Iterator[str]:
    """Yield every text that stands under a name at any depth, also in lists."""
    for one in walk(value):
        held = child(one, name)
        for text_ in (held, *items(held)):
            if isinstance(text_, str):
                yield text_


def _rules(body: Body) -> tuple[str, ...]:
    """Return the rules of a security group that the call names: their IDs, and what they let through."""
    found = {f"securityGroupRuleId={value}" for value in _every(body.response, "securityGroupRuleId")}
    found |= {f"securityGroupRuleId={value}" for value in _every(body.request, "securityGroupRuleId")}
    found |= {f"securityGroupRuleId={value}" for value in _every(body.request, "securityGroupRuleIds")}
    asked = items(child(body.request, "ipPermissions"))
    for one in asked or ((body.request,) if child(body.request, "ipProtocol") is not None else ()):
        head = " ".join(str(child(one, name) or "") for name in ("ipProtocol", "fromPort", "toPort"))
        for name in ("cidrIp", "cidrIpv6", "groupId", "prefixListId"):
            if one is body.request and name == "groupId":
                continue
            found |= {f"rule={head} {value}" for value in _every(one, name)}
    return tuple(sorted(mark[:LONGEST_MARK] for mark in found))[:MARKS]


def _target(on: str, body: Body, caller: Identity) -> tuple[str, str, str | None] | None:
    """Return target type, target and principal type; None where nothing names the target."""
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
    if target is None and body.service in (
        "organizations",
        "sso",
        "guardduty",
        "securityhub",
        "macie2",
        "s3",
        "glue",
    ):
        # These change the account's own setting and name nothing.
        return "Resource", plain_target(body.account, "AWS::Account", body.account or "").key, None
    return ("Resource", target.key, None) if target else None


def _user(body: Body, caller: Identity) -> tuple[str, str, str] | None:
    """Return the user named in the request; without a name the caller itself, where the operation means that."""
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
    return (
        ("Resource", plain_target(body.account, "AWS::EC2::Instance", association).key, None) if association else None
    )


def _iam(body: Body, kind: str, name: str) -> str:
    """Return `ACCOUNT:TYPE:NAME`: the request has no path, so the ARN is not known."""
    found = arn_target(name) if name.startswith("arn:") else None
    return (found or plain_target(body.account, f"AWS::IAM::{kind}", name)).key


def _stands(body: Body, condition: str) -> bool:
    path, _, wanted = condition.partition("=")
    found = child(body.request, *path.split("."))
    return found == wanted if wanted else found not in (None, "", {}, [])


def state(body: Body, members: tuple[str, ...]) -> str | None:
    """Return the members as compact JSON; a text or document that needs no name stands alone."""
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
        # S3 wraps each parameter of the URL in a list of one.
        value = value[0]
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", "%"):
        # A policy is logged as JSON text, in answers URL-encoded.
        try:
            opened: object = msgspec.json.decode(unquote(value) if value.startswith("%7B") else value)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return value
        return opened
    return value


def _compact(value: object) -> str:
    return msgspec.json.encode(scrub(value)).decode()[:LONGEST]
