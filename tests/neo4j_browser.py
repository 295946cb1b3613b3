"""Neo4j Browser in a real Chromium: what a person does there, for tests and for pictures.

`Classic` is the Browser at `/browser/`, `Newer` the preview of its successor that the same jar has.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from lineage.kit import grass
from lineage.kit.files import KitServer
from lineage.model import schema

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.neo4j_server import Server

PATIENCE = 30_000
"""Milliseconds that a step may take."""
CHAIN_PAGE = 3
"""The page of the guide that draws the chain."""
PLACES = {
    ("Role", "AWSReserved"): (990, 420),
    ("Role", "payments"): (1066, 420),
    ("IdentityCenterUser", "dana"): (914, 350),
    (schema.SESSION, "dana"): (990, 350),
    (schema.SESSION, "ops"): (1066, 350),
}
"""Where the picture has the nodes of the chain, by what they are and are called: from left to right."""


@contextmanager
def served() -> Iterator[KitServer]:
    """The kit's server, running."""
    with KitServer() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Classic:
    """The classic Browser on a page, connected."""

    def __init__(self, page: Page, server: Server) -> None:
        page.set_default_timeout(PATIENCE)
        page.goto(server.browser)
        page.get_by_test_id("frameCommand").filter(has_text=":play start").wait_for()
        self.page = page
        self.clear()

    def clear(self) -> None:
        """Take all frames off the page."""
        self.run(":clear", frame=False)
        self.page.wait_for_function("() => !document.querySelector('[data-testid=frame]')")

    def run(self, text: str, *, frame: bool = True) -> None:
        """Run a command or a query, and wait until its frame has come."""
        page, frames = self.page, self.page.get_by_test_id("frame").count()
        page.locator(".monaco-editor").first.click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")
        if frame:
            self._frames(frames + 1)

    def run_each(self, text: str) -> None:
        """Run commands that each end in a semicolon, and wait until all have succeeded."""
        self.run(text)
        done = self.page.get_by_test_id("frame").first.get_by_title("Status: success")
        done.nth(text.count(";") - 1).wait_for()

    def play(self, runnable: Locator) -> None:
        """Click a query of the guide and run it, and wait until its frame has come."""
        frames = self.page.get_by_test_id("frame").count()
        runnable.click()
        self.page.get_by_test_id("editor-Run").click()
        self._frames(frames + 1)

    def _frames(self, count: int) -> None:
        self.page.wait_for_function(
            "count => document.querySelectorAll('[data-testid=frame]').length >= count", arg=count
        )

    def drop(self, name: str, text: str) -> None:
        """Drop a file on the page, and wait until its frame has come."""
        frames = self.page.get_by_test_id("frame").count()
        held = self.page.evaluate_handle(
            "([name, text]) => { const all = new DataTransfer(); all.items.add(new File([text], name)); return all }",
            [name, text],
        )
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event("[data-testid=main]", event, {"dataTransfer": held})
        self._frames(frames + 1)

    def guide(self, address: str) -> None:
        """Open the guide."""
        self.run(f":guide {address}/guide.html", frame=False)
        self.page.get_by_test_id("guideNextSlide").wait_for()

    def slide(self) -> list[Locator]:
        """The queries of the page of the guide that is shown."""
        return [one for one in self.runnable().all() if not one.inner_text().startswith(":")]

    def runnable(self) -> Locator:
        """All that can be clicked and run on the page of the guide that is shown."""
        return self.page.locator(".runnable")

    def turn(self) -> bool:
        """Go to the next page of the guide; False where there is none."""
        there = self.page.get_by_test_id("guideNextSlide")
        if there.is_disabled():
            return False
        there.click()
        return True

    def drawn(self) -> int:
        """How many nodes the newest frame says that it shows, once it has drawn them."""
        newest = self.page.get_by_test_id("frame").first
        newest.locator("svg g.node").first.wait_for()
        said = newest.get_by_text(re.compile(r"Displaying \d+ nodes")).inner_text()
        count = int(said.split()[1])
        assert newest.locator("svg g.node").count() == count
        return count

    def looks(self) -> set[tuple[str, str]]:
        """Fill and caption of each node of the newest frame."""
        nodes = self.page.get_by_test_id("frame").first.locator("svg g.node").all()
        return {
            (
                str(one.locator("circle.b-outline").get_attribute("fill")),
                " ".join("".join(one.locator("text.caption").all_text_contents()).split()),
            )
            for one in nodes
        }

    def lines(self) -> list[tuple[str, str]]:
        """Fill and caption of each relationship of the newest frame."""
        lines = self.page.get_by_test_id("frame").first.locator("svg g.relationship").all()
        return [
            (str(one.locator("path.b-outline").get_attribute("fill")), one.locator("text").text_content() or "")
            for one in lines
        ]

    def drag(self, label: str, caption: str, place: tuple[int, int]) -> None:
        """Drag the node of the newest frame with that colour and caption to a place on the page."""
        nodes = self.page.get_by_test_id("frame").first.locator("svg g.node").filter(has_text=caption)
        box = nodes.filter(has=self.page.locator(f"circle[fill='{grass.colour(label)}']")).first.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(*place, steps=10)
        self.page.mouse.up()


