"""`denied` for people: refused assumptions, bursts, and all refused operations."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.denied import Burst, Denied, RefusedCaller
from lineage.questions.shared.log_coverage import in_words
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, origin, span
from lineage.render.text import clean, counted, moment

OPERATIONS_SHOWN = 10
COLUMNS = (
    "what", "credentials_of", "origin_kind", "origin_id", "confidence", "target", "error", "count", "first", "last",
    "success", "success_event_ids", "event_ids",
)  # fmt: skip


def people(answer: Denied) -> Iterable[RenderableType]:
    """Assumptions, bursts, operations; under each what follows from nothing found."""
    when = f" {span(answer.scope.since, answer.scope.until)}" if answer.scope else ""
    yield Line("", (counted(answer.calls, "refused call"), "name"), when)
    yield from heading(f"refused assumptions: {counted(answer.assumptions_total, 'caller')}")
    for caller in answer.assumptions:
        yield from _caller(caller)
    yield from cut(len(answer.assumptions), answer.assumptions_total)
    yield from heading(f"bursts: {answer.bursts_total:,}")
    yield Line("  ", (answer.rule, "quiet"))
    for burst in answer.bursts:
        yield from _burst(burst)
    yield from cut(len(answer.bursts), answer.bursts_total)
    yield from heading(f"refused operations: {answer.operations_total:,}")
    for one in answer.operations:
        yield Line(
            "  ", (f"{one.count:,}x ", "name"), clean(one.api), (f" ({clean(one.error)})", "denied"), " ",
            *origin(one.whose), then="    ",
        )  # fmt: skip
        yield Line("    ", (f"{span(one.first, one.last)}  {events(one.event_ids)}", "quiet"))
    yield from cut(len(answer.operations), answer.operations_total)
    if answer.sight is not None:
        yield Line("")
        yield Line("", (in_words(answer.sight), "quiet"))


def _caller(one: RefusedCaller) -> Iterable[RenderableType]:
    yield Line("  ", (counted(one.count, "refusal"), "denied"), " ", *origin(one.whose), then="    ")
    for role in one.roles:
        yield Line(
            "    ", f"{role.count:,}x ", (clean(role.role_arn), "key"), f" ({clean(', '.join(role.errors))}), ",
            span(role.first, role.last), then="      ",
        )  # fmt: skip
        if role.success is not None:
            granted = f"granted at {moment(role.success.time)}  {events(role.success.event_ids)}"
            yield Line("      ", (granted, "open"), then="        ")
    yield from cut(len(one.roles), one.roles_total)


def _burst(one: Burst) -> Iterable[RenderableType]:
    many = f"{counted(one.count, 'refusal')} in {counted(one.operations_total, 'operation')} of "
    services = counted(len(one.services), "service")
    when = f", {span(one.first, one.last)} "
    yield Line("  ", (f"{many}{services}", "denied"), when, *origin(one.whose), then="    ")
    told = ", ".join(f"{counts.value} {counts.calls:,}x" for counts in one.operations[:OPERATIONS_SHOWN])
    more = ", …" if one.operations_total > OPERATIONS_SHOWN else ""
    yield Line("    ", clean(told) + more)
    yield Line("    ", f"{counted(one.succeeded, 'call')} of the same credentials meanwhile went well")
    yield Line("    ", (events(one.event_ids), "quiet"))


def table(answer: Denied) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each refused role, burst and operation."""
    return COLUMNS, _rows(answer)


def _rows(answer: Denied) -> Iterable[tuple[object, ...]]:
    for caller in answer.assumptions:
        whose = caller.whose
        head = ("assumption", whose.person or whose.name, whose.kind, whose.id, whose.confidence)
        for role in caller.roles:
            after = (role.success.time, role.success.event_ids) if role.success else (None, None)
            yield (*head, role.role_arn, role.errors, role.count, role.first, role.last, *after, role.event_ids)
    for burst in answer.bursts:
        whose = burst.whose
        head = ("burst", whose.person or whose.name, whose.kind, whose.id, whose.confidence)
        yield (*head, burst.services, None, burst.count, burst.first, burst.last, None, None, burst.event_ids)
    for one in answer.operations:
        whose = one.whose
        head = ("operation", whose.person or whose.name, whose.kind, whose.id, whose.confidence)
        yield (*head, one.api, one.error, one.count, one.first, one.last, None, None, one.event_ids)
