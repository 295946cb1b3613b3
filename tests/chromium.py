"""A real Chromium for tests: Debian's package, driven by Playwright. Nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu")
"""For a container: no second sandbox within it, and no graphics card."""


class Missing(Exception):
    """There is no Chromium here, or nothing to drive it."""


def launched() -> Iterator[Browser]:
    """A Chromium without a window, which ends with the iterator. Raises `Missing`."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise Missing("none is installed (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise Missing(f"Playwright is not installed ({error.name})") from None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        except Error as error:
            raise Missing(f"{program} does not start: {error.message.splitlines()[0]}") from None
        yield browser
        browser.close()
