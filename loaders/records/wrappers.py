"""Finds records and findings in any JSON value: opens their carriers, in any nesting, and nothing else.

A value is a record, a finding, a document of another kind, or an object with a carrier (`loaders.records.carriers`).
Records and findings are leaves. This module reads value by value; `loaders.records.decode_fast` decodes a usual file
in one call. Source: field guide §9.1.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection

import msgspec

from lineage.model.batch import Passed
from loaders.files.decompress import MAGIC, gunzip
from loaders.records import columns, decode_any_case, ocsf, scan
from loaders.records.carriers import CARRIERS
from loaders.records.columns import Cell, carrier_key, short
from loaders.records.decode_any_case import fold
from loaders.records.items import Gather
from loaders.records.other_documents import document, is_asff, is_guard, is_guardduty, is_ocsf
from loaders.records.record import OCSF, RECORD

Members = dict[str, msgspec.Raw]

DEEPEST = 12
"""Most nested wrappers that are opened; real ones are four (SQS, SNS, EventBridge, record)."""

_members = msgspec.json.Decoder(Members)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_text = msgspec.json.Decoder(str)
_plain = msgspec.json.Decoder(str | int | float | bool | None)
_any: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)

_NAMES = {
    kind: tuple(carrier_key(one.name) for one in CARRIERS if one.holds == kind)
    for kind in ("record", "list", "inner", "rows")
}
_ALWAYS = frozenset({"records", "events", "logevents", "deliverystreamrecords"})
"""Lists whose elements always count as events."""
_TIMED = re.compile(rb"\s*\[\s*(?:\[\s*)?\d{9,}(?:\.\d+)?\s*,")
"""Fluent Bit: `[time, record]` or `[[time, {}], record]`."""
_EVENT_TEXT = (b'"{', b'"[', b'"H4sI', b'"eyJ', b'"ew')
_NOTICE = ("s3", "Sns", "s3ObjectKey", "receiptHandle", "ReceiptHandle", "TopicArn")


def add_value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None = None) -> None:
    """Add the items of one JSON value: records, findings, documents passed over, or an element set aside."""
    _add_value(gather, text, offset, 0, False)


def add_row(gather: Gather, names: Collection[str], cells: Collection[Cell], depth: int = 0) -> None:
    """Add the record of a row: the one in a cell, or the one that its cells make up. A row with too few or too many
    cells is set aside."""
    if len(cells) != len(names):
        gather.aside(f"row has {len(cells)} of {len(names)} cells")
        return
    stated = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    carried = {short(name): cell for name, cell in stated.items()}
    lacks = columns.count_event_fields(stated) < 2
    for name in (*_NAMES["record"], *(_NAMES["inner"] if lacks else ())):
        if name in carried and _add_carrier(gather, carried[name], None, depth, name):
            return
    if lacks:
        gather.aside("the row holds no event")
    else:
        gather.record(*columns.from_columns(stated))


def heads_events(names: list[str]) -> bool:
    """Return whether columns of these names hold events: in one column the whole record, or members in several."""
    shorts = {short(name) for name in names}
    if not shorts.isdisjoint(_NAMES["record"]) or (len(names) > 1 and not shorts.isdisjoint(("message", "@message"))):
        return True
    return columns.count_event_fields(names) >= 2


def _add_value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, expected: bool) -> None:
    """Add the items of a value; `expected`: it is where a record belongs (in a list of events)."""
    if (record := decode_any_case.decode_record(text)) is not None:
        gather.record(RECORD, record, text)
        return
    start = bytes(memoryview(text)[:64]).lstrip()[:1]
    if depth > DEEPEST:
        gather.aside("wrappers nested too deep", offset)
        return
    take = _add_object if start == b"{" else _add_list if start == b"[" else _add_scalar
    try:
        take(gather, text, offset, depth, expected)
    except scan.ERRORS:
        better = scan.repaired(bytes(text))
        try:
            take(gather, better or b"", offset, depth, expected)
        except scan.ERRORS:
            gather.aside(_why(bytes(text)), offset)


def _add_scalar(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, expected: bool) -> None:
    stated = _plain.decode(text)
    if not isinstance(stated, str):
        gather.aside("not an object: null" if stated is None else "not an object: a number or boolean", offset)
    elif not add_text(gather, stated, offset, depth):
        gather.aside("not an object: a string", offset)


def _add_list(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, expected: bool) -> None:
    items = _items.decode(text)
    if items and _is_cell(items[0]):
        _add_cells(gather, items, depth)
        return
    if len(items) == 2 and _TIMED.match(text) and bytes(memoryview(items[1])[:1]) == b"{":
        items = items[1:]
    for item in items:
        if (record := decode_any_case.decode_record(item)) is not None:
            gather.record(RECORD, record, item)
        else:
            _add_value(gather, item, offset, depth + 1, expected)


def _add_object(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, expected: bool) -> None:
    members = _members.decode(text)
    if passed := document(members):
        gather.passed(passed)
        return
    carried = {carrier_key(name): raw for name, raw in reversed(members.items())}
    if _is_finding(carried, text):
        gather.finding(text)
        return
    if (event := _ocsf(carried, text)) is not None:
        gather.record(OCSF, columns.from_columns(event)[1])
        return
    for name in _NAMES["record"]:
        if name in carried and _add_carrier(gather, carried[name], offset, depth, name):
            return
    if "CloudTrailEvent" in members and bytes(members["CloudTrailEvent"]) not in (b"null", b'""'):
        gather.aside("the string inside is no event", offset)
    elif _is_record(members):
        _add_own_record(gather, members, text)
    elif (names := _elastic(members, carried)) is not None:
        gather.record(*columns.from_columns(names))
    elif not _add_carried(gather, carried, offset, depth):
        _add_uncarried(gather, members, carried, text, offset, expected)


def _add_carried(gather: Gather, carried: Members, offset: int | None, depth: int) -> bool:
    """Add the items of the first carrier that holds an event; return False if none does."""
    return (
        any(_add_rows(gather, name, carried[name], depth) for name in _NAMES["rows"] if name in carried)
        or any(_add_list_carrier(gather, carried, name, offset, depth) for name in _NAMES["list"] if name in carried)
        or any(_add_carrier(gather, carried[name], offset, depth, name) for name in _NAMES["inner"] if name in carried)
    )


def _add_uncarried(
    gather: Gather, members: Members, carried: Members, text: bytes | msgspec.Raw, offset: int | None, expected: bool
) -> None:
    """Add an object whose carriers hold no event."""
    if any(name in members for name in _NOTICE):
        gather.passed(Passed("notification", 1))
    elif {"message", "timestamp"} <= members.keys() and expected:
        gather.aside("the string inside is no event", offset)
    elif columns.count_event_fields(members) or (
        expected and "detail-type" not in members and carried.keys().isdisjoint(_NAMES["inner"])
    ):
        _add_own_record(gather, members, text)
    else:
        gather.passed(Passed("other", 1))


def _add_own_record(gather: Gather, members: Members, text: bytes | msgspec.Raw) -> None:
    form, record = columns.from_members(members)
    gather.record(form, record, text if form == RECORD else None)


def _is_record(members: Members) -> bool:
    """Return whether an object is a record even if its ID, time or name is missing or has another spelling."""
    if "s3" in members:
        return False
    count = columns.count_event_fields(members)
    return count >= 3 or (count >= 2 and columns.has_identity_field(members))


def _is_finding(carried: Members, text: bytes | msgspec.Raw) -> bool:
    if carried.keys().isdisjoint(("productarn", "classuid", "schema")) and not (
        "type" in carried and ("service" in carried or "resource" in carried)
    ):
        return False
    stated = _any.decode(text)
    return is_guardduty(stated) or is_asff(stated) or is_ocsf(stated) or is_guard(stated)


def _ocsf(carried: Members, text: bytes | msgspec.Raw) -> dict[str, Cell] | None:
    """Return an event of CloudTrail in OCSF as columns; None for anything else."""
    return ocsf.columns_of(_any.decode(text)) if {"classuid", "api"} <= carried.keys() else None


def _elastic(members: Members, carried: Members) -> dict[str, Cell] | None:
    """Return the members of a record under Elastic's names as columns; None if there are none, or a whole record."""
    if "fields" in carried and (lists := _object_in(carried["fields"])) is not None:
        members = lists
    found: dict[str, Cell] = {}
    stated = False
    for name, raw in members.items():
        below = _object_in(raw) if fold(name) in _SPACES else None
        if below is None:
            stated = stated or fold(name).startswith("aws.cloudtrail.")
            found[name] = raw
            continue
        for inside, one in below.items():
            deeper = _object_in(one) if (fold(name), fold(inside)) == ("aws", "cloudtrail") else None
            if deeper is None:
                found[f"{name}.{inside}"] = one
                continue
            if "eventName" in deeper or "eventTime" in deeper:
                return None
            stated = True
            flattened = _object_in(deeper.get("flattened", msgspec.Raw(b"null"))) or {}
            found |= {f"{name}.{inside}.{deepest}": it for deepest, it in (deeper | flattened).items()}
    original = found.get("event.original")
    return found if stated and (not isinstance(original, msgspec.Raw) or not _may_hold_event(original, 0)) else None


