"""The rule about workloads: credentials of an instance, function or task used from where it is not.

What is a workload's own place is never logged as such. It is taken from what EC2 logged to have given it, from where
it first called, and from networks that other workloads of the account call from (a common NAT). An address only ever
clears here; it joins no identities. Agents are set freely: another system or environment is notable, another program
alone a hint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from lineage.model import schema
from lineage.model.agents import SERVICE, System, environment, parse, system
from lineage.model.keys import ref
from lineage.model.results import CallFilter, CallRow
from lineage.questions.hunt.rules import Data, Found, Rule, span
from lineage.questions.shared.addresses import doubt, is_place, network, private_network
from lineage.questions.shared.climb import acting
from lineage.questions.shared.models import Confidence
from lineage.render.text import counted
from lineage.stores.reader import Reader

CHUNK = 2_000
"""Sessions whose calls are read at once."""
SHARED_BY = 2
"""What so many other workloads of the account call from, or with, is the account's own."""
START = 600
"""Seconds after its first call in which a workload shows the programs that it runs."""
FUNCTION = "AWS::Lambda::Function"
INSTANCE = "AWS::EC2::Instance"
NOUNS = {FUNCTION: "function", INSTANCE: "instance", "AWS::ECS::Task": "task"}
INSIDE = "AWS_Lambda"
"""How the environment begins that a call from inside a function names, unless its program hides it."""
NORMAL = ("SDK for ", "other: amazon", "other: aws", "other: cwagent", "other: mountpoint-s3", SERVICE)
"""How the families of agents begin that any workload may have: SDKs and AWS's own agents for its machine."""

T = TypeVar("T")


class _Spot(NamedTuple):
    """Where a call came from: the network of an address, or an endpoint."""

    kind: str
    """`network` (of an internet address), `private` (network), or `endpoint SERVICE`: a VPC has an endpoint for each
    service."""
    name: str


def elsewhere(data: Data) -> Iterable[Found]:
    """For each workload one finding about calls from a spot that is not its own, one about calls from another system
    and one about another program; each call counts for the strongest."""
    by_workload: dict[str, list[str]] = defaultdict(list)
    for node, body in data.forest.sessions.items():
        if body.workload:
            by_workload[body.workload].append(node)
    calls = _calls(data.reader, by_workload)
    common = _common(calls, _spots)
    programs = _common({workload: _early(rows) for workload, rows in calls.items()}, _program)
    given = _given(data)
    for workload, rows in sorted(calls.items()):
        account = workload.split(":", 1)[0]
        yield from _about(data, workload, rows, given[workload], common[account], programs[account])


def _about(
    data: Data, workload: str, rows: list[CallRow], given: set[_Spot], common: set[_Spot], programs: set[str]
) -> Iterator[Found]:
    """The findings about one workload's calls."""
    own = given | _first(workload, rows, given) | common
    away, here = _parted(rows, lambda row: not _is_inside(workload, row) and bool(_foreign(row, own)))
    runs = _own_system(workload, here)
    changed, alike = _parted(here, lambda row: _is_changed(workload, row, runs))
    strange = _other_program(workload, alike, programs)
    named = {spot.kind for spot in given}
    sure = any(spot.kind in named for row in away for spot in _foreign(row, own))
    yield from _found(data, workload, rows, away, "LIKELY" if sure else "HEURISTIC", _from_places)
    yield from _found(data, workload, rows, changed, "HEURISTIC", _on_systems)
    yield from _found(data, workload, rows, strange, "HINT", _by_programs)


def _parted(rows: Iterable[CallRow], holds: Callable[[CallRow], bool]) -> tuple[list[CallRow], list[CallRow]]:
    """The rows for which something holds, and the others."""
    parts: tuple[list[CallRow], list[CallRow]] = [], []
    for row in rows:
        parts[not holds(row)].append(row)
    return parts


def _calls(reader: Reader, by_workload: dict[str, list[str]]) -> dict[str, list[CallRow]]:
    """Calls of each workload whose address and agent are its own, in order of time."""
    of_session = {node: workload for workload, nodes in by_workload.items() for node in nodes}
    found: dict[str, list[CallRow]] = defaultdict(list)
    keys = [ref(node).key for node in sorted(of_session)]
    for start in range(0, len(keys), CHUNK):
        for row in reader.calls(CallFilter("session", tuple(keys[start : start + CHUNK]))):
            workload = of_session.get(acting(row.source))
            if workload is not None and is_place(row) and not row.row.presigned:
                found[workload].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.first, row.row.id))
    return found


