"""Copies of one event: joined where they agree, a conflict where they do not, whatever came first."""

from __future__ import annotations

import copy
import json
import sqlite3
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.model.batch import Batch
from lineage.model.copies import AMENDS, Content, agree, covers, in_conflict, maximal, standing
from lineage.model.facts import Sample
from lineage.model.results import CallFilter
from loaders.batches.aggregate import Aggregator
from loaders.records.items import Records
from tests.aws import Cloud, Json
from tests.aws.files import dumps, history_csv
from tests.records import records_in
from tests.same import different, graph_of, said
from tests.strategies import clouds
from tests.test_properties import CHANGES, FEW, QUICK, Delivery, arrangements, next_hour, one_load, outcome

if TYPE_CHECKING:
    from lineage import Store
    from tests.neo4j_server import Server

PLAIN = ["events.ndjson", "firehose", "list.json", "s3.json.gz"]
"""Wrappings that need no member of a record."""
ALWAYS = ("eventID", "eventTime", "eventName")
LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function:report"


def batch_of(*records: Json) -> Batch:
    aggregator = Aggregator()
    for item in records_in(json.dumps(list(records)).encode()):
        assert isinstance(item, Records)
        aggregator.add(aggregator.open("a.json"), item)
    return aggregator.batch()


def content_of(record: Json) -> Content:
    """What the loader makes of one copy."""
    batch = batch_of(record)
    ((_, _, second, rank, fingerprint, _, file, place, _),) = batch.events
    (row,) = batch.rows
    facts = tuple(batch.facts[0][2]) if batch.facts else ()
    return Content(rank, fingerprint, second, row, batch.actors[row.actor], facts, file, place)


@st.composite
def poorer(draw: st.DrawFn, record: Json) -> Json:
    """The record without some of its members, and with some of its identity masked."""
    kept = {name: value for name, value in record.items() if name in ALWAYS or draw(st.booleans())}
    who = copy.deepcopy(kept.get("userIdentity"))
    if isinstance(who, dict):
        context = who.get("sessionContext") or {}
        for part in (who, context, context.get("sessionIssuer") or {}):
            for name in list(part):
                how = draw(st.sampled_from(["kept", "kept", "gone", "masked"]))
                if how == "gone":
                    del part[name]
                elif how == "masked" and isinstance(part[name], str) and name != "type":
                    part[name] = "****************"
        kept["userIdentity"] = who
    return kept


def without_error(record: Json) -> Json:
    """The record without its error members: of a refused call the response that is null is left."""
    return {name: value for name, value in record.items() if name not in ("errorCode", "errorMessage")}


@st.composite
def copies(draw: st.DrawFn) -> list[Content]:
    """Some copies of one event: poorer ones, and some that differ."""
    records = list(draw(clouds(max_steps=6, last="deny")).records)
    if not records:
        return []
    record, other = draw(st.sampled_from(records)), draw(st.sampled_from(records))
    found = []
    for _ in range(draw(st.integers(1, 6))):
        one = copy.deepcopy(record)
        if draw(st.booleans()):
            change = draw(st.sampled_from([change for change in CHANGES if change is not next_hour]))
            change(one, other)
        one = without_error(one) if draw(st.booleans()) else one
        found.append(content_of(draw(poorer(one)) if draw(st.booleans()) else one))
    return found


@QUICK
@given(st.data())
def test_merging_copies_is_a_semilattice(data: st.DataObject) -> None:
    """Merging sets of copies is commutative, associative and idempotent, and so is what stands."""
    contents = data.draw(copies())
    cut = data.draw(st.integers(0, len(contents)))
    shuffled = data.draw(st.permutations(contents))
    whole = maximal(contents)

    assert maximal(shuffled) == whole
    assert maximal([*maximal(contents[:cut]), *maximal(contents[cut:])]) == whole
    assert maximal([*maximal(contents[cut:]), *contents[:cut], *whole]) == whole
    if contents:
        assert standing(maximal(shuffled)) == standing(whole)


