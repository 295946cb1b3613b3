"""Security Lake's OCSF and Parquet: mapped back to records, and the incident answered from them."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lineage
from lineage.model.batch import FileEnd, Unread
from loaders.files.sources import Source
from loaders.records.items import Aside, Item, Records
from loaders.records.ocsf import columns_of
from loaders.records.read import read, understood
from loaders.records.record import OCSF, ROW
from tests.aws import Json
from tests.aws import ocsf as lake
from tests.make_incident import HOME, key_event
from tests.records import records_in
from tests.same import different, graph_of

if TYPE_CHECKING:
    from lineage import Store

VERSIONS: tuple[lake.Version, ...] = ("1.0.0-rc.2", "1.1.0")
STARTED = key_event("StartInstances")
READ = key_event("GetSecretValue with the new key")


@cache
def incident() -> tuple[Json, ...]:
    """The records of the incident, each once."""
    found = {}
    for path in sorted((HOME / "logs").rglob("*.json.gz")):
        for record in json.loads(gzip.decompress(path.read_bytes()))["Records"]:
            found[record["eventID"]] = record
    return tuple(found.values())


def unmapped_pairs(event: Json) -> Json:
    """The event with its map as Parquet has it."""
    return {**event, "unmapped": list(event["unmapped"].items())}


def parquet(path: Path, rows: Iterable[Json], *, group: int = 1000) -> None:
    """Write rows in row groups; `unmapped` is a map, `time_dt` and `created_time_dt` are times."""
    events = [unmapped_pairs(row) if "unmapped" in row else row for row in rows]
    schema = pa.Table.from_pylist([{k: v for k, v in e.items() if k != "unmapped"} for e in events]).schema
    if any("unmapped" in event for event in events):
        schema = schema.append(pa.field("unmapped", pa.map_(pa.string(), pa.string())))
    pq.write_table(pa.Table.from_pylist(events, schema=schema), path, row_group_size=group)


def read_all(path: Path) -> list[Item]:
    """The items of a file."""
    return [item for item in read(Source(str(path), path.stat().st_size)) if not isinstance(item, FileEnd)]


def records(items: Iterable[Item]) -> list[dict[str, Any]]:
    """The records as the loaders read them."""
    return [understood(record) for item in items if isinstance(item, Records) for record in item.records]


def write(form: str, folder: Path, version: lake.Version) -> None:
    """The incident in OCSF, in files of a form."""
    events = [lake.event(record, version) for record in incident()]
    if form == "parquet":
        parquet(folder / "events.gz.parquet", events, group=100)
    elif form == "ndjson":
        (folder / "events.json").write_text("\n".join(map(json.dumps, events)), "utf-8")
    else:
        (folder / "events.json").write_text(json.dumps({"Records": events}), "utf-8")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["parquet", "ndjson", "records"])
def test_the_incident_is_answered_from_ocsf(form: str, version: lake.Version, store: Store, tmp_path: Path) -> None:
    """Each event is read, and its chain leads to the person, hop by hop, as from the trail's own files."""
    write(form, tmp_path, version)
    sums = store.load([tmp_path]).sums
    (started,) = store.who(STARTED).answers
    (secret,) = store.who(READ).answers

    assert (sums.read, sums.loaded, sums.set_aside) == (len(incident()), len(incident()), 0)
    assert sums.passed == {"ocsf": len(incident())}
    assert (started.origin.name, started.confidence) == ("dana.whitfield", "STRONG")
    assert [hop.api for hop in started.hops] == ["sts:AssumeRoleWithSAML", "sts:AssumeRole"]
    assert secret.origin.name == "svc-reports"
    assert secret.made_by is not None
    assert secret.made_by.answer.origin.name == "dana.whitfield"


