"""`denied` as shown: refused assumptions, bursts, and all refused operations."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.denied import Burst, Denied
from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, matched, origin_cells, rests_on, whose
from lineage.render.blocks import Block, Cell, Grid, Para, Some, Span
from lineage.render.columns import detail, head, ids, line, number, span, times, when
from lineage.render.text import between, counted, moment

OPERATIONS_SHOWN = 10
ROLES_SHOWN = 10
WHAT = {"permissions": "burst", "roles": "role enumeration"}
COLUMNS = (
    "what", "credentials_of", "origin_kind", "origin_id", "confidence", "target", "error", "count", "first", "last",
    "success", "success_event_ids", "event_ids",
)  # fmt: skip


def blocks(answer: Denied) -> Iterator[Block]:
    """Assumptions, bursts, operations."""
    yield from heading(answer.subject)
    seen = f", {between(answer.scope.since, answer.scope.until)}" if answer.scope else ""
    yield Para((
        Span(counted(answer.calls, "refused call"), "name"),
        f"{seen}; {counted(answer.callers, 'caller')} refused a role, "
        f"{counted(answer.bursts_total, 'burst')}",
    ), main=True)  # fmt: skip
    yield from matched(answer.subject)
    yield Para((Span(answer.rule, "quiet"),))
    yield Grid(
        f"refused assumptions: {counted(answer.callers, 'caller')}",
        (number("refusals", "refusal", style="denied", first=True), head("whose"), line("role", lead="", style="key"),
         number("times", "time"), detail("errors", lead="", style="denied"), when(), ids(),
         line("granted", lead="granted at ", style="open")),
        [
            (caller.count, whose(caller.whose), role.role_arn, role.count, role.errors, span(role.first, role.last),
             role.event_ids,
             f"{moment(role.success.time)}  {' '.join(role.success.event_ids)}" if role.success else None)
            for caller in answer.assumptions
            for role in caller.roles
        ],
        sum(caller.roles_total for caller in answer.assumptions),
    )  # fmt: skip
    if answer.assumptions_total > len(answer.assumptions):
        told = f"callers in {len(answer.assumptions):,} of {answer.assumptions_total:,} lines shown"
        yield Para((Span(told, "quiet"),))
    yield Grid(
        f"bursts: {answer.bursts_total:,}",
        (number("refused", "refusal", style="denied", first=True), head("whose"), detail("kind", lead="", style="open"),
         number("operations", "operation"), detail("services", lead="in "), when(),
         line("roles", lead="", style="key", few=ROLES_SHOWN), detail("refused calls", lead=""),
         line("succeeded meanwhile", lead="meanwhile succeeded: "), ids()),
        [_burst(one) for one in answer.bursts],
        answer.bursts_total,
    )  # fmt: skip
    yield Grid(
        f"refused operations: {answer.operations_total:,}",
        (times(), head("operation", "whole"), head("error", "whole", style="denied"), detail("whose", lead=""),
         when(), ids()),
        [
            (one.count, one.api, one.error, whose(one.whose), span(one.first, one.last), one.event_ids)
            for one in answer.operations
        ],
        answer.operations_total,
    )  # fmt: skip
    yield from rests_on(answer.sight, answer.truncated)


def _burst(one: Burst) -> tuple[Cell, ...]:
    kind = f"role enumeration: {counted(one.roles_total, 'role')}" if one.kind == "roles" else None
    calls = [f"{counts.value} {counts.calls:,}x" for counts in one.operations]
    return (
        one.count, whose(one.whose), kind, one.operations_total, one.services, span(one.first, one.last),
        Some(one.roles, one.roles_total, ROLES_SHOWN), Some(calls, one.operations_total, OPERATIONS_SHOWN),
        counted(one.succeeded, "call"), one.event_ids,
    )  # fmt: skip


def rows(answer: Denied) -> Iterator[Row]:
    """A row for each refused role, burst and operation."""
    for caller in answer.assumptions:
        for role in caller.roles:
            after = {"success": role.success.time, "success_event_ids": role.success.event_ids} if role.success else {}
            yield {"what": "assumption", **origin_cells(caller.whose), **vars(role), "target": role.role_arn,
                   "error": role.errors, "success": None, **after}  # fmt: skip
    for burst in answer.bursts:
        yield {
            "what": WHAT[burst.kind],
            **origin_cells(burst.whose),
            **vars(burst),
            "target": burst.roles or burst.services,
        }
    for one in answer.operations:
        yield {"what": "operation", **origin_cells(one.whose), **vars(one), "target": one.api}
