"""`explore`: pages and neighbourhoods of a store, for whoever has the token, on this machine, and nothing else."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import inspect
import json
import re
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode, urlsplit

import pytest

import lineage
from lineage.ask import QUESTIONS
from lineage.commands.generate import parse
from lineage.draw import fold
from lineage.draw.shape import Shape
from lineage.explore import start
from lineage.explore.server import ExploreServer
from lineage.explore.source import StoreSource, near
from lineage.model.errors import BadUse
from lineage.questions.registry import has_picture, module_name
from tests import make_tables
from tests.aws import Cloud
from tests.make_incident import HOME
from tests.test_cli import commands
from tests.test_stories import STORIES

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
    with ExploreServer(lambda: StoreSource(lineage.open(path, create=False), f"trace {SIGN_IN}")) as found:
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


def test_it_starts_with_what_there_is(server: ExploreServer, chromium: Browser) -> None:
    """The start page has a search, what is loaded, people by activity, hunts that found something, and gaps."""
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{server.address}?start=1&from=2026-03-11")
    page.locator("body[data-done]").wait_for()
    told = page.inner_text("main")
    people = page.locator("[data-part=people] td:first-child a").all_inner_texts()
    rules = page.locator("#rules li a").all_inner_texts()
    link = page.locator("[data-part=people] a").first.get_attribute("href") or ""
    focused = page.evaluate("document.activeElement.name")
    page.keyboard.type("ops-maint")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?from=2026-03-11&find=ops-maint")
    found = page.locator("main td a").all_inner_texts()
    page.close()

    assert "926 events of 3 accounts, 2026-03-10 06:00:00Z to 2026-03-12 17:55:30Z" in told
    assert people[:4] == ["dana.whitfield", "jonas.brandt", "li.wei", "priya.raman"]
    assert "svc-reports" in people[4:]
    assert "Key created for another user, then used" in rules
    assert "Root user" not in " ".join(rules)
    assert "the trail was stopped" in told
    assert "from=2026-03-11" in link
    assert focused == "find"
    assert found
    assert all("ops-maint" in one for one in found)
    assert said == []


def test_without_a_question_it_starts_there(tmp_path: Path) -> None:
    """Nothing asked on the command line opens the start page; its parts are HTML of their own, and no others exist."""
    path = tmp_path / "lineage.db"
    with ExploreServer(lambda: StoreSource(lineage.open(path))) as empty:
        threading.Thread(target=empty.serve_forever, daemon=True).start()
        _, page, _ = get(empty, below(empty, ""))
        parts = {name: get(empty, below(empty, f"part?name={name}"))[:2] for name in (*start.PARTS, "x")}
        empty.shutdown()

    assert 'id="finder"' in page
    assert {status for name, (status, _) in parts.items() if name != "x"} == {200}
    assert parts["loaded"][1] == "<p>Nothing is loaded yet: <code>lineage load</code> reads logs.</p>"
    assert parts["juggling"][1] == ""
    assert parts["x"][0] == 400


def test_links_keep_the_time_range(server: ExploreServer) -> None:
    """The time range of a page is in its fields and all its links, also through questions that take none."""
    _, page, _ = get(server, below(server, asking("timeline", f"{STARTED} --from 2026-03-11T21:00:00Z")))
    links = re.findall(r'href="(\./[^"]+)"', page)
    _, who, _ = get(
        server, below(server, asking("who", STARTED, **{"as": "text", "from": "2026-03-11", "to": "2026-03-12"}))
    )
    _, later, _ = get(server, below(server, asking("timeline", STARTED, **{"from": "2026-03-12"})))
    _, wrong, _ = get(server, below(server, asking("timeline", STARTED, **{"from": "x"})))

    assert links
    assert all("from=2026-03-11T21%3A00%3A00Z" in link for link in links)
    assert 'name="from" class="time" value="2026-03-11T21:00:00Z"' in page
    assert f"<h1>lineage timeline {STARTED}</h1>" in page
    assert all("from=2026-03-11&amp;to=2026-03-12" in link for link in re.findall(r'href="(\./[^"]+)"', who))
    assert STARTED not in later.partition("<main>")[2]
    assert '<p role="alert">' in wrong


def test_find_looks_into_the_whole_store(server: ExploreServer, chromium: Browser) -> None:
    """On a picture Find lists what the store has beside what is drawn; names from the logs stay text."""
    page = chromium.new_page()
    page.goto(server.address + asking("who", STARTED, to="2026-03-12"))
    page.fill("#search", "jonas")
    page.locator("#everywhere a", has_text="jonas.brandt").first.wait_for()
    drawn = page.inner_text("#found")
    page.focus("#search")
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Escape")
    hidden = page.is_hidden("#everywhere")
    page.fill("#search", "<script>nobody")
    page.locator("#everywhere p", has_text="Nothing in the whole store").wait_for()
    page.close()
    _, told, _ = get(server, below(server, "?" + urlencode({"find": "<script>x"})))

    assert drawn == "none"
    assert "to=2026-03-12" in focused
    assert hidden
    assert "Nothing in the store has &lt;script&gt;x in its name or ID." in told
    assert "<script" not in told


ROLE = "arn:aws:iam::804275613390:role/payments-operations"
STARTED = "c0ffee00-0000-4000-8000-000000000007"
ASKS = {
    "trace": f"{SIGN_IN} --limit 20", "path": f"{SIGN_IN} AKIA3WQUP53HKQ7V2LCK", "blast": f"{SIGN_IN} --made",
    "contain": f"{SIGN_IN} --made", "timeline": f"{STARTED} --from 2026-03-11", "investigate": STARTED, "denied": "",
    "names": "", "hunt": "",
}  # fmt: skip
"""What is asked with a question, where it is not the example of its command."""


def asking(question: str, ask: str, **more: str) -> str:
    """The address of a question."""
    return "?" + urlencode({"question": question, "ask": ask, **more})


def test_any_question_can_be_asked(server: ExploreServer) -> None:
    """What has a shape is drawn, all else is told in words and rows; a form on each page asks on."""
    drawn = {name for name, question in QUESTIONS.items() if has_picture(question.stem)}
    for question, command in QUESTIONS.items():
        status, page, _ = get(server, below(server, asking(question, ASKS.get(question, command.examples[0]))))

        assert status == 200, question
        assert f"<option selected>{question}</option>" in page, question
        assert ("<h2>Row by row</h2>" in page, 'id="data"' in page) == (question not in drawn, question in drawn), (
            question
        )
        assert page.count("<tr") > 1 or question in drawn, question


@pytest.mark.parametrize("question", QUESTIONS)
def test_commands_and_methods_take_the_same(question: str) -> None:
    """What the command line takes of a question is what the method of `Lineage` takes."""
    taken = inspect.signature(getattr(lineage.Lineage, module_name(question.replace("-", "_")))).parameters
    given = {parameter.name for parameter in commands()[question].params}

    own = {"section", "every", "md", "html", "case", "logs"} if question == "investigate" else set()
    assert given - own - set(make_tables.COMMON) == set(taken) - {"self"}


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
        ("drop", "x", "drop: not available here; the questions are: investigate, "),
        ("load", "/etc", "load: not available here; the questions are: "),
        ("timeline", "", "timeline: Missing argument &#x27;ASK&#x27;."),
        ("timeline", "x --limit 0", "timeline: Invalid value for &#x27;--limit&#x27;"),
        ("timeline", "x --store other.db", "timeline: No such option: --store"),
        ("investigate", "x --html x.html", "investigate: No such option: --html"),
        ("from", "-", "from: standard input is not available here"),
        ("from", "198.51.100.23 -", "from: files are not read here, and - is a file"),
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


@pytest.mark.parametrize(
    ("question", "ask"),
    [
        ("from", "{}"), ("from", "198.51.100.23 {}"), ("investigate", "{}"), ("investigate", "' {} '"),
        ("investigate", "no/such/finding.json"), ("hunt", "--known-accounts 111122223333,{}"),
        ("hunt", f"--known-accounts {12 * chr(0xff11)}"), ("new", f"{STARTED} --geo {{}}"),
    ],
)  # fmt: skip
def test_files_are_not_read(question: str, ask: str, server: ExploreServer, tmp_path: Path) -> None:
    """What names a file of this machine is refused: the page shows the store and nothing else."""
    secret = tmp_path / "secret.txt"
    secret.write_text("198.51.100.23\n111122223333\nhunter2\n")
    status, page, _ = get(server, below(server, asking(question, ask.format(secret))))

    assert status == 200
    assert f'<p role="alert">{question}: files are not read here, and ' in page
    assert "hunter2" not in page


def test_files_are_read_behind_graph(tmp_path: Path) -> None:
    """On the command line files are asked about as ever."""
    assert parse(["from", str(tmp_path)]).arguments == {"asks": [str(tmp_path)], "limit": 200}


def test_a_record_can_be_pasted(server: ExploreServer) -> None:
    """A whole record is an ask as it is."""
    path = min((HOME / "logs").rglob("*.json.gz"))
    record = json.loads(gzip.decompress(path.read_bytes()))["Records"][0]
    _, page, _ = get(server, below(server, asking("who", json.dumps(record, separators=(",", ":")))))

    assert "<option selected>who</option>" in page
    assert 'role="alert">not' not in page
    assert record["eventID"] in page


def test_the_last_findings_are_shown(tmp_path: Path) -> None:
    """A finding that was met in a source is on the start page, and its link is its report."""
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([HOME / "logs", HOME / "finding.json"])
    with ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "lineage.db"))) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        _, part, _ = get(found, below(found, "part?name=findings"))
        (link,) = re.findall(r'href="\./(\?finding=[^"]+)"', part)
        _, page, _ = get(found, below(found, link))
        _, other, _ = get(found, below(found, "?finding=guardduty+x"))
        found.shutdown()

    assert "credentials of dana.whitfield" in page
    assert "not found: guardduty x; no such finding is kept" in other


def test_a_finding_can_be_sent(server: ExploreServer, chromium: Browser) -> None:
    """A file with a finding that is chosen on the start page gives its report, on a page where one can ask on."""
    page = chromium.new_page()
    page.goto(f"{server.address}?start=1")
    page.set_input_files("#upload input", HOME / "finding.json")
    page.get_by_role("button", name="Investigate", exact=True).click()
    page.wait_for_url("**/investigate")
    told = page.inner_text("main")
    links = page.locator("main a").evaluate_all("links => links.map((link) => link.href)")
    page.close()

    assert "dana.whitfield" in told
    assert f"{server.address}?question=who&ask={STARTED}" in links


@pytest.mark.parametrize(
    ("kind", "body", "status", "told"),
    [
        ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\n{}\r\n--b--", 200, "no finding or event found"),
        ("application/json", b"{}", 400, "no file was sent"),
        ("multipart/form-data", b"{}", 400, "no file was sent"),
        ("multipart/form-data; boundary=b", bytes(17 << 20), 413, "too large"),
    ],
)
def test_what_is_no_finding_is_told(kind: str, body: bytes, status: int, told: str, server: ExploreServer) -> None:
    """One line, and the server goes on."""
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=30)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.request("POST", below(server, "investigate"), body, {"Host": parts.netloc, "Content-Type": kind})
    answer = connection.getresponse()

    assert (answer.status, told in answer.read().decode()) == (status, True)
    assert get(server, below(server, ""))[0] == 200


def test_a_long_record_can_be_pasted(server: ExploreServer) -> None:
    """A record with a long policy is an ask too; what is too long for an address is told as that."""
    path = min((HOME / "logs").rglob("*.json.gz"))
    record = json.loads(gzip.decompress(path.read_bytes()))["Records"][0]
    record["requestParameters"] = {"policyDocument": "x" * 20_000}
    status, page, _ = get(server, below(server, asking("who", json.dumps(record))))
    long, told, _ = get(server, below(server, asking("who", "x" * 60_000)))

    assert (status, record["eventID"] in page) == (200, True)
    assert (long, told) == (414, "too long: a question has 60,000 characters at most")


def test_the_page_asks_on_and_grows(server: ExploreServer, chromium: Browser) -> None:
    """In the browser the form asks a question, and a node that is chosen brings what hangs on it."""
    page = chromium.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(server.address)
    page.select_option("#live select", "who")
    page.fill("#live input[name=ask]", "AKIA3WQUP53HKQ7V2LCK")
    page.click("#live button")
    page.wait_for_url("**/?question=who&**")
    drawn = "lineagePage.visible().nodes.length"
    before = page.evaluate(drawn)
    accounts, moments = page.locator("#account option").count(), int(page.get_attribute("#slider", "max") or 0)
    page.fill("#search", "AKIA3WQUP53HKQ7V2LCK")
    page.get_by_role("button", name="Load neighbours").click()
    page.locator("#said", has_text=re.compile(r"[1-9]\d* more nodes?")).wait_for()
    nodes = page.evaluate("lineagePage.visible().nodes")
    grown = page.evaluate(drawn)
    more = page.locator("#account option").count(), int(page.get_attribute("#slider", "max") or 0)
    page.get_by_role("button", name="Load neighbours").click()
    page.locator("#said", has_text="No more neighbours").wait_for()
    page.route("**/near?*", lambda route: route.fulfill(status=414, content_type="text/plain", body="too long"))
    page.get_by_role("button", name="Load neighbours").click()
    page.locator("#told", has_text="414 too long").wait_for()
    page.click("text=in words")
    page.wait_for_selector("h2 + .wide, h2 ~ .wide")
    page.locator("td a").first.click()
    page.wait_for_load_state()
    page.close()

    assert grown > before
    assert more[0] >= accounts
    assert more[1] > moments
    assert any("payments/ledger-db" in node for node in nodes)
    assert [line for line in said if "414" not in line] == []  # the browser itself tells of such an answer


def test_what_is_loaded_is_folded(tmp_path: Path, chromium: Browser) -> None:
    """Of many neighbours those that are alike come as one, and can be opened."""
    cloud = Cloud(seed=3)
    home = cloud.account("home")
    roles = [cloud.role(home, f"job-{number}") for number in range(40)]
    worker = cloud.assume_role(cloud.user(home, "ana"), cloud.role(home, "worker"), "w")
    for role in roles:
        cloud.tick()
        cloud.assume_role(worker, role, "x")
    (tmp_path / "events.json").write_text(json.dumps({"Records": cloud.records}))
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([tmp_path / "events.json"])
    first = f"who {worker.key}"
    with ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "lineage.db"), first)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(server.address)
        page.fill("#search", worker.key or "")
        page.get_by_role("button", name="Load neighbours").click()
        page.locator("#said", has_text="41 more links").wait_for()
        before = page.evaluate("lineagePage.visible().nodes.length")
        page.click("#unfold")
        after = page.evaluate("lineagePage.visible().nodes.length")
        page.click("#refold")
        again = page.evaluate("lineagePage.visible().nodes.length")
        page.close()
        server.shutdown()

    assert before < 20
    assert after > 40
    assert again <= before


def test_the_page_asks_about_a_node_alone(tmp_path: Path, chromium: Browser) -> None:
    """A node with nothing around it is said to be so, and the page goes on."""
    with lineage.open(tmp_path / "lineage.db") as store:
        store.load([STORIES / "session-older-than-the-logs" / "events.json"])
        session = next(node for node in store._reader().lineage() if node.startswith("Session "))
    first = f"trace '{session.partition(' ')[2]}'"
    with ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "lineage.db"), first)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(server.address)
        page.evaluate("id => void lineagePage.cy().getElementById(id).emit('tap')", session)
        page.get_by_role("button", name="Load neighbours").click()
        page.locator("#said", has_text="No more neighbours").wait_for()
        page.close()
        server.shutdown()


def near_in(server: ExploreServer, node: str) -> dict[str, Any]:
    """What hangs on a node, as the page gets it."""
    status, body, _ = get(server, below(server, f"near?node={quote(node)}"))
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def told_of(shape: Shape) -> set[tuple[str, str, str, str, bool, bool]]:
    """The links: names of both ends, type, label, is it a guess, does it stand outside the chain?"""
    names = {node.id: node.label for node in shape.nodes}
    return {
        (names[link.source], names[link.target], link.type, link.label, link.guess, link.beside) for link in shape.links
    }


def test_neighbours_are_loaded(server: ExploreServer) -> None:
    """What hangs on a node comes as the same data: who made a key, and what it read."""
    told = near_in(server, NEW_KEY)
    ends = {(link["source"].split(" ")[0], link["target"].split(" ")[0]) for link in told["links"]}

    assert ("Credential", "Credential") in ends
    assert "payments/ledger-db" in str(told["nodes"])


def test_who_did_something_to_a_resource_is_loaded(server: ExploreServer) -> None:
    """Of a resource those are loaded who changed, started or touched it, under the names of the operations."""
    trail = near_in(server, "Resource arn:aws:cloudtrail:eu-west-1:537140928816:trail/platform-events")
    instance = near_in(server, "Resource 804275613390:AWS::EC2::Instance:i-07b3e6f20c9a5d184")

    assert {(link["type"], link["label"]) for link in trail["links"]} == {
        ("CHANGED", "StopLogging"), ("TOUCHED", "touched")
    }  # fmt: skip
    assert "AWSReservedSSO_PlatformAdmin as dana.whitfield" in {node["label"] for node in trail["nodes"]}
    assert {(link["type"], link["label"]) for link in instance["links"]} == {("STARTED", "StartInstances")}


def test_a_node_may_have_nothing_around_it() -> None:
    """A session whose grant is older than the logs comes alone."""
    store = lineage.open(":memory:")
    store.load([STORIES / "session-older-than-the-logs" / "events.json"])
    session = next(node for node in store._reader().lineage() if node.startswith("Session "))
    alone = fold.shape(near(store._reader(), session), {})

    assert [node.id for node in alone.nodes] == [session]
    assert (alone.links, alone.notes) == ((), ())


def test_callers_that_fit_are_guesses() -> None:
    """Of twins both callers are guesses, as in `trace`; a temporary key's role stands beside it, a user's key not."""
    store = lineage.open(":memory:")
    store.load([STORIES / "twins-of-two-callers" / "events.json"])
    reader = store._reader()
    twin = next(node for node in reader.lineage() if node.startswith("Session "))
    temporary = next(node for node in reader.lineage() if node.startswith("Credential ASIA"))
    own = next(node for node in reader.lineage() if node.startswith("Credential AKIARTX3GSDSUCE6WLY6"))
    callers, keys, users = (
        {(link[0], *link[2:]) for link in told_of(fold.shape(near(reader, node), {}))}
        for node in (twin, temporary, own)
    )

    assert {link for link in callers if link[1] == "ASSUMED"} == {
        ("AKIARTX3GSDSUCE6WLY6", "ASSUMED", "AssumeRole", True, False),
        ("AKIARTX3GSDSXQN4ZTVG", "ASSUMED", "AssumeRole", True, False),
    }
    assert ("reader", "BELONGS_TO", "its key", False, True) in keys
    assert ("alice", "BELONGS_TO", "its key", False, False) in users


def test_a_made_key_is_made_once() -> None:
    """A key that was made for a user has its maker beside it, once."""
    store = lineage.open(":memory:")
    store.load([STORIES / "key-made-for-another-user" / "events.json"])
    made = [
        link for node in store._reader().lineage() if node.startswith("Credential AKIA")
        for link in told_of(fold.shape(near(store._reader(), node), {})) if link[2] == "ISSUED"
    ]  # fmt: skip

    assert made
    assert {link[3:] for link in made} == {("made", False, True)}


def test_all_that_is_drawn_can_be_asked_on(server: ExploreServer) -> None:
    """Roles with a path, and what was called about alone, are found by the names that pictures give them."""
    drawn = [shape_in(get(server, below(server, asking(*ask)))[1])["nodes"] for ask in (
        ("chains", ""), ("blast", f"{SIGN_IN} --made"), ("denied", ""))]  # fmt: skip
    asked = {
        node["id"] for nodes in drawn for node in cast("list[dict[str, str]]", nodes)
        if node["id"].startswith(("Session ", "Credential ", "Principal ", "Resource "))
    }  # fmt: skip

    assert len(asked) > 15
    assert {node for node in asked if get(server, below(server, f"near?node={quote(node)}"))[0] != 200} == set()


def test_a_role_is_drawn_once(server: ExploreServer) -> None:
    """A role that was assumed and touched is one principal, never a resource besides."""
    told = near_in(server, f"Principal {ROLE}")
    sessions = [link["source"] for link in told["links"] if link["type"] == "TOUCHED"]

    assert sessions
    assert {link["target"] for link in told["links"] if link["type"] == "TOUCHED"} == {f"Principal {ROLE}"}
    assert not [one for one in sessions if not one.startswith("Session ")]  # no other account's copy besides
    nodes = {node["id"] for node in near_in(server, sessions[0])["nodes"]}
    assert not {f"Resource {ROLE}", f"Principal {ROLE}"} & nodes  # a session is drawn with what it was granted


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


@pytest.mark.parametrize("path", ["http://[::1/x", "//[x", "/%zz", "/?%"])
def test_an_odd_path_is_not_found(path: str, server: ExploreServer) -> None:
    """What is no address here is not found, whatever it is."""
    assert get(server, path)[:2] == (404, "not found")


def test_who_goes_away_is_passed_over(server: ExploreServer, capfd: pytest.CaptureFixture[str]) -> None:
    """A client that does not wait for its answer leaves no traceback, and the next one is answered."""
    at = urlsplit(server.address)
    for path in (below(server, asking("trace", SIGN_IN)), "/"):
        with socket.create_connection(("127.0.0.1", at.port or 0)) as going:
            going.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it is reset on close
            going.sendall(f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode())
    assert get(server, below(server, ""))[0] == 200
    while any(thread.name.endswith("(process_request_thread)") for thread in threading.enumerate()):
        time.sleep(0.01)

    assert capfd.readouterr().err == ""


class Watched:
    """A source that notes in which threads it is made, asked and closed."""

    def __init__(self, seen: list[tuple[str, int]]) -> None:
        self.seen = seen
        self.note("made")

    def note(self, what: str) -> None:
        self.seen.append((what, threading.get_ident()))

    def page(self, query: Mapping[str, str]) -> str:
        self.note("asked")
        return "page"

    def part(self, query: Mapping[str, str]) -> str:
        return ""

    def report(self, alert: bytes) -> str:
        return ""

    def find(self, text: str) -> object:
        return []

    def near(self, node: str) -> object:
        return {}

    def close(self) -> None:
        self.note("closed")


def test_the_store_is_closed_by_its_thread() -> None:
    """The thread that made the source closes it, once."""
    seen: list[tuple[str, int]] = []
    with ExploreServer(lambda: Watched(seen)) as server:
        assert server.answer("", {})[0] == "page"
    server.server_close()

    assert [what for what, _ in seen] == ["made", "asked", "closed"]
    assert len({thread for _, thread in seen} - {threading.get_ident()}) == 1


def test_a_store_is_closed() -> None:
    """Closing the source closes its store."""
    store = lineage.open(":memory:")
    StoreSource(store, "chains").close()

    with pytest.raises(sqlite3.ProgrammingError):
        store.info()


def test_a_taken_port_is_one_line(server: ExploreServer, tmp_path: Path) -> None:
    """A port that somebody has is bad use, not a traceback."""
    port = urlsplit(server.address).port or 0

    with pytest.raises(BadUse, match=f"--port {port}: "):
        ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "x.db"), "chains"), port)
