"""The answer to an alert: `investigate`."""

from __future__ import annotations
