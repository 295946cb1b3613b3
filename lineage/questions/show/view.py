"""`show` as shown: each record with the file it lies in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from lineage.questions.registry import Row
from lineage.questions.show import Shown
from lineage.render.blocks import Block, Code, Para, Span
from lineage.render.text import safe_json

COLUMNS = ("path", "index", "sha256", "loaded_sha256")


def blocks(shown: Shown) -> Iterator[Block]:
    """The records, in the order of their places."""
    for place in shown.places:
        yield Para((Span(place.path, "name"), f"[{place.index}]"))
        if place.loaded_sha256 is None:
            kept = "not loaded"
        else:
            kept = "as loaded" if place.loaded_sha256 == place.sha256 else "CHANGED since it was loaded"
        yield Para((Span("SHA-256 ", "quiet"), f"{place.sha256} ({kept})"))
        yield Code(safe_json(json.dumps(place.record, indent=2, ensure_ascii=False)))
    if shown.note:
        yield Para((shown.note,))


def rows(shown: Shown) -> Iterable[Row]:
    """A row for each place."""
    return shown.places
