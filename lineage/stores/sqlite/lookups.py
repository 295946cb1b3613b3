"""Look-ups in the SQLite store: nodes, sessions, principals, keys and identities by what they are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Literal

from lineage.model import keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import Identity
from lineage.model.keys import Ref
from lineage.model.results import Activity, NameRow, PrincipalRow, Properties, SessionRow
from lineage.stores.merging import activity_of
from lineage.stores.sqlite.db import LIVE, Tables, read_in, unpack_identity
from lineage.stores.sqlite.nodes import (
    CREDENTIAL,
    PRINCIPAL,
    RESOURCE,
    SESSION,
    TYPES,
    middles,
    principal_id,
    stated,
    unpack_edge,
    unpack_node,
)
from lineage.stores.sqlite.rows import IS_TOUCHED


class LookUps(Tables):
    """What has a key, a name or an ID."""

    def has(self, ref: Ref) -> bool:
        number = self._nodes.find([ref]).get(ref)
        there = "SELECT 1 FROM node WHERE id = ? AND body IS NOT NULL"
        return number is not None and self._db.execute(there, (number,)).fetchone() is not None

    def nodes_of_key(self, access_key_id: str) -> list[Ref]:
        found = self._db.execute(
            f"SELECT id FROM node WHERE name = ? AND label = {CREDENTIAL} AND body IS NOT NULL UNION "
            f"SELECT source FROM actor WHERE key = ? AND source IS NOT NULL AND {LIVE}",
            (access_key_id, access_key_id),
        )
        return sorted(self._refs(number for (number,) in found))

    def _refs(self, numbers: Iterable[int]) -> list[Ref]:
        wanted = list(numbers)
        refs = self._nodes.of(wanted)
        return [keys.ref(ref) for number in wanted if (ref := refs[number]) is not None]

    def _principal(self, key: str) -> int | None:
        """The number of a principal's node."""
        ref = Ref(schema.PRINCIPAL, key)
        return self._nodes.find([ref]).get(ref)

    def keys_of(self, principal: str) -> list[str]:
        found = self._db.execute(
            "SELECT source FROM edge WHERE target = ? AND type = ?",
            (self._principal(principal), TYPES[schema.BELONGS_TO]),
        )
        return sorted(ref.key for ref in self._refs(source for (source,) in found) if " " not in ref.key)

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionRow]:
        found = self._db.execute(
            "SELECT s.id, n.created FROM session s CROSS JOIN node n ON n.id = s.id "
            "WHERE s.principal = ? AND (? IS NULL OR s.name = ?)",
            (self._principal(principal), name, name),
        ).fetchall()
        return self._sessions(found, ends)

    def sessions_by_id(self, principal_id: str) -> list[SessionRow]:
        found = self._db.execute(
            f"SELECT id, created, body FROM node WHERE name IN (?, ?) AND label = {SESSION} AND body IS NOT NULL",
            middles(principal_id),
        ).fetchall()
        refs = self._nodes.of(number for number, _, _ in found)
        those = [
            (number, created) for number, created, body in found
            if unpack_node(refs[number] or "", None, body).get("principal_id") == principal_id
        ]  # fmt: skip
        return self._sessions(those, ends=True)

    def _sessions(self, found: Sequence[tuple[int, int]], ends: bool) -> list[SessionRow]:
        """Sessions by number and time of beginning, newest first."""
        refs = self._nodes.of(number for number, _ in found)
        rows = []
        for number, created in found:
            last, expires = self._seen(number) if ends else (None, None)
            rows.append(SessionRow(keys.ref(refs[number] or "").key, created, last, expires))
        return sorted(rows, key=lambda row: (-row.created, row.key))

    def _seen(self, session: int) -> tuple[int | None, str | None]:
        """Last use of a session, and its expiry."""
        (last,) = self._db.execute(
            "SELECT max(r.hour * 3600 + r.last) FROM actor a JOIN row r ON r.actor = a.id "
            "WHERE a.session = ? AND r.count > 0",
            (session,),
        ).fetchone()
        assumed = self._db.execute(
            "SELECT body FROM edge WHERE target = ? AND type = ?", (session, TYPES[schema.ASSUMED])
        )
        ends = [str(text) for (body,) in assumed if (text := unpack_edge(body).get("expires"))]
        return last, max(ends, default=None)

    def principals_of(self, identifier: str) -> list[str]:
        named = self._db.execute("SELECT DISTINCT principal FROM sighting WHERE arn = ?", (identifier,))
        own = {identifier} if self.has(Ref(schema.PRINCIPAL, identifier)) else set()
        return sorted(own | {principal for (principal,) in named})

    def named(self, text: str) -> list[PrincipalRow]:
        found = self._principals_in(
            "SELECT principal FROM called WHERE name = ? "
            "UNION SELECT principal FROM sighting WHERE unique_id = ? AND unique_id != '' "
            "UNION SELECT principal FROM sighting WHERE arn = ? AND arn != ''",
            text, text, text,
        )  # fmt: skip
        return sorted(PrincipalRow(key, kind, known.get("account")) for key, kind, known in found)  # type: ignore[arg-type]  # a text

    def _principals_in(self, which: str, *values: str) -> Iterator[tuple[str, str, Properties]]:
        """Key, kind and properties of the principals with the keys that a statement finds, if anything hangs on
        them."""
        for key, kind, body in self._db.execute(
            f"SELECT n.name, n.kind, n.body FROM ({which}) p CROSS JOIN node n "
            f"ON n.name = p.principal AND n.label = {PRINCIPAL} WHERE n.body IS NOT NULL AND {_HANGS}",
            values,
        ):
            yield key, kind, unpack_node(f"{schema.PRINCIPAL} {key}", kind, body)

    def search(self, text: str) -> list[NameRow]:
        self._db.create_function("holds", 1, _holding(text), deterministic=True)
        found = [*self._principals_called(), *self._sessions_called("(holds(s.name) OR holds(n.name))")]
        keys_held = self._db.execute(
            f"SELECT DISTINCT name FROM node WHERE label = {CREDENTIAL} AND body IS NOT NULL AND holds(name) "
            "UNION SELECT key FROM (SELECT DISTINCT key FROM actor WHERE key IS NOT NULL) k "
            f"WHERE holds(key) AND EXISTS (SELECT 1 FROM actor WHERE actor.key = k.key AND {LIVE})"
        )
        found += [NameRow(schema.CREDENTIAL, key) for (key,) in keys_held]
        resources = self._db.execute(
            "SELECT k.value FROM text k WHERE holds(k.value) AND (EXISTS "
            "(SELECT 1 FROM target t JOIN row r ON r.target = t.id WHERE t.key = k.id AND r.count > 0 "
            f"AND {IS_TOUCHED}) "
            "OR EXISTS (SELECT 1 FROM target t JOIN other_target o ON o.target = t.id JOIN row r ON r.id = o.row "
            "WHERE t.key = k.id AND r.count > 0)) "
            f"UNION SELECT name FROM node n WHERE label = {RESOURCE} AND holds(name) AND EXISTS "
            "(SELECT 1 FROM change d WHERE d.target = n.id)"
        )
        found += [NameRow(schema.RESOURCE, key) for (key,) in resources]
        return sorted(found, key=_ORDER)

    def _principals_called(self) -> Iterator[NameRow]:
        names: dict[str, set[str]] = defaultdict(set)
        found = {
            key: (kind, known)
            for key, kind, known in self._principals_in(
                "SELECT principal FROM called WHERE holds(name) "
                "UNION SELECT principal FROM sighting WHERE holds(unique_id) OR holds(arn) "
                "UNION SELECT name FROM node WHERE kind IS NOT NULL AND holds(name)"
            )
        }
        seen = "SELECT principal, unique_id, arn FROM sighting WHERE principal IN (*)"
        for principal, unique_id, arn in read_in(self._db, seen, list(found)):
            names[principal] |= {unique_id, arn}
        for key, (kind, body) in found.items():
            known: list[str | None] = [body.get(name) for name in ("name", "account", "arn")]  # type: ignore[misc]  # texts
            others = names[key] | {known[2] or ""}
            yield NameRow(schema.PRINCIPAL, key, known[0], kind, known[1], None, tuple(sorted(others - {"", key})))

    def _sessions_called(self, which: str, *values: str) -> Iterator[NameRow]:
        records = self._db.execute(
            "SELECT min(n.id), p.name, s.name FROM session s JOIN node n ON n.id = s.id "
            "JOIN node p ON p.id = s.principal "
            f"WHERE instr(n.name, ':') > 0 AND n.name NOT LIKE 'role:%' AND {which} "
            "GROUP BY n.parent, n.name, s.principal, s.name",
            values,
        ).fetchall()
        refs = self._nodes.of(number for number, _, _ in records)
        found = set()
        for number, principal, name in records:
            known = stated(keys.ref(refs[number] or ""), None)
            if ":" in (named := str(known["principal_id"])):
                found.add(NameRow(schema.SESSION, named, name, None, known["account"], principal))  # type: ignore[arg-type]  # an account is a text
        yield from found

    def sessions_named(self, name: str) -> list[NameRow]:
        return sorted(self._sessions_called("s.name = ?", name), key=_ORDER)

    def activity(
        self, by: Literal["principal", "key", "id", "address", "resource"], values: Sequence[str]
    ) -> dict[str, Activity]:
        sums, live = "min(r.hour * 3600 + r.first), max(r.hour * 3600 + r.last), sum(r.count) FROM", "r.count > 0"
        calls = f"CROSS JOIN row r ON r.actor = a.id AND {live}"
        about = f"SELECT k.value, {sums} text k CROSS JOIN target t ON t.key = k.id CROSS JOIN"
        statements = {
            "principal": [
                f"SELECT n.name, {sums} node n CROSS JOIN actor a ON a.principal = n.id {calls} "
                f"WHERE n.label = {PRINCIPAL} AND n.name IN (*) GROUP BY 1"
            ],
            "key": [f"SELECT a.key, {sums} actor a {calls} WHERE a.key IN (*) GROUP BY 1"],
            "id": [
                f"SELECT n.name, {sums} node n CROSS JOIN session s ON s.id = n.id CROSS JOIN actor a "
                f"ON a.session = s.id {calls} WHERE n.label = {SESSION} AND n.name IN (*) GROUP BY 1"
            ],
            "resource": [
                f"{about} row r ON r.target = t.id WHERE {IS_TOUCHED} AND {live} AND k.value IN (*) GROUP BY 1",
                f"{about} other_target b ON b.target = t.id CROSS JOIN row r ON r.id = b.row WHERE {live} "
                "AND k.value IN (*) GROUP BY 1",
            ],
            "address": [
                f"SELECT k.value, {sums} text k CROSS JOIN row r ON r.address = k.id WHERE {live} AND k.value IN (*) "
                "GROUP BY 1"
            ],
        }  # fmt: skip
        wanted = [middle for value in values for middle in middles(value)] if by == "id" else values
        found = [one for statement in statements[by] for one in read_in(self._db, statement, wanted)]
        if by == "id":
            found = [(principal_id(value), *some) for value, *some in found]
        return activity_of((value, Activity(*some)) for value, *some in found if some[0] is not None)

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        marks = ", ".join("?" * len(kinds))
        found = self._db.execute(
            f"SELECT n.name, n.kind, n.body FROM node n WHERE n.kind IN ({marks}) AND n.body IS NOT NULL AND ("
            "EXISTS (SELECT 1 FROM edge e WHERE e.source = n.id) "
            "OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.id) "
            "OR EXISTS (SELECT 1 FROM change d WHERE d.target = n.id) "
            "OR EXISTS (SELECT 1 FROM actor a JOIN change d ON d.actor = a.id WHERE a.source = n.id)) ORDER BY n.name",
            tuple(kinds),
        )
        return [(key, kind, unpack_node(f"{_PRINCIPAL}{key}", kind, body).get("name")) for key, kind, body in found]  # type: ignore[misc]  # a name is a text

    def names_of(self, unique_id: str) -> list[Sighting]:
        found = self._db.execute(
            "SELECT principal, unique_id, arn, first, last FROM sighting WHERE unique_id = ? ORDER BY principal, arn",
            (unique_id,),
        )
        return [Sighting(*names) for names in found]

    def user_names(self) -> list[tuple[str, str]]:
        return self._db.execute(
            "SELECT DISTINCT principal, arn FROM sighting WHERE arn != '' AND principal NOT LIKE 'arn:%' "
            "AND arn NOT LIKE 'arn:%' ORDER BY 1, 2"
        ).fetchall()

    def identities(self, actors: Iterable[bytes]) -> dict[bytes, Identity]:
        found = read_in(self._db, "SELECT hash, body FROM actor WHERE hash IN (*)", sorted(set(actors)))
        return {actor: unpack_identity(body) for actor, body in found}

    def identities_of(self, ref: Ref) -> list[Identity]:
        number = self._nodes.find([ref]).get(ref)
        found = self._db.execute(f"SELECT body FROM actor WHERE source = ? AND {LIVE} ORDER BY hash", (number,))
        return [unpack_identity(body) for (body,) in found]


_PRINCIPAL = f"{schema.PRINCIPAL} "


_ORDER = attrgetter("order")


def _holding(text: str) -> Callable[[str | None], bool]:
    """Whether a value contains the text, as SQLite calls it: its own `lower` knows ASCII alone."""
    low = text.lower()
    return lambda value: value is not None and low in value.lower()


_HANGS = (
    "(EXISTS (SELECT 1 FROM edge e WHERE e.source = n.id) OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.id) "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.target = n.id) "
    f"OR EXISTS (SELECT 1 FROM actor WHERE source = n.id AND ({LIVE} "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.actor = actor.id))))"
)
"""Whether the node has any relationship. Without one it is left over from a content that lost."""
