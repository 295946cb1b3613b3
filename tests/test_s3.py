"""Logs in S3: what is listed and read, that it is read whole, and what is said of what cannot be read."""

from __future__ import annotations

import gzip
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.model.errors import BadUse
from tests import aws_server
from tests.aws import Cloud, Json
from tests.aws.files import dumps
from tests.aws_server import BUCKET, Endpoint, upload
from tests.conftest import ROOT
from tests.same import different, said
from tests.test_cli import Shell
from tests.test_killed import ASKED, many_sessions

INCIDENT = ROOT / "examples" / "incident" / "logs"
ORGANIZATION = "organization-trail/AWSLogs/o-mf7k2x9q1w"
OTHER = "other-logs"
"""A bucket for what a test brings itself."""
LOAD = "import sys, lineage; print('loading', flush=True); lineage.open(sys.argv[1]).load(*sys.argv[2:3], processes=1)"


@pytest.fixture(scope="module")
def server() -> Iterator[Endpoint]:
    """A service that holds the incident."""
    with aws_server.running() as endpoint:
        s3 = endpoint.client("s3")
        upload(s3, INCIDENT)
        s3.create_bucket(Bucket=OTHER, CreateBucketConfiguration={"LocationConstraint": aws_server.REGION})
        yield endpoint


