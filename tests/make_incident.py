"""Writes `examples/incident/`: `python -m tests.make_incident [FOLDER]`, the same records each time.

Actors are generators that act and yield the seconds until they act again; a heap runs them in the
order of the clock, so their records interleave as those of a real organisation do.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.aws import Cloud, Identity, Json, Person, Role, epoch
from tests.aws.files import write_s3

HOME = Path(__file__).parent.parent / "examples" / "incident"
START, END = "2026-03-10T06:00:00Z", "2026-03-12T18:00:00Z"
MANAGEMENT, PLATFORM, PAYMENTS = "218093744512", "537140928816", "804275613390"
KEY_EVENTS = (
    "portal sign-in",
    "AssumeRoleWithSAML",
    "StopLogging",
    "AssumeRole, copy of platform",
    "AssumeRole, copy of payments",
    "DescribeInstances",
    "StartInstances",
    "AttachRolePolicy, refused",
    "AttachRolePolicy",
    "CreateAccessKey",
    "first use of the new key",
    "GetSecretValue with the new key",
)
"""What the events are that have an ID one can remember: number n is `c0ffee00-…-0000000000nn`."""

Actor = Iterator[int]
EC2, IAM, S3 = "ec2.amazonaws.com", "iam.amazonaws.com", "s3.amazonaws.com"


def key_event(name: str) -> str:
    """The event ID of one of `KEY_EVENTS`."""
    return f"c0ffee00-0000-4000-8000-{KEY_EVENTS.index(name) + 1:012d}"


class Incident:
    """Three accounts of one company over two and a half days, and what happened in the second night."""

    def __init__(self) -> None:
        self.cloud = cloud = Cloud(seed=20260310, start=START)
        for number, name in ((MANAGEMENT, "management"), (PLATFORM, "platform"), (PAYMENTS, "payments")):
            cloud.account(name, number)
        self.directory = cloud.directory(MANAGEMENT)
        self.people = {n: cloud.person(n) for n in ("dana.whitfield", "jonas.brandt", "priya.raman", "li.wei")}
        self.admin = cloud.permission_set(self.directory, PLATFORM, "PlatformAdmin")
        self.viewer = cloud.permission_set(self.directory, PAYMENTS, "ReadOnly")
        self.operations = cloud.role(PAYMENTS, "payments-operations")
        self.batch = cloud.role(PAYMENTS, "payments-batch", "/service/")
        self.reporting = cloud.role(PAYMENTS, "payments-reporting", "/service/")
        self.ci, self.deploy = cloud.role(PLATFORM, "ci"), cloud.role(PAYMENTS, "deploy")
        self.svc = cloud.user(PAYMENTS, "svc-reports", ip="203.0.113.80")
        self.stopped = cloud.now
        self.made_key = ""

    def run(self) -> list[Json]:
        """All records in the order of time."""
        actors = [
            (epoch("2026-03-11T21:47:08Z"), self.intruder()),
            *((epoch(START) + 1800 * n, self.colleague(p)) for n, p in enumerate(self.people.values())),
            (epoch(START) + 900, self.pipeline()),
            (epoch(START) + 120, self.web_server("i-0a41c7d2e95b3f608")),
            (epoch(START) + 300, self.nightly_reports()),
            (epoch(START) + 600, self.config_recorder()),
            (epoch(START) + 777, self.invoices()),
        ]
        heap = [(at, n, actor) for n, (at, actor) in enumerate(actors)]
        heapq.heapify(heap)
        while heap:
            at, n, actor = heapq.heappop(heap)
            if at >= epoch(END):
                continue
            # An actor's own ticks may have run past the next one's time; the clock never goes back.
            self.cloud.now = max(at, self.cloud.now)
            wait = next(actor, None)
            if wait is not None:
                heapq.heappush(heap, (self.cloud.now + wait, n, actor))
        return self.cloud.records

    def intruder(self) -> Actor:
        """The story: Dana's portal account, from an address that she never used before."""
        cloud, dana = self.cloud, self.people["dana.whitfield"]
        first = len(cloud.records)
        cloud.portal_sign_in(self.directory, dana)
        self._rename(len(cloud.records) - 1, key_event("portal sign-in"))
        yield 41
        cloud.portal_event(self.directory, dana, "ListAccounts")
        yield 6
        session = cloud.sso_cli(self.directory, dana, self.admin, ip="198.51.100.23")
        self._rename(len(cloud.records) - 1, key_event("AssumeRoleWithSAML"))
        for record in cloud.records[first:]:
            if record["recipientAccountId"] == MANAGEMENT and record["sourceIPAddress"] == "198.51.100.77":
                record["sourceIPAddress"] = "198.51.100.23"
        yield 11
        cloud.call(session, "sts.amazonaws.com", "GetCallerIdentity")
        yield 37
        cloud.call(session, "cloudtrail.amazonaws.com", "DescribeTrails")
        yield 52
        cloud.name_next(key_event("StopLogging"))
        cloud.stop_logging(session, "platform-events")
        self.stopped = cloud.now
        yield 95
        cloud.call(session, IAM, "ListRoles")
        yield 140
        cloud.name_next(key_event("AssumeRole, copy of platform"), key_event("AssumeRole, copy of payments"))
        moved = cloud.assume_role(session, self.operations, "ops-maintenance")
        yield 19
        cloud.name_next(key_event("DescribeInstances"))
        cloud.call(moved, EC2, "DescribeInstances", request={"instancesSet": {}, "filterSet": {}})
        yield 73
        cloud.name_next(key_event("StartInstances"))
        cloud.start_instances(moved, ["i-0d9c51b7a2e84f613", "i-07b3e6f20c9a5d184"])
        yield 160
        cloud.name_next(key_event("AttachRolePolicy, refused"))
        cloud.attach_role_policy(moved, self.batch, "arn:aws:iam::aws:policy/AdministratorAccess", denied=True)
        yield 48
        cloud.name_next(key_event("AttachRolePolicy"))
        cloud.attach_role_policy(moved, self.reporting, "arn:aws:iam::aws:policy/SecretsManagerReadWrite")
        yield 66
        cloud.name_next(key_event("CreateAccessKey"))
        stolen = replace(cloud.create_access_key(moved, self.svc), ip="192.0.2.144", region="eu-central-1")
        self.made_key = stolen.key or ""
        yield 37_380
        cloud.name_next(key_event("first use of the new key"))
        cloud.call(stolen, "sts.amazonaws.com", "GetCallerIdentity")
        for name in ("ListBuckets", "GetBucketLocation", "GetBucketPolicy"):
            yield 64
            cloud.call(stolen, S3, name, request=None if name == "ListBuckets" else {"bucketName": "pay-reports"})
        yield 35
        cloud.call(stolen, "secretsmanager.amazonaws.com", "ListSecrets")
        yield 21
        cloud.name_next(key_event("GetSecretValue with the new key"))
        cloud.call(
            stolen,
            "secretsmanager.amazonaws.com",
            "GetSecretValue",
            request={"secretId": "payments/ledger-db"},
        )
        for _ in range(8):
            yield 410
            cloud.call(stolen, EC2, "DescribeInstances", request={"instancesSet": {}, "filterSet": {}})

    def _rename(self, index: int, event_id: str) -> None:
        record = self.cloud.records[index]
        self.cloud.truth[event_id] = self.cloud.truth.pop(record["eventID"])
        record["eventID"] = event_id

    def colleague(self, person: Person) -> Actor:
        """Working days of one person: portal, reads, and now and then the same second role."""
        cloud, days = self.cloud, self.cloud.rng
        for _ in range(3):
            cloud.portal_sign_in(self.directory, person)
            yield days.randrange(20, 90)
            admin = cloud.sso_cli(self.directory, person, self.admin)
            for n in range(days.randrange(14, 24)):
                yield days.randrange(200, 1500)
                self.read(admin)
                if n == 9:
                    # The same role and the same session name as in the incident: names prove nothing.
                    yield from self.maintenance(admin)
            yield days.randrange(300, 900)
            yield from self.browse(cloud.sso_console(self.directory, person, self.viewer))
            yield 24 * 3600 - (cloud.now - epoch(START)) % (24 * 3600) + days.randrange(4000)

    def maintenance(self, admin: Identity) -> Actor:
        """An hour in payments under the usual session name."""
        moved = self.cloud.assume_role(admin, self.operations, "ops-maintenance")
        for name in ("DescribeInstances", "DescribeVolumes", "DescribeInstanceStatus"):
            yield self.cloud.rng.randrange(30, 200)
            self.cloud.call(moved, EC2, name)

    def browse(self, console: Identity) -> Actor:
        """A look at the console: reads with a key that changes."""
        for _ in range(self.cloud.rng.randrange(4, 9)):
            yield self.cloud.rng.randrange(2, 60)
            self.read(console)

    def read(self, who: Identity) -> None:
        """One ordinary read."""
        source, name = self.cloud.rng.choice(READS)
        self.cloud.call(who, source, name)

    def pipeline(self) -> Actor:
        """A build every two hours: GitHub, then `ci` in platform, then `deploy` in payments."""
        cloud, run = self.cloud, 7100
        while True:
            run += 1
            subject = "repo:meridian/checkout:ref:refs/heads/main"
            build = cloud.web_identity(self.ci, subject, session=f"checkout-{run}")
            yield 12
            deploy = cloud.assume_role(build, self.deploy, f"checkout-{run}", agent="aws-sdk-go-v2/1.36.5")
            for name in ("GetFunction20150331v2", "UpdateFunctionCode20150331v2"):
                yield 9
                more = {"functionName": "invoices"}
                cloud.call(deploy, "lambda.amazonaws.com", name, request=more, read_only=name.startswith("Get"))
            yield 7150 + cloud.rng.randrange(100)

    def web_server(self, instance: str) -> Actor:
        """An instance whose credentials are renewed about every six hours."""
        role = self.cloud.role(PAYMENTS, "web-server")
        while True:
            session = self.cloud.ec2(role, instance)
            for _ in range(9):
                yield 2300 + self.cloud.rng.randrange(60)
                self.cloud.call(session, "ssm.amazonaws.com", "UpdateInstanceInformation", read_only=False)

    def invoices(self) -> Actor:
        """A function that reads a queue."""
        role = self.cloud.role(PAYMENTS, "invoices-function", "/service-role/")
        while True:
            session = self.cloud.lambda_function(role, "invoices")
            for _ in range(12):
                yield 3400 + self.cloud.rng.randrange(200)
                self.cloud.call(session, "sqs.amazonaws.com", "GetQueueAttributes")

    def config_recorder(self) -> Actor:
        """AWS Config by its service-linked role, whose calls carry a key that nobody logged."""
        role = self.cloud.role(PLATFORM, "AWSServiceRoleForConfig", "/aws-service-role/config.amazonaws.com/")
        while True:
            session = self.config_session(role)
            for name in ("DescribeVpcs", "DescribeSubnets", "DescribeSecurityGroups"):
                self.cloud.call(session, EC2, name)
                yield 3
            yield 10_800

    def config_session(self, role: Role) -> Identity:
        """One run of the recorder."""
        service = "config.amazonaws.com"
        made = self.cloud.service_session(service, role, "AWSConfig-Describe")
        used = self.cloud.unique_id("ASIA", PLATFORM)
        return replace(made, key=used, members={"invokedBy": service}, ip=service, agent=service)

    def nightly_reports(self) -> Actor:
        """The key that svc-reports has always had, from the office."""
        while True:
            for name in ("ListBuckets", "GetBucketLocation"):
                self.cloud.call(self.svc, S3, name)
                yield 30
            yield 14_300


