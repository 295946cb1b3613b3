"""Makes the pages of three stores and photographs them: `python -m tests.make_pages FOLDER [STORE …]`.

The stores are the incident, an organization of 30,000 events, and if asked for, `million`: one of 1,000,000 events,
which takes half an hour to load. A store that is in the folder already is not made again. Each page is photographed as
it opens, at both sizes. Look at every picture.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import lineage
from benchmarks import corpus
from lineage import Lineage
from lineage.commands.generate import parse, words_of
from lineage.draw import files
from lineage.explore.server import ExploreServer
from lineage.explore.source import StoreSource
from lineage.questions import registry
from lineage.questions.investigate import Investigation
from lineage.render import html
from tests.chromium import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = ((1280, 800), (1920, 1200))
INCIDENT = Path(__file__).parent.parent / "examples" / "incident"
SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
EVENTS = {"organization": 30_000, "million": 1_000_000}
DEFAULT = ("incident", "organization")
ROLE = "payments-operations"


def stored(path: Path, name: str) -> Path:
    """The store of that name, made at the path if there is none."""
    if path.exists():
        return path
    part = path.with_suffix(".part")
    with lineage.open(part) as store:
        if name == "incident":
            store.load([INCIDENT / "logs"], accounts=INCIDENT / "accounts.csv")
        else:
            logs = path.with_suffix(".logs")
            corpus.make(logs, EVENTS[name])
            store.load([logs])
    return part.rename(path)


def lines(store: Lineage) -> dict[str, str]:
    """What each page answers, as it is typed: of the deepest path through roles its second role, which is the widest,
    its first event and its last session; of the incident the sign-in of its story."""
    if store.who(SIGN_IN).found:
        first, last, wide, role = SIGN_IN, "AKIA3WQUP53HKQ7V2LCK", SIGN_IN, f"arn:aws:iam::804275613390:role/{ROLE}"
    else:
        chain = store.chains(limit=1).chains[0]
        first, last, wide, role = chain.event_ids[0][0], chain.sessions[-1], chain.roles[1], chain.roles[1]
    return {
        "who": f"who {last}", "trace": f"trace {wide}", "session": f"trace {first}", "blast": f"blast {wide} --made",
        "chains": "chains", "cross-account": "cross-account", "path": f"path {first} {last}", "role": f"role {role}",
        "denied": "denied", "report": f"investigate {first}",
    }  # fmt: skip


def page(store: Lineage, line: str) -> str:
    """The page of an answer as a file: its picture, of an alert the report."""
    answer = parse(words_of(line)).of(store)
    if isinstance(answer, Investigation):
        return html.page(registry.title_of(answer), registry.blocks_of(answer), answer.asked)
    return files.page(store.picture(answer))


@contextmanager
def served(path: Path, line: str = "") -> Iterator[ExploreServer]:
    """`lineage explore` of a store."""
    with ExploreServer(lambda: StoreSource(lineage.open(path, create=False), line)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def photograph(browser: Browser, address: str, out: Path, name: str) -> None:
    """Pictures of a page as it opens, at each size."""
    for width, height in SIZES:
        tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
        tab.goto(address)
        tab.wait_for_timeout(200)
        if tab.locator("[data-part]").count():
            tab.locator("body[data-done]").wait_for(timeout=600_000)
        tab.screenshot(path=out / f"{name}-{width}.png")
        tab.close()


def of_store(browser: Browser, path: Path, out: Path, wanted: Sequence[str] | None) -> None:
    """The pages of one store and their pictures, under `out`."""
    out.mkdir(exist_ok=True)
    with lineage.open(path, create=False) as store:
        for name, line in lines(store).items():
            if wanted is None or name in wanted:
                file = out / f"{name}.html"
                file.write_text(page(store, line), "utf-8")
                photograph(browser, file.as_uri(), out, name)
                print(f"{out.name}: lineage {line}", flush=True)
    if wanted is None or "explore" in wanted:
        with served(path) as server:
            photograph(browser, server.address, out, "explore")


def main() -> None:
    """Make pages and pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.make_pages", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("stores", nargs="*", metavar="STORE", help="incident, organization or million")
    parser.add_argument("--pages", nargs="+", metavar="NAME", help="make these alone")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for browser in launched():
        for name in args.stores or DEFAULT:
            of_store(browser, stored(args.folder / f"{name}.db", name), args.folder / name, args.pages)


if __name__ == "__main__":
    main()
