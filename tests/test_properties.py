"""Whatever the order, the files, the loads and the repetitions: one graph, one set of answers, one sum."""

from __future__ import annotations

import copy
import gzip
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import lineage
from lineage.model.errors import NotFound
from tests.aws import Cloud, Json, epoch, iso
from tests.aws.files import concatenated, dumps, event_bridge, history_csv, log_events, lookup_events, ndjson
from tests.same import Said, different, said, sums_agree
from tests.strategies import clouds
from tests.test_stories import ABOUT, STORIES

if TYPE_CHECKING:
    from tests.neo4j_server import Server

HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=HEALTH)
FEW = settings(
    max_examples=3, deadline=None, suppress_health_check=HEALTH, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
"""For Neo4j, where a load takes seconds: a failing example is shown as it was found."""

Delivery = tuple[str, Json]
"""One delivery of an event: `record`, or `row` of an event-history download, and the record."""
Load = list[tuple[str, bytes]]
"""The files of one load: name and content."""

WRAPPERS: dict[str, Callable[[Sequence[Json]], bytes]] = {
    "s3.json.gz": lambda rs: gzip.compress(dumps({"Records": rs}).encode(), mtime=0),
    "events.ndjson": lambda rs: ndjson(rs).encode(),
    "list.json": lambda rs: dumps(rs).encode(),
    "firehose": lambda rs: concatenated(rs).encode(),
    "lookup.json": lambda rs: dumps(lookup_events(rs)).encode(),
    "bridge.json": lambda rs: concatenated([event_bridge(r) for r in rs]).encode(),
    "logs.json": lambda rs: dumps(log_events(rs)).encode(),
}


KINDS = sorted(WRAPPERS)


def written(kind: str, deliveries: Sequence[Delivery]) -> list[bytes]:
    """The deliveries as contents of files: one for the records in that wrapping, one for the rows."""
    records = [r for form, r in deliveries if form == "record"]
    rows = [r for form, r in deliveries if form == "row"]
    return ([WRAPPERS[kind](records)] if records else []) + ([history_csv(rows).encode()] if rows else [])


@st.composite
def arrangements(draw: st.DrawFn, deliveries: list[Delivery], kinds: Sequence[str] = KINDS) -> list[Load]:
    """The deliveries in any order, spread over files of these wrappings and over some loads."""
    order = draw(st.permutations(deliveries))
    loads: list[Load] = []
    for _ in range(draw(st.integers(1, 3))):
        loads.append([])
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=5)))
    for n, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(order)], strict=True)):
        kind = draw(st.sampled_from(kinds))
        load = loads[draw(st.integers(0, len(loads) - 1))]
        load += [(f"{n}-{m}-{kind}", content) for m, content in enumerate(written(kind, order[start:end]))]
    return loads


def with_agent(record: Json, _: Json) -> None:
    """Another user agent: another row."""
    record["userAgent"] = "curl/8.0"


def with_parameters(record: Json, _: Json) -> None:
    """Other parameters: the same row, another fingerprint."""
    record["requestParameters"] = {**(record["requestParameters"] or {}), "added": "later"}


def with_identity(record: Json, other: Json) -> None:
    """Somebody else's identity."""
    record["userIdentity"] = copy.deepcopy(other["userIdentity"])


def without_response(record: Json, _: Json) -> None:
    """No response: nothing was granted."""
    record["responseElements"] = None


def refused(record: Json, _: Json) -> None:
    """Refused after all."""
    record["errorCode"], record["responseElements"] = "AccessDenied", None


def sooner(record: Json, _: Json) -> None:
    """Two seconds off within the hour."""
    time = epoch(record["eventTime"])
    record["eventTime"] = iso(time + 2 if time % 3600 < 1800 else time - 2)


def next_hour(record: Json, _: Json) -> None:
    """The same ID an hour later, which makes it another event."""
    record["eventTime"] = iso(epoch(record["eventTime"]) + 3600)


