"""`baseline`, `new`, `volume`: what the stories do not ask."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.batch import Row
from lineage.model.errors import BadUse
from lineage.model.facts import Sample
from lineage.model.results import CallRow, Window
from lineage.questions.new.answer import jumps
from lineage.questions.new.geo import Located, open_databases
from lineage.questions.registry import blocks_of, table_of
from lineage.questions.shared.history import history_window
from lineage.questions.volume import Volume
from lineage.render import csv, terminal
from lineage.render.bars import ASCII, draw, joined, top_of
from lineage.render.blocks import Hour as Column
from tests.aws import Cloud, Identity
from tests.mmdb import database

if TYPE_CHECKING:
    from lineage import Store

STORIES = Path(__file__).parent / "stories"
HOME = "111122223333"
EC2, S3 = "ec2.amazonaws.com", "s3.amazonaws.com"
HOSTILE = "ops\x1b[2J\u202e=cmd()"
DAY = 86400


def load(store: Store, folder: Path, cloud: Cloud) -> None:
    """Load all that was simulated."""
    path = folder / "events.json"
    path.write_text(json.dumps({"Records": cloud.records}))
    store.load([path])


def key_of(user: Identity) -> str:
    """The access key of a user."""
    assert user.key is not None
    return user.key


def worked(cloud: Cloud, user: Identity, days: int, calls: int = 8) -> None:
    """A user's calls on some days in a row; the clock stands a day after the last."""
    for _ in range(days):
        for _ in range(calls):
            cloud.tick(60)
            cloud.call(user, EC2, "DescribeInstances")
        cloud.tick(DAY - 60 * calls)


# the history


def test_history_ends_a_gap_before_the_scope() -> None:
    """The history lies between so many days and the gap before the scope, and never in it."""
    scope = Window(100 * DAY, 100 * DAY + 3600)

    assert history_window(scope, 14, 12 * 3600) == Window(86 * DAY, 100 * DAY - 12 * 3600 - 1)
    assert history_window(scope, 14, None) == Window(86 * DAY, 100 * DAY - 1)
    assert history_window(Window(DAY, DAY), 14, 0) == Window(0, DAY - 1)


@pytest.mark.parametrize(("days", "gap"), [(0, "12h"), (-1, "12h"), (4000, "12h"), (1, "24h"), (2, "7d")])
def test_a_history_that_cannot_be_is_refused(store: Store, tmp_path: Path, days: int, gap: str) -> None:
    """No days, too many of them, or a gap that leaves none is one clear line."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice")
    worked(cloud, user, 1)
    load(store, tmp_path, cloud)

    with pytest.raises(BadUse, match=r"days|gap"):
        store.baseline(user.arn, days=days, gap=gap)


def test_a_long_activity_is_looked_at_on_its_last_day(store: Store, tmp_path: Path) -> None:
    """Of a user who works on and on the last day is the scope, and the days before are the history."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice")
    worked(cloud, user, 6)
    load(store, tmp_path, cloud)

    answer = store.baseline(user.arn, days=7)
    assert answer.scope is not None
    assert answer.history is not None

    assert (answer.scope.since, answer.scope.until) == ("2026-03-06T08:03:00Z", "2026-03-07T08:13:00Z")
    assert (answer.verdict, answer.history.calls, answer.history.days) == ("seen before", 32, 4)


