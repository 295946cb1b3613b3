"""What may be asked: names, unique IDs, session keys and addenda, and many callers of one session."""

from __future__ import annotations

import copy
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lineage.model.errors import NotFound
from lineage.questions.registry import blocks_of
from lineage.questions.shared.climb import climbed
from lineage.questions.shared.words import REASONS
from lineage.questions.who.view import blocks
from lineage.render.terminal import Line, written
from tests.aws import Cloud

if TYPE_CHECKING:
    from lineage import Store
    from lineage.questions.who import Who

HOME, OTHER = "111122223333", "444455556666"
EC2 = ("ec2.amazonaws.com", "DescribeInstances")


def load(store: Store, tmp_path: Path, records: list[dict[str, Any]]) -> None:
    """Load the records from one file."""
    (tmp_path / "records.json").write_text(json.dumps({"Records": records}))
    store.load([tmp_path / "records.json"])


def lines(answer: Who) -> list[str]:
    """The lines of an answer, unbroken."""
    return [line.body.plain for line in written(blocks(answer)) if isinstance(line, Line)]


def origins(store: Store, ask: str, **options: Any) -> list[str | None]:
    """Whose the answers of `who` are."""
    return [one.origin.id for one in store.who(ask, **options).answers]


# names and unique IDs


def test_who_by_name_and_unique_id(store: Store, tmp_path: Path) -> None:
    """Users, roles, their sessions and federated users are found by what a finding or a table says of them."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    alice, bob = cloud.user(home, "alice"), cloud.user(home, "bob", "/ops/")
    deploy, audit = cloud.role(home, "deploy", "/ci/"), cloud.role(home, "audit")
    ci = cloud.assume_role(alice, deploy, "ci")
    cloud.tick(60)
    night = cloud.assume_role(bob, deploy, "night")
    cloud.assume_role(bob, audit, "bob")
    token = cloud.get_federation_token(alice, "visitor")
    for one in (alice, bob, ci, night, token):
        cloud.call(one, *EC2)
    load(store, tmp_path, cloud.records)
    by_alice, by_bob = alice.arn, store.who(bob.key or "").answers[0].origin.id

    assert origins(store, "alice") == [by_alice]
    assert origins(store, "user/alice") == [by_alice]
    assert origins(store, f"{HOME}:alice") == [by_alice]
    assert origins(store, alice.principal_id) == [by_alice]
    assert origins(store, "user/ops/bob") == [by_bob]
    assert origins(store, "deploy") == [by_bob, by_alice]  # sessions, newest first
    assert origins(store, "role/ci/deploy") == [by_bob, by_alice]
    assert origins(store, deploy.id) == [by_bob, by_alice]
    assert origins(store, f"{deploy.id}:ci") == [by_alice]
    assert origins(store, "assumed-role/deploy/night") == [by_bob]
    assert origins(store, f"{HOME}:visitor") == [by_alice]
    assert store.who("deploy").note == f"deploy is arn:aws:iam::{HOME}:role/deploy."
    assert store.who(f"{deploy.id}:ci").note is None
    for nobody in (
        "carol",
        "user/deploy",
        "role/alice",
        f"{OTHER}:alice",
        "assumed-role/deploy/day",
        "AROAAAAAAAAAAAAAAAAAA",
    ):
        assert not store.who(nobody).found, nobody
        assert not store.session(nobody).found, nobody


def test_every_question_takes_a_name(store: Store, tmp_path: Path) -> None:
    """A name means the same in each question, and the questions say what they understood."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    alice = cloud.user(home, "alice")
    deploy = cloud.role(home, "deploy")
    session = cloud.assume_role(alice, deploy, "ci")
    cloud.call(session, *EC2)
    load(store, tmp_path, cloud.records)
    role, name = f"arn:aws:iam::{HOME}:role/deploy", f"{deploy.id}:ci"
    key = f"{HOME}/{name}/2026-03-02T08:00:00Z"

    told = store.session("deploy").subject
    assert told is not None
    assert (told.kind, told.key) == ("role", role)
    for question in ("session", "timeline", "services", "interesting", "baseline", "new", "volume", "assumed", "denied",
                     "blast", "contain"):  # fmt: skip
        subject = getattr(store, question)(name).subject
        assert (subject.kind, subject.key, subject.sessions) == ("session", key, [key]), question
        assert getattr(store, question)("user/alice").found, question
    assert store.role("deploy").role_arn == role
    assert [root.ref for root in store.trace("alice").roots] == [f"Principal {alice.arn}"]
    assert store.path("alice", "deploy").found
    assert store.investigate(name).groups[0].cases[0].subject.key == key


