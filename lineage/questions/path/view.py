"""`path` for people and as a flat table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from lineage.questions.path import Path, PathStep, Way
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.log_coverage import in_words
from lineage.render import words
from lineage.render.lines import Line
from lineage.render.text import clean, counted, moment

COLUMNS = (
    "way", "step", "hops", "made", "source", "target", "relation", "time", "api", "how", "rule", "confidence",
    "event_ids",
)  # fmt: skip
RELATIONS = {"own": "its own", "assumed": "obtained", "issued": "was issued", "made": "made for somebody else"}


def people(answer: Path) -> Iterator[RenderableType]:
    """A headline, then each way from its start."""
    ends = f"from {clean(answer.start)} to {clean(answer.end)}"
    yield Line("", (f"{counted(answer.total, 'way')} {ends}", "name"))
    for way in answer.ways:
        yield Line("")
        yield from _way(way)
    if answer.total > len(answer.ways):
        yield Line("", f"{len(answer.ways):,} of {answer.total:,} shown; --limit shows more")
    if answer.perhaps:
        fits = f"{counted(answer.perhaps, 'session')} of the end may have come from the start"
        yield Line("", (f"{fits}: one of several callers that fit.", "open"))
    yield Line("")
    yield Line("", (clean(in_words(answer.sight)), "quiet"))


def _way(way: Way) -> Iterator[Line]:
    kind = ", through something made for somebody else (provenance, no chain)" if way.made else ""
    if not way.steps:
        yield Line("", _name(way.end), ": its own")
        return
    yield Line("", counted(way.hops, "hop"), ", ", (way.confidence, way.confidence), (kind, "open"))
    yield Line("  ", _name(way.start))
    for step in way.steps:
        yield _step(step)


def _step(step: PathStep) -> Line:
    how = words.ways(step.how, None) if step.how else step.api or ""
    return Line(
        "  └─ ", (f"{RELATIONS[step.relation]} ", "open" if step.relation == "made" else "quiet"), _name(step.target),
        f"  {moment(step.time)}", (f"  {clean(how)}", "quiet"),
        ("  " + " ".join(map(clean, step.event_ids[:2])), "quiet"), then="     ",
    )  # fmt: skip


def _name(node: str) -> str:
    """A node as people know it: the key, the session, the identity."""
    label, key = node.split(" ", 1)
    if label == "Credential":
        return clean(key.split(" ", 1)[0])
    return clean(session_key_of(node) or key)


def table(answer: Path) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each step of each way; one alone for a way without steps."""
    return COLUMNS, _rows(answer)


def _rows(answer: Path) -> Iterator[tuple[object, ...]]:
    for number, way in enumerate(answer.ways, 1):
        for position, step in enumerate(way.steps, 1):
            yield (
                number, position, way.hops, way.made, step.source, step.target, step.relation, step.time, step.api,
                step.how, step.rule, step.confidence, step.event_ids,
            )  # fmt: skip
        if not way.steps:
            yield (number, 0, 0, way.made, way.start, way.end, *(None,) * (len(COLUMNS) - 6))