class Newer:
    """The newer Browser on a page, connected."""

    def __init__(self, page: Page, server: Server) -> None:
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.browser.partition('/browser/')[0]}/browser/preview/?dbms={server.uri}")
        page.get_by_label("Connection URL").fill(server.uri.partition("//")[2])
        page.get_by_label("Database user").fill("neo4j")
        page.get_by_label("Password").fill("none is asked for")
        page.get_by_role("button", name="Connect", exact=True).last.click()
        page.get_by_test_id("connection-menu-connected-status").wait_for()
        self.page = page

    def take(self, file: Path) -> None:
        """Import a list of saved Cypher, and open its folders."""
        self.page.get_by_label("Cypher panel").click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_label("Import saved Cypher").click()
        chooser.value.set_files(file)
        for folder in ("lineage", "Drawn", "As tables"):
            self.item(folder).locator("button").last.click()

    def item(self, name: str) -> Locator:
        """The line of the list with that name."""
        return self.page.locator("[role=treegrid] [role=row]").filter(has=self.page.get_by_text(name, exact=True)).last

    def play_each(self, name: str, count: int) -> None:
        """Run a saved query of that many parameters, and wait until all are set."""
        self.play(name)
        self.page.get_by_title("Parameters set successfully").nth(count - 1).wait_for()

    def play(self, name: str) -> None:
        """Put a saved query into the editor and run it."""
        self.item(name).click()
        self.page.get_by_test_id("run-button").first.click()


def picture(page: Page, server: Server, file: Path) -> None:
    """Write a picture of the incident's chain, guide beside it, from a server that holds the incident."""
    page.set_viewport_size({"width": 1400, "height": 760})
    browser = Classic(page, server)
    with served() as kit:
        browser.run(f":style {kit.address}/lineage.grass")
        browser.run(":clear", frame=False)
        browser.guide(kit.address)
        page.get_by_test_id(f"pagination-{CHAIN_PAGE}").click()
        browser.play(browser.slide()[0])
    browser.drawn()
    page.get_by_title("Collapse the node properties display").click()
    page.get_by_text("To help make Neo4j Browser better").locator("xpath=..").evaluate("banner => banner.remove()")
    page.wait_for_timeout(2000)  # the nodes find their places
    for _ in range(4):
        page.get_by_label("zoom-out").first.click()
    for (label, caption), place in PLACES.items():
        page.wait_for_timeout(800)
        browser.drag(label, caption, place)
    page.evaluate("getSelection().empty()")
    page.get_by_label("zoom-to-fit").first.click()
    page.wait_for_timeout(1500)
    page.screenshot(path=file)


def main() -> None:
    """Write `docs/pictures/browser.png`, or the file that is named."""
    import lineage
    from tests.chromium import launched
    from tests.neo4j_server import LTS_BROWSER, obtain

    root = Path(__file__).parent.parent
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docs" / "pictures" / "browser.png"
    server = obtain(LTS_BROWSER)
    with lineage.open(server.uri) as store:
        store.load([root / "examples/incident/logs"], accounts=root / "examples/incident/accounts.csv")
    for chromium in launched():
        picture(chromium.new_page(), server, file)
    server.stop()


if __name__ == "__main__":
    main()
