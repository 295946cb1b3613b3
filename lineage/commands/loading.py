"""`lineage load`: a load with its progress told on standard error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lineage import Lineage
from lineage.questions.load import AsideAt, Load
from lineage.render import console, progress


def load(lineage: Lineage, paths: Sequence[str], *, accounts: Path | None, processes: int | None) -> Load:
    """Load the paths and return what came of it; closes the store."""
    with lineage, progress.reporter(console.err()) as report:
        done = lineage.load(paths, accounts=accounts, processes=processes, progress=report)
    aside = [AsideAt(path=at.path, index=at.index, offset=at.offset, reason=at.reason) for at in done.aside]
    return Load(sums=done.sums, aside=aside, aside_total=done.aside_total)
