"""CSV exports to records: `loaders.records.tables` and the rows of `loaders.records.decode_any_case`."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.batch import Passed
from loaders.records.decode_any_case import canonical, parse_struct
from loaders.records.items import Aside, Records
from loaders.records.read import items_in
from loaders.records.record import HISTORY, RECORD, ROW, Record
from tests.records import records_in

HISTORY_HEADER = (
    "User name,AWS access key,Event time,Event source,Event name,AWS region,Source IP address,User agent,"
    "Error code,Resources,Request ID,Event ID,Read-only,Event type,Recipient Account Id,Event category"
)
HISTORY_ROW = (
    "ada,AKIAQNZGKIQY56JQ7WML,2023-07-10T12:24:29Z,iam.amazonaws.com,CreateUser,us-east-1,"
    '198.51.100.7,"Boto3, x",,'
    '"[{""resourceType"":""AWS::IAM::User"",""resourceName"":""bo""}]",'
    "r-1,e-1,false,AwsApiCall,029608264753,Management"
)
STRUCT = (
    "{type=AssumedRole, principalid=AROAQNZGKIQY56JQ7WMLA:ada, "
    "arn=arn:aws:sts::029608264753:assumed-role/Dev/ada, "
    "accountid=029608264753, invokedby=null, accesskeyid=ASIAQNZGKIQY56JQ7WML, username=null, "
    "sessioncontext={attributes={mfaauthenticated=false, creationdate=2023-07-10T12:00:00Z}, "
    "sessionissuer={type=Role, principalid=AROAQNZGKIQY56JQ7WMLA, "
    "arn=arn:aws:iam::029608264753:role/team/Dev, "
    "accountid=029608264753, username=Dev}, ec2roledelivery=null, "
    "webidfederationdata={federatedprovider=p, attributes={graph.facebook.com:id=7}}}}"
)
SESSION: dict[str, object] = {
    "attributes": {"mfaAuthenticated": "false", "creationDate": "2023-07-10T12:00:00Z"},
    "sessionIssuer": {
        "type": "Role",
        "principalId": "AROAQNZGKIQY56JQ7WMLA",
        "arn": "arn:aws:iam::029608264753:role/team/Dev",
        "accountId": "029608264753",
        "userName": "Dev",
    },
    "ec2RoleDelivery": None,
    "webIdFederationData": {"federatedProvider": "p", "attributes": {"graph.facebook.com:id": "7"}},
}
IDENTITY = {
    "type": "AssumedRole",
    "principalId": "AROAQNZGKIQY56JQ7WMLA:ada",
    "arn": "arn:aws:sts::029608264753:assumed-role/Dev/ada",
    "accountId": "029608264753",
    "invokedBy": None,
    "accessKeyId": "ASIAQNZGKIQY56JQ7WML",
    "userName": None,
    "sessionContext": SESSION,
}


def table(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    """A CSV with every cell in quotes, as Athena writes it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read(data: bytes) -> tuple[int, list[Record]]:
    """The only form and all records; fails where anything else came."""
    items = list(records_in(data))
    assert all(isinstance(item, Records) for item in items), items
    (form,) = {item.form for item in items if isinstance(item, Records)}
    return form, [record for item in items if isinstance(item, Records) for record in item.records]


def athena(**cells: str) -> dict[str, str]:
    return {
        "eventversion": "1.08",
        "useridentity": STRUCT,
        "eventtime": "2023-07-10 12:24:29.000",
        "eventsource": "s3.amazonaws.com",
        "eventname": "GetObject",
        "awsregion": "eu-west-1",
        "sourceipaddress": "198.51.100.7",
        "errorcode": "",
        "requestparameters": '{"bucketName":"b","key":"a, ""b"""}'.replace('""', '\\"'),
        "responseelements": "null",
        "eventid": "e-1",
        "readonly": "TRUE",
        "resources": "[{arn=arn:aws:s3:::b, accountid=029608264753, type=AWS::S3::Bucket}]",
        "recipientaccountid": "029608264753",
    } | cells


def test_event_history_row() -> None:
    """A row of the console's event history keeps what it knows: a name, a key, and the call."""
    form, (record,) = read(f"{HISTORY_HEADER}\n{HISTORY_ROW}\n".encode())

    assert form == HISTORY
    assert json.loads(bytes(record.user_identity)) == {
        "type": "IAMUser",
        "arn": "arn:aws:iam::029608264753:user/ada",
        "accountId": "029608264753",
        "userName": "ada",
        "accessKeyId": "AKIAQNZGKIQY56JQ7WML",
        "history": True,
    }
    assert json.loads(bytes(record.resources)) == [{"resourceType": "AWS::IAM::User", "resourceName": "bo"}]
    assert (record.event_time, record.event_source) == ("2023-07-10T12:24:29Z", "iam.amazonaws.com")
    assert (record.event_name, record.event_id, record.request_id) == ("CreateUser", "e-1", "r-1")
    assert (record.aws_region, record.source_ip, record.user_agent) == (
        "us-east-1",
        "198.51.100.7",
        "Boto3, x",
    )
    assert (record.error_code, record.read_only, record.event_type) == (None, "false", "AwsApiCall")
    assert (record.recipient_account_id, record.event_category) == ("029608264753", "Management")


