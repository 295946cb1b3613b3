"""What a report says first: who, from where, what was done, is it unusual, what works, what to do, what is not known.

Nothing is asked anew: it is read off the sections of the report.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from lineage.model import schema
from lineage.model.arn import LONG_TERM
from lineage.model.times import parse_when
from lineage.questions.baseline import Baseline
from lineage.questions.blast import Blast
from lineage.questions.contain import Contain
from lineage.questions.coverage import Coverage
from lineage.questions.investigate import (
    Affected,
    AlertTold,
    Case,
    DoneStep,
    First,
    OwnAddress,
    Provenanced,
    Section,
    Summary,
    Where,
    Working,
)  # fmt: skip
from lineage.questions.investigate.sentences import sentence
from lineage.questions.new import New
from lineage.questions.shared import words
from lineage.questions.shared.addresses import parsed
from lineage.questions.shared.models import Model, Sight, Whose
from lineage.questions.shared.whose import call_it, named, short
from lineage.questions.timeline import Entry, Timeline
from lineage.questions.touched import Touched
from lineage.questions.who import Provenance, WhoAnswer
from lineage.render.text import counted, moment

STEPS = 12
ADDRESSES = 5
WORKING = 10
GAPS = 2
FIRST = 3
IDS = 3
Answer = TypeVar("Answer", bound=Model)
Value = TypeVar("Value")
_PLAIN = (
    "sts:GetCallerIdentity", "sso:GetRoleCredentials", "signin:CredentialChallenge", "signin:CredentialVerification",
    "signin:GetSigninToken",
)  # fmt: skip
"""Sensitive calls, and parts of a sign-in, that say little beside the others."""
_WEIGHTS = {"grant": 0, "change": 0, "sign-in": 1, "sensitive": 1, "failed": 2}


def summary(
    cases: Sequence[Case], alerts: Sequence[AlertTold], ours: Sequence[OwnAddress], accounts: Mapping[str, str],
    looked: Sight, notes: Iterable[str],
) -> Summary:  # fmt: skip
    """The summary of a group's cases; `accounts` are the names of accounts."""
    done = [step for case in cases for step in _done(case, accounts)]
    told = sorted(done[:STEPS], key=lambda step: (step.time, step.event_ids))
    works = list({one.ask: one for case in cases for one in _works(case)}.values())
    plans = [plan for case in cases if (plan := answer_of(case, Contain)) is not None]
    blasts = [blast for case in cases if (blast := answer_of(case, Blast)) is not None]
    return Summary(
        who=_once(one for case in cases for one in origins(case)),
        provenance=_once(one for case in cases for answer in case.who for one in _provenance(answer)),
        where=_where(cases, alerts, ours),
        affected=_once(one for case in cases for one in _affected(case, alerts)),
        done=told, done_total=len(done), unusual=_once(line for case in cases for line in _unusual(case)),
        at=next((one.at for one in blasts), None), works=works[:WORKING], works_total=len(works),
        first=list({(one.title, one.account): one for plan in plans for one in _first(plan)}.values()),
        unknown=_once(_unknown(cases, blasts, looked, notes)),
    )  # fmt: skip


def answer_of(case: Case, kind: type[Answer]) -> Answer | None:
    """The answer of one question in a case, None where it was not asked or found nothing."""
    return next((one.answer for one in case.sections if isinstance(one.answer, kind) and one.found), None)


def origins(case: Case) -> list[Whose]:
    """Whose credentials a case is about: of several sessions each origin, with its weakest confidence."""
    if not case.several:
        return [case.whose]
    found: dict[tuple[str | None, ...], Whose] = {}
    for one in (whose_of([answer]) for answer in case.who):
        apart = one.kind, one.id, one.name, one.provider, one.resource, one.reason
        there = found.get(apart, one)
        found[apart] = there.model_copy(update={"confidence": schema.weakest([there.confidence, one.confidence])})
    return list(found.values())


def whose_of(answers: list[WhoAnswer], fitting: int | None = None) -> Whose:
    """The answers for one identity in one line, with who made its key where that was another."""
    found = short(answers, fitting)
    made = answers[0].made_by if answers and found.access_key_id else None
    if made is None or made.what != "access key":
        return found
    return found.model_copy(update={"made_by": named(short([made.answer]))})


