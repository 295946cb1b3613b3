"""The CloudTrail record as the loaders see it, and its nested members.

`Record` decodes text fields and leaves objects raw: only what lineage needs becomes a Python object, which makes the
ordinary API call cheap. `Body` holds the nested members (`requestParameters`, `responseElements`, …), decoded once when
a fact, a target or a sample needs them. CloudTrail gives no schema for them: keys change case between services, lists
come bare or as `{"items": […]}`, anything may be null. The accessors here return None or () instead of raising.

Source: CloudTrail User Guide, "CloudTrail record contents" (field guide §1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from lineage.model.arn import is_masked, parse_arn
from lineage.model.facts import Identity

EMPTY = msgspec.Raw(b"")
"""Value of a nested member that the record does not have (`null` stays `b"null"`)."""


class Record(msgspec.Struct, gc=False, kw_only=True, rename="camel"):
    """One CloudTrail record.

    Strings are as logged; an absent or `null` string is None. `read_only` may be a boolean or the
    string "true"/"false" (lookup-events, Athena). A record is usable if it has `event_time` and
    `event_name`; others are set aside.
    """

    # In the order in which CloudTrail writes them, which is the fastest for the decoder.
    user_identity: msgspec.Raw = EMPTY
    event_time: str | None = None
    event_source: str | None = None
    event_name: str | None = None
    aws_region: str | None = None
    source_ip: str | None = msgspec.field(default=None, name="sourceIPAddress")
    user_agent: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    request_parameters: msgspec.Raw = EMPTY
    response_elements: msgspec.Raw = EMPTY
    additional_event_data: msgspec.Raw = EMPTY
    request_id: str | None = msgspec.field(default=None, name="requestID")
    event_id: str | None = msgspec.field(default=None, name="eventID")
    read_only: bool | str | None = None
    resources: msgspec.Raw = EMPTY
    event_type: str | None = None
    recipient_account_id: str | None = None
    service_event_details: msgspec.Raw = EMPTY
    shared_event_id: str | None = msgspec.field(default=None, name="sharedEventID")
    vpc_endpoint_id: str | None = None
    event_category: str | None = None
    addendum: msgspec.Raw = EMPTY
    session_credential_from_console: str | bool | None = None


RECORD = 0
"""Form of a full CloudTrail record: nothing is lost."""
ROW = 1
"""Form of an Athena or CloudTrail Lake row: nested members are strings, some fields are lost."""
HISTORY = 2
"""Form of a row of the console's event history CSV: no principal, no session, no parameters."""

OCSF = 3
"""Form of an event of Security Lake: parameters and responses are incomplete, some fields are lost."""

DEEPEST = 48
"""Levels of nesting that are read; AWS writes fewer than 20."""

_EMPTY: Mapping[str, object] = {}
_MISSING = object()


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The decoded members of one record: request, response and context.

    `account` is the account that unqualified names refer to, `details` is `serviceEventDetails`, `extra` is
    `additionalEventData`.
    """

    api: str
    account: str | None
    region: str | None
    partition: str
    request: Mapping[str, object]
    response: object
    extra: Mapping[str, object]
    details: Mapping[str, object]
    resources: tuple[Mapping[str, object], ...]
    has_request: bool
    """The record has `requestParameters`, even if empty. Without them, nothing follows from a missing parameter."""
    error: str | None
    message: str | None

    @property
    def service(self) -> str:
        """The service part of `api`."""
        return self.api.partition(":")[0]

    @property
    def operation(self) -> str:
        """The operation part of `api`, without the API version."""
        return self.api.partition(":")[2]


def body_of(record: Record, api: str, caller: Identity) -> Body:
    """Return the decoded members of a record; members that cannot be decoded are empty."""
    region = None if is_masked(record.aws_region) else record.aws_region
    account = account_id(record.recipient_account_id) or caller.account
    return msgspec.structs.replace(
        request_of(record, api, account, region, partition_of(record, caller)),
        response=decode(record.response_elements),
        extra=mapping(decode(record.additional_event_data)),
        details=mapping(decode(record.service_event_details)),
    )


def request_of(record: Record, api: str, account: str | None, region: str | None, partition: str) -> Body:
    """Return the decoded request and resources of a record that was logged there; its other members are empty."""
    request = decode(record.request_parameters)
    return Body(
        api=api,
        account=account,
        region=region,
        partition=partition,
        request=mapping(request),
        has_request=bool(bytes(record.request_parameters)) and (request is None or isinstance(request, dict)),
        response=None,
        extra=_EMPTY,
        details=_EMPTY,
        resources=tuple(mapping(one) for one in items(decode(record.resources))),
        error=None if record.error_code in (None, "", "-") else record.error_code,
        message=record.error_message or None,
    )


def partition_of(record: Record, caller: Identity) -> str:
    """Return the partition of the call: from the caller's ARN, else from the region's name."""
    for arn in (caller.arn, caller.role_arn, caller.issuer_arn):
        found = parse_arn(arn)
        if found is not None:
            return found.partition
    return partition_in(record.aws_region)


def partition_in(region: str | None) -> str:
    """Return the partition of a region, by the prefix of its name."""
    for prefix, partition in _PARTITIONS:
        if (region or "").startswith(prefix):
            return partition
    return "aws"


# Region prefixes of the AWS partitions (botocore `partitions.json`).
_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)


def decode(raw: bytes | msgspec.Raw) -> object:
    """Return the JSON value in `raw`, None if it is absent or malformed.

    A string that holds a JSON object or list (exports of Athena and Lake) is decoded too.
    """
    value = json_value(bytes(raw))
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json_value(value.encode("utf-8", "surrogatepass"))
    return value


def json_value(raw: bytes | msgspec.Raw) -> object:
    """Return the JSON value in `raw`; None if it is absent or malformed."""
    if not raw:
        return None
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return value


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set, for tables that read better without quotes."""
    return frozenset(text.split())


