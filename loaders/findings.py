"""Findings and events given as text, whatever they are wrapped in, as alerts.

GuardDuty (API, EventBridge, S3 export), Security Hub (ASFF and OCSF), CloudTrail records; one, a list, a value a
line, inside EventBridge, SNS, SQS or `{"Findings": […]}`. Keys count in any case. Source: field guide §11.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lineage.alert import Actor, Alert
from lineage.errors import BadUse
from loaders import guardduty, securityhub
from loaders.body import child, items, mapping, text
from loaders.gunzip import MAGIC, gunzip
from loaders.lenient import fold
from loaders.single import one_record
from loaders.things import said, thing_of_arn

MOST = 200
"""Findings and events that are taken at once: GetFindings gives 50, BatchGetFindings 100."""
DEEPEST = 8
"""Wrappers inside wrappers that are opened."""
_HINT = "give a GuardDuty or Security Hub finding or a CloudTrail event as JSON, as AWS wrote it"
_LISTS = ("Findings", "Records", "Events", "Messages", "Items")
_INNER = ("detail", "Sns", "Message", "Body", "CloudTrailEvent", "finding", "event")
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def alerts_in(data: str | bytes, where: str = "alert") -> list[Alert]:
    """Return the alerts in a JSON text, in its order, each ID once: of one finding's versions the newest.

    `where` names the text in messages. Raises `BadUse` where the text is no JSON, or holds no finding and no event.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if raw.startswith(MAGIC):
        unpacked = gunzip(raw)
        if unpacked is None:
            raise BadUse(f"{where}: damaged gzip; unpack the file and try again")
        raw = unpacked
    found: dict[tuple[str, str], Alert] = {}
    for document in _documents(raw.removeprefix(b"\xef\xbb\xbf"), where):
        for alert in _alerts(document, where, 0):
            known = found.get((alert.kind, alert.id))
            if known is None or (alert.last_seen or 0) >= (known.last_seen or 0):
                found[alert.kind, alert.id] = alert
            if len(found) > MOST:
                raise BadUse(f"{where}: more than {MOST} findings or events; to load logs: lineage load {where}")
    if not found:
        raise BadUse(f"{where}: no finding and no event in it; {_HINT}")
    return list(found.values())


def _documents(raw: bytes, where: str) -> Iterator[object]:
    """Yield the JSON values of a text: one, or one a line."""
    try:
        yield msgspec.json.decode(raw)
    except RecursionError:
        raise BadUse(f"{where}: nested too deep; {_HINT}") from None
    except _ERRORS as error:
        lines = [line for line in raw.splitlines() if line.strip()]
        if len(lines) < 2 or not all(line.lstrip()[:1] in b"{[" and _is_whole(line) for line in lines):
            cut = "truncated" in str(error)
            why = "cut JSON: the text ends inside a value" if cut else "malformed JSON"
            raise BadUse(f"{where}: {why if raw.strip() else 'empty'}; {_HINT}") from None
        for line in lines:
            yield msgspec.json.decode(line)


def _is_whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except _ERRORS:
        return False
    return True


def _alerts(value: object, where: str, depth: int) -> Iterator[Alert]:
    """Yield the alerts in a value; what is neither finding, event nor wrapper gives none."""
    if depth > DEEPEST:
        raise BadUse(f"{where}: wrappers nested too deep; {_HINT}")
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "["):
            try:
                inner = msgspec.json.decode(value.encode("utf-8", "replace"))
            except _ERRORS:
                raise BadUse(f"{where}: malformed JSON inside a text of it; {_HINT}") from None
            yield from _alerts(inner, where, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _alerts(one, where, depth + 1)
    elif isinstance(value, dict):
        if guardduty.is_finding(value):
            yield guardduty.alert(value)
        elif securityhub.is_asff(value):
            yield securityhub.asff(value)
        elif securityhub.is_ocsf(value):
            yield securityhub.ocsf(value)
        elif "useridentity" in map(fold, value):
            yield event(value)
        else:
            for name in (*_LISTS, *_INNER):
                if isinstance(inner := child(value, name), (dict, list, str)):
                    yield from _alerts(inner, where, depth + 1)
                    return


def event(record: object) -> Alert:
    """Return the alert that a CloudTrail record is. Raises `BadUse` where it lacks its time or name."""
    whole = msgspec.json.encode(record).decode()
    event_id, who, time, api, category = one_record(whole)
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
        category=category,
    )  # fmt: skip
