"""Files, folders, globs and standard input: `loaders.files.sources` and `loaders.records.read`."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.model.batch import Passed
from lineage.model.errors import BadUse
from loaders.files.sources import Source, find
from loaders.records.items import Aside, FileEnd, Item, Records
from loaders.records.read import read

ROOT = Path(__file__).parent.parent


def call(number: int) -> dict[str, object]:
    return {"eventID": str(number), "eventTime": "2023-07-10T12:24:29Z", "eventName": "ListBuckets"}


def document(*numbers: int) -> bytes:
    return json.dumps({"Records": [call(number) for number in numbers]}).encode()


def ids(items: Sequence[Item | FileEnd]) -> list[str | None]:
    return [record.event_id for item in items if isinstance(item, Records) for record in item.records]


def put(path: Path, data: bytes) -> Source:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return Source(str(path), len(data))


def test_find_nothing() -> None:
    """No paths give no files."""
    assert find([]) == []


def test_find_walks_folders_in_order(tmp_path: Path) -> None:
    """A folder stands for all files below it, sorted by name at each level, whatever their names."""
    for name in ("b.json", "a/2", "a/1.gz", "c/.hidden"):
        put(tmp_path / name, b"x")

    found = find([str(tmp_path)])

    assert [Path(source.path).relative_to(tmp_path).as_posix() for source in found] == [
        "a/1.gz",
        "a/2",
        "b.json",
        "c/.hidden",
    ]
    assert {source.size for source in found} == {1}


def test_find_takes_files_globs_and_standard_input_once(tmp_path: Path) -> None:
    """Each file comes once, where it is named first; a literal name goes before a glob."""
    one, two, odd = (put(tmp_path / name, b"x") for name in ("1.json", "2.json", "[12].json"))

    assert find([two.path, str(tmp_path / "*.json"), "-"]) == [two, one, odd, Source("-", 0)]
    assert find([odd.path]) == [odd]
    assert find([str(tmp_path / "**/1.json")]) == [one]


@pytest.mark.parametrize("name", ["missing.json", "*.gz", "missing/"])
def test_find_refuses_a_path_that_is_not_there(tmp_path: Path, name: str) -> None:
    """A path or glob that matches nothing is bad use, said in one line that names it."""
    with pytest.raises(BadUse) as refused:
        find([f"{tmp_path}/{name}"])

    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["log.json.gz", "log", "log.csv"])
@pytest.mark.parametrize(
    "data",
    [
        document(1, 2),
        gzip.compress(document(1, 2)),
        gzip.compress(document(1)) + gzip.compress(document(2)),
        gzip.compress(document(1)) + gzip.compress(document(2)) + b"\0" * 100,
        gzip.compress(gzip.compress(document(1, 2))),
    ],
    ids=["plain", "gzip", "two members", "padded", "gzip in gzip"],
)
def test_content_decides_and_the_hash_is_of_the_file(tmp_path: Path, name: str, data: bytes) -> None:
    """Plain or gzip is told by the bytes; the file's end carries size and SHA-256 of what lies on disk."""
    source = put(tmp_path / name, data)

    items = list(read(source))

    assert ids(items) == ["1", "2"]
    assert items[-1] == FileEnd(source.path, hashlib.sha256(data).hexdigest(), len(data))
    assert not [item for item in items if isinstance(item, Aside | Passed)]


def test_standard_input() -> None:
    """Standard input is read like a file."""
    data = gzip.compress(document(1))

    items = list(read(Source("-", 0), io.BytesIO(data)))

    assert ids(items) == ["1"]
    assert items[-1] == FileEnd("-", hashlib.sha256(data).hexdigest(), len(data))


def test_an_empty_file_is_counted_as_such(tmp_path: Path) -> None:
    """An empty file offers nothing and is no error."""
    assert list(read(put(tmp_path / "x", b""))) == [
        Passed("empty", 1),
        FileEnd(f"{tmp_path}/x", hashlib.sha256().hexdigest(), 0),
    ]


