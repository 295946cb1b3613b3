"""The rule about workloads: credentials of an instance or function used from where it is not.

What is a workload's own place is never logged as such. It is taken from what EC2 logged to have given it, from where
it first called, and from networks that other workloads of the account call from (a common NAT). An address only ever
clears here; it joins nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lineage import schema
from lineage.answers.base import Confidence
from lineage.keys import ref
from lineage.questions.common.places import doubt, is_place, network
from lineage.questions.common.reader import Reader
from lineage.questions.hunting.ground import Found, Ground, Rule, many, span
from lineage.seen import RowSeen, Which

CHUNK = 2_000
"""Sessions whose calls are read at once."""
SHARED_BY = 2
"""A network that so many other workloads of the account call from is the account's own."""
LAMBDA = "AWS::Lambda::Function"
INSIDE = "exec-env/AWS_Lambda"
"""What the agent of a call from inside a function holds, unless its program hides it."""


class _Spot(NamedTuple):
    """Where a call came from: the network of an internet address, or an endpoint."""

    kind: str
    """`network`, or `endpoint SERVICE`: a VPC has an endpoint for each service."""
    name: str


def elsewhere(ground: Ground) -> Iterable[Found]:
    """One finding for each workload with calls from a spot that is not its own."""
    by_workload: dict[str, list[str]] = defaultdict(list)
    for node, body in ground.forest.sessions.items():
        if body.get("workload"):
            by_workload[body["workload"]].append(node)
    calls = _calls(ground.reader, by_workload)
    common = _common(calls)
    given = _given(ground)
    for workload, rows in sorted(calls.items()):
        own = set(given.get(workload, ()))
        sure = bool(own)
        own |= _first(workload, rows) | common.get(workload.split(":", 1)[0], set())
        strange = [row for row in rows if _is_strange(workload, row, own) and ground.within(row.last)]
        if strange and own:
            yield _found(ground, workload, rows, strange, "LIKELY" if sure else "HEURISTIC")


def _calls(reader: Reader, by_workload: dict[str, list[str]]) -> dict[str, list[RowSeen]]:
    """Calls of each workload that tell a spot, in order of time."""
    of_session = {node: workload for workload, nodes in by_workload.items() for node in nodes}
    found: dict[str, list[RowSeen]] = defaultdict(list)
    for some in _chunks(sorted(of_session)):
        wanted = Which("session", tuple(ref(node).key for node in some))
        for row in reader.calls(wanted):
            if is_place(row) and not row.row.presigned and (spot := _spot(row)) is not None and spot.name:
                label, key = ref(row.source)
                session = row.source if label == schema.SESSION else f"{schema.SESSION} {key.split(' ', 1)[-1]}"
                if session in of_session:
                    found[of_session[session]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.first, row.row.id))
    return found


def _chunks(nodes: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(nodes), CHUNK):
        yield nodes[start : start + CHUNK]


def _spot(row: RowSeen) -> _Spot | None:
    """The spot of a row; None of a private address without an endpoint, which says nothing."""
    if row.row.endpoint:
        return _Spot(f"endpoint {row.row.api.partition(':')[0]}", row.row.endpoint)
    if doubt(row.row.source_ip) is not None:
        return None
    return _Spot("network", network(row.row.source_ip) or "")


def _given(ground: Ground) -> dict[str, set[_Spot]]:
    """By workload: networks of the addresses that EC2 logged to have given it."""
    found: dict[str, set[_Spot]] = defaultdict(set)
    elastic: dict[str, str] = {}
    deeds = ground.reader.deeds((schema.STARTED, schema.CHANGED))
    for deed in deeds:
        if deed.type == schema.STARTED:
            addresses = deed.properties.get("addresses")
            for address in addresses if isinstance(addresses, list) else ():
                if doubt(address) is None and (place := network(address)):
                    found[ref(deed.target).key].add(_Spot("network", place))
        elif deed.properties.get("what") == "address":
            account, _, name = ref(deed.target).key.partition(":")
            name = name.rsplit(":", 1)[-1]
            after = str(deed.properties.get("after") or "")
            if after.startswith("eipalloc-"):
                elastic[after] = name
            elif after.startswith("i-") and (place := network(elastic.get(name, name))):
                found[f"{account}:AWS::EC2::Instance:{after}"].add(_Spot("network", place))
    return found


def _first(workload: str, rows: Sequence[RowSeen]) -> set[_Spot]:
    """The first spot of each kind that a workload called from; of a function those that it called from inside."""
    if _is_function(workload):
        return {spot for row in rows if INSIDE in (row.row.user_agent or "") and (spot := _spot(row)) is not None}
    found: dict[str, _Spot] = {}
    for row in rows:
        spot = _spot(row)
        if spot is not None:
            found.setdefault(spot.kind, spot)
    return set(found.values())


def _common(calls: dict[str, list[RowSeen]]) -> dict[str, set[_Spot]]:
    """By account: spots that several workloads call from."""
    users: dict[tuple[str, _Spot], set[str]] = defaultdict(set)
    for workload, rows in calls.items():
        for row in rows:
            if (spot := _spot(row)) is not None:
                users[workload.split(":", 1)[0], spot].add(workload)
    found: dict[str, set[_Spot]] = defaultdict(set)
    for (account, spot), workloads in users.items():
        if len(workloads) > SHARED_BY:
            found[account].add(spot)
    return found


def _is_strange(workload: str, row: RowSeen, own: set[_Spot]) -> bool:
    spot = _spot(row)
    if spot is None or spot in own or (_is_function(workload) and INSIDE in (row.row.user_agent or "")):
        return False
    return any(spot.kind == other.kind for other in own)


def _is_function(workload: str) -> bool:
    return f":{LAMBDA}:" in workload


def _found(
    ground: Ground, workload: str, rows: Sequence[RowSeen], strange: Sequence[RowSeen], confidence: Confidence
) -> Found:
    places = sorted({_place(row) for row in strange})
    count = sum(row.count for row in strange)
    others = sum(row.count for row in rows) - count
    account = workload.split(":", 1)[0] or None
    label, key = ref(strange[0].source)
    session = strange[0].source if label == schema.SESSION else f"{schema.SESSION} {key.split(' ', 1)[-1]}"
    what = "function" if _is_function(workload) else "workload"
    first, last = strange[0].first, max(row.last for row in strange)
    return Found(
        f"credentials of {what} {workload.rsplit(':', 1)[-1]} were used from {', '.join(places[:3])}"
        f"{f' and {len(places) - 3:,} more places' if len(places) > 3 else ''} in {many(count, 'call')} "
        f"{span(first, last)}; its other {many(others, 'call')} came from its own places",
        f"{schema.RESOURCE} {workload}", session, account, first, last,
        tuple(event_id for row in strange for event_id in row.event_ids), count, confidence,
    )  # fmt: skip


def _place(row: RowSeen) -> str:
    return f"{row.row.source_ip} through {row.row.endpoint}" if row.row.endpoint else str(row.row.source_ip)


RULES = (
    Rule(
        "instance-elsewhere", "Workload credentials used elsewhere",
        "Credentials of an instance, function or other workload used from another network (/16) or VPC endpoint than "
        "its own: what EC2 logged to have given it, where it first called from, and networks that several workloads "
        "of the account share. For a function, only calls whose agent does not come from inside it.",
        "Which addresses a subnet gives by itself and which are a NAT's is in no log, nor which are AWS's own; who is "
        "in the same network, and who calls before the workload itself does, is not seen. LIKELY where the logs name "
        "the workload's address, else HEURISTIC.",
        elsewhere,
    ),
)  # fmt: skip
