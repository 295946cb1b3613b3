"""The answers about what a session did: `session`, `timeline`, `services`, `interesting`."""

from __future__ import annotations
