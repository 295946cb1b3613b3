"""`baseline`, `new`, `volume`: is this normal?"""

from __future__ import annotations
