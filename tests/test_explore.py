"""`explore`: pages and neighbourhoods of a store, for whoever has the token, on this machine, and nothing else."""

from __future__ import annotations

import gzip
import http.client
import inspect
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import pytest

import lineage
from lineage.commands import spoken
from lineage.errors import BadUse
from lineage.explore.server import ExploreServer
from lineage.explore.source import StoreSource
from lineage.render.of import module_name
from tests.make_incident import HOME

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
NEW_KEY = "Credential AKIA3WQUP53HKQ7V2LCK"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExploreServer]:
    """A server over the incident."""
    path = tmp_path_factory.mktemp("explore") / "lineage.db"
    with lineage.open(path) as store:
        store.load([HOME / "logs"], accounts=HOME / "accounts.csv")
    with ExploreServer(lambda: StoreSource(lineage.open(path, create=False), spoken, f"trace {SIGN_IN}")) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def get(server: ExploreServer, path: str, host: str | None = None) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of a path below the server's address."""
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=30)
    connection.request("GET", path, headers={"Host": host or parts.netloc})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def below(server: ExploreServer, path: str) -> str:
    """A path with the token."""
    return urlsplit(server.address).path + path


def shape_in(page: str) -> dict[str, object]:
    """The data of a page."""
    text = page.partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    found: dict[str, object] = json.loads(text)
    return found


def test_the_page_shows_the_first_question(server: ExploreServer) -> None:
    """The address opens on what was asked for on the command line, and may ask nobody but this server."""
    status, page, headers = get(server, below(server, ""))

    assert status == 200
    assert NEW_KEY in str(shape_in(page)["nodes"])
    assert "connect-src &#x27;self&#x27;" in page
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")


ROLE = "arn:aws:iam::804275613390:role/payments-operations"
STARTED = "c0ffee00-0000-4000-8000-000000000007"
DRAWN = {
    "who": STARTED, "trace": f"{SIGN_IN} --limit 20", "chains": "--cross-account", "cross-account": "",
    "blast": f"{SIGN_IN} --made", "path": f"{SIGN_IN} AKIA3WQUP53HKQ7V2LCK", "role": ROLE, "denied": "",
}  # fmt: skip
TOLD = {
    "baseline": STARTED, "new": STARTED, "volume": STARTED, "investigate": STARTED, "contain": f"{SIGN_IN} --made",
    "assumed": SIGN_IN, "from": "198.51.100.23 192.0.2.0/24", "touched": "i-07b3e6f20c9a5d184", "session": STARTED,
    "timeline": f"{STARTED} --from 2026-03-11", "services": STARTED, "interesting": STARTED, "info": "", "names": "",
    "hunt": "", "coverage": "537140928816", "central": "--limit 3",
}  # fmt: skip


def asking(question: str, ask: str, **more: str) -> str:
    """The address of a question."""
    return "?" + urlencode({"question": question, "ask": ask, **more})


def test_any_question_can_be_asked(server: ExploreServer) -> None:
    """What has a shape is drawn, all else is told in words and rows; a form on each page asks on."""
    assert {*DRAWN, *TOLD} == set(spoken.questions())
    for question, ask in {**DRAWN, **TOLD}.items():
        status, page, _ = get(server, below(server, asking(question, ask)))

        assert status == 200, question
        assert f"<option selected>{question}</option>" in page, question
        assert ("<pre>" in page, 'id="data"' in page) == (question in TOLD, question in DRAWN), question
        assert page.count("<tr>") > 1 or question in DRAWN, question


@pytest.mark.parametrize("question", spoken.questions())
def test_commands_and_methods_take_the_same(question: str) -> None:
    """What the command line takes of a question is what the method of `Lineage` takes."""
    taken = inspect.signature(getattr(lineage.Lineage, module_name(question.replace("-", "_")))).parameters
    command = spoken._commands()[question]
    given = {parameter.name for parameter in command.params} - spoken.OF_THE_SHELL

    assert given == set(taken) - {"self"}


def test_an_answer_has_other_forms(server: ExploreServer) -> None:
    """What is drawn can be read too, and an investigation is a report of its own."""
    _, words, _ = get(server, below(server, asking("who", STARTED, **{"as": "text"})))
    _, report, _ = get(server, below(server, asking("investigate", STARTED, **{"as": "report"})))

    assert "credentials of dana.whitfield (Identity Center user)" in words
    assert f'{STARTED}">as a picture</a>' in words
    assert "<details" in report


def test_rows_ask_on(server: ExploreServer) -> None:
    """Events, keys, roles and addresses in a table are links to the question about them."""
    _, page, _ = get(server, below(server, asking("timeline", STARTED)))
    links = set(re.findall(r'href="\./\?question=(\w+)&amp;ask=([^"]+)"', page))

    assert ("who", STARTED) in links
    assert ("from", "198.51.100.23") in links
    assert ("role", quote(ROLE, safe="")) in links


