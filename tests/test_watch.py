"""Watching folders, buckets and queues: what arrives is loaded, once, and a message is deleted only after that."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage import watch as watching
from lineage.watch import Round
from tests import aws_server
from tests.aws import Cloud, Json
from tests.aws.files import dumps, event_bridge
from tests.aws_server import REGION, Endpoint, upload
from tests.conftest import ROOT
from tests.same import different, said
from tests.test_cli import Shell
from tests.test_killed import many_sessions

SECONDS = 240
"""How long a test waits for something that takes a moment."""
WATCH = [sys.executable, "-m", "lineage.cli", "watch"]
FINDING = (ROOT / "examples" / "incident" / "finding.json").read_text("utf-8")


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    """A service with nothing in it."""
    with aws_server.running() as endpoint:
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The same, where nothing fails yet; pauses are short."""
    server.set_up(monkeypatch)
    monkeypatch.setattr(watching, "POLL_SECONDS", 1.0)
    monkeypatch.setattr(watching, "PAUSE_SECONDS", 1)
    monkeypatch.setattr(watching, "LONGEST_PAUSE_SECONDS", 1)
    server.mend()
    yield server
    server.mend()


class Bucket:
    """A bucket of one test, with a queue and dead-letter queue for it."""

    def __init__(self, endpoint: Endpoint, name: str, dead_letters_after: int = 0) -> None:
        self.s3, self.sqs = endpoint.client("s3"), endpoint.client("sqs")
        self.name = name
        self.endpoint = endpoint
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dead = self._queue(f"{name}-dead", {})
        self.dead_arn, attributes = self.arn(self.dead), {}
        if dead_letters_after:
            policy = {"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": dead_letters_after}
            attributes = {"RedrivePolicy": json.dumps(policy)}
        self.queue = self._queue(name, attributes)

    def _queue(self, name: str, attributes: dict[str, str]) -> str:
        path = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"].split("/", 3)[3]
        return f"{self.endpoint.url}/{path}"

    def arn(self, url: str) -> str:
        """The ARN of a queue."""
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def notify(self) -> None:
        """Let S3 tell the queue about new objects."""
        told = {"QueueConfigurations": [{"QueueArn": self.arn(self.queue), "Events": ["s3:ObjectCreated:*"]}]}
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration=told)

    def notify_through_sns(self) -> None:
        """Let S3 tell a topic, and the topic the queue."""
        sns = self.endpoint.client("sns")
        topic = sns.create_topic(Name=self.name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.arn(self.queue))
        told = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration=told)

    def put(self, key: str, *records: Json) -> None:
        """Put an object with records."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=gzip.compress(dumps({"Records": records}).encode()))

    def send(self, body: str) -> None:
        """Put a message into the queue."""
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=body)

    def waiting(self, url: str | None = None) -> int:
        """How many messages are in a queue, those included that somebody works on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url or self.queue, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


class Watched:
    """What a watcher told."""

    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self.warnings: list[str] = []

    @property
    def events(self) -> int:
        """New events so far."""
        return sum(one.events for one in self.rounds)


@contextmanager
def watched(path: Path, *sources: str | Path, **options: Any) -> Iterator[Watched]:
    """A watcher that runs in a thread of its own."""
    told, stop = Watched(), threading.Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            with lineage.open(path) as store:
                store.watch(sources, stop=stop, told=told.rounds.append, warned=told.warnings.append, **options)
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(SECONDS)
    assert not thread.is_alive()
    assert not failed


