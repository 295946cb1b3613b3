"""A real Neo4j for tests and benchmarks, wherever one can be had.

`obtain(release)` gives a running server, in this order:

1. the server at `NEO4J_URI`, if it is of that release line (`NEO4J_USERNAME`, `NEO4J_PASSWORD` and
   `NEO4J_DATABASE` as usual). It must be empty, because the tests empty it again and again;
   `NEO4J_ALLOW_NONEMPTY=1` says that what it holds may be lost;
2. a container of the pinned image, if a Docker engine answers;
3. a process of our own from the artifacts that Neo4j publishes on Maven, if Maven and a fitting JDK
   are found. They are downloaded once, into `$XDG_CACHE_HOME/cloudtrail-lineage`.

Servers 2 and 3 have no authentication, listen on 127.0.0.1 and end with this process, however it ends.

A release with a Browser is always the third: it serves that very version of Neo4j Browser over HTTP.

Tests ask for a `brief` server: nearly all that it runs it runs for the first time, so it compiles quickly rather
than well, and it keeps a plan although the tests fill and empty the database. Benchmarks ask for a usual one.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from neo4j import Auth, Driver, GraphDatabase, NotificationMinimumSeverity, Query
from neo4j.exceptions import DriverError, Neo4jError

READY_SECONDS = 180
DOWNLOAD_SECONDS = 900
POM = Path(__file__).with_name("neo4j_server.pom.xml")
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
MAVEN_COPY_ONE = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
ADD_OPENS = ("java.nio", "java.io", "sun.nio.ch", "java.util.concurrent", "java.lang")
BRIEF_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
BRIEF_SETTINGS = {
    "dbms.cypher.min_replan_interval": "1h",
    "dbms.cypher.statistics_divergence_threshold": "1.0",
    "internal.cypher.use_parameter_size": "false",
}
"""A statement is planned once, and not for each size of what it is given and how much the database holds. Planning is
most of a server's work in a run: without the first of these it plans every statement again each 15 seconds."""


@dataclass(frozen=True)
class Release:
    """One version of Neo4j Community, and the Java that it runs on (both bounds included)."""

    version: str
    java: tuple[int, int]
    main: str
    browser: str = ""
    """The version of Neo4j Browser that it serves over HTTP; none where a test did not ask for it."""

    @property
    def image(self) -> str:
        """The pinned container image."""
        return f"neo4j:{self.version}-community"

    def is_line_of(self, version: str) -> bool:
        """Whether a server of that version stands for this release: 5.x, or any calendar release."""
        return (version.split(".")[0] == "5") == (self.version.split(".")[0] == "5")


LTS = Release("5.26.30", java=(17, 21), main="org.neo4j.server.CommunityEntryPoint")
LTS_BROWSER = replace(LTS, browser="5.24.0")
LATEST = Release("2026.09.0", java=(21, 99), main="org.neo4j.server.Neo4jCommunity")


def favourite() -> Release:
    """The release for tests that need only one: LTS, unless NEO4J_URI is a server of the calendar line."""
    with contextlib.suppress(Unavailable):
        _named(LATEST).stop()
        return LATEST
    return LTS


class Unavailable(Exception):
    """No server of that release can be had here; the message says why, in one line."""


class NotEmpty(Exception):
    """The database at NEO4J_URI holds data that is not ours to delete."""