def mapping(value: object) -> Mapping[str, object]:
    """Return `value` if it is an object, else an empty object."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> tuple[object, ...]:
    """Return the elements of a list or of EC2's `{"items": […]}`; () for anything else."""
    if isinstance(value, dict):
        value = value.get("items", value.get("item"))
        if isinstance(value, dict):
            return (value,)
    return tuple(value) if isinstance(value, list) else ()


def child(value: object, *path: str) -> object:
    """Return the member at `path`, ignoring the case of keys; None if there is none."""
    for name in path:
        if not isinstance(value, dict):
            return None
        found = value.get(name, _MISSING)
        if found is _MISSING:
            low, length = name.lower(), len(name)
            for key in value:
                if len(key) == length and key.lower() == low:
                    found = value[key]
                    break
            else:
                return None
        value = found
    return value


def text(value: object, *path: str) -> str | None:
    """Return the string at `path`, None if there is none or it is masked."""
    found = child(value, *path)
    return None if not isinstance(found, str) or is_masked(found) else found


def number(value: object, *path: str) -> int | None:
    """Return the integer at `path`, written as a number or a string; None if there is none."""
    found = child(value, *path)
    if isinstance(found, bool):
        return None
    if isinstance(found, int):
        return found
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        return int(found)
    return None


def walk(value: object) -> Iterator[Mapping[str, object]]:
    """Yield every object in `value`, breadth first, down to `DEEPEST` levels."""
    level = [value]
    for _ in range(DEEPEST):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                yield one
                below.extend(v for v in one.values() if isinstance(v, (dict, list)))
            elif isinstance(one, list):
                below.extend(v for v in one if isinstance(v, (dict, list)))
        if not below:
            return
        level = below


def find(value: object, name: str) -> str | None:
    """Return the first string under the key `name` (any case) at any depth of `value`."""
    return next((found for one in walk(value) if (found := text(one, name)) is not None), None)


def account_id(v: object) -> str | None:
    """Return the account ID `v` as 12 digits, None if it is none; leading zeros that a number lost are restored.

    Other strings pass unchanged, except masked values and what a spreadsheet rounded (`5.28E+11`).
    """
    if isinstance(v, bool):
        return None
    if isinstance(v, float) and v.is_integer() and 0 < v < 1e12:
        v = int(v)
    if isinstance(v, int):
        return f"{v:012d}" if 0 < v < 10**12 else None
    if not isinstance(v, str) or is_masked(v) or "E+" in v:
        return None
    return v.rjust(12, "0") if v.isascii() and v.isdigit() else v


def failed(body: Body) -> bool:
    """Return whether the call failed or was denied, even if only the response says so.

    Source: guide §1.1 (`errorCode` is absent on success; some services put the error into
    `responseElements`), §4.1 (a sign-in states Success or Failure in its response).
    """
    if body.error is not None or body.message is not None:
        return True
    answer = mapping(body.response)
    if "__type" in answer or "errorCode" in answer or "errorMessage" in answer:
        return True
    if body.service in ("signin", "sso"):
        for where in (answer, body.details):
            if text(where, body.operation) not in (None, "Success", "success"):
                return True
    return str(body.extra.get("success", "true")).lower() == "false"


def raw_text(value: object, *path: str) -> str | None:
    """Return the string at `path` as it is, None if absent or empty: free text may look masked and still count."""
    found = child(value, *path)
    return found if isinstance(found, str) and found else None
