"""Reading calls, changes and events from the SQLite store, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lineage.model import keys, schema
from lineage.model.batch import event_id_bytes, uuid_text
from lineage.model.compact import decompress
from lineage.model.facts import AnyFact
from lineage.model.keys import Ref
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
from lineage.model.samples import unpack
from lineage.stores.merging import conflict_of, files_of
from lineage.stores.sqlite import events
from lineage.stores.sqlite.db import Tables, read_in, unpack_fact, unpack_identity, values_of
from lineage.stores.sqlite.events import Counted
from lineage.stores.sqlite.nodes import TYPES, found_edges
from lineage.stores.sqlite.rows import CONTENT, others
from lineage.stores.windows import HOUR, Event, change_edge, cut, hours, in_window, own_copies

_CALLERS = {"node": "source", "session": "session", "principal": "principal", "key": "key"}
"""The column of `actor` that says which calls are meant."""
_CALLER_LABELS = {"session": schema.SESSION, "principal": schema.PRINCIPAL}
_FOUND = f"SELECT r.id, r.count, r.first, r.last, r.samples, r.actor, r.hour, {CONTENT}"


_AGENT = 7 + CONTENT.split(", ").index("r.agent")
"""Place of the agent in a record."""


class _Caller(NamedTuple):
    """An identity as its calls show it."""

    hash: bytes
    source: str
    """The node that its calls are attached to."""
    key: str | None
    invoked_by: str | None
    """The service that called for it."""


class Calls(Tables):
    """Calls by what they have in common, cut to a window, and single events."""

    def calls(self, which: CallFilter, window: Window = ALWAYS, *, every: bool = False) -> list[CallRow]:
        found = self._found(which, window)

        def ledger(rows: Sequence[CallRow], since: int, until: int) -> Mapping[bytes, Sequence[Event]]:
            wanted = {id(row) for row in rows}
            numbers = {number: row for number, row in found.items() if id(row) in wanted}
            counted = events.events_of(self._db, sorted(numbers))
            return {
                row.row.id: [
                    (time, event.id)
                    for event in counted.get(number, ())
                    if since <= (time := row.row.hour * HOUR + event.second) <= until
                ]
                for number, row in numbers.items()
            }

        return cut(found.values(), window, every, ledger)

    def _found(self, which: CallFilter, window: Window) -> dict[int, CallRow]:
        """By number: the rows that have calls in the hours of the window, whole."""
        records = list({record[0]: record for record in self._records(which, *hours(window))}.values())
        callers = self._callers({record[5] for record in records})
        rows = self._rows.read(
            [record[5:] for record in records], {number: one.hash for number, one in callers.items()}
        )
        found = {}
        for (number, count, first, last, samples, actor, hour, *_), row in zip(records, rows, strict=True):
            caller, start = callers[actor], hour * HOUR
            kept = [sample[3] for sample in unpack(samples)]
            found[number] = CallRow(
                caller.source, row, count, start + first, start + last, kept, caller.key, caller.invoked_by
            )
        if which.by == "naming":
            return {number: one for number, one in found.items() if names_one(one, which.values)}
        return found

    def _records(self, which: CallFilter, low: int, high: int) -> Iterator[tuple[Any, ...]]:
        """The rows of some hours that are meant, as they are."""
        by, db = which.by, self._db
        when = "r.hour BETWEEN ? AND ? AND r.count > 0"
        if by == "all":
            yield from db.execute(f"{_FOUND} FROM row r WHERE {when}", (low, high))
        elif by == "failed":
            yield from db.execute(f"{_FOUND} FROM row r WHERE {when} AND r.error IS NOT NULL", (low, high))
        elif by in _CALLERS:
            found = f"actor a CROSS JOIN row r ON r.actor = a.id AND {when} WHERE a.{_CALLERS[by]} IN (*)"
            yield from read_in(db, f"{_FOUND} FROM {found}", self._meant(by, which.values), low, high)
        elif by == "resource":
            targets = self._rows.targets_called(which.values)
            other = f"other_target b CROSS JOIN row r ON r.id = b.row WHERE {when} AND b.target IN (*)"
            for found in (f"row r WHERE {when} AND r.target IN (*)", other):
                yield from read_in(db, f"{_FOUND} FROM {found}", targets, low, high)
        elif by in ("account", "api", "address"):
            numbers = sorted(self._rows.texts.find(which.values).values())
            yield from read_in(db, f"{_FOUND} FROM row r WHERE {when} AND r.{by} IN (*)", numbers, low, high)
        elif by == "naming" and which.values:
            numbers = list(self._naming(which.values, low, high))
            yield from read_in(db, f"{_FOUND} FROM row r WHERE r.id IN (*)", numbers)
        elif which.values:
            every = list(db.execute(f"{_FOUND} FROM row r WHERE {when}", (low, high)))
            agents = self._rows.texts.of({record[_AGENT] for record in every})
            meant = {number for number, agent in agents.items() if has_part(agent, which.values)}
            yield from (record for record in every if record[_AGENT] in meant)

    def _naming(self, texts: Sequence[str], low: int, high: int) -> Iterator[int]:
        """Numbers of the rows of some hours that may name one of the texts: the examples are searched as bytes."""
        named = [text.encode("utf-8", "surrogatepass") for text in texts]
        targets = self._rows.targets_naming(texts)
        for number, target, beside, samples in self._db.execute(
            "SELECT id, target, beside, samples FROM row WHERE hour BETWEEN ? AND ? AND count > 0", (low, high)
        ):
            if (
                target in targets
                or any(map(decompress(samples).__contains__, named))
                or (beside and not targets.isdisjoint(others(beside)))
            ):
                yield number

    def _callers(self, actors: Iterable[int]) -> dict[int, _Caller]:
        """Identities by number."""
        statement = "SELECT id, hash, source, body FROM actor WHERE id IN (*)"
        records = list(read_in(self._db, statement, sorted(actors)))
        refs = self._nodes.of(record[2] for record in records)
        found = {}
        for actor, hash_, source, body in records:
            who = unpack_identity(body)
            ref = refs[source] or str(keys.principal(who).ref)
            found[actor] = _Caller(hash_, ref, who.access_key_id, who.invoked_by)
        return found

    def _meant(self, by: str, values: Iterable[str]) -> list[str] | list[int]:
        """What the column of `actor` holds for callers: keys as they are, numbers of nodes."""
        if by == "key":
            return list(values)
        refs = map(keys.ref, values) if by == "node" else (Ref(_CALLER_LABELS[by], value) for value in values)
        return list(self._nodes.find(refs).values())

    def direct_calls(self, principal: str, time: int, seconds: int) -> list[tuple[int, str, str]]:
        found: list[tuple[int, str, str]] = []
        (owner,) = self._meant("principal", [principal]) or [None]
        for hour in sorted({(time - seconds) // HOUR, (time + seconds) // HOUR}):
            low, high = time - seconds - hour * HOUR, time + seconds - hour * HOUR
            rows = {
                row: (api.partition(":")[0], key)
                for row, api, key in self._db.execute(
                    "SELECT r.id, t.value, a.key FROM actor a CROSS JOIN row r ON r.actor = a.id AND r.hour = ? "
                    "AND r.first <= ? AND r.last >= ? AND r.count > 0 CROSS JOIN text t ON t.id = r.api "
                    "WHERE a.principal = ? AND a.key IS NOT NULL AND a.key NOT LIKE 'ASIA%'",
                    (hour, high, low, owner),
                )
            }
            for row, counted in events.events_of(self._db, sorted(rows)).items():
                found += [(hour * HOUR + event.second, *rows[row]) for event in counted if low <= event.second <= high]
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
        plain = (*(TYPES[type_] for type_ in types), low, high)
        records: Iterable[Any]
        if targets is not None:
            records = read_in(self._db, f"{statement} AND d.target IN (*)", self._meant("node", targets), *plain)
        elif wanted is not None:
            # From the callers to their changes, for there are far more changes.
            turned = f"{what} actor a CROSS JOIN change d ON d.actor = a.id {those}"
            records = read_in(self._db, f"{turned} AND a.source IN (*)", self._meant("node", wanted), *plain)
        else:
            records = self._db.execute(statement, plain)
        records = list(records)
        refs = self._nodes.of(number for record in records for number in record[2:4])
        found = [change_edge(*edge) for edge in found_edges(records, refs) if wanted is None or edge.source in wanted]
        return in_window(found, window)

    def addresses(self) -> list[str]:
        return sorted(filter(None, self._rows.texts.of(values_of(self._db, "address")).values()))

    # events

    def events(self, event_id: str) -> list[EventRow]:
        return self.events_of([event_id]).get(event_id, [])

    def events_of(self, event_ids: Iterable[str]) -> dict[str, list[EventRow]]:
        asked = {event_id: event_id_bytes(event_id) for event_id in event_ids}
        places = list(self._places(asked.values()))
        records = {
            record[0]: record
            for record in read_in(
                self._db,
                f"SELECT r.id, a.source, a.session, a.body, a.hash, r.actor, r.hour, {CONTENT} FROM row r "
                "CROSS JOIN actor a ON a.id = r.actor WHERE r.id IN (*)",
                sorted({row for _, row, _ in places}),
            )
        }
        actors = {record[5]: record[4] for record in records.values()}
        rows = dict(zip(records, self._rows.read([record[5:] for record in records.values()], actors), strict=True))
        paths = self._paths({event.file for *_, event in places})
        refs = self._nodes.of(number for record in records.values() for number in record[1:3])
        by_id: dict[bytes, list[EventRow]] = defaultdict(list)
        for id_, number, event in places:
            row, (_, source_number, session_number, body, *_) = rows[number], records[number]
            source, session, who = refs[source_number], refs[session_number], unpack_identity(body)
            by_id[id_].append(
                EventRow(
                    time=row.hour * HOUR + event.second, api=row.api, category=row.category, account=row.account,
                    region=row.region, who=who, actor=row.actor,
                    source=keys.ref(source) if source else keys.principal(who).ref,
                    session=keys.ref(session).key if session else None, path=paths.get(event.file),
                    place=event.place, error=row.error, user_agent=row.user_agent,
                    copy=row.copy, several=row.joined, shared=event.shared,
                )
            )  # fmt: skip
        return {
            event_id: sorted(by_id[id_], key=lambda one: one.time) for event_id, id_ in asked.items() if id_ in by_id
        }

    def _places(self, ids: Iterable[bytes], window: Window = ALWAYS) -> Iterator[tuple[bytes, int, Counted]]:
        """ID, row and event of the counted events with some IDs, of the days that a window touches."""
        low, high = hours(window)
        days = self._db.execute("SELECT day FROM day WHERE day BETWEEN ? AND ? ORDER BY 1", (low // 24, high // 24))
        return events.rows_of(self._db, sorted(set(ids)), [day for (day,) in days])

    def facts_of(self, event_id: str) -> list[AnyFact]:
        numbers = sorted({row for _, row, _ in self._places([event_id_bytes(event_id)])})
        found = read_in(
            self._db,
            "SELECT f.body FROM row r CROSS JOIN fact f ON f.hour = r.hour AND f.event = ? WHERE r.id IN (*) "
            "ORDER BY f.hour, f.number",
            numbers,
            event_id_bytes(event_id),
        )
        return [unpack_fact(body) for (body,) in found]

    def amended(self, event_id: str) -> list[str]:
        found = self._db.execute(
            "SELECT original FROM amended WHERE id = ? ORDER BY original", (event_id_bytes(event_id),)
        )
        return [original for (original,) in found]

    def callers_copies(self, calls: Iterable[SharedCall]) -> dict[SharedCall, list[tuple[str, EventRow]]]:
        wanted = sorted(set(calls))
        # Along the rows of the account's hour: the hashes have no index.
        number = self._rows.texts.find({text for one in wanted for text in (one.account, one.api)})
        ids = {
            uuid_text(event.id)
            for account, api, time, shared in wanted
            if account in number and api in number
            for (row,) in self._db.execute(
                "SELECT id FROM row WHERE account = ? AND hour = ? AND api = ?",
                (number[account], time // HOUR, number[api]),
            ).fetchall()
            for event in events.events_of(self._db, [row]).get(row, ())
            if event.shared == shared and event.second == time % HOUR
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
        paths = self._paths(files)
        return [conflict_of(id_, body, paths) for _, id_, body in found]

    def _paths(self, files: Iterable[int]) -> dict[int, str]:
        """The paths of files."""
        statement = "SELECT f.id, d.value, f.name FROM file f LEFT JOIN text d ON d.id = f.folder WHERE f.id IN (*)"
        found = read_in(self._db, statement, sorted(files))
        return {number: name if folder is None else f"{folder}/{name}" for number, folder, name in found}
