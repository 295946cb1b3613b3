"""The nested members of one record, decoded once, and how to read them without surprises.

CloudTrail gives no schema for `requestParameters` and `responseElements`: keys change their case
between services, lists come bare or as `{"items": […]}`, anything may be null. The readers here
answer None or () instead of raising.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from lineage.model.arn import is_masked, parse_arn
from lineage.model.facts import Identity
from loaders.records.record import Record

DEEPEST = 48
"""Levels of nesting that are looked into; AWS writes fewer than 20."""

_EMPTY: Mapping[str, object] = {}
_MISSING = object()


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the operation was asked, what it answered and where, ready for the fact makers.

    `account` is the account in which unqualified names are meant, `details` is
    `serviceEventDetails`, `extra` is `additionalEventData`.
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
    asked: bool
    """The record has its request, if only an empty one: an export that dropped it says nothing of what was left out."""
    error: str | None
    message: str | None

    @property
    def service(self) -> str:
        """The service part of `api`."""
        return self.api.partition(":")[0]

    @property
    def operation(self) -> str:
        """The operation part of `api`, without API version."""
        return self.api.partition(":")[2]


def body_of(record: Record, api: str, caller: Identity) -> Body:
    """Return the decoded members of `record`; what cannot be decoded is empty."""
    request = decode(record.request_parameters)
    return Body(
        api=api,
        account=account_id(record.recipient_account_id) or caller.account,
        region=None if is_masked(record.aws_region) else record.aws_region,
        partition=partition_of(record, caller),
        request=mapping(request),
        asked=bool(bytes(record.request_parameters)) and (request is None or isinstance(request, dict)),
        response=decode(record.response_elements),
        extra=mapping(decode(record.additional_event_data)),
        details=mapping(decode(record.service_event_details)),
        resources=tuple(mapping(one) for one in items(decode(record.resources))),
        error=None if record.error_code in (None, "", "-") else record.error_code,
        message=record.error_message or None,
    )


def partition_of(record: Record, caller: Identity) -> str:
    """Return the partition of the call: from the caller's ARN, else by the region's name."""
    for arn in (caller.arn, caller.role_arn, caller.issuer_arn):
        found = parse_arn(arn)
        if found is not None:
            return found.partition
    return partition_in(record.aws_region)


def partition_in(region: str | None) -> str:
    """Return the partition that a region is in, by its name."""
    for prefix, partition in _PARTITIONS:
        if (region or "").startswith(prefix):
            return partition
    return "aws"


# Region prefixes of the AWS partitions (botocore `partitions.json`); `us-isob-` before `us-iso-` is
# no matter, the hyphen tells them apart.
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
    """Return the JSON value in `raw`, None if it is absent or broken.

    A text that is itself a JSON object or list (exports of Athena and Lake) is opened.
    """
    value = _json(bytes(raw))
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _json(value.encode("utf-8", "surrogatepass"))
    return value


def _json(raw: bytes) -> object:
    if not raw:
        return None
    try:
        value: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    return value


def words(text: str) -> frozenset[str]:
    """Return the words of a table that reads better as a text than as a list."""
    return frozenset(text.split())


def mapping(value: object) -> Mapping[str, object]:
    """Return `value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> tuple[object, ...]:
    """Return the elements of a list, also of EC2's `{"items": […]}`; () of anything else."""
    if isinstance(value, dict):
        value = value.get("items", value.get("item"))
        if isinstance(value, dict):
            return (value,)
    return tuple(value) if isinstance(value, list) else ()


def child(value: object, *path: str) -> object:
    """Return the member at `path`, whatever the case of the keys; None where the path ends early."""
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
    """Return the text at `path`, None if there is none or it is masked."""
    found = child(value, *path)
    return None if not isinstance(found, str) or is_masked(found) else found


def number(value: object, *path: str) -> int | None:
    """Return the whole number at `path`, written as number or text; None if there is none."""
    found = child(value, *path)
    if isinstance(found, bool):
        return None
    if isinstance(found, int):
        return found
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        return int(found)
    return None


def walk(value: object) -> Iterator[Mapping[str, object]]:
    """Yield every object in `value`, outer ones first, to `DEEPEST` levels."""
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
    """Return the first text under the key `name` (any case) at any depth of `value`."""
    return next((found for one in walk(value) if (found := text(one, name)) is not None), None)


def account_id(v: object) -> str | None:
    """Return the account `v` as 12 digits; numbers lost their leading zeros and get them back.

    Placeholders of tests pass as they are; masks and what a spreadsheet made of it (`5.28E+11`) do not.
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
    """Return whether the call was refused or failed, also where only the response says so.

    Sources: guide §1.1 (`errorCode` absent on success, some services answer the error in
    `responseElements`), §4.1 (a sign-in says Success or Failure in its response).
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
