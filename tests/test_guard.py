"""Guarding contained chains: what they still do is a finding, told once, by every way there is."""

from __future__ import annotations

import inspect
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.model.errors import BadUse, NotFound
from lineage.model.times import iso, time_of
from lineage.questions.guard import Guard
from tests.aws import Cloud, Json
from tests.aws.files import dumps, event_bridge
from tests.aws_server import Endpoint
from tests.conftest import ROOT
from tests.make_incident import IAM, PAYMENTS, S3, Actor, Incident, key_event
from tests.serving import serving
from tests.test_cli import Shell, process
from tests.test_watch import Bucket, endpoint, server

__all__ = ["endpoint", "server"]
"""Fixtures."""
ASK = key_event("AssumeRoleWithSAML")
T = "2026-03-12T18:00:00Z"
"""When the chain was contained; the incident's logs end before it."""
HOSTILE = "$(touch pwned)`touch pwned`\x1b[31m;\n'\"|touch pwned"


class Later(Incident):
    """The incident, and what the same credentials do after it."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, Any] = {}
        self.records = self.run()
        self.cloud.now = max(self.cloud.now, time_of(T) or 0)
        self.first = len(self.records)

    def intruder(self) -> Actor:
        """The story; its credentials are kept."""
        story = super().intruder()
        for wait in story:
            self.held = dict(inspect.getgeneratorlocals(story))  # type: ignore[arg-type]  # a generator
            yield wait

    def since(self) -> list[Json]:
        """The records since this was asked, or since the incident."""
        new, self.first = self.cloud.records[self.first :], len(self.cloud.records)
        return new

    def call(self, who: str = "stolen", name: str = "ListBuckets", **more: Any) -> Json:
        """A call with credentials of the intruder."""
        self.cloud.tick(60)
        self.cloud.call(replace(self.held[who], **more), S3, name)
        return self.cloud.records[-1]


@pytest.fixture(scope="module")
def incident_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the incident as it is in the examples."""
    path = tmp_path_factory.mktemp("guard") / "incident.db"
    with lineage.open(path) as store:
        store.load([ROOT / "examples" / "incident" / "logs"], processes=1)
    return path


@pytest.fixture
def path(incident_store: Path, tmp_path: Path) -> Path:
    """A copy of that store."""
    made = tmp_path / "lineage.db"
    made.write_bytes(incident_store.read_bytes())
    return made


@pytest.fixture
def later() -> Later:
    """What comes after it."""
    return Later()


def write(file: Path, records: list[Json]) -> Path:
    """A log file with some records."""
    part = file.with_suffix(".part")
    part.write_text(dumps({"Records": records}))
    return part.rename(file)


def load(store: lineage.Lineage, folder: Path, records: list[Json]) -> None:
    """Load some records."""
    store.load([write(folder / "later.json", records)], processes=1)


def looked(store: lineage.Lineage, ask: str = ASK, **options: Any) -> list[Guard]:
    """What a look into the store tells."""
    found: list[Guard] = []
    assert store.guard([ask], told=found.append, **options) == len(found)
    return found


