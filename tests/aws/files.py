"""Records as they lie on disk: the S3 layout and the other wrappings of the guide's §9.1."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from .values import Json

HISTORY = [
    "User name",
    "AWS access key",
    "Event time",
    "Event source",
    "Event name",
    "AWS region",
    "Source IP address",
    "User agent",
    "Error code",
    "Resources",
    "Request ID",
    "Event ID",
    "Read-only",
    "Event type",
    "Recipient Account Id",
    "Event category",
]
"""Columns of the console's event-history download."""


def dumps(value: object) -> str:
    """JSON without blanks, as CloudTrail delivers it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def s3_files(records: Iterable[Json], minutes: int = 60, organization: str | None = None) -> dict[str, list[Json]]:
    """The records by the path of their file in the S3 layout, one file per account, region and period.

    `organization` is the ID of an organization trail, which has a folder of its own in the path.
    """
    above = f"AWSLogs/{organization}" if organization else "AWSLogs"
    files: dict[str, list[Json]] = {}
    for record in records:
        account, region, when = record["recipientAccountId"], record["awsRegion"], record["eventTime"]
        day, minute = when[:10], int(when[11:13]) * 60 + int(when[14:16])
        start = minute // minutes * minutes
        stamp = f"{day.replace('-', '')}T{start // 60:02d}{start % 60:02d}Z"
        folder = f"{above}/{account}/CloudTrail/{region}/{day.replace('-', '/')}"
        tail = f"{abs(hash_text(account + region + stamp)):016x}"[:16]
        files.setdefault(f"{folder}/{account}_CloudTrail_{region}_{stamp}_{tail}.json.gz", []).append(record)
    return files


def hash_text(text: str) -> int:
    """A number that depends on the text alone (`hash` differs from run to run)."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def write_s3(records: Iterable[Json], folder: Path, minutes: int = 60, organization: str | None = None) -> list[Path]:
    """The paths written: gzip files in the S3 layout, the same bytes each time (gzip time 0)."""
    paths = []
    for name, held in sorted(s3_files(records, minutes, organization).items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(dumps({"Records": held}).encode(), mtime=0))
        paths.append(path)
    return paths


def ndjson(records: Iterable[Json]) -> str:
    """One record a line."""
    return "".join(dumps(r) + "\n" for r in records)


def concatenated(records: Iterable[Json]) -> str:
    """Records without anything between them, as Firehose delivers."""
    return "".join(dumps(r) for r in records)


def lookup_events(records: Sequence[Json]) -> Json:
    """Output of `aws cloudtrail lookup-events`: the record is a text inside."""
    return {
        "Events": [
            {
                "EventId": r["eventID"],
                "EventName": r["eventName"],
                "ReadOnly": "true" if r["readOnly"] else "false",
                "EventTime": r["eventTime"],
                "EventSource": r["eventSource"],
                "Username": user_name(r),
                "Resources": [],
                "CloudTrailEvent": dumps(r),
            }
            for r in records
        ]
    }


def event_bridge(record: Json) -> Json:
    """The EventBridge envelope of one record."""
    return {
        "version": "0",
        "id": record["eventID"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws." + record["eventSource"].split(".")[0],
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


def log_events(records: Sequence[Json]) -> Json:
    """A batch of a CloudWatch Logs subscription."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": records[0]["recipientAccountId"] if records else "",
        "logGroup": "cloudtrail",
        "logStream": "stream",
        "subscriptionFilters": ["all"],
        "logEvents": [{"id": str(i), "timestamp": 0, "message": dumps(r)} for i, r in enumerate(records)],
    }


def user_name(record: Json) -> str:
    """The user name that the event history shows: the session name for roles, `root` for root."""
    said = record["userIdentity"]
    if said.get("type") == "Root":
        return "root"
    if said.get("type") == "AssumedRole":
        return str(said["principalId"]).split(":", 1)[1] if "principalId" in said else said["arn"].rsplit("/", 1)[1]
    return str(said.get("userName") or "")


def history_csv(records: Iterable[Json]) -> str:
    """The console's event-history CSV, which knows no principal ID, session or parameters."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HISTORY)
    for r in records:
        key = r["userIdentity"].get("accessKeyId") or ""
        row = [user_name(r), key, r["eventTime"], r["eventSource"], r["eventName"], r["awsRegion"]]
        row += [r["sourceIPAddress"], r["userAgent"], r.get("errorCode", ""), "[]", r["requestID"]]
        row += [r["eventID"], "true" if r["readOnly"] else "false", r["eventType"]]
        rows.writerow([*row, r["recipientAccountId"], r["eventCategory"]])
    return out.getvalue()
