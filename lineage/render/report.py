"""An investigation as a report: a headline, then sections, as blocks that Markdown and HTML write alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from lineage.questions.investigate import AlertTold, Case, Group, Investigation, Section
from lineage.render import report_calls, report_reach, report_roles, words
from lineage.render.blocks import Block, Facts, Fold, Grid, Inline, Items, Ladder, Para, Span
from lineage.render.report_roles import EVENTS, name
from lineage.render.text import counted, moment

TITLES: Final[dict[str, str]] = {
    "session": "What was done with it",
    "timeline": "What happened, call by call",
    "role": "Who has assumed this role",
    "assumed": "Which roles were assumed",
    "services": "Services of the week before",
    "interesting": "Calls worth a look",
    "baseline": "Is this normal?",
    "new": "What is new",
    "volume": "Calls by the hour",
    "blast": "What came from it",
    "contain": "How to stop it",
    "denied": "What was refused",
    "from": "Seen from these addresses",
    "touched": "Whose credentials touched the resource",
    "names": "Do the session names of the role tell who it was?",
    "coverage": "What the logs cover",
}
"""The question of each section, in words."""

PARTS: Final[dict[str, Callable[[Any], Iterator[Block]]]] = {
    "session": report_calls.session,
    "timeline": report_calls.timeline,
    "services": report_calls.services,
    "interesting": report_calls.interesting,
    "baseline": report_calls.baseline,
    "new": report_calls.new,
    "volume": report_calls.volume,
    "role": report_roles.role,
    "assumed": report_roles.assumed,
    "denied": report_roles.denied,
    "from": report_roles.from_,
    "touched": report_roles.touched,
    "names": report_roles.names,
    "blast": report_reach.blast,
    "contain": report_reach.contain,
    "coverage": report_reach.coverage,
}
"""What a section holds, by the stem of its question."""

OPEN = frozenset({"timeline", "contain"})
"""Sections that are not folded away."""


def title(answer: Investigation) -> str:
    """The headline of the whole report."""
    if len(answer.groups) == 1:
        return answer.groups[0].headline
    return counted(len(answer.groups), "group of alerts", "groups of alerts")


def report(answer: Investigation) -> Iterator[Block]:
    """The whole report, group by group."""
    for line in answer.passed_over:
        yield Para((Span("passed over: ", "quiet"), line))
    for number, group in enumerate(answer.groups, 1):
        blocks = list(_group(group, number))
        if len(answer.groups) == 1:
            yield from blocks
        else:
            yield Fold(group.headline, f"group-{number}", (together(group),), blocks, open=number == 1, level=2)


def together(group: Group) -> str:
    """What a group's alerts have in common, in words."""
    count = counted(len(group.alerts), "alert")
    match group.why:
        case "attack sequence":
            return f"{count} of one attack sequence"
        case "chain":
            return f"{count} about one chain"
        case "origin":
            return f"{count} with credentials of one origin"
    return count


def _group(group: Group, number: int) -> Iterator[Block]:
    many = f"-{number}"
    yield Fold("What happened", f"alert{many}", (together(group),), list(_happened(group)), open=True)
    for position, case in enumerate(group.cases, 1):
        mark = f"{many}-{position}"
        if len(group.cases) > 1:
            yield Para((Span(f"Lead {position} of {len(group.cases)}: ", "quiet"), Span(case.ask, "key")))
        yield Fold("Whose credentials", f"who{mark}", whose(case), [Ladder(one) for one in case.who], open=True)
        for section in case.sections:
            yield _section(section, mark)
    yield Fold(
        "Events cited", f"events{many}", (counted(group.cited_total, "event"),),
        [
            Grid(
                "", (EVENTS, "time", "operation", "account", "region", "error", "file", "index>"),
                [
                    (one.event_id, moment(one.time), one.api, one.account, one.region, one.error, one.path, one.index)
                    for one in group.cited
                ],
                group.cited_total,
            )
        ],
    )  # fmt: skip


