"""`names`, `hunt`, `coverage`, `central`: what the stories do not ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import pytest

import lineage
from lineage import cli
from lineage.model.errors import BadUse
from lineage.model.results import Window
from lineage.questions.central import Central
from lineage.questions.central import answer as central
from lineage.questions.central.answer import betweenness
from lineage.questions.coverage import Coverage
from lineage.questions.hunt import Hunt
from lineage.questions.hunt.answer import NAMES, RULES
from lineage.questions.names import Names
from lineage.questions.names.answer import default_name, demanded, normal
from lineage.questions.registry import blocks_of, table_of
from lineage.questions.shared.log_coverage import in_words, log_coverage
from lineage.render import terminal
from lineage.render.csv import text as csv_text
from tests.aws import Cloud
from tests.conftest import ROOT

if TYPE_CHECKING:
    from lineage import Store

HOSTILE = "ops\x1b[2J\u202e=cmd()"
HOUR = 3600


def load(store: Store, folder: Path, cloud: Cloud) -> None:
    """Load all that was simulated."""
    path = folder / "events.json"
    path.write_text(json.dumps({"Records": cloud.records}))
    store.load([path])


def rules(answer: Hunt) -> list[str]:
    """The rules of the findings, in order."""
    return [one.rule for one in answer.findings]


# names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "Alice"),
        ("alice.smith", "alice-smith"),
        ("alice.smith@corp.example", "alice_smith"),
        ("alice+aws@corp.example", "alice@other.example"),
        ("CORP\\alice", "alice"),
    ],
)
def test_spellings_of_one_name_are_one(one: str, other: str) -> None:
    """Case, separators, domain and plus-tag make no other name."""
    assert normal(one) == normal(other)


def test_different_names_stay_different() -> None:
    """No two people become one by their spelling."""
    assert len({normal(name) for name in ("alice", "alice2", "alicia", "bob", "ali.ce.b")}) == 5


@pytest.mark.parametrize(
    "name",
    [
        "botocore-session-1700000000", "i-0a41c7d2e95b3f608", "mi-0a41c7d2e95b3f608", "aws-go-sdk-1700000000000000000",
        "AWSCLI-Session", "aws-sdk-js-1700000000000", "1700000000", "4c27f9d8-0a5a-4c1d-9e2b-1f0e7d7a4c27",
        "GitHubActions", "ec2.amazonaws.com", "AWSCodeBuild-4c27f9d8", "session", "terraform",
        "CLOUDWATCH_LOGS_DELIVERY_SESSION",
    ],
)  # fmt: skip
def test_default_names_are_known(name: str) -> None:
    """What SDKs, services and tools fill in names nobody."""
    assert default_name(name) is not None


@pytest.mark.parametrize("name", ["alice", "ops-maintenance", "deploy", "sessions-of-alice", "terry", "eks", "clint"])
def test_other_names_are_no_defaults(name: str) -> None:
    """A name that somebody chose is held against the people of the store."""
    assert default_name(name) is None


def policy(*statements: dict[str, object]) -> str:
    """A trust policy of statements that each let an account in."""
    every = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [every | one for one in statements]})


NAME = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
IDENTITY = {"StringLike": {"sts:SourceIdentity": "*"}}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (policy({}), set()),
        (policy({"Condition": NAME}), {"sts:RoleSessionName"}),
        (policy({"Condition": NAME | IDENTITY}), {"sts:RoleSessionName", "sts:SourceIdentity"}),
        (policy({"Condition": {"StringLike": {"STS:rolesessionname": "a*"}}}), {"sts:RoleSessionName"}),
        (policy({"Condition": {"StringLike": {"sts:RoleSessionName": "*"}}}), set()),
        (policy({"Condition": {"StringEqualsIfExists": {"sts:SourceIdentity": "bob"}}}), set()),
        (policy({"Condition": NAME}, {}), set()),
        (policy({"Condition": NAME}, {"Condition": NAME | IDENTITY}), {"sts:RoleSessionName"}),
        (policy({"Condition": NAME}, {"Principal": {"Service": "ec2.amazonaws.com"}}), {"sts:RoleSessionName"}),
        (policy({}, {"Effect": "Deny", "Condition": {"Null": {"sts:SourceIdentity": "true"}}}), {"sts:SourceIdentity"}),
        (policy({}, {"Effect": "Deny", "Condition": {"StringNotEquals": {"sts:RoleSessionName": "x"}}}),
         {"sts:RoleSessionName"}),
        ('{"Statement": []}', set()),
    ],
)  # fmt: skip
def test_a_trust_policy_demands_only_what_every_way_in_demands(document: str, names: set[str]) -> None:
    """One way in without the condition lets any name in; only operators that refuse a missing value count."""
    found = demanded(document)

    assert found is not None
    assert set(found) == names


@pytest.mark.parametrize("document", ["", "no json", '{"Statement": [1]}', policy({})[:-10], None, "[]"])
def test_a_policy_that_cannot_be_read_demands_nothing_known(document: str | None) -> None:
    """A policy that was cut, or that is none, is told apart from one that demands nothing."""
    assert demanded(document) is None


def test_one_caller_needs_no_name(store: Store, tmp_path: Path) -> None:
    """A role that one user alone assumes gains nothing from a demand; two users' through another role does."""
    cloud = Cloud(seed=41)
    home = cloud.account("home")
    alice, bob = cloud.user(home, "alice"), cloud.user(home, "bob")
    own, entry, shared = cloud.role(home, "own"), cloud.role(home, "entry"), cloud.role(home, "shared")
    cloud.assume_role(alice, own, "alice")
    for who in (alice, bob):
        cloud.tick(60)
        cloud.assume_role(cloud.assume_role(who, entry, "x"), shared, "x")
    load(store, tmp_path, cloud)

    advice = {one.role_arn.rsplit("/", 1)[-1]: (one.helps, one.demand) for one in store.names().roles}

    assert advice == {
        "own": ("no", None),
        "entry": ("yes", "sts:RoleSessionName"),
        "shared": ("yes", "sts:SourceIdentity"),
    }


