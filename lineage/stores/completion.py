"""Names in a SQLite store that begin with some letters, for the completion of a shell.

Nothing is written: a store that is missing is not made, and no file is left beside one that is there.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal
from urllib.parse import quote

MOST = 50
"""Names of one kind."""
WAIT_SECONDS = 0.1
Kind = Literal["ask", "role", "account"]
_PLAIN = re.compile(r"[\w+=,.@/-]+", re.ASCII)
"""Names that every shell takes as one word: others are not completed, for whoever made the calls chose them."""
_KINDS = ("role", "user")


def names(path: str, kind: Kind, begin: str) -> list[str]:
    """Names that begin with a text: of an ask users, roles, people, keys, accounts, and `assumed-role/ROLE/SESSION`.

    Empty where there is no store, or it cannot be read at once.
    """
    file = Path(path)
    if not file.is_file():
        return []
    # Without a log beside it nobody writes, and no such file is made to read it.
    how = "mode=ro" if Path(f"{path}-wal").exists() else "immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?{how}", uri=True, timeout=WAIT_SECONDS)) as db:
            found = sorted(set(_found(db, kind, begin)))
    except sqlite3.Error:
        return []
    return [name for name in found if _PLAIN.fullmatch(name)]


def _found(db: sqlite3.Connection, kind: Kind, begin: str) -> Iterator[str]:
    if kind in ("ask", "account"):
        yield from _between(db, "SELECT id FROM account WHERE id", begin)
        # From one account to the next: there are far fewer accounts than rows.
        accounts = db.execute(
            "WITH RECURSIVE one(account) AS (SELECT min(account) FROM row UNION ALL "
            "SELECT (SELECT min(r.account) FROM row r WHERE r.account > one.account) FROM one "
            "WHERE one.account IS NOT NULL) SELECT t.value FROM one CROSS JOIN text t ON t.id = one.account"
        )
        yield from (account for (account,) in accounts if account.startswith(begin))
    if kind == "role":
        yield from _of_kind(db, "role", begin)
    if kind != "ask":
        return
    yield from _between(db, "SELECT DISTINCT name FROM called WHERE name", begin)
    yield from _between(db, "SELECT DISTINCT key FROM actor WHERE key", begin)
    prefix, _, rest = begin.partition("/")
    if prefix in _KINDS and rest is not begin:
        yield from (f"{prefix}/{name}" for name in _of_kind(db, prefix, rest))
    role, _, session = rest.partition("/")
    if prefix == "assumed-role":
        yield from (f"{prefix}/{name}/" for name in _of_kind(db, "role", rest))
        node = "(SELECT id FROM node WHERE name = ? AND kind IS NOT NULL)"
        for (principal,) in db.execute("SELECT principal FROM called WHERE name = ?", (role,)).fetchall():
            statement = f"SELECT DISTINCT name FROM session WHERE principal = {node} AND name"
            yield from (f"{prefix}/{role}/{name}" for name in _between(db, statement, session, principal))


def _of_kind(db: sqlite3.Connection, kind: str, begin: str) -> Iterator[str]:
    """Names of users or roles."""
    return _between(db, "SELECT DISTINCT name FROM called WHERE principal LIKE ? AND name", begin, f"arn:%:{kind}/%")


def _between(db: sqlite3.Connection, statement: str, begin: str, *first: str) -> Iterator[str]:
    """The first values of a column, which ends the statement, that begin with a text."""
    found = db.execute(f"{statement} >= ? AND {statement.rpartition(' ')[2]} < ? LIMIT {MOST}",
                       (*first, begin, f"{begin}\U0010ffff"))  # fmt: skip
    return (name for (name,) in found.fetchall())
