"""Records from flat columns, and from objects with unusual spellings.

`userIdentity.arn`, `userIdentity_sessionContext_attributes_creationDate`, `UserIdentityArn`,
`aws.cloudtrail.user_identity.arn` and `_source.data.aws.userIdentity.arn` are the same member. Guide §1.2, §9.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from lineage.model.times import MONTHS, iso, parse_when
from loaders.records import decode_any_case, event_history
from loaders.records.carriers import CARRIERS
from loaders.records.decode_any_case import FIELDS, FOLDED, IDENTITY_PATHS, NESTED, encode, fold
from loaders.records.record import HISTORY, RECORD, ROW, Record, json_value
from loaders.records.scan import ERRORS

Cell = msgspec.Raw | str | None
"""A JSON value, or the string in a cell of a table."""


class _Field(NamedTuple):
    """What a column is: an attribute of `Record`, and the path in it, () for all of it.

    Of several columns for one member the lowest `rank` counts: 0 is CloudTrail's spelling, 1 the same in another
    case, 2 a tool's own name, 3 a substitute. `is_event_field`: only event records have it.
    """

    attribute: str
    path: tuple[str, ...]
    rank: int
    is_event_field: bool


_EVENT_FIELDS = frozenset(
    fold(name) for name in ("eventTime", "eventName", "eventSource", "eventID", "eventVersion", "userIdentity")
)
_OTHER_NAMES = {
    # Sentinel
    "awseventid": "event_id",
    "awsrequestid": "request_id",
    "eventtypename": "event_type",
    # Elastic Common Schema: event.action, event.provider, cloud.region, source.ip, user_agent.original
    "eventaction": "event_name",
    "eventprovider": "event_source",
    "cloudregion": "aws_region",
    "sourceip": "source_ip",
    "sourceaddress": "source_ip",
    "useragentoriginal": "user_agent",
    # Datadog
    "httpuseragent": "user_agent",
    "networkclientip": "source_ip",
    "evtname": "event_name",
}
_STAND_INS = ("@timestamp", "timegenerated", "timegenerated[utc]")
"""Times that tools write instead of `eventTime`: Logstash and Elastic, Sentinel."""
_BARE = {"username": "userName", "awsaccesskey": "accessKeyId", "accesskeyid": "accessKeyId"}
"""Identity in the console's event history and lookup-events: used if there is no other."""
_ECS = {"user.id": "principalId", "user.name": "userName", "cloud.account.id": "accountId"}


def _places() -> dict[str, _Field]:
    """Return the fields by their folded names without dots."""
    found = {name: _Field(attribute, (), 1, name in _EVENT_FIELDS) for name, attribute in FOLDED.items()}
    for path in IDENTITY_PATHS:
        short = [name for name in path if name != "attributes"]
        for names in (path, short):
            found["useridentity" + "".join(names).lower()] = _Field("user_identity", path, 1, True)
        if path[0] == "sessionContext":  # Sentinel: SessionIssuerArn, SessionCreationDate
            bare = "".join(short[1:]).lower()
            found[bare if bare.startswith("session") else f"session{bare}"] = _Field("user_identity", path, 2, False)
    found |= {name: _Field(attribute, (), 2, False) for name, attribute in _OTHER_NAMES.items()}
    found |= {name: _Field("event_time", (), 3, False) for name in _STAND_INS}
    found |= {name: _Field("user_identity", (where,), 3, False) for name, where in _BARE.items()}
    return found


_PLACES = _places()
_FLAT = re.compile(
    r"(request_?parameters|response_?elements|additional_?event_?data|service_?event_?details|resources)"
    r"(?:\{\}|\[\d*\])?([._])(.+)",
    re.IGNORECASE | re.DOTALL,
)
"""A member of a request or response in its own column."""


@lru_cache(maxsize=8192)  # bounded: names come from the logs
def _field_of(key: str) -> _Field | None:
    """Return the field that a column is, None if records have no such field."""
    if key in FIELDS:
        return _Field(FIELDS[key], (), 0, fold(key) in _EVENT_FIELDS)
    while True:
        if flat := _FLAT.match(key):
            return _Field(FOLDED[fold(flat[1])], tuple(flat[3].split(flat[2])), 1, False)
        folded = fold(key)
        if where := _ECS.get(folded):
            return _Field("user_identity", (where,), 2, False)
        if found := _PLACES.get(folded.replace(".", "")):
            # Elastic's event.id is not only CloudTrail's.
            return found._replace(is_event_field=False) if "." in key and not found.path else found
        carried, _, key = key.partition(".")
        if not key or carrier_key(carried) not in _CARRIED:
            return None


def carrier_key(name: str) -> str:
    """Return the name by which carriers are compared: `_raw` and `raw` are different."""
    return "_" + fold(name) if name.startswith("_") else fold(name)


