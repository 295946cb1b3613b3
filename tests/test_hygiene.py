"""What is tracked works on anybody's machine, through anybody's package index."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REGISTRIES = (
    "pypi\\.org|pythonhosted|pypi\\.python|repo1?\\.maven|maven\\.org|apache\\.org/maven2|npmjs|yarnpkg|"
    "docker\\.io|ghcr|quay\\.io|crates\\.io|anaconda|artifactory|nexus|proxy\\.golang"
)
ADDRESS = re.compile(rf"https?://[^/\s]*(?:{REGISTRIES})|--(?:extra-)?index-url|--find-links|--trusted-host")
MACHINE = re.compile(r"(?<![\w.:/*)}\]-])/(?:work|home|Users|root|tmp)/[\w.-]")


@cache
def texts() -> dict[str, str]:
    """Every text file that is, or is about to be, tracked: path from the root -> text."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    found = {}
    for name in filter(None, listing.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                found[name] = data.decode()
    return found


def lines_with(pattern: re.Pattern[str], but: frozenset[str] = frozenset()) -> list[str]:
    """FILE:LINE of every match, this file left out."""
    return [
        f"{name}:{number}: {line[:160]}"
        for name, text in texts().items()
        if name not in but and name != f"tests/{Path(__file__).name}"
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (ADDRESS, "--index-url somewhere"),
        (ADDRESS, "https://files.pythonhosted.org/packages/x.whl"),
        (ADDRESS, "https://repo1.maven.org/maven2"),
        (MACHINE, "cd /home/somebody"),
        (MACHINE, '"/tmp/lineage.db"'),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], text: str) -> None:
    """The two patterns below match what must not be tracked."""
    assert pattern.search(text)


def test_no_download_address_is_tracked() -> None:
    """Where packages come from is the machine's business: no index, mirror or registry is named."""
    assert lines_with(ADDRESS) == []


def test_no_path_of_one_machine_is_tracked() -> None:
    """No file names a folder of the machine that it was written on."""
    assert lines_with(MACHINE) == []


def test_every_pin_has_a_hash_and_nothing_else() -> None:
    """constraints.txt holds exact versions with hashes, so that every machine installs the same bytes."""
    entries = re.sub(r"^#.*\n", "", texts()["constraints.txt"], flags=re.M).replace("\\\n", "").splitlines()
    entry = re.compile(r"[a-z0-9-]+==[\w.]+( ; [^;]+?)?( +--hash=sha256:[0-9a-f]{64})+ *")

    assert len(entries) > 30
    assert [line for line in entries if not entry.fullmatch(line)] == []


def test_no_file_is_huge() -> None:
    """A clone stays small: no tracked text is larger than one megabyte."""
    assert {name: len(text) for name, text in texts().items() if len(text) > 1_000_000} == {}
