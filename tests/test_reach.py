"""What came from credentials, what of it still works, and the plan that stops it: `blast`, `contain`, `path`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lineage.model.errors import BadUse
from lineage.model.results import ChangeEdge
from lineage.model.times import parse_when
from lineage.questions.contain import AlsoEnds, Contain, leftovers, plan, undo
from lineage.questions.contain.view import ended
from lineage.questions.registry import table_of
from lineage.questions.shared import fates
from lineage.questions.shared.lives import issued_before, standing
from lineage.render.csv import text
from lineage.render.text import aws_line, clean, fits
from loaders.facts import change_table, creations
from tests.aws import Cloud, Identity

if TYPE_CHECKING:
    from lineage import Store

STORIES = Path(__file__).parent / "stories"
EC2, IAM = "ec2.amazonaws.com", "iam.amazonaws.com"
HOSTILE = (
    "it's",
    "--help",
    "-",
    "$(id)",
    "`id`",
    "a b",
    "a\nb",
    "file:///etc/passwd",
    '"',
    "\u00e9\u4e2d",
    "a,b=c",
    "*",
)
START = "2026-03-02T08:00:00Z"


@pytest.fixture
def cloud() -> Cloud:
    """A cloud whose event IDs are counted."""
    return Cloud(seed=4, start=START, plain_ids=True)


def load(store: Store, cloud: Cloud, folder: Path) -> None:
    """Load what happened so far."""
    file = folder / "events.json"
    file.write_text(json.dumps({"Records": cloud.records}))
    store.load([file])


def life(store: Store, ask: str | None, at: str, node: int = 0) -> tuple[str, str | None]:
    """Whether a node of the descent works at a time, and its end."""
    found = store.blast(str(ask), at=at).nodes[node].life
    assert found is not None
    return found.live, found.until


def used(cloud: Cloud, who: Identity) -> Identity:
    """The identity, after a call a minute later."""
    cloud.tick(60)
    cloud.call(who, EC2, "DescribeInstances")
    return who


def test_a_session_lives_as_long_as_was_logged(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A session works up to the second of its logged expiry, and neither before its grant nor after its end."""
    home = cloud.account("home")
    session = used(cloud, cloud.assume_role(cloud.user(home, "ann"), cloud.role(home, "app"), "x"))
    load(store, cloud, tmp_path)

    assert life(store, session.key, "2026-03-02T07:59:59Z") == ("no", None)
    assert life(store, session.key, "2026-03-02T09:00:00Z") == ("yes", "2026-03-02T09:00:00Z")
    assert life(store, session.key, "2026-03-02T09:00:01Z") == ("no", "2026-03-02T09:00:00Z")


