"""`session`, `timeline`, `services`, `interesting`: what their numbers add up to, and what they refuse."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

import lineage
from lineage.model.errors import BadUse
from lineage.questions.interesting.techniques import OPERATIONS, techniques
from lineage.questions.registry import blocks_of
from lineage.questions.services import answer as services
from lineage.questions.timeline import Entry
from lineage.render import terminal
from tests.aws import Cloud, Identity, Json
from tests.test_cli import Shell, commands, incident, run

__all__ = ["incident", "run"]  # the fixtures

STARTED = "c0ffee00-0000-4000-8000-000000000007"
NAMES = ("session", "timeline", "services", "interesting")
CALLS = (
    ("ec2.amazonaws.com", "DescribeInstances", True),
    ("ec2.amazonaws.com", "StopInstances", False),
    ("iam.amazonaws.com", "ListUsers", True),
    ("iam.amazonaws.com", "CreateUser", False),
    ("secretsmanager.amazonaws.com", "GetSecretValue", True),
)
TOLD = ("StopInstances", "CreateUser", "GetSecretValue", "AssumeRole")


def busy(seed: int) -> tuple[Cloud, Identity]:
    """Records of two people in one role over a few hours, and the first session of one of them."""
    cloud = Cloud(seed=seed)
    home = cloud.account("home", "111122223333")
    alice, bob = cloud.user(home, "alice"), cloud.user(home, "bob")
    shared, last = cloud.role(home, "shared"), cloud.role(home, "last")
    mine, theirs = cloud.assume_role(alice, shared, "s"), cloud.assume_role(bob, shared, "t")
    actors = [mine, theirs, cloud.assume_role(mine, last, "s"), cloud.assume_role(theirs, last, "s2")]
    dice = random.Random(seed)
    for _ in range(150):
        cloud.tick(dice.choice((0, 1, 30, 400)))
        source, name, reads = dice.choice(CALLS)
        error = dice.choice((None, None, None, "AccessDenied"))
        cloud.call(dice.choice(actors), source, name, read_only=reads, error=error)
    return cloud, mine


def saved(records: list[Json], folder: Path) -> Path:
    """A file with the records."""
    path = folder / "events.json"
    path.write_text(json.dumps({"Records": records}))
    return path


def caller(record: Json) -> str:
    """Who a record names, without the second."""
    said: str = record["userIdentity"].get("principalId", "")
    return said


def told(record: Json) -> bool:
    """Does a call stand in a timeline by itself?"""
    return "errorCode" in record or record["eventName"] in TOLD


def by_itself(entries: list[Entry]) -> list[str]:
    """The event IDs of the entries that are no reads."""
    return [entry.event_ids[0] for entry in entries if entry.kind != "reads"]


def test_a_session_adds_up(store: lineage.Lineage, tmp_path: Path) -> None:
    """The calls of a session, and of each operation, are those that its records count, and nobody else's."""
    cloud, mine = busy(1)
    store.load([saved(cloud.records, tmp_path)])
    records = [one for one in cloud.records if caller(one) == mine.principal_id]
    answer = store.session(f"{mine.account}/{mine.principal_id}/2026-03-02T08:00:00Z")
    expected = Counter(one["eventName"] for one in records)

    assert (answer.calls, answer.failed) == (len(records), sum("errorCode" in one for one in records))
    assert {one.api.split(":")[1]: one.total for one in answer.operations} == expected
    assert all(one.total == one.succeeded + sum(error.count for error in one.failed) for one in answer.operations)
    for places in (answer.addresses, answer.agents, answer.regions):
        assert sum(one.calls for one in places) == answer.calls
    assert [one.access_key_id for one in answer.keys] == [mine.key]


