"""`lineage serve` as a real process, asked over HTTP: answers, who may ask, limits, and what a load meanwhile does."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import lineage
from lineage import load as loading
from lineage.ask import QUESTIONS
from lineage.commands.generate import parse
from lineage.model.errors import BadUse, StoreLoading, TakesTooLong
from lineage.render.text import as_json
from lineage.serve.access import Access
from lineage.serve.tokens import Tokens
from lineage.stores.neo4j.store import Neo4jStore
from lineage.stores.reader import Store
from lineage.stores.snapshots import snapshots
from lineage.stores.sqlite.store import SQLiteStore
from loaders.batches.parallel import batches
from loaders.files.sources import find
from tests import demo_service
from tests.conftest import ROOT
from tests.make_incident import HOME
from tests.serving import Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.neo4j_server import Server

STARTED = "c0ffee00-0000-4000-8000-000000000007"
SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
KEY = "AKIA3WQUP53HKQ7V2LCK"


@pytest.fixture(scope="module")
def server(incident: Path) -> Iterator[Served]:
    """A server over the incident, open to this machine."""
    with serving(incident, folder=incident.parent) as found:
        yield found


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A file of tokens, and the tokens by name."""
    path = tmp_path_factory.mktemp("tokens") / "tokens.db"
    file = Tokens(str(path))
    made = {name: file.new(name, role, None) for name, role in (("ana", "reader"), ("loading", "loader"))}
    made["late"] = file.new("late", "reader", 1_700_000_000)
    made["gone"] = file.new("gone", "reader", None)
    file.revoke("gone")
    return path, made


@pytest.fixture(scope="module")
def guarded(incident: Path, tokens: tuple[Path, dict[str, str]]) -> Iterator[Served]:
    """A server over the incident that takes tokens and a proxy at an address that no test has."""
    proxy = ["--trusted-proxy", "203.0.113.0/24", "--user-header", "X-Forwarded-User"]
    with serving(incident, "--tokens", str(tokens[0]), *proxy, folder=incident.parent, ready=False) as found:
        found.wait_ready()
        yield found


# Answers


def asked(name: str) -> dict[str, Any]:
    """Arguments of the first example of a question that names no file."""
    for example in QUESTIONS[name].examples:
        words = shlex.split(example)
        if not any(word.startswith(("examples/", "-o", "--format", "--known")) for word in words):
            return parse([name, *words]).arguments
    return {"alert": STARTED} if name == "investigate" else {}


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_question_equals_the_api(name: str, server: Served, incident: Path) -> None:
    """Over HTTP each question answers as from Python, in its published schema, with the options of its method."""
    arguments = asked(name)
    with lineage.open(incident) as store:
        expected = QUESTIONS[name].ask(store, arguments)
    answer = server.get(f"/v1/{name}", params={**arguments, "page_size": 10_000})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found, wanted = answer.json(), json.loads(as_json(expected))
    if name == "info":  # SQLite's file may grow by its log
        found |= {"bytes": 0, "parts": []}
        wanted |= {"bytes": 0, "parts": []}
    assert found == wanted
    jsonschema.validate(answer.json(), type(expected).model_json_schema(mode="serialization"))


def test_a_record_can_be_asked(server: Served, incident: Path) -> None:
    """A record of the logs, given as it is, has the answer that it has in Python: whatever a state is read for."""
    for path in sorted((ROOT / "examples/incident/logs").rglob("*.json.gz"))[:5]:
        record = json.dumps(json.loads(gzip.decompress(path.read_bytes()))["Records"][0])
        with lineage.open(incident) as store:
            expected = json.loads(as_json(store.who(record)))

        assert server.get("/v1/who", params={"ask": record}).json() == expected


