"""compose.yaml is what a user may start without reading it: valid, pinned, local, with a password."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.neo4j_server import LTS

COMPOSE = Path(__file__).parent.parent / "compose.yaml"


@pytest.fixture(scope="module")
def neo4j() -> dict[str, object]:
    """The service as written."""
    service: dict[str, object] = YAML(typ="safe").load(COMPOSE)["services"]["neo4j"]
    return service


def test_it_follows_the_compose_specification() -> None:
    """The file is valid under the Compose specification."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    checked = subprocess.run(command, capture_output=True, text=True)

    assert (checked.returncode, checked.stdout.strip()) == (0, "ok -- validation done")


def test_the_image_is_the_one_that_the_tests_run_on(neo4j: dict[str, object]) -> None:
    """The image is pinned to the very release that the tests cover."""
    assert neo4j["image"] == LTS.image


def test_nobody_else_can_connect(neo4j: dict[str, object]) -> None:
    """Bolt and Browser listen on 127.0.0.1, and nothing else is published."""
    assert neo4j["ports"] == ["127.0.0.1:7474:7474", "127.0.0.1:7687:7687"]
    assert "network_mode" not in neo4j


def test_the_password_comes_from_the_environment(neo4j: dict[str, object]) -> None:
    """There is no password in the file, and no start without one."""
    environment = neo4j["environment"]

    assert isinstance(environment, dict)
    assert re.fullmatch(r"neo4j/\$\{NEO4J_PASSWORD:\?[^}]+\}", environment["NEO4J_AUTH"])


def test_health_memory_and_data_are_settled(neo4j: dict[str, object]) -> None:
    """The service has a health check, bounded memory, and keeps its data in a named volume."""
    environment = neo4j["environment"]

    assert isinstance(environment, dict)
    assert {"healthcheck", "volumes"} <= neo4j.keys()
    assert neo4j["volumes"] == ["data:/data"]
    assert {name for name in environment if "memory" in name} == {
        "NEO4J_server_memory_heap_initial__size",
        "NEO4J_server_memory_heap_max__size",
        "NEO4J_server_memory_pagecache_size",
    }