def test_coverage_tells_what_ocsf_does_not_keep(store: Store, tmp_path: Path) -> None:
    """How many events were read from it, and what is missing."""
    write("ndjson", tmp_path, "1.1.0")
    store.load([tmp_path])
    told = [line for line in store.coverage().cannot if "OCSF" in line]

    assert told == [
        "926 records were read from OCSF (Security Lake), which does not keep all of requests, responses and sessions: "
        "load the trail's own files too, which take precedence."
    ]


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_trails_own_records_take_precedence(
    version: lake.Version, order: str, store: Store, tmp_path: Path
) -> None:
    """Loaded before or after, a copy in OCSF changes nothing: the graph is that of the trail alone."""
    write("ndjson", tmp_path, version)
    logs = HOME / "logs"
    with lineage.open(tmp_path / "alone.db") as alone:
        alone.load([logs])
        for path in (tmp_path / "events.json", logs) if order == "before" else (logs, tmp_path / "events.json"):
            store.load([path])

        assert different(graph_of(alone), graph_of(store)) == ""
    assert store.info().events == len(incident())
    assert [one.conflicting for one in store.info().loads] == [0, 0]


ASSUMED: Json = {
    "class_uid": 3002,
    "metadata": {"uid": "e-1", "version": "1.5.0", "event_code": "AwsApiCall", "product": {
        "name": "CloudTrail", "vendor_name": "AWS", "version": "1.08", "feature": {"name": "Management"}}},
    "time": 1_700_000_000_000, "time_dt": "2023-11-14T17:13:20.000-05:00",
    "actor": {
        "user": {"type": "AssumedRole", "uid": "arn:aws:sts::111122223333:assumed-role/ci/run", "account": {
            "uid": "111122223333"}, "uid_alt": "AROAEXAMPLE:run", "credential_uid": "ASIACALLER"},
        "session": {"created_time": 1_699_999_000_000, "is_mfa": False,
                    "issuer": "arn:aws:iam::111122223333:role/ci"},
    },
    "api": {"operation": "AssumeRole", "service": {"name": "sts.amazonaws.com"}, "request": {"uid": "r-1"},
            "response": {"error": None}},
    "cloud": {"region": "eu-west-1", "account": {"uid": "111122223333"}},
    "src_endpoint": {"ip": "198.51.100.7", "uid": "vpce-1"},
    "http_request": {"user_agent": "aws-cli/2"},
    "user": {"uid": "arn:aws:iam::444455556666:role/deploy", "name": "nightly"},
    "session": {"credential_uid": "ASIAISSUED", "uid": "arn:aws:sts::444455556666:assumed-role/deploy/nightly",
                "uid_alt": "AROAOTHER:nightly"},
    "status": "Success", "status_id": 1,
    "unmapped": {"requestParameters.durationSeconds": "900", "sharedEventID": "s-1", "readOnly": "true",
                 "userIdentity.sessionContext.sessionIssuer.principalId": "AROAEXAMPLE", "resources": ""},
}  # fmt: skip


def test_a_session_that_is_issued_is_in_members_of_its_own() -> None:
    """Authentication names role, session name, issued key and session outside of request and response."""
    (record,) = records(records_in(json.dumps(ASSUMED).encode()))

    assert record == {
        "userIdentity": {
            "type": "AssumedRole", "principalId": "AROAEXAMPLE:run", "accountId": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/ci/run", "accessKeyId": "ASIACALLER",
            "sessionContext": {
                "attributes": {"creationDate": "2023-11-14T21:56:40Z", "mfaAuthenticated": "false"},
                "sessionIssuer": {"principalId": "AROAEXAMPLE", "arn": "arn:aws:iam::111122223333:role/ci"},
            },
        },
        "eventTime": "2023-11-14T22:13:20Z", "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole",
        "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2",
        "requestParameters": {
            "durationSeconds": "900", "roleArn": "arn:aws:iam::444455556666:role/deploy", "roleSessionName": "nightly",
        },
        "responseElements": {
            "credentials": {"accessKeyId": "ASIAISSUED"},
            "assumedRoleUser": {"arn": "arn:aws:sts::444455556666:assumed-role/deploy/nightly",
                                "assumedRoleId": "AROAOTHER:nightly"},
        },
        "requestID": "r-1", "eventID": "e-1", "readOnly": "true",
        "recipientAccountId": "111122223333", "sharedEventID": "s-1", "vpcEndpointId": "vpce-1",
        "eventCategory": "Management",
    }  # fmt: skip


