"""What was loaded into the SQLite store: coverage, loads, files, and how much there is of everything."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import event_id_bytes
from lineage.model.results import ALWAYS, Coverage, LogsAround, Part, Properties, Size, Sums, Totals, Window
from lineage.resolve import graph_elements
from lineage.stores.merging import is_gap
from lineage.stores.sqlite.add import path_hash
from lineage.stores.sqlite.calls import Calls
from lineage.stores.sqlite.db import read_in, values_of
from lineage.stores.sqlite.nodes import PRINCIPAL, unpack_node
from lineage.stores.sqlite.rows import CONTENT, FIRST_RELATION, relation_of
from lineage.stores.windows import hours

TABLES = {
    **dict.fromkeys(("ledger", "ledger_more", "events", "day", "copies", "lost"), "events"),
    **dict.fromkeys(("row", "target", "other_target", "text"), "calls"),
    **dict.fromkeys(("fact", "fact_join", "actor_join", "amended", "dirty"), "facts"),
    **dict.fromkeys(("actor", "kept", "sighting", "called"), "identities"),
    **dict.fromkeys(("node", "edge", "change", "session"), "graph"),
    **dict.fromkeys(("file", "load", "aside", "digest", "account", "meta", "note", "sqlite_schema"), "loads"),
}
"""What is kept in each table; the samples are a column of `row`, and counted apart."""
WRITE_AHEAD_LOG = "write-ahead log"
REST = "other tables and indexes"
PARTS: tuple[str, ...] = (
    "events",
    "calls",
    "samples",
    "facts",
    "identities",
    "graph",
    "loads",
    "indexes",
    "free",
    WRITE_AHEAD_LOG,
)


class Loaded(Calls):
    """What was loaded."""

    path: Path

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        whose, plain = ("account = ? AND ", (self._account(account),)) if account is not None else ("", ())
        records = self._db.execute(
            "SELECT account, region, hour, category, sum(count), hour * 3600 + min(first), hour * 3600 + max(last) "
            f"FROM row WHERE {whose}hour BETWEEN ? AND ? AND count > 0 GROUP BY 1, 2, 3, 4",
            (*plain, *hours(window)),
        ).fetchall()
        text = self._rows.texts.of({number for one in records for number in (one[0], one[1], one[3])})
        found = [
            Coverage(text[whose], text[region], hour, text[category] or "", *rest)
            for whose, region, hour, category, *rest in records
        ]
        return sorted(found, key=lambda one: (_order(one.account), _order(one.region), one.hour, one.category))

    def extent(self) -> dict[str | None, tuple[int, int]]:
        accounts = self._rows.texts.of(values_of(self._db, "account"))
        found = {account: self._between(number) for number, account in accounts.items()}
        return {
            account: (first, last) for account, (first, last) in found.items() if first is not None and last is not None
        }

    def _between(self, account: int | None) -> tuple[int | None, int | None]:
        """The first and the last second that are loaded of the account with a number."""
        first, last = (
            self._db.execute(
                f"SELECT hour * 3600 + {side}({side_of}) FROM row WHERE account IS ? AND count > 0 AND hour = "
                f"(SELECT hour FROM row WHERE account IS ? AND count > 0 ORDER BY hour {order} LIMIT 1)",
                (account, account),
            ).fetchone()[0]
            for side, side_of, order in (("min", "first", "ASC"), ("max", "last", "DESC"))
        )
        return first, last

    def _account(self, account: str | None) -> int | None:
        """The number of an account; of one that is not there a number that is not there either."""
        return self._rows.texts.find([account]).get(account, 0) if account is not None else None

    def logs_around(self, account: str | None, time: int) -> LogsAround:
        db, whose = self._db, self._account(account)
        first, last = self._between(whose) if whose is not None else (None, None)
        hour = time // 3600
        near = "FROM row WHERE account = ? AND hour BETWEEN ? AND ? AND count > 0"
        categories = self._rows.texts.find(("management-read", "management-write"))
        reads, writes = (
            db.execute(
                f"SELECT EXISTS (SELECT 1 {near} AND category = ?)",
                (whose, hour - 24, hour + 24, categories.get(category, 0)),
            ).fetchone()[0]
            for category in ("management-read", "management-write")
        )
        # The nearest busy hours on both sides show a gap; the index has them first.
        sides = ((hour - 48, hour, "DESC"), (hour, hour + 48, "ASC"))
        busy = [
            found[0]
            for low, high, order in sides
            if (found := db.execute(f"SELECT hour {near} ORDER BY hour {order} LIMIT 1", (whose, low, high)).fetchone())
        ]
        digests = db.execute(
            'SELECT start, "end" FROM digest WHERE account = ? AND start <= ? AND "end" > ?', (account, time, time)
        ).fetchall()
        return LogsAround(first, last, reads, writes,
                      is_gap(hour, busy) or (bool(digests) and hour not in busy))  # fmt: skip

    def account_names(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT id, name FROM account"))

    def loads(self) -> list[Sums]:
        return [
            msgspec.msgpack.decode(body, type=Sums)
            for (body,) in self._db.execute("SELECT body FROM load ORDER BY started, id")
        ]

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        return self._db.execute(
            "SELECT path, place, offset, reason FROM aside WHERE load = ? LIMIT ?", (load, limit)
        ).fetchall()

    def set_aside(self) -> list[tuple[str, int, str]]:
        return self._db.execute("SELECT DISTINCT path, place, reason FROM aside ORDER BY 1, 2, 3").fetchall()

    def file_hash(self, path: str) -> str | None:
        found = [digest for _, digest, _ in self._files_at([path])]
        return found[-1] if found else None

    def _files_at(self, paths: Sequence[str]) -> list[tuple[str, str, int]]:
        """Path, SHA-256 and size of the files that ended under some paths, in the order of loading."""
        hashes = {path_hash(path): path for path in paths}
        found = read_in(
            self._db,
            "SELECT f.id, f.hash, d.value, f.name, f.sha256, f.size FROM file f LEFT JOIN text d ON d.id = f.folder "
            "WHERE f.sha256 IS NOT NULL AND f.hash IN (*)",
            sorted(hashes),
        )
        return [
            (path, digest.hex(), size)
            for _, hash_, folder, name, digest, size in sorted(found)
            if (path := name if folder is None else f"{folder}/{name}") == hashes[hash_]
        ]

    def size(self) -> Size:
        db = self._db
        pages, free, page_size = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        log = Path(f"{self.path}-wal")
        found = Counter({"free": free * page_size, WRITE_AHEAD_LOG: log.stat().st_size if log.exists() else 0})
        (found["samples"],) = db.execute("SELECT coalesce(sum(length(samples)), 0) FROM row").fetchone()
        try:
            for name, bytes_ in db.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE"):
                found[TABLES.get(name, "indexes")] += bytes_
            found["calls"] -= found["samples"]
            names = PARTS
        except sqlite3.DatabaseError:  # not every build of SQLite has dbstat
            found[REST] = (pages - free) * page_size - found["samples"]
            names = ("samples", REST, "free", WRITE_AHEAD_LOG)
        return Size(pages * page_size + found[WRITE_AHEAD_LOG], [Part(name, found[name]) for name in names])

    def loaded_at(self, event_ids: Iterable[str], window: Window = ALWAYS) -> str | None:
        files = {event.file for *_, event in self._places({event_id_bytes(one) for one in event_ids}, window)}
        # What a killed load brought, the next one has derived.
        found = read_in(
            self._db,
            "SELECT DISTINCT coalesce(w.finished, (SELECT min(n.finished) FROM load n WHERE n.started >= w.started)) "
            "FROM file f CROSS JOIN load w ON w.number = f.load WHERE f.id IN (*)",
            sorted(files),
        )
        return max((finished for (finished,) in found if finished), default=None)

    def totals(self) -> Totals:
        """How much the store holds: what `graph` would return, counted without building it."""
        db = self._db
        counts = [
            *db.execute("SELECT type, count(*) FROM edge GROUP BY type"),
            *db.execute("SELECT d.type, count(*) FROM change d JOIN actor a ON a.id = d.actor GROUP BY d.type"),
        ]
        edges: Counter[str] = Counter()
        for type_, count in counts:
            edges[schema.RELATIONSHIPS[type_]] += count
        live = "row r JOIN actor a ON a.id = r.actor WHERE r.count > 0"
        (edges[schema.USED],) = db.execute(f"SELECT count(*) FROM {live}").fetchone()
        for flags, count in db.execute(f"SELECT r.flags, count(*) FROM {live} GROUP BY 1"):
            if (relation := relation_of(flags)) is not None:
                edges[relation] += count
        (others,) = db.execute(f"SELECT count(*) FROM other_target b JOIN {live} AND r.id = b.row").fetchone()
        edges[schema.TOUCHED] += others
        seen = [
            (source, address, endpoint)
            for source, address, endpoint in db.execute(
                "SELECT DISTINCT a.source, t.value, e.value FROM row r JOIN actor a ON a.id = r.actor "
                "JOIN text t ON t.id = r.address LEFT JOIN text e ON e.id = r.endpoint "
                f"JOIN node n ON n.id = a.source WHERE r.count > 0 AND n.label != {PRINCIPAL}"
            )
            if address
        ]
        edges[schema.SEEN_FROM] = len(seen)
        refs = self._nodes.everything()
        related = (
            "SELECT source AS id FROM edge UNION SELECT target FROM edge UNION SELECT target FROM change "
            f"UNION SELECT a.source FROM change d JOIN actor a ON a.id = d.actor UNION SELECT a.source FROM {live}"
        )
        nodes_of = f"SELECT n.id, n.kind, n.body FROM ({related}) r JOIN node n ON n.id = r.id"
        found: dict[str, Properties] = {
            ref: unpack_node(ref, kind, body)
            for number, kind, body in db.execute(nodes_of)
            if (ref := refs[number]) is not None
        }
        for (api,) in db.execute(f"SELECT DISTINCT t.value FROM text t JOIN {live} AND t.id = r.api"):
            found[f"{schema.ACTION} {api}"] = {}
        for _, address, endpoint in seen:
            found[f"{schema.IP_ADDRESS} {address} {endpoint}" if endpoint else f"{schema.IP_ADDRESS} {address}"] = {}
        records = db.execute(
            f"SELECT r.actor, r.hour, {CONTENT}, max(r.id) FROM {live} AND r.flags >= {FIRST_RELATION} "
            f"GROUP BY r.flags / {FIRST_RELATION}, r.target, r.beside"
        ).fetchall()
        rows = self._rows.read([record[:-1] for record in records], {record[0]: b"" for record in records})
        for node in (node for row in rows for node in graph_elements.target_nodes(row)):
            if not found.get(ref := str(node.ref)):
                stored = db.execute(
                    "SELECT kind, body FROM node WHERE id = ? AND body IS NOT NULL",
                    (self._nodes.find([node.ref]).get(node.ref),),
                ).fetchone()
                found[ref] = unpack_node(ref, *stored) if stored else node.properties
        nodes = Counter(ref.split(" ", 1)[0] for ref in found)
        places = [
            place
            for ref, known in found.items()
            if (place := graph_elements.in_account(keys.ref(ref), known)) is not None
        ]
        edges[schema.IN_ACCOUNT] = len(places)
        nodes[schema.ACCOUNT] = len({account.ref for account, _ in places})
        kinds = Counter(
            str(known.get("kind")) for ref, known in found.items() if ref.startswith(f"{schema.PRINCIPAL} ")
        )
        within = Counter(str(account.properties["id"]) for account, _ in places)
        (waiting,) = db.execute("SELECT count(*) FROM dirty").fetchone()
        return Totals(
            {label: nodes[label] for label in schema.LABELS}, {type_: edges[type_] for type_ in schema.RELATIONSHIPS},
            {kind: kinds[kind] for kind in schema.KINDS if kind in kinds}, dict(within), waiting,
        )  # fmt: skip


def _order(text: str | None) -> tuple[bool, str]:
    """Return the sort key of a text that may be missing, which comes first."""
    return (text is not None, text or "")
