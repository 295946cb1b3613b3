"""Reads Parquet by columns: Security Lake, and CloudTrail tables of CloudTrail Lake, Athena and Iceberg.

Rows are read some at a time, of one row group after another, so that memory does not grow with the file. Needs pyarrow.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec

import msgspec

from lineage.model.batch import Passed
from lineage.model.times import iso
from loaders.records import ocsf
from loaders.records.columns import Cell, from_columns
from loaders.records.items import Gather, Item
from loaders.records.record import OCSF
from loaders.records.wrappers import add_row, heads_events

MAGIC = b"PAR1"
ROWS = 1_000
"""Rows of a batch."""
BUFFER = 1 << 20
"""Bytes of a column that are read at once."""
IN_MEMORY = 16 << 20
"""Larger files are read from a temporary file."""


def is_available() -> bool:
    """Is pyarrow installed?"""
    return find_spec("pyarrow") is not None


def items(blocks: Iterable[bytes]) -> Iterator[Item]:
    """Yield the events of a Parquet file in its order; one without columns of CloudTrail is `Passed("other")`.

    A damaged file yields the events before the damage, and one `Aside`.
    """
    import pyarrow.parquet as pq
    from pyarrow import ArrowException

    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        shutil.copyfileobj(_Reader(blocks), file, BUFFER)
        gather = Gather()
        try:
            with pq.ParquetFile(file, buffer_size=BUFFER, pre_buffer=False) as table:
                names = table.schema_arrow.names
                if "class_uid" not in names and not heads_events(names):
                    yield Passed("other", 1)
                    return
                for batch in table.iter_batches(ROWS, use_threads=False):
                    for row in batch.to_pylist():
                        _add(gather, row)
                    yield from gather.drain()
        except (ArrowException, OSError, ValueError) as error:
            gather.aside(f"damaged Parquet: {type(error).__name__}")
            yield from gather.drain()


class _Reader:
    """Blocks as a file to copy from."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)

    def read(self, size: int = -1) -> bytes:
        """Return the next block, of any size; b"" at the end."""
        return next((block for block in self._blocks if block), b"")


def _add(gather: Gather, row: Mapping[str, object]) -> None:
    if "class_uid" in row:
        columns = ocsf.columns_of({name: _value(value) for name, value in row.items()})
        if columns is None:
            gather.passed(Passed("other", 1))
        else:
            gather.record(OCSF, from_columns(columns)[1])
        return
    cells = {name: _cell(value) for name, value in row.items()}
    add_row(gather, cells, cells.values())


def _cell(value: object) -> Cell:
    value = _value(value)
    return value if value is None or isinstance(value, str) else msgspec.Raw(msgspec.json.encode(value))


def _value(value: object) -> object:
    """A value of a column as JSON has it: maps are objects, times are CloudTrail's."""
    if isinstance(value, datetime):
        return iso(int(value.timestamp())) if value.tzinfo else iso(int(value.replace(tzinfo=UTC).timestamp()))
    if isinstance(value, Mapping):
        return {name: _value(one) for name, one in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(one, tuple) and len(one) == 2 for one in value):  # a map
            return {str(name): _value(one) for name, one in value}
        return [_value(one) for one in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
