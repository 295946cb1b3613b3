"""Small inputs after reports from the field, with the answers that are right about them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_cases_from_the_field(shared: Path) -> None:
    """Every case that lies beside the checkout gets the right answer."""
    lineage = Path(sys.executable).with_name("lineage")

    ran = subprocess.run(
        [sys.executable, str(shared.parent / "cases" / "run.py"), "--lineage", str(lineage)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1].endswith(" right")