# hunt


def test_every_rule_says_what_it_cannot_see() -> None:
    """A rule has a name of its own, a title, what it finds and its limits."""
    assert len(set(NAMES)) == len(NAMES) == 12
    assert [rule.name for rule in RULES if not (rule.title and rule.about and rule.limits)] == []


def test_an_unknown_rule_is_refused_with_the_known_ones(store: Store) -> None:
    """A name that is no rule's is one line, which lists the rules."""
    with pytest.raises(BadUse, match="no-such-rule: unknown rule; the rules are trails-stopped, "):
        store.hunt("no-such-rule")


@pytest.mark.parametrize("given", ["12", "no-such-file", ["123456789012", "x"], " , "])
def test_known_accounts_that_are_none_are_refused(store: Store, given: str | list[str]) -> None:
    """What is neither an account ID nor a file of them is one clear line."""
    with pytest.raises(BadUse, match="account"):
        store.hunt(known_accounts=given)


def test_known_accounts_come_from_a_file(store: Store, tmp_path: Path) -> None:
    """The table that names accounts also says which are one's own."""
    cloud = Cloud(seed=43)
    home, vendor = cloud.account("home", "111122223333"), cloud.account("vendor", "444455556666", logged=False)
    cloud.assume_role(cloud.user(vendor, "v"), cloud.role(home, "hub"), "v")
    load(store, tmp_path, cloud)
    cloud.save_accounts(tmp_path / "accounts.csv")
    (tmp_path / "ours.txt").write_text("# ours\n111122223333\n")

    assert rules(store.hunt("foreign-accounts")) == ["foreign-accounts"]
    assert rules(store.hunt("foreign-accounts", known_accounts=str(tmp_path / "ours.txt"))) == ["foreign-accounts"]
    assert rules(store.hunt("foreign-accounts", known_accounts=str(tmp_path / "accounts.csv"))) == []


