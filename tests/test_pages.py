"""Pages of answers, opened in a real browser: nothing is asked of any network, and what a person does there works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lineage
from lineage.answers import Model
from lineage.draw import html
from tests.make_incident import HOME

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from lineage import Lineage

SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
NEW_KEY = "AKIA3WQUP53HKQ7V2LCK"


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lineage]:
    """A store with the incident."""
    with lineage.open(tmp_path_factory.mktemp("pictures") / "lineage.db") as store:
        store.load([HOME / "logs"], accounts=HOME / "accounts.csv")
        yield store


def answers(store: Lineage) -> dict[str, Model]:
    """An answer of each question that has a shape."""
    role = "arn:aws:iam::804275613390:role/payments-operations"
    return {
        "who": store.who("c0ffee00-0000-4000-8000-000000000007"), "trace": store.trace(SIGN_IN),
        "role": store.role(role), "chains": store.chains(), "blast": store.blast(SIGN_IN, made=True),
        "path": store.path(SIGN_IN, NEW_KEY), "cross_account": store.cross_account(), "denied": store.denied(),
    }  # fmt: skip


def opened(chromium: Browser, text: str, path: Path) -> tuple[Page, list[str], list[str]]:
    """A page opened from a file, with what it asked for and what it complained of."""
    path.write_text(text)
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_function("window.lineagePage")
    return page, asked, said


def test_pages_open_from_a_file(incident: Lineage, chromium: Browser, tmp_path: Path) -> None:
    """Every page opens with no request but for itself, no complaint, and something drawn."""
    for stem, answer in answers(incident).items():
        path = tmp_path / f"{stem}.html"
        page, asked, said = opened(chromium, html.page(incident.picture(answer)), path)
        shown: dict[str, Any] = page.evaluate("lineagePage.visible()")
        page.close()

        assert (asked, said) == ([path.as_uri()], []), stem
        assert shown["nodes"], stem


def test_search_filters_and_folding(incident: Lineage, chromium: Browser, tmp_path: Path) -> None:
    """Opening all shows every node; a search picks what it finds; refusals can be seen alone."""
    shape = incident.picture(incident.trace(SIGN_IN))
    page, _, said = opened(chromium, html.page(shape), tmp_path / "trace.html")
    folded = len(page.evaluate("lineagePage.visible().nodes"))
    page.click("text=Open all")
    whole = len(page.evaluate("lineagePage.visible().nodes"))
    page.fill("#search", NEW_KEY)
    picked = page.evaluate("lineagePage.state().picked")
    page.fill("#search", "")
    page.check("#failed")
    refused = page.evaluate("lineagePage.visible().edges.length")
    page.close()

    assert folded < whole == len(shape.nodes)
    assert picked == f"Credential {NEW_KEY}"
    assert refused == sum(link.failed for link in shape.links)
    assert said == []