def test_what_the_api_takes_is_described(server: Served) -> None:
    """OpenAPI has each question with its options and schema; the page lists them and needs nothing from elsewhere."""
    described = server.get("/openapi.json").json()
    page = server.get("/docs").text
    for name, command in QUESTIONS.items():
        got = described["paths"][f"/v1/{name}"]["get"]
        options = {one["name"] for one in got["parameters"]}

        assert {one.name for one in command.parameters} - {"geo"} | {"page", "page_size"} == options
        schema = got["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        constant = described["components"]["schemas"][schema]["properties"]["schema"]["const"]
        assert constant == f"lineage.{command.stem}/1"
        assert f"GET /v1/{name}<" in page
    assert {"post"} <= described["paths"]["/v1/who"].keys() & described["paths"]["/v1/investigate"].keys()
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_a_finding_can_be_sent(server: Served, incident: Path) -> None:
    """A finding gives the report that the API gives, as JSON, Markdown or HTML; a record in its JSON too."""
    finding = (HOME / "finding.json").read_bytes()
    with lineage.open(incident) as store:
        expected = json.loads(as_json(store.investigate(finding)))
    forms = {
        kind: server.post("/v1/investigate", content=finding, headers={"Accept": kind})
        for kind in ("application/json", "text/markdown", "text/html")
    }

    assert forms["application/json"].json() == expected
    assert forms["text/markdown"].text.startswith("# credentials of dana.whitfield")
    assert forms["text/html"].text.startswith("<!DOCTYPE html>")
    assert "<svg" in forms["text/html"].text
    assert {answer.headers["content-type"].partition(";")[0]: kind for kind, answer in forms.items()} == {
        kind: kind for kind in forms
    }
    narrow = server.post("/v1/investigate", params={"since": "2026-03-11T21:00:00Z"}, content=finding).json()
    assert narrow["groups"][0]["scope"]["since"] == "2026-03-11T21:00:00Z"
    assert server.post("/v1/investigate", content=b"{}").status_code == 400
    assert server.post("/v1/investigate", content=b"").status_code == 400


def test_many_are_asked_in_one_stream(server: Served) -> None:
    """Each line is answered as soon as it has come, while the request goes on; a record is a line too."""
    record = {"eventID": "not-loaded", "eventTime": "2026-03-11T22:00:00Z", "eventName": "X", "eventSource": "y"}
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        head = f"POST /v1/who HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
        wire.sendall(head.encode())
        got = b""
        for number, line in enumerate((STARTED, "nothing-of-that-name", json.dumps(record)), 1):
            wire.sendall(f"{len(line) + 1:x}\r\n{line}\n\r\n".encode())
            while got.count(b'"schema":"lineage.who/1"') < number or not got.endswith(b"\r\n"):
                got += wire.recv(65_536)
        wire.sendall(b"0\r\n\r\n")
        while not got.endswith(b"0\r\n\r\n"):
            got += wire.recv(65_536)
    body = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", got.partition(b"\r\n\r\n")[2])
    answers = [json.loads(one) for one in re.findall(rb'\{"schema".*?\}\n', body)]

    assert [one["asked"] for one in answers] == [STARTED, "nothing-of-that-name", "record"]
    assert answers[0]["answers"][0]["origin"]["name"] == "dana.whitfield"
    assert not answers[1]["found"]


def test_lists_come_in_pages(server: Served) -> None:
    """Pages have the entries of the whole answer, each once; the header Link leads from one to the next."""
    whole = server.get("/v1/timeline", params={"ask": STARTED}).json()["entries"]
    found, path = [], f"/v1/timeline?ask={STARTED}&page_size=3"
    while path:
        answer = server.get(path)
        found += answer.json()["entries"]
        path = answer.links.get("next", {}).get("url", "")

    assert len(whole) > 6
    assert found == whole


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/timeline", 400, "ask: field required"),
        ("/v1/timeline?ask=x&limit=0", 400, "limit: input should be greater than or equal to 1"),
        ("/v1/timeline?ask=x&limit=10001", 400, "limit: input should be less than or equal to 10000"),
        ("/v1/timeline?ask=x&page_size=10001", 400, "page_size: input should be less than"),
        ("/v1/timeline?ask=x&frm=2026-01-01", 400, "timeline: no option frm; it takes ask, since, until, "),
        ("/v1/timeline?ask=x&since=yesteryear", 400, "yesteryear: not a time"),
        ("/v1/chains?account=nobody", 400, "nobody: not an account"),
        ("/v1/from?asks=-", 400, "from: standard input is not available here"),
        ("/v1/nothing", 404, "/v1/nothing: not found"),
        ("/v1/trace?ask=nothing-of-that-name", 200, '"found":false'),
        (f"/v1/who?ask={'x' * 60_000}", 414, "too long: an address has 60,000 characters at most"),
    ],
)
def test_what_cannot_be_asked_is_told(path: str, status: int, told: str, server: Served) -> None:
    """One line of JSON says what is wrong."""
    answer = server.get(path)

    assert answer.status_code == status
    assert told in answer.text
    assert answer.json()


