"""A person as a subject: all sessions in all roles and accounts, and nobody else's; equal names are never merged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.model import schema
from lineage.model.errors import NotFound
from lineage.model.keys import ref
from lineage.questions.registry import blocks_of
from lineage.questions.shared.forest import Forest
from lineage.questions.shared.memo import Memo
from lineage.questions.shared.people import PERSONS, person_of
from lineage.render.terminal import Line, written
from tests.aws import Cloud
from tests.test_stories import ABOUT, STORIES

if TYPE_CHECKING:
    from lineage import Store
    from lineage.questions.shared.models import Model

HOME, OTHER = "111122223333", "444455556666"
EC2 = ("ec2.amazonaws.com", "DescribeInstances")
IAM = ("iam.amazonaws.com", "ListUsers")


def load(store: Store, tmp_path: Path, cloud: Cloud) -> None:
    """Load the records from one file."""
    (tmp_path / "records.json").write_text(json.dumps({"Records": cloud.records}))
    store.load([tmp_path / "records.json"])


def lines(answer: Model) -> list[str]:
    """The lines of an answer, unbroken."""
    return [line.body.plain for line in written(blocks_of(answer)) if isinstance(line, Line)]


@pytest.fixture
def of_alice(store: Store, tmp_path: Path) -> Store:
    """Alice with her own key, a session token, a role, and a role of another account out of it; Bob in the same roles
    under the same session names; an Alice of the other account."""
    cloud = Cloud()
    home, other = cloud.account("home", HOME), cloud.account("other", OTHER)
    deploy, target = cloud.role(home, "deploy"), cloud.role(other, "target")
    for name, calls in (("alice", 1), ("bob", 5)):
        user = cloud.user(home, name)
        for _ in range(calls):
            cloud.tick(60)
            cloud.call(user, *IAM)
        cloud.call(cloud.get_session_token(user), *EC2)
        first = cloud.assume_role(user, deploy, "shared")
        cloud.tick(60)
        cloud.call(first, *EC2)
        second = cloud.assume_role(first, target, "shared")
        cloud.tick(60)
        cloud.call(second, *EC2)
    cloud.call(cloud.user(other, "alice"), *IAM)
    load(store, tmp_path, cloud)
    return store


ALICE = f"arn:aws:iam::{HOME}:user/alice"


def test_a_user_is_all_its_sessions(of_alice: Store) -> None:
    """A user asked by ARN, unique ID or name with account means keys and sessions in all roles and accounts."""
    asked = of_alice.session(ALICE)

    assert asked.subject is not None
    assert asked.subject.person is not None
    assert (asked.subject.kind, asked.subject.key, asked.subject.sessions_total) == ("person", ALICE, 3)
    assert (asked.subject.person.roles, asked.subject.person.accounts) == (2, [HOME, OTHER])
    assert asked.calls == 7  # her own, the token's, GetSessionToken, two AssumeRole and one call in each role
    assert {one.whose.name for one in asked.sessions} == {"alice"}
    assert of_alice.session(f"{HOME}:alice").calls == asked.calls
    assert asked.subject.person.namesakes == [f"arn:aws:iam::{OTHER}:user/alice (IAM user)"]
    assert "alice (IAM user)" in lines(asked)[0]
    assert lines(asked)[0].endswith("3 sessions in 2 roles of 2 accounts")
    assert lines(asked)[1].strip() == f"same name at arn:aws:iam::{OTHER}:user/alice (IAM user)"


def test_every_question_takes_a_person(of_alice: Store) -> None:
    """Each question about an identity answers about the same sessions, and its heading says which."""
    for question in ("session", "timeline", "services", "interesting", "baseline", "new", "volume", "denied", "blast",
                     "contain", "assumed", "trace"):  # fmt: skip
        answer = getattr(of_alice, question)(ALICE)
        told = [line for line in lines(answer) if "sessions in 2 roles of 2 accounts" in line]

        assert (answer.subject.kind, answer.subject.sessions_total) == ("person", 3), question
        assert len(told) == 1, question
        assert "alice" in told[0]
    assert of_alice.volume(ALICE).calls == of_alice.session(ALICE).calls
    assert sum(one.calls for one in of_alice.services(ALICE).services) == 7
    assert [(one.role_arn, one.hops) for one in of_alice.assumed(ALICE).roles] == [
        (f"arn:aws:iam::{HOME}:role/deploy", 1), (f"arn:aws:iam::{OTHER}:role/target", 2),
    ]  # fmt: skip
    assert of_alice.path(ALICE, f"arn:aws:iam::{OTHER}:role/target").found


def test_a_role_or_account_is_asked_as_before(of_alice: Store) -> None:
    """A role means all who are in it, and a name that two users have is asked back."""
    role = of_alice.session(f"arn:aws:iam::{HOME}:role/deploy")

    assert role.subject is not None
    assert (role.subject.kind, role.subject.person, role.calls) == ("role", None, 4)
    assert {one.whose.name for one in role.sessions} == {"alice", "bob"}
    with pytest.raises(NotFound, match="alice: 2 principals have that name"):
        of_alice.session("alice")


def test_a_key_made_for_another_is_the_others(store: Store, tmp_path: Path) -> None:
    """What a person made for another user is no session of the person: it is the other's, made by the person."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    mallory, bob = cloud.user(home, "mallory"), cloud.user(home, "bob")
    made = cloud.create_access_key(mallory, bob)
    cloud.tick(60)
    cloud.call(cloud.assume_role(made, cloud.role(home, "deploy"), "x"), *EC2)
    load(store, tmp_path, cloud)

    assert store.session("mallory").subject.sessions_total == 0  # type: ignore[union-attr]  # found
    bobs = store.session("bob")
    assert bobs.subject is not None
    assert bobs.subject.sessions_total == 1
    assert bobs.sessions[0].whose.made_by == "mallory"