@pytest.fixture
def endpoint(server: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The same, where nothing fails yet; boto3 finds it and its credentials in the environment."""
    server.set_up(monkeypatch)
    server.mend()
    yield server
    server.mend()


@pytest.fixture
def run(
    endpoint: Endpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A shell with a store of its own."""
    monkeypatch.setenv("LINEAGE_STORE", str(tmp_path / "lineage.db"))
    return Shell(capsys)


def graph(path: Path, *logs: str | Path, **options: Any) -> dict[str, Any]:  # Any: arguments of `load`
    """What a new store says after a load."""
    with lineage.open(path) as store:
        store.load(logs, **options)
        return said(store, [])


def listed(endpoint: Endpoint) -> list[str]:
    """The prefixes that were listed."""
    return [found[1] for one in endpoint.requests if (found := re.search(r"[?&]prefix=([^&]*)", one))]


def got(endpoint: Endpoint) -> list[str]:
    """The keys of the objects that were asked for."""
    found = (re.match(r"GET /[^/?]+/([^?]+)", one, re.S) for one in endpoint.requests)
    return [one[1] for one in found if one]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_bucket_gives_the_store_of_its_files(endpoint: Endpoint, tmp_path: Path, processes: int) -> None:
    """Loading a bucket gives the store that loading the same files gives, in one reading process or several."""
    expected = graph(tmp_path / "files.db", INCIDENT)
    actual = graph(tmp_path / "bucket.db", f"s3://{BUCKET}", processes=processes)

    assert different(expected, actual) == ""


@pytest.mark.parametrize(
    "prefix",
    ["", "/", "/organization-trail", "/organization-trail/", f"/{ORGANIZATION}", f"/{ORGANIZATION}/5371",
     f"/{ORGANIZATION}/537140928816/CloudTrail/eu-west-1/",
     f"/{ORGANIZATION}/537140928816/CloudTrail/eu-west-1/2026/03/11"],
)  # fmt: skip
def test_prefixes_of_all_kinds(endpoint: Endpoint, tmp_path: Path, prefix: str) -> None:
    """A prefix names all objects whose key begins with it, wherever in the layout it ends."""
    with lineage.open(tmp_path / "a.db") as store:
        store.load(f"s3://{BUCKET}{prefix}")
    keys = [path.relative_to(INCIDENT).as_posix() for path in INCIDENT.rglob("*.gz")]

    assert sorted(got(endpoint)) == sorted(key for key in keys if key.startswith(prefix.removeprefix("/")))


def test_only_wanted_folders_are_listed(endpoint: Endpoint, tmp_path: Path) -> None:
    """With an account, a Region and days no other account's or Region's folder is listed, and a Region's from that day.

    The events are those of the time range, whatever day their object has."""
    narrow: dict[str, Any] = {"since": "2026-03-11 12:00", "until": "2026-03-11"}
    with lineage.open(tmp_path / "a.db") as store:
        loaded = store.load(
            f"s3://{BUCKET}/", only_accounts=["537140928816"], only_regions=["eu-west-1"], late_days=0, **narrow
        )
        info = store.info()
    keys = got(endpoint)
    with lineage.open(tmp_path / "b.db") as files:
        files.load([INCIDENT / key for key in keys], **narrow)
        expected = said(files, [])
    with lineage.open(tmp_path / "a.db") as store:
        actual = said(store, [])

    assert len(keys) == 2  # the organization's trail and the account's own
    assert all("/537140928816/CloudTrail/eu-west-1/2026/03/11/" in key for key in keys)
    assert not [one for one in listed(endpoint) if re.search("218093744512|804275613390|us-east-1", one)]
    assert [one for one in endpoint.requests if "start-after" in one]
    assert loaded.sums.passed["out-of-range"] > 0
    assert (info.first or "") >= "2026-03-11T12:00:00Z"
    assert (info.last or "") <= "2026-03-11T23:59:59Z"
    assert different(expected, actual) == ""


def test_days_after_the_end_are_listed_for_late_events(endpoint: Endpoint, tmp_path: Path) -> None:
    """Objects of the days after --until are read too, for they may hold earlier events."""
    s3 = endpoint.client("s3")
    cloud = Cloud(seed=3)
    user = cloud.user(cloud.account("late"), "ana")
    cloud.call(user, "ec2.amazonaws.com", "DescribeInstances")
    record = cloud.records[0]
    account, day = record["recipientAccountId"], record["eventTime"][:10]
    late = f"late/AWSLogs/{account}/CloudTrail/us-east-1/2099/01/0{{}}/late.json.gz"
    data = gzip.compress(dumps({"Records": [record]}).encode())
    for n in (1, 2):
        s3.put_object(Bucket=OTHER, Key=late.format(n), Body=data)
    days = (date(2099, 1, 1) - date.fromisoformat(day)).days
    with lineage.open(tmp_path / "a.db") as store:
        sums = store.load(f"s3://{OTHER}/late", until=day, late_days=days).sums

    assert [key for key in got(endpoint) if "2099" in key] == [late.format(1)]
    assert (sums.read, sums.loaded) == (1, 1)


def test_other_services_in_the_layout_are_left_out(endpoint: Endpoint, tmp_path: Path) -> None:
    """Flow logs and the like in AWSLogs are neither listed nor read, also where the bucket is given."""
    s3 = endpoint.client("s3")
    key = "platform-trail/AWSLogs/537140928816/vpcflowlogs/eu-west-1/2026/03/11/flow.log.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"no log of CloudTrail")
    with lineage.open(tmp_path / "a.db") as store:
        loaded = store.load(f"s3://{BUCKET}/")
    s3.delete_object(Bucket=BUCKET, Key=key)

    assert loaded.sums.files == 18
    assert not [one for one in endpoint.requests if "vpcflowlogs" in one]


def test_what_was_loaded_is_not_read_again(endpoint: Endpoint, tmp_path: Path) -> None:
    """A second load reads only what is new or changed, by key, ETag and size; `again` reads everything."""
    s3 = endpoint.client("s3")
    cloud = Cloud(seed=5)
    user = cloud.user(cloud.account("home"), "ana")
    for _ in range(2):
        cloud.call(user, "ec2.amazonaws.com", "DescribeInstances")
    with lineage.open(tmp_path / "a.db") as store:
        for n, records in enumerate((cloud.records[:1], cloud.records)):
            s3.put_object(Bucket=OTHER, Key="mine/a.json", Body=dumps({"Records": records}).encode())
            assert store.load(f"s3://{OTHER}/mine").sums.loaded == 1, n
        endpoint.mend()
        second = store.load(f"s3://{OTHER}/mine")
        kept = got(endpoint)
        third = store.load(f"s3://{OTHER}/mine", again=True)
        estimate = store.estimate(f"s3://{OTHER}/mine")

    assert (second.known, second.sums.files, kept) == (1, 0, [])
    assert (third.known, third.sums.duplicate) == (0, 2)
    assert (estimate.files, estimate.loaded_files) == (1, 1)


@pytest.mark.parametrize(
    ("fault", "said_of_it"),
    [
        (aws_server.DENIED, "cannot be read: access denied; these credentials need s3:GetObject"),
        (aws_server.KMS_DENIED, "cannot be read: its KMS key cannot be used; these credentials need kms:Decrypt"),
        (aws_server.ARCHIVED, "cannot be read: stored in GLACIER; restore it with aws s3api restore-object"),
        (aws_server.Fault(404, "NoSuchKey", "gone"), "cannot be read: no such object"),
        (aws_server.Fault(412, "PreconditionFailed", "no"), "cannot be read: changed after it was listed; load again"),
        (aws_server.Fault(400, "Odd", "an\nodd <b>answer</b>"), "cannot be read: Odd: an odd"),
    ],
    ids=["denied", "kms", "glacier", "gone", "changed", "odd"],
)  # fmt: skip
def test_what_cannot_be_read_is_named(endpoint: Endpoint, run: Shell, fault: aws_server.Fault, said_of_it: str) -> None:
    """An object that cannot be read is one line with its address and what to do; the others are loaded; the code is 4.

    The next load reads that object alone."""
    path = next(INCIDENT.glob(f"{ORGANIZATION}/537140928816/CloudTrail/eu-west-1/2026/03/11/*"))
    key = path.relative_to(INCIDENT).as_posix()
    endpoint.fail(f"GET /{BUCKET}/{key}", fault)
    first = run("load", f"s3://{BUCKET}/organization-trail")
    endpoint.mend()
    second = run("load", f"s3://{BUCKET}/organization-trail", "--json")

    assert first.code == 4
    lines = first.err.splitlines()
    assert lines[0].startswith(f"s3://{BUCKET}/{key}: {said_of_it}")
    assert lines[1:] == ["error: 1 object could not be read; all others are loaded"]
    assert re.search(r"\+ set aside +1\n", first.out)
    assert (second.code, second.err) == (0, "")
    assert got(endpoint) == [key]


def test_a_folder_that_cannot_be_listed_is_named(endpoint: Endpoint, run: Shell) -> None:
    """A prefix that cannot be listed is named, and what can be listed is loaded."""
    endpoint.fail(f"list-type=2&prefix={ORGANIZATION}/8042", aws_server.DENIED)
    ran = run("load", f"s3://{BUCKET}/organization-trail", "--since", "2026-03-01")

    assert ran.code == 4
    assert ran.err.startswith(
        f"s3://{BUCKET}/{ORGANIZATION}/804275613390/: cannot be read: cannot be listed: access denied; "
        "these credentials need s3:ListBucket"
    )
    assert not [key for key in got(endpoint) if "804275613390" in key]
    assert len(got(endpoint)) == 9


def test_nothing_that_can_be_listed_is_an_error(
    endpoint: Endpoint, run: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No bucket, no access, no profile, no objects, no boto3: one line that says so, and no store is made."""
    assert run("load", "s3://no-such-bucket/x")[::2] == (
        2, "error: s3://no-such-bucket/x: cannot be listed: no such bucket\n",
    )  # fmt: skip
    assert run("load", "s3://")[::2] == (2, "error: s3://: no bucket; write it like s3://BUCKET/PREFIX\n")
    ran = run("load", f"s3://{BUCKET}/nothing")
    assert (ran.code, ran.err[:50]) == (1, f"error: s3://{BUCKET}/nothing: no files there;")
    assert run("load", f"s3://{BUCKET}", "--profile", "nobody")[::2] == (
        2, "error: AWS: The config profile (nobody) could not be found; see --profile, --region and --endpoint-url\n"
    )  # fmt: skip
    assert run("load", f"s3://{BUCKET}", "--only-account", "payments")[::2] == (
        2, "error: --only-account payments: not an account ID of 12 digits\n"
    )  # fmt: skip
    ran = run("load", str(INCIDENT), "--only-region", "eu-west-1")
    assert (ran.code, "only folders of S3 can be narrowed" in ran.err) == (2, True)
    endpoint.fail("list-type", aws_server.DENIED)
    ran = run("load", f"s3://{BUCKET}")
    assert (ran.code, f"error: s3://{BUCKET}/: cannot be listed: access denied" in ran.err) == (2, True)
    assert not Path(os.environ["LINEAGE_STORE"]).exists()
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert run("load", f"s3://{BUCKET}", "--region", "us-west-2")[::2] == (
        2, "error: s3 needs boto3: pip install 'cloudtrail-lineage[aws]'\n"
    )  # fmt: skip


def test_without_credentials(endpoint: Endpoint, tmp_path: Path) -> None:
    """No credentials are one line that says what to do."""
    environment = {k: v for k, v in os.environ.items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    done = subprocess.run(
        [sys.executable, "-m", "lineage.cli", "load", f"s3://{BUCKET}", "--store", str(tmp_path / "a.db")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr == (
        f"error: s3://{BUCKET}/: cannot be listed: no AWS credentials; sign in, set AWS_PROFILE or give --profile\n"
    )


def test_failures_that_pass_are_retried(endpoint: Endpoint, tmp_path: Path) -> None:
    """Throttling, errors of the service and lost connections cost time, but no event."""
    endpoint.fail("list-type", aws_server.SLOW_DOWN, 1)
    endpoint.fail("GET .*eu-west-1.*gz", aws_server.SLOW_DOWN, 3)
    endpoint.fail("GET .*us-east-1.*gz", aws_server.INTERNAL, 2)
    endpoint.fail("GET .*gz", aws_server.CUT, 5)
    expected = graph(tmp_path / "files.db", INCIDENT)
    actual = graph(tmp_path / "bucket.db", f"s3://{BUCKET}")

    assert different(expected, actual) == ""


def test_throttling_that_does_not_end(endpoint: Endpoint, tmp_path: Path) -> None:
    """After so many attempts a throttled object is named, and the rest is loaded."""
    endpoint.fail("GET .*804275613390.*gz", aws_server.SLOW_DOWN)
    done = subprocess.run(
        [sys.executable, "-m", "lineage.cli", "load", f"s3://{BUCKET}", "--store", str(tmp_path / "a.db"), "--json"],
        cwd=ROOT, env=os.environ | {"AWS_MAX_ATTEMPTS": "2"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 4
    assert done.stderr.count("cannot be read: throttled (SlowDown) in 2 attempts; load again later\n") == 7
    assert done.stderr.endswith("error: 7 objects could not be read; all others are loaded\n")


def test_a_large_object_is_read_on_where_the_connection_was_lost(endpoint: Endpoint, tmp_path: Path) -> None:
    """An object that is streamed is not begun again when the connection is lost, and holds every event once."""
    s3 = endpoint.client("s3")
    cloud = Cloud(seed=6)
    user = cloud.user(cloud.account("home"), "ana")
    chance = random.Random(6)
    for _ in range(600):
        cloud.call(user, "ec2.amazonaws.com", "DescribeInstances")
        cloud.records[-1]["userAgent"] = chance.randbytes(9_000).hex()
    data = gzip.compress(dumps({"Records": cloud.records}).encode(), 1)
    s3.put_object(Bucket=OTHER, Key="large/a.json.gz", Body=data)
    endpoint.fail("GET .*large/a", aws_server.CUT, 3)
    with lineage.open(tmp_path / "a.db") as store:
        loaded = store.load(f"s3://{OTHER}/large")
        digest = store.file_hash(f"s3://{OTHER}/large/a.json.gz")

    assert len(data) > 4 << 20
    assert (loaded.sums.loaded, loaded.sums.set_aside, loaded.sums.bytes) == (600, 0, len(data))
    assert len(got(endpoint)) == 4
    assert digest is not None


def test_thousands_of_small_objects(endpoint: Endpoint, tmp_path: Path) -> None:
    """Thousands of objects, more than one page of a listing, are loaded each once."""
    s3 = endpoint.client("s3")
    cloud = Cloud(seed=7)
    users = [cloud.user(cloud.account("home"), f"user{n}") for n in range(5)]
    for n in range(2_100):
        cloud.call(users[n % 5], "ec2.amazonaws.com", "DescribeInstances")
        cloud.tick(60)
    keys = [f"many/{n:05d}.json" for n in range(len(cloud.records))]

    def put(key: str, record: Json) -> None:
        s3.put_object(Bucket=OTHER, Key=key, Body=dumps({"Records": [record]}).encode())

    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(put, keys, cloud.records))) == 2_100
    with lineage.open(tmp_path / "a.db") as store:
        loaded = store.load(f"s3://{OTHER}/many")
        again = store.load(f"s3://{OTHER}/many")

    assert (loaded.sums.files, loaded.sums.loaded) == (2_100, 2_100)
    assert sorted(got(endpoint)) == keys
    assert (again.known, again.sums.files) == (2_100, 0)


def test_hostile_keys_stay_text(endpoint: Endpoint, run: Shell) -> None:
    """A key with control characters is read, and named without them."""
    s3 = endpoint.client("s3")
    key = "odd/\x1b[31mred +%41 é.json"
    s3.put_object(Bucket=OTHER, Key=key, Body=b"no log")
    ran = run("load", f"s3://{OTHER}/odd")
    endpoint.fail("GET .*odd/.*red", aws_server.DENIED)
    denied = run("load", f"s3://{OTHER}/odd", "--again")

    assert (ran.code, "\x1b" in ran.out + ran.err + denied.out + denied.err) == (1, False)
    assert "red +%41 é" in ran.out
    assert denied.code == 4
    assert len(denied.err.splitlines()) == 2


def test_the_requester_pays(endpoint: Endpoint, run: Shell) -> None:
    """With --request-payer every request says who pays, without it none does."""
    run("load", f"s3://{BUCKET}/platform-trail", "--request-payer")
    paid = [one for one in endpoint.requests if one.endswith("paid by the requester")]

    assert paid == endpoint.requests
    endpoint.mend()
    run("load", f"s3://{BUCKET}/platform-trail", "--again")
    assert endpoint.requests
    assert not [one for one in endpoint.requests if "paid" in one]


def test_a_dry_run_writes_nothing(endpoint: Endpoint, run: Shell) -> None:
    """`--dry-run` tells accounts and days of a bucket, and makes no store."""
    ran = run("load", f"s3://{BUCKET}/", "--dry-run")

    assert ran.code == 0
    assert "18 files" in ran.out
    assert "537140928816" in ran.out
    assert "2026-03-11" in ran.out
    assert not Path(os.environ["LINEAGE_STORE"]).exists()


def test_logs_in_s3_are_shown_and_enriched(endpoint: Endpoint, run: Shell) -> None:
    """`show --logs` and `enrich` take an address of S3 as they take a folder."""
    run("load", f"s3://{BUCKET}/")
    shown = run("show", "c0ffee00-0000-4000-8000-000000000007", "--logs", f"s3://{BUCKET}/", "--json")
    enriched = run("enrich", f"s3://{BUCKET}/platform-trail")

    assert (shown.code, f'"path": "s3://{BUCKET}/{ORGANIZATION}' in shown.out) == (0, True)
    assert enriched.code == 0
    assert '"lineage":' in enriched.out


def test_killed_again_and_again_equals_a_clean_load(endpoint: Endpoint, tmp_path: Path) -> None:
    """Loads of a bucket that are killed at random instants and then finished give the store of a direct load."""
    cloud = many_sessions()
    logs = tmp_path / "logs"
    cloud.write_to(logs)
    upload(endpoint.client("s3"), logs, "killed/", OTHER)
    with lineage.open(tmp_path / "clean.db") as clean:
        clean.load([logs])
        expected = said(clean, cloud.records[ASKED])
    target, address = tmp_path / "a.db", f"s3://{OTHER}/killed"
    command = [sys.executable, "-c", LOAD]
    began = time.monotonic()
    subprocess.run([*command, str(tmp_path / "timed.db"), address], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    whole = time.monotonic() - began
    chance = random.Random(8)
    killed = 0
    for _ in range(12):
        process = subprocess.Popen([*command, str(target), address], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        with process:
            process.stdout.readline()
            time.sleep(chance.random() * whole)
            process.send_signal(signal.SIGKILL)
        killed += process.returncode == -signal.SIGKILL
        if killed == 5:
            break
        if process.returncode == 0:  # it was done before: begin again
            for path in tmp_path.glob("a.db*"):
                path.unlink()
    with lineage.open(target) as store:
        store.load(address)
        finished, unfinished = said(store, cloud.records[ASKED]), store.info().unfinished

    assert killed == 5
    assert different(expected, finished) == ""
    assert unfinished == 0


def test_an_empty_narrowing_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    """A range that ends before it begins is refused before anything is listed."""
    with lineage.open(tmp_path / "a.db") as store, pytest.raises(BadUse, match="lies before"):
        store.load(f"s3://{BUCKET}/", since="2026-03-12", until="2026-03-11")

    assert endpoint.requests == []
