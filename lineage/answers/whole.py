"""The answers about the whole store: `names`, `hunt`, `coverage`, `central`."""

from __future__ import annotations
