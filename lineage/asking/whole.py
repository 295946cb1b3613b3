"""Questions about the whole store."""

from __future__ import annotations

from lineage.asking.base import Asking


class Whole(Asking):
    """Questions about the whole store."""