def test_a_timeline_has_every_event_of_its_chain(store: lineage.Lineage, tmp_path: Path) -> None:
    """Each changing, failed, sensitive and granting call of the chain stands in it once, in order of time."""
    cloud, mine = busy(2)
    store.load([saved(cloud.records, tmp_path)])
    names = {mine.principal_id, *(caller(r) for r in cloud.records if caller(r).endswith(":s")), "alice"}
    records = [r for r in cloud.records if {caller(r), r["userIdentity"].get("userName")} & names]
    expected = sorted((r["eventTime"], r["eventID"]) for r in records if told(r))
    answer = store.timeline(f"{mine.account}/{mine.principal_id}/2026-03-02T08:00:00Z")

    assert by_itself(answer.entries) == [event_id for _, event_id in expected]
    assert (answer.total, answer.reads) == (len(expected), len(records) - len(expected))
    assert sum(entry.count for entry in answer.entries) == len(records)
    assert [entry.time for entry in answer.entries] == sorted(entry.time for entry in answer.entries)


@pytest.mark.parametrize("limit", [1, 2, 7, 20])
def test_a_cut_timeline_keeps_the_calls_nearest_to_the_alert(tmp_path: Path, limit: int) -> None:
    """Whatever the limit, what is kept is what of the whole timeline lies nearest to the alert."""
    cloud, mine = busy(3)
    store = lineage.open(tmp_path / "lineage.db")
    store.load([saved(cloud.records, tmp_path)])
    ask = f"{mine.account}/{mine.principal_id}/2026-03-02T08:00:00Z"
    whole = store.timeline(ask)
    for alert in ("2026-03-02T08:00:00Z", "2026-03-02T09:59:59Z", "2026-03-02T11:01:00Z", "2026-03-03T00:00:00Z"):
        cut = store.timeline(ask, alert_since=alert, limit=limit)

        assert by_itself(cut.entries) == nearest(whole.entries, alert, limit)
        assert (cut.total, cut.reads, cut.truncated) == (whole.total, whole.reads, True)
    assert by_itself(store.timeline(ask, limit=limit).entries) == by_itself(whole.entries)[:limit]


def nearest(entries: list[Entry], alert: str, limit: int) -> list[str]:
    """Of the entries that are no reads the nearest to a time, of equally near ones the earlier, in their order."""
    alone = [entry for entry in entries if entry.kind != "reads"]
    ranked = sorted(alone, key=lambda entry: (abs(second(entry.time) - second(alert)), entry.time, entry.event_ids))
    return by_itself(sorted(ranked[:limit], key=lambda entry: (entry.time, entry.event_ids)))


def second(text: str) -> int:
    """The second of a time in March 2026."""
    day, hour, minute, rest = map(int, re.findall(r"\d+", text)[2:6])
    return ((day * 24 + hour) * 60 + minute) * 60 + rest


def test_a_session_that_was_never_used_is_found(tmp_path: Path) -> None:
    """A key that was issued and never used: no calls, but issued, expiry and whose it is."""
    cloud = Cloud(seed=5)
    home = cloud.account("home", "111122223333")
    made = cloud.assume_role(cloud.user(home, "alice"), cloud.role(home, "ops"), "quiet")
    store = lineage.open(tmp_path / "lineage.db")
    store.load([saved(cloud.records, tmp_path)])
    answer = store.session(made.key or "")

    assert (answer.found, answer.calls, answer.operations) == (True, 0, [])
    assert [(one.issued, one.expires, one.last, one.whose.name) for one in answer.sessions] == [
        ("2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z", None, "alice")
    ]
    assert [(one.access_key_id, one.calls, one.expires) for one in answer.keys] == [
        (made.key, 0, "2026-03-02T09:00:00Z")
    ]
    assert store.timeline(made.key or "").total == 1
    assert store.interesting(made.key or "").calls == store.services(made.key or "").calls == 0