@pytest.mark.parametrize(("steps", "found"), [((3000, 3000), ["juggling"]), ((1500, 1500), []), ((3500,), [])])
def test_juggling_is_renewal_past_the_hour(
    store: Store, tmp_path: Path, steps: tuple[int, ...], found: list[str]
) -> None:
    """A session that renews itself is found once its renewals have carried it past an hour, and not before."""
    cloud = Cloud(seed=45)
    home = cloud.account("home")
    alice, role = cloud.user(home, "alice"), cloud.role(home, "juggler")
    first = cloud.assume_role(alice, role, "a")
    cloud.tick(5)
    session = cloud.assume_role(first, role, "a")
    for seconds in steps:
        cloud.tick(seconds)
        session = cloud.assume_role(session, role, "a")
    load(store, tmp_path, cloud)

    assert rules(store.hunt()) == found


def test_fresh_sessions_are_no_renewals(store: Store, tmp_path: Path) -> None:
    """Somebody who assumes a role again and again with a long-term key renews nothing out of itself."""
    cloud = Cloud(seed=47)
    home = cloud.account("home")
    alice, role = cloud.user(home, "alice"), cloud.role(home, "ops")
    for _ in range(6):
        cloud.assume_role(alice, role, "a")
        cloud.tick(2000)
    load(store, tmp_path, cloud)

    assert store.hunt().findings == []


def test_a_caller_is_new_only_against_enough_history(store: Store, tmp_path: Path) -> None:
    """Four grants are no history, five over a day are; a kind that comes back within 14 days is not new."""
    cloud = Cloud(seed=49)
    home = cloud.account("home")
    alice = cloud.user(home, "alice")
    little, much = cloud.role(home, "little"), cloud.role(home, "much")
    for role, times in ((little, 4), (much, 5)):
        for number in range(times):
            cloud.service_session("lambda.amazonaws.com", role, f"f{number}")
            cloud.tick(8 * HOUR)
        for _ in range(2):
            cloud.assume_role(alice, role, "alice")
            cloud.tick(60)
    load(store, tmp_path, cloud)

    found = store.hunt("new-caller-kind").findings

    assert [one.subject for one in found] == [f"Principal {much.arn}"]


def test_an_instance_behind_a_common_nat_is_no_finding(store: Store, tmp_path: Path) -> None:
    """A network that several workloads of the account call from is the account's own, whoever called there first."""
    cloud = Cloud(seed=51)
    home = cloud.account("home")
    role = cloud.role(home, "web")
    for number in range(3):
        instance = cloud.ec2(role, f"i-0a41c7d2e95b3f60{number}", ip=f"203.{number}.113.5")
        cloud.call(instance, "ec2.amazonaws.com", "DescribeTags")
        cloud.tick(60)
        cloud.call(instance, "ec2.amazonaws.com", "DescribeTags", ip="198.51.100.9")
        cloud.tick(60)
    load(store, tmp_path, cloud)

    assert store.hunt("instance-elsewhere").findings == []


def test_hunt_and_who_name_one_origin(store: Store, tmp_path: Path) -> None:
    """A user that only called by itself, and a call that states no session but that of the one that was live."""
    cloud = Cloud(seed=63, plain_ids=True)
    home = cloud.account("home")
    bob, alice = cloud.user(home, "bob"), cloud.user(home, "alice")
    ops = cloud.assume_role(alice, cloud.role(home, "ops"), "alice")
    cloud.tick(60)
    alone = cloud.call(bob, "cloudtrail.amazonaws.com", "StopLogging", request={"name": "main"}, read_only=False,
                       error="AccessDenied", identity={key: value for key, value in cloud.identity(bob).items()
                                                       if key != "accessKeyId"})  # fmt: skip
    bare = {key: value for key, value in cloud.identity(ops).items() if key not in ("sessionContext", "accessKeyId")}
    live = cloud.call(ops, "cloudtrail.amazonaws.com", "StopLogging", request={"name": "main"}, read_only=False,
                      identity=bare)  # fmt: skip
    load(store, tmp_path, cloud)

    found = {one.event_ids[0]: one for one in store.hunt("trails-stopped").findings}

    assert {event: one.whose.name for event, one in found.items() if one.whose} == {alone: "bob", live: "alice"}
    for event, one in found.items():
        (said,) = store.who(event).answers
        assert one.whose is not None
        assert (one.whose.id, one.whose.confidence) == (said.origin.id, said.confidence)
        assert f"credentials of {said.origin.name}" in one.statement


