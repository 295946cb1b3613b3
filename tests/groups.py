"""Which tests must run in one process, where pytest-xdist runs them in several.

The process that shares the tests out knows nothing of them but their IDs. So each of the others, which all
collect the same tests, writes down the group of each test, in a file that the first one named and then reads.
(pytest-xdist has groups of its own. They go by a suffix to the test's ID, and pytest 9.2 takes no suffix.)
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.neo4j_server import LATEST, favourite

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

FILE = pytest.StashKey[Path]()
INPUT = "groups"

any_release = cache(favourite)
"""The release of `neo4j_any`, asked for once."""


def group(item: pytest.Item) -> str | None:
    """The group of a test: that of the server or of the Chromium which it asks for, if it does."""
    fixtures = set(getattr(item, "fixturenames", ()))
    chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if fixtures & {"chromium", "neo4j_browser", "javascript"}:
        return "browser"
    if "neo4j_latest" in fixtures or chosen.get("neo4j_server") == "latest":
        return "latest"
    if "neo4j_lts" in fixtures or chosen.get("neo4j_server") == "lts":
        return "lts"
    if fixtures & {"neo4j_any", "spark"} or chosen.get("target") == "neo4j":  # one process starts Spark
        return "latest" if any_release() is LATEST else "lts"
    return None


def prepare(node: Any) -> None:
    """Name the file to a process that will run tests."""
    stash = node.config.stash
    if FILE not in stash:
        folder = tempfile.TemporaryDirectory(prefix="lineage-tests-")
        node.config.add_cleanup(folder.cleanup)
        stash[FILE] = Path(folder.name) / "groups.json"
    node.workerinput[INPUT] = str(stash[FILE])


def write(session: pytest.Session) -> None:
    """Write the file, if this is such a process."""
    name = getattr(session.config, "workerinput", {}).get(INPUT)
    if name:
        mine = Path(f"{name}.{session.config.workerinput['workerid']}")  # type: ignore[attr-defined] # of pytest-xdist
        mine.write_text(json.dumps({item.nodeid: found for item in session.items if (found := group(item))}))
        mine.replace(name)


def scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Shares out whole groups, the largest first, and then one test after another to whoever is free."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist carries no types
        """Takes the group of a test for its scope, and a test without a group for a scope of its own."""

        def schedule(self) -> None:
            """All have collected, so the file is there."""
            self.known = json.loads(config.stash[FILE].read_text())
            super().schedule()

        def _split_scope(self, nodeid: str) -> str:
            return str(self.known.get(nodeid, nodeid))

    return Groups(config, log)
