"""Pages as they open, measured in a real Chromium: letters are large enough, and no label covers another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import lineage
from tests.make_pages import SIZES, lines, page, served, stored

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LEAST = 11
"""Pixels of the smallest letters."""
STORES = ("incident", "organization")
PICTURES = ("trace", "session", "blast", "chains", "cross-account")
_TEXTS = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement, text = node.textContent.trim();
    if (!text || ["SCRIPT", "STYLE"].includes(parent.tagName) || !parent.checkVisibility()) continue;
    found.push([text.slice(0, 40), parseFloat(getComputedStyle(parent).fontSize)]);
  }
  return found;
}"""
_LABELS = """() => {
  const cy = lineagePage.cy(), zoom = cy.zoom(), bare = {includeOverlays: false, includeUnderlays: false};
  const only = {...bare, includeNodes: false, includeEdges: false};
  const box = (one, options) => { const {x1, y1, x2, y2} = one.renderedBoundingBox(options); return [x1, y1, x2, y2]; };
  const told = (kind, size, options) => (one) => ({kind, text: one.data("caption"), size, box: box(one, options)});
  const label = (kind) => (one) => told(kind, zoom * parseFloat(one.style("font-size")), only)(one);
  const nodes = cy.nodes().not(".frame");
  return {
    labels: [...nodes.map(label("name")), ...cy.nodes(".frame").map(label("title")),
      ...cy.edges().filter((one) => one.data("caption")).map(label("words"))],
    bodies: nodes.map(told("body", 0, {...bare, includeLabels: false})),
    frames: cy.nodes(".frame").map((one) => box(one, {includeLabels: false})),
    wide: cy.width(), high: cy.height(), words: cy.edges().length,
  };
}"""

_CUT = """() => [...document.querySelectorAll("#matrix th div, #matrix button")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
_ONE_ROW = """() => {
  const all = [...document.querySelectorAll("#tools > *")].map((one) => one.getBoundingClientRect());
  const boxes = all.filter((one) => one.height), of = (side) => boxes.map((one) => one[side]);
  return Math.max(...of("top")) < Math.min(...of("bottom"));
}"""


class Label(NamedTuple):
    """Something that takes up room in the drawing."""

    kind: str
    text: str
    size: float
    box: tuple[float, float, float, float]

    def covers(self, other: Label, slack: float = 2.0) -> bool:
        """Do the two share more than the blank around their letters?"""
        (a, b, c, d), (e, f, g, h) = self.box, other.box
        return min(c, g) - max(a, e) > 2 * slack and min(d, h) - max(b, f) > 2 * slack


def labels(found: list[dict[str, Any]]) -> list[Label]:
    """Labels as Chromium tells them."""
    return [Label(one["kind"], one["text"], one["size"], tuple(one["box"])) for one in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stores are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module", params=STORES)
def pages(request: pytest.FixtureRequest, folder: Path) -> dict[str, Path]:
    """The pages of a store, by name."""
    made = {}
    with lineage.open(stored(folder / f"{request.param}.db", request.param), create=False) as store:
        for name, line in lines(store).items():
            if name in PICTURES:
                made[name] = folder / f"{request.param}-{name}.html"
                made[name].write_text(page(store, line), "utf-8")
    return made


@pytest.fixture(params=SIZES, ids=lambda size: str(size[0]))
def tab(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A tab of a size."""
    width, height = request.param
    made = chromium.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    yield made
    made.close()


@pytest.mark.parametrize("name", PICTURES)
def test_labels_can_be_read_where_a_page_opens(name: str, pages: dict[str, Path], tab: Page) -> None:
    """Letters of names, titles and words have 11 pixels at least, and nothing is written over anything else."""
    tab.goto(pages[name].as_uri())
    if tab.is_visible("#matrix"):
        assert tab.evaluate(_CUT) == []
        tab.locator("#matrix button").last.click()
    found = tab.evaluate(_LABELS)
    said, bodies = labels(found["labels"]), labels(found["bodies"])
    covered = [
        (one.text, other.text)
        for number, one in enumerate(said)
        for other in (*said[number + 1 :], *(body for body in bodies if one.kind != "name"))
        if one.covers(other)
    ]

    assert said
    assert [one for one in said if one.size < LEAST - 0.01] == []
    assert covered == []
    assert [one for one in tab.evaluate(_TEXTS) if one[1] < LEAST] == []


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_sticks_to_an_edge(name: str, pages: dict[str, Path], tab: Page) -> None:
    """A drawing that is seen as a whole keeps its distance from the edges, and the tools are one row."""
    tab.goto(pages[name].as_uri())
    if tab.is_visible("#matrix"):
        tab.locator("#matrix button").first.click()
    found = tab.evaluate(_LABELS)
    wide, high = found["wide"], found["high"]
    boxes = [*found["frames"], *(one["box"] for one in found["labels"])]
    seen = all(box[0] > 0 and box[1] > 0 and box[2] < wide and box[3] < high for box in boxes)
    tight = [box for box in boxes if min(box[0], box[1], wide - box[2], high - box[3]) < 6]

    assert not seen or tight == []
    assert seen or "Not everything is visible" in tab.inner_text("#said")
    assert tab.evaluate(_ONE_ROW)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


_BLOCKS = """() => [...document.querySelectorAll("main section, #finder, #live, #upload")].map((one) => {
  const {left, top, right, bottom} = one.getBoundingClientRect();
  return {kind: "block", text: one.id || one.innerText.split("\\n")[0], size: 0, box: [left, top, right, bottom]};
})"""
_CELLS = """() => [...document.querySelectorAll("td, th, a, .wide")]
  .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""


@pytest.mark.parametrize("name", STORES)
def test_the_start_page_can_be_read(name: str, folder: Path, tab: Page) -> None:
    """Letters are large enough, nothing is cut off or lies on anything else, and the search is there at once."""
    with served(stored(folder / f"{name}.db", name)) as server:
        tab.goto(server.address)
        at_once = tab.is_visible("#finder input")
        tab.locator("body[data-done]").wait_for(timeout=120_000)
        found, texts = labels(tab.evaluate(_BLOCKS)), tab.evaluate(_TEXTS)
        wide, cut = tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab.evaluate(_CELLS)

    assert at_once
    assert len(found) == 8
    assert [(one.text, other.text) for one, other in combinations(found, 2) if one.covers(other)] == []
    assert [one for one in texts if one[1] < LEAST] == []
    assert wide
    assert cut == []


def test_most_words_have_room(pages: dict[str, Path], tab: Page) -> None:
    """Of a picture that is not crowded nearly every link has its words."""
    tab.goto(pages["session"].as_uri())
    found = tab.evaluate(_LABELS)
    words = [one for one in found["labels"] if one["kind"] == "words"]

    assert len(words) >= 0.8 * found["words"]