def test_a_console_session_has_keys_whose_end_is_unknown(tmp_path: Path) -> None:
    """Keys that are only seen in use are listed with the session, and nothing is said of their life."""
    cloud = Cloud(seed=6)
    console = cloud.console_login(cloud.user(cloud.account("home", "111122223333"), "alice"))
    for _ in range(9):
        cloud.tick(10)
        cloud.call(console, "ec2.amazonaws.com", "DescribeInstances")
    store = lineage.open(tmp_path / "lineage.db")
    store.load([saved(cloud.records, tmp_path)])
    answer = store.session(cloud.records[-1]["eventID"])

    assert {one.access_key_id for one in answer.keys} == set(console.keys)
    assert {(one.issued, one.expires, one.long_term) for one in answer.keys} == {(None, None, False)}
    assert (answer.sessions[0].how, answer.sessions[0].expires) == ("console", None)
    assert store.timeline(cloud.records[-1]["eventID"]).entries[0].kind == "grant"


@pytest.mark.parametrize(("mfa", "said"), [(True, "with MFA"), (False, "without MFA")])
def test_a_session_says_whether_mfa_was_used(tmp_path: Path, mfa: bool, said: str) -> None:
    """A user's session has MFA as its sign-in and its calls state it, as `who` says; of a role's none says nothing."""
    cloud = Cloud(seed=7)
    home = cloud.account("home", "111122223333")
    console = cloud.console_login(cloud.user(home, "alice"), mfa=mfa)
    cloud.call(console, "ec2.amazonaws.com", "DescribeInstances")
    own = cloud.records[-1]["eventID"]
    role = cloud.assume_role(cloud.user(home, "bob"), cloud.role(home, "ops"), "s")
    cloud.call(role, "ec2.amazonaws.com", "DescribeInstances")
    store = lineage.open(tmp_path / "lineage.db")
    store.load([saved(cloud.records, tmp_path)])
    mine, theirs = store.session(own), store.session(cloud.records[-1]["eventID"])
    whos = [store.who(one).answers[0].hops[-1].mfa for one in (own, cloud.records[-1]["eventID"])]

    assert [mine.sessions[0].mfa, theirs.sessions[0].mfa] == whos == [mfa, None]
    assert said in terminal.text(blocks_of(mine))
    assert "MFA" not in terminal.text(blocks_of(theirs))


@pytest.mark.parametrize("name", ["session", "interesting"])
def test_the_calls_of_one_session_are_not_called_all(run: Shell, name: str) -> None:
    """What is told of a session or key says that its chain did more, and which question tells that; what is told of a
    user or role does not say so."""
    said = " ".join(run(name, STARTED).out.split())
    line = "Only its own calls. The whole chain, with the keys that it made: "

    assert f"{line}lineage timeline {STARTED} --made" in said
    assert line in " ".join(run("investigate", STARTED, "--section", name).out.split())
    assert line not in " ".join(run(name, "arn:aws:iam::804275613390:role/payments-operations").out.split())


