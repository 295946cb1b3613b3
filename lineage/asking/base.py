"""What the groups of questions share: the store that they read, and times as people write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lineage.model.errors import BadUse
from lineage.model.times import parse_when

if TYPE_CHECKING:
    from lineage.questions.shared.memo import Memo
    from lineage.stores.base import Store


class Asking:
    """An open store, as questions read it."""

    _store: Store
    _memo: Memo | None

    def _reader(self) -> Memo:
        """The store as questions read it: what it said a moment ago it is not asked again."""
        from lineage.questions.shared.memo import Memo

        if self._memo is None or self._memo.is_stale:
            self._memo = Memo(self._store)
        return self._memo


def second(text: str | None, *, last: bool = False) -> int | None:
    """The second that a text names; of a bare day the first, or the last. Raises `BadUse`."""
    if text is None:
        return None
    day = re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip())
    time = parse_when(f"{text.strip()}T{'23:59:59' if last else '00:00:00'}Z" if day else text)
    if time is None:
        raise BadUse(f"{text}: no time; write it like 2026-01-31 or 2026-01-31T12:00:00Z")
    return time


def seconds(text: str | None) -> int | None:
    """A span of time in seconds: `90s`, `30m`, `2h`, `7d`. Raises `BadUse`.

    >>> seconds("2h")
    7200
    """
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d{1,6})\s*([smhd])\s*", text)
    if found is None:
        raise BadUse(f"{text}: no span of time; write it like 30m, 2h or 7d")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
