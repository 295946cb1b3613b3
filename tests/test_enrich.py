"""`enrich`: the logs come back whole and in order, each record with the answer that `who` gives for it."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.enrich import COLUMNS, FIELDS, IDENTITY, Enriched, Sums
from lineage.model.errors import BadUse
from lineage.questions.shared.whose import call_it, short
from lineage.questions.who import Who
from lineage.render import streams
from lineage.render.csv import guarded
from loaders.secrets import scrub, scrub_record
from tests.aws import Cloud, Json
from tests.conftest import ROOT
from tests.strategies import clouds
from tests.test_cli import Shell, process
from tests.test_properties import FEW, QUICK, WRAPPERS

if TYPE_CHECKING:
    from lineage import Store
    from tests.neo4j_server import Server

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


def origin_of(answer: Who) -> dict[str, object]:
    """What of a `who` answer stands beside a record, where every origin that is known is given."""
    whose = short(answer.answers)
    known = whose.kind != "Unresolved"
    return {
        "origin_kind": whose.kind if known else None, "origin_id": whose.id, "origin_account": whose.account,
        "origin_name": whose.name, "person": whose.person, "origin_key": whose.access_key_id,
        "resource": whose.resource, "provider": whose.provider, "chain": " > ".join(whose.chain) if known else None,
        "depth": max((len(one.hops) for one in answer.answers), default=0), "via": whose.via,
        "confidence": whose.confidence, "ambiguous": whose.ambiguous, "reason": whose.reason,
        "guess": f"{call_it(whose)} (one of these)" if whose.candidates else None,
    }  # fmt: skip


def beside(one: Enriched) -> dict[str, object]:
    """The same of an enriched record."""
    told = dict(zip(COLUMNS, one.origin.values, strict=True))
    del told["session"]
    return told


def unlike(cloud: Cloud, target: str) -> list[tuple[object, object]]:
    """Where `enrich` and `who` differ about the events of a cloud, loaded into a store."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(target or f"{folder}/lineage.db") as store:
        paths = cloud.write_to(Path(folder) / "logs")
        store.load(paths)
        pairs = [
            (beside(one), origin_of(store.who(str(one.record.event_id))))
            for one in store.enrich(paths, min_confidence="HINT")
        ]
    return [(found, expected) for found, expected in pairs if found != expected]


def test_every_record_has_the_answer_of_who(store: Store, tmp_path: Path) -> None:
    """What stands beside a record is what `who` says of its event ID."""
    cloud = busy()
    paths = cloud.write_to(tmp_path)
    store.load(paths)
    found = {one.record.event_id: beside(one) for one in store.enrich(paths, min_confidence="HINT")}

    assert found == {r["eventID"]: origin_of(store.who(r["eventID"])) for r in cloud.records}


def test_two_sessions_of_one_second_have_the_answers_of_who() -> None:
    """A user signs in and gets a session token in one second: both are one session, and each call states its user."""
    cloud = Cloud(seed=5)
    home = cloud.account("home")
    ana, role = cloud.user(home, "ana"), cloud.role(home, "ops")
    console = cloud.console_login(ana)
    token = cloud.get_session_token(ana)
    for session in (console, token):
        cloud.call(session, "iam.amazonaws.com", "ListUsers")
        cloud.assume_role(session, role, "ops")
    first = cloud.records[0]["eventTime"]
    for record in cloud.records:
        record["eventTime"] = first
        attributes = record["userIdentity"].get("sessionContext", {}).get("attributes")
        if attributes:
            attributes["creationDate"] = first

    assert unlike(cloud, "") == []


@QUICK
@given(clouds() | clouds(twins=True))
def test_every_history_has_the_answers_of_who(cloud: Cloud) -> None:
    """So it is whatever happened, also where several callers fit."""
    assert unlike(cloud, "") == []