def _once(values: Iterable[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _provenance(answer: WhoAnswer) -> Iterator[Provenanced]:
    for made, verb in ((answer.made_by, "made"), (answer.started_by, "started")):
        if made is not None:
            yield _by(made, f"{_called(answer, made)} {verb}")


def _called(answer: WhoAnswer, made: Provenance) -> str:
    key = answer.origin.access_key_id if made.what == "access key" else None
    return f"{made.what} {key or answer.origin.resource or answer.origin.name or ''}".rstrip()


def _by(made: Provenance, what: str) -> Provenanced:
    of = short([made.answer])
    return Provenanced(
        what=what, api=made.api, time=made.time, by=named(of), confidence=of.confidence,
        event_id=made.event_ids[0] if made.event_ids else None,
    )  # fmt: skip


def _where(cases: Iterable[Case], alerts: Iterable[AlertTold], ours: Iterable[OwnAddress]) -> list[Where]:
    """The alert's addresses, then those of the chain by its timeline, most calls first."""
    counts: Counter[str] = Counter()
    for timeline in (found for case in cases if (found := answer_of(case, Timeline))):
        actors = {actor.ref for actor in timeline.actors}
        for entry in timeline.entries:
            if entry.actor in actors and entry.via is None and parsed(entry.source_ip) is not None:
                counts[entry.source_ip or ""] += entry.count
    alerted = [address for alert in alerts for address in alert.source_ips]
    places = {place.address: place for alert in alerts for place in alert.places}
    instances = {one.address: one.instance or "an instance that is not logged" for one in ours}
    ranked = sorted(counts, key=lambda address: (-counts[address], address))
    return [
        Where(address=one, calls=counts[one], place=places.get(one), own=instances.get(one))
        for one in list(dict.fromkeys([*alerted, *ranked]))[:ADDRESSES]
    ]


def _affected(case: Case, alerts: Iterable[AlertTold]) -> Iterator[Affected]:
    named_ = {thing.arn or thing.id for alert in alerts for thing in (*alert.affected, *alert.resources)}
    for section in case.sections:
        if section.question == "touched" and section.asked:
            yield Affected(
                resource=section.asked, named_by="alert" if section.asked in named_ else "logs",
                told=_touched(section), ask=f"lineage touched {shlex.quote(section.asked)}",
            )  # fmt: skip


def _touched(section: Section) -> str | None:
    found = section.answer
    if not isinstance(found, Touched) or not section.found:
        return None
    calls = [f"{touch.count:,}x {touch.api}" for one in found.origins for touch in one.operations]
    whose = list(dict.fromkeys(call_it(one.whose) for one in found.origins))
    more = f" and {len(calls) - 3} more" if len(calls) > 3 else ""
    return f"{', '.join(calls[:3])}{more}, credentials of {', '.join(whose[:3])}" if calls else None


def _done(case: Case, accounts: Mapping[str, str]) -> list[DoneStep]:
    """The calls of the timeline that are told one by one; what is said alike is one step."""
    timeline = answer_of(case, Timeline)
    if timeline is None:
        return []
    made = {actor.ref: actor.name for actor in timeline.actors if actor.made}
    found: dict[tuple[str, str], tuple[DoneStep, Entry]] = {}
    for entry in timeline.entries:
        if entry.kind == "reads" or (entry.error is None and entry.api in _PLAIN):
            continue
        text = sentence(entry, accounts, named(case.whose))
        text += f", with the new {made[entry.actor]}" if entry.actor in made else ""
        step = DoneStep(
            time=entry.time, until=entry.until, text=text, count=entry.count, by=entry.actor_name,
            refused=entry.error is not None, event_ids=entry.event_ids[:IDS],
        )  # fmt: skip
        there = found.get((text, entry.actor))
        if there is not None:
            step = there[0].model_copy(update={
                "until": entry.time, "count": there[0].count + entry.count,
                "event_ids": [*there[0].event_ids, *entry.event_ids][:IDS],
            })  # fmt: skip
        found[text, entry.actor] = step, there[1] if there and there[1].phase == "during" else entry
    about = parse_when(timeline.alert.since) if timeline.alert else None
    ranked = sorted(found.values(), key=lambda one: _rank(one[1], about))
    return [step for step, _ in ranked]


def _rank(entry: Entry, about: int | None) -> tuple[int, int, str]:
    """The alert's own call first, then changes and grants, then what is sensitive, then what failed; of each what is
    nearest to the alert."""
    weight = _WEIGHTS.get(entry.kind, 3) + (entry.error is not None and not entry.changing)
    weight = -1 if entry.phase == "during" else weight
    time = parse_when(entry.time) or 0
    return weight, abs(time - about) if about is not None else time, entry.api


def _unusual(case: Case) -> Iterator[str]:
    """The verdict of `baseline`, with what it never saw, and what `new` found new."""
    baseline, new = answer_of(case, Baseline), answer_of(case, New)
    if baseline is not None and baseline.verdict is not None:
        unseen = list(dict.fromkeys(part for one in baseline.calls for part in one.unseen))
        why = f": {', '.join(unseen)} not in the history" if unseen else ""
        history = baseline.history
        lacking = f" ({', '.join(history.lacking)})" if history is not None and not history.enough else ""
        yield f"{baseline.verdict}{lacking}{why}"
    if new is not None and new.verdict == "new":
        found = [
            counted(one.new_total, f"new {one.name}", _plural(one.name)) for one in new.dimensions if one.new_total
        ]
        if found:
            yield ", ".join(found)


def _plural(name: str) -> str:
    return f"new {name[:-1]}ies" if name.endswith("y") else f"new {name}es" if name.endswith("s") else f"new {name}s"


def _works(case: Case) -> Iterator[Working]:
    """What may still work: made keys and passwords, then the sessions and keys of the descent, then the other sessions
    of the origin."""
    blast, plan = answer_of(case, Blast), answer_of(case, Contain)
    nodes = blast.nodes if blast is not None else []
    for branch in blast.branches if blast is not None else ():
        if branch.live != "no":
            yield Working(
                what=branch.what if branch.what in ("access key", "login profile", "password") else "user",  # type: ignore[arg-type]  # one of the words
                name=branch.target, ask=branch.target, account=None, live=branch.live, until=None, made=True,
                same_origin=False,
            )  # fmt: skip
    for node in nodes:
        life = node.life
        if life is None or life.live == "no" or (node.label == "Credential" and not node.key.startswith(LONG_TERM)):
            continue
        role = (node.role_arn or "").rsplit("/", 1)[-1]
        name = f"{role} as {node.name}" if role and node.name else node.name or node.key
        yield Working(
            what="session" if node.label == "Session" else "access key", name=name, ask=node.key, account=node.account,
            live=life.live, until=life.until, made=node.made, same_origin=False,
        )  # fmt: skip
    for other in plan.others if plan is not None else ():
        if other.life.live != "no":
            yield Working(
                what="session", name=other.name, ask=other.session, account=other.account, live=other.life.live,
                until=other.life.until, made=False, same_origin=True,
            )  # fmt: skip


def _first(plan: Contain) -> Iterator[First]:
    """The steps that come first in a plan, which is in the order of what to do."""
    command = f"lineage contain {shlex.quote(plan.asked)}{' --made' if plan.made else ''}"
    for step in plan.steps[:FIRST]:
        yield First(
            number=step.number, title=step.title, account=step.account, commands=step.commands, note=step.note,
            plan=command,
        )  # fmt: skip


def _unknown(cases: Iterable[Case], blasts: Iterable[Blast], looked: Sight, notes: Iterable[str]) -> Iterator[str]:
    for case in cases:
        for answer in case.who:
            yield from _open(answer)
        if case.who_total > len(case.who):
            yield f"whose {case.who_total - len(case.who):,} more sessions are"
        for section in case.sections:
            if section.question in ("timeline", "blast", "contain") and section.note:
                yield f"{section.question}: {section.note}"
    yield from notes
    for blast in blasts:
        if blast.perhaps_total:
            yield f"whether {counted(blast.perhaps_total, 'more session')} came from it: several callers fit"
        if blast.permissions_not_known_total:
            roles = counted(blast.permissions_not_known_total, "role or user", "roles and users")
            whose = "its" if blast.permissions_not_known_total == 1 else "their"
            yield f"what {roles} may do: no loaded event shows {whose} permissions"
    stopped = [gap for case in cases if (logs := answer_of(case, Coverage)) is not None for gap in logs.gaps]
    for gap in [one for one in stopped if one.kind not in ("no events", "pruned")][:GAPS]:
        until = f"to {moment(gap.until)}" if gap.until else "on"
        of = f", credentials of {call_it(gap.whose)}" if gap.whose else ""
        yield f"what {gap.account} did not record from {moment(gap.since)} {until}: {gap.api} of {gap.target}{of}"
    if looked.unlogged:
        yield f"no logs are loaded for {', '.join(looked.unlogged)}"
    if looked.missing:
        yield f"not loaded: {', '.join(looked.missing)}"
    for one in looked.gaps[:GAPS]:
        since = f"from {moment(one.since)} to" if one.since else "up to"
        yield f"{one.account or 'all accounts'}: nothing is loaded {since} {moment(one.until)} ({one.why})"


def _open(answer: WhoAnswer) -> Iterator[str]:
    """Why a chain is open, and which logs would settle it."""
    if answer.origin.kind == "Unresolved" and answer.reason:
        missing = answer.missing
        parts = [part for part in (missing.account, missing.region, missing.day) if part] if missing else []
        logs = f"; logs of {' '.join(parts)}" if parts else ""
        yield f"whose it is: {words.reason(answer.reason).rstrip('.')}{logs}"
    elif answer.ambiguous:
        yield f"whose it is: {words.reason('ambiguous').rstrip('.')}"
