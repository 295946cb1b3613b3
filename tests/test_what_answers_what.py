"""Every question of `docs/what-answers-what.md` is answered: by the command that the page names, where it says."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lineage
from lineage.commands.generate import parse
from tests.aws import Cloud
from tests.conftest import ROOT
from tests.matching import differences
from tests.test_cli import Ran, Shell, commands
from tests.test_cli import incident as incident  # the fixture
from tests.test_stories import ABOUT, STORIES

PAGE = ROOT / "docs" / "what-answers-what.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.M)
COMMAND = re.compile(r"`lineage ([^`]+)`")
STORY = re.compile(r"\[([\w-]+)\]\(\.\./tests/stories/([\w-]+)/story\.md\)")
TEST = re.compile(r"\[(test_\w+)\]\((\.\./tests/test_\w+\.py)\)")
ROWS = 61
LIMITS = {44}
"""Rows that are answered in part, with the reason on the page."""
INCIDENT = "incident"
FINDING = "examples/incident/finding.json"


class Row(NamedTuple):
    """A row of the page."""

    number: int
    question: str
    commands: tuple[str, ...]
    """What stands behind `lineage`."""
    where: str | None
    """The incident or the story that the commands are for; None where a test shows the answer."""
    stories: tuple[tuple[str, str], ...]
    """Text and folder."""
    tests: tuple[tuple[str, str], ...]
    """Function and file."""

    @property
    def runs(self) -> tuple[str, ...]:
        """The commands that can be run there; `explore` serves until it is stopped."""
        return tuple(one for one in self.commands if not one.startswith("explore ")) if self.where else ()


def row(number: str, question: str, named: str, shown: str) -> Row:
    """A row by its cells."""
    stories, tests = tuple(STORY.findall(shown)), tuple(TEST.findall(shown))
    first = shown.split(", ")[0]
    where = INCIDENT if first == INCIDENT else stories[0][1] if STORY.fullmatch(first) else None
    return Row(int(number), question, tuple(COMMAND.findall(named)), where, stories, tests)


TABLE = [row(*cells) for cells in ROW.findall(PAGE.read_text("utf-8"))]


def number(one: Row) -> str:
    """A row, as a test's name."""
    return str(one.number)


def event(number: int) -> str:
    """An event of the night of the incident."""
    return f"c0ffee00-0000-4000-8000-{number:012d}"


DANA = {"name": "dana.whitfield", "kind": "IdentityCenterUser"}
CHAINED = "804275613390/AROA3WQUP53HIZHAFMVCF:ops-maintenance/2026-03-11T21:53:30Z"
CHAINED_KEY = "ASIA3WQUP53HA3TWDBIN"
MADE_KEY = "AKIA3WQUP53HKQ7V2LCK"
OPERATIONS_ROLE = "arn:aws:iam::804275613390:role/payments-operations"
CI, DEPLOY = "arn:aws:iam::537140928816:role/ci", "arn:aws:iam::804275613390:role/deploy"
LATER = {"since": "2026-03-11T21:00:00Z", "until": "2026-03-11T23:00:00Z"}
WITHIN = "--from 2026-03-11T21:00:00Z --to 2026-03-11T23:00:00Z"
HOUR = "--from 2026-03-11T21:00:00Z --to 2026-03-11T22:00:00Z"
SCOPED = ["session", "interesting", "baseline", "new", "volume", "denied", "from", "touched", "coverage"]
UNUSUAL, USUAL = (f"a1e40000-0000-4000-8000-{n:012d}" for n in (1, 2))
ELSEWHERE = "a1e40000-0000-4000-8000-000000000031"
RECYCLED, REUSED = "recycled-key-with-overlapping-life", "ASIARTX3GSDSRSBCZZD4"
OF_ALICE = "111122223333/AROARTX3GSDSWALMN2OJG:deploy_6fd7f06b/2026-03-02T08:00:00Z"
OF_BOB = "111122223333/AROARTX3GSDSWALMN2OJG:deploy_e6880947/2026-03-02T08:25:36Z"
ALICE = "arn:aws:iam::111122223333:user/alice"


def some(**members: object) -> dict[str, Any]:
    """An element with these members, at any depth."""
    return {"**": members}


