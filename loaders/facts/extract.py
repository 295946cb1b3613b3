"""From one decoded record to what it says: its event, facts, target and sample.

Everything here is a pure function of the record and never raises on odd shapes.
"""

from __future__ import annotations

import msgspec

from lineage.model.arn import is_masked
from lineage.model.facts import AnyFact, Event, Identity, Target
from loaders.facts import addresses, change_table, changes, grants, issuance, makings, signins, workloads
from loaders.facts.classify import Call
from loaders.facts.identity import ANONYMOUS, home
from loaders.records import event_history
from loaders.records.body import account_id, body_of, decode, failed, items, text
from loaders.records.record import Record
from loaders.records.secrets import scrub, scrub_text
from loaders.targets.targets import Targets, target_of, with_others

RESOURCES = 5
"""Resource ARNs kept of a sample."""

PARAMETERS = 1000
"""Characters of the request kept of a sample."""


def event_of(record: Record, call: Call, time: int, event_id: str, identity: Identity) -> Event:
    """Return where and when the record was logged. `time` is the record's, in epoch seconds."""
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
        # An unsigned call is nobody's copy: no other account logs it.
        copy=identity.type == "AWSAccount" and identity.account != ANONYMOUS,
    )


def facts(record: Record, call: Call, caller: Identity, event: Event) -> tuple[AnyFact, ...]:
    """Return what the record says, in the order of its parts; () if it says nothing, or failed.

    A key in the response of an operation that is not listed is found too (guide §2.13).
    """
    if call.passed is not None:
        return ()
    body = body_of(record, call.api, caller)
    if failed(body):
        return ()
    if caller.history:
        told = event_history.told(body)
        if told is None:
            return ()
        body = told
    if (record.event_type or "").lower() == "awsmcpevent":
        return signins.downstream(body, caller, event)
    if call.api in grants.OPERATIONS:
        return grants.OPERATIONS[call.api](body, caller, event)
    if call.api in signins.OPERATIONS:
        return signins.OPERATIONS[call.api](body, caller, event)
    if signins.is_token_call(call.api):
        return signins.sign_in(body, caller, event)
    if call.api in makings.OPERATIONS:
        return makings.OPERATIONS[call.api](body, caller, event)
    found: tuple[AnyFact, ...] = ()
    if call.api in change_table.OPERATIONS:
        found = changes.changed(body, caller, event)
    elif call.api in addresses.OPERATIONS:
        found = addresses.OPERATIONS[call.api](body, caller, event)
    elif call.api in workloads.OPERATIONS:
        found = workloads.OPERATIONS[call.api](body, caller, event)
    if issues_key(bytes(record.response_elements)):
        found += issuance.issued_sessions(body, caller, event)
        found += makings.issued_keys(body, caller, event) if call.api not in issuance.NOT_ISSUING else ()
    return found


def target(record: Record, call: Call, caller: Identity) -> Target | None:
    """Return the resource that the call is about, None where nothing names it.

    Meant for changing, sensitive and refused calls (see `loaders.targets.targets.target_of`).
    """
    return targets(record, call, caller).first


def targets(record: Record, call: Call, caller: Identity) -> Targets:
    """Return all resources of that type that the call is about."""
    body = event_history.whole(body_of(record, call.api, caller), caller)
    return with_others(body, target_of(body))


def sample(record: Record) -> tuple[tuple[str, ...], str | None]:
    """Return the ARNs of the record's resources and its request: see `arns` and `parameters`."""
    return arns(record.resources), parameters(record.request_parameters)


def arns(resources: bytes | msgspec.Raw) -> tuple[str, ...]:
    """Return the ARNs in the JSON text of `resources`, each once, at most `RESOURCES`."""
    found = (text(one, "ARN") for one in items(decode(resources)))
    return tuple(dict.fromkeys(arn for arn in found if arn is not None))[:RESOURCES]


def parameters(raw: bytes | msgspec.Raw) -> str | None:
    """Return the JSON text of `requestParameters`, compact, secrets removed, cut at `PARAMETERS`
    characters; None for a request that is null, empty or absent."""
    request = decode(raw)
    if request is None or request in ({}, [], ""):
        return None
    # Cleaned whole and cut after, so that no half of a secret is left at the cut.
    return msgspec.json.encode(scrub(request)).decode()[:PARAMETERS]


def issues_key(response: bytes) -> bool:
    """Return whether the raw `responseElements` may hold an issued key (guide §2.13)."""
    return b"ccessKeyI" in response


def _plain(value: str | None) -> str | None:
    return None if value is None or is_masked(value) else value


def saml_provider(request: bytes) -> str | None:
    """Return the provider ARN of an AssumeRoleWithSAML request; None where it has none."""
    try:
        found = _SAML.decode(request)
    except msgspec.DecodeError:
        return None
    return found.principal_arn


class _SamlRequest(msgspec.Struct, rename="camel"):
    principal_arn: str | None = None


_SAML = msgspec.json.Decoder(_SamlRequest)
