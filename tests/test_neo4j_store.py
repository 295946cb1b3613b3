"""The Neo4j store: the same graph and answers as the embedded one, and what only a server can show."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

import lineage
from lineage.model.errors import BadUse, StoreUnreachable
from lineage.model.facts import Sample
from lineage.resolve.graph_elements import listed_samples, sample_lists, window
from lineage.stores.neo4j.db import Parameters, known
from lineage.stores.neo4j.shards import (
    buckets_for,
    id_hash,
    id_text,
    pack,
    pack_place,
    places,
    places_of_rows,
    shard_key,
    unpack,
)
from tests.aws import Cloud, Json
from tests.aws.files import dumps, history_csv
from tests.neo4j_server import Server
from tests.same import different, said, undeclared
from tests.strategies import ACTIONS, history
from tests.test_killed import killed, many_sessions, start


def save(records: list[Json], path: Path) -> Path:
    """The path, with the records in it."""
    path.write_text(dumps({"Records": records}))
    return path


def random_cloud(seed: int) -> Cloud:
    """A history of 24 steps; every second one with twins."""
    chance = random.Random(seed)
    twins = bool(seed % 2)
    names = sorted(ACTIONS)
    steps = [
        (
            chance.choice(names),
            chance.randrange(8),
            chance.randrange(6),
            chance.choice([0, 1] if twins else [0, 1, 40, 700, 3000]),
        )
        for _ in range(24)
    ]
    return history(seed, steps, twins)


@pytest.fixture
def uri(neo4j_any: Server) -> str:
    """A server with an empty database."""
    neo4j_any.wipe(schema=False)
    return neo4j_any.uri


@pytest.mark.parametrize("seed", range(6))
def test_same_graph_and_answers_as_embedded(uri: str, tmp_path: Path, seed: int) -> None:
    """Shuffled, in several loads and partly twice, a history gives the graph and answers of one clean load."""
    records = list(random_cloud(seed).records)
    shuffled = random.Random(seed).sample(records, len(records))
    parts = [shuffled[n :: 1 + seed % 3] for n in range(1 + seed % 3)] + [shuffled[: len(shuffled) // 3]]
    with lineage.open(tmp_path / "clean.db") as clean, lineage.open(uri) as store:
        clean.load([save(records, tmp_path / "clean.json")])
        for n, part in enumerate(parts):
            store.load([save(part, tmp_path / f"{n}.json")])

        assert different(said(clean, records), said(store, records)) == ""
        assert clean.info().nodes == store.info().nodes
        assert clean.info().relationships == store.info().relationships
        assert clean.info().accounts == store.info().accounts


def test_richer_form_replaces_a_history_row(uri: str, tmp_path: Path) -> None:
    """Event-history rows loaded before the records leave no trace in the graph."""
    cloud = random_cloud(2)
    (tmp_path / "history.csv").write_text(history_csv(cloud.records))
    with lineage.open(tmp_path / "clean.db") as clean, lineage.open(uri) as store:
        clean.load([save(list(cloud.records), tmp_path / "records.json")])
        store.load([tmp_path / "history.csv"])
        store.load([tmp_path / "records.json"])

        assert different(said(clean, cloud.records), said(store, cloud.records)) == ""


def test_killed_load_is_finished_by_the_next(uri: str, neo4j_any: Server, tmp_path: Path) -> None:
    """Loads killed at random instants and then finished give the graph and answers of a clean one."""
    cloud = many_sessions(30)
    logs = tmp_path / "logs"
    cloud.write_to(logs)
    with lineage.open(tmp_path / "clean.db") as clean:
        clean.load([logs])
        expected = said(clean, cloud.records)
    began = time.monotonic()
    with start(uri, logs) as process:
        process.wait(timeout=60)
    whole = time.monotonic() - began
    neo4j_any.wipe(schema=False)
    caught = sum(killed(uri, logs, whole * part) for part in (0.2, 0.4, 0.5, 0.6, 0.7))
    with lineage.open(uri) as store:
        store.load([logs])

        assert caught >= 1
        assert different(expected, said(store, cloud.records)) == ""
        assert store.info().unfinished == 0


NOT_DECLARED = ("ASSUMED.undeclared", "Session.undeclared", "Undeclared.key")


def test_graph_holds_the_declared_names_only(uri: str, neo4j_any: Server, tmp_path: Path) -> None:
    """Labels, types and properties in the database are those that the schema declares; another would be found."""
    with lineage.open(uri) as store:
        store.load([save(list(random_cloud(4).records), tmp_path / "records.json")])
    before = undeclared(neo4j_any)
    neo4j_any.driver().execute_query(
        "CREATE (:Session {undeclared: 1})-[:ASSUMED {undeclared: 2}]->(:Undeclared {key: 3})"
    )

    assert before == []
    assert sorted(undeclared(neo4j_any)) == [f"{name} is not declared" for name in NOT_DECLARED]


def test_a_query_needs_its_parameters_and_a_name(uri: str) -> None:
    """A question file without its parameters is refused, and so is a name that is no question's."""
    with lineage.open(uri) as store:
        with pytest.raises(BadUse):
            store.query("who")
        with pytest.raises(BadUse):
            store.query("store/lock")


