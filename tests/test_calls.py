"""What questions read of a store: calls by what they have in common, cut to the second, and much at once."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.model import keys, schema
from lineage.model.facts import Sample, Target
from lineage.model.results import ALWAYS, CallFilter, CallRow, EventRow, Graph, Window, grouped
from lineage.stores.reader import Store
from tests.aws import Cloud, Json, epoch
from tests.aws.files import dumps
from tests.same import different
from tests.strategies import ACTIONS, World, clouds
from tests.test_properties import FEW, QUICK, arrangements, checked_load, conflicting, one_load

if TYPE_CHECKING:
    from lineage import Lineage
    from tests.neo4j_server import Server

DEEDS = (schema.ISSUED, schema.CREATED, schema.CHANGED, schema.STARTED)
KINDS = get_args(get_type_hints(CallFilter)["by"])
Fits = Callable[[Json, CallRow], str | None]
"""What of a record and its row a kind of `CallFilter` goes by."""


def lively(seed: int, steps: int = 40) -> Cloud:
    """A cloud of some hours in which the same calls come again and again, before and after full hours."""
    world, rng = World(seed, twins=False), random.Random(seed)
    world.cloud.tick(rng.randrange(3600))
    names = sorted(ACTIONS)
    for _ in range(steps):
        world.play((rng.choice(names), rng.randrange(8), rng.randrange(6), rng.choice([0, 1, 40, 700])))
        who = rng.choice(world.alive())
        for _ in range(rng.choice([0, 0, 1, 9])):
            world.cloud.tick(rng.choice([0, 1, 1, 200]))
            world.cloud.call(who, "s3.amazonaws.com", rng.choice(["ListBuckets", "DeleteBucket"]))
    return world.cloud


def loaded(store: Lineage, folder: Path, records: Iterable[Json]) -> Store:
    """The store itself, with the records in it."""
    path = folder / "events.json"
    path.write_text(dumps({"Records": list(records)}))
    store.load([path], processes=1)
    return store._store


def windows(records: list[Json], rng: random.Random, count: int) -> list[Window]:
    """Windows that begin and end at, just before or just after events and full hours, some of them open."""
    times = [epoch(record["eventTime"]) for record in records]
    edges = sorted({*times, *(time // 3600 * 3600 for time in times)})
    found = [ALWAYS, Window(min(times), max(times)), Window(max(times) + 1, None), Window(None, min(times) - 1)]
    for _ in range(count):
        one, other = (rng.choice(edges) + rng.choice([-1, 0, 0, 1]) for _ in range(2))
        found.append(Window(rng.choice([None, min(one, other)]), rng.choice([None, max(one, other)])))
    return found


def fits(store: Store) -> dict[str, Fits]:
    """By kind of `CallFilter`: what a record and its row say, or the one event of that ID."""

    def seen(record: Json) -> EventRow:
        return store.events(record["eventID"])[0]

    def principal(record: Json) -> str:
        """As the record names it, else as other records name its unique ID."""
        who = seen(record).who
        unique = keys.unnamed_id(who)
        names = [name.principal for name in store.names_of(unique)] if unique else []
        return next((name for name in names if name.startswith("arn:")), keys.principal(who).key)

    return {
        "node": lambda record, row: str(seen(record).source),
        "session": lambda record, row: seen(record).session,
        "principal": lambda record, row: principal(record),
        "key": lambda record, row: record["userIdentity"].get("accessKeyId"),
        "account": lambda record, row: record["recipientAccountId"],
        "address": lambda record, row: record["sourceIPAddress"],
        "agent": lambda record, row: record["userAgent"],
        "api": lambda record, row: f"{record['eventSource'].split('.')[0]}:{record['eventName']}",
        "resource": lambda record, row: row.row.target.key if row.row.target else None,
        "naming": lambda record, row: "\n".join(said_by(row)) or None,
        "failed": lambda record, row: "" if record.get("errorCode") else None,
        "all": lambda record, row: "",
    }


def said_by(row: CallRow) -> list[str]:
    """What a row names: its targets, and what its examples do."""
    targets = [text for target in row.row.targets for text in (target.key, target.id) if text]
    return [*targets, *(text for one in row.samples for text in (*one.resources, one.parameters) if text)]


def is_meant(by: str, value: str | None, values: list[str]) -> bool:
    """Does a filter mean an event? Of user agents a part is given, in another case; of what a row names a part."""
    if by == "naming":
        return value is not None and any(part in value for part in values)
    if by == "agent":
        return value is not None and any(part.lower() in value.lower() for part in values)
    return value in values


def check(store: Store, records: list[Json], rng: random.Random, tries: int) -> None:
    """Holds what the store says of every kind of calls against a plain loop over the records."""
    by_id = {record["eventID"]: record for record in records}
    rows = {row.row.id: row for row in store.calls(CallFilter("all"), every=True)}
    row_of = {sample.event_id: row for row in rows.values() for sample in row.samples}

    assert sorted(row_of) == sorted(by_id)
    assert sum(row.count for row in rows.values()) == len(by_id)
    for event_id, row in row_of.items():
        record = by_id[event_id]
        assert (row.row.hour, row.access_key_id, row.row.error, row.row.region) == (
            epoch(record["eventTime"]) // 3600,
            record["userIdentity"].get("accessKeyId"),
            record.get("errorCode"),
            record["awsRegion"],
        )

    for by in KINDS:
        value_of = fits(store)[by]
        known = {event_id: value_of(record, row_of[event_id]) for event_id, record in by_id.items()}
        for window in windows(records, rng, tries):
            there = sorted({value for value in known.values() if value is not None}) or ["nothing of the kind"]
            values = [rng.choice(there), *rng.choice([[], there[:2], ["nothing of the kind"]])]
            if by == "agent":
                values = [value[rng.randrange(len(value)) :][: rng.randint(1, 12)].swapcase() for value in values]
            if by == "naming":
                values = [rng.choice(value.split("\n"))[rng.choice([0, 3]) :][: rng.randint(1, 30)] for value in values]
            expected: dict[bytes, list[tuple[int, str]]] = {}
            for event_id, record in by_id.items():
                time = epoch(record["eventTime"])
                if is_meant(by, known[event_id], values) and (window.since or 0) <= time <= (window.until or 1 << 40):
                    expected.setdefault(row_of[event_id].row.id, []).append((time, event_id))
            which = CallFilter(by, tuple(values))

            told = store.calls(which, window, every=True)
            short = store.calls(which, window)

            assert {row.row.id: [(s.time, s.event_id) for s in row.samples] for row in told} == {
                row: sorted(events) for row, events in expected.items()
            }, (which, window)
            assert [row.samples[:3] for row in told] == [row.samples for row in short]
            for one, other in zip(told, short, strict=True):
                assert (one.row, one.source, one.invoked_by) == (other.row, other.source, other.invoked_by)
                assert (one.count, one.first, one.last) == (other.count, other.first, other.last)
                assert (one.count, one.first, one.last) == (
                    len(one.samples),
                    one.samples[0].time,
                    one.samples[-1].time,
                )
            order = [(row.first, row.row.id, row.source) for row in told]
            assert order == sorted(order)


def plain(graph: Graph) -> dict[str, dict[str, object]]:
    """Nodes and relationships with what is known of them."""

    def known(attributes: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in attributes.items() if value is not None}

    nodes = {ref: known(attributes) for ref, attributes in graph.nodes(data=True)}
    edges = {f"{a} {b} {key}": known(attributes) for a, b, key, attributes in graph.edges(keys=True, data=True)}
    return nodes | edges


@QUICK
@given(cloud=clouds(twins=True), seed=st.integers(0, 99))
def test_calls_of_any_history(cloud: Cloud, seed: int) -> None:
    """Of any history, each kind of calls in any window is what a plain loop over the records finds."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(Path(folder) / "lineage.db") as store:
        check(loaded(store, Path(folder), cloud.records), cloud.records, random.Random(seed), 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_calls_of_busy_hours(store: Lineage, tmp_path: Path, seed: int) -> None:
    """Both stores cut rows of many calls to the second, with count, first, last and every event exact."""
    records = lively(seed).records

    check(loaded(store, tmp_path, records), records, random.Random(seed), 8)


@pytest.mark.parametrize("seed", [3, 5])
def test_stores_agree(neo4j_any: Server, tmp_path: Path, seed: int) -> None:
    """Both stores say the same of everything that questions read: rows with targets and samples, deeds, ways up."""
    records = lively(seed).records
    neo4j_any.wipe(schema=False)
    with lineage.open(tmp_path / "lineage.db") as ours, lineage.open(neo4j_any.uri) as theirs:
        one, other = loaded(ours, tmp_path, records), loaded(theirs, tmp_path, records)
        nodes = sorted(row.source for row in one.calls(CallFilter("all")))
        middle = Window(epoch(records[30]["eventTime"]), epoch(records[-30]["eventTime"]))

        for window in (ALWAYS, middle):
            for every in (False, True):
                assert one.calls(CallFilter("all"), window, every=every) == other.calls(
                    CallFilter("all"), window, every=every
                )
            assert one.changes(DEEDS, window=window) == other.changes(DEEDS, window=window)
            assert one.coverage(None, window) == other.coverage(None, window)
        spans = grouped(one.coverage(), lambda held: held.account)
        first_last = {key: (min(a.first for a in held), max(a.last for a in held)) for key, held in spans.items()}
        assert one.extent() == other.extent() == first_last
        assert one.calls(CallFilter("node", tuple(nodes))) == other.calls(CallFilter("node", tuple(nodes)))
        assert one.addresses() == other.addresses()
        assert not different(plain(one.ascend(nodes)), plain(other.ascend(nodes)))
        for types in (schema.RELATIONSHIPS, (schema.ASSUMED,), (schema.CREATED, schema.BELONGS_TO)):
            assert not different(plain(one.lineage(types)), plain(other.lineage(types)))
        for some in ([node] for node in list(dict.fromkeys(nodes))[::9]):
            assert not different(plain(one.descend(some)), plain(other.descend(some)))
        ids = [record["eventID"] for record in records]
        assert one.events_of(ids) == other.events_of(ids)


def halves_add_up(store: Store, second: int) -> None:
    """Asserts that what is cut at a second adds up to the whole, and that each event is found as its row says."""
    whole = store.calls(CallFilter("all"), every=True)
    sooner = store.calls(CallFilter("all"), Window(None, second - 1), every=True)
    later = store.calls(CallFilter("all"), Window(second, None), every=True)

    assert all(row.count == len(row.samples) for row in [*whole, *sooner, *later])
    assert Counter(id_ for row in [*sooner, *later] for id_ in row.event_ids) == Counter(
        id_ for row in whole for id_ in row.event_ids
    )
    assert {row.row.id: row.count for row in store.calls(CallFilter("all"))} == {row.row.id: row.count for row in whole}
    seen = store.events_of(id_ for row in whole for id_ in row.event_ids)
    for row in whole:
        for sample in row.samples:
            assert (sample.time, row.row.api, row.source) in {
                (one.time, one.api, str(one.source)) for one in seen[sample.event_id]
            }


@QUICK
@given(data=st.data())
def test_conflicting_contents_are_cut_too(data: st.DataObject) -> None:
    """Where contents lost against others under the same ID, the windows still add up to all events."""
    deliveries = data.draw(conflicting())
    times = sorted({epoch(record["eventTime"]) for _, record in deliveries}) or [0]
    with tempfile.TemporaryDirectory() as folder, lineage.open(Path(folder) / "lineage.db") as store:
        for load in data.draw(arrangements(deliveries)):
            checked_load(store, Path(folder), load)

        halves_add_up(store._store, data.draw(st.sampled_from(times)))


@FEW
@given(data=st.data())
def test_stores_agree_on_conflicting_contents(neo4j_any: Server, data: st.DataObject) -> None:
    """Both stores say the same of the calls, whatever order the contents under one ID came in."""
    deliveries = data.draw(conflicting())
    times = sorted({epoch(record["eventTime"]) for _, record in deliveries}) or [0]
    window = Window(data.draw(st.sampled_from(times)), data.draw(st.sampled_from(times)))
    neo4j_any.wipe(schema=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        lineage.open(Path(folder) / "lineage.db") as ours,
        lineage.open(neo4j_any.uri) as theirs,
    ):
        for store, loads in ((ours, one_load(deliveries)), (theirs, data.draw(arrangements(deliveries)))):
            for load in loads:
                checked_load(store, Path(folder), load)
        one, other = ours._store, theirs._store

        halves_add_up(other, times[len(times) // 2])
        for which in (ALWAYS, window):
            assert one.calls(CallFilter("all"), which) == other.calls(CallFilter("all"), which)
            assert one.calls(CallFilter("all"), which, every=True) == other.calls(CallFilter("all"), which, every=True)
            assert one.changes(DEEDS, window=which) == other.changes(DEEDS, window=which)
            assert one.coverage(window=which) == other.coverage(window=which)


def test_much_at_once(store: Lineage, tmp_path: Path) -> None:
    """Many nodes, events and identities at once are what they are one by one."""
    records = lively(4).records
    held = loaded(store, tmp_path, records)
    rows = held.calls(CallFilter("all"))
    nodes = sorted({row.source for row in rows})
    ids = [record["eventID"] for record in records]

    together = held.ascend(nodes)
    alone = [held.ascend([node]) for node in nodes]

    assert not different({name: told for graph in alone for name, told in plain(graph).items()}, plain(together))
    assert held.events_of([*ids, "c0ffee00-0000-4000-8000-0000000000ff"]) == {one: held.events(one) for one in ids}
    assert {row.row.actor for row in rows} == held.identities({row.row.actor for row in rows}).keys()
    for row in rows:
        assert held.identities([row.row.actor])[row.row.actor].access_key_id == row.access_key_id
    assert held.addresses() == sorted({record["sourceIPAddress"] for record in records})


def test_deeds(store: Lineage, tmp_path: Path) -> None:
    """Deeds by caller, by what they are about and by window are those that the whole lineage has."""
    records = lively(5, 60).records
    held = loaded(store, tmp_path, records)
    edges = [
        (attributes["type"], source, target, attributes["event_ids"], attributes["time"])
        for source, target, attributes in held.lineage().edges(data=True)
        if attributes["type"] in DEEDS
        and (attributes["type"] != schema.ISSUED or (attributes.get("event_id") and not attributes["parent"]))
    ]

    def told(types: tuple[str, ...] = DEEDS, **more: object) -> list[tuple[object, ...]]:
        found = held.changes(types, **more)  # type: ignore[arg-type]  # one of its parameters
        assert found == sorted(found, key=lambda one: (one.time, one.type, one.key))
        return sorted((one.type, one.source, one.target, one.event_ids, one.properties["time"]) for one in found)

    assert len({type_ for type_, *_ in edges}) >= 2
    assert told() == sorted(edges)
    for type_ in DEEDS:
        assert told((type_,)) == sorted(edge for edge in edges if edge[0] == type_)
    for _, source, target, _, time in edges:
        assert told(sources=[source]) == sorted(edge for edge in edges if edge[1] == source)
        assert told(targets=[target]) == sorted(edge for edge in edges if edge[2] == target)
        both = sorted(edge for edge in edges if edge[1:3] == (source, target))
        assert told(sources=[source], targets=[target]) == both
        moment = Window(epoch(str(time)), epoch(str(time)))
        assert told(window=moment) == sorted(edge for edge in edges if edge[4] == time)
    assert told(sources=[]) == told(targets=[]) == []


def test_principals(store: Lineage, tmp_path: Path) -> None:
    """The principals of some kinds are those of the whole lineage, by key."""
    held = loaded(store, tmp_path, lively(9, 60).records)
    known = [
        (keys.ref(node).key, attributes["kind"], attributes.get("name"))
        for node, attributes in held.lineage().nodes(data=True)
        if node.startswith(f"{schema.PRINCIPAL} ")
    ]

    assert len({kind for _, kind, _ in known}) >= 3
    assert held.principals(schema.KINDS) == sorted(known)
    for kind in schema.KINDS:
        assert held.principals([kind]) == sorted(one for one in known if one[1] == kind)
    assert held.principals([]) == []


def test_coverage_by_account_and_hours(store: Lineage, tmp_path: Path) -> None:
    """Coverage of an account and a window is the part of the whole in that account and the hours it touches."""
    records = lively(6).records
    held = loaded(store, tmp_path, records)
    whole = held.coverage()
    first = epoch(records[0]["eventTime"]) // 3600
    window = Window(first * 3600 + 3599, (first + 2) * 3600)

    assert Counter(one.account for one in whole for _ in range(one.count)) == Counter(
        record["recipientAccountId"] for record in records
    )
    assert held.coverage(window=window) == [one for one in whole if first <= one.hour <= first + 2]
    for account in {one.account for one in whole}:
        assert held.coverage(account) == [one for one in whole if one.account == account]
        assert held.coverage(account, window) == [
            one for one in whole if one.account == account and first <= one.hour <= first + 2
        ]


def test_targets_and_samples(store: Lineage, tmp_path: Path) -> None:
    """A row has its target, whether it was touched or tried; its examples have content, those filled in time and ID."""
    cloud = Cloud(7, start="2026-03-02T08:59:58Z", plain_ids=True)
    home = cloud.account("home", "111122223333")
    ana = cloud.user(home, "ana")
    cloud.deny_assume_role(ana, cloud.role(home, "admin"))
    for _ in range(5):
        cloud.tick()
        cloud.call(ana, "iam.amazonaws.com", "DeleteUser", request={"userName": "bo"}, read_only=False)
    held = loaded(store, tmp_path, cloud.records)

    tried, *deleted = held.calls(CallFilter("node", (f"{schema.CREDENTIAL} {ana.key}",)))
    (late,) = held.calls(CallFilter("key", (str(ana.key),)), Window(epoch("2026-03-02T09:00:01Z")))
    (sooner,) = held.calls(CallFilter("resource", ("111122223333:AWS::IAM::User:bo",)), Window(None, cloud.now - 4))

    assert (tried.row.relation, tried.row.target) == (
        "TRIED",
        Target(key="arn:aws:iam::111122223333:role/admin", type="AWS::IAM::Role", account="111122223333", id="admin"),
    )
    assert [(row.row.relation, row.row.target, row.count) for row in deleted] == [
        ("TOUCHED", Target(key="111122223333:AWS::IAM::User:bo", type="AWS::IAM::User", account=home, id="bo"), n)
        for n in (1, 4)
    ]
    assert late.samples == [
        Sample(time=cloud.now - 2, event_id="e0000000-0000-4000-8000-000000000004", parameters='{"userName":"bo"}'),
        Sample(time=cloud.now - 1, event_id="e0000000-0000-4000-8000-000000000005", parameters='{"userName":"bo"}'),
        Sample(time=cloud.now, event_id="e0000000-0000-4000-8000-000000000006"),
    ]
    assert sooner.event_ids == ["e0000000-0000-4000-8000-000000000002"]


def test_an_id_that_is_no_uuid(store: Lineage, tmp_path: Path) -> None:
    """An event whose ID is no UUID is found by what `calls` gives for it."""
    cloud = Cloud(8)
    ana = cloud.user(cloud.account("home"), "ana")
    cloud.name_next(*(f"export-{n}" for n in range(9)))
    for _ in range(9):
        cloud.call(ana, "ec2.amazonaws.com", "DescribeInstances")
    held = loaded(store, tmp_path, cloud.records)

    (row,) = held.calls(CallFilter("all"), every=True)

    assert row.count == len(set(row.event_ids)) == 9
    assert sum(event_id.startswith("export-") for event_id in row.event_ids) == 3
    assert [len(found) for found in held.events_of(row.event_ids).values()] == [1] * 9
    assert held.events_of(["export-8"]).keys() == {"export-8"}


def test_an_empty_store(store: Lineage) -> None:
    """A store with nothing in it has nothing to say."""
    held = store._store

    for by in KINDS:
        assert held.calls(CallFilter(by)) == []
        assert held.calls(CallFilter(by, ("Session x",)), Window(0, 10), every=True) == []
    assert held.changes(DEEDS) == []
    assert held.changes(DEEDS, sources=["Session x"], targets=["Session x"]) == []
    assert held.addresses() == []
    assert held.principals(schema.KINDS) == []
    assert held.coverage() == []
    assert held.identities([bytes(16)]) == {}
    assert held.events_of(["x"]) == {}
    assert list(held.ascend([])) == []


def test_the_stores_pair_by_file() -> None:
    """Both stores do the same jobs in files of the same names; each keeps its ledger in files of its own, and
    SQLite what it has but once: texts and nodes."""
    stores = Path(lineage.__file__).parent / "stores"
    sqlite, neo4j = ({path.name for path in (stores / name).glob("*.py")} for name in ("sqlite", "neo4j"))

    assert sqlite - neo4j == {"events.py", "nodes.py", "texts.py"}
    assert neo4j - sqlite == {"shards.py"}