@pytest.mark.parametrize(
    ("question", "ask", "problem"),
    [
        ("who", "nothing-of-that-name", "not found: nothing-of-that-name"),
        ("drop", "x", "drop: no question to ask here; there are: who, "),
        ("load", "/etc", "load: no question to ask here; "),
        ("timeline", "", "timeline: Missing argument &#x27;ASK&#x27;."),
        ("timeline", "x --limit 0", "timeline: Invalid value for &#x27;--limit&#x27;"),
        ("timeline", "x --store other.db", "timeline: no --store here"),
        ("investigate", "x --html x.html", "investigate: no --html here"),
        ("from", "-", "from: standard input cannot be asked here"),
        ("who", "'", "who &#x27;: no closing quotation"),
        ("who", "<script>alert(1)</script>", "not found: &lt;script&gt;"),
    ],
)
def test_what_cannot_be_asked_is_told(question: str, ask: str, problem: str, server: ExploreServer) -> None:
    """One line on a page where one can ask on; whatever was typed stays text."""
    status, page, _ = get(server, below(server, asking(question, ask)))

    assert status == 200
    assert f'<p role="alert">{problem}' in page
    assert "<script" not in page
    assert "form-action &#x27;self&#x27;" in page


def test_a_record_can_be_pasted(server: ExploreServer) -> None:
    """A whole record is an ask as it is."""
    path = min((HOME / "logs").rglob("*.json.gz"))
    record = json.loads(gzip.decompress(path.read_bytes()))["Records"][0]
    _, page, _ = get(server, below(server, asking("who", json.dumps(record, separators=(",", ":")))))

    assert "<option selected>who</option>" in page
    assert 'role="alert">not' not in page
    assert record["eventID"] in page


def test_the_page_asks_on_and_grows(server: ExploreServer, chromium: Browser) -> None:
    """In the browser the form asks a question, and a node that is chosen brings what hangs on it."""
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(server.address)
    page.select_option("#live select", "who")
    page.fill("#live input", "AKIA3WQUP53HKQ7V2LCK")
    page.click("#live button")
    page.wait_for_url("**/?question=who&**")
    drawn = "lineagePage.visible().nodes.length"
    before = page.evaluate(drawn)
    page.fill("#search", "AKIA3WQUP53HKQ7V2LCK")
    page.get_by_role("button", name="Load what hangs on it").click()
    page.locator("#said", has_text=re.compile(r"[1-9]\d* more nodes")).wait_for()
    nodes = page.evaluate("lineagePage.visible().nodes")
    grown = page.evaluate(drawn)
    page.click("text=in words")
    page.wait_for_selector("pre")
    page.locator("td a").first.click()
    page.wait_for_load_state()
    page.close()

    assert grown > before
    assert any("payments/ledger-db" in node for node in nodes)
    assert said == []


def test_neighbours_are_loaded(server: ExploreServer) -> None:
    """What hangs on a node comes as the same data: who made a key, and what it read."""
    status, body, _ = get(server, below(server, f"near?node={quote(NEW_KEY)}"))
    told = json.loads(body)
    ends = {(link["source"].split(" ")[0], link["target"].split(" ")[0]) for link in told["links"]}

    assert status == 200
    assert ("Credential", "Credential") in ends
    assert "payments/ledger-db" in body


@pytest.mark.parametrize(
    ("node", "status"), [("Credential AKIANOWHERE", 404), ("Store x", 400), ("", 400), ("Session", 400)]
)
def test_bad_nodes_are_refused(node: str, status: int, server: ExploreServer) -> None:
    """A node that is not there, or is none, gives one line."""
    found, body, _ = get(server, below(server, f"near?node={quote(node)}"))

    assert found == status
    assert json.loads(body).keys() == {"error"}


def test_only_who_has_the_token_gets_in(server: ExploreServer) -> None:
    """Without the token, or through a name of another machine, there is nothing."""
    assert get(server, "/")[0] == 404
    assert get(server, f"/{'x' * len(server.token)}/")[0] == 404
    assert get(server, below(server, ""), host="attacker.example")[0] == 403
    assert get(server, below(server, "../../etc/passwd"))[0] == 400


def test_a_taken_port_is_one_line(server: ExploreServer, tmp_path: Path) -> None:
    """A port that somebody has is bad use, not a traceback."""
    port = urlsplit(server.address).port or 0

    with pytest.raises(BadUse, match=f"--port {port}: "):
        ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "x.db"), spoken, "chains"), port)