def test_a_name_of_several_is_asked_back(store: Store, tmp_path: Path) -> None:
    """Of several principals with one name none is picked: each question lists them with their accounts."""
    cloud = Cloud()
    home, other = cloud.account("home", HOME), cloud.account("other", OTHER)
    user = cloud.user(home, "ops")
    for account in (home, other):
        cloud.call(cloud.assume_role(user, cloud.role(account, "ops"), "x"), *EC2)
    cloud.call(user, *EC2)
    load(store, tmp_path, cloud.records)
    everybody = [
        (f"arn:aws:iam::{HOME}:role/ops", "role", HOME),
        (f"arn:aws:iam::{HOME}:user/ops", "IAM user", HOME),
        (f"arn:aws:iam::{OTHER}:role/ops", "role", OTHER),
    ]

    for question in (store.who, store.session, store.trace, store.blast):
        with pytest.raises(NotFound) as told:
            question("ops")
        assert told.value.head == "ops: 3 principals have that name; ask with one of them:"
        assert told.value.exit_code == 1
        for candidate, (ask, kind, account) in zip(told.value.candidates, everybody, strict=True):
            assert candidate.startswith(f"{ask} ({kind}, account {account}, 20"), candidate  # then the times
            assert candidate in str(told.value)
            assert getattr(store, question.__name__)(ask).found
    with pytest.raises(NotFound, match=f"ops: 2 principals have that name; .*{OTHER}"):
        store.role("ops")
    with pytest.raises(NotFound, match="assumed-role/ops/x: 2 principals have that name"):
        store.who("assumed-role/ops/x")
    assert store.who("user/ops").found
    assert store.who(f"{OTHER}:role/ops").note == f"{OTHER}:role/ops is arn:aws:iam::{OTHER}:role/ops."


def test_outside_principals_have_their_ids(store: Store, tmp_path: Path) -> None:
    """A principal of an account without logs is found by its unique ID, and by that of its session."""
    cloud = Cloud()
    home, far = cloud.account("home", HOME), cloud.account("far", OTHER, logged=False)
    user, role = cloud.user(far, "eve"), cloud.role(far, "broker")
    session = cloud.assume_role(user, role, "s")
    for caller in (user, session):
        cloud.call(cloud.assume_role(caller, cloud.role(home, "open"), "x"), *EC2)
    cloud.call(session, *EC2, owner=home)
    load(store, tmp_path, cloud.records)

    assert origins(store, user.principal_id) == [f"{OTHER}:{user.principal_id}"]
    for ask in (role.id, session.principal_id):
        assert origins(store, ask) == [f"{OTHER}:{role.id}"]
        assert store.session(ask).found


def test_names_leave_with_what_had_them(store: Store, tmp_path: Path) -> None:
    """A principal that stood only in a content that lost has no name any more."""
    cloud = Cloud()
    alice, mallory = (cloud.user(cloud.account("home", HOME), name) for name in ("alice", "mallory"))
    event = cloud.call(alice, *EC2)
    original = cloud.records[-1]
    cloud.call(mallory, *EC2)
    amended = {**cloud.records[-1], "eventID": "a0000000-0000-4000-8000-000000000001",
               "addendum": {"reason": "UPDATED_DATA", "originalEventID": event}}  # fmt: skip
    load(store, tmp_path, [original])
    assert store.who("alice").found
    load(store, tmp_path, [amended])

    assert not store.who("alice").found
    assert origins(store, "mallory") == [mallory.arn]


# sessions


def test_assume_root_session_is_asked_as_printed(store: Store, tmp_path: Path) -> None:
    """The printed key of a session of AssumeRoot has its mark, and is an ask with and without it."""
    cloud = Cloud()
    ada, member = cloud.user(cloud.account("home", HOME), "ada"), cloud.account("other", OTHER)
    event = cloud.call(cloud.assume_root(ada, member), *EC2)
    load(store, tmp_path, cloud.records)
    key = f"{OTHER}/{OTHER}:assumed-root/2026-03-02T08:00:00Z"

    printed = lines(store.who(event))
    assert any(key in line for line in printed), printed
    for ask in (key, f"Session {key}", f"{OTHER}/{OTHER}/2026-03-02T08:00:00Z"):
        assert origins(store, ask) == [ada.arn]
        subject = store.session(ask).subject
        assert subject is not None
        assert subject.key == key