def test_names_that_lie_about_who_it_is_are_found(store: Store, tmp_path: Path) -> None:
    """The name of another user, of an Identity Center user by name and by e-mail, of one that only signed in at the
    portal, and the owner's name on a key that another made are lies; the maker's own name is none, and neither is the
    owner's on a key that a pipeline made."""
    cloud = Cloud(seed=66)
    home, work = cloud.account("home"), cloud.account("work")
    mallory, bob, carol = (cloud.user(home, name) for name in ("mallory", "bob", "carol"))
    deploy, directory = cloud.role(home, "deploy"), cloud.directory(home)
    cloud.sso_cli(directory, cloud.person("erin.stone@corp.example"), cloud.permission_set(directory, work, "Admin"))
    cloud.portal_sign_in(directory, cloud.person("frank.lee"))
    cloud.call(carol, "ec2.amazonaws.com", "DescribeVpcs")
    pipeline = cloud.web_identity(cloud.role(home, "ci"), "repo:meridian/checkout")
    keys = {"mallory": mallory, "made": cloud.create_access_key(mallory, bob),
            "pipeline": cloud.create_access_key(pipeline, carol)}  # fmt: skip
    told = [("mallory", "carol"), ("mallory", "erin.stone"), ("mallory", "frank.lee@corp.example"), ("made", "bob"),
            ("made", "mallory"), ("pipeline", "carol")]  # fmt: skip
    for key, name in told:
        cloud.tick(60)
        cloud.assume_role(keys[key], deploy, name)
    load(store, tmp_path, cloud)

    found = [one for one in store.names(deploy.arn).names if one.what == "session name"]
    every = [one for one in store.names().names if one.role_arn == deploy.arn]

    assert {(one.name, one.whose.name, one.verdict) for one in found} == {
        ("carol", "mallory", "names-another"), ("erin.stone", "mallory", "names-another"),
        ("frank.lee@corp.example", "mallory", "names-another"), ("bob", "bob", "names-another"),
        ("mallory", "bob", "names-origin"), ("carol", "carol", "names-origin"),
    }  # fmt: skip
    assert [one.why for one in found if one.name == "bob"] == ["the key behind it was made by mallory"]
    assert every == found


def test_the_sums_of_names_add_up(store: Store, tmp_path: Path) -> None:
    """Sessions of users have no session name; with them the numbers are all sessions."""
    cloud = Cloud(seed=64)
    home = cloud.account("home")
    alice = cloud.user(home, "alice")
    cloud.user(home, "bob")
    for name in ("alice", "bob", "botocore-session-1772438400"):
        cloud.assume_role(alice, cloud.role(home, f"role-{name}"), name)
        cloud.tick(60)
    cloud.call(cloud.get_session_token(alice), "ec2.amazonaws.com", "DescribeVpcs")
    load(store, tmp_path, cloud)

    answer = store.names()
    parts = (answer.names_another, answer.names_origin, answer.names_nobody, answer.not_known, answer.unnamed)

    assert parts == (0, 1, 2, 0, 1)
    assert answer.sessions == sum(parts)


# coverage


