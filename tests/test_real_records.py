"""The real records of the shared folder: all of them load, and the answers read by hand hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lineage
from lineage.model.errors import NotFound
from tests.same import answers_of, different, graph_of

if TYPE_CHECKING:
    from lineage import Store
    from lineage.questions.who import WhoAnswer
    from tests.neo4j_server import Server

SETS = [
    "cloudtrail_rs", "custodian", "grycap", "opensearch", "panther", "secontent", "stratus", "streamalert",
    "traildiscover", "umccr_flaws",
]  # fmt: skip
PUBLISHED = ["custodian", "grycap", "opensearch", "stratus"]
"""Sets that also lie there as files as they were published."""
SILENT = {"d7c3b8f5-2a46-4019-8e7d-6b0a5c3f9e14", "redacted", "eventID", "bar"}
"""IDs that only an Insight document and records without a time have."""
COPY = "345678901234"
"""The account that stands in some records of opensearch in place of the true one."""
KEYS = {
    "stratus": ["AKIAWOGXN38MFN92ING5", "ASIANQQHHS551LWULIWD", "ASIA7RQR64ZW9JXKWPUO"],
    "opensearch": ["ASIAVBW53AN5GW3HPS62", "ASIAVBW53AN5A46I4ENF"],
    "grycap": [],
}


def event_ids(path: Path) -> list[str]:
    """The event IDs of a file, in its order, each once."""
    found = [json.loads(line).get("eventID") for line in path.read_text().splitlines()]
    return list(dict.fromkeys(one for one in found if isinstance(one, str) and one))


def one_answer(store: Store, ask: str) -> WhoAnswer:
    """The one answer to `who`."""
    (answer,) = store.who(ask).answers
    return answer


@pytest.mark.parametrize("path", [f"{name}/events.ndjson" for name in SETS] + [f"{name}/raw" for name in PUBLISHED])
def test_every_set_loads(shared: Path, tmp_path: Path, path: str) -> None:
    """Every published record is loaded, a duplicate or set aside; every loaded event has its answer."""
    with lineage.open(tmp_path / "lineage.db") as store:
        first = store.load([shared / path]).sums
        again = store.load([shared / path]).sums
        used = sum(edge["count"] for _, _, edge in store.graph().edges(data=True) if edge["type"] == "USED")
        ids = event_ids(shared / path) if path.endswith("ndjson") else []
        silent = {one for one in ids if not store.who(one).found}

    assert first.read > 0
    assert first.read == first.loaded + first.duplicate + first.set_aside
    assert (again.read, again.loaded, again.set_aside) == (first.read, 0, first.set_aside)
    assert used == first.loaded
    assert silent - SILENT == set()


def test_numbers_of_the_sets(shared: Path, tmp_path: Path) -> None:
    """The sums are those counted by hand: 310 records of stratus, 841 unique of 890 in opensearch."""
    sums = {}
    for name in ("stratus", "opensearch"):
        with lineage.open(tmp_path / f"{name}.db") as store:
            sums[name] = store.load([shared / name / "events.ndjson"]).sums

    assert (sums["stratus"].read, sums["stratus"].set_aside) == (310, 0)
    assert (sums["opensearch"].read, sums["opensearch"].loaded, sums["opensearch"].duplicate) == (890, 841, 49)


@pytest.fixture(scope="module")
def embedded(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """All sets in one embedded store."""
    with lineage.open(tmp_path_factory.mktemp("real") / "lineage.db") as store:
        store.load([shared / name / "events.ndjson" for name in SETS])
        yield store


@pytest.fixture
def three(store: Store, shared: Path) -> Store:
    """Three sets in a store of either kind."""
    store.load([shared / name / "events.ndjson" for name in KEYS])
    return store


def test_stratus_as_read_by_hand(three: Store, shared: Path) -> None:
    """The 30 GetPasswordData lead to christophe's key by one grant; the twin's key was never used, the two
    denied tries grant nothing."""
    records = [json.loads(line) for line in (shared / "stratus" / "events.ndjson").read_text().splitlines()]
    reads = [r["eventID"] for r in records if r["userIdentity"].get("accessKeyId") == "ASIANQQHHS551LWULIWD"]
    answer = one_answer(three, "52242c8d-7ef7-4165-90cd-621ebe835388")
    key = one_answer(three, "ASIANQQHHS551LWULIWD")
    twin = three.trace("ASIA7RQR64ZW9JXKWPUO")
    christophe = three.trace("AKIAWOGXN38MFN92ING5")
    denied = [r["eventID"] for r in records if r["eventName"] == "AssumeRole" and r.get("errorCode")]
    granting = {one for hop in answer.hops for one in hop.event_ids}

    assert len(reads) == 30
    assert answer.origin.kind == "IAMUser"
    assert (answer.origin.id or "").endswith(":user/christophe")
    assert answer.origin.access_key_id == "AKIAWOGXN38MFN92ING5"
    assert [hop.event_ids for hop in answer.hops] == [["fd179e25-9f1a-406c-8d7d-62f9d4938ef6"]]
    assert (answer.hops[0].access_key_id, answer.ambiguous, answer.reason) == ("ASIANQQHHS551LWULIWD", False, None)
    assert {json.dumps(one_answer(three, one).model_dump()["hops"]) for one in reads} == {
        json.dumps(answer.model_dump()["hops"])
    }
    assert key.hops == answer.hops
    assert (twin.found, twin.calls) == (True, 0)
    assert len(denied) >= 2
    assert granting & set(denied) == set()
    assert christophe.found


def test_opensearch_as_read_by_hand(three: Store, shared: Path) -> None:
    """630 events join AWS Config by their session alone; 74 have a certain caller and four possible grants.

    Some of the 630 were published twice, once with another account in place of the true one. Such an event has
    an answer for each copy; nothing joins the edited one, and its service-linked role still tells whose it is.
    """
    records = [json.loads(line) for line in (shared / "opensearch" / "events.ndjson").read_text().splitlines()]
    by_key: dict[str, list[str]] = {key: [] for key in KEYS["opensearch"]}
    for record in records:
        key = (record.get("userIdentity") or {}).get("accessKeyId")
        if key in by_key:
            by_key[key].append(record["eventID"])
    plain, four = (list(dict.fromkeys(by_key[key])) for key in KEYS["opensearch"])
    edited = {r["eventID"] for r in records if (r.get("userIdentity") or {}).get("accountId") == COPY}
    found = {one: three.who(one).answers for one in plain}
    conflicting = {one for one in plain if len(found[one]) > 1}
    answers = [answer for one in plain for answer in found[one]]
    unclear = [one_answer(three, one) for one in four]

    assert (len(plain), len(four)) == (630, 74)
    assert "49ddf02f-833e-4959-b094-00b2fa985a6f" in plain
    assert Counter((a.origin.kind, a.origin.id) for a in answers) == {
        ("AWSService", "config.amazonaws.com"): 630 + len(conflicting)
    }
    assert conflicting <= edited
    assert {(a.reason, a.ambiguous) for one in conflicting for a in found[one]} == {("conflicting-copies", True)}
    assert {tuple(hop.event_ids) for a in answers for hop in a.hops} == {("b7394b83-8ad5-4141-9d26-9c225f26bac3",)}
    assert {(a.identity.account, len(a.hops)) for a in answers if a.identity.account != COPY} == {("347283850106", 1)}
    assert {a.ambiguous for one in plain if one not in conflicting for a in found[one]} == {False}
    assert sum(a.identity.account == COPY for a in answers) <= len(edited)
    assert {(a.ambiguous, a.reason, len(a.hops[0].event_ids), a.hops[0].candidates) for a in unclear} == {
        (True, None, 4, 4)
    }
    assert len({(a.origin.kind, a.origin.id) for a in unclear}) == 1


def test_no_chain_from_masked_keys(shared: Path, tmp_path: Path) -> None:
    """Where every key is masked, nobody leads to anybody."""
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([shared / "traildiscover" / "events.ndjson"])
        graph = store.graph()
        hops = {
            one: len(store.who(one).answers[0].hops) for one in event_ids(shared / "traildiscover" / "events.ndjson")
        }
        chains = store.chains()

    assert [edge for *_, edge in graph.edges(data=True) if edge["type"] == "ISSUED"] == []
    assert [n["key"] for _, n in graph.nodes(data=True) if "AKIA***" in n["key"]] == []
    assert (chains.total, {one: n for one, n in hops.items() if n}) == (0, {})


def test_masked_and_placeholder_keys_are_no_nodes(embedded: Store) -> None:
    """In no set is a masked, redacted or example key a credential, and none is anybody's way."""
    graph = embedded.graph()
    keys = [n["access_key_id"] for _, n in graph.nodes(data=True) if n["label"] == "Credential"]
    wrong = [key for key in keys if not key.isalnum() or key.endswith("EXAMPLE") or "REDACTED" in key or len(key) < 16]
    callers = [edge.get("caller_key") for _, _, edge in graph.edges(data=True) if edge["type"] == "ASSUMED"]

    assert wrong == []
    assert [key for key in callers if key and ("*" in key or key.endswith("EXAMPLE"))] == []


