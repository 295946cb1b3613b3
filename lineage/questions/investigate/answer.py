"""`investigate`: from alerts to one report for each group of alerts that belong together.

Every question is asked about each lead, in order, inside one scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from lineage.model import keys, schema
from lineage.model.alert import Alert
from lineage.model.arn import role_of
from lineage.model.errors import LineageError
from lineage.model.results import CallRow, Window
from lineage.model.times import iso, parse_when
from lineage.questions.investigate import Case, Group, Investigation, Lead, OwnAddress, Recent, Section, Started
from lineage.questions.investigate.groups import Examined, Together, alert_of, cited, nothing_found, together
from lineage.questions.investigate.leads import SubjectLead, leads
from lineage.questions.investigate.summary import origins, summary
from lineage.questions.registry import module_name
from lineage.questions.shared import grants, models
from lineage.questions.shared.addresses import is_place
from lineage.questions.shared.citations import citations, loaded_at
from lineage.questions.shared.climb import account_of, session_key_of
from lineage.questions.shared.grants import own_calls
from lineage.questions.shared.identifiers import Caller, by_event
from lineage.questions.shared.log_coverage import in_words, log_coverage
from lineage.questions.shared.models import Model, Whose
from lineage.questions.shared.subjects import MARGIN_SECONDS, Subject, around, targets
from lineage.questions.shared.whose import call_it, whose
from lineage.questions.who import WhoAnswer
from lineage.questions.who.answer import explained
from lineage.render.text import counted
from lineage.stores.reader import Reader

MOST_CASES = 3
"""So many leads of a group are examined by every question."""
MOST_GROUPS = 20
MOST_SESSIONS = 100
"""Sessions of a role whose origins are looked up."""
CITED = 500
ADDRESSES = 5
LINES = 100
"""Lines of a list in a report; the question itself shows more."""
TIMELINE = 200
RESOURCES = 3
SAMPLE = "a GuardDuty sample finding; it names no real identity"
HOUR = 3600
DAY = 24 * HOUR

Ask = Callable[..., Model]
"""Asks a question by the name of its method on `lineage.Lineage`, with the arguments of that."""


Options = dict[str, str | int | bool | None]
Planned = tuple[str, str | tuple[str, ...] | None, Options]
"""A question to ask: its stem, what is asked about, and options."""


class Limits(NamedTuple):
    """How far to look, as it was asked for; seconds."""

    since: int | None
    until: int | None
    margin: int | None
    days: int
    gap: str


def answer(reader: Reader, ask: Ask, alerts: Sequence[Alert], *, asked: str, limits: Limits) -> Investigation:
    """The report for alerts. Samples are left out; what leads nowhere is a group without leads."""
    loaded = grants.loaded(reader)
    examined = [_examined(reader, alert, loaded, limits) for alert in alerts if not alert.sample]
    groups = together(examined)
    reports = [_group(reader, ask, group, loaded, limits) for group in groups[:MOST_GROUPS]]
    accounts = sorted({account for report in reports for account in report.sight.accounts})
    begin = min((report.scope.since for report in reports), default=None)
    end = max((report.scope.until for report in reports), default=None)
    return Investigation(
        asked=asked,
        found=any(report.leads for report in reports),
        groups=reports,
        passed_over=[f"{one.id}: {SAMPLE}" for one in alerts if one.sample],
        truncated=len(groups) > MOST_GROUPS or any(one.truncated for one in reports),
        sight=reports[0].sight
        if len(reports) == 1
        else log_coverage(reader, accounts, Window(parse_when(begin), parse_when(end))).model_copy(
            update={"loaded_at": max(filter(None, (report.sight.loaded_at for report in reports)), default=None)}
        ),
    )


def _examined(reader: Reader, alert: Alert, loaded: set[str], limits: Limits) -> Examined:
    found = leads(reader, alert, loaded)
    sessions = {lead.subject.starts: _several(reader, lead, limits) for lead in found.found}
    result = {lead.subject.starts: _who(reader, lead, sessions[lead.subject.starts]) for lead in found.found}
    return Examined(
        alert, found, {starts: who for starts, (who, _) in result.items()},
        {starts: fitting for starts, (_, fitting) in result.items()},
        frozenset(starts for starts, several in sessions.items() if several),
    )  # fmt: skip


def _several(reader: Reader, lead: SubjectLead, limits: Limits) -> list[str]:
    """The sessions (references, newest first) of a lead that is a role or several sessions: those that called in the
    time of the report, else all that it names; none of a lead that is one session, key or person."""
    subject = lead.subject
    if lead.event_ids or subject.person or not (subject.kind == "role" or len(subject.sessions) > 1):
        return []
    rows = reader.calls(subject.which, Window(limits.since, limits.until))
    last = max((row.last for row in rows), default=0)
    since = limits.since if limits.since is not None else last - DAY
    called = {key for row in rows if row.last >= since and (key := session_key_of(row.source))} or set(subject.sessions)
    newest = sorted(called, key=lambda key: (key.rsplit("/", 1)[-1], key), reverse=True)
    return [f"{schema.SESSION} {key}" for key in newest]


def _who(reader: Reader, lead: SubjectLead, several: list[str]) -> tuple[list[WhoAnswer], int]:
    """Whose the lead is, by the event that fits the alert, else by its sessions, key or principal; and how many
    answers there are."""
    if lead.event_ids:
        callers = list(by_event(reader, lead.event_ids[0], None))
    else:
        starts = several[:MOST_SESSIONS] or lead.subject.starts[:1]
        callers = [Caller(one, None, None, itself=keys.ref(one).label == schema.PRINCIPAL) for one in starts]
    found = [explained(reader, each) for each in callers]
    more = max(len(several) - MOST_SESSIONS, 0)
    return [one for some, _ in found for one in some], sum(fitting for _, fitting in found) + more


def _group(reader: Reader, ask: Ask, group: Together, loaded: set[str], limits: Limits) -> Group:
    alerts = [one.alert for one in group.members]
    found = [(one, lead) for one in group.members for lead in one.found.found]
    first = list({lead.subject.starts: (one, lead) for one, lead in reversed(found)}.values())[::-1]
    window, scope = _scope(reader, group, [lead.subject for _, lead in first], limits)
    cases = [_case(reader, ask, one, lead, window, loaded, limits) for one, lead in first[:MOST_CASES]]
    leading = [_lead(one, lead) for one, lead in found]
    ours, started = _own(reader, group), _started(reader, group)
    accounts = {account_of(start) for _, lead in first for start in lead.subject.starts}
    looked = log_coverage(reader, accounts or {alert.account for alert in alerts}, window)
    about = [*leading, *cases, *ours]
    events = cited(reader, [one.event_id for one in citations(about)])
    told, notes = [alert_of(alert) for alert in alerts], list(_notes(group, [lead for _, lead in first], looked))
    return Group(
        headline=headline(cases),
        why=group.why,
        sequence=next((alert.sequence for alert in alerts if alert.sequence), None),
        alerts=told,
        summary=summary(cases, told, ours, reader.account_names(), looked, notes) if cases else None,
        scope=scope,
        margin_seconds=MARGIN_SECONDS if limits.margin is None else limits.margin,
        leads=leading,
        leads_total=sum(one.found.total for one in group.members),
        cases=cases,
        own_addresses=ours,
        started=started,
        cited=events[:CITED],
        cited_total=len(events),
        truncated=len(first) > MOST_CASES
        or len(events) > CITED
        or any(one.found.total > len(one.found.found) for one in group.members),
        notes=notes,
        sight=looked.model_copy(update={"loaded_at": loaded_at(reader, citations(about))}),
    )


def headline(cases: Sequence[Case]) -> str:
    """Whose credentials a group is about, in one line without a verdict. Several sessions are said to be several.

    >>> headline([])
    'nothing in the store fits the alert'
    """
    found = [one for case in cases for one in origins(case)]
    each = list(dict.fromkeys(f"{_name(one)} — {one.confidence}" for one in found))
    if each and all(one.attempt for one in found):
        return "; ".join(each)
    several = [f"{counted(case.who_total, 'session')} of {_asked(case.ask)}: " for case in cases if case.several]
    first = several[0] if several and len(cases) == 1 else ""
    return f"{first}credentials of {'; '.join(each)}" if each else "nothing in the store fits the alert"


def _asked(ask: str) -> str:
    """What sessions are of: `ROLE`, or `ROLE as SESSION_NAME`."""
    parts = role_of(ask)
    return " as ".join(filter(None, (parts.role_name, parts.session_name))) if parts else ask


def _name(one: Whose) -> str:
    return f"{call_it(one)} for {one.resource}" if one.kind == "AWSService" and one.resource else call_it(one)


def _scope(reader: Reader, group: Together, subjects: Sequence[Subject], limits: Limits) -> tuple[Window, models.Scope]:
    """The time of the alerts' own activity, wider on either side; of what has no time the last day of its use."""
    starts = [one.alert.first_seen for one in group.members if one.alert.first_seen is not None]
    ends = [one.alert.last_seen for one in group.members if one.alert.last_seen is not None]
    events = [lead.subject.event for one in group.members for lead in one.found.found if lead.subject.event]
    starts += [event.time for event in events]
    ends += [event.time for event in events]
    basis = "alert" if any(one.alert.kind != "ask" for one in group.members) else "activity"
    if not starts or not ends:
        rows = [row for subject in subjects for row in reader.calls(subject.which)]
        ends = [max((row.last for row in rows), default=0)]
        starts = [max(min((row.first for row in rows), default=0), ends[0] - DAY)]
    found = around(min(starts), max(ends), limits.margin)
    if limits.since is not None or limits.until is not None:
        basis = "asked"
    since = limits.since if limits.since is not None else found.since
    until = limits.until if limits.until is not None else found.until
    told_scope = models.Scope(since=iso(max(since or 0, 0)), until=iso(max(until or 0, 0)), basis=basis)  # type: ignore[arg-type]  # one of the words
    return Window(since, until), told_scope