def until(fact: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + SECONDS
    while not fact():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def calls(number: int, seed: int = 1) -> Cloud:
    """A few calls of a user."""
    cloud = Cloud(seed=seed)
    user = cloud.user(cloud.account("home"), "ana")
    for _ in range(number):
        cloud.call(user, "ec2.amazonaws.com", "DescribeInstances")
        cloud.tick(60)
    return cloud


def store_says(path: Path, records: list[Json]) -> dict[str, Any]:
    """What the store says about some records."""
    with lineage.open(path, create=False) as store:
        return said(store, records)


def clean(path: Path, records: list[Json]) -> dict[str, Any]:
    """What a store says into which the records were loaded directly."""
    file = path.with_suffix(".ndjson")
    file.write_text("".join(dumps(one) + "\n" for one in records))
    with lineage.open(path) as store:
        store.load([file])
    return store_says(path, records)


def test_a_folder_is_watched(tmp_path: Path, endpoint: Endpoint) -> None:
    """What is in a folder is loaded, then what is added and what changes, each event once."""
    records = calls(4).records
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").write_text(dumps({"Records": records[:1]}))
    with watched(tmp_path / "a.db", logs, every="1s") as told:
        until(lambda: told.events == 1)
        (logs / "b.json").write_text(dumps({"Records": records[1:3]}))
        until(lambda: told.events == 3)
        (logs / "a.json").write_text(dumps({"Records": [records[0], records[3]]}))
        until(lambda: told.events == 4)
    with watched(tmp_path / "a.db", logs, every="1s") as again:
        time.sleep(0.5)

    assert told.rounds[-1] == Round(1, 1, 1)
    assert again.rounds == []
    assert different(clean(tmp_path / "clean.db", records), store_says(tmp_path / "a.db", records)) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that root cannot read either")
def test_a_file_that_cannot_be_read_is_told_once(tmp_path: Path, endpoint: Endpoint) -> None:
    """A file that cannot be read is named once, and the others are loaded."""
    records = calls(2).records
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").symlink_to("/proc/self/mem")  # whose first bytes nobody can read
    (logs / "b.json").write_text(dumps({"Records": records[:1]}))
    with watched(tmp_path / "a.db", logs, every="1s") as told:
        until(lambda: told.events == 1)
        (logs / "c.json").write_text(dumps({"Records": records[1:]}))
        until(lambda: told.events == 2)

    assert told.warnings == [f"{logs / 'a.json'}: cannot be read: Input/output error"]


def test_a_bucket_is_watched(tmp_path: Path, endpoint: Endpoint) -> None:
    """New and changed objects of a bucket are loaded, also of days before; after the first listing only recent days
    are listed."""
    records = calls(3).records
    bucket = Bucket(endpoint, "listed")
    account, today = records[0]["recipientAccountId"], time.strftime("%Y/%m/%d", time.gmtime())
    yesterday = time.strftime("%Y/%m/%d", time.gmtime(time.time() - 86_400))
    folder = f"AWSLogs/{account}/CloudTrail/us-east-1"
    bucket.put(f"{folder}/2026/01/02/a.json.gz", records[0])
    with watched(tmp_path / "a.db", f"s3://{bucket.name}", every="1s") as told:
        until(lambda: told.events == 1)
        endpoint.mend()
        bucket.put(f"{folder}/{today}/b.json.gz", records[1])
        bucket.put(f"{folder}/{yesterday}/c.json.gz", records[2])
        until(lambda: told.events == 3)
        listed = [one for one in endpoint.requests if "prefix=" + folder in one]

    assert listed
    assert all("start-after" in one for one in listed)
    assert different(clean(tmp_path / "clean.db", records), store_says(tmp_path / "a.db", records)) == ""


def test_late_days_are_listed_at_growing_intervals(endpoint: Endpoint, tmp_path: Path) -> None:
    """The first listing is of everything, the next of the last day; older days follow when their interval is over."""
    bucket = Bucket(endpoint, "late-days")
    account = "111122223333"
    bucket.put(f"AWSLogs/{account}/CloudTrail/us-east-1/2020/01/01/a.json.gz", *calls(1).records)
    with lineage.open(tmp_path / "a.db") as store:
        watcher = watching.Watcher(store._store, [f"s3://{bucket.name}"], every=60)

        def days_back() -> int | None:
            endpoint.mend()
            watcher._list(first=not watcher._listed)
            found = [one.split("start-after=")[1].split("&")[0] for one in endpoint.requests if "start-after=" in one]
            if not found:
                return None
            day = date(*map(int, found[0].split("/")[-3:]))
            return (datetime.now(UTC).date() - day).days

        depths = [days_back(), days_back()]
        for days, pause in watching.LOOKBACKS[1:]:
            watcher._listed[days] -= pause
            depths.append(days_back())
            depths.append(days_back())

    assert depths == [None, 1, 3, 1, 7, 1, 30, 1]


@pytest.mark.parametrize("way", ["straight", "sns"])
def test_a_queue_of_notifications(tmp_path: Path, endpoint: Endpoint, way: str) -> None:
    """Objects that S3 tells of are loaded, and their messages deleted; a test message is deleted too."""
    records = calls(3).records
    bucket = Bucket(endpoint, f"queue-{way}")
    if way == "sns":
        bucket.notify_through_sns()
    else:
        bucket.notify()
    for n, record in enumerate(records):
        bucket.put(f"a {n}/é+%41=.json.gz", record)
    assert bucket.waiting() >= 3
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: told.events == 3 and bucket.waiting() == 0)

    assert told.warnings == []
    assert different(clean(tmp_path / "clean.db", records), store_says(tmp_path / "a.db", records)) == ""


