"""Records with their origins as files: NDJSON, CSV and Parquet, written as they come."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from lineage.enrich import COLUMNS, FIELDS, Enriched, flat
from lineage.errors import BadUse
from lineage.render.csv import guarded

if TYPE_CHECKING:
    import pyarrow as pa

TOGETHER = 1_000
"""Records that are written at once."""
ROW_GROUP = 50_000
"""Records of one row group of a Parquet file: what is held in memory at a time."""
BESIDE = tuple(f"lineage_{name}" for name in COLUMNS)
FLAGS = ("readOnly", "lineage_ambiguous")
NUMBERS = ("lineage_depth",)


def ndjson(records: Iterable[Enriched], out: BinaryIO) -> None:
    """A record a line, as logged, with the member `lineage`."""
    for some in _batches(records, TOGETHER):
        out.write(b"".join(one.line + b"\n" for one in some))
        out.flush()


def table(records: Iterable[Enriched], out: BinaryIO) -> None:
    """CSV with a header line; no cell is run as a formula by a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*FIELDS, *BESIDE))
    for some in _batches(records, TOGETHER):
        writer.writerows([guarded(value) for value in flat(one)] for one in some)
        out.write(text.getvalue().encode("utf-8", "backslashreplace"))
        out.flush()
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode("utf-8", "backslashreplace"))


def parquet(records: Iterable[Enriched], out: BinaryIO) -> None:
    """Parquet: the columns of the CSV, and the record as JSON text in `record`. Needs pyarrow (`BadUse` without)."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise BadUse("--format parquet needs pyarrow: pip install 'cloudtrail-lineage[parquet]'") from None
    schema = _schema(pa)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for some in _batches(records, ROW_GROUP):
            rows = [(*flat(one), one.text.decode("utf-8", "replace")) for one in some]
            columns = [
                pa.array(column, type=field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def _schema(pa: Any) -> pa.Schema:  # Any: the module itself, which may be missing
    types = {**dict.fromkeys(FLAGS, pa.bool_()), **dict.fromkeys(NUMBERS, pa.int32())}
    return pa.schema([(name, types.get(name, pa.string())) for name in (*FIELDS, *BESIDE, "record")])


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