def changed(**members: Any) -> Json:
    """The event with other members."""
    return {**ASSUMED, **members}


def test_a_refused_assumption_issues_nothing() -> None:
    """A status of failure without an error code is an error, and the session is none."""
    (record,) = records(records_in(json.dumps(changed(status="Failure", status_id=2)).encode()))

    assert record["errorCode"] == "Failure"
    assert "responseElements" not in record


def test_the_callers_own_key_is_none_that_was_issued() -> None:
    """Some mappings put the caller's key there: a key never issues itself."""
    (record,) = records(records_in(json.dumps(changed(session={"credential_uid": "ASIACALLER"})).encode()))

    assert "responseElements" not in record


@pytest.mark.parametrize(
    "unmapped",
    [
        {"requestParameters.bucketName": "b"},
        '{"requestParameters.bucketName": "b"}',
        [{"key": "requestParameters.bucketName", "value": "b"}],
        {"requestParameters": {"bucketName": "b"}},
    ],
    ids=["object", "text", "pairs", "tree"],
)
def test_unmapped_members_have_their_place_in_their_name(unmapped: object) -> None:
    """As an object, as text, as pairs of a map, or as a tree."""
    event = changed(unmapped=unmapped, user=None)
    (record,) = records(records_in(json.dumps(event).encode()))

    assert record["requestParameters"] == {"bucketName": "b"}


def test_unmapped_members_replace_nothing() -> None:
    """A member that OCSF states itself is not overwritten, and other names than CloudTrail's have no place."""
    unmapped = {"eventName": "Other", "userIdentity.arn": "arn:aws:iam::999999999999:user/x", "anything.else": "1"}
    (record,) = records(records_in(json.dumps(changed(unmapped=unmapped)).encode()))

    assert record["eventName"] == "AssumeRole"
    assert record["userIdentity"]["arn"] == "arn:aws:sts::111122223333:assumed-role/ci/run"


@pytest.mark.parametrize(
    "event",
    [
        {"class_uid": 4001, "metadata": {"product": {"name": "Amazon VPC"}}, "api": {"operation": "x"}},
        {"class_uid": 6003, "metadata": {"product": {"name": "Amazon EKS"}}, "api": {"operation": "create"}},
        {"class_uid": 6003, "metadata": {"product": {"name": "CloudTrail"}}, "api": {}},
        {"class_uid": "6003"},
        ["class_uid"],
        None,
    ],
)
def test_other_events_are_none_of_cloudtrail(event: object) -> None:
    """Flow logs, EKS audit logs and whatever else is no event of CloudTrail."""
    assert columns_of(event) is None


def test_odd_values_cost_no_event() -> None:
    """Members of other types than expected are no values; the event is read all the same."""
    event = changed(actor=["x"], cloud=None, session="s", resources=[1, {"uid": 2}], unmapped=7, user={"uid": 5},
                    src_endpoint={"ip": {}}, status_id="2")  # fmt: skip
    (record,) = records(records_in(json.dumps(event).encode()))

    assert (record["eventName"], record["eventID"]) == ("AssumeRole", "e-1")