def new(dimension: str, *values: str) -> dict[str, Any]:
    """An answer of `new` with these new values of a dimension."""
    return {"dimensions": some(name=dimension, new={"set": [{"value": value} for value in values]})}


def enumeration() -> Cloud:
    """Five roles, one after the other, refused within seconds."""
    cloud = Cloud(seed=27)
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    mallory = cloud.user(home, "mallory")
    for n in range(5):
        cloud.deny_assume_role(mallory, cloud.role(work, f"r{n}"))
        cloud.tick(3)
    return cloud


def renewal() -> Cloud:
    """Ann and Eve switch to one role under one session name, and the console renews it after an hour."""
    cloud = Cloud(seed=50)
    home = cloud.account("home", "111122223333")
    role = cloud.role(home, "ops")
    for n, name in enumerate(("ann", "eve")):
        console = cloud.console_login(cloud.user(home, name))
        for m, api in enumerate(("SwitchRole", "RenewRole")):
            cloud.tick(3600)
            switched = cloud.switch_role(console, role, "maintenance")
            cloud.records[-1] |= {
                "eventID": f"50000000-0000-4000-8000-00000000000{2 * n + m}", "eventName": api,
                "responseElements": {api: "Success"},
            }  # fmt: skip
            cloud.tick(30)
            cloud.call(switched, "ec2.amazonaws.com", "DescribeInstances")
    return cloud


def lies() -> Cloud:
    """Mallory assumes a role as Carol, as Erin of Identity Center, and as Bob with a key that she made for him."""
    cloud = Cloud(seed=59)
    home, work = cloud.account("home", "111122223333"), cloud.account("work", "444455556666")
    mallory, bob, carol = (cloud.user(home, name) for name in ("mallory", "bob", "carol"))
    directory = cloud.directory(home)
    cloud.sso_cli(directory, cloud.person("erin.stone@corp.example"), cloud.permission_set(directory, work, "Admin"))
    cloud.call(carol, "ec2.amazonaws.com", "DescribeVpcs")
    made, deploy = cloud.create_access_key(mallory, bob), cloud.role(home, "deploy")
    for key, name in ((mallory, "carol"), (mallory, "erin.stone"), (made, "bob"), (mallory, "mallory")):
        cloud.tick(60)
        cloud.assume_role(key, deploy, name)
    return cloud


SCENES: dict[str, Callable[[], Cloud]] = {one.__name__: one for one in (enumeration, renewal, lies)}