@QUICK
@given(st.data())
def test_covering_is_an_order(data: st.DataObject) -> None:
    """What a copy covers is covered by whatever covers that copy, and agrees with both."""
    contents = data.draw(copies())
    ordered = sorted({one.key: one for one in contents}.values(), key=lambda one: (-one.rank, *one.key[1:]))
    for n, first in enumerate(ordered):
        for m, second in enumerate(ordered[n + 1 :], n + 1):
            if not covers(first, second):
                continue
            assert agree(first, second)
            assert all(covers(first, third) for third in ordered[m + 1 :] if covers(second, third))


@QUICK
@given(st.data())
def test_poorer_copies_cost_nothing(data: st.DataObject) -> None:
    """With poorer copies of any events, in any order, files and loads, all is as with the full ones alone."""
    records = data.draw(clouds(max_steps=10, last="deny")).records
    some = data.draw(st.lists(st.sampled_from(records), max_size=8))
    deliveries: list[Delivery] = [("record", r) for r in records]
    deliveries += [("record", data.draw(poorer(r))) for r in some]
    deliveries += [("record", without_error(r)) for r in records if "errorCode" in r]
    deliveries += [("row", r) for r in some[:3]]
    clean = outcome("", one_load([("record", r) for r in records]), records)

    assert different(clean, outcome("", data.draw(arrangements(deliveries, PLAIN)), records)) == ""


@FEW
@given(st.data())
def test_poorer_copies_cost_nothing_in_neo4j(neo4j_any: Server, data: st.DataObject) -> None:
    """In Neo4j too."""
    records = data.draw(clouds(max_steps=6, last="deny")).records
    some = data.draw(st.lists(st.sampled_from(records), max_size=5))
    deliveries: list[Delivery] = [("record", r) for r in [*records, *(data.draw(poorer(r)) for r in some)]]
    deliveries += [("record", without_error(r)) for r in records if "errorCode" in r]
    neo4j_any.wipe(schema=False)
    clean = outcome("", one_load([("record", r) for r in records]), records)

    assert different(clean, outcome(neo4j_any.uri, data.draw(arrangements(deliveries, PLAIN)), records)) == ""


@pytest.mark.parametrize("poor_first", [True, False])
def test_a_sign_in_without_its_caller_adds_nothing(tmp_path: Path, poor_first: bool) -> None:
    """A poorer copy of a user's sign-in, without the user, is no sign-in to a session granted elsewhere."""
    cloud = Cloud(seed=5)
    cloud.console_login(cloud.user(cloud.account("home", "111122223333"), "ana"))
    (login,) = (record for record in cloud.records if record["eventName"] == "ConsoleLogin")
    poor = {name: value for name, value in login.items() if name not in ("userIdentity", "eventType", "userAgent")}
    both = [poor, login] if poor_first else [login, poor]
    told = []
    for n, records in enumerate(([login], both)):
        (tmp_path / f"{n}.json").write_text(json.dumps({"Records": records}))
        with lineage.open(tmp_path / f"{n}.db") as store:
            store.load([tmp_path / f"{n}.json"])
            told.append(graph_of(store))

    assert different(*told) == ""


def test_a_copy_that_looks_like_a_read_is_covered() -> None:
    """Without its event type a sign-in event looks like a plain read; what that would be about is not said."""
    cloud = Cloud(seed=5)
    home = cloud.account("home", "111122223333")
    cloud.switch_role(cloud.console_login(cloud.user(home, "ana")), cloud.role(home, "admin"))
    full = {**cloud.records[-1], "eventName": "GetSigninToken", "eventType": "AwsConsoleSignIn"}
    full |= {"eventSource": "signin.amazonaws.com", "responseElements": {"GetSigninToken": "Success"}}
    poor = {name: full[name] for name in ("eventTime", "eventSource", "eventName", "eventID")}

    assert covers(content_of(full), content_of(poor))
    assert not covers(content_of(poor), content_of(full))


