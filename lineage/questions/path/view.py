"""`path` as shown: each way as a ladder from its start."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.path import Path, PathStep, Way
from lineage.questions.registry import Row
from lineage.questions.shared import words
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.view import rests_on
from lineage.render.blocks import Block, Heading, Inline, Ladder, Para, Rung, Span
from lineage.render.text import counted, moment

COLUMNS = (
    "way", "step", "hops", "made", "source", "target", "relation", "time", "api", "how", "rule", "confidence",
    "event_ids",
)  # fmt: skip
RELATIONS = {"own": "its own", "assumed": "obtained", "issued": "was issued", "made": "created for another identity"}


def blocks(answer: Path) -> Iterator[Block]:
    """A headline, then each path from its start."""
    yield Para((Span(f"{counted(answer.total, 'path')} from {answer.start} to {answer.end}", "name"),))
    for way in answer.ways:
        yield from _way(way)
    if answer.total > len(answer.ways):
        yield Para((f"{len(answer.ways):,} of {answer.total:,} shown; --limit shows more",))
    if answer.perhaps:
        fits = f"{counted(answer.perhaps, 'session')} of the end may have come from the start"
        yield Para((Span(f"{fits}: it is one of several callers that fit.", "open"),))
    yield from rests_on(answer.sight)


def _way(way: Way) -> Iterator[Block]:
    made = ", through something created for another identity (provenance, not a chain)" if way.made else ""
    if not way.steps:
        yield Para((Span(_name(way.end), "name"), ": its own"))
        return
    sure = Span(way.confidence, way.confidence)
    yield Heading((Span(counted(way.hops, "hop"), "name"), ", ", sure, Span(made, "open")))
    yield Ladder([Rung((Span(_name(way.start), "name"),)), *map(_step, way.steps)])


def _step(step: PathStep) -> Rung:
    relation = Span(RELATIONS[step.relation], "open" if step.relation == "made" else "")
    how = f": {words.ways(step.how, None)}" if step.how else ""
    lines: list[Inline] = [(f"{moment(step.time)}  " if step.time else "", relation, how)]
    return Rung(
        (Span(_name(step.target), "name"),), (), [*lines, (step.api,)] if step.api else lines,
        [("event", step.event_ids)],
        (Span(step.confidence, step.confidence), Span(f"  rule {step.rule}" if step.rule else "", "quiet")),
    )  # fmt: skip


def _name(node: str) -> str:
    """A node as people know it: the key, the session, the identity."""
    label, key = node.split(" ", 1)
    if label == "Credential":
        return key.split(" ", 1)[0]
    return session_key_of(node) or key


def rows(answer: Path) -> Iterator[Row]:
    """A row for each step of each way; one alone for a way without steps."""
    for number, way in enumerate(answer.ways, 1):
        for position, step in enumerate(way.steps, 1):
            yield {"way": number, "step": position, **vars(step), "hops": way.hops, "made": way.made}
        if not way.steps:
            ends = {"source": way.start, "target": way.end}
            yield {"way": number, "step": 0, "hops": 0, "made": way.made, **ends}
