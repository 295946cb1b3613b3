"""Records and findings in any JSON value: what carries them is opened, in any nesting, and nothing else is.

A value is a record, a finding, a document of another kind, or an object in which a carrier
(`loaders.records.carriers`) leads on. Records and findings are leaves. This is the careful way;
`loaders.records.decode_fast` decodes the ordinary file at once.
Source: field guide §9.1.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

import msgspec

from loaders.files.digests import digest
from loaders.files.gunzip import MAGIC, gunzip
from loaders.findings import guardduty, securityhub
from loaders.records import columns, decode_any_case, scan
from loaders.records.carriers import CARRIERS
from loaders.records.columns import Cell, carrier_key, short
from loaders.records.decode_any_case import fold
from loaders.records.items import Gather, Passed
from loaders.records.record import RECORD

Members = dict[str, msgspec.Raw]

DEEPEST = 12
"""Wrappers inside wrappers that are opened; real ones have four (SQS, SNS, EventBridge, record)."""

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
"""Lists whose elements are offered as events whatever they are."""
_TIMED = re.compile(rb"\s*\[\s*(?:\[\s*)?\d{9,}(?:\.\d+)?\s*,")
"""Fluent Bit: `[time, record]` or `[[time, {}], record]`."""
_EVENT_TEXT = (b'"{', b'"[', b'"H4sI', b'"eyJ', b'"ew')
_NOTICE = ("s3", "Sns", "s3ObjectKey", "receiptHandle", "ReceiptHandle", "TopicArn")


def value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None = None) -> None:
    """Add what one JSON value holds to `gather`: records, findings, documents passed over, or one set aside."""
    _value(gather, text, offset, 0, False)


def row(gather: Gather, names: Iterable[str], cells: Iterable[Cell], depth: int = 0) -> None:
    """Add what a row of a table holds: the record in one of its cells, or the record that its cells make."""
    said = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    carried = {short(name): cell for name, cell in said.items()}
    lacks = columns.telling(said) < 2
    for name in (*_NAMES["record"], *(_NAMES["inner"] if lacks else ())):
        if name in carried and _opened(gather, carried[name], None, depth, name):
            return
    if lacks:
        gather.aside("the row holds no event")
    else:
        gather.record(*columns.from_columns(said))


def heads_events(names: list[str]) -> bool:
    """Return whether columns of these names hold events: one has the whole record, or some are a record's own."""
    shorts = {short(name) for name in names}
    if not shorts.isdisjoint(_NAMES["record"]) or (len(names) > 1 and not shorts.isdisjoint(("message", "@message"))):
        return True
    return columns.telling(names) >= 2


