"""Questions about roles, addresses and resources."""

from __future__ import annotations

from lineage.asking.base import Asking


class Roles(Asking):
    """Questions about roles, addresses and resources."""
