"""How kinds of things are drawn, in the page and on paper: form, colour and words. No kind is told by colour alone."""

from __future__ import annotations

from typing import Final, NamedTuple

from lineage.draw.shape import Kind

WIDTH, HEIGHT = 34, 26
"""Of a node, in pixels."""


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
    """It always stands for several things, and so has a second outline."""


_BLOCK = "M-11-13H11A6 6 0 0 1 17-7V7A6 6 0 0 1 11 13H-11A6 6 0 0 1-17 7V-7A6 6 0 0 1-11-13Z"
_SLANTED = "M-17-13H6L17 13H-6Z"

LOOKS: Final[dict[Kind, Look]] = {
    "person": Look("ellipse", "#8250df", "#d2a8ff", "person or user", "M-17 0A17 13 0 0 1 17 0A17 13 0 0 1-17 0Z"),
    "service": Look("hexagon", "#9a6700", "#e3b341", "AWS service", "M-8.5-13H8.5L17 0L8.5 13H-8.5L-17 0Z"),
    "outside": Look(
        "octagon", "#bc4c00", "#ffa657", "outside account", "M-7-13H7L17-5.4V5.4L7 13H-7L-17 5.4V-5.4Z"
    ),
    "unknown": Look("triangle", "#cf222e", "#ff7b72", "nobody known: the chain is open", "M0-13L17 13H-17Z"),
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
"""Dashes of links by their certainty; `beside` is what is no part of the chain."""
