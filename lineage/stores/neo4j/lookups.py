"""Look-ups in the Neo4j store: nodes, sessions, principals, keys and identities by what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Literal

from lineage.model import keys, schema
from lineage.model.batch import Sighting
from lineage.model.facts import Identity
from lineage.model.keys import Ref
from lineage.model.results import Activity, NameRow, PrincipalRow, SessionRow
from lineage.model.times import parse_when
from lineage.stores.merging import IDENTITY, activity_of
from lineage.stores.neo4j.db import Record, Statements, actor_prefix, by_label, read_many
from lineage.stores.neo4j.shards import last_of


class LookUps(Statements):
    """What has a key, a name or an ID."""

    def has(self, ref: Ref) -> bool:
        return bool(self._read("nodes", **by_label([str(ref)])))

    def nodes_of_key(self, access_key_id: str) -> list[Ref]:
        refs = {Ref(schema.CREDENTIAL, key) for (key,) in self._read("credentials_of_key", key=access_key_id)}
        refs |= {keys.ref(source) for source, hours in self._read("sources_of_key", key=access_key_id) if hours}
        return sorted(refs)

    def keys_of(self, principal: str) -> list[str]:
        return [key for (key,) in self._read("keys_of", principal=principal)]

    def sessions_of(self, principal: str, name: str | None = None, ends: bool = True) -> list[SessionRow]:
        found = self._read("sessions_of", principal=principal, name=name)
        if not ends:
            return [SessionRow(key, parse_when(created) or 0, None, None) for key, created, _ in found]
        return self._sessions_seen(found)

    def sessions_by_id(self, principal_id: str) -> list[SessionRow]:
        return self._sessions_seen(self._read("sessions_by_id", principal_id=principal_id))

    def _sessions_seen(self, found: list[Record]) -> list[SessionRow]:
        last: dict[str, int] = {}
        for session, hours in self._read("hours_of_session", sessions=[key for key, _, _ in found]) if found else ():
            if second := last_of(hours):
                last[session] = max(second, last.get(session, second))
        return [SessionRow(key, parse_when(created) or 0, last.get(key), expires) for key, created, expires in found]

    def principals_of(self, identifier: str) -> list[str]:
        return sorted(key for (key,) in self._read("principals_of", identifier=identifier))

    def named(self, text: str) -> list[PrincipalRow]:
        return sorted(PrincipalRow(*found) for found in self._read("named", text=text))

    def search(self, text: str) -> list[NameRow]:
        found = [
            NameRow(schema.PRINCIPAL, key, name, kind, account, None, tuple(sorted({*others} - {"", key})))
            for key, name, kind, account, others in self._read("search_principals", text=text.lower())
        ]
        found += self._sessions_called(self._read("search_sessions", text=text.lower()))
        # Keys whose last event lost to another content have no hours any more.
        others = self._read("search_keys", text=text.lower())
        found += [NameRow(schema.CREDENTIAL, key) for key in {key for key, hours in others if hours}]
        found += [NameRow(schema.RESOURCE, key) for (key,) in self._read("search_resources", text=text.lower())]
        return sorted(found, key=attrgetter("order"))

    def sessions_named(self, name: str) -> list[NameRow]:
        return sorted(self._sessions_called(self._read("sessions_named", name=name)), key=attrgetter("order"))

    def _sessions_called(self, found: Iterable[Record]) -> Iterator[NameRow]:
        for principal_id, account, principal, name in found:
            yield NameRow(schema.SESSION, principal_id, name, None, account, principal)

    def activity(
        self, by: Literal["principal", "key", "id", "address", "resource"], values: Sequence[str]
    ) -> dict[str, Activity]:
        if by in ("address", "resource"):
            asked: dict[str, Sequence[str]] = {"addresses": [], "resources": []}
            asked["addresses" if by == "address" else "resources"] = values
            return activity_of(map(_activity, self._read("activity_at", **asked)))
        asked = {"principals": [], "keys": [], "ids": []} | {f"{by}s": values}
        rows = [
            {"value": value, "prefix": actor_prefix(bytes.fromhex(actor))}
            for value, actor, hours in self._read("callers_by", **asked)
            if hours
        ]
        return activity_of(map(_activity, read_many(self._read, "activity", "rows", rows)))

    def principals(self, kinds: Sequence[str]) -> list[tuple[str, str, str | None]]:
        return sorted((key, kind, name) for key, kind, name in self._read("principals", kinds=list(kinds)))

    def names_of(self, unique_id: str) -> list[Sighting]:
        return [Sighting(*names) for names in self._read("names_of_ids", ids=[unique_id])]

    def user_names(self) -> list[tuple[str, str]]:
        return [(principal, name) for principal, name in self._read("user_names")]

    def identities(self, actors: Iterable[bytes]) -> dict[bytes, Identity]:
        records = read_many(self._read, "actors", "ids", sorted({actor.hex() for actor in actors}))
        return {bytes.fromhex(actor): IDENTITY.decode(body) for actor, body, *_ in records}

    def identities_of(self, ref: Ref) -> list[Identity]:
        return [IDENTITY.decode(body) for _, body, hours in self._read("actors_of_source", source=str(ref)) if hours]


def _activity(record: Record) -> tuple[str, Activity]:
    value, first, last, calls = record
    return value, Activity(parse_when(first) or 0, parse_when(last) or 0, calls)
