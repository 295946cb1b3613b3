"""`baseline`: is this normal? How often the same identity made this call before, from there and with that agent.

Addresses and agents of calls that services made on behalf of a caller are the services' own: such calls are compared
by operation alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from lineage.model.agents import parse
from lineage.model.results import CallRow, Window, grouped
from lineage.questions.baseline import AgentFamily, AgentVersion, Baseline, CallCompared, Habits, Match, Verdict
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.addresses import doubt, doubt_of, network, place
from lineage.questions.shared.history import Compared, about_credential, compare, days_of, rests_on
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.subjects import Subject
from lineage.render.text import counted
from lineage.stores.reader import Reader

PLACES_SHOWN: Final = 20
AGENTS_SHOWN: Final = 20
VERSIONS_SHOWN: Final = 10
TEXTS_SHOWN: Final = 5


def habits(rows: Sequence[CallRow]) -> Habits:
    """From where and with what calls were made, where they are the caller's own."""
    own = [row for row in rows if place(row) is not None]
    places = subjects.counted(own, place, doubt_of)
    agents = grouped(own, lambda row: agent.family if (agent := parse(row.row.user_agent)) else None)
    families = [_family(name, some) for name, some in agents.items() if name is not None]
    families.sort(key=lambda one: (-one.calls, one.family))
    return Habits(
        calls=grants.total(rows), places=places[:PLACES_SHOWN], places_total=len(places),
        agents=families[:AGENTS_SHOWN], agents_total=len(families),
    )  # fmt: skip


def _family(name: str, rows: Sequence[CallRow]) -> AgentFamily:
    versions = grouped(rows, lambda row: agent.version if (agent := parse(row.row.user_agent)) else None)
    found = sorted((_version(*one) for one in versions.items()), key=lambda one: (-one.calls, one.version or ""))
    return AgentFamily(
        family=name, calls=grants.total(rows), failed=grants.failed(rows), first=grants.first(rows),
        last=grants.last(rows), versions=found[:VERSIONS_SHOWN], versions_total=len(found),
    )  # fmt: skip


def _version(version: str | None, rows: Sequence[CallRow]) -> AgentVersion:
    texts = subjects.counted(rows, lambda row: agent.text if (agent := parse(row.row.user_agent)) else None)
    return AgentVersion(
        version=version, calls=grants.total(rows), texts=texts[:TEXTS_SHOWN], texts_total=len(texts)
    )  # fmt: skip


CALLS_SHOWN: Final = 50
CALL, PLACE, TEXT, VERSION, FAMILY = "call", "source IP", "agent text", "agent version", "agent family"
LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    (CALL, PLACE, TEXT), (CALL, PLACE, VERSION), (CALL, PLACE, FAMILY), (CALL, PLACE), (CALL, FAMILY), (CALL,),
    (PLACE, FAMILY), (PLACE,), (FAMILY,),
)  # fmt: skip
"""What has to be equal for a match, from the closest to the widest."""
VERDICTS: Final[tuple[Verdict, ...]] = ("never seen before", "new combination", "seen before")


class Call(NamedTuple):
    """A call in question: what it was, from where and with what, where they are the caller's own."""

    api: str | None
    place: str | None
    user_agent: str | None


def answer(
    reader: Reader, ask: str, *, api: str | None = None, user_agent: str | None = None, source_ip: str | None = None,
    since: int | None = None, until: int | None = None, margin: int | None = None, days: int = 14,
    gap: int | None = None,
) -> Baseline:  # fmt: skip
    """Compare a call with the past of the identity that made it.

    `api`, `user_agent` and `source_ip` are the alert's; what it does not give the matching records show: those of
    the event that was asked for, else of the scope.
    """
    compared = compare(reader, ask, since=since, until=until, margin=margin, days=days, gap=gap)
    if compared is None:
        return Baseline(asked=ask, found=False)
    index = _Index(compared.before)
    questioned = _questioned(reader, compared, api, user_agent, source_ip)
    ordered = sorted(questioned, key=lambda call: _order(index, call, questioned[call]))
    calls = [_compared(index, call, questioned[call]) for call in ordered[:CALLS_SHOWN]]
    if not compared.history.enough:
        calls = [one.model_copy(update={"verdict": "too little history"}) for one in calls]
    verdict = calls[0].verdict if calls else None
    return Baseline(
        asked=ask, found=True, subject=compared.subject.to_model(), scope=compared.scope,
        verdict=verdict, statement=_statement(compared, verdict, calls), calls=calls,
        calls_total=len(ordered), truncated=len(ordered) > CALLS_SHOWN, history=compared.history,
        habits=habits(compared.before), sight=log_coverage(reader, compared.accounts, compared.window),
    )  # fmt: skip


def _order(index: _Index, call: Call, rows: Sequence[CallRow]) -> tuple[int, int, str, str, str]:
    first = min((row.first for row in rows), default=0)
    rank = VERDICTS.index(_rank(index.like(call))[1])
    return rank, first, call.api or "", call.place or "", call.user_agent or ""


def _rank(found: Mapping[tuple[str, ...], Sequence[CallRow]]) -> tuple[tuple[str, ...], Verdict, list[str]]:
    """What of a call is compared, the verdict of what a history has like it, and what of it the history has nowhere."""
    parts = tuple(part for part in (CALL, PLACE, FAMILY) if (part,) in found)
    unseen = [part for part in parts if not found[(part,)]]
    return parts, "never seen before" if unseen else "seen before" if found.get(parts) else "new combination", unseen


