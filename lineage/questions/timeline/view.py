"""`timeline` as shown: the sessions of the chain, then call by call, with the alert marked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lineage.questions.registry import Row
from lineage.questions.shared.view import CALL_STYLES, LONG, rests_on, scope, subject
from lineage.questions.timeline import Change, Entry, Timeline
from lineage.render.blocks import Block, Cell, Grid, Heading, Inline, Items, Para, Span
from lineage.render.columns import detail, head, ids, line, number, span
from lineage.render.text import between, counted, moment

ACTORS_SHOWN = 10
PLURAL = "calls that changed, failed, were sensitive or granted"
DONE = ("started", "entered")
"""What was done with a workload; all else is a property of its target."""
PHASES = {"before": "before the alert", "during": "the alert", "after": "after the alert"}
COLUMNS = (
    "time", "until", "phase", "kind", "count", "api", "error", "changing", "actor", "actor_name", "access_key_id",
    "account", "region", "source_ip", "user_agent", "via", "targets", "changes", "granted", "event_ids", "vpc_endpoint",
)  # fmt: skip


def blocks(answer: Timeline) -> Iterator[Block]:
    """Whose chain it is, its sessions, and its calls in order of time."""
    yield from subject(answer.whose, answer.subject, answer.asked)
    told = counted(answer.total, "call that changed, failed, was sensitive or granted", PLURAL)
    yield Para((Span(told, "name"), f", and {counted(answer.reads, 'read')}, {scope(answer.scope)}"), main=True)
    yield Grid(
        f"{counted(answer.actors_total, 'session or key', 'sessions and keys')} of the chain",
        (head("no."), head("name", style="key"), head("account", "whole", lead="in "),
         head("since", "time", lead="since "), number("calls", "call", first=True),
         number("failed", style="denied", first=True), detail("made", lead="", style="open"), line("key", lead="")),
        [
            (f"({number})", one.name, one.account, moment(one.begun) if one.begun else None, one.calls, one.failed,
             "made for another user" if one.made else None, one.ref.partition(" ")[2])
            for number, one in enumerate(answer.actors, 1)
        ],
        answer.actors_total, ACTORS_SHOWN,
    )  # fmt: skip
    numbers = {actor.ref: f"({number})" for number, actor in enumerate(answer.actors, 1)}
    for phase, entries in groupby(answer.entries, key=lambda entry: entry.phase):
        alert = f"  {between(answer.alert.since, answer.alert.until)}" if answer.alert and phase == "during" else ""
        yield Grid(
            PHASES[phase] + alert if phase else "call by call",
            (head("time", "time"), head("who"), head("operation", "whole"), head("what"),
             head("error", "whole", style="denied"), line("with", style="quiet", once=True), line("on"),
             line("changed", lead=""), line("gave"), ids()),
            [_entry(one, numbers) for one in entries],
        )  # fmt: skip
    if answer.truncated:
        yield Para((f"{len(answer.entries):,} lines shown: those nearest to the alert.",))
    for title, keys in (
        ("created for others, each a chain of its own", answer.beyond),
        ("perhaps too", answer.perhaps),
    ):
        if keys:
            yield Heading((title,))
            yield Items([(Span(key, "key"),) for key in keys])
    yield from rests_on(answer.sight, answer.truncated)


def _entry(one: Entry, numbers: dict[str, str]) -> tuple[Cell, ...]:
    who = numbers.get(one.actor) or one.actor_name or "several"
    if one.kind == "reads":
        reads = Span(f"{counted(one.count, 'read')}: {one.api}", "quiet")
        return (span(one.time, one.until), who, reads, None, None, _use(one), None, None, None, one.event_ids)
    what = f"{one.kind}{' (a change)' if one.error and one.changing else ''}{f' by {one.via}' if one.via else ''}"
    return (
        moment(one.time), who, Span(one.api, CALL_STYLES.get(one.kind, "name")), what, one.error, _use(one),
        [Span(target, "", LONG) for target in one.targets], [_change(change, one.targets) for change in one.changes],
        [Span(key, "key") for key in one.granted], one.event_ids,
    )  # fmt: skip


def _use(one: Entry) -> Inline:
    """The key, address and agent of a call."""
    place = " ".join(part for part in (one.source_ip, one.vpc_endpoint) if part)
    agent = (" by ", Span(one.user_agent, "quiet", LONG)) if one.user_agent else ()
    return (f"{one.access_key_id or 'no key'} from {place or 'no address'}", *agent)


def _change(change: Change, targets: list[str]) -> Inline:
    of = "" if change.target in targets else f"{'' if change.what in DONE else ' of'} {change.target}"
    states = [Span(state, "", LONG) for state in (change.before, change.after) if state]
    if len(states) > 1:
        return (Span(change.what, "open"), f"{of}: ", states[0], " -> ", states[1])
    told = (": was " if change.before else ": ", states[0]) if states else ()
    return (Span(change.what, "open"), of, *told)


def rows(answer: Timeline) -> Iterator[Row]:
    """A row for each entry."""
    for one in answer.entries:
        changes = [
            f"{change.what} {change.target}: {change.before or ''} -> {change.after or ''}" for change in one.changes
        ]
        yield {**vars(one), "changes": changes}
