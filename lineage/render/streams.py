"""Records with their origins as files: NDJSON, CSV and Parquet, written as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from lineage.enrich import COLUMNS, FIELDS, IDENTITY, Enriched, fields_of, identity_of
from lineage.model.errors import BadUse
from lineage.render.csv import guarded

if TYPE_CHECKING:
    import pyarrow as pa

TOGETHER = 1_000
"""Records that are written at once."""
ROW_GROUP = 64 << 20
"""Bytes of one row group of a Parquet file, before they are packed: what is held in memory at a time."""
BESIDE = tuple(f"lineage_{name}" for name in COLUMNS)
FLAGS = ("readOnly", "lineage_ambiguous")
NUMBERS = ("lineage_depth",)
REMEMBERED = 65_536
"""Cells, and rows of cells, that are kept written: most come again."""
Values = tuple[object, ...]


def ndjson(records: Iterable[Enriched], out: BinaryIO) -> None:
    """A record a line, as logged, with the member `lineage`."""
    for some in _batches(records, TOGETHER):
        out.write(b"".join(one.line + b"\n" for one in some))
        out.flush()


def table(records: Iterable[Enriched], out: BinaryIO) -> None:
    """CSV with a header line; no cell is run as a formula by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*FIELDS, *IDENTITY, *BESIDE))
    for some in _batches(records, TOGETHER):
        writer.writerows(map(_cells, some))
        _pour(text, out)
    _pour(text, out)


def _pour(text: io.StringIO, out: BinaryIO) -> None:
    out.write(text.getvalue().encode("utf-8", "backslashreplace"))
    out.flush()
    text.seek(0)
    text.truncate()


def _cells(one: Enriched) -> tuple[str, ...]:
    time, event_id, *rest = fields_of(one.record)
    own = (guarded(time), guarded(event_id), *map(_cell, rest))
    return (*own, *_row(identity_of(one.who)), *_row(one.origin.values))


_cell = lru_cache(REMEMBERED, typed=True)(guarded)


@lru_cache(REMEMBERED)
def _row(values: Values) -> tuple[str, ...]:
    return tuple(map(guarded, values))


def parquet(records: Iterable[Enriched], out: BinaryIO) -> None:
    """Parquet: the columns of the CSV, and the record as JSON text in `record`. Needs pyarrow (`BadUse` without)."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise BadUse("--format parquet needs pyarrow: pip install 'cloudtrail-lineage[parquet]'") from None
    types = {**dict.fromkeys(FLAGS, pa.bool_()), **dict.fromkeys(NUMBERS, pa.int32())}
    names = (*FIELDS, *IDENTITY, *BESIDE, "record")
    schema = pa.schema([(name, types.get(name, pa.string())) for name in names])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        size = 0
        for some in _batches(records, TOGETHER):
            waiting.append(_batch(pa, schema, some))
            size += waiting[-1].nbytes
            if size >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting, size = [], 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))


def _batch(pa: Any, schema: pa.Schema, some: Sequence[Enriched]) -> pa.RecordBatch:  # Any: the module itself
    types = iter(schema.types)
    own = _columns(pa, types, [fields_of(one.record) for one in some])
    who = _repeated(pa, types, [identity_of(one.who) for one in some])
    beside = _repeated(pa, types, [one.origin.values for one in some])
    record = pa.array([one.text.decode("utf-8", "replace") for one in some], next(types))
    return pa.RecordBatch.from_arrays([*own, *who, *beside, record], schema=schema)


def _columns(pa: Any, types: Iterator[Any], rows: Iterable[Values]) -> list[Any]:
    return [pa.array(column, next(types)) for column in zip(*rows, strict=True)]


def _repeated(pa: Any, types: Iterator[Any], rows: Iterable[Values]) -> list[Any]:
    """The columns of rows that come again and again: each row is made once."""
    places: dict[Values, int] = {}
    order = pa.array([places.setdefault(row, len(places)) for row in rows], pa.int32())
    return [column.take(order) for column in _columns(pa, types, places)]


def _batches(records: Iterable[Enriched], size: int) -> Iterator[list[Enriched]]:
    waiting = iter(records)
    while some := list(islice(waiting, size)):
        yield some


WRITERS: dict[str, Callable[[Iterable[Enriched], BinaryIO], None]] = {
    "ndjson": ndjson,
    "csv": table,
    "parquet": parquet,
}
"""By the name of the form."""
