"""`role`, `assumed`, `denied`, `from`, `touched`: what the stories do not ask."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.errors import BadUse, NotFound
from lineage.model.facts import Sample, Target
from lineage.model.operations import is_refusal
from lineage.questions.assumed import Assumed
from lineage.questions.denied import Denied
from lineage.questions.denied.answer import BURST_SECONDS, Event, bursts
from lineage.questions.from_ import From
from lineage.questions.registry import blocks_of, table_of
from lineage.questions.role import Role
from lineage.questions.shared.addresses import RangeIndex, address_range, address_ranges
from lineage.questions.shared.resources import wanted
from lineage.questions.touched import Touched
from lineage.render import terminal
from lineage.render.csv import text as csv_text
from tests.aws import Cloud
from tests.conftest import ROOT

if TYPE_CHECKING:
    from lineage import Store

STORIES = Path(__file__).parent / "stories"
HOME, OTHER = "111122223333", "444455556666"
HOSTILE = "ops\x1b[2J\u202e=cmd()"


def load(store: Store, folder: Path, cloud: Cloud) -> None:
    """Load all that was simulated."""
    path = folder / "events.json"
    path.write_text(json.dumps({"Records": cloud.records}))
    store.load([path])


# names


def test_a_role_of_several_is_not_chosen(store: Store, tmp_path: Path) -> None:
    """A name that two roles have is asked back with their ARNs; what nobody has is not found."""
    cloud = Cloud()
    home, other = cloud.account("home", HOME), cloud.account("other", OTHER)
    for account in (home, other):
        cloud.assume_role(cloud.user(account, "ana"), cloud.role(account, "admin"), "ana")
    load(store, tmp_path, cloud)

    with pytest.raises(NotFound) as told:
        store.role("admin")
    assert told.value.head == "admin: 2 principals have that name; ask with one of them:"
    assert [one.split(" ")[0] for one in told.value.candidates] == [
        f"arn:aws:iam::{account}:role/admin" for account in (HOME, OTHER)
    ]
    assert not store.role("nobody").found


# networks


def test_a_list_is_read_as_people_write_it() -> None:
    """Comments, blank lines, reasons and CSV columns are no part of an entry; what is none is told."""
    lines = ["# threats", "", "198.51.100.7 # scanner", "192.0.2.0/24 ; SBL1", '"203.0.113.9",tor', "evil.example"]

    assert [(text, one.text if one else None) for text, one in address_ranges(lines)] == [
        ("198.51.100.7", "198.51.100.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ('"203.0.113.9",tor', "203.0.113.9"),
        ("evil.example", None),
    ]


@pytest.mark.parametrize("text", ["", "-", "300.1.1.1", "10.0.0.0/33", "10.0.0.9-10.0.0.1", "10.0.0.1-::1"])
def test_what_is_no_network_is_no_entry(text: str) -> None:
    """Nothing that cannot be an address becomes one."""
    assert address_range(text) is None


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_lies_in_its_network(address: object, prefix: int) -> None:
    """An address is found in the network of any size around it, and under no other version's."""
    around = address_range(f"{address}/{prefix}")
    other = address_range("::/0")
    assert around is not None
    assert other is not None

    assert RangeIndex([around, other]).matches(str(address)) == [around.text]


def test_a_name_is_matched_whole() -> None:
    """The name of a service is no beginning of another's."""
    service = address_range("ec2.amazonaws.com")
    assert service is not None

    finder = RangeIndex([service])

    assert finder.matches("ec2.amazonaws.com") == ["ec2.amazonaws.com"]
    assert finder.matches("ec2.amazonaws.com.cn") == []


