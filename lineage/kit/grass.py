"""The style sheet of Neo4j Browser: a caption, colour and size for every label, kind and relationship type.

Colours and what they mean are those of `lineage graph`. Browser's parser is a simple one: it knows no
comments, and neither `:` nor `;` inside a value. A later rule beats an earlier one, so kinds follow `Principal`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from lineage import schema
from lineage.draw.looks import LOOKS

COLOURS: Final = {kind: look.light for kind, look in LOOKS.items()}
"""By kind of thing, as `lineage graph` draws it on light paper."""
_PLACE, _CHANGE, _STEP, _REFUSED, _QUIET = "#bf3989", "#953800", "#0550ae", "#cf222e", "#8c959f"


class Look(NamedTuple):
    """How the nodes of a label are drawn."""

    colour: str
    diameter: int
    """In pixels."""
    caption: str
    """Text with `{property}` in it; a property that a node does not have stands for nothing."""
    size: int = 9
    """Of the caption, in pixels. Browser breaks no word: what does not fit on a line is cut."""


class Line(NamedTuple):
    """How the relationships of a type are drawn."""

    colour: str
    width: int
    """In pixels."""
    caption: str


def _person(caption: str = "{name}") -> Look:
    return Look(COLOURS["person"], 100, caption)


NODES: Final = {
    schema.PRINCIPAL: _person(),
    schema.SESSION: Look(COLOURS["session"], 90, "{name}"),
    schema.CREDENTIAL: Look(COLOURS["key"], 95, "{access_key_id}", 7),
    schema.ACTION: Look(COLOURS["action"], 80, "{operation}", 8),
    schema.ACCOUNT: Look(COLOURS["account"], 90, "{name} {id}"),
    schema.IP_ADDRESS: Look(_PLACE, 80, "{address}", 8),
    schema.RESOURCE: Look(COLOURS["resource"], 80, "{id}", 7),
    "IAMUser": _person(),
    "Role": Look(COLOURS["role"], 100, "{name}"),
    "RootUser": _person("root of {account}"),
    "FederatedUser": _person(),
    "SAMLIdentity": _person(),
    "WebIdentity": _person(),
    "IdentityCenterUser": _person(),
    "AWSService": Look(COLOURS["service"], 90, "{name}"),
    "ExternalAccount": Look(COLOURS["outside"], 90, "account {account}"),
    "Anonymous": Look(COLOURS["unknown"], 80, "anonymous"),
    "Unknown": Look(COLOURS["unknown"], 80, "nobody known"),
}
"""By label and by kind, which is the second label of a Principal."""

LINES: Final = {
    schema.ASSUMED: Line(_STEP, 3, "ASSUMED {confidence}"),
    schema.ISSUED: Line(_STEP, 2, "ISSUED {confidence}"),
    schema.BELONGS_TO: Line(_QUIET, 1, "<type>"),
    schema.SESSION_OF: Line(_QUIET, 1, "<type>"),
    schema.USED: Line(COLOURS["action"], 1, "USED {error}"),
    schema.TRIED: Line(_REFUSED, 2, "✕ TRIED"),
    schema.CREATED: Line(_CHANGE, 2, "CREATED {what}"),
    schema.CHANGED: Line(_CHANGE, 2, "CHANGED {what}"),
    schema.TOUCHED: Line(COLOURS["resource"], 1, "{action} {error}"),
    schema.STARTED: Line(COLOURS["service"], 2, "STARTED"),
    schema.RUNS_AS: Line(COLOURS["service"], 1, "<type>"),
    schema.SEEN_FROM: Line(_PLACE, 1, "SEEN FROM"),
    schema.IN_ACCOUNT: Line(_QUIET, 1, "<type>"),
}
"""By relationship type. Steps of a chain are the widest and say how sure they are; what was refused is marked."""


def grass() -> str:
    """The text of `lineage.grass`, in the order of the schema."""
    return "\n".join(_rules())


def _rules() -> Iterator[str]:
    for label in (*schema.LABELS, *schema.KINDS):
        colour, diameter, caption, size = NODES[label]
        yield _rule(
            f"node.{label}",
            {
                "color": colour,
                "border-color": _darker(colour),
                "border-width": "2px",
                "diameter": f"{diameter}px",
                "font-size": f"{size}px",
                "text-color-internal": "#ffffff",
                "caption": f'"{caption}"',
            },
        )
    for kind in schema.RELATIONSHIPS:
        colour, width, caption = LINES[kind]
        yield _rule(
            f"relationship.{kind}",
            {
                "color": colour,
                "shaft-width": f"{width}px",
                "font-size": "8px",
                "padding": "3px",
                "text-color-external": "#1b1f24",
                "text-color-internal": "#ffffff",
                "caption": f'"{caption}"',
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
