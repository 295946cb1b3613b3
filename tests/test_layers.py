"""The stages of the data import one way: the contracts of pyproject.toml hold, and they bite."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "pyproject.toml"
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads(CONFIG.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
}
LAYERS = [
    {name.strip(" ()") for name in layer.replace(":", "|").split("|")}
    for layer in CONTRACTS["The stages go one way"]["layers"]
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Hold the packages in that folder against the contracts."""
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", script, str(CONFIG)], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_the_contracts_hold() -> None:
    """No module imports against the arrows of the design."""
    linted = lint(ROOT)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_module_has_its_stage() -> None:
    """A new module of lineage/ is put into a stage, so that the contracts speak about it."""
    modules = {f"lineage.{path.stem}" for path in (ROOT / "lineage").glob("*.py")}
    modules |= {f"lineage.{path.parent.name}" for path in (ROOT / "lineage").glob("*/__init__.py")}

    assert modules - {"lineage.__init__"} - set().union(*LAYERS) == set()


@pytest.mark.parametrize(
    ("broken", "module", "line"),
    [
        ("The stages go one way", "lineage/model/facts.py", "import lineage.stores"),
        (
            "Loaders know no store, no question and no command line",
            "loaders/records/record.py",
            "import lineage.stores",
        ),
        ("Only one module talks to Neo4j", "lineage/cli.py", "import neo4j"),
        (
            "Only the embedded store and the questions' twins use networkx",
            "lineage/cli.py",
            "import networkx",
        ),
    ],
)
def test_a_wrong_import_breaks_its_contract(broken: str, module: str, line: str, tmp_path: Path) -> None:
    """Each contract refuses the import that it is there for."""
    packages = {"lineage.model", "lineage.stores"}
    for name in sorted(
        {f"{part.replace('.', '/')}.py" for layer in LAYERS for part in layer - packages if "." in part}
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for package in ("lineage", "loaders", "cypher"):
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").write_text("")
    for package in ("lineage/model", "lineage/stores", "loaders/records"):
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").write_text("")
    assert lint(tmp_path).returncode == 0

    (tmp_path / module).write_text(line)
    linted = lint(tmp_path)

    assert linted.returncode == 1
    assert f"{broken} BROKEN" in linted.stdout