def test_files_and_standard_input_are_lists(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`from` takes addresses, files and standard input together, and counts each entry once."""
    cloud = Cloud(seed=3)
    cloud.call(cloud.user(cloud.account("home"), "alice", ip="198.51.100.7"), "ec2.amazonaws.com", "DescribeVpcs")
    load(store, tmp_path, cloud)
    threats = tmp_path / "threats.txt"
    threats.write_text("198.51.100.0/24\nevil.example\n192.0.2.1\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("192.0.2.1\n203.0.113.0/24\n"))

    answer = store.from_([str(threats), "-", "198.51.100.7"])

    assert (answer.entries, answer.without_calls, answer.unread) == (4, 2, ["evil.example"])
    assert [(hit.address, hit.entries) for hit in answer.addresses] == [
        ("198.51.100.7", ["198.51.100.0/24", "198.51.100.7"])
    ]


@pytest.mark.parametrize("content", [None, "evil.example\n"])
def test_what_holds_no_address_is_refused(store: Store, tmp_path: Path, content: str | None) -> None:
    """A file that is not there, or that names no address, is one clear line."""
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_text(content)

    with pytest.raises(BadUse, match="address"):
        store.from_(str(path))


# refusals


def told(*events: tuple[int, str]) -> list[list[str]]:
    """The bursts among refusals, as operations."""
    found = bursts([Event(time, f"e{n}", api) for n, (time, api) in enumerate(events)])
    return [[event.what for event in burst] for burst in found]


SERVICES = ["a:X", "b:X", "c:X", "d:X", "e:X"]


def test_a_burst_needs_enough_services_within_its_time() -> None:
    """Five services in ten minutes are a burst, four are none, nor are five a second too late."""
    assert told(*((n, api) for n, api in enumerate(SERVICES))) == [SERVICES]
    assert told(*((n, api) for n, api in enumerate(SERVICES[:4]))) == []
    assert told(*((n, api) for n, api in enumerate(SERVICES[:4])), (BURST_SECONDS, "e:X")) == [SERVICES]
    assert told(*((n, api) for n, api in enumerate(SERVICES[:4])), (BURST_SECONDS + 1, "e:X")) == []


def test_a_burst_needs_enough_operations() -> None:
    """Ten operations of one service are a burst; one operation refused a hundred times is none."""
    assert [len(burst) for burst in told(*((n, f"s3:Op{n}") for n in range(10)))] == [10]
    assert told(*((n, "s3:GetObject") for n in range(100))) == []


def test_bursts_that_overlap_are_one_and_others_are_two() -> None:
    """What goes on without a pause is one burst; what begins again an hour later is another."""
    long = [(n * 100, SERVICES[n % 5]) for n in range(12)]
    again = [(10_000 + n, api) for n, api in enumerate(SERVICES)]

    assert [len(burst) for burst in told(*long, *again)] == [12, 5]


def test_role_enumeration_is_a_burst_of_its_own(store: Store, tmp_path: Path) -> None:
    """Five roles refused in twelve seconds over two sessions are found by name; the same role again, and three roles,
    are none; nor are four roles over more than a minute."""
    cloud = Cloud(seed=5)
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    roles = [cloud.role(work, f"r{n}") for n in range(5)]
    alice, bob, carol = (cloud.user(home, name) for name in ("alice", "bob", "carol"))
    sessions = [cloud.assume_role(alice, cloud.role(home, "build"), f"s{n}") for n in range(2)]
    cloud.tick(100)
    for n, role in enumerate(roles):
        cloud.deny_assume_role(sessions[n % 2], role)
        cloud.tick(3 if n < 4 else 100)
    for role in (roles[:3] * 4)[:10]:
        cloud.deny_assume_role(bob, role)
    for role in roles[:4]:
        cloud.deny_assume_role(carol, role)
        cloud.tick(21)
    load(store, tmp_path, cloud)

    (burst,) = store.denied().bursts
    (found,) = store.hunt(["role-enumeration"]).findings

    assert (burst.kind, burst.count, burst.nodes_total, burst.whose.name) == ("roles", 5, 2, "alice")
    assert burst.roles == [role.arn for role in roles]
    assert [one.value for one in burst.operations] == ["sts:AssumeRole"]
    assert (found.count, found.whose.name if found.whose else None) == (5, "alice")
    assert "refused 5 different roles in " in found.statement
    assert found.statement.endswith("seconds: r0, r1, r2, r3, r4")
    assert found.event_ids == burst.event_ids


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        ("AccessDeniedException", True),
        ("Client.UnauthorizedOperation", True),
        ("VpceAccessDenied", True),
        ("NotAuthorizedException", True),
        ("ThrottlingException", False),
        ("ExpiredToken", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_missing_permission_is_a_refusal(error: str | None, refused: bool) -> None:
    """Errors that say "you may not" are told from those that say something else."""
    assert is_refusal(error) is refused


def test_success_in_the_hour_of_the_refusal_comes_after_it(store: Store, tmp_path: Path) -> None:
    """A grant in the same hour, but before the refusal, is no success after it."""
    cloud = Cloud(seed=5, plain_ids=True)
    home = cloud.account("home")
    alice, admin = cloud.user(home, "alice"), cloud.role(home, "admin", "/ops/")
    for step in ("grant", "refuse", "grant", "grant"):
        cloud.tick(60)
        if step == "grant":
            cloud.assume_role(alice, admin, "alice")
        else:
            cloud.deny_assume_role(alice, admin)
    load(store, tmp_path, cloud)

    (caller,) = store.denied().assumptions

    assert caller.roles[0].role_arn == f"arn:aws:iam::{home}:role/admin"
    assert caller.roles[0].success is not None
    assert caller.roles[0].success.event_ids == ["e0000000-0000-4000-8000-000000000003"]


# roles


def test_renewals_of_one_role_are_one_line(store: Store, tmp_path: Path) -> None:
    """A role that renews itself is told once, with all its grants and the nearest of them."""
    cloud = Cloud(seed=7)
    home = cloud.account("home")
    alice, role = cloud.user(home, "alice"), cloud.role(home, "juggler")
    session = cloud.assume_role(alice, role, "a")
    for _ in range(4):
        cloud.tick(3000)
        session = cloud.assume_role(session, role, "a")
    load(store, tmp_path, cloud)
    assert alice.key is not None

    lines = store.assumed(alice.key).roles

    assert [(line.hops, line.count, line.through) for line in lines] == [(1, 1, None), (2, 4, role.arn)]


def test_a_role_that_was_only_refused_is_found(store: Store, tmp_path: Path) -> None:
    """Nobody has had the role, but somebody asked for it."""
    cloud = Cloud(seed=9)
    home = cloud.account("home")
    role = cloud.role(home, "vault")
    cloud.deny_assume_role(cloud.user(home, "alice"), role)
    load(store, tmp_path, cloud)

    answer = store.role(role.arn)

    assert (answer.found, answer.callers, answer.sessions_total) == (True, [], 0)
    assert [one.name for one in answer.refused] == ["alice"]


def test_a_role_made_again_has_two_ids(store: Store, tmp_path: Path) -> None:
    """Sessions under two unique IDs say that the role was deleted and made again."""
    cloud = Cloud(seed=11)
    home = cloud.account("home")
    alice, before, after = cloud.user(home, "alice"), cloud.role(home, "app"), cloud.role(home, "app")
    cloud.assume_role(alice, before, "a")
    cloud.tick(60)
    cloud.assume_role(alice, after, "a")
    load(store, tmp_path, cloud)

    assert store.role(after.arn).unique_ids == [before.id, after.id]


def test_what_is_no_identity_is_refused_in_one_line(store: Store, tmp_path: Path) -> None:
    """A user is no role, and an account has no credentials of its own."""
    cloud = Cloud(seed=13)
    home = cloud.account("home")
    alice = cloud.user(home, "alice")
    cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs")
    load(store, tmp_path, cloud)

    with pytest.raises(BadUse, match="not the credentials of one role"):
        store.role(alice.arn)
    with pytest.raises(BadUse, match="has no credentials"):
        store.assumed(home)


def test_an_empty_store_answers(store: Store) -> None:
    """Nothing loaded: nothing found, and no error."""
    role = "arn:aws:iam::111122223333:role/x"

    assert [store.role(role).found, store.assumed(role).found, store.touched(role).found] == [False] * 3
    assert store.from_("0.0.0.0/0").found is False
    assert store.denied().calls == 0


# resources


@pytest.mark.parametrize(
    ("ask", "key", "type_", "account", "name", "same"),
    [
        ("ledger", "arn:aws:s3:::ledger", "AWS::S3::Bucket", None, "ledger", True),
        ("arn:aws:s3:::ledger/a/b", "arn:aws:s3:::ledger", "AWS::S3::Bucket", None, "ledger", True),
        ("arn:aws:s3:::ledger", "arn:aws:s3:::ledger2", "AWS::S3::Bucket", None, "ledger2", False),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:db-AbCdEf", "1:AWS::SecretsManager::Secret:db",
         "AWS::SecretsManager::Secret", "1", "db", True),
        ("arn:aws:iam::1:role/ops/x", "1:AWS::IAM::Role:x", "AWS::IAM::Role", "1", "x", True),
        ("arn:aws:iam::1:role/x", "2:AWS::IAM::Role:x", "AWS::IAM::Role", "2", "x", False),
        ("arn:aws:lambda:eu-west-1:1:function:f:PROD", "1:AWS::Lambda::Function:f", "AWS::Lambda::Function", "1", "f",
         True),
        ("arn:aws:lambda:eu-west-1:1:function:f", "1:AWS::DynamoDB::Table:f", "AWS::DynamoDB::Table", "1", "f", False),
        ("804275613390:AWS::EC2::Instance:i-1", "arn:aws:ec2:eu-west-1:804275613390:instance/i-1",
         "AWS::EC2::Instance", "804275613390", "i-1", True),
    ],
)  # fmt: skip
def test_a_resource_is_known_by_each_of_its_names(
    ask: str, key: str, type_: str, account: str | None, name: str, same: bool
) -> None:
    """ARN, name and ID of one thing find it; the same name in another account, service or type does not."""
    assert wanted(ask).is_target(Target(key=key, type=type_, account=account, id=name)) is same


def test_an_example_names_a_resource_as_a_whole_value() -> None:
    """A name is found in a request where it is a value, not as a part of one, and in its own service alone."""
    bucket = wanted("arn:aws:s3:::ledger")
    request = Sample(time=0, event_id="e", parameters='{"bucketName":"ledger"}')
    longer = Sample(time=0, event_id="e", parameters='{"bucketName":"ledger-old"}')
    item = Sample(time=0, event_id="e", resources=("arn:aws:s3:::ledger/a",))

    assert [bucket.is_in(one, "s3", "1") for one in (request, longer, item)] == [True, False, True]
    assert bucket.is_in(request, "glue", "1") is False


@pytest.mark.parametrize("ask", ["payout", "{arn}", "{arn}:live", "111122223333:AWS::Lambda::Function:payout"])
def test_a_function_is_one_resource(store: Store, tmp_path: Path, ask: str) -> None:
    """Called, changed and shared by ARN, partial ARN and name, it is one resource for every way to ask for it."""
    cloud = Cloud(seed=3)
    home = cloud.account("home", "111122223333")
    alice, arn = cloud.user(home, "alice"), f"arn:aws:lambda:eu-west-1:{home}:function:payout"
    for name in ("payout", "payout:live", arn, f"{arn}:7", f"{home}:function:payout", "function:payout"):
        made = {"functionName": "payout", "functionArn": f"{arn}:7"}
        request = {"functionName": name}
        cloud.call(alice, "lambda.amazonaws.com", "UpdateFunctionCode20150331v2", request=request, response=made)
        cloud.call(alice, "lambda.amazonaws.com", "AddPermission20150331v2", request=request)
    load(store, tmp_path, cloud)

    found = store.touched(ask.format(arn=arn))

    assert (found.resources, found.resources_total, found.calls, found.deeds_total) == ([arn], 1, 12, 12)


# text


def test_hostile_text_stays_text(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a caller chose moves no cursor, turns no line around and is no formula."""
    cloud = Cloud(seed=15)
    home = cloud.account("home")
    alice, role = cloud.user(home, "alice"), cloud.role(home, "app")
    session = cloud.assume_role(alice, role, HOSTILE)
    cloud.deny_assume_role(session, role)
    cloud.call(session, "s3.amazonaws.com", "PutBucketPolicy", request={"bucketName": HOSTILE}, read_only=False,
               error=HOSTILE)  # fmt: skip
    load(store, tmp_path, cloud)
    answers: list[Role | Assumed | Denied | From | Touched] = [
        store.role(role.arn), store.assumed(alice.arn), store.denied(), store.from_(alice.ip), store.touched(HOSTILE),
    ]  # fmt: skip

    for answer in answers:
        terminal.show(blocks_of(answer))
        table = csv_text(*table_of(answer))

        assert answer.found
        assert {"\x1b", "\u202e"} & set(capsys.readouterr().out + table) == set()
        assert [cell for line in table.splitlines() for cell in line.split(",") if cell.startswith("=")] == []


def test_a_session_whose_grant_was_lost_can_be_asked(store: Store) -> None:
    """The chain goes on through live sessions of the caller; that leaves what the reader remembers as it is."""
    store.load([ROOT / "tests" / "stories" / "callers-copy-lost" / "events.json"])

    answer = store.assumed("111122223333/AROARTX3GSDSZWC4SJGDA:vendor/2026-03-02T08:01:20Z")

    assert answer.whose is not None
    assert answer.whose.kind == "IAMUser"
    assert answer.whose.confidence == "LIKELY"
