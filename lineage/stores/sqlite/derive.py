"""What is derived from facts, in SQLite: look-ups by join key, and sessions, keys and their ways in as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from lineage.model import schema
from lineage.model.batch import Sighting
from lineage.model.facts import AnyFact
from lineage.resolve import graph_elements, resolve
from lineage.resolve.graph_elements import Edge, Node
from lineage.resolve.join_keys import JoinKey, KeyKind
from lineage.resolve.resolved import Actor, Derived, Item
from lineage.stores.merging import FACT, IDENTITY, pack
from lineage.stores.sqlite.db import LIVE, Tables, read_in, write_node

LINKS = 2_000
"""Join keys that are followed at a time."""
UNITS = (KeyKind.SESSION, KeyKind.IDENTITY, KeyKind.ACCESS_KEY)
"""Kinds of join keys that are units, or were: a temporary key leads to them."""


class Derivation(Tables):
    """The part of the store that the derivation of lineage reads and writes."""

    _written: set[tuple[str, object]]

    def dirty(self, limit: int) -> list[JoinKey]:
        """Some of the units that wait to be derived.

        Join keys that only lead to units are followed first, all of them, so that no unit is derived twice.
        """
        db = self._db
        marks = ", ".join("?" * len(UNITS))
        links = f"SELECT kind, value FROM dirty WHERE kind NOT IN ({marks}) LIMIT ?"
        while some := [JoinKey(KeyKind(kind), value) for kind, value in db.execute(links, (*UNITS, LINKS))]:
            units = resolve.expand(some, self.lookup)
            db.executemany("INSERT OR IGNORE INTO dirty VALUES (?, ?)", sorted(units))
            db.executemany("DELETE FROM dirty WHERE kind = ? AND value = ?", some)
        found = db.execute("SELECT kind, value FROM dirty LIMIT ?", (limit,))
        return [JoinKey(KeyKind(kind), value) for kind, value in found]

    def lookup(self, wanted: Iterable[JoinKey]) -> dict[JoinKey, list[Item]]:
        found: dict[JoinKey, list[Item]] = {key: [] for key in wanted}
        by_kind: dict[KeyKind, list[str]] = defaultdict(list)
        for kind, value in found:
            by_kind[kind].append(value)
        facts: dict[tuple[int, bytes, int], AnyFact] = {}
        for kind, values in by_kind.items():
            for value, hour, item, number, body in read_in(
                self._db,
                "SELECT k.value, k.hour, k.item, k.number, f.body FROM join_key k CROSS JOIN fact f "
                "ON f.hour = k.hour AND f.id = k.item AND f.number = k.number WHERE k.kind = ? AND k.value IN (*)",
                values,
                kind,
            ):
                one = (hour, item, number)
                fact = facts.get(one)
                if fact is None:
                    fact = facts[one] = FACT.decode(body)
                found[JoinKey(kind, value)].append(fact)
            actors = "SELECT value, item FROM join_key WHERE kind = ? AND number = -1 AND value IN (*)"
            for value, item in read_in(self._db, actors, values, kind):
                actor = self._actor(int.from_bytes(item, "big"))
                if actor is not None:
                    found[JoinKey(kind, value)].append(actor)
        named = "SELECT principal, unique_id, arn, first, last FROM sighting WHERE unique_id IN (*)"
        for names in read_in(self._db, named, by_kind[KeyKind.UNIQUE_ID]):
            found[JoinKey(KeyKind.UNIQUE_ID, names[1])].append(Sighting(*names))
        return found

    def _actor(self, actor: int) -> Actor | None:
        """The actor, None if no event of its is counted any more."""
        found = self._db.execute(f"SELECT hash, body FROM actor WHERE id = ? AND {LIVE}", (actor,)).fetchone()
        return Actor(found[0], IDENTITY.decode(found[1])) if found is not None else None

    def write_derived(self, derived: Derived, done: Sequence[JoinKey]) -> None:
        db = self._db
        scopes = [(str(unit),) for unit in [*derived.sessions, *derived.long_term]]
        for table in ("node", "edge", "session"):
            db.executemany(f"DELETE FROM {table} WHERE scope = ?", scopes)
        nodes: list[tuple[Node, str | None]] = []
        edges: list[tuple[Edge, str | None]] = []
        sessions = []
        for unit, found in derived.sessions.items():
            scope = str(unit)
            for session in found:
                made = graph_elements.session_elements(session)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
                sessions.append(
                    (session.key, session.account, session.principal_id, session.principal.key, session.name,
                     session.created, scope)
                )  # fmt: skip
        for unit, key in derived.long_term.items():
            scope = str(unit)
            if key is not None:
                made = graph_elements.key_elements(key)
                nodes += [(node, scope) for node in made.nodes]
                edges += [(edge, scope) for edge in made.edges]
        for link in set(derived.links.values()):
            nodes.append((graph_elements.node_of(link.principal), None))
        self._write_nodes(nodes)
        unique = {(edge.type, edge.key): (edge, scope) for edge, scope in edges}
        db.executemany(
            "INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?)",
            [
                (edge.type, edge.key, str(edge.source), str(edge.target),
                 scope, pack(edge.properties))
                for edge, scope in unique.values()
            ],
        )  # fmt: skip
        db.executemany("INSERT OR REPLACE INTO session VALUES (?, ?, ?, ?, ?, ?, ?)", sessions)
        db.executemany(
            "UPDATE actor SET source = ?, session = ?, principal = ? WHERE hash = ?",
            [(str(link.source), link.session, link.principal.key, actor) for actor, link in derived.links.items()],
        )
        db.executemany("DELETE FROM dirty WHERE kind = ? AND value = ?", done)

    def _write_nodes(self, nodes: Iterable[tuple[Node, str | None]]) -> None:
        """Write nodes: those of a scope as they are, shared ones merged with what is known of them."""
        own = {str(node.ref): (str(node.ref), node.kind, scope, pack(node.properties))
               for node, scope in nodes if is_of_session(node)}  # fmt: skip
        self._db.executemany("INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?)", own.values())
        shared = {
            (str(node.ref), pack(node.properties)): (node, scope) for node, scope in nodes if str(node.ref) not in own
        }
        for what, (node, scope) in shared.items():
            if node.ref.label == schema.CREDENTIAL:
                write_node(self._db, node, scope)
            elif self._is_news(*what):
                write_node(self._db, node, None)

    def _is_news(self, what: str, value: object) -> bool:
        """Was this not written lately? Shared nodes and the accounts of principals come again and again."""
        if len(self._written) > 20_000:
            self._written.clear()
        if (what, value) in self._written:
            return False
        self._written.add((what, value))
        return True

    def waiting(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM dirty").fetchone()
        return int(count)

    def settle(self) -> bool:
        """Nothing: what rows alone say is read from the rows."""
        return False


def is_of_session(node: Node) -> bool:
    """Is it a session, or a key that came with one? Such nodes belong to one scope alone."""
    label, key = node.ref
    return label == schema.SESSION or (label == schema.CREDENTIAL and " " in key)
