"""The simulator writes what CloudTrail writes: each test holds it against a fact of the field guide."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings

from tests.aws import Cloud, Identity, Json, iso
from tests.aws.files import concatenated, history_csv, log_events, lookup_events, s3_files
from tests.strategies import clouds

READ = ("ec2.amazonaws.com", "DescribeInstances")


def account_in(unique_id: str) -> str:
    """The account encoded in a key or unique ID, by the method of guide §6.2."""
    head = int.from_bytes(base64.b32decode(unique_id[4:20])[:6], "big")
    return f"{(head & 0x7FFFFFFFFF80) >> 7:012d}"


def last(cloud: Cloud, name: str) -> Json:
    """The last record of that event name."""
    return next(r for r in reversed(cloud.records) if r["eventName"] == name)


def created(record: Json) -> str:
    """`creationDate` of the record's caller."""
    return str(record["userIdentity"]["sessionContext"]["attributes"]["creationDate"])


def test_ids_hold_their_account() -> None:
    """Keys and unique IDs decode to the account that they were made in (guide §6.2)."""
    cloud = Cloud(1)
    account = cloud.account("home", "029608264753")
    user, role = cloud.user(account, "ana"), cloud.role(account, "admin")

    assert [account_in(i) for i in (user.key or "", user.principal_id, role.id)] == [account] * 3
    assert (len(user.key or ""), len(role.id)) == (20, 21)


def test_same_seed_same_records() -> None:
    """The same seed and actions write the same records."""

    def play() -> list[Json]:
        cloud = Cloud(3)
        cloud.call(cloud.user(cloud.account("home"), "ana"), *READ)
        return cloud.records

    assert play() == play()


def test_creation_date_is_the_second_of_the_grant() -> None:
    """Later calls carry the granting event's time as creationDate (guide §0.2, fact 1)."""
    cloud = Cloud(1)
    account = cloud.account("home")
    user, role = cloud.user(account, "ana"), cloud.role(account, "admin")
    grants: list[Callable[[], Identity]] = [
        lambda: cloud.assume_role(user, role),
        lambda: cloud.saml(role, "fay"),
        lambda: cloud.web_identity(role, "repo:a"),
        lambda: cloud.get_session_token(user),
        lambda: cloud.get_federation_token(user, "fed"),
        lambda: cloud.console_login(user),
        lambda: cloud.ec2(role, "i-1"),
    ]
    for grant in grants:
        when = iso(cloud.tick(10))
        session = grant()
        cloud.tick(30)
        cloud.call(session, *READ)

        assert created(cloud.records[-1]) == when
        assert cloud.truth[cloud.records[-1]["eventID"]].depth == 1


def test_copies_of_one_call_share_what_aws_shares() -> None:
    """Both account copies have one sharedEventID, request ID and response, and two event IDs (guide §3)."""
    cloud = Cloud(1)
    user = cloud.user(cloud.account("home"), "ana")
    cloud.assume_role(user, cloud.role(cloud.account("work"), "admin"))
    ours, theirs = cloud.records

    assert all(ours[f] == theirs[f] for f in ("sharedEventID", "requestID", "responseElements", "eventTime"))
    assert ours["eventID"] != theirs["eventID"]
    assert theirs["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": user.principal_id,
        "accountId": user.account,
    }


def test_outside_account_leaves_the_role_copy_alone() -> None:
    """A vendor's assumption is seen as the role account's copy, and its truth is the outside account."""
    cloud = Cloud(1)
    vendor = cloud.user(cloud.account("vendor", logged=False), "scanner")
    session = cloud.assume_role(vendor, cloud.role(cloud.account("home"), "audit"))

    assert [r["userIdentity"]["type"] for r in cloud.records] == ["AWSAccount"]
    assert (session.truth.kind, session.truth.id) == (
        "ExternalAccount",
        f"{vendor.account}:{vendor.principal_id}",
    )


def test_keys_of_browser_sessions_were_never_issued() -> None:
    """Console, single sign-on and `aws login` use keys that no event issued (guide §0.2, facts 2 and 8)."""
    cloud = Cloud(1)
    account = cloud.account("home")
    directory, person = cloud.directory(account), cloud.person("dora")
    role = cloud.permission_set(directory, account, "Power")
    console = cloud.console_login(cloud.user(account, "ana"))
    for session in (console, cloud.sso_cli(directory, person, role), cloud.aws_login(console)):
        cloud.call(session, *READ)
    used = [r["userIdentity"]["accessKeyId"] for r in cloud.records if r["eventName"] == READ[1]]
    issued = [(r["responseElements"] or {}).get("credentials", {}).get("accessKeyId") for r in cloud.records]

    assert len(set(used)) == 3
    assert not set(used) & set(issued)


