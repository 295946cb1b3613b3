"""A real `lineage serve` as a process, on a free port of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from lineage.model.errors import LineageError
from lineage.stores.snapshots import snapshots
from tests.conftest import ROOT


class Served:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], address: str, log: Path) -> None:
        self.process = process
        self.address = address
        self.port = int(address.rstrip("/").rpartition(":")[2])
        self.http = httpx.Client(base_url=address, timeout=60, trust_env=False)
        self._log = log

    def get(self, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """The answer to a GET; `headers` may be among the options."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.get(path, headers=headers | options.pop("headers", {}), **options)

    def post(self, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        """The answer to a POST."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.post(path, headers=headers | options.pop("headers", {}), **options)

    def lines(self, log: str) -> list[dict[str, Any]]:
        """What was logged there: `audit` or `server`."""
        return [one for one in map(json.loads, self._log.read_text().splitlines()) if one["log"] == log]

    def workers(self) -> list[int]:
        """The processes that answer."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(one) for thread in threads for one in thread.read_text().split()]

    def wait_ready(self) -> None:
        """Wait until there is a state to answer from."""
        while self.get("/readyz").status_code != 200:
            time.sleep(0.05)


def wait_loaded(store: Path, events: int) -> None:
    """Wait until a SQLite store that somebody makes holds so many events, and all is derived."""
    while True:
        if store.exists():
            states = snapshots(str(store))
            with closing(states), suppress(LineageError):
                if states.ask(lambda found: sum(one.count for one in found.coverage()), 60) == events:
                    return
        time.sleep(0.1)


@contextmanager
def serving(store: Path | str, *options: str, folder: Path, ready: bool = True) -> Iterator[Served]:
    """A server over a store; it is stopped by SIGTERM, and must then end well. `folder` takes its log."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "lineage.cli", "serve", "--store", str(store), "--port", "0", *options]
    if "--workers" not in options:
        command += ["--workers", "2"]
    with log.open("w") as err:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=err, text=True, cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as out:
        address = out.readline().strip().replace("0.0.0.0", "127.0.0.1")
        assert address, log.read_text()
        served = Served(process, address, log)
        try:
            if ready:
                served.wait_ready()
            yield served
        finally:
            served.http.close()
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=60)
    assert code == 0, log.read_text()
