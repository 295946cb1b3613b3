"""More evidence never makes a worse answer (design §4, invariant 8).

A member more in a record, or a record more in the logs, takes no name away and lowers no confidence, unless it
contradicts. What counts as a contradiction is written out in `contradicted`, and nothing else does.
"""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.model import schema
from tests.aws import Json
from tests.strategies import clouds
from tests.test_properties import FEW, QUICK
from tests.test_stories import STORIES

if TYPE_CHECKING:
    from lineage.questions.who import Hop, Origin, WhoAnswer
    from tests.neo4j_server import Server

GUESSES = ("2b", "9", "10", "10b")
"""Rules that pick a session that the record itself does not state."""
KEPT = ("eventID", "eventTime", "eventName", "eventSource", "eventVersion")
"""Members of a record without which it is another event, or none."""

Answers = dict[str, "list[WhoAnswer]"]
Path_ = tuple[str, ...]


def answers(records: Sequence[Json], target: str = "") -> Answers:
    """What a new store with these records answers about each of them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.json"
        file.write_text(json.dumps({"Records": list(records)}))
        with lineage.open(target or str(Path(folder) / "lineage.db")) as store:
            store.load([file])
            return {r["eventID"]: store.who(r["eventID"]).answers for r in records}


def worse(poor: list[WhoAnswer], rich: list[WhoAnswer], added: Json | None = None) -> str:
    """How the answer with more evidence is worse than the one with less, without being contradicted; else empty.

    `added` is the record with the member that it was given, None where a record was added to the logs.
    """
    before = [one for one in poor if names(one.origin)]
    if not before:
        return ""
    if len(poor) > 1:
        # Candidates: one may be picked, and further ones may come; not all may go.
        kept = any(names(one.origin) for one in rich) or all(contradicted(one, rich[0], added) for one in before)
        return "" if kept else "no candidate is left"
    (one,) = poor
    keeping = [other for other in rich if keeps(one, other)]
    if len(rich) > 1:
        # Another caller, grant or session fits by the same rule: then all are candidates.
        return "" if keeping and all(other.ambiguous for other in rich) else "a name is gone from the candidates"
    if not rich:
        return "no answer"
    if contradicted(one, rich[0], added):
        return ""
    if not keeping:
        return "the name is gone" if not names(rich[0].origin) else "another name"
    if schema.weakest([confidence(one, rich[0]), one.confidence]) != one.confidence:
        return f"{one.confidence} became {confidence(one, rich[0])}"
    return ""


def names(origin: Origin) -> bool:
    """Does it name anybody? A record that says `AWS` or `Unknown` and no more does not."""
    if origin.kind in ("Unresolved", "Unknown") or "unknown" in (origin.id, origin.name):
        return False
    if origin.kind == "AWSService" and origin.id in ("AWS", "AWS Internal"):
        return False
    return bool(origin.name) or (origin.id or "").partition(":")[2] != ""


def keeps(poor: WhoAnswer, rich: WhoAnswer) -> bool:
    """Does the answer still name that origin, as exactly or more exactly?"""
    old, new = poor.origin, rich.origin
    if rich.on_behalf_of is not None and old.id is not None and old.id == rich.on_behalf_of.id:
        return True
    if (old.kind, old.id) == (new.kind, new.id):
        return old.name in (None, new.name)
    if old.kind == "ExternalAccount":  # an outside identity known by its ID: its name, or the chain continues from it
        return names(new) and (goes_on(poor, rich) or old.account in (None, new.account))
    if old.name is not None and old.name == new.name and not (old.id or "").startswith("arn:"):
        return names(new)  # a name that has got its account, ID or directory
    if old.name is None and old.id is not None and old.id.partition(":")[2].startswith("AIDA"):
        return new.kind in ("IAMUser", "ExternalAccount") and old.account in (
            None,
            new.account,
        )  # an ID that has a name
    # A renamed user: the name current at the call, the other one beside it.
    return any(hint.what == "also named" and hint.value == old.name for hint in rich.hints)


def goes_on(poor: WhoAnswer, rich: WhoAnswer) -> bool:
    """Is the chain the same with hops before it?"""
    tail = [grant(hop) for hop in poor.hops]
    return [grant(hop) for hop in rich.hops][len(rich.hops) - len(tail) :] == tail and len(rich.hops) > len(tail)


def grant(hop: Hop) -> tuple[str, str | None, str]:
    return hop.api, hop.session.principal_id, hop.session.creation_date


def confidence(poor: WhoAnswer, rich: WhoAnswer) -> str:
    """How sure the answer is of what the poorer one says: hops further up lower only what lies beyond them."""
    if poor.origin.kind == "ExternalAccount" and goes_on(poor, rich):
        hops = rich.hops[len(rich.hops) - len(poor.hops) :]
        return schema.weakest([hop.confidence for hop in hops if hop.rule != "10b"])
    return rich.confidence


def contradicted(poor: WhoAnswer, rich: WhoAnswer, added: Json | None) -> bool:
    """Does what was added contradict what the poorer answer says?"""
    said = (added or {}).get("userIdentity") or {}
    session = said.get("sessionContext") or {}
    if session.get("assumedRoot") or said.get("invokedByDelegate"):
        return True
    if said.get("invokedBy") and said.get("type") != "AWSService":  # a service has no other name
        return True
    account = poor.origin.account
    if poor.origin.kind == "ExternalAccount" and any(
        hint.what == "calling role" and f"::{account}:" in hint.value for hint in rich.hints
    ):
        return True  # with its account's own logs it is no outside one; the role is still named
    if rich.origin.kind == "RootUser" and not session and str(said.get("accessKeyId")).startswith("ASIA"):
        return True  # it may be `assumedRoot`: what would say so is left out
    may_be_assumed = poor.origin.kind == "RootUser" and poor.confidence != "EXACT"
    if may_be_assumed and any(":assumed-root/" in str(hop.session.key) for hop in rich.hops):
        return True  # a session of root that may be `assumedRoot`: an AssumeRoot that fits wins
    guess = next((hint.value for hint in poor.hints if hint.what == "session" and hint.rule in GUESSES), None)
    if added is not None and guess is not None:
        # A guess picked a session that began at another time, or of another ID, than the record states.
        principal_id, _, created = guess.partition("/")[2].rpartition("/")
        if rich.identity.creation_date not in (None, created) or rich.identity.principal_id not in (None, principal_id):
            return True
    # Another issuer of the key: the grant that fitted by time alone gave way to the one that issued the key used.
    if poor.hops and rich.hops:
        old, new = poor.hops[-1], rich.hops[-1]
        return old.session == new.session and old.access_key_id is None and new.access_key_id is not None
    return False


def stories() -> list[list[Json]]:
    """The records of the stories that have one file of records, each event once."""
    found = []
    for file in sorted(STORIES.glob("*/events.json")):
        records = json.loads(file.read_text())["Records"]
        ids = [record.get("eventID") for record in records]
        if len(records) <= 30 and None not in ids and len(set(ids)) == len(ids):
            found.append(records)
    return found


TOLD = stories()
GRANTS = (
    *("requestParameters", "responseElements", "sharedEventID", "requestID", "resources", "additionalEventData"),
    "sourceIPAddress",
)
"""Members beside the identity that joins depend on."""
BARE = (
    *(("userIdentity", name) for name in ("arn", "accessKeyId", "accountId", "userName", "invokedBy")),
    *(("userIdentity", "sessionContext", name) for name in ("sessionIssuer", "attributes")),
    *(("sourceIPAddress",), ("userIdentity", "sessionContext")),
)
"""Members of which few are left where an export keeps little of who called."""


def histories(max_steps: int) -> st.SearchStrategy[list[Json]]:
    """The records of a story, or of a random history."""
    return st.one_of(st.sampled_from(TOLD), clouds(max_steps=max_steps).map(lambda cloud: list(cloud.records)))


def paths(value: Json, above: Path_ = ()) -> Iterator[Path_]:
    """The members of a record that may be left out, each with those that it lies in."""
    for name, inner in value.items():
        path = (*above, name)
        if not above and name not in ("userIdentity", *GRANTS):
            continue
        if path != ("userIdentity",):
            yield path
        if isinstance(inner, dict):
            yield from paths(inner, path)


def without(record: Json, gone: Sequence[Path_]) -> Json:
    """The record without these members."""
    poorer = copy.deepcopy(record)
    for path in gone:
        inner: Any = poorer
        for name in path[:-1]:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.pop(path[-1], None)
    return poorer


@st.composite
def poorer_and_richer(draw: st.DrawFn, record: Json) -> tuple[Json, Json]:
    """Two copies of a record: one without some members, the other with some of those."""
    there = sorted(paths(record))
    bare = [path for path in there if path in BARE]
    some = st.lists(st.sampled_from(there), min_size=1, max_size=8, unique=True)
    gone = draw(st.one_of(some, st.lists(st.sampled_from(bare), min_size=1, unique=True)) if bare else some)
    still = draw(st.integers(0, len(gone) - 1))
    return without(record, gone), without(record, gone[:still])


def broken(poor: Answers, rich: Answers, added: Json | None = None) -> list[str]:
    """The events whose answers are worse with more evidence, each told."""
    told = []
    for event, answer in poor.items():
        mine = added if added is not None and added["eventID"] == event else None
        if how := worse(answer, rich[event], mine):
            told.append(f"{event}: {how}: {[brief(one) for one in answer]} -> {[brief(one) for one in rich[event]]}")
    return told


def brief(answer: WhoAnswer) -> tuple[Any, ...]:
    """The answer in one line, for a failing example."""
    hops = [(hop.rule, hop.confidence, hop.session.key) for hop in answer.hops]
    return answer.origin.kind, answer.origin.id, answer.origin.name, answer.confidence, answer.reason, hops


def check_members(data: st.DataObject, target: str = "", wipe: Any = None) -> None:
    """A record with more of its members answers no worse, nor do the others."""
    records = data.draw(histories(6).filter(bool))
    place = data.draw(st.integers(0, len(records) - 1))
    poor, rich = data.draw(poorer_and_richer(records[place]))
    others = [record for n, record in enumerate(records) if n != place]
    before = answers([*others, poor], target)
    if wipe:
        wipe()

    assert broken(before, answers([*others, rich], target), rich) == []


def check_records(data: st.DataObject, target: str = "", wipe: Any = None) -> None:
    """Some of the records answer no better alone than with the others."""
    records = data.draw(histories(12).filter(bool))
    kept = data.draw(st.lists(st.sampled_from(range(len(records))), min_size=1, unique=True))
    before = answers([records[n] for n in kept], target)
    if wipe:
        wipe()

    assert broken(before, answers(records, target)) == []


@QUICK
@given(st.data())
def test_a_member_more_is_never_worse(data: st.DataObject) -> None:
    check_members(data)


@QUICK
@given(st.data())
def test_a_record_more_is_never_worse(data: st.DataObject) -> None:
    check_records(data)


@QUICK
@given(st.data())
def test_a_clear_key_is_never_worse_than_a_masked_one(data: st.DataObject) -> None:
    records = data.draw(histories(6).filter(bool))
    keyed = [n for n, record in enumerate(records) if (record.get("userIdentity") or {}).get("accessKeyId")]
    if not keyed:
        return
    place = data.draw(st.sampled_from(keyed))
    # Both without some other members, so that the key has something to tell.
    poor, _ = data.draw(poorer_and_richer(records[place]))
    key = records[place]["userIdentity"]["accessKeyId"]
    clear, masked = copy.deepcopy(poor), copy.deepcopy(poor)
    clear.setdefault("userIdentity", {})["accessKeyId"] = key
    masked.setdefault("userIdentity", {})["accessKeyId"] = key[:4] + "*" * 16
    others = [record for n, record in enumerate(records) if n != place]

    assert broken(answers([*others, masked]), answers([*others, clear]), clear) == []


@FEW
@given(st.data())
def test_a_member_more_is_never_worse_in_neo4j(neo4j_any: Server, data: st.DataObject) -> None:
    neo4j_any.wipe(schema=False)
    check_members(data, neo4j_any.uri, lambda: neo4j_any.wipe(schema=False))


@FEW
@given(st.data())
def test_a_record_more_is_never_worse_in_neo4j(neo4j_any: Server, data: st.DataObject) -> None:
    neo4j_any.wipe(schema=False)
    check_records(data, neo4j_any.uri, lambda: neo4j_any.wipe(schema=False))


def test_a_caller_known_by_its_id_has_the_name_that_another_record_gives_it() -> None:
    """GetSessionToken states only the unique ID of its caller; a use of the session states the ARN."""
    records = json.loads((STORIES / "session-token" / "events.json").read_text())["Records"]
    bare = without(records[0], [("userIdentity", name) for name in ("arn", "userName", "accessKeyId")])
    told = answers([bare, *records[1:]])

    assert [(a.origin.id, a.confidence) for found in told.values() for a in found] == [
        ("arn:aws:iam::111122223333:user/alice", "EXACT")
    ] * 3


def test_a_role_session_without_account_joins_by_the_log_it_stands_in() -> None:
    """Without account, ARN and issuer the recipient is the account: a role's own record stands in no other log."""
    records = json.loads((STORIES / "session-token" / "events.json").read_text())["Records"]
    use = records[-1]
    bare = without(use, [("userIdentity", "arn"), ("userIdentity", "accountId")])
    bare = without(bare, [("userIdentity", "sessionContext", "sessionIssuer")])
    (answer,) = answers([*records[:-1], bare])[use["eventID"]]

    assert (answer.origin.name, answer.confidence, [hop.rule for hop in answer.hops]) == ("alice", "EXACT", ["2", "2"])