def _value(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    """`offered`: the value stands where a record should (a list of events)."""
    if (record := decode_any_case.strict(text)) is not None:
        gather.record(RECORD, record, text)
        return
    start = bytes(memoryview(text)[:64]).lstrip()[:1]
    if depth > DEEPEST:
        gather.aside("wrappers nested too deep", offset)
        return
    take = _object if start == b"{" else _list if start == b"[" else _scalar
    try:
        take(gather, text, offset, depth, offered)
    except scan.ERRORS:
        better = scan.forgiven(bytes(text))
        try:
            take(gather, better or b"", offset, depth, offered)
        except scan.ERRORS:
            gather.aside(_why(bytes(text)), offset)


def _scalar(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    said = _plain.decode(text)
    if not isinstance(said, str):
        gather.aside("no object: null" if said is None else "no object: a number or truth value", offset)
    elif not inner(gather, said, offset, depth):
        gather.aside("no object: a text", offset)


def _list(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    items = _items.decode(text)
    if items and _is_cell(items[0]):
        _cells(gather, items, depth)
        return
    if len(items) == 2 and _TIMED.match(text) and bytes(memoryview(items[1])[:1]) == b"{":
        items = items[1:]
    for item in items:
        if (record := decode_any_case.strict(item)) is not None:
            gather.record(RECORD, record, item)
        else:
            _value(gather, item, offset, depth + 1, offered)


def _object(gather: Gather, text: bytes | msgspec.Raw, offset: int | None, depth: int, offered: bool) -> None:
    members = _members.decode(text)
    if passed := document(members):
        gather.passed(passed)
        return
    carried = {carrier_key(name): raw for name, raw in reversed(members.items())}
    if _is_finding(carried, text):
        gather.finding(text)
        return
    for name in _NAMES["record"]:
        if name in carried and _opened(gather, carried[name], offset, depth, name):
            return
    if "CloudTrailEvent" in members and bytes(members["CloudTrailEvent"]) not in (b"null", b'""'):
        gather.aside("the text inside is no event", offset)
    elif _is_record(members):
        _own(gather, members, text)
    elif (names := _elastic(members, carried)) is not None:
        gather.record(*columns.from_columns(names))
    elif not _carried(gather, carried, offset, depth):
        _no_carrier(gather, members, carried, text, offset, offered)


def _carried(gather: Gather, carried: Members, offset: int | None, depth: int) -> bool:
    """Add what the first carrier that leads on holds; False where none does."""
    return (
        any(_rows(gather, name, carried[name], depth) for name in _NAMES["rows"] if name in carried)
        or any(_opened_list(gather, carried, name, offset, depth) for name in _NAMES["list"] if name in carried)
        or any(_opened(gather, carried[name], offset, depth, name) for name in _NAMES["inner"] if name in carried)
    )


def _no_carrier(
    gather: Gather, members: Members, carried: Members, text: bytes | msgspec.Raw, offset: int | None, offered: bool
) -> None:
    """Take an object in which nothing leads on."""
    if any(name in members for name in _NOTICE):
        gather.passed(Passed("notification", 1))
    elif {"message", "timestamp"} <= members.keys() and offered:
        gather.aside("the text inside is no event", offset)
    elif columns.telling(members) or (
        offered and "detail-type" not in members and carried.keys().isdisjoint(_NAMES["inner"])
    ):
        _own(gather, members, text)
    else:
        gather.passed(Passed("other", 1))


def _own(gather: Gather, members: Members, text: bytes | msgspec.Raw) -> None:
    """Add the record that an object's own members make."""
    form, record = columns.from_members(members)
    gather.record(form, record, text if form == RECORD else None)


def document(members: Mapping[str, msgspec.Raw]) -> Passed | None:
    """Return what an object is if it is a document that is no event, None else."""
    if "digestStartTime" in members and "logFiles" in members:
        return digest(msgspec.json.encode(members))
    if members.get("messageType") == msgspec.Raw(b'"CONTROL_MESSAGE"'):
        return Passed("control", 1)
    if "hashSignature" in members and "publicKeyFingerprint" in members:
        return Passed("result-sign", 1)
    if "s3Bucket" in members and "s3ObjectKey" in members:
        return Passed("notification", 1)
    if members.get("Event") == msgspec.Raw(b'"s3:TestEvent"'):
        return Passed("notification", 1)
    return None


def _is_record(members: Members) -> bool:
    """Return whether an object is a record though it lacks an ID, a time or a name, or spells them otherwise."""
    if "s3" in members:
        return False
    count = columns.telling(members)
    return count >= 3 or (count >= 2 and columns.names_identity(members))


def _is_finding(carried: Members, text: bytes | msgspec.Raw) -> bool:
    if carried.keys().isdisjoint(("productarn", "classuid")) and not (
        "type" in carried and ("service" in carried or "resource" in carried)
    ):
        return False
    said = _any.decode(text)
    return guardduty.is_finding(said) or securityhub.is_asff(said) or securityhub.is_ocsf(said)


def _elastic(members: Members, carried: Members) -> dict[str, Cell] | None:
    """Return a record's members in Elastic's names as columns, None where they have others or stand whole."""
    if "fields" in carried and (lists := _object_in(carried["fields"])) is not None:
        members = lists
    found: dict[str, Cell] = {}
    told = False
    for name, raw in members.items():
        below = _object_in(raw) if fold(name) in _SPACES else None
        if below is None:
            told = told or fold(name).startswith("aws.cloudtrail.")
            found[name] = raw
            continue
        for inside, one in below.items():
            deeper = _object_in(one) if (fold(name), fold(inside)) == ("aws", "cloudtrail") else None
            if deeper is None:
                found[f"{name}.{inside}"] = one
                continue
            if "eventName" in deeper or "eventTime" in deeper:
                return None
            told = True
            flattened = _object_in(deeper.get("flattened", msgspec.Raw(b"null"))) or {}
            found |= {f"{name}.{inside}.{deepest}": it for deepest, it in (deeper | flattened).items()}
    original = found.get("event.original")
    return found if told and (not isinstance(original, msgspec.Raw) or not _leads_on(original, 0)) else None


_SPACES = frozenset({"aws", "event", "user", "useragent", "source", "cloud"})
"""Objects in which Elastic keeps a record's members."""


def _object_in(raw: msgspec.Raw) -> Members | None:
    if bytes(memoryview(raw)[:1]) != b"{":
        return None
    try:
        return _members.decode(raw)
    except scan.ERRORS:
        return None


def inner(gather: Gather, text: str, offset: int | None, depth: int = 0) -> bool:
    """Add what a text inside a value holds; return False, and add nothing, where it is no event."""
    data = text.strip().encode("utf-8", "replace")
    if data[:1] not in (b"{", b"["):
        if match := scan.PREFIX.match(data):
            data = data[match.end() :]
        elif (decoded := unpacked(data)) is not None:
            data = decoded
        else:
            return False
    for item, _ in scan.values(data):
        _value(gather, item, offset, depth + 1, True)
    return True


def unpacked(data: bytes) -> bytes | None:
    """Return what base64 holds if that is JSON or gzip of anything, None else."""
    if len(data) < 8 or data[:1] not in b"HeWI":  # H4sI is gzip, eyJ is {", W3s is [{, Iy… is "
        return None
    try:
        decoded = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    if decoded.startswith(MAGIC):
        return gunzip(decoded)
    return decoded if decoded.lstrip()[:1] in (b"{", b"[") else None


def _opened(gather: Gather, cell: msgspec.Raw | str, offset: int | None, depth: int, name: str) -> bool:
    """Add what a carrier holds; return False, and add nothing, where it holds no event."""
    if isinstance(cell, msgspec.Raw):
        start = bytes(memoryview(cell)[:1])
        if start in (b"{", b"["):
            if name == "fulllog" or not _leads_on(cell, depth + 1):
                return False
            _value(gather, cell, offset, depth + 1, True)
            return True
        if start != b'"':
            return False
        try:
            cell = _text.decode(cell)
        except scan.ERRORS:
            return False
    if name == "fulllog" and not _is_wazuh(cell):
        return False
    return inner(gather, cell, offset, depth)


def _is_wazuh(text: str) -> bool:
    """Return whether the text of Wazuh's `full_log` is what its AWS module wrote: other logs hold what others say."""
    if text.lstrip()[:1] != "{":
        return False
    try:
        members = _members.decode(text.encode("utf-8", "replace"))
    except scan.ERRORS:
        return False
    return members.get("integration") == msgspec.Raw(b'"aws"')


def _opened_list(gather: Gather, carried: Members, name: str, offset: int | None, depth: int) -> bool:
    """Add the elements of a wrapper's list; False where the member is something else."""
    raw = carried[name]
    start = bytes(memoryview(raw)[:1])
    if start not in (b"[", b"{"):
        return name in _ALWAYS and bytes(raw) == b"null"
    if name == "rows" and (names := _headings(carried.get("columns"))) and _is_lists(raw):
        for cells in _items.decode(raw):
            _row_beside(gather, names, cells, depth)
        return True
    if name not in _ALWAYS and bytes(raw) != b"[]" and not _leads_on(raw, depth + 1):
        return False
    if start == b"[":
        _list(gather, raw, offset, depth, True)
    else:
        _value(gather, raw, offset, depth + 1, True)
    return True


def _is_lists(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[1:64]).lstrip()[:1] == b"["


def _headings(raw: msgspec.Raw | None) -> list[str]:
    """Return the names of columns that stand beside rows: `[{"name": …}]`."""
    said = _any.decode(raw) if raw is not None else None
    names = [one.get("name") for one in said if isinstance(one, dict)] if isinstance(said, list) else []
    return [name for name in names if isinstance(name, str)]


def _row_beside(gather: Gather, names: list[str], raw: msgspec.Raw, depth: int) -> None:
    try:
        cells = _items.decode(raw)
    except scan.ERRORS:
        gather.aside("the row is no list")
        return
    if len(cells) != len(names):
        gather.aside(f"row has {len(cells)} of {len(names)} cells")
    else:
        row(gather, names, [_cell(cell) for cell in cells], depth)


def _cell(raw: msgspec.Raw) -> Cell:
    return None if bytes(raw) == b"null" else raw


def _is_cell(raw: msgspec.Raw) -> bool:
    """Return whether an element is `{"field": …, "value": …}`, as CloudWatch Logs Insights writes a row's cells."""
    members = _object_in(raw)
    return members is not None and members.keys() == {"field", "value"}


def _cells(gather: Gather, items: list[msgspec.Raw], depth: int) -> None:
    said: dict[str, Cell] = {}
    for item in items:
        cell = _object_in(item) or {}
        if cell.keys() == {"field", "value"}:
            said[str(_any.decode(cell["field"]))] = _cell(cell["value"])
    row(gather, said, said.values(), depth + 1)


def _rows(gather: Gather, name: str, raw: msgspec.Raw, depth: int) -> bool:
    """Add the rows of CloudTrail Lake's or Athena's `get-query-results`; False where the member is something else."""
    said = _any.decode(raw)
    table = _lake(said) if name == "queryresultrows" else _athena(said)
    if table is None:
        return False
    for names, cells in table:
        if len(cells) == len(names):
            row(gather, names, [cell if isinstance(cell, str) else None for cell in cells], depth)
        else:
            gather.aside(f"row has {len(cells)} of {len(names)} cells")
    return True


def _lake(said: object) -> list[tuple[list[str], list[object]]] | None:
    """Return each row's names and cells: a list of objects of one column."""
    if not isinstance(said, list):
        return None
    rows = ({name: cell for column in _dicts(one) for name, cell in column.items()} for one in said)
    return [(list(row), list(row.values())) for row in rows]


def _athena(said: object) -> list[tuple[list[str], list[object]]] | None:
    """Return each row's names and cells; the first page has the names as its first row too."""
    if not isinstance(said, dict):
        return None
    table = [[cell.get("VarCharValue") for cell in _dicts(one.get("Data"))] for one in _dicts(said.get("Rows"))]
    about = said.get("ResultSetMetadata")
    told = _dicts(about.get("ColumnInfo")) if isinstance(about, dict) else []
    names = [str(one.get("Name")) for one in told] or [str(cell) for cell in (table[0] if table else [])]
    return [(names, cells) for cells in table if cells != names]


def _dicts(said: object) -> list[dict[str, object]]:
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def _leads_on(raw: msgspec.Raw, depth: int) -> bool:
    """Return whether a value holds an event or a finding, or is damaged and may hold one."""
    start = bytes(memoryview(raw)[:8])
    if start[:1] not in (b"{", b"["):
        return start.startswith(_EVENT_TEXT)
    if depth > DEEPEST:
        return True
    try:
        if start[:1] == b"[":
            return any(_leads_on(item, depth + 1) for item in _items.decode(raw))
        members = _members.decode(raw)
    except scan.ERRORS:
        return True
    carried = {carrier_key(name): one for name, one in members.items()}
    if columns.telling(members) or {"field", "value"} == members.keys():
        return True
    if document(members) is not None or _is_finding(carried, raw) or _elastic(members, carried) is not None:
        return True
    if not carried.keys().isdisjoint(_NAMES["rows"]) or not carried.keys().isdisjoint(_ALWAYS):
        return True
    if "rows" in carried and "columns" in carried:
        return True
    return any(
        _leads_on(carried[name], depth + 1)
        for name in (*_NAMES["record"], *_NAMES["list"], *_NAMES["inner"])
        if name in carried
    )


def _why(text: bytes) -> str:
    start = text.lstrip()[:32]
    if re.match(rb"[\[{]+\s*u?'", start):
        return "Python text (single quotes), not JSON: write it with json.dumps"
    if start[:1] in (b"{", b"[", b'"') and scan.end_of_value(memoryview(text)) == scan.TRUNCATED:
        return "cut JSON: the text ends inside a value"
    return "malformed JSON" if start[:1] in (b"{", b"[") else "no object"