# addenda


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_addendum_leads_to_the_event_that_it_amends(store: Store, tmp_path: Path, order: tuple[int, int]) -> None:
    """An addendum is no event of its own: asked for by its own ID the amended event answers, and says so."""
    cloud = Cloud()
    alice = cloud.user(cloud.account("home", HOME), "alice")
    session = cloud.assume_role(alice, cloud.role(HOME, "deploy"), "ci")
    event = cloud.call(session, *EC2)
    own = "a0000000-0000-4000-8000-00000000000A"
    amended = copy.deepcopy(cloud.records[-1])
    amended["addendum"] = {"reason": "UPDATED_DATA", "updatedFields": "userAgent", "originalEventID": event}
    amended |= {"eventID": own, "userAgent": "corrected"}
    parts = (cloud.records, [amended])
    for one in order:
        load(store, tmp_path, parts[one])
    note = f"{own} is an addendum; it amends event {event}."

    told = store.who(own)
    assert (told.kind, told.note, told.total) == ("event", note, 1)
    assert told.answers == store.who(event).answers
    assert store.session(own).subject == store.session(event).subject
    assert store.session(own).scope == store.session(event).scope
    lead = store.investigate(own).groups[0].leads[0]
    assert (lead.note, lead.event_ids) == (note, [event])
    assert store.trace(own).roots == store.trace(event).roots
    assert store.info().events == len(cloud.records)
    assert store.who(own.lower()).found


# more callers than are shown


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, Any]]:
    """150 users assume one role under one name in one second; one call of one of the sessions."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    role = cloud.role(home, "shared")
    sessions = [cloud.assume_role(cloud.user(home, f"user{n:03}"), role, "job") for n in range(150)]
    cloud.tick(10)
    cloud.name_next("e0000000-0000-4000-8000-000000000001")
    cloud.call(sessions[7], *EC2)
    last = cloud.records[-1]["userIdentity"]
    del last["accessKeyId"]
    for record in cloud.records[:-1]:
        record["responseElements"] = None
    return cloud.records


def test_more_callers_than_are_shown(store: Store, tmp_path: Path, crowd: list[dict[str, Any]]) -> None:
    """Of 150 callers that fit the answer shows as many as wished, tells how many there are, and never claims all."""
    load(store, tmp_path, crowd)
    event = "e0000000-0000-4000-8000-000000000001"

    told = store.who(event)
    assert (len(told.answers), told.total, told.truncated) == (100, 150, True)
    assert {one.reason for one in told.answers} == {"ambiguous"}
    whole = store.who(event, limit=500)
    assert (len(whole.answers), whole.total, whole.truncated) == (150, 150, False)
    assert len({one.origin.id for one in whole.answers}) == 150
    few = store.who(event, limit=5)
    assert (len(few.answers), few.total, few.truncated) == (5, 150, True)
    assert "100 of 150 shown; --limit shows more" in lines(told)
    case = store.investigate(event).groups[0].cases[0]
    assert (len(case.who), case.who_total) == (100, 150)
    assert (case.whose.kind, len(case.whose.candidates), case.whose.candidates_more) == ("Unresolved", 100, 50)
    assert "shown" not in REASONS["ambiguous"]
    record = next(one for one in crowd if one["eventID"] == event)
    assert store.who(json.dumps(record), limit=7).total == 150


def test_chains_are_counted_without_being_worked_out() -> None:
    """Through three levels of 40 callers lead 64,000 chains; a hundred are worked out."""
    import networkx as nx

    graph: Any = nx.MultiDiGraph()
    way = {
        "type": "ASSUMED", "parent": False, "rule": "4", "confidence": "LIKELY", "candidates": 40, "how": "cli-sdk",
        "via": None, "time": "2026-03-02T08:00:00Z", "api": "sts:AssumeRole", "sign_in_event_ids": [], "expires": None,
        "source_ip": None, "user_agent": None, "caller_key": None, "region": None, "account": HOME,
        "caller_account": HOME, "cross_account": False, "source_identity": None,
    }  # fmt: skip

    def session(level: int, n: int) -> str:
        key = f"{HOME}/AROA:{level}-{n}/2026-03-02T08:00:0{level}Z"
        graph.add_node(f"Session {key}", account=HOME, principal_id=f"AROA:{level}-{n}",
                       created=f"2026-03-02T08:00:0{level}Z", role_arn=None, name=None)  # fmt: skip
        return f"Session {key}"

    above = [f"Principal user{n}" for n in range(40)]
    for level in range(3):
        below = [session(level, n) for n in range(40 if level < 2 else 1)]
        for target in below:
            for n, source in enumerate(above):
                ids = [f"e{level}-{n}"]
                graph.add_edge(source, target, **way, event_ids=ids,
                               grants=[json.dumps({"event_ids": ids, "caller_key": None})])  # fmt: skip
        above = below

    chains, fitting = climbed(graph, above[0])
    assert (len(chains), fitting) == (100, 40 * 40 * 40)


def test_a_recycled_key_is_asked_back(store: Store, tmp_path: Path) -> None:
    """Of two owners of one key ID none is picked: each is listed with its time and the text to ask with."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    role, again = cloud.role(home, "deploy"), "ASIARTX3GSDSAAAAAAAA"
    for name in ("alice", "bob"):
        cloud.call(cloud.assume_role(cloud.user(home, name), role, f"of-{name}", key=again), *EC2)
        cloud.tick(7200)
    load(store, tmp_path, cloud.records)

    assert {one.origin.name for one in store.who(again).answers} == {"alice", "bob"}
    for question in (store.session, store.timeline, store.trace, store.blast, store.baseline, store.denied):
        with pytest.raises(NotFound, match=f"{again}: 2 owners had that key, which AWS reused") as told:
            question(again)
        for candidate, name in zip(told.value.candidates, ("alice", "bob"), strict=True):
            (ask,) = shlex.split(candidate.partition(" (")[0])
            assert candidate.endswith(")")
            assert f"(credentials of {name}, 20" in candidate
            assert question(ask).found
            assert store.session(ask).whose.name == name  # type: ignore[union-attr]  # found


