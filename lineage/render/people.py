"""Any answer for people: the right table, tree or ladder, on standard output."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from lineage.questions.chains import Chains
from lineage.questions.cross_account import CrossAccount
from lineage.questions.info import Info
from lineage.questions.load import Load
from lineage.questions.query import QueryRows
from lineage.questions.registry import view_of
from lineage.questions.shared.models import Model
from lineage.questions.show import Shown
from lineage.questions.trace import Trace
from lineage.questions.trace import view as trees
from lineage.questions.who import Who
from lineage.render import console, ladder, tables
from lineage.render.text import clean, safe_json


def show(answer: Model, *, found: bool = True) -> None:
    """Print an answer; of what was not found only what there is to say about it."""
    target = console.out()
    for renderable in renderables(answer) if found or isinstance(answer, Who) else ():
        if isinstance(answer, Shown):
            target.print(renderable, soft_wrap=True)  # JSON is to be copied, so no line of it is broken
        else:
            target.print(renderable, crop=False)


def renderables(answer: Model) -> Iterable[RenderableType]:
    """What to print for an answer, from top to bottom."""
    match answer:
        case Who():
            return ladder.show(answer)
        case Trace():
            return trees.trace_tree(answer)
        case Chains():
            return tables.chains_table(answer)
        case CrossAccount():
            return tables.crossings_table(answer)
        case Info():
            return tables.info_table(answer)
        case Load():
            return tables.load_table(answer)
        case QueryRows():
            return tables.query_table(answer)
        case Shown():
            return _records(answer)
    return view_of(answer).people(answer)


def _records(shown: Shown) -> Iterable[RenderableType]:
    for place in shown.places:
        yield Text.assemble((clean(place.path), "name"), f"[{place.index}]")
        if place.loaded_sha256 is None:
            kept = "not loaded"
        else:
            kept = "as loaded" if place.loaded_sha256 == place.sha256 else "CHANGED since it was loaded"
        yield Text.assemble(("SHA-256 ", "quiet"), f"{place.sha256} ({kept})")
        yield Text(safe_json(json.dumps(place.record, indent=2, ensure_ascii=False)))
    if shown.note:
        yield Text(clean(shown.note))
