"""A small local server that shows pictures of a store and answers questions about it. It only reads.

Access needs the token in the address, which is new at each start. The `Host` of each request must be this machine, so
that no other page can reach the server through a name of its own (DNS rebinding). Nothing is sent to other origins. One
thread owns the store; requests wait for it. Parts of the start page, which may read the whole store, have another
thread with a source of its own, so that nothing waits for them.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qsl

import msgspec

from lineage.explore.pages import sent
from lineage.model.errors import BadUse, LineageError
from lineage.questions.investigate.given import LARGEST

HOST: Final = "127.0.0.1"
NAMES: Final = frozenset((HOST, "localhost"))
LONGEST: Final = 60_000
"""Characters of an address that is read; `http.server` reads no more than 65,536."""

Answered = TypeVar("Answered")


class Source(Protocol):
    """What the server serves."""

    def page(self, query: Mapping[str, str]) -> str:
        """The page for a query, as HTML that states its own content security policy."""

    def part(self, query: Mapping[str, str]) -> str:
        """A part of the start page, as HTML. Raises `LineageError`."""

    def report(self, alert: bytes) -> str:
        """The report on an alert, given as the content of a file, as HTML that states its own policy."""

    def find(self, text: str) -> object:
        """What has a text in its name or ID, as JSON values."""

    def near(self, node: str) -> object:
        """The picture of the neighbours of a node, as JSON values. Raises `LineageError`."""

    def close(self) -> None:
        """Close files and connections; called in the thread that created it."""


class _Owner:
    """A thread with a source, which it opens when it is first asked, and closes."""

    def __init__(self, opened: Callable[[], Source]) -> None:
        self._opened = opened
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._source: Source | None = None
        self._ended = False

    def ask(self, act: Callable[[Source], Answered]) -> Answered:
        """What is answered, once the questions before are. Raises `LineageError`."""
        return self._thread.submit(self._ask, act).result()

    def _ask(self, act: Callable[[Source], Answered]) -> Answered:
        if self._ended:
            raise BadUse("lineage explore ends")
        self._source = self._source or self._opened()
        return act(self._source)

    def end(self) -> None:
        """Close the source once the question that is being answered is done."""
        self._ended = True
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()


class ExploreServer(ThreadingHTTPServer):
    """Serves on a port of 127.0.0.1 under `address`, which holds the token."""

    daemon_threads = True

    def __init__(self, opened: Callable[[], Source], port: int = 0) -> None:
        """`opened` makes the source, in the thread that owns it. Raises `BadUse` where the port is taken."""
        self._owner, self._aside = _Owner(opened), _Owner(opened)
        self._ends = ExitStack()
        self._ends.callback(self._owner.end)
        self._ends.callback(self._aside.end)
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise BadUse(f"--port {port}: {(error.strerror or 'not to be had').lower()}; leave it out") from None
        self.token = secrets.token_urlsafe(24)
        self.address = f"http://{HOST}:{self.server_address[1]}/{self.token}/"
        try:
            self._owner.ask(lambda _: None)
        except BaseException:
            self.server_close()
            raise

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[str, str]:
        """Body and type for a path below the token. Raises `LineageError`."""
        if path == "":
            return self._owner.ask(lambda source: source.page(query)), "text/html; charset=utf-8"
        if path == "part":
            return self._aside.ask(lambda source: source.part(query)), "text/html; charset=utf-8"
        if path == "find":
            found = self._owner.ask(lambda source: source.find(query.get("text", "")))
            return msgspec.json.encode(found).decode(), "application/json"
        if path == "near":
            found = self._owner.ask(lambda source: source.near(query.get("node", "")))
            return msgspec.json.encode(found).decode(), "application/json"
        raise BadUse(f"{path}: not found")

    def report(self, kind: str, body: bytes) -> tuple[str, str]:
        """The page of the report on the alert in a form of that type. Raises `LineageError`."""
        alert = sent(kind, body)
        return self._owner.ask(lambda source: source.report(alert)), "text/html; charset=utf-8"

    def server_close(self) -> None:
        """Release the port, the source and the thread, once the question that is being answered is done."""
        super().server_close()
        self._ends.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore closed connections; print anything else to standard error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # a socket


class _Handler(BaseHTTPRequestHandler):
    server: ExploreServer
    server_version = "lineage"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """The page, or an answer as JSON."""
        self._answer(None)

    def do_POST(self) -> None:
        """The report on an alert that was sent."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LARGEST:
            self.close_connection = True
            self._send(413, f"too large: a finding has {LARGEST:,} bytes at most", "text/plain")
            return
        self._answer(self.rfile.read(int(length)))

    def _answer(self, given: bytes | None) -> None:
        if (self.headers.get("Host") or "").rsplit(":", 1)[0] not in NAMES:
            self._send(403, "not from here", "text/plain")
            return
        if len(self.path) > LONGEST:
            self._send(414, f"too long: a question has {LONGEST:,} characters at most", "text/plain")
            return
        place, _, query = self.path.partition("?")
        token, _, path = place.lstrip("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._send(404, "not found", "text/plain")
            return
        try:
            if given is None:
                body, kind = self.server.answer(path, dict(parse_qsl(query)))
            elif path == "investigate":
                body, kind = self.server.report(self.headers.get("Content-Type", ""), given)
            else:
                raise BadUse(f"{path}: takes nothing")
        except LineageError as error:
            told = msgspec.json.encode({"error": str(error)}).decode()
            self._send(404 if error.exit_code == 1 else 400, told, "application/json")
        except Exception as error:  # noqa: BLE001 - a bug becomes one line, and the server goes on
            self._send(500, f"unexpected {type(error).__name__}; run lineage graph --debug and report it", "text/plain")
        else:
            self._send(200, body, kind)

    def _send(self, code: int, body: str, kind: str) -> None:
        data = body.encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the token is in each path."""