def test_an_address_has_no_chain(tmp_path: Path) -> None:
    """What has no credentials is refused in one line by `timeline`, and answered by the others."""
    cloud, _ = busy(4)
    store = lineage.open(tmp_path / "lineage.db")
    store.load([saved(cloud.records, tmp_path)])

    assert store.session("203.0.113.10").calls == store.interesting("203.0.113.10").calls == len(cloud.records)
    assert store.services("203.0.113.10").calls == len(cloud.records)
    with pytest.raises(BadUse, match=r"203\.0\.113\.10: address has no chain"):
        store.timeline("203.0.113.10")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("session", {"since": "soon"}, "soon: not a time"),
        ("session", {"since": "2026-03-02", "until": "2026-03-01"}, "2026-03-01: lies before 2026-03-02"),
        ("interesting", {"window": "soon"}, "soon: not a duration"),
        ("timeline", {"alert_since": "2026-03-02", "alert_until": "2026-03-01"}, "lies before"),
        ("services", {"days": 0}, "0 days: give 1 to 3650"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, name: str, options: dict[str, object], said: str) -> None:
    """An argument that makes no sense is told in one line."""
    with pytest.raises(BadUse, match=said):
        getattr(lineage.open(tmp_path / "lineage.db"), name)("AKIAIOSFODNN7ABCDEFG", **options)


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_has_three_forms(name: str, run: Shell) -> None:
    """Each command answers as text, JSON and CSV, on standard output alone."""
    text, as_json, as_csv = run(name, STARTED), run(name, STARTED, "--json"), run(name, STARTED, "--csv")

    assert {(one.code, one.err) for one in (text, as_json, as_csv)} == {(0, "")}
    assert text.out.startswith("credentials of dana.whitfield (Identity Center user)")
    assert json.loads(as_json.out)["schema"] == f"lineage.{name}/1"
    assert len(as_csv.out.splitlines()) > 1


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_there_ends_in_one(name: str, run: Shell) -> None:
    """What the store does not know is told with what it looks like, and ends in exit code 1."""
    ran = run(name, "AKIAIOSFODNN7ABCDEFG")

    said = "not found: AKIAIOSFODNN7ABCDEFG\n  it looks like an access key ID\n"
    assert (ran.code, ran.out, ran.err) == (1, "", said)
    assert name in commands()


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_move_no_cursor(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Session names, agents and parameters of the logs reach the terminal with nothing in them that it obeys."""
    cloud = Cloud(seed=7)
    home = cloud.account("home", "111122223333")
    bad = "x\x1b[2J\u202e"
    session = cloud.assume_role(cloud.user(home, "alice"), cloud.role(home, "ops"), bad, agent=bad)
    cloud.call(session, "iam.amazonaws.com", "CreateUser", request={"userName": bad}, agent=bad, read_only=False)
    cloud.call(session, "iam.amazonaws.com", "CreateUser", error=bad, read_only=False)
    path = tmp_path / "lineage.db"
    with lineage.open(path) as store:
        store.load([saved(cloud.records, tmp_path)])
    monkeypatch.setenv("LINEAGE_STORE", str(path))
    ran = Shell(capsys)(name, session.key or "")

    assert ran.code == 0
    assert not {"\x1b", "\u202e"} & set(ran.out)


def test_techniques_are_written_as_attack_writes_them() -> None:
    """Each technique has its ID, name and tactics; an operation lists its own in order of ID."""
    for api, found in OPERATIONS.items():
        assert re.fullmatch(r"[a-z0-9-]+:[A-Z]\w+", api), api
        assert [one.id for one in found] == sorted({one.id for one in found})
        assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", one.id) and one.name and one.tactics for one in found)
    assert techniques("iam:CreateAccessKey")[0].tactics == ["Persistence", "Privilege Escalation"]


def test_marks_are_those_of_the_question() -> None:
    """Each kind of service that is worth a look is marked, and no service twice."""
    named = [service for some in services.MARKS.values() for service in some]

    assert set(services.MARKS) == {"EC2", "IAM", "S3", "SSM", "database", "Lambda", "Secrets Manager"}
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", ["streamalert", "stratus"])
def test_real_records_add_up(shared: Path, tmp_path: Path, name: str) -> None:
    """Whatever event of real logs is asked for, gaps and odd values in them, the parts are the whole."""
    store = lineage.open(tmp_path / "lineage.db")
    store.load([shared / name / "events.ndjson"])
    asks = sorted({event_id for _, _, way in store.graph().edges(data=True) for event_id in way.get("event_ids") or ()})
    for ask in asks[:: len(asks) // 50 + 1]:
        summed, lined = store.session(ask, limit=10_000), store.timeline(ask, limit=10_000)
        reads = sum(entry.count for entry in lined.entries if entry.kind == "reads")

        assert sum(one.total for one in summed.operations) == summed.calls
        assert (len(by_itself(lined.entries)), reads) == (lined.total, lined.reads)
    assert len(asks) > 4
