"""`role`, `assumed`, `denied`, `from`, `touched`."""

from __future__ import annotations
