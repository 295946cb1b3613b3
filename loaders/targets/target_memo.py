"""Targets found once for all calls that name the same thing.

What a call is about follows, as a rule, from one or two parameters and from `resources`: those bytes are
looked up, and only what was not seen before goes through `loaders.targets.targets`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec.structs import astuple
from xxhash import xxh3_128_digest

from lineage.model.arn import is_masked
from lineage.model.facts import Identity
from loaders.facts.classify import Call
from loaders.records import event_history
from loaders.records.body import Body, account_id, body_of, decode, items, mapping, partition_of
from loaders.records.record import EMPTY, Record
from loaders.targets.targets import Targets, parameters_of, settled_target, target_of, with_others

MOST = 2_000
"""Targets remembered before all are forgotten, so that memory stays flat."""

Place = tuple[str, str | None, str | None, str]
"""Operation, account, region and partition: what completes a name to an ARN."""
Names = tuple[bytes, bytes]
"""What the parameters that can name the target hold, and the resources."""


class Reader(NamedTuple):
    """Reads the parameters of an operation that can name its target.

    `written` finds their names in lower case; `objects`: the resources are those of S3.
    """

    decoder: msgspec.json.Decoder[msgspec.Struct]
    written: re.Pattern[bytes]
    objects: bool


_UNKNOWN = object()
_UNSETTLED = object()
"""Stands for a target that more of the record decides."""


class TargetMemo:
    """Targets by what they follow from."""

    def __init__(self) -> None:
        self._places: dict[tuple[str | None, ...], tuple[str | None, str | None, str]] = {}
        self._settled: dict[tuple[Place, Names | None, str | None], object] = {}
        self._others: dict[tuple[Place, bytes, str | None], Targets] = {}

    def place(self, call: Call, record: Record, who: Identity) -> Place:
        """Return where a call was logged, as `loaders.records.body.body_of` has it."""
        key = (record.recipient_account_id, record.aws_region, who.account, who.arn, who.role_arn, who.issuer_arn)
        found = self._places.get(key)
        if found is None:
            if len(self._places) > MOST:
                self._places.clear()
            found = self._places[key] = (
                account_id(record.recipient_account_id) or who.account,
                None if is_masked(record.aws_region) else record.aws_region,
                partition_of(record, who),
            )
        return (call.api, *found)

    def find(
        self, place: Place, names: Names | None, record: Record, call: Call, who: Identity
    ) -> tuple[Targets, bool]:
        """Return the targets, and whether they are the same for all calls of that place with these names.

        Raises nothing; equal to `loaders.facts.extract.targets`.
        """
        message = record.error_message
        key = (place, names, message)
        known = self._settled.get(key, _UNKNOWN) if names is not None else _UNSETTLED
        if known is not _UNKNOWN and known is not _UNSETTLED:
            return known, True  # type: ignore[return-value]  # the two marks are gone
        if len(self._settled) + len(self._others) > MOST:
            self._settled.clear()
            self._others.clear()
        if known is _UNKNOWN:
            body = _asked(place, record)
            found, settled = settled_target(body)
            targets = with_others(body, found)
            self._settled[key] = targets if settled else _UNSETTLED
            if settled:
                return targets, True
        rest = (record.request_parameters, record.response_elements, record.resources)
        whole = (place, b"".join(map(xxh3_128_digest, rest)), message)
        if whole not in self._others:
            full = event_history.whole(body_of(record, call.api, who), who)
            self._others[whole] = with_others(full, target_of(full))
        return self._others[whole], False


def _asked(place: Place, record: Record) -> Body:
    """Return the body of a record without its answer."""
    api, account, region, partition = place
    return Body(
        api=api,
        account=account,
        region=region,
        partition=partition,
        request=mapping(decode(record.request_parameters)),
        asked=bool(bytes(record.request_parameters)),
        response=None,
        extra={},
        details={},
        resources=tuple(map(mapping, items(decode(record.resources)))),
        error=record.error_code,
        message=record.error_message or None,
    )


def names_in(reader: Reader, request: bytes, resources: bytes) -> Names | None:
    """Return what tells two targets of one operation apart; None where more of the record may.

    A parameter counts where it is written as AWS writes it, and nowhere else in the request.
    """
    if reader.objects and (found := _OBJECT.search(resources)) and _MASK.search(found[2].lower()) is None:
        # Objects count for their bucket, so that their names tell nothing apart.
        resources = resources[: found.end(1)] + resources[found.end() :]
    if len(request) <= 4:
        return b"", resources  # null
    if b"\\" in request:
        return None  # a name may be written in another way
    try:
        values: tuple[msgspec.Raw, ...] = astuple(reader.decoder.decode(request))
    except msgspec.DecodeError:
        return None
    if len(reader.written.findall(request.lower())) != len(values) - values.count(EMPTY):
        return None
    return b"\0".join(values), resources


@lru_cache(maxsize=4_096)
def reader_of(api: str) -> Reader:
    """Return how to read the parameters that can name the target of an operation."""
    names = parameters_of(api)
    fields = [(f"p{n}", msgspec.Raw, msgspec.field(default=EMPTY, name=name)) for n, name in enumerate(names)]
    quoted = b"|".join(re.escape(name.lower().encode()) for name in names)
    return Reader(
        msgspec.json.Decoder(msgspec.defstruct("Parameters", fields, gc=False)),
        re.compile(b'"(?:' + quoted + b')"') if names else _NOTHING,
        api.startswith("s3:"),
    )


_NOTHING = re.compile(rb"(?!)")
_OBJECT = re.compile(rb"(:s3:::[a-z0-9.-]+/)([\w./=:+@,-]+)")
"""Bucket and object of an ARN; no object with a wildcard, which may be many."""
_MASK = re.compile(rb"redacted|hidden")
"""What makes an ARN a masked one (`lineage.model.arn.is_masked`)."""