def history() -> tuple[Cloud, str, list[Json]]:
    """Ana assumes a role and uses it; the ID of the use."""
    cloud = Cloud(seed=5)
    home = cloud.account("home", "111122223333")
    session = cloud.assume_role(cloud.user(home, "ana"), cloud.role(home, "admin"), "s1")
    cloud.tick(5)
    event = cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
    return cloud, event, cloud.records


def save(path: Path, records: Sequence[Any]) -> Path:
    path.write_text(dumps({"Records": records}))
    return path


def test_nothing_more_is_stored_of_poorer_copies(tmp_path: Path) -> None:
    """A second load of poorer copies, before or after the full one, leaves no trace of an event."""
    _, _, records = history()
    few = ("eventID", "eventTime", "eventName", "eventSource")
    full = save(tmp_path / "full.json", records)
    flat = save(tmp_path / "flat.json", [{name: r[name] for name in few} for r in records])
    for n, files in enumerate([[full, flat], [flat, full]]):
        with lineage.open(tmp_path / f"{n}.db") as store:
            for file in files:
                store.load([file])
        with sqlite3.connect(tmp_path / f"{n}.db") as db:
            counts = [
                db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("ledger", "copies", "row")
            ]

        assert counts == [2, 0, 2]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_what_only_a_poorer_copy_states_is_kept(store: Store, tmp_path: Path, first: int) -> None:
    """A redacted copy adds the workload, a projection the source identity; the key stays that of the full copy."""
    _, event, records = history()
    redacted, projection = copy.deepcopy(records[-1]), copy.deepcopy(records[-1])
    redacted["userIdentity"]["accessKeyId"] = "ASIA****************"
    redacted["userIdentity"]["inScopeOf"] = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": LAMBDA}
    projection["userIdentity"] = {"sessionContext": {"sourceIdentity": "ana@example.com"}}
    files = [save(tmp_path / "a.json", records), save(tmp_path / "b.json", [redacted]),
             save(tmp_path / "c.json", [projection])]  # fmt: skip
    for file in [*files[first:], *files[:first]]:
        store.load([file])
    told = said(store, records)
    again = store.load(files).sums
    (answer,) = store.who(event).answers
    (session,) = [node for _, node in store.graph().nodes(data=True) if node["label"] == "Session"]
    (used,) = [one for *_, one in store.graph().edges(data=True) if one["type"] == "USED" and not one["sensitive"]]

    assert (answer.origin.name, answer.confidence, answer.reason, len(answer.hops)) == ("ana", "EXACT", None, 1)
    assert answer.identity.access_key_id == records[-1]["userIdentity"]["accessKeyId"]
    assert session["workload"] == "111122223333:AWS::Lambda::Function:report"
    assert session["source_identity"] == "ana@example.com"
    assert (used["count"], used["event_ids"]) == (1, [event])
    assert (again.loaded, again.duplicate, again.conflicting) == (0, 4, 0)
    assert store.hunt("conflicting-copies").findings == []
    assert different(told, said(store, records)) == ""


@pytest.mark.parametrize("turned", [False, True])
def test_copies_that_contradict_each_other_are_shown(store: Store, tmp_path: Path, turned: bool) -> None:
    """Each copy is answered with its file, none is picked, and hunt lists the event; the others stay as they are."""
    cloud, event, records = history()
    bo = cloud.user(cloud.account("home"), "bo")
    grant = cloud.call(bo, "sts.amazonaws.com", "GetCallerIdentity")
    other = {**records[1], "userIdentity": copy.deepcopy(cloud.records[-1]["userIdentity"])}
    files = [save(tmp_path / "a.json", cloud.records), save(tmp_path / "b.json", ["cut", other])]
    for file in files[::-1] if turned else files:
        store.load([file])
    found = store.who(event)
    (finding,) = store.hunt("conflicting-copies").findings
    info = store.info()

    assert [
        (a.origin.name, a.confidence, a.reason, a.ambiguous, Path(a.copied_from.path or "").name, a.copied_from.index)
        for a in found.answers
        if a.copied_from
    ] == [
        ("ana", "EXACT", "conflicting-copies", True, "a.json", 1),
        ("bo", "EXACT", "conflicting-copies", True, "b.json", 1),
    ]
    assert found.total == 2
    assert finding.event_ids == [event]
    assert "contradict each other in key, identity: " in finding.statement
    assert "a.json, record 1; " in finding.statement
    assert finding.statement.endswith("b.json, record 1")
    assert [a.reason for a in store.who(grant).answers] == [None]
    assert (info.events, info.loads[-1].conflicting + info.loads[0].conflicting) == (3, 1)


