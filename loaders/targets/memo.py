"""Caches targets by the members that determine them.

The target of a call usually follows from one or two parameters and from `resources`. Their bytes are looked up; only
unknown ones go through `loaders.targets.targets`.
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
from loaders.records.record import EMPTY, Record, account_id, body_of, partition_of, request_of
from loaders.targets import event_history
from loaders.targets.targets import Targets, parameters_of, settled_target, target_of, with_others

MOST = 2_000
"""Most cached targets; then the cache is cleared, so memory stays constant."""

CallSite = tuple[str, str | None, str | None, str]
"""Operation, account, region and partition, which complete a name to an ARN."""
Names = tuple[bytes, bytes]
"""Raw values of the parameters that can name the target, and the resources."""


class ParameterReader(NamedTuple):
    """Reads the parameters of an operation that can name its target.

    `written` are their names in quotes, in lower case; `objects`: the resources are those of S3.
    """

    decoder: msgspec.json.Decoder[msgspec.Struct]
    written: tuple[bytes, ...]
    objects: bool


_UNKNOWN = object()
_UNSETTLED = object()
"""Marks a target that other members of the record decide."""


class TargetMemo:
    """Targets by the members that determine them."""

    def __init__(self) -> None:
        self._sites: dict[tuple[str | None, ...], tuple[str | None, str | None, str]] = {}
        self._settled: dict[tuple[CallSite, Names | None, str | None], object] = {}
        self._others: dict[tuple[CallSite, bytes, str | None], Targets] = {}

    def site(self, api: str, record: Record, who: Identity) -> CallSite:
        """Return where a call was logged, as in `loaders.records.record.body_of`."""
        key = (record.recipient_account_id, record.aws_region, who.account, who.arn, who.role_arn, who.issuer_arn)
        found = self._sites.get(key)
        if found is None:
            if len(self._sites) > MOST:
                self._sites.clear()
            found = self._sites[key] = (
                account_id(record.recipient_account_id) or who.account,
                None if is_masked(record.aws_region) else record.aws_region,
                partition_of(record, who),
            )
        return (api, *found)

    def find(self, site: CallSite, names: Names | None, record: Record, who: Identity) -> tuple[Targets, bool]:
        """Return the targets, and whether all calls of that site with these names have the same ones.

        Equal to the targets of the completed record (`targets_of`). Raises nothing.
        """
        message = record.error_message
        key = (site, names, message)
        known = self._settled.get(key, _UNKNOWN) if names is not None else _UNSETTLED
        if known is not _UNKNOWN and known is not _UNSETTLED:
            return known, True  # type: ignore[return-value]  # it is neither of the two marks
        if len(self._settled) + len(self._others) > MOST:
            self._settled.clear()
            self._others.clear()
        if known is _UNKNOWN:
            body = request_of(record, *site)
            found, settled = settled_target(body)
            targets = with_others(body, found)
            self._settled[key] = targets if settled else _UNSETTLED
            if settled:
                return targets, True
        rest = (record.request_parameters, record.response_elements, record.resources)
        whole = (site, b"".join(map(xxh3_128_digest, rest)), message)
        if whole not in self._others:
            self._others[whole] = targets_of(record, site[0], who)
        return self._others[whole], False


def targets_of(record: Record, api: str, who: Identity) -> Targets:
    """Return the resources that a call is about: the target and others of its type (`targets.target_of`).

    A call from event history is completed from its column `Resources`.
    """
    body = body_of(record, api, who)
    body = (event_history.with_resources(body) or body) if who.history else body
    return with_others(body, target_of(body))


def names_in(reader: ParameterReader, request: bytes, resources: bytes) -> Names | None:
    """Return the values that distinguish targets of one operation; None if other members of the record may.

    A parameter counts only in AWS's spelling, and only if its name occurs nowhere else in the request.
    """
    if reader.objects and (found := _OBJECT.search(resources)) and _MASK.search(found[2].lower()) is None:
        # An object counts as its bucket, so its name does not matter.
        resources = resources[: found.end(1)] + resources[found.end() :]
    if len(request) <= 4:
        return b"", resources  # null
    if b"\\" in request:
        return None  # a name may have escapes
    try:
        values: tuple[msgspec.Raw, ...] = astuple(reader.decoder.decode(request))
    except msgspec.DecodeError:
        return None
    if sum(map(request.lower().count, reader.written)) != len(values) - values.count(EMPTY):
        return None
    return b"\0".join(values), resources


@lru_cache(maxsize=4_096)
def reader_of(api: str) -> ParameterReader:
    """Return a reader of the parameters that can name the target of an operation."""
    names = parameters_of(api)
    fields = [(f"p{n}", msgspec.Raw, msgspec.field(default=EMPTY, name=name)) for n, name in enumerate(names)]
    return ParameterReader(
        msgspec.json.Decoder(msgspec.defstruct("Parameters", fields, gc=False)),
        tuple({f'"{name.lower()}"'.encode() for name in names}),
        api.startswith("s3:"),
    )


_OBJECT = re.compile(rb"(:s3:::[a-z0-9.-]+/)([\w./=:+@,-]+)")
"""Bucket and object of an ARN; not an object with a wildcard, which may be several."""
_MASK = re.compile(rb"redacted|hidden")
"""Parts of masked ARNs (`lineage.model.arn.is_masked`)."""