@pytest.mark.parametrize("uri", ["bolt://127.0.0.1:1", "bolt://ana:geheim@127.0.0.1:1", "bolt://"])
def test_unreachable_server_is_one_line_without_a_password(uri: str) -> None:
    """What is said of a server that cannot be reached is one line and names no password."""
    with pytest.raises(StoreUnreachable) as error:
        lineage.open(uri)

    assert "\n" not in str(error.value)
    assert "geheim" not in str(error.value)


def test_parameters_are_not_written_out() -> None:
    """The text of parameters, which the driver makes for its log, names them and tells nothing of what they hold."""
    assert repr(Parameters(rows=[{"key": "AKIA" + "A" * 16}], load="x")) == "<rows, load>"


def test_samples_are_lists_and_back() -> None:
    """The examples of a row are the same after they were properties: resources, requests and times keep their event."""
    samples = [
        Sample(time=7200, event_id="a", resources=("arn:one", "arn:two"), parameters='{"x":1}'),
        Sample(time=7205, event_id="b"),
        Sample(time=7300, event_id="c", resources=("arn:three",)),
    ]
    for count, kept in ((1, samples[:1]), (2, samples[:2]), (3, samples), (9, samples)):
        last = 9000 if count == 9 else kept[-1].time
        properties = known(window(count, 7200, last, kept) | sample_lists(kept, count))

        assert listed_samples(properties) == kept
        assert ("sample_times" in properties) == (count > 2)


def test_shard_gives_back_what_it_took() -> None:
    """An event is found in the shard that it was packed into, and no other is."""
    one, other = bytes(range(240, 256)), bytes(16)
    row, actor, none = b"r" * 16, b"a" * 16, bytes(16)
    shard = {
        one: pack_place(3599, 2, 2**63 - 1, row, actor, 1, 4, 2**47 - 1),
        other: pack_place(0, 7, 7, none, none, 0, 0, 0),
    }
    ids, rest = pack(shard)

    assert unpack(ids, rest) == shard
    assert id_text(one) in ids
    found = dict(places(ids, rest)).get(one)
    assert found is not None
    assert found == (3599, 2, 2**63 - 1, row, actor, 1, 4, 2**47 - 1)
    assert dict(places(ids, rest))[other] == (0, 7, 7, none, none, 0, 0, 0)
    assert list(places_of_rows(ids, rest, {row})) == [(row, 3599, one)]
    assert b"x" * 16 not in dict(places(ids, rest))
    assert len(rest) == 43 + 43 + 18


def test_hours_grow_by_four() -> None:
    """The buckets of an hour grow so that a shard stays small, and a hash falls into one of them."""
    assert [buckets_for(events, 1) for events in (0, 128, 129, 513, 10**9)] == [1, 1, 4, 16, 65536]
    assert shard_key(2, id_hash(bytes(14) + b"\x01\x02") % 256) == 2 * 65536 + 2