def _questioned(
    reader: Reader, compared: Compared, api: str | None, user_agent: str | None, source_ip: str | None
) -> dict[Call, list[CallRow]]:
    """The calls in question with their rows: what the alert shows, filled up from the records that fit it."""
    rows = compared.rows if compared.subject.event is None else _of_event(reader, compared.subject)
    fitting = [
        row
        for row in rows
        if (api is None or _is_call(row.row.api, api))
        and (source_ip is None or source_ip in (place(row), row.row.source_ip))
        and (user_agent is None or row.row.user_agent == user_agent)
    ]
    if not fitting and (api is not None or source_ip is not None or user_agent is not None):
        known = sorted({row.row.api for row in compared.before if api is not None and _is_call(row.row.api, api)})
        where = source_ip if source_ip is not None and network(source_ip.split(" ")[0]) else None
        return {Call(known[0] if known else api, where, user_agent): []}
    return grouped(fitting, _call_of)


def _call_of(row: CallRow) -> Call:
    where = place(row)
    return Call(row.row.api, where, row.row.user_agent if where else None)


def _of_event(reader: Reader, subject: Subject) -> list[CallRow]:
    """The row of the event that was asked for, cut down to it."""
    if subject.event is None:
        return []
    at = Window(subject.event.time, subject.event.time)
    return [
        msgspec.structs.replace(row, count=1, samples=[sample])
        for row in reader.calls(subject.which, at, every=True)
        for sample in row.samples
        if sample.event_id == subject.ask
    ]


def _is_call(api: str, asked: str) -> bool:
    """Is it the operation that was asked for: `service:Operation`, or the operation alone?"""
    return asked.lower() in (api.lower(), api.partition(":")[2].lower())


class _Index:
    """The rows of a history by what they have in common with others."""

    def __init__(self, rows: Iterable[CallRow]) -> None:
        self._found: dict[tuple[str, ...], dict[tuple[object, ...], list[CallRow]]] = {
            level: defaultdict(list) for level in LEVELS
        }
        self._matches: dict[tuple[tuple[str, ...], tuple[object, ...]], Match] = {}
        self._habits: dict[str | None, Habits] = {}
        for row in rows:
            values = _values(_call_of(row))
            for level, found in self._found.items():
                if all(part in values for part in level):
                    found[tuple(values[part] for part in level)].append(row)

    def like(self, call: Call) -> dict[tuple[str, ...], list[CallRow]]:
        """By level: the rows that are like a call. Levels of what the call does not show are left out."""
        values = _values(call)
        return {
            level: self._found[level].get(tuple(values[part] for part in level), [])
            for level in LEVELS
            if all(part in values for part in level)
        }

    def match(self, call: Call, level: tuple[str, ...], rows: Sequence[CallRow]) -> Match:
        """The rows of a level in numbers; many calls share the wider ones."""
        values = _values(call)
        key = level, tuple(values[part] for part in level)
        if key not in self._matches:
            self._matches[key] = Match(
                on=", ".join(level), calls=grants.total(rows), failed=grants.failed(rows), days=days_of(rows),
                first=grants.first(rows) if rows else None, last=grants.last(rows) if rows else None,
                event_ids=grants.earliest(rows),
            )  # fmt: skip
        return self._matches[key]

    def habits(self, call: Call, rows: Sequence[CallRow]) -> Habits:
        """From where and with what an operation was called."""
        if call.api not in self._habits:
            self._habits[call.api] = habits(rows)
        return self._habits[call.api]


def _values(call: Call) -> dict[str, object]:
    """What of a call is known, by the parts of the levels."""
    agent = parse(call.user_agent)
    values: dict[str, object] = {CALL: call.api, PLACE: call.place}
    if agent is not None:
        values |= {TEXT: agent.text, VERSION: agent[:2], FAMILY: agent.family}
    return {part: value for part, value in values.items() if value is not None}


def _compared(index: _Index, call: Call, rows: Sequence[CallRow]) -> CallCompared:
    agent, found = parse(call.user_agent), index.like(call)
    parts, verdict, unseen = _rank(found)
    return CallCompared(
        api=call.api, source_ip=call.place, user_agent=call.user_agent,
        agent_family=agent.family if agent else None, agent_version=agent.version if agent else None,
        doubt=doubt(*call.place.split(" ", 1)) if call.place else None,
        calls=grants.total(rows), failed=grants.failed(rows), first=grants.first(rows) if rows else None,
        last=grants.last(rows) if rows else None, event_ids=grants.earliest(rows), verdict=verdict, unseen=unseen,
        statement=_in_words(parts, unseen, found.get(parts, [])),
        matches=[index.match(call, level, some) for level, some in found.items()],
        habits=index.habits(call, found.get((CALL,), [])),
    )  # fmt: skip


def _in_words(parts: Sequence[str], unseen: Sequence[str], together: Sequence[CallRow]) -> str:
    """What the history says of a call, and what could not be compared."""
    said = " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
    if unseen:
        text = f"not in the history: {', '.join(unseen)}"
    elif together:
        many, days = sum(row.count for row in together), days_of(together)
        text = f"{said} seen {counted(many, 'time')} on {counted(days, 'day')}"
    else:
        text = f"{said}: each is in the history, but never together"
    if PLACE not in parts:
        return f"{text}; no reliable source IP is known, so the comparison ignores it"
    return text if FAMILY in parts else f"{text}; no user agent is known, so the comparison uses the source IP alone"


def _statement(compared: Compared, verdict: Verdict | None, calls: Sequence[CallCompared]) -> str:
    """What the verdict is based on: what is too little, how much there is, and whose it is."""
    history = compared.history
    parts = ["no calls in the scope" if verdict is None else calls[0].statement]
    if not history.enough:
        parts.append(f"too little: {', '.join(history.lacking)}")
    parts.append(f"based on {rests_on(history)}")
    return "; ".join([*parts, *about_credential(history)])
