"""Reading in several processes: each reads its share of the files and hands back batches.

The processes are plain interpreters that import the loaders alone, so they start in a tenth of a second and need
no guard in the caller's script. A batch goes through a pipe: who reads faster than batches are taken waits.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import msgspec

from lineage.model import gc_tuning
from lineage.model.batch import DECODER, ENCODER, Batch
from lineage.model.errors import LineageError
from loaders.batches.aggregate import aggregate
from loaders.files.inputs import Source

SMALL_BYTES = 1_000_000
"""Below this, starting processes costs more than they save."""
_COMMAND = f"from {__name__} import work; work()"
_LENGTH = 8
"""Bytes before each message that tell its length; 0 ends a share."""
_SOURCES = msgspec.msgpack.Decoder(list[Source])


def batches(sources: Sequence[Source], processes: int | None = None, stdin: BinaryIO | None = None) -> Iterator[Batch]:
    """Yield the batches of the sources, in no particular order.

    `processes` is how many read in parallel; None takes one for each core, and one alone for little data.
    Raises `LineageError` where a reading process ends early.
    """
    wanted = processes if processes is not None else (os.cpu_count() or 1)
    if processes is None and sum(source.size for source in sources) < SMALL_BYTES:
        wanted = 1
    parts = shares(sources, wanted)
    if len(parts) <= 1 or not sys.executable or any(source.path == "-" for source in sources):
        yield from aggregate(sources, stdin)
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
                del batch  # or it would stay while the next one comes
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def shares(sources: Sequence[Source], number: int) -> list[list[Source]]:
    """Split the files into at most `number` stretches of about the same bytes.

    Neighbours stay together, because files of one hour make calls of the same rows.
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
    """A reading process: its share comes on standard input, its batches go out on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    gc_tuning.seldom()  # looking for it costs a twentieth here
    try:
        out = sys.stdout.buffer
        for batch in aggregate(_SOURCES.decode(sys.stdin.buffer.read())):
            message = ENCODER.encode(batch)
            out.write(len(message).to_bytes(_LENGTH, "big"))
            out.write(message)
            del batch, message  # or they would stay while the next ones come
        out.write(bytes(_LENGTH))
        out.flush()
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more; flushing at exit would fail again


def _started(share: list[Source], results: queue.Queue[bytes | None]) -> subprocess.Popen[bytes]:
    """Start a process on a share; a thread hands on what it says."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    worker = subprocess.Popen(
        [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    threading.Thread(target=_listen, args=(worker, share, results), daemon=True).start()
    return worker


def _listen(worker: subprocess.Popen[bytes], share: list[Source], results: queue.Queue[bytes | None]) -> None:
    """Put each message of a worker into the queue, None at its end, an empty one where it ends too early."""
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
