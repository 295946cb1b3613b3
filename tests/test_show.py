"""Raw records found again, names of accounts, and the Cypher files."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from pathlib import Path

import pytest

from lineage import queries
from lineage.model.errors import BadUse
from lineage.show import show
from loaders import account_names

WANTED = "7c6d5a9e-0000-4000-8000-000000000001"
RECORD = {
    "eventVersion": "1.11",
    "userIdentity": {"type": "Root", "accountId": "111122223333"},
    "eventTime": "2026-03-11T21:49:35Z",
    "eventSource": "sts.amazonaws.com",
    "eventName": "GetSessionToken",
    "awsRegion": "eu-west-1",
    "responseElements": {"credentials": {"accessKeyId": "ASIAX", "sessionToken": "CANARY"}},
    "eventID": WANTED,
    "tlsDetails": {"tlsVersion": "TLSv1.3"},
}
OTHER = {**RECORD, "eventID": "other"}
CLEAN = {**RECORD, "responseElements": {"credentials": {"accessKeyId": "ASIAX", "sessionToken": "(removed)"}}}
LOOKED_UP = {"EventId": WANTED, "EventName": "GetSessionToken", "CloudTrailEvent": json.dumps(RECORD)}
BATCH = {
    "messageType": "DATA_MESSAGE",
    "logEvents": [{"id": "1", "timestamp": 1, "message": json.dumps(RECORD)}],
}


def found(tmp_path: Path, data: bytes) -> list[tuple[int, dict[str, object]]]:
    """Index and record of what `show` finds in a file of these bytes."""
    file = tmp_path / "log"
    file.write_bytes(data)
    shown = show(WANTED, [str(file)], lambda path: None)
    assert all(place.sha256 == hashlib.sha256(data).hexdigest() for place in shown.places)
    return [(place.index, place.record) for place in shown.places]


@pytest.mark.parametrize(
    ("data", "index"),
    [
        (json.dumps({"Records": [OTHER, RECORD]}).encode(), 1),
        (gzip.compress(json.dumps({"Records": [OTHER, OTHER, RECORD]}).encode()), 2),
        (json.dumps({"Records": [OTHER, RECORD]}, indent=2).encode(), 1),
        ("\n".join(map(json.dumps, [OTHER, RECORD])).encode(), 1),
        (json.dumps([RECORD]).encode(), 0),
        ((json.dumps(OTHER) + json.dumps(RECORD)).encode(), 1),
        (json.dumps({"Events": [LOOKED_UP]}).encode(), 0),
        (json.dumps({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": RECORD}).encode(), 0),
        (json.dumps(BATCH).encode(), 0),
    ],
    ids=["s3", "gzip", "pretty", "lines", "list", "joined", "lookup-events", "eventbridge", "subscription"],
)  # fmt: skip
def test_the_record_is_found_in_every_wrapping(data: bytes, index: int, tmp_path: Path) -> None:
    """The record is shown as logged, every member of it, its secrets removed, with its index in the file."""
    assert found(tmp_path, data) == [(index, CLEAN)]


def test_packed_records_are_shown_as_logged(tmp_path: Path) -> None:
    """What lies in a packed text is shown as logged too."""
    packed = base64.b64encode(gzip.compress(json.dumps(BATCH).encode()))
    [(index, record)] = found(tmp_path, packed)

    assert (index, record) == (0, CLEAN)


def test_every_copy_is_shown(tmp_path: Path) -> None:
    """A record that lies in two files is shown from both, and other records from none."""
    for name, records in (("a", [RECORD]), ("b", [OTHER]), ("c", [OTHER, RECORD])):
        (tmp_path / name).write_text(json.dumps({"Records": records}))
    shown = show(WANTED, [str(tmp_path)], {str(tmp_path / "a"): "kept"}.get)

    assert [(Path(place.path).name, place.index, place.loaded_sha256) for place in shown.places] == [
        ("a", 0, "kept"),
        ("c", 1, None),
    ]


def test_nothing_found_is_an_answer(tmp_path: Path) -> None:
    """An event that is not there is not found; neither is one in an empty folder."""
    assert show(WANTED, [str(tmp_path)], lambda path: None).found is False


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"Accounts": [{"Id": "111122223333", "Name": "prod", "Email": "x"}]}', {"111122223333": "prod"}),
        ("111122223333,prod\n", {"111122223333": "prod"}),
        ("\ufeffId,Name\r\n111122223333,prod\r\n\r\n22223333,dev\r\n", {"111122223333": "prod", "000022223333": "dev"}),
        ('account,name,more\n111122223333,"prod, main",x\n', {"111122223333": "prod, main"}),
    ],
)  # fmt: skip
def test_names_of_accounts(text: str, names: dict[str, str], tmp_path: Path) -> None:
    """Both forms are read, with or without a header, also where a spreadsheet took the zeros away."""
    file = tmp_path / "accounts"
    file.write_text(text)

    assert account_names.read_accounts(file) == names


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no account name found"),
        ("Id,Name\n", "no account name found"),
        ("111122223333\n", "line 1 has no second column"),
        ("111122223333,prod\nprod,444455556666\n", "line 2 does not start with an account ID"),
        ('{"Accounts": 5}', "not a list of accounts"),
        ('{"Accounts": [{"Id": "x", "Name": "y"}]}', "Accounts[0] has no 12-digit account ID"),
        ("{", "not a list of accounts"),
    ],
)
def test_bad_names_of_accounts_are_refused_in_one_line(text: str, line: str, tmp_path: Path) -> None:
    """The message says which file, which line and which forms there are."""
    file = tmp_path / "accounts"
    file.write_text(text)

    with pytest.raises(BadUse) as raised:
        account_names.read_accounts(file)
    assert str(raised.value).startswith(f"{file}: {line}")
    assert "\n" not in str(raised.value)


def test_a_missing_file_of_names_is_refused(tmp_path: Path) -> None:
    """A path that is not there is told, not taken for an empty file."""
    with pytest.raises(BadUse, match="cannot be read"):
        account_names.read_accounts(tmp_path / "none")


def test_questions_have_their_cypher_files() -> None:
    """These questions ship as Cypher files, and no other; each has a title, a header and a statement."""
    shipped = queries.queries()

    assert [query.name for query in shipped] == [
        "assumed", "blast", "chains", "cross_account", "denied", "from", "hunt", "path", "role", "touched", "trace",
        "who",
    ]  # fmt: skip
    assert [query.name for query in shipped if not (query.title and query.about and query.columns)] == []
    assert [query.name for query in shipped if "\nRETURN " not in query.text] == []


def test_addendum_is_shown_with_the_event_that_it_amends(tmp_path: Path) -> None:
    """What an addendum amends is shown after it, and the answer says so."""
    addendum = {**RECORD, "eventID": "amending", "addendum": {"reason": "UPDATED_DATA", "originalEventID": WANTED}}
    (tmp_path / "1.json").write_text(json.dumps({"Records": [OTHER, RECORD]}))
    (tmp_path / "2.json").write_text(json.dumps({"Records": [addendum]}))

    shown = show("amending", [str(tmp_path)], lambda path: None)

    assert [place.record["eventID"] for place in shown.places] == ["amending", WANTED]
    assert shown.note == f"amending is an addendum; it amends event {WANTED}."
    assert show(WANTED, [str(tmp_path)], lambda path: None).note is None


def test_another_accounts_copy_is_shown_with_the_callers_own(tmp_path: Path) -> None:
    """The caller's own copy of a call is shown after the copy that was asked for; other calls of its second are not."""
    call = {**RECORD, "eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "responseElements": None}
    user = {"type": "IAMUser", "principalId": "AIDA1", "accountId": "111122223333", "accessKeyId": "AKIA1"}
    outside = {"type": "AWSAccount", "principalId": "AIDA1", "accountId": "111122223333"}
    own = {
        **call,
        "userIdentity": user,
        "recipientAccountId": "111122223333",
        "sharedEventID": "both",
        "eventID": "own",
    }
    copy = {**own, "userIdentity": outside, "recipientAccountId": "444455556666", "eventID": WANTED}
    third = {**copy, "recipientAccountId": "777788889999", "eventID": "third"}
    other = {**own, "sharedEventID": "other", "eventID": "other"}
    (tmp_path / "a.json").write_text(json.dumps({"Records": [other, own]}))
    (tmp_path / "b.json").write_text(json.dumps({"Records": [copy, third]}))

    shown = show(WANTED, [str(tmp_path)], lambda path: None)

    assert [place.record["eventID"] for place in shown.places] == [WANTED, "own"]
    assert shown.note == f"{WANTED} is another account's copy of a call; its caller's own copy is event own."
    assert [place.record["eventID"] for place in show("own", [str(tmp_path)], lambda path: None).places] == ["own"]


def test_a_shared_event_id_of_any_form_is_no_trouble(tmp_path: Path) -> None:
    """What cannot be joined is shown alone."""
    who = {"type": "AWSAccount", "accountId": "111122223333"}
    for shared in (["both"], None, 7, ""):
        data = json.dumps({"Records": [{**RECORD, "userIdentity": who, "sharedEventID": shared}, OTHER]}).encode()

        assert len(found(tmp_path, data)) == 1