@FEW
@given(clouds(twins=True))
def test_every_history_has_the_answers_of_who_in_neo4j(neo4j_any: Server, cloud: Cloud) -> None:
    """So it is in Neo4j."""
    neo4j_any.wipe(schema=False)

    assert unlike(cloud, neo4j_any.uri) == []


def test_incident_has_the_answers_of_who(tmp_path: Path) -> None:
    """So it is with every event of the incident."""
    store = lineage.open(tmp_path / "lineage.db")
    store.load([INCIDENT])
    found = {one.record.event_id: beside(one) for one in store.enrich([INCIDENT], min_confidence="HINT")}

    assert len(found) == 926
    assert found == {str(event): origin_of(store.who(str(event))) for event in found}


def test_copies_have_the_origin_of_the_callers_own(tmp_path: Path) -> None:
    """Another account's copies, loaded or not, have session and origin of the caller's own copy."""
    story = ROOT / "tests" / "stories" / "copies-of-calls-in-two-accounts"
    with lineage.open(str(tmp_path / "lineage.db")) as store:
        store.load([story / "ours.json"])
        before = [dict(zip(COLUMNS, one.origin.values, strict=True)) for one in store.enrich([story / "theirs.json"])]
        store.load([story / "theirs.json"])
        after = [dict(zip(COLUMNS, one.origin.values, strict=True)) for one in store.enrich([story / "theirs.json"])]

    role = "999900001111/AROA6RTVPGNLX5CG7SCAN:scan"
    vera, omar = f"{role}/2026-03-02T08:00:00Z", f"{role}/2026-03-02T08:00:40Z"
    told = [(one["origin_name"], one["session"], one["confidence"]) for one in before]
    assert told[:4] == [
        ("vera", vera, "EXACT"), ("omar", omar, "EXACT"), ("omar", omar, "EXACT"), ("vera", vera, "EXACT"),
    ]  # fmt: skip
    assert (before[4]["origin_name"], before[4]["confidence"]) == (None, "NONE")  # vera or omar
    assert after == before


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
    assert not any(b"\n" in line or b'secret"' in line or b"hunter22" in line for line in lines)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_wrapper_gives_the_whole_records(wrapper: str, tmp_path: Path) -> None:
    """Whatever the records came in, they come back alone, in order and with all their members."""
    records = [record | {"newMember": [1]} for record in busy().records]
    log = tmp_path / wrapper
    log.write_bytes(WRAPPERS[wrapper](records))
    told = [json.loads(one.line) for one in lineage.open(tmp_path / "lineage.db").enrich([log])]

    assert [one.pop("lineage")["confidence"] is not None for one in told] == [True] * len(records)
    assert told == [scrub(record) for record in records]


def test_a_broken_neighbour_costs_no_member(tmp_path: Path) -> None:
    """Beside what is no record the others still come back whole."""
    records = [record | {"newMember": [1]} for record in busy().records]
    log = tmp_path / "log.json"
    log.write_text(
        json.dumps({"Records": [*records[:3], 7, {"eventName": "NoTime", "userIdentity": {}}, *records[3:]]})
    )
    sums = Sums()
    told = [json.loads(one.line) for one in lineage.open(tmp_path / "lineage.db").enrich([log], sums=sums)]

    assert [one for one in told if one.pop("lineage") and "newMember" in one] == [scrub(record) for record in records]
    assert (sums.written, sums.set_aside) == (len(records), 2)


def test_no_form_keeps_a_secret(run: Shell, tmp_path: Path) -> None:
    """A secret in a user agent is gone from tables too."""
    log = tmp_path / "log.json"
    record = {
        "eventTime": "2026-03-02T08:00:00Z", "eventName": "GetObject", "eventSource": "s3.amazonaws.com",
        "eventID": "11111111-1111-4111-8111-111111111111", "userIdentity": {"type": "AWSAccount"},
        "userAgent": "[curl --password hunter22 https://b/?X-Amz-Signature=hunter22]",
    }  # fmt: skip
    log.write_text(json.dumps({"Records": [record]}))
    assert run("load", str(log)).code == 0
    for ending in streams.WRITERS:
        out = tmp_path / f"out.{ending}"
        assert run("enrich", str(log), "-o", str(out)).code == 0
        held = str(pq.read_table(out).to_pylist()) if ending == "parquet" else out.read_text()

        assert "hunter22" not in held
        assert "--password (removed)" in held


