"""Reach, what to do and what the logs cover, as parts of a report: `blast`, `contain`, `coverage`."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.questions.blast import Blast
from lineage.questions.contain import AlsoEnds, Contain
from lineage.questions.coverage import Coverage
from lineage.render.blocks import Block, Code, Facts, Fold, Grid, Items, Para, Span, when
from lineage.render.report_roles import EVENTS, name
from lineage.render.text import counted, moment


def blast(answer: Blast) -> Iterator[Block]:
    """Everything that descends, and what still works."""
    reach = answer.reach
    yield Para((
        f"{counted(reach.sessions, 'session')}, {counted(reach.keys, 'key')} and {counted(reach.users, 'user')}; at ",
        f"{moment(answer.at)} ", Span(f"{reach.live} work", "name"),
        f", {reach.unknown} may work, {reach.ended} ended.",
    ))  # fmt: skip
    if answer.branches_live:
        yield Para((Span(f"Made for others, and may still work: {answer.branches_live:,}.", "open"),))
    if answer.branches and not answer.made:
        yield Para((
            Span(f"{counted(answer.branches_total, 'branch', 'branches')} through something made for somebody else "
                 "not followed; ", "open"),
            "lineage blast --made follows them.",
        ))  # fmt: skip
    yield Grid(
        "Sessions, keys, users", ("depth>", "what", "role", "name", "account", "how", "begun", "works", "until", "why",
                                  "calls>", "failed>", EVENTS),
        [
            (one.depth, one.key, one.role_arn, one.name, one.account, one.how, moment(one.time),
             one.life.live if one.life else "", moment(one.life.until) if one.life and one.life.until else "",
             one.life.why if one.life else "", one.calls, one.failed, one.event_ids)
            for one in answer.nodes
        ],
    )  # fmt: skip
    yield Grid(
        "Made for somebody else",
        ("what", "target", "works", "operation", "time", EVENTS),
        [(one.what, one.target, one.live, one.api, moment(one.time), one.event_ids) for one in answer.branches],
        answer.branches_total,
    )
    yield Grid(
        "Created or changed",
        ("time", "what", "target", "operation", "before", "after", "lets in", "taken back by", EVENTS),
        [
            (moment(one.time), one.what, one.target, one.api, one.before, one.after, one.outside, one.undone_by,
             one.event_ids)
            for one in answer.altered
        ],
        answer.altered_total,
    )  # fmt: skip
    yield Grid(
        "Workloads started, changed or entered", ("workload", "operations", "when", "ran as", EVENTS),
        [
            (one.key, one.apis, when(one.first, one.last), one.sessions, one.event_ids)
            for one in answer.workloads
        ],
        answer.workloads_total,
    )  # fmt: skip
    yield Grid(
        "Resources touched", ("resource", "operations", "calls>", "failed>", "when", EVENTS),
        [
            (one.resource, one.actions, one.calls, one.failed, when(one.first, one.last), one.event_ids)
            for one in answer.touched
        ],
        answer.touched_total,
    )  # fmt: skip
    yield Grid(
        "Permissions seen given",
        ("to", "policy", "operation", "time", EVENTS),
        [(one.principal, one.policy, one.api, moment(one.time), one.event_ids) for one in answer.permissions],
        answer.permissions_total,
    )
    if answer.permissions_not_known:
        yield Para((Span("Could do: not known, no loaded event tells the permissions of ", "quiet"),
                    ", ".join(answer.permissions_not_known)))  # fmt: skip


def contain(answer: Contain) -> Iterator[Block]:
    """The plan, step by step, each with what to run and whom else it hits."""
    yield Para((Span("Text only: nothing of it was carried out. ", "name"),
                f"{counted(len(answer.steps), 'step')}."))  # fmt: skip
    yield Grid(
        "What was open to others", ("risk", "what", "to", "from", "until", "operation", EVENTS),
        [
            (one.risk, one.target, one.to, moment(one.since),
             moment(one.until) if one.until else "open" if one.fate == "stands" else "probably closed", one.api,
             [*one.event_ids, *one.undone_by])
            for one in answer.exposures
        ],
    )  # fmt: skip
    for step in answer.steps:
        inner: list[Block] = [Code("\n".join(step.commands))] if step.commands else []
        if step.policy:
            inner.append(Code(step.policy))
        if step.note:
            inner.append(Para((step.note,)))
        inner.append(Facts((("also ends", also(step.ends)), ("rests on", step.event_ids))))
        yield Fold(
            f"{step.number}. {step.title}", "", (f"{step.phase}, account {step.account or 'unknown'}",), inner,
            open=True, level=4,
        )  # fmt: skip
    yield Grid(
        "History: no step for these", ("time", "operation", "target", "why", "undone", EVENTS),
        [
            (moment(one.time), one.api, one.target, one.why, moment(one.undone) if one.undone else "",
             [*one.event_ids, *one.undone_by])
            for one in answer.history
        ],
    )  # fmt: skip


def also(ends: AlsoEnds) -> str:
    """Which other live sessions a step ends; at least so many.

    >>> also(AlsoEnds(others=0, open=0, same=0, perhaps=0, origins=[]))
    'no other live session that the logs show'
    """
    parts = [
        (ends.others, "of other origins"), (ends.open, "of unknown origin"), (ends.same, "of the same origin"),
        (ends.perhaps, "that may be live"),
    ]  # fmt: skip
    told = ", ".join(f"{number} {what}" for number, what in parts if number)
    who = f" ({', '.join(ends.origins)})" if ends.origins else ""
    return f"at least {told}{who}" if told else "no other live session that the logs show"


def coverage(answer: Coverage) -> Iterator[Block]:
    """What is loaded, what is missing, and what cannot be said."""
    yield Items([(one,) for one in answer.cannot])
    yield Grid(
        "Gaps", ("account", "region", "from", "to", "why", "opened by", EVENTS),
        [
            (one.account, one.region, moment(one.since), moment(one.until) if one.until else "open", one.why,
             name(one.whose) if one.whose else "", one.event_ids)
            for one in answer.gaps
        ],
        answer.gaps_total,
    )  # fmt: skip
    yield Grid(
        "Loaded", ("account", "region", "category", "events>", "hours>", "when"),
        [
            (one.account, one.region, one.category, one.events, one.hours, when(one.first, one.last))
            for one in answer.covered
        ],
        answer.covered_total,
    )  # fmt: skip