def test_a_copy_without_error_members_says_nothing_of_the_outcome(store: Store, tmp_path: Path) -> None:
    """A projection of a refused call neither contradicts the refusal nor makes a grant of it."""
    _, _, records = history()
    refused = {**records[0], "errorCode": "AccessDenied", "errorMessage": "denied", "responseElements": None}
    few = ("eventID", "eventTime", "eventName", "eventSource", "requestParameters")
    projection = {name: records[0][name] for name in few}
    projection["vpcEndpointId"] = "vpce-0a1b2c3d4e5f60718"
    store.load([save(tmp_path / "a.json", [projection])])
    store.load([save(tmp_path / "b.json", [refused])])
    kinds = [edge["type"] for *_, edge in store.graph().edges(data=True)]

    assert "ASSUMED" not in kinds
    assert kinds.count("TRIED") == 1
    assert [a.reason for a in store.who(records[0]["eventID"]).answers] == [None]


def test_a_null_response_says_nothing_of_the_outcome(store: Store, tmp_path: Path) -> None:
    """A projection that keeps the null response of a refused call and drops its error is no conflict."""
    _, _, records = history()
    refused = {**records[0], "errorCode": "AccessDenied", "errorMessage": "denied", "responseElements": None}
    projection = without_error(refused)
    loads = [store.load([save(tmp_path / "a.json", [projection])]), store.load([save(tmp_path / "b.json", [refused])])]
    kinds = [edge["type"] for *_, edge in store.graph().edges(data=True)]

    assert [load.sums.conflicting for load in loads] == [0, 0]
    assert ("ASSUMED" in kinds, kinds.count("TRIED")) == (False, 1)
    assert [a.reason for a in store.who(records[0]["eventID"]).answers] == [None]
    assert store.hunt("conflicting-copies").findings == []


def test_success_and_refusal_contradict_each_other() -> None:
    """Of the same call one copy says that it was refused, another has the response."""
    _, _, records = history()
    done = content_of(records[0])
    refused = content_of({**records[0], "errorCode": "AccessDenied", "responseElements": None})
    row = msgspec.structs.replace(done, rank=done.rank & ~1, facts=())

    assert not agree(done, refused)
    assert in_conflict(maximal([done, refused]))
    assert agree(row, refused)


def test_another_issued_key_is_a_conflict() -> None:
    """Two copies of one grant that show different keys contradict each other."""
    _, _, records = history()
    other = copy.deepcopy(records[0])
    other["responseElements"]["credentials"]["accessKeyId"] = "ASIAQNZGKIQY56JQ7WML"

    assert not agree(content_of(records[0]), content_of(other))


def test_an_addendum_goes_first_and_contradicts_nothing() -> None:
    """`UPDATED_DATA` corrects the original, also where it says something else; what it leaves out is kept."""
    _, _, records = history()
    addendum = copy.deepcopy(records[1])
    addendum["addendum"] = {"reason": "UPDATED_DATA", "originalEventID": addendum["eventID"]}
    addendum["userIdentity"]["accessKeyId"] = "ASIAQNZGKIQY56JQ7WML"
    del addendum["userAgent"]
    contents = maximal([content_of(records[1]), content_of(addendum)])
    stands = standing(contents)

    assert [one.rank >= AMENDS for one in contents] == [True, False]
    assert not in_conflict(contents)
    assert stands.who.access_key_id == "ASIAQNZGKIQY56JQ7WML"
    assert stands.row.user_agent == records[1]["userAgent"]


