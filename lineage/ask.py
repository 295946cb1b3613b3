"""Every question, as a typed method: the one registry of questions.

Each method marked with `@question` is a command of the same name. Types, defaults and help of its parameters are here
alone: the command line, `lineage explore` and the tables of the documentation are made from them. The order of the
methods is the order everywhere.
"""

# Annotations are not postponed here: `lineage.parameters` reads those of the parameters. Return types are texts,
# because the answer models take longer to import than `lineage --help` may take.

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

from lineage.model.errors import BadUse
from lineage.model.times import duration, time_of, time_range
from lineage.parameters import Param, question, questions_of

if TYPE_CHECKING:
    from lineage.questions.assumed import Assumed
    from lineage.questions.baseline import Baseline
    from lineage.questions.blast import Blast
    from lineage.questions.central import Central
    from lineage.questions.chains import Chains
    from lineage.questions.contain import Contain
    from lineage.questions.coverage import Coverage
    from lineage.questions.cross_account import CrossAccount
    from lineage.questions.denied import Denied
    from lineage.questions.find import Find
    from lineage.questions.from_ import From
    from lineage.questions.hunt import Hunt
    from lineage.questions.info import Info
    from lineage.questions.interesting import Interesting
    from lineage.questions.investigate import Investigation
    from lineage.questions.names import Names
    from lineage.questions.new import New
    from lineage.questions.path import Path
    from lineage.questions.role import Role
    from lineage.questions.services import Services
    from lineage.questions.session import Session
    from lineage.questions.shared.memo import Memo
    from lineage.questions.shared.models import Model
    from lineage.questions.timeline import Timeline
    from lineage.questions.touched import Touched
    from lineage.questions.trace import Trace
    from lineage.questions.volume import Volume
    from lineage.questions.who import Who
    from lineage.stores.reader import Store

Answer = TypeVar("Answer", bound="Model")
REPORT_SECONDS = 600.0
"""How long the questions of one report may read the same state of the store."""
NEAR_SHOWN = 5
"""Names that are suggested for one that is not found."""


def _since(help: str) -> Param:
    return Param(help, "TIME", ("--from", "--since"))


def _until(help: str) -> Param:
    return Param(help, "TIME", ("--to", "--until"))


def _limit(help: str) -> Param:
    return Param(help, "N", min=1)


def _network_files(text: str) -> Iterable[str]:
    from lineage.questions.shared.addresses import address_range

    return [text] if address_range(text) is None else ()


def _account_files(text: str) -> Iterable[str]:
    from lineage.questions.hunt.answer import files_among

    return files_among([text])


def _alert_files(text: str) -> Iterable[str]:
    from lineage.questions.investigate.given import files

    return files(text)


Subject = Annotated[
    str,
    Param(
        "Event ID, access key, session, ARN, name, account, IP address or agent:TEXT for a part of user agents.",
        "ASK",
        completes="ask",
    ),
]
Identity = Annotated[str, Param("Event ID, access key, session, ARN or name.", "ASK", completes="ask")]
Since = Annotated[
    str | None, _since("Start of the time range: 24h or 7d ago, yesterday, 2026-01-31, 2026-01-31 12:00 (UTC).")
]
Until = Annotated[str | None, _until("End of the time range, included; a day counts to its last second.")]
Margin = Annotated[
    str | None,
    Param(
        "Time on either side of the event or activity, like 30m, 2h or 7d, instead of five minutes.",
        "SPAN",
        ("--window",),
    ),
]
Days = Annotated[int, Param("Compare with the history that starts this many days before the scope.", "N", min=1)]
Gap = Annotated[str, Param("End the history this long before the scope, like 30m, 12h or 2d.", "SPAN")]
LimitEach = Annotated[int, _limit("Maximum number of entries in each list.")]
At = Annotated[
    str | None, Param("Evaluate what works at this time instead of at the last second in the store.", "TIME")
]
Made = Annotated[bool, Param("Also follow keys, users and passwords that were made for other identities.")]
Given = str | bytes | os.PathLike[str] | Mapping[str, object] | Sequence[Mapping[str, object]]
"""What may be given as an alert; bytes are the content of a file."""


