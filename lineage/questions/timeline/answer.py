"""`timeline`: what the whole chain changed, tried, read of secrets and was granted, call by call in order of time.

The chain is the first session after the origin (or the long-term key itself) with all that came from it along
resolved parents; what it made for others goes on as a chain of its own, or is followed on request. Other reads are
folded into counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.errors import BadUse
from lineage.model.facts import Sample
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow, ChangeEdge, Graph, Window, grouped
from lineage.model.times import iso
from lineage.questions.shared import descent, grants, subjects
from lineage.questions.shared.climb import account_of, acting, name_of, session_key_of
from lineage.questions.shared.descent import Link, Way
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Scope
from lineage.questions.shared.subjects import NOT_LOADED, TARGETS_SHOWN, Subject
from lineage.questions.timeline import Actor, Change, Entry, Timeline
from lineage.stores.reader import Reader

NODES = 20_000
"""At most so many sessions and keys are followed."""


class Chain(NamedTuple):
    """Sessions and keys of a chain, and what its calls led to."""

    begins: list[str]
    """References, sorted."""
    links: dict[str, Link]
    """By reference, each below what it came from."""
    graph: Graph
    """Its nodes, and those that led to what was asked for."""
    opening: list[str]
    """Event IDs of the grants and sign-ins that lead into its first sessions; sorted."""
    granted: dict[str, list[str]]
    """By event ID: the sessions and long-term keys that came of it; sorted."""
    granting: frozenset[str]
    """Operations of the events that granted something."""
    changes: dict[str, list[Change]]
    """By event ID: what it created, changed and started."""
    beyond: list[str]
    """Keys of what it made for others and that is not followed; sorted."""
    perhaps: list[str]
    """Keys of sessions that it may have obtained; sorted."""
    cut: bool


def chain_of(reader: Reader, subject: Subject, *, made: bool = False) -> Chain:
    """The chain of a subject: of a principal or role, of all its sessions and keys, from there on; with `made` through
    what it made for others too.

    Raises `BadUse` where the subject has no credentials.
    """
    if not subject.starts:
        if subject.opened is not None:
            raise BadUse(f"{subject.ask}: {NOT_LOADED}")
        raise BadUse(f"{subject.ask}: {subject.kind} has no chain; ask with a key, session, ARN or event ID")
    above = reader.ascend(subject.starts)
    begins = sorted({_begin(above, start) for start in subject.starts})
    found = descent.walk(reader, begins, made=made, limit=NODES)
    links = {link.node: link for link in found.links}
    graph = found.graph.copy()
    graph.add_nodes_from((node, known) for node, known in above.nodes(data=True) if node not in graph)
    into = _into(above, begins)
    ways = [*into, *_within(found.graph, links)]
    granted: dict[str, set[str]] = defaultdict(set)
    for target, way in ways:
        for event_id in way["event_ids"]:
            granted[event_id].add(ref(target).key)
    opening = {event_id for _, way in into for event_id in (*way["event_ids"], *way["sign_in_event_ids"])}
    return Chain(
        begins=begins, links=links, graph=graph, opening=sorted(opening),
        granted={event_id: sorted(keys) for event_id, keys in granted.items()},
        granting=frozenset(way["api"] for _, way in ways),
        changes=_changes(found.deeds),
        beyond=[] if made else sorted({branch.target for branch in found.branches}),
        perhaps=sorted({key for link in found.perhaps if (key := session_key_of(link.node))}), cut=found.cut,
    )  # fmt: skip


def _begin(above: Graph, start: str) -> str:
    """Where the chain of a node begins: the long-term key behind it, else the first session that is known."""
    way = [start, *descent.above(above, start)]
    chained = [node for node in way if ref(node).label != schema.PRINCIPAL]
    return acting(chained[-1]) if chained else start


def _into(graph: Graph, begins: Iterable[str]) -> list[tuple[str, Way]]:
    """The resolved ways into the first sessions."""
    return [
        (node, way)
        for node in begins
        if node in graph
        for _, _, way in graph.in_edges(node, data=True)
        if way["type"] == schema.ASSUMED and way["parent"]
    ]


def _within(graph: Graph, links: Collection[str]) -> Iterator[tuple[str, Way]]:
    """What was obtained by the chain's own nodes: sessions along resolved parents, and long-term keys."""
    for source, target, way in graph.edges(data=True):
        if source in links and (
            (way["type"] == schema.ASSUMED and way["parent"])
            or (way["type"] == schema.ISSUED and way.get("event_id") and not way["parent"])
        ):
            yield str(target), way