def test_every_call_of_the_scope_is_compared_worst_first(store: Store, tmp_path: Path) -> None:
    """Without an event each call of the scope is compared, and the verdict is that of the strangest."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice", ip="203.0.113.10")
    worked(cloud, user, 5, calls=5)
    cloud.call(replace(user, ip="203.0.113.11"), EC2, "DescribeVolumes")
    worked(cloud, user, 1, calls=1)
    cloud.call(user, EC2, "DescribeVolumes")
    cloud.tick(60)
    cloud.call(user, EC2, "DescribeInstances")
    cloud.tick(60)
    cloud.call(user, EC2, "DescribeImages")
    load(store, tmp_path, cloud)

    answer = store.baseline(key_of(user), since="2026-03-08T08:00:00Z", until="2026-03-08T09:00:00Z", days=7)

    assert [(call.api, call.verdict) for call in answer.calls] == [
        ("ec2:DescribeImages", "never seen before"),
        ("ec2:DescribeVolumes", "new combination"),
        ("ec2:DescribeInstances", "seen before"),
    ]
    assert answer.verdict == "never seen before"


def test_the_alert_says_what_no_record_has(store: Store, tmp_path: Path) -> None:
    """A call that only the alert tells is compared as told, with the operation's full name where it is known."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice", ip="203.0.113.10", agent="aws-cli/2.27.41 md/x")
    worked(cloud, user, 6)
    load(store, tmp_path, cloud)
    scope = {"since": "2026-03-07T20:00:00Z", "until": "2026-03-07T21:00:00Z"}

    known = store.baseline(key_of(user), api="describeinstances", source_ip="203.0.113.10", **scope, days=7)
    agent = store.baseline(key_of(user), api="ec2:DescribeInstances", user_agent="aws-cli/2.9.0", **scope, days=7)
    service = store.baseline(key_of(user), api="ec2:DescribeInstances", source_ip="AWS Internal", **scope, days=7)
    nothing = store.baseline(key_of(user), **scope, days=7)

    assert [(call.api, call.verdict, call.calls) for call in known.calls] == [
        ("ec2:DescribeInstances", "seen before", 0)
    ]
    assert known.calls[0].statement.endswith("no user agent is known, so the comparison uses the source IP alone")
    assert [(call.agent_family, call.verdict) for call in agent.calls] == [("aws-cli v2", "seen before")]
    assert (service.calls[0].source_ip, service.calls[0].verdict) == (None, "seen before")
    assert (nothing.calls, nothing.verdict) == ([], None)
    assert (nothing.statement or "").startswith("no calls in the scope")


def test_agents_are_counted_by_family_version_and_text(store: Store, tmp_path: Path) -> None:
    """What is usual is told by family first, then by version, then by exact text."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice")
    texts = ["aws-cli/2.1.0 a", "aws-cli/2.1.0 b", "aws-cli/2.1.0 b", "aws-cli/2.2.0 a", "Boto3/1.9"]
    for day in range(5):
        for text in texts:
            cloud.tick(60)
            cloud.call(replace(user, agent=text), EC2, "DescribeInstances")
        cloud.tick(DAY - 300 if day < 4 else DAY)
    cloud.name_next("a1e40000-0000-4000-8000-000000000001")
    cloud.call(replace(user, agent="aws-cli/2.1.0 c"), EC2, "DescribeInstances")
    load(store, tmp_path, cloud)

    answer = store.baseline("a1e40000-0000-4000-8000-000000000001", days=7)
    assert answer.habits is not None

    families = [(one.family, one.calls, [(v.version, v.calls) for v in one.versions]) for one in answer.habits.agents]
    assert families == [("aws-cli v2", 20, [("2.1.0", 15), ("2.2.0", 5)]), ("SDK for Python", 5, [("1.9", 5)])]
    assert [text.value for text in answer.habits.agents[0].versions[0].texts] == ["aws-cli/2.1.0 b", "aws-cli/2.1.0 a"]
    assert {match.on: match.calls for match in answer.calls[0].matches} == {
        "call, source IP, agent text": 0, "call, source IP, agent version": 15, "call, source IP, agent family": 20,
        "call, source IP": 25, "call, agent family": 20, "call": 25, "source IP, agent family": 20, "source IP": 25,
        "agent family": 20,
    }  # fmt: skip


def test_sessions_through_assume_root_are_no_past_of_root(store: Store, tmp_path: Path) -> None:
    """What the management account does as a member's root is not what that root user does."""
    cloud = Cloud(seed=1)
    home, manager = cloud.account("home", HOME), cloud.account("manager")
    root, admin = cloud.root(home), cloud.user(manager, "admin")
    for _ in range(5):
        cloud.call(cloud.assume_root(admin, home), S3, "DeleteBucketPolicy", read_only=False)
        cloud.call(root, S3, "ListBuckets")
        cloud.tick(DAY)
    cloud.call(root, S3, "ListBuckets")
    load(store, tmp_path, cloud)

    answer = store.baseline(key_of(root), days=7)
    assert answer.history is not None
    assert answer.habits is not None

    assert (answer.history.calls, answer.history.days) == (4, 4)


