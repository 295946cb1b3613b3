"""`session`, `timeline`, `services`, `interesting`: what a session did."""

from __future__ import annotations