def chain() -> list[Json]:
    records: list[Json] = json.loads((STORIES / "chain-of-six-hops" / "events.json").read_text())["Records"]
    return records


@pytest.mark.parametrize("left", [(), ("arn",), ("arn", "accessKeyId")])
def test_an_upper_hop_is_no_surer_for_a_poorer_caller(left: tuple[str, ...]) -> None:
    """A caller known by its ID and time alone is as sure as one with an ARN; its key makes the hop certain."""
    records = chain()
    gone = [("userIdentity", name) for name in ("arn", "accessKeyId") if name not in left]
    records[3] = without(records[3], [*gone, ("userIdentity", "sessionContext", "sessionIssuer")])
    (answer,) = answers(records)[records[-1]["eventID"]]
    by_key = "accessKeyId" in left

    assert (answer.origin.name, answer.confidence) == ("alice", "EXACT" if by_key else "STRONG")
    assert answer.hops[1].rule == ("2" if by_key else "4")


def test_a_role_of_a_loaded_account_is_no_outside_account() -> None:
    """Its own record of the call names the role and no session, and none is live: the role is a hint."""
    records = chain()
    records[1] = without(records[1], [("userIdentity", "sessionContext"), ("userIdentity", "accessKeyId")])
    told = answers(records[1:])
    for event in (records[2]["eventID"], records[-1]["eventID"]):
        (answer,) = told[event]

        assert (answer.origin.kind, answer.reason) == ("Unresolved", "no-session-context")
        assert ("calling role", "arn:aws:iam::111122223333:role/step-1") in [(h.what, h.value) for h in answer.hints]
        assert answer.missing is None