def updated(record: Json, other: Json) -> None:
    """An addendum that corrects the original."""
    record["addendum"] = {"reason": "UPDATED_DATA", "updatedFields": "userAgent", "originalEventID": record["eventID"]}
    record["userAgent"] = "aws-cli/corrected"


def projected(record: Json, _: Json) -> None:
    """A projection: hardly more than what happened when."""
    for name in [*record]:
        if name not in ("eventID", "eventTime", "eventName", "eventSource", "awsRegion", "recipientAccountId"):
            record[name] = None
    record["userIdentity"] = {}


def masked(record: Json, _: Json) -> None:
    """A redacted copy: key and account hidden, and a member that only it has."""
    who = record["userIdentity"] = {**(record["userIdentity"] or {})}
    who.update({name: "****************" for name in ("accessKeyId", "accountId") if name in who})
    record["vpcEndpointId"] = "vpce-0a1b2c3d4e5f60718"


def halved(record: Json, _: Json) -> None:
    """Half of what there is to know, and a member that only it has."""
    who = record.get("userIdentity") or {}
    record["userIdentity"] = {name: who[name] for name in ("type", "arn", "userName") if name in who}
    record["userIdentity"]["sessionContext"] = {"sourceIdentity": "ana@example.com"}
    for name in ("responseElements", "readOnly", "eventType", "userAgent"):
        record[name] = None


CHANGES = [with_agent, with_parameters, with_identity, without_response, refused, sooner, next_hour, updated]
CHANGES += [projected, masked, halved]


@st.composite
def conflicting(draw: st.DrawFn, twins: bool = True) -> list[Delivery]:
    """A history delivered again and again: as it is, changed under the same ID, and as a row of a download."""
    records = draw(clouds(twins=twins, max_steps=12)).records
    deliveries: list[Delivery] = [("record", r) for r in records]
    if records:
        some = st.lists(
            st.tuples(st.sampled_from(records), st.sampled_from(CHANGES), st.sampled_from(records)), max_size=8
        )
        for record, change, other in draw(some):
            changed = copy.deepcopy(record)
            change(changed, other)
            deliveries.append(("record", changed))
        deliveries += [("row", r) for r in draw(st.lists(st.sampled_from(records), max_size=6))]
        deliveries += [("record", r) for r in draw(st.lists(st.sampled_from(records), max_size=6))]
        gone = draw(st.lists(st.integers(0, len(records) - 1), max_size=3))
        deliveries = [d for n, d in enumerate(deliveries) if n not in gone]
    return deliveries


def checked_load(store: lineage.Store, folder: Path, load: Load) -> int:
    """Load the files; returns how many events are new. The sums of the load add up."""
    for name, content in load:
        (folder / name).write_bytes(content)
    sums = store.load([folder / name for name, _ in load]).sums if load else None
    if sums is None:
        return 0

    assert sums.read == sums.loaded + sums.duplicate + sums.set_aside
    assert sums.set_aside == 0
    return sums.loaded


def outcome(target: str, loads: list[Load], records: Sequence[Json]) -> Said:
    """What a new store says after these loads; its counts agree with one another on the way."""
    distinct = {(r["eventID"], r["eventTime"][:13]) for r in records}
    with tempfile.TemporaryDirectory() as folder:
        target = target or str(Path(folder) / "lineage.db")
        with lineage.open(target) as store:
            loaded = 0
            for n, load in enumerate(loads):
                inner = Path(folder) / str(n)
                inner.mkdir()
                loaded += checked_load(store, inner, load)
            told = said(store, records)
            used = sum(edge["count"] for name, edge in told.items() if name.startswith("USED "))
            info = store.info()

            sums_agree(info)
            assert loaded == len(distinct)
            assert used == len(distinct)
            assert info.events == len(distinct)
            assert sum(account.events for account in info.accounts) == len(distinct)
            assert sum(info.relationships.values()) == sum(1 for name in told if name.split(" ")[0].isupper())
            return told


