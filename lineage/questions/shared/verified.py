"""What `lineage verify` found about the logs behind an answer."""

from __future__ import annotations

from collections.abc import Collection

from lineage.model.results import Window
from lineage.model.verified import KIND, Verified, unpack
from lineage.stores.reader import Reader


def verified(reader: Reader, accounts: Collection[str] | None, window: Window) -> list[Verified]:
    """The stretches of some accounts, or all, that concern events of a window; by account, region, trail and time."""
    found = [one for body in reader.noted(KIND).values() for one in unpack(body)]
    return sorted(
        (one for one in found if (accounts is None or one.account in accounts) and one.concerns(*window)),
        key=lambda one: (one.account, one.region, one.trail, one.home, one.since, one.until),
    )