def _case(
    reader: Reader, ask: Ask, one: Examined, lead: SubjectLead, window: Window, loaded: set[str],
    limits: Limits,
) -> Case:  # fmt: skip
    """A lead, examined by every question."""
    subject = lead.subject
    rows = own_calls(reader.calls(subject.which, window), loaded)
    who, until = one.who[subject.starts], window.until or 0
    return Case(
        ask=ask_of(lead),
        subject=subject.to_model(),
        whose=one.whose(lead),
        several=subject.starts in one.several,
        who=who,
        who_total=one.fitting[subject.starts],
        calls=grants.total(rows),
        failed=grants.failed(rows),
        last_hour=_recent(reader, subject, until - HOUR, until, loaded),
        last_day=_recent(reader, subject, until - DAY, until, loaded),
        sections=sections(ask, _plan(reader, one, lead, rows, window, limits)),
    )


def ask_of(lead: SubjectLead) -> str:
    """What to ask for a lead by: its session, key or ARN; of a principal without an ARN an event of it."""
    subject = lead.subject
    if subject.kind == "principal" and lead.event_ids and not (subject.key or "").startswith("arn:"):
        return lead.event_ids[0]
    return subject.key or subject.ask


def _account(subject: Subject, who: Sequence[WhoAnswer]) -> str | None:
    """The account of the whole chain, None where it goes through several."""
    found = {account_of(start) for start in subject.starts}
    found |= {hop.session.account for one in who for hop in one.hops}
    return found.pop() if len(found) == 1 else None


