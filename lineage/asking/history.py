"""Questions that compare with the past."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lineage.asking.base import Asking, second, seconds

if TYPE_CHECKING:
    from lineage.questions.baseline import Baseline
    from lineage.questions.new import New
    from lineage.questions.volume import Volume


class History(Asking):
    """Questions that compare with the past: that of the origin in its role, from `days` before the scope to `gap`
    before it."""

    def baseline(
        self, ask: str, *, api: str | None = None, user_agent: str | None = None, source_ip: str | None = None,
        since: str | None = None, until: str | None = None, window: str | None = None, days: int = 14,
        gap: str = "12h",
    ) -> Baseline:  # fmt: skip
        """Is this normal? How often this identity made the call before, from the same address and agent.

        Of an event its call is looked at, else every call of the scope; `api` (`service:Operation`), `user_agent`
        and `source_ip` say which, as an alert does. Raises `BadUse`.
        """
        from lineage.questions.baseline import answer as baseline

        return baseline.answer(
            self._reader(), ask.strip(), api=api, user_agent=user_agent, source_ip=source_ip, since=second(since),
            until=second(until, last=True), margin=seconds(window), days=days, gap=seconds(gap),
        )  # fmt: skip

    def new(
        self, ask: str, *, since: str | None = None, until: str | None = None, window: str | None = None,
        days: int = 14, gap: str = "12h", geo: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    ) -> New:  # fmt: skip
        """What is new in the scope: calls, services, regions, agents, addresses, networks, places, jumps in volume.

        `geo` are paths of databases in MaxMind's format. Raises `BadUse`, also where one cannot be read.
        """
        from lineage.questions.new import answer as new
        from lineage.questions.new.geo import open_databases

        paths = [geo] if isinstance(geo, (str, os.PathLike)) else geo
        atlas = open_databases([os.fspath(path) for path in paths])
        try:
            return new.answer(
                self._reader(), ask.strip(), since=second(since), until=second(until, last=True),
                margin=seconds(window), days=days, gap=seconds(gap), atlas=atlas,
            )  # fmt: skip
        finally:
            atlas.close()

    def volume(
        self, ask: str, *, since: str | None = None, until: str | None = None, window: str | None = None,
        days: int = 14, gap: str = "12h",
    ) -> Volume:  # fmt: skip
        """Calls an hour in and around the scope, succeeded and failed, with what is usual at that hour of day, by
        address, operation and access key. Raises `BadUse`."""
        from lineage.questions.volume import answer as volume

        return volume.answer(
            self._reader(), ask.strip(), since=second(since), until=second(until, last=True), margin=seconds(window),
            days=days, gap=seconds(gap),
        )  # fmt: skip
