"""Reads files in several processes; each reads a share of the files and returns batches.

The processes are plain interpreters that import only the loaders, so they start in 0.1 s and need no guard in the
caller's script. A batch goes through a pipe: a reader that is ahead waits.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from typing import BinaryIO

import msgspec

from lineage.model import gc_tuning
from lineage.model.batch import DECODER, ENCODER, Batch
from lineage.model.errors import LineageError
from loaders.batches.aggregate import aggregate
from loaders.files.sources import Source, fetched

SMALL_BYTES = 1_000_000
"""Below this size, starting processes costs more than they save."""
_COMMAND = f"from {__name__} import work; work()"
_LENGTH = 8
"""Bytes of the length before each message; length 0 ends a share."""
_SOURCES = msgspec.msgpack.Decoder(list[Source])


def batches(
    sources: Sequence[Source], processes: int | None = None, stdin: BinaryIO | None = None
) -> Generator[Batch, None, None]:
    """Yield the batches of the sources, in no particular order.

    `processes` is the number of reading processes; None means one for each core, or one for little data. Raises
    `LineageError` if a reading process ends early.
    """
    parts = shares(sources, readers(sources, processes))
    if len(parts) <= 1 or not sys.executable or any(source.path == "-" for source in sources):
        yield from aggregate(fetched(sources), stdin)
        return
    results: queue.Queue[bytes | None] = queue.Queue(maxsize=1)
    workers = [_started(part, results) for part in parts]
    try:
        running = len(workers)
        while running:
            message = results.get()
            if message is None:
                running -= 1
            elif not message:
                raise LineageError("a process that reads logs ended early; load again")
            else:
                batch, message = DECODER.decode(message), None
                yield batch
                del batch  # else it would stay in memory while the next one arrives
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def readers(sources: Sequence[Source], processes: int | None) -> int:
    """Return how many processes may read the sources; `processes` as for `batches`."""
    if processes is not None:
        return processes
    small = sum(source.size for source in sources) < SMALL_BYTES
    return 1 if small else (os.cpu_count() or 1)


def shares(sources: Sequence[Source], number: int) -> list[list[Source]]:
    """Split the files into at most `number` contiguous shares of about the same size in bytes.

    Adjacent files stay together, because files of one hour have calls of the same rows.
    """
    total = sum(source.size for source in sources)
    found: list[list[Source]] = [[] for _ in range(max(1, number))]
    done = 0
    for source in sources:
        middle = done + source.size // 2
        found[min(number - 1, middle * number // total) if total else 0].append(source)
        done += source.size
    return [share for share in found if share]


def work() -> None:
    """Run a reading process: its share comes from standard input, its batches go to standard output."""
    for number in (signal.SIGINT, signal.SIGTERM):  # which a terminal or service manager sends to all processes
        signal.signal(number, signal.SIG_IGN)  # the parent process ends it
    gc_tuning.collect_rarely()  # garbage collection costs 5 % here
    try:
        out = sys.stdout.buffer
        for batch in aggregate(fetched(_SOURCES.decode(sys.stdin.buffer.read()))):
            message = ENCODER.encode(batch)
            out.write(len(message).to_bytes(_LENGTH, "big"))
            out.write(message)
            del batch, message  # else they would stay in memory while the next ones arrive
        out.write(bytes(_LENGTH))
        out.flush()
    except BrokenPipeError:
        os._exit(1)  # the parent has closed the pipe; flushing at exit would fail again


def _started(share: list[Source], results: queue.Queue[bytes | None]) -> subprocess.Popen[bytes]:
    """Start a process on a share; a thread forwards its messages."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    worker = subprocess.Popen(
        [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    threading.Thread(target=_listen, args=(worker, share, results), daemon=True).start()
    return worker


def _listen(worker: subprocess.Popen[bytes], share: list[Source], results: queue.Queue[bytes | None]) -> None:
    """Put each message of a worker into the queue, None at its end, an empty message if it ends too early."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    with worker.stdin, worker.stdout as out:
        try:
            worker.stdin.write(ENCODER.encode(share))
            worker.stdin.close()
        except OSError:
            pass
        while length := int.from_bytes(head := out.read(_LENGTH), "big"):
            message = out.read(length)
            if len(message) < length:
                head = b""
                break
            results.put(message)
            del message
    results.put(None if len(head) == _LENGTH else b"")