def test_a_key_made_after_the_history_has_no_call_in_it(store: Store, tmp_path: Path) -> None:
    """A history that is older than the key says when that was made, and not that its calls are of the maker's key."""
    cloud = Cloud(seed=9)
    home = cloud.account("home", HOME)
    bob, mallory = cloud.user(home, "bob"), cloud.user(home, "mallory")
    worked(cloud, bob, 8)
    made = cloud.create_access_key(mallory, bob)
    cloud.tick(60)
    cloud.call(made, S3, "ListBuckets")
    load(store, tmp_path, cloud)
    made_at = next(one["eventTime"] for one in cloud.records if one["eventName"] == "CreateAccessKey")
    of_made, of_old = store.new(key_of(made)).history, store.new(key_of(bob)).history
    said = " ".join(terminal.text(blocks_of(store.new(key_of(made)))).split())

    assert of_made is not None
    assert of_old is not None
    assert of_made.whose is not None
    assert (of_made.calls, of_made.credential, of_made.key_made) == (64, None, made_at)
    assert (of_made.whose.name, of_made.whose.made_by) == ("bob", None)
    assert (of_old.key_made, of_old.credential is None) == (None, False)
    assert f"no call with the key in question, which was made {made_at.replace('T', ' ')}" in said
    assert "by a key that" not in said.partition("history (own calls)")[2]


def test_an_account_has_its_own_past(store: Store, tmp_path: Path) -> None:
    """Accounts, addresses and agents are compared with their own calls, and no origin is told for them."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice", ip="203.0.113.10", agent="tool/1")
    worked(cloud, user, 6)
    load(store, tmp_path, cloud)

    answers = [store.new(ask, days=7) for ask in (HOME, "203.0.113.10", "agent:tool/1")]
    histories = [answer.history for answer in answers if answer.history is not None]

    assert [(one.basis, one.whose, one.origins, one.calls) for one in histories] == [("own calls", None, None, 32)] * 3
    assert [answer.verdict for answer in answers] == ["nothing new"] * 3


# places


def test_databases_tell_country_city_and_system(store: Store, tmp_path: Path) -> None:
    """With databases of places, a new country, city and autonomous system are told; without them there are none."""
    city, system = tmp_path / "city.mmdb", tmp_path / "asn.mmdb"
    paris = {"country": {"iso_code": "FR"}, "city": {"names": {"en": "Paris", "fr": "Paris"}}}
    city.write_bytes(database({"203.0.0.0/16": paris, "198.51.0.0/16": {"country": {"iso_code": "PT"}}}, "City"))
    numbered = {"autonomous_system_number": 64500, "autonomous_system_organization": "Example [red]\x1b[2J"}
    system.write_bytes(database({"198.51.100.0/24": numbered}, "ASN"))
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice", ip="203.0.113.10")
    worked(cloud, user, 5)
    cloud.name_next("a1e40000-0000-4000-8000-000000000001")
    cloud.call(replace(user, ip="198.51.100.7"), EC2, "DescribeInstances")
    load(store, tmp_path, cloud)

    with_places = store.new("a1e40000-0000-4000-8000-000000000001", days=7, geo=[city, system])
    without = store.new("a1e40000-0000-4000-8000-000000000001", days=7)

    found = {one.name: [new.value for new in one.new] for one in with_places.dimensions}
    assert with_places.databases == ["City", "ASN"]
    assert found["country"] == ["PT"]
    assert found["city"] == []
    assert found["autonomous system"] == ["AS64500 Example [red]\x1b[2J"]
    assert {one.name for one in without.dimensions}.isdisjoint({"country", "city", "autonomous system"})
    assert [one for one in with_places.dimensions if one.name in {new.name for new in without.dimensions}] == (
        without.dimensions
    )


@pytest.mark.parametrize(
    ("record", "located"),
    [
        ({"country_code": "DE", "city": "Berlin"}, Located("DE", "DE Berlin", None)),
        ({"asn": "AS64501", "as_name": "Example"}, Located(None, None, "AS64501 Example")),
        ({"registered_country": {"iso_code": "NL"}}, Located("NL", None, None)),
        ({"city": {"names": {"fr": "Bruxelles"}}, "country": 7}, Located(None, None, None)),
    ],
)
def test_forms_of_records(tmp_path: Path, record: dict[str, object], located: Located) -> None:
    """Records of other makers, and broken ones, are read as far as they go."""
    path = tmp_path / "places.mmdb"
    path.write_bytes(database({"192.0.2.0/24": record}, "Other"))
    atlas = open_databases([str(path)])

    assert atlas.locate("192.0.2.1") == located
    assert [atlas.locate(one) for one in ("198.51.100.1", "2001:db8::1", "AWS Internal")] == [Located()] * 3
    atlas.close()


def test_what_is_no_database_is_refused(store: Store, tmp_path: Path) -> None:
    """A file that is not there, or is no database, is one clear line."""
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"no database")
    for path in (tmp_path / "missing.mmdb", broken):
        with pytest.raises(BadUse, match=r"not a database in MaxMind's format"):
            store.new("203.0.113.10", geo=path)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that reads databases the error says what to install; without databases it is not needed."""
    monkeypatch.setitem(sys.modules, "maxminddb", None)

    assert open_databases([]).names == []
    with pytest.raises(BadUse, match=r"pip install 'cloudtrail-lineage\[geo\]'"):
        open_databases("city.mmdb")