_SPACES = frozenset({"aws", "event", "user", "useragent", "source", "cloud"})
"""Objects in which Elastic keeps members of a record."""


def _object_in(raw: msgspec.Raw) -> Members | None:
    if bytes(memoryview(raw)[:1]) != b"{":
        return None
    try:
        return _members.decode(raw)
    except scan.ERRORS:
        return None


def add_text(gather: Gather, text: str, offset: int | None, depth: int = 0) -> bool:
    """Add the items of a string; return False, and add nothing, if it holds no event."""
    data = text.strip().encode("utf-8", "replace")
    if data[:1] not in (b"{", b"["):
        if match := scan.PREFIX.match(data):
            data = data[match.end() :]
        elif (decoded := decode_base64(data)) is not None:
            data = decoded
        else:
            return False
    for item, _ in scan.values(data):
        _add_value(gather, item, offset, depth + 1, True)
    return True


def decode_base64(data: bytes) -> bytes | None:
    """Return decoded base64 if it is JSON or gzip data, else None."""
    if len(data) < 8 or data[:1] not in b"HeWI":  # H4sI is gzip, eyJ is {", W3s is [{, Iy… is "
        return None
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    if decoded.startswith(MAGIC):
        return gunzip(decoded)
    return decoded if decoded.lstrip()[:1] in (b"{", b"[") else None


