"""Reads and aggregates logs on a Spark cluster; `lineage load` takes the result into a store.

    import lineage.spark

    lineage.spark.aggregate(spark, ["s3a://BUCKET/AWSLogs/"], "s3a://BUCKET/aggregated")

Executors read objects into batches (`loaders.batches.aggregate`) and split these by hour and row; Spark brings the
parts of one hour and row together; other executors merge them. Batches are values, so a task that dies and runs again
changes nothing. All of Spark is imported by the functions that need it.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from lineage.model import gc_tuning
from lineage.model.batch import DECODER, ENCODER, Batch
from lineage.model.errors import BadUse, LineageError, NotFound
from loaders.batches.aggregate import aggregate as batches_of
from loaders.batches.merge import MOST_FILES, merge, split
from loaders.batches.saved import MANIFEST, PARTS, SUMS, Manifest, SavedPart, manifest_of, row_of
from loaders.files.sources import Opened

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    Arrow = Iterator[pa.RecordBatch]

WHOLE_BYTES = 32 << 20
"""Objects up to this size are handed over by Spark's reader of binary files; larger ones are streamed with pyarrow."""
AT_ONCE = 32
"""Most objects that Spark hands over at once."""
GROUP_BYTES = 16 << 20
GROUP_OBJECTS = 4_096
"""Objects that one pass of the aggregator reads: bytes and number."""
READ_EVENTS = 50_000
"""Events of a batch before it is split."""
BUCKETS = 8
"""Buckets of an hour: tasks that may merge the rows of one hour side by side."""
AIM_BYTES = 2_500_000
"""A merged batch has the parts of whole hours and buckets, and is about this large: some 12,000 events."""
MOST_BYTES = 8 * AIM_BYTES
"""Largest merged batch, so that memory does not grow with an hour. Events that are in several such batches are told
apart by the store."""
TASK_BYTES = 128 << 20
"""Bytes of logs for each merging task."""
BATCHES_PER_PART = 100

SETTINGS: dict[str, str | int] = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": AT_ONCE,
    "spark.sql.files.maxPartitionBytes": 64 << 20,
    "spark.sql.files.openCostInBytes": 64 << 10,
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.compression.codec": "zstd",
}
"""What the job sets for itself, in a session of its own."""
PIECES = "hour int, bucket int, batch binary"
MERGED = ", ".join([*(f"{name} long" for name in SUMS), "batch binary"])