def _happened(group: Group) -> Iterator[Block]:
    for alert in group.alerts:
        yield Facts(list(alert_facts(alert)))
    yield Facts(list(scope_facts(group)))
    yield Grid(
        "Led to", ("lead", "found by", "how surely", "calls>", "credentials of", "note", EVENTS),
        [
            (lead.ask, lead.how, lead.confidence, lead.calls, name(lead.whose), lead.note, lead.event_ids)
            for lead in group.leads
        ],
        group.leads_total,
    )  # fmt: skip
    yield Grid(
        "Source addresses of our own", ("address", "instance", "known from", "time", "call by credentials of", EVENTS),
        [
            (one.address, one.instance or "not logged", one.api, moment(one.time), one.credentials_of, one.event_ids)
            for one in group.own_addresses
        ],
    )  # fmt: skip
    yield Grid(
        "Workloads, and with whose credentials they were started, changed or entered", ("workload", "credentials of"),
        [(one.resource, name(one.whose)) for one in group.started],
    )  # fmt: skip
    if group.notes:
        yield Items([(Span(note, "open"),) for note in group.notes])


def scope_facts(group: Group) -> Iterator[tuple[str, object]]:
    """The scope of a group, how it came about, and how busy its first lead was in it and before."""
    scope = group.scope
    yield "scope", f"{moment(scope.since)} to {moment(scope.until)}, {_basis(group)}"
    for case in group.cases[:1]:
        yield "calls in it", _calls(case.calls, case.failed)
        yield "its last hour", _calls(case.last_hour.calls, case.last_hour.failed)
        yield "its last day", _calls(case.last_day.calls, case.last_day.failed)


def alert_facts(alert: AlertTold) -> Iterator[tuple[str, object]]:
    """What an alert says, name by name; a value may be empty."""
    yield {"ask": "asked for", "record": "event"}.get(alert.kind, "finding"), alert.type or alert.id
    yield "title", alert.title
    yield "severity", alert.severity
    yield "activity", _activity(alert)
    yield "calls", alert.apis
    yield "error", alert.error
    yield "account and region", " ".join(filter(None, (alert.account, alert.region)))
    for actor in alert.actors:
        yield "key", actor.access_key_id
        yield "principal", " ".join(filter(None, (actor.user_type, actor.user_name, actor.principal_id)))
    yield "resources", [thing.arn or f"{thing.type} {thing.id}" for thing in alert.resources]
    yield "from", alert.source_ips
    yield "user agent", alert.user_agent
    yield "ID", alert.id if alert.type else None


def _activity(alert: AlertTold) -> str | None:
    if alert.first_seen is None:
        return None
    span = moment(alert.first_seen)
    if alert.last_seen not in (None, alert.first_seen):
        span += f" to {moment(alert.last_seen)}"
    return f"{span}, {counted(alert.count, 'time')}" if alert.count else span


def _basis(group: Group) -> str:
    """How the scope came about."""
    side = f"{group.margin_seconds // 60} minutes" if group.margin_seconds % 60 == 0 else f"{group.margin_seconds} s"
    match group.scope.basis:
        case "asked":
            return "as asked for"
        case "alert":
            return f"the alert's own activity, {side} wider on either side and an hour at least"
    return f"the activity, {side} wider on either side and an hour at least"


def _calls(calls: int, failed: int) -> str:
    return f"{counted(calls, 'call')}, {failed:,} failed"


def whose(case: Case) -> Inline:
    """The verdict on a lead in one line."""
    if len(case.who) == 1:
        one = case.who[0]
        return (Span(words.verdict(one), "name"), " — ", Span(one.confidence, one.confidence),
                Span(f": {words.basis(one)}", "quiet"))  # fmt: skip
    if not case.who:
        return ("nobody: the store holds no identity of it",)
    shown = "each is shown" if len(case.who) == case.who_total else f"{len(case.who):,} are shown"
    return (Span(f"{case.who_total:,} callers fit", "open"), f"; none is picked, {shown}")


def _section(section: Section, mark: str) -> Fold:
    question = section.question
    blocks: list[Block] = []
    if section.answer is not None and section.found:
        blocks = list(PARTS[question](section.answer))
    elif section.note:
        blocks = [Para((Span(section.note, "open"),))]
    else:
        blocks = [Para(("Nothing found.", *_seen(section)))]
    if section.answer is None or not section.found:
        return Fold(TITLES[question], f"{question}{mark}", ("nothing found",), blocks)
    summary: Inline = ()
    if blocks and isinstance(blocks[0], Para):
        # The first line stands beside the title, where it can be read without unfolding.
        summary, blocks = blocks[0].parts, blocks[1:]
    return Fold(TITLES[question], f"{question}{mark}", summary, blocks, open=question in OPEN)


def _seen(section: Section) -> Inline:
    """What a silence rests on."""
    from lineage.questions.shared.log_coverage import in_words

    looked = getattr(section.answer, "sight", None)
    return (f" That {in_words(looked)}.",) if looked is not None else ()