# jumps


def row(api: str, hour: int, count: int) -> CallRow:
    """A row of so many calls in an hour."""
    told = Row(
        actor=b"one", api=api, hour=hour, account=HOME, region="eu-west-1", source_ip="203.0.113.10",
        endpoint=None, user_agent=None, error=None, console=False, copy=False, category="management-read",
        sensitive=False, presigned=False, target=None, relation=None,
    )  # fmt: skip
    sample = Sample(time=hour * 3600, event_id=f"{api}-{hour}")
    return CallRow("Principal p", told, count, hour * 3600, hour * 3600 + 1, [sample])


def jumped(now: list[int], past: list[int]) -> list[tuple[str, int, int, float, float]]:
    """The jumps of one operation's counts by hour against those of its history."""
    found = jumps(
        [row("s3:GetObject", 1000 + n, count) for n, count in enumerate(now)],
        [row("s3:GetObject", n, count) for n, count in enumerate(past)],
    )
    return [(one.hour[11:13], one.calls, one.busiest, one.median, one.deviation) for one in found]


def test_a_jump_is_above_all_and_far_from_the_usual() -> None:
    """An hour is a jump above the busiest hour, above the median and five deviations, and with ten calls at least."""
    assert jumped([12], [2, 2, 3]) == [("16", 12, 3, 2.0, 0.0)]
    assert jumped([9], [1, 1, 1]) == []
    assert jumped([12], [2, 2, 12]) == []
    assert jumped([26], [10, 15, 20]) == []
    assert jumped([41], [10, 15, 20]) == [("16", 41, 20, 15.0, 5.0)]
    assert jumped([40], [10, 15, 20]) == []


def test_the_busiest_hour_is_told_once() -> None:
    """Of several hours that jump the busiest is told, of equals the first; what is new is no jump."""
    assert jumped([30, 50, 50], [1]) == [("17", 50, 1, 1.0, 0.0)]
    assert jumped([30], []) == []


# volume


