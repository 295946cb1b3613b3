"""What was loaded into the SQLite store: coverage, loads, files, and how much there is of everything."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import event_id_bytes
from lineage.model.results import ALWAYS, Coverage, LogsAround, Part, Properties, Size, Sums, Totals, Window
from lineage.resolve import graph_elements
from lineage.stores.merging import is_gap
from lineage.stores.sqlite.db import ROW, Tables, read_in, unpack_properties
from lineage.stores.windows import hours

TABLES = {
    **dict.fromkeys(("ledger", "day", "copies", "lost"), "events"),
    **dict.fromkeys(("row", "other_target"), "calls"),
    **dict.fromkeys(("fact", "join_key", "amended", "dirty"), "facts"),
    **dict.fromkeys(("actor", "sighting", "called"), "identities"),
    **dict.fromkeys(("node", "edge", "change", "session"), "graph"),
    **dict.fromkeys(("file", "load", "aside", "digest", "account", "meta", "sqlite_schema"), "loads"),
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


class Loaded(Tables):
    """What was loaded."""

    path: Path

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        whose, plain = ("account = ? AND ", (account,)) if account is not None else ("", ())
        return [
            Coverage(*found)
            for found in self._db.execute(
                "SELECT account, region, hour, category, sum(count), min(first), max(last) FROM row "
                f"WHERE {whose}hour BETWEEN ? AND ? AND count > 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
                (*plain, *hours(window)),
            )
        ]

    def logs_around(self, account: str | None, time: int) -> LogsAround:
        db = self._db
        first, last = (
            db.execute(
                f"SELECT {side}({side_of}) FROM row WHERE account = ? AND count > 0 AND hour = "
                f"(SELECT hour FROM row WHERE account = ? AND count > 0 ORDER BY hour {order} LIMIT 1)",
                (account, account),
            ).fetchone()[0]
            for side, side_of, order in (("min", "first", "ASC"), ("max", "last", "DESC"))
        )
        hour = time // 3600
        near = "FROM row WHERE account = ? AND hour BETWEEN ? AND ? AND count > 0"
        reads, writes = (
            db.execute(
                f"SELECT EXISTS (SELECT 1 {near} AND category = ?)", (account, hour - 24, hour + 24, category)
            ).fetchone()[0]
            for category in ("management-read", "management-write")
        )
        # The nearest busy hours on both sides show a gap; the index has them first.
        sides = ((hour - 48, hour, "DESC"), (hour, hour + 48, "ASC"))
        busy = [
            found[0]
            for low, high, order in sides
            if (
                found := db.execute(
                    f"SELECT hour {near} ORDER BY hour {order} LIMIT 1", (account, low, high)
                ).fetchone()
            )
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
        found = self._db.execute("SELECT sha256 FROM file WHERE path = ?", (path,)).fetchone()
        return found[0] if found else None

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
        if not self._knows_loads_of_files():
            return None
        low, high = hours(window)
        # What a killed load brought, the next one has derived.
        found = read_in(
            self._db,
            "SELECT DISTINCT coalesce(w.finished, (SELECT min(n.finished) FROM load n WHERE n.started >= w.started)) "
            "FROM day CROSS JOIN ledger l CROSS JOIN file f ON f.id = l.file CROSS JOIN load w ON w.id = f.load "
            "WHERE day.day BETWEEN ? AND ? AND l.day = day.day AND l.id IN (*)",
            sorted({event_id_bytes(event_id) for event_id in event_ids}),
            low // 24,
            high // 24,
        )
        return max((finished for (finished,) in found if finished), default=None)

    def _knows_loads_of_files(self) -> bool:
        """Has the table of files the column `load`? A store of an older program gets it with its next load."""
        return any(name == "load" for _, name, *_ in self._db.execute("PRAGMA table_info(file)"))

    def totals(self) -> Totals:
        """How much the store holds: what `graph` would return, counted without building it."""
        db = self._db
        edges = Counter(dict(db.execute("SELECT type, count(*) FROM edge GROUP BY type")))
        edges.update(
            dict(db.execute("SELECT d.type, count(*) FROM change d JOIN actor a ON a.id = d.actor GROUP BY d.type"))
        )
        live = "row r JOIN actor a ON a.id = r.actor WHERE r.count > 0"
        (edges[schema.USED],) = db.execute(f"SELECT count(*) FROM {live}").fetchone()
        edges.update(dict(db.execute(f"SELECT r.relation, count(*) FROM {live} AND r.relation IS NOT NULL GROUP BY 1")))
        (others,) = db.execute(f"SELECT count(*) FROM other_target b JOIN {live} AND r.id = b.row").fetchone()
        edges[schema.TOUCHED] += others
        seen = (
            f"SELECT DISTINCT a.source, r.address FROM {live} "
            "AND r.address IS NOT NULL AND a.source NOT LIKE 'Principal %'"
        )
        (edges[schema.SEEN_FROM],) = db.execute(f"SELECT count(*) FROM ({seen})").fetchone()
        refs = (
            "SELECT source AS ref FROM edge UNION SELECT target FROM edge UNION SELECT d.target FROM change d "
            "UNION SELECT a.source FROM change d JOIN actor a ON a.id = d.actor "
            f"UNION SELECT a.source FROM {live} UNION SELECT '{schema.ACTION} ' || r.api FROM {live} "
            f"UNION SELECT '{schema.RESOURCE} ' || r.target FROM {live} AND r.relation = '{schema.TOUCHED}' "
            f"UNION SELECT '{schema.RESOURCE} ' || b.target FROM other_target b JOIN {live} AND r.id = b.row "
            f"UNION SELECT '{schema.IP_ADDRESS} ' || address FROM ({seen})"
        )
        found: dict[str, Properties] = {
            ref: unpack_properties(body) if body else {}
            for ref, body in db.execute(
                f"SELECT r.ref, n.body FROM ({refs}) r LEFT JOIN node n ON n.ref = r.ref WHERE r.ref IS NOT NULL"
            )
        }
        targets = f"SELECT r.body FROM {live} AND r.relation IS NOT NULL GROUP BY r.relation, r.target"
        several = f"SELECT r.body FROM {live} AND r.id IN (SELECT row FROM other_target)"
        for (body,) in (*db.execute(targets), *db.execute(several)):
            for node in graph_elements.target_nodes(ROW.decode(body)):
                if not found.get(str(node.ref)):
                    found[str(node.ref)] = node.properties
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