FEW = ("role-that-people-share", "two-people-in-one-permission-set", "twins-of-two-callers", "session-token",
       "on-behalf-of-an-identity-center-user", "single-sign-on-key-differs", "chain-of-six-hops",
       "two-people-whose-user-ids-stay-open", "saml-in-the-browser", "grant-not-logged")  # fmt: skip


@pytest.mark.parametrize("story", FEW)
def test_a_person_is_as_sure_as_its_weakest_session(store: Store, story: str) -> None:
    """The sessions of a person are those whose one chain begins there, and its confidence is that of the weakest; the
    others that may be its own are named and not counted."""
    folder = STORIES / story
    store.load(sorted(one for one in folder.iterdir() if one.name not in ABOUT))
    reader = Memo(store._store, lasts=60)
    sessions = Forest(store._store).sessions
    asked = {one: store.who(one).answers for one in (ref(session).key for session in sessions)}
    for key, kind, _ in reader.principals(PERSONS):
        person = person_of(reader, key)
        mine = {one: found for one, found in asked.items() if {a.origin.node for a in found} == {f"Principal {key}"}}

        assert person is not None, (key, kind)
        assert set(person.sessions) == set(mine), key
        weakest = schema.weakest([a.confidence for found in mine.values() for a in found])
        assert person.whose.confidence == weakest, key
        perhaps = {
            one for one, found in asked.items()
            if len(found) > 1 and any(a.origin.node == f"Principal {key}" for a in found)
        }  # fmt: skip
        assert set(person.perhaps) == perhaps, key


def test_a_provider_that_was_created_is_told_in_the_headline(store: Store, tmp_path: Path) -> None:
    """The origin of a provider that the logs show created says by whom and when, in `who` and every headline."""
    cloud = Cloud()
    home = cloud.account("home", HOME)
    mallory, role = cloud.user(home, "mallory"), cloud.role(home, "deploy")
    saml, oidc = f"arn:aws:iam::{HOME}:saml-provider/evil", f"arn:aws:iam::{HOME}:oidc-provider/idp.example"
    made = cloud.call(mallory, "iam.amazonaws.com", "CreateSAMLProvider", request={"name": "evil"},
                      response={"sAMLProviderArn": saml}, read_only=False)  # fmt: skip
    cloud.tick(60)
    cloud.call(mallory, "iam.amazonaws.com", "CreateOpenIDConnectProvider", request={"url": "https://idp.example"},
               response={"openIDConnectProviderArn": oidc}, read_only=False)  # fmt: skip
    cloud.tick(60)
    eve, bot = cloud.saml(role, "eve", "evil"), cloud.web_identity(role, "bot", "idp.example")
    honest = cloud.saml(role, "ann", "corp")
    for one in (eve, bot, honest):
        cloud.call(one, *EC2)
    cloud.tick(60)
    later = cloud.call(mallory, "iam.amazonaws.com", "UpdateSAMLProvider", read_only=False,
                       request={"sAMLProviderArn": f"arn:aws:iam::{HOME}:saml-provider/corp"})  # fmt: skip
    cloud.tick(60)
    after = cloud.saml(role, "ann", "corp")
    cloud.call(after, *EC2)
    load(store, tmp_path, cloud)
    times = {one["eventID"]: one["eventTime"] for one in cloud.records}

    for session, name, kind in ((eve, "eve", "SAML identity"), (bot, "bot", "web identity")):
        told = lines(store.who(session.key or ""))[0]
        assert told.startswith(f"credentials of {name} ({kind}), provider created by mallory 2026-")
        for question in ("session", "interesting", "timeline"):
            assert "provider created by mallory 2026-" in lines(getattr(store, question)(session.key))[0], question
    by = store.who(eve.key or "").answers[0].provider_by
    assert by is not None
    assert (by.event_ids, by.answer.origin.name) == ([made], "mallory")
    assert store.who(honest.key or "").answers[0].provider_by is None
    assert f"provider changed by mallory {times[later]}" in lines(store.who(after.key or ""))[0]
    assert store.session(honest.key or "").whose.provider_by is None  # type: ignore[union-attr]  # found
    assert store.session(after.key or "").whose.provider_by == f"changed by mallory {times[later]}"  # type: ignore[union-attr]  # found


def test_an_identity_store_whose_provider_was_changed(store: Store, tmp_path: Path) -> None:
    """The origin of an Identity Center whose external identity provider was set says by whom and when."""
    folder = STORIES / "on-behalf-of-an-identity-center-user"
    records = json.loads((folder / "events.json").read_text())["Records"]
    said = next(one["userIdentity"]["onBehalfOf"] for one in records if "onBehalfOf" in one["userIdentity"])
    account = said["identityStoreArn"].split(":")[4]
    cloud = Cloud()
    mallory = cloud.user(cloud.account("home", account), "mallory")
    cloud.call(mallory, "sso-directory.amazonaws.com", "EnableExternalIdPConfigurationForDirectory", read_only=False,
               request={"directoryId": said["identityStoreArn"].rpartition("/")[2]})  # fmt: skip
    for one in cloud.records:
        one["eventTime"] = "2026-03-01T00:00:00Z"
    (tmp_path / "records.json").write_text(json.dumps({"Records": [*records, *cloud.records]}))
    store.load([tmp_path / "records.json"])
    asked = store.who(said["userId"])

    assert asked.answers[0].origin.kind == "IdentityCenterUser"
    assert "provider changed by mallory 2026-03-01T00:00:00Z" in lines(asked)[0]