def test_compute_services_leave_out_the_assumed_user() -> None:
    """ec2, lambda and ecs-tasks log no assumedRoleUser; pods and linked services do (guide §0.2, fact 5)."""
    cloud = Cloud(1)
    account = cloud.account("home")
    role, other = cloud.role(account, "task"), cloud.role(account, "execution")
    node = cloud.ec2(role, "i-1")
    cloud.lambda_function(role, "fn")
    cloud.ecs_task(other, role, "d190d14a")

    assert not any("assumedRoleUser" in (r["responseElements"] or {}) for r in cloud.records)

    cloud.eks_pod(node, role, "shop", "default", "cart")
    cloud.service_linked("config.amazonaws.com", account, "Config", "AWSConfig-Describe")

    assert all("assumedRoleUser" in r["responseElements"] for r in cloud.records[-2:])


def test_switching_writes_the_quadruple() -> None:
    """SwitchRole is two copies of AssumeRole and a sign-in event of the target at once (guide §2.7)."""
    cloud = Cloud(1)
    console = cloud.console_login(cloud.user(cloud.account("home"), "bob"))
    cloud.tick(60)
    session = cloud.switch_role(console, cloud.role(cloud.account("work"), "admin"))
    caller, owner, switch = cloud.records[-3:]

    assert [r["eventName"] for r in (caller, owner, switch)] == ["AssumeRole", "AssumeRole", "SwitchRole"]
    assert len({r["eventTime"] for r in (caller, owner, switch)}) == 1
    assert switch["userIdentity"]["principalId"] == session.principal_id
    assert switch["additionalEventData"]["SwitchFrom"] == console.arn
    assert caller["userIdentity"]["invokedBy"] == "AWS Internal"


def test_forward_access_has_its_own_key() -> None:
    """A service acts on with a new key: a user's creationDate is new, a session's stays (guide §2.12)."""
    cloud = Cloud(1)
    account = cloud.account("home")
    user = cloud.user(account, "ana")
    session = cloud.assume_role(user, cloud.role(account, "admin"))
    cloud.tick(100)
    for who in (user, session):
        cloud.forward(who, ("ssm.amazonaws.com", "GetParameter"), ("kms.amazonaws.com", "Decrypt"))
        parent, child = cloud.records[-2:]

        assert child["userIdentity"]["invokedBy"] == parent["eventSource"] == child["sourceIPAddress"]
        assert child["userIdentity"]["accessKeyId"].startswith("ASIA")
        assert child["userIdentity"]["accessKeyId"] != parent["userIdentity"]["accessKeyId"]
    assert created(cloud.records[-1]) == iso(session.created or 0)


def test_refusal_names_the_role_only_in_its_text() -> None:
    """A refused AssumeRole has null parameters and stays in the caller's account (guide §7.1)."""
    cloud = Cloud(1)
    role = cloud.role(cloud.account("work"), "admin")
    cloud.deny_assume_role(cloud.user(cloud.account("home"), "ana"), role)
    (record,) = cloud.records

    assert record["requestParameters"] is None
    assert record["responseElements"] is None
    assert role.arn in record["errorMessage"]


def test_assumed_root_says_so() -> None:
    """Calls of an AssumeRoot session are the member's root with `assumedRoot` (guide §2.4)."""
    cloud = Cloud(1)
    admin, member = cloud.user(cloud.account("hub"), "ana"), cloud.account("member")
    cloud.call(cloud.assume_root(admin, member), "iam.amazonaws.com", "GetAccountSummary")
    said = cloud.records[-1]["userIdentity"]

    assert (said["type"], said["principalId"]) == ("Root", member)
    assert said["sessionContext"]["assumedRoot"] == "true"


def test_wrappings_hold_every_record() -> None:
    """Each other form of the same records holds each of them once (guide §9.1)."""
    cloud = Cloud(1)
    user = cloud.user(cloud.account("home"), "ana")
    for _ in range(3):
        cloud.tick(1800)
        cloud.call(user, *READ)
    ids = [r["eventID"] for r in cloud.records]

    assert [e["EventId"] for e in lookup_events(cloud.records)["Events"]] == ids
    assert [json.loads(e["message"])["eventID"] for e in log_events(cloud.records)["logEvents"]] == ids
    assert [line.split(",")[11] for line in history_csv(cloud.records).splitlines()[1:]] == ids
    assert concatenated(cloud.records).count('"eventVersion"') == 3
    assert sorted(r["eventID"] for f in s3_files(cloud.records).values() for r in f) == sorted(ids)


def test_recreated_role_keeps_its_name_alone() -> None:
    """A role made again has the old ARN and another unique ID (guide §6.3)."""
    cloud = Cloud(1)
    account = cloud.account("home")
    first, second = cloud.role(account, "admin"), cloud.role(account, "admin")

    assert first.arn == second.arn
    assert first.id != second.id
    assert replace(first, id=second.id) == second


@settings(max_examples=25, deadline=None)
@given(clouds())
def test_histories_are_sound(cloud: Cloud) -> None:
    """Every record of a random history has its own ID and a truth, and no session acts before its grant."""
    ids = [r["eventID"] for r in cloud.records]

    assert len(set(ids)) == len(ids)
    assert set(ids) == set(cloud.truth)
    assert all(created(r) <= r["eventTime"] for r in cloud.records if "sessionContext" in r["userIdentity"])