def test_a_lost_copy_of_a_loaded_account_is_missing() -> None:
    """Only the other account's copy of the call is there, and the caller's account is loaded around it."""
    records = chain()
    around = [copy.deepcopy(records[0]) for _ in range(2)]
    for n, record in enumerate(around):
        record |= {"eventID": f"a{n}", "eventTime": f"2026-03-02T0{7 + 2 * n}:00:00Z", "eventName": "ListUsers"}
        record |= {"eventSource": "iam.amazonaws.com", "requestParameters": None, "responseElements": None}
    named = copy.deepcopy(records[1])
    named |= {"eventID": "n", "eventTime": "2026-03-05T08:00:00Z", "eventName": "ListUsers"}
    named |= {"eventSource": "iam.amazonaws.com", "requestParameters": None, "responseElements": None}
    del named["userIdentity"]["sessionContext"]["attributes"]
    (answer,) = answers([*around, named, *records[2:]])[records[-1]["eventID"]]

    assert (answer.origin.kind, answer.reason) == ("Unresolved", "no-session-context")
    assert answer.missing is not None
    assert (answer.missing.account, answer.missing.day) == ("111122223333", "2026-03-02")


@pytest.mark.parametrize("left", [(), ("sourceIPAddress",)])
def test_a_service_without_its_name_is_no_other_caller(left: tuple[str, ...]) -> None:
    """Without `invokedBy` the address names the service; without both, the grant beside it does."""
    records = json.loads((STORIES / "instance-session" / "events.json").read_text())["Records"]
    bare = without(records[0], [("userIdentity", "invokedBy"), *([] if left else [("sourceIPAddress",)])])
    told = answers([bare, *records[1:]])
    named = "ec2.amazonaws.com" if left else "AWS"

    assert [a.origin.id for a in told[bare["eventID"]]] == [named]
    assert [[(a.origin.id, a.confidence, a.reason) for a in told[r["eventID"]]] for r in records[2:]] == [
        [("ec2.amazonaws.com", "EXACT", None)],
        [("ec2.amazonaws.com", "STRONG", None)],
    ]