def one_load(deliveries: Sequence[Delivery]) -> list[Load]:
    """All deliveries in one load, in the order in which they were written."""
    return [[(f"{n}.json", content) for n, content in enumerate(written("list.json", deliveries))]]


@QUICK
@given(st.data())
def test_order_files_and_loads_change_nothing(data: st.DataObject) -> None:
    """Any order, split into files and loads, wrapping and repetition gives the graph and the answers of one load."""
    records = data.draw(clouds(twins=data.draw(st.booleans()), max_steps=16)).records
    again = data.draw(st.lists(st.sampled_from(records), max_size=12)) if records else []
    rows = data.draw(st.lists(st.sampled_from(records), max_size=6)) if records else []
    deliveries = [("record", r) for r in [*records, *again]] + [("row", r) for r in rows]
    loads = data.draw(arrangements(deliveries))
    clean = outcome("", one_load([("record", r) for r in records]), records)

    assert different(clean, outcome("", loads, records)) == ""


@QUICK
@given(st.data())
def test_conflicting_contents_settle_the_same_in_any_order(data: st.DataObject) -> None:
    """Of several contents under one ID the same one wins in any order, and the others leave no trace."""
    deliveries = data.draw(conflicting())
    records = [r for _, r in deliveries]
    loads = data.draw(arrangements(deliveries))
    clean = outcome("", one_load(deliveries), records)

    assert different(clean, outcome("", loads, records)) == ""


@FEW
@given(st.data())
def test_order_changes_nothing_in_neo4j(neo4j_any: Server, data: st.DataObject) -> None:
    """Neo4j, fed in any order, says of conflicting contents what the embedded store says of one load."""
    deliveries = data.draw(conflicting())
    records = [r for _, r in deliveries]
    loads = data.draw(arrangements(deliveries))
    neo4j_any.wipe(schema=False)

    assert different(outcome("", one_load(deliveries), records), outcome(neo4j_any.uri, loads, records)) == ""


@FEW
@given(st.data())
def test_both_stores_agree(neo4j_any: Server, data: st.DataObject) -> None:
    """On any lineage both stores hold the same graph and give the same typed answers."""
    records = data.draw(clouds(twins=data.draw(st.booleans()))).records
    loads = one_load([("record", r) for r in records])
    neo4j_any.wipe(schema=False)

    assert different(outcome("", loads, records), outcome(neo4j_any.uri, loads, records)) == ""


@QUICK
@given(clouds(max_steps=12), st.integers(1, 130))
def test_moving_the_clock_changes_no_lineage(cloud: Cloud, seconds: int) -> None:
    """The same history some seconds later has the same lineage: no join depends on where a second falls."""
    records = [r for r in cloud.records if "CreateOAuth2Token" not in r["eventName"]]
    later = [moved(r, seconds) for r in records]

    assert different(shape(records), shape(later)) == ""


