"""Aggregating: however records are cut into batches, one store comes of it; and quick ways give what slow ones give."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.load import derive
from lineage.model.batch import Batch, event_id_bytes
from lineage.model.errors import LineageError
from lineage.stores.sqlite.store import SQLiteStore
from loaders.batches.aggregate import Aggregator, aggregate
from loaders.batches.entries import parameters, uuids_bytes
from loaders.batches.parallel import batches, shares
from loaders.facts import extract
from loaders.facts.classify import classify
from loaders.facts.identity import identity
from loaders.files.sources import Source, find
from loaders.records.items import Records
from loaders.records.record import Record
from loaders.secrets import nothing_to_hide
from loaders.targets.memo import TargetMemo, names_in, reader_of, targets_of
from tests.records import records_in
from tests.same import Said, different, graph_of
from tests.strategies import clouds

REAL = Path(__file__).parent.parent.parent / "shared" / "cloudtrail"
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
CANARY = "CANARYsecret0123456789"

Json = dict[str, Any]


def batches_of(chunks: Sequence[Sequence[Json]], cuts: Sequence[bool]) -> list[Batch]:
    """The chunks as files, and a batch taken after each chunk where `cuts` says so, and at the end."""
    aggregator = Aggregator()
    found = []
    for n, (chunk, cut) in enumerate(zip(chunks, cuts, strict=True)):
        for item in records_in(json.dumps(list(chunk)).encode()):
            assert isinstance(item, Records)
            aggregator.add(aggregator.open(f"{n}.json"), item)
        if cut:
            found.append(aggregator.batch())
    return [*found, aggregator.batch()]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("{'type': 'IAMUser', 'arn': 'a'}", "userIdentity is Python repr (single quotes), not JSON"),
        ("alice", "userIdentity cannot be read: no object"),
        (["alice"], "userIdentity cannot be read: no object"),
        ('{"type": "IAMUser", "userNa', "userIdentity cannot be read: no object"),
        ('{"type": "IAMUser", "userName": "alice"}', None),
        ("{type=IAMUser, username=alice}", None),
        ("@{type=IAMUser; userName=alice}", None),
        ("", None),
        (None, None),
    ],
)
def test_an_identity_that_cannot_be_read_is_set_aside(member: object, reason: str | None) -> None:
    """A record never names nobody because its identity was printed by something that is not read."""
    record = {"eventID": "1", "eventTime": "2026-03-11T10:00:00Z", "eventName": "ListUsers", "userIdentity": member}

    (batch,) = batches_of([[record]], [False])

    assert [aside.reason.partition(":")[0] for aside in batch.aside] == ([reason.partition(":")[0]] if reason else [])
    assert batch.read == 1
    names = {who.user_name for who in batch.actors.values()}
    assert reason or names == ({"alice"} if member else {None})


def test_insight_and_aggregated_records_are_passed_over_whatever_they_lack() -> None:
    """They are no calls: without a time, a name or an event ID they are no loss either."""
    some: list[Json] = [
        {"eventType": "AwsAggregatedEvent", "eventId": "1", "eventCategory": "Aggregated", "summary": {}},
        {"eventType": "AwsCloudTrailInsight", "eventID": "2", "eventTime": "2026-03-11T10:00:00Z"},
        {"eventCategory": "Insight", "eventVersion": "1.09", "userIdentity": "{'a': 1}"},
    ]

    (batch,) = batches_of([some], [False])

    assert [(passed.kind, passed.count) for passed in batch.passed] == [
        ("aggregated", 1),
        ("insight", 1),
        ("insight", 1),
    ]
    assert (batch.read, batch.aside) == (0, [])


def stored(found: Sequence[Batch]) -> Said:
    """The graph of a new store that takes the batches in that order."""
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "lineage.db")
        load = store.begin_load([])
        for batch in found:
            store.add(load, batch)
        derive(store)
        store.finish_load(load)
        told = graph_of(store)  # type: ignore[arg-type]  # all that it asks for is `graph`
        store.close()
        return told


@st.composite
def chunked(draw: st.DrawFn, records: Sequence[Json]) -> tuple[list[list[Json]], list[bool]]:
    """The records in any order and in some chunks, and after which of them a batch ends."""
    order = draw(st.permutations(list(records)))
    places = sorted(draw(st.lists(st.integers(0, len(order)), max_size=4)))
    chunks = [order[start:end] for start, end in zip([0, *places], [*places, len(order)], strict=True)]
    chunks = [chunk for chunk in chunks if chunk]
    return chunks, draw(st.lists(st.booleans(), min_size=len(chunks), max_size=len(chunks)))


def varied(record: Json, how: str) -> Json:
    """Another content under the same event ID."""
    other = copy.deepcopy(record)
    if how == "agent":
        other["userAgent"] = "curl/8.0"
    elif how == "parameters":
        other["requestParameters"] = {**(other["requestParameters"] or {}), "filter": "later"}
    elif how == "answer":
        other["responseElements"] = None
    elif how == "refused":
        other["errorCode"], other["responseElements"] = "AccessDenied", None
    elif how == "shouted":
        other["eventID"] = other["eventID"].upper()
    elif how == "updated":
        other["addendum"] = {"reason": "UPDATED_DATA", "originalEventID": other["eventID"]}
        other["userAgent"] = "aws-cli/corrected"
    return other


HOWS = ["same", "agent", "parameters", "answer", "refused", "shouted", "updated"]


@SLOW
@given(st.data())
def test_batches_change_nothing(data: st.DataObject) -> None:
    """However records are ordered, repeated and cut into batches, the store is that of one batch of each once."""
    records = data.draw(clouds(twins=data.draw(st.booleans()), max_steps=10)).records
    again = data.draw(st.lists(st.sampled_from(records), max_size=6)) if records else []
    whole = stored(batches_of([records] if records else [], [False] if records else []))

    assert different(whole, stored(batches_of(*data.draw(chunked([*records, *again]))))) == ""


@SLOW
@given(st.data())
def test_conflicts_settle_the_same_in_any_batches(data: st.DataObject) -> None:
    """Of two contents under one event ID the same one wins inside a batch and across batches, in both orders."""
    records = data.draw(clouds(twins=False, max_steps=8)).records
    if records:
        more = st.tuples(st.sampled_from(records), st.sampled_from(HOWS))
        records = [*records, *(varied(record, how) for record, how in data.draw(st.lists(more, max_size=6)))]
    chunks, cuts = data.draw(chunked(records))
    one = stored(batches_of([records] if records else [], [False] if records else []))

    assert different(one, stored(batches_of(chunks, cuts))) == ""


def real_records() -> list[tuple[Record, str]]:
    """Real records that may have a target, with their operation."""
    found = []
    for path in sorted(REAL.glob("*/events.ndjson")):
        for item in records_in(path.read_bytes()[:3_000_000].rpartition(b"\n")[0]):
            if isinstance(item, Records):
                found += [(record, path.parent.name) for record in item.records]
    return found


def targets_agree(record: Record, memo: TargetMemo, odd: bool = False) -> None:
    """The memo gives what the whole record gives, twice."""
    call = classify(record.event_source, record.event_name, record.event_type, record.event_category, record.read_only)
    who = identity(record.user_identity, record.event_type)
    expected = targets_of(record, call.api, who)
    names = names_in(reader_of(call.api), bytes(record.request_parameters), bytes(record.resources))
    for _ in range(2):
        actual, _ = memo.find(memo.site(call.api, record, who), names, record, who)
        assert actual == expected, (call.api, bytes(record.request_parameters)[:300])


@pytest.mark.skipif(not REAL.is_dir(), reason="the real records are not here")
def test_remembered_targets_of_real_records() -> None:
    """Every real record has the target that its own content gives, whatever was remembered before."""
    memo = TargetMemo()
    records = real_records()

    assert len(records) > 1_000
    for record, _ in records:
        targets_agree(record, memo)


NAMES = ["keyId", "KeyId", "bucketName", "name", "Name", "names", "roleArn", "instanceId", "target", "other", "items"]
VALUES = st.sampled_from(
    ["a", "b", "", None, "arn:aws:s3:::one/x", "arn:aws:kms:eu-west-1:111122223333:key/k", "i-1", "****", ["a", "b"], 1]
)
REQUESTS = st.none() | st.recursive(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner | VALUES | st.lists(inner, max_size=2), max_size=3),
    max_leaves=6,
)
RESOURCES = st.none() | st.lists(
    st.fixed_dictionaries(
        {
            "ARN": st.sampled_from(
                [
                    "arn:aws:s3:::one", "arn:aws:s3:::one/a/b", "arn:aws:s3:::one/*", "arn:aws:s3:::two/redacted",
                    "arn:aws:kms:eu-west-1:111122223333:key/k", "x", None,
                ]
            ),
            "accountId": st.sampled_from(["111122223333", "HIDDEN_DUE_TO_SECURITY_REASONS", None]),
        }
    ),
    max_size=2,
)  # fmt: skip
APIS = ["s3:GetObject", "kms:Decrypt", "ssm:GetParameters", "ec2:StopInstances", "sts:AssumeRole", "x:Delete"]


@FEW
@given(st.lists(st.tuples(st.sampled_from(APIS), REQUESTS, RESOURCES, REQUESTS), max_size=30))
def test_remembered_targets(calls: list[tuple[str, Json | None, list[Json] | None, Json | None]]) -> None:
    """What was remembered of one call is never given for another that differs in what counts."""
    memo = TargetMemo()
    for api, request, resources, response in calls:
        service, _, name = api.partition(":")
        targets_agree(
            msgspec.convert(
                {
                    "eventSource": f"{service}.amazonaws.com",
                    "eventName": name,
                    "awsRegion": "eu-west-1",
                    "recipientAccountId": "111122223333",
                    "requestParameters": msgspec.Raw(json.dumps(request).encode()),
                    "responseElements": msgspec.Raw(json.dumps(response).encode()),
                    "resources": msgspec.Raw(json.dumps(resources).encode()),
                },
                Record,
            ),
            memo,
        )


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(f"a --password {CANARY}")
    | st.just(f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.x") | st.just(f"SECRET_ACCESS_KEY={CANARY}") | st.just("plain value"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["keyId", "token", "user-Data", "code", "p.i.n", "name"]), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "pass-word", "b c"]), JSONS, max_size=3), st.booleans())
def test_quick_parameters(request: Json, compact: bool) -> None:
    """What the quick look lets through is what the careful one leaves as it is."""
    raw = json.dumps(request, separators=(",", ":") if compact else None).encode()
    expected = extract.parameters(raw)

    if nothing_to_hide(raw):
        assert json.loads(raw) == json.loads(msgspec.json.encode(json.loads(raw)))
    assert parameters(raw) == expected


UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
IDS = st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()) | st.text(min_size=30, max_size=38)


@given(st.lists(IDS | st.just("6f1c2a34-0b5e-4d8f-9a7c-1234567890a "), max_size=5))
def test_ids_at_once(ids: list[str]) -> None:
    """UUIDs packed together are the same as packed one by one; they are not, where anything else stands among them."""
    ids = [one.encode("utf-8", "replace").decode() for one in ids]
    packed = uuids_bytes(ids)

    assert (packed is None) == any(not UUID.fullmatch(one) for one in ids)
    assert packed is None or packed == [event_id_bytes(one) for one in ids]


def test_shares_are_stretches_of_equal_size() -> None:
    """Files are shared out in their order, half of the bytes each."""
    sources = [Source(f"{n}", size) for n, size in enumerate([10, 10, 10, 30, 1, 29, 30])]

    assert [[source.path for source in share] for share in shares(sources, 2)] == [list("0123"), list("456")]
    assert shares(sources[:1], 3) == [sources[:1]]
    assert shares([], 2) == []
    assert shares([Source("a", 0), Source("b", 0)], 2) == [[Source("a", 0), Source("b", 0)]]


def test_processes_read_what_one_reads(tmp_path: Path) -> None:
    """Two processes give the entries, rows and facts that one gives, from a caller without a main guard."""
    for n in range(6):
        lines = [
            json.dumps({"eventTime": f"2026-01-0{n + 1}T00:00:0{m}Z", "eventName": "Do", "eventID": f"{n}-{m}"})
            for m in range(5)
        ]
        (tmp_path / f"{n}.json").write_text("\n".join(lines), encoding="utf-8")
    sources = find([str(tmp_path)])
    script = (
        "import sys; from loaders.files.sources import find; from loaders.batches.parallel import batches\n"
        "print(sum(len(b.entries) for b in batches(find([sys.argv[1]]), 2)))"
    )

    alone = [entry[:5] for batch in aggregate(sources) for entry in batch.events]
    several = list(batches(sources, 2))
    printed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )

    assert sorted(alone) == sorted(entry[:5] for b in several for entry in b.events)
    assert len(several) == 2
    assert printed.stdout == "30\n"


def test_a_killed_process_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reading process ends early the load fails in one line instead of waiting for ever."""
    for name in "ab":
        (tmp_path / name).write_text("{}", encoding="utf-8")
    monkeypatch.setattr("loaders.batches.parallel._COMMAND", "import os; os._exit(3)")

    with pytest.raises(LineageError, match="ended early"):
        list(batches(find([str(tmp_path)]), 2))


def test_memory_of_a_batch_is_bounded(tmp_path: Path) -> None:
    """A batch ends after so many events, also inside a file, and every event is in one batch."""
    lines = (
        json.dumps({"eventTime": "2026-01-01T00:00:00Z", "eventName": "Do", "eventID": f"{n}", "userAgent": "x" * 900})
        for n in range(2_000)
    )
    (tmp_path / "one.json").write_text("\n".join(lines), encoding="utf-8")

    sizes = [len(batch.entries) for batch in aggregate(find([str(tmp_path)]), events=500)]

    assert sum(sizes) == 2_000
    assert max(sizes) < 1_000
