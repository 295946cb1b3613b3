"""`hunt` as shown: findings under their rules, each rule with what it cannot see."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.hunt import Hunt
from lineage.questions.registry import Row
from lineage.questions.shared.view import origin_cells, rests_on
from lineage.render.blocks import Block, Grid, Heading, Para, Span
from lineage.render.columns import head, ids, line, span
from lineage.render.text import counted

COLUMNS = (
    "rule", "statement", "credentials_of", "origin_kind", "origin_id", "origin_confidence", "confidence", "subject",
    "account", "count", "first", "last", "event_ids",
)  # fmt: skip


def blocks(answer: Hunt) -> Iterator[Block]:
    """Each rule that found something, with its limits and findings; then those that found nothing."""
    rules = [rule for rule in answer.rules if rule.total]
    found = f"{counted(answer.total, 'finding')} by {counted(len(rules), 'rule')}"
    yield Para((Span(found, "name"), ": a finding is a lead, not a verdict"))
    for rule in rules:
        yield Heading((f"{rule.title} ({rule.name}): {rule.total:,}",))
        yield Para((Span(f"limits: {rule.limits}", "quiet"),), indent=1)
        yield Grid(
            "",
            (head("when", "time", style="name"), head("account", "whole", lead="account "), head("confidence"),
             line("finding", lead=""), ids()),
            [
                (span(one.first, one.last), one.account, Span(one.confidence, one.confidence), one.statement,
                 one.event_ids)
                for one in answer.findings
                if one.rule == rule.name
            ],
            rule.total,
        )  # fmt: skip
    quiet = [rule.name for rule in answer.rules if not rule.total]
    if quiet:
        yield Para((f"nothing found by {', '.join(quiet)}",))
    yield from rests_on(answer.sight)


def rows(answer: Hunt) -> Iterator[Row]:
    """A row for each finding."""
    for one in answer.findings:
        origin = origin_cells(one.whose)
        yield {**origin, **vars(one), "origin_confidence": origin.get("confidence")}
