"""A little server on this machine that Neo4j Browser loads the style sheet and the guide from.

It knows the files of the kit by name and looks at no disk. Browser asks from another origin, so each answer allows
any: what is served is the same for everybody and holds nothing of a store.
"""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import unquote, urlsplit

from lineage.kit.files import files
from lineage.model.errors import BadUse

HOST: Final = "127.0.0.1"
_TYPES: Final = {"html": "text/html", "csv": "text/csv"}


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
        self._answer(body=True)

    def do_HEAD(self) -> None:
        """The same without its text."""
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
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
        if body:
            self.wfile.write(data)

    def _allow(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: who asked for which file of the kit is of no interest."""
