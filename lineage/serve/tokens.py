"""The tokens of a server: a SQLite file that holds a hash of each, never the token.

A token is random (256 bits), so one round of SHA-256 hides it. Changes take effect with the next request.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from lineage.model.errors import BadUse, NotFound, StoreUnreachable
from lineage.model.times import iso, now

ROLES: Final = ("reader", "loader")
"""A reader may ask everything; a loader sees what is loaded (`info`, `coverage`, the metrics)."""
PREFIX: Final = "lineage_"
"""So that scanners for secrets find a token that was left somewhere."""
_TABLE = (
    "CREATE TABLE IF NOT EXISTS token (hash TEXT PRIMARY KEY, name TEXT UNIQUE, role TEXT, created TEXT, expires TEXT, "
    "revoked TEXT) WITHOUT ROWID"
)
_COLUMNS = "name, role, created, expires, revoked"


class Token(NamedTuple):
    """What is known of a token."""

    name: str
    role: str
    created: str
    expires: str | None
    revoked: str | None

    def state(self, at: str) -> str:
        """`valid`, `expired` or `revoked` at a time."""
        return "revoked" if self.revoked else "expired" if self.expires and self.expires <= at else "valid"


def default_file(store: str) -> str:
    """The file of the tokens of a store: beside a SQLite file, else in this folder."""
    return "lineage.tokens.db" if "://" in store else f"{store.removesuffix('.db')}.tokens.db"


class Tokens:
    """The tokens in a file, which need not be there."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def new(self, name: str, role: str, expires: int | None) -> str:
        """Make a token and return it; it is not to be had again. Raises `BadUse`.

        `expires` is a time in seconds since the epoch.
        """
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise BadUse("token new: give a name of 1 to 100 printable characters")
        token = PREFIX + secrets.token_urlsafe(32)
        if not self.path.exists():
            try:
                self.path.touch(mode=0o600)
            except OSError as error:
                raise BadUse(f"{self.path}: cannot be written ({error.strerror})") from None
        with self._open() as db:
            db.execute(_TABLE)
            if db.execute("SELECT 1 FROM token WHERE name = ?", (name,)).fetchone():
                raise BadUse(f"token new {name}: there is one of that name; give another name")
            row = (_hash(token), name, role, iso(now()), iso(expires) if expires is not None else None)
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, NULL)", row)
        return token

    def revoke(self, name: str) -> None:
        """Make a token worthless. Raises `NotFound`."""
        if name not in {one.name for one in self.all()}:
            raise NotFound(f"token revoke {name}: no token of that name in {self.path}")
        with self._open() as db:
            db.execute("UPDATE token SET revoked = coalesce(revoked, ?) WHERE name = ?", (iso(now()), name))

    def all(self) -> list[Token]:
        """Every token, by name."""
        return [Token(*row) for row in self._read(f"SELECT {_COLUMNS} FROM token ORDER BY name")]

    def valid(self, token: str) -> Token | None:
        """What is known of a token, if it is valid now."""
        found = self._read(f"SELECT {_COLUMNS} FROM token WHERE hash = ?", _hash(token))
        return next((one for one in (Token(*row) for row in found) if one.state(iso(now())) == "valid"), None)

    def still(self, name: str) -> Token | None:
        """What is known of the token of a name, if it is valid now."""
        found = self._read(f"SELECT {_COLUMNS} FROM token WHERE name = ?", name)
        return next((one for one in (Token(*row) for row in found) if one.state(iso(now())) == "valid"), None)

    def _read(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        if not self.path.exists():
            return []
        with self._open(write=False) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'token'").fetchone():
                return []
            return db.execute(statement, values).fetchall()

    @contextmanager
    def _open(self, *, write: bool = True) -> Iterator[sqlite3.Connection]:
        """The open file; what was written is committed at the end. Raises `StoreUnreachable`."""
        address = f"{self.path.resolve().as_uri()}?mode={'rw' if write else 'ro'}"
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=10)) as db, db:
                yield db
        except sqlite3.Error as error:
            raise StoreUnreachable(f"{self.path}: cannot be opened as a file of tokens ({error})") from None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
