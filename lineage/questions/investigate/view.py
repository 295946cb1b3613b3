"""`investigate` as shown: a headline, what happened, whose credentials, then a section for every question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from lineage.model.errors import BadUse
from lineage.questions.investigate import (
    AlertTold,
    Case,
    DoneStep,
    Group,
    Investigation,
    PlaceTold,
    Provenanced,
    Section,
    Summary,
    ThreatTold,
    Where,
    Working,
)  # fmt: skip
from lineage.questions.investigate.summary import STEPS, origins, whose_of
from lineage.questions.registry import Row, blocks_of
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.models import Model, Whose
from lineage.questions.shared.view import origin_cells, up_to, whose
from lineage.questions.who import Who
from lineage.questions.who import view as who
from lineage.render.blocks import (
    Block,
    Cell,
    Code,
    Drawing,
    Facts,
    Fold,
    Grid,
    Heading,
    Inline,
    Items,
    Para,
    Span,
)  # fmt: skip
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
DRAWN: Final[dict[str, str]] = {"who": "The chain, drawn", "blast": "What came from it, drawn"}
"""What is drawn of a case, by question."""
Drawings = Mapping[tuple[int, int, str], str]
"""SVG by position of the group and of the case, and by question."""
SECTION = 2
"""The level of sections."""
SESSIONS_SHOWN = 20
COLUMNS = (
    "group", "what", "id", "time", "until", "api", "account", "region", "credentials_of", "origin_kind", "origin_id",
    "confidence", "how", "calls", "failed", "error", "note", "path", "index", "event_ids",
)  # fmt: skip


def title(answer: Investigation) -> str:
    """The headline of the whole report."""
    if len(answer.groups) == 1:
        return answer.groups[0].headline
    return counted(len(answer.groups), "group of alerts", "groups of alerts")


def blocks(answer: Investigation, drawings: Drawings = {}) -> Iterator[Block]:  # noqa: B006 - it is only read
    """The whole report, group by group: the summary, then the sections."""
    for text in answer.passed_over:
        yield Para((Span("passed over: ", "quiet"), text))
    for position, group in enumerate(answer.groups, 1):
        found = list(_group(group, position, drawings))
        if len(answer.groups) == 1:
            yield from found
        else:
            yield Fold(group.headline, f"group-{position}", (_together(group),), found, open=position == 1)


def _summary(told: Summary) -> Iterator[Block]:
    """What the report says first, line by line, and the first steps with their commands."""
    yield Facts([
        ("who", [_who(one) for one in told.who]),
        ("provenance", [_made(one) for one in told.provenance]),
        ("from", [_from(one) for one in told.where]),
        ("about", [f"{one.resource}: {one.told or 'no call about it is loaded'}" for one in told.affected]),
        ("unusual?", list(told.unusual)),
    ])  # fmt: skip
    if told.done:
        most = f": the {len(told.done)} main steps of {told.done_total:,}" if told.done_total > STEPS else ""
        yield Heading((f"What was done{most}",))
        yield Items([_done(one) for one in told.done])
    if told.at:
        yield Heading((f"What works at {moment(told.at)}",))
        more = told.works_total - len(told.works)
        lines = [_works(one) for one in told.works] or [("nothing, as far as the logs show",)]
        yield Items([*lines, *([(f"and {more:,} more",)] if more else [])])
    if told.first:
        yield Heading(("What to do first",))
        for step in told.first:
            where = (f"in account {step.account}",) if step.account else ()
            inner: list[Block] = [Code("\n".join(step.commands))] if step.commands else [Para((step.note or "",))]
            yield Fold(f"{step.number}. {step.title}", "", where, inner, open=True, level=4)
        plans = list(dict.fromkeys(step.plan for step in told.first))
        yield Para((Span(f"The whole plan: {'; '.join(plans)}", "quiet"),))
    if told.unknown:
        yield Heading(("What is not known",))
        yield Items([(line,) for line in told.unknown])


def _who(one: Whose) -> Inline:
    through = f", through {', '.join(one.chain[1:])}" if len(one.chain) > 1 else ""
    return (*whose(one), through)


def _made(one: Provenanced) -> Inline:
    sure = "" if one.confidence == "EXACT" else f" {one.confidence}"
    ask = f"; was it intended? lineage investigate {one.event_id}" if one.event_id else ""
    return (Span(f"{one.what} {moment(one.time)} with credentials of {one.by}{sure}", "open"), ask)


def _from(one: Where) -> str:
    parts = (
        f"{located(one.place)} by the alert" if one.place else "", f"it was {one.own}" if one.own else "",
        counted(one.calls, "call") if one.calls else "",
    )  # fmt: skip
    return ": ".join(filter(None, (one.address, "; ".join(filter(None, parts)))))


def _done(one: DoneStep) -> Inline:
    often = f" ({one.count:,} times, until {moment(one.until)})" if one.count > 1 else ""
    return (Span(f"{moment(one.time)}  ", "quiet"), Span(one.text, "denied" if one.refused else ""), often)


def _works(one: Working) -> Inline:
    account = f" in {one.account}" if one.account else ""
    until = f" until {moment(one.until)}" if one.until else ""
    made = ", made for another user" if one.made else ""
    other = ", of the same origin but not part of this" if one.same_origin else ""
    may = Span(" (may work)" if one.live == "unknown" else "", "open")
    return (f"{one.what} ", Span(one.name, "key"), f"{account}{until}{made}{other}", may)


def drawn(case: Case) -> dict[str, Model]:
    """The answers of a case that are drawn, by question."""
    chain = Who(
        asked=case.ask, kind="session", found=bool(case.who), total=case.who_total,
        truncated=len(case.who) < case.who_total, answers=case.who,
    )  # fmt: skip
    blast = next((one.answer for one in case.sections if one.question == "blast" and one.found), None)
    return {"who": chain} | ({"blast": blast} if blast is not None else {})


def brief(content: Iterable[Block], wanted: Collection[str]) -> Iterator[Block]:
    """The blocks for a terminal: the sections that are wanted, and of all others their names and results.

    Raises `BadUse` for a section that is not there.
    """
    listed = list(content)
    names = {one.name for one in _folds(listed)}
    if missing := [name for name in wanted if name not in names]:
        raise BadUse(f"--section {missing[0]}: not in this report; its sections are: {', '.join(sorted(names))}")
    yield from _brief(listed, wanted)


def _folds(content: Iterable[Block]) -> Iterator[Fold]:
    """The sections, also those of several groups."""
    for block in content:
        if isinstance(block, Fold) and block.level == SECTION:
            yield from [block] if block.name else _folds(block.blocks)


def _brief(content: Iterable[Block], wanted: Collection[str]) -> Iterator[Block]:
    rest: list[tuple[str, Cell]] = []
    for block in content:
        if not isinstance(block, Fold) or block.level != SECTION or block.name in wanted:
            yield block
        elif block.name:
            rest.append((block.name, [(Span(f"{block.title}  ", "quiet"), *block.summary)]))
        else:
            yield block._replace(blocks=list(_brief(block.blocks, wanted)))
    if rest:
        yield Heading(("Sections: --section NAME shows one, --all shows all",))
        yield Facts(rest)


def _together(group: Group) -> str:
    asks = all(alert.kind == "ask" for alert in group.alerts)
    count = counted(len(group.alerts), "ask" if asks else "alert")
    match group.why:
        case "attack sequence":
            return f"{count} of one attack sequence"
        case "chain":
            return f"{count} about one chain"
        case "origin":
            return f"{count} with credentials of one origin"
    return count


def _group(group: Group, number: int, drawings: Drawings) -> Iterator[Block]:
    many = f"-{number}"
    if group.summary is not None:
        yield from _summary(group.summary)
        yield from up_to(group.sight.newest, group.sight.loaded_at)
    yield Fold("What happened", f"alert{many}", (_together(group),), list(_happened(group)), name="alert")
    for position, case in enumerate(group.cases, 1):
        mark = f"{many}-{position}"
        for what, title in DRAWN.items():
            if drawing := drawings.get((number - 1, position - 1, what)):
                yield Fold(title, f"drawing-{what}{mark}", (), [Drawing(drawing)], open=what == "who")
        if len(group.cases) > 1:
            yield Para((Span(f"Lead {position} of {len(group.cases)}: ", "quiet"), Span(case.ask, "key")))
        yield Fold("Whose credentials", f"who{mark}", _verdict(case), _whose(case), name="who")
        seen: Counter[str] = Counter()
        for section in case.sections:
            seen[section.question] += 1
            often = seen[section.question]
            yield _section(section, mark if often == 1 else f"{mark}-{often}")
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
        name="events",
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
        yield "calls in the scope", _calls(case.calls, case.failed)
        yield "last hour of the scope", _calls(case.last_hour.calls, case.last_hour.failed)
        yield "24 hours to its end", _calls(case.last_day.calls, case.last_day.failed)


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
    yield "counted", [f"{one.count:,}x {one.api}" for one in alert.counts]
    yield "resources", [thing.arn or f"{thing.type} {thing.id}" for thing in alert.resources]
    yield "affected", [thing.arn or f"{thing.type} {thing.id}" for thing in alert.affected]
    places = {place.address: place for place in alert.places}
    yield "from", [f"{one}: {located(places[one])}" if one in places else one for one in alert.source_ips]
    yield "threat list", [_listed(threat) for threat in alert.threats]
    yield "user agent", alert.user_agent
    yield "ID", alert.id if alert.type else None


def located(place: PlaceTold) -> str:
    """Where an address is and whose network it is in.

    >>> located(PlaceTold(address="198.51.100.23", country="Netherlands", city="Amsterdam", asn="64496", owner="E"))
    'Amsterdam, Netherlands, E (AS64496)'
    """
    system = f"AS{place.asn.removeprefix('AS')}" if place.asn else ""
    network = f"{place.owner} ({system})" if place.owner and system else place.owner or system
    return ", ".join(filter(None, (place.city, place.country, network)))


def _listed(threat: ThreatTold) -> str:
    names = ", ".join(threat.names)
    return f"{threat.list_name}: {names}" if threat.list_name and names else threat.list_name or names


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
            return f"the alert's own activity, {side} wider on either side and at least an hour"
    return f"the activity, {side} wider on either side and at least an hour"


def _calls(calls: int, failed: int) -> str:
    return f"{counted(calls, 'call')}, {failed:,} failed"


def _whose(case: Case) -> list[Block]:
    """The chain of each caller; of several sessions a line each."""
    if not case.several:
        return [block for one in case.who for block in who.chain(one)][len(case.who) == 1 :]
    return [
        Grid(
            "",
            (head("session", "long", style="key"), line("whose", lead="")),
            [(one.session_key or one.identity.arn, whose(whose_of([one]))) for one in case.who],
            case.who_total, SESSIONS_SHOWN,
        )
    ]  # fmt: skip


def _verdict(case: Case) -> Inline:
    if case.several:
        many = counted(len(origins(case)), "origin")
        return (f"{counted(case.who_total, 'session')} of {many}: each is listed",)
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
        return Fold(_titled(section), anchor, ("nothing found",), [Para((note,))], name=question)
    found = list(blocks_of(section.answer))
    summary: Inline = ()
    # The line that says most, else the first, is next to the title, where it can be read without unfolding.
    lines = [one for one in found if isinstance(one, Para)]
    main = next((one for one in lines if one.main), lines[0] if lines and found[0] is lines[0] else None)
    if main is not None:
        found.remove(main)
        summary = main.parts
    return Fold(_titled(section), anchor, summary, found, name=question)


def _titled(section: Section) -> str:
    """The question of a section; a resource's with its name."""
    title = TITLES[section.question]
    return f"{title} {section.asked}" if section.question == "touched" else title


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