def _begins(who: Sequence[WhoAnswer], ask: str) -> str | None:
    """Where the chain of a lead begins, as far as it is certain: a long-term key, else the first session; what came of
    the same credentials came from there. None of what a service did by itself: all that it ever started would come
    from there."""
    if len(who) != 1 or (who[0].reason in ("ambiguous", "conflicting-copies")):
        return ask
    if who[0].origin.access_key_id:
        return who[0].origin.access_key_id
    if who[0].hops:
        return who[0].hops[0].session.key
    return None if who[0].origin.kind == "AWSService" and who[0].identity.creation_date is None else ask


def _followed(who: Sequence[WhoAnswer], scope: Options, limits: Limits) -> Options:
    """The time of the timeline: from the first session of the chain, or the begin of the scope, to the end of the
    logs, as far as no other time was asked for."""
    since, until = scope["since"], scope["until"]
    if limits.since is None and len(who) == 1 and who[0].hops:
        since = min(str(since), who[0].hops[0].time)
    return {"since": since} | ({"until": until} if limits.until is not None else {})


def _resources(alert: Alert, lead: SubjectLead, rows: Iterable[CallRow]) -> list[str]:
    """The resources that the alert names, else what its calls were about; at most three."""
    told = [thing.arn or thing.id for thing in (*alert.affected, *alert.resources)]
    if not told and alert.kind != "ask":
        ids = set(lead.event_ids)
        told = [
            target
            for row in rows
            for target in targets([row])
            if ids & {sample.event_id for sample in row.samples} and role_of(target) is None
        ]
    return list(dict.fromkeys(told))[:RESOURCES]


def _role(reader: Reader, subject: Subject) -> str | None:
    """ARN of the role that a subject is, or is a session of."""
    if subject.kind == "role":
        return subject.key
    for session in subject.sessions[:1]:
        node = f"{schema.SESSION} {session}"
        found = reader.ascend([node]).nodes.get(node, {}).get("role_arn")
        parts = role_of(found)
        return keys.role(*parts[:3]).key if parts else None
    return None


def _addresses(alert: Alert, rows: Iterable[CallRow]) -> tuple[str, ...]:
    """The alert's source addresses, else those that the calls in the scope came from, most calls first."""
    if alert.source_ips:
        return alert.source_ips[:ADDRESSES]
    counts: dict[str, int] = {}
    for row in rows:
        if is_place(row) and row.row.source_ip:
            counts[row.row.source_ip] = counts.get(row.row.source_ip, 0) + row.count
    return tuple(sorted(counts, key=lambda address: (-counts[address], address))[:ADDRESSES])


