"""A picture as one HTML page that needs nothing else: the drawing library, the style and the data stand in it.

Text from the logs is data. It stands in the page as JSON in which nothing ends the script it stands in, the page puts
it into the document as text alone, and a content security policy lets nothing run but the scripts below, by their
hashes, and lets nothing be fetched.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import msgspec

from lineage.draw.jsonform import graph
from lineage.draw.looks import DASHES, LOOKS
from lineage.draw.shape import Shape
from lineage.render.html import hashed
from lineage.render.text import clean

SCRIPTS = ("cytoscape.min.js", "layout.js", "model.js", "picture.js", "panels.js", "export.js", "page.js")
"""The scripts of the page, in their order."""
_CYTOSCAPE_STYLE = ".__________cytoscape_container { position: relative; }"
"""What the drawing library would put into the page by itself, which the policy refuses."""
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page(shape: Shape, *, live: str | None = None, asking: str = "") -> str:
    """The page as text.

    `live` is the script of a page that a server stands behind, which it may then ask, and `asking` the form to do so,
    as HTML.
    """
    scripts = [script(name) for name in SCRIPTS[:-1]] + ([live] if live else []) + [script(SCRIPTS[-1])]
    style = _file("page.css")
    policy = (
        f"default-src 'none'; script-src {' '.join(map(hashed, scripts))}; "
        f"style-src {hashed(style)} {hashed(_CYTOSCAPE_STYLE)}; img-src data: blob:; base-uri 'none'; "
        + ("form-action 'self'; connect-src 'self'" if live else "form-action 'none'")
    )
    parts = {
        "policy": escape(policy, quote=True),
        "title": escape(clean(shape.title)),
        "style": style,
        "cytoscape_style": _CYTOSCAPE_STYLE,
        "asking": asking,
        "data": in_script(data(shape)),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }
    return _PLACE.sub(lambda found: parts[found[1]], _file("page.html"))


def data(shape: Shape) -> dict[str, Any]:  # Any: JSON values
    """What the page shows: the picture, and how kinds of things look."""
    looks = {kind: look._asdict() for kind, look in LOOKS.items()}
    return {**graph(shape), "looks": looks, "dashes": DASHES}


def in_script(value: object) -> str:
    r"""JSON that may stand in a script element: no character of it ends one, begins a comment or a line.

    >>> in_script("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = msgspec.json.encode(value).decode()
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


@cache
def script(name: str) -> str:
    """The text of a script as it stands in the page."""
    return _harmless(_file(name))


def _harmless(text: str) -> str:
    """A script in which nothing ends the element that it stands in."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _file(name: str) -> str:
    return files("lineage.draw").joinpath("page", name).read_text("utf-8")
