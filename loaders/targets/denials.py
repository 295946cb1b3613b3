"""Parses authorization errors: caller, action and target of a denied call.

The message is often the only source: a denied AssumeRole has null `requestParameters`. Source: field
guide §7.1 to §7.3; AWS IAM User Guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

import re

import msgspec

from lineage.model.arn import is_masked

LONGEST = 4096
"""Most characters that are parsed; CloudTrail truncates messages to 1 KB."""

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
    """The parts of an authorization error; each may be missing.

    `resource` is the text after "on resource": an ARN, `*` or prose such as `role deploy`. `policy` is the type of
    policy that denied the call (`identity-based`, `service control`, …), `explicit` whether by an explicit deny.
    """

    caller: str | None = None
    action: str | None = None
    resource: str | None = None
    policy: str | None = None
    explicit: bool = False


def denial(message: str | None) -> Denial | None:
    """Return the parts of an error message; None if it is no authorization error.

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


def denied_arn(found: Denial) -> str | None:
    """Return the ARN in the resource of a denial, also within prose (`policy ARN version v2`)."""
    match = _ARN.search(found.resource or "")
    if match is None:
        return None
    arn = match[0].rstrip(".,;)")
    return None if is_masked(arn) else arn


def denied_name(found: Denial) -> tuple[str, str] | None:
    """Return type and name of an IAM resource in prose, e.g. ("role", "deploy"); else None."""
    match = _PROSE.fullmatch(found.resource or "")
    return (match[1], match[2]) if match else None
