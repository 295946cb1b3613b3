"""`cross_account`: which accounts' principals assumed into which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.results import Window
from lineage.model.times import iso, parse_when
from lineage.questions.cross_account import CrossAccount, Crossing
from lineage.questions.shared.climb import acting
from lineage.questions.shared.forest import Belongs, Forest
from lineage.questions.shared.grants import in_window
from lineage.questions.shared.newest import newest
from lineage.stores.reader import Reader

ROLES_SHOWN = 20
EVENTS_SHOWN = 5


class Grant(NamedTuple):
    """One grant across accounts, copies merged."""

    from_account: str
    to_account: str
    caller: str
    role_arn: str
    how: str
    time: int
    event_id: str


def answer(reader: Reader, *, since: int | None, until: int | None) -> CrossAccount:
    """Count the grants by pair of accounts, by the immediate caller's account."""
    names, window = reader.account_names(), Window(since, until)
    pairs: dict[tuple[str, str], list[Grant]] = defaultdict(list)
    for row in grants(reader):
        if in_window(row.time, window):
            pairs[row.from_account, row.to_account].append(row)
    callers = _callers(reader, {row.caller for some in pairs.values() for row in some})
    found = []
    for (source, target), members in pairs.items():
        roles = sorted({row.role_arn for row in members})
        latest = sorted((row.time, row.event_id) for row in members)[-EVENTS_SHOWN:]
        found.append(
            Crossing(
                from_account=source,
                from_name=names.get(source),
                to_account=target,
                to_name=names.get(target),
                count=len(members),
                callers=len({callers[row.caller] for row in members}),
                roles=len(roles),
                hows=sorted({row.how for row in members}),
                first=iso(min(row.time for row in members)),
                last=iso(max(row.time for row in members)),
                role_arns=roles[:ROLES_SHOWN],
                event_ids=[event_id for _, event_id in latest],
            )
        )
    found.sort(key=lambda crossing: (-crossing.count, crossing.from_account, crossing.to_account))
    accounts = {account for one in found for account in (one.from_account, one.to_account)}
    return CrossAccount(total=len(found), crossings=found, newest=newest(reader, accounts))


def _callers(reader: Reader, nodes: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """By node that called: its principal, and the origin behind it where that is known. Sessions of one person in one
    role are one caller, and so are sessions of one role whose origins are not known."""
    forest = Forest(reader)
    return {
        node: (forest.owners.get(acting(node), node), origin.node if (origin := forest.origin(node)) else None)
        for node in nodes
    }


def grants(reader: Reader) -> Iterator[Grant]:
    """Every grant across accounts, copies merged."""
    parts = reader.lineage_parts({schema.PRINCIPAL: _Role}, {schema.ASSUMED: _Way, schema.SESSION_OF: Belongs})
    arns = {node: role.arn for node, role in parts.nodes}
    ways: list[tuple[str, str, _Way]] = []
    roles: dict[str, list[str]] = defaultdict(list)
    for kind, source, target, edge in parts.relationships:
        if kind == schema.ASSUMED and edge.cross_account:
            ways.append((source, target, edge))
        elif kind == schema.SESSION_OF and not edge.stated:
            roles[source].append(target)
    for caller, session, way in ways:
        for role in roles[session]:
            for text in way.grants:
                grant = msgspec.json.decode(text)
                yield Grant(
                    str(way.caller_account), str(way.account), caller, arns.get(role) or ref(role).key, way.how,
                    parse_when(grant["time"]) or 0, grant["event_ids"][0],
                )  # fmt: skip


class _Way(msgspec.Struct, gc=False):
    """What is read of an `ASSUMED`."""

    cross_account: bool = False
    caller_account: str | None = None
    account: str | None = None
    how: str = ""
    grants: list[str] = []


class _Role(msgspec.Struct, gc=False):
    """What is read of a principal."""

    arn: str | None = None
