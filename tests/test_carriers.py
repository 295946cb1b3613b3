"""Every carrier of the documented list gives the record that it holds; nothing else is opened."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from loaders.facts.identity import identity
from loaders.records.carriers import CARRIERS
from loaders.records.items import Aside, Finding, Records
from loaders.records.record import Record
from tests.records import records_in

DOC = Path(__file__).parents[1] / "docs" / "carriers.md"
ARN = "arn:aws:sts::210987654321:assumed-role/build/ci=main,team=sre"
IDENTITY: dict[str, Any] = {
    "type": "AssumedRole",
    "principalId": "AROAQZ3KJ5TBUILDROLEA:ci=main,team=sre",
    "arn": ARN,
    "accountId": "210987654321",
    "accessKeyId": "ASIAQZ3KJ5TBUILDKEYA",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role", "principalId": "AROAQZ3KJ5TBUILDROLEA", "arn": "arn:aws:iam::210987654321:role/build",
            "accountId": "210987654321", "userName": "build",
        },
        "attributes": {"creationDate": "2026-05-04T09:00:00Z", "mfaAuthenticated": "false"},
    },
}  # fmt: skip
RECORD: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": IDENTITY,
    "eventTime": "2026-05-04T09:10:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "ListBuckets",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "203.0.113.9",
    "userAgent": "aws-cli/2.27",
    "requestParameters": {"Host": "s3.eu-west-1.amazonaws.com"},
    "responseElements": None,
    "eventID": "5f0e0000-0000-4000-8000-000000000001",
    "recipientAccountId": "210987654321",
}
TEXT = json.dumps(RECORD)


def b64(text: str) -> str:
    """Base64 of gzip, as CloudWatch Logs packs its batches."""
    return base64.b64encode(gzip.compress(text.encode())).decode()


def flat(value: object, mark: str, path: str = "") -> dict[str, Any]:
    """An object as columns."""
    if not isinstance(value, dict):
        return {path: value}
    found: dict[str, Any] = {}
    for name, one in value.items():
        found |= flat(one, mark, f"{path}{mark}{name}" if path else name)
    return found


def snake(name: str) -> str:
    """A name as Elastic and SQL tables write it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def presto(value: object) -> str:
    """A value as Presto prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name.lower()}={presto(one)}" for name, one in value.items()) + "}"
    return str(value)


def csv(*rows: list[str], mark: str = ",") -> str:
    """Rows with every cell in quotes."""
    return "".join(mark.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)


def table(columns: dict[str, Any], mark: str = ",") -> str:
    """A table of one row."""
    cells = ["" if one is None else one if isinstance(one, str) else json.dumps(one) for one in columns.values()]
    return csv(list(columns), cells, mark=mark)


LOGS = {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": TEXT}]}
BRIDGE = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.s3", "detail": RECORD}
WAZUH = {name: one for name, one in RECORD.items() if name != "sourceIPAddress"} | {
    "source_ip_address": "203.0.113.9", "log_info": {"s3bucket": "b"}, "aws_account_id": "210987654321",
}  # fmt: skip
EXAMPLES: dict[str, object] = {
    "CloudTrailEvent": {"Events": [{"EventId": "x", "Username": "y", "CloudTrailEvent": TEXT}]},
    "_raw": {"preview": False, "result": {"_raw": TEXT, "source": "s3://b/k"}},
    "event.original": {"@timestamp": "2026-05-04T09:11:00Z", "event.original": TEXT, "event.action": "ListBuckets"},
    "original": {"event": {"original": TEXT, "action": "ListBuckets"}, "aws": {"cloudtrail": {"event_version": "1"}}},
    "Records": {"Records": [RECORD]},
    "Events": {"events": [{"timestamp": 1, "message": TEXT}]},
    "logEvents": LOGS,
    "results": {"results": [[{"field": "@message", "value": TEXT}, {"field": "@ptr", "value": "x"}]]},
    "hits": {"took": 1, "hits": {"total": {"value": 1}, "hits": [{"_id": "1", "_source": RECORD}]}},
    "deliveryStreamRecords": {"deliveryStreamRecords": [{"data": b64(TEXT)}]},
    "Messages": {"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": json.dumps(BRIDGE)}]},
    "Findings": {"Findings": [RECORD]},
    "Items": {"Items": [RECORD]},
    "value": {"@odata.context": "x", "value": [RECORD]},
    "rows": {"columns": [{"name": "event_id"}, {"name": "cloudtrail_event"}], "rows": [["x", TEXT]]},
    "tables": {
        "tables": [{"name": "PrimaryResult", "columns": [{"name": n} for n in RECORD], "rows": [list(RECORD.values())]}]
    },
    "QueryResultRows": {
        "QueryStatus": "FINISHED",
        "QueryResultRows": [[{n: presto(v) if isinstance(v, dict) else v} for n, v in RECORD.items() if v]],
    },
    "ResultSet": {
        "ResultSet": {
            "Rows": [
                {"Data": [{"VarCharValue": name.lower()} for name in RECORD]},
                {
                    "Data": [
                        {
                            "VarCharValue": presto(v)
                            if n == "userIdentity"
                            else v
                            if isinstance(v, str)
                            else json.dumps(v)
                        }
                        if v
                        else {}
                        for n, v in RECORD.items()
                    ]
                },
            ],
            "ResultSetMetadata": {"ColumnInfo": [{"Name": name.lower()} for name in RECORD]},
        }
    },
    "message": [{"Type": "Notification", "TopicArn": "t", "Message": json.dumps(BRIDGE)}],
    "@message": [{"@timestamp": "2026-05-04 09:11:00.000", "@message": RECORD}],
    "body": {"Records": [{"messageId": "1", "receiptHandle": "x", "body": json.dumps(BRIDGE)}]},
    "log": {"date": 1777885800.0, "log": TEXT + "\n", "stream": "stdout"},
    "data": {"Records": [{"SequenceNumber": "1", "Data": b64(json.dumps(LOGS)), "PartitionKey": "p"}]},
    "detail": BRIDGE,
    "result": {"preview": False, "result": flat(RECORD, ".")},
    "_source": [{"_index": "i", "_source": {"data": {"integration": "aws", "aws": WAZUH}}}],
    "fields": {"hits": {"hits": [{"_id": "1", "fields": {"event.original": [TEXT]}}]}},
    "awslogs": {"awslogs": {"data": b64(json.dumps(LOGS))}},
    "kinesis": {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": b64(TEXT)}}]},
    "Sns": {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": TEXT}}]},
    "event": {"time": 1777885800, "sourcetype": "aws:cloudtrail", "event": RECORD},
    "attributes": {"_id": "1", "source": "cloudtrail", "message": "ListBuckets", "attributes": RECORD, "tags": ["a"]},
    "content": {"id": "1", "content": {"service": "cloudtrail", "attributes": RECORD}},
    "aws": {"timestamp": "x", "rule": {"id": "80202"}, "data": {"integration": "aws", "aws": WAZUH}},
    "cloudtrail": [{"event": {"result": "ACCEPT", "name": "cloud_trail"}, "aws": {"cloudtrail": RECORD}}],
    "finding": {"finding": RECORD},
    "full_log": {"rule": {"id": "1"}, "full_log": json.dumps({"integration": "aws", "aws": WAZUH})},
}

SENTINEL = {
    "TimeGenerated [UTC]": "5/4/2026, 9:10:00.000 AM", "AwsEventId": RECORD["eventID"], "EventVersion": "1.11",
    "EventName": "ListBuckets", "EventSource": "s3.amazonaws.com", "AWSRegion": "eu-west-1",
    "SourceIpAddress": "203.0.113.9", "UserAgent": "aws-cli/2.27", "UserIdentityType": "AssumedRole",
    "UserIdentityPrincipalid": IDENTITY["principalId"], "UserIdentityArn": ARN,
    "UserIdentityAccountId": 210987654321, "UserIdentityAccessKeyId": "ASIAQZ3KJ5TBUILDKEYA",
    "SessionMfaAuthenticated": False, "SessionCreationDate": "2026-05-04T09:00:00Z", "SessionIssuerType": "Role",
    "SessionIssuerPrincipalId": "AROAQZ3KJ5TBUILDROLEA", "SessionIssuerUserName": "build",
    "SessionIssuerArn": "arn:aws:iam::210987654321:role/build", "SessionIssuerAccountId": "210987654321",
    "RequestParameters": json.dumps(RECORD["requestParameters"]), "RecipientAccountId": "210987654321",
    "Type": "AWSCloudTrail",
}  # fmt: skip
ECS = {
    "@timestamp": "2026-05-04T09:10:00.000Z",
    "event": {"id": RECORD["eventID"], "action": "ListBuckets", "provider": "s3.amazonaws.com", "outcome": "success"},
    "cloud": {"region": "eu-west-1", "account": {"id": "210987654321"}},
    "source": {"ip": "203.0.113.9", "address": "203.0.113.9"},
    "user": {"id": IDENTITY["principalId"], "name": "build"},
    "user_agent": {"original": "aws-cli/2.27"},
    "aws": {
        "cloudtrail": {
            "event_version": "1.11", "recipient_account_id": "210987654321",
            "request_parameters": "{Host=s3.eu-west-1.amazonaws.com}",
            "flattened": {"request_parameters": RECORD["requestParameters"]},
            "user_identity": {
                "type": "AssumedRole", "arn": ARN, "access_key_id": "ASIAQZ3KJ5TBUILDKEYA",
                "session_context": {
                    "creation_date": "2026-05-04T09:00:00Z", "mfa_authenticated": "false",
                    "session_issuer": {snake(n): v for n, v in IDENTITY["sessionContext"]["sessionIssuer"].items()},
                },
            },
        }
    },
}  # fmt: skip
NOTICE = {"Type": "Notification", "Message": base64.b64encode(json.dumps(BRIDGE).encode()).decode()}
FLAT = flat(RECORD, ".")
SHAPES: dict[str, str] = {
    "Splunk CSV, flat": table(FLAT),
    "underscores": json.dumps([flat(RECORD, "_")]),
    "lower case": json.dumps([{name.lower(): one for name, one in FLAT.items()}]),
    "Wazuh dashboard CSV": table({f"_source.data.aws.{name}": one for name, one in FLAT.items()}),
    "Elastic, ECS": json.dumps({"hits": {"hits": [{"_source": ECS}]}}),
    "Elastic, ECS as fields": json.dumps({"hits": {"hits": [{"fields": {n: [v] for n, v in flat(ECS, ".").items()}}]}}),
    "Kibana CSV": table(flat(ECS, ".") | {"@timestamp": "May 4, 2026 @ 09:10:00.000"}),
    "Sentinel CSV": table(SENTINEL),
    "Sentinel JSON": json.dumps([SENTINEL]),
    "Athena CSV": table({n.lower(): presto(v) if n == "userIdentity" else v for n, v in RECORD.items()}),
    "Logstash codec": json.dumps(
        {n: v for n, v in RECORD.items() if n != "eventTime"} | {"@timestamp": RECORD["eventTime"], "@version": "1"}
    ),
    "Logstash line": f"2026-05-04T09:11:00.000Z %{{host}} {TEXT}\n",
    "syslog": f"<134>May  4 09:11:00 collector cloudtrail[7]: {TEXT}\n",
    "Fluentd file": f"2026-05-04T09:11:00+00:00\tcloudtrail\t{TEXT}\n",
    "Fluent Bit file": f'cloudtrail: [1777885800.000000, {{"log":{json.dumps(TEXT)}}}]\n',
    "Fluent Bit, forward": json.dumps([[1777885800.0, {}], RECORD]),
    "Datadog API": json.dumps({"data": [{"id": "1", "type": "log", "attributes": {"attributes": RECORD}}]}),
    "Insights API, columns": json.dumps(
        {"results": [[{"field": n, "value": str(v)} for n, v in FLAT.items() if v] + [{"field": "@ptr", "value": "x"}]]}
    ),
    "Insights CSV": table({"@timestamp": "2026-05-04 09:11:00.000", "@message": TEXT}),
    "Steampipe": json.dumps({"columns": [{"name": "x"}], "rows": [{"event_id": "x", "cloudtrail_event": RECORD}]}),
    "CloudQuery CSV": table({"_cq_id": "1", "event_id": "x", "username": "y", "cloud_trail_event": TEXT}),
    "PowerShell CSV": "#TYPE Amazon.CloudTrail.Model.Event\r\n" + csv(["CloudTrailEvent", "EventId"], [TEXT, "x"]),
    "Excel CSV": "sep=;\n" + table({"_raw": TEXT, "host": "h"}, ";"),
    "SQS of SNS of EventBridge, base64": json.dumps({"Messages": [{"Body": json.dumps(NOTICE)}]}),
}  # fmt: skip


def records(data: str | bytes) -> Iterator[Record]:
    """The records in a text; fails where anything was set aside."""
    for item in records_in(data.encode() if isinstance(data, str) else data):
        assert not isinstance(item, Aside), item
        if isinstance(item, Records):
            yield from item.records


def said(data: str) -> tuple[object, ...]:
    """What the only record in a text says of call and caller."""
    (record,) = records(data)
    who = identity(record.user_identity, record.event_type)
    return (
        record.event_id, record.event_time, record.event_name, record.event_source, record.aws_region,
        record.source_ip, record.user_agent, record.recipient_account_id, who.type, who.arn, who.principal_id,
        who.account, who.access_key_id, who.created, who.role_name, who.role_arn, who.session_name,
        b"s3.eu-west-1.amazonaws.com" in bytes(record.request_parameters),
    )  # fmt: skip


EXPECTED = (
    "5f0e0000-0000-4000-8000-000000000001", "2026-05-04T09:10:00Z", "ListBuckets", "s3.amazonaws.com", "eu-west-1",
    "203.0.113.9", "aws-cli/2.27", "210987654321", "AssumedRole", ARN, "AROAQZ3KJ5TBUILDROLEA:ci=main,team=sre",
    "210987654321", "ASIAQZ3KJ5TBUILDKEYA", 1777885200, "build", "arn:aws:iam::210987654321:role/build",
    "ci=main,team=sre", True,
)  # fmt: skip


def documented() -> list[tuple[str, str, str]]:
    """The table of carriers in the documentation."""
    return re.findall(r"^\| `([^`]+)` \| (record|list|inner|rows) \| (.+) \|$", DOC.read_text(), re.MULTILINE)


def test_the_documented_list_is_the_one_in_use() -> None:
    """The page lists every carrier, in the order in which they are believed; each has its example here."""
    assert documented() == [tuple(carrier) for carrier in CARRIERS]
    assert [name for name, _, _ in documented()] == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_carrier_gives_its_record(name: str) -> None:
    """What a carrier holds comes out whole: call and caller."""
    assert said(json.dumps(EXAMPLES[name])) == EXPECTED


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_its_record(name: str) -> None:
    """What tools write around or in place of a record says the same."""
    assert said(SHAPES[name]) == EXPECTED


PLANTED = RECORD | {"eventID": "bad00000-0000-4000-8000-000000000000"}
PLANTS: dict[str, object] = {
    "object": PLANTED,
    "text": json.dumps(PLANTED),
    "base64": b64(json.dumps(PLANTED)),
    "Records": {"Records": [PLANTED, PLANTED]},
    "carriers": {"message": json.dumps(PLANTED), "_raw": json.dumps(PLANTED), "detail": PLANTED, "data": [PLANTED]},
    "list": [{"a": 1}, PLANTED, PLANTED],
    "syslog": f"May  4 09:11:00 host x: {json.dumps(PLANTED)}",
}
PLACES = (
    *("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails", "userAgent"),
    *("errorMessage", "errorCode", "resources", "tags", "headers", "name", "tlsDetails", "sourceIPAddress"),
    "sessionCredentialFromConsole",
)
FINDING = {
    "schemaVersion": "2.0", "id": "f", "type": "Recon:IAMUser/TorIPCaller", "accountId": "210987654321",
    "resource": {"resourceType": "AccessKey", "accessKeyDetails": {"userName": "x"}},
    "service": {"serviceName": "guardduty", "additionalInfo": {}},
}  # fmt: skip


def hosts(place: str, plant: object) -> dict[str, str]:
    """A record that holds a plant, whole and unreadable, in several wrappings."""
    host = RECORD | {place: plant}
    text = json.dumps(host)
    repr_ = host | {"userIdentity": str(IDENTITY)}
    nameless = {name: one for name, one in host.items() if name not in ("eventID", "eventTime")}
    sound = json.dumps(RECORD)
    whole = json.dumps({"Records": [RECORD, host]})
    broken = text.replace('"awsRegion": ', '"awsRegion": ,, ')
    return {
        "record": text,
        "lower case": json.dumps([{name.lower(): one for name, one in host.items()}]),
        "identity as Python text": json.dumps([repr_]),
        "without ID and time": json.dumps([nameless]),
        "EventBridge": json.dumps(BRIDGE | {"detail": host}),
        "Wazuh": json.dumps({"data": {"aws": host}, "rule": {"description": plant}, "full_log": plant}),
        "Elastic": json.dumps({"_source": ECS | {"tags": plant, "labels": plant, "related": {"user": plant}}}),
        "Splunk": json.dumps({"result": flat({"a": 1}, ".") | {"_raw": text, "punct": plant, "tag": plant}}),
        "SQS": json.dumps({"Messages": [{"Body": text, "MessageAttributes": {"a": {"StringValue": plant}}}]}),
        "malformed": broken,
        "malformed in a list": '{"Records":[' + broken + "," + sound + "]}",
        "cut": text[:-5],
        "cut in a list": whole[:-5],
        "head is missing": whole[40:],
        "head is missing, lines": "\n".join((text, sound))[40:],
        "Python text": str({"Records": [host]}),
        "row": table({n.lower(): v for n, v in host.items()}),
    }


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", PLANTS)
def test_nothing_planted_is_loaded(place: str, kind: str) -> None:
    """A whole record in any member of a record, readable or not, is data: it is never taken for a record."""
    for name, data in hosts(place, PLANTS[kind]).items():
        found = [
            record.event_id
            for item in records_in(data.encode())
            if isinstance(item, Records)
            for record in item.records
        ]
        assert PLANTED["eventID"] not in found, name
        assert len(found) <= 2, name


@pytest.mark.parametrize("kind", PLANTS)
def test_a_finding_is_a_leaf(kind: str) -> None:
    """What stands in a finding is never loaded."""
    for place in ("title", "description", "additional", "message", "data", "Records", "detail"):
        finding = FINDING | {place: PLANTS[kind]}
        for data in (finding, BRIDGE | {"detail": finding}, {"Findings": [finding]}):
            items = list(records_in(json.dumps(data).encode()))

            assert [type(item) for item in items] == [Finding], place


def test_cut_heads_give_whole_records_and_never_a_planted_one() -> None:
    """Cut at any byte, a log gives the records that are whole, and none that stands in the list of another."""
    host = RECORD | {
        "requestParameters": {"items": [{"a": 1}, PLANTED, {"b": 2}]},
        "resources": [{"ARN": "x"}, PLANTED],
    }
    second, third = RECORD | {"eventID": "2"}, RECORD | {"eventID": "3"}
    for make in MAKERS:
        whole = make([host, second, third])
        begin = whole.index(json.dumps(host)) + 1
        for at in range(begin, begin + len(json.dumps(host)) - 1, 7):
            items = list(records_in(whole[at:].encode()))
            found = [record.event_id for item in items if isinstance(item, Records) for record in item.records]

            assert found == ["2", "3"], at
            assert [item.index for item in items if isinstance(item, Aside)][:1] == [0]


MAKERS: tuple[Callable[[list[dict[str, Any]]], str], ...] = (
    lambda some: json.dumps({"Records": some}),
    json.dumps,
    lambda some: "\n".join(map(json.dumps, some)),
)
