"""Refusals: what an authorisation error says about caller, action and target.

The text is often all that is left: a refused AssumeRole has null `requestParameters`. Source: field
guide §7.1 to §7.3; AWS IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import re

import msgspec

from lineage.model.arn import RoleRef, is_masked, role_of

LONGEST = 4096
"""Characters read; CloudTrail cuts messages at 1 KB."""

# Blanks are collapsed before matching, so no run of blanks can make these backtrack.
_AUTHZ = re.compile(
    r"""(?ix)
    \bUser\b \s? :? \s? (?P<caller>arn:aws[\w-]*:(?:sts|iam)::\S+?)? \s?
    is \s not \s authorized \s to \s perform \s? :? \s? (?P<action>[A-Za-z0-9-]+:[A-Za-z0-9*]+)
    (?: \s on \s (?:the\sspecified\s)? resources? \s? :? \s? (?P<resource>.*?) )?
    (?= \s? (?: because\b | with\san\sexplicit\sdeny | \.?\s?Encoded\b | \.?\s?Go\sto\shttps
              | \(?authorization\sid | \.?\s?$ ) )
    """
)
_BARE = re.compile(r"(?i)^(?:you are )?not authorized to perform (?:(?P<action>sts:[A-Za-z]+)|this operation)")
_WHY_NO = re.compile(r"(?i)because no (?P<policy>.{1,80}?) (?:policy|policies|boundary|boundaries) allows?\b")
_DENY = re.compile(r"(?i)explicit deny in (?:an?|the) (?P<policy>.{1,80}?) (?:policy|boundary)\b")
_ARN = re.compile(r"arn:aws[\w-]{0,20}:[^\s\"']{4,2048}")
_PROSE = re.compile(r"(user|role|group|policy|instance profile) ([\w+=,.@-]{1,128})")


class Denial(msgspec.Struct, frozen=True):
    """What the text of a refusal tells; every part may be missing.

    `resource` is what stood after "on resource": an ARN, `*` or prose such as `role deploy`.
    `policy` is the kind of policy at fault (`identity-based`, `service control`, …).
    """

    caller: str | None = None
    action: str | None = None
    resource: str | None = None
    policy: str | None = None
    explicit: bool = False


def denial(message: str | None) -> Denial | None:
    """Return what the error message says about a refusal; None if it is no authorisation error.

    >>> denial("User: arn:aws:iam::123456789012:user/bob is not authorized to perform: "
    ...        "iam:GetRole on resource: role ci").resource
    'role ci'
    """
    if not message:
        return None
    line = " ".join(message[:LONGEST].split())
    deny = _DENY.search(line)
    why = deny or _WHY_NO.search(line)
    policy = why["policy"].lower() if why else None
    found = _AUTHZ.search(line)
    if found is not None:
        resource = found["resource"]
        return Denial(
            caller=found["caller"],
            action=found["action"],
            resource=None if not resource or is_masked(resource) else resource,
            policy=policy,
            explicit=deny is not None,
        )
    bare = _BARE.search(line)
    if bare is None:
        return None
    return Denial(action=bare["action"], policy=policy, explicit=deny is not None)


def denied_role(message: str | None) -> RoleRef | None:
    """Return the role that a refused assumption was about, None where the text hides it.

    A refusal by the trust policy does (guide §7.1).
    """
    found = denial(message)
    return role_of(denied_arn(found)) if found else None


def denied_arn(found: Denial) -> str | None:
    """Return the ARN in the resource of a refusal, also out of prose (`policy ARN version v2`)."""
    match = _ARN.search(found.resource or "")
    if match is None:
        return None
    arn = match[0].rstrip(".,;)")
    return None if is_masked(arn) else arn


def denied_name(found: Denial) -> tuple[str, str] | None:
    """Return kind and name of an IAM thing named in prose, e.g. ("role", "deploy"); None else."""
    match = _PROSE.fullmatch(found.resource or "")
    return (match[1], match[2]) if match else None