CHECKS: list[tuple[int, str, str, Any]] = [
    (1, INCIDENT, f"investigate {FINDING}", {"groups": [{"summary": {"who": [DANA], "provenance": []}}]}),
    (1, INCIDENT, f"investigate {MADE_KEY}", {"groups": [{
        "headline": {"~": "by a key that dana.whitfield made"},
        "summary": {"provenance": [{"by": "dana.whitfield", "event_id": event(10)}]},
    }]}),
    (2, INCIDENT, f"investigate {FINDING} --section alert", {"groups": [{"alerts": [{
        "type": "Impact:IAMUser/AnomalousBehavior", "severity": "8 high", "account": "804275613390",
        "first_seen": "2026-03-11T21:55:02Z", "last_seen": "2026-03-11T21:55:02Z", "created": "2026-03-11T22:14:09Z",
        "apis": ["ec2:StartInstances"], "actors": [{"access_key_id": CHAINED_KEY}],
    }]}]}),
    (3, INCIDENT, f"investigate {FINDING}", {"groups": [{"summary": {"affected": some(
        resource={"~": "instance/i-07b3e6f20c9a5d184"}, ask={"~": "lineage touched "},
        told="1x ec2:StartInstances, credentials of dana.whitfield",
    )}}]}),
    (3, INCIDENT, "touched i-07b3e6f20c9a5d184", {"origins": [{"whose": DANA}]}),
    (4, INCIDENT, f"investigate {FINDING}", {"groups": [{"summary": {"where": some(
        address="198.51.100.23",
        place={"country": "Netherlands", "city": "Amsterdam", "asn": "64496", "owner": "EXAMPLE-HOSTING"},
    )}}]}),
    (5, INCIDENT, f"investigate {FINDING}", {"groups": [{"scope": {
        "since": "2026-03-11T21:25:02Z", "until": "2026-03-11T22:25:02Z", "basis": "alert",
    }}]}),
    (5, INCIDENT, f"investigate {FINDING} {WITHIN}", {"groups": [{"scope": LATER | {"basis": "asked"}}]}),
    (6, INCIDENT, f"investigate {FINDING} {WITHIN}", {"groups": [{"cases": [{"sections": {
        "not": some(question={"one of": SCOPED}, options={"not": LATER}),
    }}]}]}),
    (6, INCIDENT, f"investigate {FINDING} {WITHIN}", {"groups": [{"cases": [{"sections": some(
        question="session", options=LATER, answer={"scope": LATER}
    )}]}]}),
    (7, INCIDENT, f"timeline {event(7)}", {"entries": some(phase="after", api="iam:CreateAccessKey")}),
    (7, INCIDENT, f"timeline {event(7)}", {"entries": some(phase="before", api="cloudtrail:StopLogging")}),
    (8, INCIDENT, f"session {CHAINED}", {"calls": 5, "sessions": [{
        "issued": "2026-03-11T21:53:30Z", "first": "2026-03-11T21:53:49Z", "last": "2026-03-11T21:59:36Z",
    }]}),
    (8, INCIDENT, "role payments-operations", {"sessions_total": 13, "callers": some(whose=DANA, count=4, sessions=4)}),
    (9, INCIDENT, f"new {event(7)}", new("sign-in source IP", "198.51.100.23")),
    (9, INCIDENT, f"investigate {FINDING}", {"groups": [{"summary": {
        "where": some(place={"address": "198.51.100.23", "country": "Netherlands", "city": "Amsterdam",
                             "asn": "64496", "owner": "EXAMPLE-HOSTING"}),
    }}]}),
    (9, "signed-in-elsewhere", f"new {ELSEWHERE} --days 7",
     {"verdict": "new"} | new("sign-in source IP", "192.0.2.9")),
    (10, INCIDENT, f"new {event(7)}", new("call", "ec2:StartInstances", "iam:AttachRolePolicy", "iam:CreateAccessKey")),
    (10, "usual-for-one-and-not-for-the-other", f"new {UNUSUAL} --days 7",
     {"verdict": "new"} | new("call", "iam:CreateAccessKey")),
    (11, "usual-for-one-and-not-for-the-other", f"new {UNUSUAL} --days 7", new("source IP", "203.0.113.99")),
    (11, "usual-for-one-and-not-for-the-other", f"new {UNUSUAL} --days 7",
     {"dimensions": some(name="agent family", new_total=1, known=1)}),
    (11, "signed-in-elsewhere", f"new {ELSEWHERE} --days 7", new("sign-in network", "192.0.0.0/16")),
    (12, INCIDENT, f"volume {event(7)}", {"calls": 11, "failed": 1, "hours": some(
        hour="2026-03-11T21:00:00Z", calls=5, failed=1, usual=0.0, in_scope=True
    )}),
    (13, INCIDENT, f"volume {event(7)}", {"drills": [
        {"by": "source IP", "parts": some(value="198.51.100.23", calls=5, failed=1)},
        {"by": "call", "parts": some(value="ec2:DescribeInstances", calls=3)},
        {"by": "access key", "parts": some(value=CHAINED_KEY, calls=5, failed=1)},
    ]}),
    (14, INCIDENT, "role payments-operations", {"callers": {"set": [
        {"whose": {"name": name}} for name in ("dana.whitfield", "jonas.brandt", "li.wei", "priya.raman")
    ]}}),
    (15, INCIDENT, "role payments-operations", {"callers": some(
        whose=DANA, kind="Role", account="537140928816", first="2026-03-10T08:10:23Z", last="2026-03-12T08:52:26Z"
    )}),
    (16, INCIDENT, f"role {CI}", {"taken": [{"role_arn": DEPLOY, "count": 30, "account": "804275613390"}]}),
    (17, INCIDENT, f"session {CHAINED}", {"operations": [
        {"api": "ec2:DescribeInstances"}, {"api": "ec2:StartInstances"}, {"api": "iam:AttachRolePolicy"},
        {"api": "iam:CreateAccessKey"},
    ]}),
    (18, INCIDENT, "role payments-operations --until 2026-03-11T21:53:29Z", {"callers": some(
        whose=DANA, count=2, first="2026-03-10T08:10:23Z", last="2026-03-11T09:56:29Z"
    )}),
    (19, INCIDENT, "session 804275613390 --from 2026-03-11T21:25:00Z --to 2026-03-11T22:25:00Z", {
        "subject": {"kind": "account"}, "calls": 14, "failed": 1, "sessions": some(role_arn=DEPLOY),
    }),
    (20, INCIDENT, "session dana.whitfield", {"subject": {
        "kind": "person", "sessions_total": 11, "person": {"roles": 3, "accounts": ["537140928816", "804275613390"]},
    }}),
    (20, INCIDENT, "trace dana.whitfield", {"subject": {"kind": "person", "sessions_total": 11}}),
    (21, INCIDENT, f"who {CHAINED_KEY}", {"total": 1, "answers": [{"origin": DANA, "hops": [
        {"rule": "4"},
        {"access_key_id": CHAINED_KEY, "rule": "2", "confidence": "EXACT", "event_ids": [event(4), event(5)]},
    ]}]}),
    (22, INCIDENT, f"who {event(3)}", {"total": 1, "answers": [{
        "origin": DANA, "identity": {"access_key_id": "ASIAX2EAYEEYMPNYVM6D", "creation_date": "2026-03-11T21:47:55Z"},
        "hops": [{"access_key_id": None, "rule": "4", "confidence": "STRONG", "time": "2026-03-11T21:47:55Z"}],
    }]}),
    (23, "twins-of-two-callers", "who e0000000-0000-4000-8000-000000000003", {"total": 2, "answers": {"set": [
        {"origin": {"name": name}, "ambiguous": True, "confidence": "LIKELY"} for name in ("alice", "bob")
    ]}}),
    (24, INCIDENT, "explain rule-4", "creation time"),
    (25, "assumed-itself-and-through-others", "assumed AKIARTX3GSDS3ZLVE2CG", {
        "granted": 3, "refused": 2, "roles": some(role_arn={"~": "role/billing"}, outcome="AccessDenied", count=1),
    }),
    (26, "denied-frontier", "denied", {"assumptions": [{"whose": {"name": "alice"}, "roles": [
        {"role_arn": "arn:aws:iam::111122223333:role/admin"}, {"role_arn": "arn:aws:iam::444455556666:role/admin"},
        {"role_arn": "arn:aws:iam::444455556666:role/billing"}, {"role_arn": "unknown"},
    ]}]}),
    (27, "enumeration", "hunt role-enumeration", {"findings": [{
        "count": 5, "whose": {"name": "mallory"}, "statement": {"~": "refused 5 different roles in 13 seconds: r0, r1"},
    }]}),
    (27, "enumeration", "denied", {"bursts": [{"kind": "roles", "count": 5, "roles": {"count": 5}}]}),
    (28, INCIDENT, f"assumed {event(7)}", {"roles": [
        {"coarse": "federated", "how": "identity-center"}, {"coarse": "CLI/SDK", "how": "cli-sdk"},
    ]}),
    (28, "switch-role-in-the-console", "assumed user/bob@example.com", {"roles": [{"coarse": "console"}]}),
    (28, "assumed-itself-and-through-others", "assumed AKIARTX3GSDS3ZLVE2CG",
     {"roles": some(coarse="service", via="cloudformation.amazonaws.com")}),
    (29, INCIDENT, f"assumed {CI} --from 2026-03-10 --to 2026-03-12", {"roles": [{
        "role_arn": DEPLOY, "count": 30, "first": "2026-03-10T06:15:12Z", "last": "2026-03-12T16:29:47Z",
    }]}),
    (30, "past-of-a-session-without-an-origin", "baseline a1e40000-0000-4000-8000-000000000011 --days 5",
     {"history": {"basis": "session name", "enough": True, "calls": 25}}),
    (30, "past-of-a-session-without-an-origin", "baseline a1e40000-0000-4000-8000-000000000012 --days 5",
     {"history": {"basis": "source IP", "enough": True, "calls": 24}}),
    (31, INCIDENT, f"services {event(7)}", {"days": 7, "sessions": 3, "services": [
        {"service": "ec2", "calls": 8, "failed": 0, "first": "2026-03-10T08:12:54Z"},
    ]}),
    (32, "services-of-one-of-two-people", "services e0000000-0000-4000-8000-000000000016", {"services": [
        {"service": "s3", "mark": "S3"}, {"service": "dynamodb", "mark": "database"},
        {"service": "ec2", "mark": "EC2"}, {"service": "secretsmanager", "mark": "Secrets Manager"},
        {"service": "sqs", "mark": None},
    ]}),
    (33, INCIDENT, f"interesting {event(7)}", {"sensitive": [], "changes": [
        {"api": "ec2:StartInstances"}, {"api": "iam:AttachRolePolicy"}, {"api": "iam:CreateAccessKey"},
    ], "failed": [{"api": "iam:AttachRolePolicy", "error": "AccessDenied"}]}),
    (33, INCIDENT, f"interesting {MADE_KEY}", {"changes": [], "sensitive": [
        {"api": "sts:GetCallerIdentity"}, {"api": "secretsmanager:GetSecretValue"},
    ]}),
    (34, "interesting-calls-in-three-classes", f"interesting {ALICE}", {"sensitive": some(
        api="ec2:GetPasswordData", kind="sensitive", targets=[{"~": "instance/i-0a1b2c3d4e5f60718"}]
    )}),
    (35, INCIDENT, f"baseline {event(7)}", {"scope": {"since": "2026-03-11T21:25:02Z"}, "history": {
        "since": "2026-02-25T21:25:02Z", "until": "2026-03-11T09:25:01Z",
    }}),
    (36, "usual-for-one-and-not-for-the-other", f"baseline {USUAL} --days 7", {"verdict": "seen before", "calls": [{
        "matches": some(on="call, source IP, agent text", calls=10, days=5),
    }]}),
    (36, "usual-for-one-and-not-for-the-other", f"baseline {UNUSUAL} --days 7", {
        "verdict": "never seen before",
        "calls": [{"unseen": ["call", "source IP"], "matches": some(on="call, source IP, agent text", calls=0)}],
    }),
    (37, "usual-for-one-and-not-for-the-other", f"baseline {USUAL} --days 7", {"calls": [{"habits": {
        "calls": 10, "places": [{"value": "203.0.113.10", "calls": 10}], "agents": [{"family": "aws-cli v2"}],
    }}]}),
    (38, INCIDENT, f"baseline {event(7)}", {"habits": {
        "calls": 3, "places": [{"value": "198.51.100.77", "calls": 3}], "agents": [{"family": "aws-cli v2"}],
    }}),
    (39, "usual-for-one-and-not-for-the-other",
     f"baseline {UNUSUAL} --days 7 --api ec2:DescribeVolumes --source-ip 203.0.113.99", {"calls": [{
         "user_agent": None, "unseen": ["source IP"],
         "statement": {"~": "no user agent is known, so the comparison uses the source IP alone"},
     }]}),
    (41, INCIDENT, f"session dana.whitfield {HOUR}", {
        "subject": {"kind": "person"}, "calls": 16, "operations": some(api="cloudtrail:StopLogging", total=1),
    }),
    (41, INCIDENT, f"session dana.whitfield {HOUR}", {"operations": some(api="iam:CreateAccessKey", total=1)}),
    (41, INCIDENT, f"timeline dana.whitfield {HOUR}", {"entries": some(api="iam:CreateAccessKey")}),
    (41, INCIDENT, "session dana.whitfield --from 2026-03-11 --to 2026-03-11", {
        "subject": {"kind": "person"}, "scope": {"since": "2026-03-11T00:00:00Z", "until": "2026-03-11T23:59:59Z"},
        "first": "2026-03-11T07:04:26Z", "last": "2026-03-11T21:59:36Z",
        "sessions": some(role_arn=OPERATIONS_ROLE, issued="2026-03-11T09:56:29Z"),
    }),
    (43, INCIDENT, f"contain {MADE_KEY}", {"steps": some(number=1, target=MADE_KEY, commands=[
        f"aws iam update-access-key --user-name svc-reports --access-key-id {MADE_KEY} --status Inactive"
    ])}),
    (44, INCIDENT, f"blast {event(2)}", {"permissions_not_known": {"**": "role/payments-operations"}}),
    (46, "session-token", "who e0000000-0000-4000-8000-000000000003", {"answers": [{
        "origin": {"access_key_id": "AKIARTX3GSDSUCE6WLY6", "name": "alice"}, "confidence": "EXACT",
        "hops": [{"api": "sts:GetSessionToken"}, {"api": "sts:AssumeRole"}],
    }]}),
    (47, "chain-of-six-hops", "who ASIAWO645SY5B4FNYPV6", {"answers": [{
        "origin": {"name": "alice", "account": "111122223333"}, "identity": {"account": "444455556666"},
        "hops": {"count": 6}, "confidence": "EXACT",
    }]}),
    (47, "chain-of-six-hops", "chains --min-depth 6 --cross-account",
     {"chains": [{"depth": 6, "roles": {"count": 6}}]}),
    (48, INCIDENT, "who arn:aws:sts::804275613390:assumed-role/payments-operations/ops-maintenance", {
        "total": 13, "answers": {"count": 13},
    }),
    (48, INCIDENT, "who arn:aws:sts::804275613390:assumed-role/payments-operations/ops-maintenance",
     {"answers": some(origin={"name": "priya.raman"}, confidence="STRONG", ambiguous=False)}),
    (49, "single-sign-on-into-the-console", "session e0000000-0000-4000-8000-000000000005",
     {"sessions_total": 1, "keys": {"set": [
         {"access_key_id": "ASIARTX3GSDSQPTGZMHE", "issued": "2026-03-02T08:00:00Z", "calls": 1},
         {"access_key_id": "ASIARTX3GSDSYU7UCWYC", "issued": None, "calls": 1},
     ]}}),
    (50, "switch-role-in-the-console", "session e0000000-0000-4000-8000-000000000004", {
        "whose": {"name": "bob@example.com"}, "calls": 1,
        "subject": {"sessions": ["444455556666/AROAWO645SY5APTGZMHE4:bob@example.com/2026-03-02T10:01:40Z"]},
    }),
    *[
        (50, "renewal", f"session 50000000-0000-4000-8000-00000000000{n}", {
            "subject": {"kind": "session", "sessions": {"count": 1}}, "whose": {"name": name}, "calls": 1,
        })
        for n, name in enumerate(("ann", "ann", "eve", "eve"))
    ],
    (51, INCIDENT, f"session {event(7)}", {"calls": 5, "succeeded": 4, "failed": 1, "operations": some(
        api="iam:AttachRolePolicy", total=2, succeeded=1, failed=[{"error": "AccessDenied", "count": 1}]
    )}),
    (52, "bucket-changed-and-read", "session 444455556666", {"operations": some(
        api="s3:GetBucketVersioning", kind="read", resources=["arn:aws:s3:::ledger", "arn:aws:s3:::other"]
    )}),
    (53, INCIDENT, f"session {event(7)}", {"operations": some(
        api="iam:AttachRolePolicy", resources={"**": "AWS::IAM::Role:payments-batch"}
    )}),
    (54, "session-by-operation", "session e0000000-0000-4000-8000-000000000009", {"operations": some(
        api="ec2:DescribeInstances", filters=[{"~": "tag:env"}]
    )}),
    (55, INCIDENT, f"interesting {MADE_KEY}", {"sensitive": some(
        api="secretsmanager:GetSecretValue", kind="sensitive", targets=[{"~": "payments/ledger-db"}]
    )}),
    (56, "many-people-behind-one-address", "from 198.51.100.40", {"addresses": [{
        "doubts": ["through a VPC endpoint: its VPC chooses the address"],
    }]}),
    (57, RECYCLED, f"who {REUSED}", {"total": 2, "answers": {"set": [
        {"origin": {"name": name}, "confidence": "EXACT", "ambiguous": False} for name in ("alice", "bob")
    ]}}),
    (57, RECYCLED, f"session '{REUSED} {OF_BOB}'", {"whose": {"name": "bob"}, "calls": 1}),
    (58, INCIDENT, "coverage 537140928816", {"gaps": [{
        "kind": "stopped", "since": "2026-03-11T21:49:35Z", "until": None, "whose": DANA, "events": 128,
    }]}),
    (59, "session-names-and-true-origins", "names", {"names": some(
        name="alice.smith", verdict="names-another", whose={"name": "bob"}
    )}),
    (59, "lies", "names", {"names_another": 3, "names": {"**": {
        "name": "bob", "verdict": "names-another", "why": "the key behind it was made by mallory",
    }}}),
    (60, INCIDENT, "names", {"roles": some(
        role_arn=OPERATIONS_ROLE, helps="yes", demand="sts:SourceIdentity", origins=4
    )}),
    (61, INCIDENT, f"who {event(7)}", {"total": 1, "answers": [{"origin": DANA, "confidence": "STRONG"}]}),
]  # fmt: skip
"""Row, where, command, and what must be in its answer: the JSON, or a text that is printed."""