def test_an_expiry_that_was_not_logged_is_the_one_asked_for(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """Where the answer of the grant was too large to be logged, the duration of the request tells the end."""
    home = cloud.account("home")
    role = cloud.role(home, "app")
    session = cloud.assume_role(cloud.user(home, "ann"), role, "x", duration=7200, omit_response=True)
    used(cloud, session)
    load(store, cloud, tmp_path)

    assert life(store, role.session_arn("x"), "2026-03-02T09:30:00Z") == ("yes", "2026-03-02T10:00:00Z")


def test_a_session_of_unknown_expiry_ends_after_the_longest_life_of_its_kind(
    store: Store, cloud: Cloud, tmp_path: Path
) -> None:
    """A role session whose grant was not logged may work for twelve hours, and not a second longer."""
    home = cloud.account("home")
    role = cloud.role(home, "app")
    session = cloud.session(role, "x", cloud.user(home, "ann"), key=cloud.unique_id("ASIA", home))
    used(cloud, session)
    load(store, cloud, tmp_path)

    assert life(store, session.key, "2026-03-02T20:00:00Z") == ("unknown", "2026-03-02T20:00:00Z")
    assert life(store, session.key, "2026-03-02T20:00:01Z") == ("no", "2026-03-02T20:00:00Z")


def test_a_console_session_may_outlive_the_key_that_opened_it(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """The bootstrap key of a console session ends; the console may keep the session up for twelve hours."""
    home = cloud.account("home")
    role = cloud.role(home, "app")
    used(cloud, cloud.saml_console(role, "ann@example.com"))
    load(store, cloud, tmp_path)
    arn = role.session_arn("ann@example.com")

    assert life(store, arn, "2026-03-02T08:01:00Z")[0] == "yes"
    assert life(store, arn, "2026-03-02T19:00:00Z") == ("unknown", "2026-03-02T20:00:00Z")


def test_a_use_proves_life(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A call that succeeded after the time in question outweighs every rule."""
    home = cloud.account("home")
    role = cloud.role(home, "app")
    session = cloud.session(role, "x", cloud.user(home, "ann"), key=cloud.unique_id("ASIA", home))
    cloud.tick(14 * 3600)
    cloud.call(session, EC2, "DescribeInstances")
    load(store, cloud, tmp_path)

    assert life(store, session.key, "2026-03-02T21:00:00Z")[0] == "yes"


def test_a_revocation_ends_the_sessions_before_it_alone(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """AWSRevokeOlderSessions ends what was issued before its time, until it is taken away again."""
    home = cloud.account("home")
    ann, role = cloud.user(home, "ann"), cloud.role(home, "app")
    old = used(cloud, cloud.assume_role(ann, role, "x"))
    cloud.tick(60)
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": ["*"], "Resource": ["*"],
         "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-03-02T08:02:00Z"}}},
    ]}  # fmt: skip
    request = {"roleName": "app", "policyName": "AWSRevokeOlderSessions", "policyDocument": json.dumps(document)}
    cloud.call(ann, IAM, "PutRolePolicy", request=request, read_only=False)
    new = used(cloud, cloud.assume_role(ann, role, "x"))
    cloud.tick(60)
    request = {"roleName": "app", "policyName": "AWSRevokeOlderSessions"}
    cloud.call(ann, IAM, "DeleteRolePolicy", request=request, read_only=False)
    load(store, cloud, tmp_path)

    assert life(store, old.key, "2026-03-02T08:01:59Z")[0] == "yes"
    assert life(store, old.key, "2026-03-02T08:02:00Z") == ("no", "2026-03-02T08:02:00Z")
    assert life(store, new.key, "2026-03-02T08:02:30Z")[0] == "yes"
    assert life(store, old.key, "2026-03-02T08:04:00Z")[0] == "yes"


def test_a_key_works_until_it_is_made_inactive(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A key ends when it is made inactive, lives again when it is made active, and not once it was deleted."""
    home = cloud.account("home")
    ann, bob = cloud.user(home, "ann"), cloud.user(home, "bob")
    used(cloud, bob)
    for name, status in (("UpdateAccessKey", "Inactive"), ("UpdateAccessKey", "Active"), ("DeleteAccessKey", None)):
        cloud.tick(60)
        request = {"userName": "bob", "accessKeyId": bob.key} | ({"status": status} if status else {})
        cloud.call(ann, IAM, name, request=request, read_only=False)
    load(store, cloud, tmp_path)

    told = [life(store, bob.key, f"2026-03-02T08:0{minute}:30Z") for minute in (1, 2, 3, 4)]

    assert told == [("yes", None), ("no", "2026-03-02T08:02:00Z"), ("yes", None), ("no", "2026-03-02T08:04:00Z")]


def test_a_key_of_an_account_without_logs_is_unknown(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """Nobody can say of a key that it works where no logs would show that it was made inactive."""
    home = cloud.account("home")
    bob = used(cloud, cloud.user(home, "bob"))
    load(store, cloud, tmp_path)

    assert life(store, bob.key, "2026-04-02T08:00:00Z") == ("unknown", None)


def test_a_key_that_somebody_makes_for_itself_descends(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A user's own new key is part of the descent; one for somebody else is a branch."""
    home = cloud.account("home")
    ann, bob = cloud.user(home, "ann"), cloud.user(home, "bob")
    own = used(cloud, cloud.create_access_key(ann, ann))
    others = used(cloud, cloud.create_access_key(ann, bob))
    load(store, cloud, tmp_path)

    told = store.blast(str(ann.key))

    assert [node.key for node in told.nodes] == [ann.key, own.key]
    assert [branch.target for branch in told.branches] == [others.key]


def test_a_password_made_for_somebody_leads_on_to_the_sign_in(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """With `made`, the console sessions that were opened with a password follow whoever made it, until the next one."""
    home = cloud.account("home")
    ann, bob, eve = cloud.user(home, "ann"), cloud.user(home, "bob"), cloud.user(home, "eve")
    cloud.create_login_profile(ann, bob)
    used(cloud, cloud.console_login(bob))
    cloud.tick(60)
    cloud.call(eve, IAM, "UpdateLoginProfile", request={"userName": "bob"}, read_only=False)
    cloud.tick(60)
    used(cloud, cloud.console_login(bob))
    load(store, cloud, tmp_path)

    plain, followed = store.blast(str(ann.key)), store.blast(str(ann.key), made=True)
    way = store.path(str(ann.key), str(bob.arn)).ways[0]

    assert [branch.what for branch in plain.branches] == ["login profile"]
    assert [node.relation for node in plain.nodes] == ["asked"]
    assert [(node.relation, node.how, node.time) for node in followed.nodes[1:]] == [("made", "console", START)]
    assert (way.made, way.hops, way.steps[0].relation) == (True, 1, "made")


def test_one_of_several_callers_is_only_perhaps(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A session that two callers fit is no part of the descent of either, and no way leads to it."""
    home = cloud.account("home")
    ann, bob, role = cloud.user(home, "ann"), cloud.user(home, "bob"), cloud.role(home, "app")
    session = cloud.assume_role(ann, role, "x", omit_response=True)
    cloud.assume_role(bob, role, "x", omit_response=True)
    used(cloud, session)
    load(store, cloud, tmp_path)

    told, way = store.blast(str(ann.key)), store.path(str(ann.key), role.arn)

    assert (len(told.nodes), [link.relation for link in told.perhaps]) == (1, ["candidate"])
    assert (way.found, way.perhaps) == (False, 1)


def test_asks_that_are_no_credentials_are_refused(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """An address or a user agent is no credential: one line says what to ask for."""
    used(cloud, cloud.user(cloud.account("home"), "ann", ip="203.0.113.9"))
    load(store, cloud, tmp_path)

    with pytest.raises(BadUse, match=r"203\.0\.113\.9: address has no credentials; ask for a key"):
        store.blast("203.0.113.9")
    with pytest.raises(BadUse, match="needs two different ends"):
        store.path("AKIAIOSFODNN7ABCDEFG", "AKIAIOSFODNN7ABCDEFG ")


def test_a_sign_in_without_a_session_is_no_plan_for_its_role(store: Store, tmp_path: Path) -> None:
    """Where no session of a role switch, or several of a portal event, is known, one line says what to ask for."""
    store.load([STORIES / "sign-in-asks-for-its-session" / "events.json"])

    with pytest.raises(BadUse, match=r"0020: several sessions fit this event; ask for one of them: 1111.*dana.*, 1111"):
        store.contain("e0000000-0000-4000-8000-000000000020")
    for question in (store.contain, store.blast, store.timeline):
        with pytest.raises(BadUse, match=r"0014: no loaded event shows a session that this sign-in opened; ask for"):
            question("e0000000-0000-4000-8000-000000000014")


def test_without_an_account_the_plan_is_of_the_last_second_loaded(store: Store, tmp_path: Path) -> None:
    """Rows that name no account do not move the plan to 1970."""
    row = {
        "eventVersion": "1.08", "eventTime": START, "eventSource": EC2, "eventName": "DescribeInstances",
        "awsRegion": "eu-west-1", "eventID": "e1", "eventType": "AwsApiCall", "readOnly": True,
        "userIdentity": {"type": "IAMUser", "userName": "ann", "accessKeyId": "AKIARTX3GSDS77SWDAJK"},
    }  # fmt: skip
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"Records": [row]}))
    store.load([file])

    assert store.contain("AKIARTX3GSDS77SWDAJK").at == START
    assert store.blast("AKIARTX3GSDS77SWDAJK").at == START


def test_an_empty_store_knows_nothing(store: Store) -> None:
    """Without logs nothing is found, and that is said with what it rests on."""
    told = store.contain("AKIAIOSFODNN7ABCDEFG")

    assert (told.found, told.steps, told.sight.events) == (False, [], 0)
    assert not store.blast("AKIAIOSFODNN7ABCDEFG").found
    assert not store.path("111122223333", "444455556666").found


def test_hostile_names_stay_values(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """Whatever a name holds, the shell reads it as one value; a name that could be more gives no command."""
    home = cloud.account("home")
    mallory = cloud.user(home, "mallory")
    names = ["$(reboot)", "a'; reboot; '", "--profile", "file:///etc/passwd", "two\nlines", "`id`"]
    for name in names:
        cloud.tick(60)
        cloud.create_user(mallory, name)
    load(store, cloud, tmp_path)

    told = store.contain(str(mallory.key))
    read = {
        words[-1] if words[-2] == "--user-name" else words[-1].removeprefix("--user-name=")
        for step in told.steps
        if step.kind == "user"
        for words in map(shlex.split, step.commands)
    }
    shown = "".join(step.title for step in told.steps if not step.commands)

    assert read == {"$(reboot)", "a'; reboot; '", "--profile", "`id`"}
    assert "two\nlines" in shown
    assert "two\nlines" not in text(*table_of(told)).replace("\\n", " ")


def test_root_and_service_linked_sessions_are_said_to_stay(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """No policy is offered for what no policy binds."""
    home = cloud.account("home")
    used(cloud, cloud.console_login(cloud.root(home)))
    linked = used(cloud, cloud.service_linked("config.amazonaws.com", home, "Config", "x"))
    load(store, cloud, tmp_path)
    at = "2026-03-02T08:03:00Z"

    root = store.contain(f"arn:aws:iam::{home}:root", at=at)
    service = store.contain(f"arn:aws:iam::{home}:role/AWSServiceRoleForConfig", at=at, whole_role=True)

    assert [(step.kind, step.commands) for step in root.steps if step.phase == "sessions"] == [("root", [])]
    assert [(s.kind, s.commands) for s in service.steps if s.phase == "sessions"] == [("service-linked", [])]
    assert linked.session == "x"


def test_a_plan_for_a_role_begins_with_everybody_in_it(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """Asked for a role, the plan closes it, names the source of each session that works, and open origins once."""
    home = cloud.account("home")
    ann, role = cloud.user(home, "ann"), cloud.role(home, "app")
    used(cloud, cloud.assume_role(ann, role, "a"))
    used(cloud, cloud.saml(role, "eve@example.com"))
    for name in ("x", "y"):
        used(cloud, cloud.session(role, name, ann, key=cloud.unique_id("ASIA", home)))
    load(store, cloud, tmp_path)

    with pytest.raises(BadUse, match=r"role/app: the plan for a role closes it to everyone; add --whole-role"):
        store.contain(role.arn)
    steps = store.contain(role.arn, whole_role=True).steps

    assert [(step.phase, step.kind) for step in steps] == [
        ("sources", "role-door"), ("sources", "key"), ("sources", "federation"), ("sources", "origin-open"),
        ("sessions", "role"),
    ]  # fmt: skip
    assert (steps[1].target, steps[1].account) == (ann.key, home)
    assert steps[3].title.startswith("Find the origin of 2 sessions")


def test_every_inverse_is_of_a_known_operation() -> None:
    """The table of inverses names only operations that the loaders keep as changes or creations."""
    known = {*change_table.OPERATIONS, *creations.OPERATIONS}

    assert set(undo.UNDO) - known == set()


TEMPLATES = sorted(
    {one for table in (undo.UNDO, undo.CHECKS) for some in table.values() for one in some} | set(plan.STOPS.values())
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(TEMPLATES),
    st.one_of(
        st.text(min_size=1), st.sampled_from(HOSTILE), st.text(alphabet="-$`'\"\\ ;|&<>(){}*?!#~=%\n\u00e9\u202e")
    ),
)
@example("iam delete-user --user-name {userName}", "--user-name=root")
def test_every_line_is_read_as_it_was_meant(template: str, name: str) -> None:
    """Whatever a name holds, a shell reads the line as the words of its template, each name as one word."""
    names = [word[1:-1] for word in template.split() if word.startswith("{")]
    written = aws_line(template, dict.fromkeys(names, name), region=name)
    if not name or not fits(name):
        assert written is None or not names
        return

    expected = ["aws"]
    for word in (*template.split(), "--region", "{region}"):
        if not word.startswith("{"):
            expected.append(word)
        elif name.startswith("-"):
            expected[-1] += f"={name}"
        else:
            expected.append(name)
    assert written is not None
    assert shlex.split(written) == expected


def test_checks_only_read() -> None:
    """What checks whether something is gone changes nothing, and is there for each state that a change may leave."""
    verbs = {template.split()[1].split("-")[0] for some in undo.CHECKS.values() for template in some}
    states = {family.state for family in fates.FAMILIES.values()}

    assert verbs == {"get", "list", "describe", "batch"}
    assert set(undo.CHECKS) - states == {one for one in undo.CHECKS if one.startswith("AWS::")}


def steps(store: Store, ask: object) -> list[tuple[str, str]]:
    """Phase and operation or kind of each step of a plan but those for the key itself."""
    told = store.contain(str(ask)).steps
    return [(step.phase, step.title.partition(" of ")[0]) for step in told if step.kind != "key"]


def test_pairs_need_the_same_thing_and_place(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A change is gone only by a call on the same thing of the same target in the same region; a part is not all."""
    home = cloud.account("home")
    users = {name: cloud.user(home, name) for name in ("ann", "bob", "eve", "dan", "kim", "lee", "may", "ned", "joe")}
    away = ("999988887777", "888877776666")

    def do(
        who: str, source: str, name: str, response: object = None, region: str = "eu-west-1", **request: Any
    ) -> None:
        cloud.tick(30)
        cloud.call(users[who], source, name, request=request, response=response, region=region, read_only=False)

    def shares(act: str, *accounts: str) -> dict[str, Any]:
        return {"snapshotId": "snap-0123456789abcdef0",
                "createVolumePermission": {act: {"items": [{"userId": one} for one in accounts]}}}  # fmt: skip

    # Shared with two, taken back from one.
    do("ann", EC2, "ModifySnapshotAttribute", **shares("add", *away))
    do("joe", EC2, "ModifySnapshotAttribute", **shares("remove", away[0]))
    # A rule, revoked by its ID; another, revoked in another region.
    rule = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    ids = {"securityGroupRuleSet": {"items": [{"securityGroupRuleId": "sgr-0123456789abcdef0"}]}}
    do("bob", EC2, "AuthorizeSecurityGroupIngress", ids, groupId="sg-1", ipPermissions={"items": [rule]})
    do("joe", EC2, "RevokeSecurityGroupIngress", groupId="sg-1", securityGroupRuleIds={
        "items": [{"securityGroupRuleId": "sgr-0123456789abcdef0"}]})  # fmt: skip
    do("eve", EC2, "AuthorizeSecurityGroupIngress", groupId="sg-2", ipPermissions={"items": [rule]})
    do("joe", EC2, "RevokeSecurityGroupIngress", region="eu-north-1", groupId="sg-2", ipPermissions={"items": [rule]})
    # A policy in another's place, and one that only the maker's own creation put there.
    text = {"policyName": "p", "policyDocument": "{}"}
    do("dan", IAM, "PutRolePolicy", roleName="app", **text)
    do("joe", IAM, "PutRolePolicy", roleName="app", **text)
    do("kim", IAM, "PutRolePolicy", roleName="web", **text)
    cloud.tick(30)
    made = cloud.create_user(users["kim"], "made")
    cloud.tick(30)
    key = cloud.create_access_key(users["kim"], made)
    cloud.tick(30)
    cloud.call(key, IAM, "PutRolePolicy", request={"roleName": "web", **text}, read_only=False)
    # A password that its owner was made to change.
    do("lee", IAM, "CreateLoginProfile", userName="ned")
    do("ned", IAM, "ChangePassword")
    # A role made again by others: what was made first is gone all the same.
    role = {"roleName": "x", "assumeRolePolicyDocument": "{}"}
    do("may", IAM, "CreateRole", {"role": {"roleName": "x", "roleId": "AROARTX3GSDS3P47WIQKD"}}, **role)
    do("joe", IAM, "DeleteRole", roleName="x")
    do("joe", IAM, "CreateRole", {"role": {"roleName": "x", "roleId": "AROARTX3GSDS3P47WIQKE"}}, **role)
    load(store, cloud, tmp_path)

    told = {name: steps(store, users[name].key) for name in ("ann", "bob", "eve", "dan", "kim", "lee", "may")}

    network = "Close what ec2:AuthorizeSecurityGroupIngress opened: "
    assert told.pop("eve") == [("exposure", f"{network}arn:aws:ec2:eu-west-1:{home}:security-group/sg-2")]
    assert told == {
        "ann": [("exposure", "Close what ec2:ModifySnapshotAttribute opened: arn:aws:ec2:eu-west-1:"
                 f"{home}:snapshot/snap-0123456789abcdef0")],
        "bob": [],
        "dan": [],
        "kim": [("persistence", "Undo iam:PutRolePolicy"), ("persistence", "Undo iam:CreateUser")],
        "lee": [("sources", "Undo iam:CreateLoginProfile")],
        "may": [],
    }  # fmt: skip


def test_a_password_that_is_gone_gets_no_step(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A password that was taken away after the sign-in needs no step, before a gap a check; a new one needs one."""
    home = cloud.account("home")
    ann, bob = cloud.user(home, "ann"), cloud.user(home, "bob")
    signed_in = used(cloud, cloud.console_login(ann))
    for name in ("DeleteLoginProfile", "CreateLoginProfile"):
        cloud.tick(3600)
        cloud.call(bob, IAM, name, request={"userName": "ann"}, read_only=False)
    load(store, cloud, tmp_path)
    ask = store.session(signed_in.arn or "").sessions[0].key

    told = {
        at: [(step.phase, step.commands) for step in store.contain(ask, at=at).steps if step.kind == "password"]
        for at in ("2026-03-02T08:30:00Z", "2026-03-02T09:30:00Z", "2026-03-02T20:00:00Z")
    }

    take = ["aws iam delete-login-profile --user-name ann"]
    assert list(told.values()) == [[("sources", take)], [], [("sources", take)]]


def test_a_stopped_trail_is_a_gap(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """What was taken back before the trail stood still is only probably gone: it may have been made again unseen."""
    home = cloud.account("home")
    ann, bob = cloud.user(home, "ann"), cloud.user(home, "bob")
    request = {"userName": "eve", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for who, source, name, more, seconds in (
        (ann, IAM, "AttachUserPolicy", request, 60), (ann, IAM, "DetachUserPolicy", request, 60),
        (bob, "cloudtrail.amazonaws.com", "StopLogging", {"name": "main"}, 60),
        (bob, "cloudtrail.amazonaws.com", "StartLogging", {"name": "main"}, 3600),
    ):  # fmt: skip
        cloud.tick(seconds)
        cloud.call(who, source, name, request=more, read_only=False)
    load(store, cloud, tmp_path)

    before, after = (store.contain(str(ann.key), at=f"2026-03-02T{time}Z") for time in ("08:02:30", "09:03:00"))

    assert [step.phase for step in before.steps] == ["sources"]
    assert [past.why for past in before.history] == ["undone", "it removed only what it had created itself"]
    assert [(step.phase, step.commands) for step in after.steps if step.phase != "sources"] == [
        ("check", ["aws iam list-attached-user-policies --user-name eve"]),
    ]  # fmt: skip


def test_restrictions_come_back_first_and_rights_never(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """A boundary, a denial and an organization's policy go back to whoever lost them; no right goes to these
    credentials, and one that was taken from others only after review."""
    home = cloud.account("home")
    ann, bob = cloud.user(home, "ann"), cloud.user(home, "bob")
    deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    boundary = f"arn:aws:iam::{home}:policy/edge"
    orgs = "organizations.amazonaws.com"
    for who, source, name, request in (
        (bob, IAM, "PutUserPolicy", {"userName": "ann", "policyName": "lock", "policyDocument": deny}),
        (bob, IAM, "PutUserPermissionsBoundary", {"userName": "ann", "permissionsBoundary": boundary}),
        (ann, IAM, "DeleteUserPolicy", {"userName": "ann", "policyName": "lock"}),
        (ann, IAM, "DeleteUserPermissionsBoundary", {"userName": "ann"}),
        (ann, orgs, "DetachPolicy", {"policyId": "p-12345678", "targetId": home}),
        (ann, IAM, "DeleteUserPolicy", {"userName": "ann", "policyName": "work"}),
        (ann, IAM, "RemoveUserFromGroup", {"userName": "ann", "groupName": "admins"}),
        (ann, IAM, "RemoveUserFromGroup", {"userName": "bob", "groupName": "admins"}),
        (ann, IAM, "AttachUserPolicy", {"userName": "bob", "policyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}),
        (ann, IAM, "UpdateAccessKey", {"userName": "bob", "accessKeyId": bob.key, "status": "Inactive"}),
    ):  # fmt: skip
        cloud.tick(60)
        cloud.call(who, source, name, request=request, read_only=False)
    load(store, cloud, tmp_path)

    told = store.contain(str(ann.key))
    commands = [(step.phase, command) for step in told.steps for command in step.commands if step.phase != "sources"]

    quoted = shlex.quote(json.dumps(json.loads(deny), separators=(",", ":")))
    assert commands == [
        ("protection", f"aws iam put-user-policy --user-name ann --policy-name lock --policy-document {quoted}"),
        ("protection", f"aws iam put-user-permissions-boundary --user-name ann --permissions-boundary {boundary}"),
        ("protection", f"aws organizations attach-policy --policy-id p-12345678 --target-id {home}"),
        ("review", "aws iam add-user-to-group --user-name bob --group-name admins"),
        ("review", "aws iam detach-user-policy --user-name bob --policy-arn arn:aws:iam::aws:policy/AWSDenyAll"),
        ("review", f"aws iam update-access-key --user-name bob --access-key-id {bob.key} --status Active"),
    ]
    assert [(past.api, past.why) for past in told.history] == [
        ("iam:DeleteUserPolicy", leftovers.NOT_GIVEN_BACK), ("iam:RemoveUserFromGroup", leftovers.NOT_GIVEN_BACK),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Effect": "Deny", "Action": "*", "Resource": "*",
          "Condition": {"DateLessThan": {"aws:TokenIssueTime": ["2026-03-02T08:00:00Z"]}}}, START),
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, None),
        ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, None),
        ({"Effect": "Deny", "Action": "*", "Resource": "*",
          "Condition": {"DateLessThan": {"aws:TokenIssueTime": START}, "StringEquals": {"aws:userid": "x"}}}, None),
        ("no statement", None),
    ],
)  # fmt: skip
def test_only_a_denial_of_all_is_a_revocation(statement: object, expected: str | None) -> None:
    """A policy revokes sessions if it denies everything by the time of issue, and by nothing else."""
    assert issued_before({"Statement": [statement]}) == (parse_when(expected) if expected else None)


def test_a_deleted_key_is_not_made_active_again() -> None:
    """After a deletion nothing brings a key back."""

    def change(time: int, what: str, after: str) -> ChangeEdge:
        properties = {"what": what, "after": after, "before": None, "api": "iam:UpdateAccessKey"}
        return ChangeEdge("CHANGED", str(time), "Session s", "Credential AKIA", time, [f"e{time}"], dict(properties))

    told = standing([change(1, "key-deleted", "deleted"), change(2, "key-status", "Active")])

    assert told.off is not None
    assert (told.off.time, told.off.why) == (1, "deleted")


def test_what_a_step_also_ends_is_told_as_a_least() -> None:
    """The numbers of innocent sessions are told as what the logs show at least; nothing is said of nothing."""
    none = AlsoEnds(others=0, open=0, same=0, perhaps=0, origins=[])

    assert ended(none) == ""
    assert clean(ended(none.model_copy(update={"others": 1, "open": 2, "origins": ["li\x1b"]}))) == (
        "Also ends at least 1 live session of others (li\\x1b), 2 of unknown origin."
    )


def test_a_plan_is_a_table(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """The CSV of a plan has a line for each step, whatever its commands hold."""
    home = cloud.account("home")
    ann = cloud.user(home, "ann")
    cloud.create_role(ann, "door", "*")
    load(store, cloud, tmp_path)

    told: Contain = store.contain(str(ann.key))

    assert len(text(*table_of(told)).splitlines()) == 1 + len(told.steps) == 3


def test_of_one_second_nothing_is_certain(store: Store, cloud: Cloud, tmp_path: Path) -> None:
    """Two calls of one second have no order: what one may have undone is checked, never passed over."""
    home = cloud.account("home")
    ann = cloud.user(home, "ann")
    request = {"userName": "eve", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    for name in ("DetachUserPolicy", "AttachUserPolicy"):
        cloud.call(ann, IAM, name, request=request, read_only=False)
    load(store, cloud, tmp_path)

    told = store.contain(str(ann.key))

    assert [(step.phase, step.commands) for step in told.steps if step.phase != "sources"] == [
        ("check", ["aws iam list-attached-user-policies --user-name eve"]),
    ]  # fmt: skip
    assert [past.why for past in told.history] == [leftovers.OWN]
