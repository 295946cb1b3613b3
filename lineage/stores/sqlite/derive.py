"""What is derived from facts, in SQLite: look-ups by join key, and sessions, keys and their ways in as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from lineage.model import schema
from lineage.model.batch import Sighting
from lineage.model.facts import AnyFact
from lineage.model.keys import Ref
from lineage.resolve import graph_elements, resolve
from lineage.resolve.graph_elements import Edge, Node
from lineage.resolve.join_keys import JoinKey, KeyKind
from lineage.resolve.resolved import Actor, Derived, Item
from lineage.stores.sqlite.db import LIVE, Tables, read_in, unpack_fact, unpack_identity
from lineage.stores.sqlite.nodes import TYPES, key_of, pack_edge

LINKS = 2_000
"""Join keys that are followed at a time."""
UNITS = (KeyKind.SESSION, KeyKind.IDENTITY, KeyKind.ACCESS_KEY)
"""Kinds of join keys that are units, or may be."""
_ASSUMED, _ISSUED, _BELONGS_TO, _SESSION_OF, _RUNS_AS = (
    TYPES[name] for name in (schema.ASSUMED, schema.ISSUED, schema.BELONGS_TO, schema.SESSION_OF, schema.RUNS_AS)
)


_OWN = (schema.SESSION, schema.CREDENTIAL)
_HEADS = {kind: b"%d " % kind for kind in KeyKind}
_KINDS = {int(kind): kind for kind in KeyKind}


def digest(key: JoinKey) -> bytes:
    """Return what the tables have of a join key, which may be long."""
    return blake2b(_HEADS[key.kind] + key.value.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Seen(NamedTuple):
    """Facts and identities that a derivation has read, by number."""

    facts: dict[int, AnyFact]
    actors: dict[int, Actor]
    numbers: dict[bytes, int]
    """Numbers of the identities, by their ID."""


class Derivation(Tables):
    """The part of the store that the derivation of lineage reads and writes."""

    _deriving: Seen | None = None
    """What the open derivation has read; None outside of one."""

    def dirty(self, limit: int) -> list[JoinKey]:
        """Some of the units that wait to be derived.

        Join keys that only lead to units are followed first, all of them, so that no unit is derived twice.
        """
        db = self._db
        self._deriving = Seen({}, {}, {})
        marks = ", ".join("?" * len(UNITS))
        links = f"SELECT kind, value FROM dirty WHERE kind NOT IN ({marks}) LIMIT ?"
        while some := [JoinKey(_KINDS[kind], value) for kind, value in db.execute(links, (*UNITS, LINKS))]:
            units = resolve.expand(some, self.lookup)
            db.executemany("INSERT OR IGNORE INTO dirty VALUES (?, ?)", [(int(k), value) for k, value in sorted(units)])
            self._forget_dirty(some)
        found = db.execute("SELECT kind, value FROM dirty LIMIT ?", (limit,))
        return [JoinKey(_KINDS[kind], value) for kind, value in found]

    def _forget_dirty(self, done: Iterable[JoinKey]) -> None:
        self._db.executemany("DELETE FROM dirty WHERE kind = ? AND value = ?", [(int(k), value) for k, value in done])

    def lookup(self, wanted: Iterable[JoinKey]) -> dict[JoinKey, list[Item]]:
        by_digest: dict[bytes, list[Item]] = {}
        found: dict[JoinKey, list[Item]] = {}
        of_facts, of_actors, ids = [], [], []
        for key in wanted:
            mark = digest(key)
            by_digest[mark] = found[key] = []
            if key.kind != KeyKind.IDENTITY:
                of_facts.append(mark)
            if key.finds_identities:
                of_actors.append(mark)
            if key.kind == KeyKind.UNIQUE_ID:
                ids.append(key.value)
        facts, actors, numbers = self._deriving or Seen({}, {}, {})
        for mark, number, body in read_in(
            self._db,
            "SELECT j.key, f.id, f.body FROM fact_join j CROSS JOIN fact f ON f.id = j.fact WHERE j.key IN (*)",
            of_facts,
        ):
            fact = facts.get(number)
            if fact is None:
                fact = facts[number] = unpack_fact(body)
            by_digest[mark].append(fact)
        for mark, number, id_, body in read_in(
            self._db,
            "SELECT j.key, actor.id, actor.hash, actor.body FROM actor_join j CROSS JOIN actor ON actor.id = j.actor "
            f"WHERE {LIVE} AND j.key IN (*)",
            of_actors,
        ):
            actor = actors.get(number)
            if actor is None:
                actor = actors[number] = Actor(id_, unpack_identity(body))
                numbers[id_] = number
            by_digest[mark].append(actor)
        named = "SELECT principal, unique_id, arn, first, last FROM sighting WHERE unique_id IN (*)"
        for names in read_in(self._db, named, ids):
            found[JoinKey(KeyKind.UNIQUE_ID, names[1])].append(Sighting(*names))
        return found

    def write_derived(self, derived: Derived, done: Sequence[JoinKey]) -> None:
        db, nodes = self._db, self._nodes
        of_actors = self._deriving.numbers if self._deriving is not None else {}
        self._forget_sessions([digest(unit) for unit in derived.sessions])
        self._forget_keys([Ref(schema.CREDENTIAL, unit.value) for unit in derived.long_term])
        own: dict[Ref, Node] = {}
        shared: dict[int, Node] = {}
        edges: dict[tuple[str, str], Edge] = {}
        sessions = []
        refs: set[Ref] = set()
        made = [graph_elements.key_elements(key) for key in derived.long_term.values() if key is not None]
        for unit, found in derived.sessions.items():
            mark = digest(unit) if found else b""
            for session in found:
                made.append(graph_elements.session_elements(session))
                sessions.append((session.ref, mark, session.principal.ref, session.name))
        for nodes_made, edges_made in made:
            for node in nodes_made:
                if node.ref.label in _OWN:
                    own[node.ref] = node
                else:
                    shared[id(node)] = node
            for edge in edges_made:
                edges[edge[:2]] = edge
                refs.add(edge.source)
                refs.add(edge.target)
        links = []
        for actor, link in derived.links.items():
            owner = graph_elements.node_of(link.principal)
            shared[id(owner)] = owner
            at = Ref(schema.SESSION, link.session) if link.session is not None else None
            links.append((link.source, at, owner.ref, of_actors[actor]))
            refs.update((link.source, owner.ref) if at is None else (link.source, at, owner.ref))
        nodes.write(own.values())
        nodes.merge(shared.values())
        for ref, _, principal, _ in sessions:
            refs.update((ref, principal))
        numbers = nodes.keep(refs)
        db.executemany(
            "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?)",
            sorted(
                (numbers[target], TYPES[type_], numbers[source],
                 key if key != key_of(type_, source, target) else "", pack_edge(properties))
                for type_, key, source, target, properties in edges.values()
            ),
        )  # fmt: skip
        db.executemany(
            "INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?)",
            [(numbers[ref], mark, numbers[owner], name) for ref, mark, owner, name in sessions],
        )
        db.executemany(
            "UPDATE actor SET source = ?, session = ?, principal = ? WHERE id = ?",
            [
                (numbers[source], numbers[at] if at is not None else None, numbers[owner], actor)
                for source, at, owner, actor in links
            ],
        )
        self._forget_dirty(done)

    def _forget_sessions(self, units: Sequence[bytes]) -> None:
        """Forget what stands in the units of sessions."""
        db = self._db
        sessions = [number for (number,) in read_in(db, "SELECT id FROM session WHERE unit IN (*)", units)]
        if not sessions:
            return
        issued = "SELECT target FROM edge WHERE type = ? AND source IN (*)"
        credentials = [number for (number,) in read_in(db, issued, sessions, _ISSUED)]
        self._nodes.drop([*sessions, *credentials])
        gone = [(number,) for number in sessions]
        db.executemany(f"DELETE FROM edge WHERE target = ? AND type IN ({_ASSUMED}, {_RUNS_AS})", gone)
        db.executemany(f"DELETE FROM edge WHERE source = ? AND type = {_SESSION_OF}", gone)
        db.executemany("DELETE FROM session WHERE id = ?", gone)
        gone = [(number,) for number in credentials]
        db.executemany(f"DELETE FROM edge WHERE target = ? AND type = {_ISSUED}", gone)
        db.executemany(f"DELETE FROM edge WHERE source = ? AND type = {_BELONGS_TO}", gone)

    def _forget_keys(self, refs: Sequence[Ref]) -> None:
        """Forget what was derived of long-term keys; what is logged of them, as of their making, stays."""
        db = self._db
        there = list(self._nodes.find(refs).values())
        changed = {number for (number,) in read_in(db, "SELECT target FROM change WHERE target IN (*)", there)}
        self._nodes.drop([number for number in there if number not in changed])
        gone = [(number,) for number in there]
        db.executemany(f"DELETE FROM edge WHERE target = ? AND type = {_ISSUED}", gone)
        db.executemany(f"DELETE FROM edge WHERE source = ? AND type = {_BELONGS_TO}", gone)

    def waiting(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM dirty").fetchone()
        return int(count)

    def settle(self) -> bool:
        """Nothing: what rows alone say is read from the rows."""
        return False
