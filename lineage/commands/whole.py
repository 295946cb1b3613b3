"""`names`, `hunt`, `coverage`, `central`: the whole store."""

from __future__ import annotations
