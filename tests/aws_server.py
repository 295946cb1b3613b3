"""A real S3, SQS and SNS on loopback: moto's server, behind a proxy that fails where a test asks it to.

The proxy passes every request on to moto and notes it; `fail` makes some of the answers errors of AWS, or cuts the
connection in the middle of an answer.
"""

from __future__ import annotations

import http.client
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

import pytest

BUCKET = "company-trail"
REGION = "eu-central-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Credentials that moto takes, and no settings of the machine."""


class Fault(NamedTuple):
    """An answer in place of moto's."""

    status: int
    """0 cuts the connection in the middle of moto's answer."""
    code: str = ""
    message: str = ""
    more: str = ""
    """Further elements of the error."""

    @property
    def body(self) -> bytes:
        """The error as S3 writes it."""
        text = f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message>{self.more}</Error>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


SLOW_DOWN = Fault(503, "SlowDown", "Please reduce your request rate.")
INTERNAL = Fault(500, "InternalError", "We encountered an internal error. Please try again.")
CUT = Fault(0)
DENIED = Fault(403, "AccessDenied", "Access Denied")
KMS_DENIED = Fault(
    403, "AccessDenied",
    "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:…",
)  # fmt: skip
ARCHIVED = Fault(
    403, "InvalidObjectState", "The operation is not valid for the object's storage class",
    "<StorageClass>GLACIER</StorageClass>",
)  # fmt: skip


class Endpoint:
    """The address of the service, and what is to fail."""

    def __init__(self, moto_port: int) -> None:
        self.moto_port = moto_port
        self.requests: list[str] = []
        """Method and address of each request, decoded."""
        self._faults: list[tuple[re.Pattern[str], Fault, int]] = []
        self._lock = threading.Lock()
        self.url = ""

    def fail(self, pattern: str, fault: Fault, times: int = 1_000_000) -> None:
        """Answer the next requests whose `METHOD ADDRESS` matches with a fault."""
        with self._lock:
            self._faults.append((re.compile(pattern), fault, times))

    def mend(self) -> None:
        """Let nothing fail any more, and forget the requests."""
        with self._lock:
            self._faults.clear()
            self.requests.clear()

    def next_fault(self, request: str) -> Fault | None:
        """Note a request; return what it is answered with, if not by moto."""
        with self._lock:
            self.requests.append(request)
            for number, (pattern, fault, times) in enumerate(self._faults):
                if times and pattern.search(request):
                    self._faults[number] = (pattern, fault, times - 1)
                    return fault
        return None

    def set_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let boto3 find the service, and credentials for it, in the environment."""
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", self.url)

    def client(self, service: str) -> Any:  # Any: boto3 has no types
        """A client of boto3 that talks to moto directly."""
        import boto3

        return boto3.Session("testing", "testing", region_name=REGION).client(
            service, endpoint_url=f"http://127.0.0.1:{self.moto_port}"
        )


@contextmanager
def running() -> Iterator[Endpoint]:
    """A service with nothing in it."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    endpoint = Endpoint(moto.get_host_and_port()[1])
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), _handler(endpoint))
    proxy.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{proxy.server_address[1]}"
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield endpoint
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()
        moto.stop()


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # a client that was killed
                self.close_connection = True

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            payer = " paid by the requester" if self.headers.get("x-amz-request-payer") else ""
            fault = endpoint.next_fault(f"{self.command} {unquote_plus(self.path)}{payer}")
            if fault is not None and fault.status:
                self.answer(fault.status, {"Content-Type": "application/xml"}, fault.body)
                return
            moto = http.client.HTTPConnection("127.0.0.1", endpoint.moto_port, timeout=60)
            moto.request(self.command, self.path, body, dict(self.headers))
            answer = moto.getresponse()
            data = answer.read()
            moto.close()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            if fault is not None:
                self.close_connection = True
            self.answer(answer.status, kept, data, data[: len(data) // 2] if fault is not None else data)

        def answer(self, status: int, headers: dict[str, str], body: bytes, sent: bytes | None = None) -> None:
            length = headers.pop("Content-Length", str(len(body)))  # HEAD states that of the object
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if sent is None else sent)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on  # noqa: N815  names that the server looks for

    return Handler


_HOP = {"transfer-encoding", "connection", "date", "server"}


def upload(s3: Any, folder: Path, prefix: str = "", bucket: str = BUCKET) -> list[str]:  # Any: boto3 has no types
    """Put the files below a folder into a bucket, which is made; returns their keys, sorted."""
    if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    keys = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        keys.append(f"{prefix}{path.relative_to(folder).as_posix()}")
        s3.put_object(Bucket=bucket, Key=keys[-1], Body=path.read_bytes())
    return keys
