"""Fixtures: the real records, a fresh store of either kind, and real Neo4j servers.

A server starts when the first test asks for it, at most one of each release line in a run. What cannot
be had here skips the tests that need it, with one loud line at the end; `REQUIRE_NEO4J=1` makes a
missing Neo4j a failure, `REQUIRE_CHROMIUM=1` a missing Chromium, `REQUIRE_SPARK=1` a missing Spark.

Tests may run in several processes (`pytest -n 2`). A database cannot be shared by them, and starting a Chromium
takes long, so the tests of one server, and all of Chromium, are a group that one process runs (`tests/groups.py`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import settings

from tests import groups
from tests.groups import any_release
from tests.neo4j_server import LATEST, LTS, LTS_BROWSER, NotEmpty, Release, Server, Unavailable, java_homes, obtain

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pyspark.sql import SparkSession

    from lineage import Store

settings.register_profile("lineage", deadline=None)
settings.load_profile("lineage")
# A busy machine is slow, and no test is about the time that one example takes.

ROOT = Path(__file__).parent.parent
SPARK_JAVA = 17
"""Oldest Java that Spark 4 runs on."""
MISSING = pytest.StashKey[dict[str, None]]()
"""Why tests were skipped: the loud lines, each once, in order."""


class Servers:
    """The servers of this run, each started when it is first asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: dict[Release, Server | Unavailable] = {}

    def get(self, release: Release) -> Server:
        """The server of that release; skips the test (or fails it) where there is none."""
        if release not in self._found:
            try:
                self._found[release] = obtain(release, brief=True)
            except Unavailable as reason:
                self._found[release] = reason
            except NotEmpty as refusal:
                pytest.exit(str(refusal), returncode=pytest.ExitCode.USAGE_ERROR)
        found = self._found[release]
        if isinstance(found, Server):
            return found
        if os.environ.get("REQUIRE_NEO4J") == "1":
            pytest.fail(f"REQUIRE_NEO4J=1, but no Neo4j {release.version}: {found}", pytrace=False)
        skip(self._config, f"NO NEO4J {release.version}, ITS TESTS WERE SKIPPED: {found}")

    def stop(self) -> None:
        """End every server, and leave one that was given to us as empty as it came."""
        for server in self._found.values():
            if isinstance(server, Server):
                if server.on_stop is None:
                    server.wipe()
                server.stop()


def skip(config: pytest.Config, reason: str) -> NoReturn:
    """Skip this test, and say so once at the end of the run."""
    config.stash.setdefault(MISSING, {})[reason] = None
    pytest.skip(reason)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a process what it needs to know."""
    groups.prepare(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """What shares out the tests."""
    return groups.scheduler(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say what the groups are."""
    groups.write(session)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the loud lines of this process to the one that prints them."""
    if hasattr(session.config, "workeroutput"):
        missing = session.config.stash.get(MISSING, {})
        session.config.workeroutput["missing"] = list(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the loud lines of a process that has ended."""
    lines = getattr(node, "workeroutput", {}).get("missing", ())
    node.config.stash.setdefault(MISSING, {}).update(dict.fromkeys(lines))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the loud lines."""
    for reason in config.stash.get(MISSING, {}):
        terminalreporter.write_line(f"!!! {reason}", red=True, bold=True)


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder with real CloudTrail records, which lies beside the checkout and not in it."""
    folder = ROOT.parent / "shared" / "cloudtrail"
    if not folder.is_dir():
        skip(pytestconfig, "NO REAL RECORDS, THEIR TESTS WERE SKIPPED: ../shared/cloudtrail is not there")
    return folder


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that holds the incident of the examples, one for each module."""
    import lineage

    example = ROOT / "examples" / "incident"
    path = tmp_path_factory.mktemp("incident") / "lineage.db"
    with lineage.open(path) as store:
        store.load([example / "logs"], accounts=example / "accounts.csv")
    return path


@pytest.fixture(scope="session")
def neo4j_servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    """The Neo4j servers of this run."""
    servers = Servers(pytestconfig)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def neo4j_lts(neo4j_servers: Servers) -> Server:
    """A real Neo4j of the 5.26 line; holds what the test before left."""
    return neo4j_servers.get(LTS)


@pytest.fixture(scope="session")
def neo4j_latest(neo4j_servers: Servers) -> Server:
    """A real Neo4j of the calendar line; holds what the test before left."""
    return neo4j_servers.get(LATEST)


@pytest.fixture(scope="session")
def neo4j_browser(neo4j_servers: Servers) -> Server:
    """A real Neo4j of the 5.26 line that serves Neo4j Browser; holds what the test before left."""
    return neo4j_servers.get(LTS_BROWSER)


@pytest.fixture(scope="session", params=["lts", "latest"])
def neo4j_server(request: pytest.FixtureRequest, neo4j_servers: Servers) -> Server:
    """Each of the two in turn; holds what the test before left."""
    return neo4j_servers.get({"lts": LTS, "latest": LATEST}[request.param])


@pytest.fixture(scope="session")
def neo4j_any(neo4j_servers: Servers) -> Server:
    """One real Neo4j, for tests that both release lines would pass or fail alike."""
    return neo4j_servers.get(any_release())


@pytest.fixture(scope="session")
def chromium(pytestconfig: pytest.Config) -> Iterator[Browser]:
    """A real Chromium without a window; skips the tests that need one, or fails them, where there is none."""
    from tests import chromium as real

    try:
        browsers = real.launched()
        browser = next(browsers)
    except real.Missing as reason:
        if os.environ.get("REQUIRE_CHROMIUM") == "1":
            pytest.fail(f"REQUIRE_CHROMIUM=1, but no Chromium: {reason}", pytrace=False)
        skip(pytestconfig, f"NO CHROMIUM, ITS TESTS WERE SKIPPED: {reason}")
    yield browser
    next(browsers, None)


@pytest.fixture(scope="session")
def spark(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A real Spark on two cores of this machine, which tries each task three times; skips the tests that need it, or
    fails them, where there is none."""
    home = min(((version, home) for version, home in java_homes() if version >= SPARK_JAVA), default=None)
    missing = f"no Java {SPARK_JAVA} or newer is installed" if home is None else None
    missing = "pyspark is not installed" if find_spec("pyspark") is None else missing
    if missing and os.environ.get("REQUIRE_SPARK") == "1":
        pytest.fail(f"REQUIRE_SPARK=1, but no Spark: {missing}", pytrace=False)
    if missing or home is None:
        skip(pytestconfig, f"NO SPARK, ITS TESTS WERE SKIPPED: {missing}")
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("spark")
    own: dict[str, bool | float | int | str | None] = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false", "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"), "spark.log.level": "ERROR",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JAVA_HOME", str(home[1]))
        environment.setenv("PYTHONPATH", str(ROOT))
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        session = SparkSession.builder.master("local[2,3]").config(map=own).getOrCreate()
        yield session
        session.stop()


@pytest.fixture(params=["embedded", "neo4j"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be opened: a path or a URI with nothing there yet."""
    if request.param == "embedded":
        return str(tmp_path / "lineage.db")
    server: Server = request.getfixturevalue("neo4j_any")
    server.wipe(schema=False)  # stores make their schema only where it is missing
    return server.uri


@pytest.fixture
def store(target: str) -> Iterator[Store]:
    """A fresh, empty store of either kind."""
    import lineage

    with_nothing = lineage.open(target)
    yield with_nothing
    with_nothing.close()