def test_every_event_of_all_sets_together(embedded: Store, shared: Path) -> None:
    """With all sets in one store, each event, each key and each ARN gets an answer and no exception."""
    events, others = set(), set()
    for name in SETS:
        for line in (shared / name / "events.ndjson").read_text().splitlines():
            record = json.loads(line)
            who = record.get("userIdentity")
            who = who if isinstance(who, dict) else {}
            events.add(record.get("eventID"))
            others |= {one for one in (who.get("accessKeyId"), who.get("arn")) if isinstance(one, str)}
    silent, failed = [], []
    for ask in sorted(ask for ask in events | others if isinstance(ask, str) and ask.strip()):
        try:
            if not embedded.who(ask).found and ask in events:
                silent.append(ask)
            embedded.trace(ask)
        except NotFound as error:
            if "ask with one of them" not in str(error):  # a placeholder is the ID of several principals
                silent.append(ask)
        except Exception as error:  # noqa: BLE001  # any exception at all is the failure that is looked for
            failed.append((ask, repr(error)))

    assert (set(silent) - SILENT, failed) == (set(), [])


def test_a_raw_record_is_answered_like_its_event(embedded: Store, shared: Path) -> None:
    """`who` of a record as it stands in the file names the same origin as `who` of its event ID."""
    wrong = []
    for line in (shared / "stratus" / "events.ndjson").read_text().splitlines():
        by_id = embedded.who(json.loads(line)["eventID"]).answers
        by_record = embedded.who(line).answers
        if [a.origin for a in by_id] != [a.origin for a in by_record]:
            wrong.append((json.loads(line)["eventID"], [a.origin.id for a in by_id], [a.origin.id for a in by_record]))

    assert wrong == []


def test_both_stores_say_the_same(shared: Path, tmp_path: Path, neo4j_any: Server) -> None:
    """On the same real records the embedded store and Neo4j hold one graph and give one set of answers."""
    neo4j_any.wipe(schema=False)
    told = []
    for target in (str(tmp_path / "lineage.db"), neo4j_any.uri):
        with lineage.open(target) as store:
            store.load([shared / name / "events.ndjson" for name in KEYS])
            asks = [one for name in KEYS for one in event_ids(shared / name / "events.ndjson")][::7]
            told.append(graph_of(store) | answers_of(store, asks, [key for keys in KEYS.values() for key in keys]))

    assert different(*told) == ""
