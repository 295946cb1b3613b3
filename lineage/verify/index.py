"""What was found below the paths: copies, digests, and the log files that digests list.

It is kept in a temporary SQLite database, which goes to disk where it is large.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import msgspec

from lineage.model.times import parse_when
from loaders.digests import UNREAD, Copy, Digest, Place, name_of, place_of

SCHEMA = """
CREATE TABLE copy (sha256 TEXT, name TEXT, path TEXT, kind TEXT, damage TEXT, parsed INTEGER);
CREATE TABLE digest (
    id INTEGER PRIMARY KEY, sha256 TEXT UNIQUE, path TEXT, account TEXT, region TEXT, trail TEXT, home TEXT,
    backfill INTEGER, start INTEGER, "end" INTEGER, name TEXT, previous_hash TEXT, previous_name TEXT, stated BLOB
);
CREATE TABLE listed (digest INTEGER, bucket TEXT, object TEXT, name TEXT, hash TEXT);
CREATE TABLE signature (name TEXT, hex TEXT);
"""
INDEXES = """
CREATE INDEX copy_sha256 ON copy (sha256);
CREATE INDEX copy_name ON copy (name);
CREATE INDEX digest_chain ON digest (account, region, trail, home);
CREATE INDEX digest_previous_hash ON digest (previous_hash);
CREATE INDEX digest_previous_name ON digest (previous_name);
CREATE INDEX digest_name ON digest (name);
CREATE INDEX listed_digest ON listed (digest);
CREATE INDEX listed_hash ON listed (hash);
CREATE INDEX listed_name ON listed (name);
CREATE INDEX signature_name ON signature (name);
"""


class ChainKey(NamedTuple):
    """What the digests of a chain share; empty where the name of a digest does not tell."""

    account: str
    region: str
    trail: str
    home: str


class Held(NamedTuple):
    """A digest that was found; of equal copies the first."""

    id: int
    sha256: str
    path: str
    chain: ChainKey
    backfill: bool
    start: int
    """Epoch seconds."""
    end: int
    stated: Digest
    """Without its log files."""

    @property
    def object(self) -> str:
        """Where CloudTrail wrote it."""
        return f"s3://{self.stated.bucket}/{self.stated.object}"


class LogState(NamedTuple):
    """A listed log file, as it was found."""

    object: str
    found: bool
    """Is there a copy with the stated hash?"""
    other: str | None
    """Path of a copy of its name with another content."""
    damage: str | None
    """Why that one cannot be read."""


class Index:
    """The copies, and what digests state about them."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(SCHEMA)
        self._db.execute("BEGIN")
        self.files = self.bytes = 0

    def close(self) -> None:
        """Delete it."""
        self._db.close()

    def add(self, copy: Copy) -> None:
        """Add a copy."""
        self.files += 1
        self.bytes += copy.size
        digest, damage = copy.digest, copy.damage
        times = (parse_when(digest.start), parse_when(digest.end)) if digest is not None else (None, None)
        if digest is not None and None in times:
            digest, damage = None, "not a valid digest: its times cannot be read"
        parsed = digest is not None
        self._db.execute(
            "INSERT INTO copy VALUES (?, ?, ?, ?, ?, ?)",
            (copy.sha256, copy.name, copy.path, copy.kind, damage, parsed),
        )
        if copy.signature is not None:
            self.sign(copy.name, copy.signature)
        if digest is None:
            return
        place = place_of(digest.object) or Place("", "", "", "", "", False)
        stated = msgspec.json.encode(msgspec.structs.replace(digest, logs=None))
        added = self._db.execute(
            "INSERT OR IGNORE INTO digest VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (copy.sha256, copy.path, place.account, place.region, place.trail, place.home, place.backfill, *times,
             name_of(digest.object), digest.previous_hash, name_of(digest.previous_object or "") or None, stated),
        )  # fmt: skip
        if added.rowcount:
            self._db.executemany(
                "INSERT INTO listed VALUES (?, ?, ?, ?, ?)",
                ((added.lastrowid, log.bucket, log.object, name_of(log.object), log.hash) for log in digest.logs or ()),
            )

    def sign(self, name: str, signature: str) -> None:
        """Add the signature of the digest of that name, in hex."""
        self._db.execute("INSERT INTO signature VALUES (?, ?)", (name, signature))

    def finish(self) -> None:
        """Everything is added; now it can be asked."""
        self._db.execute("COMMIT")
        self._db.executescript(INDEXES)

    def chains(self) -> list[ChainKey]:
        """The chains of which a digest was found, sorted."""
        rows = self._db.execute("SELECT DISTINCT account, region, trail, home FROM digest ORDER BY 1, 2, 3, 4")
        return [ChainKey(*row) for row in rows]

    def digests(self, chain: ChainKey) -> list[Held]:
        """The digests of a chain, in order of time."""
        return self._held(
            'account = ? AND region = ? AND trail = ? AND home = ? ORDER BY "end", start, sha256', *chain
        )  # fmt: skip

    def last(self) -> list[Held]:
        """The digests that no other one follows, by path: those at the ends of chains, and backfills."""
        return self._held(
            "NOT EXISTS (SELECT 1 FROM digest AS later WHERE later.previous_hash = digest.sha256) ORDER BY path"
        )

    def named_by(self, held: Held) -> list[Held]:
        """The digests that state this one as the one before them: by its hash, or by a name of it alone."""
        return self._held(
            """
            previous_hash = ? AND id <> ? UNION SELECT * FROM digest WHERE previous_name IN (?, ?) AND id <> ?
            ORDER BY "end", sha256
            """,
            held.sha256, held.id, name_of(held.stated.object), name_of(held.path), held.id,
        )  # fmt: skip

    def of_hash(self, sha256: str) -> Held | None:
        """The digest with that hash."""
        return next(iter(self._held("sha256 = ?", sha256)), None)

    def of_name(self, object: str | None) -> list[Held]:
        """The digests that claim to have the name of an object."""
        return self._held('name = ? ORDER BY "end", sha256', name_of(object or ""))

    def beside(self, held: Held) -> list[Held]:
        """Other digests that follow the same one."""
        return self._held('previous_hash = ? AND id <> ? ORDER BY "end", sha256', held.stated.previous_hash, held.id)

    def _held(self, where: str, *values: object) -> list[Held]:
        return [
            Held(id, sha256, path, ChainKey(account, region, trail, home), bool(backfill), start, end,
                 msgspec.json.decode(stated, type=Digest))
            for id, sha256, path, account, region, trail, home, backfill, start, end, _, _, _, stated
            in self._db.execute(f"SELECT * FROM digest WHERE {where}", values)
        ]  # fmt: skip

    def signatures(self, held: Held) -> list[str]:
        """Signatures of a digest from metadata and side files, in hex."""
        rows = self._db.execute("SELECT DISTINCT hex FROM signature WHERE name = ?", (name_of(held.stated.object),))
        return [hex_ for (hex_,) in rows]

    def logs(self, held: Held) -> Iterator[LogState]:
        """The log files that a digest lists, as they were found, in its order."""
        rows = self._db.execute(
            """
            SELECT bucket, object, EXISTS (SELECT 1 FROM copy WHERE sha256 = hash), other.path, other.damage
            FROM listed LEFT JOIN copy AS other ON other.rowid = (
                SELECT rowid FROM copy WHERE copy.name = listed.name AND copy.sha256 IS NOT listed.hash
                ORDER BY damage LIKE ?, path LIMIT 1
            )
            WHERE digest = ? ORDER BY listed.rowid
            """,
            (f"{UNREAD}%", held.id),
        )
        for bucket, object_, found, path, damage in rows:
            yield LogState(f"s3://{bucket}/{object_}", bool(found), path, damage)

    def files_named(self, object: str) -> list[tuple[str, str | None]]:
        """Path and damage of the copies that have the name of an object."""
        return list(
            self._db.execute("SELECT path, damage FROM copy WHERE name = ? ORDER BY path", (name_of(object),))
        )  # fmt: skip

    def broken_digests(self) -> list[tuple[str, str]]:
        """Path and damage of files that should be digests and are not, by path."""
        return list(
            self._db.execute("SELECT path, damage FROM copy WHERE kind = 'digest' AND NOT parsed ORDER BY path")
        )  # fmt: skip

    def uncovered(self) -> Iterator[str]:
        """Paths of log files that no digest lists, neither by hash nor by name; sorted."""
        with closing(self._db.cursor()) as cursor:
            cursor.execute(
                """
                SELECT path FROM copy WHERE kind = 'log' AND damage IS NULL
                AND NOT EXISTS (SELECT 1 FROM listed WHERE hash = copy.sha256)
                AND NOT EXISTS (SELECT 1 FROM listed WHERE listed.name = copy.name) ORDER BY path
                """
            )
            for (path,) in cursor:
                yield path

    def unreadable(self) -> list[tuple[str, str]]:
        """Path and damage of files that cannot be read: all that could not be opened, and of those that are damaged the
        ones that are no digests, nor named by one; sorted."""
        return list(
            self._db.execute(
                """
                SELECT path, damage FROM copy WHERE damage LIKE ? OR damage IS NOT NULL AND kind <> 'digest'
                AND NOT EXISTS (SELECT 1 FROM listed WHERE listed.name = copy.name) ORDER BY path
                """,
                (f"{UNREAD}%",),
            )
        )
