"""`interesting` for people: changes, sensitive reads and failures, each class apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from lineage.questions.interesting import Interesting, InterestingCall
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, span
from lineage.render.sessions import KINDS, foot, head, named, scope
from lineage.render.text import clean, counted

COLUMNS = (
    "class", "api", "error", "kind", "read_only", "techniques", "tactics", "count", "first", "last", "targets",
    "parameters", "event_ids",
)  # fmt: skip


def people(answer: Interesting) -> Iterable[RenderableType]:
    """Whose they are, then the three classes."""
    yield from head(answer.whose, answer.subject, answer.asked)
    yield Line("")
    yield Line("", (counted(answer.calls, "call"), "name"), f", {scope(answer.scope)}")
    yield from _class("changed or not a plain read", answer.changes, answer.changes_total, "change")
    yield from _class("sensitive reads", answer.sensitive, answer.sensitive_total, "sensitive")
    yield from _class("failed", answer.failed, answer.failed_total, "failed")
    if any(one.techniques for one in (*answer.changes, *answer.sensitive, *answer.failed)):
        yield Line("")
        said = f"Techniques: MITRE ATT&CK version {answer.attack_version}; everyday work has the same calls."
        yield Line("", (said, "quiet"))
    yield from foot(answer.sight, answer.truncated)


def _class(title: str, calls: Sequence[InterestingCall], total: int, kind: str) -> Iterable[RenderableType]:
    yield from heading(f"{title}: {total:,}")
    for one in calls:
        would = f" (would {'be a ' if one.kind != 'change' else ''}{one.kind})" if one.error else ""
        error = (f" {one.error}{would}" if one.error else "", "denied")
        yield Line("  ", f"{one.count:,}x ", (clean(one.api), KINDS[kind]), _clean(error), then="    ")
        for technique in one.techniques:
            text = f"{technique.id} {technique.name} ({', '.join(technique.tactics)})"
            yield Line("      ", (text, "open"), then="        ")
        yield Line("      ", f"{span(one.first, one.last)}  ", (events(one.event_ids), "quiet"), then="        ")
        yield from named("on", one.targets, one.targets_total)
        yield from named("with", one.parameters)
    yield from cut(len(calls), total)


def _clean(part: tuple[str, str]) -> tuple[str, str]:
    return clean(part[0]), part[1]


def table(answer: Interesting) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each operation and outcome."""
    return COLUMNS, _rows(answer)


def _rows(answer: Interesting) -> Iterable[tuple[object, ...]]:
    classes = (("change", answer.changes), ("sensitive", answer.sensitive), ("failed", answer.failed))
    for name, calls in classes:
        for one in calls:
            yield (
                name, one.api, one.error, one.kind, one.read_only, [technique.id for technique in one.techniques],
                sorted({tactic for technique in one.techniques for tactic in technique.tactics}), one.count, one.first,
                one.last, one.targets, one.parameters, one.event_ids,
            )  # fmt: skip
