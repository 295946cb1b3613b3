"""The logs back out, with their origins."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lineage.asking.base import Asking

if TYPE_CHECKING:
    from lineage.enrich import Enriched, Sums


class Enriching(Asking):
    """The logs back out, with their origins."""

    def enrich(
        self,
        paths: Sequence[str | os.PathLike[str]] | str,
        *,
        min_confidence: str = "LIKELY",
        sums: Sums | None = None,
    ) -> Iterator[Enriched]:
        """Every usable record behind files, folders or globs, in their order, with its true origin beside it.

        Origins below `min_confidence` are left out and stand as a guess; `sums` counts as it goes. Raises `BadUse`.
        """
        from lineage.enrich import enrich

        wanted = [paths] if isinstance(paths, str) else [os.fspath(path) for path in paths]
        return enrich(self._reader(), wanted, min_confidence=min_confidence, sums=sums)
