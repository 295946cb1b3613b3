"""Reading calls, changes and events from the Neo4j store, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lineage.model import keys, schema
from lineage.model.batch import event_id_bytes, is_joined, uuid_text
from lineage.model.facts import AnyFact
from lineage.model.results import (
    ALWAYS,
    CallFilter,
    CallRow,
    ChangeEdge,
    Conflict,
    EventRow,
    SharedCall,
    Window,
    has_part,
    names_one,
)
from lineage.model.times import iso, parse_when
from lineage.resolve.graph_elements import listed_samples
from lineage.stores.merging import FACT, IDENTITY, conflict_of, files_of
from lineage.stores.neo4j.coverage import Loaded
from lineage.stores.neo4j.db import (
    UNWIND_ROWS,
    actor_prefix,
    by_label,
    event_key,
    read_many,
    ref_of,
    row_key,
    stored_row,
)
from lineage.stores.neo4j.shards import (
    Place,
    id_hash,
    id_text,
    place,
    places,
    places_of_rows,
    shard_keys,
    unpack,
    unpack_hours,
)
from lineage.stores.windows import HOUR, Event, change_edge, cut, hours, in_window, own_copies, seconds

SHARDS = 500
"""Shards of one statement."""
_PROBES = 200
"""Event IDs of one statement, which probes a shard in each hour for each."""
_CALLERS = {"node": "sources", "session": "sessions", "principal": "principals", "key": "keys"}
"""The parameter of `callers` that says which calls are meant."""


class Calls(Loaded):
    """Calls by what they have in common, cut to a window, and single events."""

    def calls(self, which: CallFilter, window: Window = ALWAYS, *, every: bool = False) -> list[CallRow]:
        return cut(self._found(which, window), window, every, self._events_between)

    def _found(self, which: CallFilter, window: Window) -> list[CallRow]:
        """The rows that have calls in the hours of the window, whole."""
        low, high = hours(window)
        between = {"low": iso(low * HOUR), "high": iso(high * HOUR)}
        by, values = which.by, list(dict.fromkeys(which.values))
        if by in _CALLERS:
            prefixes = self._prefixes(_CALLERS[by], values, low, high)
            records = read_many(self._read, "calls_of_callers", "prefixes", prefixes, **between)
        elif by == "api":
            records = read_many(self._read, "calls_of_operations", "apis", values, **between)
        elif by == "address":
            records = read_many(self._read, "calls_from_addresses", "addresses", values, **between)
        elif by == "resource":
            roles = sorted({_tried(value) for value in values})
            records = self._read("calls_about", resources=values, roles=roles, **between) if values else []
        else:
            accounts = [value for value in values if self.coverage(value, window)] if by == "account" else None
            agents = values if by == "agent" else None
            texts = values if by == "naming" else None
            nothing = accounts == [] or agents == [] or texts == []
            limits = {"accounts": accounts, "agents": agents, "texts": texts, "failed": by == "failed"}
            records = [] if nothing else self._read("all_calls", **limits, **between)
        found = [_row_seen(ref_of(labels, key), api, row) for labels, key, api, row in records]
        if by == "naming":
            return [one for one in found if names_one(one, values)]
        return [one for one in found if by != "agent" or has_part(one.row.user_agent, values)]

    def _prefixes(self, parameter: str, values: Sequence[str], low: int, high: int) -> list[str]:
        """What the keys of the rows of callers begin with, of those that called in the hours."""
        found = []
        for start in range(0, len(values), UNWIND_ROWS):
            asked: dict[str, object] = {name: [] for name in _CALLERS.values()}
            asked[parameter] = values[start : start + UNWIND_ROWS]
            for actor, packed in self._read("callers", **asked):
                if any(low <= hour <= high for hour in unpack_hours(packed)):
                    found.append(actor_prefix(bytes.fromhex(actor)))
        return found

    def _events_between(self, rows: Sequence[CallRow], since: int, until: int) -> Mapping[bytes, Sequence[Event]]:
        """The events of rows between two seconds, by the row's ID: their hours' ledger is looked through."""
        wanted = {row.row.id for row in rows}
        found: dict[bytes, list[Event]] = defaultdict(list)
        for hour, ids, rest in self._shards({row.row.hour for row in rows}):
            for row, second, id_ in places_of_rows(ids, rest, wanted):
                time = hour * HOUR + second
                if since <= time <= until:
                    found[row].append((time, id_))
        return found

    def _shards(self, hours: Iterable[int]) -> Iterator[tuple[int, str, bytes]]:
        """The ledger of some hours, some hundred shards at a time: hour and properties of each."""
        sizes = self._read("hour_sizes", hours=sorted(hours))
        shards = [key for hour, buckets in sizes for key in shard_keys(hour, buckets)]
        for start in range(0, len(shards), SHARDS):
            for key, ids, rest in self._read("shards", keys=shards[start : start + SHARDS]):
                yield key >> 16, ids, rest

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        hours = sorted({(time - seconds) // 3600, (time + seconds) // 3600})
        callers: dict[bytes, str] = {}
        for actor, key, packed in self._read("callers_of_principal", principal=principal):
            if unpack_hours(packed).keys() & set(hours):
                callers[bytes.fromhex(actor)] = key
        if not callers:
            return []
        calls = []
        for hour, ids, rest in self._shards(hours):
            if any(actor in rest for actor in callers):
                for _, at in places(ids, rest):
                    if at.actor in callers and abs(hour * 3600 + at.second - time) <= seconds:
                        calls.append((hour * 3600 + at.second, at))
        wanted = sorted({row_key(at.actor, at.row) for _, at in calls})
        apis = {
            record[7]["key"]: record[6] for record in self._read("rows_by_key", keys=wanted) if record[1] == schema.USED
        }
        return sorted(
            (second, api.partition(":")[0], callers[at.actor])
            for second, at in calls if (api := apis.get(row_key(at.actor, at.row)))
        )  # fmt: skip

    def changes(
        self,
        types: Sequence[str],
        *,
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        window: Window = ALWAYS,
    ) -> list[ChangeEdge]:
        since, until = seconds(window)
        plain = {"types": list(types), "since": iso(since), "until": iso(until)}
        callers = set(sources) if sources is not None else None
        if targets is not None:
            labels = (schema.PRINCIPAL, schema.CREDENTIAL, schema.RESOURCE)
            records = self._read("changes_about", **by_label(sorted(set(targets)), labels), **plain)
        elif callers is not None:
            labels = (schema.PRINCIPAL, schema.SESSION, schema.CREDENTIAL)
            records = self._read("changes_of", **by_label(sorted(callers), labels), **plain)
        else:
            records = self._read("changes", **plain)
        found = [
            change_edge(type_, properties["key"], ref_of(from_labels, from_key), ref_of(to_labels, to_key), properties)
            for type_, from_labels, from_key, to_labels, to_key, properties in records
        ]
        return in_window((one for one in found if callers is None or one.source in callers), window)

    def addresses(self) -> list[str]:
        return sorted(address for (address,) in self._read("addresses"))

    # events

    def events(self, event_id: str) -> list[EventRow]:
        return self.events_of([event_id]).get(event_id, [])

    def events_of(self, event_ids: Iterable[str]) -> dict[str, list[EventRow]]:
        asked = list(dict.fromkeys(event_ids))
        found = self._places(asked)
        rows = [
            {"n": n, "key": row_key(at.actor, at.row), "actor": at.actor.hex(), "file": at.file}
            for n, (_, _, at) in enumerate(found)
        ]
        seen: dict[str, list[EventRow]] = defaultdict(list)
        for n, body, source, session, api, row, path in read_many(self._read, "events", "rows", rows):
            event_id, hour, at = found[n]
            who = IDENTITY.decode(body)
            seen[event_id].append(
                EventRow(
                    time=hour * HOUR + at.second, api=api, category=row["category"], account=row.get("account"),
                    region=row.get("region"), who=who, actor=at.actor,
                    source=keys.ref(source) if source else keys.principal(who).ref, session=session, path=path,
                    place=at.at, error=row.get("error"), user_agent=row.get("user_agent"), copy="copy" in row,
                    several=is_joined(at.row), shared=at.shared,
                )
            )  # fmt: skip
        return {event_id: sorted(seen[event_id], key=lambda one: one.time) for event_id in asked if event_id in seen}

    def loaded_at(self, event_ids: Iterable[str], window: Window = ALWAYS) -> str | None:
        files = sorted({at.file for _, _, at in self._places(list(dict.fromkeys(event_ids)), window)})
        found = self._read("loaded_at", files=files)
        return found[0][0] if found else None

    def facts_of(self, event_id: str) -> list[AnyFact]:
        id_ = event_id_bytes(event_id)
        events = [event_key(hour, id_) for _, hour, _ in self._places([event_id])]
        return [FACT.decode(body) for _, _, body in self._read("facts_of_events", events=events)] if events else []

    def amended(self, event_id: str) -> list[str]:
        return sorted(original for (original,) in self._read("amended", id=event_id_bytes(event_id).hex()))

    def callers_copies(self, calls: Iterable[SharedCall]) -> dict[SharedCall, list[tuple[str, EventRow]]]:
        wanted = sorted(set(calls))
        hashes = {(one.time, one.hash) for one in wanted}
        ids = [
            uuid_text(id_)
            for hour, text, rest in self._shards({one.time // HOUR for one in wanted})
            for id_, at in places(text, rest)
            if at.shared and (hour * HOUR + at.second, at.shared) in hashes
        ]
        return own_copies(self.events_of(sorted(ids)), wanted)

    def conflicts(self, event_ids: Sequence[str] | None = None) -> list[Conflict]:
        ids = None if event_ids is None else [event_id_bytes(one) for one in event_ids]
        found = [(bytes(id_), bytes(body)) for _, id_, body in self._read("conflicts", ids=ids)]
        files = sorted({number for _, body in found for number in files_of(body)})
        paths = dict(map(tuple, self._read("paths", ids=files))) if files else {}
        return [conflict_of(id_, body, paths) for id_, body in found]

    def _places(self, event_ids: Sequence[str], window: Window = ALWAYS) -> list[tuple[str, int, Place]]:
        """Hours and places of the events under IDs, of the hours of a window."""
        found = []
        low, high = hours(window)
        ids = [event_id_bytes(event_id) for event_id in event_ids]
        rows = [{"n": n, "id": id_text(id_), "hash": id_hash(id_)} for n, id_ in enumerate(ids)]
        for start in range(0, len(rows), _PROBES):
            some = rows[start : start + _PROBES]
            for n, hour, shard, rest in self._read("shards_of_events", rows=some, low=low, high=high):
                packed = unpack(shard, rest).get(ids[n])
                if packed is not None:
                    found.append((event_ids[n], hour, place(packed)))
        return found


def _tried(resource: str) -> str:
    """Key of the role that refused assumptions of a target are written to (`graph_elements.target_node`)."""
    role = keys.role_at(resource)
    return role.key if role is not None else "unknown"


def _row_seen(source: str, api: str, row: dict[str, Any]) -> CallRow:
    built = stored_row(api, row)
    first, last = parse_when(row["first"]) or 0, parse_when(row["last"]) or 0
    samples = listed_samples(row)
    return CallRow(source, built, row["count"], first, last, samples, row.get("access_key_id"), row.get("invoked_by"))
