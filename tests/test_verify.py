"""`verify`: logs and digests that we write and sign ourselves, as they are, altered, missing, moved and repacked."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import tarfile
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.errors import BadUse, NotFound
from lineage.questions.shared.log_coverage import in_words
from lineage.questions.verify import Chain, Verify
from lineage.verify import verify
from lineage.verify.keys import Keys, fetch_keys
from tests import aws_server
from tests.aws.digests import Digests, fingerprint, key_list, public_der, write_files
from tests.aws_server import Endpoint
from tests.conftest import ROOT
from tests.test_cli import Shell

if TYPE_CHECKING:
    from lineage import Store

ACCOUNT = "111122223333"
START = "2026-03-11T00:00:00Z"


def digests(hours: int = 5, region: str = "eu-west-1", **options: str) -> Digests:
    """A chain of some hours with two log files each."""
    made = Digests(ACCOUNT, region, "my_trail", START, **options)
    for hour in range(hours):
        made.hour(*(made.log(2 * hour + number) for number in range(2)))
    return made


@pytest.fixture
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of public keys."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    path.write_text(key_list("key"), "utf-8")
    return path


def told(chain: Chain) -> list[tuple[str, str, str]]:
    """Verdicts of the stretches with the hours that they cover."""
    return [(one.verdict, one.since[11:13], one.until[11:13]) for one in chain.stretches]


def problems(answer: Verify) -> list[tuple[str, str]]:
    """What is altered or missing: kind and last part of the object."""
    return [(one.kind, name(one.object or "")) for chain in answer.chains for one in chain.problems]


def digests_of(made: Digests) -> list[str]:
    """Keys of the digests, in order of time."""
    return [key for key in made.files if "CloudTrail-Digest" in key]


def logs_of(made: Digests) -> list[str]:
    """Keys of the log files, in order of time."""
    return [key for key in made.files if "CloudTrail-Digest" not in key]


def name(key: str) -> str:
    """The last part of a key."""
    return key.rpartition("/")[2]


def with_signature(made: Digests, folder: Path, key: str) -> None:
    """Keep the signature of a digest in a side file, as `aws s3api head-object` prints it."""
    metadata = {"signature": made.signatures[key], "signature-algorithm": "SHA256withRSA"}
    (folder / f"{name(key)}.head.json").write_text(json.dumps({"ContentLength": 9, "Metadata": metadata}), "utf-8")


def test_without_keys_logs_are_consistent(tmp_path: Path) -> None:
    """Hashes that agree show no more than that nobody changed one file alone."""
    made = digests()
    write_files(made.files, tmp_path)
    answer = verify(tmp_path.as_posix())
    (chain,) = answer.chains

    assert (answer.verdict, answer.files, answer.keys) == ("consistent", 15, 0)
    assert (chain.account, chain.region, chain.trail, chain.home_region) == (
        ACCOUNT, "eu-west-1", "my_trail", "us-east-1"
    )  # fmt: skip
    assert told(chain) == [("consistent", "00", "05")]
    assert (chain.digests, chain.signed, chain.logs, chain.logs_intact, chain.problems) == (5, 0, 10, 10, [])
    assert (answer.uncovered, answer.unreadable, answer.notes) == ([], [], [])


def test_signatures_stand_in_the_next_digest(tmp_path: Path, keys: Path) -> None:
    """With public keys all is intact up to the newest digest, whose signature is not in the copy."""
    write_files(digests().files, tmp_path)
    answer = verify([tmp_path], keys=[keys])
    (chain,) = answer.chains

    assert told(chain) == [("intact", "00", "04"), ("consistent", "04", "05")]
    assert (chain.verdict, chain.signed) == ("consistent", 4)
    assert "its signature is in the next digest and in its S3 metadata" in str(chain.stretches[1].why)


@pytest.mark.parametrize("ending", [".sig", ".head.json"])
def test_a_side_file_has_the_signature_of_the_newest(ending: str, tmp_path: Path, keys: Path) -> None:
    """In hex, or as `aws s3api head-object` prints it."""
    made = digests()
    write_files(made.files, tmp_path)
    newest = digests_of(made)[-1]
    if ending == ".sig":
        (tmp_path / f"{name(newest)}.sig").write_text(f"{made.signatures[newest]}\n", "utf-8")
    else:
        with_signature(made, tmp_path, newest)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [("intact", "00", "05")]
    assert answer.verdict == "intact"


def test_a_wrong_signature_of_the_newest_is_reported(tmp_path: Path, keys: Path) -> None:
    """The signature of another digest is not its own."""
    made = digests()
    write_files(made.files, tmp_path)
    *_, other, newest = digests_of(made)
    (tmp_path / f"{name(newest)}.sig").write_text(made.signatures[other], "utf-8")
    answer = verify([tmp_path], keys=[keys])

    assert problems(answer) == [("signature wrong", name(newest))]
    assert told(answer.chains[0]) == [("intact", "00", "04"), ("altered", "04", "05")]


def test_a_side_file_without_a_signature_is_named(tmp_path: Path) -> None:
    """Nothing is silent."""
    made = digests()
    write_files(made.files, tmp_path)
    (tmp_path / f"{name(digests_of(made)[-1])}.sig").write_text("?", "utf-8")
    answer = verify([tmp_path])

    assert [(one.path.rpartition(".")[2], one.why) for one in answer.unreadable] == [("sig", "no signature in it")]


def altered(content: bytes) -> bytes:
    """The content with another word in it."""
    return content.replace(b"ListBuckets", b"PutObject77")


def test_an_altered_log_is_reported(tmp_path: Path, keys: Path) -> None:
    """Its hour is altered; the others are intact."""
    made = digests()
    log = logs_of(made)[4]
    write_files(made.files | {log: altered(made.files[log])}, tmp_path)
    answer = verify([tmp_path], keys=[keys])
    (problem,) = answer.chains[0].problems

    assert (answer.verdict, problem.kind, problem.object) == ("altered", "log altered", f"s3://trail-logs/{log}")
    assert problem.path == str(tmp_path / log)
    assert (problem.since, problem.until) == ("2026-03-11T02:00:00Z", "2026-03-11T03:00:00Z")
    assert told(answer.chains[0]) == [
        ("intact", "00", "02"), ("altered", "02", "03"), ("intact", "03", "04"), ("consistent", "04", "05")
    ]  # fmt: skip


def test_an_altered_copy_beside_a_good_one_is_reported(tmp_path: Path, keys: Path) -> None:
    """Two folders hold the same logs, and one log of one folder is altered."""
    made = digests()
    log = logs_of(made)[0]
    write_files(made.files, tmp_path / "a")
    write_files({log: altered(made.files[log])}, tmp_path / "b")
    answer = verify([tmp_path], keys=[keys])

    assert [(one.kind, one.path) for one in answer.chains[0].problems] == [("log altered", str(tmp_path / "b" / log))]


def test_a_missing_log_is_reported(tmp_path: Path, keys: Path) -> None:
    """A digest lists it, and no file has its hash or name."""
    made = digests()
    log = logs_of(made)[4]
    write_files({key: content for key, content in made.files.items() if key != log}, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert (answer.verdict, problems(answer)) == ("missing", [("log missing", name(log))])
    assert told(answer.chains[0])[1] == ("missing", "02", "03")
    assert answer.chains[0].logs_intact == 9


def test_a_renamed_altered_log_is_missing_and_not_covered(tmp_path: Path) -> None:
    """Neither hash nor name match, so the file is one that no digest lists."""
    made = digests()
    log = logs_of(made)[4]
    write_files({key: content for key, content in made.files.items() if key != log}, tmp_path)
    (tmp_path / "renamed.json").write_bytes(altered(made.files[log]))
    answer = verify([tmp_path])

    assert problems(answer) == [("log missing", name(log))]
    assert [(one.paths, one.files) for one in answer.uncovered] == [([str(tmp_path / "renamed.json")], 1)]


def test_an_altered_digest_is_reported(tmp_path: Path, keys: Path) -> None:
    """Its hash and its signature are in the next one."""
    made = digests()
    digest = digests_of(made)[2]
    write_files(made.files | {digest: made.files[digest].replace(b'"newestEventTime":null', b'"newestEventTime":1234')},
                tmp_path)  # fmt: skip
    for answer in (verify([tmp_path]), verify([tmp_path], keys=[keys])):
        assert problems(answer) == [("digest altered", name(digest))]
        assert ("altered", "02", "03") in told(answer.chains[0])


def test_who_writes_all_anew_has_no_signature(tmp_path: Path, keys: Path) -> None:
    """Log, digest and all later digests are made anew and agree, but another key signed them."""
    genuine, forged = digests(), digests(key="other")
    changed = {key: content.replace(fingerprint("other").encode(), fingerprint("key").encode())
               for key, content in forged.files.items()}  # fmt: skip
    write_files(genuine.files | forged.files, tmp_path / "forged")
    write_files(genuine.files | changed, tmp_path / "claimed")
    without, claimed = verify([tmp_path / "forged"], keys=[keys]), verify([tmp_path / "claimed"], keys=[keys])

    assert told(without.chains[0]) == [("consistent", "00", "05")]
    assert without.chains[0].signed == 0
    assert claimed.verdict == "altered"
    assert "intact" not in {verdict for verdict, _, _ in told(claimed.chains[0])}


def test_a_later_digest_vouches_for_those_before_it(tmp_path: Path, keys: Path) -> None:
    """A digest of which no signature can be checked is intact where the next one is, which has its hash."""
    made = Digests(ACCOUNT, "eu-west-1", "my_trail", START, key="older")
    made.hour(made.log(0))
    made.key = "key"
    made.hour(made.log(1))
    made.hour(made.log(2))
    write_files(made.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [("intact", "00", "02"), ("consistent", "02", "03")]


def test_digests_missing_in_a_row_are_reported(tmp_path: Path, keys: Path) -> None:
    """A digest names one before it that is not here, although older ones are."""
    made = digests(8)
    gone = digests_of(made)[2:5]
    write_files({key: content for key, content in made.files.items() if key not in gone}, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert (answer.verdict, problems(answer)) == ("missing", [("digest missing", name(gone[-1]))])
    assert told(answer.chains[0]) == [
        ("intact", "00", "01"), ("consistent", "01", "02"), ("missing", "02", "05"), ("intact", "05", "07"),
        ("consistent", "07", "08"),
    ]  # fmt: skip
    assert answer.chains[0].stretches[2].why == "about 3 digests are not here"
    assert [(one.files, one.why) for one in answer.uncovered] == [
        (6, "the digests of the time of delivery are missing")
    ]  # fmt: skip


def test_a_chain_begun_anew_is_told_and_no_failure(tmp_path: Path, keys: Path) -> None:
    """A first digest names none before it: between the two chains nothing was validated."""
    made = digests(3)
    made.restart(hours=4)
    made.hour(made.log(90))
    made.hour(made.log(91))
    write_files(made.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [
        ("intact", "00", "02"), ("consistent", "02", "03"), ("not validated", "03", "07"), ("intact", "07", "08"),
        ("consistent", "08", "09"),
    ]  # fmt: skip
    assert (answer.verdict, problems(answer)) == ("consistent", [])
    assert "began anew" in str(answer.chains[0].stretches[2].why)


def test_a_copy_may_begin_in_the_middle(tmp_path: Path, keys: Path) -> None:
    """Only the logs of some days were copied: what is before them is not missing."""
    made = digests(6)
    first = digests_of(made)[:2]
    write_files({key: content for key, content in made.files.items() if key not in first}, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [("intact", "02", "05"), ("consistent", "05", "06")]
    assert [(one.files, one.why) for one in answer.uncovered] == [(4, "delivered before the first digest")]


def test_a_missing_newest_digest_is_reported(tmp_path: Path, keys: Path) -> None:
    """Log files were delivered hours after the newest digest."""
    made = digests(3)
    made.now = made.now.replace(hour=9)
    made.log(99)
    write_files(made.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert answer.verdict == "missing"
    assert told(answer.chains[0])[-1] == ("missing", "03", "09")
    assert [(one.files, one.why) for one in answer.uncovered] == [(1, "delivered after the newest digest")]


def test_the_last_hour_needs_no_digest_yet(tmp_path: Path, keys: Path) -> None:
    """A digest follows its log files; those of the last hour are told, and are no failure."""
    made = digests(3)
    made.log(99)
    write_files(made.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert answer.verdict == "consistent"
    assert [one.files for one in answer.uncovered] == [1]


def test_a_region_that_ends_early_misses_digests(tmp_path: Path, keys: Path) -> None:
    """The same trail wrote digests in another region for hours more."""
    write_files(digests(8).files | digests(3, "us-east-1").files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert [(chain.region, chain.verdict) for chain in answer.chains] == [
        ("us-east-1", "missing"), ("eu-west-1", "consistent")
    ]  # fmt: skip
    assert told(answer.chains[0])[-1] == ("missing", "03", "08")


def test_files_that_no_digest_lists_are_told(tmp_path: Path, keys: Path) -> None:
    """A file put into a covered hour, and one of another account: by account, region and why."""
    made, other = digests(), Digests("444455556666", "eu-west-1", "other", START)
    made.now = made.now.replace(hour=1)
    forged, outside = made.log(77), other.log(1)
    write_files(made.files | other.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert answer.uncovered_files == 2
    assert [(one.account, one.paths, one.why) for one in answer.uncovered] == [
        (ACCOUNT, [str(tmp_path / forged)], "digests cover the time of delivery, but do not list them"),
        ("444455556666", [str(tmp_path / outside)], "no digest of the account and region is here"),
    ]


def test_backfills_are_beside_the_chain(tmp_path: Path, keys: Path) -> None:
    """A backfill lists late log files; only its metadata sign it."""
    made = digests(3)
    late = made.log(50)
    key = made.hour(late, backfill=True)
    write_files(made.files, tmp_path)
    unsigned = verify([tmp_path], keys=[keys])
    with_signature(made, tmp_path, key)
    signed = verify([tmp_path], keys=[keys])

    assert [(one.verdict, one.logs) for one in unsigned.chains[0].stretches if one.backfill] == [("consistent", 1)]
    assert [(one.verdict, one.logs) for one in signed.chains[0].stretches if one.backfill] == [("intact", 1)]
    assert signed.uncovered == []
    assert told(signed.chains[0])[:2] == [("intact", "00", "02"), ("consistent", "02", "03")]


def unpacked(made: Digests, folder: Path) -> None:
    """All files uncompressed, in one folder, logs under other names."""
    for number, (key, content) in enumerate(made.files.items()):
        path = folder / (f"copy-{number}.json" if "Digest" not in key else f"digest-{number}.json")
        path.write_bytes(content)


def archived(made: Digests, folder: Path) -> None:
    """All files in a tar.gz."""
    write_files(made.files, folder / "tree")
    with tarfile.open(folder / "logs.tar.gz", "w:gz") as tar:
        tar.add(folder / "tree", "bucket")
    shutil.rmtree(folder / "tree")


def repacked(made: Digests, folder: Path) -> None:
    """All files compressed in another way, twice."""
    for key, content in made.files.items():
        (folder / name(key)).write_bytes(gzip.compress(gzip.compress(content, 1), 9))


@pytest.mark.parametrize("write", [unpacked, archived, repacked], ids=lambda one: one.__name__)
def test_copies_may_be_moved_renamed_and_repacked(
    write: Callable[[Digests, Path], None], tmp_path: Path, keys: Path
) -> None:
    """The content decides what is what."""
    write(digests(), tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [("intact", "00", "04"), ("consistent", "04", "05")]
    assert (answer.uncovered, answer.unreadable) == ([], [])


def test_a_log_with_a_digests_members_is_a_log(tmp_path: Path, keys: Path) -> None:
    """What a caller writes into a record does not make it a digest."""
    made = digests(2)
    log = made.log(9)
    made.files[log] = made.files[log].replace(b"ListBuckets", b'x","digestStartTime":"y","logFiles":"')
    made.hour(log)
    write_files(made.files, tmp_path)
    answer = verify([tmp_path], keys=[keys])

    assert told(answer.chains[0]) == [("intact", "00", "02"), ("consistent", "02", "03")]


def test_a_damaged_digest_is_altered(tmp_path: Path) -> None:
    """A file with the name of a digest that is none."""
    made = digests()
    digest = digests_of(made)[1]
    write_files(made.files | {digest: b'{"awsAccountId": "1111'}, tmp_path)
    answer = verify([tmp_path])

    assert answer.verdict == "altered"
    assert [(one.kind, one.path) for one in answer.chains[0].problems] == [("digest altered", str(tmp_path / digest))]
    assert told(answer.chains[0]) == [("consistent", "00", "01"), ("altered", "01", "02"), ("consistent", "02", "05")]


def test_hostile_digests_end_in_a_verdict(tmp_path: Path) -> None:
    """Digests that name themselves or each other, without times, or with text for times, neither crash nor loop."""
    made = digests(1)
    (key,) = digests_of(made)
    document = json.loads(made.files[key])
    odd = [
        document | {"previousDigestS3Object": document["digestS3Object"], "previousDigestHashValue": "0" * 64},
        document | {"digestEndTime": "later"},
        document | {"digestS3Object": "x", "previousDigestS3Object": "y", "previousDigestHashValue": "z"},
        document | {"logFiles": [{"s3Bucket": "b"}]},
        document | {"digestS3Object": "../../\x1b[2J", "logFiles": None},
        [document],
    ]
    for number, one in enumerate(odd):
        (tmp_path / f"{number}.json").write_text(json.dumps(one), "utf-8")
    answer = verify([tmp_path])

    assert answer.verdict == "altered"
    assert sum(chain.digests for chain in answer.chains) == 3


@cache
def chain_of_bytes() -> Digests:
    """A short chain for the property below."""
    return digests(3)


@given(data=st.data(), compressed=st.booleans(), signed=st.booleans(), with_keys=st.booleans())
def test_any_changed_byte_is_reported(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, compressed: bool, signed: bool, with_keys: bool
) -> None:
    """A byte of any log or digest changes: its hour is never intact.

    It is reported as altered or missing, except in the newest digest while its signature is not there: that one is
    never more than consistent. Compressed bytes that unpack to the same content are no change.
    """
    made = chain_of_bytes()
    key = data.draw(st.sampled_from(sorted(made.files)), "file")
    content = gzip.compress(made.files[key], mtime=0) if compressed else made.files[key]
    position = data.draw(st.integers(0, len(content) - 1), "position")
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != content[position]), "byte")
    changed = content[:position] + bytes([byte]) + content[position + 1 :]
    folder = tmp_path_factory.mktemp("changed")
    write_files(made.files, folder)
    (folder / key).write_bytes(changed)
    newest = digests_of(made)[-1]
    if signed:
        with_signature(made, folder, newest)
    key_file = folder / "keys.json"
    key_file.write_text(key_list("key"), "utf-8")
    answer = verify([folder], keys=[key_file] if with_keys else [])
    shutil.rmtree(folder)
    hour = digests_of(made).index(key) if "Digest" in key else logs_of(made).index(key) // 2

    if compressed and unpacks_to(changed, made.files[key]):
        assert answer.verdict == ("intact" if signed and with_keys else "consistent")
        return
    assert "intact" not in hours(answer)[hour]
    assert answer.verdict != "intact"
    if key != newest or (signed and with_keys):
        assert answer.verdict in ("altered", "missing")
        assert problems(answer)


def hours(answer: Verify) -> dict[int, set[str]]:
    """The verdicts about each hour."""
    found: dict[int, set[str]] = defaultdict(set)
    for chain in answer.chains:
        for one in chain.stretches:
            for hour in range(int(one.since[11:13]), int(one.until[11:13])):
                found[hour].add(one.verdict)
    return found


def unpacks_to(packed: bytes, content: bytes) -> bool:
    """Does it unpack to that content without an error?"""
    try:
        return gzip.decompress(packed) == content
    except (OSError, EOFError, zlib.error):
        return False


def test_there_must_be_a_digest(tmp_path: Path) -> None:
    """Without digests there is nothing to verify, and the message says what is missing."""
    made = digests(1)
    write_files({key: made.files[key] for key in logs_of(made)}, tmp_path)
    with pytest.raises(NotFound, match="no digest files there; give also the folder CloudTrail-Digest"):
        verify([tmp_path])
    with pytest.raises(BadUse, match="no such file or folder"):
        verify(["nosuch"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "not a list of public keys"),
        ("no JSON", "not a list of public keys"),
        ('{"PublicKeyList": []}', "no public key in it"),
        ('{"PublicKeyList": [{"Value": "?", "Fingerprint": "f"}]}', "key f: its Value is not base64"),
        ('{"PublicKeyList": [{"Value": "AAAA", "Fingerprint": "f"}]}', "key f: not an RSA public key"),
    ],
)
def test_a_bad_key_file_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    """It says which file, what, and how to write it."""
    path = tmp_path / "keys.json"
    path.write_text(text, "utf-8")
    with pytest.raises(BadUse, match=message) as raised:
        verify([tmp_path], keys=[path])

    assert str(path) in str(raised.value)
    assert "aws cloudtrail list-public-keys" in str(raised.value)


def test_keys_of_regions_may_be_in_one_file(tmp_path: Path) -> None:
    """Answers of `list-public-keys` one after another; a fingerprint has one key."""
    path = tmp_path / "keys.json"
    path.write_text(key_list("key") + "\n" + key_list("older", "key"), "utf-8")
    write_files(digests(2).files, tmp_path)
    other = tmp_path / "other.json"
    other.write_text(key_list("older").replace(fingerprint("older"), fingerprint("key")), "utf-8")

    assert verify([tmp_path], keys=[path]).keys == 2
    with pytest.raises(BadUse, match="another key has that fingerprint"):
        verify([tmp_path], keys=[path, other])


def test_without_cryptography_there_is_one_clear_line(
    tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the extra; without keys it is not needed."""
    write_files(digests(2).files, tmp_path)
    for module in [one for one in sys.modules if one.split(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "cryptography", None)

    assert verify([tmp_path]).verdict == "consistent"
    with pytest.raises(BadUse, match=r"pip install 'cloudtrail-lineage\[verify\]'"):
        verify([tmp_path], keys=[keys])


INCIDENT = ROOT / "examples" / "incident"
PLATFORM = "537140928816"


def test_a_store_keeps_the_result(store: Store, tmp_path: Path) -> None:
    """Coverage shows it, and answers that rest on logs of that time say that they are not whole; until they are
    verified again."""
    shutil.copytree(INCIDENT / "logs" / "platform-trail", tmp_path / "logs")
    (log,) = (tmp_path / "logs").rglob("*_CloudTrail_eu-west-1_*.gz")
    log.write_bytes(gzip.compress(gzip.decompress(log.read_bytes()).replace(b"StopLogging", b"DropLogging")))
    digests, keys = INCIDENT / "digests", [INCIDENT / "digests" / "keys.json"]
    store.load([INCIDENT / "logs"])
    before = store.hunt(["instance-elsewhere"])
    found = store.verify([tmp_path / "logs", digests], keys=keys)
    coverage, elsewhere = store.coverage(), store.coverage("804275613390")
    asked = store.hunt(["instance-elsewhere"])
    earlier = store.coverage(PLATFORM, until="2026-03-10 20:00")
    store.verify([INCIDENT / "logs" / "platform-trail", digests], keys=keys)
    after = store.coverage()

    assert found.verdict == "altered"
    assert [(one.region, one.verdict, one.since, one.until) for one in coverage.verified] == [
        ("eu-west-1", "altered", "2026-03-10T23:30:00Z", "2026-03-11T00:30:00Z"),
        ("eu-west-1", "intact", "2026-03-11T00:30:00Z", "2026-03-11T01:30:00Z"),
        ("eu-west-1", "consistent", "2026-03-11T01:30:00Z", "2026-03-11T02:30:00Z"),
        ("us-east-1", "intact", "2026-03-10T23:30:00Z", "2026-03-11T01:30:00Z"),
        ("us-east-1", "consistent", "2026-03-11T01:30:00Z", "2026-03-11T02:30:00Z"),
    ]
    assert [line for line in coverage.cannot if "lineage verify" in line] == [
        "537140928816: lineage verify found log files or digests altered or missing: the events of that time are not "
        "certain."
    ]
    assert (elsewhere.verified, earlier.verified) == ([], [])
    assert before.sight.not_whole == []
    assert [(one.account, one.verdict) for one in asked.sight.not_whole] == [(PLATFORM, "altered")]
    assert in_words(asked.sight).endswith("lineage verify found logs of that time altered: see lineage coverage")
    assert {one.verdict for one in after.verified} == {"intact", "consistent"}
    assert not [line for line in after.cannot if "lineage verify" in line]


def test_another_time_leaves_what_was_found_before(store: Store, tmp_path: Path, keys: Path) -> None:
    """A trail is verified day by day: what is known of other times stays."""
    made = digests(6)
    early, late = digests_of(made)[:3], digests_of(made)[3:]
    write_files({key: content for key, content in made.files.items() if key not in late}, tmp_path / "early")
    write_files({key: content for key, content in made.files.items() if key not in early}, tmp_path / "late")
    store.load([INCIDENT / "logs" / "platform-trail"])
    store.verify([tmp_path / "early"], keys=[keys])
    store.verify([tmp_path / "late"], keys=[keys])
    found = store.coverage().verified

    assert [(one.verdict, one.since[11:13], one.until[11:13]) for one in found if one.verdict != "missing"] == [
        ("intact", "00", "02"), ("consistent", "02", "03"), ("intact", "03", "05"), ("consistent", "05", "06")
    ]  # fmt: skip


def test_the_command_keeps_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --store, which has to be there; without it nothing is written."""
    run = Shell(capsys)
    path = str(tmp_path / "lineage.db")
    digests = INCIDENT / "digests"
    logs = str(INCIDENT / "logs" / "platform-trail")
    wanted = ("verify", logs, str(digests), "--keys", str(digests / "keys.json"))

    assert run(*wanted, "--store", path).code == 3
    assert run(*wanted).code == 0
    assert not Path(path).exists()
    assert run("load", str(INCIDENT / "logs"), "--store", path).code == 0
    assert run(*wanted, "--store", path).code == 0
    assert "verified by digests (4)" in run("coverage", "--store", path).out
    assert "verified: intact" in run("coverage", "--store", path, "--csv").out


class CloudTrail(BaseHTTPRequestHandler):
    """Answers `ListPublicKeys` of one region, and refuses the other."""

    asked: list[tuple[str, dict[str, float]]]

    def do_POST(self) -> None:
        """Answer a call."""
        import base64

        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        region = self.headers["Authorization"].split("/")[2]
        type(self).asked.append((region, body))
        denied = region == "us-east-1"
        answer = {"__type": "AccessDenied", "message": "not allowed"} if denied else {"PublicKeyList": [
            {"Value": base64.b64encode(public_der("key")).decode(), "Fingerprint": fingerprint("key")}
        ]}  # fmt: skip
        text = json.dumps(answer).encode()
        self.send_response(400 if denied else 200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def cloudtrail(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[CloudTrail]]:
    """CloudTrail's API on loopback, with credentials for it."""
    handler = type("Answering", (CloudTrail,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_keys_are_fetched_region_by_region(tmp_path: Path, cloudtrail: type[CloudTrail]) -> None:
    """The keys of the time of the digests; a region that refuses is named, and the others go on."""
    write_files(digests(3).files | digests(3, "us-east-1").files, tmp_path)
    answer = verify([tmp_path], fetch=True)

    assert [(region, sorted(body)) for region, body in cloudtrail.asked] == [
        ("eu-west-1", ["EndTime", "StartTime"]), ("us-east-1", ["EndTime", "StartTime"])
    ]  # fmt: skip
    assert (answer.keys, len(answer.notes)) == (1, 1)
    assert answer.notes[0].startswith("us-east-1: public keys could not be fetched: ")
    assert "cloudtrail:ListPublicKeys" in answer.notes[0]
    assert told(answer.chains[0]) == [("intact", "00", "02"), ("consistent", "02", "03")]


def test_without_boto3_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the extra."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(BadUse, match=r"pip install 'cloudtrail-lineage\[aws\]'"):
        fetch_keys(Keys(), {"eu-west-1": (0, 1)})


def test_the_command(
    tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 where nothing is altered or missing, else 1 with the answer all the same; in every form."""
    monkeypatch.setenv("COLUMNS", "80")
    run = Shell(capsys)
    made = digests()
    write_files(made.files, tmp_path)
    good = run("verify", str(tmp_path), "--keys", str(keys))
    log = logs_of(made)[4]
    (tmp_path / log).write_bytes(altered(made.files[log]))
    bad = {form: run("verify", str(tmp_path), "--format", form) for form in ("table", "json", "csv", "md", "html")}

    assert (good.code, good.err) == (0, "")
    assert "consistent: 1 chain of digests" in good.out
    assert {(one.code, one.err) for one in bad.values()} == {(1, "")}
    assert json.loads(bad["json"].out)["schema"] == "lineage.verify/1"
    assert all("log altered" in one.out for one in bad.values())
    assert log in bad["json"].out
    assert log in bad["csv"].out
    assert run("verify", str(keys)).code == 1


class Bucket(NamedTuple):
    """A bucket on loopback."""

    endpoint: Endpoint
    name: str


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """S3 on loopback, with one empty bucket; moto keeps the buckets of other tests in this process."""
    name = f"trail-{uuid4().hex}"
    with aws_server.running() as endpoint:
        endpoint.set_up(monkeypatch)
        place = {"LocationConstraint": aws_server.REGION}
        endpoint.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
        yield Bucket(endpoint, name)


def put(bucket: Bucket, made: Digests) -> None:
    """Put the objects of a trail as CloudTrail does: digests with their signature in the metadata."""
    client = bucket.endpoint.client("s3")
    for key, content in made.files.items():
        signature = made.signatures.get(key)
        metadata = {"signature": signature, "signature-algorithm": "SHA256withRSA"} if signature else {}
        client.put_object(Bucket=bucket.name, Key=key, Body=gzip.compress(content), Metadata=metadata)


def test_in_the_bucket_the_newest_digest_is_signed_too(bucket: Bucket, keys: Path) -> None:
    """Its metadata are asked for, of it and of backfills alone; with them all is intact."""
    made = digests(6)
    late = made.log(50)
    made.hour(late, backfill=True)
    put(bucket, made)
    answer = verify(f"s3://{bucket.name}/AWSLogs/", keys=[keys])
    heads = [request for request in bucket.endpoint.requests if request.startswith("HEAD ") and "Digest" in request]

    assert [(one.verdict, one.backfill) for one in answer.chains[0].stretches] == [("intact", False), ("intact", True)]
    assert (answer.verdict, answer.notes, answer.uncovered) == ("intact", [], [])
    assert len(heads) == 2


def test_objects_that_cannot_be_read_are_no_proof(bucket: Bucket, keys: Path) -> None:
    """A log that is refused is missing with its reason, and metadata that are refused are named."""
    made = digests(3)
    put(bucket, made)
    log, newest = logs_of(made)[2], digests_of(made)[-1]
    bucket.endpoint.fail(f"GET .*{name(log)}", aws_server.DENIED)
    bucket.endpoint.fail(f"HEAD .*{name(newest)}", aws_server.DENIED)
    answer = verify(f"s3://{bucket.name}/AWSLogs/", keys=[keys])

    assert problems(answer) == [("log missing", name(log))]
    assert [one.path.rpartition("/")[2] for one in answer.unreadable] == [name(log)]
    assert "access denied" in answer.chains[0].problems[0].why
    assert answer.notes[0].startswith(f"s3://{bucket.name}/{newest}: its metadata could not be read: ")
    assert told(answer.chains[0]) == [("intact", "00", "01"), ("missing", "01", "02"), ("consistent", "02", "03")]


def test_digests_that_cannot_be_read_are_missing(bucket: Bucket, keys: Path) -> None:
    """One between others, which is told once, as missing and with its reason."""
    made = digests(4)
    put(bucket, made)
    bucket.endpoint.fail(f"GET .*{name(digests_of(made)[1])}", aws_server.ARCHIVED)
    answer = verify(f"s3://{bucket.name}/AWSLogs/", keys=[keys])

    assert answer.verdict == "missing"
    assert told(answer.chains[0]) == [("intact", "00", "01"), ("missing", "01", "02"), ("intact", "02", "04")]
    assert {one.kind for one in answer.chains[0].problems} == {"digest missing"}
    assert "restore it" in str(answer.chains[0].stretches[1].why)


def test_a_bucket_is_narrowed_to_accounts_and_regions(
    bucket: Bucket, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the folders of the wanted Region are listed."""
    put(bucket, digests(3))
    put(bucket, digests(3, "us-east-1"))
    address = f"s3://{bucket.name}/"
    ran = Shell(capsys)("verify", address, "--keys", str(keys), "--only-region", "us-east-1", "--json")

    assert (ran.code, ran.err) == (0, "")
    assert [(one["region"], one["verdict"]) for one in json.loads(ran.out)["chains"]] == [("us-east-1", "intact")]
    assert not [request for request in bucket.endpoint.requests if "eu-west-1" in request and request.startswith("GET")]
