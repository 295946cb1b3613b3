"""The answers that compare with the past: `baseline`, `new`, `volume`."""

from __future__ import annotations
