"""Archives as people have them: any packing in any other is opened, streamed, and limited."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lineage.model.batch import Passed, Unread
from loaders.files.sources import Source
from loaders.files.unpack import DEEPEST
from loaders.records.items import Aside, FileEnd, Item, Records
from loaders.records.other_documents import describe_file
from loaders.records.read import read

ROOT = Path(__file__).parents[1]
PDF = b"%PDF-1.7" + bytes(100)


def document(*names: str) -> bytes:
    """A log file with a record for each name."""
    records = [
        {"eventVersion": "1.11", "userIdentity": {"type": "Root"}, "eventTime": "2026-03-11T10:00:00Z",
         "eventName": "ListUsers", "eventID": name}
        for name in names
    ]  # fmt: skip
    return json.dumps({"Records": records}).encode()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these files, with a folder and a link in it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("logs")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("logs/latest")
        link.type, link.linkname = tarfile.SYMTYPE, "x"
        archive.addfile(link)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    """A zstd frame; Python has it from 3.14 on."""
    if sys.version_info >= (3, 14):
        from compression import zstd as packer
    else:
        packer = pytest.importorskip("backports.zstd")
    packed: bytes = packer.compress(data)
    return packed


LONG = "logs/" + "long/" * 60 + "ä.json"
PACKINGS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": zipped,
    "zip, stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip, bzip2": lambda files: zipped(files, zipfile.ZIP_BZIP2),
    "zip, lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
    "tar": tarred,
    "tar, GNU": lambda files: tarred(files, tarfile.GNU_FORMAT),
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
    "tar.zst": lambda files: zstd(tarred(files)),
    "zip of zips": lambda files: zipped({f"{n}.zip": zipped({name: d}) for n, (name, d) in enumerate(files.items())}),
    "zip of packed": lambda files: zipped(
        dict(
            zip(
                [f"{name}.x" for name in files],
                [gzip.compress(files[LONG]), bz2.compress(files["b.json"])],
                strict=True,
            )
        )
    ),
    "tar of tar.gz": lambda files: tarred({"inner.tar.gz": gzip.compress(tarred(files))}),
}
STREAMS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


def put(path: Path, data: bytes) -> Source:
    """A file of these bytes."""
    path.write_bytes(data)
    return Source(str(path), len(data))


def ids(items: list[Item | FileEnd]) -> list[str | None]:
    """Event IDs in order."""
    return [record.event_id for item in items if isinstance(item, Records) for record in item.records]


def places(items: list[Item | FileEnd]) -> list[int]:
    """Index of each record in the file."""
    return [item.first + at for item in items if isinstance(item, Records) for at in range(len(item.records))]


def reasons(items: list[Item | FileEnd]) -> list[str]:
    """Why elements were set aside."""
    return [item.reason for item in items if isinstance(item, Aside)]


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("piped", [False, True], ids=["file", "standard input"])
def test_every_archive_gives_the_records_of_its_files(name: str, piped: bool, tmp_path: Path) -> None:
    """All files of an archive are read, their records numbered through, and the hash is that of the archive."""
    data = PACKINGS[name]({LONG: document("1", "2"), "b.json": document("3")})
    source = Source("-", 0) if piped else put(tmp_path / "a", data)

    items = list(read(source, io.BytesIO(data)))

    assert (ids(items), places(items)) == (["1", "2", "3"], [0, 1, 2])
    assert items[-1] == FileEnd(source.path, hashlib.sha256(data).hexdigest(), len(data))
    assert not [item for item in items if isinstance(item, Aside | Passed | Unread)]


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_is_unpacked(name: str, tmp_path: Path) -> None:
    """A packed file, two put together, and one cut in the middle."""
    pack = STREAMS[name]
    whole = pack(document("1")) + pack(document("2"))
    long = pack(document(*map(str, range(3_000))))

    assert ids(list(read(put(tmp_path / "a", whole)))) == ["1", "2"]
    (reason,) = reasons(list(read(put(tmp_path / "b", long[: len(long) // 2]))))
    assert reason == f"{name} stream ends early"


def test_a_damaged_file_costs_its_neighbours_nothing(tmp_path: Path) -> None:
    """What cannot be read in an archive is told with its name; the files around it are read."""
    damaged = bz2.compress(document("2"))[:-20]
    files = {"1.json": document("1"), "2.bz2": damaged, "3.pdf": PDF, "4.json": document("4")}
    for data in (tarred(files), zipped(files)):
        items = list(read(put(tmp_path / "a", data)))

        assert ids(items) == ["1", "4"]
        assert reasons(items) == ["bzip2 stream ends early (2.bz2)"]
        unread = [item for item in items if isinstance(item, Unread)]
        assert [(item.path, item.looks_like) for item in unread] == [("3.pdf", "PDF")]


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    """A zip with a password says what to do."""
    data = bytearray(zipped({"a.json": document("1")}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1

    assert reasons(list(read(put(tmp_path / "a", bytes(data))))) == ["encrypted zip: unpack it first (a.json)"]


@pytest.mark.parametrize("cut", [30, 200, -5])
@pytest.mark.parametrize("name", ["zip", "tar"])
def test_a_cut_archive_is_told(name: str, cut: int, tmp_path: Path) -> None:
    """An archive that ends early never raises and is never silent."""
    data = PACKINGS[name]({LONG: document("1"), "b.json": document("2")})
    data = data.rstrip(b"\0") if name == "tar" else data

    items = list(read(put(tmp_path / "a", data[:cut])))

    assert reasons(items) or ids(items) != ["1", "2"]
    assert reasons(items) or any(isinstance(item, Unread) for item in items)


def test_what_macos_adds_is_no_log(tmp_path: Path) -> None:
    """Files that the Finder puts into a zip or a folder are no failure."""
    data = zipped({"__MACOSX/._a.json": b"\x00\x05\x16\x07", "x/.DS_Store": b"\0\0\0\1Bud1", "a.json": document("1")})

    assert [type(item) for item in read(put(tmp_path / "a", data))] == [Records, FileEnd]
    assert list(read(put(tmp_path / ".DS_Store", b"\0\0\0\1Bud1" + bytes(90))))[:2] == [
        Passed("other", 1), Passed("system-file", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data", [zipped({}), tarred({}), gzip.compress(b""), b'{"Records": []}'], ids=["zip", "tar", "gzip", "JSON"]
)
def test_what_is_empty_is_counted_as_such(data: bytes, tmp_path: Path) -> None:
    """An empty archive, stream or document is no failure."""
    assert next(iter(read(put(tmp_path / "a", data)))) == Passed("empty", 1)


BOMB = """
import resource, sys
from loaders.files.sources import Source
from loaders.records.read import read
found = [item for item in read(Source(sys.argv[1], 0))]
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, [i.reason for i in found if type(i).__name__ == "Aside"][-1:])
"""


@pytest.mark.parametrize("name", ["bzip2", "xz", "zip"])
def test_a_bomb_meets_its_limit(name: str, tmp_path: Path) -> None:
    """What unpacks to far more than logs do is left, in one line, and takes no memory."""
    blank = b'{"a":"%s"}\n' % (b"x" * 100_000) * 1_000
    data = zipped({"a": blank}) if name == "zip" else STREAMS[name](blank)
    source = put(tmp_path / "bomb", data)
    del blank

    def told(source: Source) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", BOMB, source.path], cwd=ROOT, capture_output=True, text=True, check=True
        )
        peak, _, reasons = done.stdout.partition(" ")
        return int(peak), reasons

    peak, reason = told(source)
    usual, _ = told(put(tmp_path / "log", document("1")))

    assert "unpacks to more than 250 times its size" in reason
    assert peak < usual + 60_000


def test_packed_too_often_is_told(tmp_path: Path) -> None:
    """Packings are opened to a depth, as an archive may hold itself."""
    data = document("1")
    for _ in range(DEEPEST + 1):
        data = gzip.compress(data)

    assert reasons(list(read(put(tmp_path / "a", data)))) == ["packed more than 8 times: not opened any further"]


@pytest.mark.parametrize(
    ("start", "like"),
    [
        (PDF, "PDF"),
        (b"ORC" + bytes(9), "ORC"),
        (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page"),
        (b"name,price,colour\ntea,3,green\n", "a table without CloudTrail columns"),
        (b"dear colleague", "text"),
        (b'{"class_uid": 6003}', "OCSF of another source than CloudTrail"),
        (b'[{"name": 1}]', "JSON without CloudTrail records"),
        (b"version account-id interface-id srcaddr", "VPC flow logs"),
        (bytes(range(256)), "binary data"),
    ],
)
def test_a_file_without_a_record_is_named(start: bytes, like: str, tmp_path: Path) -> None:
    """Whatever had no record is named by its content, with what to do."""
    told = [item for item in read(put(tmp_path / "a", start)) if isinstance(item, Unread)]

    assert [item.looks_like for item in told] == [like]
    assert told[0].do
    assert describe_file(start).like == like


def test_a_workbook_is_named(tmp_path: Path) -> None:
    """A workbook is a zip, but none of logs."""
    data = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})

    assert [item.looks_like for item in read(put(tmp_path / "a", data)) if isinstance(item, Unread)] == [
        "an Office document or Excel workbook"
    ]