def test_no_file_of_the_server_is_read(server: Served, tmp_path: Path) -> None:
    """What names a file is refused, on the API and on the pages."""
    secret = tmp_path / "secret.txt"
    secret.write_text("198.51.100.23\nhunter2\n")
    for name, parameter in (("from", "asks"), ("investigate", "alert"), ("hunt", "known_accounts")):
        answer = server.get(f"/v1/{name}", params={parameter: str(secret)})

        assert answer.status_code == 400
        assert f"{name}: files are not read here" in answer.text
        assert "hunter2" not in answer.text
    assert "no option geo" in server.get("/v1/new", params={"ask": KEY, "geo": str(secret)}).text
    assert "files are not read" in server.get("/", params={"question": "from", "ask": str(secret)}).text


def test_too_much_is_refused(server: Served) -> None:
    """A body beyond the limit is not read to its end, and the server goes on."""
    large = server.post("/v1/investigate", content=b" " * ((16 << 20) + 1))
    line = server.post("/v1/who", content=b"x" * ((1 << 20) + 1))

    assert (large.status_code, "too large" in large.text) == (400, True)
    assert "an ask of more than" in line.text
    assert server.get("/readyz").status_code == 200


# Who may ask


PATHS = ("/v1/who?ask=x", "/v1/info", "/v1/coverage", "/metrics", "/", "/near?node=x", "/openapi.json", "/healthz")
LOADER = {"/v1/info", "/v1/coverage", "/metrics", "/openapi.json", "/healthz"}


@pytest.mark.parametrize("path", PATHS)
def test_who_may_ask_what(path: str, guarded: Served, tokens: tuple[Path, dict[str, str]]) -> None:
    """A reader asks everything, a loader what is loaded; without a valid token there is only whether it runs."""
    made = tokens[1]
    status = {name: guarded.get(path, token).status_code for name, token in {**made, "wrong": "lineage_x"}.items()}
    status["none"] = guarded.get(path).status_code
    status["address"] = guarded.get(f"{path}{'&' if '?' in path else '?'}token={made['ana']}").status_code
    status["header"] = guarded.get(path, headers={"X-Forwarded-User": "ana"}).status_code  # no trusted proxy

    refused = {"late", "gone", "wrong", "none", "address", "header"}
    if path == "/healthz":
        assert set(status.values()) == {200}
        return
    assert {name for name, code in status.items() if code == 401} == refused
    assert status["ana"] in (200, 400)
    assert status["loading"] == (200 if path in LOADER else 403)


def test_posts_need_a_reader(guarded: Served, tokens: tuple[Path, dict[str, str]]) -> None:
    """What is sent needs a token too."""
    made = tokens[1]
    for path, body in (("/v1/who", KEY.encode()), ("/v1/investigate", (HOME / "finding.json").read_bytes())):
        codes = [guarded.post(path, made.get(name), content=body).status_code for name in ("ana", "loading", "none")]

        assert codes == [200, 403, 401]


def test_a_token_that_is_revoked_ends_at_once(guarded: Served, tokens: tuple[Path, dict[str, str]]) -> None:
    """Making and revoking needs no restart, and the cookie of a token ends with it."""
    file = Tokens(str(tokens[0]))
    token = file.new("brief", "reader", None)
    with httpx.Client(base_url=guarded.address, timeout=60, trust_env=False) as browser:
        signed = browser.post("/login", data={"token": token, "next": "/docs"})
        before = browser.get("/docs").status_code, guarded.get("/docs", token).status_code
        file.revoke("brief")
        after = browser.get("/docs").status_code, guarded.get("/docs", token).status_code

    assert (signed.status_code, signed.headers["location"]) == (303, "/docs")
    assert (before, after) == ((200, 200), (401, 401))
    assert token.encode() not in tokens[0].read_bytes()
    assert tokens[0].stat().st_mode & 0o077 == 0