def test_a_key_of_one_owner_is_not_asked_back(store: Store, tmp_path: Path) -> None:
    """A key that two sessions of one user and name had is that user's."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    role, alice, again = cloud.role(home, "deploy"), cloud.user(home, "alice"), "ASIARTX3GSDSAAAAAAAA"
    for _ in range(2):
        cloud.call(cloud.assume_role(alice, role, "nightly", key=again), *EC2)
        cloud.tick(7200)
    load(store, tmp_path, cloud.records)

    assert store.session(again).subject.sessions_total == 2  # type: ignore[union-attr]  # found


def test_a_session_that_is_not_known_is_told_first(store: Store, tmp_path: Path) -> None:
    """An answer about all sessions of a role, where one was asked for, says so in its first line; where a session fits
    the event the answer is about that."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    role = cloud.role(home, "deploy")
    for name in ("alice", "bob"):
        session = cloud.assume_role(cloud.user(home, name), role, name)
        cloud.call(session, *EC2)
    cloud.tick(60)
    fits = cloud.call(session, *EC2)
    cloud.tick(40 * 3600)
    lost = cloud.call(session, *EC2)
    for record in cloud.records:
        if record["eventID"] in (fits, lost):  # as a service in another Region may log it
            del record["userIdentity"]["sessionContext"], record["userIdentity"]["accessKeyId"]
    load(store, tmp_path, cloud.records)
    arn = f"arn:aws:iam::{HOME}:role/deploy"

    for question in ("session", "timeline", "services", "interesting", "baseline", "new", "volume", "denied", "blast",
                     "assumed", "trace"):  # fmt: skip
        answer = getattr(store, question)(lost)
        first = next(line.body.plain for line in written(blocks_of(answer)) if isinstance(line, Line))

        assert first == f"{lost}: session not found in the loaded logs; the answer is about all sessions of {arn}."
        assert answer.subject.whole == first
    known = store.session(fits).subject
    assert known is not None
    assert (known.kind, known.opened, known.whole) == ("session", "LIKELY", None)
    assert known.sessions[0].split("/")[1].endswith(":bob")
    unknown = store.session(f"{role.id}:nobody").subject
    assert unknown is not None
    assert unknown.whole == (
        f"{role.id}:nobody: session not found in the loaded logs; the answer is about all sessions of {arn}."
    )
    assert not store.session(f"arn:aws:sts::{HOME}:assumed-role/deploy/nobody").found
