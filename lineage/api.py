"""The product from Python: open a store, load logs, ask.

import lineage

store = lineage.open("lineage.db")
store.load(["logs/"])
answer = store.who("AKIA…")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from lineage.asking.base import second
from lineage.asking.drawing import Drawing
from lineage.asking.enriching import Enriching
from lineage.asking.history import History
from lineage.asking.investigating import Investigating
from lineage.asking.reach import Reach
from lineage.asking.roles import Roles
from lineage.asking.sessions import Sessions
from lineage.asking.whole import Whole
from lineage.model.errors import NotFound

if TYPE_CHECKING:
    # The answer models take a tenth of a second to import, which `lineage --help` need not wait for.
    from lineage.load import LoadReport, Progress
    from lineage.model.results import Graph, Sums
    from lineage.questions.chains import Chains
    from lineage.questions.cross_account import CrossAccount
    from lineage.questions.info import Info
    from lineage.questions.shared.memo import Memo
    from lineage.questions.shared.models import LoadSums
    from lineage.questions.trace import Trace
    from lineage.questions.who import Who
    from lineage.stores.base import Store


def open(target: str | os.PathLike[str], *, create: bool = True) -> Lineage:
    """The store at a path (SQLite file) or Neo4j URI; made if it is not there, unless `create` is False.

    Neo4j takes NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE from the environment.
    Raises `StoreUnreachable`.
    """
    text = os.fspath(target)
    if "://" in text:
        from lineage.stores.neo4j.store import Neo4jStore

        return Lineage(Neo4jStore(text))
    from lineage.stores.sqlite.store import EmbeddedStore

    return Lineage(EmbeddedStore(text, create=create))


class Lineage(Investigating, Enriching, Drawing, Sessions, History, Roles, Reach, Whole):
    """An open store. Every question is a method that returns its answer model."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memo: Memo | None = None

    def __enter__(self) -> Lineage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back files and connections."""
        self._store.close()

    def load(
        self,
        paths: Sequence[str | os.PathLike[str]] | str,
        *,
        processes: int | None = None,
        accounts: str | os.PathLike[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        stdin: BinaryIO | None = None,
    ) -> LoadReport:
        """Load files, folders, globs or `-`; returns the sums and what was set aside.

        Loading the same events again changes nothing but the sums. Raises `BadUse` where a path names nothing.
        """
        from lineage import load as loading

        names = {}
        if accounts is not None:
            from loaders.files.account_names import read_accounts

            names = read_accounts(Path(accounts))
        wanted = [paths] if isinstance(paths, str) else [os.fspath(path) for path in paths]
        self._memo = None
        sums = loading.load(self._store, wanted, processes=processes, progress=progress, stdin=stdin)
        if names:
            self._store.name_accounts(names)
        aside = [loading.AsidePlace(*place) for place in self._store.aside(sums.id, 1000)]
        return loading.LoadReport(_sums(sums), aside, sums.set_aside)

    def who(self, ask: str, *, at: str | None = None, limit: int = 100) -> Who:
        """Whose credentials were these really? For an event ID, access key, session, ARN, name, unique ID or JSON
        record. Raises `NotFound` where several principals fit a name.

        `at` keeps the sessions that were live at a time; at most `limit` answers, newest first.
        """
        from lineage.questions.shared.asks import kind_of
        from lineage.questions.who import answer as who

        ask = ask.strip()
        if kind_of(ask) == "record":
            return self._who_record(ask, limit)
        return who.answer(self._reader(), ask, at=second(at), limit=limit)

    def whos(self, asks: Iterable[str]) -> Iterator[Who]:
        """Answers for many asks, in order."""
        for ask in asks:
            yield self.who(ask)

    def _who_record(self, text: str, limit: int) -> Who:
        from lineage.questions.who import answer as who
        from loaders.records.single import one_record

        return who.answer_record(self._reader(), text, *one_record(text), limit=limit)

    def trace(self, ask: str, *, limit: int = 1000) -> Trace:
        """Every session and key that came from an identity, with what was done and tried."""
        from lineage.questions.trace import answer as trace

        return trace.answer(self._store, ask.strip(), limit=limit)

    def chains(
        self,
        *,
        min_depth: int = 2,
        role: str | None = None,
        account: str | None = None,
        cross_account: bool = False,
        since: str | None = None,
        until: str | None = None,
        limit: int = 1000,
    ) -> Chains:
        """All longest role paths of two and more role hops."""
        from lineage.questions.chains import answer as chains

        return chains.answer(
            self._store.chain_rows(), min_depth=min_depth, role=role, account=account, cross_account=cross_account,
            since=second(since), until=second(until, last=True), limit=limit,
        )  # fmt: skip

    def cross_account(self, *, since: str | None = None, until: str | None = None) -> CrossAccount:
        """Which accounts' principals assumed into which, how often, when and how."""
        from lineage.questions.cross_account import answer as cross_account

        return cross_account.answer(
            self._store.crossing_rows(), self._store.account_names(),
            since=second(since), until=second(until, last=True),
        )  # fmt: skip

    def info(self) -> Info:
        """What the store holds."""
        return self._store.info()

    def graph(self) -> Graph:
        """The whole lineage; attribute names are those of `lineage.model.schema`, node IDs `LABEL KEY`."""
        return self._store.graph()

    def query(self, name: str, **params: object) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file of the product by name; columns and rows. Neo4j only."""
        return self._store.query(name, params)

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded; None if it was not."""
        return self._store.file_hash(path)


def _sums(sums: Sums) -> LoadSums:
    from lineage.questions.shared.models import LoadSums

    return LoadSums(**sums.told())


__all__ = ["Lineage", "NotFound", "open"]