_CARRIED = frozenset(carrier_key(carrier.name) for carrier in CARRIERS) | {"flattened", "json"}


@lru_cache(maxsize=8192)
def short(name: str) -> str:
    """Return the carrier that a column is, without the carriers around it.

    >>> short("_source.event.original"), short("result._raw")
    ('original', '_raw')
    """
    while True:
        carried, _, rest = name.partition(".")
        if not rest or carrier_key(carried) not in _CARRIED:
            return carrier_key(name)
        name = rest


def count_event_fields(names: Iterable[str]) -> int:
    """Return how many of the names are fields that only event records have."""
    return sum(field is not None and field.is_event_field for field in map(_field_of, names))


def has_identity_field(names: Iterable[str]) -> bool:
    """Return whether one of the names is a user identity or a member of one."""
    return any(
        field is not None and field.is_event_field and field.attribute == "user_identity"
        for field in map(_field_of, names)
    )


def from_members(members: Mapping[str, msgspec.Raw]) -> tuple[int, Record]:
    """Return form and record of an object in any spelling of its keys; an exact spelling takes precedence.

    Without an exact `eventTime` or `eventName` it is a row of an export (ROW), and strings that hold objects are
    decoded. Raises UnicodeDecodeError for invalid UTF-8.
    """
    return _record(members.items(), "eventTime" in members or "eventName" in members)


def from_columns(columns: Mapping[str, Cell]) -> tuple[int, Record]:
    """Return form and record of a row of cells: strings of a table, or JSON values.

    With a user identity it is an Athena or CloudTrail Lake row (ROW), else one of the console's event history
    (HISTORY), which states only a user name and an access key. Empty cells, `-` and `null` are no values. Times are
    normalised to `YYYY-MM-DDTHH:MM:SSZ` if they can be parsed.
    """
    return _record(columns.items(), False)


def _record(columns: Iterable[tuple[str, Cell]], exact: bool) -> tuple[int, Record]:
    values: dict[str, object] = {}
    ranks: dict[str, int] = {}
    parts: list[tuple[_Field, object]] = []
    for name, value in columns:
        field = _field_of(name)
        if field is None or _is_nothing(value, field):
            continue
        assert value is not None
        if field.path:
            parts.append((field, _plain(value)))
        elif field.rank <= ranks.get(field.attribute, field.rank):
            ranks[field.attribute] = field.rank
            values[field.attribute] = _value(field.attribute, value, exact)
    if parts:
        _put(values, parts)
    if not exact or ranks.get("event_time") == 3:
        values["event_time"] = _when(values.get("event_time"))
    if not exact:
        for attribute in decode_any_case.BOOLEAN:
            if (flag := values.get(attribute)) is not None:
                values[attribute] = str(flag).lower()
        if isinstance(owner := values.get("recipient_account_id"), str):
            values["recipient_account_id"] = decode_any_case.account(owner, _key(parts))
    named = exact or "user_identity" in ranks or any(f.attribute == "user_identity" and f.rank < 3 for f, _ in parts)
    form = RECORD if exact and not parts else ROW if named else HISTORY
    if form == HISTORY:
        _fill_history(values)
    elif not exact and "user_identity" in values:
        values["user_identity"] = _with_doubt(values["user_identity"])
    return form, Record(**values)  # type: ignore[arg-type]  # types follow the names of the fields


def _fill_history(values: dict[str, object]) -> None:
    """Add identity and resources of a row that states only a user name and an access key."""
    stated = _tree(values.get("user_identity"))
    name, key = (one if isinstance(one := stated.get(member), str) else None for member in ("userName", "accessKeyId"))
    account, region, source = (
        one if isinstance(one := values.get(member), str) else None
        for member in ("recipient_account_id", "aws_region", "source_ip")
    )
    values["user_identity"] = encode(event_history.identity(name, key, account, region, source))
    about = values.get("resources")
    if isinstance(about, (msgspec.Raw, str)) and about:
        values["resources"] = encode(event_history.resources(about))


def _with_doubt(identity: object) -> object:
    """Return the identity; a root session without `assumedRoot` is marked, because the export may not have that column
    (Athena's published table has not)."""
    if not isinstance(identity, msgspec.Raw) or b"Root" not in bytes(identity):
        return identity
    stated = _tree(identity)
    context = stated.get("sessionContext")
    if stated.get("type") != "Root" or not isinstance(context, dict) or "assumedRoot" in context:
        return identity
    return encode({**stated, "sessionContext": {**context, "assumedRoot": "not kept"}})


def _is_nothing(value: Cell, field: _Field) -> bool:
    if isinstance(value, str):
        return value in ("", "-", "null")
    # A record's own null stays, so that the record does not change.
    return value is None or (field.rank > 0 and bytes(memoryview(value)[:5]) in (b"null", b'""', b'"-"'))