def shapes(bucket: str, key: str) -> dict[str, str]:
    """A notification of an object in every form."""
    detail = {"bucket": {"name": bucket}, "object": {"key": key, "size": 5, "etag": "b57f"}, "requester": "x"}
    own = {"s3Bucket": bucket, "s3ObjectKey": [key]}
    event = {"version": "0", "detail-type": "Object Created", "source": "aws.s3", "detail": detail}
    return {
        "eventbridge": json.dumps(event),
        "eventbridge-sns": json.dumps({"Type": "Notification", "Message": json.dumps(event)}),
        "security-lake": json.dumps({"source": "aws.s3", "resources": [f"arn:aws:s3:::{bucket}"], "detail": detail}),
        "cloudtrail": json.dumps({"Type": "Notification", "Message": json.dumps(own)}),
    }


@pytest.mark.parametrize("shape", shapes("", ""))
def test_every_form_of_notification(tmp_path: Path, endpoint: Endpoint, shape: str) -> None:
    """EventBridge, Security Lake and CloudTrail's own topic name keys as they are."""
    bucket = Bucket(endpoint, f"form-{shape}")
    key = "ext/region=eu-west-1/a+b%20c é.json.gz"
    bucket.put(key, *calls(1).records)
    bucket.send(shapes(bucket.name, key)[shape])
    bucket.send('{"Service":"Amazon S3","Event":"s3:TestEvent"}')
    bucket.send('{"detail-type":"Object Deleted","detail":{"bucket":{"name":"x"},"object":{"key":"gone"}}}')
    bucket.send('{"Type":"Notification","Message":"CloudTrail validation message."}')
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: told.events == 1 and bucket.waiting() == 0)

    assert told.warnings == []


def test_events_and_findings_in_messages(tmp_path: Path, endpoint: Endpoint) -> None:
    """Events of EventBridge in a queue are loaded; findings, also those of exports in S3, are kept, the newest version
    of each."""
    record = calls(1).records[0]
    bucket = Bucket(endpoint, "messages")
    finding = json.loads(FINDING)
    body = finding.get("detail", finding)
    bucket.send(json.dumps(event_bridge(record)))
    bucket.send(json.dumps({"detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": body}))
    other = {**body, "id": "0123456789abcdef0123456789abcdef"}
    key = "AWSLogs/111122223333/GuardDuty/eu-west-1/2026/03/11/a.jsonl.gz"
    bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=gzip.compress(json.dumps(other).encode()))
    with watched(tmp_path / "a.db", f"s3://{bucket.name}", queue=bucket.queue) as told:
        until(lambda: told.events == 1 and bucket.waiting() == 0 and sum(one.findings for one in told.rounds) == 2)
    with lineage.open(tmp_path / "a.db") as store:
        kept = store.findings()
        info = store.info()

    assert [one.id for one in kept] == sorted([other["id"], body["id"]])
    assert {one.type for one in kept} == {body["type"]}
    assert info.events == 1