def test_the_page_takes_a_token_for_a_cookie(guarded: Served, tokens: tuple[Path, dict[str, str]]) -> None:
    """A browser is led to a form; its cookie is HttpOnly and strict, and is not the token; signing out ends it."""
    token = tokens[1]["ana"]
    html = {"Accept": "text/html"}
    with httpx.Client(base_url=guarded.address, timeout=60, trust_env=False, headers=html) as browser:
        led = browser.get(f"/?question=who&ask={STARTED}")
        form = browser.get(led.headers["location"])
        wrong = browser.post("/login", data={"token": "lineage_wrong"})
        signed = browser.post("/login", data={"token": token, "next": f"/?question=who&ask={STARTED}"})
        away = browser.post("/login", data={"token": token, "next": "https://attacker.example/"})
        page = browser.get(signed.headers["location"])
        shown = browser.get("/login")
        out = browser.post("/logout")
        after = browser.get("/")
    cookie = signed.headers["set-cookie"]

    assert (led.status_code, led.headers["location"].startswith("/login?next=")) == (303, True)
    assert f"question=who&amp;ask={STARTED}" in form.text
    assert (wrong.status_code, "This token is not valid." in wrong.text) == (401, True)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert token not in cookie
    assert away.headers["location"] == "/"
    assert "dana.whitfield" in page.text
    assert "Signed in as <b>ana</b>" in shown.text
    assert (out.status_code, after.status_code) == (303, 303)


def test_a_link_of_another_site_asks_again(guarded: Served) -> None:
    """Where the browser keeps back the strict cookie, a page of this site follows the link once more."""
    answer = guarded.get("/?find=x", headers={"Accept": "text/html", "Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/?find=x">' in answer.text


def test_a_proxy_names_the_user(incident: Path, tmp_path: Path) -> None:
    """From a configured address the header names who asks; without it there is no answer."""
    proxy = ["--trusted-proxy", "127.0.0.0/8", "--user-header", "X-Forwarded-User"]
    with serving(incident, *proxy, folder=tmp_path) as served:
        named = served.get("/v1/info", headers={"X-Forwarded-User": "dana@example.com"})
        nobody = served.get("/v1/info")
        audit = served.lines("audit")

    assert (named.status_code, nobody.status_code) == (200, 401)
    assert {(one["who"], one["how"]) for one in audit if one["path"] == "/v1/info"} == {
        ("dana@example.com", "proxy"), (None, None)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "attacker.example"}, 403),
        ({"Host": "attacker.example:8741"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Host": "LOCALHOST"}, 200),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
    ],
)
def test_other_names_and_sites_are_refused(headers: dict[str, str], status: int, server: Served) -> None:
    """A page of another site reaches nothing, whatever name it has for this machine."""
    assert server.get("/healthz", headers=headers).status_code == status
    assert server.post("/v1/who", content=b"x", headers=headers).status_code == status


def test_a_form_of_another_site_is_refused(server: Served) -> None:
    """Browsers say where a form comes from."""
    site = {"Sec-Fetch-Site": "cross-site"}

    assert server.post("/investigate", content=b"x", headers=site).status_code == 403
    assert server.get("/", headers=site).status_code == 200


def test_nobody_listens_to_everybody_by_mistake(incident: Path, tmp_path: Path) -> None:
    """Without tokens and proxy only this machine is served; other bad options are one line too."""
    none = Tokens(str(tmp_path / "none.db"))
    with pytest.raises(BadUse, match=re.escape("--host 0.0.0.0: anyone there could ask; make a token first")):
        Access(none, host="0.0.0.0")
    with pytest.raises(BadUse, match="go together"):
        Access(none, host="127.0.0.1", proxies=["10.0.0.0/8"])
    with pytest.raises(BadUse, match="--trusted-proxy x: not an address or network"):
        Access(none, host="127.0.0.1", proxies=["x"], header="X")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--host", "0.0.0.0"), "error: --host 0.0.0.0: anyone there could ask; make a token first"),
        (("--timeout", "0s"), "error: --timeout 0s: give a second or more"),
        (("--certfile", "x.pem"), "error: --certfile and --keyfile: go together"),
        (("--certfile", "x.pem", "--keyfile", "x.pem"), "error: --certfile x.pem: cannot be used"),
        (("--audit-log", "no/such/folder"), "error: --audit-log no/such/folder: cannot be written"),
    ],
)
def test_bad_options_are_one_line(options: tuple[str, ...], told: str, incident: Path, tmp_path: Path) -> None:
    """The server does not start, and says why."""
    command = [sys.executable, "-m", "lineage.cli", "serve", "--store", str(incident), "--port", "0", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LINEAGE_TOKENS": str(tmp_path / "none.db")}
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)

    assert ended.returncode == 2
    assert ended.stderr.startswith(told)
    assert ended.stderr.count("\n") == 1


