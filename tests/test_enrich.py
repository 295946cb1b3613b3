"""`enrich`: the logs come back whole and in order, each record with the answer that `who` gives for it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import lineage
from lineage.answers import Who
from lineage.enrich import COLUMNS, FIELDS, Sums
from lineage.errors import BadUse
from lineage.questions.common.whose import short
from loaders.secrets import scrub, scrub_record
from tests.aws import Cloud, Json
from tests.conftest import ROOT
from tests.test_cli import Shell

if TYPE_CHECKING:
    from lineage import Store

INCIDENT = ROOT / "examples" / "incident" / "logs"


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a store of its own."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    monkeypatch.setenv("COLUMNS", "80")
    return Shell(capsys)


def busy() -> Cloud:
    """A cloud where every kind of identity calls."""
    cloud = Cloud(seed=11)
    home, other = cloud.account("home"), cloud.account("other")
    alice, bob = cloud.user(home, "alice"), cloud.user(home, "bob")
    role, far = cloud.role(home, "ops"), cloud.role(other, "deploy")
    for user in (alice, bob):
        session = cloud.assume_role(user, role, "ops")
        cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
        cloud.call(cloud.assume_role(session, far, "ops"), "s3.amazonaws.com", "ListBuckets")
        cloud.tick(700)
    console = cloud.console_login(alice)
    cloud.call(console, "iam.amazonaws.com", "ListUsers")
    cloud.call(cloud.aws_login(console), "iam.amazonaws.com", "ListRoles")
    cloud.forward(bob, ("cloudformation.amazonaws.com", "CreateStack"), ("s3.amazonaws.com", "CreateBucket"))
    cloud.anonymous_get(home, "site")
    cloud.call(cloud.saml(role, "carol@example.com"), "ec2.amazonaws.com", "RunInstances")
    cloud.call(cloud.ec2(role, "i-0123456789abcdef0"), "s3.amazonaws.com", "ListBuckets")
    return cloud


def origin_of(answer: Who) -> dict[str, Any]:
    """What of a `who` answer stands beside a record."""
    whose = short(answer.answers)
    return {"kind": whose.kind, "id": whose.id, "key": whose.access_key_id, "via": whose.via, "reason": whose.reason,
            "confidence": whose.confidence, "ambiguous": whose.ambiguous}  # fmt: skip


def beside(one: Any) -> dict[str, Any]:
    """The same of an enriched record whose origins are all given."""
    told = dict(zip(COLUMNS, one.beside.values, strict=True))
    return {"kind": told["origin_kind"] or "Unresolved", "id": told["origin_id"], "key": told["origin_key"],
            "via": told["via"], "reason": told["reason"], "confidence": told["confidence"],
            "ambiguous": told["ambiguous"]}  # fmt: skip


def test_every_record_has_the_answer_of_who(store: Store, tmp_path: Path) -> None:
    """What stands beside a record is what `who` says of its event ID."""
    cloud = busy()
    paths = cloud.write_to(tmp_path)
    store.load(paths)
    found = {one.record.event_id: beside(one) for one in store.enrich(paths, min_confidence="HINT")}

    assert found == {r["eventID"]: origin_of(store.who(r["eventID"])) for r in cloud.records}


def test_incident_has_the_answers_of_who(tmp_path: Path) -> None:
    """So it is with every event of the incident."""
    store = lineage.open(tmp_path / "lineage.db")
    store.load([INCIDENT])
    found = {one.record.event_id: beside(one) for one in store.enrich([INCIDENT], min_confidence="HINT")}

    assert len(found) == 926
    assert found == {str(event): origin_of(store.who(str(event))) for event in found}


def test_records_come_back_as_logged_and_in_order(tmp_path: Path) -> None:
    """A line holds the whole record, secrets removed, members that nobody knows included."""
    record: Json = {
        "eventTime": "2026-03-02T08:00:00Z", "eventName": "PutObject", "eventSource": "s3.amazonaws.com",
        "eventID": "11111111-1111-4111-8111-111111111111", "tlsDetails": {"tlsVersion": "TLSv1.3"}, "newMember": [1],
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/a", "accountId": "111122223333",
                         "principalId": "AIDAABCDEFGHIJKLMNOP", "accessKeyId": "AKIAABCDEFGHIJKLMNOP"},
        "requestParameters": {"note": "a\nb", "sessionToken": "very-secret", "x": {"password": "hunter22"}},
    }  # fmt: skip
    later = record | {"eventID": "11111111-1111-4111-8111-111111111112", "requestParameters": None}
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": [record, later]}, indent=1))
    lines = [one.line for one in lineage.open(tmp_path / "lineage.db").enrich([log])]
    told = [json.loads(line) for line in lines]

    assert [one.pop("lineage")["origin_name"] for one in told] == ["a", "a"]
    assert told == [scrub(record), later]
    assert not any(b"\n" in line or b"secret\"" in line or b"hunter22" in line for line in lines)


def test_scrubbing_by_members_is_scrubbing(shared: Path) -> None:
    """A real record loses the same secrets whichever way it goes."""
    lines = [line for path in sorted(shared.glob("*/events.ndjson")) for line in path.read_bytes().splitlines()[:400]]

    assert len(lines) > 1_000
    assert [json.loads(scrub_record(line)) for line in lines] == [scrub(json.loads(line)) for line in lines]


def test_weak_origins_are_guesses(tmp_path: Path) -> None:
    """Below the class that was asked for the origin is empty and the guess has its own column."""
    cloud = Cloud(seed=3)
    home = cloud.account("home")
    session = cloud.assume_role(cloud.user(home, "alice"), cloud.role(home, "ops"), "ops")
    cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
    paths = cloud.write_to(tmp_path / "logs")
    store = lineage.open(tmp_path / "lineage.db")
    store.load(paths)
    found = [dict(zip(COLUMNS, one.beside.values, strict=True)) for one in store.enrich(paths)]

    assert {one["origin_name"] for one in found} == {"alice"}
    assert {one["guess"] for one in found} == {None}
    assert found[-1]["chain"] == "alice > ops as ops"
    with pytest.raises(BadUse, match="VERY: there is none; one of EXACT, STRONG"):
        next(store.enrich(paths, min_confidence="VERY"))


def test_nothing_vanishes(tmp_path: Path) -> None:
    """read = written + set aside, whatever lies in the files."""
    (tmp_path / "log.json").write_text('{"Records": [{"eventTime": "2026-03-02T08:00:00Z", "eventName": "A"}, 7]}')
    sums = Sums()
    store = lineage.open(tmp_path / "lineage.db")
    written = list(store.enrich([tmp_path / "log.json"], sums=sums))

    assert (sums.read, sums.written, sums.set_aside) == (2, 1, 1)
    assert [json.loads(one.line)["lineage"]["origin_kind"] for one in written] == [None]


@pytest.mark.parametrize("ending", ["ndjson", "csv", "parquet"])
def test_each_form_holds_every_record(ending: str, run: Shell, tmp_path: Path) -> None:
    """The same records stand in each form, and stderr tells the sums."""
    assert run("load", str(INCIDENT)).code == 0
    out = tmp_path / f"enriched.{ending}"
    ran = run("enrich", str(INCIDENT), "-o", str(out))
    if ending == "ndjson":
        names = [json.loads(line)["lineage"]["origin_name"] for line in out.read_text().splitlines()]
    elif ending == "csv":
        names = [row["lineage_origin_name"] or None for row in csv.DictReader(io.StringIO(out.read_text()))]
    else:
        held = pq.read_table(out)
        names = held.column("lineage_origin_name").to_pylist()
        assert held.column_names == [*FIELDS, *(f"lineage_{name}" for name in COLUMNS), "record"]

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "1,059 records read = 1,059 written + 0 set aside\n"
    assert len(names) == 1059
    assert names.count("dana.whitfield") > 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "xml"), "error: --format xml: there is none; one of ndjson, csv, parquet\n"),
        (("--min-confidence", "NONE"), "error: --min-confidence NONE: there is none"),
    ],
)
def test_bad_use_is_one_line(arguments: tuple[str, ...], said: str, run: Shell) -> None:
    """What cannot be is told in one line, with exit code 2."""
    assert run("load", str(INCIDENT)).code == 0
    ran = run("enrich", str(INCIDENT), *arguments)

    assert ran.code == 2
    assert ran.err.startswith(said)


def test_an_input_is_not_overwritten(run: Shell, tmp_path: Path) -> None:
    """Who names an input as output loses nothing."""
    log = tmp_path / "log.json"
    log.write_text('{"Records": []}')
    assert run("load", str(log)).code == 0
    ran = run("enrich", str(log), "-o", str(log))

    assert (ran.code, log.read_text()) == (2, '{"Records": []}')
