"""Counts always add up, and a load costs the same however much is there already."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lineage
from lineage.model.batch import SAMPLES_PER_ROW
from tests.aws import Cloud, Json
from tests.aws.files import dumps, history_csv
from tests.same import different, graph_of

if TYPE_CHECKING:
    from lineage import Store


def save(records: list[Any], path: Path) -> Path:
    path.write_text(dumps({"Records": records}))
    return path


def busy_day(day: int, sessions: int = 60) -> list[Json]:
    """Some hundred records of one day, with identities of its own."""
    cloud = Cloud(seed=day, start=f"2026-03-{day:02d}T06:00:00Z")
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    for n in range(sessions):
        user = cloud.user(home, f"user{day}-{n}")
        session = cloud.assume_role(user, cloud.role(work, f"role{day}-{n % 7}"), f"s{n}")
        for _ in range(4):
            cloud.tick(37)
            cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
    return cloud.records


def test_sums_of_a_mixed_load(store: Store, tmp_path: Path) -> None:
    """Read is loaded and duplicate and set aside, and each thing set aside has its place and its reason."""
    records = busy_day(2, sessions=3)
    broken: list[Any] = ["no object", {**records[0], "eventTime": None}, {**records[1], "eventName": None},
                         {**records[2], "eventTime": "yesterday"}]  # fmt: skip
    insight = {**records[3], "eventType": "AwsCloudTrailInsight", "eventCategory": "Insight", "eventID": "e-9"}
    report = store.load([save([*records, *broken, records[5], insight], tmp_path / "a.json")])
    (tmp_path / "b.csv").write_text(history_csv(records[:7]))
    again = store.load([tmp_path / "b.csv"]).sums
    sums = report.sums
    info = store.info()

    assert (sums.read, sums.loaded, sums.duplicate, sums.set_aside) == (len(records) + 5, len(records), 1, 4)
    assert sum(sums.passed.values()) == 1
    assert [(Path(one.path).name, one.index) for one in report.aside] == [
        ("a.json", len(records) + n) for n in range(4)
    ]
    assert all(one.reason for one in report.aside)
    assert (again.read, again.loaded, again.duplicate, again.set_aside) == (7, 0, 7, 0)
    assert info.events == len(records)
    assert sorted(load.read for load in info.loads) == [again.read, sums.read]
    assert sum(account.events for account in info.accounts) == info.events


def test_nothing_is_loaded_from_nothing(store: Store, tmp_path: Path) -> None:
    """An empty list of records makes sums of zero and an empty graph."""
    sums = store.load([save([], tmp_path / "empty.json")]).sums

    assert (sums.read, sums.loaded, sums.duplicate, sums.set_aside) == (0, 0, 0, 0)
    assert graph_of(store) == {}
    assert store.info().events == 0


def test_info_counts_what_the_graph_holds(store: Store, tmp_path: Path) -> None:
    """`info` counts nodes by label and relationships by type as they are in the graph, and no bookkeeping."""
    store.load([save(busy_day(3, sessions=12), tmp_path / "a.json")])
    graph, info = store.graph(), store.info()
    nodes: dict[str, int] = {}
    ways: dict[str, int] = {}
    for _, node in graph.nodes(data=True):
        nodes[node["label"]] = nodes.get(node["label"], 0) + 1
    for *_, edge in graph.edges(data=True):
        ways[edge["type"]] = ways.get(edge["type"], 0) + 1

    assert {label: n for label, n in info.nodes.items() if n} == nodes
    assert {kind: n for kind, n in info.relationships.items() if n} == ways


def test_one_request_in_two_regions_is_about_two_resources(store: Store, tmp_path: Path) -> None:
    """The same words to two regions, or in two accounts, name different resources."""
    cloud = Cloud(seed=4)
    users = [cloud.user(cloud.account(name), "ana") for name in ("home", "work")]
    for user in users:
        for region in ("eu-west-1", "us-east-2"):
            cloud.tick(1)
            cloud.call(user, "ec2.amazonaws.com", "StopInstances", region=region,
                       request={"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}})  # fmt: skip
    store.load([save(cloud.records, tmp_path / "a.json")])
    resources = sorted(n["key"] for _, n in store.graph().nodes(data=True) if "i-0123456789abcdef0" in n["key"])

    assert resources == sorted(
        f"arn:aws:ec2:{region}:{user.account}:instance/i-0123456789abcdef0"
        for user in users
        for region in ("eu-west-1", "us-east-2")
    )


@pytest.mark.parametrize("together", [True, False])
def test_samples_do_not_depend_on_how_a_mark_is_written(tmp_path: Path, together: bool) -> None:
    """The samples of a row are its earliest events, whether its console mark is a boolean or a text."""
    cloud = Cloud(seed=5)
    user = cloud.user(cloud.account("home"), "ana")
    for _ in range(8):
        cloud.tick(1)
        cloud.call(user, "ec2.amazonaws.com", "DescribeInstances", agent="Mozilla/5.0 (X11)")
    for n, record in enumerate(cloud.records):
        if n % 3:
            record["sessionCredentialFromConsole"] = True if n % 3 == 1 else "true"
    parts = [cloud.records] if together else [[record] for record in reversed(cloud.records)]
    with lineage.open(tmp_path / "lineage.db") as store:
        for n, part in enumerate(parts):
            store.load([save(part, tmp_path / f"{n}.json")])
        used = [edge for *_, edge in store.graph().edges(data=True) if edge["type"] == "USED"]

    earliest = [r["eventID"] for r in cloud.records[:SAMPLES_PER_ROW]]

    assert [(edge["count"], edge["event_ids"]) for edge in used] == [(8, earliest)]


def test_records_without_an_id_count_once(store: Store, tmp_path: Path) -> None:
    """A record without an ID is known again by its canonical form, whatever the order of its members."""
    records = [{k: v for k, v in r.items() if k != "eventID"} for r in busy_day(6, sessions=2)]
    turned = [dict(reversed(r.items())) for r in records]
    first = store.load([save(records, tmp_path / "a.json")]).sums
    second = store.load([save(turned, tmp_path / "b.json")]).sums

    assert (first.loaded, second.loaded, second.duplicate) == (len(records), 0, len(records))
    assert store.info().events == len(records)


def test_one_id_in_two_hours_is_two_events(store: Store, tmp_path: Path) -> None:
    """An ID that comes again in another hour is another event, its deeds included, in either order."""
    cloud = Cloud(seed=7, start="2026-03-02T08:30:00Z")
    user = cloud.user(cloud.account("home"), "ana")
    cloud.create_access_key(user, cloud.user(user.account, "bo"))
    later = json.loads(dumps(cloud.records[0]).replace("T08:", "T10:"))
    store.load([save([later], tmp_path / "a.json"), save(cloud.records, tmp_path / "b.json")])
    told = graph_of(store)
    with lineage.open(tmp_path / "other.db") as other:
        other.load([tmp_path / "b.json"])
        other.load([tmp_path / "a.json"])

        assert different(told, graph_of(other)) == ""
    times = sorted(e["time"] for name, e in told.items() if name.startswith("CREATED "))

    assert store.info().events == 2
    assert times == ["2026-03-02T08:30:00Z", "2026-03-02T10:30:00Z"]


def work_of(load: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Thousands of steps that SQLite's machine takes to load one file into the store."""
    steps = 0
    connect = sqlite3.connect

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    def counted(*args: Any, **more: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **more)
        db.set_progress_handler(count, 1_000)
        return db

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", counted)
        with lineage.open(store) as opened:
            opened.load([load], processes=1)
    return steps


def test_a_load_costs_the_same_in_a_large_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of a load grows with what is loaded, however much lies in the store already."""
    one = save(busy_day(1), tmp_path / "one.json")
    many = [save(busy_day(day, sessions=120), tmp_path / f"{day}.json") for day in range(5, 25)]
    alone = work_of(one, tmp_path / "empty.db", monkeypatch)
    with lineage.open(tmp_path / "large.db") as large:
        large.load(many)
    beside = work_of(one, tmp_path / "large.db", monkeypatch)
    again = work_of(one, tmp_path / "large.db", monkeypatch)

    assert alone > 20
    assert beside < 2 * alone
    assert again < 2 * alone
