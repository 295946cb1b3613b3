"""compose.yaml is what a user may start without reading it: valid, pinned, local, with a password; its commands run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import lineage
from tests.conftest import ROOT
from tests.make_incident import HOME
from tests.neo4j_server import LTS
from tests.serving import serving, wait_loaded

COMPOSE = ROOT / "compose.yaml"
OURS = ("token", "watcher", "server")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file as written."""
    found: dict[str, Any] = YAML(typ="safe").load(COMPOSE)
    return found


@pytest.fixture(scope="module")
def neo4j(compose: dict[str, Any]) -> dict[str, Any]:
    """The service of the database."""
    service: dict[str, Any] = compose["services"]["neo4j"]
    return service


def test_it_follows_the_compose_specification() -> None:
    """The file is valid under the Compose specification."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    checked = subprocess.run(command, capture_output=True, text=True)

    assert (checked.returncode, checked.stdout.strip()) == (0, "ok -- validation done")


def test_the_image_is_the_one_that_the_tests_run_on(neo4j: dict[str, Any]) -> None:
    """The image is pinned to the very release that the tests cover."""
    assert neo4j["image"] == LTS.image


def test_nobody_else_can_connect(compose: dict[str, Any]) -> None:
    """Bolt, Browser and the server listen on 127.0.0.1, and nothing else is published."""
    ports = {name: service.get("ports") for name, service in compose["services"].items()}

    assert ports == {
        "neo4j": ["127.0.0.1:7474:7474", "127.0.0.1:7687:7687"], "token": None, "watcher": None,
        "server": ["127.0.0.1:8741:8741"],
    }  # fmt: skip
    assert not [name for name, service in compose["services"].items() if "network_mode" in service]


def test_the_password_comes_from_a_file(compose: dict[str, Any]) -> None:
    """There is no password in the file or the environment, and no start without the file."""
    assert compose["secrets"] == {"neo4j-auth": {"file": "./secrets/neo4j-auth"}}
    for name, service in compose["services"].items():
        assert service["environment"]["NEO4J_AUTH_FILE"] == "/run/secrets/neo4j-auth", name
        assert service["secrets"] == ["neo4j-auth"], name
        assert not [variable for variable in service["environment"] if "PASSWORD" in variable], name
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_health_memory_and_data_are_settled(compose: dict[str, Any], neo4j: dict[str, Any]) -> None:
    """Services that serve have a health check; the database has bounded memory and keeps its data in a named volume."""
    assert "healthcheck" in neo4j
    assert "healthcheck" in compose["services"]["server"]
    assert neo4j["volumes"] == ["data:/data"]
    assert {name for name in neo4j["environment"] if "memory" in name} == {
        "NEO4J_server_memory_heap_initial__size",
        "NEO4J_server_memory_heap_max__size",
        "NEO4J_server_memory_pagecache_size",
    }


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_do_little(compose: dict[str, Any], name: str) -> None:
    """They are no root, write nothing but what they are for, and gain no rights."""
    service = compose["services"][name]

    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not [one for one in service.get("volumes", ()) if not one.endswith(":ro")] or name == "token"


def test_the_image_is_built_for_that_user() -> None:
    """The Containerfile ends as the user of the services, and installs what is pinned, with the extras they need."""
    text = (ROOT / "Containerfile").read_text()
    (strip,) = re.findall(r"sed -E (.+?) constraints\.txt", text)
    pinned = subprocess.run(f"sed -E {strip} constraints.txt", shell=True, cwd=ROOT, capture_output=True, text=True)

    assert re.findall(r"^USER (.+)$", text, re.M)[-1] == "10001:10001"
    assert "'.[aws,fast,serve]'" in text
    assert set(re.findall(r"^COPY ([\w. ]+) \S+$", text, re.M)) == {
        "constraints.txt pyproject.toml README.md LICENSE", "lineage", "loaders", "cypher"
    }  # fmt: skip
    assert len(pinned.stdout.splitlines()) > 30
    assert [one for one in pinned.stdout.splitlines() if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; .+)?", one)] == []


def test_what_it_starts_works(compose: dict[str, Any], tmp_path: Path) -> None:
    """The commands of the services, run as processes on a SQLite store: watch, make the first token once, serve, answer
    the health check and a question with that token."""
    services = compose["services"]
    places = {"/state": str(tmp_path), "/logs": str(HOME / "logs")}
    environment = os.environ | {
        "LINEAGE_STORE": str(tmp_path / "lineage.db"), "LINEAGE_TOKENS": str(tmp_path / "tokens.db"),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip

    def started(name: str) -> subprocess.Popen[bytes]:
        words = services[name]["command"]
        for place, here in places.items():
            words = [re.sub(f"^{place}", here, word) for word in words]
        return subprocess.Popen([sys.executable, "-m", "lineage.cli", *words], env=environment, cwd=tmp_path)

    def run(name: str) -> int:
        return started(name).wait()

    watcher = started("watcher")
    wait_loaded(tmp_path / "lineage.db", 926)
    watcher.terminate()
    assert [watcher.wait(), run("token")] == [0, 0]
    token = (tmp_path / "first-token").read_text().strip()
    assert (tmp_path / "first-token").stat().st_mode & 0o077 == 0
    assert run("token") == 0
    assert (tmp_path / "first-token").read_text().strip() == token
    command, *options = services["server"]["command"]
    assert command == "serve"
    tokens = ["--tokens", str(tmp_path / "tokens.db")]
    with serving(tmp_path / "lineage.db", *options, *tokens, folder=tmp_path) as served:
        _, *check = services["server"]["healthcheck"]["test"]
        check[-1] = check[-1].replace(":8741", f":{served.port}")
        healthy = subprocess.run([sys.executable, *check[1:]], check=False).returncode
        answer = served.get("/v1/who", token, params={"ask": "AKIA3WQUP53HKQ7V2LCK"})
        refused = served.get("/v1/who", params={"ask": "AKIA3WQUP53HKQ7V2LCK"})
    with lineage.open(tmp_path / "lineage.db") as store:
        expected = store.who("AKIA3WQUP53HKQ7V2LCK").as_json()

    assert healthy == 0
    assert answer.json() == expected
    assert refused.status_code == 401
