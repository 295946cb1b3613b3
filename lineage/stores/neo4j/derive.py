"""What is derived from facts, in Neo4j: look-ups by join key, and sessions, keys and their ways in as relationships.

Only what differs from what is stored is written, so that a scope that derives to the same again costs only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lineage.model import attempts, schema
from lineage.model.batch import Sighting
from lineage.model.facts import AnyFact
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Edge, Node
from lineage.resolve.join_keys import JoinKey, KeyKind, join_key
from lineage.resolve.resolved import Actor, Derived, Item
from lineage.stores.merging import FACT, IDENTITY
from lineage.stores.neo4j.add import write_pending
from lineage.stores.neo4j.db import (
    Db,
    Pending,
    Record,
    known,
    read_many,
    read_nodes,
    ref_of,
    write_nodes,
    write_rows,
)
from lineage.stores.neo4j.shards import last_of

NO_HOUR = -1
"""Hour of what waits without one."""
_MARKS = 20


def dirty(db: Db, limit: int) -> list[JoinKey]:
    """Some of the join keys that wait to be derived."""
    waiting: dict[str, None] = {}
    for _, found in db.read("dirty", limit=_MARKS):
        waiting.update(dict.fromkeys(found))
        if len(waiting) >= limit:
            break
    return list(map(join_key, waiting))[:limit]


def forget_dirty(db: Db, done: Sequence[JoinKey]) -> None:
    """Take derived join keys off their marks."""
    gone = set(map(str, done))
    changed = []
    for id_, waiting in db.read("dirty", limit=_MARKS):
        rest = [key for key in waiting if key not in gone]
        if len(rest) != len(waiting):
            changed.append({"id": id_, "join_keys": rest})
    write_rows(db, "set_dirty", changed)


def lookup(db: Db, wanted: Iterable[JoinKey]) -> dict[JoinKey, list[Item]]:
    """Facts, live identities and names by join key."""
    found: dict[JoinKey, list[Item]] = {key: [] for key in wanted}
    by_text = {str(key): items for key, items in found.items()}
    texts = list(by_text)
    facts: dict[str, AnyFact] = {}
    for text, key, body in read_many(db.read, "facts_by_join_key", "join_keys", texts):
        fact = facts.get(key)
        if fact is None:
            fact = facts[key] = FACT.decode(body)
        by_text[text].append(fact)
    actors: dict[str, Actor] = {}
    for text, id_, body, hours in read_many(db.read, "actors_by_join_key", "join_keys", texts):
        if last_of(hours) is None:
            continue
        actor = actors.get(id_)
        if actor is None:
            actor = actors[id_] = Actor(bytes.fromhex(id_), IDENTITY.decode(body))
        by_text[text].append(actor)
    ids = [key.value for key in found if key.kind == KeyKind.UNIQUE_ID]
    for names in read_many(db.read, "names_of_ids", "ids", ids):
        found[JoinKey(KeyKind.UNIQUE_ID, names[1])].append(Sighting(*names))
    return found


LEARNT = ("IdentityCenterUser", attempts.KIND)
"""Kinds of principals whose name may come from another record."""


def write_derived(db: Db, derived: Derived, done: Sequence[JoinKey]) -> None:
    """Replace what is stored in the derived scopes, and forget the dirty join keys that led to them."""
    nodes: list[Node] = []
    edges: dict[tuple[str, str], Edge] = {}
    sessions: dict[str, list[str]] = {}
    for unit, found in derived.sessions.items():
        sessions[str(unit)] = [session.key for session in found]
        for session in found:
            _collect(graph_elements.session_elements(session), nodes, edges)
    keys = []
    for unit, key in derived.long_term.items():
        keys.append(unit.value)
        if key is not None:
            _collect(graph_elements.key_elements(key), nodes, edges)
    ends = {str(end) for edge in edges.values() for end in (edge.source, edge.target)}
    owners = {link.principal for link in derived.links.values()}
    # The name of an Identity Center user may be learnt after the calls were written.
    nodes += [
        graph_elements.node_of(owner)
        for owner in owners
        if str(owner.ref) in ends or (owner.name and owner.kind in LEARNT)
    ]
    scoped = {str(node.ref) for node in nodes if node.ref.label in (schema.SESSION, schema.CREDENTIAL)}
    old = _replace_scopes(db, sessions)
    now = {key for found in sessions.values() for key in found}
    stood = {f"{schema.SESSION} {key}" for key in old} | {f"{schema.CREDENTIAL} {key}" for key in keys}
    ends = {str(end) for edge in edges.values() for end in (edge.source, edge.target)}
    made: set[str] = set()
    ids = write_nodes(db, nodes, ends, scoped, made)
    asked = {*old, *(key for key in now if f"{schema.SESSION} {key}" not in made)}
    standing = db.read("standing", sessions=sorted(asked), credentials=keys) if asked or keys else []
    _write(db, edges, ids, scoped, standing, stood)
    _write_links(db, derived)
    forget_dirty(db, done)


def _collect(made: graph_elements.Elements, nodes: list[Node], edges: dict[tuple[str, str], Edge]) -> None:
    nodes += made.nodes
    edges.update({(edge.type, edge.key): edge for edge in made.edges})


def _replace_scopes(db: Db, sessions: dict[str, list[str]]) -> list[str]:
    """Note the new sessions of scopes; returns the keys of all that was there."""
    stood = dict(map(tuple, read_many(db.read, "scopes", "units", list(sessions))))
    write_rows(db, "set_scopes", [
        {"unit": unit, "sessions": keys} for unit, keys in sessions.items() if keys and keys != stood.get(unit)
    ])  # fmt: skip
    db.write("drop_scopes", units=[unit for unit, keys in sessions.items() if not keys and unit in stood])
    return [key for keys in stood.values() for key in keys]


def _write(
    db: Db,
    edges: dict[tuple[str, str], Edge],
    ids: dict[str, str],
    scoped: set[str],
    standing: list[Record],
    stood: set[str],
) -> None:
    """Write the relationships that differ from what is stored."""
    dropped, changed, loose = [], [], set()
    for type_, id_, source_id, source_labels, source_key, target_id, target_labels, target_key, properties in standing:
        edge = edges.get((type_, properties["key"]))
        target = ref_of(target_labels, target_key)
        if type_ == schema.ISSUED:
            stood.add(target)
        if edge is None or str(edge.source) != ref_of(source_labels, source_key) or str(edge.target) != target:
            dropped.append(id_)
            loose |= {source_id, target_id}
            continue
        del edges[type_, edge.key]
        full = {"key": edge.key, **known(edge.properties)}
        if full != properties:
            changed.append({"id": id_, "properties": full})
    write_rows(db, "drop_relationships", dropped)
    write_rows(db, "set_relationships", changed)
    write_rows(db, "new_relationships", [
        [edge.type, ids[str(edge.source)], ids[str(edge.target)], {"key": edge.key, **known(edge.properties)}]
        for edge in edges.values()
    ])  # fmt: skip
    gone = stood - scoped
    loose |= {id_ for id_, _ in read_nodes(db, gone).values()}
    write_rows(db, "drop_lone_nodes", sorted(loose))


def _write_links(db: Db, derived: Derived) -> None:
    """Note the nodes of identities; the rows of those that had another one wait to be moved."""
    changed, moved = [], []
    ids = [actor.hex() for actor in derived.links]
    stored = {bytes.fromhex(record[0]): record for record in read_many(db.read, "actors", "ids", ids)}
    for actor, link in derived.links.items():
        if actor not in stored:
            continue
        _, _, _, source, session, principal, hung = stored[actor]
        now: dict[str, Any] = {"source": str(link.source), "session": link.session, "principal": link.principal.key}
        if now != {"source": source, "session": session, "principal": principal}:
            changed.append({"id": actor.hex(), "properties": now})
        if hung is not None and hung != now["source"]:
            moved.append(actor)
    write_rows(db, "set_actors", changed)
    if moved:
        write_pending(db, {NO_HOUR: Pending(moved=moved)})
