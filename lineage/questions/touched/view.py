"""`touched` for people: the origins with what was done, then the changes that the graph keeps."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.shared.log_coverage import in_words
from lineage.questions.touched import Deed, Touch, Touched, Toucher
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.text import clean, counted, moment, shorten

LONGEST = 200
COLUMNS = (
    "credentials_of", "origin_kind", "origin_id", "confidence", "kind", "what", "error", "count", "at_least", "first",
    "last", "before", "after", "event_ids",
)  # fmt: skip


def people(answer: Touched) -> Iterable[RenderableType]:
    """What the resource is, whose credentials, what changed."""
    for key in answer.resources or [answer.asked]:
        yield Line("", (clean(key), "name"))
    unresolved = f", {answer.unresolved:,} of them unresolved" if answer.unresolved else ""
    yield Line("", f"{counted(answer.calls, 'call')} of {counted(answer.origins_total, 'origin')}{unresolved}")
    for one in answer.origins:
        yield Line("")
        yield from _origin(one)
    yield from cut(len(answer.origins), answer.origins_total)
    if answer.deeds:
        yield from heading("changes")
        for deed in answer.deeds:
            yield from _deed(deed)
        yield from cut(len(answer.deeds), answer.deeds_total)
    yield Line("")
    if answer.note:
        yield Line("", (answer.note, "open"))
    if answer.sight is not None:
        yield Line("", (in_words(answer.sight), "quiet"))


def _origin(one: Toucher) -> Iterable[RenderableType]:
    yield Line("", *origin(one.whose), then="  ")
    for touch in one.operations:
        yield Line("  ", *_touch(touch), then="    ")


def _touch(one: Touch) -> Iterable[str | tuple[str, str]]:
    yield one.kind, "quiet"
    yield f" {'at least ' if one.at_least else ''}{one.count:,}x "
    yield clean(one.api), "name"
    if one.error:
        yield f" ({clean(one.error)})", "denied"
    yield f"  {span(one.first, one.last)}  {events(one.event_ids)}", "quiet"


def _deed(one: Deed) -> Iterable[RenderableType]:
    yield Line(
        "  ", f"{moment(one.time)}  ", (clean(one.what), "name"), f" by {clean(one.api)}, credentials of ",
        clean(one.credentials_of), then="    ",
    )  # fmt: skip
    for word, text in (("before", one.before), ("after", one.after)):
        if text:
            yield Line("    ", (f"{word}: ", "quiet"), clean(shorten(text, LONGEST)), then="      ")
    yield Line("    ", (events(one.event_ids), "quiet"))


def table(answer: Touched) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each operation of each origin, then one for each change."""
    return COLUMNS, _rows(answer)


def _rows(answer: Touched) -> Iterable[tuple[object, ...]]:
    for one in answer.origins:
        whose = one.whose
        head = (whose.person or whose.name, whose.kind, whose.id, whose.confidence)
        for touch in one.operations:
            counts = (touch.error, touch.count, touch.at_least, touch.first, touch.last)
            yield (*head, touch.kind, touch.api, *counts, None, None, touch.event_ids)
    for deed in answer.deeds:
        said = (deed.type.lower(), f"{deed.what} {deed.api}", None, 1, False, deed.time, deed.time)
        yield (deed.credentials_of, None, None, None, *said, deed.before, deed.after, deed.event_ids)