@pytest.mark.parametrize(
    ("cell", "account"),
    [
        ("2.96083E+10", "029608264753"),
        ("29608264753", "029608264753"),
        ("029608264753", "029608264753"),
        ("", None),
        ("-", None),
    ],
)
def test_what_a_spreadsheet_did_to_the_account(cell: str, account: str | None) -> None:
    """A rounded account is taken from the access key, a lost zero is put back, none is made up."""
    row = HISTORY_ROW.replace(",029608264753,", f",{cell},").replace(",false,", ",FALSE,")

    _, (record,) = read(f"{HISTORY_HEADER}\n{row}\n".encode())

    assert (record.recipient_account_id, record.read_only) == (account, "false")


def test_a_rounded_account_without_a_telling_key_is_unknown() -> None:
    """Where the key tells no account, the account is None and not the rounded number."""
    row = HISTORY_ROW.replace("029608264753", "2.96083E+10").replace("AKIAQNZGKIQY56JQ7WML", "AKIAIOSFODNN7EXAMPLE")

    _, (record,) = read(f"{HISTORY_HEADER}\n{row}\n".encode())

    assert record.recipient_account_id is None


@pytest.mark.parametrize("identity", [STRUCT, json.dumps(IDENTITY), json.dumps(IDENTITY).lower()])
def test_athena_and_lake_rows(identity: str) -> None:
    """A row's identity is that of the record, printed by Presto or cast to JSON, in AWS's spelling."""
    form, (record,) = read(table(athena(useridentity=identity)))
    said = json.loads(bytes(record.user_identity))

    assert form == ROW
    assert said.keys() == IDENTITY.keys()
    assert said["sessionContext"].keys() == SESSION.keys()
    assert identity != STRUCT or said == IDENTITY
    assert (record.event_time, record.read_only, record.error_code) == ("2023-07-10T12:24:29Z", "true", None)
    assert json.loads(bytes(record.request_parameters)) == {"bucketName": "b", "key": 'a, "b"'}
    assert bytes(record.response_elements) == b""
    assert json.loads(bytes(record.resources)) == [
        {"ARN": "arn:aws:s3:::b", "accountId": "029608264753", "type": "AWS::S3::Bucket"}
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("column", ["_raw", "CloudTrailEvent", "event.original", "@message"])
def test_a_column_with_the_whole_record(delimiter: str, column: str) -> None:
    """Where a table has the record as text, that is the record and nothing is lost."""
    inside = '{"eventID":"e-1","eventTime":"2023-07-10T12:24:29Z","eventName":"GetObject"}'

    form, (record,) = read(table({"host": "h", column: inside}, delimiter=delimiter))

    assert (form, record) == (
        RECORD,
        Record(event_id="e-1", event_time="2023-07-10T12:24:29Z", event_name="GetObject"),
    )


def test_rows_that_are_cut_are_set_aside() -> None:
    """A row with too few cells is counted with its reason, and the rows around it are read."""
    text = f"{HISTORY_HEADER}\n{HISTORY_ROW}\nada,AKIA\n\n{HISTORY_HEADER}\n{HISTORY_ROW}"

    first, cut, second = records_in(text.encode())

    assert isinstance(first, Records)
    assert isinstance(second, Records)
    assert (first.first, cut, second.first) == (0, Aside(1, None, "row has 2 of 16 cells"), 2)


def test_a_table_of_something_else_is_passed_over() -> None:
    """A CSV without the columns of events is one document of another kind."""
    assert list(records_in(b'"name","price"\n"tea","3"\n')) == [Passed("other", 1)]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1), st.integers(1, 50))
def test_cells_and_blocks_are_kept(agents: list[str], block: int) -> None:
    """Any text in a cell, newlines and quotes too, comes out as it was, however the file is read."""
    data = table(*(athena(useragent=f"x{agent}") for agent in agents))
    blocks = (data[at : at + block] for at in range(0, len(data), block))

    items = list(items_in(blocks))

    assert [r.user_agent for i in items if isinstance(i, Records) for r in i.records] == [f"x{a}" for a in agents]


@given(st.text(alphabet="{}[],= abnul\"'", max_size=40))
def test_no_struct_text_raises(text: str) -> None:
    """Presto's print is not reversible; whatever the text, reading it ends, and gives JSON."""
    assert json.dumps(canonical(parse_struct(text)))
