"""How often this process looks for garbage in rings, where it makes millions of objects and hardly any rings."""

from __future__ import annotations

import gc

_SELDOM = (200_000, 50, 100)
"""By Python's own thresholds an answer about a whole store is gone through again and again, a third of the time."""


def seldom() -> None:
    """Look for garbage seldom from now on: for programs of our own, never for a process that imports us."""
    gc.set_threshold(*_SELDOM)
