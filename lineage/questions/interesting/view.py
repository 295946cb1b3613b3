"""`interesting` as shown: changes, sensitive reads and failures, each class apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lineage.questions.interesting import Interesting, InterestingCall
from lineage.questions.registry import Row
from lineage.questions.shared.view import CALL_STYLES, LONG, own_calls_only, rests_on, scope, subject
from lineage.render.blocks import Block, Cell, Grid, Para, Some, Span
from lineage.render.columns import head, ids, line, span, times, when
from lineage.render.text import counted

COLUMNS = (
    "class", "api", "error", "kind", "read_only", "techniques", "tactics", "count", "first", "last", "targets",
    "parameters", "event_ids",
)  # fmt: skip


def blocks(answer: Interesting) -> Iterator[Block]:
    """Whose they are, then the three classes."""
    yield from subject(answer.whose, answer.subject, answer.asked)
    counts = (
        f"{counted(answer.changes_total, 'change')}, {counted(answer.sensitive_total, 'sensitive read')}, "
        f"{counted(answer.failed_total, 'failure')}"
    )
    yield Para(
        (Span(counted(answer.calls, "call"), "name"), f", {scope(answer.scope)}; by operation: {counts}"), main=True
    )
    classes = (
        ("changed or not a plain read", answer.changes, answer.changes_total, "change"),
        ("sensitive reads", answer.sensitive, answer.sensitive_total, "sensitive"),
        ("failed", answer.failed, answer.failed_total, "failed"),
    )
    yield from (_class(f"{title}: {total:,}", calls, total, kind) for title, calls, total, kind in classes)
    if any(one.techniques for _, calls, _, _ in classes for one in calls):
        said = f"Techniques: MITRE ATT&CK version {answer.attack_version}; everyday work has the same calls."
        yield Para((Span(said, "quiet"),))
    yield from own_calls_only(answer.subject, answer.asked)
    yield from rests_on(answer.sight, answer.truncated)


def _class(caption: str, calls: Sequence[InterestingCall], total: int, kind: str) -> Grid:
    return Grid(
        caption,
        (times("calls"), head("operation", "whole", style=CALL_STYLES[kind]), head("error", "whole", style="denied"),
         when(), ids(), line("MITRE ATT&CK", lead="", style="open"), line("resources", lead="on "),
         line("requests", lead="with ")),
        [_call(one) for one in calls],
        total,
    )  # fmt: skip


def _call(one: InterestingCall) -> tuple[Cell, ...]:
    would = f" (would {'be a ' if one.kind != 'change' else ''}{one.kind})"
    return (
        one.count, one.api, f"{one.error}{would}" if one.error else None, span(one.first, one.last), one.event_ids,
        [f"{known.id} {known.name} ({', '.join(known.tactics)})" for known in one.techniques],
        Some([Span(target, "", LONG) for target in one.targets], one.targets_total),
        [Span(text, "", LONG) for text in one.parameters],
    )  # fmt: skip


def rows(answer: Interesting) -> Iterator[Row]:
    """A row for each operation and outcome."""
    for name, calls in (("change", answer.changes), ("sensitive", answer.sensitive), ("failed", answer.failed)):
        for one in calls:
            tactics = sorted({tactic for technique in one.techniques for tactic in technique.tactics})
            yield {"class": name, **vars(one), "techniques": [technique.id for technique in one.techniques],
                   "tactics": tactics}  # fmt: skip
