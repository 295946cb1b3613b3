"""`denied`: refused calls. Assumptions by caller with the first success after them, bursts over many services, and
what was refused at all.

All is by true origin: a probe that changes its session does not become two half probes. Callers whose origin is not
known are counted one by one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from lineage.model import keys, schema
from lineage.model.arn import role_of
from lineage.model.operations import is_refusal
from lineage.model.results import CallFilter, CallRow, Window, grouped
from lineage.model.times import iso
from lineage.questions.denied import Burst, Denied, DeniedCalls, RefusedCaller, RefusedRole, Success
from lineage.questions.shared import grants, subjects
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.grants import NODES_SHOWN, Owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Counted, Scope
from lineage.questions.shared.subjects import Subject, find
from lineage.stores.reader import Reader

BURST_SECONDS: Final = 600
BURST_SERVICES: Final = 5
BURST_OPERATIONS: Final = 10
ROLES_SECONDS: Final = 60
ROLES: Final = 4
HOUR = 3600
RULE: Final = (
    f"a burst: {BURST_SERVICES} or more services, or {BURST_OPERATIONS} or more operations, are refused to one origin "
    f"within {BURST_SECONDS // 60} minutes; role enumeration: {ROLES} or more roles are refused to one origin within "
    f"{ROLES_SECONDS} seconds"
)


class Event(NamedTuple):
    """One refused call."""

    time: int
    event_id: str
    what: str
    """What different ones are counted of: the operation, or the role that was refused."""


class Kind(NamedTuple):
    """A kind of burst."""

    name: Literal["permissions", "roles"]
    seconds: int
    what: Callable[[CallRow], str | None]
    """What different ones are counted of; None of a call that is no part of such a burst."""
    is_much: Callable[[Iterable[str]], bool]


def stretches(rows: Iterable[CallRow], kind: Kind) -> list[tuple[int, int]]:
    """The hours in which a burst may lie: where they and the next have refusals of enough operations or roles."""
    hours: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        what = kind.what(row)
        if what is not None:
            hours[row.row.hour].add(what)
    found: list[tuple[int, int]] = []
    for hour in sorted(hours):
        if kind.is_much(hours[hour] | hours.get(hour + 1, set())):
            since, until = hour * HOUR, (hour + 2) * HOUR - 1
            if found and since <= found[-1][1] + 1:
                found[-1] = found[-1][0], until
            else:
                found.append((since, until))
    return found


def _is_much(apis: Iterable[str]) -> bool:
    operations = set(apis)
    services = {api.partition(":")[0] for api in operations}
    return len(operations) >= BURST_OPERATIONS or len(services) >= BURST_SERVICES


def _role(row: CallRow) -> str | None:
    """The role that an assumption was refused of, None where the refusal does not name it."""
    role = _target(row) if row.row.relation == schema.TRIED else UNKNOWN
    return role if role != UNKNOWN else None


PERMISSIONS: Final = Kind(
    "permissions", BURST_SECONDS, lambda row: row.row.api if is_refusal(row.row.error) else None, _is_much
)
ENUMERATION: Final = Kind("roles", ROLES_SECONDS, _role, lambda roles: len(set(roles)) >= ROLES)


def bursts(events: Sequence[Event], kind: Kind = PERMISSIONS) -> list[list[Event]]:
    """The bursts among refusals in order of time: every stretch of the kind's length that holds enough, joined where
    they overlap."""
    found: list[tuple[int, int]] = []
    inside: dict[str, int] = defaultdict(int)
    begin = 0
    for end, event in enumerate(events):
        inside[event.what] += 1
        while event.time - events[begin].time > kind.seconds:
            inside[events[begin].what] -= 1
            begin += 1
        if kind.is_much(what for what, count in inside.items() if count):
            if found and begin <= found[-1][1]:
                found[-1] = found[-1][0], end
            else:
                found.append((begin, end))
    return [list(events[first : last + 1]) for first, last in found]


OPERATIONS_SHOWN = 50
UNKNOWN = "unknown"
ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoot")


def answer(
    reader: Reader, ask: str | None = None, *, since: int | None = None, until: int | None = None,
    margin: int | None = None, limit: int = 200,
) -> Denied:  # fmt: skip
    """Tell the refused calls of a subject, or of the whole store."""
    subject = find(reader, ask) if ask is not None else None
    if ask is not None and subject is None:
        return Denied(asked=ask, found=False, rule=RULE)
    every, window, scope = _rows(reader, subject, since, until, margin)
    rows = [row for row in every if is_refusal(row.row.error) or row.row.relation == schema.TRIED]
    rows = grants.own(reader, rows)
    owners = Owners(reader, reader.ascend({row.source for row in rows}))
    tried = [row for row in rows if row.row.relation == schema.TRIED]
    assumptions = _assumptions(reader, owners, tried)
    refusals = found_bursts(reader, owners, rows, window)
    operations = _operations(owners, rows)
    own = {account_of(start) for start in subject.starts} if subject else set()
    called = {row.row.account for row in every} if subject else {one.account for one in reader.coverage(None, window)}
    accounts = called or own or grants.loaded(reader)
    looked = log_coverage(reader, accounts, window)
    return Denied(
        asked=ask, found=True, subject=subject.to_model() if subject else None,
        scope=scope or grants.whole_scope(looked, window), calls=grants.total(rows),
        assumptions=[_cut(one, limit) for one in assumptions[:limit]], assumptions_total=len(assumptions),
        callers=len({owners.caller(row.source) for row in tried}),
        bursts=refusals[:limit], bursts_total=len(refusals),
        operations=operations[:limit], operations_total=len(operations),
        truncated=any(len(one) > limit for one in (assumptions, refusals, operations))
        or any(one.roles_total > limit for one in assumptions),
        rule=RULE, sight=looked,
    )  # fmt: skip


def _rows(
    reader: Reader, subject: Subject | None, since: int | None, until: int | None, margin: int | None
) -> tuple[list[CallRow], Window, Scope | None]:
    """The calls in question, their window, and how that came about."""
    if subject is None:
        window = Window(since, until)
        return reader.calls(CallFilter("failed"), window), window, None
    every = reader.calls(subject.which) if subject.event is None and (since is None or until is None) else []
    window, scope = subjects.scope_of(subject, every, since, until, margin)
    return reader.calls(subject.which, window), window, scope


def _assumptions(reader: Reader, owners: Owners, rows: Sequence[CallRow]) -> list[RefusedCaller]:
    """By origin: the roles that were refused, and the first grant of each that came after."""
    groups = grouped(rows, lambda row: owners.apart(row.source))
    successes = _successes(reader, owners, rows)
    found = []
    for apart, some in groups.items():
        by_role = grouped(some, _target)
        nodes = sorted({row.source for row in some})
        roles = [_refused(role, members, successes.get((apart, role))) for role, members in by_role.items()]
        found.append(RefusedCaller(
            whose=owners.whose(some[0].source), nodes=nodes[:NODES_SHOWN], nodes_total=len(nodes),
            count=grants.total(some), first=grants.first(some), last=grants.last(some),
            roles=sorted(roles, key=lambda one: (one.first, one.role_arn)), roles_total=len(roles),
        ))  # fmt: skip
    return sorted(found, key=lambda one: (-one.count, one.first, one.nodes))


def _cut(caller: RefusedCaller, limit: int) -> RefusedCaller:
    return caller if caller.roles_total <= limit else caller.model_copy(update={"roles": caller.roles[:limit]})


def _target(row: CallRow) -> str:
    """The role that was asked for, with any path that the call named; `unknown` where it names none."""
    parts = role_of(row.row.target.key) if row.row.target else None
    return keys.role(*parts[:3]).key if parts else UNKNOWN


def _refused(role: str, rows: list[CallRow], success: Success | None) -> RefusedRole:
    return RefusedRole(
        role_arn=role, errors=sorted({row.row.error for row in rows if row.row.error}),
        count=grants.total(rows), first=grants.first(rows), last=grants.last(rows), event_ids=grants.earliest(rows),
        success=success,
    )  # fmt: skip


def _successes(reader: Reader, owners: Owners, rows: Iterable[CallRow]) -> dict[tuple[str, str], Success]:
    """By origin and role: the first grant at or after the first refusal, whenever that was."""
    begins: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        role = _target(row)
        if role != UNKNOWN:
            apart = owners.apart(row.source)
            begins[role][apart] = min(row.first, begins[role].get(apart, row.first))
    found: dict[tuple[str, str], Success] = {}
    for role, firsts in begins.items():
        names = grants.spellings(reader, role)
        later = _granted(reader, names, min(firsts.values()))
        of = Owners(reader, reader.ascend({row.source for row in later}))
        for apart, first in firsts.items():
            mine = [row for row in later if row.last >= first and of.apart(row.source) == apart]
            if any(row.first < first for row in mine):
                # Its first call of that hour came before the refusal: the store cuts to the second.
                again = _granted(reader, names, first)
                mine = [row for row in again if of.apart(row.source) == apart]
            if mine:
                row = min(mine, key=lambda row: (row.first, row.row.id, row.source))
                ids = [sample.event_id for sample in row.samples if sample.time == row.first]
                found[apart, role] = Success(time=iso(row.first), event_ids=ids, caller=row.source)
    return found


def _granted(reader: Reader, names: tuple[str, ...], since: int) -> list[CallRow]:
    rows = reader.calls(CallFilter("resource", names), Window(since, None))
    return grants.own(reader, [row for row in rows if row.row.error is None and row.row.api in ASSUME])


def _operations(owners: Owners, rows: Iterable[CallRow]) -> list[DeniedCalls]:
    groups = grouped(rows, lambda row: (row.row.api, row.row.error or "", owners.apart(row.source)))
    found = [
        DeniedCalls(
            whose=owners.whose(some[0].source), api=api, error=error, count=grants.total(some),
            first=grants.first(some), last=grants.last(some), event_ids=grants.earliest(some),
            nodes=(nodes := sorted({row.source for row in some}))[:NODES_SHOWN], nodes_total=len(nodes),
        )
        for (api, error, _), some in groups.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.count, one.api, one.error, grants.sort_name(one.whose), one.first))


def found_bursts(
    reader: Reader, owners: Owners, rows: Iterable[CallRow], window: Window,
    kinds: Collection[Kind] = (PERMISSIONS, ENUMERATION),
) -> list[Burst]:  # fmt: skip
    """The bursts among refused calls by origin, in order of time.

    Parameters
    ----------
    reader : the store
    owners : of the nodes that called
    rows : refused calls, copies of other accounts left out
    window : what of the calls counts
    kinds : of bursts
    """
    groups = grouped(rows, lambda row: owners.apart(row.source))
    found = []
    for some, kind in ((some, kind) for some in groups.values() for kind in kinds):
        nodes = tuple(sorted({row.source for row in some}))
        for since, until in stretches(some, kind):
            # Rows hold an hour; the events of these few hours show the minutes.
            inside = Window(max(since, window.since or since), min(until, window.until or until))
            every = reader.calls(CallFilter("node", nodes), inside, every=True)
            events = sorted(
                Event(sample.time, sample.event_id, what)
                for row in grants.own(reader, every)
                if (what := kind.what(row)) is not None
                for sample in row.samples
            )
            rows_of: dict[str, list[CallRow]] = defaultdict(list)
            for row in every:
                for sample in row.samples:
                    rows_of[sample.event_id].append(row)
            well = sorted(sample.time for row in every if row.row.error is None for sample in row.samples)
            found += [_burst(owners, kind, nodes, rows_of, burst, well) for burst in bursts(events, kind)]
    return sorted(found, key=lambda one: (one.first, one.last, one.nodes, one.kind))


def _burst(
    owners: Owners, kind: Kind, nodes: Sequence[str], rows_of: Mapping[str, Sequence[CallRow]],
    events: Sequence[Event], well: Sequence[int],
) -> Burst:  # fmt: skip
    """A burst; `rows_of` has the rows by event ID, `well` the times of successful calls in order."""
    first, last = events[0].time, events[-1].time
    callers = sorted({row.source for event in events for row in rows_of[event.event_id]})
    by_api = grouped(events, lambda event: rows_of[event.event_id][-1].row.api)
    roles = sorted({event.what for event in events}) if kind is ENUMERATION else []
    operations = [
        Counted(value=api, calls=len(some), failed=len(some), first=iso(some[0].time), last=iso(some[-1].time))
        for api, some in sorted(by_api.items(), key=lambda one: (-len(one[1]), one[0]))
    ]
    return Burst(
        kind=kind.name, roles=roles[:OPERATIONS_SHOWN], roles_total=len(roles),
        whose=owners.whose(callers[0] if callers else nodes[0]), nodes=callers[:NODES_SHOWN], nodes_total=len(callers),
        first=iso(first), last=iso(last), count=len(events),
        services=sorted({api.partition(":")[0] for api in by_api}), operations=operations[:OPERATIONS_SHOWN],
        operations_total=len(operations), succeeded=bisect_right(well, last) - bisect_left(well, first),
        event_ids=[event.event_id for event in events[:NODES_SHOWN]],
    )  # fmt: skip
