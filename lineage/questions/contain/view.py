"""`contain` as shown: the plan step by step, each with what to run and whom else it affects."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from lineage.questions.blast import Life
from lineage.questions.blast.view import LIVE
from lineage.questions.contain import AlsoEnds, Contain, Step
from lineage.questions.registry import Row
from lineage.questions.shared.view import heading, rests_on
from lineage.questions.shared.whose import call_it
from lineage.render.blocks import Block, Code, Fold, Grid, Heading, Para, Span
from lineage.render.columns import detail, head, ids, line
from lineage.render.text import counted, moment

PHASES = {
    "protection": "Restore the protection that was removed",
    "exposure": "Close what is open to others",
    "sources": "Stop new sessions at their source",
    "trust": "Close access to roles",
    "workloads": "Stop workloads that get credentials automatically",
    "sessions": "End the sessions that still work",
    "secrets": "Replace the secrets that were read",
    "persistence": "Undo what was left behind",
    "check": "Check what is probably gone",
    "review": "Review: access removed from others",
}
SHOWN = 20
"""Rows of what needs no step in a terminal; the rest is counted."""
COLUMNS = (
    "number", "phase", "kind", "title", "account", "target", "commands", "policy", "note", "ends_others", "ends_open",
    "ends_same", "ends_perhaps", "ends_origins", "event_ids",
)  # fmt: skip


def blocks(answer: Contain) -> Iterator[Block]:
    """The plan from the first step to the last."""
    yield from heading(answer.subject)
    of = call_it(answer.whose) if answer.whose else answer.asked
    yield Para((Span(f"Plan to stop credentials of {of}: {counted(len(answer.steps), 'step')}", "name"),))
    yield Para((f"Nothing has been run. The state of the sessions is as of {moment(answer.at)}.",))
    if answer.steps:
        yield Para(("Unless a step says so, it ends no other live session in the logs.",))
    if answer.subject.opened not in (None, "EXACT"):
        yield Para((Span(f"The session is the one that fits this event: {answer.subject.opened}.", "open"),))
    yield Grid(
        "What was open to others",
        (head("risk", style="open"), head("what", "long", style="name"), detail("to", lead="open to "),
         detail("from", "time"), detail("until", "time", lead=""), detail("operation", "whole", lead="by "), ids()),
        [
            (one.risk, one.target, "everyone" if "*" in one.to else one.to, moment(one.since),
             f"until {moment(one.until)}" if one.until
             else {"stands": "still open"}.get(one.fate, "probably closed"),
             one.api, [*one.event_ids, *one.undone_by])
            for one in answer.exposures
        ],
        None, SHOWN,
    )  # fmt: skip
    for phase, steps in groupby(answer.steps, key=lambda step: step.phase):
        yield Heading((PHASES[phase],))
        yield from map(_step, steps)
    yield Grid(
        "History: no step for these",
        (head("time", "time"), head("operation", "whole", style="name"), head("target", "long"), detail("why", lead=""),
         detail("undone", "time", lead=""), ids()),
        [
            (moment(one.time), one.api, one.target, one.why, moment(one.undone) if one.undone else None,
             [*one.event_ids, *one.undone_by])
            for one in answer.history
        ],
        None, SHOWN,
    )  # fmt: skip
    yield Grid(
        "Other sessions of the same origin",
        (head("session", "long", style="key"), head("works"), detail("account", "whole", lead="in "),
         detail("ended by", lead="", style="open"), line("ask", lead="")),
        [
            (one.name, Span(*live_in_words(one.life)), one.account,
             f"step {one.ended_by} ends it, too" if one.ended_by else "no step ends it",
             f"lineage contain {one.session}")
            for one in answer.others
        ],
        answer.others_total, SHOWN,
    )  # fmt: skip
    over = (
        (answer.ended, "session or key that no longer works", "sessions and keys that no longer work"),
        (answer.undone, "change that is already gone", "changes that are already gone"),
    )
    if told := [counted(number, one, many) for number, one, many in over if number]:
        yield Para((f"No step for {', and for '.join(told)}.",))
    if answer.branches and not answer.made:
        made = f"{counted(answer.branches, 'key, user or password', 'keys, users or passwords')} created for others"
        yield Para((Span(f"What came from {made} is not part of this plan; --made adds it.", "open"),))
    if answer.above:
        yield Para((f"The sessions above are stopped too; for what else came from them, ask for {answer.above[-1]}.",))
    if answer.truncated:
        yield Para((Span("Cut: the descent is larger than a plan holds; ask for one session of it.", "open"),))
    yield from rests_on(answer.sight)


def live_in_words(life: Life) -> tuple[str, str]:
    """Whether a session works, and until when, with the style of it."""
    word, style = LIVE[life.live]
    return (f"{word} until {moment(life.until)}" if life.until else word, style)


def _step(step: Step) -> Fold:
    inner: list[Block] = [Code("\n".join(step.commands))] if step.commands else []
    if step.policy:
        inner.append(Code(step.policy))
    if step.note:
        inner.append(Para((step.note,)))
    if ends := ended(step.ends):
        inner.append(Para((Span(ends, "open"),)))
    if step.event_ids:
        inner.append(Para((Span(f"events {' '.join(step.event_ids)}", "quiet"),)))
    where = (f"in account {step.account}",) if step.account else ()
    return Fold(f"{step.number}. {step.title}", "", where, inner, open=True, level=4)


def ended(ends: AlsoEnds) -> str:
    """What else a step would end, in words; nothing for nothing.

    >>> ended(AlsoEnds(others=2, open=0, same=0, perhaps=1, origins=["li.wei"]))
    'Also ends at least 2 live sessions of others (li.wei); perhaps 1 more.'
    """
    parts = []
    if ends.others:
        names = f" ({', '.join(ends.origins)})" if ends.origins else ""
        parts.append(f"{counted(ends.others, 'live session')} of others{names}")
    if ends.open:
        parts.append(f"{ends.open:,} of unknown origin")
    if ends.same:
        parts.append(f"{ends.same:,} more of the same origin")
    told = f"Also ends at least {', '.join(parts)}" if parts else ""
    if ends.perhaps:
        told += f"; perhaps {ends.perhaps:,} more" if told else f"Perhaps ends {counted(ends.perhaps, 'other session')}"
    return f"{told}." if told else ""


def rows(answer: Contain) -> Iterator[Row]:
    """A row for each step."""
    for step in answer.steps:
        ends = {f"ends_{name}": value for name, value in step.ends}
        yield {**vars(step), "commands": "\n".join(step.commands), **ends}