@dataclass
class Server:
    """A running server. `driver()` is shared: never close it, `stop()` does."""

    uri: str
    auth: tuple[str, str] | None = None
    database: str = "neo4j"
    version: str = ""
    how: str = ""
    browser: str = ""
    """Address of Neo4j Browser, connected to this server."""
    on_stop: Callable[[], None] | None = None
    _driver: Driver | None = field(default=None, repr=False)

    def driver(self) -> Driver:
        """The driver of this server, silent about notifications."""
        if self._driver is None:
            auth = Auth("basic", *self.auth) if self.auth else None
            self._driver = GraphDatabase.driver(
                self.uri, auth=auth, notifications_min_severity=NotificationMinimumSeverity.OFF
            )
        return self._driver

    def wipe(self, schema: bool = True) -> None:
        """Empty the database: nodes, relationships and, with `schema`, constraints and indexes.

        Without `schema` an almost empty database takes milliseconds, with it half a second and more.
        """
        with self.driver().session(database=self.database) as session:
            # An auto-commit transaction, which IN TRANSACTIONS needs.
            everything = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
            session.run(Query(everything)).consume()
            if not schema:
                return
            constraints = [row["name"] for row in session.run("SHOW CONSTRAINTS YIELD name")]
            owned = "SHOW INDEXES YIELD name, type, owningConstraint WHERE type <> 'LOOKUP'"
            indexes = [row["name"] for row in session.run(owned) if not row["owningConstraint"]]
            if constraints or indexes:
                with session.begin_transaction() as transaction:
                    for name in constraints:
                        transaction.run("DROP CONSTRAINT $name", name=name)
                    for name in indexes:
                        transaction.run("DROP INDEX $name", name=name)
                    transaction.commit()

    def stop(self) -> None:
        """Close the driver and end the server, if it is ours. A second call does nothing."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None
        if self.on_stop is not None:
            self.on_stop()
            self.on_stop = None


def obtain(release: Release, brief: bool = False) -> Server:
    """A running, reachable server of that release. Stop it, or let the end of the process do so.

    Args:
        release: its version.
        brief: whether it is for tests, which end soon; a server that is given is as it is.

    Raises:
        NotEmpty: NEO4J_URI is of that release and its database holds data.
        Unavailable: there is no way here; the message names each way that was tried.
    """
    reasons = []
    for way in (_given, _container, _process):
        try:
            server = way(release, brief)
        except Unavailable as reason:
            reasons.append(str(reason))
        else:
            atexit.register(server.stop)
            return server
    raise Unavailable("; ".join(reasons))


def _given(release: Release, brief: bool) -> Server:
    """The server at NEO4J_URI, if it is empty."""
    server = _named(release)
    try:
        found = server.driver().execute_query("MATCH (n) RETURN 1 LIMIT 1", database_=server.database)
    except (DriverError, Neo4jError) as error:
        server.stop()
        raise Unavailable(f"NEO4J_URI does not answer ({type(error).__name__})") from error
    if found.records and os.environ.get("NEO4J_ALLOW_NONEMPTY") != "1":
        server.stop()
        raise NotEmpty(
            f"database {server.database!r} at NEO4J_URI is not empty and the tests would delete what it holds: "
            "empty it, name another, or set NEO4J_ALLOW_NONEMPTY=1"
        )
    return server


def _named(release: Release) -> Server:
    """The server at NEO4J_URI, whatever it holds."""
    if release.browser:
        raise Unavailable("nobody knows which Browser NEO4J_URI has")
    uri = os.environ.get("NEO4J_URI")
    if not uri:
        raise Unavailable("NEO4J_URI is not set")
    auth = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    database = os.environ.get("NEO4J_DATABASE", "neo4j")
    server = Server(uri, auth=auth, database=database, how="NEO4J_URI")
    try:
        server.version = _version(server)
        if not release.is_line_of(server.version):
            raise Unavailable(f"NEO4J_URI is Neo4j {server.version}")
    except (DriverError, Neo4jError) as error:
        server.stop()
        raise Unavailable(f"NEO4J_URI does not answer ({type(error).__name__})") from error
    except Unavailable:
        server.stop()
        raise
    return server


def _container(release: Release, brief: bool) -> Server:
    """A container of the pinned image."""
    if release.browser:
        raise Unavailable("the image has another Browser")
    # Asked in a process of its own: a refused connection leaves open sockets behind in the library.
    probe = "from testcontainers.core.docker_client import DockerClient; DockerClient().client.ping()"
    try:
        subprocess.run([sys.executable, "-c", probe], capture_output=True, timeout=15, check=True)
    except subprocess.SubprocessError:
        raise Unavailable("no Docker engine answers") from None
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(release.image).with_exposed_ports(7687).with_env("NEO4J_AUTH", "none")
    container.with_env("NEO4J_server_memory_heap_max__size", "1g")
    container.with_env("NEO4J_server_memory_pagecache_size", "256m")
    if brief:
        for name, value in BRIEF_SETTINGS.items():
            container.with_env(f"NEO4J_{name.replace('_', '__').replace('.', '_')}", value)
    try:
        container.start()
    except Exception as error:
        raise Unavailable(f"no container of {release.image} ({type(error).__name__})") from error
    uri = f"bolt://{container.get_container_host_ip()}:{container.get_exposed_port(7687)}"
    server = Server(uri, how=f"container {release.image}", on_stop=lambda: container.stop())
    return _when_ready(server, lambda: None)


def _process(release: Release, brief: bool) -> Server:
    """A process of our own, from the artifacts on Maven."""
    java_home = _java_home(release)
    jars = _jars(release, java_home)
    home = Path(tempfile.mkdtemp(prefix="lineage-neo4j-"))
    for name in ("conf", "data", "logs", "run", "plugins", "import"):
        (home / name).mkdir()
    port = _free_port()
    http = _free_port() if release.browser else None
    (home / "conf" / "neo4j.conf").write_text(_settings(port, http, brief), encoding="utf-8")
    command = [str(java_home / "bin" / "java"), "-Xms512m", "-Xmx1g", *(BRIEF_JAVA if brief else ())]
    command += [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ADD_OPENS]
    path = f"{jars}/*{os.pathsep}{_browser_jar(release, java_home)}/*" if release.browser else f"{jars}/*"
    command += ["-cp", path, release.main]
    command += [f"--home-dir={home}", f"--config-dir={home / 'conf'}", "--console-mode"]
    with (home / "logs" / "console.log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", SUPERVISOR, str(home), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests, which then end the server
        )

    def stop() -> None:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()

    def check() -> None:
        if process.poll() is not None:
            raise Unavailable(f"Neo4j {release.version} ended at once on {java_home}")

    server = Server(f"bolt://127.0.0.1:{port}", how=f"process on {java_home.name}", on_stop=stop)
    if http:
        server.browser = f"http://127.0.0.1:{http}/browser/?dbms={server.uri}&preselectAuthMethod=NO_AUTH"
    return _when_ready(server, check)


SUPERVISOR = """
home=$0
"$@" </dev/null & server=$!
exec 3<&0
{ cat <&3; kill -9 $server; } >/dev/null 2>&1 &
exec 3<&-
wait $server
rm -rf "$home"
"""
"""Shell script: runs a server as long as its own standard input is open, then removes its folder.