def test_each_kind_is_found_once(path: Path, tmp_path: Path, later: Later) -> None:
    """A refusal, a call, a descendant and its call, a key and a session are findings, each once; what others did with
    the same role, session name or user is none."""
    cloud, held = later.cloud, later.held
    cloud.tick(600)
    cloud.name_next("refused")
    cloud.attach_role_policy(held["moved"], later.batch, "arn:aws:iam::aws:policy/AdministratorAccess", denied=True)
    cloud.name_next("called")
    later.call()
    cloud.tick(5)
    cloud.name_next("token")
    token = cloud.get_session_token(held["stolen"])
    cloud.tick(5)
    cloud.name_next("called by the token")
    cloud.call(token, S3, "ListBuckets")
    cloud.tick(5)
    cloud.name_next("assumed", "assumed, copy of payments")
    cloud.assume_role(held["session"], later.operations, "ops-maintenance")
    cloud.tick(5)
    cloud.sso_cli(later.directory, later.people["dana.whitfield"], later.admin)
    signed_in = cloud.records[-1]["eventID"]
    cloud.tick(5)
    jonas = cloud.sso_cli(later.directory, later.people["jonas.brandt"], later.admin)
    cloud.call(later.svc, S3, "ListBuckets")
    moved = cloud.assume_role(jonas, later.operations, "ops-maintenance")
    cloud.tick(5)
    cloud.call(moved, IAM, "UpdateAccessKey", read_only=False,
               request={"userName": "svc-reports", "accessKeyId": later.made_key, "status": "Inactive"})  # fmt: skip
    cloud.name_next("made")
    cloud.create_access_key(moved, later.svc)
    with lineage.open(path) as store:
        before = looked(store, since=T)
        load(store, tmp_path, later.since())
        found = looked(store)
        again = looked(store)
        kept = [one for one in store.findings() if one.kind == "guard"]

    assert before == again == []
    assert [(one.kind, one.event_ids) for one in found] == [
        ("refusal", ["refused"]),
        ("call", ["called"]),
        ("descendant", ["token"]),
        ("call", ["called by the token"]),
        ("descendant", ["assumed", "assumed, copy of payments"]),
        ("session", [signed_in]),
        ("key", ["made"]),
    ]
    assert found[0].error == "AccessDenied"
    assert found[1].title == f"After containment: s3:ListBuckets was called, by {later.made_key}"
    assert found[4].title == (
        "After containment: new session payments-operations as ops-maintenance came from the chain, by "
        "AWSReservedSSO_PlatformAdmin_e0d08636dec79f51 as dana.whitfield"
    )
    assert {one.id for one in kept} == {one.id for one in found}
    assert {(one.title, one.severity) for one in kept} == {(one.title, "high") for one in found}


def test_the_responder_is_left_out(path: Path, tmp_path: Path, later: Later) -> None:
    """A new key that the responder makes is none of the findings, also where the guard is asked for again without
    naming the responder."""
    cloud = later.cloud
    responder = cloud.user(PAYMENTS, "responder")
    cloud.call(responder, IAM, "ListUsers")
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        assert looked(store, since=T, responders=[f"arn:aws:iam::{PAYMENTS}:user/responder"]) == []
        cloud.tick(60)
        cloud.create_access_key(responder, later.svc)
        load(store, tmp_path, later.since())

        assert looked(store) == []
        assert [one.kind for one in looked(store, responders=[later.made_key])] == ["key"]


def test_a_key_that_is_made_active_again(path: Path, tmp_path: Path, later: Later) -> None:
    """Whoever makes a key of the chain active again, it is a finding; to make it inactive is none."""
    cloud = later.cloud
    admin = cloud.user(PAYMENTS, "admin")
    for status in ("Inactive", "Active"):
        cloud.tick(60)
        cloud.name_next(status)
        cloud.call(admin, IAM, "UpdateAccessKey", read_only=False,
                   request={"userName": "svc-reports", "accessKeyId": later.made_key, "status": status})  # fmt: skip
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        (found,) = looked(store, since=T)

    assert (found.kind, found.event_ids) == ("key", ["Active"])
    assert found.title == f"After containment: {later.made_key} was made active again, by {admin.key}"


def test_late_logs_of_an_earlier_time(path: Path, tmp_path: Path, later: Later) -> None:
    """What happened before the containment is no finding, however late it comes; what happened in its second is one."""
    early, now = later.call(), later.call()
    early["eventTime"], now["eventTime"] = "2026-03-12T17:59:59Z", T
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        found = looked(store, since=T)

    assert [one.event_ids for one in found] == [[now["eventID"]]]


