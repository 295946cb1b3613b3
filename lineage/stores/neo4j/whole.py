"""What the Neo4j store says of the whole: chains, crossings, coverage, counts and loads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from lineage.model import schema
from lineage.model.results import ALWAYS, Around, Coverage, Sums, Window
from lineage.model.times import iso, parse_when
from lineage.questions.chains.answer import ChainRow
from lineage.questions.cross_account.answer import CrossingRow
from lineage.questions.info import AccountSeen, Info
from lineage.questions.shared.models import LoadSums
from lineage.stores.merging import is_gap
from lineage.stores.neo4j.coverage import lines
from lineage.stores.neo4j.db import Record, ref_of
from lineage.stores.windows import hours


class Neo4jWhole:
    """Questions about the whole store, and about what was loaded."""

    path: str

    def _read(self, name: str, /, **parameters: object) -> list[Record]:
        """Run a statement of `cypher/store/`."""
        raise NotImplementedError

    def chain_rows(self) -> Iterator[ChainRow]:
        """Every chain that nothing goes on from, along resolved parents."""
        for labels, key, account, roles, confidences, first, last, session, events in self._read("chain_rows"):
            logged = (None,) * (len(roles) - len(events)) + tuple(events)
            yield ChainRow(ref_of(labels, key), account, tuple(roles), tuple(confidences), first, last, session, logged)

    def crossing_rows(self) -> Iterator[CrossingRow]:
        """Every grant across accounts, copies merged."""
        for caller_account, account, labels, key, role_arn, how, grants in self._read("crossing_rows"):
            for text in grants:
                grant = msgspec.json.decode(text)
                time, event_id = parse_when(grant["time"]) or 0, grant["event_ids"][0]
                caller = ref_of(labels, key)
                yield CrossingRow(str(caller_account), str(account), caller, role_arn, str(how), time, event_id)

    def info(self) -> Info:
        """What the store holds."""
        counts = dict(map(tuple, self._read("counts")))
        names = self.account_names()
        accounts = [
            AccountSeen(id=account, name=names.get(account), events=count, first=iso(first), last=iso(last))
            for account, count, first, last in self._read("accounts_seen")
        ]
        events, waiting = self.counts()
        return Info(
            store=self.path,
            nodes={label: counts[label] for label in schema.LABELS},
            relationships={type_: counts[type_] for type_ in schema.RELATIONSHIPS},
            events=events,
            accounts=accounts,
            first=min((seen.first for seen in accounts if seen.first), default=None),
            last=max((seen.last for seen in accounts if seen.last), default=None),
            loads=[LoadSums(**sums.told()) for sums in self.loads()],
            unfinished=waiting,
        )

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        """Events by account, region, hour and category, in that order: of one account if given, of the hours that
        a window touches."""
        low, high = hours(window)
        days = {"low": low // 24, "high": high // 24}
        found = [
            Coverage(whose or None, region, hour, category, count, first, last)
            for whose, body in (
                self._read("coverage", **days)
                if account is None
                else self._read("coverage_between", account=account, **days)
            )
            for region, hour, category, count, first, last in lines(body)
            if low <= hour <= high
        ]
        return sorted(found, key=lambda one: (one.account or "", one.region or "", one.hour, one.category))

    def around(self, account: str | None, time: int) -> Around:
        """What was loaded of an account around a time."""
        hour = time // 3600
        days = list(range((hour - 48) // 24, (hour + 48) // 24 + 1))
        found = self._read("coverage_of_account", account=account, days=days) if account else []
        categories: dict[str, int] = defaultdict(int)
        busy = set()
        for _, _, _, body in found:
            for _, at, category, count, _, _ in lines(body) if body else ():
                if abs(at - hour) <= 24:
                    categories[category] += count
                if abs(at - hour) <= 48:
                    busy.add(at)
        covered = bool(account) and hour not in busy and bool(self._read("digest_at", account=account, time=time)[0][0])
        return Around(
            first=min((first for first, _, _, _ in found), default=None),
            last=max((last for _, last, _, _ in found), default=None),
            reads=categories["management-read"],
            writes=categories["management-write"],
            gap=is_gap(hour, sorted(busy)) or covered,
        )

    def account_names(self) -> dict[str, str]:
        """Names of accounts, as far as they were given."""
        return dict(map(tuple, self._read("account_names")))

    def loads(self) -> list[Sums]:
        """The sums of every load, oldest first."""
        return [msgspec.msgpack.decode(body, type=Sums) for (body,) in self._read("loads")]

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        """What a load set aside: path, place, offset, reason."""
        return [
            (path, place, offset, reason) for path, place, offset, reason in self._read("aside", load=load, limit=limit)
        ]

    def counts(self) -> tuple[int, int]:
        """Events in the ledger, and terms that wait to be derived."""
        events = sum(count for _, count, _, _ in self._read("accounts_seen"))
        return events, self._read("waiting")[0][0]

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded, None if it was not."""
        found = self._read("file_hash", path=path)
        return found[0][0] if found else None
