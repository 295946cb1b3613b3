"""AWS identifiers: ARNs, unique IDs and access keys; masked values and placeholders.

Source: field guide §6.1, §6.2 (account in an ID), §7.2 (roles in texts), §10.2 (masks).
"""

from __future__ import annotations

import re
from base64 import b32decode
from functools import lru_cache
from typing import NamedTuple

import msgspec

_B32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ID = re.compile(r"(?:A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z2-7]{12,124}")
_EXAMPLE = re.compile(r"[A-Z0-9]*EXAMPLE\d{0,3}")
_HIDDEN = re.compile(r"redacted|hidden[_ ]due[_ ]to|^sensitivedataremoved$")
_BLANKED = re.compile(r"A[A-Z]{3}[Xx]{4,}")
_STAND_IN = re.compile(r"(?i)(?:SAMPLE|EXAMPLE|MOCK|DUMMY|YOUR)[_-].*")
LONG_TERM = "AKIA"
TEMPORARY = "ASIA"
"""How the IDs of long-term and temporary access keys begin."""
_KEY_ID = re.compile(rf"(?:{LONG_TERM}|{TEMPORARY}|ABIA|ACCA|A3T)[A-Z0-9]{{8,124}}")
_KEY = re.compile(r"(?:A(?:KIA|SIA|BIA|CCA|3T)[A-Za-z0-9]{1,124}|[A-Za-z0-9]{16,128})", re.ASCII)


