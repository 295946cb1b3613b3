"""`explore`: pages and neighbourhoods of a store, for whoever has the token, on this machine, and nothing else."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

import lineage
from lineage.errors import BadUse
from lineage.explore.server import ExploreServer
from lineage.explore.source import StoreSource
from tests.make_incident import HOME

SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
NEW_KEY = "Credential AKIA3WQUP53HKQ7V2LCK"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExploreServer]:
    """A server over the incident."""
    path = tmp_path_factory.mktemp("explore") / "lineage.db"
    with lineage.open(path) as store:
        store.load([HOME / "logs"], accounts=HOME / "accounts.csv")
    with ExploreServer(lambda: StoreSource(lineage.open(path, create=False), "trace", SIGN_IN)) as found:
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


def test_any_question_can_be_asked(server: ExploreServer) -> None:
    """A question in the address gives its own picture; what cannot be is told on the page."""
    role = quote("arn:aws:iam::804275613390:role/payments-operations")
    _, page, _ = get(server, below(server, f"?question=role&ask={role}"))
    _, unknown, _ = get(server, below(server, "?question=who&ask=nothing-of-that-name"))
    _, nonsense, _ = get(server, below(server, "?question=drop&ask=x"))

    assert "jonas.brandt" in str(shape_in(page)["nodes"])
    assert shape_in(unknown)["notes"] == ["not found: nothing-of-that-name"]
    assert "drop: no question with a picture" in str(shape_in(nonsense)["notes"])


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
        ExploreServer(lambda: StoreSource(lineage.open(tmp_path / "x.db"), "chains", ""), port)
