"""The answers about roles, addresses and resources: `role`, `assumed`, `denied`, `from`, `touched`."""

from __future__ import annotations
