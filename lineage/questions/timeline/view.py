"""`timeline` for people: the sessions of the chain, then call by call, with the alert marked."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType

from lineage.questions.timeline import Actor, Change, Entry, Timeline
from lineage.render.lines import Line
from lineage.render.roles import cut, events, heading, span
from lineage.render.sessions import KINDS, TEXT_WIDTH, foot, head, scope, used_from
from lineage.render.text import clean, counted, moment, shorten

ACTORS_SHOWN = 10
COLUMNS = (
    "time", "until", "phase", "kind", "count", "api", "error", "changing", "actor", "actor_name", "access_key_id",
    "account", "region", "source_ip", "user_agent", "via", "targets", "changes", "granted", "event_ids", "vpc_endpoint",
)  # fmt: skip
PLURAL = "calls that changed, failed, were sensitive or granted"
DONE = ("started", "entered")
"""What was done with a workload; all else is a property of its target."""
PHASES = {"before": "before the alert", "during": "the alert", "after": "after the alert"}


def people(answer: Timeline) -> Iterable[RenderableType]:
    """Whose chain it is, its sessions, and its calls in order of time."""
    yield from head(answer.whose, answer.subject, answer.asked)
    yield Line("")
    told = counted(answer.total, "call that changed, failed, was sensitive or granted", PLURAL)
    yield Line("", (told, "name"), f", and {counted(answer.reads, 'read')}, {scope(answer.scope)}")
    yield from heading(f"{counted(answer.actors_total, 'session or key', 'sessions and keys')} of the chain")
    for number, actor in enumerate(answer.actors[:ACTORS_SHOWN], 1):
        yield from _actor(number, actor)
    yield from cut(min(len(answer.actors), ACTORS_SHOWN), answer.actors_total)
    numbers = {actor.ref: f"({number})" for number, actor in enumerate(answer.actors, 1)}
    phase, several, used = None, False, ""
    for entry in answer.entries:
        if entry.phase != phase or not several:
            phase, several = entry.phase, True
            alert = f"  {span(answer.alert.since, answer.alert.until)}" if answer.alert and phase == "during" else ""
            yield from heading(PHASES[phase] + alert if phase else "call by call")
        if (use := _use(entry)) != used:
            used = use
            yield Line("  ", (use, "quiet"), then="      ")
        yield from _entry(entry, numbers)
    for title, keys in (("made for others, each a chain of its own", answer.beyond), ("perhaps too", answer.perhaps)):
        if keys:
            yield from heading(title)
            yield from (Line("  ", (clean(key), "key")) for key in keys)
    yield from foot(answer.sight, answer.truncated)


def _actor(number: int, one: Actor) -> Iterable[RenderableType]:
    where = f" in {clean(one.account)}" if one.account else ""
    begun = f"  since {moment(one.begun)}" if one.begun else ""
    failed = (f", {one.failed:,} failed" if one.failed else "", "denied")
    calls = f"  {counted(one.calls, 'call')}"
    yield Line("  ", f"({number}) ", (clean(one.name), "key"), where, (begun, "quiet"), calls, failed, then="      ")


def _use(one: Entry) -> str:
    """The key, address and agent of a call."""
    place = " ".join(clean(part) for part in (one.source_ip, one.vpc_endpoint) if part)
    return used_from(one.access_key_id, place, one.user_agent)


def _entry(one: Entry, numbers: dict[str, str]) -> Iterable[RenderableType]:
    who = numbers.get(one.actor) or clean(one.actor_name) or "several"
    if one.kind == "reads":
        text = f"{span(one.time, one.until or one.time)}  {who}  {counted(one.count, 'read')}: "
        yield Line("  ", (text + clean(one.api), "quiet"), then="      ")
        return
    style = KINDS.get(one.kind, "name")
    mark = f"  {one.kind}{' (a change)' if one.error and one.changing else ''}"
    error = (f" {clean(one.error)}" if one.error else "", "denied")
    via = f" by {clean(one.via)}" if one.via else ""
    yield Line("  ", f"{moment(one.time)}  {who}  ", (clean(one.api), style), mark, error, via, then="      ")
    yield Line("      ", (events(one.event_ids), "quiet"))
    for target in one.targets:
        yield Line("      ", ("on ", "quiet"), shorten(clean(target), TEXT_WIDTH), then="        ")
    for change in one.changes:
        yield Line("      ", *_change(change, one.targets), then="        ")
    for key in one.granted:
        yield Line("      ", ("gave ", "quiet"), (clean(key), "key"), then="        ")


def _change(one: Change, targets: Iterable[str]) -> tuple[str | tuple[str, str], ...]:
    of = "" if one.target in targets else f"{'' if one.what in DONE else ' of'} {clean(one.target)}"
    states = [shorten(clean(state), TEXT_WIDTH) for state in (one.before, one.after) if state]
    if len(states) > 1:
        told = f": {states[0]} -> {states[1]}"
    else:
        told = f": {'was ' if one.before else ''}{states[0]}" if states else ""
    return (f"{clean(one.what)}", "open"), of, told


def table(answer: Timeline) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each entry."""
    return COLUMNS, (_row(entry) for entry in answer.entries)


def _row(one: Entry) -> tuple[object, ...]:
    changes = [
        f"{change.what} {change.target}: {change.before or ''} -> {change.after or ''}" for change in one.changes
    ]
    return (
        one.time, one.until, one.phase, one.kind, one.count, one.api, one.error, one.changing, one.actor,
        one.actor_name, one.access_key_id, one.account, one.region, one.source_ip, one.user_agent, one.via,
        one.targets, changes, one.granted, one.event_ids, one.vpc_endpoint,
    )  # fmt: skip
