"""Questions that compare with the past."""

from __future__ import annotations

from lineage.asking.base import Asking


class History(Asking):
    """Questions that compare with the past."""
