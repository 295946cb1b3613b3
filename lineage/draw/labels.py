"""What nodes and links of a picture are called, how their kinds are drawn, and texts to copy from a node.

Kinds never differ by colour alone. Texts to copy contain names from the logs: the shell gets them quoted or not at
all, Neo4j gets them as parameters and never as part of a statement.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from lineage.draw.lettering import CAPTION_WIDTH, cut, wrapped
from lineage.draw.shape import CAPTION_LINES, Kind, Paste, Works
from lineage.model import schema
from lineage.model.arn import parse_arn, role_of
from lineage.queries import query
from lineage.render.text import clean, fits

_TYPED = re.compile(r"[0-9]*:([A-Za-z0-9]+(?:::[A-Za-z0-9]+)+):(.+)", re.DOTALL)
"""The key of a resource that has no ARN: account, type, ID."""
_KEY = re.compile(r"A[KS]IA[A-Z0-9]{12,}")
_BEGUN = re.compile(r"/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(:|\Z)")
"""Where the key of a session says when it began."""
_SUFFIX = re.compile(r"(AWSReservedSSO_.+)_[0-9a-f]{16}")


def role_name(arn: str | None) -> str | None:
    """Name of the role of an ARN; a permission set's without the suffix that shows nothing.

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
    """The lines of a caption: a name that is too long takes two, else it is cut in its middle.

    >>> caption("payments-operations", "as ops")
    'payments-operations\\nas ops'
    >>> caption("a-very-long-name-of-a-role-in-the-middle-of-it-all", "as ops")
    'a-very-long…e-of-it-all\\nas ops'
    >>> caption("AWSReservedSSO_PlatformAdmin", "as ops")
    'AWSReservedSSO_\\nPlatformAdmin\\nas ops'
    """
    said = [clean(line) for line in lines if line]
    result: list[str] = []
    for number, line in enumerate(said):
        broken = wrapped(line, CAPTION_WIDTH)
        fits_in = len(result) + len(broken) + len(said) - number - 1 <= CAPTION_LINES
        result += broken if fits_in else [cut(line, CAPTION_WIDTH)]
    return "\n".join(result)


class Look(NamedTuple):
    """How a kind is drawn."""

    form: str
    """Name of the form in the drawing library."""
    light: str
    """Colour on light paper."""
    dark: str
    words: str
    path: str
    """The form as an SVG path around its middle, as wide and high as a node."""
    double: bool = False
    """It always represents several things, and so has a second outline."""


_BLOCK = "M-11-13H11A6 6 0 0 1 17-7V7A6 6 0 0 1 11 13H-11A6 6 0 0 1-17 7V-7A6 6 0 0 1-11-13Z"
_SLANTED = "M-17-13H6L17 13H-6Z"

LOOKS: Final[dict[Kind, Look]] = {
    "person": Look("ellipse", "#8250df", "#d2a8ff", "person or user", "M-17 0A17 13 0 0 1 17 0A17 13 0 0 1-17 0Z"),
    "service": Look("hexagon", "#9a6700", "#e3b341", "AWS service", "M-8.5-13H8.5L17 0L8.5 13H-8.5L-17 0Z"),
    "outside": Look(
        "octagon", "#bc4c00", "#ffa657", "outside account", "M-7-13H7L17-5.4V5.4L7 13H-7L-17 5.4V-5.4Z"
    ),
    "unknown": Look("triangle", "#cf222e", "#ff7b72", "unknown: the chain is open", "M0-13L17 13H-17Z"),
    "role": Look("tag", "#1a7f37", "#56d364", "role", "M-17-13H8.5L17 0L8.5 13H-17Z"),
    "session": Look("round-rectangle", "#0969da", "#79c0ff", "session", _BLOCK),
    "key": Look("diamond", "#57606a", "#b1bac4", "access key", "M0-13L17 0L0 13L-17 0Z"),
    "resource": Look(
        "barrel", "#1b7c83", "#76e3ea", "resource or workload", "M-17-10Q0-16 17-10V10Q0 16-17 10Z"
    ),
    "action": Look("rhomboid", "#5a6b00", "#c3d05b", "calls of one operation", _SLANTED),
    "account": Look("rectangle", "#6e7781", "#8b949e", "account", "M-17-13H17V13H-17Z"),
    "group": Look("round-rectangle", "#0969da", "#79c0ff", "several, folded into one", _BLOCK, double=True),
    "calls": Look("rhomboid", "#5a6b00", "#c3d05b", "several operations of one caller", _SLANTED, double=True),
}  # fmt: skip

DASHES: Final = {"likely": "10 5", "guess": "2 5", "beside": "12 4 2 4"}
"""Dashes of links by their certainty; `beside` is what is not part of the chain."""


MARKS: Final[dict[Works, tuple[str, str, str]]] = {
    "yes": ("#1a7f37", "#3fb950", ""), "unknown": ("#9a6700", "#d29922", "5 3"), "no": ("", "", ""),
}  # fmt: skip
"""The ring around what works, and may work: its colour on light paper and on dark, and its dashes. What has ended has
none, and is pale."""
PALE: Final = 0.45


DRAWN = 100
"""How many paths Neo4j Browser draws at most."""


def command(question: str, *asks: str, options: Sequence[str] = ()) -> str | None:
    """A `lineage` command for a POSIX shell; None where a value is not safe in one.

    >>> command("who", "it's"), command("who", "a\\nb"), command("who", "--help")
    ('lineage who \\'it\\'"\\'"\\'s\\'', None, 'lineage who -- --help')
    """
    if not all(ask and fits(ask) for ask in asks):
        return None
    end = ["--"] if any(ask.startswith("-") for ask in asks) else []
    return shlex.join(["lineage", question, *options, *end, *asks])


def paste(name: str, **params: str | int | None) -> Paste:
    """A Cypher file of `cypher/draw/` with its parameters, their values as JSON of plain ASCII.

    >>> paste("who", ask='"; MATCH (n) DETACH DELETE n').params
    ':param ask => "\\\\"; MATCH (n) DETACH DELETE n";\\n:param limit => 100;'
    """
    given = {**params, "limit": DRAWN}
    return Paste(f"draw/{name}", "\n".join(f":param {key} => {json.dumps(value)};" for key, value in given.items()))


@cache
def statement(name: str) -> str:
    """The text of a Cypher file, as it pastes into Neo4j Browser."""
    return query(name).text