class Stage:
    """The stores that the commands are run on, each loaded when it is first asked."""

    def __init__(self, folder: Path, incident: Path) -> None:
        self._folder = folder
        self._there = {INCIDENT: incident}
        self.ran: dict[tuple[str, tuple[str, ...]], Ran] = {}
        """What was run before, by place and words."""

    def store(self, where: str) -> Path:
        """The store of the incident, of a story or of a scene."""
        if where not in self._there:
            path = self._folder / where / "lineage.db"
            path.parent.mkdir()
            with lineage.open(path) as store:
                store.load(self._files(where, path.parent))
            self._there[where] = path
        return self._there[where]

    @staticmethod
    def _files(where: str, folder: Path) -> list[Path]:
        if where not in SCENES:
            return sorted(one for one in (STORIES / where).iterdir() if one.name not in ABOUT)
        (folder / "records.json").write_text(json.dumps({"Records": SCENES[where]().records}))
        return [folder / "records.json"]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, incident: Path) -> Stage:
    """The stores of this module."""
    return Stage(tmp_path_factory.mktemp("stage"), incident)


Run = Callable[..., Ran]


@pytest.fixture
def run(stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the store of a place."""
    monkeypatch.chdir(ROOT)
    shell = Shell(capsys)

    def ran(where: str, *words: str) -> Ran:
        if (where, words) not in stage.ran:
            monkeypatch.setenv("LINEAGE_STORE", str(stage.store(where)))
            stage.ran[where, words] = shell(*words)
        return stage.ran[where, words]

    return ran


def test_the_page_has_every_row() -> None:
    """The rows are numbered in order, each with a question and a command; those with a limit say so and why."""
    text = PAGE.read_text("utf-8")

    assert [one.number for one in TABLE] == list(range(1, ROWS + 1))
    assert all(one.commands and (one.where or one.tests) for one in TABLE)
    assert {one.number for one in TABLE if "*Limit*" in one.question} == LIMITS
    assert all(f"- **{number}, " in text.partition("## Limits")[2] for number in LIMITS)


@pytest.mark.parametrize("one", TABLE, ids=number)
def test_every_command_is_one(one: Row) -> None:
    """The command line takes every command of the page, and `explore` every question."""
    for command in one.commands:
        name, *words = shlex.split(command)
        if name == "explore":
            assert parse(words, files=False).question.name == words[0]
        else:
            commands()[name].make_context(name, words)


@pytest.mark.parametrize("one", TABLE, ids=number)
def test_what_shows_it_is_there(one: Row) -> None:
    """Every story and every test that the page names is there, under its own name."""
    for text, folder in one.stories:
        assert text == folder
        assert (STORIES / folder / "answers.json").exists()
    for function, file in one.tests:
        assert re.search(rf"^def {function}\(", (PAGE.parent / file).read_text("utf-8"), re.M)


def test_every_command_is_checked() -> None:
    """What each command of the page answers is checked where the page says, or by a test that the page names."""
    checked = {(number, where, command) for number, where, command, _ in CHECKS}

    assert {(one.number, one.where, command) for one in TABLE for command in one.runs} - checked == set()
    assert {one.number for one in TABLE if not one.where} <= {number for number, *_ in checked} | {
        one.number for one in TABLE for _, file in one.tests if Path(file).name == Path(__file__).name
    }


@pytest.mark.parametrize(
    ("row", "where", "command", "expected"), CHECKS, ids=[f"{row}-{command[:40]}" for row, _, command, _ in CHECKS]
)
def test_the_answer_holds(row: int, where: str, command: str, expected: Any, run: Run) -> None:
    """The command is found, and what the row asks is in its answer."""
    if isinstance(expected, str):
        ran = run(where, *shlex.split(command))
        assert ran.code == 0
        assert expected in " ".join(ran.out.split())
        return
    ran = run(where, *shlex.split(command), "--json")

    assert ran.code == 0, ran.err
    assert list(differences(expected, json.loads(ran.out))) == []


def finding() -> dict[str, Any]:
    """The finding of the incident."""
    found: dict[str, Any] = json.loads((ROOT / FINDING).read_text("utf-8"))
    return found


def investigated(run: Run, alert: object) -> Any:
    """The one group of a report on an alert that is given as JSON."""
    ran = run(INCIDENT, "investigate", json.dumps(alert), "--json")
    assert ran.code == 0, ran.err
    (group,) = json.loads(ran.out)["groups"]
    return group


def test_a_finding_of_a_threat_list(run: Run) -> None:
    """The report says which list the address is on, and whose credentials called from there."""
    listed = finding() | {"type": "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom"}
    listed["service"]["additionalInfo"] = {"threatListName": "our-list", "threatName": "Scanner"}
    group = investigated(run, listed)
    ((alert,), (who,)) = group["alerts"], group["summary"]["who"]

    assert json.dumps(alert["threats"]).count("our-list") == 1
    assert alert["source_ips"] == ["198.51.100.23"]
    assert who["name"] == "dana.whitfield"


def test_a_finding_as_it_is_delivered(run: Run) -> None:
    """A finding in the wrapping of EventBridge, or of SNS around it, gives the report of the finding itself."""
    event = {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": finding()}
    notice = {"Type": "Notification", "Message": json.dumps(event)}
    plain, *wrapped = (investigated(run, one) for one in (finding(), event, notice))

    assert plain["headline"] == "credentials of dana.whitfield — STRONG"
    assert wrapped == [plain, plain]


def test_a_threat_list_of_ones_own(run: Run, tmp_path: Path) -> None:
    """Every address of a file that was seen is listed with its origins, the others are counted."""
    threats = tmp_path / "threats.txt"
    threats.write_text("# ours\n198.51.100.23 ; seen\n192.0.2.0/24\n203.0.113.250\n")
    ran = run(INCIDENT, "from", str(threats), "--json")
    expected = {"entries": 3, "without_calls": 1, "addresses": [
        {"address": "192.0.2.144", "origins": [{"whose": {"name": "svc-reports", "made_by": "dana.whitfield"}}]},
        {"address": "198.51.100.23", "origins": [{"whose": DANA}]},
    ]}  # fmt: skip

    assert ran.code == 0
    assert list(differences(expected, json.loads(ran.out))) == []


ABOUT_ONE = ["session", "timeline", "trace", "services", "interesting", "denied", "assumed", "baseline", "new"]
ABOUT_ONE += ["volume", "blast", "contain", "investigate"]


@pytest.mark.parametrize("question", ABOUT_ONE)
def test_a_recycled_key_is_asked_back(question: str, run: Run) -> None:
    """Every question about one owner asks which of the two is meant, and answers about that one alone."""
    both = run(RECYCLED, question, REUSED)
    assert both.code == 1
    assert f"'{REUSED} {OF_ALICE}' (credentials of alice" in both.err
    assert f"'{REUSED} {OF_BOB}' (credentials of bob" in both.err

    for session, other in ((OF_ALICE, OF_BOB), (OF_BOB, OF_ALICE)):
        one = run(RECYCLED, question, f"{REUSED} {session}", "--json")
        about = {"subject": {"sessions": [session]}}
        trees = {"roots": {"**": f"{REUSED} {session}"}}
        expected = {"investigate": {"groups": [{"leads": [about]}]}, "trace": trees}.get(question, about)

        assert one.code == 0, one.err
        assert list(differences(expected, json.loads(one.out))) == []
        assert question == "investigate" or other not in one.out  # a report lists all who assumed the role