def test_a_user_name_of_the_event_history_is_no_member_of_a_session(store: Store, tmp_path: Path) -> None:
    """The console's download has the session name as user name: it neither joins nor contradicts the full record."""
    _, event, records = history()
    (tmp_path / "history.csv").write_text(history_csv(records))
    store.load([tmp_path / "history.csv"])
    store.load([save(tmp_path / "a.json", records)])
    told = said(store, records)
    (answer,) = store.who(event).answers

    assert (answer.origin.name, answer.reason) == ("ana", None)
    assert sum(edge["count"] for name, edge in told.items() if name.startswith("USED ")) == 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
@pytest.mark.parametrize("together", [True, False])
def test_a_shared_event_id_is_kept_of_any_copy(
    store: Store, tmp_path: Path, order: tuple[int, ...], together: bool
) -> None:
    """A projection that alone states the shared event ID joins the other account's copy, in any order."""
    own = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDA6RTVPGNLVERA4RCAA", "arn": "arn:aws:iam::111122223333:user/vera",
            "accountId": "111122223333", "accessKeyId": "AKIA6RTVPGNLVERA6WLY", "userName": "vera",
        },
        "eventTime": "2026-03-02T08:00:03Z", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt",
        "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.10", "userAgent": "aws-cli/2.27.41",
        "requestParameters": None, "responseElements": None, "requestID": "5a000000-0000-4000-8000-000000000001",
        "eventID": "e8000000-0000-4000-8000-000000000001", "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333", "eventCategory": "Management",
    }  # fmt: skip
    shared = {"sharedEventID": "5e000000-0000-4000-8000-000000000001"}
    outside = {"type": "AWSAccount", "principalId": "AIDA6RTVPGNLVERA4RCAA", "accountId": "111122223333"}
    copy = {
        **own, **shared, "userIdentity": outside, "recipientAccountId": "444455556666",
        "eventID": "e8000000-0000-4000-8000-000000000002",
    }  # fmt: skip
    poorer = {name: own[name] for name in ("eventTime", "eventSource", "eventName", "eventID")} | shared
    texts = [json.dumps(record) for record in (own, poorer, copy)]
    if together:
        (tmp_path / "all.ndjson").write_text("\n".join(texts[n] for n in order))
        store.load([tmp_path / "all.ndjson"])
    else:
        for n in order:
            (tmp_path / f"{n}.ndjson").write_text(texts[n])
            store.load([tmp_path / f"{n}.ndjson"])

    (found,) = store.who(str(copy["eventID"])).answers

    assert (found.origin.name, found.origin.access_key_id) == ("vera", "AKIA6RTVPGNLVERA6WLY")
    assert [(hint.what, hint.value) for hint in found.hints] == [("caller's own copy", own["eventID"])]


@pytest.mark.parametrize("operation", ["DescribeInstances", "AssumeRole"])
def test_the_smaller_of_two_samples_stays_in_any_order(store: Store, tmp_path: Path, operation: str) -> None:
    """Two deliveries of a call differ in parameters that name no target: both loads, in both orders, keep the same. Of
    a grant one content takes precedence, and the sample is of that one."""
    _, _, records = history()
    call = next(one for one in records if one["eventName"] == operation and not one.get("errorCode"))
    calls = [
        {**call, "eventID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{n}")), "userAgent": f"agent/{n}"} for n in range(8)
    ]
    one, other = (
        [{**each, "requestParameters": {**(each["requestParameters"] or {}), "filterSet": name}} for each in calls]
        for name in ("a", "b")
    )
    files = [save(tmp_path / f"{name}.json", some) for name, some in (("one", one), ("other", other))]
    reference: list[list[list[Sample]]] = []
    for order in (files, files[::-1]):
        with lineage.open(tmp_path / f"{len(reference)}.db") as made:
            for file in order:
                made.load([file])
            reference.append([row.samples for row in made._reader().calls(CallFilter("all"))])
    for file in files:
        store.load([file])

    assert reference[0] == reference[1]
    assert [row.samples for row in store._reader().calls(CallFilter("all"))] == reference[0]