def moved(value: Any, seconds: int) -> Any:
    """The record with each of its times later by these seconds."""
    if isinstance(value, dict):
        return {name: moved(one, seconds) for name, one in value.items()}
    if isinstance(value, list):
        return [moved(one, seconds) for one in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return iso(epoch(value) + seconds)
    return value


def shape(records: Sequence[Json]) -> Said:
    """For each event its chain without times; how many sessions, keys and ways there are."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(Path(folder) / "lineage.db") as store:
        checked_load(store, Path(folder), one_load([("record", r) for r in records])[0])
        told: Said = {}
        for record in records:
            told[record["eventID"]] = [
                (a.origin.model_dump(), a.ambiguous, [(hop.event_ids, hop.access_key_id, hop.rule) for hop in a.hops])
                for a in store.who(record["eventID"]).answers
            ]
        info = store.info()
        told["sessions"] = [info.nodes[name] for name in ("Session", "Credential", "Principal")]
        told["ways"] = [info.relationships[name] for name in ("ASSUMED", "ISSUED", "SESSION_OF", "BELONGS_TO")]
    return told


@pytest.mark.parametrize("story", sorted(one.name for one in STORIES.iterdir()))
def test_asking_again_gives_the_same_answer(tmp_path: Path, story: str) -> None:
    """An answer does not depend on what was asked before it."""
    checks = json.loads((STORIES / story / "answers.json").read_text())
    asks = [check["ask"] for check in checks if check["question"] == "who"]
    files = [path for path in (STORIES / story).iterdir() if path.name not in ABOUT]
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load(files)

        def answers(ask: str) -> object:
            try:
                return store.who(ask).answers
            except NotFound as several:  # a name that several have
                return str(several)

        first, again, back = ([answers(ask) for ask in order] for order in (asks, asks, asks[::-1]))

        assert (again, back[::-1]) == (first, first)


def test_a_lost_copy_is_answered_alike_each_time(store: lineage.Store, tmp_path: Path) -> None:
    """Where the caller's copy of a grant is lost, asking about it again and from both ends changes no answer."""
    cloud = Cloud(seed=9)
    home, work = cloud.account("home"), cloud.account("work")
    first = cloud.assume_role(cloud.user(home, "ana"), cloud.role(home, "admin"), "s1")
    cloud.call(first, "ec2.amazonaws.com", "DescribeInstances")
    cloud.tick(9)
    second = cloud.assume_role(first, cloud.role(work, "deploy"), "s2")
    cloud.tick(9)
    calls = [cloud.call(second, "ec2.amazonaws.com", "DescribeInstances") for _ in range(3)]
    lost = [r for r in cloud.records if r["eventName"] == "AssumeRole" and r["recipientAccountId"] == home][-1]
    (tmp_path / "a.json").write_bytes(WRAPPERS["list.json"]([r for r in cloud.records if r is not lost]))
    store.load([tmp_path / "a.json"])
    asks = [*calls, *calls, *(r["eventID"] for r in cloud.records if r is not lost), *calls]
    answers = [store.who(ask).answers for ask in asks]

    assert [len(found) for found in answers] == [1] * len(asks)
    assert answers[:3] == answers[3:6] == answers[-3:]
    assert {len(found[0].hops) for found in answers[:3]} == {2}
    assert {found[0].hops[0].rule for found in answers[:3]} != {"10b"}
    assert {found[0].hops[1].rule for found in answers[:3]} == {"10b"}


@pytest.mark.parametrize("second", [1, 62, 63, 64, 65, 127, 128])
def test_a_key_decides_wherever_the_second_falls(tmp_path: Path, second: int) -> None:
    """A key issued one second before its session's creationDate joins it, whatever the clock shows, though
    another grant of the same role and name falls on that very second."""
    start = epoch("2026-03-02T08:00:00Z") // 64 * 64
    cloud = Cloud(seed=10, start=iso(start + second))
    home = cloud.account("home")
    ana, bo, role = cloud.user(home, "ana"), cloud.user(home, "bo"), cloud.role(home, "admin")
    mine = cloud.assume_role(ana, role, "s")
    cloud.tick(1)
    cloud.assume_role(bo, role, "s")
    cloud.tick(30)
    event = cloud.call(mine, "ec2.amazonaws.com", "DescribeInstances")
    cloud.records[-1]["userIdentity"]["sessionContext"]["attributes"]["creationDate"] = iso(start + second + 1)
    with lineage.open(tmp_path / "lineage.db") as store:
        checked_load(store, tmp_path, one_load([("record", r) for r in cloud.records])[0])
        (answer,) = store.who(event).answers
        nodes = store.info().nodes

    assert (answer.origin.name, answer.ambiguous, nodes["Session"], nodes["Credential"]) == ("ana", False, 1, 4)