WORDS = ("secret", "Secret", "_", "-", "--", "string", "key", "access", "=", ": ", "a", "my", "client", "value", " ",
         "arn:aws:secretsmanager:", "hunter22", "token", "pass")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS)))
def test_a_quick_look_misses_nothing(words: list[str]) -> None:
    """A text that a record keeps as it is has nothing that a full search would remove."""
    record = {"eventName": "X", "requestParameters": {"note": "".join(words)}}

    assert json.loads(scrub_record(json.dumps(record).encode())) == scrub(record)


def test_of_a_member_that_comes_twice_the_last_counts() -> None:
    """What was not looked at is not written."""
    assert scrub_record(b'{"a": {"password": "hunter22"},\r\n "a": [1]}') == b'{"a":[1]}'


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
    found = [dict(zip(COLUMNS, one.origin.values, strict=True)) for one in store.enrich(paths)]

    assert {one["origin_name"] for one in found} == {"alice"}
    assert {one["guess"] for one in found} == {None}
    assert found[-1]["chain"] == "alice > ops as ops"
    with pytest.raises(BadUse, match="VERY: unknown; use one of EXACT, STRONG"):
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
        assert held.column_names == [*FIELDS, *IDENTITY, *(f"lineage_{name}" for name in COLUMNS), "record"]

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "1,059 records read = 1,059 written + 0 set aside\n"
    assert len(names) == 1059
    assert names.count("dana.whitfield") > 20


def test_tables_say_the_same(run: Shell, tmp_path: Path) -> None:
    """CSV and Parquet have the same values, and a record's JSON is that of the NDJSON."""
    assert run("load", str(INCIDENT)).code == 0
    for ending in streams.WRITERS:
        assert run("enrich", str(INCIDENT), "-o", str(tmp_path / f"out.{ending}")).code == 0
    lines = [json.loads(line) for line in (tmp_path / "out.ndjson").read_text().splitlines()]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    held = pq.read_table(tmp_path / "out.parquet").to_pylist()

    records = [json.loads(row.pop("record")) for row in held]

    assert records == [{name: value for name, value in line.items() if name != "lineage"} for line in lines]
    assert [{name: guarded(value) for name, value in row.items()} for row in held] == rows


