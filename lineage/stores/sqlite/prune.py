"""Forgetting the usage of old days in the SQLite store.

What is kept are facts, identities and what is derived of them. An identity whose calls were forgotten stays one
(`kept`). What a load brings of forgotten days is added like all else, so that its facts and identities count and
copies are compared; the end of the load forgets its usage.
"""

from __future__ import annotations

import sqlite3

from lineage.model.results import Pruned
from lineage.stores.sqlite.db import Tables, last_number
from lineage.stores.sqlite.events import DAY_SHIFT, DAYS, OF_ROW
from lineage.stores.windows import HOUR

_LINE = "pruned"
"""The name in `meta` of the first hour that is not forgotten."""
_FACTS = "pruned facts"
"""The name of the number up to which facts of forgotten hours stand for good."""


def pruned_hour(db: sqlite3.Connection) -> int | None:
    """Return the first hour of which usage is not forgotten; None if none is."""
    return _number(db, _LINE)


def settled_facts(db: sqlite3.Connection) -> int:
    """Return the number of the last fact that stands for good if its hour is forgotten."""
    return _number(db, _FACTS) or 0


def _number(db: sqlite3.Connection, name: str) -> int | None:
    found = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else None


class Pruning(Tables):
    """The part of the store that forgets."""

    def pruned_before(self) -> int | None:
        hour = pruned_hour(self._db)
        return None if hour is None else hour * HOUR

    def prune(self, before: int) -> Pruned:
        db = self._db
        free, page_size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
        with self.transaction():
            line = max(before // HOUR, pruned_hour(db) or 0)
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_LINE, str(line)))
            events, rows, hours = db.execute(
                "SELECT coalesce(sum(count), 0), count(*), count(DISTINCT hour) FROM row WHERE hour < ?", (line,)
            ).fetchone()
            self._forget_usage()
        freed = (db.execute("PRAGMA freelist_count").fetchone()[0] - free) * page_size
        return Pruned(line * HOUR, events, rows, hours, max(freed, 0))

    def _forget_usage(self) -> None:
        """Forget the usage before the line, in the open transaction."""
        db = self._db
        line = pruned_hour(db)
        if line is None:
            return
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_FACTS, str(last_number(db, "fact"))))
        if not db.execute("SELECT 1 FROM row WHERE hour < ? LIMIT 1", (line,)).fetchone():
            return
        db.execute("INSERT OR IGNORE INTO kept SELECT DISTINCT actor FROM row WHERE hour < ? AND count > 0", (line,))
        # Keys of the index have the day as their head, of late centuries shared with others: the row tells.
        for (day,) in db.execute(f"SELECT day & {DAYS} FROM day WHERE day < ?", (-(-line // 24),)).fetchall():
            db.execute(
                "DELETE FROM ledger WHERE key BETWEEN ? AND ? AND row IN (SELECT id FROM row WHERE hour < ?)",
                (day << DAY_SHIFT, (day + 1 << DAY_SHIFT) - 1, line),
            )
        db.execute("DELETE FROM ledger_more WHERE hour < ?", (line,))
        db.execute("DELETE FROM day WHERE day < ?", (line // 24,))
        db.execute(
            f"DELETE FROM events WHERE id IN (SELECT e.id FROM row r CROSS JOIN events e ON {OF_ROW} WHERE r.hour < ?)",
            (line,),
        )
        db.execute("DELETE FROM copies WHERE hour < ?", (line,))
        db.execute("DELETE FROM lost WHERE time < ?", (line * HOUR,))
        db.execute("DELETE FROM other_target WHERE row IN (SELECT id FROM row WHERE hour < ?)", (line,))
        db.execute("DELETE FROM row WHERE hour < ?", (line,))
