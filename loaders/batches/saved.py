"""Folders of saved batches: Parquet parts below `lineage-batches`, and a manifest that is written last.

`lineage spark-aggregate` writes such a folder, `lineage load` recognizes and reads it. A folder without its manifest is
not finished; what the manifest says of each part is checked before the first batch is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from lineage.model import batch as batches_module
from lineage.model import facts
from lineage.model.batch import DECODER, ENCODER, Batch
from lineage.model.errors import BadUse

FORMAT = "lineage.batches/1"
MANIFEST = "manifest.json"
PARTS = "lineage-batches"
"""Folder of the parts."""
SUMS = ("batches", "files", "bytes", "read", "events", "duplicate", "set_aside")
"""Columns of a part beside `batch`, which is a batch as `lineage.model.batch.ENCODER` encodes it; also the sums of a
part and of a manifest."""


class SavedPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file with batches. `path` is relative to the folder, `size` in bytes."""

    path: str
    size: int
    sha256: str
    batches: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a folder holds: read = events + duplicate + set aside."""

    format: str
    layout: str
    """`layout` of the program that wrote it."""
    inputs: tuple[str, ...]
    batches: int
    files: int
    bytes: int
    """Of the files that were read."""
    read: int
    events: int
    """In all batches; a store that has some of them, or other copies of them, counts these as duplicates."""
    duplicate: int
    """Dropped by the cluster."""
    set_aside: int
    parts: tuple[SavedPart, ...]

    def text(self) -> str:
        """Return the manifest as a JSON text."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode() + "\n"


class Saved(msgspec.Struct, frozen=True):
    """A folder with saved batches."""

    folder: Path
    manifest: Manifest

    def check(self) -> None:
        """Raise `BadUse` if a part is missing or is not what was written."""
        for part in self.manifest.parts:
            path = self.folder / part.path
            if not path.is_file():
                raise BadUse(f"{path}: missing; copy the whole folder again")
            if path.stat().st_size != part.size or _sha256(path) != part.sha256:
                raise BadUse(f"{path}: differs from what {MANIFEST} says; copy the whole folder again")

    def batches(self) -> Iterator[Batch]:
        """Yield the batches. Raises `BadUse` if pyarrow is missing."""
        parquet = _parquet()
        for part in self.manifest.parts:
            with parquet.ParquetFile(self.folder / part.path) as file:
                for some in file.iter_batches(batch_size=1, columns=["batch"]):
                    for one in some.column("batch"):
                        yield DECODER.decode(one.as_py())


def saved(path: str) -> Saved | None:
    """Return the folder of saved batches at a path, None if it is none.

    Raises `BadUse` if it is not complete, or was written by a program with other batches.
    """
    folder = Path(path)
    if path == "-" or not (folder / PARTS).is_dir():
        return None
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise BadUse(f"{path}: no {MANIFEST}: spark-aggregate did not finish, or not all was copied; nothing is loaded")
    _parquet()
    try:
        found = msgspec.json.decode(manifest.read_bytes(), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise BadUse(f"{manifest}: not a complete manifest; copy the folder, or run spark-aggregate, again") from None
    if found.format != FORMAT or found.layout != layout():
        raise BadUse(f"{path}: written by another version of lineage; run spark-aggregate with this one")
    if found.batches != sum(part.batches for part in found.parts):
        raise BadUse(f"{manifest}: its number of batches is not that of its parts; run spark-aggregate again")
    if any(Path(part.path).parts[:1] != (PARTS,) or ".." in Path(part.path).parts for part in found.parts):
        raise BadUse(f"{manifest}: names parts outside of {PARTS}; run spark-aggregate again")
    return Saved(folder, found)


def row_of(batch: Batch) -> dict[str, Any]:  # Any: numbers and bytes, as columns
    """Return the row of a batch in a part."""
    sums = (
        1, len(batch.ended), batch.bytes_read, batch.read, len(batch.entries), batch.duplicates, len(batch.aside),
    )  # fmt: skip
    return {**dict(zip(SUMS, sums, strict=True)), "batch": ENCODER.encode(batch)}


def manifest_of(inputs: Sequence[str], parts: Sequence[SavedPart], sums: Mapping[str, int]) -> Manifest:
    """Return the manifest of some parts, with their `SUMS`."""
    return Manifest(
        format=FORMAT, layout=layout(), inputs=tuple(inputs), parts=tuple(sorted(parts, key=lambda part: part.path)),
        **{name: sums[name] for name in SUMS},
    )  # fmt: skip


def layout() -> str:
    """Return a hash of all members of batches: programs with the same one read each other's batches."""
    told = [
        f"{name} {one.__annotations__}"
        for module in (batches_module, facts)
        for name, one in sorted(vars(module).items())
        if isinstance(one, type) and issubclass(one, msgspec.Struct | tuple) and one.__module__ == module.__name__
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parquet() -> ModuleType:
    try:
        import pyarrow.parquet
    except ImportError:
        raise BadUse("batches of spark-aggregate need pyarrow: pip install 'cloudtrail-lineage[parquet]'") from None
    found: ModuleType = pyarrow.parquet
    return found
