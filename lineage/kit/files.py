"""All files of the kit, the folder that they are written to, and a little server that offers them to Neo4j Browser.

The server knows the files by name and looks at no disk. Browser asks from another origin, so each answer allows any:
what is served is the same for everyone and holds nothing of a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lineage.kit import saved
from lineage.kit.grass import grass
from lineage.kit.guide import guide
from lineage.model.errors import BadUse

STYLE, GUIDE, LIST, README = "lineage.grass", "guide.html", "saved-cypher.csv", "README.md"
_FIRST_LINE: Final = "# Neo4j Browser kit of cloudtrail-lineage\n"
_README: Final = f"""\
{_FIRST_LINE}
Written by `lineage browser`; write it again rather than change it.

- `{STYLE}`: captions, colours and sizes. Classic Browser (`/browser/`): drop the file on its page, below the editor.
- `{GUIDE}`: the example incident, with queries to click. Classic Browser, while `lineage browser --serve` runs: it
  prints the two lines to paste, `:style …` and `:guide …`.
- `queries/draw/`: questions that Browser draws. `queries/`: the same and more, as tables. Run
  `queries/{saved.PARAMETERS}` once, then any of them, then change what is asked (`:param ask => 'AKIA…'`).
- `{LIST}`: all of them for the newer Browser: Saved Cypher, Import. It takes no style sheet and no classic guide.
"""
_NAME: Final = "name an empty or a new folder"
HOST: Final = "127.0.0.1"
_TYPES: Final = {"html": "text/html", "csv": "text/csv"}


def files(address: str = "") -> dict[str, str]:
    """Text by path of every file; `address` is where `--serve` offers them."""
    queries = {f"queries/{name}": text for name, text in saved.files().items()}
    return {README: _README, STYLE: grass(), GUIDE: guide(address), LIST: saved.listed()} | queries


def write(folder: Path) -> None:
    """Write all files to that folder. Raises `BadUse` where it cannot, or holds anything but an older kit."""
    try:
        if folder.exists() and not folder.is_dir():
            raise BadUse(f"--out {folder}: not a folder; {_NAME}")
        if folder.is_dir() and any(folder.iterdir()) and not _ours(folder):
            raise BadUse(f"--out {folder}: holds other files; {_NAME}")
        for name, text in files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise BadUse(f"--out {folder}: {error.filename} cannot be written, {reason}; {_NAME}") from None


def _ours(folder: Path) -> bool:
    try:
        with (folder / README).open(encoding="utf-8", errors="replace") as file:
            return file.readline() == _FIRST_LINE
    except OSError:
        return False


class KitServer(ThreadingHTTPServer):
    """Serves the kit on a port of 127.0.0.1; `address` is what Browser takes, which trusts the name localhost."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        """Raises `BadUse` where the port is taken. 0 is any free one."""
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise BadUse(f"--port {port}: {(error.strerror or 'not to be had').lower()}; leave it out") from None
        self.address = f"http://localhost:{self.server_address[1]}"
        self.files: Mapping[str, str] = files(self.address)


class _Handler(BaseHTTPRequestHandler):
    server: KitServer
    server_version = "lineage"
    sys_version = ""
    timeout = 10

    def do_OPTIONS(self) -> None:
        """The preflight of a page from another origin."""
        self.send_response(204)
        self._allow()
        self.send_header("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
        self.send_header("Access-Control-Allow-Headers", "*")
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            self.send_header("Access-Control-Allow-Private-Network", "true")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """A file of the kit."""
        name = unquote(urlsplit(self.path).path).removeprefix("/")
        text = self.server.files.get(name)
        data = ("no such file of the kit\n" if text is None else text).encode()
        kind = _TYPES.get(name.rpartition(".")[2], "text/plain") if text is not None else "text/plain"
        self.send_response(404 if text is None else 200)
        self._allow()
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_HEAD(self) -> None:
        """The headers of a file."""
        self.do_GET()

    def _allow(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who asked for which file of the kit is of no interest."""
