"""The import contracts of pyproject.toml hold, cover every module, and bite."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "pyproject.toml"
LINTER = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in LINTER["contracts"]}
LAYERS = {
    name.strip(" ()") for layer in CONTRACTS["Layers"]["layers"] for name in layer.replace("|", ":").split(":")
}  # fmt: skip
ROOMS = "Loaders: the data flows one way"
LOADERS = "Loaders know only the model: no question, no store, no command line"
MODEL = "The model knows nothing above it"
WRONG = [
    ("Layers", "lineage.model.facts", "lineage.resolve.resolve"),
    ("Layers", "lineage.resolve.resolve", "loaders.records.record"),
    ("Layers", "lineage.resolve.resolve", "lineage.stores.reader"),
    ("Layers", "lineage.stores.sqlite.store", "lineage.render.text"),
    ("Layers", "lineage.stores.sqlite.store", "lineage.enrich"),
    ("Layers", "lineage.load", "lineage.questions.load"),
    ("Layers", "lineage.draw.svg", "lineage.questions.who"),
    ("Layers", "lineage.render.blocks", "lineage.questions.who"),
    ("Layers", "lineage.questions.who", "lineage.api"),
    ("Layers", "lineage.api", "lineage.cli"),
    (ROOMS, "loaders.files.unpack", "loaders.records.record"),
    (ROOMS, "loaders.records.record", "loaders.targets.targets"),
    (ROOMS, "loaders.targets.targets", "loaders.facts.identity"),
    (ROOMS, "loaders.facts.extract", "loaders.batches.aggregate"),
    (ROOMS, "loaders.findings.findings", "loaders.batches.aggregate"),
    (LOADERS, "loaders.records.record", "lineage.questions.who"),
    (LOADERS, "loaders.records.record", "lineage.resolve.resolve"),
    (LOADERS, "loaders.records.record", "lineage.stores.reader"),
    (LOADERS, "loaders.records.record", "lineage.cli"),
    (LOADERS, "loaders.records.record", "neo4j"),
    (MODEL, "lineage.model.facts", "loaders.records.record"),
    (MODEL, "lineage.model.facts", "pydantic"),
    ("Only the Neo4j store uses the Neo4j driver", "lineage.stores.sqlite.store", "neo4j"),
    ("Only stores and questions use networkx", "lineage.draw.svg", "networkx"),
]
"""Contract, module, and an import that the contract forbids there."""


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the packages in that folder against the contracts."""
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-c", script, str(CONFIG)], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_the_contracts_hold() -> None:
    """No module imports against the arrows, and no exception is listed that nothing needs."""
    linted = lint(ROOT)

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_imports_for_type_checking_count() -> None:
    """An import below `if TYPE_CHECKING` is held to the contracts like every other."""
    assert not LINTER.get("exclude_type_checking_imports", False)


def test_every_module_has_its_layer() -> None:
    """A new module of lineage/ is put into a layer, a new one of loaders/ into a room."""
    modules = {f"lineage.{path.stem}" for path in (ROOT / "lineage").glob("*.py")}
    modules |= {f"lineage.{path.parent.name}" for path in (ROOT / "lineage").glob("*/__init__.py")}

    assert modules - {"lineage.__init__"} - LAYERS == set()
    assert CONTRACTS[ROOMS]["exhaustive"]
    assert set(LINTER["root_packages"]) - {"lineage"} <= LAYERS


def test_each_wrong_import_breaks_its_contract(tmp_path: Path) -> None:
    """Each contract refuses the imports that it is there for, also below `if TYPE_CHECKING`."""
    for package in LINTER["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "page"))
    for _, module, imported in WRONG:
        path = tmp_path / f"{module.replace('.', '/')}.py"
        path = path if path.exists() else path.with_suffix("") / "__init__.py"
        with path.open("a") as file:
            file.write(f"\nif TYPE_CHECKING:\n    import {imported}\n")

    linted = lint(tmp_path)

    assert linted.returncode == 1
    sections = re.split(rf"^({'|'.join(map(re.escape, CONTRACTS))})\n-+$", linted.stdout, flags=re.MULTILINE)
    broken = {
        (name, *line)
        for name, section in zip(sections[1::2], sections[2::2], strict=True)
        for line in re.findall(r"^- +(\S+) -> (\S+) \(l\.", section, flags=re.MULTILINE)
    }
    assert set(WRONG) - broken == set()