def _spots(row: CallRow) -> list[_Spot]:
    """The spots of a row; none of an address that says nothing."""
    address, endpoint = row.row.source_ip, row.row.endpoint
    found = [_Spot(f"endpoint {row.row.api.partition(':')[0]}", endpoint)] if endpoint else []
    if (place := private_network(address)) is not None:
        found.append(_Spot("private", place))
    elif not endpoint and doubt(address) is None and (place := network(address)) is not None:
        found.append(_Spot("network", place))
    return found


def _given(data: Data) -> defaultdict[str, set[_Spot]]:
    """By workload: networks of the addresses that EC2 or ECS logged to have given it."""
    found: defaultdict[str, set[_Spot]] = defaultdict(set)
    elastic: dict[str, str] = {}
    deeds = data.reader.changes((schema.STARTED, schema.CHANGED))
    for deed in deeds:
        if deed.type == schema.STARTED:
            addresses = deed.properties.get("addresses")
            for address in addresses if isinstance(addresses, list) else ():
                if (place := private_network(address)) is not None:
                    found[ref(deed.target).key].add(_Spot("private", place))
                elif doubt(address) is None and (place := network(address)):
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


def _first(workload: str, rows: Sequence[CallRow], known: set[_Spot]) -> set[_Spot]:
    """The first spot of each kind that a workload called from; of a function those that it called from inside.

    Where its private addresses are known the first call says nothing more about them.
    """
    if _kind(workload) == FUNCTION:
        return {spot for row in rows if _is_inside(workload, row) for spot in _spots(row)}
    found: dict[str, _Spot] = {spot.kind: spot for spot in known if spot.kind == "private"}
    for row in rows:
        for spot in _spots(row):
            found.setdefault(spot.kind, spot)
    return set(found.values())


def _common(calls: dict[str, list[CallRow]], values: Callable[[CallRow], Iterable[T]]) -> defaultdict[str, set[T]]:
    """By account: values that the calls of several workloads share."""
    users: dict[tuple[str, T], set[str]] = defaultdict(set)
    for workload, rows in calls.items():
        for row in rows:
            for value in values(row):
                users[workload.split(":", 1)[0], value].add(workload)
    found: defaultdict[str, set[T]] = defaultdict(set)
    for (account, value), workloads in users.items():
        if len(workloads) > SHARED_BY:
            found[account].add(value)
    return found


def _foreign(row: CallRow, own: set[_Spot]) -> list[_Spot]:
    """The spots of a row that are not the workload's, of those kinds of which its own are known."""
    kinds = {spot.kind for spot in own}
    return [spot for spot in _spots(row) if spot.kind in kinds and spot not in own]


def _is_inside(workload: str, row: CallRow) -> bool:
    """Does a function call from inside itself, as the agent says?"""
    return _kind(workload) == FUNCTION and (environment(row.row.user_agent) or "").startswith(INSIDE)


def _own_system(workload: str, rows: Sequence[CallRow]) -> System | None:
    """The system that a workload first called from; a function has Linux."""
    if _kind(workload) == FUNCTION:
        return System("Linux")
    return next((found for row in rows if (found := system(row.row.user_agent)) is not None), None)


def _is_changed(workload: str, row: CallRow, own: System | None) -> bool:
    """Does the agent name another operating system than the workload's, or an environment that it cannot be in?"""
    named = system(row.row.user_agent)
    return (own is not None and named is not None and named.differs(own)) or _cannot_be(workload, row)


def _cannot_be(workload: str, row: CallRow) -> bool:
    """Does the agent name an environment that the workload is not in? Containers on an instance may use its role."""
    kind, named = _kind(workload), environment(row.row.user_agent) or ""
    if named == "CloudShell" or (kind == INSTANCE and named == "AWS_ECS_FARGATE"):
        return True
    if named.startswith(INSIDE):
        return kind in NOUNS and kind != FUNCTION
    return kind == FUNCTION and named.startswith("AWS_ECS")