def test_the_order_of_arrival_changes_nothing(path: Path, tmp_path: Path, later: Later) -> None:
    """A call whose credentials are not known yet is found once their grant comes; a grant and its copy of another
    account are one finding, whichever comes first."""
    cloud, held = later.cloud, later.held
    cloud.tick(600)
    moved = cloud.assume_role(held["session"], later.operations, "again")
    own, copy = later.since()
    cloud.tick(5)
    cloud.call(moved, S3, "ListBuckets")
    (call,) = later.since()
    told: list[list[tuple[str, int]]] = []
    with lineage.open(path) as store:
        for records in ([call], [copy], [own], [own, copy, call]):
            load(store, tmp_path, records)
            told.append([(one.kind, len(one.event_ids)) for one in looked(store, since=T)])

    assert [one for some in told for one in some] == [("descendant", 2), ("call", 1)]
    assert told[0] == told[1] == told[3] == []


def test_what_is_guarded(path: Path, later: Later) -> None:
    """A guard begins when it was asked for first, unless told otherwise, and can be removed; its findings stay."""
    with lineage.open(path) as store:
        looked(store, since="2026-03-12 08:00")
        found = store.findings()
        looked(store)
        looked(store, later.made_key, responders=[ASK])
        kept = store.guards()
        store.unguard([ASK, later.made_key])

        assert [one.as_json() for one in kept[1:]] == [
            {"ask": ASK, "since": "2026-03-12T08:00:00Z", "except": []},
        ]
        assert (kept[0].ask, kept[0].responders) == (later.made_key, (ASK,))
        assert len(found) == 16
        assert store.findings() == found
        assert store.guards() == []
        with pytest.raises(NotFound, match="not guarded"):
            store.unguard(ASK)
        with pytest.raises(BadUse, match="nothing is guarded yet"):
            store.guard()
        with pytest.raises(NotFound, match="not found in what is loaded"):
            store.guard("AKIA3WQUP53HNOSUCHKE")
        with pytest.raises(BadUse, match="has no credentials"):
            store.guard(PAYMENTS)


def test_a_finding_can_be_investigated(path: Path, tmp_path: Path, later: Later) -> None:
    """What is told is an alert: `investigate` takes the line, and finds whose credentials they were."""
    later.call()
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        (found,) = looked(store, since=T)
        report = store.investigate(json.dumps(found.as_json()))

    assert report.found
    assert [(one.alerts[0].kind, one.alerts[0].id) for one in report.groups] == [("guard", found.id)]


# the command