def _add_carrier(gather: Gather, cell: msgspec.Raw | str, offset: int | None, depth: int, name: str) -> bool:
    """Add the items of a carrier; return False, and add nothing, if it holds no event."""
    if isinstance(cell, msgspec.Raw):
        start = bytes(memoryview(cell)[:1])
        if start in (b"{", b"["):
            if name == "fulllog" or not _may_hold_event(cell, depth + 1):
                return False
            _add_value(gather, cell, offset, depth + 1, True)
            return True
        if start != b'"':
            return False
        try:
            cell = _text.decode(cell)
        except scan.ERRORS:
            return False
    if name == "fulllog" and not _is_wazuh(cell):
        return False
    return add_text(gather, cell, offset, depth)


def _is_wazuh(text: str) -> bool:
    """Return whether Wazuh's `full_log` was written by its AWS module; other logs hold untrusted text."""
    members = _object_in(msgspec.Raw(text.strip().encode("utf-8", "replace")))
    return members is not None and members.get("integration") == msgspec.Raw(b'"aws"')


def _add_list_carrier(gather: Gather, carried: Members, name: str, offset: int | None, depth: int) -> bool:
    """Add the elements of a wrapper's list; return False if the member is no list of events."""
    raw = carried[name]
    start = bytes(memoryview(raw)[:1])
    if start not in (b"[", b"{"):
        return name in _ALWAYS and bytes(raw) == b"null"
    if name == "rows" and (names := _headings(carried.get("columns"))) and _is_lists(raw):
        for cells in _items.decode(raw):
            _add_listed_row(gather, names, cells, depth)
        return True
    if name not in _ALWAYS and bytes(raw) != b"[]" and not _may_hold_event(raw, depth + 1):
        return False
    if start == b"[":
        _add_list(gather, raw, offset, depth, True)
    else:
        _add_value(gather, raw, offset, depth + 1, True)
    return True


def _is_lists(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[1:64]).lstrip()[:1] == b"["


