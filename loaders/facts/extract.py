"""Extracts from one decoded record its event, facts, sample, or a summary.

Pure functions of the record that never raise on unusual shapes, except for the summary of an unusable record.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from lineage.model.arn import is_masked
from lineage.model.batch import shared_hash
from lineage.model.errors import BadUse
from lineage.model.facts import AnyFact, Event, Identity
from lineage.model.times import parse_when
from loaders.facts import change_table, changes, creations, grants, issuance, signins, workloads
from loaders.facts.classify import Call, call_of
from loaders.facts.identity import ANONYMOUS, home, identity, named_by_address, placed, unreadable
from loaders.records.items import Records
from loaders.records.read import items_of
from loaders.records.record import Record, account_id, body_of, decode, failed, items, text
from loaders.secrets import scrub, scrub_text
from loaders.targets import event_history

RESOURCES = 5
"""Most resource ARNs of a sample."""

PARAMETERS = 1000
"""Most characters of a sample's request."""


def event_of(record: Record, call: Call, time: int, event_id: str, identity: Identity) -> Event:
    """Return where and when the record was logged. `time` is in epoch seconds."""
    return Event(
        id=event_id,
        time=time,
        api=call.api,
        account=account_id(record.recipient_account_id) or (None if record.recipient_account_id else home(identity)),
        region=_plain(record.aws_region),
        source_ip=_plain(record.source_ip),
        user_agent=scrub_text(agent) if (agent := _plain(record.user_agent)) else None,
        vpc_endpoint=_plain(record.vpc_endpoint_id),
        shared_id=_plain(record.shared_event_id),
        request_id=_plain(record.request_id),
        # An unsigned call is no copy: no other account logs it.
        copy=identity.type == "AWSAccount" and identity.account != ANONYMOUS,
    )


def facts(record: Record, call: Call, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return the facts of a record; () if there are none, or the call failed.

    `call` is the class of the operation, `caller` the record's identity, `event` where and when it was logged. A key in
    the response of an unlisted operation is found too. Source: field guide §2 (each operation), §2.13 (unlisted ones).
    """
    if call.passed is not None:
        return ()
    body = body_of(record, call.api, caller)
    if failed(body):
        return ()
    if caller.history:
        completed = event_history.with_resources(body)
        if completed is None:
            return ()
        body = completed
    if (record.event_type or "").lower() == "awsmcpevent":
        return signins.downstream(body, caller, event)
    for makers in (grants.OPERATIONS, signins.OPERATIONS, creations.OPERATIONS):
        if call.api in makers:
            return makers[call.api](body, caller, event)
    if signins.is_token_call(call.api):
        return signins.sign_in(body, caller, event)
    found: tuple[AnyFact, ...] = ()
    if call.api in change_table.OPERATIONS:
        found = changes.changed(body, caller, event)
    elif call.api in changes.ADDRESS_OPERATIONS:
        found = changes.ADDRESS_OPERATIONS[call.api](body, caller, event)
    elif call.api in workloads.OPERATIONS:
        found = workloads.OPERATIONS[call.api](body, caller, event)
    if issues_key(bytes(record.response_elements)):
        found += issuance.issued_sessions(body, caller, event)
        found += creations.issued_keys(body, caller, event) if call.api not in issuance.NOT_ISSUING else ()
    return found


@lru_cache(maxsize=512)
def arns(resources: bytes) -> tuple[str, ...]:
    """Return the ARNs in the JSON of `resources`, each once, at most `RESOURCES`."""
    found = (text(one, "ARN") for one in items(decode(resources)))
    return tuple(dict.fromkeys(arn for arn in found if arn is not None))[:RESOURCES]


@lru_cache(maxsize=512)
def parameters(raw: bytes) -> str | None:
    """Return the JSON of `requestParameters`: compact, without secrets, truncated to `PARAMETERS` characters; None if
    the request is null, empty or absent."""
    request = decode(raw)
    if request is None or request in ({}, [], ""):
        return None
    # Truncated after cleaning, so that no part of a secret remains at the end.
    return msgspec.json.encode(scrub(request)).decode()[:PARAMETERS]


def issues_key(response: bytes) -> bool:
    """Return whether the raw `responseElements` may hold an issued key (guide §2.13)."""
    return b"ccessKeyI" in response


def _plain(value: str | None) -> str | None:
    return None if value is None or is_masked(value) else value


def saml_provider(request: bytes) -> str | None:
    """Return the provider ARN of an AssumeRoleWithSAML request; None if it has none."""
    try:
        found = _SAML.decode(request)
    except msgspec.DecodeError:
        return None
    return found.principal_arn


class _SamlRequest(msgspec.Struct, rename="camel"):
    principal_arn: str | None = None


_SAML = msgspec.json.Decoder(_SamlRequest)


class Summary(NamedTuple):
    """What `who` needs to know of a record."""

    event_id: str | None
    who: Identity
    time: int
    """Seconds since the epoch."""
    api: str
    category: str
    shared: int
    """As `lineage.model.batch.shared_hash` gives it."""


_NO_RECORD = "record: no CloudTrail record with eventTime and eventName found; give the JSON object as logged"


def summarize(record: Record) -> Summary:
    """Return what a record says. Raises `BadUse` if it lacks time or name, or its identity cannot be read."""
    time = parse_when(record.event_time)
    if time is None or not record.event_name:
        raise BadUse(_NO_RECORD)
    if (reason := unreadable(record.user_identity)) is not None:
        raise BadUse(f"record: {reason}")
    call = call_of(record)
    stated = identity(bytes(record.user_identity), record.event_type)
    who = named_by_address(placed(stated, record.aws_region, record.recipient_account_id), record.source_ip)
    who = signins.caller(record, call.api, who)
    return Summary(record.event_id, who, time, call.api, call.category, shared_hash(record.shared_event_id))


def summarize_first(text: str) -> Summary:
    """Return what the first record in a JSON text says. Raises `BadUse` if there is no usable record."""
    for item in items_of(text.encode("utf-8", "surrogatepass")):
        if isinstance(item, Records):
            return summarize(item.records[0])
    raise BadUse(_NO_RECORD)
