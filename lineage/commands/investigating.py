"""`investigate` and `enrich`."""

from __future__ import annotations
