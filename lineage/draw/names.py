"""What to call things in a picture: labels in full, and captions of two short lines."""

from __future__ import annotations

import re

from lineage.model import schema
from lineage.model.arn import parse_arn, role_of
from lineage.render.text import ELLIPSIS, clean

WIDTH = 27
"""Characters of one line of a caption: what fits beside the next layer."""
_TYPED = re.compile(r"[0-9]*:([A-Za-z0-9]+(?:::[A-Za-z0-9]+)+):(.+)", re.DOTALL)
"""The key of a resource that has no ARN: account, type, ID."""
_KEY = re.compile(r"A[KS]IA[A-Z0-9]{12,}")
_BEGUN = re.compile(r"/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(:|\Z)")
"""Where the key of a session says when it began."""
_SIGNS = (re.compile(":"), re.compile("[/@ ]"), re.compile("[_.-]"))
"""Where names are broken, the best first."""
_SUFFIX = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}")


def role_name(arn: str | None) -> str | None:
    """Name of the role of an ARN; a permission set's without the suffix that tells nothing.

    >>> role_name("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_e0d08636dec79f51")
    'AWSReservedSSO_Admin'
    """
    found = role_of(arn) if arn else None
    if found is None:
        return None
    short = _SUFFIX.fullmatch(found.role_name)
    return short[1] if short else found.role_name


def short_name(key: str) -> str:
    """The last part of an ARN or of the key of a resource; the whole key of anything else.

    >>> short_name("804275613390:AWS::EC2::Instance:i-07b3"), short_name("arn:aws:iam::1:user/ops/ana")
    ('i-07b3', 'ana')
    """
    arn = parse_arn(key)
    if arn is not None:
        return arn.resource.rsplit("/", 1)[-1].rsplit(":", 1)[-1] or key
    typed = _TYPED.fullmatch(key)
    return typed[2] if typed else key


def type_of(key: str) -> str | None:
    """The type in the key of a resource that has no ARN.

    >>> type_of("804275613390:AWS::EC2::Instance:i-07b3")
    'AWS::EC2::Instance'
    """
    typed = _TYPED.fullmatch(key)
    return typed[1] if typed else None


def ref_of(key: str) -> str:
    """The reference of a session, key or principal, by the form of its key.

    >>> ref_of("AKIAIOSFODNN7EXAMPLE"), ref_of("1/AROA:x/2026-01-01T00:00:00Z"), ref_of("ec2.amazonaws.com")
    ('Credential AKIAIOSFODNN7EXAMPLE', 'Session 1/AROA:x/2026-01-01T00:00:00Z', 'Principal ec2.amazonaws.com')
    """
    if _KEY.fullmatch(key.partition(" ")[0]):
        return f"{schema.CREDENTIAL} {key}"
    return f"{schema.SESSION if _BEGUN.search(key) else schema.PRINCIPAL} {key}"


def caption(*lines: str | None) -> str:
    """The lines of a caption, each cut in its middle to what fits. One alone may take two.

    >>> caption("payments-operations", "as ops")
    'payments-operations\\nas ops'
    >>> caption("a-very-long-name-of-a-role-in-the-middle", "as ops")
    'a-very-long-n…-in-the-middle\\nas ops'
    >>> caption("repo:example/billing-etl:ref:refs/heads/main", None)
    'repo:example/billing-etl:\\nref:refs/heads/main'
    """
    told = [clean(line) for line in lines if line]
    return "\n".join(map(_cut, _broken(told[0]) if len(told) == 1 else told))


def _broken(text: str) -> list[str]:
    """A name too long for a line in two of them, broken behind a sign between its parts."""
    if len(text) <= WIDTH + 1:
        return [text]
    for signs in _SIGNS:
        ends = [found.end() for found in signs.finditer(text) if len(text) - WIDTH - 1 <= found.end() <= WIDTH + 1]
        if ends:
            end = min(ends, key=lambda one: abs(2 * one - len(text)))
            return [text[:end].rstrip(), text[end:]]
    return [text]


def _cut(text: str) -> str:
    if len(text) <= WIDTH + 1:
        return text
    half = WIDTH // 2
    return text[:half].rstrip() + ELLIPSIS + text[-half - 1 :].lstrip()
