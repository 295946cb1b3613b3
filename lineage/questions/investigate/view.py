"""`investigate` as shown: a headline, what happened, whose credentials, then a section for every question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lineage.questions.investigate import AlertTold, Case, Group, Investigation, Section
from lineage.questions.registry import Row, blocks_of
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.view import origin_cells, whose
from lineage.questions.who import view as who
from lineage.render.blocks import Block, Cell, Facts, Fold, Grid, Heading, Inline, Items, Para, Span
from lineage.render.columns import detail, head, ids, line, number
from lineage.render.text import between, counted, moment

TITLES: Final[dict[str, str]] = {
    "session": "What was done with it",
    "timeline": "What happened, call by call",
    "role": "Who has assumed this role",
    "assumed": "Which roles were assumed",
    "services": "Services of the week before",
    "interesting": "Notable calls",
    "baseline": "Is this normal?",
    "new": "What is new",
    "volume": "Calls by the hour",
    "blast": "What came from it",
    "contain": "How to stop it",
    "denied": "What was refused",
    "from": "Seen from these addresses",
    "touched": "Who changed or read the resource",
    "names": "Do the session names of the role show who it was?",
    "coverage": "What the logs cover",
}
"""The question of each section, in words."""
OPEN = frozenset({"timeline", "contain"})
"""Sections that are not folded in HTML."""
COLUMNS = (
    "group", "what", "id", "time", "until", "api", "account", "region", "credentials_of", "origin_kind", "origin_id",
    "confidence", "how", "calls", "failed", "error", "note", "path", "index", "event_ids",
)  # fmt: skip


def title(answer: Investigation) -> str:
    """The headline of the whole report."""
    if len(answer.groups) == 1:
        return answer.groups[0].headline
    return counted(len(answer.groups), "group of alerts", "groups of alerts")


def blocks(answer: Investigation) -> Iterator[Block]:
    """The whole report, group by group."""
    for text in answer.passed_over:
        yield Para((Span("passed over: ", "quiet"), text))
    for position, group in enumerate(answer.groups, 1):
        found = list(_group(group, position))
        if len(answer.groups) == 1:
            yield from found
        else:
            yield Fold(group.headline, f"group-{position}", (_together(group),), found, open=position == 1)


def _together(group: Group) -> str:
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
    yield Fold("What happened", f"alert{many}", (_together(group),), list(_happened(group)), open=True)
    for position, case in enumerate(group.cases, 1):
        mark = f"{many}-{position}"
        if len(group.cases) > 1:
            yield Para((Span(f"Lead {position} of {len(group.cases)}: ", "quiet"), Span(case.ask, "key")))
        chains = [block for one in case.who for block in who.chain(one)]
        yield Fold("Whose credentials", f"who{mark}", _verdict(case), chains[len(case.who) == 1 :], open=True)
        for section in case.sections:
            yield _section(section, mark)
    yield Fold(
        "Events cited", f"events{many}", (counted(group.cited_total, "event"),),
        [
            Grid(
                "",
                (head("event", "whole", style="quiet"), head("time", "time"), head("operation", "whole"),
                 head("error", "whole", style="denied"), detail("account", "whole", lead=""), detail("region", lead=""),
                 line("file", lead="")),
                [
                    (one.event_id, moment(one.time), one.api, one.error, one.account, one.region,
                     f"{one.path or 'unknown file'}[{one.index}]")
                    for one in group.cited
                ],
                group.cited_total,
            )
        ],
    )  # fmt: skip


def _happened(group: Group) -> Iterator[Block]:
    for alert in group.alerts:
        yield Facts(list(_alert(alert)))
    yield Facts(list(_scope(group)))
    yield Grid(
        "Leads",
        (head("lead", "long", style="key"), detail("found by", lead=""), detail("confidence", lead=""),
         number("calls", "call"), line("whose", lead=""), line("note", lead="", style="open"), ids()),
        [
            (lead.ask, lead.how, Span(lead.confidence, lead.confidence), lead.calls, whose(lead.whose), lead.note,
             lead.event_ids)
            for lead in group.leads
        ],
        group.leads_total,
    )  # fmt: skip
    yield Grid(
        "Source addresses that are our own",
        (head("address", style="place"), detail("instance", lead="of "), detail("known from", "whole", lead="by "),
         detail("time", "time", lead=""), line("whose", lead=""), ids()),
        [
            (one.address, one.instance or "an instance that is not logged", one.api, moment(one.time),
             f"credentials of {one.credentials_of}", one.event_ids)
            for one in group.own_addresses
        ],
    )  # fmt: skip
    yield Grid(
        "Workloads that were started, changed or entered",
        (head("workload", "long"), line("whose", lead="")),
        [(one.resource, whose(one.whose)) for one in group.started],
    )
    if group.notes:
        yield Items([(Span(note, "open"),) for note in group.notes])


def _scope(group: Group) -> Iterator[tuple[str, Cell]]:
    """The scope of a group, how it came about, and how busy its first lead was in it and before."""
    yield "scope", f"{between(group.scope.since, group.scope.until)}, {_basis(group)}"
    for case in group.cases[:1]:
        yield "calls in it", _calls(case.calls, case.failed)
        yield "its last hour", _calls(case.last_hour.calls, case.last_hour.failed)
        yield "its last day", _calls(case.last_day.calls, case.last_day.failed)


def _alert(alert: AlertTold) -> Iterator[tuple[str, Cell]]:
    """What an alert says, name by name; a value may be empty."""
    name = {"ask": "asked for", "record": "event"}.get(alert.kind, "finding")
    yield name, (Span(alert.type or alert.id, "name"),)
    yield "title", alert.title
    yield "severity", alert.severity
    yield "activity", _activity(alert)
    yield "calls", alert.apis
    yield "error", alert.error
    yield "account and region", " ".join(filter(None, (alert.account, alert.region)))
    for actor in alert.actors:
        yield "key", Span(actor.access_key_id, "key") if actor.access_key_id else None
        yield "principal", " ".join(filter(None, (actor.user_type, actor.user_name, actor.principal_id)))
    yield "resources", [thing.arn or f"{thing.type} {thing.id}" for thing in alert.resources]
    yield "from", alert.source_ips
    yield "user agent", alert.user_agent
    yield "ID", alert.id if alert.type else None


def _activity(alert: AlertTold) -> str | None:
    if alert.first_seen is None:
        return None
    seen = between(alert.first_seen, alert.last_seen)
    return f"{seen}, {counted(alert.count, 'time')}" if alert.count else seen


def _basis(group: Group) -> str:
    side = f"{group.margin_seconds // 60} minutes" if group.margin_seconds % 60 == 0 else f"{group.margin_seconds} s"
    match group.scope.basis:
        case "asked":
            return "as asked for"
        case "alert":
            return f"the alert's own activity, {side} wider on either side and an hour at least"
    return f"the activity, {side} wider on either side and an hour at least"


def _calls(calls: int, failed: int) -> str:
    return f"{counted(calls, 'call')}, {failed:,} failed"


def _verdict(case: Case) -> Inline:
    if len(case.who) == 1:
        first = next(who.chain(case.who[0]))
        assert isinstance(first, Heading), "a chain begins with its verdict"
        return first.parts
    if not case.who:
        return ("the store holds no identity of it",)
    shown = "each is shown" if len(case.who) == case.who_total else f"{len(case.who):,} are shown"
    return (Span(f"{case.who_total:,} callers fit", "open"), f"; none is picked, {shown}")


def _section(section: Section, mark: str) -> Fold:
    question = section.question
    anchor = f"{question}{mark}"
    if section.answer is None or not section.found:
        sight = getattr(section.answer, "sight", None)
        seen = f" The answer is {in_words(sight)}." if sight is not None else ""
        note = Span(section.note, "open") if section.note else f"Nothing found.{seen}"
        return Fold(TITLES[question], anchor, ("nothing found",), [Para((note,))], name=question)
    found = list(blocks_of(section.answer))
    summary: Inline = ()
    # The line that says most, else the first, is next to the title, where it can be read without unfolding.
    lines = [one for one in found if isinstance(one, Para)]
    main = next((one for one in lines if one.main), lines[0] if lines and found[0] is lines[0] else None)
    if main is not None:
        found.remove(main)
        summary = main.parts
    return Fold(TITLES[question], anchor, summary, found, open=question in OPEN, name=question)


def rows(answer: Investigation) -> Iterator[Row]:
    """A row for each alert, lead, hop and cited event of each group, in this order."""
    for position, group in enumerate(answer.groups, 1):
        for alert in group.alerts:
            yield {
                **vars(alert), "group": position, "what": "alert", "time": alert.first_seen, "until": alert.last_seen,
                "api": alert.apis, "how": alert.type, "calls": alert.count, "note": alert.title,
            }  # fmt: skip
        for lead in group.leads:
            yield {**vars(lead), **origin_cells(lead.whose), "group": position, "what": "lead", "id": lead.ask}
        for case in group.cases:
            for one in case.who:
                for hop in one.hops:
                    about = {"id": hop.role_arn or hop.session.principal_id, "note": hop.session_name}
                    yield {
                        **vars(hop), **about, "group": position, "what": "hop", "account": hop.session.account
                    }  # fmt: skip
        for event in group.cited:
            yield {**vars(event), "group": position, "what": "event", "id": event.event_id}
