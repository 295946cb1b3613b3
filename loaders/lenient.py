"""Records from objects that are spelt differently, and from rows of text.

Well-formed records are decoded straight into `Record`; this is for the others: keys in another case
(Athena, Sentinel, Elastic), numbers where texts belong (spreadsheets), members that are JSON inside a
text. What is well-formed comes out the same on either way. Guide §1.2, §9.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lineage.arn import account_in_id
from lineage.times import iso, parse_when
from loaders import history
from loaders.record import HISTORY, RECORD, ROW, Record
from loaders.scan import ERRORS

_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(Record)}
_NESTED = {field.name for field in msgspec.structs.fields(Record) if field.type is msgspec.Raw}
_BOOLEAN = {"read_only", "session_credential_from_console"}

_NAMES = (
    *("type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy", "credentialId"),
    *("sessionContext", "attributes", "creationDate", "mfaAuthenticated", "sessionIssuer", "assumedRoot"),
    *("sourceIdentity", "ec2RoleDelivery", "signInSessionArn", "webIdFederationData", "federatedProvider"),
    *("identityProvider", "onBehalfOf", "userId", "identityStoreArn", "invokedByDelegate"),
    *("inScopeOf", "sourceArn", "sourceAccount", "issuerType", "credentialsIssuedTo"),
)
_SPELLING: dict[str, str] = {name.lower(): name for name in _NAMES}
_SPELLING["acceskeyid"] = "accessKeyId"  # in published records

_record = msgspec.json.Decoder(Record)
_any: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)
_scalar = msgspec.json.Decoder(str | bool | int | float | None)
_raw = msgspec.json.Decoder(msgspec.Raw)


def fold(key: str) -> str:
    """Return a name without case and without what exports put between its words.

    >>> fold("user_identity"), fold("Event time"), fold("sourceIPAddress")
    ('useridentity', 'eventtime', 'sourceipaddress')
    """
    return re.sub(r"[\s_-]+", "", key).lower()


_FOLDED = {fold(name): attribute for name, attribute in _FIELDS.items()}
TELLING = frozenset(
    fold(name) for name in ("eventTime", "eventName", "eventSource", "eventID", "eventVersion", "userIdentity")
)
"""Members, folded, that nothing but an event record has; one is enough to be offered as one."""


def whole(record: Record) -> bool:
    """Return whether a record has what every well-spelt one has; S3 notices have no event ID."""
    return record.event_id is not None and record.event_time is not None and record.event_name is not None


def strict(text: bytes | msgspec.Raw) -> Record | None:
    """Return a well-formed record, None where it is not one or might be something else."""
    try:
        record = _record.decode(text)
    except ERRORS:
        return None
    return record if whole(record) else None


def from_members(members: Mapping[str, msgspec.Raw]) -> tuple[int, Record]:
    """Return form and record of an object however its keys are spelt; an exact spelling goes first.

    Without one exactly spelt `eventTime` or `eventName` it is a row of somebody's table (ROW), and
    texts that hold objects are opened. Raises UnicodeDecodeError on bytes that are no UTF-8.
    """
    form = RECORD if "eventTime" in members or "eventName" in members else ROW
    found = {_FOLDED[name]: raw for key, raw in members.items() if (name := fold(key)) in _FOLDED}
    found |= {_FIELDS[key]: raw for key, raw in members.items() if key in _FIELDS}
    values: dict[str, object] = {}
    for attribute, raw in found.items():
        if attribute not in _NESTED:
            values[attribute] = _scalar_of(attribute, raw)
        elif form == RECORD:
            values[attribute] = raw
        else:
            values[attribute] = _opened(attribute, raw)
    if "user_identity" not in values and form == ROW:
        cells = {fold(key): raw for key, raw in members.items()}
        stated = {name: _scalar_of(name, cells[name]) for name in ("username", "accesskeyid") if name in cells}
        if any(stated.values()):
            # An event of lookup-events without its record.
            user, used = (str(stated[name]) if stated.get(name) else None for name in ("username", "accesskeyid"))
            _from_history(values, user, used, cells.get("resources"))
            form = HISTORY
    return form, Record(**values)  # type: ignore[arg-type]  # types follow the field names above


def from_columns(columns: Mapping[str, str]) -> tuple[int, Record]:
    """Return form and record of a row of text; `columns` has folded names.

    With a user identity it is an Athena or CloudTrail Lake row (ROW), else one of the console's event
    history (HISTORY), which knows a user name and an access key only. Empty cells, `-` and `null`
    are no value. Times are normalised to `YYYY-MM-DDTHH:MM:SSZ` where they can be read.
    """
    cells = {name: cell for name, cell in columns.items() if cell not in ("", "-", "null")}
    values: dict[str, object] = {}
    for name, attribute in _FOLDED.items():
        cell = cells.get(name)
        if cell is None:
            continue
        values[attribute] = nested(attribute, cell) if attribute in _NESTED else cell
    if (when := parse_when(cells.get("eventtime", ""))) is not None:
        values["event_time"] = iso(when)
    for attribute in _BOOLEAN:
        if (flag := values.get(attribute)) is not None:
            values[attribute] = str(flag).lower()
    key = cells.get("awsaccesskey") or cells.get("accesskeyid")
    if "recipientaccountid" in cells:
        values["recipient_account_id"] = account(cells["recipientaccountid"], key)
    if "user_identity" in values:
        return ROW, Record(**values)  # type: ignore[arg-type]  # types follow the field names above
    _from_history(values, cells.get("username"), key, cells.get("resources"))
    return HISTORY, Record(**values)  # type: ignore[arg-type]  # types follow the field names above


def _from_history(
    values: dict[str, object], name: str | None, key: str | None, about: str | msgspec.Raw | None
) -> None:
    """Add the identity and the resources of a row that states a user name and an access key only."""
    texts = {member: found for member in ("recipient_account_id", "aws_region", "source_ip")
             if isinstance(found := values.get(member), str)}  # fmt: skip
    account, region, source = (texts.get(name) for name in ("recipient_account_id", "aws_region", "source_ip"))
    values["user_identity"] = _encoded(history.identity(name, key, account, region, source))
    if about is not None:
        values["resources"] = _encoded(history.resources(about))


def account(text: str, key: str | None = None) -> str | None:
    """Return an account ID as 12 digits; what a spreadsheet rounded is taken from the access key.

    >>> account("29608264753"), account("5.28758E+11"), account("123456789012")
    ('029608264753', None, '123456789012')
    """
    text = text.strip().lstrip("'")
    if re.fullmatch(r"\d{1,12}", text):
        return text.zfill(12)
    if re.fullmatch(r"\d(?:[.,]\d+)?E\+?\d+", text, re.IGNORECASE):
        return account_in_id(key)
    return text or None


def nested(attribute: str, text: str) -> msgspec.Raw:
    """Return a nested member that an export printed as text: JSON, or Presto's `{name=value, …}`."""
    encoded = text.encode("utf-8", "replace")
    try:
        value = _any.decode(encoded)
    except ERRORS:
        return _encoded(_upper_arn(attribute, canonical(parse_struct(text))) if text[:1] in "{[" else text)
    if attribute not in ("user_identity", "resources"):
        return msgspec.Raw(encoded)
    proper = canonical(value)
    return msgspec.Raw(encoded) if proper == value else _encoded(_upper_arn(attribute, proper))


