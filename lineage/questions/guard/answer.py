"""What a chain that should be dead, or one of its people, did since then.

The chain is what `contain` stops: all that came from the ask, also through keys, users and passwords that were made
for others, and the sessions and keys that it came from. Its people are the origin, and the users whose keys or
passwords are part of the chain: of the origin new sessions count too, of the others new keys and passwords.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import CallFilter, ChangeEdge, EventRow, Graph, Window
from lineage.model.times import iso, parse_when
from lineage.questions.contain.others import NOBODY
from lineage.questions.guard import Guard, Kind
from lineage.questions.shared.climb import acting, name_of, principal_behind, session_key_of
from lineage.questions.shared.descent import NEW_PASSWORD, PASSWORDS, Link, above, begin, walk
from lineage.questions.shared.whose import whose
from lineage.stores.reader import Reader

NODES = 20_000
"""Nodes of a chain that are looked at, the nearest to the ask first."""
STARTS = 100
"""Sessions asked about that are followed back to their people."""
KINDS: tuple[Kind, ...] = ("descendant", "key", "session", "refusal", "call")
"""What an event is that could be several, the first first."""
NEW_CREDENTIALS = ("access key", "credential", "login profile")


class Found(NamedTuple):
    """A finding, and what it is known by: any of these makes another finding the same one."""

    finding: Guard
    marks: frozenset[str]


class _Draft(NamedTuple):
    """What happened, before it is known which events are one call."""

    kind: Kind
    time: int
    event_ids: tuple[str, ...]
    actor: str | None
    node: str | None = None
    what: str = ""
    source_ip: str | None = None
    error: str | None = None
    sure: bool = True


class _Chain(NamedTuple):
    """What should be dead, and whose it is."""

    nodes: frozenset[str]
    """The chain, new descendants included."""
    new: list[Link]
    perhaps: list[Link]
    sessions: list[Link]
    """New sessions of its people that are no part of the chain."""
    people: list[str]
    """Principals whose new keys and passwords count."""


def answer(reader: Reader, ask: str, since: int, responders: Sequence[str] = ()) -> list[Found] | None:
    """What happened at `since` or later, in order of time; None where the store knows nothing of the ask.

    Calls of the `responders`, and what came from them, are left out. Raises `BadUse` and `NotFound` as
    `descent.begin`. The cost grows with the chain, the sessions of its people since then, and what is found.
    """
    subject = begin(reader, ask)
    if subject is None:
        return None
    chain = _chain(reader, subject.starts, since)
    drafts = [*_new(reader, chain), *_keys(reader, chain, since), *_calls(reader, chain, since)]
    exempt = _exempt(reader, responders, since)
    drafts = [one for one in drafts if exempt.isdisjoint(acting(node) for node in (one.actor, one.node) if node)]
    events = reader.events_of(sorted({event_id for one in drafts for event_id in one.event_ids}))
    graph = reader.ascend(sorted({acting(one.actor) for one in drafts if one.actor}))
    found = [
        Found(_finding(ask, since, draft, ids, events, graph), marks) for draft, ids, marks in _merged(drafts, events)
    ]
    return sorted(found, key=lambda one: (one.finding.time, one.finding.id))


def _chain(reader: Reader, starts: Sequence[str], since: int) -> _Chain:
    first, begun = list(starts)[:STARTS], iso(since)
    descent = walk(reader, starts, since=since, made=True, limit=NODES)
    up = reader.ascend([*descent.nodes, *first])
    over = {node for start in first for node in above(up, start) if ref(node).label != schema.PRINCIPAL}
    # What else came from a session above was not stopped, but nothing new may come from it.
    later = walk(reader, sorted(over), since=since, made=True, limit=NODES).links if over else []
    stopped = set(map(acting, over))
    fresh: dict[str, Link] = {}
    for link in later:
        if link.parent in fresh or (link.parent and link.time >= begun and acting(link.parent) in stopped):
            fresh[link.node] = link
    old = {link.node for link in descent.links if link.time < begun}
    new = {link.node: link for link in descent.links if link.parent is not None and link.time >= begun}
    new |= {node: link for node, link in fresh.items() if node not in old}
    nodes = frozenset([*descent.nodes, *over, *fresh])
    up = reader.ascend(nodes)
    origins = {
        one.node
        for one in whose(reader, [start for start in first if ":role/" not in start]).values()
        if one.node is not None and one.kind not in NOBODY
    }
    users = {owner for node in nodes if (owner := principal_behind(up, node)) and _is_user(owner)}
    own = walk(reader, sorted(origins), since=since, made=False, limit=NODES).links if origins else []
    sessions = [
        link for link in own if ref(link.node).label == schema.SESSION and link.time >= begun and link.node not in nodes
    ]
    perhaps = [link for link in descent.perhaps if link.time >= begun and link.node not in nodes]
    return _Chain(nodes, list(new.values()), perhaps, sessions, sorted(origins | users))


def _is_user(principal: str) -> bool:
    key = ref(principal).key
    return ":user/" in key or key.endswith(":root")


def _new(reader: Reader, chain: _Chain) -> Iterable[_Draft]:
    """The sessions, keys and users that are new."""
    graph = reader.ascend(sorted({acting(link.node) for link in (*chain.new, *chain.perhaps, *chain.sessions)}))
    granted = {session_key_of(link.node) for link in chain.new if ref(link.node).label == schema.SESSION}
    for link in chain.new:
        label = ref(link.node).label
        if label == schema.CREDENTIAL and session_key_of(link.node) in granted:
            continue  # it came with the session
        what = "session" if label == schema.SESSION else "key" if label == schema.CREDENTIAL else "user"
        yield _of_link("descendant", link, f"new {what} {_named(graph, link)} came from the chain")
    for link in chain.perhaps:
        yield _of_link(
            "descendant", link, f"new session {_named(graph, link)} may have come from the chain", sure=False
        )
    for link in chain.sessions:
        yield _of_link("session", link, f"new session {_named(graph, link)} of the people of the chain")


def _named(graph: Graph, link: Link) -> str:
    label, key = ref(link.node)
    return key.split(" ", 1)[0] if label == schema.CREDENTIAL else name_of(graph, link.node)


def _of_link(kind: Kind, link: Link, what: str, *, sure: bool = True) -> _Draft:
    way = link.way
    ids = way.get("event_ids") or []
    return _Draft(
        kind, parse_when(link.time) or 0, tuple(sorted(ids)), link.parent if ids else None, link.node, what,
        way.get("source_ip"), None, sure,
    )  # fmt: skip


def _keys(reader: Reader, chain: _Chain, since: int) -> Iterable[_Draft]:
    """The keys and passwords that people of the chain got, and keys of the chain that were made active."""
    keys = [node for node in chain.nodes if ref(node).label == schema.CREDENTIAL and session_key_of(node) is None]
    targets = sorted({*chain.people, *keys})
    types = (schema.CREATED, schema.CHANGED)
    for deed in reader.changes(types, targets=targets, window=Window(since, None)) if targets else ():
        name = ref(deed.target).key
        if what := _given(deed):
            detail = deed.properties.get("detail")
            shown = f"new {what} {detail} of {name}" if what == "access key" and detail else f"new {what} of {name}"
            new = f"{schema.CREDENTIAL} {detail}" if what == "access key" and detail else deed.target
            yield _Draft("key", deed.time, tuple(deed.event_ids), deed.source, new, shown)
        elif deed.properties.get("what") == "key-status" and deed.properties.get("after") == "Active":
            shown = f"{name} was made active again"
            yield _Draft("key", deed.time, tuple(deed.event_ids), deed.source, deed.target, shown)


def _given(deed: ChangeEdge) -> str | None:
    what, api = str(deed.properties.get("what")), deed.properties.get("api")
    if what in NEW_CREDENTIALS and deed.properties.get("after") != "deleted":
        return "password" if what == "login profile" else what
    return "password" if what in PASSWORDS and api in NEW_PASSWORD else None


def _calls(reader: Reader, chain: _Chain, since: int) -> Iterable[_Draft]:
    """The calls of the chain."""
    sessions = sorted({key for node in chain.nodes if (key := session_key_of(node)) is not None})
    others = sorted(node for node in chain.nodes if session_key_of(node) is None)
    filters = [CallFilter("session", tuple(sessions)), CallFilter("node", tuple(others))]
    for which in filters:
        for row in reader.calls(which, Window(since, None), every=True) if which.values else ():
            failed = row.row.error is not None
            kind: Kind = "refusal" if failed else "call"
            what = f"{row.row.api} was refused with {row.row.error}" if failed else f"{row.row.api} was called"
            for sample in row.samples:
                yield _Draft(
                    kind, sample.time, (sample.event_id,), row.source, None, what, row.row.source_ip, row.row.error
                )


def _exempt(reader: Reader, responders: Iterable[str], since: int) -> set[str]:
    """The sessions, keys and principals of those whose calls are no findings."""
    starts = [start for one in responders if (found := begin(reader, one)) is not None for start in found.starts]
    nodes = walk(reader, starts, since=since, made=False, limit=NODES).nodes if starts else []
    return set(map(acting, nodes))


def _merged(
    drafts: Iterable[_Draft], events: dict[str, list[EventRow]]
) -> Iterable[tuple[_Draft, list[str], frozenset[str]]]:
    """One draft for each thing that happened, with all its event IDs and marks: an event, its copies in other accounts,
    and the session or key that it granted are one."""
    taken: dict[str, int] = {}
    kept: list[tuple[_Draft, set[str], set[str]]] = []
    for draft in sorted(drafts, key=lambda one: (KINDS.index(one.kind), one.time, one.event_ids, one.node or "")):
        marks = {f"event {event_id}" for event_id in draft.event_ids}
        marks |= {_call(seen) for event_id in draft.event_ids for seen in events.get(event_id, ()) if seen.shared}
        if draft.node is not None and (draft.kind in ("descendant", "session") or not draft.event_ids):
            marks.add(f"node {draft.node}")
        place = next((taken[mark] for mark in sorted(marks) if mark in taken), len(kept))
        if place == len(kept):
            kept.append((draft, set(), set()))
        kept[place][1].update(draft.event_ids)
        kept[place][2].update(marks)
        taken |= dict.fromkeys(marks, place)
    for draft, ids, held in kept:
        yield draft, sorted(ids), frozenset(held)


def _call(event: EventRow) -> str:
    """What all accounts' copies of a call have in common."""
    return f"call {event.who.account} {event.api} {event.time} {event.shared}"


def _finding(
    ask: str, since: int, draft: _Draft, event_ids: list[str], events: dict[str, list[EventRow]], graph: Graph
) -> Guard:
    """The finding; what the event says of its caller is taken from the caller's own copy."""
    seen = sorted(
        (one for event_id in event_ids for one in events.get(event_id, ())), key=lambda one: (one.copy, one.time)
    )
    event = seen[0] if seen else None
    who = event.who if event is not None else None
    by = f", by {name_of(graph, acting(draft.actor))}" if draft.actor is not None and draft.kind != "session" else ""
    first = event_ids[0] if event_ids else str(draft.node)
    return Guard(
        id=blake2b(f"{ask}\0{first}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
        ask=ask, since=iso(since), kind=draft.kind, title=f"After containment: {draft.what}{by}",
        time=iso(draft.time), api=event.api if event is not None else None, error=draft.error, event_ids=event_ids,
        actor=draft.actor, node=draft.node, sure=draft.sure,
        account=event.account if event is not None else None, region=event.region if event is not None else None,
        source_ip=draft.source_ip, user_agent=event.user_agent if event is not None else None,
        access_key_id=who.access_key_id if who is not None else None,
        principal_id=who.principal_id if who is not None else None,
    )  # fmt: skip
