"""The picture of `path`: every path from one identity to another, the first highlighted."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.draw.labels import command
from lineage.draw.sheet import Drawing, Known, Sheet
from lineage.model.operations import operation_of
from lineage.questions.path import Path
from lineage.questions.trace.picture import HANGS, grant_facts, lead, link_type


def refs(answer: Path) -> Iterator[str]:
    """The nodes that the picture names."""
    for way in answer.ways:
        yield way.start
        for step in way.steps:
            yield from (step.source, step.target)


def above(answer: Path) -> list[str]:
    """The nodes whose origins the picture also needs."""
    return list(dict.fromkeys(way.start for way in answer.ways))


def draw(answer: Path, known: Known) -> Drawing:
    """The ways, a link for each step."""
    sheet = Sheet(known)
    for number, way in enumerate(answer.ways):
        lit = number == 0
        lead(sheet, way.start, lit=False)
        sheet.of_ref(way.start, lit=lit)
        for step in way.steps:
            sheet.of_ref(step.target, lit=lit)
            sheet.link(
                step.source, step.target, link_type(step.relation, step.target),
                label=HANGS.get(step.relation) or operation_of(step.api or ""), confidence=step.confidence,
                beside=step.relation == "made", lit=lit, first=step.time, events=step.event_ids,
                **{**grant_facts(sheet.way(step.source, step.target), step.how), "api": step.api, "rule": step.rule},
            )  # fmt: skip
    notes = []
    if answer.total > len(answer.ways):
        notes.append(f"{len(answer.ways):,} of {answer.total:,} paths are drawn, shortest first; --limit draws more.")
    if answer.perhaps:
        notes.append(f"{answer.perhaps:,} sessions of the end fit several callers, one of them from the start.")
    about = command("path", answer.start, answer.end) or "lineage path"
    return Drawing(sheet, f"From {answer.start} to {answer.end}", about, notes)