def aggregate(spark: SparkSession, inputs: Sequence[str], output: str) -> Manifest:
    """Aggregate the logs below the inputs into a new folder, and return its manifest, which is written last.

    Inputs are files, folders and globs of any file system that Spark's Hadoop reads: local paths that every executor
    sees, `s3a://BUCKET/PREFIX`. Files whose names begin with `_` or `.` are hidden from Spark; CloudTrail has none.
    Raises `BadUse` where an input is missing, the output is there already, or the session is one of Spark Connect,
    `NotFound` if there are no files, `LineageError` if the job fails. Cost: about 70 µs of an executor's core for each
    event.
    """
    if not hasattr(spark, "_jvm"):
        raise BadUse("spark-aggregate needs a classic Spark session, not Spark Connect: start it with spark-submit")
    from pyspark.sql import functions as f

    with _one_line():
        session = spark.newSession()
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
        objects = session.read.format("binaryFile").option("recursiveFileLookup", True).load(list(inputs))
        found = objects.agg(f.count("*"), f.coalesce(f.sum("length"), f.lit(0))).collect()[0]
        files, size = int(found[0]), int(found[1])
        if not files:
            raise NotFound(f"{' '.join(inputs)}: no files there; give files or folders with CloudTrail logs")
        session.conf.set("spark.sql.shuffle.partitions", max(BUCKETS, size // TASK_BYTES))
        small = objects.where(f.col("length") <= WHOLE_BYTES).select("path", "content")
        pieces = _mapped(small, read_whole, PIECES)
        large = objects.where(f.col("length") > WHOLE_BYTES).select("path", "length").collect()
        if large:
            each = session.createDataFrame(large, "path string, length long").repartition(len(large), "path")
            pieces = pieces.unionByName(_mapped(each, read_streams, PIECES))
        keyed = pieces.repartition("hour", "bucket").sortWithinPartitions("hour", "bucket")
        writer = _mapped(keyed, merge_parts, MERGED).write.option("maxRecordsPerFile", BATCHES_PER_PART)
        writer.parquet(f"{output}/{PARTS}")
        manifest = _manifest(session, inputs, output)
        if manifest.files != files or manifest.read != manifest.events + manifest.duplicate + manifest.set_aside:
            raise LineageError(f"{output}: {manifest.files:,} of {files:,} files are in it; run spark-aggregate again")
        _write(session, f"{output}/{MANIFEST}", manifest.text())
    return manifest


def _mapped(frame: DataFrame, function: Callable[[Arrow], Arrow], schema: str) -> DataFrame:
    """Return `frame.mapInArrow(function, schema)`, which insists on pandas, though it uses none."""
    from pyspark.sql import DataFrame
    from pyspark.sql.udf import UserDefinedFunction
    from pyspark.util import PythonEvalType

    mapping = UserDefinedFunction(function, schema, evalType=PythonEvalType.SQL_MAP_ARROW_ITER_UDF)
    column = mapping(*frame.columns)
    return DataFrame(frame._jdf.mapInArrow(column._jc, False, None), frame.sparkSession)


# On the executors


def read_whole(arrow: Arrow) -> Arrow:
    """Yield the parts of the batches of some objects (path, content)."""
    for group in _groups(
        (path.as_py(), content.as_py())
        for some in arrow
        for path, content in zip(some.column("path"), some.column("content"), strict=True)
    ):
        yield from _read([Opened(name(path), len(data), stream=io.BytesIO(data)) for path, data in group])


def read_streams(arrow: Arrow) -> Arrow:
    """Yield the parts of the batches of some objects (path, length), which are read as streams."""
    for some in arrow:
        for path, length in zip(some.column("path"), some.column("length"), strict=True):
            with _stream(path.as_py()) as stream:
                yield from _read([Opened(name(path.as_py()), length.as_py(), stream=stream)])


def merge_parts(arrow: Arrow) -> Arrow:
    """Yield merged batches, of parts in order of hour and bucket."""
    gc_tuning.collect_rarely()
    waiting: list[Batch] = []
    size = files = 0
    last = None
    for some in arrow:
        for hour, bucket, data in zip(*(column.to_pylist() for column in some.columns), strict=True):
            batch = DECODER.decode(data)
            full = size >= AIM_BYTES and (hour, bucket) != last
            if waiting and (full or size + len(data) > MOST_BYTES or files + len(batch.paths) > MOST_FILES):
                yield _rows([row_of(merge(waiting))], MERGED)
                waiting, size, files = [], 0, 0
            waiting.append(batch)
            size += len(data)
            files += len(batch.paths)
            last = hour, bucket
    if waiting:
        yield _rows([row_of(merge(waiting))], MERGED)


def _groups(objects: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield objects in groups; in order of their paths, so that of equal copies the smallest path comes first."""
    group: list[tuple[str, bytes]] = []
    size = 0
    for path, data in objects:
        group.append((path, data))
        size += len(data)
        if size >= GROUP_BYTES or len(group) == GROUP_OBJECTS:
            yield sorted(group, key=lambda one: name(one[0]))
            group, size = [], 0
    if group:
        yield sorted(group, key=lambda one: name(one[0]))


def _read(objects: Sequence[Opened]) -> Arrow:
    gc_tuning.collect_rarely()
    for batch in batches_of(objects, events=READ_EVENTS):
        parts = [
            {"hour": part.hour, "bucket": part.bucket, "batch": ENCODER.encode(part.batch)}
            for part in split(batch, BUCKETS)
        ]
        if parts:
            yield _rows(parts, PIECES)


def _rows(rows: Sequence[dict[str, object]], schema: str) -> pa.RecordBatch:
    import pyarrow as pa

    types = {"int": pa.int32(), "long": pa.int64(), "binary": pa.binary()}
    fields = [(column, types[kind]) for column, kind in (one.split() for one in schema.split(", "))]
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema(fields))


def name(uri: str) -> str:
    """Return the path of an object as a load without Spark names it.

    >>> name("file:/logs/a b.json.gz"), name("s3a://bucket/AWSLogs/a.json.gz"), name("hdfs://host/a.json")
    ('/logs/a b.json.gz', 's3://bucket/AWSLogs/a.json.gz', 'hdfs://host/a.json')
    """
    return re.sub(r"\As3[an]://", "s3://", re.sub(r"\Afile:/+", "/", uri))


@contextmanager
def _stream(uri: str) -> Iterator[BinaryIO]:
    """Open a large object. Raises `OSError` with its name."""
    from pyarrow import ArrowException, fs

    path = name(uri)
    try:
        system, inner = (fs.LocalFileSystem(), path) if path.startswith("/") else fs.FileSystem.from_uri(path)
        with system.open_input_stream(inner, compression=None) as stream:
            yield stream
    except (ArrowException, OSError) as error:
        raise OSError(f"{path}: over {WHOLE_BYTES >> 20} MB, and pyarrow cannot read it: {error}") from error


# On the driver


@contextmanager
def session(quiet: bool = False) -> Iterator[SparkSession]:
    """Give the Spark session of `spark-submit`, or one on this machine; one that was started here is stopped.

    Raises `BadUse` if pyspark or Java is missing.
    """
    try:
        from pyspark import SparkContext
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise BadUse("spark-aggregate needs pyspark: pip install 'cloudtrail-lineage[spark]'") from None
    if "PYSPARK_GATEWAY_PORT" not in os.environ:  # not of spark-submit: the executors are on this machine
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("lineage spark-aggregate")
    if quiet:
        builder = builder.config("spark.ui.showConsoleProgress", False)
    running = SparkContext._active_spark_context is not None
    try:
        spark = builder.getOrCreate()
    except PySparkRuntimeError as error:
        if error.getCondition() != "JAVA_GATEWAY_EXITED":
            raise
        raise BadUse("spark-aggregate needs Java 17 or newer: install it, or set JAVA_HOME to it") from None
    try:
        yield spark
    finally:
        if not running:
            spark.stop()


def _manifest(session: SparkSession, inputs: Sequence[str], output: str) -> Manifest:
    """Return the manifest of the parts as they are stored."""
    from pyspark.sql import functions as f

    where = f"{output}/{PARTS}"
    file = f.col("_metadata.file_name").alias("file")
    sums = session.read.schema(MERGED).parquet(where).select(file, *SUMS).groupBy("file").agg(
        *(f.sum(name).alias(name) for name in SUMS)
    )  # fmt: skip
    stored = session.read.format("binaryFile").option("pathGlobFilter", "*.parquet").load(where)
    hashed = stored.select(file, "length", f.sha2("content", 256).alias("sha256"))
    parts, totals = [], dict.fromkeys(SUMS, 0)
    for row in hashed.join(sums, "file").collect():
        parts.append(SavedPart(f"{PARTS}/{row.file}", row["length"], row.sha256, row.batches))
        totals = {name: totals[name] + row[name] for name in SUMS}
    return manifest_of(inputs, parts, totals)


def _write(session: SparkSession, path: str, text: str) -> None:
    """Write a new file with Hadoop, wherever it is."""
    jvm = session._jvm
    assert jvm is not None
    target = jvm.org.apache.hadoop.fs.Path(path)
    out = target.getFileSystem(session._jsparkSession.sessionState().newHadoopConf()).create(target, False)
    try:
        out.write(bytearray(text.encode()))
    finally:
        out.close()


@contextmanager
def _one_line() -> Iterator[None]:
    """Raise errors of Spark as errors in one line."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    from loaders.secrets import scrub_text

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        told = str(error.java_exception.toString() if isinstance(error, Py4JJavaError) else error)
        condition = None if isinstance(error, Py4JJavaError) else error.getCondition()
        lines = [one.strip() for one in told.splitlines() if one.strip()] or [type(error).__name__]
        line = next((one for one in reversed(lines) if re.match(r"\w*Error: ", one)), lines[0])
        kind = BadUse if condition in ("PATH_NOT_FOUND", "PATH_ALREADY_EXISTS") else LineageError
        raise kind(f"Spark: {scrub_text(line)[:500]}") from error