def test_a_message_is_kept_until_its_object_is_loaded(tmp_path: Path, endpoint: Endpoint) -> None:
    """Where an object cannot be read its message stays, its failure is told once, and it is loaded when it can be."""
    bucket = Bucket(endpoint, "kept", dead_letters_after=50)
    bucket.notify()
    bucket.put("bad.json.gz", calls(1).records[0])
    bucket.put("good.json.gz", calls(1, seed=2).records[0])
    endpoint.fail("GET /kept/bad", aws_server.KMS_DENIED)
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: told.events == 1 and len([one for one in endpoint.requests if "GET /kept/bad" in one]) > 2)
        left = bucket.waiting()
        endpoint.mend()
        until(lambda: told.events == 2 and bucket.waiting() == 0)

    assert left == 1
    assert [one for one in told.warnings if one.startswith("s3://kept/bad.json.gz: cannot be read: its KMS key")]


def test_dead_letters(tmp_path: Path, endpoint: Endpoint) -> None:
    """A message that always fails is left to the dead-letter queue."""
    bucket = Bucket(endpoint, "dead", dead_letters_after=2)
    bucket.send("hello")
    bucket.put("good.json.gz", calls(1).records[0])
    bucket.send(shapes("dead", "good.json.gz")["eventbridge"])
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: bucket.waiting(bucket.dead) == 1)
        until(lambda: told.events == 1 and bucket.waiting() == 0)

    assert len(told.warnings) == 1
    assert told.warnings[0].endswith(": neither a notification of S3 nor an event or a finding")


def test_without_dead_letters_a_message_is_set_aside(tmp_path: Path, endpoint: Endpoint) -> None:
    """Where there is no dead-letter queue, what fails again and again is named, noted in the store, and deleted."""
    bucket = Bucket(endpoint, "aside")
    bucket.send("hello")
    bucket.send(shapes("aside", "gone.json.gz")["eventbridge"])
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: bucket.waiting() == 0)
    with lineage.open(tmp_path / "a.db") as store:
        noted = {(path.split()[0], reason) for path, _, reason in store._store.set_aside()}

    gone = "cannot be read: no such object; it was deleted, or its key is wrong"
    assert noted == {
        ("s3://aside/gone.json.gz", gone),
        ("message", "cannot be read: neither a notification of S3 nor an event or a finding"),
    }
    assert f"s3://aside/gone.json.gz: {gone}" in told.warnings
    assert f"s3://aside/gone.json.gz: set aside after 5 attempts: {gone}" in told.warnings
    assert len(told.warnings) == 4


def test_a_lost_notification_is_found_by_listing(tmp_path: Path, endpoint: Endpoint) -> None:
    """With a queue and a source an object that no message told of is loaded by the next listing."""
    bucket = Bucket(endpoint, "lost")
    records = calls(2).records
    with watched(tmp_path / "a.db", "s3://lost", queue=bucket.queue, every="1s") as told:
        bucket.put("told.json.gz", records[0])
        bucket.send(shapes("lost", "told.json.gz")["eventbridge"])
        bucket.put("lost.json.gz", records[1])
        until(lambda: told.events == 2 and bucket.waiting() == 0)

    assert different(clean(tmp_path / "clean.db", records), store_says(tmp_path / "a.db", records)) == ""


def test_failures_of_the_service_pass(tmp_path: Path, endpoint: Endpoint) -> None:
    """Throttling and errors of S3 and SQS cost time, but nothing is lost."""
    bucket = Bucket(endpoint, "flaky")
    bucket.notify()
    cloud = calls(6)
    for n, record in enumerate(cloud.records):
        bucket.put(f"{n}.json.gz", record)
    endpoint.fail("GET /flaky/", aws_server.SLOW_DOWN, 3)
    endpoint.fail("HEAD /flaky/", aws_server.INTERNAL, 2)
    endpoint.fail("GET /flaky/", aws_server.CUT, 2)
    endpoint.fail("POST /", aws_server.INTERNAL, 3)
    with watched(tmp_path / "a.db", queue=bucket.queue) as told:
        until(lambda: told.events == 6 and bucket.waiting() == 0)

    assert different(clean(tmp_path / "clean.db", cloud.records), store_says(tmp_path / "a.db", cloud.records)) == ""


def start(store: Path, *arguments: str) -> subprocess.Popen[str]:
    """A watcher as a process."""
    return subprocess.Popen(
        [*WATCH, *arguments, "--store", str(store)], cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )


