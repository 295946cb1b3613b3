"""`investigate` for people: a headline, what happened, whose credentials, then every question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from lineage.questions.investigate import AlertTold, Case, Group, Investigation, Section
from lineage.questions.registry import view_of
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.who import Who
from lineage.render import ladder
from lineage.render.lines import Line
from lineage.render.report import TITLES, alert_facts, scope_facts, together
from lineage.render.report_roles import name
from lineage.render.tables import plain
from lineage.render.text import clean, counted, moment

COLUMNS = (
    "group", "what", "id", "time", "until", "api", "account", "region", "credentials_of", "origin_kind", "origin_id",
    "confidence", "how", "calls", "failed", "error", "note", "path", "index", "event_ids",
)  # fmt: skip


def people(answer: Investigation) -> Iterable[RenderableType]:
    """Group by group, the verdict first."""
    for line in answer.passed_over:
        yield Line("", ("passed over: ", "quiet"), clean(line))
    for position, group in enumerate(answer.groups):
        if position:
            yield Line("")
        yield from _group(group)


def _group(group: Group) -> Iterator[RenderableType]:
    yield Line("", (clean(group.headline), "name"))
    if len(group.alerts) > 1:
        yield Line("", (together(group), "quiet"))
    for alert in group.alerts:
        yield from _title(alert.type or alert.id)
        yield from _facts(list(alert_facts(alert))[1:])  # the first is the title
    yield from _title("scope")
    yield from _facts(scope_facts(group))
    for lead in group.leads:
        how = f"  {lead.how} ({lead.confidence}), {counted(lead.calls, 'call')}"
        yield Line("  ", ("led to ", "quiet"), (clean(lead.ask), "key"), how, then="    ")
        if lead.note:
            yield Line("    ", (clean(lead.note), "open"))
    for one in group.own_addresses:
        where = f" of {one.instance}" if one.instance else ""
        yield Line(
            "  ", (clean(one.address), "place"), f" is our own{clean(where)}: {clean(one.api)} {moment(one.time)}, "
            f"credentials of {clean(one.credentials_of)}", then="    ",
        )  # fmt: skip
    for start in group.started:
        yield Line("  ", clean(f"{start.resource} started, changed or entered with credentials of {name(start.whose)}"))
    for note in group.notes:
        yield Line("  ", (clean(note), "open"), then="    ")
    for case in group.cases:
        yield from _case(case, len(group.cases) > 1)
    yield from _title("events cited")
    for event in group.cited:
        yield Line("  ", clean(event.event_id), ("  " + moment(event.time), "quiet"), f"  {clean(event.api)}")
        yield Line("    ", (clean(f"{event.path or 'file not known'}[{event.index}]"), "quiet"))
    if group.cited_total > len(group.cited):
        yield Line("  ", f"{len(group.cited):,} of {group.cited_total:,} shown")


def _case(case: Case, several: bool) -> Iterator[RenderableType]:
    yield from _title(f"whose credentials: {case.ask}" if several else "whose credentials")
    cut = case.who_total > len(case.who)
    yield from ladder.show(
        Who(asked=case.ask, kind="event", found=True, total=case.who_total, truncated=cut, answers=case.who)
    )
    for section in case.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[RenderableType]:
    yield from _title(f"{TITLES[section.question]} ({section.question})")
    if section.answer is not None and section.found:
        yield from view_of(section.answer).people(section.answer)
        return
    sight = getattr(section.answer, "sight", None)
    told = section.note or ("nothing found" if sight is None else f"nothing found; that {in_words(sight)}")
    yield Line("", (clean(told), "open"))


def _title(text: str) -> Iterator[Line]:
    yield Line("")
    yield Line("", (clean(f"── {text}"), "name"))


def _facts(rows: Iterable[tuple[str, object]]) -> Iterator[Line]:
    for label, value in rows:
        if value not in (None, "", [], ()):
            yield Line("  ", (f"{label} ", "quiet"), clean(plain(value)), then="    ")


def table(answer: Investigation) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each alert, lead, hop and cited event of each group, in this order."""
    return COLUMNS, (tuple(row.get(column) for column in COLUMNS) for row in _rows(answer))


def _rows(answer: Investigation) -> Iterator[dict[str, object]]:
    for number, group in enumerate(answer.groups, 1):
        for alert in group.alerts:
            yield {"group": number, "what": "alert", **_alert(alert)}
        for lead in group.leads:
            origin = lead.whose
            yield {
                "group": number, "what": "lead", "id": lead.ask, "credentials_of": origin.person or origin.name,
                "origin_kind": origin.kind, "origin_id": origin.id, "confidence": origin.confidence, "how": lead.how,
                "calls": lead.calls, "note": lead.note, "event_ids": lead.event_ids,
            }  # fmt: skip
        for case in group.cases:
            for one in case.who:
                for hop in one.hops:
                    yield {
                        "group": number, "what": "hop", "id": hop.role_arn or hop.session.principal_id,
                        "time": hop.time, "api": hop.api, "account": hop.session.account, "region": hop.region,
                        "confidence": hop.confidence, "how": hop.how, "note": hop.session_name,
                        "event_ids": hop.event_ids,
                    }  # fmt: skip
        for event in group.cited:
            yield {
                "group": number, "what": "event", "id": event.event_id, "time": event.time, "api": event.api,
                "account": event.account, "region": event.region, "error": event.error, "path": event.path,
                "index": event.index,
            }  # fmt: skip


def _alert(alert: AlertTold) -> dict[str, object]:
    return {
        "id": alert.id, "time": alert.first_seen, "until": alert.last_seen, "api": alert.apis,
        "account": alert.account, "region": alert.region, "how": alert.type, "calls": alert.count,
        "error": alert.error, "note": alert.title,
    }  # fmt: skip