def lines(out: str) -> list[Json]:
    """What was printed."""
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with the store."""
    monkeypatch.setenv("LINEAGE_STORE", str(path))
    return Shell(capsys)


def test_the_command(run: Shell) -> None:
    """A look ends with 5 where it found something, with 0 where not; what is guarded is listed and removed."""
    first = run("guard", ASK, "--since", "2026-03-12 08:33")
    second = run("guard")
    listed = run("guard", "--list")
    removed = run("guard", "--remove", ASK)

    assert (first.code, first.err) == (5, "")
    assert {one["kind"] for one in lines(first.out)} == {"call", "session"}
    assert len(lines(first.out)) == 10
    assert (second.code, second.out, second.err) == (0, "", "")
    assert lines(listed.out) == [{"ask": ASK, "since": "2026-03-12T08:33:00Z", "except": []}]
    assert (removed.code, run("guard", "--list").out) == (0, "")
    assert run("guard", "--list", ASK).code == 2
    assert run("guard", "AKIA3WQUP53HNOSUCHKE").code == 1


def test_the_command_of_ones_own(run: Shell, path: Path, tmp_path: Path, later: Later) -> None:
    """It gets each finding once, as JSON on standard input, whatever the name of a session is; nothing of a finding
    is part of a command line or read by a shell."""
    got = tmp_path / "got.ndjson"
    program = tmp_path / "take it.py"
    program.write_text("import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read()); print('taken')")
    later.cloud.assume_role(later.held["session"], later.operations, HOSTILE)
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
    command = shlex.join([sys.executable, str(program), str(got)])
    ran = run("guard", ASK, "--since", T, "--run", command)
    again = run("guard", "--run", command)
    (told,) = lines(ran.out)

    assert (ran.code, again.code, again.out) == (5, 0, "")
    assert lines(got.read_text()) == [told]
    assert told["title"] == (
        f"After containment: new session payments-operations as {HOSTILE} came from the chain, by "
        "AWSReservedSSO_PlatformAdmin_e0d08636dec79f51 as dana.whitfield"
    )
    assert "\x1b" not in ran.out
    assert not list(tmp_path.rglob("pwned"))
    assert not Path("pwned").exists()


def test_a_command_that_fails_is_tried_again(run: Shell, tmp_path: Path) -> None:
    """A finding whose command failed is told again by the next look, and not by the one after that."""
    program = tmp_path / "fail.py"
    program.write_text("import sys, pathlib; sys.exit(not pathlib.Path(sys.argv[1]).exists())")
    command = shlex.join([sys.executable, str(program), str(tmp_path / "works")])
    failed = run("guard", ASK, "--since", "2026-03-12 09:20", "--run", command)
    (tmp_path / "works").touch()
    worked = run("guard", "--run", command)
    after = run("guard", "--run", command)
    missing = run("guard", ASK, "--run", "no-such-program-here", "--since", "2026-03-12 09:10")

    assert failed.code == worked.code == 5
    assert f"--run {sys.executable}: exit code 1; finding {lines(failed.out)[0]['id']} is tried again" in failed.err
    assert failed.out == worked.out
    assert len(lines(failed.out)) == 2
    assert (after.code, after.out) == (0, "")
    assert "--run no-such-program-here: No such file or directory" in missing.err
    assert run("guard", "--run", "'").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_between_report_and_mark(path: Path, tmp_path: Path) -> None:
    """A finding whose report was ended by SIGKILL before it was marked is told again with the same ID; those before it
    and after it are told once; in the store each is there once."""
    program = tmp_path / "kill.py"
    program.write_text(
        "import json, os, pathlib, signal, sys\n"
        "sys.stdin.read()\n"
        "count = pathlib.Path(sys.argv[1])\n"
        "count.write_text(count.read_text() + '.' if count.exists() else '.')\n"
        "if len(count.read_text()) == 3: os.kill(os.getppid(), signal.SIGKILL)\n"
    )
    command = shlex.join([sys.executable, str(program), str(tmp_path / "count")])
    told = []
    for expected in (-signal.SIGKILL, 5, 0):
        running = process(path, "guard", ASK, "--since", "2026-03-12 08:33", "--run", command)
        out, _ = running.communicate(timeout=120)
        assert running.returncode == expected
        told.append([one["id"] for one in lines(out.decode())])
    with lineage.open(path) as store:
        kept = {one.id for one in store.findings()}

    assert [len(ids) for ids in told] == [3, 8, 0]
    assert told[0][2] == told[1][0]
    assert len({*told[0], *told[1]}) == 10
    assert kept == {*told[0], *told[1]}


def test_a_reader_that_goes_away_loses_nothing(path: Path) -> None:
    """What could not be written to standard output is told by the next look."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "lineage.cli", "guard", ASK, "--since", "2026-03-12 08:33", "--store", str(path)]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, timeout=120, check=False)
    os.close(writing)
    with lineage.open(path) as store:
        found = looked(store)

    assert (ended.returncode, ended.stderr) == (141, b"")
    assert len(found) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_watched_folder(path: Path, tmp_path: Path, later: Later) -> None:
    """Over a watched folder each finding is told when its log has come, once, also over a stop and a new start, which
    keeps when the chain was contained."""
    folder = tmp_path / "logs"
    folder.mkdir()
    ids, told = [], []
    for number in range(2):
        since = ["--since", T] if number == 0 else []
        running = process(path, "guard", ASK, *since, "--watch", str(folder), "--every", "1s")
        assert running.stdout is not None
        for part in range(2):
            ids.append([later.call()["eventID"]])
            write(folder / f"{number}{part}.json", later.since())
            told.append(json.loads(running.stdout.readline())["event_ids"])
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=120)
        assert (running.returncode, out, err) == (0, b"", b"")

    assert told == ids


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_beside_another_watcher(path: Path, tmp_path: Path, later: Later) -> None:
    """With `--every` alone the store is looked at again and again, while another process loads into it."""
    running = process(path, "guard", ASK, "--since", T, "--every", "1s")
    assert running.stdout is not None
    event_id = later.call()["eventID"]
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        told = json.loads(running.stdout.readline())["event_ids"]
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=120)

    assert told == [event_id]
    assert (running.returncode, out, err) == (0, b"", b"")


