"""What hangs on one node: callers, keys, what it obtained, made, started and touched. One step, bounded."""

from __future__ import annotations

from collections import defaultdict

from lineage import schema
from lineage.draw.shapes.told import Told
from lineage.draw.sheet import Known, Sheet
from lineage.keys import ref
from lineage.questions.common.reader import Reader
from lineage.seen import RowSeen, Which
from lineage.times import iso

NEIGHBOURS = 100
"""At most so many neighbours are drawn at once, the earliest first."""
RESOURCES = 20
"""At most so many touched resources and refused roles, the most often called first."""
_LINEAL = (schema.ASSUMED, schema.ISSUED, schema.BELONGS_TO)
_DEEDS = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)


def near(reader: Reader, node: str) -> Told:
    """The picture of a node with what hangs on it."""
    _, key = ref(node)
    graph = reader.ascend([node])
    below = reader.descend([ref(node)])
    graph.add_nodes_from(below.nodes(data=True))
    for source, target, name, way in below.edges(keys=True, data=True):
        graph.add_edge(source, target, key=name, **way)
    sheet = Sheet(Known(reader.account_names(), graph, {}, {}))
    sheet.of_ref(node, lit=True)
    found = [
        (str(source), str(target), way)
        for source, target, way in (*graph.in_edges(node, data=True), *graph.out_edges(node, data=True))
        if way["type"] in _LINEAL or way["type"] == schema.RUNS_AS
    ]
    found.sort(key=lambda one: (one[2].get("time") or "", one[0], one[1]))
    for source, target, way in found[:NEIGHBOURS]:
        _lineal(sheet, source, target, way)
    deeds = reader.deeds(_DEEDS, sources=[node])
    for deed in deeds[:NEIGHBOURS]:
        told = deed.properties
        sheet.of_ref(deed.target)
        sheet.link(
            node, deed.target, deed.type, beside=True, first=iso(deed.time), events=deed.event_ids,
            what=told.get("what"), api=told.get("api"), before=told.get("before"), after=told.get("after"),
        )  # fmt: skip
    _calls(sheet, node, reader.calls(Which("node", (node,))))
    left = len(found) + len(deeds) - min(len(found), NEIGHBOURS) - min(len(deeds), NEIGHBOURS)
    notes = [f"{left:,} more hang on {key} and are not drawn."] if left else []
    return Told(sheet, f"What hangs on {key}", f"lineage trace {key}", notes)


def _lineal(sheet: Sheet, source: str, target: str, way: dict[str, object]) -> None:
    # A key belongs to its owner: drawn from the owner to the key, as all obtaining is.
    if way["type"] == schema.BELONGS_TO:
        source, target = target, source
    sheet.of_ref(source)
    sheet.of_ref(target)
    events = way.get("event_ids")
    sheet.link(
        source, target, str(way["type"]), confidence=str(way.get("confidence") or "EXACT"),
        beside=way["type"] == schema.RUNS_AS or way.get("parent") is False,
        first=str(way["time"]) if way.get("time") else None, events=events if isinstance(events, list) else (),
        api=way.get("api"), rule=way.get("rule"), address=way.get("source_ip"), agent=way.get("user_agent"),
    )  # fmt: skip


def _calls(sheet: Sheet, node: str, rows: list[RowSeen]) -> None:
    """The resources that were touched and the roles that were refused."""
    groups: dict[tuple[str, str, str | None, str], list[RowSeen]] = defaultdict(list)
    for row in rows:
        target = row.row.target
        if row.row.relation is not None and target is not None:
            groups[target.key, target.type, row.row.error, row.row.relation].append(row)
    order = sorted(groups.items(), key=lambda one: (-sum(row.count for row in one[1]), one[0][0], one[0][2] or ""))
    for (key, type_, error, relation), members in order[:RESOURCES]:
        if relation == schema.TRIED:
            end = sheet.principal(key, "Role", None, None)
        else:
            end = sheet.resource(key, type_, members[0].row.target.account if members[0].row.target else None)
        sheet.link(
            node, end, relation, failed=error is not None, first=iso(min(row.first for row in members)),
            last=iso(max(row.last for row in members)), count=sum(row.count for row in members), error=error,
            events=[event for row in members for event in row.event_ids][:5], beside=relation == schema.TOUCHED,
            operations=sorted({row.row.api for row in members}),
        )  # fmt: skip
