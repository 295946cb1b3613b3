"""The service on this machine, without Docker: `python -m tests.demo_service FOLDER`, or `make demo-service`.

A folder is watched, the server starts, logs and a finding arrive in the folder, the finding is posted, and the page of
its key is fetched. With `--stay` all of it goes on until Ctrl-C.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT
from tests.make_incident import HOME
from tests.serving import Served, serving, wait_loaded

KEY = "AKIA3WQUP53HKQ7V2LCK"


def main(folder: Path, *, stay: bool = False) -> None:
    """Run the demo in a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    store = folder / "lineage.db"
    print(f"A folder of logs: {folder / 'logs'}")
    watch = ["watch", str(folder / "logs"), "--every", "1s", "--store", str(store), "--quiet"]
    watcher = subprocess.Popen(
        [sys.executable, "-m", "lineage.cli", *watch], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    with ended(watcher), serving(store, folder=folder, ready=False) as served:
        print(f"The server: {served.address}")
        shutil.copytree(HOME / "logs", folder / "logs", dirs_exist_ok=True)
        shutil.copy(HOME / "finding.json", folder / "logs")
        wait_loaded(store, 926)
        served.wait_ready()
        show(served)
        if stay:
            print("Open the address in a browser; Ctrl-C stops the server.")
            try:
                served.process.wait()
            except KeyboardInterrupt:
                print()


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stop a process at the end."""
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def show(served: Served) -> None:
    """Post the finding, fetch the page, and look at the numbers."""
    posted = served.post(
        "/v1/investigate", content=(HOME / "finding.json").read_bytes(), headers={"Accept": "text/markdown"}
    )
    posted.raise_for_status()
    print(f"\nPOST /v1/investigate with examples/incident/finding.json\n  {posted.text.splitlines()[0]}")
    page = served.get("/", params={"question": "who", "ask": KEY, "as": "text"})
    page.raise_for_status()
    told = "dana.whitfield" in page.text
    print(
        f"\nGET {page.url}\n  a page of {len(page.text):,} characters, which {'names' if told else 'misses'} the origin"
    )
    numbers = [line for line in served.get("/metrics").text.splitlines() if line.startswith("lineage_events ")]
    print(f"\nGET /metrics\n  {' '.join(numbers)}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), stay="--stay" in sys.argv[2:])
