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
from lineage.model.results import Activity, NameRow, PrincipalRow, SessionRow
from lineage.stores.merging import IDENTITY, activity_of
from lineage.stores.sqlite.db import LIVE, Tables, read_in, unpack_properties
from lineage.stores.sqlite.rows import IS_TOUCHED


class LookUps(Tables):
    """What has a key, a name or an ID."""

    def has(self, ref: Ref) -> bool:
        return bool(self._db.execute("SELECT 1 FROM node WHERE ref = ?", (str(ref),)).fetchone())

    def nodes_of_key(self, access_key_id: str) -> list[Ref]:
        low = f"{schema.CREDENTIAL} {access_key_id}"
        refs = set(
            self._db.execute("SELECT ref FROM node WHERE ref = ? OR (ref > ? AND ref < ?)", (low, f"{low} ", f"{low}!"))
        )
        refs |= set(
            self._db.execute(
                f"SELECT DISTINCT source FROM actor WHERE key = ? AND source IS NOT NULL AND {LIVE}", (access_key_id,)
            )
        )
        return sorted(keys.ref(ref) for (ref,) in refs)

    def keys_of(self, principal: str) -> list[str]:
        found = self._db.execute(
            "SELECT source FROM edge WHERE target = ? AND type = ? ORDER BY source",
            (f"{schema.PRINCIPAL} {principal}", schema.BELONGS_TO),
        )
        return [key for (source,) in found if " " not in (key := keys.ref(source).key)]

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionRow]:
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal = ? AND (? IS NULL OR name = ?) "
            "ORDER BY created DESC, key",
            (principal, name, name),
        ).fetchall()
        if not ends:
            return [SessionRow(key, created, None, None) for key, created in found]
        return [self._session_seen(key, created) for key, created in found]

    def sessions_by_id(self, principal_id: str) -> list[SessionRow]:
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal_id = ? ORDER BY created DESC, key", (principal_id,)
        )
        return [self._session_seen(key, created) for key, created in found.fetchall()]

    def _session_seen(self, key: str, created: int) -> SessionRow:
        (last,) = self._db.execute(
            "SELECT max(r.hour * 3600 + r.last) FROM actor a JOIN row r ON r.actor = a.id "
            "WHERE a.session = ? AND r.count > 0",
            (key,),
        ).fetchone()
        expires = self._db.execute(
            "SELECT body FROM edge WHERE target = ? AND type = ?", (f"{schema.SESSION} {key}", schema.ASSUMED)
        ).fetchall()
        ends = [str(text) for (body,) in expires if (text := unpack_properties(body).get("expires"))]
        return SessionRow(key, created, last, max(ends, default=None))

    def principals_of(self, identifier: str) -> list[str]:
        named = self._db.execute("SELECT DISTINCT principal FROM sighting WHERE arn = ?", (identifier,))
        own = {identifier} if self.has(Ref(schema.PRINCIPAL, identifier)) else set()
        return sorted(own | {principal for (principal,) in named})

    def named(self, text: str) -> list[PrincipalRow]:
        found = self._db.execute(
            "SELECT n.ref, n.kind, n.body FROM (SELECT principal FROM called WHERE name = ? "
            "UNION SELECT principal FROM sighting WHERE unique_id = ? AND unique_id != '' "
            "UNION SELECT principal FROM sighting WHERE arn = ? AND arn != '') p "
            f"CROSS JOIN node n ON n.ref = '{schema.PRINCIPAL} ' || p.principal WHERE {_HANGS}",
            (text, text, text),
        )
        return sorted(
            PrincipalRow(keys.ref(ref).key, kind, unpack_properties(body).get("account"))  # type: ignore[arg-type]  # a text
            for ref, kind, body in found
        )

    def search(self, text: str) -> list[NameRow]:
        self._db.create_function("holds", 1, _holding(text), deterministic=True)
        found = [*self._principals_called(), *self._sessions_called("(holds(name) OR holds(principal_id))")]
        keys_held = self._db.execute(
            "SELECT DISTINCT substr(ref, ?, instr(substr(ref, ?) || ' ', ' ') - 1) AS id FROM node "
            "WHERE ref > ? AND ref < ? AND holds(id) UNION SELECT key FROM "
            "(SELECT DISTINCT key FROM actor WHERE key IS NOT NULL) k WHERE holds(key) AND EXISTS "
            f"(SELECT 1 FROM actor WHERE actor.key = k.key AND {LIVE})",
            (len(_CREDENTIAL) + 1, len(_CREDENTIAL) + 1, _CREDENTIAL, f"{schema.CREDENTIAL}!"),
        )
        found += [NameRow(schema.CREDENTIAL, key) for (key,) in keys_held]
        resources = self._db.execute(
            "SELECT k.value FROM text k WHERE holds(k.value) AND (EXISTS "
            "(SELECT 1 FROM target t JOIN row r ON r.target = t.id WHERE t.key = k.id AND r.count > 0 "
            f"AND {IS_TOUCHED}) "
            "OR EXISTS (SELECT 1 FROM target t JOIN other_target o ON o.target = t.id JOIN row r ON r.id = o.row "
            "WHERE t.key = k.id AND r.count > 0)) "
            "UNION SELECT DISTINCT substr(target, ?) AS key FROM change WHERE target > ? AND target < ? AND holds(key)",
            (len(_RESOURCE) + 1, _RESOURCE, f"{schema.RESOURCE}!"),
        )
        found += [NameRow(schema.RESOURCE, key) for (key,) in resources]
        return sorted(found, key=_ORDER)

    def _principals_called(self) -> Iterator[NameRow]:
        names: dict[str, set[str]] = defaultdict(set)
        found = {
            ref: (kind, unpack_properties(body))
            for ref, kind, body in self._db.execute(
                "SELECT n.ref, n.kind, n.body FROM (SELECT principal FROM called WHERE holds(name) "
                "UNION SELECT principal FROM sighting WHERE holds(unique_id) OR holds(arn) "
                "UNION SELECT substr(ref, ?) FROM node WHERE ref > ? AND ref < ? AND holds(substr(ref, ?))) p "
                f"CROSS JOIN node n ON n.ref = '{_PRINCIPAL}' || p.principal WHERE {_HANGS}",
                (len(_PRINCIPAL) + 1, _PRINCIPAL, f"{schema.PRINCIPAL}!", len(_PRINCIPAL) + 1),
            )
        }
        wanted = [keys.ref(ref).key for ref in found]
        seen = "SELECT principal, unique_id, arn FROM sighting WHERE principal IN (*)"
        for principal, unique_id, arn in read_in(self._db, seen, wanted):
            names[principal] |= {unique_id, arn}
        for ref, (kind, body) in found.items():
            key = keys.ref(ref).key
            known: list[str | None] = [body.get(name) for name in ("name", "account", "arn")]  # type: ignore[misc]  # texts
            others = names[key] | {known[2] or ""}
            yield NameRow(schema.PRINCIPAL, key, known[0], kind, known[1], None, tuple(sorted(others - {"", key})))

    def _sessions_called(self, which: str, *values: str) -> Iterator[NameRow]:
        for account, principal_id, principal, name in self._db.execute(
            "SELECT DISTINCT account, principal_id, principal, name FROM session "
            f"WHERE instr(principal_id, ':') > 0 AND {which}",
            values,
        ):
            yield NameRow(schema.SESSION, principal_id, name, None, account, principal)

    def sessions_named(self, name: str) -> list[NameRow]:
        return sorted(self._sessions_called("name = ?", name), key=_ORDER)

    def activity(
        self, by: Literal["principal", "key", "id", "address", "resource"], values: Sequence[str]
    ) -> dict[str, Activity]:
        sums, live = "min(r.hour * 3600 + r.first), max(r.hour * 3600 + r.last), sum(r.count) FROM", "r.count > 0"
        calls = f"CROSS JOIN row r ON r.actor = a.id AND {live}"
        about = f"SELECT k.value, {sums} text k CROSS JOIN target t ON t.key = k.id CROSS JOIN"
        statements = {
            "principal": [f"SELECT a.principal, {sums} actor a {calls} WHERE a.principal IN (*) GROUP BY 1"],
            "key": [f"SELECT a.key, {sums} actor a {calls} WHERE a.key IN (*) GROUP BY 1"],
            "id": [f"SELECT s.principal_id, {sums} session s CROSS JOIN actor a ON a.session = s.key {calls} "
                   "WHERE s.principal_id IN (*) GROUP BY 1"],
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
        found = [one for statement in statements[by] for one in read_in(self._db, statement, values)]
        return activity_of((value, Activity(*some)) for value, *some in found if some[0] is not None)

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        marks = ", ".join("?" * len(kinds))
        found = self._db.execute(
            f"SELECT n.ref, n.kind, n.body FROM node n WHERE n.kind IN ({marks}) AND ("
            "EXISTS (SELECT 1 FROM edge e WHERE e.source = n.ref) "
            "OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.ref) "
            "OR EXISTS (SELECT 1 FROM change d WHERE d.target = n.ref) "
            "OR EXISTS (SELECT 1 FROM actor a JOIN change d ON d.actor = a.id WHERE a.source = n.ref)) ORDER BY n.ref",
            tuple(kinds),
        )
        return [(keys.ref(ref).key, kind, unpack_properties(body).get("name")) for ref, kind, body in found]  # type: ignore[misc]  # a name is a text

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
        return {actor: IDENTITY.decode(body) for actor, body in found}

    def identities_of(self, ref: Ref) -> list[Identity]:
        found = self._db.execute(f"SELECT body FROM actor WHERE source = ? AND {LIVE} ORDER BY id", (str(ref),))
        return [IDENTITY.decode(body) for (body,) in found]


_PRINCIPAL = f"{schema.PRINCIPAL} "
_CREDENTIAL = f"{schema.CREDENTIAL} "
_RESOURCE = f"{schema.RESOURCE} "


_ORDER = attrgetter("order")


def _holding(text: str) -> Callable[[str | None], bool]:
    """Whether a value contains the text, as SQLite calls it: its own `lower` knows ASCII alone."""
    low = text.lower()
    return lambda value: value is not None and low in value.lower()


_HANGS = (
    "(EXISTS (SELECT 1 FROM edge e WHERE e.source = n.ref) OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.ref) "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.target = n.ref) "
    f"OR EXISTS (SELECT 1 FROM actor WHERE source = n.ref AND ({LIVE} "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.actor = actor.id))))"
)
"""Whether the node has any relationship. Without one it is left over from a content that lost."""
