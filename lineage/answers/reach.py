"""The answers about reach: `blast`, `contain`, `path`."""

from __future__ import annotations
