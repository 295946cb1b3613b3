"""`touched` as shown: what was done with whose credentials, then the changes that the graph keeps."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.registry import Row
from lineage.questions.shared.view import LONG, origin_cells, rests_on, whose
from lineage.questions.touched import Deed, Touch, Touched, Toucher
from lineage.render.blocks import Block, Cell, Facts, Grid, Para, Some, Span
from lineage.render.columns import detail, head, ids, line, span, times, when
from lineage.render.text import counted, moment

COLUMNS = (
    "credentials_of", "origin_kind", "origin_id", "confidence", "kind", "what", "error", "count", "at_least", "first",
    "last", "before", "after", "event_ids",
)  # fmt: skip


def blocks(answer: Touched) -> Iterator[Block]:
    """What the resource is, whose credentials, what changed."""
    unresolved = f", {answer.unresolved:,} of them unresolved" if answer.unresolved else ""
    origins = f"{counted(answer.calls, 'call')} by {counted(answer.origins_total, 'origin')}{unresolved}"
    yield Para((Span(origins, "name"),))
    resources = Some([Span(key, "name") for key in answer.resources or [answer.asked]], answer.resources_total)
    yield Facts([("resource", resources)])
    yield Grid(
        "calls, by origin and operation",
        (times(), head("operation", "whole", style="name"), head("kind", style="quiet"),
         head("error", "whole", style="denied"), detail("whose", lead=""), when(), ids()),
        [_touch(one, touch) for one in answer.origins for touch in one.operations],
    )  # fmt: skip
    if answer.origins_total > len(answer.origins):
        cut = f"{len(answer.origins):,} of {answer.origins_total:,} origins shown; --limit shows more"
        yield Para((Span(cut, "quiet"),))
    yield Grid(
        f"changes that the graph keeps ({answer.deeds_total:,})",
        (head("time", "time"), head("what", style="name"), detail("operation", "whole", lead="by "),
         detail("credentials of"), line("before"), line("after"), ids()),
        [_deed(one) for one in answer.deeds],
        answer.deeds_total,
    )  # fmt: skip
    if answer.note:
        yield Para((Span(answer.note, "open"),))
    yield from rests_on(answer.sight)


def _touch(one: Toucher, touch: Touch) -> tuple[Cell, ...]:
    return (
        f"at least {touch.count:,}x" if touch.at_least else touch.count, touch.api, touch.kind, touch.error,
        whose(one.whose), span(touch.first, touch.last), touch.event_ids,
    )  # fmt: skip


def _deed(one: Deed) -> tuple[Cell, ...]:
    before, after = (Span(state, "", LONG) if state else None for state in (one.before, one.after))
    return moment(one.time), one.what, one.api, one.credentials_of, before, after, one.event_ids


def rows(answer: Touched) -> Iterator[Row]:
    """A row for each operation of each origin, then one for each change."""
    for one in answer.origins:
        for touch in one.operations:
            yield {**origin_cells(one.whose), **vars(touch), "what": touch.api}
    for deed in answer.deeds:
        yield {
            **vars(deed), "kind": deed.type.lower(), "what": f"{deed.what} {deed.api}", "count": 1, "at_least": False,
            "first": deed.time, "last": deed.time,
        }  # fmt: skip
