"""Reads findings and events as alerts.

GuardDuty (API, EventBridge, S3 export), Security Hub (ASFF and OCSF), `lineage guard` and CloudTrail records, in any
wrapping and compression that can be loaded (`loaders.records.wrappers`). Keys match in any case. Source: field guide
§11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from lineage.model.alert import Actor, Alert
from lineage.model.errors import BadUse
from loaders.facts.extract import summarize
from loaders.findings import guard, guardduty, securityhub
from loaders.findings.guardduty import resource_from_arn
from loaders.records.items import Aside, FileEnd, Finding, Item, Records
from loaders.records.other_documents import is_asff, is_guard, is_guardduty
from loaders.records.read import items_of, text_of
from loaders.records.record import Record, child, items, mapping, raw_text, text
from loaders.secrets import scrub_json

MOST = 200
"""Most findings and events of one input: GetFindings returns 50, BatchGetFindings 100."""
_HINT = "give a GuardDuty or Security Hub finding or a CloudTrail event as JSON, as AWS wrote it"
_NO_EVENT = ("no object", "the string inside", "the row holds")


def alerts_in(data: str | bytes, where: str = "alert") -> list[Alert]:
    """Return the alerts in a text or the bytes of a file, in its order; of one ID only the newest version.

    `where` names the input in messages. Raises `BadUse` if it cannot be read, or has no finding and no event.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not raw.strip():
        raise BadUse(f"{where}: empty; {_HINT}")
    found: dict[tuple[str, str], Alert] = {}
    for item in items_of(raw):
        if isinstance(item, Aside) and not item.reason.startswith(_NO_EVENT):
            raise BadUse(f"{where}: {item.reason}; {_HINT}")
        for alert in _alerts(item):
            known = found.get((alert.kind, alert.id))
            if known is None or (alert.last_seen or 0) >= (known.last_seen or 0):
                found[alert.kind, alert.id] = alert
            if len(found) > MOST:
                raise BadUse(f"{where}: more than {MOST} findings or events; to load logs: lineage load {where}")
    if not found:
        raise BadUse(f"{where}: no finding or event found; {_HINT}")
    return list(found.values())


def kept(items: Iterable[Item | FileEnd]) -> Iterator[tuple[Alert, bytes]]:
    """Yield the findings of a file or message, each as an alert and as its JSON without secrets."""
    for item in items:
        if isinstance(item, Finding):
            yield next(_alerts(item)), scrub_json(bytes(item.text))


def _alerts(item: Item) -> Iterator[Alert]:
    """Yield the alerts of a batch of records, or of a finding."""
    if isinstance(item, Records):
        for position, record in enumerate(item.records):
            yield event(record, msgspec.json.decode(text_of(item, position).encode("utf-8", "replace")))
    elif isinstance(item, Finding):
        value = msgspec.json.decode(item.text)
        if is_guardduty(value):
            yield guardduty.alert(value)
        elif is_guard(value):
            yield guard.alert(value)
        else:
            yield securityhub.asff(value) if is_asff(value) else securityhub.ocsf(value)


def event(record: Record, logged: object) -> Alert:
    """Return the alert that a record is; `record` is its JSON. Raises `BadUse` where it lacks its time or name."""
    event_id, who, time, api, category, shared = summarize(record)
    return Alert(
        kind="record",
        id=event_id or "event",
        type=api,
        account=who.account or text(logged, "recipientAccountId"),
        region=text(logged, "awsRegion"),
        first_seen=time,
        last_seen=time,
        count=1,
        actors=(
            Actor(
                access_key_id=who.access_key_id, principal_id=who.principal_id,
                user_name=who.role_name or who.user_name, user_type=who.type, account=who.account,
                created=who.created, arn=who.arn,
            ),
        ),
        apis=(api,),
        source_ips=tuple(filter(None, (text(logged, "sourceIPAddress"),))),
        user_agent=raw_text(logged, "userAgent"),
        error=raw_text(logged, "errorCode"),
        resources=tuple(
            named
            for one in items(child(logged, "resources"))
            if (named := resource_from_arn(text(one, "ARN"), text(mapping(one), "type"))) is not None
        ),
        identity=who,
        shared=shared,
        category=category,
    )  # fmt: skip
