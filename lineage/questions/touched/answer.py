"""`touched`: whose credentials changed or read a resource.

Changing, sensitive and refused calls have targets, and are counted whole. What else a call is about is only in
the examples that are kept, so such counts are "at least"; of other reads the resources that they log and their filters
are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import msgspec

from lineage.model import schema
from lineage.model.keys import ref
from lineage.model.operations import is_read, operation_of
from lineage.model.results import CallFilter, CallRow, ChangeEdge, Window, grouped
from lineage.model.times import iso
from lineage.questions.denied.answer import ASSUME
from lineage.questions.shared import grants
from lineage.questions.shared.climb import account_of
from lineage.questions.shared.grants import NODES_SHOWN, Owners
from lineage.questions.shared.log_coverage import log_coverage
from lineage.questions.shared.models import Sight
from lineage.questions.shared.resources import Wanted, wanted
from lineage.questions.shared.whose import call_it
from lineage.questions.touched import Deed, Touch, Touched, Toucher
from lineage.stores.reader import Reader

DEEDS = (schema.CREATED, schema.CHANGED, schema.STARTED)
KINDS = ("changed", "assumed", "read")


class _About(NamedTuple):
    row: CallRow
    at_least: bool


def answer(
    reader: Reader, ask: str, *, since: int | None = None, until: int | None = None, limit: int = 200
) -> Touched:
    """Tell the origins behind all that is known about a resource, and what the graph keeps of its changes."""
    named, window = wanted(ask.strip()), Window(since, until)
    places = {named.account} if named.account else grants.loaded(reader)
    about = _about(reader, named, window)
    targets = {target for row, _ in about for target in row.row.targets if named.is_target(target)}
    nodes = named.nodes(places, targets)
    deeds = reader.changes(DEEDS, targets=nodes, window=window)
    callers = {row.source for row, _ in about} | {deed.source for deed in deeds}
    owners = Owners(reader, reader.ascend(callers))
    origins = _origins(owners, about)
    result = [_deed(owners, deed) for deed in deeds]
    # A workload is known by its ARN, and by the account, type and name that its own sessions state.
    by_name = {f"{target.account or ''}:{target.type}:{target.id}" for target in targets}
    resources = sorted({target.key for target in targets} | ({ref(deed.target).key for deed in deeds} - by_name))
    accounts = {row.row.account for row, _ in about} | {account_of(deed.target) for deed in deeds}
    looked = log_coverage(reader, accounts if about or deeds else places, window)
    return Touched(
        asked=ask, found=bool(about or deeds), resources=resources[:NODES_SHOWN], resources_total=len(resources),
        scope=grants.whole_scope(looked, window), calls=sum(row.count for row, _ in about),
        origins=origins[:limit], origins_total=len(origins),
        unresolved=sum(grants.is_open(one.whose) for one in origins), deeds=result[:limit], deeds_total=len(result),
        truncated=len(origins) > limit or len(result) > limit or len(resources) > NODES_SHOWN,
        note=_note(looked, any(one.at_least for one in about)), sight=looked,
    )  # fmt: skip


def _about(reader: Reader, named: Wanted, window: Window) -> list[_About]:
    """The calls about the resource: by target whole, by example as far as examples show."""
    exact = reader.calls(CallFilter("resource", tuple(sorted(named.keys))), window)
    # The second of two instances is no target, and a bare name is no key.
    others = reader.calls(CallFilter("naming", named.texts), window)
    if named.account is not None:
        others = [row for row in others if row.row.account == named.account]
    rows = {(row.source, row.row.id): row for row in (*others, *exact)}
    found = []
    for row in rows.values():
        if any(map(named.is_target, row.row.targets)):
            found.append(_About(row, False))
            continue
        service = row.row.api.partition(":")[0]
        samples = [sample for sample in row.samples if named.is_in(sample, service, row.row.account)]
        if samples:
            some = msgspec.structs.replace(
                row, samples=samples, count=len(samples), first=samples[0].time, last=samples[-1].time
            )
            found.append(_About(some, len(row.samples) < row.count))
    own = {(row.source, row.row.id) for row in grants.own(reader, [one.row for one in found])}
    found = [one for one in found if (one.row.source, one.row.row.id) in own]
    return sorted(found, key=lambda one: (one.row.first, one.row.row.id, one.row.source))


def _origins(owners: Owners, about: Iterable[_About]) -> list[Toucher]:
    groups = grouped(about, lambda one: owners.apart(one.row.source))
    found = []
    for members in groups.values():
        rows = [one.row for one in members]
        nodes = sorted({row.source for row in rows})
        found.append(Toucher(
            whose=owners.whose(rows[0].source), nodes=nodes[:NODES_SHOWN], nodes_total=len(nodes),
            calls=grants.total(rows), failed=grants.failed(rows), at_least=any(one.at_least for one in members),
            first=grants.first(rows), last=grants.last(rows), operations=_operations(members),
        ))  # fmt: skip
    return sorted(
        found, key=lambda one: (not _changed(one), -one.calls, one.first, grants.sort_name(one.whose), one.nodes)
    )


def _changed(one: Toucher) -> bool:
    return any(touch.kind == "changed" and touch.error is None for touch in one.operations)


def _operations(about: Iterable[_About]) -> list[Touch]:
    groups = grouped(about, lambda one: (_kind(one.row), one.row.row.api, one.row.row.error))
    found = []
    for (kind, api, error), members in groups.items():
        rows = [one.row for one in members]
        found.append(Touch(
            api=api, kind=kind, error=error, count=grants.total(rows), at_least=any(one.at_least for one in members),
            first=grants.first(rows), last=grants.last(rows), event_ids=grants.earliest(rows),
        ))  # fmt: skip
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.api, one.error or ""))


def _kind(row: CallRow) -> Literal["changed", "assumed", "read"]:
    """Does a call change, read, or obtain a session of what it is about?"""
    if row.row.api in ASSUME:
        return "assumed"
    if row.row.category in ("management-read", "management-write"):
        return "changed" if row.row.category == "management-write" else "read"
    return "read" if is_read(operation_of(row.row.api)) else "changed"


def _deed(owners: Owners, deed: ChangeEdge) -> Deed:
    properties: dict[str, Any] = deed.properties
    started = "entered" if properties.get("entered") else "started"
    what = started if deed.type == schema.STARTED else properties["what"]
    return Deed(
        type=deed.type, what=what, api=properties["api"], time=iso(deed.time), node=deed.source,  # type: ignore[arg-type]  # one of DEEDS
        credentials_of=call_it(owners.whose(deed.source)), before=properties.get("before"),
        after=properties.get("after"), event_ids=deed.event_ids,
    )  # fmt: skip


def _note(looked: Sight, at_least: bool) -> str:
    parts = ["reads that are neither sensitive nor refused are known only by the resources that their examples log"]
    if at_least:
        parts.append("what examples alone name is counted as at least so many calls")
    if not any(kind.startswith("data:") for kind in looked.categories):
        parts.append("no data events are loaded, so reads and writes of objects and items are unknown")
    return "; ".join(parts)
