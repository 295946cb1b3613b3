"""Findings and events given as text, whatever they are wrapped in, as alerts.

GuardDuty (API, EventBridge, S3 export), Security Hub (ASFF and OCSF), CloudTrail records, wrapped and packed as what
is loaded may be (`loaders.records.wrappers`). Keys count in any case. Source: field guide §11.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lineage.model.alert import Actor, Alert
from lineage.model.errors import BadUse
from loaders.findings import guardduty, securityhub
from loaders.findings.finding_resources import said, thing_of_arn
from loaders.records.body import child, items, mapping, text
from loaders.records.items import Aside, Finding, Item, Records
from loaders.records.record import Record
from loaders.records.single import items_of, said_by, text_of

MOST = 200
"""Findings and events that are taken at once: GetFindings gives 50, BatchGetFindings 100."""
_HINT = "give a GuardDuty or Security Hub finding or a CloudTrail event as JSON, as AWS wrote it"
_NO_EVENT = ("no object", "the text inside", "the row holds")


def alerts_in(data: str | bytes, where: str = "alert") -> list[Alert]:
    """Return the alerts in a text or file, in its order, each ID once: of one finding's versions the newest.

    `where` names it in messages. Raises `BadUse` where it cannot be read, or holds no finding and no event.
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
        raise BadUse(f"{where}: no finding and no event in it; {_HINT}")
    return list(found.values())


def _alerts(item: Item) -> Iterator[Alert]:
    """Yield the alerts in a batch of records, or a finding."""
    if isinstance(item, Records):
        for position, record in enumerate(item.records):
            yield event(record, msgspec.json.decode(text_of(item, position).encode("utf-8", "replace")))
    elif isinstance(item, Finding):
        value = msgspec.json.decode(item.text)
        if guardduty.is_finding(value):
            yield guardduty.alert(value)
        else:
            yield securityhub.asff(value) if securityhub.is_asff(value) else securityhub.ocsf(value)


def event(said_record: Record, record: object) -> Alert:
    """Return the alert that a record is; `record` is its JSON. Raises `BadUse` where it lacks its time or name."""
    event_id, who, time, api, category, shared = said_by(said_record)
    return Alert(
        kind="record",
        id=event_id or "event",
        type=api,
        account=who.account or text(record, "recipientAccountId"),
        region=text(record, "awsRegion"),
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
        source_ips=tuple(filter(None, (text(record, "sourceIPAddress"),))),
        user_agent=said(record, "userAgent"),
        error=said(record, "errorCode"),
        resources=tuple(
            thing
            for one in items(child(record, "resources"))
            if (thing := thing_of_arn(text(one, "ARN"), text(mapping(one), "type"))) is not None
        ),
        identity=who,
        shared=shared,
        category=category,
    )  # fmt: skip
