"""The style sheet of Neo4j Browser: a caption, colour and size for every label, kind and relationship type.

Colours and what they mean are those of `lineage graph`. Browser's parser is a simple one: it knows no
comments, and neither `:` nor `;` inside a value. A later rule beats an earlier one, so kinds follow `Principal`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from lineage.draw.labels import LOOKS
from lineage.draw.shape import Kind
from lineage.draw.sheet import ORIGINS
from lineage.draw.svg import FAILED
from lineage.model import attempts, keys, schema

PARTS: Final[dict[str, Kind]] = {
    schema.SESSION: "session",
    schema.CREDENTIAL: "key",
    schema.ACTION: "action",
    schema.ACCOUNT: "account",
    schema.RESOURCE: "resource",
}
"""How `lineage graph` draws what is no principal, by label. It draws no address."""
_PLACE, _CHANGE, _STEP, _QUIET = "#bf3989", "#953800", "#0550ae", "#8c959f"
"""What `lineage graph` has no colour for: addresses, and links by their type."""


class Look(NamedTuple):
    """How the nodes of a label are drawn."""

    caption: str
    """Text with `{property}` in it; a property that a node does not have represents nothing."""
    diameter: int
    """In pixels."""
    size: float = 8
    """Of the caption, in pixels. Browser breaks no word: what does not fit on a line is cut."""


class Line(NamedTuple):
    """How the relationships of a type are drawn."""

    colour: str
    width: int
    """In pixels."""
    caption: str
    """Some 16 characters fit on a line: what matters most is first."""


def colour(label: str) -> str:
    """The colour that `lineage graph` gives to nodes of that label or kind, on light paper."""
    if label == schema.IP_ADDRESS:
        return _PLACE
    return LOOKS[PARTS.get(label) or ORIGINS.get(label, "person")].light


NODES: Final = {
    schema.PRINCIPAL: Look("{name}", 105),
    schema.SESSION: Look("{name} {role}", 112, 7.5),
    schema.CREDENTIAL: Look("{access_key_id}", 95, 7),
    schema.ACTION: Look("{operation}", 80),
    schema.ACCOUNT: Look("{name} {id}", 90),
    schema.IP_ADDRESS: Look("{address}", 80),
    schema.RESOURCE: Look("{id}", 85, 7),
    "IAMUser": Look("{account} {name}", 105),
    "Role": Look("{account} {name}", 112, 7.5),
    "RootUser": Look("root of {account}", 105),
    "FederatedUser": Look("{account} {name}", 105),
    "SAMLIdentity": Look("{name}", 105),
    "WebIdentity": Look("{name}", 105, 7),
    "IdentityCenterUser": Look("{name}", 105),
    "AWSService": Look("{name}", 90),
    "ExternalAccount": Look("account {account}", 90),
    "Anonymous": Look("anonymous", 80),
    keys.OTHER: Look("{name}", 90),
    attempts.KIND: Look("tried {name}", 80),
    "Unknown": Look("unknown", 80),
}
"""By label and by kind, which is the second label of a Principal."""

LINES: Final = {
    schema.ASSUMED: Line(_STEP, 3, "{confidence} ASSUMED"),
    schema.ISSUED: Line(_STEP, 2, "{confidence} ISSUED {api}"),
    schema.BELONGS_TO: Line(_QUIET, 1, "<type>"),
    schema.SESSION_OF: Line(_QUIET, 1, "<type>"),
    schema.USED: Line(colour(schema.ACTION), 1, "{error} USED"),
    schema.TRIED: Line(FAILED, 2, "✕ TRIED"),
    schema.CREATED: Line(_CHANGE, 2, "CREATED {what}"),
    schema.CHANGED: Line(_CHANGE, 2, "CHANGED {what}"),
    schema.TOUCHED: Line(colour(schema.RESOURCE), 1, "{error} {action}"),
    schema.STARTED: Line(colour("AWSService"), 2, "STARTED"),
    schema.RUNS_AS: Line(colour("AWSService"), 1, "<type>"),
    schema.SEEN_FROM: Line(_PLACE, 1, "SEEN FROM"),
    schema.IN_ACCOUNT: Line(_QUIET, 1, "<type>"),
}
"""By relationship type. Steps of a chain are the widest and say how sure they are; what was refused says its error."""


def grass() -> str:
    """The text of `lineage.grass`, in the order of the schema."""
    return "\n".join(_rules())


def _rules() -> Iterator[str]:
    for label in (*schema.LABELS, *schema.KINDS):
        caption, diameter, size = NODES[label]
        yield _rule(
            f"node.{label}",
            {
                "color": colour(label),
                "border-color": _darker(colour(label)),
                "border-width": "2px",
                "diameter": f"{diameter}px",
                "font-size": f"{size}px",
                "text-color-internal": "#ffffff",
                "caption": f'"{caption}"',
            },
        )
    for kind in schema.RELATIONSHIPS:
        line = LINES[kind]
        yield _rule(
            f"relationship.{kind}",
            {
                "color": line.colour,
                "shaft-width": f"{line.width}px",
                "font-size": "7.5px",
                "padding": "1px",
                "text-color-external": "#1b1f24",
                "text-color-internal": "#ffffff",
                "caption": f'"{line.caption}"',
            },
        )


def _rule(selector: str, values: dict[str, str]) -> str:
    return f"{selector} {{\n" + "".join(f"  {name}: {value};\n" for name, value in values.items()) + "}\n"


def _darker(colour: str) -> str:
    """That colour with three quarters of its light.

    >>> _darker("#8250df")
    '#613ca7'
    """
    return "#" + "".join(f"{int(colour[at : at + 2], 16) * 3 // 4:02x}" for at in (1, 3, 5))