def test_a_taken_port_is_one_line(server: Served, incident: Path, tmp_path: Path) -> None:
    """A port that somebody has is bad use."""
    command = [sys.executable, "-m", "lineage.cli", "serve", "--store", str(incident), "--port", str(server.port)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)

    assert (ended.returncode, f"--port {server.port}: cannot listen there" in ended.stderr) == (2, True)


def test_it_speaks_tls(incident: Path, tmp_path: Path) -> None:
    """With a certificate the address is https, and the cookie of the page is for that alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin,
                                   begin + timedelta(days=1)).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)  # fmt: skip
    cert, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    token = Tokens(str(tmp_path / "t.db")).new("ana", "reader", None)
    options = ["--certfile", str(cert), "--keyfile", str(secret), "--tokens", str(tmp_path / "t.db")]
    with serving(incident, *options, folder=tmp_path, ready=False) as served:
        trusted = ssl.create_default_context(cafile=str(cert))
        with httpx.Client(
            base_url=f"https://localhost:{served.port}", verify=trusted, timeout=60, trust_env=False
        ) as http:
            signed = http.post("/login", data={"token": token})
            page = http.get("/docs")

    assert served.address.startswith("https://")
    assert "Secure" in signed.headers["set-cookie"].split("; ")
    assert page.status_code == 200


# What is told


def test_each_request_is_in_the_audit_log(incident: Path, tmp_path: Path) -> None:
    """Who, what, when, how many rows; no token, no secret of a record, no whole record."""
    token = Tokens(str(tmp_path / "t.db")).new("ana", "reader", None)
    record = {"eventID": "e", "responseElements": {"credentials": {"sessionToken": "CANARY7secret7CANARY"}}}
    log = tmp_path / "audit.ndjson"
    options = ["--tokens", str(tmp_path / "t.db"), "--audit-log", str(log)]
    with serving(incident, *options, folder=tmp_path) as served:
        served.get("/v1/chains", token, headers={"X-Request-ID": "mine-1"})
        served.get("/v1/who", token, params={"ask": json.dumps(record)})
        served.get("/v1/who", token, params={"ask": f"https://x/?X-Amz-Signature={'a' * 64}"})
        served.get("/v1/who", token, params={"ask": "x", "token": token})
        served.post("/v1/who", token, content=f"{STARTED}\n{KEY}\n".encode())
        answer = served.get("/v1/info", "lineage_wrong", headers={"X-Request-ID": "bad id\u00e9".encode()})
        said = served.lines("server")
    text = log.read_text()
    lines = [one for one in map(json.loads, text.splitlines()) if one["path"] != "/readyz"]

    assert [one["path"] for one in lines] == ["/v1/chains", *["/v1/who"] * 4, "/v1/info"]
    assert lines[0].items() >= {
        "log": "audit", "request_id": "mine-1", "who": "ana", "how": "token", "address": "127.0.0.1", "method": "GET",
        "status": 200, "options": {},
    }.items()  # fmt: skip
    assert lines[0]["rows"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines[0]["time"])
    assert lines[1]["options"] == {"ask": ["(a record)"]}
    assert "a" * 64 not in text
    assert lines[4]["rows"] == 2
    assert (lines[5]["who"], lines[5]["status"]) == (None, 401)
    assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["x-request-id"])
    assert "CANARY" not in text
    assert token not in text
    assert {one["log"] for one in said} == {"server"}


def test_numbers_are_counted(server: Served) -> None:
    """The metrics are those of the incident, and count questions by name and nothing that a client chooses."""
    server.get("/v1/chains")
    server.get("/no/such/path")
    text = server.get("/metrics").text
    numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    assert float(numbers["lineage_events"]) == 926
    assert float(numbers["lineage_objects"]) == 18
    assert float(numbers["lineage_duplicates"]) == 133
    assert float(numbers['lineage_newest_event_timestamp_seconds{account="804275613390"}']) == 1773338130
    assert float(numbers["lineage_lag_seconds"]) > 0
    assert float(numbers["lineage_store_bytes"]) > 100_000
    assert float(numbers["lineage_store_ready"]) == 1
    assert float(numbers['lineage_question_seconds_count{question="chains"}']) >= 1
    assert float(numbers['lineage_requests_total{question="other",status="404"}']) >= 1
    assert "/no/such" not in text


def test_it_says_whether_it_is_ready(tmp_path: Path) -> None:
    """Without a store the server runs and is not ready; as soon as something is loaded it answers."""
    path = tmp_path / "later.db"
    with serving(path, folder=tmp_path, ready=False) as served:
        before = served.get("/healthz"), served.get("/readyz"), served.get("/v1/info"), served.get("/")
        with lineage.open(path) as store:
            store.load([HOME / "logs"])
        served.wait_ready()
        after = served.get("/readyz"), served.get("/v1/info")

    assert [one.status_code for one in before] == [200, 503, 503, 503]
    assert "no store there" in before[2].json()["error"]
    assert before[2].headers["Retry-After"] == "5"
    assert '<p role="alert">' in before[3].text
    assert [one.status_code for one in after] == [200, 200]


def test_it_stops_when_its_questions_are_answered(incident: Path, tmp_path: Path) -> None:
    """SIGTERM lets a question that is being answered end; then the processes are gone."""
    with serving(incident, "--workers", "1", folder=tmp_path) as served:
        (worker,) = served.workers()
        served.get("/metrics")
        os.kill(worker, signal.SIGSTOP)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(served.get, "/v1/chains")
            while "lineage_workers_busy 1.0" not in served.get("/metrics").text:
                time.sleep(0.01)
            served.process.send_signal(signal.SIGTERM)
            while not any("Shutting down" in one["message"] for one in served.lines("server")):
                time.sleep(0.01)
            os.kill(worker, signal.SIGCONT)
            found = answer.result()
        served.process.wait(timeout=30)

    assert found.status_code == 200
    assert not Path(f"/proc/{worker}").exists()


# Limits of time


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS name FROM n WHERE i < 0"


def test_a_question_that_takes_too_long_ends(tmp_path: Path, incident: Path) -> None:
    """It ends with 503 and says so; others are answered meanwhile, and its process goes on."""
    path = tmp_path / "slow.db"
    with sqlite3.connect(incident) as source, sqlite3.connect(path) as db:
        source.backup(db)
        db.execute("DROP TABLE account")
        db.execute(f"CREATE VIEW account AS {ENDLESS}")
    source.close()
    db.close()
    with serving(path, "--timeout", "1s", folder=tmp_path) as served, ThreadPoolExecutor(1) as pool:
        workers = served.workers()
        slow = pool.submit(served.get, "/v1/coverage")
        quick = served.get("/v1/who", params={"ask": STARTED})
        ended = slow.result()
        same = served.workers()

    assert (ended.status_code, ended.json()["error"]) == (503, "no answer within 1 s; ask for less, or allow more time")
    assert quick.status_code == 200
    assert workers == same


def test_a_process_that_hangs_is_replaced(incident: Path, tmp_path: Path) -> None:
    """What cannot be interrupted is ended with its process, and a new one answers."""
    with serving(incident, "--timeout", "1s", "--workers", "1", folder=tmp_path) as served:
        (worker,) = served.workers()
        os.kill(worker, signal.SIGSTOP)
        hung = served.get("/v1/chains")
        after = served.get("/v1/chains")
        killed = served.workers()
        os.kill(killed[0], signal.SIGKILL)
        ended = served.get("/v1/chains")
        again = served.get("/v1/chains")

    assert [one.status_code for one in (hung, after, ended, again)] == [503, 200, 503, 200]
    assert hung.json()["error"].startswith("no answer within 1 s")
    assert worker not in killed


# A load meanwhile


def by_question(ask: Any) -> dict[str, Any]:  # Any: what gives the JSON of a question with options
    """The answers of some questions that depend on what is derived."""
    return {name: ask(name, options) for name, options in (
        ("chains", {}), ("cross-account", {}), ("who", {"ask": KEY}), ("names", {}), ("denied", {}))}  # fmt: skip


def undated(answer: Any) -> str:  # Any: JSON values
    """An answer without when it was loaded, as one text."""
    return json.dumps({name: value for name, value in answer.items() if name != "loaded_at"}, sort_keys=True)


def api(store: lineage.Lineage) -> dict[str, str]:
    """The same from Python."""
    return by_question(lambda name, options: undated(json.loads(as_json(QUESTIONS[name].ask(store, options)))))


def test_what_is_not_derived_is_not_shown(tmp_path: Path) -> None:
    """Between adding and deriving the server answers from the state before, and a command warns; then it answers from
    the one after."""
    path = tmp_path / "lineage.db"
    files = sorted(str(one) for one in (HOME / "logs").rglob("*.json.gz"))
    with lineage.open(path) as store:
        store.load(files[:9])
        first = api(store)
        with serving(path, folder=tmp_path) as served:
            ask = lambda name, options: undated(served.get(f"/v1/{name}", params=options).json())  # noqa: E731
            assert by_question(ask) == first
            writer = SQLiteStore(path)
            load = writer.begin_load(files[9:])
            for batch in batches(find(files[9:]), 1):
                writer.add(load, batch)
            half = undated(store.denied().as_json())
            command = [sys.executable, "-c", "from lineage.cli import main; main()", "denied", "--store", str(path)]
            warned = subprocess.run(command, capture_output=True, text=True, check=True).stderr
            during = by_question(ask)
            with serving(path, folder=tmp_path, ready=False) as late:
                told = late.get("/v1/chains"), late.get("/readyz")
            loading.derive(writer)
            writer.finish_load(load)
            writer.close()
            after, second = by_question(ask), api(store)
            calm = subprocess.run(command, capture_output=True, text=True, check=True).stderr

    assert "a load is running or was ended early" in warned
    assert calm == ""
    assert half not in (first["denied"], second["denied"])
    assert during == first
    assert after == second
    assert [one.status_code for one in told] == [503, 503]
    assert "a load is running, or one was ended early" in told[0].json()["error"]


def test_readers_while_a_load_runs(tmp_path: Path) -> None:
    """Every answer of many readers is the answer after some whole loads, and no reader goes back."""
    files = sorted(str(one) for one in (HOME / "logs").rglob("*.json.gz"))
    states: list[dict[str, str]] = []
    with lineage.open(tmp_path / "one-by-one.db") as store:
        for file in files:
            store.load([file])
            states.append(api(store))
    path, done = tmp_path / "lineage.db", threading.Event()
    with lineage.open(path) as store:
        store.load(files[:1])
    wrong: list[str] = []
    seen: set[tuple[str, int]] = set()

    def read(served: Served) -> None:
        with httpx.Client(base_url=served.address, timeout=60, trust_env=False) as http:
            last = dict.fromkeys(states[0], 0)
            while not done.is_set():
                for name, answer in by_question(lambda name, options: http.get(f"/v1/{name}", params=options)).items():
                    text = undated(answer.json())
                    fits = [n for n in range(last[name], len(states)) if states[n][name] == text]
                    if not fits:
                        wrong.append(f"{name} after {last[name]}: {answer.status_code} {text[:300]}")
                        return
                    last[name] = fits[0]
                    seen.add((name, fits[0]))

    with serving(path, folder=tmp_path) as served, ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, served) for _ in range(8)]
        with lineage.open(path) as store:
            for file in files[1:]:
                store.load([file])
                time.sleep(0.05)
        time.sleep(0.5)
        done.set()
        for one in readers:
            one.result()

    assert wrong == []
    assert len(seen) > 10


def test_a_state_is_held_and_let_go(tmp_path: Path) -> None:
    """An old state is held while something waits, unless the log is too large; a new file is noticed."""
    path = tmp_path / "lineage.db"
    with lineage.open(path) as store:
        store.load([HOME / "logs"])
    states = snapshots(str(path))
    assert states.ask(lambda store: store.waiting(), 10) == 0
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO dirty VALUES (1, 'x')")
    db.close()
    held = states.ask(lambda store: store.waiting(), 10)
    with pytest.raises(TakesTooLong, match=r"no answer within 0\.2 s"):
        states.ask(lambda store: store._db.execute(ENDLESS).fetchone(), 0.2)  # type: ignore[attr-defined]  # of SQLite
    still = states.ask(lambda store: store.waiting(), 10)
    states.close()
    with pytest.raises(StoreLoading):
        states.ask(lambda store: store.waiting(), 10)
    states.close()
    path.rename(tmp_path / "old.db")
    with lineage.open(path) as store:
        store.load([HOME / "logs"])

    assert (held, still) == (0, 0)
    assert states.ask(lambda store: len(store.loads()), 10) == 1
    states.close()


def test_neo4j_is_asked_again(neo4j_any: Server, tmp_path: Path) -> None:
    """Over Neo4j there is no answer while something waits to be derived; then it is that of the API."""
    neo4j_any.wipe(schema=False)
    files = sorted(str(one) for one in (HOME / "logs").rglob("*.json.gz"))
    with lineage.open(neo4j_any.uri) as store:
        store.load(files[:9])
        first = api(store)
        with serving(neo4j_any.uri, folder=tmp_path) as served:
            ask = lambda name, options: undated(served.get(f"/v1/{name}", params=options).json())  # noqa: E731
            before = by_question(ask)
            writer = Neo4jStore(neo4j_any.uri)
            load = writer.begin_load(files[9:])
            for batch in batches(find(files[9:]), 1):
                writer.add(load, batch)
            during, ready = served.get("/v1/chains"), served.get("/readyz")
            loading.derive(writer)
            writer.finish_load(load)
            writer.close()
            after, second = by_question(ask), api(store)

    assert before == first
    assert (during.status_code, ready.status_code) == (503, 503)
    assert "a load is running, or one was ended early" in during.json()["error"]
    assert after == second != first


def test_a_question_of_neo4j_sees_one_state(neo4j_any: Server) -> None:
    """A question during which something is written is asked again; one that takes too long ends."""
    neo4j_any.wipe(schema=False)
    states = snapshots(neo4j_any.uri)
    asked: list[int] = []

    def counted(store: Store) -> int:
        asked.append(len(store.loads()))
        if len(asked) == 1:
            with lineage.open(neo4j_any.uri) as other:
                other.load([HOME / "logs"])
        return asked[-1]

    def written(store: Store) -> None:
        with lineage.open(neo4j_any.uri) as other:
            other._store.name_accounts({"111122223333": str(time.monotonic())})
        time.sleep(1)

    assert states.ask(counted, 60) == 1
    assert asked == [0, 1]
    with pytest.raises(StoreLoading):
        states.ask(written, 60)
    with pytest.raises(TakesTooLong, match="no answer within 2 s"):
        states.ask(written, 2)
    states.close()


def test_the_demo_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `make demo-service` shows: a folder is watched, a finding posted, a page fetched."""
    demo_service.main(tmp_path / "demo")
    shown = capsys.readouterr().out

    assert "# credentials of dana.whitfield" in shown
    assert "which names the origin" in shown
    assert "lineage_events 926.0" in shown