def _headings(raw: msgspec.Raw | None) -> list[str]:
    """Return the column names of a sibling member of rows: `[{"name": …}]`."""
    stated = _any.decode(raw) if raw is not None else None
    names = [one.get("name") for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []
    return [name for name in names if isinstance(name, str)]


def _add_listed_row(gather: Gather, names: list[str], raw: msgspec.Raw, depth: int) -> None:
    try:
        cells = _items.decode(raw)
    except scan.ERRORS:
        gather.aside("the row is not a list")
        return
    add_row(gather, names, [_cell(cell) for cell in cells], depth)


def _cell(raw: msgspec.Raw) -> Cell:
    return None if bytes(raw) == b"null" else raw


def _is_cell(raw: msgspec.Raw) -> bool:
    """Return whether an element is `{"field": …, "value": …}`, a cell of CloudWatch Logs Insights."""
    members = _object_in(raw)
    return members is not None and members.keys() == {"field", "value"}


def _add_cells(gather: Gather, items: list[msgspec.Raw], depth: int) -> None:
    stated: dict[str, Cell] = {}
    for item in items:
        cell = _object_in(item) or {}
        if cell.keys() == {"field", "value"}:
            stated[str(_any.decode(cell["field"]))] = _cell(cell["value"])
    add_row(gather, stated, stated.values(), depth + 1)


def _add_rows(gather: Gather, name: str, raw: msgspec.Raw, depth: int) -> bool:
    """Add the rows of `get-query-results` of CloudTrail Lake or Athena; return False if the member is no such table."""
    stated = _any.decode(raw)
    table = _lake(stated) if name == "queryresultrows" else _athena(stated)
    if table is None:
        return False
    for names, cells in table:
        add_row(gather, names, [cell if isinstance(cell, str) else None for cell in cells], depth)
    return True


def _lake(stated: object) -> list[tuple[list[str], list[object]]] | None:
    """Return names and cells of each row: a list of objects with one column each."""
    if not isinstance(stated, list):
        return None
    rows = ({name: cell for column in _dicts(one) for name, cell in column.items()} for one in stated)
    return [(list(cells), list(cells.values())) for cells in rows]


def _athena(stated: object) -> list[tuple[list[str], list[object]]] | None:
    """Return names and cells of each row; the first row of the first page is the header."""
    if not isinstance(stated, dict):
        return None
    table = [[cell.get("VarCharValue") for cell in _dicts(one.get("Data"))] for one in _dicts(stated.get("Rows"))]
    about = stated.get("ResultSetMetadata")
    stated = _dicts(about.get("ColumnInfo")) if isinstance(about, dict) else []
    names = [str(one.get("Name")) for one in stated] or [str(cell) for cell in (table[0] if table else [])]
    return [(names, cells) for cells in table if cells != names]


def _dicts(stated: object) -> list[dict[str, object]]:
    return [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []


def _may_hold_event(raw: msgspec.Raw, depth: int) -> bool:
    """Return whether a value holds an event or a finding, or is damaged and may hold one."""
    start = bytes(memoryview(raw)[:8])
    if start[:1] not in (b"{", b"["):
        return start.startswith(_EVENT_TEXT)
    if depth > DEEPEST:
        return True
    try:
        if start[:1] == b"[":
            return any(_may_hold_event(item, depth + 1) for item in _items.decode(raw))
        members = _members.decode(raw)
    except scan.ERRORS:
        return True
    carried = {carrier_key(name): one for name, one in members.items()}
    if columns.count_event_fields(members) or {"field", "value"} == members.keys():
        return True
    if document(members) is not None or _is_finding(carried, raw) or _elastic(members, carried) is not None:
        return True
    if _ocsf(carried, raw) is not None:
        return True
    if not carried.keys().isdisjoint(_NAMES["rows"]) or not carried.keys().isdisjoint(_ALWAYS):
        return True
    if "rows" in carried and "columns" in carried:
        return True
    return any(
        _may_hold_event(carried[name], depth + 1)
        for name in (*_NAMES["record"], *_NAMES["list"], *_NAMES["inner"])
        if name in carried
    )


def _why(text: bytes) -> str:
    start = text.lstrip()[:32]
    if re.match(rb"[\[{]+\s*u?'", start):
        return "Python repr (single quotes), not JSON: write it with json.dumps"
    if start[:1] in (b"{", b"[", b'"') and scan.end_of_value(memoryview(text)) == scan.TRUNCATED:
        return "truncated JSON: the text ends inside a value"
    return "malformed JSON" if start[:1] in (b"{", b"[") else "no object"
