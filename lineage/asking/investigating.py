"""From an alert to one report."""

from __future__ import annotations

from lineage.asking.base import Asking


class Investigating(Asking):
    """From an alert to one report."""