def test_parquet_is_written_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read is written before all is read: memory stays flat."""
    monkeypatch.setattr(streams, "ROW_GROUP", 1)
    out = tmp_path / "out.parquet"
    with out.open("wb") as file:
        streams.parquet(lineage.open(tmp_path / "lineage.db").enrich([INCIDENT]), file)

    assert pq.ParquetFile(out).num_row_groups == 2
    assert pq.read_table(out).num_rows == 1059


def test_an_empty_log_is_a_file_without_records(tmp_path: Path) -> None:
    """No record makes an empty file of each form, with its columns."""
    (tmp_path / "log.json").write_text('{"Records": []}')
    store = lineage.open(tmp_path / "lineage.db")
    written = {}
    for name, write in streams.WRITERS.items():
        write(store.enrich([tmp_path / "log.json"]), out := io.BytesIO())
        written[name] = out.getvalue()

    assert written["ndjson"] == b""
    assert written["csv"].startswith(b"eventTime,eventID,")
    assert written["csv"].count(b"\n") == 1
    assert pq.read_table(io.BytesIO(written["parquet"])).num_rows == 0


def test_a_reader_that_goes_ends_it_quietly(run: Shell, tmp_path: Path) -> None:
    """`lineage enrich … | head -1` writes at once and says nothing when the reader goes."""
    assert run("load", str(INCIDENT)).code == 0
    with process(tmp_path / "lineage.db", "enrich", str(INCIDENT)) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        first = running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()

    assert "lineage" in json.loads(first)
    assert (running.returncode, said) == (141, b"")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "xml"), "error: --format xml: unknown; use one of ndjson, csv, parquet\n"),
        (("--min-confidence", "NONE"), "error: --min-confidence NONE: unknown"),
    ],
)
def test_bad_use_is_one_line(arguments: tuple[str, ...], said: str, run: Shell) -> None:
    """What cannot be is told in one line, with exit code 2."""
    assert run("load", str(INCIDENT)).code == 0
    ran = run("enrich", str(INCIDENT), *arguments)

    assert ran.code == 2
    assert ran.err.startswith(said)


@pytest.mark.parametrize("path", ["logs/log.json", "logs", "logs/*"])
def test_an_input_is_not_overwritten(path: str, run: Shell, tmp_path: Path) -> None:
    """Who names an input as output loses nothing."""
    log = tmp_path / "logs" / "log.json"
    log.parent.mkdir()
    log.write_text(text := json.dumps({"Records": busy().records}))
    assert run("load", str(log)).code == 0
    ran = run("enrich", str(tmp_path / path), "-o", str(log))

    assert (ran.code, log.read_text()) == (2, text)
    assert ran.err.endswith("log.json: is an input too; give another file with --output\n")


def test_an_output_among_the_logs_is_written_once_and_then_refused(run: Shell, tmp_path: Path) -> None:
    """An output inside a folder that is read is none of its logs the first time, and one of them the next time."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "log.json").write_text(json.dumps({"Records": busy().records}))
    assert run("load", str(logs)).code == 0
    first = run("enrich", str(logs), "-o", str(logs / "out.json"))
    written = (logs / "out.json").read_bytes()
    again = run("enrich", str(logs), "-o", str(logs / "out.json"))

    assert (first.code, len(written.splitlines())) == (0, len(busy().records))
    assert (again.code, (logs / "out.json").read_bytes()) == (2, written)
    assert sorted(path.name for path in logs.iterdir()) == ["log.json", "out.json"]


def test_a_pipe_stays_a_pipe(run: Shell, tmp_path: Path) -> None:
    """What is no regular file is written into and not replaced."""
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": busy().records}))
    assert run("load", str(log)).code == 0
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reading:
        lines = reading.submit(pipe.read_bytes)
        ran = run("enrich", str(log), "-o", str(pipe))

    assert ran.code == 0
    assert len(lines.result().splitlines()) == len(busy().records)
    assert pipe.is_fifo()


def test_a_link_stays_a_link(run: Shell, tmp_path: Path) -> None:
    """What a link leads to is written, and nothing else is left beside it."""
    log, out, link = (tmp_path / name for name in ("log.json", "out.ndjson", "link.ndjson"))
    log.write_text(json.dumps({"Records": busy().records}))
    assert run("load", str(log)).code == 0
    link.symlink_to(out)
    out.write_text("old")
    out.chmod(0o640)
    ran = run("enrich", str(log), "-o", str(link))

    assert (ran.code, link.is_symlink(), out.stat().st_mode & 0o777) == (0, True, 0o640)
    assert len(out.read_bytes().splitlines()) == len(busy().records)
    assert sorted(path.name for path in tmp_path.glob("*")) == ["lineage.db", "link.ndjson", "log.json", "out.ndjson"]


def test_what_is_written_meanwhile_is_not_read(tmp_path: Path) -> None:
    """An output beside the logs does not come back as one of them."""
    log = tmp_path / "log.json"
    log.write_text(json.dumps({"Records": busy().records}))
    records = lineage.open(tmp_path / "lineage.db").enrich([tmp_path / "*.json"])
    (tmp_path / "meanwhile.json").write_bytes(log.read_bytes())

    assert len(list(records)) == len(busy().records)