The tests hold the other end of that pipe, and the system closes it even when they are killed."""


def _settings(port: int, http: int | None, brief: bool) -> str:
    """The text of neo4j.conf: Bolt on 127.0.0.1 only; HTTP there too if it has a port, nothing else listens."""
    return f"""\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled={"true" if http else "false"}
server.http.listen_address=127.0.0.1:{http or 7474}
server.https.enabled=false
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.memory.pagecache.size=256m
db.tx_log.preallocate=false
{"".join(f"{name}={value}{chr(10)}" for name, value in BRIEF_SETTINGS.items()) if brief else ""}"""


def _when_ready(server: Server, check: Callable[[], None]) -> Server:
    """That server, once it answers a query; `check` raises if it never will."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            check()
            server.version = _version(server)
        except (DriverError, Neo4jError) as error:
            if time.monotonic() > deadline:
                server.stop()
                raise Unavailable(f"not ready after {READY_SECONDS} s ({server.how})") from error
            time.sleep(0.2)
        except BaseException:
            server.stop()
            raise
        else:
            return server


def _version(server: Server) -> str:
    """The version that the server states, asked in its database: proof that both are up."""
    components = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0]"
    with server.driver().session(database=server.database) as session:
        return str(session.run(Query(components)).single(strict=True).value())