READS = (
    (EC2, "DescribeInstances"),
    (EC2, "DescribeSecurityGroups"),
    ("cloudwatch.amazonaws.com", "DescribeAlarms"),
    ("logs.amazonaws.com", "DescribeLogGroups"),
    ("lambda.amazonaws.com", "ListFunctions20150331"),
    (IAM, "ListRoles"),
    ("rds.amazonaws.com", "DescribeDBInstances"),
    ("sts.amazonaws.com", "GetCallerIdentity"),
)


def write(folder: Path) -> Incident:
    """The incident, written under `folder`: the organisation's trail, platform's own, and accounts.csv.

    Platform's own trail `platform-events` holds copies of the same events, until it was stopped.
    """
    incident = Incident()
    records = incident.run()
    day = 24 * 60
    write_s3(records, folder / "logs" / "organization-trail", minutes=day, organization="o-mf7k2x9q1w")
    own = [r for r in records if r["recipientAccountId"] == PLATFORM]
    before = [r for r in own if epoch(r["eventTime"]) <= incident.stopped and r["eventTime"][:10] == "2026-03-11"]
    write_s3(before, folder / "logs" / "platform-trail", minutes=day)
    folder.mkdir(parents=True, exist_ok=True)
    incident.cloud.save_accounts(folder / "accounts.csv")
    return incident


if __name__ == "__main__":
    made = write(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
    print(f"{len(made.cloud.records)} records, key {made.made_key}")
