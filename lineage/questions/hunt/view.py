"""`hunt` for people: findings under their rules, each rule with what it cannot see."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.hunt import Finding, Hunt
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading
from lineage.render.text import clean, counted, moment

COLUMNS = (
    "rule", "statement", "credentials_of", "origin_kind", "origin_id", "origin_confidence", "confidence", "subject",
    "account", "count", "first", "last", "event_ids",
)  # fmt: skip


def people(answer: Hunt) -> Iterable[RenderableType]:
    """Each rule that found something, with its findings and limits; then those that found nothing."""
    rules = [rule for rule in answer.rules if rule.total]
    yield Line("", (f"{counted(answer.total, 'finding')} of {counted(len(rules), 'rule')}", "name"), ": a finding is "
               "something to look at, no verdict")  # fmt: skip
    for rule in rules:
        yield from heading(f"{rule.title} ({rule.name}): {rule.total:,}")
        for one in answer.findings:
            if one.rule == rule.name:
                yield from _finding(one)
        yield from cut(rule.shown, rule.total)
        yield Line("  ", (f"limits: {rule.limits}", "quiet"))
    quiet = [rule.name for rule in answer.rules if not rule.total]
    if quiet:
        yield Line("")
        yield Line("", f"nothing found by {', '.join(quiet)}")
    yield Line("")
    yield Line("", (in_words(answer.sight), "quiet"))


def _finding(one: Finding) -> Iterable[RenderableType]:
    sure: tuple[str | tuple[str, str], ...] = () if one.confidence == "EXACT" else ("  ", (one.confidence,) * 2)
    account = f"  account {clean(one.account)}" if one.account else ""
    yield Line("  ", (f"{moment(one.first)}", "name"), account, *sure)
    yield Line("    ", clean(one.statement), then="      ")
    yield Line("    ", (events(one.event_ids), "quiet"))


def table(answer: Hunt) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each finding."""
    return COLUMNS, (_row(one) for one in answer.findings)


def _row(one: Finding) -> tuple[object, ...]:
    whose = one.whose
    told = (whose.person or whose.name, whose.kind, whose.id, whose.confidence) if whose else (None,) * 4
    return (
        one.rule, one.statement, *told, one.confidence, one.subject, one.account, one.count, one.first, one.last,
        one.event_ids,
    )  # fmt: skip
