"""The Neo4j store: the same lineage in a graph database, for exploring and for teams.

This module and `db` alone talk to the driver. Every statement is a file of `cypher/`; nothing that a user or a log
supplies is ever part of one (design §4, invariant 6). Who writes holds one lock in the database, so that a
load and a derivation see all that others committed, and a kill at any instant leaves whole transactions.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import msgspec
from neo4j import (
    READ_ACCESS,
    WRITE_ACCESS,
    Auth,
    Driver,
    GraphDatabase,
    ManagedTransaction,
    NotificationMinimumSeverity,
    Query,
    Session,
    unit_of_work,
)
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable
from neo4j.graph import Path as GraphPath

from lineage.model.batch import Batch
from lineage.model.errors import BadUse, StoreUnreachable
from lineage.model.results import Pruned, Sums
from lineage.model.times import iso, now
from lineage.queries import query
from lineage.resolve.join_keys import JoinKey
from lineage.resolve.resolved import Derived, Item
from lineage.stores.merging import load_id, pack
from lineage.stores.neo4j import add as neo4j_add
from lineage.stores.neo4j import derive as neo4j_derive
from lineage.stores.neo4j import prune as neo4j_prune
from lineage.stores.neo4j import rows as neo4j_rows
from lineage.stores.neo4j.calls import Calls
from lineage.stores.neo4j.db import Db, Parameters, Record, records, statement, write_rows
from lineage.stores.neo4j.graphs import Graphs
from lineage.stores.neo4j.lookups import LookUps

SCHEMA_VERSION = "6"
METADATA = {"app": "cloudtrail-lineage"}
READ_SECONDS = 300.0
"""A reading transaction that takes longer is given up."""
T = TypeVar("T")


class Neo4jStore(Calls, LookUps, Graphs):
    """Lineage in a Neo4j database, 5.26 or newer, Community is enough.

    Takes NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE from the environment, or user and password from the file
    that NEO4J_AUTH_FILE names; without a user name it asks without authentication, without a database it takes the
    user's own. Raises `StoreUnreachable`.
    """

    name = "neo4j"

    def __init__(self, uri: str, create: bool = True) -> None:
        self.path = _without_password(uri)
        self._database = os.environ.get("NEO4J_DATABASE") or None
        self._transaction: Db | None = None
        self.read_seconds = READ_SECONDS
        """The time limit of a reading transaction."""
        self._looked_up: dict[JoinKey, list[Item]] = {}
        """What was looked up in the open transaction."""
        with self._clear_errors():
            self._driver = _driver(uri)
            try:
                self._driver.verify_connectivity()
                self._make_schema()
            except BaseException:
                self._driver.close()
                raise

    def close(self) -> None:
        """Close the connections; what was committed stays."""
        self._driver.close()

    def _make_schema(self) -> None:
        """Make the constraints and indexes that are missing. Raises `BadUse` on a store of another version."""
        wanted = schema_statements()
        with self._session(READ_ACCESS) as session:
            for (version,) in session.run(Query(statement("version"))).values():
                if version != SCHEMA_VERSION:
                    raise BadUse(
                        f"{self.path}: store of version {version or 2}, this program writes {SCHEMA_VERSION}; "
                        "load into an empty database"
                    )
            found = {name for (name,) in session.run(Query(statement("indexes"))).values()}
        missing = [text for name, text in wanted.items() if name not in found]
        for text in missing:
            with self._session(WRITE_ACCESS) as session:
                session.run(Query(text)).consume()

    def _session(self, access: str) -> Session:
        return self._driver.session(database=self._database, default_access_mode=access)

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Turn what the driver says of an unreachable server into one line without a password."""
        try:
            yield
        except AuthError:
            raise StoreUnreachable(
                f"{self.path}: refuses these credentials; set NEO4J_USERNAME and NEO4J_PASSWORD"
            ) from None
        except (ServiceUnavailable, ConfigurationError) as error:
            raise StoreUnreachable(
                f"{self.path}: cannot be reached; is Neo4j running there? ({type(error).__name__})"
            ) from None
        except Neo4jError as error:
            if (error.code or "").startswith("Neo.ClientError.Statement"):
                raise  # ours to mend
            if error.code and "DatabaseNotFound" in error.code:
                raise StoreUnreachable(f"{self.path}: no database {self._database}; set NEO4J_DATABASE") from None
            raise StoreUnreachable(f"{self.path}: {(error.message or error.code or 'error').splitlines()[0]}") from None
        except DriverError as error:
            raise StoreUnreachable(f"{self.path}: the connection failed ({type(error).__name__})") from None

    def reading(self) -> contextlib.AbstractContextManager[None]:
        """Nothing: Neo4j keeps no old state for a reader (`lineage.stores.neo4j.snapshots` asks again)."""
        return contextlib.nullcontext()

    # running statements

    def _read(self, name: str, /, **parameters: object) -> list[Record]:
        """Run a statement, in the open transaction if there is one; else in one of its own, in a single exchange with
        the server, and again where the database asks for it."""
        if self._transaction is None:
            query = Query(statement(name), metadata=METADATA, timeout=self.read_seconds)
            with self._clear_errors(), self._session(READ_ACCESS) as session:
                try:
                    return records(session.run(query, p=Parameters(parameters)))
                except (Neo4jError, DriverError) as error:
                    if not error.is_retryable():
                        raise
        return self._reading(lambda db: db.read(name, **parameters))

    def _reading(self, work: Callable[[Db], T]) -> T:
        """Do reading work, in the open transaction if there is one."""
        if self._transaction is not None:
            return work(self._transaction)

        @unit_of_work(timeout=self.read_seconds, metadata=METADATA)
        def within(transaction: ManagedTransaction) -> T:
            return work(Db(transaction))

        with self._clear_errors(), self._session(READ_ACCESS) as session:
            return session.execute_read(within)

    def _write(self, work: Callable[[Db], T]) -> T:
        """Do work in one write transaction behind the lock; again from its start where the database asks for it."""

        @unit_of_work(metadata=METADATA)
        def locked(transaction: ManagedTransaction) -> T:
            run = Db(transaction, loading=True)
            run.write("lock", token=secrets.token_hex(8), version=SCHEMA_VERSION)
            return work(run)

        with self._clear_errors(), self._session(WRITE_ACCESS) as session:
            return session.execute_write(locked)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction behind the lock."""
        with (
            self._clear_errors(),
            self._session(WRITE_ACCESS) as session,
            session.begin_transaction(metadata=METADATA) as transaction,
        ):
            self._transaction = Db(transaction, loading=True)
            try:
                self._transaction.write("lock", token=secrets.token_hex(8), version=SCHEMA_VERSION)
                yield
                transaction.commit()
            finally:
                self._transaction = None
                self._looked_up = {}

    @property
    def _db(self) -> Db:
        if self._transaction is None:
            raise RuntimeError("no transaction is open")
        return self._transaction

    # loads

    def begin_load(self, paths: Sequence[str]) -> str:
        load, started = load_id(), iso(now())
        body = pack(Sums(id=load, started=started, paths=list(paths)))
        self._write(lambda db: db.write("begin_load", id=load, started=started, body=body))
        return load

    def finish_load(self, load: str) -> Sums:

        def work(db: Db) -> Sums:
            sums = msgspec.msgpack.decode(db.read("load_body", id=load)[0][0], type=Sums)
            sums.finished = iso(now())
            db.write("set_load", id=load, finished=sums.finished, body=pack(sums))
            return sums

        self._forget_usage()
        return self._write(work)

    def name_accounts(self, names: Mapping[str, str]) -> None:
        rows = [{"id": id_, "name": name} for id_, name in sorted(names.items())]
        self._write(lambda db: db.write("set_account_names", rows=rows))

    def make_durable(self) -> None:
        """Does nothing: every commit is."""

    def note(self, kind: str, entries: Mapping[str, bytes]) -> None:
        rows = [{"key": f"{kind} {key}", "kind": kind, "body": body} for key, body in sorted(entries.items())]
        if rows:
            self._write(lambda db: write_rows(db, "set_notes", rows))

    def add(self, load: str, batch: Batch) -> None:
        self._write(lambda db: neo4j_add.add(db, load, batch))

    # forgetting

    def pruned_before(self) -> int | None:
        return self._reading(neo4j_prune.pruned_before)

    def prune(self, before: int) -> Pruned:
        """As `Store.prune`, but in a transaction for some hours each: where it is ended early, the next load or prune
        goes on."""
        line = self._write(lambda db: neo4j_prune.begin(db, before))
        steps = self._forget_usage()
        events, rows, hours = (sum(column) for column in zip((0, 0, 0), *steps, strict=True))
        return Pruned(line, events, rows, hours, None)

    def _forget_usage(self) -> list[neo4j_prune.Forgotten]:
        """Forget what is older than the line."""
        forgotten = []
        if self.pruned_before() is not None:
            while (some := self._write(neo4j_prune.forget)) is not None:
                forgotten.append(some)
        return forgotten

    # derivation, inside `transaction`

    def dirty(self, limit: int) -> list[JoinKey]:
        return neo4j_derive.dirty(self._db, limit)

    def lookup(self, wanted: Iterable[JoinKey]) -> dict[JoinKey, list[Item]]:
        keys = list(wanted)
        found = self._looked_up
        missing = [key for key in keys if key not in found]
        found.update(self._reading(lambda db: neo4j_derive.lookup(db, missing)))
        return {key: found[key] for key in keys}

    def write_derived(self, derived: Derived, done: Sequence[JoinKey]) -> None:
        neo4j_derive.write_derived(self._db, derived, done)

    def waiting(self) -> int:
        return int(self._read("waiting")[0][0])

    def settle(self) -> bool:
        """Write some of the rows of calls that wait, now that their identities have their places."""
        return self._write(neo4j_rows.settle)

    # questions

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file of the product by name: columns and rows. Raises `BadUse`."""
        found = query(name)
        values = found.filled(parameters)

        def work(db: Db) -> tuple[list[str], list[list[object]]]:
            result = db.transaction.run(found.text, values)
            return list(result.keys()), [[_plain(value) for value in row] for row in result.values()]

        try:
            return self._reading(work)
        except Neo4jError as error:  # about the statement: `_clear_errors` turns all others into `StoreUnreachable`
            raise BadUse(f"query {name}: {(error.message or error.code or 'error').splitlines()[0]}") from None


