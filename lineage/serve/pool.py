"""Worker processes, and who waits for one."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import wait
from typing import Any, BinaryIO, Final, cast

from lineage.model.errors import StoreUnreachable, TakesTooLong
from lineage.serve.worker import Ask, Reply, Start, failed, receive, send

GRACE: Final = 2.0
"""Seconds beyond its limit after which a question is ended with its process."""
QUEUED: Final = 10.0
"""Seconds that a request waits for a process."""
_COMMAND = "from lineage.serve.worker import work; work()"


class Busy(TakesTooLong):
    """No process was free in time."""


class Worker:
    """A process that answers; a new one takes its place where it ends. One thread at a time may ask it."""

    def __init__(self, store: str) -> None:
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, ask: Ask) -> Reply:
        """The reply, also to what cannot be answered."""
        with self._lock:
            process = self.started()
            try:
                send(_pipe(process.stdin), ask)
                if not wait([_pipe(process.stdout).fileno()], ask.seconds + GRACE):
                    self.end()
                    return failed(TakesTooLong(f"no answer within {ask.seconds:g} s; ask for less, or allow more time"))
                found = receive(_pipe(process.stdout), Reply)
            except OSError:
                found = None
            if found is None:
                self.end()
                return failed(StoreUnreachable("the process that answers ended early; ask again"))
            return found

    def started(self) -> subprocess.Popen[bytes]:
        """The process, started if it is not there."""
        if self._process is None:
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment,
                start_new_session=True,  # so that Ctrl-C does not end it amid a question
            )  # fmt: skip
            with suppress(OSError):  # where it ended already, whoever asks is told
                send(_pipe(self._process.stdin), Start(self._store))
        return self._process

    def end(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # of what was not sent any more
                    _pipe(pipe).close()
            self._process = None


def _pipe(pipe: Any) -> BinaryIO:  # Any: of Popen, which may have none
    return cast("BinaryIO", pipe)


class Pool:
    """Some workers; requests wait for one, in the order in which they came."""

    def __init__(self, store: str, workers: int, seconds: float) -> None:
        self.seconds = seconds
        self._holds = "://" not in store
        self._workers = [Worker(store) for _ in range(workers)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(workers, "lineage-worker")

    async def start(self) -> None:
        """Start the processes."""
        for worker in self._workers:
            worker.started()
            self._idle.put_nowait(worker)

    async def ask(self, act: str, **arguments: object) -> Reply:
        """The reply to an ask; 503 where no worker is free in time.

        A worker that started while a load runs holds no state of a SQLite store: the others are asked too.
        """
        for _ in self._workers if self._holds else self._workers[:1]:
            reply = await self._ask(Ask(act, arguments, self.seconds))
            if not reply.loading:
                break
        return reply

    async def _ask(self, ask: Ask) -> Reply:
        try:
            worker = await asyncio.wait_for(self._idle.get(), QUEUED)
        except TimeoutError:
            return failed(Busy("too many questions at once; ask again"))
        work = asyncio.get_running_loop().run_in_executor(self._threads, worker.ask, ask)
        work.add_done_callback(lambda _: self._idle.put_nowait(worker))
        return await asyncio.shield(work)

    @property
    def busy(self) -> int:
        """Workers with a question."""
        return len(self._workers) - self._idle.qsize()

    def close(self) -> None:
        """End all processes; questions that are being answered are lost."""
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(cancel_futures=True)