@given(st.data(), st.integers(20, 3_000))
def test_a_cut_gzip_gives_what_came_before_and_one_reason(data: st.DataObject, size: int) -> None:
    """Cut anywhere, a gzip yields its first records, then exactly one element set aside, never an error."""
    whole = gzip.compress(document(*range(40)))
    part = whole[: data.draw(st.integers(3, len(whole) - 1))]

    *items, last, end = read(Source("-", 0), io.BytesIO(part), size)

    assert isinstance(last, Aside)
    assert "gzip" in last.reason
    assert last.index == len(ids([*items]))
    assert ids([*items]) == [str(number) for number in range(last.index)]
    assert not any(isinstance(item, Aside) for item in items)
    assert isinstance(end, FileEnd)
    assert end.size == len(part)


def test_damaged_gzip_is_set_aside() -> None:
    """Bytes changed in the middle of a gzip never raise, and are never silent."""
    whole = bytearray(gzip.compress(document(*range(2_000))))
    whole[len(whole) // 2] ^= 0xFF

    *_, last, end = read(Source("-", 0), io.BytesIO(bytes(whole)))

    assert isinstance(last, Aside)
    assert isinstance(end, FileEnd)
    assert end.sha256 == hashlib.sha256(whole).hexdigest()


def test_a_file_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    """A file that went away between finding and reading gives a reason and an end without a hash."""
    gone = str(tmp_path / "gone")

    assert list(read(Source(gone, 1))) == [
        Aside(0, None, "cannot be read: No such file or directory"),
        FileEnd(gone, "", 0),
    ]


PEAK = """
import itertools, resource, sys
from loaders.records.items import Records
from loaders.records.read import items_in

record = b'{"eventVersion":"1.08","eventID":"x","eventTime":"t","eventName":"n",'
record += b'"requestParameters":{"a":"%s"}}' % (b"y" * 1000)
shape, size = sys.argv[1], int(sys.argv[2])
first, between, last = {
    "Records": (b'{"Records":[', b",", b"]}"),
    "pretty": (b'{\\n "Records": [\\n  ', b",\\n  ", b"\\n ]\\n}\\n"),
    "lines": (b"", b"\\n", b"\\n"),
    "together": (b"", b"", b""),
    "lookup": (b'{"Events":[', b",", b'],"NextToken":"x"}'),
}[shape]
if shape == "pretty":
    record = record.replace(b",", b",\\n   ")
if shape == "lookup":
    record = b'{"CloudTrailEvent":"%s"}' % record.replace(b'"', b'\\\\"')
count = size // len(record)
block = (record + between) * 100
parts = itertools.chain([first], itertools.repeat(block, count // 100), [record + last])
found = sum(len(i.records) for i in items_in(iter(parts)) if isinstance(i, Records))
assert found == count // 100 * 100 + 1, found
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("shape", ["Records", "pretty", "lines", "together", "lookup"])
def test_memory_does_not_grow_with_the_document(shape: str) -> None:
    """One document of 100 MB takes as much memory at its peak as one of 5 MB."""

    def peak(size: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", PEAK, shape, str(size)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    assert peak(100_000_000) < 1.15 * peak(5_000_000)


def test_real_sets_are_read(shared: Path) -> None:
    """Every published record is read, and only two damaged places are set aside."""
    counts: Counter[str] = Counter()
    reasons = []

    for source in find([str(shared)]):
        place = Path(source.path).relative_to(shared)
        kind = "raw" if "raw" in place.parts else "events" if place.name == "events.ndjson" else "other"
        for item in read(source):
            if isinstance(item, Records):
                counts[kind] += len(item.records)
            elif isinstance(item, Passed):
                counts[f"{kind} {item.kind}"] += item.count
            elif isinstance(item, Aside):
                reasons.append((place.name, item.reason))

    assert counts == {
        "events": 2476,
        "events notification": 2,
        "raw": 1362,
        "other other": 13,
    }
    assert reasons == [("samples-large.json", "malformed JSON")] * 2
