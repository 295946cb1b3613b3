"""The product from Python: open a store, load logs, ask questions.

    import lineage

    store = lineage.open("lineage.db")
    store.load(["logs/"])
    answer = store.who("AKIA…")

The questions are the methods of `lineage.ask.Questions`.
"""

# Annotations are not postponed here: `lineage.parameters` reads those of the parameters.

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, BinaryIO

from lineage.ask import Questions
from lineage.model.errors import BadUse, NotFound
from lineage.parameters import Param

if TYPE_CHECKING:
    from threading import Event

    from lineage.draw.shape import Shape
    from lineage.enrich import Enriched, Sums
    from lineage.guard import Guarded
    from lineage.load import Progress
    from lineage.model.alert import Alert
    from lineage.model.results import Graph
    from lineage.questions.estimate import Estimate
    from lineage.questions.guard import Guard
    from lineage.questions.load import Load
    from lineage.questions.prune import Prune
    from lineage.questions.shared.models import Model
    from lineage.questions.verify import Verify
    from lineage.watch import Round
    from loaders.files.sources import Narrow, Reach


Paths = Annotated[
    Sequence[str | os.PathLike[str]] | str,
    Param("Files, folders, globs, or - for standard input.", "PATH...", many=True),
]
Logs = Annotated[
    Sequence[str | os.PathLike[str]] | str,
    Param("Files, folders, globs, s3://BUCKET/PREFIX, or - for standard input.", "PATH...", many=True),
]
Profile = Annotated[str | None, Param("Profile of the AWS configuration to reach S3 with.", "NAME")]
Region = Annotated[str | None, Param("AWS Region to send requests to.", "REGION")]
EndpointUrl = Annotated[str | None, Param("Address of another service that works like S3.", "URL")]
RequestPayer = Annotated[bool, Param("Pay for requests to a bucket whose requester pays.")]
OnlyAccount = Annotated[
    Sequence[str], Param("List only the folders of this account in S3.", "ID", ("--only-account",), many=True)
]
OnlyRegion = Annotated[
    Sequence[str], Param("List only the folders of this Region in S3.", "REGION", ("--only-region",), many=True)
]
LoadSince = Annotated[str | None, Param("Load only events from this time on, and list S3 from its day on.", "TIME")]
LoadUntil = Annotated[str | None, Param("Load only events up to this time; a day counts to its last second.", "TIME")]
LateDays = Annotated[
    int, Param("With --until: list S3 for so many more days, for events that were delivered late.", "N", min=0)
]
Processes = Annotated[int | None, Param("Number of processes that read, instead of one per core.", "N", min=1)]
Queued = Annotated[
    str | None, Param("Queue of SQS that gets notifications of S3, also through SNS or EventBridge.", "URL")
]
LATE_DAYS = 30


def _confidences() -> Sequence[str]:
    from lineage.model.schema import CONFIDENCE

    return CONFIDENCE


def open(target: str | os.PathLike[str], *, create: bool = True) -> "Lineage":
    """Open the store at a path (SQLite file) or Neo4j URI.

    It is created if it does not exist, unless `create` is False. Neo4j takes NEO4J_USERNAME, NEO4J_PASSWORD and
    NEO4J_DATABASE from the environment. Raises `StoreUnreachable`.
    """
    text = os.fspath(target)
    if "://" in text:
        from lineage.stores.neo4j.store import Neo4jStore

        return Lineage(Neo4jStore(text))
    from lineage.stores.sqlite.store import SQLiteStore

    return Lineage(SQLiteStore(text, create=create))


