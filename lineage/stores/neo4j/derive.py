"""What is derived from facts, in Neo4j: look-ups by term, and sessions, keys and their ways in as relationships.

Only what differs from what is stored is written, so that a scope that derives to the same again costs only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from lineage.model import attempts, keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import AnyFact
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Edge, Node
from lineage.resolve.join_keys import terms_of_actor
from lineage.resolve.resolved import Actor, Derived, Item
from lineage.stores.merging import FACT, IDENTITY
from lineage.stores.neo4j.add import write_pending
from lineage.stores.neo4j.db import (
    ACTOR_LETTERS,
    FACT_LETTERS,
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


def dirty(db: Db, limit: int) -> list[str]:
    """Some of the terms that wait to be derived."""
    terms: dict[str, None] = {}
    for _, found in db.read("dirty", limit=_MARKS):
        terms.update(dict.fromkeys(found))
        if len(terms) >= limit:
            break
    return list(terms)[:limit]


def forget_dirty(db: Db, done: Sequence[str]) -> None:
    """Take derived terms off their marks."""
    gone = set(done)
    changed = []
    for id_, terms in db.read("dirty", limit=_MARKS):
        rest = [term for term in terms if term not in gone]
        if len(rest) != len(terms):
            changed.append({"id": id_, "terms": rest})
    write_rows(db, "set_dirty", changed)


def lookup(db: Db, terms: Iterable[str]) -> dict[str, list[Item]]:
    """Facts and live actors by term."""
    found: dict[str, list[Item]] = {term: [] for term in terms}
    by_letter: dict[str, list[str]] = {letter: [] for letter in FACT_LETTERS + "a"}
    for term in found:
        by_letter[term[0]].append(term)
    facts: dict[bytes, AnyFact] = {}
    letters = {letter: by_letter[letter] for letter in FACT_LETTERS}
    if any(letters.values()):
        for term, body in db.read("facts_by_term", **letters):
            fact = facts.get(body)
            if fact is None:
                fact = facts[body] = FACT.decode(body)
            found[term].append(fact)
    numbers = [int(term[2:]) for term in by_letter["a"]]
    named = {letter: by_letter[letter] for letter in ACTOR_LETTERS}
    if numbers or any(named.values()):
        actors: dict[int, Actor] = {}
        for term, actor, body, hours in db.read("actors_by_term", ids=numbers, **named):
            if last_of(hours) is None:
                continue
            if actor not in actors:
                actors[actor] = Actor(actor, IDENTITY.decode(body))
            if term[0] != "a" or term in terms_of_actor(actor, actors[actor].who):
                found[term].append(actors[actor])
    for names in read_many(db.read, "names_of_ids", "ids", [term[2:] for term in by_letter["i"]]):
        found[keys.id_term(names[1])].append(Sighting(*names))
    return found


LEARNT = ("IdentityCenterUser", attempts.KIND)
"""Kinds of principals whose name may come from another record."""


def write_derived(db: Db, derived: Derived, done: Sequence[str]) -> None:
    """Replace what is stored in the derived scopes, and forget the dirty terms that led to them."""
    nodes: list[Node] = []
    edges: dict[tuple[str, str], Edge] = {}
    sessions: dict[str, list[str]] = {}
    for scope, found in derived.sessions.items():
        sessions[scope] = [session.key for session in found]
        for session in found:
            _collect(graph_elements.session_elements(session), nodes, edges)
    keys = []
    for scope, key in derived.long_term.items():
        keys.append(scope[2:])
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
    standing = db.read("standing", sessions=sorted(now | set(old)), credentials=keys)
    stood = {f"{schema.SESSION} {key}" for key in old} | {f"{schema.CREDENTIAL} {key}" for key in keys}
    _write(db, nodes, edges, scoped, standing, stood)
    _write_links(db, derived)
    forget_dirty(db, done)


def _collect(made: graph_elements.Elements, nodes: list[Node], edges: dict[tuple[str, str], Edge]) -> None:
    nodes += made.nodes
    edges.update({(edge.type, edge.key): edge for edge in made.edges})


def _replace_scopes(db: Db, sessions: dict[str, list[str]]) -> list[str]:
    """Note the new sessions of scopes; returns the keys of all that was there."""
    stood = dict(map(tuple, read_many(db.read, "scopes", "terms", list(sessions))))
    write_rows(db, "set_scopes", [
        {"term": term, "sessions": keys} for term, keys in sessions.items() if keys and keys != stood.get(term)
    ])  # fmt: skip
    db.write("drop_scopes", terms=[term for term, keys in sessions.items() if not keys and term in stood])
    return [key for keys in stood.values() for key in keys]


def _write(
    db: Db,
    nodes: list[Node],
    edges: dict[tuple[str, str], Edge],
    scoped: set[str],
    standing: list[Record],
    stood: set[str],
) -> None:
    """Write the nodes and relationships that differ from what is stored."""
    ends = {str(end) for edge in edges.values() for end in (edge.source, edge.target)}
    ids = write_nodes(db, nodes, ends, scoped)
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
        {"type": edge.type, "source": ids[str(edge.source)], "target": ids[str(edge.target)],
         "properties": {"key": edge.key, **known(edge.properties)}}
        for edge in edges.values()
    ])  # fmt: skip
    gone = stood - scoped
    loose |= {id_ for id_, _ in read_nodes(db, gone).values()}
    write_rows(db, "drop_lone_nodes", sorted(loose))


def _write_links(db: Db, derived: Derived) -> None:
    """Note the nodes of identities; the rows of those that had another one wait to be moved."""
    changed, moved = [], []
    stored = {record[0]: record for record in read_many(db.read, "actors", "ids", list(derived.links))}
    for actor, link in derived.links.items():
        if actor not in stored:
            continue
        _, _, _, source, session, principal, hung = stored[actor]
        now: dict[str, Any] = {"source": str(link.source), "session": link.session, "principal": link.principal.key}
        if now != {"source": source, "session": session, "principal": principal}:
            changed.append({"id": actor, "properties": now})
        if hung is not None and hung != now["source"]:
            moved.append(actor)
    write_rows(db, "set_actors", changed)
    if moved:
        write_pending(db, {NO_HOUR: Pending(moved=moved)})
