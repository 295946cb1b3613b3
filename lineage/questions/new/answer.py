"""`new`: what is new in the scope against the history.

Places of sign-ins and assumptions are listed apart from places of calls. Addresses and agents of calls that services
made on behalf of a caller are the services' own and left out of both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any, Final, Literal, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.agents import parse
from lineage.model.results import CallRow, Graph, Window, grouped
from lineage.model.times import iso, parse_when
from lineage.questions.new import Dimension, DimensionName, Jump, New, NewValue
from lineage.questions.new.geo import Atlas, Located
from lineage.questions.shared import grants
from lineage.questions.shared.addresses import doubt, network, place
from lineage.questions.shared.climb import session_key_of
from lineage.questions.shared.grants import EVENTS_SHOWN, in_window
from lineage.questions.shared.history import HOUR, Compared, about_credential, compare, history_window, rests_on
from lineage.questions.shared.log_coverage import log_coverage
from lineage.render.text import counted
from lineage.stores.reader import Reader


class Entrance(NamedTuple):
    """One sign-in or assumption on the way to a session."""

    time: int
    source_ip: str | None
    user_agent: str | None
    event_ids: tuple[str, ...]


def entrances(graph: Graph, sessions: Iterable[str]) -> list[Entrance]:
    """The sign-ins and assumptions that led to sessions (references), all hops, each once; in order of time.

    Where a grant has a sign-in, the place is the sign-in's: what asked STS then was AWS's own server.
    """
    found: set[Entrance] = set()
    waiting = list(sessions)
    done: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node in done or node not in graph:
            continue
        done.add(node)
        for caller, _, way in graph.in_edges(node, data=True):
            if way["type"] == schema.ASSUMED and way["parent"]:
                found.update(_of(way))
                above = session_key_of(str(caller))
                waiting += [f"{schema.SESSION} {above}"] if above else []
    return sorted(found, key=lambda one: (one.time, one.event_ids))


def _of(way: dict[str, Any]) -> Iterable[Entrance]:
    if way["sign_in_event_ids"]:
        ids = tuple(sorted({*way["event_ids"], *way["sign_in_event_ids"]}))
        yield Entrance(parse_when(way["time"]) or 0, way["source_ip"], way["user_agent"], ids)
        return
    for text in way["grants"]:
        grant = msgspec.json.decode(text)
        yield Entrance(
            parse_when(grant["time"]) or 0, grant["source_ip"], grant["user_agent"], tuple(grant["event_ids"])
        )


LEAST: Final = 10
DEVIATIONS: Final = 5
STATISTIC: Final = (
    f"a jump is an hour of the scope with at least {LEAST} calls of an operation, more than in the busiest hour of its "
    f"history, and more than the median plus {DEVIATIONS} median absolute deviations of the history's hours that have "
    "this call"
)


def jumps(rows: Iterable[CallRow], before: Iterable[CallRow]) -> list[Jump]:
    """The operations of `rows` with a jump against `before`, each with its busiest hour; in order of the operation.

    What the history does not have at all is new, and no jump.
    """
    now, past = (grouped(some, lambda row: row.row.api) for some in (rows, before))
    return [one for api in sorted(now) if api in past and (one := _jump(api, now[api], past[api]))]


def _jump(api: str, rows: Iterable[CallRow], before: Iterable[CallRow]) -> Jump | None:
    now, past = (grouped(some, lambda row: row.row.hour) for some in (rows, before))
    counts = {hour: grants.total(some) for hour, some in now.items()}
    hour = min(counts, key=lambda one: (-counts[one], one))
    usual = [grants.total(some) for some in past.values()]
    middle = median(usual)
    deviation = median(abs(count - middle) for count in usual)
    if counts[hour] < LEAST or counts[hour] <= max(*usual, middle + DEVIATIONS * deviation):
        return None
    return Jump(
        api=api, hour=iso(hour * HOUR), calls=counts[hour], busiest=max(usual), median=float(middle),
        deviation=float(deviation), hours=len(usual), event_ids=grants.earliest(now[hour]),
    )  # fmt: skip


VALUES_SHOWN: Final = 100
JUMPS_SHOWN: Final = 100
SIGN_IN: Final = "signin"
"""Category of sign-in events."""
_PLURALS: Final = {
    "agent family": "agent families", "country": "countries", "city": "cities",
    "sign-in agent family": "sign-in agent families", "sign-in country": "sign-in countries",
    "sign-in city": "sign-in cities",
}  # fmt: skip


class Sighting(NamedTuple):
    """Calls, or one sign-in, as dimensions look at them."""

    api: str
    region: str | None
    place: str | None
    address: str | None
    endpoint: str | None
    user_agent: str | None
    calls: int
    failed: int
    first: int
    last: int
    events: tuple[tuple[int, str], ...]


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, margin: int | None = None,
    days: int = 14, gap: int | None = None, atlas: Atlas | None = None,
) -> New:  # fmt: skip
    """Compare what was done in the scope with the history of the identity; `atlas` adds places by address."""
    compared = compare(reader, ask, since=since, until=until, margin=margin, days=days, gap=gap)
    if compared is None:
        return New(asked=ask, found=False)
    atlas = atlas or Atlas([])
    now, then = [_of_row(row) for row in compared.rows], [_of_row(row) for row in compared.before]
    ways_now, ways_then = _sign_ins(reader, compared, history_window(compared.window, days, gap))
    dimensions = [
        *(_dimension(name, value, now, then) for name, value in _OF_CALLS),
        *_places(now, then, atlas, sign_in=False),
        *_places(ways_now, ways_then, atlas, sign_in=True),
        _dimension("sign-in agent family", _family, ways_now, ways_then),
    ]
    found = jumps(compared.rows, compared.before)
    verdict = _verdict(compared, dimensions, bool(found))
    return New(
        asked=ask, found=True, subject=compared.subject.to_model(), scope=compared.scope, verdict=verdict,
        statement=_statement(compared, verdict, dimensions, len(found)), calls=sum(row.count for row in compared.rows),
        dimensions=[_cut(one) for one in dimensions], jumps=found[:JUMPS_SHOWN], jumps_total=len(found),
        statistic=STATISTIC, databases=atlas.names,
        truncated=len(found) > JUMPS_SHOWN or any(one.new_total > VALUES_SHOWN for one in dimensions),
        history=compared.history, sight=log_coverage(reader, compared.accounts, compared.window),
    )  # fmt: skip


def _of_row(row: CallRow) -> Sighting:
    """A row as calls; a sign-in has its place among the sign-ins alone."""
    return _sighting(row, place(row) if row.row.category != SIGN_IN else None)


def _sighting(row: CallRow, where: str | None) -> Sighting:
    return Sighting(
        row.row.api, row.row.region, where, row.row.source_ip if where else None, row.row.endpoint,
        row.row.user_agent if where else None, row.count, row.count if row.row.error else 0, row.first, row.last,
        tuple((sample.time, sample.event_id) for sample in row.samples),
    )  # fmt: skip


def _sign_ins(reader: Reader, compared: Compared, before: Window) -> tuple[list[Sighting], list[Sighting]]:
    """The sign-ins and assumptions that led to the sessions in question, and those of the history.

    Those in question count however long ago they were: a session is as new as the place that it was opened from.
    Failed sign-ins count where they were tried.
    """
    asked = {start for start in compared.subject.starts if session_key_of(start)} | _sessions(compared.rows)
    past = _sessions(compared.before)
    if compared.history.basis != "source IP":
        past |= set(compared.past.sessions)
    graph = compared.past.graph
    if any(node not in graph for node in asked | past):
        graph = reader.ascend(sorted(asked | past))
    until = compared.window.until
    now = [one for one in entrances(graph, asked) if until is None or one.time <= until]
    led = set(now)
    then = [one for one in entrances(graph, past) if in_window(one.time, before) and one not in led]
    return [*map(_of_entrance, now), *_refused(compared.rows)], [*map(_of_entrance, then), *_refused(compared.before)]


def _sessions(rows: Iterable[CallRow]) -> set[str]:
    return {f"{schema.SESSION} {key}" for row in rows if (key := session_key_of(row.source))}


def _refused(rows: Iterable[CallRow]) -> list[Sighting]:
    return [_sighting(row, place(row)) for row in rows if row.row.category == SIGN_IN and row.row.error is not None]


def _of_entrance(one: Entrance) -> Sighting:
    where = one.source_ip if network(one.source_ip) else None
    events = tuple((one.time, event_id) for event_id in one.event_ids)
    return Sighting("", None, where, where, None, one.user_agent if where else None, 1, 0, one.time, one.time, events)


def _family(one: Sighting) -> str | None:
    agent = parse(one.user_agent)
    return agent.family if agent else None


def _network(one: Sighting) -> str | None:
    return network(one.address) if doubt(one.address, one.endpoint) is None else None


def _dimension(
    name: DimensionName, value: Callable[[Sighting], str | None], now: Iterable[Sighting], then: Iterable[Sighting]
) -> Dimension:
    known = {value(one) for one in then} - {None}
    groups = {text: some for text, some in grouped(now, value).items() if text is not None}
    new = [_new(text, some) for text, some in groups.items() if text not in known]
    return Dimension(
        name=name, new=sorted(new, key=lambda one: (one.first, one.value)), new_total=len(new),
        known=len(groups) - len(new), before=len(known),
    )  # fmt: skip


def _new(value: str, some: Sequence[Sighting]) -> NewValue:
    events = sorted({event for one in some for event in one.events})
    doubts = {doubt(one.address, one.endpoint) for one in some if one.address == value or one.place == value}
    return NewValue(
        value=value, calls=sum(one.calls for one in some), failed=sum(one.failed for one in some),
        first=iso(min(one.first for one in some)), last=iso(max(one.last for one in some)),
        event_ids=[event_id for _, event_id in events[:EVENTS_SHOWN]], note=next(iter(doubts - {None}), None),
    )  # fmt: skip


_PLACES: Final[dict[bool, tuple[DimensionName, ...]]] = {
    False: ("source IP", "network", "country", "city", "autonomous system"),
    True: (
        "sign-in source IP", "sign-in network", "sign-in country", "sign-in city", "sign-in autonomous system",
    ),
}  # fmt: skip


def _places(now: Sequence[Sighting], then: Sequence[Sighting], atlas: Atlas, *, sign_in: bool) -> list[Dimension]:
    """Addresses, networks, and what the databases know of any address that may be trusted."""

    def located(one: Sighting) -> Located:
        trusted = one.address is not None and doubt(one.address, one.endpoint) is None
        return atlas.locate(one.address) if one.address and trusted else Located()

    values: list[Callable[[Sighting], str | None]] = [
        lambda one: one.place, _network, lambda one: located(one).country, lambda one: located(one).city,
        lambda one: located(one).system,
    ]  # fmt: skip
    found = [_dimension(name, value, now, then) for name, value in zip(_PLACES[sign_in], values, strict=True)]
    return [*found[:2], *(one for one in found[2:] if one.new or one.known or one.before)]


_OF_CALLS: Final[tuple[tuple[DimensionName, Callable[[Sighting], str | None]], ...]] = (
    ("call", lambda one: one.api),
    ("service", lambda one: one.api.partition(":")[0]),
    ("region", lambda one: one.region),
    ("agent family", _family),
)


def _cut(one: Dimension) -> Dimension:
    return one if one.new_total <= VALUES_SHOWN else one.model_copy(update={"new": one.new[:VALUES_SHOWN]})


def _verdict(
    compared: Compared, dimensions: Iterable[Dimension], jumped: bool
) -> Literal["new", "nothing new", "too little history", "no calls"]:
    if not compared.rows:
        return "no calls"
    if not compared.history.enough:
        return "too little history"
    return "new" if jumped or any(one.new for one in dimensions) else "nothing new"


def _many(number: int, name: str) -> str:
    return counted(number, name, _PLURALS.get(name))


def _statement(compared: Compared, verdict: str, dimensions: Iterable[Dimension], jumped: int) -> str:
    """What is new, what is too little, and what it is based on."""
    parts = [_many(one.new_total, one.name) for one in dimensions if one.new]
    parts += [f"{_many(jumped, 'jump')} in volume"] if jumped else []
    said = "no calls in the scope" if verdict == "no calls" else f"not in the history: {', '.join(parts) or 'nothing'}"
    too_little = [] if compared.history.enough else [f"too little: {', '.join(compared.history.lacking)}"]
    return "; ".join([said, *too_little, f"based on {rests_on(compared.history)}", *about_credential(compared.history)])
