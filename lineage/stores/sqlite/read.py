"""Reading the embedded store: facts and look-ups."""

from __future__ import annotations

import sqlite3

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import Row, Sighting, event_id_bytes
from lineage.model.facts import AnyFact, Identity, Sample
from lineage.model.keys import Ref
from lineage.model.results import PrincipalSeen, SessionSeen
from lineage.stores.sqlite.graphs import EmbeddedGraphs

_IDENTITY = msgspec.msgpack.Decoder(Identity)
_FACT = msgspec.msgpack.Decoder(AnyFact)
_ROW = msgspec.msgpack.Decoder(Row)
_SAMPLES = msgspec.msgpack.Decoder(list[tuple[int, bytes, int, Sample]])
_properties = msgspec.msgpack.Decoder(dict[str, str | int | bool | list[str] | None]).decode


class EmbeddedReader(EmbeddedGraphs):
    """The reading half of the embedded store."""

    _db: sqlite3.Connection

    # events

    def facts_of(self, event_id: str) -> list[AnyFact]:
        """The facts of an event."""
        found = self._db.execute(
            "SELECT f.body FROM day CROSS JOIN ledger l ON l.day = day.day AND l.id = ? "
            "CROSS JOIN fact f ON f.hour = l.hour AND f.id = l.id ORDER BY f.hour, f.number",
            (event_id_bytes(event_id),),
        )
        return [_FACT.decode(body) for (body,) in found]

    def amended(self, event_id: str) -> list[str]:
        """IDs of the events that an addendum with that ID amends; sorted."""
        found = self._db.execute(
            "SELECT original FROM amended WHERE id = ? ORDER BY original", (event_id_bytes(event_id),)
        )
        return [original for (original,) in found]

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        """Calls that a principal made itself with a long-term key within `seconds` of a time: second, service
        (first part of the operation), key. For rule 7 (guide §12.3)."""
        found = []
        for hour in sorted({(time - seconds) // 3600, (time + seconds) // 3600}):
            low, high = time - seconds - hour * 3600, time + seconds - hour * 3600
            for second, api, key in self._db.execute(
                "SELECT l.second, r.api, a.key FROM actor a CROSS JOIN row r ON r.actor = a.id AND r.hour = ? "
                "CROSS JOIN ledger l ON l.row = r.id AND l.second BETWEEN ? AND ? "
                "WHERE a.principal = ? AND a.key IS NOT NULL AND a.key NOT LIKE 'ASIA%'",
                (hour, low, high, principal),
            ):
                found.append((hour * 3600 + second, api.partition(":")[0], key))
        return sorted(found)

    # look-ups

    def of_key(self, access_key_id: str) -> list[Ref]:
        """The credentials of an access key, and the sessions and principals that used it without its issue
        having been logged; sorted."""
        low = f"{schema.CREDENTIAL} {access_key_id}"
        refs = {
            ref
            for (ref,) in self._db.execute(
                "SELECT ref FROM node WHERE ref = ? OR (ref > ? AND ref < ?)", (low, f"{low} ", f"{low}!")
            )
        }
        refs |= {
            source
            for (source,) in self._db.execute(
                f"SELECT DISTINCT source FROM actor WHERE key = ? AND source IS NOT NULL AND {_LIVE}", (access_key_id,)
            )
        }
        return sorted(keys.ref(ref) for ref in refs)

    def has(self, ref: Ref) -> bool:
        """Is the node in the store?"""
        return bool(self._db.execute("SELECT 1 FROM node WHERE ref = ?", (str(ref),)).fetchone())

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionSeen]:
        """The sessions of a principal, of one session name if given; newest first. Without `ends`, last use and
        expiry are left out, which is quicker."""
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal = ? AND (? IS NULL OR name = ?) "
            "ORDER BY created DESC, key",
            (principal, name, name),
        ).fetchall()
        if not ends:
            return [SessionSeen(key, created, None, None) for key, created in found]
        return [self._session_seen(key, created) for key, created in found]

    def sessions_by_id(self, principal_id: str) -> list[SessionSeen]:
        """The sessions with a principalId; newest first."""
        found = self._db.execute(
            "SELECT key, created FROM session WHERE principal_id = ? ORDER BY created DESC, key",
            (principal_id,),
        )
        return [self._session_seen(key, created) for key, created in found.fetchall()]

    def _session_seen(self, key: str, created: int) -> SessionSeen:
        (last,) = self._db.execute(
            "SELECT max(r.last) FROM actor a JOIN row r ON r.actor = a.id WHERE a.session = ? AND r.count > 0",
            (key,),
        ).fetchone()
        expires = self._db.execute(
            "SELECT body FROM edge WHERE target = ? AND type = ?", (f"{schema.SESSION} {key}", schema.ASSUMED)
        ).fetchall()
        ends = [str(text) for (body,) in expires if (text := _properties(body).get("expires"))]
        return SessionSeen(key, created, last, max(ends, default=None))

    def principals_of(self, identifier: str) -> list[str]:
        """Keys of principals with that key or ARN."""
        low = f"{schema.PRINCIPAL} {identifier}"
        found = {ref.split(" ", 1)[1] for (ref,) in self._db.execute("SELECT ref FROM node WHERE ref = ?", (low,))}
        found |= {
            p for (p,) in self._db.execute("SELECT DISTINCT principal FROM sighting WHERE arn = ?", (identifier,))
        }
        return sorted(found)

    def names_of(self, unique_id: str) -> list[Sighting]:
        """Under which principals and ARNs a unique ID was seen, or under which names an Identity Center user ID."""
        found = self._db.execute(
            "SELECT principal, unique_id, arn, first, last FROM sighting WHERE unique_id = ? ORDER BY principal, arn",
            (unique_id,),
        )
        return [Sighting(*names) for names in found]

    def keys_of(self, principal: str) -> list[str]:
        """The long-term access keys of a principal; sorted."""
        found = self._db.execute(
            "SELECT source FROM edge WHERE target = ? AND type = ? ORDER BY source",
            (f"{schema.PRINCIPAL} {principal}", schema.BELONGS_TO),
        )
        return [key for (source,) in found if " " not in (key := keys.ref(source).key)]

    def named(self, text: str) -> list[PrincipalSeen]:
        """The principals that have a name or a unique ID; sorted."""
        found = self._db.execute(
            "SELECT n.ref, n.kind, n.body FROM (SELECT principal FROM called WHERE name = ? "
            "UNION SELECT principal FROM sighting WHERE unique_id = ? AND unique_id != '') p "
            f"CROSS JOIN node n ON n.ref = '{schema.PRINCIPAL} ' || p.principal WHERE {_HANGS}",
            (text, text),
        )
        return sorted(
            PrincipalSeen(keys.ref(ref).key, kind, _properties(body).get("account"))  # type: ignore[arg-type]  # a text
            for ref, kind, body in found
        )

    def identities_of(self, ref: Ref) -> list[Identity]:
        """The identities whose calls hang on a node."""
        return [
            _IDENTITY.decode(body)
            for (body,) in self._db.execute(
                f"SELECT body FROM actor WHERE source = ? AND {_LIVE} ORDER BY id", (str(ref),)
            )
        ]


_LIVE = "EXISTS (SELECT 1 FROM row WHERE row.actor = actor.id AND row.count > 0)"
"""An identity counts only as long as an event of its does: of two contents of an event, one loses."""
_HANGS = (
    "(EXISTS (SELECT 1 FROM edge e WHERE e.source = n.ref) OR EXISTS (SELECT 1 FROM edge e WHERE e.target = n.ref) "
    "OR EXISTS (SELECT 1 FROM deed d WHERE d.target = n.ref) OR EXISTS (SELECT 1 FROM actor WHERE source = n.ref AND ("
    f"{_LIVE} OR EXISTS (SELECT 1 FROM deed d WHERE d.actor = actor.id))))"
)
"""Does anything hang on the node? Without that it is left over from a content that lost."""
