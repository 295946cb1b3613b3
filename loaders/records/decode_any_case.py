"""Decodes values in unusual spellings: any case of names, numbers for strings (spreadsheets), objects in strings.

Well-formed records are decoded straight into `Record`; this module and `loaders.records.columns` are for all others.
Well-formed records give the same result either way. Guide §1.2, §9.1.
"""

from __future__ import annotations

import re

import msgspec

from lineage.model.arn import account_in_id
from loaders.records.record import EMPTY, Record
from loaders.records.scan import ERRORS

FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(Record)}
NESTED = {field.name for field in msgspec.structs.fields(Record) if field.type is msgspec.Raw}
BOOLEAN = {"read_only", "session_credential_from_console"}

_ISSUER = ("type", "principalId", "arn", "accountId", "userName")
IDENTITY_PATHS = (
    *((name,) for name in ("type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy")),
    *((name,) for name in ("credentialId", "identityProvider")),
    *(("sessionContext", "attributes", name) for name in ("creationDate", "mfaAuthenticated")),
    *(("sessionContext", "sessionIssuer", name) for name in _ISSUER),
    *(("sessionContext", name) for name in ("sourceIdentity", "ec2RoleDelivery", "assumedRoot", "signInSessionArn")),
    ("sessionContext", "webIdFederationData", "federatedProvider"),
    *(("onBehalfOf", name) for name in ("userId", "identityStoreArn")),
    *(("inScopeOf", name) for name in ("sourceArn", "sourceAccount", "issuerType", "credentialsIssuedTo")),
    ("invokedByDelegate", "accountId"),
)
"""The scalar members of a user identity."""
_NAMES = frozenset(name for path in IDENTITY_PATHS for name in path)
_SPELLING: dict[str, str] = {name.lower(): name for name in _NAMES}
_SPELLING["acceskeyid"] = "accessKeyId"  # in published records

_record = msgspec.json.Decoder(Record)
_any: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)
_scalar_text = msgspec.json.Decoder(str | bool | int | float | None)


def fold(key: str) -> str:
    """Return a name in lower case without blanks, `_` and `-`.

    >>> fold("user_identity"), fold("Event time"), fold("sourceIPAddress")
    ('useridentity', 'eventtime', 'sourceipaddress')
    """
    return re.sub(r"[\s_-]+", "", key).lower()


FOLDED = {fold(name): attribute for name, attribute in FIELDS.items()}


def is_complete(record: Record) -> bool:
    """Return whether a record has the members of every well-formed record; S3 notifications have no event ID."""
    return record.event_id is not None and record.event_time is not None and record.event_name is not None


def decode_record(text: bytes | msgspec.Raw) -> Record | None:
    """Return a well-formed record, None if it is not one or may be something else."""
    try:
        record = _record.decode(text)
    except ERRORS:
        return None
    if record.user_identity is EMPTY or (record.source_ip is None and b'"source_ip_address"' in bytes(text)):
        return None  # the identity may be in flat columns; Wazuh renames only this member
    return record if is_complete(record) else None


def account(text: str, key: str | None = None) -> str | None:
    """Return an account ID as 12 digits; one that a spreadsheet rounded comes from the access key.

    >>> account("29608264753"), account("5.28758E+11"), account("123456789012")
    ('029608264753', None, '123456789012')
    """
    text = text.strip().lstrip("'")
    if re.fullmatch(r"\d{1,12}", text):
        return text.zfill(12)
    if re.fullmatch(r"\d(?:[.,]\d+)?E\+?\d+", text, re.IGNORECASE):
        return account_in_id(key)
    return text or None


def parse_nested(attribute: str, text: str) -> msgspec.Raw:
    """Return a nested member that an export wrote as a string: JSON, or Presto's `{name=value, …}`.

    A user identity that cannot be parsed stays a string (see `loaders.facts.identity.unreadable`).
    """
    if attribute == "user_identity":
        item = identity_in(text)
        return encode(text if item is None else item)
    data = text.encode("utf-8", "replace")
    try:
        value = _any.decode(data)
    except ERRORS:
        return encode(upper_arn(attribute, canonical(parse_struct(text))) if text[:1] in "{[" else text)
    if attribute != "resources":
        return msgspec.Raw(data)
    proper = canonical(value)
    return msgspec.Raw(data) if proper == value else encode(upper_arn(attribute, proper))