@pytest.mark.parametrize(
    ("kind", "counted"), [("IAMUser", True), ("Root", True), ("AssumedRole", True), ("AWSAccount", False)]
)
def test_a_record_without_a_recipient_counts_for_the_account_that_it_can_only_come_from(
    store: Store, tmp_path: Path, kind: str, counted: bool
) -> None:
    """A full identity stands in its own account's log alone; another account's copy may come from anywhere."""
    cloud = Cloud(seed=65)
    home = cloud.account("home", "111122223333")
    alice = cloud.user(home, "alice")
    who = {
        "IAMUser": alice,
        "Root": cloud.root(home),
        "AssumedRole": cloud.assume_role(alice, cloud.role(home, "a"), "a"),
    }
    cloud.records.clear()
    outside = {"type": "AWSAccount", "principalId": alice.principal_id, "accountId": home}
    cloud.call(who.get(kind, alice), "s3.amazonaws.com", "ListBuckets", identity=None if counted else outside)
    del cloud.records[0]["recipientAccountId"]
    load(store, tmp_path, cloud)

    answer = store.coverage()

    assert [(one.account, one.events) for one in answer.covered] == ([(home, 1)] if counted else [])
    assert any("1 events name no account" in text for text in answer.cannot) is not counted


def test_no_logs_is_said_only_where_none_are_loaded(store: Store, tmp_path: Path) -> None:
    """An account that is quiet in a window is told from one of which nothing is loaded, and from an empty store."""
    assert in_words(store.hunt().sight) == "based on no events: no logs are loaded"
    cloud = Cloud(seed=66, start="2026-03-02T08:00:00Z")
    home, away = cloud.account("home", "111122223333"), cloud.account("away", "444455556666", logged=False)
    alice = cloud.user(home, "alice")
    cloud.assume_role(alice, cloud.role(home, "ops"), "alice")
    load(store, tmp_path, cloud)
    quiet = store.hunt(since="2026-03-05T00:00:00Z", until="2026-03-06T00:00:00Z").sight
    both = log_coverage(store._store, [home, away], Window(1772668800, 1772755200))

    assert (quiet.unlogged, quiet.events) == ([], 0)
    assert in_words(quiet) == (
        "based on no events: no event of 111122223333 is loaded for that time, although others are"
    )
    assert both.unlogged == [away]
    assert [(gap.account, gap.why) for gap in both.gaps] == [(home, "no events"), (away, "no logs loaded")]
    assert in_words(both).endswith("although others are; no logs are loaded for 444455556666")


def test_a_quiet_region_is_told_where_it_is_busy_otherwise(store: Store, tmp_path: Path) -> None:
    """A region with events nearly every hour that falls silent while another goes on is a gap of its own; a region of
    a few events is none."""
    cloud = Cloud(seed=53, start="2026-03-02T00:00:00Z")
    alice = cloud.user(cloud.account("home"), "alice")
    for hour in range(40):
        cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs", region="eu-west-1")
        if not 20 <= hour < 30:
            cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs", region="us-east-1")
        if hour in (2, 38):
            cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs", region="sa-east-1")
        cloud.tick(HOUR)
    load(store, tmp_path, cloud)

    (gap,) = store.coverage().gaps

    assert (gap.region, gap.since, gap.until) == ("us-east-1", "2026-03-02T19:00:01Z", "2026-03-03T05:59:59Z")


@pytest.mark.parametrize(("seconds", "gaps"), [(6 * HOUR, 0), (6 * HOUR + 1, 1), (7 * HOUR - 1, 1)])
def test_a_gap_is_more_than_six_hours(store: Store, tmp_path: Path, seconds: int, gaps: int) -> None:
    """Events that lie up to six hours apart leave no gap, to the second."""
    cloud = Cloud(seed=55, start="2026-03-02T00:59:59Z")
    alice = cloud.user(cloud.account("home"), "alice")
    cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs")
    cloud.tick(seconds)
    cloud.call(alice, "ec2.amazonaws.com", "DescribeVpcs")
    load(store, tmp_path, cloud)

    assert len(store.coverage().gaps) == gaps


def test_what_is_not_loaded_is_said(store: Store, tmp_path: Path) -> None:
    """A trail without reads, without data events and without the region of sign-ins cannot speak of them."""
    cloud = Cloud(seed=57)
    alice = cloud.user(cloud.account("home"), "alice")
    cloud.call(alice, "ec2.amazonaws.com", "CreateVpc", read_only=False)
    load(store, tmp_path, cloud)

    said = " ".join(store.coverage().cannot)

    assert [word in said for word in ("AssumeRole is one", "no data events", "us-east-1")] == [True] * 3
    assert "no management writes" not in said