def _value(attribute: str, value: msgspec.Raw | str, exact: bool) -> object:
    if attribute not in NESTED:
        return value if isinstance(value, str) else decode_any_case.decode_scalar(attribute, _unlisted(value))
    if isinstance(value, str):
        return decode_any_case.parse_nested(attribute, value)
    if exact:
        return value
    return decode_any_case.decode_nested(attribute, _unlisted(value) if attribute != "resources" else value)


def _unlisted(value: msgspec.Raw) -> msgspec.Raw:
    """Return the only element of a list: Elastic's `fields` wraps each value in one."""
    if bytes(memoryview(value)[:1]) != b"[":
        return value
    try:
        (only,) = _items.decode(value)
    except (*ERRORS, ValueError):
        return value
    return only


_items = msgspec.json.Decoder(list[msgspec.Raw])


def _plain(value: msgspec.Raw | str) -> object:
    return value if isinstance(value, str) else json_value(value)


def _put(values: dict[str, object], parts: list[tuple[_Field, object]]) -> None:
    """Put members in their own columns into their objects; members that an object already has stay."""
    trees: dict[str, dict[str, object]] = {}
    bare = "user_identity" not in values and all(f.rank == 3 for f, _ in parts if f.attribute == "user_identity")
    for field, value in sorted(parts, key=lambda part: part[0].rank):
        is_identity = field.attribute == "user_identity"
        if field.rank == 3 and not bare:
            continue
        if field.attribute not in trees:
            trees[field.attribute] = _tree(values.get(field.attribute))
        tree = trees[field.attribute]
        if is_identity:
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if field.rank == 2 and not _fits(tree, field.path):
                continue
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                value = decode_any_case.account(f"{value:.0f}")
        _set(tree, field.path, value)
    for attribute, tree in trees.items():
        whole: object = _lists(tree)
        if attribute == "resources":
            whole = decode_any_case.upper_arn(attribute, whole if isinstance(whole, list) else [whole])
        values[attribute] = encode(whole)


def _fits(identity: dict[str, object], path: tuple[str, ...]) -> bool:
    """Return whether Elastic's `user.name` or `cloud.account.id` is that of the identity."""
    if path == ("userName",):
        return identity.get("type") in ("IAMUser", "Root", None)
    return path != ("accountId",) or "arn" not in identity


def _tree(value: object) -> dict[str, object]:
    found = _plain(value) if isinstance(value, (msgspec.Raw, str)) and value else None
    return dict(found) if isinstance(found, dict) else {}


def _set(tree: dict[str, object], path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        below = tree.setdefault(name, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree.setdefault(path[-1], value)


def _lists(value: object) -> object:
    """Return a tree in which names with `{}` (Splunk) are lists again: one object for each value of a column."""
    if not isinstance(value, dict):
        return value
    found: dict[str, object] = {}
    for name, one in value.items():
        below = _lists(one)
        if name.endswith("{}"):
            name = name[:-2]
            below = _objects(below) if isinstance(below, dict) else below if isinstance(below, list) else [below]
        found[name] = below
    return found


def _objects(columns: dict[str, object]) -> list[dict[str, object]]:
    lengths = {len(one) for one in columns.values() if isinstance(one, list)}
    if len(lengths) != 1:
        return [columns]
    count = lengths.pop()
    return [{name: one[at] if isinstance(one, list) else one for name, one in columns.items()} for at in range(count)]


def _key(parts: list[tuple[_Field, object]]) -> str | None:
    return next(
        (value for field, value in parts if field.path[-1:] == ("accessKeyId",) and isinstance(value, str)), None
    )


_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d\d):(\d\d)(?:\.\d+)?(?: ?([AP])M)?", re.ASCII)
_KIBANA = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4}) @ (\d\d):(\d\d):(\d\d)(?:\.\d+)?", re.ASCII)


def _when(value: object) -> object:
    """Return a time in CloudTrail's form if it can be parsed; Sentinel, Excel and Kibana have their own forms.

    >>> _when("3/11/2026, 10:05:00.000 PM"), _when("Mar 11, 2026 @ 10:05:00.000")
    ('2026-03-11T22:05:00Z', '2026-03-11T10:05:00Z')
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if m := _SLASHED.fullmatch(text):
        month, day, hour = int(m[1]), int(m[2]), int(m[4])
        if month > 12:  # day first
            month, day = day, month
        if m[7]:
            hour = hour % 12 + (12 if m[7] == "P" else 0)
        text = f"{m[3]}-{month:02d}-{day:02d}T{hour:02d}:{m[5]}:{m[6]}Z"
    elif m := _KIBANA.fullmatch(text):
        text = f"{m[3]}-{MONTHS.get(m[1], 0):02d}-{int(m[2]):02d}T{m[4]}:{m[5]}:{m[6]}Z"
    when = parse_when(text)
    return value if when is None else iso(when)