def identity_in(text: str) -> dict[str, object] | None:
    """Return the user identity in a string, None if it cannot be parsed.

    It is JSON, Presto's or Java's `{name=value, …}`, or PowerShell's `@{name=value; …}`. Python's `repr` is not parsed:
    a name may contain its delimiters.

    >>> identity_in("@{type=IAMUser; userName=ada}"), identity_in("{'type': 'IAMUser'}")
    ({'type': 'IAMUser', 'userName': 'ada'}, None)
    """
    text = text.strip()
    try:
        value = _any.decode(text.encode("utf-8", "replace"))
    except ERRORS:
        if text.startswith("@{"):
            text = re.sub(r"; (?=\w+=)", ", ", text.replace("@{", "{"))
        value = parse_struct(text) if text[:1] == "{" else None
    proper = canonical(value)
    return proper if isinstance(proper, dict) and not proper.keys().isdisjoint(_NAMES) else None


def canonical(value: object) -> object:
    """Return a user identity with AWS's spelling of its keys, and accounts as 12-digit strings.

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
        if name == "sessionContext":
            proper[name] = _with_attributes(proper[name])
    return proper


def _with_attributes(context: object) -> object:
    """Return a session context with `attributes`: Elastic writes them one level higher."""
    if not isinstance(context, dict) or "attributes" in context:
        return context
    stated = {name: context[name] for name in ("creationDate", "mfaAuthenticated") if name in context}
    if not stated:
        return context
    return {**{name: one for name, one in context.items() if name not in stated}, "attributes": stated}


_NAME = re.compile(r"[\w.:/-]+(?==)")


def parse_struct(text: str) -> object:
    """Parse `{name=value, name={…}, name=[…]}` as Presto writes it.

    A value ends at the next comma, blank and `name=`, or at the bracket that closes its object: session names may
    contain `,` and `=`, but no blank. `null` is None, every other scalar a string.

    >>> parse_struct("{type=AssumedRole, arn=a,b=c, sessioncontext={attributes={x=null}}}")
    {'type': 'AssumedRole', 'arn': 'a,b=c', 'sessioncontext': {'attributes': {'x': None}}}
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


_END_OF_PLAIN = re.compile(r", (?=[\w.:/-]+=|[\[{])|[}\]]")


def _plain(text: str, at: int) -> tuple[str | None, int]:
    end = _END_OF_PLAIN.search(text, at)
    stop = end.start() if end else len(text)
    value = text[at:stop].strip()
    return (None if value == "null" else value), stop


def decode_scalar(attribute: str, raw: msgspec.Raw) -> str | bool | None:
    """Return a scalar member as a string; numbers become strings, objects their JSON."""
    try:
        value = _scalar_text.decode(raw)
    except msgspec.ValidationError:
        return bytes(raw).decode()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return value if attribute in BOOLEAN else str(value).lower()
    text = str(int(value)) if value == value // 1 else str(value)
    return account(text) if attribute == "recipient_account_id" else text


def decode_nested(attribute: str, raw: msgspec.Raw) -> msgspec.Raw:
    """Return a nested member of a row in JSON: an object, or a string that holds one."""
    try:
        value = _any.decode(raw)
    except ERRORS:
        return raw
    if isinstance(value, str):
        return parse_nested(attribute, value)
    if attribute in ("user_identity", "resources"):
        return encode(upper_arn(attribute, canonical(value)))
    return raw


def upper_arn(attribute: str, value: object) -> object:
    """Return resources with the key `ARN` in capitals, as in records; tables have `arn`."""
    if attribute != "resources" or not isinstance(value, list):
        return value
    return [
        {"ARN" if name == "arn" else name: item for name, item in one.items()} if isinstance(one, dict) else one
        for one in value
    ]


def encode(value: object) -> msgspec.Raw:
    """Return a value as raw JSON."""
    return msgspec.Raw(msgspec.json.encode(value))