def _program(row: CallRow) -> list[str]:
    """The family of a row's agent, where it is none that any workload may have."""
    agent = parse(row.row.user_agent)
    return [agent.family] if agent is not None and not agent.family.startswith(NORMAL) else []


def _other_program(workload: str, rows: Sequence[CallRow], own: set[str]) -> list[CallRow]:
    """Calls by a program that neither the workload nor several others of the account used when they started."""
    early = {name for row in _early(rows) for name in _program(row)}
    return [
        row for row in rows if not _is_inside(workload, row) and any(one not in early | own for one in _program(row))
    ]


def _early(rows: Sequence[CallRow]) -> list[CallRow]:
    """The calls that a workload made when it started; `rows` are in order of time."""
    return [row for row in rows if row.first <= rows[0].first + START]


def _kind(workload: str) -> str:
    """Type of a workload, which is between its account and its ID."""
    return workload.split(":", 1)[1].rsplit(":", 1)[0] if workload.count(":") > 1 else ""


def _found(
    data: Data, workload: str, rows: Sequence[CallRow], every: Sequence[CallRow], confidence: Confidence,
    words: Callable[[Sequence[CallRow]], str],
) -> Iterator[Found]:  # fmt: skip
    """The finding about the calls that end in the window, if there are any."""
    strange = [row for row in every if data.within(row.last)]
    if not strange:
        return
    count = sum(row.count for row in strange)
    others = sum(row.count for row in rows) - sum(row.count for row in every)
    sources = {row.source for row in strange}
    first, last = strange[0].first, max(row.last for row in strange)
    yield Found(
        f"credentials of {NOUNS.get(_kind(workload), 'workload')} {workload.rsplit(':', 1)[-1]} were used "
        f"{words(strange)} in {counted(count, 'call')} {span(first, last)}; {counted(others, 'other call')} "
        f"{'does' if others == 1 else 'do'} not differ in this",
        f"{schema.RESOURCE} {workload}", strange[0].source if len(sources) == 1 else acting(strange[0].source),
        workload.split(":", 1)[0] or None, first, last,
        tuple(event_id for row in strange for event_id in row.event_ids), count, confidence,
    )  # fmt: skip


def _from_places(rows: Sequence[CallRow]) -> str:
    return f"from {_some({_place(row) for row in rows}, 'place')}"


def _on_systems(rows: Sequence[CallRow]) -> str:
    agents = {row.row.user_agent for row in rows}
    named = {str(found) for agent in agents if (found := system(agent)) is not None}
    inside = {name for agent in agents if (name := environment(agent)) is not None}
    within = f" inside {_some(inside, 'environment')}" if inside else ""
    return f"from another system, by its user agent: {_some(named, 'system') or 'one not named'}{within}"


def _by_programs(rows: Sequence[CallRow]) -> str:
    names = {name for row in rows for name in _program(row)}
    return f"by another program, by its user agent: {_some(names, 'program')}"


def _some(values: set[str], noun: str) -> str:
    """The first three of some values, with the number of the others."""
    result = sorted(values)
    rest = f" and {counted(len(result) - 3, f'more {noun}')}" if len(result) > 3 else ""
    return f"{', '.join(result[:3])}{rest}"


def _place(row: CallRow) -> str:
    return f"{row.row.source_ip} through {row.row.endpoint}" if row.row.endpoint else str(row.row.source_ip)


RULES = (
    Rule(
        "instance-elsewhere", "Workload credentials used elsewhere",
        "Credentials of an instance, function, task or other workload used from another network (/16, private ones "
        "too) or VPC endpoint than its own, or from another operating system or environment than its user agent "
        "named before. Its own places are the addresses that EC2 or ECS logged for it, where it first called from, "
        "and networks "
        "that several workloads of the account share. For a function, only calls whose agent does not come from "
        "inside it. Another program alone is a HINT; SDKs and AWS's own agents never are.",
        "No log shows which addresses a subnet assigns, which belong to a NAT and which to AWS. Not found: use from "
        "the same network or from another one with the same private range, and calls before the workload's own first "
        "call. A user agent is set freely by its sender. LIKELY where the logs name the workload's address, "
        "else HEURISTIC.",
        elsewhere,
    ),
)  # fmt: skip
