"""`contain` for people and as a flat table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from lineage.questions.contain import AlsoEnds, Contain, Exposure, Step
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.shared.whose import call_it
from lineage.render.lines import Line
from lineage.render.text import clean, counted, moment

PHASES = {
    "protection": "Restore the protection that was removed",
    "exposure": "Close what is open to others",
    "sources": "Stop what new sessions would come from",
    "trust": "Close who may get in",
    "workloads": "Stop what is given credentials by itself",
    "sessions": "End the sessions that still work",
    "persistence": "Take back what was left behind",
    "check": "Check what is probably gone",
    "review": "Review: access that was taken from others",
}
SHOWN = 20
"""Lines of what needs no step; the rest is counted."""
COLUMNS = (
    "number", "phase", "kind", "title", "account", "target", "commands", "policy", "note", "ends_others", "ends_open",
    "ends_same", "ends_perhaps", "ends_origins", "event_ids",
)  # fmt: skip


class Whole:
    """A line that stays whole however narrow the terminal is, since it is to be copied."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.text, style="key", no_wrap=True, overflow="ignore")


def people(answer: Contain) -> Iterator[RenderableType]:
    """The plan from the first step to the last."""
    of = call_it(answer.whose) if answer.whose else answer.asked
    yield Line("", (f"Plan to stop credentials of {clean(of)}: {counted(len(answer.steps), 'step')}", "name"))
    yield Line("", f"Nothing of it was carried out. Sessions are told as of {moment(answer.at)}.")
    if answer.subject.opened not in (None, "EXACT"):
        yield Line("", (f"The session is the one that fits this event: {answer.subject.opened}.", "open"))
    if answer.exposures:
        yield Line("")
        yield Line("", ("What was open to others", "name"))
        for exposure in answer.exposures[:SHOWN]:
            yield _exposure(exposure)
        yield from _more(len(answer.exposures))
    phase = None
    for step in answer.steps:
        if step.phase != phase:
            phase = step.phase
            yield Line("")
            yield Line("", (PHASES[phase], "name"))
        yield from _step(step)
    yield Line("")
    if answer.history:
        yield Line("", ("History: no step for these", "name"))
        for past in answer.history[:SHOWN]:
            why = f"{past.why} {moment(past.undone)}" if past.undone else past.why
            yield Line("  ", f"{moment(past.time)}  ", (clean(past.api), "name"), f" {clean(past.target)}: {why}",
                       (_ids([*past.event_ids[:1], *past.undone_by[:1]]), "quiet"), then="    ")  # fmt: skip
        yield from _more(len(answer.history))
        yield Line("")
    over = (
        (answer.ended, "session or key that no longer works", "sessions and keys that no longer work"),
        (answer.undone, "change that is already gone", "changes that are already gone"),
    )
    if told := [counted(number, one, many) for number, one, many in over if number]:
        yield Line("", f"No step for {', and for '.join(told)}.")
    if answer.branches and not answer.made:
        made = f"{counted(answer.branches, 'key, user or password', 'keys, users or passwords')} made for somebody else"
        yield Line("", (f"What came from {made} is no part of this plan; --made adds it.", "open"))
    if answer.above:
        yield Line("", "The sessions above are stopped too; of what else came from them tells a plan for "
                   f"{clean(answer.above[-1])}.")  # fmt: skip
    if answer.truncated:
        yield Line("", ("Cut: the descent is larger than a plan holds; ask for one session of it.", "open"))
    yield Line("", (clean(in_words(answer.sight)), "quiet"))


def _exposure(one: Exposure) -> Line:
    to = "everybody" if "*" in one.to else ", ".join(one.to)
    ends = f"until {moment(one.until)}" if one.until else {"stands": "still open"}.get(one.fate, "probably closed")
    return Line("  ", (f"{one.risk}: ", "open"), (clean(one.target), "name"),
                f" open to {clean(to)} from {moment(one.since)}, {ends} ({clean(one.api)})",
                (_ids([*one.event_ids[:1], *one.undone_by[:1]]), "quiet"), then="    ")  # fmt: skip


def _more(total: int) -> Iterator[RenderableType]:
    if total > SHOWN:
        yield Line("  ", (f"and {total - SHOWN:,} more; --json lists them", "quiet"))


def _ids(event_ids: Iterable[str]) -> str:
    return "".join(f"  {clean(one)}" for one in event_ids)


def _step(step: Step) -> Iterator[RenderableType]:
    mark = f"{step.number:>3}. "
    where = (f"  in account {step.account}" if step.account else "", "quiet")
    yield Line(mark, clean(step.title), where, then="     ")
    for command in step.commands:
        yield Whole(f"     {clean(command)}")
    if step.policy and not step.commands:
        yield Whole(f"     {clean(step.policy)}")
    if step.note:
        yield Line("     ", clean(step.note))
    if ends := ended(step.ends):
        yield Line("     ", (ends, "open"))
    if step.event_ids:
        yield Line("     ", (" ".join(map(clean, step.event_ids[:3])), "quiet"))


def ended(ends: AlsoEnds) -> str:
    """What a step would end besides, in words; nothing for nothing.

    >>> ended(AlsoEnds(others=2, open=0, same=0, perhaps=1, origins=["li.wei"]))
    'Also ends at least 2 live sessions of others (li.wei); perhaps 1 more.'
    """
    parts = []
    if ends.others:
        names = f" ({', '.join(map(clean, ends.origins))})" if ends.origins else ""
        parts.append(f"{counted(ends.others, 'live session')} of others{names}")
    if ends.open:
        parts.append(f"{ends.open:,} of unknown origin")
    if ends.same:
        parts.append(f"{ends.same:,} more of the same origin")
    told = f"Also ends at least {', '.join(parts)}" if parts else ""
    if ends.perhaps:
        told += f"; perhaps {ends.perhaps:,} more" if told else f"Perhaps ends {counted(ends.perhaps, 'other session')}"
    return f"{told}." if told else ""


def table(answer: Contain) -> tuple[tuple[str, ...], Iterable[tuple[object, ...]]]:
    """A row for each step."""
    return COLUMNS, (
        (step.number, step.phase, step.kind, step.title, step.account, step.target, "\n".join(step.commands),
         step.policy, step.note, step.ends.others, step.ends.open, step.ends.same, step.ends.perhaps,
         step.ends.origins, step.event_ids)
        for step in answer.steps
    )  # fmt: skip