class Questions:
    """An open store, as one asks it. Every question returns its answer model.

    Times are text, in the forms of `lineage.model.times.time_of`; a range that ends before it begins raises `BadUse`.
    Questions about a name raise `NotFound` where several users or roles have it.
    """

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._memo: Memo | None = None

    def reading(self) -> AbstractContextManager[None]:
        """What is asked inside is asked of one state of the store, while others load: always so in SQLite, in Neo4j
        only as far as one statement reads."""
        return self._store.reading()

    @property
    def is_unfinished(self) -> bool:
        """Does a part of the lineage wait to be derived? A load is running, or one was ended early."""
        return self._store.waiting() > 0

    def _reader(self) -> "Memo":
        """The store as questions read it: what it answered a moment ago is not read again."""
        from lineage.questions.shared.memo import Memo

        if self._memo is None or self._memo.is_stale:
            self._memo = Memo(self._store)
        return self._memo

    def _dated(self, answer: Answer) -> Answer:
        """The answer with the time at which its evidence was loaded."""
        from lineage.questions.shared.citations import dated

        return dated(self._reader(), answer)

    # From an alert to one report

    @question("examples/incident/finding.json", "examples/incident/finding.json -o report.html", panel="Start here")
    def investigate(
        self,
        alert: Annotated[
            Given,
            Param(
                "File with GuardDuty or Security Hub findings or CloudTrail events, their JSON, or an event ID, access "
                "key, session or ARN; on the command line also - for standard input.",
                "ALERT",
                completes="ask",
                files=_alert_files,
            ),
        ],
        *,
        since: Annotated[str | None, _since("Start of the scope, instead of the activity of the alert.")] = None,
        until: Annotated[str | None, _until("End of the scope, instead of the activity of the alert.")] = None,
        window: Annotated[
            str | None,
            Param(
                "Time on either side of the activity of the alert, instead of five minutes and an hour at least.",
                "SPAN",
            ),
        ] = None,
        days: Days = 14,
        gap: Gap = "12h",
    ) -> "Investigation":
        """Report on a GuardDuty or Security Hub finding.

        Whose credentials were used, what was done with them, whether that is normal, and how to stop it.

        The alert may be an object, a list of objects or the bytes of a file too. The scope is the alert's own activity,
        five minutes wider on either side and an hour at least. Raises `BadUse` where the text is no alert, or only
        samples.
        """
        from lineage.model.results import Window
        from lineage.questions.investigate import answer as investigate
        from lineage.questions.investigate.given import read
        from lineage.questions.shared.history import history_window
        from lineage.questions.shared.memo import Memo

        name, alerts = read(alert)
        if all(one.sample for one in alerts):
            raise BadUse(f"{name}: a GuardDuty sample finding, which names no real identity; give a real finding")
        start, end = time_range(since, until)
        limits = investigate.Limits(start, end, duration(window), days, gap)
        history_window(Window(), days, duration(gap))  # refuses what leaves no history, before anything is asked
        # The questions of one report see one state of the store, and read the same calls once.
        self._memo = Memo(self._store, lasts=REPORT_SECONDS)
        try:
            return investigate.answer(self._memo, self._ask, alerts, asked=name, limits=limits)
        finally:
            self._memo = None

    def _account(self, ask: str | None) -> str | None:
        """The ID of an account by ID or name. Raises `BadUse` where no account has the name."""
        from lineage.questions.shared.identifiers import account_of_name

        if ask is None:
            return None
        found = account_of_name(self._reader(), ask.strip())
        if found is None:
            raise BadUse(f"{ask}: not an account; give its 12-digit ID or its name (lineage info lists them)")
        return found

    def _ask(self, method: str, *about: object, **options: object) -> "Model":
        answer: Model = getattr(self, method)(*about, **options)
        return answer

    @question("dana", "i-07b3e6f2 --limit 5", panel="Start here")
    def find(
        self,
        text: Annotated[str, Param("Name, ID, address, or a part of one; upper and lower case are alike.", "TEXT")],
        *,
        limit: Annotated[int, _limit("Maximum number of matches.")] = 20,
    ) -> "Find":
        """Find names and IDs to ask with.

        People, users, roles, sessions, keys, accounts, addresses and resources whose name, ID or part of it matches.
        """
        from lineage.questions.find import answer as find

        if not text.strip():
            raise BadUse("find: give a name, an ID or a part of one")
        return find.answer(self._reader(), text.strip(), limit=limit)

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK", panel="Start here")
    def who(
        self,
        ask: Annotated[
            str,
            Param(
                "Event ID, access key, session, ARN, name or JSON record; on the command line also a file with a "
                "record, or - to read one ask per line.",
                "ASK",
                completes="ask",
            ),
        ],
        *,
        at: Annotated[
            str | None,
            Param("Only sessions that were live at this time: created before it, in use or not expired.", "TIME"),
        ] = None,
        limit: Annotated[int, _limit("Maximum number of answers, newest first.")] = 100,
    ) -> "Who":
        """Show whose credentials were used, hop by hop.

        A record need not be loaded.
        """
        (found,) = self.whos([ask], at=at, limit=limit)
        return self._dated(found)

    def near(self, answer: "Model") -> list[str]:
        """What to say, line by line, of what an answer did not find: what it looks like, and the nearest names."""
        from lineage.model.batch import is_uuid
        from lineage.model.times import iso
        from lineage.questions.find.view import hint
        from lineage.render.text import moment

        asks = [text for text in answer.asks() if text.strip()]
        found = [self.find(text, limit=NEAR_SHOWN) for text in asks]
        lines = [line for one in found for line in hint(one, alone=len(asks) == 1)]
        line = self._reader().pruned_before() if any(map(is_uuid, asks)) else None
        return [*lines, f"events before {moment(iso(line))} were pruned"] if line is not None else lines

    def whos(self, asks: Iterable[str], *, at: str | None = None, limit: int = 100) -> Iterator["Who"]:
        """Answer many asks, in order; without `loaded_at`, which takes a third of the time of an answer."""
        from lineage.questions.shared.identifiers import kind_of
        from lineage.questions.who import answer as who

        for ask in (one.strip() for one in asks):
            if kind_of(ask) == "record":
                from loaders.facts.extract import summarize_first

                yield who.answer_record(self._reader(), ask, *summarize_first(ask), limit=limit)
            else:
                yield who.answer(self._reader(), ask, at=time_of(at), limit=limit)

    # The chain

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --limit 50", panel="The chain")
    def trace(
        self, ask: Identity, *, limit: Annotated[int, _limit("Maximum number of sessions and keys.")] = 1000
    ) -> "Trace":
        """Show what came from an identity and what was done with it."""
        from lineage.questions.trace import answer as trace

        return self._dated(trace.answer(self._store, ask.strip(), limit=limit))

    @question("--cross-account", "--role ci --min-depth 2", panel="The chain")
    def chains(
        self,
        *,
        min_depth: Annotated[int, Param("Minimum number of roles on the path.", "N", min=1)] = 2,
        role: Annotated[str | None, Param("Only chains through this role.", "ARN|NAME", completes="role")] = None,
        account: Annotated[
            str | None, Param("Only chains through this account.", "ID|NAME", completes="account")
        ] = None,
        cross_account: Annotated[bool, Param("Only chains between accounts.")] = False,
        since: Annotated[str | None, _since("Only chains whose last hop is at or after this time.")] = None,
        until: Annotated[str | None, _until("Only chains whose last hop is at or before this time.")] = None,
        limit: Annotated[int, _limit("Maximum number of chains.")] = 1000,
    ) -> "Chains":
        """List the paths of chained roles.

        Only the longest ones: a path that is part of another is not listed.
        """
        from lineage.questions.chains import answer as chains

        start, end = time_range(since, until)
        return chains.answer(
            self._reader(), min_depth=min_depth, role=role, account=self._account(account),
            cross_account=cross_account, since=start, until=end, limit=limit,
        )  # fmt: skip

    @question("--since 2026-03-11", "--since 2026-03-11 --until 2026-03-11", panel="The chain")
    def cross_account(
        self,
        *,
        since: Annotated[str | None, _since("Only assumptions at or after this time.")] = None,
        until: Annotated[str | None, _until("Only assumptions at or before this time.")] = None,
    ) -> "CrossAccount":
        """List which accounts assumed roles in which accounts."""
        from lineage.questions.cross_account import answer as cross_account

        start, end = time_range(since, until)
        return cross_account.answer(self._reader(), since=start, until=end)

    # What was done

    @question("c0ffee00-0000-4000-8000-000000000007", "198.51.100.23 --window 2h", panel="Sessions")
    def session(
        self, ask: Subject, *, since: Since = None, until: Until = None, window: Margin = None, limit: LimitEach = 200
    ) -> "Session":
        """Summarize what a session, key or identity called."""
        from lineage.questions.session import answer as session

        start, end = time_range(since, until)
        return self._dated(
            session.answer(self._reader(), ask.strip(), since=start, until=end, margin=duration(window), limit=limit)
        )

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --since 2026-03-12", panel="Sessions")
    def timeline(
        self,
        ask: Identity,
        *,
        since: Since = None,
        until: Until = None,
        alert_since: Annotated[
            str | None,
            Param("Start of the activity of the alert; an event is its own alert.", "TIME", ("--alert-from",)),
        ] = None,
        alert_until: Annotated[
            str | None,
            Param("End of the activity of the alert; one of both alone means that second.", "TIME", ("--alert-to",)),
        ] = None,
        made: Made = False,
        limit: Annotated[int, _limit("Maximum number of calls: those nearest to the alert, else the earliest.")] = 1000,
    ) -> "Timeline":
        """List the notable calls of a whole chain in order of time.

        Notable are changing, failed, sensitive and granting calls. With the times of an alert, the answer separates
        what lies before, in and after it.
        """
        from lineage.questions.timeline import answer as timeline

        start, end = time_range(since, until)
        alert = time_range(alert_since or alert_until, alert_until or alert_since)
        return self._dated(
            timeline.answer(self._reader(), ask.strip(), since=start, until=end, alert=alert, made=made, limit=limit)
        )

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --days 14", panel="Sessions")
    def services(
        self,
        ask: Subject,
        *,
        until: Annotated[str | None, _until("End of the days, instead of the event or the last call.")] = None,
        days: Annotated[int, Param("Number of days.", "N", min=1, max=3650)] = 7,
    ) -> "Services":
        """List the services that an identity used in the week before."""
        from lineage.questions.services import answer as services

        if not 1 <= days <= 3650:
            raise BadUse(f"{days} days: give 1 to 3650")
        return services.answer(self._reader(), ask.strip(), until=time_of(until, last=True), days=days)

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --since 2026-03-12", panel="Sessions")
    def interesting(
        self,
        ask: Subject,
        *,
        since: Since = None,
        until: Until = None,
        window: Margin = None,
        limit: Annotated[int, _limit("Maximum number of lines of each class.")] = 200,
    ) -> "Interesting":
        """List changes, sensitive reads and failures (ATT&CK)."""
        from lineage.questions.interesting import answer as interesting

        start, end = time_range(since, until)
        return interesting.answer(
            self._reader(), ask.strip(), since=start, until=end, margin=duration(window), limit=limit
        )

    # Is this normal?

    @question(
        "c0ffee00-0000-4000-8000-000000000007",
        "c0ffee00-0000-4000-8000-000000000007 --api ec2:StartInstances --days 7",
        panel="Habits",
    )
    def baseline(
        self,
        ask: Subject,
        *,
        api: Annotated[
            str | None, Param("API operation of the alert, like iam:CreateUser or CreateUser.", "SERVICE:OPERATION")
        ] = None,
        user_agent: Annotated[str | None, Param("User agent of the alert, exactly as logged.", "TEXT")] = None,
        source_ip: Annotated[str | None, Param("Source address of the alert.", "IP")] = None,
        since: Since = None,
        until: Until = None,
        window: Margin = None,
        days: Days = 14,
        gap: Gap = "12h",
    ) -> "Baseline":
        """Show how often an identity made a call before.

        Also from the same address and with the same user agent.

        Of an event its own call is compared, else every call of the scope, unless `api`, `user_agent` or `source_ip`
        select some.
        """
        from lineage.questions.baseline import answer as baseline

        start, end = time_range(since, until)
        return baseline.answer(
            self._reader(), ask.strip(), api=api, user_agent=user_agent, source_ip=source_ip, since=start, until=end,
            margin=duration(window), days=days, gap=duration(gap),
        )  # fmt: skip

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --days 7", panel="Habits")
    def new(
        self,
        ask: Subject,
        *,
        since: Since = None,
        until: Until = None,
        window: Margin = None,
        days: Days = 14,
        gap: Gap = "12h",
        geo: Annotated[
            str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
            Param(
                "Country, city or autonomous system database in MaxMind's format; needs the extra `geo`.",
                "FILE",
                many=True,
                files=lambda text: [text],
            ),
        ] = (),
    ) -> "New":
        """List what is new: calls, places, user agents, volume."""
        from lineage.questions.new import answer as new
        from lineage.questions.new.geo import open_databases

        paths = [geo] if isinstance(geo, (str, os.PathLike)) else geo
        start, end = time_range(since, until)
        atlas = open_databases([os.fspath(path) for path in paths])
        try:
            return new.answer(
                self._reader(), ask.strip(), since=start, until=end, margin=duration(window), days=days,
                gap=duration(gap), atlas=atlas,
            )  # fmt: skip
        finally:
            atlas.close()

    @question("c0ffee00-0000-4000-8000-000000000007", "AKIA3WQUP53HKQ7V2LCK --window 12h", panel="Habits")
    def volume(
        self,
        ask: Subject,
        *,
        since: Since = None,
        until: Until = None,
        window: Margin = None,
        days: Days = 14,
        gap: Gap = "12h",
    ) -> "Volume":
        """Show calls per hour and the usual level."""
        from lineage.questions.volume import answer as volume

        start, end = time_range(since, until)
        return volume.answer(
            self._reader(), ask.strip(), since=start, until=end, margin=duration(window), days=days, gap=duration(gap)
        )

    # Roles, addresses, resources

    @question("arn:aws:iam::804275613390:role/payments-operations", "role/ci --since 2026-03-11", panel="The chain")
    def role(
        self,
        ask: Annotated[
            str, Param("ARN or name of a role, or a session, access key or event ID of it.", "ROLE", completes="ask")
        ],
        *,
        since: Annotated[
            str | None,
            _since("Only grants and refusals from this time on; a session without a grant counts at its start."),
        ] = None,
        until: Annotated[str | None, _until("Only grants and refusals up to this time.")] = None,
        limit: LimitEach = 200,
    ) -> "Role":
        """Show who assumed a role, and which roles it assumed.

        Raises `BadUse` where it is no role.
        """
        from lineage.questions.role import answer as role

        start, end = time_range(since, until)
        return self._dated(role.answer(self._reader(), ask.strip(), since=start, until=end, limit=limit))

    @question(
        "c0ffee00-0000-4000-8000-000000000007",
        "arn:aws:iam::804275613390:role/payments-operations --since 2026-03-11",
        panel="The chain",
    )
    def assumed(
        self,
        ask: Annotated[
            str,
            Param(
                "Session, access key, ARN or name; an event ID means the origin of its chain.", "ASK", completes="ask"
            ),
        ],
        *,
        since: Annotated[str | None, _since("Only assumptions at or after this time.")] = None,
        until: Annotated[str | None, _until("Only assumptions at or before this time.")] = None,
        window: Margin = None,
        limit: Annotated[int, _limit("Maximum number of roles.")] = 200,
    ) -> "Assumed":
        """List which roles an identity assumed or tried to assume."""
        from lineage.questions.assumed import answer as assumed

        start, end = time_range(since, until)
        return assumed.answer(self._reader(), ask.strip(), since=start, until=end, margin=duration(window), limit=limit)

    @question("--from 2026-03-11T21:00:00Z", "c0ffee00-0000-4000-8000-000000000007 --window 2h", panel="Sessions")
    def denied(
        self,
        ask: Annotated[
            str | None,
            Param(
                "Event ID, access key, session, ARN, name, account, IP address or agent:TEXT; default: all calls.",
                "[ASK]",
                completes="ask",
            ),
        ] = None,
        *,
        since: Since = None,
        until: Until = None,
        window: Margin = None,
        limit: LimitEach = 200,
    ) -> "Denied":
        """List refused calls and what came after them."""
        from lineage.questions.denied import answer as denied

        start, end = time_range(since, until)
        return denied.answer(
            self._reader(), ask.strip() if ask is not None else None, since=start, until=end, margin=duration(window),
            limit=limit,
        )  # fmt: skip

    @question("198.51.100.23 192.0.2.0/24", "198.51.100.23 --since 2026-03-11", panel="Sessions")
    def from_(
        self,
        asks: Annotated[
            str | Sequence[str],
            Param(
                "IP addresses, networks, files with one per line, or - for standard input.",
                "ADDRESS...",
                many=True,
                files=_network_files,
            ),
        ],
        *,
        since: Since = None,
        until: Until = None,
        limit: LimitEach = 200,
    ) -> "From":
        """Show everything seen from IP addresses and networks."""
        from lineage.questions.from_ import answer as from_
        from lineage.questions.shared.addresses import read

        wanted = [asks] if isinstance(asks, str) else list(asks)
        found, unread = read(wanted)
        start, end = time_range(since, until)
        return from_.answer(self._reader(), found, asked=wanted, unread=unread, since=start, until=end, limit=limit)

    @question("i-07b3e6f20c9a5d184", "i-07b3e6f20c9a5d184 --since 2026-03-11", panel="Sessions")
    def touched(
        self,
        ask: Annotated[str, Param("ARN, bucket name, ID, or ACCOUNT:TYPE:ID.", "RESOURCE")],
        *,
        since: Annotated[str | None, _since("Only calls and changes at or after this time.")] = None,
        until: Annotated[str | None, _until("Only calls and changes at or before this time.")] = None,
        limit: LimitEach = 200,
    ) -> "Touched":
        """Show whose credentials changed or read a resource."""
        from lineage.questions.touched import answer as touched

        start, end = time_range(since, until)
        return touched.answer(self._reader(), ask.strip(), since=start, until=end, limit=limit)

    # Reach, and how to stop it

    @question("c0ffee00-0000-4000-8000-000000000002", "c0ffee00-0000-4000-8000-000000000002 --made", panel="Reach")
    def blast(
        self,
        ask: Identity,
        *,
        at: At = None,
        since: Annotated[str | None, _since("Leave out what was granted, made and used before this time only.")] = None,
        made: Made = False,
        limit: Annotated[int, _limit("Maximum number of entries in each list, nearest or worst first.")] = 1000,
    ) -> "Blast":
        """Show what came from credentials and what of it still works."""
        from lineage.questions.blast import answer as blast

        return self._dated(
            blast.answer(
                self._reader(), ask.strip(), at=time_of(at, last=True), since=time_of(since), made=made, limit=limit
            )
        )

    @question("c0ffee00-0000-4000-8000-000000000002", "c0ffee00-0000-4000-8000-000000000002 --made", panel="Reach")
    def contain(
        self,
        ask: Identity,
        *,
        at: At = None,
        made: Made = False,
        whole_role: Annotated[bool, Param("Plan for a whole role, which closes it to everyone.")] = False,
    ) -> "Contain":
        """Print a plan that stops credentials; nothing is executed."""
        from lineage.questions.contain import answer as contain

        return contain.answer(self._reader(), ask.strip(), at=time_of(at, last=True), made=made, whole_role=whole_role)

    @question(
        "537140928816 AKIA3WQUP53HKQ7V2LCK",
        "c0ffee00-0000-4000-8000-000000000002 AKIA3WQUP53HKQ7V2LCK --limit 5",
        panel="Reach",
    )
    def path(
        self,
        start: Annotated[
            str,
            Param("Event ID, access key, session, ARN, name, or an account's ID or name.", "START", completes="ask"),
        ],
        end: Annotated[
            str, Param("Event ID, access key, session, ARN, name, or an account's ID or name.", "END", completes="ask")
        ],
        *,
        limit: Annotated[
            int, _limit("Maximum number of paths: without provenance first, then fewest hops, then oldest.")
        ] = 20,
    ) -> "Path":
        """Show the paths from one identity or account to another."""
        from lineage.questions.path import answer as path

        if start.strip() == end.strip():
            raise BadUse(f"{start}: a path needs two different ends")
        return path.answer(self._reader(), start.strip(), end.strip(), limit=limit)

    # The whole store

    @question("arn:aws:iam::804275613390:role/payments-operations", "--since 2026-03-11", panel="Whole store")
    def names(
        self,
        role: Annotated[
            str | None, Param("ARN or name of a role; default: all roles.", "[ROLE]", completes="role")
        ] = None,
        *,
        since: Annotated[str | None, _since("Only sessions that began at or after this time.")] = None,
        until: Annotated[str | None, _until("Only sessions that began at or before this time.")] = None,
        limit: Annotated[int, _limit("Maximum number of names and of roles.")] = 200,
    ) -> "Names":
        """Compare session names with whose credentials were used."""
        from lineage.questions.names import answer as names

        start, end = time_range(since, until)
        return names.answer(
            self._reader(), role.strip() if role is not None else None, since=start, until=end, limit=limit
        )

    @question("trails-stopped keys-for-others", "--known-accounts examples/incident/accounts.csv", panel="Whole store")
    def hunt(
        self,
        rules: Annotated[
            str | Sequence[str] | None,
            Param("Names of rules; default: all rules.", "[RULE...]", many=True),
        ] = None,
        *,
        known_accounts: Annotated[
            str | Sequence[str] | None,
            Param(
                "Your own accounts: IDs with commas between them, or a file like that of `load --accounts`.",
                "ID|FILE",
                many=True,
                files=_account_files,
            ),
        ] = None,
        since: Annotated[
            str | None, _since("Only findings completed at or after this time; what led to them may be older.")
        ] = None,
        until: Annotated[str | None, _until("Only findings completed at or before this time.")] = None,
        limit: Annotated[int, _limit("Maximum number of findings of each rule.")] = 200,
    ) -> "Hunt":
        """Run named rules over all chains and list their findings."""
        from lineage.questions.hunt import answer as hunt

        wanted = [rules] if isinstance(rules, str) else list(rules or ())
        given = [known_accounts] if isinstance(known_accounts, str) else known_accounts
        start, end = time_range(since, until)
        return hunt.answer(
            self._reader(), [name.strip() for name in wanted],
            known_accounts=hunt.accounts_in(given) if given is not None else None, since=start, until=end, limit=limit,
        )  # fmt: skip

    @question("537140928816", "--since 2026-03-11 --until 2026-03-11", panel="Whole store")
    def coverage(
        self,
        account: Annotated[
            str | None, Param("Account ID or name; default: all accounts.", "[ACCOUNT]", completes="account")
        ] = None,
        *,
        since: Annotated[str | None, _since("Only hours from this time on; a gap at the start counts.")] = None,
        until: Annotated[str | None, _until("Only hours up to this time; a gap at the end counts.")] = None,
        limit: LimitEach = 200,
    ) -> "Coverage":
        """Show which logs are loaded and where they have gaps."""
        from lineage.questions.coverage import answer as coverage

        start, end = time_range(since, until)
        return coverage.answer(self._reader(), self._account(account), since=start, until=end, limit=limit)

    @question("--limit 5", "--format csv -o central.csv", panel="Whole store")
    def central(self, *, limit: LimitEach = 20) -> "Central":
        """Show which roles most chains pass through.

        Also the entry points that reach most accounts, groups of roles that assume each other, and the longest chains.
        """
        from lineage.questions.central import answer as central

        return central.answer(self._reader(), limit=limit)

    @question("", "--format json", panel="Whole store")
    def info(self) -> "Info":
        """Show what the store holds."""
        from lineage.questions.info import answer as info

        return info.answer(self._store)


QUESTIONS: Final = questions_of(Questions)
"""The questions by the name of their command, in the order of the methods."""


def answers() -> "dict[str, type[Model]]":
    """Answer models by the name of their schema: those of the questions, then what other commands print."""
    from lineage.questions import registry

    stems = [question.stem for question in QUESTIONS.values()]
    stems += [stem for stem in registry.folders() if stem not in stems]
    return {str(model.model_fields["schema_"].default): model for model in map(registry.answer_of, stems)}