def test_parts_add_up_when_there_are_many(store: Store, tmp_path: Path) -> None:
    """What has no part of its own is in the others: each way to part the calls gives the total again."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice")
    for n in range(15):
        error = "AccessDenied" if n % 4 == 0 else None
        for _ in range(1 + n % 3):
            cloud.tick(600)
            cloud.call(replace(user, ip=f"203.0.113.{n}"), EC2, f"Describe{chr(65 + n)}", error=error)
    load(store, tmp_path, cloud)

    answer = store.volume(key_of(user), since="2026-03-02T09:00:00Z", until="2026-03-02T10:30:00Z", days=2)

    assert (answer.calls, answer.failed, answer.scope_calls) == (30, 7, 10)
    assert sum(hour.calls for hour in answer.hours) == 30
    assert sum(hour.failed for hour in answer.hours) == 7
    for drill in answer.drills:
        assert sum(part.calls for part in drill.parts) == 30
        assert sum(part.failed for part in drill.parts) == 7
        assert sum(part.scope_calls for part in drill.parts) == 10
    assert [(drill.by, drill.values, drill.parts[-1].value) for drill in answer.drills] == [
        ("source IP", 15, "others"), ("call", 15, "others"), ("access key", 1, user.key),
    ]  # fmt: skip


def test_too_many_hours_are_cut_and_said(store: Store, tmp_path: Path) -> None:
    """Of a scope of months the last hours are told, with a mark, and the parts are of those hours."""
    cloud = Cloud(seed=1)
    user = cloud.user(cloud.account("home", HOME), "alice")
    cloud.call(user, EC2, "DescribeInstances")
    cloud.tick(60 * DAY)
    cloud.call(user, EC2, "DescribeInstances")
    load(store, tmp_path, cloud)

    answer = store.volume(key_of(user), since="2026-03-01", until="2026-05-01")

    assert (len(answer.hours), answer.truncated, answer.calls, answer.scope_calls) == (744, True, 1, 1)
    assert [part.calls for part in answer.drills[0].parts] == [1]


# the drawing

COLUMNS = [
    Column("2026-03-11T22:00:00Z", 0, 0, 2.0, True, False),
    Column("2026-03-11T23:00:00Z", 4, 0, 2.0, True, True),
    Column("2026-03-12T00:00:00Z", 4, 2, None, True, True),
    Column("2026-03-12T01:00:00Z", 0, 0, None, False, False),
]


def lines(columns: list[Column], height: int = 4) -> list[str]:
    """The drawing as text."""
    return ["".join(sign for sign, _ in line) for line in draw(columns, height=height, signs=ASCII)]


def test_columns_are_drawn_with_failures_on_top_and_the_usual_as_a_line() -> None:
    """Heights are those of the counts; what failed stands on top, the usual level crosses what is in its way."""
    assert lines(COLUMNS) == [
        " #x ",
        "-=x ",
        " ## ",
        " ##.",
    ]


def test_one_call_among_many_is_seen() -> None:
    """A single call, or a single failure, is drawn however tall the rest is."""
    small = [Column("2026-03-12T00:00:00Z", 1000, 1, None, True, True), Column("", 1, 0, None, True, True)]

    assert lines(small)[0] == "x "
    assert lines(small)[-1] == "##"


def test_hours_are_joined_where_there_is_no_room() -> None:
    """Where hours do not fit one column stands for the busiest of several."""
    found, step = joined([Column(f"{n}", n, 0, None, True, n == 2) for n in range(5)], 2)

    assert (step, [(one.hour, one.calls, one.marked) for one in found]) == (3, [("0", 2, True), ("3", 4, False)])
    assert joined([], 10) == ([], 1)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 10**6))), st.integers(1, 12))
def test_any_counts_are_drawn(counts: list[tuple[int, int, float]], height: int) -> None:
    """Any counts give lines of equal length, with a mark in each column that has calls."""
    columns = [Column("", calls, min(failed, calls), usual, True, False) for calls, failed, usual in counts]
    drawn = lines(columns, height)

    assert [len(line) for line in drawn] == [len(columns)] * height
    assert all(drawn[-1][n] != " " for n, one in enumerate(columns) if one.calls)
    assert top_of(columns or [Column("", 0, 0, None, True, False)]) >= 1


# what people see


def test_hostile_text_stays_text(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Agents and names that attackers chose reach the terminal and CSV as text alone."""
    cloud = Cloud(seed=1)
    home = cloud.account("home", HOME)
    user = cloud.user(home, "alice", agent=f"aws-cli/2.1 {HOSTILE}")
    worked(cloud, user, 5)
    made = cloud.assume_role(user, cloud.role(home, "ops"), HOSTILE)
    cloud.name_next("a1e40000-0000-4000-8000-000000000001")
    cloud.call(replace(made, agent=HOSTILE), EC2, "DescribeInstances")
    load(store, tmp_path, cloud)
    ask = "a1e40000-0000-4000-8000-000000000001"

    for answer in (
        store.baseline(ask),
        store.new(ask),
        store.volume(ask),
        store.baseline(key_of(user)),
        store.new(HOME),
    ):
        terminal.show(blocks_of(answer))
        shown = capsys.readouterr().out + csv.text(*table_of(answer))
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\n=cmd" not in shown


def test_nothing_known_is_said(store: Store) -> None:
    """Of what the store does not know each question says so, and compares nothing."""
    baseline, new = store.baseline("AKIAAAAAAAAAAAAAAAAA"), store.new("nothing")

    assert (baseline.found, baseline.history, baseline.verdict) == (False, None, None)
    assert (new.found, new.history, new.verdict) == (False, None, None)
    assert store.volume("192.0.2.1") == Volume(asked="192.0.2.1", found=False)


# the files for Neo4j Browser

ROLE = f"arn:aws:iam::{HOME}:role/operations"
ANN = f"arn:aws:iam::{HOME}:user/ann"
PAST = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-08T00:00:00Z"}
NIGHT = {"since": "2026-03-09T01:00:00Z", "until": "2026-03-09T03:00:00Z"}