def handles_sigterm(process: subprocess.Popen[str]) -> bool:
    """Whether a watcher is up: before it handles the signal, SIGTERM would end it at once."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(tmp_path: Path, endpoint: Endpoint, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end a watcher with exit code 0 after what it has at hand, and nothing it did is undone."""
    bucket = Bucket(endpoint, f"stopped-{number}")
    bucket.notify()
    bucket.put("a.json.gz", calls(1).records[0])
    with start(tmp_path / "a.db", "--queue", bucket.queue) as process:
        until(lambda: bucket.waiting() == 0)
        process.send_signal(number)
        _, err = process.communicate(timeout=SECONDS)
    with lineage.open(tmp_path / "a.db") as store:
        info = store.info()

    assert process.returncode == 0
    assert err.endswith("Z  1 file, 1 new event\n")
    assert (info.events, info.unfinished) == (1, 0)


def test_several_watchers_that_are_killed(tmp_path: Path, endpoint: Endpoint) -> None:
    """Two watchers on one queue and one store, killed at random instants and started again, lose and double nothing."""
    cloud = many_sessions(10)
    logs = tmp_path / "logs"
    cloud.write_to(logs)
    bucket = Bucket(endpoint, "shared")
    bucket.notify()
    keys = upload(bucket.s3, logs, bucket=bucket.name)
    for key in keys[::3]:
        bucket.send(shapes(bucket.name, key)["eventbridge"])  # told twice
    chance = random.Random(4)
    target = tmp_path / "a.db"
    left = []
    for _ in range(3):
        running = [start(target, "--queue", bucket.queue) for _ in range(2)]
        time.sleep(0.7 + chance.random() * 2)
        for process in running:
            process.kill()
            process.communicate()
        left.append(bucket.waiting())
        release(bucket)
    running = [start(target, "--queue", bucket.queue, f"s3://{bucket.name}") for _ in range(2)]
    until(lambda: bucket.waiting() == 0 and all(map(handles_sigterm, running)))
    for process in running:
        process.terminate()
    ended = [process.communicate(timeout=SECONDS)[1] for process in running]

    assert [process.returncode for process in running] == [0, 0], ended
    assert left[0] > 0
    assert left == sorted(left, reverse=True)
    with lineage.open(tmp_path / "clean.db") as store:
        store.load([logs])
    expected = store_says(tmp_path / "clean.db", cloud.records[::9])
    assert different(expected, store_says(target, cloud.records[::9])) == ""


def release(bucket: Bucket) -> None:
    """Let what a killed watcher had taken be seen again, as after its time."""
    from moto.sqs.models import sqs_backends

    for account in sqs_backends.values():
        for queue in account[REGION].queues.values():
            if queue.name == bucket.name:
                for message in queue._messages:
                    message.change_visibility(0)


def test_a_commit_of_a_watcher_survives_a_power_failure(tmp_path: Path) -> None:
    """SQLite waits for the disk at each commit (synchronous = FULL), because a message is deleted after it."""
    stop = threading.Event()
    stop.set()
    with lineage.open(tmp_path / "a.db") as store:
        store.watch([tmp_path], stop=stop)
        found = store._store._db.execute("PRAGMA synchronous").fetchone()  # type: ignore[attr-defined]  # of SQLite

    assert found == (2,)


def test_what_cannot_be_watched(run: Shell, tmp_path: Path) -> None:
    """Nothing to watch, standard input, a URL that is none, a bucket that is not there: one line each."""
    store = ("--store", str(tmp_path / "a.db"))

    assert run("watch", *store)[::2] == (
        2, "error: watch: nothing to watch; give a folder, s3://BUCKET/PREFIX or --queue URL\n"
    )  # fmt: skip
    assert run("watch", "-", *store).err.startswith("error: watch: standard input cannot be watched")
    assert run("watch", "--queue", "my-queue", *store).err.startswith("error: --queue my-queue: not the URL of a queue")
    assert run("watch", str(tmp_path / "none"), *store).code == 2
    assert run("watch", "s3://not-there", *store)[::2] == (
        2, "error: s3://not-there/: cannot be listed: no such bucket\n"
    )  # fmt: skip
    assert run("watch", str(tmp_path), "--every", "often", *store).code == 2


@pytest.fixture
def run(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell."""
    return Shell(capsys)