# The pages


def test_pages_are_asked_in_a_browser(guarded: Served, tokens: tuple[Path, dict[str, str]], chromium: Browser) -> None:
    """Sign in, read the start page, ask, upload a finding, sign out: with the keyboard, on a narrow screen, in dark."""
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{guarded.address}?start=1&from=2026-03-11")
    page.keyboard.type(tokens[1]["ana"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/?start=1&from=2026-03-11")
    page.locator("body[data-done]").wait_for()
    told = page.inner_text("main")
    wide = page.evaluate("document.documentElement.scrollWidth")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.type("ops-maint")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?from=2026-03-11&find=ops-maint")
    found = page.locator("main td a").count()
    page.goto(f"{guarded.address}?question=trace&ask={SIGN_IN}")
    drawn = page.evaluate("lineagePage.visible().nodes.length")
    page.goto(f"{guarded.address}?start=1")
    page.set_input_files("#upload input", HOME / "finding.json")
    page.get_by_role("button", name="Investigate", exact=True).click()
    page.wait_for_url("**/investigate")
    report = page.inner_text("main")
    page.goto(f"{guarded.address}login")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    context.close()

    assert "926 events of 3 accounts" in told
    assert "Key created for another user, then used" in told
    assert wide <= 390
    assert sum(map(int, re.findall(r"\d+", background)[:3])) < 200
    assert found
    assert drawn > 5
    assert "dana.whitfield" in report
    assert [line for line in said if "Password forms" not in line] == []  # there are no user names here


def test_a_shared_link_opens_after_signing_in(
    guarded: Served, tokens: tuple[Path, dict[str, str]], chromium: Browser, tmp_path: Path
) -> None:
    """A link from another site leads whoever is signed in to the answer, though the cookie is strict."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{guarded.address}login")
    page.fill("input[name=token]", tokens[1]["ana"])
    page.keyboard.press("Enter")
    page.wait_for_url(guarded.address)
    link = f"{guarded.address}?question=who&ask={STARTED}&as=text"
    page.route("http://elsewhere.example/", lambda route: route.fulfill(
        content_type="text/html", body=f'<a href="{link.replace("&", "&amp;")}">look</a>'))  # fmt: skip
    page.goto("http://elsewhere.example/")
    page.click("a")
    page.locator("main", has_text="dana.whitfield").wait_for()
    context.close()