class Lineage(Questions):
    """An open store: load logs into it, ask it, draw its answers."""

    def __enter__(self) -> "Lineage":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close files and connections."""
        self._store.close()

    def load(
        self,
        paths: Logs,
        *,
        accounts: Annotated[
            str | os.PathLike[str] | None,
            Param("Account names: the output of `aws organizations list-accounts`, or CSV of ID and name.", "FILE"),
        ] = None,
        processes: Processes = None,
        since: LoadSince = None,
        until: LoadUntil = None,
        only_accounts: OnlyAccount = (),
        only_regions: OnlyRegion = (),
        late_days: LateDays = LATE_DAYS,
        again: Annotated[bool, Param("Read objects of S3 again that were loaded before.")] = False,
        profile: Profile = None,
        region: Region = None,
        endpoint_url: EndpointUrl = None,
        request_payer: RequestPayer = False,
        progress: "Callable[[Progress], None] | None" = None,
        stdin: BinaryIO | None = None,
    ) -> "Load":
        """Load CloudTrail logs; loading them again changes nothing.

        Returns the sums and what was set aside. Raises `BadUse` where a path names nothing.
        """
        from lineage import load as loading
        from lineage.questions.load import AsideAt, Load, Unreadable
        from lineage.questions.shared.models import LoadSums
        from loaders.files.sources import S3, Reach

        names = {}
        if accounts is not None:
            from pathlib import Path

            from loaders.account_names import read_accounts

            names = read_accounts(Path(accounts))
        narrow = _narrow(since, until, only_accounts, only_regions, late_days)
        self._memo = None
        loaded = loading.load(
            self._store, _texts(paths), processes=processes, progress=progress, stdin=stdin, again=again,
            reach=Reach(profile, region, endpoint_url, request_payer), narrow=narrow,
        )  # fmt: skip
        sums = loaded.sums
        if names:
            self._store.name_accounts(names)
        aside = [
            AsideAt(path=path, index=index, offset=offset, reason=reason)
            for path, index, offset, reason in self._store.aside(sums.id, 1000)
        ]
        unreadable = [Unreadable(path=path, reason=why) for path, why in loaded.failed.items() if path.startswith(S3)]
        return Load(
            sums=LoadSums(**sums.fields()), aside=aside, aside_total=sums.set_aside, known=loaded.known,
            unreadable=unreadable[:1000], unreadable_total=len(unreadable),
        )  # fmt: skip

    def watch(
        self,
        sources: Annotated[
            Sequence[str | os.PathLike[str]] | str,
            Param("Folders, and prefixes of S3 like s3://BUCKET/PREFIX.", "[SOURCE...]", many=True),
        ] = (),
        *,
        queue: Queued = None,
        every: Annotated[
            str | None, Param("Look for new files this often, instead of 5m, or of 1h with --queue.", "SPAN")
        ] = None,
        since: Annotated[str | None, Param("List the folders of S3 from this day on, instead of all.", "TIME")] = None,
        processes: Processes = None,
        profile: Profile = None,
        region: Region = None,
        endpoint_url: EndpointUrl = None,
        request_payer: RequestPayer = False,
        stop: "Event | None" = None,
        told: "Callable[[Round], None] | None" = None,
        warned: "Callable[[str], None] | None" = None,
        turned: "Callable[[], None] | None" = None,
    ) -> None:
        """Load what arrives in folders, buckets and a queue.

        Begins with what is there, and goes on until `stop` is set. `told` gets each round that loaded something,
        `warned` each failure; `turned` is called after each turn. Raises `BadUse`, also where a source cannot be listed
        at the start.
        """
        from lineage.model.times import duration, time_of
        from lineage.watch import Watcher
        from loaders.files.sources import Reach
        from loaders.files.sqs import Queue

        paths = _texts(sources)
        if not paths and queue is None:
            raise BadUse("watch: nothing to watch; give a folder, s3://BUCKET/PREFIX or --queue URL")
        if "-" in paths:
            raise BadUse("watch: standard input cannot be watched; give folders or s3://BUCKET/PREFIX")
        reach = Reach(profile, region, endpoint_url, request_payer)
        self._memo = None
        watcher = Watcher(
            self._store, paths, queue=Queue(queue, reach) if queue is not None else None,
            every=float(duration(every or ("5m" if queue is None else "1h")) or 0), since=time_of(since), reach=reach,
            processes=processes, stop=stop, told=told, warned=warned, turned=turned,
        )  # fmt: skip
        watcher.run()

    def guard(
        self,
        asks: Annotated[
            Sequence[str] | str,
            Param(
                "Event IDs, access keys, sessions, ARNs or names; without any all that are guarded.",
                "[ASK...]",
                many=True,
                completes="ask",
            ),
        ] = (),
        *,
        since: Annotated[
            str | None, Param("When the chains were contained, instead of now or, if guarded before, as then.", "TIME")
        ] = None,
        responders: Annotated[
            Sequence[str],
            Param(
                "Leave out the calls of these credentials, and what came from them.", "ASK", ("--except",), many=True
            ),
        ] = (),
        run: Annotated[
            str | None, Param("Run this with each finding as JSON on its standard input, without a shell.", "COMMAND")
        ] = None,
        sources: Annotated[
            Sequence[str | os.PathLike[str]] | str,
            Param("Load what arrives in this folder or s3://BUCKET/PREFIX.", "SOURCE", ("--watch",), many=True),
        ] = (),
        queue: Queued = None,
        every: Annotated[
            str | None, Param("Go on, and look this often for new files, or into the store.", "SPAN")
        ] = None,
        processes: Processes = None,
        profile: Profile = None,
        region: Region = None,
        endpoint_url: EndpointUrl = None,
        request_payer: RequestPayer = False,
        stop: "Event | None" = None,
        told: "Callable[[Guard], None] | None" = None,
        warned: "Callable[[str], None] | None" = None,
    ) -> int:
        """Tell what contained credentials and their people still do.

        Looks into the store once, or again and again until `stop` is set: `every` so often, or after each round of
        `watch` where there are sources or a queue. `told` gets each finding once, unless the process was killed while
        it did, `warned` each failure. Returns how many findings there were. Raises `BadUse`, and `NotFound` where
        nothing is loaded of an ask, and it is not looked for again.
        """
        from threading import Event

        from lineage import guard as guarding
        from lineage.model.times import duration, time_of
        from lineage.questions.shared.descent import begin

        wanted = [asks] if isinstance(asks, str) else list(asks)
        if not wanted and (since is not None or responders):
            raise BadUse("guard: --since and --except go with an ASK")
        for ask in (*wanted, *responders):
            if begin(self._store, ask) is None and ask in responders:
                raise NotFound(f"--except {ask}: not found")
        guarded = guarding.keep(self._store, wanted, time_of(since), responders) if wanted else self.guards()
        if not guarded:
            raise BadUse("guard: nothing is guarded yet; give an event ID, key, session, ARN or name")
        stop = stop or Event()
        checker = guarding.Checker(
            self._store, guarded, told or (lambda finding: None), warned or (lambda line: None), run, stop.is_set
        )
        if sources or queue is not None:
            due = [True]

            def turned() -> None:
                if due or checker.is_due:
                    due.clear()
                    checker.check()

            self.watch(
                sources, queue=queue, every=every, processes=processes, profile=profile, region=region,
                endpoint_url=endpoint_url, request_payer=request_payer, stop=stop,
                told=lambda round: due.append(True), warned=warned, turned=turned,
            )  # fmt: skip
            return checker.count
        checker.check()
        if every is None:
            if checker.missing and not checker.count:
                raise NotFound(f"{', '.join(sorted(checker.missing))}: not found in what is loaded")
            return checker.count
        while not stop.wait(duration(every)):
            checker.check()
        return checker.count

    def guards(self) -> "list[Guarded]":
        """What is guarded: each ask, the second since when, and whose calls are no findings; sorted by ask."""
        from lineage.guard import guards

        return guards(self._store)

    def unguard(self, asks: Sequence[str] | str) -> None:
        """Guard some asks no longer; their findings stay. Raises `NotFound`."""
        from lineage.guard import remove

        remove(self._store, [asks] if isinstance(asks, str) else asks)

    def findings(self) -> "list[Alert]":
        """The findings in what was loaded and watched, and those of guards, sorted by kind and ID; of each the newest
        version."""
        from lineage.load import FINDINGS
        from loaders.findings.findings import alerts_in

        return [alerts_in(text)[0] for text in self._store.noted(FINDINGS).values()]

    def estimate(
        self,
        paths: Logs,
        *,
        processes: Processes = None,
        since: LoadSince = None,
        until: LoadUntil = None,
        only_accounts: OnlyAccount = (),
        only_regions: OnlyRegion = (),
        late_days: LateDays = LATE_DAYS,
        profile: Profile = None,
        region: Region = None,
        endpoint_url: EndpointUrl = None,
        request_payer: RequestPayer = False,
    ) -> "Estimate":
        """Tell which files a load of the paths would read, how many are loaded, and how long it will take.

        A small sample is read for that, for about three seconds; the store stays as it is. Raises `BadUse` where a
        path names nothing.
        """
        from lineage.estimate import estimate
        from loaders.files.sources import Reach

        return estimate(
            self._store, _texts(paths), processes=processes,
            reach=Reach(profile, region, endpoint_url, request_payer),
            narrow=_narrow(since, until, only_accounts, only_regions, late_days),
        )  # fmt: skip

    def prune(
        self, *, before: Annotated[str, Param("Forget the usage of all days before this one.", "TIME")]
    ) -> "Prune":
        """Forget old usage; identities, facts and sessions stay.

        Events of earlier days that come again are passed over as `pruned`. The latest day of all calls counts. Raises
        `BadUse` for a day that has not come.
        """
        from lineage import load as loading
        from lineage.model.times import iso, now, time_of
        from lineage.questions.prune import Prune

        day = (time_of(before) or 0) // 86400 * 86400
        if day > now():
            raise BadUse(f"--before {before}: that day has not come; give one of the past, like 90d")
        self._memo = None
        loading.derive(self._store)  # what a load left that was ended early
        found = self._store.prune(day)
        return Prune(store=str(self._store.path), **found._asdict() | {"before": iso(found.before)})

    def verify(
        self,
        paths: Sequence[str | os.PathLike[str]] | str,
        *,
        keys: Sequence[str | os.PathLike[str]] = (),
        fetch: bool = False,
        limit: int = 200,
        reach: "Reach | None" = None,
        narrow: "Narrow | None" = None,
    ) -> "Verify":
        """Verify logs by their digest files, as `lineage.verify.verify`, and keep the result for answers."""
        from lineage.verify import verify

        self._memo = None
        return verify(paths, keys=keys, fetch=fetch, limit=limit, reach=reach, narrow=narrow, store=self._store)

    def enrich(
        self,
        paths: Paths,
        *,
        min_confidence: Annotated[
            str,
            Param(
                "Leave out origins below this confidence; they appear in `guess` only.", "CLASS", completes=_confidences
            ),
        ] = "LIKELY",
        sums: "Sums | None" = None,
    ) -> "Iterator[Enriched]":
        """Write the logs again, each record with its true origin.

        Yields every usable record in the order of the files; `sums` counts them. Raises `BadUse`.
        """
        from lineage.enrich import enrich

        return enrich(self._reader(), _texts(paths), min_confidence=min_confidence, sums=sums)

    def picture(self, answer: "Model") -> "Shape":
        """The picture of an answer: nodes, links and what is folded, with their evidence.

        `lineage.draw.files.write` writes it as HTML, SVG, GraphML, JSON or DOT. The callers of at most 300 nodes are
        drawn, and a note says when there are more. Raises `BadUse` for an answer without a picture.
        """
        from lineage.picture import picture

        return picture(self._reader(), answer)

    def graph(self) -> "Graph":
        """The whole lineage; attribute names are those of `lineage.model.schema`, node IDs `LABEL KEY`."""
        with self.reading():
            return self._store.graph()

    def query(self, name: str, **params: object) -> tuple[list[str], list[list[object]]]:
        """Run a Cypher file for analysts by name (`who`, `draw/who`); returns columns and rows. Neo4j only."""
        return self._store.query(name, params)

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded; None if it was not."""
        return self._store.file_hash(path)


def _texts(paths: Sequence[str | os.PathLike[str]] | str) -> list[str]:
    return [paths] if isinstance(paths, str) else [os.fspath(path) for path in paths]


def _narrow(
    since: str | None, until: str | None, accounts: Sequence[str], regions: Sequence[str], late_days: int
) -> "Narrow":
    """What is wanted of the logs. Raises `BadUse`."""
    from lineage.model.times import time_range
    from loaders.files.sources import Narrow

    for account in accounts:
        if not (account.isdecimal() and len(account) == 12):
            raise BadUse(f"--only-account {account}: not an account ID of 12 digits")
    return Narrow(frozenset(accounts), frozenset(regions), *time_range(since, until), late_days)


__all__ = ["Lineage", "NotFound", "open"]