def _changes(deeds: Iterable[ChangeEdge]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for deed in deeds:
        for event_id in deed.event_ids:
            found[event_id].append(_change(deed))
    return found


def _change(deed: ChangeEdge) -> Change:
    known, target = deed.properties, ref(deed.target).key
    if deed.type == schema.STARTED:
        what, before, after = "entered" if known["entered"] else "started", None, known["role_arn"]
    elif deed.type == schema.CREATED:
        what, before, after = str(known["what"]), None, known["detail"]
    else:
        what, before, after = str(known["what"]), known["before"], known["after"]
    return Change(
        what=what, target=target, before=str(before) if before is not None else None,
        after=str(after) if after is not None else None,
    )  # fmt: skip


Phase = Literal["before", "during", "after"]
Seconds = tuple[int, int]
"""The first and the last second of a stretch of time."""
HOUR = 3600
ACTORS_SHOWN = 100
APIS_SHOWN = 5
READS_SHOWN = 3


class _Call(NamedTuple):
    """One event of the chain."""

    time: int
    event_id: str
    row: CallRow
    sample: Sample
    listed: bool
    """Does it appear in the timeline by itself?"""


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None,
    alert: tuple[int | None, int | None] = (None, None), made: bool = False, limit: int = 1000,
) -> Timeline:  # fmt: skip
    """Tell the calls of the whole chain one by one, at most `limit`; the alert is the event itself where one was
    asked for. With `made` what the chain made for others is part of it. Raises `BadUse` where the ask names no
    credentials."""
    subject = subjects.find(reader, ask)
    if subject is None:
        return Timeline(asked=ask, found=False)
    chain = chain_of(reader, subject, made=made)
    about = _alert(subject, *alert)
    window = Window(since, until)
    which = CallFilter("node", tuple(sorted(chain.links)))
    rows = subjects.own(reader, subject, reader.calls(which, window))
    opening = _opening(reader, chain, rows, window)
    result = [row for row in rows if _is_told(row, chain)]
    near = _nearest(result, about, limit, window)
    calls = [*opening, *_calls(reader, chain, which, rows, near)]
    kept = _kept([call for call in calls if call.listed], about, limit)
    total = len(opening) + sum(row.count for row in result)
    if total > len(kept):
        first, last = (kept[0].time, kept[-1].time) if kept else (0, -1)
        calls = kept + [call for call in calls if not call.listed and first <= call.time <= last]
    every = [*rows, *(call.row for call in opening)]
    actors = _actors(chain, rows)
    return Timeline(
        asked=ask, found=True, subject=subject.to_model(), whose=subjects.one_origin(reader, subject),
        begins=chain.begins,
        scope=_scope(every, window),
        alert=Scope(since=iso(about[0]), until=iso(about[1]), basis="alert") if about else None,
        made=made, actors=actors[:ACTORS_SHOWN], actors_total=len(actors),
        entries=list(_entries(chain, sorted(calls, key=lambda call: (call.time, call.event_id)), about)),
        total=total, reads=sum(row.count for row in rows) - sum(row.count for row in result),
        beyond=chain.beyond[:limit], perhaps=chain.perhaps[:limit],
        truncated=total > len(kept) or chain.cut or max(len(chain.beyond), len(chain.perhaps)) > limit,
        sight=log_coverage(reader, {row.row.account for row in every} | set(map(account_of, chain.links)), window),
    )  # fmt: skip


def _alert(subject: Subject, since: int | None, until: int | None) -> Seconds | None:
    """When what the alert is about happened."""
    if since is not None and until is not None:
        return since, until
    return (subject.event.time, subject.event.time) if subject.event is not None else None