def _plain(value: object) -> object:
    """A value without the driver's types: a path as text, `KEY -[TYPE]-> KEY <-[TYPE]- KEY`."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if not isinstance(value, GraphPath):
        return value
    steps = [str(value.start_node["key"])]
    for node, way in zip(value.nodes[1:], value.relationships, strict=True):
        steps.append(f"-[{way.type}]->" if way.end_node == node else f"<-[{way.type}]-")
        steps.append(str(node["key"]))
    return " ".join(steps)


def schema_statements() -> dict[str, str]:
    """The statements of the schema by the name of what they make."""
    lines = [line for line in statement("schema").splitlines() if line and not line.startswith("//")]
    return {line.split(" IF NOT EXISTS ")[0].split()[-1]: line.rstrip(";") for line in lines}


def _driver(uri: str) -> Driver:
    user, password = _credentials()
    try:
        return GraphDatabase.driver(
            uri,
            auth=Auth("basic", user, password) if user else None,
            notifications_min_severity=NotificationMinimumSeverity.OFF,
            user_agent="cloudtrail-lineage",
            connection_timeout=10,
            connection_acquisition_timeout=15,
        )
    except (ConfigurationError, ValueError) as error:
        raise StoreUnreachable(f"{_without_password(uri)}: not an address of Neo4j ({type(error).__name__})") from None


def _credentials() -> tuple[str | None, str]:
    """User and password of the environment, else those of `NEO4J_AUTH_FILE`, as `USER/PASSWORD`."""
    file = os.environ.get("NEO4J_AUTH_FILE")
    if os.environ.get("NEO4J_USERNAME") or not file:
        return os.environ.get("NEO4J_USERNAME"), os.environ.get("NEO4J_PASSWORD", "")
    try:
        user, slash, password = Path(file).read_text("utf-8").strip().partition("/")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise StoreUnreachable(f"NEO4J_AUTH_FILE {file}: cannot be read ({why})") from None
    if not slash or not user:
        raise StoreUnreachable(f"NEO4J_AUTH_FILE {file}: not USER/PASSWORD; write it like neo4j/a-long-password")
    return user, password


def _without_password(uri: str) -> str:
    """The URI as it may be shown."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1], query="", fragment=""))


__all__ = ["Neo4jStore", "schema_statements"]
