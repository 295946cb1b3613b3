"""Look-ups in the SQLite store: nodes, sessions, principals, keys and identities by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lineage.model import keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import Identity
from lineage.model.keys import Ref
from lineage.model.results import PrincipalRow, SessionRow
from lineage.stores.merging import IDENTITY
from lineage.stores.sqlite.db import LIVE, Tables, read_in, unpack_properties


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
            "SELECT max(r.last) FROM actor a JOIN row r ON r.actor = a.id WHERE a.session = ? AND r.count > 0", (key,)
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
            "UNION SELECT principal FROM sighting WHERE unique_id = ? AND unique_id != '') p "
            f"CROSS JOIN node n ON n.ref = '{schema.PRINCIPAL} ' || p.principal WHERE {_HANGS}",
            (text, text),
        )
        return sorted(
            PrincipalRow(keys.ref(ref).key, kind, unpack_properties(body).get("account"))  # type: ignore[arg-type]  # a text
            for ref, kind, body in found
        )

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

    def identities(self, actors: Iterable[int]) -> dict[int, Identity]:
        found = read_in(self._db, "SELECT id, body FROM actor WHERE id IN (*)", sorted(set(actors)))
        return {actor: IDENTITY.decode(body) for actor, body in found}

    def identities_of(self, ref: Ref) -> list[Identity]:
        found = self._db.execute(f"SELECT body FROM actor WHERE source = ? AND {LIVE} ORDER BY id", (str(ref),))
        return [IDENTITY.decode(body) for (body,) in found]


_HANGS = (
    "(EXISTS (SELECT 1 FROM edge e WHERE e.source = n.ref) OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.ref) "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.target = n.ref) "
    f"OR EXISTS (SELECT 1 FROM actor WHERE source = n.ref AND ({LIVE} "
    "OR EXISTS (SELECT 1 FROM change d WHERE d.actor = actor.id))))"
)
"""Whether the node has any relationship. Without one it is left over from a content that lost."""
