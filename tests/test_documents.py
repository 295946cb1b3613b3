"""Any wrapper, spelling and damage to the same records: `loaders.records.read`."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.batch import Passed
from loaders.records import columns, scan
from loaders.records.items import Aside, Gather, Item, Records
from loaders.records.read import items_in
from loaders.records.record import RECORD, ROW, Record
from tests.records import records_in

ID = "0a5d6a1e-0000-4000-8000-000000000001"
CALL: dict[str, object] = {
    "eventVersion": "1.11",
    "userIdentity": {"type": "IAMUser", "accessKeyId": "AKIAQNZGKIQY56JQ7WML", "userName": "ada"},
    "eventTime": "2023-07-10T12:24:29Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "ListBuckets",
    "awsRegion": "eu-west-1",
    "requestParameters": None,
    "eventID": ID,
    "recipientAccountId": "029608264753",
}
DIGEST = {
    "awsAccountId": "029608264753",
    "digestStartTime": "2023-07-10T11:00:00Z",
    "digestEndTime": "2023-07-10T12:00:00Z",
    "digestS3Bucket": "logs",
    "digestS3Object": "AWSLogs/029608264753/CloudTrail-Digest/eu-west-1/2023/07/10/"
    "029608264753_CloudTrail-Digest_eu-west-1_my_trail_us-east-1_20230710T120000Z.json.gz",
    "logFiles": [{"s3Object": "a"}, {"s3Object": "b"}],
}
S3_NOTICE = {
    "Records": [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventTime": "2023-07-10T12:24:29.000Z",
            "eventName": "ObjectCreated:Put",
            "userIdentity": {"principalId": "AWS:AIDA"},
            "s3": {"bucket": {"name": "b"}, "object": {"key": "k%3D"}},
        }
    ]
}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def plain(record: Record) -> dict[str, object]:
    """A record with its raw members decoded, so that white space does not count."""
    return {
        name: (bytes(value) and json.loads(bytes(value))) if isinstance(value, msgspec.Raw) else value
        for name, value in msgspec.structs.asdict(record).items()
    }


def told(items: Iterable[Item]) -> tuple[list[tuple[int, int, dict[str, object]]], list[str], list[Passed]]:
    """Index, form and content of each record; each reason with its index; what was passed over."""
    records, aside, passed = [], [], []
    offered = 0
    for item in items:
        if isinstance(item, Records):
            assert item.first == offered
            records += [(offered + n, item.form, plain(record)) for n, record in enumerate(item.records)]
            offered += len(item.records)
        elif isinstance(item, Aside):
            assert item.index == offered
            aside.append(f"{item.index}: {item.reason}")
            offered += 1
        else:
            assert isinstance(item, Passed)
            passed.append(item)
    return records, aside, passed


def expected(calls: list[dict[str, object]]) -> list[tuple[int, int, dict[str, object]]]:
    decoded = [msgspec.json.decode(compact(call).encode(), type=Record) for call in calls]
    return [(n, RECORD, plain(record)) for n, record in enumerate(decoded)]


def b64(text: str, packed: bool = True) -> str:
    return base64.b64encode(gzip.compress(text.encode()) if packed else text.encode()).decode()


def logs(calls: list[dict[str, object]]) -> dict[str, object]:
    events = [{"id": "1", "timestamp": 1688991869000, "message": compact(call)} for call in calls]
    return {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logEvents": events}


def bridge(call: dict[str, object]) -> dict[str, object]:
    return {
        "version": "0",
        "id": "x",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.s3",
        "time": "2023-07-10T12:24:29Z",
        "resources": [],
        "detail": call,
    }


Wrap = Callable[[list[dict[str, object]]], str]
WRAPPERS: dict[str, Wrap] = {
    "Records": lambda calls: compact({"Records": calls}),
    "Records, pretty": lambda calls: json.dumps({"Records": calls}, indent=2, ensure_ascii=False),
    "Records, other members first": lambda calls: compact({"a": "}{", "b": [1], "Records": calls, "c": {"d": []}}),
    "lines": lambda calls: "\n".join(map(compact, calls)),
    "lines, CRLF": lambda calls: "".join(compact(call) + "\r\n" for call in calls),
    "lines of Records": lambda calls: "\n".join(compact({"Records": [call]}) for call in calls),
    "list": compact,
    "list, pretty": lambda calls: json.dumps(calls, indent=1),
    "list of Records": lambda calls: compact([{"Records": calls}]),
    "one after the other": lambda calls: "".join(map(compact, calls)),
    "one after the other, pretty": lambda calls: "\n".join(json.dumps(call, indent=4) for call in calls),
    "Records one after the other": lambda calls: "".join(compact({"Records": [call]}) for call in calls),
    "lookup-events": lambda calls: compact(
        {"Events": [{"EventId": ID, "ReadOnly": "true", "CloudTrailEvent": compact(call)} for call in calls]}
        | {"NextToken": "x"}
    ),
    "filter-log-events": lambda calls: compact(
        {"events": [{"timestamp": 1, "message": compact(call)} for call in calls], "searchedLogStreams": []}
    ),
    "EventBridge, lines": lambda calls: "\n".join(compact(bridge(call)) for call in calls),
    "EventBridge, list": lambda calls: compact([bridge(call) for call in calls]),
    "EventBridge, pretty": lambda calls: "".join(json.dumps(bridge(call), indent=2) for call in calls),
    "CloudWatch Logs": lambda calls: compact(logs(calls)),
    "CloudWatch Logs, one after the other": lambda calls: "".join(compact(logs([call])) for call in calls),
    "CloudWatch Logs, base64": lambda calls: b64(compact(logs(calls))) + "\n",
    "CloudWatch Logs to Lambda": lambda calls: compact({"awslogs": {"data": b64(compact(logs(calls)))}}),
    "CloudWatch Logs export": lambda calls: "".join(f"2023-07-10T12:24:29.000Z {compact(c)}\n" for c in calls),
    "Kinesis": lambda calls: compact(
        {"Records": [{"eventSource": "aws:kinesis", "kinesis": {"data": b64(compact(call), False)}} for call in calls]}
    ),
    "Firehose": lambda calls: compact({"records": [{"recordId": "1", "data": b64(compact(c))} for c in calls]}),
    "SQS of EventBridge": lambda calls: compact(
        {"Records": [{"messageId": "1", "receiptHandle": "x", "body": compact(bridge(call))} for call in calls]}
    ),
    "SNS": lambda calls: compact([{"Type": "Notification", "Message": compact(call)} for call in calls]),
    "Splunk": lambda calls: "\n".join(
        compact({"preview": False, "lastrow": True, "result": {"_raw": compact(call)}}) for call in calls
    ),
    "Splunk _raw": lambda calls: "\n".join(compact({"_raw": compact(call), "host": "h"}) for call in calls),
    "Elastic": lambda calls: "\n".join(
        compact({"@timestamp": "x", "event": {"action": "y", "original": compact(call)}}) for call in calls
    ),
    "Elastic, search": lambda calls: compact(
        {
            "took": 1,
            "hits": {"total": 1, "hits": [{"_source": {"event.original": compact(c)}} for c in calls]},
        }
    ),
    "OpenSearch": lambda calls: compact(
        [{"event": {"result": "ACCEPT", "name": "cloud_trail"}, "aws": {"cloudtrail": call}} for call in calls]
    ),
    "texts": lambda calls: "\n".join(compact(compact(call)) for call in calls),
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        '}{"a',
        '},{"eventVersion":"',
        "}\n{",
        '"]}',
        '\\"}]}{"Records":[',
        "]",
        "2023-07-10T12:24:29Z {}",
        "\u2028",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
nested = st.dictionaries(texts | st.sampled_from(["eventVersion", "Records", "s3"]), anything, max_size=3)


@st.composite
def call(draw: st.DrawFn) -> dict[str, object]:
    record: dict[str, object] = {"eventID": draw(texts), "eventTime": draw(texts), "eventName": draw(texts)}
    record |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "eventVersion": st.just("1.08"),
                "userIdentity": st.none() | nested,
                "requestParameters": st.none() | nested,
                "resources": st.lists(nested, max_size=3),
                "errorMessage": st.none() | texts,
                "readOnly": st.booleans() | st.sampled_from(["true", "false"]),
                "recipientAccountId": texts,
                "tlsDetails": nested,
            },
        )
    )
    return dict(draw(st.permutations(list(record.items()))))


calls = st.lists(call(), min_size=1, max_size=5)


def blocks(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("name", WRAPPERS)
def test_every_wrapper_gives_the_records_inside(name: str) -> None:
    """What stands in a wrapper comes out whole, in order, and nothing else does."""
    two = [CALL, CALL | {"eventID": "2", "errorMessage": 'quote " and }{"x'}]

    got = told(records_in(WRAPPERS[name](two).encode()))

    assert got == (expected(two), [], [])


@given(calls, st.sampled_from(sorted(WRAPPERS)), st.integers(1, 400), st.integers(1, 200))
def test_wrapper_and_chunk_size_change_nothing(some: list[dict[str, object]], name: str, size: int, block: int) -> None:
    """Any records through any wrapper, cut anywhere, are the same records."""
    text = WRAPPERS[name](some).encode()

    got = told(items_in(blocks(text, block), size))

    assert got == (expected(some), [], [])


@given(calls)
def test_careful_and_quick_way_agree(some: list[dict[str, object]]) -> None:
    """A well-formed record is the same whether it is decoded at once or member by member."""
    gather = Gather()
    for one in some:
        gather.record(*columns.from_members(msgspec.json.decode(compact(one), type=dict[str, msgspec.Raw])))

    assert told(gather.drain())[0] == expected(some)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | anything.map(compact).map(str.encode))
def test_no_input_raises(data: bytes) -> None:
    """Whatever the bytes are, reading them ends without an error."""
    told(records_in(data))
    told(records_in(b'{"Records":[' + data + b"]}"))
    told(records_in(b'{"eventID":"1","eventTime":"x","eventName":"y"}\n' + data))


@given(calls, st.data(), st.integers(1, 300))
def test_damage_costs_one_element(some: list[dict[str, object]], data: st.DataObject, size: int) -> None:
    """One line cut anywhere is set aside, and every other line is read."""
    lines = [compact(one) for one in some]
    broken = data.draw(st.integers(0, len(lines) - 1))
    lines[broken] = lines[broken][: data.draw(st.integers(2, len(lines[broken]) - 1))]
    text = "\n".join(lines).encode()

    records, aside, passed = told(items_in(blocks(text, 64), size))

    assert [r for _, _, r in records] == [r for n, _, r in expected(some) if n != broken]
    assert (len(aside), passed) == (1, [])


@pytest.mark.parametrize(
    ("text", "kept", "aside"),
    [
        ("", 0, []),
        ("  \n", 0, []),
        ('{"Records":[]}', 0, []),
        ('{"Records":null}', 0, []),
        ("[]", 0, []),
        (compact({"Records": CALL}), 1, []),
        (compact({"Records": [None, CALL, "x", 7]}), 1, ["0: null", "2: a string", "3: a number"]),
        (compact([None, CALL]), 1, ["0: null"]),
        ("null\n" + compact(CALL), 1, ["0: null"]),
        (str({"Records": [CALL]}), 0, ["0: Python"]),
        (str(CALL) + "\n" + compact(CALL), 1, ["0: Python"]),
        (compact(CALL | {"x": float("nan")}), 1, []),
        (compact({"Records": [CALL, CALL | {"x": float("nan")}]}), 2, []),
        (compact({"Records": [CALL]})[:-20], 0, ["0: truncated"]),
        (compact({"Records": [CALL, CALL]})[:-20], 1, ["1: truncated"]),
        (compact({"Records": [CALL]})[:-2], 1, ["1: truncated"]),
        (compact([CALL, CALL])[:-1] + ",", 2, ["2: truncated"]),
        (compact(logs([CALL])).replace('}"}]', '"}]'), 0, ["0: truncated"]),
        (compact({"Events": [{"EventId": "1", "CloudTrailEvent": "oops"}]}), 0, ["0: the string inside"]),
        ('{"Records":[{"eventID":"1",,},' + compact(CALL) + "]}", 1, ["0: malformed"]),
        (compact(CALL) + ',\n{"eventName":\n' + compact(CALL), 2, ["1: truncated"]),
        (compact(CALL).replace("ada", "a\x01\n"), 1, []),
        (compact(CALL).replace("ada", "\\ud800"), 1, []),
        ("[" * 5_000, 0, ["0: malformed"]),
    ],
)
def test_what_is_no_record_is_set_aside_with_a_reason(text: str, kept: int, aside: list[str]) -> None:
    """An element that is no event record is counted with its reason; its neighbours are read."""
    records, reasons, passed = told(records_in(text.encode()))

    assert (len(records), passed) == (kept, [])
    assert len(reasons) == len(aside)
    assert all(want.split(": ")[1] in got and got[:2] == want[:2] for want, got in zip(aside, reasons, strict=True))


@pytest.mark.parametrize(
    ("document", "passed"),
    [
        (
            DIGEST,
            Passed("digest", 1, 1688986800, 1688990400, "029608264753", "eu-west-1", "my_trail", 2),
        ),
        (
            {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": "check"}]},
            Passed("control", 1),
        ),
        (S3_NOTICE, Passed("notification", 1)),
        ({"s3Bucket": "b", "s3ObjectKey": ["k"]}, Passed("notification", 1)),
        ({"Type": "Notification", "TopicArn": "t", "Message": compact(S3_NOTICE)}, Passed("notification", 1)),
        ({"Records": [{"receiptHandle": "x", "body": compact(S3_NOTICE)}]}, Passed("notification", 1)),
        ({"Service": "Amazon S3", "Event": "s3:TestEvent"}, Passed("notification", 1)),
        (
            {"version": "1", "hashSignature": "x", "publicKeyFingerprint": "y", "files": []},
            Passed("result-sign", 1),
        ),
        ({"name": "a-package", "version": "1.0.0"}, Passed("other", 1)),
        (
            {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"id": 1}},
            Passed("other", 1),
        ),
    ],
)
@pytest.mark.parametrize("size", [8, 1 << 20])
def test_documents_that_are_no_events_are_passed_over(document: dict[str, object], passed: Passed, size: int) -> None:
    """A document that says it is something else is counted as that, and is never an event."""
    got = told(items_in(iter([compact(document).encode()]), size))

    assert got == ([], [], [passed])


@pytest.mark.parametrize("text", ["hello", "a,b\n1,2\n", "[default]\naws_access_key_id = x\n", "\x00\x01", "# {x}"])
def test_a_text_that_is_no_log_is_passed_over(text: str) -> None:
    """A file that is neither JSON nor an event table is one document of another kind."""
    assert told(records_in(text.encode())) == ([], [], [Passed("other", 1)])


def test_insight_and_aggregated_records_are_records() -> None:
    """What a single record says it is, is judged by the aggregator and not here."""
    aggregated = {
        "eventType": "AwsAggregatedEvent",
        "eventId": "7",
        "eventTime": "x",
        "eventCategory": "Management",
    }

    records, aside, passed = told(records_in(compact({"Records": [aggregated]}).encode()))

    assert [(form, r["event_id"], r["event_type"]) for _, form, r in records] == [(RECORD, "7", "AwsAggregatedEvent")]
    assert (aside, passed) == ([], [])


def test_keys_in_another_case_are_understood() -> None:
    """A row of a table in JSON gives the record it was made from, nested texts opened."""
    row = {
        "eventversion": "1.08",
        "useridentity": "{type=AssumedRole, principalid=AROA:ada, sessioncontext={attributes={creationdate=t}}}",
        "event_time": "2023-07-10T12:24:29Z",
        "EventName": "GetObject",
        "eventid": ID,
        "requestparameters": '{"bucketName":"b"}',
        "RecipientAccountId": 29608264753,
    }

    ((_, form, record),), aside, passed = told(records_in(compact([row]).encode()))

    assert (form, aside, passed) == (ROW, [], [])
    assert record["user_identity"] == {
        "type": "AssumedRole",
        "principalId": "AROA:ada",
        "sessionContext": {"attributes": {"creationDate": "t"}},
    }
    assert record["event_time"] == "2023-07-10T12:24:29Z"
    assert record["event_name"] == "GetObject"
    assert record["event_id"] == ID
    assert record["request_parameters"] == {"bucketName": "b"}
    assert record["recipient_account_id"] == "029608264753"


def test_numbers_become_texts_and_accounts_get_their_zeros_back() -> None:
    """A record whose texts are numbers stays a record."""
    ((_, form, record),), _, _ = told(records_in(compact(CALL | {"recipientAccountId": 29608264753}).encode()))

    assert (form, record["recipient_account_id"]) == (RECORD, "029608264753")


def test_of_duplicate_keys_the_last_counts() -> None:
    """A key given twice has its last value, on either way."""
    twice = '{"eventID":"1","eventTime":"t","eventName":"a","eventName":"b"%s}'

    quick = told(records_in((twice % "").encode()))[0]
    careful = told(records_in((twice % ',"recipientAccountId":7').encode()))[0]

    assert [r["event_name"] for _, _, r in quick + careful] == ["b", "b"]


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_no_part_of_the_text(coding: str) -> None:
    """Texts that an editor or PowerShell wrote are read."""
    mark = "\ufeff" if coding == "utf-16-le" else ""

    assert told(records_in((mark + compact({"Records": [CALL]})).encode(coding))) == (
        expected([CALL]),
        [],
        [],
    )


def test_where_a_value_ends_is_told_by_the_decoder() -> None:
    """The scanner reads the position out of the decoder's message; another wording would show here."""
    ends = [scan.end_of_value(memoryview(text)) for text in (b'{"a":"}"}{"b', b"[1] ,2", b'{"a":1}', b'{"a":', b"}")]

    assert ends == [9, 4, 7, scan.TRUNCATED, scan.MALFORMED]


def test_a_reason_never_quotes_the_input() -> None:
    """Raw text may hold secrets; no reason and no text of an element set aside has any of it."""
    secret = "wJalrXUtnFEMI"
    cut = '{"Records":[{"responseElements":{"credentials":{"secretAccessKey":"' + secret

    for text in (
        cut,
        cut.replace('"', "'"),
        cut + '"},,}',
        f'["{secret}"]',
        compact({"Events": [{"CloudTrailEvent": secret}]}),
    ):
        found = [item for item in records_in(text.encode()) if isinstance(item, Aside)]

        assert found
        assert secret not in repr(found)
