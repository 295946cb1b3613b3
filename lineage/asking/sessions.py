"""Questions about what a session did."""

from __future__ import annotations

from lineage.asking.base import Asking


class Sessions(Asking):
    """Questions about what a session did."""