def _scope(rows: Sequence[CallRow], window: Window) -> Scope | None:
    since = window.since if window.since is not None else min((row.first for row in rows), default=None)
    until = window.until if window.until is not None else max((row.last for row in rows), default=None)
    if since is None or until is None:
        return None
    return Scope(since=iso(since), until=iso(until), basis="everything" if window == Window() else "asked")


def _is_told(row: CallRow, chain: Chain) -> bool:
    """Do a row's calls appear in the timeline one by one?"""
    return row.row.error is not None or subjects.kind_of(row) != "read" or row.row.api in chain.granting


def _distance(first: int, last: int, alert: Seconds | None) -> int:
    """How far a stretch lies from the alert; where there is none, from the beginning of time."""
    return max(alert[0] - last, first - alert[1], 0) if alert is not None else first


def _nearest(rows: Iterable[CallRow], alert: Seconds | None, limit: int, window: Window) -> Window:
    """The hours that surely hold the `limit` calls nearest to the alert: only of these must every event be read."""
    counts: Counter[int] = Counter()
    for row in rows:
        counts[row.row.hour] += row.count
    if sum(counts.values()) <= limit:
        return window
    by_distance = grouped(counts, lambda hour: _distance(hour * HOUR, hour * HOUR + HOUR - 1, alert) // HOUR)
    held, wanted, last = 0, [], None
    for distance in sorted(by_distance):
        if last is not None and distance > last + 1:
            break
        wanted += by_distance[distance]
        held += sum(counts[hour] for hour in by_distance[distance])
        if held >= limit and last is None:
            last = distance  # a call of the next hour may still be nearer than one at this hour's other end
    first, end = min(wanted) * HOUR, max(wanted) * HOUR + HOUR - 1
    return Window(max(first, window.since or 0), min(end, window.until) if window.until is not None else end)


def _calls(reader: Reader, chain: Chain, which: CallFilter, rows: list[CallRow], window: Window) -> Iterator[_Call]:
    """Every event of the rows in a window."""
    known = {(row.source, row.row.id) for row in rows}
    if any(len(row.samples) < row.count for row in rows):
        rows = [row for row in reader.calls(which, window, every=True) if (row.source, row.row.id) in known]
    for row in rows:
        result = _is_told(row, chain)
        for sample in row.samples:
            if grants.in_window(sample.time, window):
                yield _Call(sample.time, sample.event_id, row, sample, result)


def _kept(calls: list[_Call], alert: Seconds | None, limit: int) -> list[_Call]:
    """The calls nearest to the alert, in order of time."""
    nearest = sorted(calls, key=lambda call: (_distance(call.time, call.time, alert), call.time, call.event_id))
    return sorted(nearest[:limit], key=lambda call: (call.time, call.event_id))


def _opening(reader: Reader, chain: Chain, rows: Iterable[CallRow], window: Window) -> list[_Call]:
    """The grants and sign-ins that lead into the chain, which its own nodes did not call; of a call that both
    accounts logged the caller's copy."""
    sources = {row.source for row in rows}
    found: dict[str, _Call] = {}
    for event_id, events in reader.events_of(chain.opening).items():
        for seen in events:
            node = str(seen.source)
            if node in sources or not grants.in_window(seen.time, window):
                continue
            for row in reader.calls(CallFilter("node", (node,)), Window(seen.time, seen.time), every=True):
                for sample in row.samples:
                    if sample.event_id == event_id:
                        found[event_id] = _Call(seen.time, event_id, row, sample, True)
    own = {id_: call for id_, call in found.items() if not call.row.row.copy}
    logged = {key for id_ in own for key in chain.granted.get(id_, ())}
    return [call for id_, call in sorted(found.items()) if id_ in own or not logged & set(chain.granted.get(id_, ()))]


def _entries(chain: Chain, calls: Iterable[_Call], alert: Seconds | None) -> Iterator[Entry]:
    """The calls as they are listed, each run of reads in one line for each key, address and agent; a line ends where
    the alert begins or ends."""

    def alike(call: _Call) -> tuple[bool, Phase | None]:
        return call.listed, _phase(call.time, alert)

    for (result, phase), run in groupby(calls, key=alike):
        if result:
            yield from (_entry(chain, call, phase) for call in run)
        else:
            by_use = grouped(run, lambda call: _use(call.row))
            yield from (_reads(chain, calls, phase) for calls in by_use.values())


def _use(seen: CallRow) -> tuple[str | None, ...]:
    """What calls of one line have in common: what two keys did, or one key from two places, is never folded."""
    row = seen.row
    return acting(seen.source), seen.access_key_id, row.source_ip, row.endpoint, row.user_agent, seen.invoked_by


def _phase(time: int, alert: Seconds | None) -> Phase | None:
    if alert is None:
        return None
    return "before" if time < alert[0] else "during" if time <= alert[1] else "after"


def _entry(chain: Chain, call: _Call, phase: Phase | None) -> Entry:
    seen, row = call.row, call.row.row
    kind, actor = subjects.kind_of(seen), acting(seen.source)
    granted = chain.granted.get(call.event_id, []) if row.error is None else []
    about = subjects.targets([msgspec.structs.replace(seen, samples=[call.sample])])
    return Entry(
        time=iso(call.time), phase=phase, kind=_kind(seen, granted), event_ids=[call.event_id],
        actor=actor, actor_name=name_of(chain.graph, actor), access_key_id=seen.access_key_id, api=row.api,
        account=row.account, region=row.region, source_ip=row.source_ip, vpc_endpoint=row.endpoint,
        user_agent=row.user_agent, via=seen.invoked_by, error=row.error, changing=kind == "change",
        targets=about[:TARGETS_SHOWN], changes=chain.changes.get(call.event_id, []), granted=granted,
    )  # fmt: skip


def _kind(row: CallRow, granted: Sequence[str]) -> Literal["grant", "sign-in", "change", "sensitive", "failed"]:
    if row.row.error is not None:
        return "failed"
    if granted:
        return "grant"
    kind = subjects.kind_of(row)
    return "sign-in" if kind == "read" else kind  # a read stands here only as part of a sign-in


def _reads(chain: Chain, calls: Sequence[_Call], phase: Phase | None) -> Entry:
    """One line for reads that agree in key, address and agent."""
    apis = Counter(call.row.row.api for call in calls)
    ranked = sorted(apis, key=lambda api: (-apis[api], api))

    def common(value: Callable[[_Call], str | None]) -> str | None:
        values = {value(call) for call in calls}
        return values.pop() if len(values) == 1 else None

    seen, row, actor = calls[0].row, calls[0].row.row, acting(calls[0].row.source)
    return Entry(
        time=iso(calls[0].time), until=iso(calls[-1].time), phase=phase, kind="reads",
        event_ids=[call.event_id for call in calls[:READS_SHOWN]], actor=actor,
        actor_name=name_of(chain.graph, actor), api=", ".join(ranked[:APIS_SHOWN]), count=len(calls),
        access_key_id=seen.access_key_id, account=common(lambda call: call.row.row.account),
        region=common(lambda call: call.row.row.region), source_ip=row.source_ip, vpc_endpoint=row.endpoint,
        user_agent=row.user_agent, via=seen.invoked_by,
    )  # fmt: skip


def _actors(chain: Chain, rows: Iterable[CallRow]) -> list[Actor]:
    """Those with calls, in order of their beginning."""
    used = grouped(rows, lambda row: acting(row.source))
    found = []
    for node, members in used.items():
        known = chain.graph.nodes.get(node, {})
        link = chain.links.get(node)
        found.append(
            Actor(
                ref=node, name=name_of(chain.graph, node), session=session_key_of(node),
                parent=acting(link.parent) if link and link.parent else None,
                role_arn=known.get("role_arn"), account=known.get("account") or account_of(node),
                begun=(link.time or None) if link else None,
                calls=sum(row.count for row in members), failed=grants.failed(members),
                made=bool(link and link.made),
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.begun or "", one.ref))