def _free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _jars(release: Release, java_home: Path) -> Path:
    """The folder with the server's jars, downloaded if this machine has not done so before."""
    goal = [f"--file={POM}", MAVEN_COPY, f"-Dneo4j.version={release.version}", "-DincludeScope=runtime"]
    return _downloaded(release.version, goal, java_home)


def _browser_jar(release: Release, java_home: Path) -> Path:
    """The folder with the one jar of Neo4j Browser, downloaded likewise."""
    goal = [MAVEN_COPY_ONE, f"-Dartifact=org.neo4j.client:neo4j-browser:{release.browser}"]
    return _downloaded(f"browser-{release.browser}", goal, java_home)


def _downloaded(name: str, goal: list[str], java_home: Path) -> Path:
    """The folder of that name in the cache, filled by that goal of Maven where it is not there yet."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    ready = base / "cloudtrail-lineage" / "neo4j" / name
    ready.parent.mkdir(parents=True, exist_ok=True)
    with _locked(ready.parent / f"{name}.lock"):
        if not ready.is_dir():
            maven = shutil.which("mvn")
            if maven is None:
                raise Unavailable("no Maven (mvn) to download it with")
            with tempfile.TemporaryDirectory(dir=ready.parent, prefix="download-") as folder:
                _download(goal, maven, java_home, Path(folder) / "jars")
                (Path(folder) / "jars").rename(ready)
    return ready


def _download(goal: list[str], maven: str, java_home: Path, target: Path) -> None:
    """Copy jars to `target`, each held against its published checksum."""
    command = [maven, "--batch-mode", "--quiet", "--strict-checksums", *goal, f"-DoutputDirectory={target}"]
    try:
        subprocess.run(
            command,
            env=os.environ | {"JAVA_HOME": str(java_home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DOWNLOAD_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        lines = re.findall(r"\[ERROR\] (.+)", str(getattr(error, "output", None) or ""))
        raise Unavailable(f"Maven did not download it ({lines[0] if lines else error})") from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of that file: one process at a time."""
    import fcntl  # no Windows has it, and `import tests.neo4j_server` works there too

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _java_home(release: Release) -> Path:
    """The oldest installed JDK that the release runs on."""
    least, most = release.java
    fitting = [(version, home) for version, home in java_homes() if least <= version <= most]
    if not fitting:
        raise Unavailable(f"no Java {least} or newer" if most > 90 else f"no Java {least} to {most}")
    return min(fitting)[1]


@cache
def java_homes() -> tuple[tuple[int, Path], ...]:
    """Every Java on this machine that says its version: (feature release, home)."""
    places = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    if on_path:
        places.append(Path(on_path).resolve().parent.parent)
    for folder, pattern in JAVA_PLACES:
        places += sorted(folder.expanduser().glob(pattern))
    homes = dict.fromkeys(place.resolve() for place in places if (place / "bin" / "java").is_file())
    return tuple((version, home) for home in homes if (version := _java_version(home)))


JAVA_PLACES = (
    (Path("/usr/lib/jvm"), "*"),
    (Path("/usr/java"), "*"),
    (Path("/opt"), "*"),
    (Path("/opt"), "*/*"),
    (Path("/opt/homebrew/opt"), "openjdk*/libexec/openjdk.jdk/Contents/Home"),
    (Path("/Library/Java/JavaVirtualMachines"), "*/Contents/Home"),
    (Path("~/.sdkman/candidates/java"), "*"),
    (Path("~/.jdks"), "*"),
)
"""Where JDKs are put by distributions, installers and version managers."""


def _java_version(home: Path) -> int | None:
    """The feature release that `java -version` states (1.8 is 8), None if it states none."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=30, check=True
        )
        found = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
        return int(found[1]) if found else None
    return None