def test_an_account_is_twelve_digits(store: Store) -> None:
    """What is no account ID is refused, and one without logs is not found."""
    with pytest.raises(BadUse, match="not an account"):
        store.coverage("home")
    assert store.coverage("111122223333").found is False


def test_coverage_shows_once_what_was_set_aside_and_where_it_belongs(store: Store, tmp_path: Path) -> None:
    """Loaded twice and as a copy elsewhere, a record set aside counts once, for the account and day of its file."""
    cloud = Cloud(seed=3, start="2026-03-02T06:00:00Z")
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    cloud.assume_role(cloud.user(home, "alice"), cloud.role(work, "deploy"), "s")
    load(store, tmp_path, cloud)
    named = "444455556666_CloudTrail_eu-west-1_20260302T0610Z_AbCdEfGhIjKlMnOp.json"
    for folder, name in (("a", named), ("b", named), ("b", "other.json")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text('{"Records": ["no object", 7]}')
    for _ in range(2):
        store.load([tmp_path / "a", tmp_path / "b"])

    def told(account: str | None, since: str | None = None) -> list[tuple[str | None, str | None, int]]:
        return [(one.account, one.day, one.records) for one in store.coverage(account, since=since).aside]

    of_work, unknown = ("444455556666", "2026-03-02", 1), (None, None, 1)
    assert told(None) == [unknown, unknown, of_work, of_work]
    assert told("444455556666") == told(None)
    assert told("111122223333") == [unknown, unknown]
    assert told("444455556666", since="2026-03-03T00:00:00Z") == [unknown, unknown]
    found = store.coverage("444455556666")
    assert (found.aside_total, found.aside_records) == (4, 4)
    assert found.cannot[-2:] == [
        "444455556666: 2 records could not be read and were set aside while loading.",
        "2 records of unknown accounts could not be read and were set aside while loading.",
    ]


# central


def test_betweenness_of_many_roles_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many roles the measure comes from a sample, the same one each time, and of very many from nothing."""
    graph: nx.DiGraph[str] = nx.relabel_nodes(nx.gnp_random_graph(600, 0.01, seed=1, directed=True), str)

    found, how = betweenness(graph)

    assert how == "from a sample of 200 of 600 roles"
    assert found == betweenness(graph)[0]
    monkeypatch.setattr(central, "MOST_ROLES", 10)
    assert betweenness(graph) == (None, "not computed: 600 roles exceed the limit of 10")


def test_chains_are_those_that_chains_lists(store: Store, tmp_path: Path) -> None:
    """The longest chains are the paths that `chains` lists, with its counts."""
    cloud = Cloud(seed=59)
    home = cloud.account("home")
    roles = [cloud.role(home, name) for name in ("a", "b", "c", "d")]
    for who, path in (("u", "abcd"), ("v", "abcd"), ("u", "ab"), ("v", "dd"), ("u", "c")):
        caller = cloud.user(home, who)
        for name in path:
            caller = cloud.assume_role(caller, roles["abcd".index(name)], "x")
            cloud.tick(5)
    load(store, tmp_path, cloud)

    longest = [(one.roles, one.depth, one.count, one.first, one.last) for one in store.central().longest]

    assert longest == [(one.roles, one.depth, one.count, one.first, one.last) for one in store.chains().chains]
    assert len(longest) == 3


def test_a_chain_is_not_as_weak_as_another_one_over_the_same_roles(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A path has the confidence of its surest chain, with the number of chains of each; `who` says the same."""
    cloud = Cloud(seed=7)
    home = cloud.account("home")
    build, deploy = cloud.role(home, "build"), cloud.role(home, "deploy")
    alice = cloud.user(home, "alice")
    for number in range(3):
        last = cloud.assume_role(cloud.assume_role(alice, build, f"b{number}"), deploy, f"d{number}")
        if number:
            cloud.call(last, "ec2.amazonaws.com", "DescribeVpcs")
        cloud.tick(60)
    load(store, tmp_path, cloud)

    (path,) = store.chains().chains

    assert (path.depth, path.count, path.confidence) == (2, 3, "EXACT")
    assert path.confidences == {"EXACT": 1, "STRONG": 2}
    assert [store.who(session).answers[0].confidence for session in path.sessions] == ["EXACT", "STRONG", "STRONG"]
    terminal.show(blocks_of(store.chains()))
    assert "2 roles deep, 3 times, 1 EXACT, 2 STRONG, in one account" in capsys.readouterr().out


def test_callers_are_no_sessions(store: Store, tmp_path: Path) -> None:
    """Two people with several sessions in one role are two callers in every answer, and so are those of unknown origin
    one; who is refused with two errors is one caller."""
    cloud = Cloud(seed=9)
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    build, deploy, admin = cloud.role(home, "build"), cloud.role(work, "deploy"), cloud.role(work, "admin")
    people = [cloud.user(home, name) for name in ("alice", "bob")]
    for number in range(6):
        session = cloud.assume_role(people[number % 2], build, f"b{number}")
        cloud.assume_role(session, deploy, "d")
        cloud.deny_assume_role(session, admin)
        cloud.records[-1]["errorCode"] = ("AccessDenied", "AccessDeniedException")[number == 0]
        cloud.tick(60)
    lost = cloud.role(home, "lost")
    for number in range(3):
        session = cloud.assume_role(people[0], lost, f"x{number}")
        cloud.records = [one for one in cloud.records if (one["requestParameters"] or {}).get("roleArn") != lost.arn]
        cloud.deny_assume_role(session, admin)
        cloud.tick(60)
    load(store, tmp_path, cloud)

    (crossing,) = store.cross_account().crossings
    role, denied = store.role(deploy.arn), store.denied()

    assert (crossing.count, crossing.callers, role.callers_total) == (6, 2, 2)
    assert (denied.assumptions_total, denied.callers) == (5, 3)
    assert store.role(admin.arn).refused_callers == 3
    (found,) = store.hunt(["foreign-accounts"], known_accounts=work).findings
    assert "with credentials of 1 principal of account 111122223333" in found.statement


def test_a_path_is_as_sure_as_the_steps_that_it_shows(store: Store, tmp_path: Path) -> None:
    """A session that the way goes on from by its logged key is as sure as that key, as `who` has it."""
    cloud = Cloud(seed=8)
    home = cloud.account("home")
    alice = cloud.user(home, "alice")
    first = cloud.assume_role(alice, cloud.role(home, "build"), "b")
    cloud.assume_role(first, cloud.role(home, "deploy"), "d")
    load(store, tmp_path, cloud)
    (path,) = store.chains().chains

    (way,) = store.path("user/alice", path.sessions[0]).ways
    (found,) = store.who(path.sessions[0]).answers

    steps = [(step.rule, step.confidence) for step in way.steps if step.relation == "assumed"]
    assert steps == [(hop.rule, hop.confidence) for hop in found.hops] == [("2", "EXACT"), ("2", "EXACT")]
    assert way.confidence == found.confidence == path.confidence == "EXACT"
    assert all(step.confidence == "EXACT" for step in way.steps)
    assert way.hops == len(found.hops) == path.depth


@pytest.mark.parametrize("mfa", [True, False])
def test_who_says_whether_mfa_was_used(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], mfa: bool
) -> None:
    """The sign-in of a user states it; a role's session shows it only where it was used."""
    cloud = Cloud(seed=11)
    home = cloud.account("home")
    console = cloud.console_login(cloud.user(home, "alice"), mfa=mfa)
    event = cloud.call(cloud.switch_role(console, cloud.role(home, "ops")), "ec2.amazonaws.com", "DescribeVpcs")
    load(store, tmp_path, cloud)

    answer = store.who(event)
    terminal.show(blocks_of(answer))
    shown = capsys.readouterr().out

    assert answer.answers[0].hops[0].mfa is mfa
    assert ("without MFA" in shown, "with MFA" in shown) == (not mfa, mfa)
    assert shown.count("without MFA") == (not mfa)