def canonical(value: object) -> object:
    """Return a user identity with AWS's spelling of its keys, and accounts as 12 digits of text.

    >>> canonical({"principalid": "A", "accesKeyId": "B", "sessioncontext": {"accountid": 7}})
    {'principalId': 'A', 'accessKeyId': 'B', 'sessionContext': {'accountId': '000000000007'}}
    """
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if not isinstance(value, dict):
        return value
    proper: dict[str, object] = {}
    for key, item in value.items():
        name = _SPELLING.get(fold(key)) or key
        if name == "accountId" and isinstance(item, int):
            item = f"{int(item):012d}"
        proper[name] = canonical(item)
    return proper


_NAME = re.compile(r"[\w.:/-]+(?==)")


def parse_struct(text: str) -> object:
    """Return what Presto printed as `{name=value, name={…}, name=[…]}`, as far as it can be told.

    A value ends at the next `, name=` or at the bracket that closes its object, so a value with a
    comma survives if no name follows it. `null` is None, every other plain value a text.

    >>> parse_struct("{type=AssumedRole, arn=a, b/c, sessioncontext={attributes={x=null}}}")
    {'type': 'AssumedRole', 'arn': 'a, b/c', 'sessioncontext': {'attributes': {'x': None}}}
    """
    value, _ = _struct(text.strip(), 0, 0)
    return value


def _struct(text: str, at: int, depth: int) -> tuple[object, int]:
    opening = text[at : at + 1]
    if depth > 20 or opening not in ("{", "["):
        return _plain(text, at)
    members: dict[str, object] = {}
    items: list[object] = []
    at += 1
    while at < len(text) and text[at] not in "}]":
        if opening == "{" and (name := _NAME.match(text, at)):
            members[name[0]], at = _struct(text, name.end() + 1, depth + 1)
        else:
            item, at = _struct(text, at, depth + 1)
            items.append(item)
        if text.startswith(", ", at) or text.startswith(",", at):
            at += 2 if text.startswith(", ", at) else 1
    return (members if opening == "{" else items), at + 1


_END_OF_PLAIN = re.compile(r",\s*(?=[\w.:/-]+=)|,\s*(?=[\[{])|[}\]]")


def _plain(text: str, at: int) -> tuple[str | None, int]:
    end = _END_OF_PLAIN.search(text, at)
    stop = end.start() if end else len(text)
    value = text[at:stop].strip()
    return (None if value == "null" else value), stop


def _scalar_of(attribute: str, raw: msgspec.Raw) -> str | bool | None:
    """Return a text member; numbers become text, objects their JSON."""
    try:
        value = _scalar.decode(raw)
    except msgspec.ValidationError:
        return bytes(raw).decode()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return value if attribute in _BOOLEAN else str(value).lower()
    text = str(int(value)) if value == value // 1 else str(value)
    return account(text) if attribute == "recipient_account_id" else text


def _opened(attribute: str, raw: msgspec.Raw) -> msgspec.Raw:
    """Return a nested member of a row in JSON: an object, or a text that holds one."""
    try:
        value = _any.decode(raw)
    except ERRORS:
        return raw
    if isinstance(value, str):
        return nested(attribute, value)
    if attribute in ("user_identity", "resources"):
        return _encoded(_upper_arn(attribute, canonical(value)))
    return raw


def _upper_arn(attribute: str, value: object) -> object:
    """Return resources with `ARN` in capitals, as records have it and tables have not."""
    if attribute != "resources" or not isinstance(value, list):
        return value
    return [{"ARN" if k == "arn" else k: v for k, v in x.items()} if isinstance(x, dict) else x for x in value]


def _encoded(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
