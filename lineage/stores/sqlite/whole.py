"""What the embedded store says of the whole: chains, crossings, coverage, counts and loads."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from lineage.model import keys, schema
from lineage.model.batch import Row
from lineage.model.errors import BadUse
from lineage.model.results import ALWAYS, Around, Coverage, Sums, Window
from lineage.model.times import iso, parse_when
from lineage.questions.chains.answer import ChainRow
from lineage.questions.cross_account.answer import CrossingRow
from lineage.questions.info import AccountSeen, Info
from lineage.questions.shared.models import LoadSums
from lineage.resolve import graph_elements
from lineage.resolve.graph_elements import Properties
from lineage.stores.merging import is_gap
from lineage.stores.windows import hours

_ROW = msgspec.msgpack.Decoder(Row)
_properties = msgspec.msgpack.Decoder(dict[str, str | int | bool | list[str] | None]).decode


class EmbeddedWhole:
    """Questions about the whole store, and about what was loaded."""

    _db: sqlite3.Connection

    def chain_rows(self) -> Iterator[ChainRow]:
        """Every chain that nothing goes on from, along resolved parents."""
        parents: dict[str, tuple[str, Properties]] = {}
        inner: set[str] = set()
        for type_ in (schema.ASSUMED, schema.ISSUED):
            for source, target, body in self._db.execute(
                "SELECT source, target, body FROM edge WHERE type = ?", (type_,)
            ):
                properties = _properties(body)
                if properties["parent"]:
                    parents[target] = (source, properties if type_ == schema.ASSUMED else {})
        sessions: dict[str, Properties] = {}
        for ref, body in self._db.execute(
            "SELECT ref, body FROM node WHERE ref >= ? AND ref < ?",
            (f"{schema.SESSION} ", f"{schema.SESSION}!"),
        ):
            sessions[ref] = _properties(body)
        for target, (source, way) in parents.items():
            if way and sessions[target]["type"] == "role":
                inner.add(
                    parents[source][0] if source in parents and source.startswith(f"{schema.CREDENTIAL} ") else source
                )
        for leaf, node in sorted(sessions.items()):
            if node["type"] == "role" and leaf not in inner:
                row = _chain_row(leaf, parents, sessions)
                if row is not None:
                    yield row

    def crossing_rows(self) -> Iterator[CrossingRow]:
        """Every grant across accounts, copies merged."""
        for source, body, role, own, role_body in self._db.execute(
            "SELECT e.source, e.body, p.target, p.body, n.body FROM edge e "
            "JOIN edge p ON p.source = e.target AND p.type = ? LEFT JOIN node n ON n.ref = p.target WHERE e.type = ?",
            (schema.SESSION_OF, schema.ASSUMED),
        ):
            way = _properties(body)
            if not way["cross_account"] or _properties(own).get("stated"):
                continue
            arn = _properties(role_body).get("arn") if role_body else None
            for text in way["grants"]:  # type: ignore[union-attr]  # a list of texts by the schema
                grant = msgspec.json.decode(text)
                time = parse_when(grant["time"]) or 0
                yield CrossingRow(
                    str(way["caller_account"]),
                    str(way["account"]),
                    source,
                    str(arn or keys.ref(role).key),
                    str(way["how"]),
                    time,
                    grant["event_ids"][0],
                )

    def info(self) -> Info:
        """What the store holds."""
        graph_counts = self._graph_counts()
        names = self.account_names()
        accounts = [
            AccountSeen(
                id=account or "",
                name=names.get(account or ""),
                events=count,
                first=iso(first),
                last=iso(last),
            )
            for account, count, first, last in self._db.execute(
                "SELECT account, sum(count), min(first), max(last) FROM row WHERE count > 0 GROUP BY 1 ORDER BY 1"
            )
        ]
        events, dirty = self.counts()
        return Info(
            store=str(getattr(self, "path", "")),
            nodes=graph_counts[0],
            relationships=graph_counts[1],
            events=events,
            accounts=accounts,
            first=min((seen.first for seen in accounts if seen.first), default=None),
            last=max((seen.last for seen in accounts if seen.last), default=None),
            loads=[LoadSums(**sums.told()) for sums in self.loads()],
            unfinished=dirty,
        )

    def _graph_counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Nodes by label and relationships by type, as `graph` would give them."""
        db = self._db
        edges = Counter(dict(db.execute("SELECT type, count(*) FROM edge GROUP BY type")))
        edges.update(
            dict(db.execute("SELECT d.type, count(*) FROM deed d JOIN actor a ON a.id = d.actor GROUP BY d.type"))
        )
        live = "row r JOIN actor a ON a.id = r.actor WHERE r.count > 0"
        (edges[schema.USED],) = db.execute(f"SELECT count(*) FROM {live}").fetchone()
        edges.update(dict(db.execute(f"SELECT r.relation, count(*) FROM {live} AND r.relation IS NOT NULL GROUP BY 1")))
        (others,) = db.execute(f"SELECT count(*) FROM beside b JOIN {live} AND r.id = b.row").fetchone()
        edges[schema.TOUCHED] += others
        seen = (
            f"SELECT DISTINCT a.source, r.address FROM {live} "
            "AND r.address IS NOT NULL AND a.source NOT LIKE 'Principal %'"
        )
        (edges[schema.SEEN_FROM],) = db.execute(f"SELECT count(*) FROM ({seen})").fetchone()
        refs = (
            "SELECT source AS ref FROM edge UNION SELECT target FROM edge UNION SELECT d.target FROM deed d "
            "UNION SELECT a.source FROM deed d JOIN actor a ON a.id = d.actor "
            f"UNION SELECT a.source FROM {live} UNION SELECT '{schema.ACTION} ' || r.api FROM {live} "
            f"UNION SELECT '{schema.RESOURCE} ' || r.target FROM {live} AND r.relation = '{schema.TOUCHED}' "
            f"UNION SELECT '{schema.RESOURCE} ' || b.target FROM beside b JOIN {live} AND r.id = b.row "
            f"UNION SELECT '{schema.IP_ADDRESS} ' || address FROM ({seen})"
        )
        found: dict[str, Properties] = {
            ref: _properties(body) if body else {}
            for ref, body in db.execute(
                f"SELECT r.ref, n.body FROM ({refs}) r LEFT JOIN node n ON n.ref = r.ref WHERE r.ref IS NOT NULL"
            )
        }
        targets = f"SELECT r.body FROM {live} AND r.relation IS NOT NULL GROUP BY r.relation, r.target"
        several = f"SELECT r.body FROM {live} AND r.id IN (SELECT row FROM beside)"
        for (body,) in (*db.execute(targets), *db.execute(several)):
            for node in graph_elements.target_nodes(_ROW.decode(body)):
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
        return {label: nodes[label] for label in schema.LABELS}, {kind: edges[kind] for kind in schema.RELATIONSHIPS}

    def coverage(self, account: str | None = None, window: Window = ALWAYS) -> list[Coverage]:
        """Events by account, region, hour and category, in that order: of one account if given, of the hours that
        a window touches."""
        whose, plain = ("account = ? AND ", (account,)) if account is not None else ("", ())
        return [
            Coverage(*found)
            for found in self._db.execute(
                "SELECT account, region, hour, category, sum(count), min(first), max(last) FROM row "
                f"WHERE {whose}hour BETWEEN ? AND ? AND count > 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
                (*plain, *hours(window)),
            )
        ]

    def around(self, account: str | None, time: int) -> Around:
        """What was loaded of an account around a time."""
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
        # The nearest busy hours on both sides tell a gap; the index has them first.
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
            'SELECT start, "end" FROM digest WHERE account = ? AND start <= ? AND "end" > ?',
            (account, time, time),
        ).fetchall()
        return Around(first, last, reads, writes,
                      is_gap(hour, busy) or (bool(digests) and hour not in busy))  # fmt: skip

    def account_names(self) -> dict[str, str]:
        """Names of accounts, as far as they were given."""
        return dict(self._db.execute("SELECT id, name FROM account"))

    def loads(self) -> list[Sums]:
        """The sums of every load, oldest first."""
        return [
            msgspec.msgpack.decode(body, type=Sums)
            for (body,) in self._db.execute("SELECT body FROM load ORDER BY started, id")
        ]

    def aside(self, load: str, limit: int) -> list[tuple[str, int, int | None, str]]:
        """What a load set aside: path, place, offset, reason."""
        return self._db.execute(
            "SELECT path, place, offset, reason FROM aside WHERE load = ? LIMIT ?", (load, limit)
        ).fetchall()

    def counts(self) -> tuple[int, int]:
        """Events in the ledger, and terms that wait to be derived."""
        (events,) = self._db.execute("SELECT coalesce(sum(count), 0) FROM row").fetchone()
        (dirty,) = self._db.execute("SELECT count(*) FROM dirty").fetchone()
        return events, dirty

    def query(self, name: str, parameters: Mapping[str, object]) -> tuple[list[str], list[list[object]]]:
        """Refuses: the embedded store runs no Cypher."""
        raise BadUse(f"query {name}: needs Neo4j; give its address with --store neo4j://HOST:7687")

    def file_hash(self, path: str) -> str | None:
        """SHA-256 of a file as it was loaded, None if it was not."""
        found = self._db.execute("SELECT sha256 FROM file WHERE path = ?", (path,)).fetchone()
        return found[0] if found else None


def _chain_row(
    leaf: str, parents: dict[str, tuple[str, Properties]], sessions: dict[str, Properties]
) -> ChainRow | None:
    """The chain that ends in a session, None if it has no two role hops."""
    roles: list[str] = []
    confidences: list[str] = []
    times: list[str] = []
    events: list[str | None] = []
    current, seen = leaf, set()
    account = None
    while current in parents and current not in seen:
        seen.add(current)
        source, way = parents[current]
        if way:
            if sessions[current]["type"] == "role":
                roles.append(str(sessions[current]["role_arn"]))
                logged = way["event_ids"]
                events.append(logged[0] if isinstance(logged, list) and logged else None)
            confidences.append(str(way["confidence"]))
            times.append(str(way["time"]))
            account = way["caller_account"]
        current = source
    if current in sessions and sessions[current]["type"] == "role":
        # The chain begins inside a role session whose own grant was not logged.
        roles.append(str(sessions[current]["role_arn"]))
        events.append(None)
        account = sessions[current]["account"]
    if len(roles) < 2:
        return None
    return ChainRow(
        current, str(account) if account else None, tuple(reversed(roles)), tuple(confidences), min(times), max(times),
        keys.ref(leaf).key, tuple(reversed(events)),
    )  # fmt: skip