def test_a_resource_is_no_end_of_a_path(store: Store, tmp_path: Path) -> None:
    """Asked for one, `path` says so and names the question that answers; an unknown role is still not found."""
    cloud = Cloud(seed=12)
    alice = cloud.user(cloud.account("home", "111122223333"), "alice")
    cloud.call(alice, "s3.amazonaws.com", "PutBucketAcl", request={"bucketName": "ledger"})
    load(store, tmp_path, cloud)

    for start, end in (("user/alice", "arn:aws:s3:::ledger"), ("ledger", "user/alice")):
        with pytest.raises(BadUse, match="a resource is no end of a path; lineage touched"):
            store.path(start, end)
    assert not store.path("user/alice", "arn:aws:iam::111122223333:role/none").found


# all


def test_an_empty_store_answers(store: Store) -> None:
    """Nothing loaded: nothing found, no error, and what can be said of nothing."""
    assert [store.names().found, store.hunt().found, store.coverage().found, store.central().found] == [False] * 4
    assert store.coverage().cannot == ["No such events are loaded, so no answer covers them."]
    assert len(store.hunt().rules) == len(RULES)


def test_nothing_found_says_what_that_rests_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hunt` without findings exits with 1 and one line that tells what was looked at, never that all is well."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    cloud = Cloud(seed=61)
    cloud.call(cloud.user(cloud.account("home"), "alice"), "ec2.amazonaws.com", "DescribeVpcs")
    (tmp_path / "events.json").write_text(json.dumps({"Records": cloud.records}))
    for words in (["load", str(tmp_path / "events.json")], ["hunt"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(words)

    assert ended.value.code == 1
    assert "not found: findings of 12 rules; based on 1 events in 1 of 1 hours" in capsys.readouterr().err


def test_hostile_text_stays_text(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a caller chose moves no cursor, turns no line around and is no formula."""
    cloud = Cloud(seed=63)
    home = cloud.account("home")
    alice, role = cloud.user(home, "alice"), cloud.role(home, "app")
    session = cloud.assume_role(alice, role, HOSTILE)
    session = cloud.assume_role(session, cloud.role(home, "next"), HOSTILE, source_identity=HOSTILE)
    cloud.stop_logging(session, HOSTILE)
    made = cloud.create_access_key(session, cloud.user(home, HOSTILE))
    cloud.call(made, "ec2.amazonaws.com", "DescribeVpcs", region=HOSTILE)
    load(store, tmp_path, cloud)
    answers: list[Names | Hunt | Coverage | Central] = [store.names(), store.hunt(), store.coverage(), store.central()]

    for answer in answers:
        terminal.show(blocks_of(answer))
        table = csv_text(*table_of(answer))

        assert answer.found
        assert {"\x1b", "\u202e"} & set(capsys.readouterr().out + table) == set()
        assert [cell for line in table.splitlines() for cell in line.split(",") if cell.startswith("=")] == []


@pytest.mark.parametrize("question", ["chains", "hunt", "central", "names", "cross_account"])
def test_an_answer_is_of_one_state(question: str, tmp_path: Path) -> None:
    """What another process loads while a question is asked is in the next answer, as a whole."""
    logs = sorted((ROOT / "examples/incident/logs").rglob("*.json.gz"))
    path = tmp_path / "lineage.db"
    with lineage.open(path) as store:
        store.load(logs[::2])
        before = getattr(store, question)()
        waiting = [logs[1::2]]

        def load_between(statement: str) -> None:
            if waiting and "FROM edge" in statement:
                with lineage.open(path) as other:
                    other.load(waiting.pop(), processes=1)

        connection = store._store._db  # type: ignore[attr-defined]  # of the SQLite store
        connection.set_trace_callback(load_between)
        during = getattr(store, question)()
        connection.set_trace_callback(None)

        assert not waiting
        assert during == before
    with lineage.open(path) as store:
        assert getattr(store, question)() != before