class Arn(msgspec.Struct, frozen=True):
    """The parts of an ARN; `region` and `account` are "" if the ARN omits them."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


class RoleRef(NamedTuple):
    """A role that an ARN names. `path_arn` is the role's own ARN with its path, None if only an assumed-role ARN names
    the role, because that has no path."""

    partition: str
    account: str
    role_name: str
    path_arn: str | None
    session_name: str | None


def parse_arn(s: object) -> Arn | None:
    """Return the parts of the ARN `s`, of any partition; None if `s` is no ARN.

    >>> parse_arn("arn:aws-cn:iam::123456789012:user/dev/alice").resource
    'user/dev/alice'
    """
    return _parsed(s) if isinstance(s, str) else None


# Logs repeat the same ARNs. Bounded, so that memory stays constant.
@lru_cache(maxsize=1_024)
def _parsed(s: str) -> Arn | None:
    parts = s.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


def role_of(arn: object) -> RoleRef | None:
    """Return the role that a role ARN or an assumed-role ARN names; None for anything else.

    >>> role_of("arn:aws:iam::123456789012:role/ops/deploy").role_name
    'deploy'
    >>> role_of("arn:aws:sts::123456789012:assumed-role/deploy/ci")[2:]
    ('deploy', None, 'ci')
    """
    return _role(arn) if isinstance(arn, str) else None


@lru_cache(maxsize=1_024)
def _role(arn: str) -> RoleRef | None:
    found = parse_arn(arn)
    if found is None or found.service not in ("iam", "sts") or not found.account.isdigit():
        return None
    kind, _, rest = found.resource.partition("/")
    if kind == "role":
        name = rest.rpartition("/")[2]
        ref = RoleRef(found.partition, found.account, name, arn, None)
    elif kind == "assumed-role":
        name, _, session = rest.partition("/")
        ref = RoleRef(found.partition, found.account, name, None, None if is_masked(session) else session)
    else:
        return None
    return None if is_masked(name) or "*" in name or name.split() != [name] else ref


def linked_service(role_arn: str | None) -> str | None:
    """The service that a service-linked role belongs to (guide §12.3, rule 8); None for every other role.

    >>> linked_service("arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    'ecs.amazonaws.com'
    """
    _, linked, rest = (role_arn or "").partition("/aws-service-role/")
    return rest.split("/", 1)[0] if linked else None


def is_masked(s: object) -> bool:
    """Return whether `s` is no usable value: empty, not a string, masked by AWS or a publisher, or a placeholder.

    Such values identify nothing, so nothing may join on them.

    >>> [is_masked(v) for v in ("", "-", "AKIA****************", "AKIAIOSFODNN7EXAMPLE", "alice")]
    [True, True, True, True, False]
    """
    return _masked(s) if isinstance(s, str) else True


@lru_cache(maxsize=2_048)
def _masked(s: str) -> bool:
    bare = s.strip(" *.-")
    if not bare or "**" in s or (bare[0] in "<({[" and bare[-1] in ">)}]"):
        return True
    low = bare.lower()
    # Substring searches come first: almost every value is real, and this runs for each of them.
    if "redacted" in low or "hidden" in low or "removed" in low:
        return _HIDDEN.search(low) is not None
    if "EXAMPLE" in bare or "xxxx" in low:
        unique = bare.partition(":")[0]
        return bool(_EXAMPLE.fullmatch(unique) or _BLANKED.fullmatch(unique))
    return False


def unique_id(v: object) -> str | None:
    """Return the principal ID `v`, None if it is masked or a placeholder."""
    if not isinstance(v, str) or is_masked(v) or _STAND_IN.fullmatch(v):
        return None
    return v


def access_key(v: object) -> str | None:
    """Return the access key ID `v`, None if it is masked or malformed.

    Unusual lengths pass (keys before 2010 have no prefix, published ones are shortened), but not one repeated
    character.
    """
    if not isinstance(v, str) or is_masked(v) or not _KEY.fullmatch(v) or len(set(v)) == 1:
        return None
    return v


_FUNCTION = re.compile(
    r"(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?(?P<name>[\w-]+)(?::[\w$.-]+)?",
    re.ASCII,
)


class FunctionRef(NamedTuple):
    """A Lambda function, without version or alias; None is what the text leaves out."""

    name: str
    account: str | None = None
    region: str | None = None
    partition: str | None = None


def function_of(text: str | None) -> FunctionRef | None:
    """Return the Lambda function that an ARN, a partial ARN or a name means, each with or without a qualifier.

    >>> function_of("arn:aws:lambda:eu-west-1:123456789012:function:f:live")
    FunctionRef(name='f', account='123456789012', region='eu-west-1', partition='aws')
    >>> function_of("123456789012:function:f"), function_of("f:7")
    (FunctionRef(name='f', account='123456789012', region=None, partition=None), FunctionRef(name='f', account=None, \
region=None, partition=None))
    """
    arn = parse_arn(text)
    if arn is not None:
        kind, _, rest = arn.resource.partition(":")
        name = rest.partition(":")[0]
        found = kind == "function" and name
        return FunctionRef(name, arn.account or None, arn.region or None, arn.partition) if found else None
    short = _FUNCTION.fullmatch(text or "")
    return FunctionRef(short["name"], short["account"], short["region"]) if short is not None else None


def is_temporary(key: str | None) -> bool:
    """Return whether an access key ID is temporary; other forms (`AKIA…`, pre-2010) are long-term."""
    return key is not None and key.startswith(TEMPORARY)


def is_long_term(key: str) -> bool:
    """Return whether an access key ID is that of a long-term key."""
    return not is_temporary(key)


def is_key_id(text: str) -> bool:
    """Return whether a text is an access key ID by its prefix and characters, as people type it in a question.

    >>> [is_key_id(text) for text in ("AKIAIOSFODNN7ABCDEFG", "ASIA1", "alice")]
    [True, False, False]
    """
    return _KEY_ID.fullmatch(text) is not None


def account_in_id(uid: object) -> str | None:
    """Return the 12-digit account that a unique ID or access key encodes, None if it encodes none.

    IDs created before about 29 March 2019 (fifth character A to P) encode none. The part after a colon (a session
    name) is ignored.

    >>> account_in_id("ASIAQNZGKIQY56JQ7WML")
    '029608264753'
    """
    if not isinstance(uid, str):
        return None
    body = uid.partition(":")[0]
    if is_masked(body) or not _ID.fullmatch(body):
        return None
    # The index in the alphabet, not the character: digits sort before letters in ASCII.
    if _B32.find(body[4]) < 16:
        return None
    try:
        head = b32decode(body[4:20].ljust(16, "A"))[:6]
    except ValueError:
        return None
    return f"{(int.from_bytes(head, 'big') & 0x7FFFFFFFFF80) >> 7:012d}"
