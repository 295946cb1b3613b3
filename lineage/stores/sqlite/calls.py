"""Reading calls, changes and events from the SQLite store, many at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lineage.model import keys
from lineage.model.batch import JOINED, Row, event_id_bytes
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
)
from lineage.stores.merging import FACT, IDENTITY, conflict_of, files_of
from lineage.stores.sqlite.db import ROW, SAMPLES, Tables, read_in, unpack_properties
from lineage.stores.windows import HOUR, Event, change_edge, cut, hours, in_window, own_copies, uuid_text

_CALLERS = {"node": "source", "session": "session", "principal": "principal", "key": "key"}
"""The column of `actor` that says which calls are meant."""
_FOUND = "SELECT r.id, r.actor, r.body, r.count, r.first, r.last, r.samples"


class Calls(Tables):
    """Calls by what they have in common, cut to a window, and single events."""

    def calls(self, which: CallFilter, window: Window = ALWAYS, *, every: bool = False) -> list[CallRow]:
        found = self._found(which, window)

        def ledger(rows: Sequence[CallRow], since: int, until: int) -> Mapping[int, Sequence[Event]]:
            wanted = {row.row.id for row in rows}
            numbers = {number: row.row.id for number, row in found.items() if row.row.id in wanted}
            return self._events_between(numbers, since, until)

        return cut(found.values(), window, every, ledger)

    def _found(self, which: CallFilter, window: Window) -> dict[int, CallRow]:
        """By number: the rows that have calls in the hours of the window, whole."""
        records = {record[0]: record for record in self._records(which, *hours(window))}
        callers = self._callers({record[1] for record in records.values()})
        found = {}
        for number, actor, body, count, first, last, samples in records.values():
            row = ROW.decode(body)
            if not _is_meant(row, which):
                continue
            source, access_key_id, invoked_by = callers[actor]
            kept = [sample[3] for sample in SAMPLES.decode(samples)]
            found[number] = CallRow(source, row, count, first, last, kept, access_key_id, invoked_by)
        return found

    def _records(
        self, which: CallFilter, low: int, high: int
    ) -> Iterator[tuple[int, int, bytes, int, int, int, bytes]]:
        """The rows of some hours as they are: all that are meant, and of agents and addresses maybe others."""
        by, db = which.by, self._db
        when = "r.hour BETWEEN ? AND ? AND r.count > 0"
        if by == "all":
            yield from db.execute(f"{_FOUND} FROM row r WHERE {when}", (low, high))
        elif by in _CALLERS:
            found = f"actor a CROSS JOIN row r ON r.actor = a.id AND {when} WHERE a.{_CALLERS[by]} IN (*)"
            yield from read_in(db, f"{_FOUND} FROM {found}", which.values, low, high)
        elif by == "resource":
            other = f"other_target b CROSS JOIN row r ON r.id = b.row WHERE {when} AND b.target IN (*)"
            for found in (f"row r WHERE {when} AND r.target IN (*)", other):
                yield from read_in(db, f"{_FOUND} FROM {found}", which.values, low, high)
        elif by in ("account", "api"):
            yield from read_in(db, f"{_FOUND} FROM row r WHERE {when} AND r.{by} IN (*)", which.values, low, high)
        elif by == "address":
            # The column is "ADDRESS" or "ADDRESS ENDPOINT".
            for value in which.values:
                yield from db.execute(f"{_FOUND} FROM row r WHERE r.address = ? AND {when}", (value, low, high))
                yield from db.execute(
                    f"{_FOUND} FROM row r WHERE r.address > ? AND r.address < ? AND {when}",
                    (f"{value} ", f"{value}!", low, high),
                )
        else:
            # The row's body holds the agent's text as it is.
            parts = re.compile(b"|".join(re.escape(value.encode("utf-8", "replace")) for value in which.values), re.I)
            every = db.execute(f"{_FOUND} FROM row r WHERE {when}", (low, high)) if which.values else ()
            yield from (record for record in every if parts.search(record[2]))

    def _callers(self, actors: Iterable[int]) -> dict[int, tuple[str, str | None, str | None]]:
        """By identity: the node that its calls are attached to, its key, and the service that called for it."""
        found = {}
        statement = "SELECT id, source, body FROM actor WHERE id IN (*)"
        for actor, source, body in read_in(self._db, statement, sorted(actors)):
            who = IDENTITY.decode(body)
            found[actor] = (source or str(keys.principal(who).ref), who.access_key_id, who.invoked_by)
        return found

    def _events_between(self, rows: Mapping[int, int], since: int, until: int) -> Mapping[int, list[Event]]:
        """The events of rows (by number: the ID to give them under) between two seconds."""
        found: dict[int, list[Event]] = defaultdict(list)
        statement = "SELECT row, hour, second, id FROM ledger WHERE row IN (*)"
        for row, hour, second, id_ in read_in(self._db, statement, list(rows)):
            time = hour * HOUR + second
            if since <= time <= until:
                found[rows[row]].append((time, id_))
        return found

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
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

    def changes(
        self,
        types: Sequence[str],
        *,
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
        window: Window = ALWAYS,
    ) -> list[ChangeEdge]:
        low, high = hours(window)
        wanted = set(sources) if sources is not None else None
        kinds = ", ".join("?" * len(types))
        what = "SELECT d.type, d.key, a.source, d.target, d.body FROM"
        those = f"WHERE d.type IN ({kinds}) AND d.hour BETWEEN ? AND ?"
        statement = f"{what} change d CROSS JOIN actor a ON a.id = d.actor {those}"
        plain = (*types, low, high)
        records: Iterable[Any]
        if targets is not None:
            records = read_in(self._db, f"{statement} AND d.target IN (*)", sorted(set(targets)), *plain)
        elif wanted is not None:
            # From the callers to their changes, for there are far more changes.
            turned = f"{what} actor a CROSS JOIN change d ON d.actor = a.id {those}"
            records = read_in(self._db, f"{turned} AND a.source IN (*)", sorted(wanted), *plain)
        else:
            records = self._db.execute(statement, plain)
        found = [
            change_edge(type_, key, source, target, unpack_properties(body))
            for type_, key, source, target, body in records
            if wanted is None or source in wanted
        ]
        return in_window(found, window)

    def addresses(self) -> list[str]:
        found = set()
        # From one value of the index to the next: there are far fewer addresses than rows.
        for (key,) in self._db.execute(
            "WITH RECURSIVE one(address) AS (SELECT min(address) FROM row UNION ALL "
            "SELECT (SELECT min(r.address) FROM row r WHERE r.address > one.address) FROM one "
            "WHERE one.address IS NOT NULL) SELECT address FROM one WHERE address IS NOT NULL"
        ).fetchall():
            found.add(key if " " not in key else self._address(key))
        return sorted(found)

    def _address(self, key: str) -> str:
        """The address without its endpoint; an address may have a blank too ("AWS Internal")."""
        (body,) = self._db.execute("SELECT body FROM row WHERE address = ? LIMIT 1", (key,)).fetchone()
        return ROW.decode(body).source_ip or key

    # events

    def events(self, event_id: str) -> list[EventRow]:
        return self.events_of([event_id]).get(event_id, [])

    def events_of(self, event_ids: Iterable[str]) -> dict[str, list[EventRow]]:
        asked = {event_id: event_id_bytes(event_id) for event_id in event_ids}
        by_id: dict[bytes, list[EventRow]] = defaultdict(list)
        found = read_in(
            self._db,
            "SELECT l.id, l.hour * 3600 + l.second, r.body, a.body, a.id, a.source, a.session, f.path, l.place, "
            "l.shared FROM day CROSS JOIN ledger l ON l.day = day.day AND l.id IN (*) "
            "CROSS JOIN row r ON r.id = l.row CROSS JOIN actor a ON a.id = r.actor "
            "LEFT JOIN file f ON f.id = l.file ORDER BY l.hour, l.id",
            sorted(set(asked.values())),
        )
        for id_, time, row_body, who_body, actor, source, session, path, place, shared in found:
            row, who = ROW.decode(row_body), IDENTITY.decode(who_body)
            by_id[id_].append(
                EventRow(
                    time=time, api=row.api, category=row.category, account=row.account, region=row.region, who=who,
                    actor=actor, source=keys.ref(source) if source else keys.principal(who).ref, session=session,
                    path=path, place=place, error=row.error, user_agent=row.user_agent, copy=row.copy,
                    several=bool(row.id & JOINED), shared=shared,
                )
            )  # fmt: skip
        return {event_id: by_id[id_] for event_id, id_ in asked.items() if id_ in by_id}

    def facts_of(self, event_id: str) -> list[AnyFact]:
        found = self._db.execute(
            "SELECT f.body FROM day CROSS JOIN ledger l ON l.day = day.day AND l.id = ? "
            "CROSS JOIN fact f ON f.hour = l.hour AND f.id = l.id ORDER BY f.hour, f.number",
            (event_id_bytes(event_id),),
        )
        return [FACT.decode(body) for (body,) in found]

    def amended(self, event_id: str) -> list[str]:
        found = self._db.execute(
            "SELECT original FROM amended WHERE id = ? ORDER BY original", (event_id_bytes(event_id),)
        )
        return [original for (original,) in found]

    def callers_copies(self, calls: Iterable[SharedCall]) -> dict[SharedCall, list[tuple[str, EventRow]]]:
        wanted = sorted(set(calls))
        # Along the rows of the account's hour: the hashes have no index.
        ids = {
            uuid_text(id_)
            for account, api, time, shared in wanted
            for (id_,) in self._db.execute(
                "SELECT l.id FROM row r CROSS JOIN ledger l ON l.row = r.id AND l.second = ? "
                "WHERE r.account = ? AND r.hour = ? AND r.api = ? AND l.shared = ?",
                (time % HOUR, account, time // HOUR, api, shared),
            )
        }
        return own_copies(self.events_of(sorted(ids)), wanted)

    def conflicts(self, event_ids: Sequence[str] | None = None) -> list[Conflict]:
        statement = "SELECT hour, id, body FROM copies WHERE conflict = 1"
        if event_ids is None:
            found = sorted(self._db.execute(statement))
        else:
            ids = sorted({event_id_bytes(one) for one in event_ids})
            found = sorted(read_in(self._db, f"{statement} AND id IN (*)", ids))
        files = {number for _, _, body in found for number in files_of(body)}
        paths = dict(read_in(self._db, "SELECT id, path FROM file WHERE id IN (*)", sorted(files)))
        return [conflict_of(id_, body, paths) for _, id_, body in found]


def _is_meant(row: Row, which: CallFilter) -> bool:
    """Is it one of the rows that are meant? What `address` and the bytes of a body say is not exact."""
    if which.by == "address":
        return row.source_ip in which.values
    return which.by != "agent" or has_part(row.user_agent, which.values)