def test_both_stores_tell_the_same(target: str, tmp_path: Path, later: Later) -> None:
    """In SQLite and in Neo4j the same is found, once."""
    later.cloud.assume_role(later.held["session"], later.operations, "ops-maintenance")
    later.call()
    with lineage.open(target) as store:
        store.load([ROOT / "examples" / "incident" / "logs"], processes=1)
        looked(store, since=T)
        load(store, tmp_path, later.since())
        found = looked(store)

        assert [one.kind for one in found] == ["descendant", "call"]
        assert looked(store) == []
        assert [one.id for one in store.findings()] == sorted(one.id for one in found)


def test_the_page_and_the_metrics_show_it(path: Path, tmp_path: Path, later: Later) -> None:
    """The server counts findings by what found them and shows them on its start page; a click gives the report. The
    name of a session stays text there."""
    later.cloud.assume_role(later.held["session"], later.operations, "<b>bold</b>")
    with lineage.open(path) as store:
        load(store, tmp_path, later.since())
        (found,) = looked(store, since=T)
    with serving(path, folder=tmp_path) as served:
        numbers = served.get("/metrics").text
        part = served.get("/part?name=findings").text
        page = served.get("/", params={"finding": f"guard {found.id}"}).text

    assert 'lineage_findings{source="guard"} 1.0' in numbers
    assert "as &lt;b&gt;bold&lt;/b&gt; came from the chain" in part
    assert "<b>bold" not in part + page
    assert "dana.whitfield" in page


def test_a_session_that_may_be_of_the_chain(tmp_path: Path) -> None:
    """Where several callers fit a new session, it is a finding that is not sure; one from before the containment is
    none, and what the others do is none."""
    cloud = Cloud(seed=3)
    home = cloud.account("home")
    ana, bo = cloud.user(home, "ana"), cloud.user(home, "bo")
    role = cloud.role(home, "shared")
    for _ in range(2):
        cloud.tick(3600)
        since = cloud.now
        for user in (ana, bo):
            cloud.assume_role(user, role, "same")
            cloud.records[-1]["responseElements"] = None  # as in exports that leave responses out
        cloud.call(cloud.session(role, "same", ana), S3, "ListBuckets")
    with lineage.open(tmp_path / "a.db") as store:
        load(store, tmp_path, cloud.records)
        (found,) = looked(store, str(ana.key), since=iso(since))

    assert (found.kind, found.sure) == ("descendant", False)
    assert found.title == f"After containment: new session shared as same may have come from the chain, by {ana.key}"


def test_over_a_queue(path: Path, later: Later, endpoint: Endpoint) -> None:
    """A finding is told after the message that brought its event is deleted, or is found again if that was not."""
    bucket = Bucket(endpoint, "guarded")
    told: list[Guard] = []
    stop = threading.Event()
    call = later.call()
    bucket.send(dumps(event_bridge(call)))

    def take(finding: Guard) -> None:
        told.append(finding)
        stop.set()

    with lineage.open(path) as store:
        store.guard([ASK], since=T, queue=bucket.queue, stop=stop, told=take)

    assert [one.event_ids for one in told] == [[call["eventID"]]]
    assert bucket.waiting() == 0
