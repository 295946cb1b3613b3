"""What a plan says of secrets that were read, and of the other sessions of the same origin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lineage
from tests.aws import Cloud
from tests.test_cli import incident as incident  # the fixture

if TYPE_CHECKING:
    from lineage import Lineage
    from lineage.questions.contain import Contain, Step

SIGN_IN = "537140928816/AROAX2EAYEEYMFDBS2QXG:dana.whitfield/2026-03-11T21:47:55Z"
DATABASE = "Rotate the secret payments/ledger-db: read 2026-03-12 08:26:44Z by AKIA3WQUP53HKQ7V2LCK"
HOME = "111122223333"
Loaded = Callable[[Cloud], "Lineage"]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Loaded]:
    """Loads what a simulated AWS logged."""
    opened = []

    def loaded(cloud: Cloud) -> Lineage:
        (tmp_path / "log.json").write_text(json.dumps({"Records": cloud.records}))
        store = lineage.open(tmp_path / "lineage.db")
        opened.append(store)
        store.load([tmp_path / "log.json"])
        return store

    yield loaded
    for store in opened:
        store.close()


def of_phase(plan: Contain, phase: str) -> list[Step]:
    """The steps of a phase."""
    return [step for step in plan.steps if step.phase == phase]


def test_a_secret_read_with_a_made_key_is_rotated(incident: Path) -> None:
    """The plan with what was made rotates the secret that the made key read, by the exact command."""
    with lineage.open(incident) as store:
        with_made, without = (store.contain(SIGN_IN, made=made) for made in (True, False))
    (step,) = of_phase(with_made, "secrets")

    assert of_phase(without, "secrets") == []
    assert step.title == DATABASE
    assert step.commands == ["aws secretsmanager rotate-secret --secret-id payments/ledger-db --region eu-central-1"]
    assert step.event_ids == ["c0ffee00-0000-4000-8000-000000000012"]
    assert [one.phase for one in with_made.steps].index("secrets") < [one.phase for one in with_made.steps].index(
        "persistence"
    )


@pytest.mark.parametrize(
    ("source", "name", "request_", "title", "command"),
    [
        (
            "secretsmanager", "GetSecretValue",
            {"secretId": f"arn:aws:secretsmanager:eu-west-1:{HOME}:secret:db-AbCdEf"},
            "Rotate the secret db-AbCdEf: ",
            f"aws secretsmanager rotate-secret --secret-id arn:aws:secretsmanager:eu-west-1:{HOME}:secret:db-AbCdEf "
            "--region eu-west-1",
        ),
        (
            "ssm", "GetParameter", {"name": "/shop/token", "withDecryption": True},
            "Rotate the parameter /shop/token: ",
            "aws ssm put-parameter --name /shop/token --type SecureString --overwrite --value file://new-value.txt "
            "--region eu-west-1",
        ),
        ("ssm", "GetParameter", {"name": "token", "withDecryption": False}, None, None),
        ("ssm", "GetParameter", {"name": "token"}, None, None),
        (
            "ssm", "GetParametersByPath", {"path": "/shop/db", "recursive": True, "withDecryption": True},
            "Rotate the parameters below /shop/db: ",
            "aws ssm get-parameters-by-path --path /shop/db --recursive --query Parameters[].Name --region eu-west-1",
        ),
        (
            "ec2", "GetPasswordData", {"instanceId": "i-0dbc91f429e48eeed"},
            "Change the administrator password of i-0dbc91f429e48eeed: ", None,
        ),
        ("kms", "Decrypt", {"keyId": "0a1b2c3d-0000-4000-8000-00000000000a"}, "Replace what was decrypted with ", None),
        ("sts", "GetCallerIdentity", {}, None, None),
    ],
)  # fmt: skip
def test_kinds_of_secrets(
    source: str, name: str, request_: dict[str, Any], title: str | None, command: str | None, load: Loaded
) -> None:
    """Each kind of secret has a step that names it, its read and its reader; what is no secret has none."""
    cloud = Cloud(seed=3, plain_ids=True)
    alice = cloud.user(cloud.account("home", HOME), "alice")
    cloud.tick(60)
    event = cloud.call(alice, f"{source}.amazonaws.com", name, request=request_, read_only=True)
    steps = of_phase(load(cloud).contain(str(alice.key)), "secrets")

    assert [step.title.startswith(title) for step in steps if title] == [True] * bool(title)
    assert len(steps) == bool(title)
    assert [step.commands for step in steps] == [[command] if command else []] * bool(title)
    assert [step.event_ids for step in steps] == [[event]] * bool(title)
    assert all(step.title.endswith(f"read 2026-03-02 08:01:00Z by {alice.key}") for step in steps)


def test_a_refused_read_is_no_secret(load: Loaded) -> None:
    """What could not be read needs no rotation, and what was read twice is one step."""
    cloud = Cloud(seed=3, plain_ids=True)
    alice = cloud.user(cloud.account("home", HOME), "alice")
    for name, error in (("refused", "AccessDenied"), ("read", None), ("read", None)):
        cloud.tick(60)
        more = {"error": error} if error else {}
        cloud.call(alice, "secretsmanager.amazonaws.com", "GetSecretValue", request={"secretId": name}, **more)
    (step,) = of_phase(load(cloud).contain(str(alice.key)), "secrets")

    assert step.title == (
        "Rotate the secret read: read 2026-03-02 08:02:00Z and 1 more time until 2026-03-02 08:03:00Z by "
        + str(alice.key)
    )


def test_other_sessions_of_the_origin_are_named(incident: Path) -> None:
    """The plan of one session names the other live sessions of the same person, and which step ends them."""
    with lineage.open(incident) as store:
        plan = store.contain("c0ffee00-0000-4000-8000-000000000007", at="2026-03-12T09:10:00Z")
        ended = store.contain("c0ffee00-0000-4000-8000-000000000007", at="2026-03-11T22:30:00Z")
    numbers = {step.target: step.number for step in plan.steps if step.kind == "permission-set"}

    assert [(one.name, one.account, one.life.live, one.ended_by) for one in plan.others] == [
        ("payments-operations as ops-maintenance", "804275613390", "yes", None),
        (
            "AWSReservedSSO_PlatformAdmin_e0d08636dec79f51 as dana.whitfield", "537140928816", "yes",
            numbers["arn:aws:iam::537140928816:role/AWSReservedSSO_PlatformAdmin_e0d08636dec79f51"],
        ),
    ]  # fmt: skip
    assert [one.session.split("/")[1].partition(":")[2] for one in ended.others] == ["dana.whitfield"]
    assert plan.others_total == 2


def test_nothing_below_is_not_pointed_at(load: Loaded) -> None:
    """A plan without live sessions does not say that some are below; one with them does."""
    cloud = Cloud(seed=3, plain_ids=True)
    home = cloud.account("home", HOME)
    alice, role = cloud.user(home, "alice"), cloud.role(home, "admin")
    cloud.tick(60)
    session = cloud.assume_role(alice, role, "ops")
    cloud.tick(60)
    cloud.call(session, "ec2.amazonaws.com", "DescribeInstances")
    store = load(cloud)
    during, after = (
        store.contain(str(alice.key), at=at).steps[0].note for at in ("2026-03-02T08:30:00Z", "2026-03-04")
    )

    assert during is not None
    assert after is not None
    assert during.endswith("Sessions obtained with it stay valid: see below.")
    assert after.endswith("Sessions obtained with it stay valid; in the loaded logs none still works.")


def test_links_to_touched_resources_begin_where_they_belong(incident: Path) -> None:
    """The picture of what was made draws what the made key read from that key, and nothing else from it."""
    with lineage.open(incident) as store:
        links = store.picture(store.blast(SIGN_IN, made=True)).links
    touched = {(link.source.split(" ")[1], link.target.rsplit(":", 1)[-1]) for link in links if link.type == "TOUCHED"}

    assert ("AKIA3WQUP53HKQ7V2LCK", "payments/ledger-db") in touched
    assert {source for source, target in touched if target == "payments/ledger-db"} == {"AKIA3WQUP53HKQ7V2LCK"}
    assert {source for source, target in touched if "batch" in target} == {"ASIA3WQUP53HA3TWDBIN"}


def test_a_timeline_follows_what_was_made_on_request(incident: Path) -> None:
    """With `made` the calls of the made key are entries, and nothing is left beyond."""
    with lineage.open(incident) as store:
        with_made, without = (store.timeline(SIGN_IN, made=made) for made in (True, False))
    read = "c0ffee00-0000-4000-8000-000000000012"

    shown = [{event for entry in answer.entries for event in entry.event_ids} for answer in (with_made, without)]

    assert [read in events for events in shown] == [True, False]
    assert [(one.name, one.made) for one in with_made.actors] == [
        ("AWSReservedSSO_PlatformAdmin_e0d08636dec79f51 as dana.whitfield", False),
        ("payments-operations as ops-maintenance", False),
        ("AKIA3WQUP53HKQ7V2LCK", True),
    ]
    assert (with_made.beyond, without.beyond) == ([], ["AKIA3WQUP53HKQ7V2LCK"])
