"""Records written as Python literals, and what the loaders make of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from lineage.model.facts import AnyFact, Event, Identity, Target
from loaders.facts import extract
from loaders.facts.classify import Call, classify
from loaders.facts.identity import identity
from loaders.files.unpack import Packed
from loaders.records.items import Item
from loaders.records.read import items_in
from loaders.records.record import Record
from loaders.targets.memo import targets_of
from loaders.targets.targets import Targets

WHEN = 1_700_000_000
ALICE = {
    "type": "IAMUser",
    "principalId": "AIDATFQR7NSC5AU2ZV3IE",
    "arn": "arn:aws:iam::123837392027:user/dev/alice",
    "accountId": "123837392027",
    "accessKeyId": "AKIATFQR7NSC8Q4X20BJ",
    "userName": "alice",
}
ROLE = {
    "type": "AssumedRole",
    "principalId": "AROATFQR7NSCWWVLB7BES:ci",
    "arn": "arn:aws:sts::123837392027:assumed-role/deploy/ci",
    "accountId": "123837392027",
    "accessKeyId": "ASIATFQR7NSC7E2ZIBM2",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "principalId": "AROATFQR7NSCWWVLB7BES",
            "arn": "arn:aws:iam::123837392027:role/ops/deploy",
            "accountId": "123837392027",
            "userName": "deploy",
        },
        "attributes": {"creationDate": "2023-07-10T11:54:47Z", "mfaAuthenticated": "false"},
    },
}


def record(name: str, **members: Any) -> Record:
    """Return the record of the call `service:Operation` in account 123837392027, region eu-west-1."""
    service, _, operation = name.partition(":")
    fields = {
        "eventTime": "2023-11-14T22:13:20Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": operation,
        "eventID": "e-1",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2",
        "recipientAccountId": "123837392027",
        "userIdentity": ALICE,
        "requestParameters": None,
        "responseElements": None,
        **members,
    }
    return msgspec.json.decode(msgspec.json.encode(fields), type=Record)


def call_of(one: Record) -> Call:
    """Return the classification of the record."""
    return classify(one.event_source, one.event_name, one.event_type, one.event_category, one.read_only)


def read(one: Record) -> tuple[Call, Identity, Event]:
    """Return call, caller and event of the record."""
    call = call_of(one)
    caller = identity(one.user_identity, one.event_type)
    return call, caller, extract.event_of(one, call, WHEN, one.event_id or "e-1", caller)


def facts_of(one: Record) -> tuple[AnyFact, ...]:
    """Return the facts of the record."""
    call, caller, event = read(one)
    return extract.facts(one, call, caller, event)


def told(one: Record) -> list[dict[str, Any]]:
    """Return the facts of the record as plain dicts without event and caller."""
    plain = []
    for fact in facts_of(one):
        members = msgspec.to_builtins(fact)
        del members["event"], members["caller"]
        plain.append(members)
    return plain


def target_of(one: Record) -> Target | None:
    """Return the target of the record."""
    return all_targets_of(one).first


def all_targets_of(one: Record) -> Targets:
    """Return the target of the record with the others of its type."""
    call, caller, _ = read(one)
    return targets_of(one, call.api, caller)


def sample_of(one: Record) -> tuple[tuple[str, ...], str | None]:
    """Return the resource ARNs and the parameters that a sample of the record keeps."""
    return extract.arns(bytes(one.resources)), extract.parameters(bytes(one.request_parameters))


def records_in(data: bytes) -> Iterator[Item]:
    """Yield the items of a small text in memory, gzip or not: the same as from a file of these bytes."""
    return items_in(block for leaf in Packed(iter([data]), lambda: len(data)).leaves() for block in leaf.blocks)