def test_parquet_of_cloudtrails_own_columns(tmp_path: Path) -> None:
    """Tables of CloudTrail Lake and Athena: names in any case, structures, maps, JSON texts and times."""
    path = tmp_path / "a.parquet"
    row = {
        "eventversion": "1.08", "eventid": "e-1", "eventname": "AssumeRole", "eventsource": "sts.amazonaws.com",
        "eventtime": "2023-11-14T22:13:20Z", "awsregion": "eu-west-1", "recipientaccountid": "111122223333",
        "useridentity": {"type": "IAMUser", "principalid": "AIDAEXAMPLE", "accesskeyid": "AKIAEXAMPLE",
                         "arn": "arn:aws:iam::111122223333:user/ada", "accountid": "111122223333", "username": "ada"},
        "requestparameters": [("roleArn", "arn:aws:iam::111122223333:role/r"), ("roleSessionName", "s")],
        "responseelements": '{"credentials":{"accessKeyId":"ASIAISSUED"}}',
    }  # fmt: skip
    fields = [(name, pa.string()) for name in row if name not in ("useridentity", "requestparameters", "eventtime")]
    identity = pa.struct([(name, pa.string()) for name in row["useridentity"]])
    schema = pa.schema([*fields, ("eventtime", pa.timestamp("us", "UTC")), ("useridentity", identity),
                        ("requestparameters", pa.map_(pa.string(), pa.string()))])  # fmt: skip
    timed = row | {"eventtime": datetime.fromisoformat(str(row["eventtime"]))}
    pq.write_table(pa.Table.from_pylist([timed], schema=schema), path)
    items = read_all(path)
    (record,) = records(items)

    assert [item.form for item in items if isinstance(item, Records)] == [ROW]
    assert record["eventTime"] == "2023-11-14T22:13:20Z"
    assert record["userIdentity"]["arn"] == "arn:aws:iam::111122223333:user/ada"
    assert record["requestParameters"] == {"roleArn": "arn:aws:iam::111122223333:role/r", "roleSessionName": "s"}
    assert record["responseElements"] == {"credentials": {"accessKeyId": "ASIAISSUED"}}


def test_parquet_is_read_in_batches(tmp_path: Path) -> None:
    """Row group by row group: no batch is larger than its bound, and the order is that of the file."""
    path = tmp_path / "a.parquet"
    many = [changed(metadata={**ASSUMED["metadata"], "uid": f"e-{number}"}) for number in range(3_500)]
    parquet(path, many, group=2_000)
    batches = [item for item in read_all(path) if isinstance(item, Records)]

    assert [batch.form for batch in batches] == [OCSF] * len(batches)
    assert max(len(batch.records) for batch in batches) <= 1_000
    assert [one["eventID"] for one in records(batches)] == [f"e-{number}" for number in range(3_500)]


def test_damaged_parquet_is_set_aside(tmp_path: Path) -> None:
    """A file that is cut, and one with a damaged page: what is before the damage is read."""
    path = tmp_path / "a.parquet"
    parquet(path, [ASSUMED])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (aside,) = [item for item in read_all(path) if isinstance(item, Aside)]

    assert aside.reason.startswith("damaged Parquet: ")


def test_parquet_of_something_else_is_named(tmp_path: Path) -> None:
    """It has no column of an event."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"name": ["tea"], "price": [3]}), path)
    (told,) = [item for item in read_all(path) if isinstance(item, Unread)]

    assert told.looks_like == "Parquet without CloudTrail events"


def test_without_pyarrow_parquet_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra."""
    path = tmp_path / "a.parquet"
    parquet(path, [ASSUMED])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (told,) = [item for item in read_all(path) if isinstance(item, Unread)]

    assert told.looks_like == "Parquet"
    assert "pip install 'cloudtrail-lineage[parquet]'" in told.do


def test_parquet_in_an_archive(tmp_path: Path) -> None:
    """Packed or not, it is read alike."""
    buffer = io.BytesIO()
    path = tmp_path / "a.parquet"
    parquet(path, [ASSUMED])
    buffer.write(gzip.compress(path.read_bytes()))
    path.write_bytes(buffer.getvalue())

    assert [one["eventID"] for one in records(read_all(path))] == ["e-1"]
