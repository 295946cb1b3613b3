"""Writes the pictures of the documentation: `python -m tests.make_pictures [FOLDER]`, the incident in Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import lineage
from lineage.draw import files, svg
from tests.chromium import launched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from lineage.draw.shape import Shape

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "pictures"
INCIDENT = ROOT / "examples" / "incident"
SIGN_IN = "c0ffee00-0000-4000-8000-000000000002"
ROLE = "arn:aws:iam::804275613390:role/payments-operations"
LARGEST = 200_000
"""Bytes of one picture."""


def shapes() -> dict[str, Shape]:
    """What is shown, by the name of the picture."""
    with tempfile.TemporaryDirectory() as folder, lineage.open(Path(folder) / "lineage.db") as store:
        store.load([INCIDENT / "logs"], accounts=INCIDENT / "accounts.csv")
        return {"trace": store.picture(store.trace(SIGN_IN)), "role": store.picture(store.role(ROLE))}


def photograph(browser: Browser, shape: Shape, file: Path, *, found: str) -> None:
    """Write a picture of the page of a shape; of what is looked for, the way to it is lit."""
    page = browser.new_page(viewport={"width": 1440, "height": 860}, color_scheme="light")
    page.set_content(files.page(shape))
    page.fill("#search", found)
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.fill("#search", "")
    page.locator("#search").blur()
    page.wait_for_timeout(3000)  # what it says fades away
    page.screenshot(path=file)
    page.close()


def main(folder: Path) -> None:
    """Write them all."""
    folder.mkdir(parents=True, exist_ok=True)
    found = shapes()
    for browser in launched():
        photograph(browser, found["trace"], folder / "trace.png", found="GetSecretValue")
    (folder / "role.svg").write_text(svg.svg(found["role"]), "utf-8")
    for file in folder.glob("*.png"):
        size = file.stat().st_size
        print(f"{file}: {size:,} bytes{'' if size <= LARGEST else ', TOO LARGE'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