def _recent(reader: Reader, subject: Subject, since: int, until: int, loaded: set[str]) -> Recent:
    rows = own_calls(reader.calls(subject.which, Window(since, until)), loaded)
    return Recent(
        since=iso(max(since, 0)), until=iso(max(until, 0)), calls=grants.total(rows), failed=grants.failed(rows)
    )


def _lead(one: Examined, lead: SubjectLead) -> Lead:
    return Lead(
        alert=one.alert.id, ask=ask_of(lead), subject=lead.subject.to_model(), how=lead.how,
        confidence=lead.confidence, calls=lead.calls, event_ids=lead.event_ids, note=lead.note,  # type: ignore[arg-type]  # one of the classes
        whose=one.whose(lead),
    )  # fmt: skip


def _own(reader: Reader, group: Together) -> list[OwnAddress]:
    ours = {known.address: known for one in group.members for known in one.found.own}
    owners = whose(reader, [known.source for known in ours.values()]) if ours else {}
    return [
        OwnAddress(
            address=known.address, account=known.account, instance=known.instance, api=known.api, time=iso(known.time),
            event_ids=known.event_ids, credentials_of=call_it(owners[known.source]),
        )
        for known in ours.values()
    ]  # fmt: skip


def _started(reader: Reader, group: Together) -> list[Started]:
    by = {(name, node) for one in group.members for name, nodes in one.found.started.items() for node in nodes}
    owners = whose(reader, [node for _, node in sorted(by)]) if by else {}
    return [Started(resource=name, node=node, whose=owners[node]) for name, node in sorted(by)]


def _notes(group: Together, first: Sequence[SubjectLead], looked: models.Sight) -> Iterable[str]:
    for one in group.members:
        if not one.found.found:
            yield f"{one.alert.id}: {nothing_found(one.alert)}; {in_words(looked)}"
    if len(first) > MOST_CASES:
        yield f"{len(first)} leads fit; the first {MOST_CASES} are examined, ask for the others one by one"
    if group.members and all(one.alert.first_seen is None and one.alert.kind != "ask" for one in group.members):
        yield "the alert has no time; the scope is the last day of the activity"
    if any(lead.confidence == "HINT" for lead in first):
        yield "hints fit the alert but do not prove that it means them"


def sections(ask: Ask, plan: Iterable[Planned]) -> list[Section]:
    """Every question of a plan. What cannot be answered says so, and the report goes on."""
    found = []
    for stem, about, options in plan:
        asked = " ".join(about) if isinstance(about, tuple) else about
        try:
            answer = ask(module_name(stem), about, **options)
        except LineageError as error:
            found.append(Section(question=stem, asked=asked, options=options, found=False, note=str(error)))
        else:
            there = bool(getattr(answer, "found", True))
            found.append(Section(question=stem, asked=asked, options=options, found=there, answer=answer))
    return found


def _plan(
    reader: Reader, one: Examined, lead: SubjectLead, rows: Iterable[CallRow], window: Window, limits: Limits
) -> Iterator[Planned]:
    """Every question about a lead, in the order of a report; `rows` are its calls in the scope."""
    subject, alert, who = lead.subject, one.alert, one.who[lead.subject.starts]
    ask, role = ask_of(lead), _role(reader, subject)
    begins = _begins(who, ask)
    begin = window.since or 0
    scope: Options = {"since": iso(max(begin, 0)), "until": iso(window.until or 0)}
    lines = scope | {"limit": LINES}
    history: Options = scope | {"days": limits.days, "gap": limits.gap}

    yield "session", ask, lines
    if begins is not None:
        told = alert_of(alert)
        activity: Options = {"alert_since": told.first_seen, "alert_until": told.last_seen}
        yield "timeline", ask, _followed(who, scope, limits) | activity | {"made": True, "limit": TIMELINE}
    if role is not None:
        yield "role", role, lines
    if begins is not None:
        yield "assumed", begins, lines
    yield "services", ask, {"until": scope["since"]}
    yield "interesting", ask, lines
    api = next((api for api in alert.apis if not api.startswith("*:")), None)
    call: Options = {"api": api, "user_agent": alert.user_agent, "source_ip": next(iter(alert.source_ips), None)}
    event = lead.event_ids[0] if lead.event_ids and alert.kind in ("ask", "record") else None
    yield "baseline", event or ask, call | history
    yield "new", ask, history
    yield "volume", ask, history
    if begins is not None:
        yield "blast", begins, {"made": True, "limit": LINES}
        yield "contain", begins, {"made": True}
    yield "denied", ask, lines
    if addresses := _addresses(alert, rows):
        yield "from", addresses, lines
    for resource in _resources(alert, lead, rows):
        yield "touched", resource, lines
    if role is not None:
        yield "names", role, lines | {"since": iso(max(begin - limits.days * DAY, 0))}
    yield "coverage", _account(subject, who), lines
