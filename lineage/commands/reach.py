"""`blast`, `contain`, `path`: what it reached, and how to stop it."""

from __future__ import annotations
