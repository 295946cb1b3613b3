"""What was done, and whether that is usual, as parts of a report: `session` to `volume`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.questions.baseline import Baseline, Habits
from lineage.questions.interesting import Interesting, InterestingCall
from lineage.questions.new import New
from lineage.questions.services import Services
from lineage.questions.session import Session
from lineage.questions.shared.models import Counted, History
from lineage.questions.timeline import Change, Entry, Timeline
from lineage.questions.volume import Volume
from lineage.render.blocks import Block, Chart, Facts, Grid, Inline, Para, Span, when
from lineage.render.ladder import AGENT_WIDTH
from lineage.render.text import counted, moment, shorten

EVENTS = "events"
PHASES = (("before", "Before the alert"), ("during", "The alert"), ("after", "After the alert"), (None, ""))


def session(answer: Session) -> Iterator[Block]:
    """Operations, keys, places and agents."""
    yield Para(_of_calls(answer.calls, answer.failed, answer.first, answer.last))
    if answer.outside:
        yield Para((f"{counted(answer.outside, 'more call')} of it outside the scope.",))
    yield Grid(
        "Operations", ("operation", "kind", "calls>", "failed>", "errors", "when", "about", "requests",
                       "filters", "through", EVENTS),
        [
            (one.api, one.kind, one.total, one.total - one.succeeded, [failed.error for failed in one.failed],
             when(one.first, one.last), one.resources, one.parameters, one.filters, one.via, one.event_ids)
            for one in answer.operations
        ],
        answer.operations_total,
    )  # fmt: skip
    yield Grid(
        "Sessions", ("session", "issued", "expires", "used", "granted by"),
        [
            (one.key, moment(one.issued), moment(one.expires) if one.expires else "unknown",
             when(one.first, one.last), one.grant_event_ids)
            for one in answer.sessions
        ],
        answer.sessions_total,
    )  # fmt: skip
    yield Grid(
        "Access keys", ("key", "calls>", "issued", "expires", "used"),
        [
            (one.access_key_id, one.calls, moment(one.issued) if one.issued else "not logged",
             "never" if one.long_term else moment(one.expires) if one.expires else "unknown", when(one.first, one.last))
            for one in answer.keys
        ],
        answer.keys_total,
    )  # fmt: skip
    yield Grid(
        "Which key from where", ("key", "address", "user agent", "through", "calls>", "failed>", "when", EVENTS),
        [
            (one.access_key_id or "none", [part for part in (one.address, one.note) if part], one.user_agent, one.via,
             one.calls, one.failed, when(one.first, one.last), one.event_ids)
            for one in answer.uses
        ],
        answer.uses_total,
    )  # fmt: skip
    yield places("Source addresses", "address", answer.addresses, answer.addresses_total)
    yield places("User agents", "user agent", answer.agents, answer.agents_total)
    yield places("Regions", "region", answer.regions, None)


def timeline(answer: Timeline) -> Iterator[Block]:
    """The calls of the whole chain in order of time."""
    yield Para((
        f"{counted(answer.total, 'call')} that changed, failed, were sensitive or granted something, and "
        f"{counted(answer.reads, 'read')}, over {counted(answer.actors_total, 'session or key', 'sessions and keys')} "
        "of the chain.",
    ))  # fmt: skip
    for phase, caption in PHASES:
        yield Grid(
            caption, ("time", "what", "operation", "credentials and source", "about, and what came of it", EVENTS),
            [_entry(one) for one in answer.entries if one.phase == phase],
        )  # fmt: skip
    if answer.truncated:
        yield Para((f"{len(answer.entries):,} lines shown: those nearest to the alert.",))
    if answer.beyond:
        yield Para((Span("Made for others, a chain of its own: ", "open"), ", ".join(answer.beyond)))


def _entry(one: Entry) -> tuple[object, ...]:
    agent = shorten(one.user_agent, AGENT_WIDTH) if one.user_agent else None  # whole in "Which key from where"
    caller = (
        one.actor_name, one.access_key_id, one.source_ip, one.vpc_endpoint, agent,
        f"through {one.via}" if one.via else None,
    )  # fmt: skip
    came = (*one.targets, *(_change(change) for change in one.changes), *(f"gave {key}" for key in one.granted))
    return (
        moment(one.time), one.error or one.kind, _operation(one), [part for part in caller if part], came,
        one.event_ids,
    )  # fmt: skip


def _operation(one: Entry) -> str:
    return f"{one.count}x {one.api}" if one.count > 1 else one.api


def _change(one: Change) -> str:
    state = f": {one.before} → {one.after or ''}" if one.before else f": {one.after}" if one.after else ""
    return f"{one.what} {one.target}{state}"


def services(answer: Services) -> Iterator[Block]:
    """Services of the days before."""
    span = f" from {moment(answer.scope.since)} to {moment(answer.scope.until)}" if answer.scope else ""
    yield Para(
        (f"{counted(answer.calls, 'call')} of {counted(answer.sessions, 'session')}{span}; found by {answer.basis}.",)
    )
    yield Grid(
        "", ("service", "marked as", "calls>", "failed>", "changes>", "sensitive>", "when", EVENTS),
        [
            (one.service, one.mark, one.calls, one.failed, one.changes, one.sensitive, when(one.first, one.last),
             one.event_ids)
            for one in answer.services
        ],
    )  # fmt: skip


def interesting(answer: Interesting) -> Iterator[Block]:
    """The three classes of calls worth a look."""
    yield Para((
        f"Of {counted(answer.calls, 'call')} in the scope: {counted(answer.changes_total, 'kind')} of changes, "
        f"{answer.sensitive_total} of sensitive reads, {answer.failed_total} of failures.",
    ))  # fmt: skip
    for title, calls, total in (
        ("Changes", answer.changes, answer.changes_total),
        ("Sensitive reads", answer.sensitive, answer.sensitive_total),
        ("Failed", answer.failed, answer.failed_total),
    ):
        yield Grid(
            title, ("operation", "error", "calls>", "when", "about", "requests", "MITRE ATT&CK", EVENTS),
            [_interesting(one) for one in calls], total,
        )  # fmt: skip


def _interesting(one: InterestingCall) -> tuple[object, ...]:
    techniques = [f"{technique.id} {technique.name}" for technique in one.techniques]
    return (
        one.api, one.error, one.count, when(one.first, one.last), one.targets, one.parameters, techniques,
        one.event_ids,
    )  # fmt: skip


def baseline(answer: Baseline) -> Iterator[Block]:
    """The verdict, what it rests on, and the calls that were compared."""
    if answer.verdict:
        yield Para((Span(f"{answer.verdict}. ", "name"), answer.statement or ""))
    yield from _history(answer.history)
    for one in answer.calls:
        yield Para((Span(f"{one.api or 'any call'}: {one.verdict}. ", "name"), one.statement))
        yield Facts((("source IP", one.source_ip), ("doubt", one.doubt), ("user agent", one.user_agent),
                     ("calls in the scope", one.calls)))  # fmt: skip
        yield Grid(
            "How often the past holds it", ("equal in", "calls>", "failed>", "days>", "when", EVENTS),
            [
                (match.on, match.calls, match.failed, match.days, when(match.first, match.last),
                 match.event_ids)
                for match in one.matches
            ],
        )  # fmt: skip
        yield from _habits(one.habits, "this call")
    if answer.habits:
        yield from _habits(answer.habits, "all calls")


def _habits(habits: Habits, of: str) -> Iterator[Block]:
    if habits.calls:
        yield places(f"Addresses of {of} before", "address", habits.places, habits.places_total)
        yield Grid(
            f"Agents of {of} before", ("agent", "versions", "calls>", "failed>", "when"),
            [
                (one.family, [version.version for version in one.versions if version.version], one.calls, one.failed,
                 when(one.first, one.last))
                for one in habits.agents
            ],
            habits.agents_total,
        )  # fmt: skip


def _history(history: History | None) -> Iterator[Block]:
    if history is None:
        return
    yield Para((
        Span("Compared with: ", "quiet"),
        f"{history.note}; {counted(history.calls, 'call')} on {counted(history.days, 'day')}, "
        f"{history.logged_days} of {history.asked_days} days with logs, {moment(history.since)} to "
        f"{moment(history.until)}.",
    ))  # fmt: skip
    if history.lacking:
        yield Para((Span("Too little history: ", "open"), "; ".join(history.lacking)))
    if history.credential:
        yield Para((
            Span("The past holds the very credential in question: ", "open"),
            f"{counted(history.credential.calls, 'call')} from {moment(history.credential.first)}.",
        ))  # fmt: skip


def new(answer: New) -> Iterator[Block]:
    """What the past does not have."""
    yield Para((Span(f"{answer.verdict}. ", "name"), answer.statement or ""))
    yield from _history(answer.history)
    yield Grid(
        "", ("what", "value", "calls>", "failed>", "when", "note", EVENTS),
        [
            (dimension.name, one.value, one.calls, one.failed, when(one.first, one.last), one.note,
             one.event_ids)
            for dimension in answer.dimensions
            for one in dimension.new
        ],
    )  # fmt: skip
    yield Grid(
        "Well above its past", ("operation", "hour", "calls>", "busiest before>", "median>", "deviation>", EVENTS),
        [
            (one.api, moment(one.hour), one.calls, one.busiest, f"{one.median:g}", f"{one.deviation:g}", one.event_ids)
            for one in answer.jumps
        ],
        answer.jumps_total,
    )  # fmt: skip
    if answer.statistic:
        yield Para((Span(answer.statistic, "quiet"),))


def volume(answer: Volume) -> Iterator[Block]:
    """The hours as a chart and as numbers, and their parts."""
    if answer.statement:
        yield Para((answer.statement,))
    if answer.hours:
        yield Chart(answer.hours)
    yield Grid(
        "Hours", ("hour", "in scope", "calls>", "failed>", "of the alert's credentials>", "usual>", "logs"),
        [
            (moment(one.hour), "yes" if one.in_scope else "", one.calls, one.failed, one.asked,
             "" if one.usual is None else f"{one.usual:g}", "" if one.logged else "none loaded")
            for one in answer.hours
        ],
    )  # fmt: skip
    for drill in answer.drills:
        yield Grid(
            f"By {drill.by}", (drill.by, "calls>", "failed>", "in scope>", "when"),
            [
                (part.value, part.calls, part.failed, part.scope_calls, when(part.first, part.last))
                for part in drill.parts
            ],
        )  # fmt: skip


def places(caption: str, what: str, found: Iterable[Counted], total: int | None) -> Grid:
    """Values with their calls."""
    rows = [(one.value, one.calls, one.failed, when(one.first, one.last), one.note) for one in found]
    return Grid(caption, (what, "calls>", "failed>", "when", "note"), rows, total)


def _of_calls(calls: int, failed: int, first: str | None, last: str | None) -> Inline:
    span = f", {moment(first)} to {moment(last)}" if first else ""
    return (Span(counted(calls, "call"), "name"), f" in the scope, {failed:,} failed{span}.")
