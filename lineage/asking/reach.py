"""Questions about reach, and how to stop it."""

from __future__ import annotations

from lineage.asking.base import Asking


class Reach(Asking):
    """Questions about reach, and how to stop it."""
